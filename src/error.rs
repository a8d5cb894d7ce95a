//! Everything that can go wrong, as one enum; each variant becomes one Python exception with the same fields.

use thiserror::Error;

/// The result of anything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A value in the user's data is not what the column must hold.
    #[error("column `{column}` must {expected}; row {row} has {found}{}{}", in_all(*.count), hinted(.hint))]
    Data {
        /// The column's name as the user knows it.
        column: String,
        /// What the column must be or do, completing "must ...".
        expected: String,
        /// The first offending row, counted from 0 in the order given.
        row: usize,
        /// What stands there.
        found: String,
        /// How many rows offend in all.
        count: usize,
        /// What to do about it; empty if there is nothing to add.
        hint: String,
    },

    /// There is nothing to work on.
    #[error("{what}{}", hinted(.hint))]
    Empty {
        /// What is empty, as a sentence.
        what: String,
        /// What to do about it; empty if there is nothing to add.
        hint: String,
    },

    /// Columns that belong together differ in length.
    #[error("column `{column}` has {found} rows, but `{reference}` has {expected}")]
    Length {
        /// The column that is too short or too long.
        column: String,
        /// Its length.
        found: usize,
        /// The column it is compared with.
        reference: String,
        /// The length of that column.
        expected: usize,
    },

    /// An argument is outside its range.
    #[error("`{name}` must {expected}, got {found}{}", hinted(.hint))]
    Parameter {
        /// The argument's name.
        name: String,
        /// What it must be or do, completing "must ...".
        expected: String,
        /// What was given.
        found: String,
        /// What to do about it; empty if there is nothing to add.
        hint: String,
    },

    /// Likelihood maximisation found no optimum at all (a fit that merely stopped early is returned with its status).
    #[error("{model} could not be fitted: {reason}{}", hinted(.hint))]
    Convergence {
        /// The model's name.
        model: String,
        /// Why, in words.
        reason: String,
        /// What to do about it; empty if there is nothing to add.
        hint: String,
    },

    /// The user asked to stop (Ctrl-C).
    #[error("interrupted")]
    Interrupted,
}

/// " (3 rows in all)", or nothing for a single row.
fn in_all(count: usize) -> String {
    if count > 1 {
        format!(" ({count} rows in all)")
    } else {
        String::new()
    }
}

/// The hint as a paragraph of its own, or nothing.
fn hinted(hint: &str) -> String {
    if hint.is_empty() {
        String::new()
    } else {
        format!("\n\nHint: {hint}")
    }
}
