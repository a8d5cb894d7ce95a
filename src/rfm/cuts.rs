//! Where a column is cut: quantiles, counted from the worst value on.

use super::Best;
use super::select::order_statistics;

/// The shares of customers at whose quantiles a column is cut.
#[derive(Debug, Clone, PartialEq)]
pub enum Shares {
    /// So many bins, as equal as they can be.
    Bins(usize),
    /// Cuts at these shares, ascending, each between 0 and 1.
    Given(Vec<f64>),
}

impl Shares {
    /// How many cuts there are.
    pub fn cuts(&self) -> usize {
        match self {
            Self::Bins(bins) => bins.saturating_sub(1),
            Self::Given(shares) => shares.len(),
        }
    }

    /// The position of each cut among `n` sorted values: a rank, and the share of the way to the next.
    ///
    /// `j (n - 1) / k` for `k` bins, in integers: 0.3 times 10 need not be 3.
    fn positions(&self, n: usize) -> Vec<(usize, f64)> {
        let last = n.saturating_sub(1);
        match self {
            Self::Bins(bins) => (1..*bins)
                .map(|j| {
                    let (rank, rest) = (j * last / bins, j * last % bins);
                    (rank, rest as f64 / *bins as f64)
                })
                .collect(),
            Self::Given(shares) => shares
                .iter()
                .map(|share| split(share * last as f64))
                .collect(),
        }
    }

    /// How many of `n` customers stand below each cut where bins hold given shares of them.
    ///
    /// For `k` bins these are the groups of SQL's `NTILE`: the first `n mod k` have one customer more.
    pub(super) fn counts(&self, n: usize) -> Vec<usize> {
        match self {
            Self::Bins(bins) => (1..*bins)
                .map(|j| j * (n / bins) + j.min(n % bins))
                .collect(),
            Self::Given(shares) => shares
                .iter()
                .map(|share| split(share * n as f64))
                .map(|(whole, rest)| whole + usize::from(rest > 0.0))
                .collect(),
        }
    }
}

/// The whole part of a number from 0 on, and the rest; a rest of rounding error is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares lie between 0 and 1, and numbers of customers in usize"
)]
fn split(position: f64) -> (usize, f64) {
    let nearest = position.round();
    if (position - nearest).abs() <= 4.0 * f64::EPSILON * nearest {
        return (nearest as usize, 0.0);
    }
    (position as usize, position.fract())
}

/// The cuts of a column, from the worst to the best: its quantiles (type 7 of Hyndman and Fan 1996, Sample quantiles in
/// statistical packages), or, where less is better, those of its negative, negated. Empty if the column is.
///
/// # Examples
/// ```
/// use tenure::rfm::{Best, cuts::{Shares, cuts}};
/// let orders = [1.0, 1.0, 1.0, 2.0, 3.0, 4.0];
/// assert_eq!(cuts(&orders, &Shares::Bins(5), Best::High), [1.0, 1.0, 2.0, 3.0]);
/// let days = [0.0, 10.0, 20.0];
/// assert_eq!(cuts(&days, &Shares::Bins(2), Best::Low), [10.0]);
/// ```
pub fn cuts(values: &[f64], shares: &Shares, best: Best) -> Vec<f64> {
    let Some(last) = values.len().checked_sub(1) else {
        return Vec::new();
    };
    let positions = shares.positions(values.len());
    let from_worst = |rank: usize| match best {
        Best::High => rank.min(last),
        Best::Low => last.saturating_sub(rank),
    };
    let ranks: Vec<usize> = positions
        .iter()
        .flat_map(|&(rank, _)| [from_worst(rank), from_worst(rank + 1)])
        .collect();
    let found = order_statistics(values, &ranks);
    let (pairs, _) = found.as_chunks::<2>();
    pairs
        .iter()
        .zip(positions)
        .map(|(&[a, b], (_, share))| between(a, b, share))
        .collect()
}

/// `a + share (b - a)`, exactly `a` or `b` at the ends and where they are equal, and never outside.
fn between(a: f64, b: f64, share: f64) -> f64 {
    let gap = b - a;
    let found = if gap.is_infinite() {
        a * (1.0 - share) + b * share
    } else if share < 0.5 {
        a + gap * share
    } else {
        b - gap * (1.0 - share)
    };
    found.clamp(a.min(b), a.max(b))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the ends of an interval are exact")]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Positions of `numpy.quantile(range(n), shares)`.
    #[rstest]
    #[case(Shares::Bins(5), 11, &[2.0, 4.0, 6.0, 8.0])]
    #[case(Shares::Bins(4), 3, &[0.5, 1.0, 1.5])]
    #[case(Shares::Given(vec![0.5, 0.8]), 11, &[5.0, 8.0])]
    #[case(Shares::Bins(3), 1, &[0.0, 0.0])]
    fn cuts_are_quantiles(#[case] shares: Shares, #[case] n: u32, #[case] expected: &[f64]) {
        let values: Vec<f64> = (0..n).rev().map(f64::from).collect();
        assert_eq!(cuts(&values, &shares, Best::High), expected);
        let mirrored: Vec<f64> = expected.iter().map(|cut| f64::from(n - 1) - cut).collect();
        assert_eq!(cuts(&values, &shares, Best::Low), mirrored);
    }

    #[test]
    fn shares_that_are_whole_but_for_rounding_are_whole() {
        // 0.07 * 100 = 7.000000000000001
        assert_eq!(split(0.07 * 100.0), (7, 0.0));
        assert_eq!(split(0.0), (0, 0.0));
        assert_eq!(split(2.25), (2, 0.25));
    }

    #[test]
    fn groups_are_those_of_ntile() {
        assert_eq!(Shares::Bins(4).counts(10), [3, 6, 8]);
        assert_eq!(Shares::Bins(5).counts(3), [1, 2, 3, 3]);
        assert_eq!(Shares::Given(vec![0.5, 0.8]).counts(10), [5, 8]);
        assert_eq!(Shares::Given(vec![0.25]).counts(10), [3]);
    }

    #[test]
    fn cuts_stay_between_their_neighbours() {
        assert_eq!(between(f64::MIN, f64::MAX, 0.5), 0.0);
        assert_eq!(between(0.1, 0.1, 0.3), 0.1);
        assert_eq!(between(1.0, 3.0, 0.25), 1.5);
    }
}
