//! What the values of a dimension must be.

use super::BLOCK;
use crate::data::Column;
use crate::data::check::Rule;
use crate::numeric::parallel;
use crate::{Error, Result};

/// 2^52: a whole number from 0 on, added to it, stands in the lowest bits of the sum.
pub(super) const SHIFT: f64 = 4_503_599_627_370_496.0;
/// Values that are compared with one thing after another: they stay in the nearest cache.
pub(super) const PIECE: usize = 2048;

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
            Self::Count => value.is_finite() && value >= 0.0 && value.fract() == 0.0,
            Self::Number => value.is_finite(),
        }
    }

    /// Whether all values are allowed; false for some numbers from 2^52 on that are. One comparison at a time: the
    /// compiler makes each into instructions that work on several values at once.
    fn surely_allows(self, values: &[f64]) -> bool {
        let none_negative = || all(values, |value| value >= 0.0);
        match self {
            Self::Days => none_negative() && all(values, f64::is_finite),
            Self::Count => none_negative() && all_whole(values),
            Self::Number => all(values, f64::is_finite),
        }
    }
}

/// Whether all values are whole numbers below 2^52, of either sign: adding that rounds them to whole ones.
#[expect(clippy::float_cmp, reason = "rounding is exact")]
pub(super) fn all_whole(values: &[f64]) -> bool {
    all(values, |value| value < SHIFT) && all(values, |value| (value + SHIFT) - SHIFT == value)
}

/// Whether all values are `fine`; asked of all, without a branch.
pub(super) fn all(values: &[f64], fine: impl Fn(f64) -> bool) -> bool {
    values.iter().fold(true, |all, &value| all & fine(value))
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
    let pieces = parallel::map_blocks(values, BLOCK, |block| {
        block.chunks(PIECE).all(|piece| kind.surely_allows(piece))
    });
    if !pieces.contains(&false) {
        return Ok(());
    }
    let rule = Rule {
        column: column.name,
        expected: kind.expected(),
        hint: kind.hint(),
    };
    let bad = |row: usize| values.get(row).is_some_and(|&value| !kind.allows(value));
    let found = |row: usize| values.get(row).map_or_else(String::new, f64::to_string);
    rule.check(values.len(), bad, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0.0, true)]
    #[case(-0.0, true)]
    #[case(7.0, true)]
    #[case(7.5, false)]
    #[case(-1.0, false)]
    #[case(SHIFT - 0.5, false)]
    #[case(SHIFT + 1.0, true)]
    #[case(1e300, true)]
    #[case(f64::INFINITY, false)]
    #[case(f64::NAN, false)]
    #[case(5e-324, false)]
    fn whole_numbers_are_told_from_others(#[case] value: f64, #[case] whole: bool) {
        assert_eq!(Kind::Count.allows(value), whole);
        let surely = Kind::Count.surely_allows(&[1.0, value]);
        assert!(surely == whole || (whole && value >= SHIFT));
        let column = Column {
            name: "frequency",
            values: &[1.0, value],
        };
        assert_eq!(check(column, Kind::Count).is_ok(), whole);
    }
}
