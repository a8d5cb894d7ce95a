//! Periods of a calendar, given by their first days: months, weeks, a retailer's 4-4-5 year, or anything else.

use crate::data::calendar::DAY;
use crate::{Error, Result};

/// The longest calendar: ten thousand years.
const MOST_DAYS: i64 = 3_660_000;

/// Periods one after the other, of whole days, in which an instant finds its place by one look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    /// The first day of each period, and the day after the last one.
    starts: Vec<i64>,
    /// The instant at which the first one begins.
    begin: i64,
    /// The place of each day's period, from the first day on.
    of_day: Vec<u32>,
}

impl Periods {
    /// The periods that begin on these days (counted since 1970-01-01), the last of which begins none.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless there are two days at least, ascending, and not ten thousand years apart.
    ///
    /// # Examples
    /// ```
    /// use tenure::cohorts::Periods;
    /// use tenure::data::calendar::DAY;
    /// let months = Periods::new(&[0, 31, 59])?;
    /// assert_eq!(months.place(31 * DAY - 1), Some(0));
    /// assert_eq!(months.place(31 * DAY), Some(1));
    /// assert_eq!(months.place(59 * DAY), None);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn new(starts: &[i64]) -> Result<Self> {
        let (Some(&first), Some(&end)) = (starts.first(), starts.last()) else {
            return Err(wrong(starts));
        };
        let length = end.saturating_sub(first);
        if !starts.is_sorted_by(|a, b| a < b) || !(1..=MOST_DAYS).contains(&length) {
            return Err(wrong(starts));
        }
        let mut of_day = Vec::with_capacity(length as usize);
        for (place, days) in (0..).zip(starts.windows(2)) {
            let until = (days[1] - first) as usize;
            of_day.resize(until, place);
        }
        Ok(Self {
            starts: starts.to_vec(),
            begin: first.saturating_mul(DAY),
            of_day,
        })
    }

    /// The number of periods.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there are none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first and the last instant of each period.
    pub(super) fn bounds(&self) -> impl Iterator<Item = (i64, i64)> {
        let instant = |day: i64| day.saturating_mul(DAY);
        let days = self.starts.windows(2);
        days.map(move |days| (instant(days[0]), instant(days[1]) - 1))
    }

    /// The place of the period that holds the instant.
    pub fn place(&self, instant: i64) -> Option<usize> {
        // what is before the first day wraps around to long after the last one
        let passed = instant.wrapping_sub(self.begin).cast_unsigned();
        let place = self.of_day.get((passed / DAY.cast_unsigned()) as usize);
        place.map(|&place| place as usize)
    }

    /// How many periods have ended by the instant, and how many have begun before it.
    pub(super) fn seen(&self, end: i64) -> (usize, usize) {
        let before = |instant: i64| {
            let begun = |start: &i64| start.saturating_mul(DAY) < instant;
            self.starts.partition_point(begun)
        };
        let ended = before(end.saturating_add(1)).saturating_sub(1);
        (ended, before(end).min(self.len()))
    }
}

fn wrong(starts: &[i64]) -> Error {
    Error::Parameter {
        name: "every".to_owned(),
        expected: "be periods that begin one after the other, within ten thousand years".to_owned(),
        found: format!("{} days", starts.len()),
        hint: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_in_the_period_that_began_last() {
        let starts = [-3, 0, 1, 9];
        let periods = Periods::new(&starts).unwrap();
        for day in -3..9 {
            let last = starts.iter().rposition(|&start| start <= day);
            assert_eq!(periods.place(day * DAY), last);
            assert_eq!(periods.place(day * DAY + DAY - 1), last);
        }
        assert_eq!(periods.place(-3 * DAY - 1), None);
        assert_eq!(periods.place(9 * DAY), None);
        assert_eq!(periods.place(i64::MIN), None);
        assert_eq!(periods.place(i64::MAX), None);
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        let periods = Periods::new(&[0, 10, 20]).unwrap();
        assert_eq!(periods.seen(0), (0, 0));
        assert_eq!(periods.seen(1), (0, 1));
        assert_eq!(periods.seen(10 * DAY - 1), (0, 1));
        assert_eq!(periods.seen(10 * DAY), (1, 1));
        assert_eq!(periods.seen(10 * DAY + 1), (1, 2));
        assert_eq!(periods.seen(20 * DAY), (2, 2));
        assert_eq!(periods.seen(i64::MAX), (2, 2));
    }

    #[test]
    fn days_that_make_no_calendar_are_refused() {
        let years = [0, 4_000_000];
        for starts in [
            &[] as &[i64],
            &[0],
            &[0, 0],
            &[3, 1],
            &years,
            &[i64::MIN, 0],
        ] {
            assert!(Periods::new(starts).is_err());
        }
    }
}
