//! A log as the kernel reads it: in the caller's own memory.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Result;
use crate::data::check::same_length;
use crate::data::mask::Mask;
use crate::data::text::Text;

/// Who bought, row by row.
#[derive(Debug, Clone, Copy)]
pub enum Customers<'a> {
    /// Integers as they stand in the column.
    Integers {
        /// One a row.
        values: &'a [i64],
        /// Where there is none.
        missing: Mask<'a>,
        /// The smallest integer that names somebody: 0 for codes, of which negative ones name nobody.
        least: i64,
    },
    /// Text.
    Text {
        /// One a row.
        text: Text<'a>,
        /// Where there is none.
        missing: Mask<'a>,
    },
}

impl Customers<'_> {
    /// The number of rows.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Integers { values, .. } => values.len(),
            Self::Text { text, .. } => text.len(),
        }
    }
}

/// The columns of a log that purchases are made from.
#[derive(Debug, Clone, Copy)]
pub struct EventLog<'a> {
    /// Who bought.
    pub customer: Customers<'a>,
    /// When, as an instant by the wall clock.
    pub time: &'a [i64],
    /// Where there is no time.
    pub time_missing: Mask<'a>,
    /// For how much.
    pub amount: Option<&'a [f64]>,
    /// Set from elsewhere to end soon; what is found is then of no use.
    pub stop: &'a AtomicBool,
}

impl EventLog<'_> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.time.len()
    }

    /// Passes if the columns are equally long.
    pub(super) fn check(&self) -> Result<()> {
        let rows = self.rows();
        same_length("customer", self.customer.rows(), "time", rows)?;
        same_length(
            "amount",
            self.amount.map_or(rows, <[f64]>::len),
            "time",
            rows,
        )
    }

    /// Whether nobody waits for what is found.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// When a row happened, if that is known.
    pub(crate) fn time_of(&self, row: usize) -> Option<i64> {
        (!self.time_missing.hides(row)).then(|| self.time[row])
    }
}
