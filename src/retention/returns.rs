//! How sure it is what share of those who have waited for so long come back soon, where customers wait many times.

use crate::data::check::same_length;
use crate::numeric::parallel;
use crate::{Error, Result};

/// Waits for the next purchase: one row each, those of a customer one after the other.
#[derive(Debug, Clone, Copy)]
pub struct WaitColumns<'a> {
    /// How long.
    pub durations: &'a [f64],
    /// Whether they ended with a purchase, and not with the end of observation.
    pub events: &'a [bool],
    /// Who waited.
    pub customers: &'a [i64],
}

/// The event table of the same waits: ascending times, how many last at least so long, and how many end with a
/// purchase then.
#[derive(Debug, Clone, Copy)]
pub struct EventTable<'a> {
    /// When anything happens.
    pub timeline: &'a [f64],
    /// How many waits last at least until then.
    pub at_risk: &'a [f64],
    /// How many end with a purchase then.
    pub observed: &'a [f64],
}

/// The variance of `ln(S(gap + horizon) / S(gap))`, with `S` the Kaplan-Meier estimate, for each of the gaps, where the
/// waits of a customer may depend on each other: the sum over customers of the square of the sum of the influences of
/// their waits.
///
/// A wait of length `u > gap` has the influence `H(min(u, gap + horizon)) - H(gap)`, less `1 / (n - d)` at `u` if it
/// ends with a purchase by `gap + horizon`, with `n` at risk, `d` purchases and `H` the sum of `d / (n (n - d))`: the
/// infinitesimal jackknife of the Kaplan-Meier estimate, summed by customer as the robust variance of Lin and Wei 1989
/// (The robust inference for the Cox proportional hazards model, JASA 84, 1074-1078) is. Times the number of customers
/// over that number less one.
///
/// # Errors
/// [`Error::Length`] if columns differ in length.
pub fn clustered_variance(
    waits: WaitColumns<'_>,
    table: EventTable<'_>,
    gaps: &[f64],
    horizon: f64,
) -> Result<Vec<f64>> {
    let rows = waits.durations.len();
    same_length("events", waits.events.len(), "durations", rows)?;
    same_length("customers", waits.customers.len(), "durations", rows)?;
    let times = table.timeline.len();
    same_length("at_risk", table.at_risk.len(), "timeline", times)?;
    same_length("observed", table.observed.len(), "timeline", times)?;
    let terms = Terms::of(waits, table)?;
    let customers = waits.customers.chunk_by(|a, b| a == b).count() as f64;
    let correction = customers / (customers - 1.0).max(1.0);
    Ok(parallel::each(gaps.len(), |gap| {
        correction * terms.sum_of_squares(waits.customers, gaps[gap], gaps[gap] + horizon)
    }))
}

/// What influences are made of.
struct Terms<'a> {
    timeline: &'a [f64],
    /// The sum of `d / (n (n - d))` before each time, and in all.
    hazard: Vec<f64>,
    /// `1 / (n - d)` at each time.
    share: Vec<f64>,
    /// The place of each wait's end on the timeline, and whether it ends with a purchase.
    ends: Vec<(u32, bool)>,
}

impl<'a> Terms<'a> {
    fn of(waits: WaitColumns<'_>, table: EventTable<'a>) -> Result<Self> {
        let timeline = table.timeline;
        let mut hazard = vec![0.0];
        let mut share = Vec::with_capacity(timeline.len());
        let mut total = 0.0;
        for (&n, &d) in table.at_risk.iter().zip(table.observed) {
            // Where all who are left return, what comes after has no variance of its own.
            let left = if n > d { 1.0 / (n - d) } else { 0.0 };
            if n > 0.0 {
                total += d / n * left;
            }
            hazard.push(total);
            share.push(left);
        }
        let ends = parallel::tabulate(waits.durations.len(), |row| {
            let place = timeline.partition_point(|&time| time < waits.durations[row]);
            (place as u32, waits.events[row])
        });
        if ends
            .iter()
            .any(|&(place, _)| place as usize >= timeline.len())
        {
            return Err(Error::Parameter {
                name: "timeline".to_owned(),
                expected: "reach the longest duration".to_owned(),
                found: format!("{} times that do not", timeline.len()),
                hint: String::new(),
            });
        }
        Ok(Self {
            timeline,
            hazard,
            share,
            ends,
        })
    }

    /// The sum over customers of the squares of their influences on what happens after `from`, up to `until`.
    fn sum_of_squares(&self, customers: &[i64], from: f64, until: f64) -> f64 {
        let first = self.timeline.partition_point(|&time| time <= from);
        let end = self.timeline.partition_point(|&time| time <= until);
        let base = self.hazard[first];
        let influence = |&(place, event): &(u32, bool)| {
            let place = place as usize;
            if place < first {
                return 0.0;
            }
            let seen = self.hazard[(place + 1).min(end.max(first))] - base;
            if event && place < end {
                seen - self.share[place]
            } else {
                seen
            }
        };
        let mut rest = self.ends.as_slice();
        let mut sum = 0.0;
        for one in customers.chunk_by(|a, b| a == b) {
            let (own, others) = rest.split_at(one.len());
            rest = others;
            let total: f64 = own.iter().map(influence).sum();
            sum += total * total;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One wait a customer, nothing censored: the share that returns by `until` is binomial, and the variance of the
    /// logarithm of a share `s` of `n` is `(1 - s) / (n s)`.
    #[test]
    fn without_censoring_it_is_that_of_a_share() {
        let durations: Vec<f64> = (1..=20).map(f64::from).collect();
        let customers: Vec<i64> = (0..20).collect();
        let at_risk: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        let waits = WaitColumns {
            durations: &durations,
            events: &[true; 20],
            customers: &customers,
        };
        let table = EventTable {
            timeline: &durations,
            at_risk: &at_risk,
            observed: &[1.0; 20],
        };
        let found = clustered_variance(waits, table, &[0.0, 10.0], 5.0).unwrap();
        // 15 of 20 wait for more than 5, and 5 of 10 for more than 15.
        for (got, (n, kept)) in found.into_iter().zip([(20.0, 15.0), (10.0, 5.0)]) {
            let expected = (n - kept) / (n * kept) * 20.0 / 19.0;
            assert!((got - expected).abs() < 1e-14, "{got} {expected}");
        }
        // The same customers twice: as many facts as before, where twice as many waits seem to be known.
        let twice: Vec<f64> = durations.iter().flat_map(|&one| [one, one]).collect();
        let pairs: Vec<i64> = (0..40).map(|row| row / 2).collect();
        let doubled: Vec<f64> = at_risk.iter().map(|n| 2.0 * n).collect();
        let waits = WaitColumns {
            durations: &twice,
            events: &[true; 40],
            customers: &pairs,
        };
        let table = EventTable {
            at_risk: &doubled,
            observed: &[2.0; 20],
            ..table
        };
        let again = clustered_variance(waits, table, &[0.0], 5.0).unwrap();
        let expected = 5.0 / (20.0 * 15.0) * 20.0 / 19.0;
        assert!((again[0] - expected).abs() < 1e-14, "{again:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let waits = WaitColumns {
            durations: &[3.0],
            events: &[true],
            customers: &[0],
        };
        let table = EventTable {
            timeline: &[2.0],
            at_risk: &[1.0],
            observed: &[1.0],
        };
        let message = clustered_variance(waits, table, &[0.0], 1.0)
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            "`timeline` must reach the longest duration, got 1 times that do not"
        );
    }
}
