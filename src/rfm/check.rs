//! What the values of a dimension must be.

use crate::data::Column;
use crate::data::check::Rule;
use crate::{Error, Result};

/// What the values of a dimension are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Days: from 0 on.
    Days,
    /// How many: whole numbers from 0 on.
    Count,
    /// Anything: money, which may be negative after refunds.
    Number,
}

impl Kind {
    /// The kind of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "days" => Ok(Self::Days),
            "count" => Ok(Self::Count),
            "number" => Ok(Self::Number),
            _ => Err(Error::Parameter {
                name: "kind".to_owned(),
                expected: r#"be "days", "count" or "number""#.to_owned(),
                found: format!("{name:?}"),
                hint: String::new(),
            }),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Days => "be a finite number of days, at least 0",
            Self::Count => "be a whole number, at least 0",
            Self::Number => "be a finite number",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Days => "days since the last purchase are counted to a date after it",
            Self::Count | Self::Number => "",
        }
    }

    fn allows(self, value: f64) -> bool {
        match self {
            Self::Days => value.is_finite() && value >= 0.0,
            Self::Count => value.is_finite() && value >= 0.0 && value.trunc() == value,
            Self::Number => value.is_finite(),
        }
    }
}

/// Passes if every value of a dimension is of its kind.
///
/// # Errors
/// [`Error::Data`] with the first row that is not.
///
/// # Examples
/// ```
/// use tenure::{data::Column, rfm::check::{Kind, check}};
/// let days = Column { name: "recency_days", values: &[3.0, -1.0] };
/// assert!(check(days, Kind::Days).is_err());
/// assert!(check(days, Kind::Number).is_ok());
/// ```
pub fn check(column: Column<'_, f64>, kind: Kind) -> Result<()> {
    let values = column.values;
    let rule = Rule {
        column: column.name,
        expected: kind.expected(),
        hint: kind.hint(),
    };
    let bad = |row: usize| values.get(row).is_some_and(|&value| !kind.allows(value));
    let found = |row: usize| values.get(row).map_or_else(String::new, f64::to_string);
    rule.check(values.len(), bad, found)
}
