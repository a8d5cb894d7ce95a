//! Net and gross revenue retention: what the customers of one time pay some time later.

use super::pairs::{Pair, each_pair};
use super::{Ledger, add_to, at_least_one, over_customers};
use crate::Result;

/// Sums over the customers who paid at the start, one entry for each period with which the later window ends.
///
/// With `x` what a customer paid in the window that ends `span` periods before, `y` what they pay in the window that
/// ends here, and `k = min(x, y)`: net retention is `sum(y) / sum(x)` and gross retention `sum(k) / sum(x)`. The sums
/// of squares and products are what the standard error of a ratio of means needs (Cochran 1977, Sampling Techniques,
/// section 6.3).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RevenueRetention {
    /// Customers who bought in the earlier window.
    pub customers: Vec<i64>,
    /// Those of them who bought in the later one.
    pub retained: Vec<i64>,
    /// Sum of `x`, and of `y`, and of `k`.
    pub sums: [Vec<f64>; 3],
    /// Sums of `x x`, `x y`, `y y`, `x k` and `k k`.
    pub products: [Vec<f64>; 5],
}

impl RevenueRetention {
    /// The sums for windows of so many periods, `span` apart; those who stopped in between and came back count with
    /// what they pay if `reactivation`, and else as lost.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if window or span is 0.
    pub fn of(ledger: &Ledger<'_>, window: usize, span: usize, reactivation: bool) -> Result<Self> {
        at_least_one("window", window)?;
        at_least_one("span", span)?;
        let count = |customers: std::ops::Range<usize>| {
            let mut sums = Self::none(ledger.length());
            for customer in customers {
                let periods = ledger.periods_of(customer);
                let amounts = ledger.amounts_of(customer);
                each_pair(periods, ledger.length(), window, span, |pair| {
                    let stayed = reactivation || unbroken(periods, &pair, window);
                    sums.add(&pair, amounts, stayed);
                });
            }
            sums
        };
        let none = || Self::none(ledger.length());
        Ok(over_customers(ledger, count, Self::joined).unwrap_or_else(none))
    }

    fn none(length: usize) -> Self {
        Self {
            customers: vec![0; length],
            retained: vec![0; length],
            sums: std::array::from_fn(|_| vec![0.0; length]),
            products: std::array::from_fn(|_| vec![0.0; length]),
        }
    }

    fn add(&mut self, pair: &Pair, amounts: &[f64], stayed: bool) {
        if pair.before.is_empty() {
            return;
        }
        let sum = |rows: std::ops::Range<usize>| amounts.get(rows).unwrap_or_default().iter().sum();
        let there = stayed && !pair.now.is_empty();
        let x: f64 = sum(pair.before.clone());
        let y: f64 = if there { sum(pair.now.clone()) } else { 0.0 };
        let k = x.min(y);
        for end in pair.ends.clone() {
            self.customers[end] += 1;
            self.retained[end] += i64::from(there);
            for (total, term) in self.sums.iter_mut().zip([x, y, k]) {
                total[end] += term;
            }
            for (total, term) in self
                .products
                .iter_mut()
                .zip([x * x, x * y, y * y, x * k, k * k])
            {
                total[end] += term;
            }
        }
    }

    fn joined(mut self, other: &Self) -> Self {
        add_to(&mut self.customers, &other.customers);
        add_to(&mut self.retained, &other.retained);
        for (sums, others) in self.sums.iter_mut().zip(&other.sums) {
            add_to(sums, others);
        }
        for (sums, others) in self.products.iter_mut().zip(&other.products) {
            add_to(sums, others);
        }
        self
    }
}

/// Whether every window from the earlier to the later one holds a row.
fn unbroken(periods: &[i64], pair: &Pair, window: usize) -> bool {
    let from = pair.before.end.saturating_sub(1);
    let rows = &periods[from..pair.now.end];
    rows.windows(2).all(|two| two[1] - two[0] <= window as i64)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn who_left_and_came_back_counts_or_not() {
        let ledger = Ledger::new(
            &[0, 2, 5],
            &[0, 2, 0, 1, 2],
            Some(&[4.0, 6.0, 4.0, 1.0, 3.0]),
            3,
        );
        let ledger = ledger.unwrap();
        let back = RevenueRetention::of(&ledger, 1, 2, true).unwrap();
        assert_eq!((back.customers[2], back.retained[2]), (2, 2));
        assert_eq!(back.sums.map(|sum| sum[2]), [8.0, 9.0, 7.0]);
        let lost = RevenueRetention::of(&ledger, 1, 2, false).unwrap();
        assert_eq!((lost.customers[2], lost.retained[2]), (2, 1));
        assert_eq!(lost.sums.map(|sum| sum[2]), [8.0, 3.0, 3.0]);
        assert_eq!(
            lost.products.map(|sum| sum[2]),
            [32.0, 12.0, 9.0, 12.0, 9.0]
        );
        let trailing = RevenueRetention::of(&ledger, 2, 2, false).unwrap();
        assert_eq!(trailing.sums.map(|sum| sum[2]), [8.0, 10.0, 8.0]);
    }
}
