//! Times in a format of the user's own, described by the codes of `strptime`.

use super::calendar::DAY;
use super::time::{Cursor, Parts, Written, is_leap};
use crate::{Error, Result};

/// A format, taken apart and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    text: String,
    items: Vec<Item>,
    whole_day: bool,
}

/// A piece of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// `%Y`: four digits.
    Year,
    /// `%y`: two digits; 69 to 99 belong to the twentieth century, as POSIX has it.
    ShortYear,
    /// `%m`
    Month,
    /// `%B`, or `%b` for its first three letters; English, in any case.
    MonthName { short: bool },
    /// `%d`, `%e`
    Day,
    /// `%j`
    DayOfYear,
    /// `%A`, or `%a` for its first three letters; not compared with the date.
    DayName { short: bool },
    /// `%H`
    Hour,
    /// `%I`
    HourOfHalf,
    /// `%p`
    Half,
    /// `%M`
    Minute,
    /// `%S`
    Second,
    /// `%f`
    Fraction,
    /// `%z`, `%Z`: an offset, `Z`, `UTC` or `GMT`.
    Offset,
    /// One or more blanks.
    Blank,
    /// Exactly this byte.
    Literal(u8),
}

impl Item {
    /// What the item tells about the time.
    fn part(self) -> Option<&'static str> {
        Some(match self {
            Self::Year | Self::ShortYear => "year",
            Self::Month | Self::MonthName { .. } => "month (%m; minutes are %M)",
            Self::Day | Self::DayOfYear => "day",
            Self::Hour | Self::HourOfHalf => "hour",
            Self::Half => "half of the day",
            Self::Minute => "minute (%M; months are %m)",
            Self::Second => "second",
            Self::Fraction => "fraction",
            Self::Offset => "offset",
            Self::DayName { .. } | Self::Blank | Self::Literal(_) => return None,
        })
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

impl Format {
    /// Takes a format such as `%d/%m/%Y %H:%M` apart.
    ///
    /// # Errors
    /// [`Error::Parameter`] if it holds an unknown code, tells a part twice, or names no year and month.
    ///
    /// # Examples
    /// ```
    /// use tenure::data::time_format::Format;
    /// let format = Format::new("%d.%m.%y")?;
    /// assert_eq!(format.parse(b"2.1.70").unwrap().civil, 86_400_000_000);
    /// assert_eq!(format.parse(b"31.2.70"), None);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn new(format: &str) -> Result<Self> {
        let checked = items(format.as_bytes()).and_then(|items| match flaw(&items) {
            Some(flaw) => Err(flaw),
            None => Ok(items),
        });
        let items = checked.map_err(|hint| Error::Parameter {
            name: "time_format".into(),
            expected: "be made of strptime codes, as '%d/%m/%Y %H:%M' is".into(),
            found: format!("'{format}'"),
            hint,
        })?;
        let whole_day = !items.iter().any(|item| item.part() == Some("hour"));
        Ok(Self {
            text: format.to_owned(),
            items,
            whole_day,
        })
    }

    /// The format as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads a time; `None` if it doesn't fit the format, or there is no such time.
    pub fn parse(&self, text: &[u8]) -> Option<Written> {
        let mut reading = Reading {
            rest: Cursor(text),
            parts: Parts::FIRST,
            offset: None,
            day_of_year: 1,
            afternoon: false,
        };
        for &item in &self.items {
            reading.read(item)?;
        }
        reading.rest.is_at_end().then_some(Written {
            civil: reading.instant()?,
            offset: reading.offset,
            whole_day: self.whole_day,
        })
    }
}

/// A time of which some parts have been read.
struct Reading<'a> {
    rest: Cursor<'a>,
    parts: Parts,
    offset: Option<i64>,
    day_of_year: i64,
    afternoon: bool,
}

impl Reading<'_> {
    fn read(&mut self, item: Item) -> Option<()> {
        let Self { rest, parts, .. } = self;
        match item {
            Item::Year => parts.year = rest.number(4, 4)?,
            Item::ShortYear => parts.year = (rest.number(2, 2)? + 31) % 100 + 1969,
            Item::Month => parts.month = rest.number(1, 2)?,
            Item::MonthName { short } => parts.month = named(rest, &MONTHS, short)?,
            Item::Day => parts.day = rest.number(1, 2)?,
            Item::DayOfYear => self.day_of_year = rest.number(1, 3)?,
            Item::DayName { short } => return named(rest, &DAYS, short).map(|_| ()),
            Item::Hour => parts.hour = rest.number(1, 2)?,
            Item::HourOfHalf => {
                let hour = rest.number(1, 2).filter(|hour| (1..=12).contains(hour))?;
                parts.hour = hour % 12;
            }
            Item::Half => {
                self.afternoon = rest.one_of(b"AaPp")?.eq_ignore_ascii_case(&b'P');
                rest.one_of(b"Mm")?;
            }
            Item::Minute => parts.minute = rest.number(1, 2)?,
            Item::Second => parts.second = rest.number(1, 2)?,
            Item::Fraction => parts.microsecond = rest.fraction()?,
            Item::Offset if rest.word(b"GMT") => self.offset = Some(0),
            Item::Offset => self.offset = Some(rest.offset()?),
            Item::Blank => {
                rest.one_of(b" \t")?;
                while rest.one_of(b" \t").is_some() {}
            }
            Item::Literal(byte) => rest.expect(byte)?,
        }
        Some(())
    }

    fn instant(&self) -> Option<i64> {
        let mut parts = self.parts;
        if self.afternoon {
            parts.hour += 12;
        }
        let days = 365 + i64::from(is_leap(parts.year));
        let exists = (1..=days).contains(&self.day_of_year);
        Some(parts.instant()? + (self.day_of_year - 1) * DAY).filter(|_| exists)
    }
}

/// Reads one of the names, or its first three letters, and gives its place counted from 1.
fn named(rest: &mut Cursor<'_>, names: &[&str], short: bool) -> Option<i64> {
    let known = |name: &&str| rest.word(&name.as_bytes()[..if short { 3 } else { name.len() }]);
    let place = names.iter().position(known)?;
    i64::try_from(place + 1).ok()
}

/// The items of a format, or what is wrong with it.
fn items(format: &[u8]) -> std::result::Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut rest = format;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'%' {
            items.push(match byte {
                b' ' | b'\t' => Item::Blank,
                _ => Item::Literal(*byte),
            });
            continue;
        }
        // `%-d` and the like: a number without padding, which is how numbers are read anyway
        if let [b'-', tail @ ..] = rest {
            rest = tail;
        }
        let [code, tail @ ..] = rest else {
            return Err("it ends in a bare %".into());
        };
        rest = tail;
        items.extend_from_slice(coded(*code).ok_or_else(|| {
            let code = String::from_utf8_lossy(std::slice::from_ref(code)).into_owned();
            format!("there is no code %{code}")
        })?);
    }
    items.dedup_by(|a, b| *a == Item::Blank && *b == Item::Blank);
    Ok(items)
}

/// The items that a code stands for.
fn coded(code: u8) -> Option<&'static [Item]> {
    use Item::{Day, Hour, Literal, Minute, Month, Second, ShortYear, Year};
    Some(match code {
        b'Y' => &[Year],
        b'y' => &[ShortYear],
        b'm' => &[Month],
        b'b' | b'h' => &[Item::MonthName { short: true }],
        b'B' => &[Item::MonthName { short: false }],
        b'd' | b'e' => &[Day],
        b'j' => &[Item::DayOfYear],
        b'a' => &[Item::DayName { short: true }],
        b'A' => &[Item::DayName { short: false }],
        b'H' => &[Hour],
        b'I' => &[Item::HourOfHalf],
        b'p' => &[Item::Half],
        b'M' => &[Minute],
        b'S' => &[Second],
        b'f' => &[Item::Fraction],
        b'z' | b'Z' => &[Item::Offset],
        b'F' => &[Year, Literal(b'-'), Month, Literal(b'-'), Day],
        b'D' => &[Month, Literal(b'/'), Day, Literal(b'/'), ShortYear],
        b'T' => &[Hour, Literal(b':'), Minute, Literal(b':'), Second],
        b'R' => &[Hour, Literal(b':'), Minute],
        b'%' => &[Literal(b'%')],
        _ => return None,
    })
}

/// What keeps the items from telling one time, if anything does.
fn flaw(items: &[Item]) -> Option<String> {
    let parts: Vec<&str> = items.iter().filter_map(|item| item.part()).collect();
    for (i, part) in parts.iter().enumerate() {
        if parts[..i].contains(part) {
            return Some(format!("it tells the {part} twice"));
        }
    }
    let tells = |start: &str| parts.iter().any(|part| part.starts_with(start));
    let month = tells("month") || items.contains(&Item::DayOfYear);
    if !tells("year") || !month {
        return Some("it must tell at least the year and the month".into());
    }
    if items.contains(&Item::HourOfHalf) != tells("half") {
        return Some("%I (1 to 12) and %p belong together; hours of 0 to 23 are %H".into());
    }
    (tells("minute") && !tells("hour")).then(|| "it tells minutes but no hour (%H)".into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::time::parse_iso;
    use super::*;

    #[rstest]
    #[case("%d/%m/%Y", "31/12/2023", "2023-12-31")]
    #[case("%m/%d/%Y", "2/3/2023", "2023-02-03")]
    #[case("%d.%m.%y", "01.02.68", "2068-02-01")]
    #[case("%d.%m.%y", "01.02.69", "1969-02-01")]
    #[case("%Y%m%d", "20240229", "2024-02-29")]
    #[case("%Y-%m", "2024-02", "2024-02-01")]
    #[case("%Y-%j", "2024-366", "2024-12-31")]
    #[case("%d %b %Y", "4 sep 2024", "2024-09-04")]
    #[case("%A, %B %d, %Y", "Friday, May 03, 2024", "2024-05-03")]
    #[case("%m/%d/%Y %I:%M %p", "12/31/2023 12:05 AM", "2023-12-31T00:05")]
    #[case("%m/%d/%Y %I:%M %p", "12/31/2023 12:05 pm", "2023-12-31T12:05")]
    #[case("%F  %T.%f", "2024-01-02 03:04:05.006", "2024-01-02T03:04:05.006")]
    #[case(
        "%F %T.%f",
        "2024-01-02   03:04:05.0000069",
        "2024-01-02T03:04:05.000006"
    )]
    #[case("%D %R %z", "01/02/24 03:04 +0130", "2024-01-02T03:04+01:30")]
    #[case(
        "%Y-%m-%dT%H:%M:%S%Z",
        "2024-01-02T03:04:05GMT",
        "2024-01-02T03:04:05Z"
    )]
    #[case("%-d%%%m%%%Y", "2%1%2024", "2024-01-02")]
    fn a_format_reads_what_iso_says_otherwise(
        #[case] format: &str,
        #[case] text: &str,
        #[case] iso: &str,
    ) {
        let read = Format::new(format).unwrap().parse(text.as_bytes());
        assert_eq!(read, parse_iso(iso.as_bytes()));
        assert!(read.is_some());
    }

    #[rstest]
    #[case("%d/%m/%Y", "31/02/2023")]
    #[case("%d/%m/%Y", "12/31/2023")]
    #[case("%d/%m/%Y", "1/2/23")]
    #[case("%d/%m/%Y", "1/2/2023 ")]
    #[case("%d/%m/%Y", "")]
    #[case("%Y-%j", "2023-366")]
    #[case("%Y-%j", "2023-0")]
    #[case("%F %T", "2024-06-30 23:59:60")]
    #[case("%F %T", "2024-06-30 24:00:00")]
    #[case("%F %I %p", "2024-06-30 13 PM")]
    #[case("%d %b %Y", "4 september 2024")]
    fn what_does_not_fit_is_refused(#[case] format: &str, #[case] text: &str) {
        assert_eq!(Format::new(format).unwrap().parse(text.as_bytes()), None);
    }

    #[rstest]
    #[case("%Y-%m-%d %H:%m", "it tells the month (%m; minutes are %M) twice")]
    #[case("%Y-%m-%d %Q", "there is no code %Q")]
    #[case("%Y-%m-%", "it ends in a bare %")]
    #[case("%d/%m", "it must tell at least the year and the month")]
    #[case("dd/mm/yyyy", "it must tell at least the year and the month")]
    #[case(
        "%F %I:%M",
        "%I (1 to 12) and %p belong together; hours of 0 to 23 are %H"
    )]
    #[case("%F %M", "it tells minutes but no hour (%H)")]
    fn formats_that_tell_no_single_time_are_refused(#[case] format: &str, #[case] flaw: &str) {
        match Format::new(format) {
            Err(Error::Parameter { hint, .. }) => assert_eq!(hint, flaw),
            other => panic!("{other:?}"),
        }
    }
}
