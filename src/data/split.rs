//! Calibration and holdout: what was known of each customer at a date, and what they bought afterwards.

use super::calendar::{Cutoff, Unit, written};
use super::summary::{Summary, all_known, mean, summarize};
use super::transactions::{History, Known};
use crate::numeric::parallel;
use crate::{Error, Result};

/// The customers known at a date, and their purchases from there to a later one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Split {
    /// What was known at the first date.
    pub calibration: Summary,
    /// Number of purchases in the holdout.
    pub purchases: Vec<i64>,
    /// Their value after the refunds known at its end; empty for a log without amounts.
    pub value: Vec<f64>,
    /// Their mean value, 0 of none, likewise.
    pub mean_value: Vec<f64>,
    /// How long the holdout lasts.
    pub duration: f64,
    /// Refunds in the holdout of purchases before it: how many. They are part of neither side.
    pub calibration_refunds: usize,
    /// And of how much: a negative amount.
    pub calibration_refund_amount: f64,
}

/// What one customer did in the holdout.
struct Holdout {
    purchases: i64,
    value: f64,
    refunds: usize,
    refund_amount: f64,
}

/// Splits a history at one cutoff; the holdout ends with another. A purchase is on the side of its period.
///
/// # Errors
/// [`Error::Parameter`] if the holdout is empty, [`Error::Empty`] if nobody had bought before it.
pub fn split(history: &History<'_>, at: Cutoff, until: Cutoff, unit: Unit) -> Result<Split> {
    if until.last <= at.last {
        return Err(Error::Parameter {
            name: "at".to_owned(),
            expected: format!(
                "come before the end of the holdout, {}",
                written(until.last)
            ),
            found: written(at.last),
            hint: "the holdout ends with the last event of the log unless `until` says otherwise"
                .to_owned(),
        });
    }
    let known = all_known(history, at)?;
    let holdouts = parallel::map(&known, |one| holdout(history, one, at, until));
    let mut split = Split {
        calibration: summarize(history, at, unit)?,
        purchases: holdouts.iter().map(|one| one.purchases).collect(),
        duration: unit.between(at.now, until.now),
        ..Split::default()
    };
    if history.has_values() {
        split.value = holdouts.iter().map(|one| one.value).collect();
        split.mean_value = holdouts
            .iter()
            .map(|one| mean(one.value, one.purchases as usize))
            .collect();
    }
    for one in holdouts {
        split.calibration_refunds += one.refunds;
        split.calibration_refund_amount += one.refund_amount;
    }
    Ok(split)
}

fn holdout(history: &History<'_>, known: &Known, at: Cutoff, until: Cutoff) -> Holdout {
    let all = history.known(known.customer, until);
    let end = all.map_or(known.purchases.end, |all| all.purchases.end);
    let later = known.purchases.end..end;
    let mut holdout = Holdout {
        purchases: later.len() as i64,
        value: history.value(later, until),
        refunds: 0,
        refund_amount: 0.0,
    };
    for (time, amount) in history.refunds(known.purchases.clone()) {
        if (at.last + 1..=until.last).contains(&time) {
            holdout.refunds += 1;
            holdout.refund_amount += amount;
        }
    }
    holdout
}
