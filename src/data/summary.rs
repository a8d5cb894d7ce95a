//! From purchases to one row a customer, as of a date.

use std::ops::Range;

use super::calendar::{Cutoff, Unit, written};
use super::transactions::{History, Known};
use crate::numeric::parallel;
use crate::{Error, Result};

/// One row a customer who had bought by a date: what the models of repeat buying and of spend are fitted to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// The customer's place in the log.
    pub customers: Vec<i64>,
    /// Number of repeat purchases.
    pub frequency: Vec<i64>,
    /// Age at the last purchase.
    pub recency: Vec<f64>,
    /// Age at the date.
    pub t: Vec<f64>,
    /// Mean value of the repeat purchases after the refunds known at the date, 0 without any; empty for a log without
    /// amounts.
    pub monetary_value: Vec<f64>,
}

/// What is known of each customer at the cutoff; customers who bought later only are left out.
///
/// # Errors
/// [`Error::Empty`] if nobody had bought yet.
pub fn summarize(history: &History<'_>, cutoff: Cutoff, unit: Unit) -> Result<Summary> {
    let known = all_known(history, cutoff)?;
    let facts = parallel::map(&known, |one| history.facts(one, cutoff));
    let mut summary = Summary {
        customers: known.iter().map(|one| one.customer as i64).collect(),
        frequency: facts.iter().map(|one| one.repeats).collect(),
        recency: parallel::map(&facts, |one| unit.between(one.first, one.last)),
        t: parallel::map(&facts, |one| unit.between(one.first, cutoff.now)),
        monetary_value: Vec::new(),
    };
    if history.has_values() {
        summary.monetary_value = facts.iter().map(|one| one.mean).collect();
    }
    Ok(summary)
}

/// What a summary is made of, for one customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// When the first purchase was made.
    pub(crate) first: i64,
    /// When the last one was.
    pub(crate) last: i64,
    /// The number of purchases but the first.
    pub(crate) repeats: i64,
    /// Their mean value.
    pub(crate) mean: f64,
}

impl History<'_> {
    /// What is known of a customer at the cutoff.
    pub(crate) fn facts(&self, known: &Known, cutoff: Cutoff) -> Facts {
        let Range { start, end } = known.purchases;
        let repeats = end - start - 1;
        Facts {
            first: self.times()[start],
            last: self.times()[end - 1],
            repeats: repeats as i64,
            mean: mean(self.value(start + 1..end, cutoff), repeats),
        }
    }
}

/// One row a customer who had bought by a date: what customers are scored and ranked by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// The customer's place in the log.
    pub customers: Vec<i64>,
    /// When the first purchase was made.
    pub first_purchase: Vec<i64>,
    /// When the last purchase was made.
    pub last_purchase: Vec<i64>,
    /// Number of purchases, the first one counted.
    pub purchases: Vec<i64>,
    /// Days from the last purchase to the date.
    pub recency_days: Vec<f64>,
    /// Value of all purchases after the refunds known at the date; empty for a log without amounts.
    pub total_value: Vec<f64>,
    /// Mean value of a purchase, likewise.
    pub mean_value: Vec<f64>,
}

/// What each customer has done up to the cutoff; customers who bought later only are left out.
///
/// # Errors
/// [`Error::Empty`] if nobody had bought yet.
pub fn activity(history: &History<'_>, cutoff: Cutoff) -> Result<Activity> {
    let known = all_known(history, cutoff)?;
    let times = history.times();
    let column = |f: &dyn Fn(&Known) -> i64| known.iter().map(f).collect::<Vec<i64>>();
    let last_purchase = column(&|one| times[one.purchases.end - 1]);
    let mut activity = Activity {
        customers: column(&|one| one.customer as i64),
        first_purchase: column(&|one| times[one.purchases.start]),
        purchases: column(&|one| one.purchases.len() as i64),
        recency_days: parallel::map(&last_purchase, |&last| Unit::Day.between(last, cutoff.now)),
        last_purchase,
        ..Activity::default()
    };
    if history.has_values() {
        let total = |one: &Known| history.value(one.purchases.clone(), cutoff);
        activity.total_value = parallel::map(&known, total);
        activity.mean_value = parallel::map(&known, |one| mean(total(one), one.purchases.len()));
    }
    Ok(activity)
}

/// The customers who had bought by the cutoff.
pub(crate) fn all_known(history: &History<'_>, cutoff: Cutoff) -> Result<Vec<Known>> {
    let known: Vec<Known> = (0..history.customers())
        .filter_map(|customer| history.known(customer, cutoff))
        .collect();
    if known.is_empty() {
        return Err(Error::Empty {
            what: format!("no customer had bought by {}", written(cutoff.last)),
            hint: "choose a date after the first purchase of the log".to_owned(),
        });
    }
    Ok(known)
}

/// The mean of `count` values, or 0 of none.
pub(crate) fn mean(total: f64, count: usize) -> f64 {
    if count == 0 {
        0.0
    } else {
        total / count as f64
    }
}
