//! Order statistics without a sort: the value of a given rank is found by counting digits.
//!
//! Numbers are read as integers that order as they do. Their highest 16 bits are counted, then the next 12 bits of those
//! that share the first digit of a wanted rank; the few that are left are sorted. Three passes over the data, however
//! they are distributed; values tied with a wanted one are counted and not moved. Days and numbers of orders need one
//! pass: see `small`.

use super::{BLOCK, small};
use crate::numeric::parallel;

/// Fewer numbers than this are sorted.
const FEW: usize = 4096;
/// Bits of the first digit: sign, exponent and four bits of the fraction.
const FIRST: u32 = 16;
/// Bits of the second digit.
const SECOND: u32 = 12;
/// Blocks that are counted at a time; each needs tables of its own.
pub(super) const COUNTED: usize = 16 * BLOCK;

/// The values that have these ranks (0 for the smallest) when all are sorted; a rank beyond the end is the largest's.
///
/// Zeros of either sign are equal. No value may be NaN.
///
/// # Examples
/// ```
/// use tenure::rfm::select::order_statistics;
/// assert_eq!(order_statistics(&[3.0, -1.0, 2.0, 2.0], &[0, 1, 3]), [-1.0, 2.0, 3.0]);
/// assert!(order_statistics(&[], &[0]).is_empty());
/// ```
pub fn order_statistics(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    let Some(last) = values.len().checked_sub(1) else {
        return Vec::new();
    };
    let ranks: Vec<usize> = ranks.iter().map(|&rank| rank.min(last)).collect();
    if values.len() <= FEW {
        let mut keys: Vec<u64> = values.iter().copied().map(key).collect();
        keys.sort_unstable();
        return ranks.iter().map(|&rank| value(keys[rank])).collect();
    }
    small::order_statistics(values, &ranks).unwrap_or_else(|| by_digits(values, &ranks))
}

fn by_digits(values: &[f64], ranks: &[usize]) -> Vec<f64> {
    let coarse = total(parallel::map_blocks(values, COUNTED, count_first));
    let places: Vec<Place> = ranks
        .iter()
        .map(|&rank| Place::in_counts(&coarse, rank))
        .collect();
    let firsts = Digits::of(1 << FIRST, places.iter().map(|place| place.digit));
    let fine = total(parallel::map_blocks(values, COUNTED, |block| {
        count_second(block, &firsts)
    }));
    let places: Vec<Place> = places
        .iter()
        .map(|place| {
            let table = firsts.slot(place.digit) << SECOND;
            let counts = &fine[table..table + (1 << SECOND)];
            let within = Place::in_counts(counts, place.rank);
            Place {
                digit: table + within.digit,
                ..within
            }
        })
        .collect();
    let seconds = Digits::of(firsts.count << SECOND, places.iter().map(|p| p.digit));
    let groups = gather(values, &firsts, &seconds);
    places
        .iter()
        .map(|place| value(groups[seconds.slot(place.digit)].of_rank(place.rank)))
        .collect()
}

/// An integer that orders as the number does.
fn key(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits(); // -0 becomes 0
    let negative = bits >> 63 == 1;
    if negative { !bits } else { bits | 1 << 63 }
}

/// The number of a key.
fn value(key: u64) -> f64 {
    let positive = key >> 63 == 1;
    f64::from_bits(if positive { key & !(1 << 63) } else { !key })
}

fn first_digit(key: u64) -> usize {
    (key >> (64 - FIRST)) as usize
}

fn second_digit(key: u64) -> usize {
    (key >> (64 - FIRST - SECOND)) as usize & ((1 << SECOND) - 1)
}

/// How many numbers have each first digit.
fn count_first(block: &[f64]) -> Vec<u32> {
    let mut counts = vec![0; 1 << FIRST];
    for &number in block {
        counts[first_digit(key(number))] += 1;
    }
    counts
}

/// How many numbers with each of the wanted first digits have each second digit; one table after the other.
fn count_second(block: &[f64], firsts: &Digits) -> Vec<u32> {
    let mut counts = vec![0; firsts.count << SECOND];
    for &number in block {
        let key = key(number);
        if let Some(slot) = firsts.find(first_digit(key)) {
            counts[(slot << SECOND) + second_digit(key)] += 1;
        }
    }
    counts
}

/// The sums of counts over all blocks, each of which has fewer than 2^32 values.
pub(super) fn total(parts: Vec<Vec<u32>>) -> Vec<usize> {
    let mut sum = vec![0; parts.first().map_or(0, Vec::len)];
    for part in parts {
        for (one, more) in sum.iter_mut().zip(part) {
            *one += more as usize;
        }
    }
    sum
}

/// The digit of the number of some rank, and its rank among the numbers with that digit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) digit: usize,
    rank: usize,
}

impl Place {
    pub(super) fn in_counts(counts: &[usize], mut rank: usize) -> Self {
        for (digit, &count) in counts.iter().enumerate() {
            if rank < count {
                return Self { digit, rank };
            }
            rank -= count;
        }
        Self { digit: 0, rank: 0 } // never: ranks lie below the number of values
    }
}

/// A set of digits, numbered.
struct Digits {
    /// The number of each digit plus one; 0 for the others.
    slots: Vec<u8>,
    count: usize,
}

impl Digits {
    fn of(range: usize, digits: impl Iterator<Item = usize>) -> Self {
        let mut slots = vec![0; range];
        let mut count = 0_u8;
        for digit in digits {
            // as many ranks are asked for as there are cuts: a few, and two for each
            if slots[digit] == 0 && count < u8::MAX {
                count += 1;
                slots[digit] = count;
            }
        }
        Self {
            slots,
            count: usize::from(count),
        }
    }

    fn find(&self, digit: usize) -> Option<usize> {
        usize::from(self.slots[digit]).checked_sub(1)
    }

    fn slot(&self, digit: usize) -> usize {
        self.find(digit).unwrap_or_default()
    }
}

/// Keys with equal digits, not sorted: one of them with the number of times that it occurs in each block, and others.
#[derive(Debug, Clone, Default)]
struct Group {
    tied: Vec<(u64, usize)>,
    others: Vec<u64>,
}

impl Group {
    fn add(&mut self, key: u64) {
        match self.tied.last_mut() {
            None => self.tied.push((key, 1)),
            Some((tied, count)) if *tied == key => *count += 1,
            Some(_) => self.others.push(key),
        }
    }

    /// The key of a rank within the sorted group.
    fn of_rank(&self, mut rank: usize) -> u64 {
        for &(key, count) in &self.tied {
            if rank < count {
                return key;
            }
            rank -= count;
        }
        0 // never: ranks lie below the number of keys
    }

    /// Puts all keys in order, with their counts.
    fn sort(&mut self) {
        parallel::sort_by(&mut self.others, u64::cmp);
        let mut all = std::mem::take(&mut self.tied);
        all.extend(self.others.drain(..).map(|key| (key, 1)));
        parallel::sort_by(&mut all, <(u64, usize)>::cmp);
        self.tied = all;
    }
}

/// The numbers that share both digits with a wanted one.
fn gather(values: &[f64], firsts: &Digits, seconds: &Digits) -> Vec<Group> {
    let mut groups = vec![Group::default(); seconds.count];
    let parts = parallel::map_blocks(values, COUNTED, |block| {
        let mut groups = vec![Group::default(); seconds.count];
        for &number in block {
            let key = key(number);
            let slot = firsts.find(first_digit(key));
            let digits = slot.map(|slot| (slot << SECOND) + second_digit(key));
            if let Some(slot) = digits.and_then(|digits| seconds.find(digits)) {
                groups[slot].add(key);
            }
        }
        groups
    });
    for part in parts {
        for (group, more) in groups.iter_mut().zip(part) {
            group.tied.extend(more.tied);
            group.others.extend(more.others);
        }
    }
    groups.iter_mut().for_each(Group::sort);
    groups
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "values are found as they were, and shares lie between 0 and 1"
)]
mod tests {
    use super::*;
    use crate::numeric::random::Streams;
    use rstest::rstest;

    const N: usize = 30_000;

    fn drawn(f: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut stream = Streams::new(3, 0).stream(0);
        (0..N).map(|_| f(stream.uniform())).collect()
    }

    #[rstest]
    #[case::money(drawn(|u| (u * 1e4).round() / 100.0 - 3.0))]
    #[case::counts(drawn(|u| (1.0 / u).floor()))]
    #[case::one_value(drawn(|_| 7.0))]
    #[case::equal_but_for_the_last_bits(drawn(|u| 1.0 + (u * 50.0).floor() * f64::EPSILON))]
    #[case::all_scales(drawn(|u| (u - 0.5) * 10f64.powf(600.0 * u - 300.0)))]
    #[case::extremes(drawn(|u| [f64::MIN, -0.0, 0.0, 5e-324, f64::MAX][(u * 5.0) as usize]))]
    fn ranks_are_those_of_a_sort(#[case] values: Vec<f64>) {
        let mut sorted = values.clone();
        sorted.sort_by(|a, b| (a + 0.0).total_cmp(&(b + 0.0)));
        let ranks = [0, 1, N / 5, N / 5 + 1, N / 2, N / 2, N - 2, N - 1, N + 7];
        let found = order_statistics(&values, &ranks);
        let expected: Vec<f64> = ranks.iter().map(|&r| sorted[r.min(N - 1)] + 0.0).collect();
        assert_eq!(found, expected);
        let few = order_statistics(&values[..100], &ranks[..2]);
        sorted = values[..100].to_vec();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(few, sorted[..2]);
    }

    #[test]
    fn keys_order_as_numbers_do() {
        let numbers = [f64::MIN, -1.5, -5e-324, 0.0, 5e-324, 1.5, f64::MAX];
        assert!(numbers.map(key).is_sorted());
        assert_eq!(numbers.map(|number| value(key(number))), numbers);
        assert_eq!(key(-0.0), key(0.0));
    }
}
