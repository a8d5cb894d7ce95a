//! How long customers with a contract stayed, as the models of renewal read it.

use super::check::{Rule, same_length};
use super::rows::Rows;
use crate::Result;

/// How long one customer is known to have stayed.
///
/// They were a customer at age `entry`, when they came into view, and left between the ages `from` and `to`: exactly
/// then where both are equal; later than seen where `to` is infinite. Ages count renewal periods, so that a customer
/// who did not renew for the `t`-th time left between `t - 1` and `t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contract {
    /// Age when they came into view; they are in the data because they had stayed so long.
    pub entry: f64,
    /// The last age at which they were seen to be there.
    pub from: f64,
    /// The first age at which they were seen to be gone.
    pub to: f64,
}

/// The contracts of many customers, column by column, checked when made.
#[derive(Debug, Clone, Copy)]
pub struct Contracts<'a> {
    entry: &'a [f64],
    from: &'a [f64],
    to: &'a [f64],
}

impl<'a> Contracts<'a> {
    /// Three columns of equal length.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length; [`Error::Data`](crate::Error::Data)
    /// with the first offending row unless `0 <= entry <= from <= to`, all but `to` finite, and `to` greater than 0.
    ///
    /// # Examples
    /// ```
    /// use tenure::data::{Contracts, Rows};
    /// // one left at the third renewal, another was there after the fourth
    /// let contracts = Contracts::new(&[0.0, 0.0], &[2.0, 4.0], &[3.0, f64::INFINITY])?;
    /// assert_eq!(contracts.row(0).to, 3.0);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn new(entry: &'a [f64], from: &'a [f64], to: &'a [f64]) -> Result<Self> {
        same_length("entry", entry.len(), "from", from.len())?;
        same_length("to", to.len(), "from", from.len())?;
        let rule = |column, expected| Rule {
            column,
            expected,
            hint: "",
        };
        rule("entry", "be finite and at least 0").check(
            entry.len(),
            |i| !(entry[i].is_finite() && entry[i] >= 0.0),
            |i| format!("{:?}", entry[i]),
        )?;
        rule("from", "be finite and at least `entry`").check(
            from.len(),
            |i| !(from[i].is_finite() && from[i] >= entry[i]),
            |i| format!("{:?} with entry = {:?}", from[i], entry[i]),
        )?;
        rule("to", "be greater than 0 and at least `from`").check(
            to.len(),
            |i| !(to[i] > 0.0 && to[i] >= from[i]),
            |i| format!("{:?} with from = {:?}", to[i], from[i]),
        )?;
        Ok(Self { entry, from, to })
    }

    /// Passes if every age is a whole number of periods and nobody left at an exact time.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) with the first offending row.
    pub fn check_whole(&self) -> Result<()> {
        for (column, ages) in [("entry", self.entry), ("from", self.from), ("to", self.to)] {
            let rule = Rule {
                column,
                expected: "be a whole number of periods",
                hint: "models in continuous time take any age",
            };
            rule.check(
                ages.len(),
                |i| ages[i].is_finite() && ages[i].fract() != 0.0,
                |i| format!("{:?}", ages[i]),
            )?;
        }
        let rule = Rule {
            column: "to",
            expected: "be greater than `from`",
            hint: "models in continuous time know customers who left at an exact age",
        };
        rule.check(
            self.to.len(),
            |i| self.to[i] <= self.from[i],
            |i| format!("{:?} with from = {:?}", self.to[i], self.from[i]),
        )
    }
}

impl Rows for Contracts<'_> {
    type Row = Contract;

    fn len(&self) -> usize {
        self.from.len()
    }

    fn row(&self, i: usize) -> Contract {
        Contract {
            entry: self.entry[i],
            from: self.from[i],
            to: self.to[i],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(entry: f64, from: f64, to: f64) -> String {
        Contracts::new(&[entry], &[from], &[to])
            .and_then(|contracts| contracts.check_whole())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn ages_are_in_order() {
        assert_eq!(
            refused(-1.0, 0.0, 1.0),
            "column `entry` must be finite and at least 0; row 0 has -1.0"
        );
        assert_eq!(
            refused(3.0, 2.0, 4.0),
            "column `from` must be finite and at least `entry`; row 0 has 2.0 with entry = 3.0"
        );
        assert_eq!(
            refused(0.0, 2.0, 1.0),
            "column `to` must be greater than 0 and at least `from`; row 0 has 1.0 with from = 2.0"
        );
        assert!(refused(0.0, f64::NAN, 1.0).contains("NaN"));
        assert!(refused(0.0, 1.0, f64::NAN).contains("NaN"));
    }

    #[test]
    fn periods_are_whole() {
        assert!(
            refused(0.0, 1.5, 2.0)
                .starts_with("column `from` must be a whole number of periods; row 0 has 1.5")
        );
        assert!(
            refused(0.0, 2.0, 2.0).starts_with(
                "column `to` must be greater than `from`; row 0 has 2.0 with from = 2.0"
            )
        );
        assert!(
            Contracts::new(&[0.0], &[2.0], &[f64::INFINITY])
                .and_then(|contracts| contracts.check_whole())
                .is_ok()
        );
    }
}
