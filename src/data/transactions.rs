//! A grouped log: one row a purchase, customer by customer and in order of time.

use std::ops::Range;

use super::calendar::{Cutoff, Grain};
use super::check::same_length;
use super::group::{Grouped, Lines, Refunds, group};
use super::order_log::OrderLog;
use super::receipt::Receipt;
use super::rules::{DuplicateRule, Merge, Rules};
use crate::{Error, Result};

/// The purchases of a log and what became of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Transactions {
    /// The grain of the times: ages are measured between periods of it.
    pub grain: Grain,
    /// The codes of the customers with at least one purchase, ascending.
    pub customers: Vec<i64>,
    /// Where the purchases of each customer begin; one entry more than there are customers.
    pub offsets: Vec<i64>,
    /// When each purchase was made: the beginning of its period, ascending within a customer.
    pub times: Vec<i64>,
    /// For how much, after refunds of the same period; later ones are kept apart, as they are known later.
    pub values: Option<Vec<f64>>,
    /// Later refunds.
    pub refunds: Refunds,
    /// The lines behind each purchase, where the log has orders or products.
    pub lines: Option<Lines>,
    /// What became of the rows.
    pub receipt: Receipt,
}

impl Transactions {
    /// Groups the rows of a log by customer and by the rules' periods or orders.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Data`] and [`Error::Parameter`] for columns that cannot be grouped by these rules,
    /// [`Error::Data`] for repeated rows where those are an error, [`Error::Empty`] if nothing is left.
    pub fn group(log: &OrderLog<'_>, rules: Rules) -> Result<Self> {
        log.check(rules)?;
        let grouped = group(log, rules);
        check_duplicates(log, rules, &grouped)?;
        check_not_empty(&grouped)?;
        let has_lines = log.order.is_some() || log.product.is_some();
        Ok(Self {
            grain: grain_of(rules.merge, grouped.whole_days),
            customers: grouped.customers,
            offsets: grouped.offsets,
            times: grouped.times,
            values: log.amount.map(|_| grouped.values),
            refunds: grouped.refunds,
            lines: has_lines.then_some(grouped.lines),
            receipt: grouped.receipt,
        })
    }

    /// The purchases, as what is computed from them reads them.
    pub fn history(&self) -> History<'_> {
        History {
            grain: self.grain,
            offsets: &self.offsets,
            times: &self.times,
            values: self.values.as_deref(),
            refunds: RefundColumns {
                purchases: &self.refunds.purchases,
                times: &self.refunds.times,
                amounts: &self.refunds.amounts,
            },
        }
    }
}

/// Instants where the log has times of day; a log of nothing but dates is one of days, however it is merged.
fn grain_of(merge: Merge, whole_days: bool) -> Grain {
    match merge.grain() {
        Grain::Instant if whole_days => Grain::Day,
        grain => grain,
    }
}

fn check_duplicates(log: &OrderLog<'_>, rules: Rules, grouped: &Grouped) -> Result<()> {
    match grouped.first_duplicate {
        Some((row, first)) if rules.duplicates == DuplicateRule::Raise => Err(Error::Data {
            column: log.names().join("`, `"),
            expected: r#"not hold the same row twice where duplicates="raise""#.to_owned(),
            row,
            found: format!("the same values as row {first}"),
            count: grouped.receipt.duplicates,
            hint: r#"duplicates="drop" uses one of them, "keep" all of them"#.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn check_not_empty(grouped: &Grouped) -> Result<()> {
    let receipt = &grouped.receipt;
    if receipt.purchases > 0 {
        return Ok(());
    }
    let dropped = receipt.dropped;
    let reasons = [
        (dropped.missing_customer, "without a customer"),
        (dropped.missing_time, "without a time"),
        (dropped.duplicates, "repeated"),
        (
            dropped.refunds + dropped.refunds_without_purchase,
            "with a negative amount and no purchase before",
        ),
    ];
    let reasons: Vec<String> = reasons
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} {reason}"))
        .collect();
    Err(Error::Empty {
        what: format!(
            "the log has no purchase: of {} rows, {}",
            receipt.rows,
            reasons.join(", ")
        ),
        hint: "are the columns the right ones?".to_owned(),
    })
}

/// Later refunds, borrowed: see [`Refunds`].
#[derive(Debug, Clone, Copy)]
pub struct RefundColumns<'a> {
    /// The purchase that is reduced, ascending.
    pub purchases: &'a [i64],
    /// When, ascending for a purchase.
    pub times: &'a [i64],
    /// By how much: negative amounts.
    pub amounts: &'a [f64],
}

/// The purchases of a log, borrowed: see [`Transactions`].
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    grain: Grain,
    offsets: &'a [i64],
    times: &'a [i64],
    values: Option<&'a [f64]>,
    refunds: RefundColumns<'a>,
}

/// The purchases of one customer up to a cutoff.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The customer's place in the log.
    pub(crate) customer: usize,
    /// The places of the purchases; at least one.
    pub(crate) purchases: Range<usize>,
}

impl<'a> History<'a> {
    /// The history that the columns of a [`Transactions`] hold.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::Data`] if they do not fit together.
    pub fn new(
        grain: Grain,
        offsets: &'a [i64],
        times: &'a [i64],
        values: Option<&'a [f64]>,
        refunds: RefundColumns<'a>,
    ) -> Result<Self> {
        if let Some(values) = values {
            same_length("values", values.len(), "times", times.len())?;
        }
        let rows = refunds.purchases.len();
        same_length(
            "refund_times",
            refunds.times.len(),
            "refund_purchases",
            rows,
        )?;
        same_length(
            "refund_amounts",
            refunds.amounts.len(),
            "refund_purchases",
            rows,
        )?;
        check_offsets(offsets, times.len())?;
        Ok(Self {
            grain,
            offsets,
            times,
            values,
            refunds,
        })
    }

    /// The grain of the times.
    pub fn grain(&self) -> Grain {
        self.grain
    }

    pub(crate) fn times(&self) -> &'a [i64] {
        self.times
    }

    pub(crate) fn has_values(&self) -> bool {
        self.values.is_some()
    }

    /// The number of customers.
    pub(crate) fn customers(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The purchases of a customer up to the cutoff, or none if the first comes after it.
    pub(crate) fn known(&self, customer: usize, cutoff: Cutoff) -> Option<Known> {
        let all = self.purchases_of(customer);
        let count = self.times[all.clone()].partition_point(|&time| time <= cutoff.last);
        (count > 0).then_some(Known {
            customer,
            purchases: all.start..all.start + count,
        })
    }

    /// The places of all purchases of a customer.
    pub(crate) fn purchases_of(&self, customer: usize) -> Range<usize> {
        // Checked when the history was made: offsets are positions in `times`.
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }

    /// The value of some purchases after the refunds that are known at the cutoff.
    pub(crate) fn value(&self, purchases: Range<usize>, cutoff: Cutoff) -> f64 {
        let values = self.values.unwrap_or_default();
        let bought = values
            .get(purchases.clone())
            .unwrap_or_default()
            .iter()
            .fold(0.0, |sum, value| sum + value);
        self.refunds(purchases)
            .filter(|(time, _)| *time <= cutoff.last)
            .fold(bought, |sum, (_, amount)| sum + amount)
    }

    /// Times and amounts of the later refunds of some purchases.
    pub(crate) fn refunds(&self, purchases: Range<usize>) -> impl Iterator<Item = (i64, f64)> {
        let before = |end: usize| {
            let refunds = self.refunds.purchases;
            refunds.partition_point(|&purchase| purchase < end as i64)
        };
        let places = before(purchases.start)..before(purchases.end);
        let times = self.refunds.times[places.clone()].iter().copied();
        times.zip(self.refunds.amounts[places].iter().copied())
    }
}

fn check_offsets(offsets: &[i64], purchases: usize) -> Result<()> {
    let ascend = offsets.is_sorted_by(|a, b| a < b);
    let ends = offsets.first() == Some(&0) && offsets.last() == Some(&(purchases as i64));
    if ascend && ends {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "offsets".to_owned(),
        expected: format!("ascend from 0 to {purchases}, the number of purchases"),
        found: "something else".to_owned(),
        hint: String::new(),
    })
}
