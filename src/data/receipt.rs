//! What became of the rows of a log: nothing is lost without being counted.

use serde::{Deserialize, Serialize};

use crate::numeric::ExactSum;

/// How many rows were read, used, dropped and merged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Rows read: used and dropped ones.
    pub rows: usize,
    /// Rows that became part of a purchase, or of a refund of one.
    pub used: usize,
    /// Rows that were left out.
    pub dropped: Dropped,
    /// Rows that were merged into the purchase of another row.
    pub merged: usize,
    /// Rows equal to another in every column read, kept or not.
    pub duplicates: usize,
    /// Rows with a negative amount, used or not.
    pub refunds: usize,
    /// The sum of those amounts, without its sign.
    pub refund_amount: ExactSum,
    /// Purchases of a total of exactly 0.
    pub zero_amounts: usize,
    /// Customers with at least one purchase.
    pub customers: usize,
    /// Customers with refunds only, who are left out.
    pub customers_without_purchase: usize,
    /// Purchases after merging.
    pub purchases: usize,
    /// The first instant of a used row.
    pub first_time: i64,
    /// The last instant of a used row.
    pub last_time: i64,
}

impl Receipt {
    /// Adds what became of other rows.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.used += other.used;
        self.dropped.add(other.dropped);
        self.merged += other.merged;
        self.duplicates += other.duplicates;
        self.refunds += other.refunds;
        self.refund_amount.merge(&other.refund_amount);
        self.zero_amounts += other.zero_amounts;
        self.customers += other.customers;
        self.customers_without_purchase += other.customers_without_purchase;
        self.purchases += other.purchases;
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
    }
}

/// Rows that were left out, by reason; a row is counted under the first that applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// No customer.
    pub missing_customer: usize,
    /// No time.
    pub missing_time: usize,
    /// Equal to another row, where duplicates are to be dropped.
    pub duplicates: usize,
    /// A negative amount, where refunds are to be dropped.
    pub refunds: usize,
    /// A negative amount before the customer's first purchase.
    pub refunds_without_purchase: usize,
}

impl Dropped {
    pub(crate) fn add(&mut self, other: Self) {
        self.missing_customer += other.missing_customer;
        self.missing_time += other.missing_time;
        self.duplicates += other.duplicates;
        self.refunds += other.refunds;
        self.refunds_without_purchase += other.refunds_without_purchase;
    }

    /// Rows left out for any reason.
    pub fn total(self) -> usize {
        self.missing_customer
            + self.missing_time
            + self.duplicates
            + self.refunds
            + self.refunds_without_purchase
    }
}
