//! Columns of times to instants: microseconds since 1970-01-01T00:00 by the wall clock of a zone.

use super::check::{Rule, same_length};
use super::mask::Mask;
use super::text::Text;
use super::time::{EARLIEST, LATEST, SECOND, Written, parse_iso};
use super::time_format::Format;
use super::zone::Zone;
use crate::numeric::parallel;
use crate::{Error, Result};

/// What a clock counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// What so many ticks are called.
    name: &'static str,
    /// Microseconds a tick; nothing if a tick is a nanosecond.
    length: Option<i64>,
}

impl Tick {
    /// A tick of one "ns", "us", "ms", "s", "minute", "hour", "day" or "week".
    ///
    /// # Errors
    /// [`Error::Parameter`] for any other unit.
    pub fn named(unit: &str) -> Result<Self> {
        let (name, length) = match unit {
            "ns" => ("nanoseconds", None),
            "us" => ("microseconds", Some(1)),
            "ms" => ("milliseconds", Some(1000)),
            "s" => ("seconds", Some(SECOND)),
            "minute" => ("minutes", Some(60 * SECOND)),
            "hour" => ("hours", Some(3_600 * SECOND)),
            "day" => ("days", Some(86_400 * SECOND)),
            "week" => ("weeks", Some(604_800 * SECOND)),
            _ => {
                return Err(Error::Parameter {
                    name: "time_unit".into(),
                    expected: "be 'ns', 'us', 'ms', 's', 'minute', 'hour', 'day' or 'week'".into(),
                    found: format!("'{unit}'"),
                    hint: String::new(),
                });
            }
        };
        Ok(Self { name, length })
    }

    /// So many ticks in microseconds; what is finer is cut off towards the past.
    fn microseconds(self, ticks: i64) -> Option<i64> {
        match self.length {
            Some(length) => ticks.checked_mul(length),
            None => Some(ticks.div_euclid(1000)),
        }
    }
}

/// Fills `civil` with instants from ticks since 1970-01-01T00:00: of UTC if a zone is given, whose clocks are then read;
/// otherwise of the clock that the ticks were counted by. Where a tick is missing, with 0.
///
/// # Errors
/// [`Error::Data`] naming the column if an instant lies outside of the years 1 to 9999; [`Error::Length`] if the mask or
/// `civil` don't fit the ticks.
pub fn from_ticks(
    column: &str,
    ticks: &[i64],
    missing: Option<&[bool]>,
    tick: Tick,
    zone: Option<&Zone>,
    civil: &mut [i64],
) -> Result<()> {
    let mask = Mask::new(missing, ticks.len())?;
    same_length("instants", civil.len(), "ticks", ticks.len())?;
    let (mut rest, mut jobs) = (&mut *civil, Vec::new());
    for rows in parallel::pieces(ticks.len()) {
        let piece = rest.split_off_mut(..rows.len()).unwrap_or_default();
        jobs.push((rows, piece));
    }
    parallel::map_jobs(jobs, |(rows, civil)| {
        let mask = mask.part(rows.clone());
        for (row, (instant, &count)) in civil.iter_mut().zip(&ticks[rows]).enumerate() {
            *instant = if mask.hides(row) {
                0
            } else {
                // what overflows lies outside of the calendar, as `i64::MAX` does
                tick.microseconds(count).unwrap_or(i64::MAX)
            };
        }
        if let Some(zone) = zone {
            zone.to_civil(civil, mask);
        }
    });
    let found = |row: usize| format!("{} {} since 1970", ticks[row], tick.name);
    within_calendar(column, civil, found)
}

/// The smallest and the largest of some integers; the largest and the smallest that there are if there are none.
pub fn ends(values: &[i64]) -> (i64, i64) {
    const NONE: (i64, i64) = (i64::MAX, i64::MIN);
    let wider = |a: (i64, i64), b: (i64, i64)| (a.0.min(b.0), a.1.max(b.1));
    let parts = parallel::map_jobs(parallel::pieces(values.len()), |rows| {
        let piece = values[rows].iter();
        piece.fold(NONE, |found, &value| wider(found, (value, value)))
    });
    parts.into_iter().fold(NONE, wider)
}

/// Passes if all instants lie in the years 1 to 9999.
fn within_calendar(column: &str, civil: &[i64], found: impl Fn(usize) -> String) -> Result<()> {
    let rule = Rule {
        column,
        expected: "lie in the years 1 to 9999",
        hint: "",
    };
    let outside = |row: usize| !(EARLIEST..=LATEST).contains(&civil[row]);
    rule.check(civil.len(), outside, found)
}

/// Fills `civil` with instants from text, in the `format` if there is one, otherwise in ISO 8601; where a text is
/// missing, with 0. Returns the zone whose clocks were read.
///
/// Times with an offset from UTC are brought to the clocks of the `zone`; without a zone their own clocks are read,
/// which must then all have the same offset. Times without an offset are read as they stand, and the result has no zone.
///
/// # Errors
/// [`Error::Data`] naming the column, the first row and how many there are that can't be read, or that have or lack an
/// offset against the others; [`Error::Parameter`] for a wrong format; [`Error::Length`] if the mask or `civil` don't fit
/// the text.
pub fn from_text(
    column: &str,
    text: Text<'_>,
    missing: Option<&[bool]>,
    format: Option<&str>,
    zone: Option<&Zone>,
    civil: &mut [i64],
) -> Result<Option<String>> {
    same_length("instants", civil.len(), "text", text.len())?;
    let times = Times {
        column,
        text,
        mask: Mask::new(missing, text.len())?,
        format: format.map(Format::new).transpose()?,
    };
    times.instants(zone, civil)
}

/// A column of times in writing.
struct Times<'a> {
    column: &'a str,
    text: Text<'a>,
    mask: Mask<'a>,
    /// None for ISO 8601.
    format: Option<Format>,
}

impl Times<'_> {
    fn instants(&self, zone: Option<&Zone>, civil: &mut [i64]) -> Result<Option<String>> {
        let mut first = None;
        let (mut readable, mut agree) = (true, true);
        for (row, instant) in civil.iter_mut().enumerate() {
            if self.mask.hides(row) {
                *instant = 0;
                continue;
            }
            let Some(time) = self.read(row) else {
                readable = false;
                break;
            };
            *instant = time.civil - zone.and(time.offset).unwrap_or(0);
            agree &= agrees(time.offset, *first.get_or_insert(time.offset), zone);
        }
        if !readable {
            self.check_readable()?;
        }
        if !agree {
            self.check_offsets(first.flatten(), zone)?;
        }
        Ok(match (first, zone) {
            (Some(None), _) => None,
            (Some(Some(offset)), None) => Some(Zone::fixed(offset).name().to_owned()),
            (_, zone) => {
                if let Some(zone) = zone {
                    zone.to_civil(civil, self.mask);
                    within_calendar(self.column, civil, |row| self.text.quoted(row))?;
                }
                zone.map(|zone| zone.name().to_owned())
            }
        })
    }

    /// The rows with a text.
    fn rows(&self) -> impl Iterator<Item = usize> {
        (0..self.text.len()).filter(|&row| !self.mask.hides(row))
    }

    /// The time in a row.
    fn read(&self, row: usize) -> Option<Written> {
        let text = self.text.get(row);
        match &self.format {
            Some(format) => format.parse(text),
            None => parse_iso(text),
        }
    }

    /// Passes if every text is a time.
    fn check_readable(&self) -> Result<()> {
        let expected = match &self.format {
            Some(format) => format!("hold times in the format '{}'", format.text()),
            None => "hold ISO 8601 times such as 2024-03-31 or 2024-03-31T18:30:00+02:00".into(),
        };
        let rule = Rule {
            column: self.column,
            expected: &expected,
            hint: &self.hint(),
        };
        let bad = |row: usize| !self.mask.hides(row) && self.read(row).is_none();
        rule.check(self.text.len(), bad, |row| self.text.quoted(row))
    }

    /// What may help where texts are no times.
    fn hint(&self) -> String {
        let blank = |row| self.text.get(row).trim_ascii().is_empty();
        if self
            .rows()
            .find(|&row| self.read(row).is_none())
            .is_some_and(blank)
        {
            return "make empty text a missing value (None) first".into();
        }
        let fits = |format: &Format| {
            self.rows()
                .all(|row| format.parse(self.text.get(row)).is_some())
        };
        let fitting: Vec<String> = USUAL
            .iter()
            .filter(|format| Format::new(format).is_ok_and(|format| fits(&format)))
            .map(|format| format!("time_format='{format}'"))
            .collect();
        match fitting[..] {
            [] if self.format.is_none() => "state the format, as in time_format='%d/%m/%Y'".into(),
            [] => String::new(),
            _ => format!("every row can be read with {}", fitting.join(" or ")),
        }
    }

    /// Passes if every time has an offset that agrees with the first one.
    fn check_offsets(&self, first: Option<i64>, zone: Option<&Zone>) -> Result<()> {
        let offset = |row: usize| self.read(row).and_then(|time| time.offset);
        let mixed = self
            .rows()
            .any(|row| offset(row).is_some() != first.is_some());
        let rule = Rule {
            column: self.column,
            expected: if mixed {
                "have an offset from UTC in every row or in none"
            } else {
                "have the same offset from UTC in every row"
            },
            hint: if mixed {
                ""
            } else {
                "bring all rows to one clock, as by tz='UTC' or tz='Europe/Berlin'"
            },
        };
        let bad = |row: usize| !self.mask.hides(row) && !agrees(offset(row), first, zone);
        rule.check(self.text.len(), bad, |row| self.text.quoted(row))
    }
}

/// Whether two times can stand in one column: both without an offset, or both with one, which without a zone to bring
/// them to must be the same.
fn agrees(offset: Option<i64>, first: Option<i64>, zone: Option<&Zone>) -> bool {
    offset == first || (zone.is_some() && offset.is_some() && first.is_some())
}

/// Formats that files often have, to be tried for a hint.
const USUAL: [&str; 20] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%Y-%m",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
];

#[cfg(test)]
mod tests {
    use super::super::text::TextBuffer;
    use super::*;

    const HOUR: i64 = 3_600 * SECOND;

    /// The instants, and the zone whose clocks they show.
    type Read = (Vec<i64>, Option<String>);

    fn read(texts: &[&str], format: Option<&str>, zone: Option<&str>) -> Result<Read> {
        let mut buffer = TextBuffer::with_capacity(texts.len());
        for text in texts {
            buffer.push(text.as_bytes());
        }
        let missing: Vec<bool> = texts.iter().map(|&text| text == "-").collect();
        let zone = zone.map(Zone::named).transpose()?;
        let mut civil = vec![7; texts.len()];
        let text = buffer.view();
        let zone = from_text(
            "date",
            text,
            Some(&missing),
            format,
            zone.as_ref(),
            &mut civil,
        )?;
        Ok((civil, zone))
    }

    fn count(unit: &str, ticks: &[i64]) -> Result<Vec<i64>> {
        let mut civil = vec![7; ticks.len()];
        from_ticks("t", ticks, None, Tick::named(unit)?, None, &mut civil)?;
        Ok(civil)
    }

    fn message(result: Result<impl std::fmt::Debug>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn pieces_of_a_long_column_are_read_as_single_rows_are() {
        let rows = 30_000;
        let ticks: Vec<i64> = (0..rows).map(|i| i * 8_640_000_000_123 - 40).collect();
        let missing: Vec<bool> = (0..rows).map(|i| i % 7 == 3).collect();
        let (tick, zone) = (
            Tick::named("ns").unwrap(),
            Zone::named("Europe/Berlin").unwrap(),
        );
        let read = |ticks: &[i64], missing: &[bool]| {
            let mut civil = vec![7; ticks.len()];
            from_ticks("t", ticks, Some(missing), tick, Some(&zone), &mut civil).unwrap();
            civil
        };
        let singles = ticks.chunks(1).zip(missing.chunks(1));
        let one_by_one: Vec<i64> = singles.flat_map(|(t, gone)| read(t, gone)).collect();
        assert_eq!(read(&ticks, &missing), one_by_one);
    }

    #[test]
    fn times_without_offset_are_read_as_they_stand() {
        let read_all = |zone| read(&["1970-01-01T01:00", "-", "1970-01-01"], None, zone);
        assert_eq!(read_all(None).unwrap(), (vec![HOUR, 0, 0], None));
        assert_eq!(read_all(Some("Asia/Tokyo")), read_all(None));
    }

    #[test]
    fn offsets_are_kept_if_they_are_all_the_same() {
        let (civil, zone) = read(&["1970-01-01T01:00+02:00", "-"], None, None).unwrap();
        assert_eq!(civil, [HOUR, 0]);
        assert_eq!(zone.as_deref(), Some("+02:00"));
    }

    #[test]
    fn offsets_are_brought_to_the_zone() {
        let texts = ["1970-01-01T01:00+02:00", "-", "1970-07-01T00:00Z"];
        let (civil, zone) = read(&texts, None, Some("America/New_York")).unwrap();
        let july = 181 * 24 * HOUR;
        assert_eq!(civil, [-6 * HOUR, 0, july - 4 * HOUR]);
        assert_eq!(zone.as_deref(), Some("America/New_York"));
        let (_, none) = read(&["-"], None, Some("America/New_York")).unwrap();
        assert_eq!(none, zone);
    }

    #[test]
    fn what_is_no_time_is_named_and_counted() {
        assert_eq!(
            message(read(&["2024-01-01", "-", "02.13.2024", "x"], None, None)),
            "column `date` must hold ISO 8601 times such as 2024-03-31 or 2024-03-31T18:30:00+02:00; \
             row 2 has '02.13.2024' (2 rows in all)\n\n\
             Hint: state the format, as in time_format='%d/%m/%Y'"
        );
        assert_eq!(
            message(read(&["2/1/2024", "2/13/2024"], Some("%d/%m/%Y"), None)),
            "column `date` must hold times in the format '%d/%m/%Y'; row 1 has '2/13/2024'\n\n\
             Hint: every row can be read with time_format='%m/%d/%Y'"
        );
        assert!(message(read(&["2/1/2024"], None, None)).ends_with(
            "every row can be read with time_format='%d/%m/%Y' or time_format='%m/%d/%Y'"
        ));
        assert!(message(read(&[" ", "2/1/2024"], None, None)).ends_with(
            "row 0 has ' ' (2 rows in all)\n\nHint: make empty text a missing value (None) first"
        ));
    }

    #[test]
    fn offsets_that_disagree_are_named() {
        let texts = ["2024-01-01T00:00Z", "2024-01-01", "2024-01-01T00:00+01:00"];
        assert_eq!(
            message(read(&texts, None, Some("UTC"))),
            "column `date` must have an offset from UTC in every row or in none; row 1 has '2024-01-01'"
        );
        assert_eq!(
            message(read(&[texts[0], "-", texts[2]], None, None)),
            "column `date` must have the same offset from UTC in every row; \
             row 2 has '2024-01-01T00:00+01:00'\n\n\
             Hint: bring all rows to one clock, as by tz='UTC' or tz='Europe/Berlin'"
        );
        assert!(read(&[texts[0], texts[2]], None, Some("UTC")).is_ok());
    }

    #[test]
    fn the_calendar_ends_in_every_zone() {
        assert_eq!(
            message(read(&["9999-12-31T23:00Z"], None, Some("Asia/Tokyo"))),
            "column `date` must lie in the years 1 to 9999; row 0 has '9999-12-31T23:00Z'"
        );
    }

    #[test]
    fn ticks_are_cut_towards_the_past() {
        assert_eq!(count("ns", &[-1, 999, 1000]).unwrap(), [-1, 0, 1]);
        assert_eq!(count("week", &[-1]).unwrap(), [-7 * 24 * HOUR]);
        assert_eq!(count("us", &[EARLIEST]).unwrap(), [EARLIEST]);
        assert_eq!(
            message(count("s", &[0, i64::MAX, i64::MIN])),
            "column `t` must lie in the years 1 to 9999; \
             row 1 has 9223372036854775807 seconds since 1970 (2 rows in all)"
        );
        assert!(count("us", &[LATEST + 1]).is_err());
        assert!(message(count("fortnight", &[])).starts_with("`time_unit` must be 'ns',"));
    }

    #[test]
    fn missing_ticks_are_not_looked_at() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let tick = Tick::named("s").unwrap();
        let mut civil = [7, 7];
        let ticks = [i64::MIN, 0];
        let mask = [true, false];
        from_ticks("t", &ticks, Some(&mask), tick, Some(&zone), &mut civil).unwrap();
        assert_eq!(civil, [0, HOUR]);
    }

    #[test]
    fn lengths_that_differ_are_refused() {
        let tick = Tick::named("s").unwrap();
        assert!(from_ticks("t", &[0], Some(&[]), tick, None, &mut [0]).is_err());
        assert!(from_ticks("t", &[0], None, tick, None, &mut []).is_err());
        let text = Text::new(&[0, 0], b"").unwrap();
        assert!(from_text("t", text, None, None, None, &mut []).is_err());
    }
}
