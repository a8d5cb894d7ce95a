//! Bins of equal size: customers are ranked by value, those with equal values by a number drawn for each, and the ranking
//! is cut. The first customer beyond each cut is kept, so that later data are cut at the same places.

use super::cuts::Shares;
use super::score::fill;
use super::select::order_statistics;
use super::{BLOCK, Best};
use crate::numeric::parallel;

/// A customer's place in the ranking: first by value, then by the number drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The value.
    pub value: f64,
    /// The number that tells equal values apart.
    pub tie_break: u64,
}

impl From<(f64, u64)> for Standing {
    fn from((value, tie_break): (f64, u64)) -> Self {
        Self { value, tie_break }
    }
}

/// The standings of customers with these values and numbers.
pub fn standings(values: &[f64], tie_breaks: &[u64]) -> Vec<Standing> {
    let pairs = values.iter().copied().zip(tie_breaks.iter().copied());
    pairs.map(Standing::from).collect()
}

impl Standing {
    /// Whether this stands at or beyond another, seen from the worst.
    fn reaches(self, other: Self, best: Best) -> bool {
        let tied = is_tied(self.value, other.value);
        is_better(self.value, other.value, best) || (tied && self.tie_break >= other.tie_break)
    }
}

#[expect(clippy::float_cmp, reason = "a tie is exact")]
pub(super) fn is_tied(value: f64, other: f64) -> bool {
    value == other
}

fn is_better(value: f64, other: f64, best: Best) -> bool {
    match best {
        Best::High => value > other,
        Best::Low => value < other,
    }
}

/// The first customer of each bin but the worst; bins that nobody is left for are not there.
///
/// # Examples
/// ```
/// use tenure::rfm::{Best, cuts::Shares, rank::{Standing, boundaries}};
/// let customers = [(5.0, 30), (5.0, 10), (5.0, 20), (9.0, 0)].map(Standing::from);
/// let found = boundaries(&customers, &Shares::Bins(2), Best::High);
/// assert_eq!(found, [Standing { value: 5.0, tie_break: 30 }]);
/// ```
pub fn boundaries(standings: &[Standing], shares: &Shares, best: Best) -> Vec<Standing> {
    let n = standings.len();
    let counts: Vec<usize> = shares.counts(n).into_iter().filter(|&c| c < n).collect();
    let rank_of = |&count: &usize| match best {
        Best::High => count,
        Best::Low => n - 1 - count,
    };
    let ranks: Vec<usize> = counts.iter().map(rank_of).collect();
    let values = parallel::map(standings, |one| one.value);
    let found = order_statistics(&values, &ranks);
    counts
        .iter()
        .zip(found)
        .map(|(&count, value)| Standing {
            value,
            tie_break: tie_break_at(standings, value, count, best),
        })
        .collect()
}

/// The number drawn for the customer with `count` others before them, who has this value.
fn tie_break_at(standings: &[Standing], value: f64, count: usize, best: Best) -> u64 {
    let parts = parallel::map_blocks(standings, BLOCK, |block| {
        let worse = block.iter().filter(|one| is_better(value, one.value, best));
        let tied = block.iter().filter(|one| is_tied(one.value, value));
        let numbers: Vec<u64> = tied.map(|one| one.tie_break).collect();
        (worse.count(), numbers)
    });
    let worse: usize = parts.iter().map(|(worse, _)| worse).sum();
    let mut tied: Vec<u64> = parts.into_iter().flat_map(|(_, tied)| tied).collect();
    let place = count.saturating_sub(worse);
    if place < tied.len() {
        *tied.select_nth_unstable(place).1
    } else {
        0 // never: the value is that of the customer with `count` others before them
    }
}

/// Writes the score of each customer: one more than there are boundaries that they reach.
pub fn score(standings: &[Standing], boundaries: &[Standing], best: Best, scores: &mut [u8]) {
    fill(standings, scores, |standings, scores| {
        for (standing, score) in standings.iter().zip(scores) {
            let reached = boundaries.iter().filter(|&&b| standing.reaches(b, best));
            *score = reached.fold(1, |score, _| score + 1);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tie_break::of_integers;
    use super::*;

    fn scored(standings: &[Standing], best: Best) -> Vec<u8> {
        let found = boundaries(standings, &Shares::Bins(5), best);
        let mut scores = vec![0; standings.len()];
        score(standings, &found, best, &mut scores);
        scores
    }

    #[test]
    fn bins_are_those_of_ntile_whatever_the_ties() {
        let ids: Vec<i64> = (0..10_003).collect();
        let numbers = of_integers(&ids, 5);
        let customers: Vec<Standing> = ids
            .iter()
            .zip(numbers)
            .map(|(id, number)| Standing::from(((id % 3) as f64, number)))
            .collect();
        for best in [Best::High, Best::Low] {
            let scores = scored(&customers, best);
            let of = |score: u8| scores.iter().filter(move |&&own| own == score);
            let sizes = [1, 2, 3, 4, 5].map(|score| of(score).fold(0, |n, _| n + 1));
            assert_eq!(sizes, [2001, 2001, 2001, 2000, 2000]);
            for (a, b) in (0..1000).zip(1001..2001) {
                let better = is_better(customers[b].value, customers[a].value, best);
                assert!(!better || scores[a] <= scores[b]);
            }
        }
    }

    #[test]
    fn fewer_customers_than_bins_get_the_lowest_scores() {
        let customers = [(1.0, 9), (1.0, 8), (2.0, 7)].map(Standing::from);
        assert_eq!(scored(&customers, Best::High), [2, 1, 3]);
        assert_eq!(scored(&customers, Best::Low), [3, 2, 1]);
    }
}
