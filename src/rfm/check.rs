//! What the values of a dimension must be.

use super::BLOCK;
use crate::data::Column;
use crate::data::check::Rule;
use crate::numeric::parallel;
use crate::{Error, Result};

/// 2^52: a whole number from 0 on, added to it, stands in the lowest bits of the sum.
pub(super) const SHIFT: f64 = 4_503_599_627_370_496.0;

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
            Self::Days => is_days(value),
            Self::Count => is_whole(value),
            Self::Number => value.is_finite(),
        }
    }
}

#[expect(
    clippy::manual_range_contains,
    clippy::needless_bitwise_bool,
    reason = "branches are what slows"
)]
fn is_days(value: f64) -> bool {
    (value >= 0.0) & (value < f64::INFINITY)
}

/// Whether a number is a whole one from 0 on. From 2^52 on all finite ones are; below, adding that rounds to whole
/// numbers. (Instructions that round are not part of every processor's.)
#[expect(
    clippy::float_cmp,
    clippy::needless_bitwise_bool,
    reason = "rounding is exact; branches are what slows"
)]
pub(super) fn is_whole(value: f64) -> bool {
    let rounded = (value + SHIFT) - SHIFT;
    is_days(value) & ((rounded == value) | (value >= SHIFT))
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
    let fine = match kind {
        Kind::Days => all(values, is_days),
        Kind::Count => all(values, is_whole),
        Kind::Number => all(values, f64::is_finite),
    };
    if fine {
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

/// Whether all values are `fine`; asked of all, without a branch, which the compiler does for several at a time.
fn all(values: &[f64], fine: impl Fn(f64) -> bool + Sync) -> bool {
    let of_block = |block: &[f64]| block.iter().fold(true, |all, &value| all & fine(value));
    !parallel::map_blocks(values, BLOCK, of_block).contains(&false)
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
        assert_eq!(is_whole(value), whole);
        assert_eq!(Kind::Count.allows(value), whole);
    }
}
