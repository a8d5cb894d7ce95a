//! What there is in a log: looked at once, before the way through it is chosen.

use std::ops::Range;

use super::columns::{Customers, EventLog};
use crate::data::hash::Padded;
use crate::data::receipt::Dropped;
use crate::numeric::parallel;

/// What stands in a log, or in some rows of it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Survey {
    /// Rows that cannot be used.
    pub(super) dropped: Dropped,
    /// Rows that can.
    pub(super) usable: usize,
    /// The smallest and the largest integer that names a customer.
    pub(super) ids: (i64, i64),
    /// The first and the last time of a usable row.
    pub(super) times: (i64, i64),
    /// Whether every customer is named, and none before one that stood in an earlier row.
    pub(super) sorted: bool,
    /// Whether no usable row is earlier than one before it.
    pub(super) in_time: bool,
    /// Whether all text is short enough for one number, see [`Padded`].
    pub(super) short: bool,
    /// Whether there is an amount that is no number, or infinite.
    pub(super) not_finite: bool,
    /// Whether there is an amount below 0.
    pub(super) negative: bool,
}

impl Survey {
    fn new() -> Self {
        Self {
            dropped: Dropped::default(),
            usable: 0,
            ids: (i64::MAX, i64::MIN),
            times: (i64::MAX, i64::MIN),
            sorted: true,
            in_time: true,
            short: true,
            not_finite: false,
            negative: false,
        }
    }

    /// Looks at every row of a log.
    pub(super) fn of(log: &EventLog<'_>) -> Self {
        let parts = parallel::map_jobs(parallel::pieces(log.rows()), |rows| {
            let mut part = Self::new();
            part.look(log, rows);
            part
        });
        parts.iter().fold(Self::new(), Self::and)
    }

    fn look(&mut self, log: &EventLog<'_>, rows: Range<usize>) {
        match log.customer {
            Customers::Integers {
                values,
                missing,
                least,
            } => {
                let ids = Ends::of(&values[rows.clone()]);
                if missing.is_empty() && log.time_missing.is_empty() && least <= ids.low {
                    self.look_at_columns(log, rows, &ids);
                    return;
                }
                let mut last = values[rows.start.saturating_sub(1)];
                for row in rows {
                    let id = values[row];
                    self.sorted &= last <= id;
                    last = id;
                    if self.look_at(log, row, missing.hides(row) || id < least) {
                        self.ids = (self.ids.0.min(id), self.ids.1.max(id));
                    }
                }
            }
            Customers::Text { text, missing } => {
                for row in rows {
                    let string = text.get(row);
                    self.sorted = self.sorted && (row == 0 || text.get(row - 1) <= string);
                    self.short &= Padded::holds(string);
                    self.look_at(log, row, missing.hides(row));
                }
            }
        }
    }

    /// Looks at rows that can all be used, with these integers: column by column, which is quicker.
    fn look_at_columns(&mut self, log: &EventLog<'_>, rows: Range<usize>, ids: &Ends) {
        let times = Ends::of(&log.time[rows.clone()]);
        self.usable = rows.len();
        self.ids = (ids.low, ids.high);
        self.times = (times.low, times.high);
        // where one piece ends and the next one begins is looked at as well
        let before = rows.start.saturating_sub(1);
        self.sorted = match log.customer {
            Customers::Integers { values, .. } => values[before] <= values[rows.start],
            Customers::Text { .. } => false,
        };
        self.sorted &= ids.ascend;
        self.in_time = times.ascend;
        if let Some(amounts) = log.amount {
            for amount in &amounts[rows] {
                self.not_finite |= !amount.is_finite();
                self.negative |= *amount < 0.0;
            }
        }
    }

    /// Looks at a row and says whether it can be used.
    fn look_at(&mut self, log: &EventLog<'_>, row: usize, nobody: bool) -> bool {
        if nobody {
            self.dropped.missing_customer += 1;
            self.sorted = false;
            return false;
        }
        let Some(time) = log.time_of(row) else {
            self.dropped.missing_time += 1;
            return false;
        };
        self.usable += 1;
        self.in_time &= self.times.1 <= time;
        self.times = (self.times.0.min(time), self.times.1.max(time));
        if let Some(amounts) = log.amount {
            self.not_finite |= !amounts[row].is_finite();
            self.negative |= amounts[row] < 0.0;
        }
        true
    }

    fn and(self, next: &Self) -> Self {
        let mut dropped = self.dropped;
        dropped.add(next.dropped);
        Self {
            dropped,
            usable: self.usable + next.usable,
            ids: joined(self.ids, next.ids),
            times: joined(self.times, next.times),
            sorted: self.sorted && next.sorted,
            in_time: self.in_time && next.in_time && self.times.1 <= next.times.0,
            short: self.short && next.short,
            not_finite: self.not_finite || next.not_finite,
            negative: self.negative || next.negative,
        }
    }
}

/// The smallest and the largest of some integers, and whether none is smaller than the one before.
struct Ends {
    low: i64,
    high: i64,
    ascend: bool,
}

impl Ends {
    fn of(values: &[i64]) -> Self {
        let mut found = Self {
            low: i64::MAX,
            high: i64::MIN,
            ascend: values.is_sorted(),
        };
        for &value in values {
            found.low = found.low.min(value);
            found.high = found.high.max(value);
        }
        found
    }
}

fn joined(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}
