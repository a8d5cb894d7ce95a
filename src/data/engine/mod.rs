//! The grouping kernel: from the columns of a log to its customers, one after the other, without codes.
//!
//! Rows go once into partitions of customers that fit the cache (`scatter`); a partition is then put in order by
//! customer there (`fold`). How rows find their partition depends on what the identifiers are (`plan`): integers
//! that lie close together need neither a hash nor a sort, and a log that comes customer by customer no partitions at
//! all. What is made of a customer's rows is up to a `Sink`.
//!
//! A customer's rows are sorted by everything that is known of them before anything is added up, so that no bit of a
//! result depends on the order of the rows, on the way that was chosen, or on the number of threads.

mod columns;
mod dense;
mod each;
mod entry;
mod fold;
mod gather;
mod hashed;
mod names;
mod plan;
mod purchases;
mod scatter;
mod summaries;
mod survey;

pub use columns::{Customers, EventLog};
pub(crate) use each::each_customer;
pub use gather::{PurchaseColumns, Purchases, gather_purchases};
pub use plan::Plan;
pub use summaries::{Summaries, SummaryColumns, summarize_events};

/// What takes up the customers of a log, a part of them after the other.
pub(crate) trait Sink<E>: Send {
    /// Makes room for so many customers at most.
    fn reserve(&mut self, _customers: usize) {}

    /// Takes up a customer with all rows that have a time, at least one, in any order.
    fn add(&mut self, customer: u128, rows: &mut [E]);
}

/// The name of a customer who is an integer; names order as the integers do.
fn name_of(id: i64) -> u128 {
    u128::from(id.cast_unsigned() ^ 1 << 63)
}

/// The integer that a customer is named by.
fn integer_of(name: u128) -> i64 {
    (name as u64 ^ 1 << 63).cast_signed()
}

#[cfg(test)]
mod tests;
