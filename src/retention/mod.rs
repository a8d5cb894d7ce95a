//! Who comes back: what customers do period after period, and how that changes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places and counts are int64, as in NumPy, and are checked where they come in"
)]

pub mod engagement;
pub mod growth;
pub mod ledger;
pub mod lifecycle;
mod pairs;
pub mod returns;
pub mod revenue;
pub mod streaks;

pub use ledger::Ledger;

use std::ops::Range;

use crate::numeric::parallel;
use crate::{Error, Result};

/// Customers who are counted together. A fixed number, so that sums of money are added up in the same order whatever
/// the machine; many enough that tables of every day of some years are few.
const SPAN: usize = 1 << 15;

/// What `count` finds for each span of the customers of a ledger, put together in their order.
fn over_customers<R: Send>(
    ledger: &Ledger<'_>,
    count: impl Fn(Range<usize>) -> R + Sync,
    mut join: impl FnMut(R, &R) -> R,
) -> Option<R> {
    let parts = parallel::map_spans(ledger.customers(), SPAN, count);
    parts.into_iter().reduce(|sum, part| join(sum, &part))
}

/// Adds the numbers of another column to those of this one, place by place.
fn add_to<T: Copy + std::ops::AddAssign>(sum: &mut [T], other: &[T]) {
    for (sum, other) in sum.iter_mut().zip(other) {
        *sum += *other;
    }
}

/// Makes running totals of what is gained and lost at each place.
fn accumulate(changes: &mut [i64]) {
    let mut total = 0;
    for change in changes {
        total += *change;
        *change = total;
    }
}

/// Passes if a number of periods is at least 1.
fn at_least_one(name: &str, periods: usize) -> Result<()> {
    if periods >= 1 {
        return Ok(());
    }
    Err(Error::Parameter {
        name: name.to_owned(),
        expected: "be at least 1".to_owned(),
        found: periods.to_string(),
        hint: String::new(),
    })
}
