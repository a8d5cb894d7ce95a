//! Times as people write them, read as wall-clock microseconds since 1970-01-01T00:00.
//!
//! Leap seconds and 24:00 are refused: there is no place for them on a clock whose days have 86,400 seconds.

use super::calendar::{DAY, days_from_civil};

/// Microseconds a second.
pub(super) const SECOND: i64 = 1_000_000;

/// 0001-01-01T00:00, the earliest instant.
pub const EARLIEST: i64 = days_from_civil(1, 1, 1) * DAY;
/// 9999-12-31T23:59:59.999999, the latest instant.
pub const LATEST: i64 = days_from_civil(10_000, 1, 1) * DAY - 1;

/// A time as someone wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What the clock showed, in microseconds since 1970-01-01T00:00.
    pub civil: i64,
    /// How far that clock is ahead of UTC, in microseconds, if it was written down.
    pub offset: Option<i64>,
    /// Whether there was a day alone, without a time of day.
    pub whole_day: bool,
}

/// The parts of a time while it is read; a format that names only some of them leaves the others at the beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) microsecond: i64,
}

impl Parts {
    pub(super) const FIRST: Self = Self {
        year: 1,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        microsecond: 0,
    };

    /// The instant, if there is such a day and such a time.
    pub(super) fn instant(self) -> Option<i64> {
        let in_range = (1..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60;
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        let days = days_from_civil(self.year, self.month, self.day);
        in_range.then_some(days * DAY + seconds * SECOND + self.microsecond)
    }
}

/// Reads ISO 8601: a day, or a day and a time of day after `T` or a blank, with a fraction of the second, and with
/// `Z` or an offset; without hyphens and colons too. `None` if it is anything else.
///
/// # Examples
/// ```
/// use tenure::data::time::parse_iso;
/// let noon = parse_iso(b"1970-01-02T12:00:00.5+02:00").unwrap();
/// assert_eq!(noon.civil, 129_600_500_000);
/// assert_eq!(noon.offset, Some(7_200_000_000));
/// assert!(parse_iso(b"1970-01-02").unwrap().whole_day);
/// assert_eq!(parse_iso(b"02/01/1970"), None);
/// ```
pub fn parse_iso(text: &[u8]) -> Option<Written> {
    let mut rest = Cursor(text);
    let mut parts = Parts::FIRST;
    parts.year = rest.number(4, 4)?;
    let extended = rest.skip(b'-');
    parts.month = rest.number(2, 2)?;
    if extended {
        rest.expect(b'-')?;
    }
    parts.day = rest.number(2, 2)?;
    let whole_day = rest.is_at_end();
    let mut offset = None;
    if !whole_day {
        rest.one_of(b"Tt ")?;
        rest.clock(&mut parts, extended)?;
        if !rest.is_at_end() {
            rest.skip(b' ');
            offset = Some(rest.offset()?);
        }
    }
    rest.is_at_end().then_some(Written {
        civil: parts.instant()?,
        offset,
        whole_day,
    })
}

/// What is still to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl Cursor<'_> {
    pub(super) fn is_at_end(self) -> bool {
        self.0.is_empty()
    }

    /// Goes past the byte if it is the next one, and says whether it was.
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        self.one_of(&[byte]).is_some()
    }

    /// Goes past the byte, which must be the next one.
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.one_of(&[byte]).map(|_| ())
    }

    /// Goes past the next byte, which must be one of these, and gives it.
    pub(super) fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        if !bytes.contains(&first) {
            return None;
        }
        self.0 = rest;
        Some(first)
    }

    /// Goes past the word if it comes next in any case, and says whether it did.
    pub(super) fn word(&mut self, word: &[u8]) -> bool {
        match self.0.split_at_checked(word.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(word) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Reads the digits that come next, as many as there are but at most `most`.
    pub(super) fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let digits = self.0.iter().take(most);
        let length = digits.take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(digits.iter().fold(0, |n, d| 10 * n + i64::from(d - b'0')))
    }

    /// Reads the digits after a decimal sign as microseconds; finer ones are cut off.
    pub(super) fn fraction(&mut self) -> Option<i64> {
        let mut microseconds = 0;
        let mut place = SECOND / 10;
        let length = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(length);
        for digit in digits {
            microseconds += place * i64::from(digit - b'0');
            place /= 10;
        }
        self.0 = rest;
        (length > 0).then_some(microseconds)
    }

    /// Reads `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`; without colons unless `extended`.
    fn clock(&mut self, parts: &mut Parts, extended: bool) -> Option<()> {
        parts.hour = self.number(2, 2)?;
        if extended {
            self.expect(b':')?;
        }
        parts.minute = self.number(2, 2)?;
        let more = if extended {
            self.skip(b':')
        } else {
            self.0.first().is_some_and(u8::is_ascii_digit)
        };
        if more {
            parts.second = self.number(2, 2)?;
            if self.one_of(b".,").is_some() {
                parts.microsecond = self.fraction()?;
            }
        }
        Some(())
    }

    /// Reads `Z`, `UTC`, `+hh`, `+hhmm` or `+hh:mm` as microseconds ahead of UTC.
    pub(super) fn offset(&mut self) -> Option<i64> {
        if self.word(b"UTC") || self.word(b"Z") {
            return Some(0);
        }
        let sign = if self.one_of(b"+-")? == b'+' { 1 } else { -1 };
        let hours = self.number(2, 2)?;
        let minutes = if self.skip(b':') {
            self.number(2, 2)?
        } else {
            self.number(2, 2).unwrap_or(0)
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
    }
}

/// Days in a month of 1 to 12.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether the year has a leap day.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1970-01-01", 0, None, true)]
    #[case("19700102", DAY, None, true)]
    #[case("1970-01-01T00:01", 60 * SECOND, None, false)]
    #[case("1970-01-01 00:00:01.5", 1_500_000, None, false)]
    #[case("1970-01-01t00:00:01,000001999", 1_000_001, None, false)]
    #[case("1969-12-31T23:59:59.999999Z", -1, Some(0), false)]
    #[case("1970-01-01T00:00:00+05:30", 0, Some(19_800 * SECOND), false)]
    #[case("1970-01-01 00:00:00 -0130", 0, Some(-5_400 * SECOND), false)]
    #[case("1970-01-01 00:00:00 UTC", 0, Some(0), false)]
    #[case("19700101T000001+00", SECOND, Some(0), false)]
    #[case("0001-01-01", EARLIEST, None, true)]
    #[case("9999-12-31T23:59:59.999999", LATEST, None, false)]
    fn iso_times_are_read(
        #[case] text: &str,
        #[case] civil: i64,
        #[case] offset: Option<i64>,
        #[case] whole_day: bool,
    ) {
        let written = Written {
            civil,
            offset,
            whole_day,
        };
        assert_eq!(parse_iso(text.as_bytes()), Some(written));
    }

    #[rstest]
    fn other_texts_are_refused(
        #[values(
            "",
            " 1970-01-01",
            "1970-01-01 ",
            "1970-1-1",
            "70-01-01",
            "31/12/2023",
            "1970-02-29",
            "1900-02-29",
            "1970-13-01",
            "1970-00-10",
            "1970-01-00",
            "0000-01-01",
            "10000-01-01",
            "-1970-01-01",
            "1970-0101",
            "197001-01",
            "1970-01-01T",
            "1970-01-01T12",
            "1970-01-01T24:00",
            "1970-01-01T12:60",
            "2016-12-31T23:59:60Z",
            "1970-01-01T12:00:00.",
            "1970-01-01T12:00:00+24:00",
            "1970-01-01T12:00:00+2:00",
            "1970-01-01T12:00:00Europe/Berlin",
            "1970-01-01Z",
            "yesterday",
            "\u{661}970-01-01"
        )]
        text: &str,
    ) {
        assert_eq!(parse_iso(text.as_bytes()), None);
    }

    #[test]
    fn every_month_follows_the_one_before() {
        let mut expected = days_from_civil(1, 1, 1);
        for year in 1..=9999 {
            for month in 1..=12 {
                assert_eq!(days_from_civil(year, month, 1), expected);
                expected += days_in_month(year, month);
            }
        }
        assert_eq!((expected - 1) * DAY, LATEST / DAY * DAY);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            parse_iso(&bytes);
        }

        #[test]
        fn nearly_right_texts_do_no_harm(text in "[0-9]{4}-?[0-9]{2}-?[0-9]{2}[T ]?[0-9:.,]{0,15}[Z+-]?[0-9:]{0,6}") {
            if let Some(written) = parse_iso(text.as_bytes()) {
                prop_assert!((EARLIEST..=LATEST).contains(&written.civil));
            }
        }
    }
}
