//! How old a customer is at an event, and how much of that age has been observed.

use super::periods::Periods;
use crate::data::calendar::{plus_months, whole_months};
use crate::{Error, Result};

/// How ages are counted, and up to when events are known.
#[derive(Debug, Clone)]
pub struct Ages {
    scale: Scale,
    /// The end of observation: an instant that was not observed any more.
    end: i64,
}

/// What ages count.
#[derive(Debug, Clone)]
enum Scale {
    /// The periods of a calendar from that of the birth on, with how many of them have ended and begun.
    Calendar(Periods, usize, usize),
    /// Lengths of so many microseconds.
    Elapsed(i64),
    /// So many calendar months.
    Months(i64),
}

/// How many ages of a customer have been observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Observed {
    /// To their end.
    pub(super) complete: usize,
    /// At all.
    pub(super) started: usize,
}

impl Ages {
    /// Ages in periods of a calendar: a = P(t) - P(t₀). Who begins on the last evening of a month and returns after
    /// midnight is a month old.
    pub fn calendar(periods: Periods, end: i64) -> Self {
        let (ended, begun) = periods.seen(end);
        let scale = Scale::Calendar(periods, ended, begun);
        Self { scale, end }
    }

    /// Ages in whole lengths of so many microseconds since the birth: a = ⌊(t - t₀) / Δ⌋.
    ///
    /// # Errors
    /// [`Error::Parameter`] if they have no length.
    pub fn elapsed(length: i64, end: i64) -> Result<Self> {
        let scale = Scale::Elapsed(positive(length)?);
        Ok(Self { scale, end })
    }

    /// Ages in so many calendar months, from a day to the same day of another month or the last day of a short one.
    ///
    /// # Errors
    /// [`Error::Parameter`] if they have no length.
    pub fn months(months: i64, end: i64) -> Result<Self> {
        let scale = Scale::Months(positive(months)?);
        Ok(Self { scale, end })
    }

    /// The end of observation.
    pub(super) fn end(&self) -> i64 {
        self.end
    }

    /// The age at an instant; none before the birth.
    pub(super) fn at(&self, birth: i64, instant: i64) -> Option<usize> {
        if instant < birth {
            return None;
        }
        match &self.scale {
            Scale::Calendar(periods, ..) => {
                periods.place(instant)?.checked_sub(periods.place(birth)?)
            }
            Scale::Elapsed(length) => usize::try_from(instant.saturating_sub(birth) / length).ok(),
            Scale::Months(months) => usize::try_from(whole_months(birth, instant) / months).ok(),
        }
    }

    /// Collects the different ages at instants that ascend.
    pub(super) fn collect(&self, birth: i64, instants: &[i64], ages: &mut Vec<usize>) {
        ages.clear();
        let mut last = None;
        let mut add = |age: Option<usize>| {
            if age.is_some() && age != last {
                last = age;
                ages.extend(age);
            }
        };
        if let Scale::Calendar(periods, ..) = &self.scale {
            // as `at`, but the place of the birth is looked up once
            let first = periods.place(birth).unwrap_or(usize::MAX);
            for &instant in instants.iter().filter(|&&instant| instant >= birth) {
                let place = periods.place(instant);
                add(place.and_then(|place| place.checked_sub(first)));
            }
        } else {
            for &instant in instants {
                add(self.at(birth, instant));
            }
        }
    }

    /// The periods that ages count, if they do.
    pub(super) fn periods(&self) -> Option<&Periods> {
        match &self.scale {
            Scale::Calendar(periods, ..) => Some(periods),
            _ => None,
        }
    }

    /// How many ages have been observed of who was born in the period of that place.
    pub(super) fn observed_from(&self, place: usize) -> Observed {
        let (ended, begun) = match &self.scale {
            Scale::Calendar(_, ended, begun) => (*ended, *begun),
            _ => (0, 0),
        };
        Observed {
            complete: ended.saturating_sub(place),
            started: begun.saturating_sub(place),
        }
    }

    /// How many ages have been observed of who was born then.
    pub(super) fn observed(&self, birth: i64) -> Observed {
        let passed = self.end.saturating_sub(birth).max(0);
        match &self.scale {
            Scale::Calendar(periods, ..) => {
                self.observed_from(periods.place(birth).unwrap_or(usize::MAX))
            }
            Scale::Elapsed(length) => {
                let complete = (passed / length) as usize;
                let started = complete + usize::from(passed % length > 0);
                Observed { complete, started }
            }
            Scale::Months(months) => {
                let complete = whole_months(birth, birth.saturating_add(passed)) / months;
                let running = plus_months(birth, complete * months) < self.end;
                let complete = complete as usize;
                let started = complete + usize::from(running);
                Observed { complete, started }
            }
        }
    }
}

fn positive(length: i64) -> Result<i64> {
    if length > 0 {
        return Ok(length);
    }
    Err(Error::Parameter {
        name: "elapsed".to_owned(),
        expected: "be longer than nothing".to_owned(),
        found: length.to_string(),
        hint: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::calendar::DAY;
    use crate::data::time::parse_iso;
    use rstest::rstest;

    fn day(iso: &str) -> i64 {
        parse_iso(iso.as_bytes()).unwrap().civil
    }

    #[rstest]
    #[case::same_day("2024-01-31", "2024-01-31", Some(0))]
    #[case::the_clamp("2024-01-31", "2024-02-29", Some(1))]
    #[case::before_the_clamp("2024-01-31", "2024-02-28", Some(0))]
    #[case::the_clamp_is_forgotten("2023-01-31", "2023-03-30", Some(1))]
    #[case::two_months("2023-01-31", "2023-03-31", Some(2))]
    #[case::leap_day("2024-02-29", "2025-02-28", Some(12))]
    #[case::the_day_before("2024-02-29", "2025-02-27", Some(11))]
    #[case::before_the_birth("2024-02-29", "2024-02-28", None)]
    fn months(#[case] birth: &str, #[case] at: &str, #[case] age: Option<usize>) {
        let months = Ages::months(1, 0).unwrap();
        assert_eq!(months.at(day(birth), day(at)), age);
    }

    #[test]
    fn a_microsecond_before_an_anniversary_far_away_is_not_there_yet() {
        let (birth, later) = (day("0001-01-31T12:00"), day("2001-01-31T12:00"));
        let months = Ages::months(1, 0).unwrap();
        assert_eq!(months.at(birth, later - 1), Some(23_999));
        assert_eq!(months.at(birth, later), Some(24_000));
    }

    #[test]
    fn elapsed_days_begin_with_the_birth() {
        let weeks = Ages::elapsed(7 * DAY, 0).unwrap();
        let birth = DAY / 2;
        assert_eq!(weeks.at(birth, birth + 7 * DAY - 1), Some(0));
        assert_eq!(weeks.at(birth, birth + 7 * DAY), Some(1));
        assert_eq!(weeks.at(birth, birth - 1), None);
        let observed = |end| {
            let weeks = Ages::elapsed(7 * DAY, end).unwrap();
            let Observed { complete, started } = weeks.observed(birth);
            (complete, started)
        };
        assert_eq!(observed(birth), (0, 0));
        assert_eq!(observed(birth + 1), (0, 1));
        assert_eq!(observed(birth + 7 * DAY), (1, 1));
        assert_eq!(observed(birth + 7 * DAY + 1), (1, 2));
        assert_eq!(observed(birth - DAY), (0, 0));
    }

    #[test]
    fn months_are_observed_to_the_day_before_the_anniversary() {
        let birth = day("2024-01-31");
        let observed = |end: &str| {
            let months = Ages::months(1, day(end)).unwrap();
            let Observed { complete, started } = months.observed(birth);
            (complete, started)
        };
        assert_eq!(observed("2024-02-28"), (0, 1));
        assert_eq!(observed("2024-02-29"), (1, 1));
        assert_eq!(observed("2024-03-01"), (1, 2));
        assert_eq!(observed("2024-03-31"), (2, 2));
        assert_eq!(observed("2023-03-31"), (0, 0));
    }

    #[test]
    fn midnight_makes_a_calendar_day() {
        let days = Ages::calendar(Periods::new(&[0, 1, 2, 3]).unwrap(), 2 * DAY + 1);
        let late = DAY - 60_000_000;
        assert_eq!(days.at(late, late), Some(0));
        assert_eq!(days.at(late, DAY + 60_000_000), Some(1));
        assert_eq!(days.at(late, late - 1), None);
        let Observed { complete, started } = days.observed(late);
        assert_eq!((complete, started), (2, 3));
    }

    #[test]
    fn ages_without_length_are_refused() {
        assert!(Ages::elapsed(0, 0).is_err());
        assert!(Ages::months(-1, 0).is_err());
    }
}
