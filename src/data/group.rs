//! Grouping: the rows of a log, brought together by customer and put in order of time, become compressed rows.
//!
//! Rows are brought together by a counting sort over the customer codes. Within a customer they are sorted by
//! everything that is known of them before anything is added up, so that no bit of the result depends on the order in
//! which they came; customers are then worked through in parallel, in chunks of a fixed size.

use super::merge::{Grouper, Line};
use super::order_log::OrderLog;
use super::receipt::{Dropped, Receipt};
use super::rules::Rules;
use crate::numeric::parallel;

/// Compressed rows: the purchases of many customers, one after the other.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// The codes of the customers with at least one purchase, ascending.
    pub(crate) customers: Vec<i64>,
    /// Where the purchases of each customer begin; one entry more than there are customers.
    pub(crate) offsets: Vec<i64>,
    /// When each purchase was made, ascending within a customer.
    pub(crate) times: Vec<i64>,
    /// For how much, after refunds of the same period.
    pub(crate) values: Vec<f64>,
    /// Later refunds.
    pub(crate) refunds: Refunds,
    /// The lines behind each purchase.
    pub(crate) lines: Lines,
    /// What became of the rows.
    pub(crate) receipt: Receipt,
    /// The first row that repeats another, and the row that it repeats.
    pub(crate) first_duplicate: Option<(usize, usize)>,
    /// Whether every time is the beginning of a day; looked at where times are not cut to periods.
    pub(crate) whole_days: bool,
}

/// Refunds dated after the period of the purchase that they reduce, in the order of those purchases and then in time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Refunds {
    /// The purchase that is reduced, by its place among all purchases.
    pub purchases: Vec<i64>,
    /// When.
    pub times: Vec<i64>,
    /// By how much: negative amounts.
    pub amounts: Vec<f64>,
}

/// The lines behind each purchase; a column that the log lacks is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lines {
    /// Where the lines of each purchase begin; one entry more than there are purchases.
    pub offsets: Vec<i64>,
    /// The order of each line.
    pub orders: Vec<i64>,
    /// The product of each line.
    pub products: Vec<i64>,
    /// The amount of each line.
    pub amounts: Vec<f64>,
}

impl Grouped {
    pub(crate) fn new() -> Self {
        Self {
            customers: Vec::new(),
            offsets: vec![0],
            times: Vec::new(),
            values: Vec::new(),
            refunds: Refunds::default(),
            lines: Lines {
                offsets: vec![0],
                ..Lines::default()
            },
            receipt: Receipt {
                first_time: i64::MAX,
                last_time: i64::MIN,
                ..Receipt::default()
            },
            first_duplicate: None,
            whole_days: true,
        }
    }

    /// Forgets the customers, but not what became of their rows.
    pub(crate) fn forget_customers(&mut self) {
        self.customers.clear();
        self.offsets.truncate(1);
        self.times.clear();
        self.values.clear();
        self.refunds.purchases.clear();
        self.refunds.times.clear();
        self.refunds.amounts.clear();
    }

    /// What became of all rows, given how many there were and which of them never came here.
    pub(crate) fn settle(&mut self, rows: usize, unusable: Dropped) -> Receipt {
        let receipt = &mut self.receipt;
        receipt.rows = rows;
        receipt.dropped.add(unusable);
        receipt.clone()
    }

    /// Adds the customers of `next`, whose codes come after ours.
    pub(crate) fn append(&mut self, next: Self) {
        self.append_fate(&next);
        let purchases = self.times.len() as i64;
        let lines = self.lines.offsets.last().copied().unwrap_or(0);
        extend_shifted(&mut self.offsets, &next.offsets[1..], purchases);
        self.customers.extend(next.customers);
        self.times.extend(next.times);
        self.values.extend(next.values);
        extend_shifted(
            &mut self.refunds.purchases,
            &next.refunds.purchases,
            purchases,
        );
        self.refunds.times.extend(next.refunds.times);
        self.refunds.amounts.extend(next.refunds.amounts);
        extend_shifted(&mut self.lines.offsets, &next.lines.offsets[1..], lines);
        self.lines.orders.extend(next.lines.orders);
        self.lines.products.extend(next.lines.products);
        self.lines.amounts.extend(next.lines.amounts);
    }

    /// Adds what became of the rows of `next`.
    pub(crate) fn append_fate(&mut self, next: &Self) {
        self.receipt.add(&next.receipt);
        self.first_duplicate = match (self.first_duplicate, next.first_duplicate) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.whole_days &= next.whole_days;
    }
}

fn extend_shifted(positions: &mut Vec<i64>, more: &[i64], shift: i64) {
    positions.extend(more.iter().map(|position| position + shift));
}

/// Groups a log that has been checked.
pub(crate) fn group(log: &OrderLog<'_>, rules: Rules) -> Grouped {
    let by_customer = LinesByCustomer::of(log);
    let grouper = Grouper::new(log, rules);
    let customers: Vec<usize> = (0..log.customers).collect();
    let parts = parallel::map_chunks(&customers, |chunk| {
        let mut part = Grouped::new();
        let mut lines = Vec::new();
        for &customer in chunk {
            lines.clear();
            lines.extend_from_slice(by_customer.of_customer(customer));
            grouper.add_customer(customer as i64, &mut lines, &mut part);
        }
        part
    });
    let mut all = Grouped::new();
    for part in parts {
        all.append(part);
    }
    all.settle(log.rows(), by_customer.dropped);
    all
}

/// The rows that have a customer and a time, customer by customer.
struct LinesByCustomer {
    offsets: Vec<usize>,
    lines: Vec<Line>,
    dropped: Dropped,
}

impl LinesByCustomer {
    /// Counting sort: count the rows of each customer, then put each row where its customer's next one goes.
    fn of(log: &OrderLog<'_>) -> Self {
        let mut dropped = Dropped::default();
        let mut offsets = vec![0; log.customers + 1];
        for row in 0..log.rows() {
            match log.customer_of(row) {
                None => dropped.missing_customer += 1,
                Some(_) if !log.has_time(row) => dropped.missing_time += 1,
                Some(customer) => offsets[customer + 1] += 1,
            }
        }
        for customer in 0..log.customers {
            offsets[customer + 1] += offsets[customer];
        }
        let mut next = offsets.clone();
        let mut lines = vec![Line::default(); offsets[log.customers]];
        for row in (0..log.rows()).filter(|&row| log.has_time(row)) {
            if let Some(customer) = log.customer_of(row) {
                lines[next[customer]] = Line::of(log, row);
                next[customer] += 1;
            }
        }
        Self {
            offsets,
            lines,
            dropped,
        }
    }

    fn of_customer(&self, customer: usize) -> &[Line] {
        &self.lines[self.offsets[customer]..self.offsets[customer + 1]]
    }
}
