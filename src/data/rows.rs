//! One row a customer, as the models read it.

use super::check::{Rule, same_length};
use crate::Result;

/// The purchase history of one customer: the sufficient statistics of the models of repeat buying.
///
/// Fader, Hardie and Lee (2005), "Counting your customers" the easy way, section 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Purchases {
    /// Number of repeat purchases, the first one not counted.
    pub x: f64,
    /// Age at the last purchase; 0 exactly when there was no repeat purchase.
    pub t_x: f64,
    /// Age at the end of observation, counted from the first purchase.
    pub t: f64,
}

impl Purchases {
    /// The rows of three columns of equal length.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length; [`Error::Data`](crate::Error::Data)
    /// with the first offending row unless every frequency is a whole number of at least 0, every recency lies in
    /// [0, T], and recency is 0 exactly where frequency is.
    ///
    /// # Examples
    /// ```
    /// let rows = tenure::data::Purchases::from_columns(&[2.0, 0.0], &[30.43, 0.0], &[38.86, 38.86])?;
    /// assert_eq!(rows[0].t_x, 30.43);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn from_columns(frequency: &[f64], recency: &[f64], t: &[f64]) -> Result<Vec<Self>> {
        same_length("recency", recency.len(), "frequency", frequency.len())?;
        same_length("T", t.len(), "frequency", frequency.len())?;
        check_counts("frequency", frequency)?;
        check_ages(frequency, recency, t)?;
        let columns = frequency.iter().zip(recency).zip(t);
        Ok(columns.map(|((&x, &t_x), &t)| Self { x, t_x, t }).collect())
    }
}

/// The repeat spending of one customer: the sufficient statistics of the models of spend.
///
/// Fader and Hardie (2013), The Gamma-Gamma model of monetary value, section 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spend {
    /// Number of purchases that the mean is taken over.
    pub x: f64,
    /// Mean value of those purchases; 0 where there are none.
    pub mean: f64,
}

impl Spend {
    /// The rows of two columns of equal length; where the frequency is 0 the mean says nothing and is set to 0.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length; [`Error::Data`](crate::Error::Data)
    /// with the first offending row unless every frequency is a whole number of at least 0, and the mean is finite and
    /// greater than 0 wherever the frequency is.
    pub fn from_columns(frequency: &[f64], mean: &[f64]) -> Result<Vec<Self>> {
        same_length("monetary_value", mean.len(), "frequency", frequency.len())?;
        check_counts("frequency", frequency)?;
        let rule = Rule {
            column: "monetary_value",
            expected: "be finite and greater than 0 for customers with repeat purchases",
            hint: "leave out customers whose purchases were free or refunded in full before fitting a model of spend",
        };
        rule.check(
            mean.len(),
            |i| frequency[i] > 0.0 && !(mean[i].is_finite() && mean[i] > 0.0),
            |i| format!("{:?} with frequency = {:?}", mean[i], frequency[i]),
        )?;
        let columns = frequency.iter().zip(mean);
        Ok(columns
            .map(|(&x, &mean)| Self {
                x,
                mean: if x > 0.0 { mean } else { 0.0 },
            })
            .collect())
    }
}

/// Passes if every value of `column` is a whole number of at least 0.
pub(crate) fn check_counts(column: &str, counts: &[f64]) -> Result<()> {
    let rule = Rule {
        column,
        expected: "be a whole number of at least 0",
        hint: "",
    };
    rule.check(
        counts.len(),
        |i| !(counts[i] >= 0.0 && counts[i].is_finite() && counts[i].fract() == 0.0),
        |i| format!("{:?}", counts[i]),
    )
}

/// Passes if every T is an age, every recency lies in [0, T], and recency is 0 exactly where frequency is.
fn check_ages(frequency: &[f64], recency: &[f64], t: &[f64]) -> Result<()> {
    let rows = t.len();
    let observed = Rule {
        column: "T",
        expected: "be finite and at least 0",
        hint: "",
    };
    observed.check(
        rows,
        |i| !(t[i].is_finite() && t[i] >= 0.0),
        |i| format!("{:?}", t[i]),
    )?;
    let inside = Rule {
        column: "recency",
        expected: "lie in [0, T]",
        hint: "were recency and T computed with the same time unit?",
    };
    inside.check(
        rows,
        |i| !(0.0..=t[i]).contains(&recency[i]),
        |i| format!("{:?} with T = {:?}", recency[i], t[i]),
    )?;
    let consistent = Rule {
        column: "recency",
        expected: "be 0 exactly where frequency is 0",
        hint: "frequency counts repeat purchases only, so a customer with a single purchase has frequency 0 and recency 0",
    };
    consistent.check(
        rows,
        |i| (recency[i] > 0.0) != (frequency[i] > 0.0),
        |i| format!("{:?} with frequency = {:?}", recency[i], frequency[i]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case([1.5, 0.0], [1.0, 0.0], [2.0, 2.0], "column `frequency` must be a whole number of at least 0; row 0 has 1.5")]
    #[case([f64::NAN, -1.0], [1.0, 0.0], [2.0, 2.0], "column `frequency` must be a whole number of at least 0; row 0 has NaN (2 rows in all)")]
    #[case([1.0, f64::INFINITY], [1.0, 0.0], [2.0, 2.0], "column `frequency` must be a whole number of at least 0; row 1 has inf")]
    #[case([1.0, 0.0], [1.0, 0.0], [2.0, -0.5], "column `T` must be finite and at least 0; row 1 has -0.5")]
    #[case([1.0, 1.0], [40.0, 3.0], [38.9, 2.0], "column `recency` must lie in [0, T]; row 0 has 40.0 with T = 38.9 (2 rows in all)")]
    #[case([1.0, 1.0], [2.0, f64::NAN], [2.0, 2.0], "column `recency` must lie in [0, T]; row 1 has NaN with T = 2.0")]
    #[case([0.0, 1.0], [1.0, 0.5], [2.0, 2.0], "column `recency` must be 0 exactly where frequency is 0; row 0 has 1.0 with frequency = 0.0")]
    #[case([0.0, 1.0], [0.0, 0.0], [2.0, 2.0], "column `recency` must be 0 exactly where frequency is 0; row 1 has 0.0 with frequency = 1.0")]
    fn bad_histories_are_named(
        #[case] frequency: [f64; 2],
        #[case] recency: [f64; 2],
        #[case] t: [f64; 2],
        #[case] text: &str,
    ) {
        let error = Purchases::from_columns(&frequency, &recency, &t).unwrap_err();
        let message = error.to_string();
        assert_eq!(message.split("\n\n").next(), Some(text));
    }

    #[test]
    fn histories_at_the_edge_pass() {
        let rows = Purchases::from_columns(&[0.0, 3.0], &[0.0, 5.0], &[0.0, 5.0]).unwrap();
        assert_eq!(
            rows[1],
            Purchases {
                x: 3.0,
                t_x: 5.0,
                t: 5.0
            }
        );
        assert!(Purchases::from_columns(&[], &[], &[]).unwrap().is_empty());
    }

    #[test]
    fn columns_of_different_length_are_named() {
        let error = Purchases::from_columns(&[1.0], &[1.0], &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `T` has 0 rows, but `frequency` has 1"
        );
    }

    #[test]
    fn spend_is_positive_where_there_is_any() {
        let rows = Spend::from_columns(&[2.0, 0.0], &[3.5, f64::NAN]).unwrap();
        assert_eq!(rows[1], Spend { x: 0.0, mean: 0.0 });
        for mean in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Spend::from_columns(&[0.0, 2.0], &[0.0, mean]).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("row 1 has {mean:?} with frequency = 2.0"))
            );
        }
    }
}
