//! Looking for rows that break a rule, and saying so.

use crate::numeric::parallel;
use crate::{Error, Result};

/// A rule that every row of a column must keep.
pub(crate) struct Rule<'a> {
    /// The column's name as the user knows it.
    pub(crate) column: &'a str,
    /// What each value must be or do, completing "must ...".
    pub(crate) expected: &'a str,
    /// What to do about it; empty if there is nothing to add.
    pub(crate) hint: &'a str,
}

impl Rule<'_> {
    /// Passes if no row of `rows` is `bad`; otherwise an error with the first bad row, what stands there (`found`) and
    /// how many bad rows there are.
    pub(crate) fn check(
        &self,
        rows: usize,
        bad: impl Fn(usize) -> bool + Sync,
        found: impl Fn(usize) -> String,
    ) -> Result<()> {
        if !parallel::any(rows, &bad) {
            return Ok(());
        }
        let first = (0..rows).find(|&row| bad(row)).unwrap_or_default();
        Err(Error::Data {
            column: self.column.to_owned(),
            expected: self.expected.to_owned(),
            row: first,
            found: found(first),
            count: (first..rows).filter(|&row| bad(row)).count(),
            hint: self.hint.to_owned(),
        })
    }
}

/// Passes if `column` is as long as `reference`.
pub(crate) fn same_length(
    column: &str,
    found: usize,
    reference: &str,
    expected: usize,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Length {
        column: column.to_owned(),
        found,
        reference: reference.to_owned(),
        expected,
    })
}
