//! From values and cuts to scores.

use super::rank::is_tied;
use super::{BLOCK, Best};
use crate::numeric::parallel;
use crate::{Error, Result};

/// Which score a value gets that is equal to one cut or to several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// The lowest: one more than there are cuts strictly worse than the value.
    Low,
    /// The highest: one more than there are cuts that are not better.
    High,
    /// The one in the middle, the lower of two.
    Mid,
}

impl Ties {
    /// The rule of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "low" => Ok(Self::Low),
            "high" => Ok(Self::High),
            "mid" => Ok(Self::Mid),
            _ => Err(Error::Parameter {
                name: "ties".to_owned(),
                expected: r#"be "low", "high" or "mid""#.to_owned(),
                found: format!("{name:?}"),
                hint: String::new(),
            }),
        }
    }
}

/// Writes the score of each value, from 1 to one more than there are cuts; equal values get equal scores.
///
/// # Examples
/// ```
/// use tenure::rfm::{Best, score::{Ties, score}};
/// let mut scores = [0; 4];
/// score(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 3.0], Ties::Low, Best::High, &mut scores);
/// assert_eq!(scores, [1, 3, 4, 5]);
/// score(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 3.0], Ties::High, Best::High, &mut scores);
/// assert_eq!(scores, [3, 4, 5, 5]);
/// ```
pub fn score(values: &[f64], cuts: &[f64], ties: Ties, best: Best, scores: &mut [u8]) {
    fill(values, scores, |values, scores| match (ties, best) {
        (Ties::Low, Best::High) => count(values, cuts, scores, |x, cut| x > cut),
        (Ties::Low, Best::Low) => count(values, cuts, scores, |x, cut| x < cut),
        (Ties::High, Best::High) => count(values, cuts, scores, |x, cut| x >= cut),
        (Ties::High, Best::Low) => count(values, cuts, scores, |x, cut| x <= cut),
        (Ties::Mid, _) => {
            for (&value, score) in values.iter().zip(scores) {
                *score = middle(value, cuts, best);
            }
        }
    });
}

/// The middle of the scores that a value could get.
pub(super) fn middle(value: f64, cuts: &[f64], best: Best) -> u8 {
    let (mut beyond, mut tied) = (0, 0);
    for &cut in cuts {
        let better = match best {
            Best::High => value > cut,
            Best::Low => value < cut,
        };
        beyond += u8::from(better);
        tied += u8::from(is_tied(value, cut));
    }
    1 + beyond + tied / 2
}

/// Cuts that are compared with at a time.
const CUTS: usize = 4;
/// Values that are compared at a time.
const RUN: usize = 16;

/// One more than there are cuts that each value has passed: some cuts with some values at a time, counted in numbers as
/// wide as the values, which the compiler makes into instructions that work on several at once.
fn count(values: &[f64], cuts: &[f64], scores: &mut [u8], passed: impl Fn(f64, f64) -> bool) {
    scores.fill(1);
    for some in cuts.chunks(CUTS) {
        let mut four = [f64::NAN; CUTS]; // no value passes NaN
        four[..some.len()].copy_from_slice(some);
        let [a, b, c, d] = four;
        let passed = |x: f64, cut: f64| u64::from(passed(x, cut));
        let passed_all = |x: f64| passed(x, a) + passed(x, b) + passed(x, c) + passed(x, d);
        let (runs, rest) = values.as_chunks::<RUN>();
        let (places, last) = scores.as_chunks_mut::<RUN>();
        for (run, scores) in runs.iter().zip(places) {
            let mut counts = [0; RUN];
            for (count, &value) in counts.iter_mut().zip(run) {
                *count = passed_all(value);
            }
            for (score, count) in scores.iter_mut().zip(counts) {
                *score += count.to_le_bytes()[0];
            }
        }
        for (&value, score) in rest.iter().zip(last) {
            *score += passed_all(value).to_le_bytes()[0];
        }
    }
}

/// Calls `f` with blocks of values and the places of their scores.
pub(super) fn fill<T: Sync>(values: &[T], scores: &mut [u8], f: impl Fn(&[T], &mut [u8]) + Sync) {
    let blocks: Vec<_> = values.chunks(BLOCK).zip(scores.chunks_mut(BLOCK)).collect();
    parallel::map_owned(blocks, values.len(), |(values, scores)| f(values, scores));
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Half the base bought once: cuts 1, 1, 2, 3.
    #[rstest]
    #[case(Ties::Low, [1, 3, 4, 5, 5])]
    #[case(Ties::High, [3, 4, 5, 5, 5])]
    #[case(Ties::Mid, [2, 3, 4, 5, 5])]
    fn ties_get_the_score_of_their_rule(#[case] ties: Ties, #[case] expected: [u8; 5]) {
        let mut scores = [0; 5];
        let orders = [1.0, 2.0, 3.0, 4.0, 9.0];
        score(
            &orders,
            &[1.0, 1.0, 2.0, 3.0],
            ties,
            Best::High,
            &mut scores,
        );
        assert_eq!(scores, expected);
        // the mirror image, where less is better
        let days = orders.map(|x| 10.0 - x);
        score(&days, &[9.0, 9.0, 8.0, 7.0], ties, Best::Low, &mut scores);
        assert_eq!(scores, expected);
    }

    #[test]
    fn long_columns_are_scored_as_short_ones() {
        let values: Vec<f64> = (0..3 * BLOCK + 5).map(|i| (i % 97) as f64).collect();
        let cuts = [10.0, 40.0, 96.0];
        let (mut long, mut short) = (vec![0; values.len()], vec![0; 97]);
        score(&values, &cuts, Ties::Low, Best::High, &mut long);
        score(&values[..97], &cuts, Ties::Low, Best::High, &mut short);
        assert!(long.chunks(97).all(|chunk| chunk == &short[..chunk.len()]));
        assert_eq!((short[10], short[11], short[96]), (1, 2, 3));
    }
}
