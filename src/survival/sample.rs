//! Durations with what belongs to them, checked; making a [`Sample`] is the only way to get one.

use crate::data::check::{Rule, same_length};
use crate::numeric::parallel;
use crate::{Error, Result};

/// Durations as they came: whole numbers can be counted, others have to be sorted.
#[derive(Debug, Clone, Copy)]
pub enum Times<'a> {
    /// Whole numbers.
    Whole(&'a [i64]),
    /// Any numbers.
    Real(&'a [f64]),
}

impl Times<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The duration of a row; `-0` is `0`.
    pub fn get(&self, row: usize) -> f64 {
        match self {
            Self::Whole(values) => values.get(row).map_or(f64::NAN, |&value| value as f64),
            Self::Real(values) => values.get(row).map_or(f64::NAN, |&value| value + 0.0),
        }
    }
}

/// Whether each duration ended with the event, in any of the ways that columns say so.
#[derive(Debug, Clone, Copy)]
pub enum Events<'a> {
    /// All did.
    All(usize),
    /// Booleans.
    Flags(&'a [bool]),
    /// Integers, 0 or 1.
    Whole(&'a [i64]),
    /// Floats, 0 or 1.
    Real(&'a [f64]),
}

impl Events<'_> {
    fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows,
            Self::Flags(values) => values.len(),
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
        }
    }

    /// Whether a row ended with the event.
    pub fn get(&self, row: usize) -> bool {
        match self {
            Self::All(_) => true,
            Self::Flags(values) => values.get(row).copied().unwrap_or_default(),
            Self::Whole(values) => values.get(row).is_some_and(|&value| value == 1),
            Self::Real(values) => values.get(row).is_some_and(|&value| value > 0.5),
        }
    }

    fn check(&self, column: &str) -> Result<()> {
        let rule = Rule {
            column,
            expected: "be 0 (censored) or 1 (the event was seen)",
            hint: "compare with what marks the event, as in data[\"status\"] == 2",
        };
        match self {
            Self::All(_) | Self::Flags(_) => Ok(()),
            Self::Whole(values) => rule.check(
                values.len(),
                |row| !matches!(values[row], 0 | 1),
                |row| values[row].to_string(),
            ),
            Self::Real(values) => rule.check(
                values.len(),
                |row| !matches!(values[row].to_bits(), 0 | ONE | NEGATIVE_ZERO),
                |row| values[row].to_string(),
            ),
        }
    }
}

/// The bits of `1.0` and `-0.0`, for comparisons that are exact on purpose.
const ONE: u64 = 1.0_f64.to_bits();
const NEGATIVE_ZERO: u64 = (-0.0_f64).to_bits();

/// What the user calls the columns.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// How long, or when the row ends.
    pub durations: &'a str,
    /// Whether the event ended it.
    pub event: &'a str,
    /// When the row begins to be observed.
    pub entry: &'a str,
    /// How many the row stands for.
    pub weights: &'a str,
}

/// One row a subject, or a stretch of a subject's time: observed from its entry to its duration, the end included.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// When each row ends.
    pub times: Times<'a>,
    /// Whether it ends with the event.
    pub events: Events<'a>,
    /// When it begins; `None` if each is observed from the beginning.
    pub entry: Option<&'a [f64]>,
    /// How many it stands for; `None` for one each.
    pub weights: Option<&'a [f64]>,
    /// Bits of the shortest and the longest duration.
    pub(super) range: (u64, u64),
}

impl<'a> Sample<'a> {
    /// The columns, if they make sense.
    ///
    /// # Errors
    /// Says which row of which column does not, and what is expected there.
    pub fn new(
        names: Names<'_>,
        times: Times<'a>,
        events: Events<'a>,
        entry: Option<&'a [f64]>,
        weights: Option<&'a [f64]>,
    ) -> Result<Self> {
        let rows = times.len();
        if rows == 0 {
            return Err(Error::Empty {
                what: "there are no durations".into(),
                hint: String::new(),
            });
        }
        same_length(names.event, events.len(), names.durations, rows)?;
        let range = check_durations(names.durations, times)?;
        events.check(names.event)?;
        if let Some(entry) = entry {
            same_length(names.entry, entry.len(), names.durations, rows)?;
            check_entry(names, entry, times)?;
        }
        if let Some(weights) = weights {
            same_length(names.weights, weights.len(), names.durations, rows)?;
            check_weights(names.weights, weights)?;
        }
        Ok(Self {
            times,
            events,
            entry,
            weights,
            range,
        })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// How many a row stands for.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights
            .map_or(1.0, |weights| weights.get(row).copied().unwrap_or_default())
    }

    /// When a row begins to be observed; before all time if that is not limited.
    pub fn begin(&self, row: usize) -> f64 {
        self.entry.map_or(f64::NEG_INFINITY, |entry| {
            entry.get(row).copied().unwrap_or_default() + 0.0
        })
    }
}

/// Passes if no duration is negative or not finite; returns the bits of the shortest and the longest one.
fn check_durations(column: &str, times: Times<'_>) -> Result<(u64, u64)> {
    let rule = Rule {
        column,
        expected: "be finite and not negative",
        hint: "a duration is the time from the start to the event, or to the last day seen",
    };
    match times {
        Times::Whole(values) => {
            // bits of what is negative are above those of all that is not
            let (low, high) = range_of(values, i64::cast_unsigned);
            if high > i64::MAX.cast_unsigned() {
                rule.check(
                    values.len(),
                    |row| values[row] < 0,
                    |row| values[row].to_string(),
                )?;
            }
            Ok((low, high))
        }
        Times::Real(values) => {
            let (low, high) = range_of(values, |value| (value + 0.0).to_bits());
            // the bits of what is negative or not a number are above those of infinity
            if high >= f64::INFINITY.to_bits() {
                rule.check(
                    values.len(),
                    |row| !(values[row] >= 0.0 && values[row] < f64::INFINITY),
                    |row| values[row].to_string(),
                )?;
            }
            Ok((low, high))
        }
    }
}

/// The lowest and the highest bits of the values.
fn range_of<T: Copy + Sync>(values: &[T], bits: impl Fn(T) -> u64 + Sync) -> (u64, u64) {
    const SPAN: usize = 1 << 16;
    let parts = parallel::map_spans(values.len(), SPAN, |span| {
        let all = values[span].iter().map(|&value| bits(value));
        all.fold((u64::MAX, u64::MIN), |(low, high), bits| {
            (low.min(bits), high.max(bits))
        })
    });
    parts
        .into_iter()
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
        .unwrap_or((0, 0))
}

fn check_entry(names: Names<'_>, entry: &[f64], times: Times<'_>) -> Result<()> {
    let finite = Rule {
        column: names.entry,
        expected: "be finite and not negative",
        hint: "",
    };
    finite.check(
        entry.len(),
        |row| !(entry[row] >= 0.0 && entry[row] < f64::INFINITY),
        |row| entry[row].to_string(),
    )?;
    let order = Rule {
        column: names.durations,
        expected: &format!("be after `{}`, when the row begins", names.entry),
        hint: "a row is observed from its entry to its duration, both counted from the same \
               start; leave out rows that end where they begin",
    };
    order.check(
        entry.len(),
        |row| times.get(row) <= entry[row],
        |row| format!("an end at {} and a begin at {}", times.get(row), entry[row]),
    )
}

fn check_weights(column: &str, weights: &[f64]) -> Result<()> {
    let rule = Rule {
        column,
        expected: "be finite and not negative",
        hint: "a weight is how many a row stands for",
    };
    rule.check(
        weights.len(),
        |row| !(weights[row] >= 0.0 && weights[row] < f64::INFINITY),
        |row| weights[row].to_string(),
    )?;
    if weights.iter().any(|&weight| weight > 0.0) {
        return Ok(());
    }
    Err(Error::Empty {
        what: format!("no row counts: every value of `{column}` is 0"),
        hint: String::new(),
    })
}
