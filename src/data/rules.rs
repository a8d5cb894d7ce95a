//! How the rows of an order log become purchases: what is merged, what a negative amount means, what repeats.

use super::calendar::Grain;
use crate::{Error, Result};

/// Which rows of a customer are one purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Rows of the same period, at the beginning of that period.
    Period(Grain),
    /// Rows of the same order, at the earliest time of the order.
    Order,
    /// Each row is a purchase of its own.
    Nothing,
}

impl Merge {
    /// The rule of that name; none at all keeps each row apart.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such rule.
    pub fn parse(name: Option<&str>) -> Result<Self> {
        Ok(match name {
            None => Self::Nothing,
            Some("hour") => Self::Period(Grain::Hour),
            Some("day") => Self::Period(Grain::Day),
            Some("week") => Self::Period(Grain::Week),
            Some("month") => Self::Period(Grain::Month),
            Some("order") => Self::Order,
            Some(other) => {
                let expected = r#"be "hour", "day", "week", "month", "order" or None"#;
                return Err(unknown("merge", expected, other));
            }
        })
    }

    /// The grain that times are cut to.
    pub(crate) fn grain(self) -> Grain {
        match self {
            Self::Period(grain) => grain,
            Self::Order | Self::Nothing => Grain::Instant,
        }
    }
}

/// What a row with a negative amount does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundRule {
    /// It reduces the purchase that it follows, from the day it is dated.
    Net,
    /// It is left out and counted.
    Drop,
    /// It is a purchase like any other.
    Keep,
    /// It is an error.
    Raise,
}

impl RefundRule {
    /// The rule of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such rule.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "net" => Self::Net,
            "drop" => Self::Drop,
            "keep" => Self::Keep,
            "raise" => Self::Raise,
            other => {
                let expected = r#"be "net", "drop", "keep" or "raise""#;
                return Err(unknown("refunds", expected, other));
            }
        })
    }
}

/// What happens to rows that are equal to another in every column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateRule {
    /// They are used and counted.
    Keep,
    /// One of them is used, the others are left out and counted.
    Drop,
    /// They are an error.
    Raise,
}

impl DuplicateRule {
    /// The rule of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is no such rule.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "keep" => Self::Keep,
            "drop" => Self::Drop,
            "raise" => Self::Raise,
            other => {
                let expected = r#"be "keep", "drop" or "raise""#;
                return Err(unknown("duplicates", expected, other));
            }
        })
    }
}

/// The rules that a log is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Which rows are one purchase.
    pub merge: Merge,
    /// What negative amounts do.
    pub refunds: RefundRule,
    /// What happens to repeated rows.
    pub duplicates: DuplicateRule,
}

fn unknown(name: &str, expected: &str, found: &str) -> Error {
    Error::Parameter {
        name: name.to_owned(),
        expected: expected.to_owned(),
        found: format!("{found:?}"),
        hint: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_rules_are_refused_with_the_known_ones() {
        let errors = [
            Merge::parse(Some("fortnight")).unwrap_err(),
            RefundRule::parse("ignore").unwrap_err(),
            DuplicateRule::parse("").unwrap_err(),
        ];
        let texts = errors.map(|error| error.to_string());
        assert_eq!(
            texts,
            [
                r#"`merge` must be "hour", "day", "week", "month", "order" or None, got "fortnight""#,
                r#"`refunds` must be "net", "drop", "keep" or "raise", got "ignore""#,
                r#"`duplicates` must be "keep", "drop" or "raise", got """#,
            ]
        );
    }
}
