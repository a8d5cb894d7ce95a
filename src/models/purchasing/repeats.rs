//! Answers kept for the next customer with an equal history.

/// What was worked out for customers before, for those who are like them.
///
/// Time is mostly observed in whole days. A million customers of three years then have a thousand ages, and with their
/// numbers of purchases some ten thousand pairs: what depends on these alone need not be worked out a million times. An
/// answer has the same digits whether it was kept or is worked out again, so that it does not matter which thread kept
/// what.
pub(super) struct Repeats {
    /// Numbers an answer.
    width: usize,
    /// Whether equal customers have equal answers.
    alike: bool,
    /// Whose answer stands in each place; no customer's at first.
    keys: Vec<Key>,
    answers: Vec<f64>,
    asked: usize,
    missing: usize,
}

/// Number of purchases, recency where it matters, and age: what they are as bits.
type Key = [u64; 3];

const NOBODY: Key = [u64::MAX; 3];
/// Answers that are kept at most.
const MOST: usize = 1 << 16;
/// Numbers that are kept at most.
const CELLS: usize = 1 << 19;
/// Fewer customers than this are not worth it.
const FEW: usize = 1024;
/// After so many customers it shows whether any are alike.
const TRIAL: usize = 1 << 14;

impl Repeats {
    /// Room for answers of `width` numbers about so many customers who are asked the same; 0 where each is asked something
    /// else, and nothing is kept.
    pub(super) fn new(customers: usize, width: usize) -> Self {
        let places = if customers < FEW {
            1
        } else {
            // an even number twice as large: few have the same place
            MOST.min(CELLS / width).min(2 * customers)
        };
        let places = 1 << places.max(1).ilog2();
        Self {
            width,
            alike: customers > 0,
            keys: vec![NOBODY; places],
            answers: vec![0.0; places * width],
            asked: 0,
            missing: 0,
        }
    }

    /// The answer for `customer`, which `work_out` writes unless it is known.
    pub(super) fn of(&mut self, customer: [f64; 3], work_out: impl FnOnce(&mut [f64])) -> &[f64] {
        let key = customer.map(f64::to_bits);
        let place = place_of(key, self.keys.len());
        let answer = &mut self.answers[place * self.width..(place + 1) * self.width];
        self.asked += 1;
        if self.keys[place] != key || !self.alike {
            self.keys[place] = key;
            self.missing += 1;
            work_out(answer);
        }
        if self.asked == TRIAL && self.missing > TRIAL - TRIAL / 16 {
            // no two are alike: from now on there is one place, which stays warm
            self.answers = answer.to_vec();
            self.keys = vec![key];
            return &self.answers;
        }
        &self.answers[place * self.width..(place + 1) * self.width]
    }
}

/// A place below `places`, a power of two, by multiplicative hashing.
fn place_of(key: Key, places: usize) -> usize {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = key.iter().fold(0, |mixed: u64, word| {
        // numbers of few digits differ in their high bits only
        (mixed.rotate_left(29) ^ word ^ (word >> 32)).wrapping_mul(GOLDEN)
    });
    let place = (mixed >> 32) as usize;
    place & (places - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(repeats: &mut Repeats, customer: [f64; 3]) -> (Vec<f64>, bool) {
        let mut worked = false;
        let found = repeats.of(customer, |answer| {
            worked = true;
            answer.copy_from_slice(&customer[..2]);
        });
        (found.to_vec(), worked)
    }

    #[test]
    fn an_answer_is_worked_out_once() {
        let mut repeats = Repeats::new(5000, 2);
        assert_eq!(
            answer(&mut repeats, [1.0, 0.0, 7.0]),
            (vec![1.0, 0.0], true)
        );
        assert_eq!(answer(&mut repeats, [2.0, 0.0, 7.0]).0, [2.0, 0.0]);
        let (found, worked) = answer(&mut repeats, [1.0, 0.0, 7.0]);
        assert_eq!(found, [1.0, 0.0]);
        assert!(!worked);
    }

    #[test]
    fn nothing_is_kept_where_each_is_asked_something_else() {
        let mut repeats = Repeats::new(0, 2);
        for _ in 0..3 {
            assert!(answer(&mut repeats, [1.0, 0.0, 7.0]).1);
        }
    }

    /// Whole days in weeks, as most logs have them, are spread over the places.
    #[test]
    fn whole_days_rarely_meet() {
        let mut repeats = Repeats::new(1_000_000, 2);
        let customers = (0..10).flat_map(|x| (1..1000).map(move |day| (x, day)));
        let customers = customers.map(|(x, day)| [f64::from(x), 0.0, f64::from(day) / 7.0]);
        for _ in 0..2 {
            for customer in customers.clone() {
                assert_eq!(answer(&mut repeats, customer).0, customer[..2]);
            }
        }
        assert!(repeats.missing < 12_000, "{}", repeats.missing);
    }

    #[test]
    fn where_nobody_is_alike_nothing_is_kept() {
        let mut repeats = Repeats::new(1_000_000, 2);
        for i in 0..20_000 {
            let customer = [f64::from(i), 0.5, 1.0 / f64::from(i + 1)];
            assert_eq!(answer(&mut repeats, customer).0, customer[..2]);
        }
        assert_eq!(repeats.keys.len(), 1);
    }
}
