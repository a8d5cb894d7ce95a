//! The times between a customer's purchases, in the one number that models of regular purchases need.

use super::calendar::{Cutoff, Unit};
use super::summary::all_known;
use super::transactions::{History, Known};
use crate::numeric::parallel;
use crate::{Error, Result};

/// For each customer of [`summarize`](super::summary::summarize), the sum of the logarithms of the times between
/// purchases known at the cutoff: 0 for who bought once.
///
/// # Errors
/// [`Error::Empty`] if nobody had bought yet; [`Error::Parameter`] if two purchases of a customer have no time between
/// them.
pub fn log_intervals(history: &History<'_>, cutoff: Cutoff, unit: Unit) -> Result<Vec<f64>> {
    let times = history.times();
    let of = |one: &Known| -> f64 {
        let purchases = &times[one.purchases.clone()];
        let pairs = purchases.iter().zip(purchases.iter().skip(1));
        pairs
            .map(|(&before, &after)| unit.between(before, after).ln())
            .sum()
    };
    let sums = parallel::map(&all_known(history, cutoff)?, of);
    if sums.iter().all(|sum| sum.is_finite()) {
        return Ok(sums);
    }
    Err(Error::Parameter {
        name: "intervals".to_owned(),
        expected: "be left out: purchases of a customer have no time between them".to_owned(),
        found: "True".to_owned(),
        hint: "merge purchases by the day or the hour".to_owned(),
    })
}
