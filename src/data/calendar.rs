//! Time as customers live it: instants on the clock of the log's zone, units that ages are measured in, and the periods
//! that purchases are merged over.
//!
//! An instant is a count of microseconds since 1970-01-01T00:00 by the wall clock, so a day is always 24 hours.

use crate::{Error, Result};

const HOUR: i64 = 3_600_000_000;
/// Microseconds a day.
pub const DAY: i64 = 24 * HOUR;

/// What ages and durations are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 3,600 seconds.
    Hour,
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// A calendar month: from a day to the same day of the next month, or its last day where it is too short.
    Month,
    /// 3 calendar months.
    Quarter,
    /// 365.25 days, so that a model fitted in days, weeks or years is the same model.
    Year,
}

impl Unit {
    const ALL: [Self; 6] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// The unit's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The unit of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|unit| unit.name() == name);
        found.ok_or_else(|| Error::Parameter {
            name: "unit".to_owned(),
            expected: r#"be "hour", "day", "week", "month", "quarter" or "year""#.to_owned(),
            found: format!("{name:?}"),
            hint: String::new(),
        })
    }

    /// The time from one instant to another; negative if the second is the earlier one.
    ///
    /// Hours, days, weeks and years are the correctly rounded quotient; months are whole months, counted from
    /// anniversary to anniversary, plus the share of the running month that has passed.
    ///
    /// # Examples
    /// ```
    /// use tenure::data::calendar::{DAY, Unit};
    /// assert_eq!(Unit::Week.between(0, 272 * DAY), 272.0 / 7.0);
    /// assert_eq!(Unit::Month.between(0, 31 * DAY), 1.0);
    /// ```
    pub fn between(self, from: i64, to: i64) -> f64 {
        match self {
            Self::Hour => ratio(from, to, HOUR),
            Self::Day => ratio(from, to, DAY),
            Self::Week => ratio(from, to, 7 * DAY),
            Self::Month => months_between(from, to),
            Self::Quarter => months_between(from, to) / 3.0,
            Self::Year => ratio(from, to, 365 * DAY + DAY / 4),
        }
    }
}

/// `(to - from) / size`; the difference is taken where it cannot overflow.
fn ratio(from: i64, to: i64, size: i64) -> f64 {
    let passed = match to.checked_sub(from) {
        Some(passed) => passed as f64,
        None => (i128::from(to) - i128::from(from)) as f64,
    };
    passed / size as f64
}

/// Whole months from anniversary to anniversary, plus the share of the running month.
fn months_between(from: i64, to: i64) -> f64 {
    if to < from {
        return -months_between(to, from);
    }
    let (start, end) = (Moment::of(from), Moment::of(to));
    let whole = start.months_until(end);
    let anniversary = start.plus_months(whole);
    let passed = anniversary.until(end);
    let length = anniversary.until(start.plus_months(whole + 1));
    whole as f64 + passed as f64 / length as f64
}

/// Whole calendar months from one instant to a later one: from a day to the same day and time of a later month, or to
/// the last day of a month that is too short.
pub fn whole_months(from: i64, to: i64) -> i64 {
    Moment::of(from).months_until(Moment::of(to))
}

/// The instant so many calendar months after another.
pub fn plus_months(from: i64, months: i64) -> i64 {
    let Moment { day, time } = Moment::of(from).plus_months(months);
    day.saturating_mul(DAY).saturating_add(time)
}

/// An instant as a day and a time of that day; orders as time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    day: i64,
    time: i64,
}

impl Moment {
    fn of(instant: i64) -> Self {
        Self {
            day: instant.div_euclid(DAY),
            time: instant.rem_euclid(DAY),
        }
    }

    /// Months since the year 0.
    fn month(self) -> i64 {
        let (year, month, _) = civil_from_days(self.day);
        12 * year + month - 1
    }

    /// The same time of the same day `months` later, or of the last day of a month that is too short.
    fn plus_months(self, months: i64) -> Self {
        let (_, _, day) = civil_from_days(self.day);
        let first = first_of_month(self.month() + months);
        let next = first_of_month(self.month() + months + 1);
        Self {
            day: (first + day - 1).min(next - 1),
            time: self.time,
        }
    }

    /// How many whole months later `end` is.
    fn months_until(self, end: Self) -> i64 {
        let whole = end.month() - self.month();
        whole - i64::from(self.plus_months(whole) > end)
    }

    /// Microseconds from here to `later`, at most some months away.
    fn until(self, later: Self) -> i64 {
        (later.day - self.day) * DAY + later.time - self.time
    }
}

/// The day that begins a month counted since the year 0.
fn first_of_month(month: i64) -> i64 {
    days_from_civil(month.div_euclid(12), month.rem_euclid(12) + 1, 1)
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
///
/// Howard Hinnant, chrono-compatible low-level date algorithms: years are taken to begin in March, so that the leap day
/// comes last.
pub(super) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    146_097 * era + day_of_era - 719_468
}

/// Year, month and day of a count of days since 1970-01-01: the inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// An instant as people write it: the date, and the time of day unless that is midnight.
pub fn written(instant: i64) -> String {
    let Moment { day, time } = Moment::of(instant);
    let (year, month, day) = civil_from_days(day);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if time == 0 {
        return date;
    }
    let seconds = time / 1_000_000;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{date} {hours:02}:{minutes:02}:{:02}", seconds % 60)
}

/// The period that an instant is taken to belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// No period: instants as they are.
    Instant,
    /// Hours of the day.
    Hour,
    /// Days.
    Day,
    /// Weeks from Monday to Sunday.
    Week,
    /// Calendar months.
    Month,
}

impl Grain {
    const ALL: [Self; 5] = [
        Self::Instant,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
    ];

    /// The grain's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The grain of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|grain| grain.name() == name);
        found.ok_or_else(|| Error::Parameter {
            name: "grain".to_owned(),
            expected: r#"be "instant", "hour", "day", "week" or "month""#.to_owned(),
            found: format!("{name:?}"),
            hint: String::new(),
        })
    }

    /// The beginning of the period that holds the instant.
    pub fn floor(self, instant: i64) -> i64 {
        let day = instant.div_euclid(DAY);
        match self {
            Self::Instant => instant,
            Self::Hour => instant.saturating_sub(instant.rem_euclid(HOUR)),
            Self::Day => day.saturating_mul(DAY),
            // Day 0 is a Thursday, three days after Monday.
            Self::Week => (day - (day + 3).rem_euclid(7)).saturating_mul(DAY),
            Self::Month => first_of_month(Moment::of(instant).month()).saturating_mul(DAY),
        }
    }

    /// The beginning of the period that holds the instant, and that of the next one.
    #[inline]
    pub fn period(self, instant: i64) -> (i64, i64) {
        if self == Self::Day {
            let begin = instant.div_euclid(DAY).saturating_mul(DAY);
            return (begin, begin.saturating_add(DAY));
        }
        let begin = self.floor(instant);
        (begin, self.next(begin))
    }

    /// The beginning of the period after the one that begins at `begin`.
    pub fn next(self, begin: i64) -> i64 {
        match self {
            Self::Instant => begin.saturating_add(1),
            Self::Hour => begin.saturating_add(HOUR),
            Self::Day => begin.saturating_add(DAY),
            Self::Week => begin.saturating_add(7 * DAY),
            Self::Month => first_of_month(Moment::of(begin).month() + 1).saturating_mul(DAY),
        }
    }

    /// The end of observation: `at` is an instant, or any instant of a whole day that is observed to its end.
    ///
    /// # Examples
    /// ```
    /// use tenure::data::calendar::{DAY, Grain};
    /// assert_eq!(Grain::Day.cutoff(5, true).now, 0);
    /// assert_eq!(Grain::Instant.cutoff(5, false).now, 5);
    /// assert_eq!(Grain::Instant.cutoff(5, true).now, DAY);
    /// ```
    pub fn cutoff(self, at: i64, whole_day: bool) -> Cutoff {
        let next_day = Self::Day.floor(at).saturating_add(DAY);
        let last = if whole_day { next_day - 1 } else { at };
        let period = self.floor(last);
        let to_midnight = self == Self::Instant && whole_day;
        Cutoff {
            last: period,
            now: if to_midnight { next_day } else { period },
        }
    }
}

/// The end of observation, at the grain of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoff {
    /// The last period that is observed: what begins later is not known yet.
    pub last: i64,
    /// The instant up to which ages are measured: the beginning of that period, as for purchases.
    pub now: i64,
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "ages are exact quotients")]
mod tests {
    use super::*;
    use rstest::rstest;

    fn date(year: i64, month: i64, day: i64) -> i64 {
        days_from_civil(year, month, day) * DAY
    }

    #[test]
    fn dates_agree_with_an_independent_calendar() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for days in (-700_000..2_900_000).step_by(61) {
            let expected = epoch + jiff::Span::new().days(days);
            let (year, month, day) = civil_from_days(days);
            let ours = (year, month, day);
            let theirs = (expected.year(), expected.month(), expected.day());
            assert_eq!(ours, (theirs.0.into(), theirs.1.into(), theirs.2.into()));
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[rstest]
    #[case::plain((2024, 1, 15), (2024, 3, 15), 2.0)]
    #[case::part_of_february((2024, 1, 15), (2024, 3, 1), 1.0 + 15.0 / 29.0)]
    #[case::clamped_in_a_leap_year((2024, 1, 31), (2024, 2, 29), 1.0)]
    #[case::clamped_in_a_common_year((2023, 1, 31), (2023, 2, 28), 1.0)]
    #[case::the_clamp_is_forgotten((2023, 1, 31), (2023, 3, 31), 2.0)]
    #[case::after_the_clamp((2023, 1, 31), (2023, 3, 1), 1.0 + 1.0 / 31.0)]
    #[case::one_day_before((2023, 1, 31), (2023, 2, 27), 27.0 / 28.0)]
    #[case::leap_day_to_common_year((2024, 2, 29), (2025, 2, 28), 12.0)]
    #[case::over_the_epoch((1969, 11, 30), (1970, 2, 28), 3.0)]
    #[case::far_back((-400, 3, 1), (1600, 3, 1), 24_000.0)]
    #[case::nothing((2024, 5, 5), (2024, 5, 5), 0.0)]
    fn months(#[case] from: (i64, i64, i64), #[case] to: (i64, i64, i64), #[case] expected: f64) {
        let (from, to) = (date(from.0, from.1, from.2), date(to.0, to.1, to.2));
        assert_eq!(Unit::Month.between(from, to), expected);
        assert_eq!(Unit::Month.between(to, from), -expected);
        assert_eq!(Unit::Quarter.between(from, to), expected / 3.0);
    }

    #[test]
    fn the_time_of_day_counts_in_months() {
        let from = date(2023, 1, 31) + 6 * HOUR;
        let just_before = date(2023, 2, 28) + 6 * HOUR - 1;
        assert!(Unit::Month.between(from, just_before) < 1.0);
        assert_eq!(Unit::Month.between(from, just_before + 1), 1.0);
    }

    #[test]
    fn months_never_run_backwards() {
        for start in 0..400 {
            let from = date(2023, 1, 1) + start * DAY;
            let ages: Vec<f64> = (0..800)
                .map(|days| Unit::Month.between(from, from + days * DAY))
                .collect();
            assert!(ages.is_sorted_by(|a, b| a < b));
        }
    }

    #[test]
    fn fixed_units_are_exact_quotients() {
        let (from, to) = (date(1997, 1, 1), date(1997, 9, 30));
        assert_eq!(Unit::Hour.between(from, to), 272.0 * 24.0);
        assert_eq!(Unit::Day.between(from, to), 272.0);
        assert_eq!(Unit::Week.between(from, to), 38.857142857142854);
        assert_eq!(Unit::Year.between(from, to), 272.0 / 365.25);
        assert_eq!(Unit::Day.between(from + DAY / 2, from), -0.5);
    }

    #[rstest]
    #[case(Grain::Hour, (2024, 5, 2), 6 * HOUR + 1, (2024, 5, 2), 6 * HOUR)]
    #[case(Grain::Day, (2024, 5, 2), DAY - 1, (2024, 5, 2), 0)]
    #[case(Grain::Week, (2015, 1, 1), 0, (2014, 12, 29), 0)]
    #[case(Grain::Week, (2015, 2, 2), 5, (2015, 2, 2), 0)]
    #[case(Grain::Week, (2015, 2, 1), DAY - 1, (2015, 1, 26), 0)]
    #[case(Grain::Month, (2024, 2, 29), DAY - 1, (2024, 2, 1), 0)]
    #[case(Grain::Day, (1969, 12, 31), DAY - 1, (1969, 12, 31), 0)]
    #[case(Grain::Week, (1969, 12, 31), 1, (1969, 12, 29), 0)]
    #[case(Grain::Month, (1969, 12, 31), 1, (1969, 12, 1), 0)]
    fn periods_begin_where_they_should(
        #[case] grain: Grain,
        #[case] day: (i64, i64, i64),
        #[case] time: i64,
        #[case] begin: (i64, i64, i64),
        #[case] begin_time: i64,
    ) {
        let instant = date(day.0, day.1, day.2) + time;
        let expected = date(begin.0, begin.1, begin.2) + begin_time;
        assert_eq!(grain.floor(instant), expected);
        assert_eq!(grain.floor(grain.next(expected)), grain.next(expected));
        assert_eq!(grain.floor(grain.next(expected) - 1), expected);
        assert_eq!(grain.floor(expected), expected);
    }

    #[test]
    fn a_whole_day_is_observed_to_its_end() {
        let day = date(2015, 2, 4);
        assert_eq!(Grain::Hour.cutoff(day, true).last, day + 23 * HOUR);
        assert_eq!(Grain::Hour.cutoff(day + 90, false).last, day);
        let week = Grain::Week.cutoff(day, true);
        assert_eq!((week.last, week.now), (date(2015, 2, 2), date(2015, 2, 2)));
        let instant = Grain::Instant.cutoff(day + 7, true);
        assert_eq!((instant.last, instant.now), (day + DAY - 1, day + DAY));
    }

    #[test]
    fn no_instant_is_too_far_away() {
        let extremes = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
        for (from, to) in extremes.iter().flat_map(|a| extremes.map(|b| (*a, b))) {
            for unit in Unit::ALL {
                let age = unit.between(from, to);
                assert!(age.is_finite() && (age >= 0.0) == (to >= from));
            }
        }
        for grain in Grain::ALL {
            for instant in extremes {
                assert!(grain.floor(instant) <= instant && instant <= grain.next(instant));
                assert!(grain.cutoff(instant, true).now >= grain.cutoff(instant, false).now);
            }
        }
    }

    #[test]
    fn instants_are_written_as_dates() {
        assert_eq!(written(date(1997, 9, 30)), "1997-09-30");
        assert_eq!(written(date(1997, 9, 30) - 1), "1997-09-29 23:59:59");
    }

    #[test]
    fn an_unknown_unit_is_refused() {
        let error = Unit::parse("fortnight").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"`unit` must be "hour", "day", "week", "month", "quarter" or "year", got "fortnight""#
        );
        for unit in Unit::ALL {
            assert_eq!(Unit::parse(unit.name()), Ok(unit));
        }
    }
}
