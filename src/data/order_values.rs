//! The values of customers' single purchases, as a model of spend reads them.

use super::check::{Rule, same_length};
use super::rows::{Counts, Rows, check_counts};
use crate::Result;

/// The values of one customer's purchases: what a gamma distribution asks of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderValues {
    /// Number of purchases.
    pub x: f64,
    /// Mean of their values.
    pub mean: f64,
    /// Mean of the logarithms of their values.
    pub mean_ln: f64,
}

/// The values of many customers' purchases, column by column, checked when made.
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a> {
    count: Counts<'a>,
    mean: &'a [f64],
    mean_ln: &'a [f64],
}

impl<'a> Orders<'a> {
    /// Three columns of equal length; without purchases the means say nothing and are taken as 0.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length; [`Error::Data`](crate::Error::Data) with
    /// the first offending row unless every count is a whole number of at least 0, and, where it is not 0, the mean is
    /// finite and greater than 0 and its logarithm no smaller than the mean logarithm.
    pub fn new(count: impl Into<Counts<'a>>, mean: &'a [f64], mean_ln: &'a [f64]) -> Result<Self> {
        let count = count.into();
        same_length("monetary_value", mean.len(), "frequency", count.len())?;
        same_length("mean_log", mean_ln.len(), "frequency", count.len())?;
        check_counts("frequency", count)?;
        let orders = Self {
            count,
            mean,
            mean_ln,
        };
        let rule = Rule {
            column: "values",
            expected: "be finite and greater than 0",
            hint: "leave out orders that were free or refunded in full before fitting a model of spend",
        };
        rule.check(
            mean.len(),
            |i| !orders.row(i).is_possible(),
            |i| format!("a mean of {:?}", mean[i]),
        )?;
        Ok(orders)
    }
}

impl OrderValues {
    /// Jensen's inequality, with room for rounding.
    fn is_possible(self) -> bool {
        let Self { x, mean, mean_ln } = self;
        let finite = mean.is_finite() && mean > 0.0 && mean_ln.is_finite();
        x == 0.0 || finite && mean_ln <= mean.ln() + 1e-9 * mean.ln().abs().max(1.0)
    }
}

impl Rows for Orders<'_> {
    type Row = OrderValues;

    fn len(&self) -> usize {
        self.mean.len()
    }

    fn row(&self, i: usize) -> OrderValues {
        let x = self.count.at(i);
        let [mean, mean_ln] = if x > 0.0 {
            [self.mean[i], self.mean_ln[i]]
        } else {
            [0.0; 2]
        };
        OrderValues { x, mean, mean_ln }
    }
}
