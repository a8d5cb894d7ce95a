//! Time zones: from UTC to what the clocks showed there. The only module that names jiff.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::mask::Mask;
use super::time::{Cursor, SECOND};
use crate::{Error, Result};

/// A time zone of the IANA database (that of the build, so that results don't depend on the machine), or a fixed offset.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    rule: Rule,
}

#[derive(Debug, Clone)]
enum Rule {
    /// Microseconds ahead of UTC, always.
    Fixed(i64),
    Iana(TimeZone),
}

impl Zone {
    /// The zone of that name: `Europe/Berlin`, `UTC`, or an offset such as `+02:00`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn named(name: &str) -> Result<Self> {
        let mut rest = Cursor(name.as_bytes());
        if let Some(offset) = rest.offset().filter(|_| rest.is_at_end()) {
            return Ok(Self::fixed(offset));
        }
        let zone = TimeZone::get(name).map_err(|_| Error::Parameter {
            name: "tz".into(),
            expected: "be a time zone such as 'Europe/Berlin', 'UTC' or '+02:00'".into(),
            found: format!("'{name}'"),
            hint: place_named(name)
                .map_or_else(String::new, |zone| format!("did you mean '{zone}'?")),
        })?;
        Ok(Self {
            name: zone.iana_name().unwrap_or(name).to_owned(),
            rule: Rule::Iana(zone),
        })
    }

    /// The zone that is always so many microseconds ahead of UTC.
    pub fn fixed(offset: i64) -> Self {
        let minutes = offset.abs() / (60 * SECOND);
        let sign = if offset < 0 { '-' } else { '+' };
        Self {
            name: match offset {
                0 => "UTC".into(),
                _ => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
            },
            rule: Rule::Fixed(offset),
        }
    }

    /// The zone's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Turns microseconds since 1970-01-01T00:00 UTC into those of the zone's clocks.
    ///
    /// From UTC there is no doubt, even in the hour that clocks show twice. Instants far outside of the years 1 to 9999
    /// keep the offset of the nearest time for which the zone has one.
    pub fn to_civil(&self, instants: &mut [i64], mask: Mask<'_>) {
        match &self.rule {
            Rule::Fixed(offset) => shift(instants, mask, |_| *offset),
            Rule::Iana(zone) => {
                let mut spells = Spells::covering(zone, instants, mask);
                shift(instants, mask, |utc| spells.offset(utc));
            }
        }
    }
}

/// Adds to each instant its offset.
fn shift(instants: &mut [i64], mask: Mask<'_>, mut offset: impl FnMut(i64) -> i64) {
    for (row, instant) in instants.iter_mut().enumerate() {
        if !mask.hides(row) {
            *instant = instant.saturating_add(offset(*instant));
        }
    }
}

/// The zone whose name ends in this place, if there is one.
fn place_named(place: &str) -> Option<String> {
    let place = place.replace(' ', "_");
    let mut zones = jiff::tz::db().available();
    let zone = zones.find(|zone| {
        let city = zone.as_str().rsplit('/').next();
        city.is_some_and(|city| city.eq_ignore_ascii_case(&place))
    })?;
    Some(zone.as_str().to_owned())
}

/// The spells of constant offset in a stretch of time.
struct Spells {
    /// When each spell begins, in UTC; the first one before everything.
    starts: Vec<i64>,
    /// How far the clocks are ahead of UTC in each spell.
    offsets: Vec<i64>,
    /// The spell of the last instant looked up, where the next one often lies too.
    last: usize,
}

impl Spells {
    fn covering(zone: &TimeZone, instants: &[i64], mask: Mask<'_>) -> Self {
        let shown = || (0..).zip(instants).filter(|&(row, _)| !mask.hides(row));
        let first = timestamp(shown().map(|(_, &utc)| utc).min().unwrap_or(0));
        let last = timestamp(shown().map(|(_, &utc)| utc).max().unwrap_or(0));
        let microseconds = |seconds: i32| i64::from(seconds) * SECOND;
        let mut starts = vec![i64::MIN];
        let mut offsets = vec![microseconds(zone.to_offset(first).seconds())];
        for change in zone.following(first) {
            if change.timestamp() > last {
                break;
            }
            starts.push(change.timestamp().as_microsecond());
            offsets.push(microseconds(change.offset().seconds()));
        }
        Self {
            starts,
            offsets,
            last: 0,
        }
    }

    fn offset(&mut self, utc: i64) -> i64 {
        let begun = self.starts[self.last] <= utc;
        let over = self
            .starts
            .get(self.last + 1)
            .is_some_and(|&next| next <= utc);
        if !begun || over {
            self.last = self.starts.partition_point(|&start| start <= utc) - 1;
        }
        self.offsets[self.last]
    }
}

/// The nearest instant that jiff can represent.
fn timestamp(utc: i64) -> Timestamp {
    let nearest = if utc < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_microsecond(utc).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::time::parse_iso;
    use super::*;

    fn micros(iso: &str) -> i64 {
        parse_iso(iso.as_bytes()).unwrap().civil
    }

    #[rstest]
    #[case(
        "Europe/Berlin",
        "2024-03-31T00:59:59.999999",
        "2024-03-31T01:59:59.999999"
    )]
    #[case("Europe/Berlin", "2024-03-31T01:00:00", "2024-03-31T03:00:00")]
    #[case("Europe/Berlin", "2024-10-27T00:30:00", "2024-10-27T02:30:00")]
    #[case("Europe/Berlin", "2024-10-27T01:30:00", "2024-10-27T02:30:00")]
    #[case("europe/berlin", "1890-01-01T00:00:00", "1890-01-01T00:53:28")]
    #[case("America/New_York", "2024-03-10T07:00:00", "2024-03-10T03:00:00")]
    #[case("America/New_York", "2024-11-03T05:59:59", "2024-11-03T01:59:59")]
    #[case("America/New_York", "2024-11-03T06:00:00", "2024-11-03T01:00:00")]
    #[case("Asia/Kolkata", "2024-01-01T20:00:00", "2024-01-02T01:30:00")]
    #[case("UTC", "2024-01-01T20:00:00", "2024-01-01T20:00:00")]
    #[case("-0330", "2024-01-01T20:00:00", "2024-01-01T16:30:00")]
    fn clocks_show(#[case] zone: &str, #[case] utc: &str, #[case] local: &str) {
        let mut instants = [micros(utc)];
        Zone::named(zone)
            .unwrap()
            .to_civil(&mut instants, Mask::NONE);
        assert_eq!(instants, [micros(local)]);
    }

    #[test]
    fn order_does_not_matter_and_hidden_rows_stay() {
        let utc = ["2024-07-01", "2024-01-01", "1999-07-01", "2024-07-01"].map(micros);
        let mut instants = utc;
        let missing = [false, false, false, true];
        let zone = Zone::named("Europe/Berlin").unwrap();
        zone.to_civil(&mut instants, Mask::new(Some(&missing), 4).unwrap());
        let hours = [0, 1, 2, 3].map(|row| (instants[row] - utc[row]) / (3600 * SECOND));
        assert_eq!(hours, [2, 1, 2, 0]);
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        for zone in ["Europe/Berlin", "+14:00"] {
            let mut instants = [i64::MIN, i64::MAX, 0];
            Zone::named(zone)
                .unwrap()
                .to_civil(&mut instants, Mask::NONE);
            assert_eq!(instants[1], i64::MAX);
        }
    }

    #[rstest]
    #[case("Berlin", "did you mean 'Europe/Berlin'?")]
    #[case("new york", "did you mean 'America/New_York'?")]
    #[case("Middle-earth/Shire", "")]
    fn unknown_zones_are_refused(#[case] name: &str, #[case] expected: &str) {
        match Zone::named(name) {
            Err(Error::Parameter { hint, .. }) => assert_eq!(hint, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn fixed_zones_have_the_name_of_their_offset() {
        assert_eq!(Zone::fixed(0).name(), "UTC");
        assert_eq!(Zone::fixed(-12_600 * SECOND).name(), "-03:30");
        assert_eq!(Zone::named("utc").unwrap().name(), "UTC");
        assert_eq!(
            Zone::named("europe/berlin").unwrap().name(),
            "Europe/Berlin"
        );
    }
}
