//! How often customers are active: actives of the last so many periods, and in how many of them each was.

use super::{Ledger, accumulate, add_to, at_least_one, over_customers};
use crate::{Error, Result};

/// The number of customers with a purchase in the last `window` periods at the end of each one: daily, weekly or
/// monthly active customers for windows of 1, 7 or 28 days.
///
/// # Errors
/// [`Error::Parameter`] if the window is 0.
///
/// # Examples
/// ```
/// use tenure::retention::{Ledger, engagement::trailing_actives};
///
/// let ledger = Ledger::new(&[0, 2, 3], &[0, 3, 1], None, 5)?;
/// assert_eq!(trailing_actives(&ledger, 1)?, [1, 1, 0, 1, 0]);
/// assert_eq!(trailing_actives(&ledger, 2)?, [1, 2, 1, 1, 1]);
/// # Ok::<(), tenure::Error>(())
/// ```
pub fn trailing_actives(ledger: &Ledger<'_>, window: usize) -> Result<Vec<i64>> {
    at_least_one("window", window)?;
    let count = |customers: std::ops::Range<usize>| {
        // One more than there are periods, for those who are still active at the end.
        let mut changes = vec![0_i64; ledger.length() + 1];
        for customer in customers {
            let periods = ledger.periods_of(customer);
            for (place, &period) in periods.iter().enumerate() {
                let next = periods
                    .get(place + 1)
                    .map_or(ledger.length(), |&next| next as usize);
                let end = (period as usize).saturating_add(window).min(next);
                changes[period as usize] += 1;
                changes[end] -= 1;
            }
        }
        changes
    };
    let mut actives = over_customers(ledger, count, |sums, part| joined(sums, part))
        .unwrap_or_else(|| vec![0; ledger.length() + 1]);
    accumulate(&mut actives);
    actives.truncate(ledger.length());
    Ok(actives)
}

/// How many customers bought in how many of the last `window` periods up to the end of each of `ends`: row after row,
/// `window` numbers each, for 1 to `window` periods.
///
/// # Errors
/// [`Error::Parameter`] if the window is 0 or an end is no period of the ledger.
pub fn active_periods(ledger: &Ledger<'_>, ends: &[usize], window: usize) -> Result<Vec<i64>> {
    at_least_one("window", window)?;
    if let Some(end) = ends.iter().find(|&&end| end >= ledger.length()) {
        return Err(Error::Parameter {
            name: "ends".to_owned(),
            expected: format!("be below {}", ledger.length()),
            found: end.to_string(),
            hint: String::new(),
        });
    }
    let count = |customers: std::ops::Range<usize>| {
        let mut counts = vec![0_i64; ends.len() * window];
        for customer in customers {
            let periods = ledger.periods_of(customer);
            for (row, &end) in ends.iter().enumerate() {
                let until = periods.partition_point(|&period| period <= end as i64);
                let begin = end as i64 - window as i64;
                let from = periods[..until].partition_point(|&period| period <= begin);
                if until > from {
                    counts[row * window + until - from - 1] += 1;
                }
            }
        }
        counts
    };
    Ok(
        over_customers(ledger, count, |sums, part| joined(sums, part))
            .unwrap_or_else(|| vec![0; ends.len() * window]),
    )
}

pub(super) fn joined(mut sums: Vec<i64>, other: &[i64]) -> Vec<i64> {
    add_to(&mut sums, other);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_days_are_counted_within_the_window() {
        let ledger = Ledger::new(&[0, 4, 5, 5], &[0, 1, 2, 6, 2], None, 7).unwrap();
        let found = active_periods(&ledger, &[2, 6], 3).unwrap();
        assert_eq!(found, [1, 0, 1, 1, 0, 0]);
        let message = active_periods(&ledger, &[7], 3).unwrap_err().to_string();
        assert_eq!(message, "`ends` must be below 7, got 7");
    }
}
