//! How long customers take from one purchase to the next, and how long those have waited who have not bought again yet.

use super::calendar::{Cutoff, Unit};
use super::summary::all_known;
use super::transactions::{History, Known};
use crate::Result;
use crate::numeric::parallel;

/// One row a purchase: the time to the customer's next one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waits {
    /// The customer's place in the log.
    pub customers: Vec<i64>,
    /// Which purchase of the customer's it is, from 1.
    pub orders: Vec<i64>,
    /// When it was made.
    pub starts: Vec<i64>,
    /// The time to the next purchase, or to the date if there is none by then.
    pub durations: Vec<f64>,
    /// Whether there is a next one.
    pub events: Vec<bool>,
}

/// The times between purchases known at the cutoff, of each customer's first `most` purchases.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) if nobody had bought yet.
pub fn waits(history: &History<'_>, cutoff: Cutoff, unit: Unit, most: usize) -> Result<Waits> {
    let known = all_known(history, cutoff)?;
    let times = history.times();
    let of = |one: &Known| -> Vec<(i64, i64, i64, f64, bool)> {
        let purchases = &times[one.purchases.clone()];
        let row = |(place, &start): (usize, &i64)| {
            let next = purchases.get(place + 1);
            let end = next.copied().unwrap_or(cutoff.now);
            let duration = unit.between(start, end);
            (
                one.customer as i64,
                place as i64 + 1,
                start,
                duration,
                next.is_some(),
            )
        };
        purchases.iter().take(most).enumerate().map(row).collect()
    };
    let mut waits = Waits::default();
    for (customer, order, start, duration, event) in parallel::map(&known, of).into_iter().flatten()
    {
        waits.customers.push(customer);
        waits.orders.push(order);
        waits.starts.push(start);
        waits.durations.push(duration);
        waits.events.push(event);
    }
    Ok(waits)
}
