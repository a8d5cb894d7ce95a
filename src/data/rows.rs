//! One row a customer, as the models read it.

use std::ops::Range;

use super::check::{Rule, same_length};
use crate::Result;
use crate::numeric::parallel;

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

/// Numbers of purchases, as floating point numbers or as integers: converting a million of them would take as long as
/// a short prediction.
#[derive(Debug, Clone, Copy)]
pub enum Counts<'a> {
    /// As floating point numbers.
    Float(&'a [f64]),
    /// As integers.
    Integer(&'a [i64]),
}

impl Counts<'_> {
    /// How many there are.
    pub fn len(self) -> usize {
        match self {
            Self::Float(counts) => counts.len(),
            Self::Integer(counts) => counts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Number `i`, which must be smaller than [`Counts::len`].
    pub(super) fn at(self, i: usize) -> f64 {
        match self {
            Self::Float(counts) => counts[i],
            Self::Integer(counts) => counts[i] as f64,
        }
    }
}

impl<'a> From<&'a [f64]> for Counts<'a> {
    fn from(counts: &'a [f64]) -> Self {
        Self::Float(counts)
    }
}

impl<'a, const N: usize> From<&'a [f64; N]> for Counts<'a> {
    fn from(counts: &'a [f64; N]) -> Self {
        Self::Float(counts)
    }
}

impl<'a> From<&'a Vec<f64>> for Counts<'a> {
    fn from(counts: &'a Vec<f64>) -> Self {
        Self::Float(counts)
    }
}

/// Three columns of equal length that should be purchase histories.
#[derive(Debug, Clone, Copy)]
pub struct HistoryColumns<'a> {
    frequency: Counts<'a>,
    recency: &'a [f64],
    t: &'a [f64],
}

impl<'a> HistoryColumns<'a> {
    /// Frequency, recency and T; what stands in them is not looked at.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length.
    pub fn new(frequency: impl Into<Counts<'a>>, recency: &'a [f64], t: &'a [f64]) -> Result<Self> {
        let frequency = frequency.into();
        same_lengths(NAMES, frequency, recency, t)?;
        Ok(Self {
            frequency,
            recency,
            t,
        })
    }

    /// The histories of all customers.
    ///
    /// # Errors
    /// As [`Histories::new`].
    pub fn check(self) -> Result<Histories<'a>> {
        check_histories(NAMES, self.frequency, self.recency, self.t)?;
        Ok(Histories(self))
    }

    /// The histories of some customers, unless one of them is not a history: for work that goes through the columns
    /// once, and would rather not wait for a check of them all. Integers are converted in `room`, for at least as many.
    pub(crate) fn some<'b>(
        &self,
        places: Range<usize>,
        room: &'b mut [f64],
    ) -> Option<Histories<'b>>
    where
        'a: 'b,
    {
        let frequency = match self.frequency {
            Counts::Float(counts) => &counts[places.clone()],
            Counts::Integer(counts) => {
                let room = &mut room[..places.len()];
                for (float, &integer) in room.iter_mut().zip(&counts[places.clone()]) {
                    *float = integer as f64;
                }
                room
            }
        };
        let (recency, t) = (&self.recency[places.clone()], &self.t[places]);
        let rows = frequency.iter().zip(recency).zip(t);
        rows.fold(true, |fine, ((&x, &t_x), &t)| fine & is_history(x, t_x, t))
            .then_some(Histories(HistoryColumns {
                frequency: Counts::Float(frequency),
                recency,
                t,
            }))
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.frequency.len()
    }

    /// Whether there are no customers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What users know the columns by.
const NAMES: [&str; 3] = ["frequency", "recency", "T"];

/// The purchase histories of many customers, column by column, checked when made.
#[derive(Debug, Clone, Copy)]
pub struct Histories<'a>(HistoryColumns<'a>);

impl<'a> Histories<'a> {
    /// Three columns of equal length.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length; [`Error::Data`](crate::Error::Data)
    /// with the first offending row unless every frequency is a whole number of at least 0, every recency lies in
    /// [0, T], and recency is 0 exactly where frequency is.
    ///
    /// # Examples
    /// ```
    /// use tenure::data::{Histories, Rows};
    /// let customers = Histories::new(&[2.0, 0.0], &[30.43, 0.0], &[38.86, 38.86])?;
    /// assert_eq!(customers.row(0).t_x, 30.43);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn new(frequency: impl Into<Counts<'a>>, recency: &'a [f64], t: &'a [f64]) -> Result<Self> {
        HistoryColumns::new(frequency, recency, t)?.check()
    }
}

impl Histories<'_> {
    /// Passes if time is counted in opportunities, at each of which a customer buys once at most.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) with the first row where recency or T is not whole, or frequency larger than
    /// recency.
    pub fn check_opportunities(&self) -> Result<()> {
        let rule = |column, expected, hint| Rule {
            column,
            expected,
            hint,
        };
        let whole = "be a whole number of opportunities to buy";
        let hint =
            "recency says at which opportunity the last purchase was made, T how many there were";
        rule("recency", whole, hint).check(
            self.len(),
            |i| self.row(i).t_x.fract() > 0.0,
            |i| format!("{:?}", self.row(i).t_x),
        )?;
        rule("T", whole, hint).check(
            self.len(),
            |i| self.row(i).t.fract() > 0.0,
            |i| format!("{:?}", self.row(i).t),
        )?;
        let expected = "be no more than recency, the opportunities up to the last purchase";
        let hint = "several purchases at one opportunity count once";
        rule("frequency", expected, hint).check(
            self.len(),
            |i| self.row(i).x > self.row(i).t_x,
            |i| format!("{:?} with recency = {:?}", self.row(i).x, self.row(i).t_x),
        )
    }
}

/// The customers of a data set, one row each.
pub trait Rows: Sync {
    /// One customer.
    type Row: Copy + Send + Sync;

    /// Number of customers.
    fn len(&self) -> usize;

    /// Customer number `i`, which must be smaller than [`Rows::len`].
    fn row(&self, i: usize) -> Self::Row;

    /// Whether there are no customers.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Rows for Histories<'_> {
    type Row = Purchases;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn row(&self, i: usize) -> Purchases {
        Purchases {
            x: self.0.frequency.at(i),
            t_x: self.0.recency[i],
            t: self.0.t[i],
        }
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

/// The repeat spending of many customers, column by column, checked when made.
#[derive(Debug, Clone, Copy)]
pub struct Spending<'a> {
    frequency: Counts<'a>,
    mean: &'a [f64],
}

impl<'a> Spending<'a> {
    /// Two columns of equal length; where the frequency is 0 the mean says nothing and is taken as 0.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) if the columns differ in length; [`Error::Data`](crate::Error::Data)
    /// with the first offending row unless every frequency is a whole number of at least 0, and the mean is finite and
    /// greater than 0 wherever the frequency is.
    pub fn new(frequency: impl Into<Counts<'a>>, mean: &'a [f64]) -> Result<Self> {
        let frequency = frequency.into();
        same_length("monetary_value", mean.len(), "frequency", frequency.len())?;
        check_counts("frequency", frequency)?;
        let rule = Rule {
            column: "monetary_value",
            expected: "be finite and greater than 0 for customers with repeat purchases",
            hint: "leave out customers whose purchases were free or refunded in full before fitting a model of spend",
        };
        rule.check(
            mean.len(),
            |i| frequency.at(i) > 0.0 && !(mean[i].is_finite() && mean[i] > 0.0),
            |i| format!("{:?} with frequency = {:?}", mean[i], frequency.at(i)),
        )?;
        Ok(Self { frequency, mean })
    }
}

impl Rows for Spending<'_> {
    type Row = Spend;

    fn len(&self) -> usize {
        self.frequency.len()
    }

    fn row(&self, i: usize) -> Spend {
        let x = self.frequency.at(i);
        Spend {
            x,
            mean: if x > 0.0 { self.mean[i] } else { 0.0 },
        }
    }
}

/// Passes if every value of `column` is a whole number of at least 0.
pub(crate) fn check_counts<'a>(column: &str, counts: impl Into<Counts<'a>>) -> Result<()> {
    let counts = counts.into();
    let rule = Rule {
        column,
        expected: "be a whole number of at least 0",
        hint: "",
    };
    rule.check(
        counts.len(),
        |i| !is_count(counts.at(i)),
        |i| format!("{:?}", counts.at(i)),
    )
}

/// Passes if three columns, under the names that the user knows them by, are purchase histories: see
/// [`Histories::new`].
///
/// # Errors
/// As there.
pub fn check_histories<'a>(
    names: [&str; 3],
    frequency: impl Into<Counts<'a>>,
    recency: &[f64],
    t: &[f64],
) -> Result<()> {
    let frequency = frequency.into();
    same_lengths(names, frequency, recency, t)?;
    if !parallel::any(t.len(), |i| !is_history(frequency.at(i), recency[i], t[i])) {
        return Ok(());
    }
    check_counts(names[0], frequency)?;
    check_ages(names, frequency, recency, t)
}

fn same_lengths(names: [&str; 3], frequency: Counts<'_>, recency: &[f64], t: &[f64]) -> Result<()> {
    same_length(names[1], recency.len(), names[0], frequency.len())?;
    same_length(names[2], t.len(), names[0], frequency.len())
}

/// All rules at once, for the common case that nobody breaks one.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches several rows are checked at once"
)]
fn is_history(x: f64, t_x: f64, t: f64) -> bool {
    is_count(x) & (t < f64::INFINITY) & (t_x >= 0.0) & (t_x <= t) & ((t_x > 0.0) == (x > 0.0))
}

/// Whether this is a whole number of at least 0, of a size that counts have.
#[expect(clippy::float_cmp, reason = "whole or not")]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches several rows are checked at once"
)]
fn is_count(x: f64) -> bool {
    // beyond 2^52 doubles are whole, so adding and subtracting it rounds to a whole number
    const WHOLE: f64 = (1_u64 << 52) as f64;
    (x >= 0.0) & (x <= f64::from(u32::MAX)) & ((x + WHOLE) - WHOLE == x)
}

/// Passes if every T is an age, every recency lies in [0, T], and recency is 0 exactly where frequency is.
fn check_ages(names: [&str; 3], frequency: Counts<'_>, recency: &[f64], t: &[f64]) -> Result<()> {
    let [frequency_name, recency_name, t_name] = names;
    let observed = Rule {
        column: t_name,
        expected: "be finite and at least 0",
        hint: "",
    };
    observed.check(
        t.len(),
        |i| !(t[i].is_finite() && t[i] >= 0.0),
        |i| format!("{:?}", t[i]),
    )?;
    let inside = Rule {
        column: recency_name,
        expected: &format!("lie in [0, {t_name}]"),
        hint: &format!("were {recency_name} and {t_name} computed with the same time unit?"),
    };
    inside.check(
        t.len(),
        |i| !(0.0..=t[i]).contains(&recency[i]),
        |i| format!("{:?} with {t_name} = {:?}", recency[i], t[i]),
    )?;
    let consistent = Rule {
        column: recency_name,
        expected: &format!("be 0 exactly where {frequency_name} is 0"),
        hint: "the first purchase counts in neither, and repeat purchases at the same time as the first are merged with it",
    };
    consistent.check(
        t.len(),
        |i| (recency[i] > 0.0) != (frequency.at(i) > 0.0),
        |i| {
            format!(
                "{:?} with {frequency_name} = {:?}",
                recency[i],
                frequency.at(i)
            )
        },
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
        let error = Histories::new(&frequency, &recency, &t).unwrap_err();
        let message = error.to_string();
        assert_eq!(message.split("\n\n").next(), Some(text));
    }

    #[test]
    fn histories_at_the_edge_pass() {
        let (frequency, recency, t) = ([0.0, 3.0], [0.0, 5.0], [0.0, 5.0]);
        let customers = Histories::new(&frequency, &recency, &t).unwrap();
        assert_eq!(
            customers.row(1),
            Purchases {
                x: 3.0,
                t_x: 5.0,
                t: 5.0
            }
        );
        assert!(Histories::new(&[], &[], &[]).unwrap().is_empty());
    }

    #[test]
    fn columns_of_different_length_are_named() {
        let error = Histories::new(&[1.0], &[1.0], &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `T` has 0 rows, but `frequency` has 1"
        );
    }

    #[test]
    fn spend_is_positive_where_there_is_any() {
        let customers = Spending::new(&[2.0, 0.0], &[3.5, f64::NAN]).unwrap();
        assert_eq!(customers.row(1), Spend { x: 0.0, mean: 0.0 });
        for mean in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = Spending::new(&[0.0, 2.0], &[0.0, mean]).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("row 1 has {mean:?} with frequency = 2.0"))
            );
        }
    }
}
