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
    ///
    /// # Examples
    /// ```
    /// use tenure::data::calendar::{DAY, Unit};
    /// use tenure::data::{Column, DuplicateRule, Merge, OrderLog, RefundRule, Rules, Transactions, summary::summarize};
    ///
    /// let log = OrderLog {
    ///     customer: Column { name: "customer_id", values: &[0, 1, 0, 0] },
    ///     customers: 2,
    ///     time: Column { name: "date", values: &[0, 7 * DAY, 14 * DAY, 14 * DAY] },
    ///     time_missing: None,
    ///     amount: Some(Column { name: "amount", values: &[10.0, 5.0, 12.0, 18.0] }),
    ///     order: None,
    ///     product: None,
    ///     attributes: Vec::new(),
    /// };
    /// let rules = Rules {
    ///     merge: Merge::parse(Some("day"))?,
    ///     refunds: RefundRule::Net,
    ///     duplicates: DuplicateRule::Keep,
    /// };
    /// let grouped = Transactions::group(&log, rules)?;
    /// assert_eq!(grouped.values, Some(vec![10.0, 30.0, 5.0]));
    ///
    /// let as_of = grouped.grain.cutoff(14 * DAY, true);
    /// let summary = summarize(&grouped.history(), as_of, Unit::Week)?;
    /// assert_eq!((summary.recency, summary.t), (vec![2.0, 0.0], vec![2.0, 1.0]));
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn group(log: &OrderLog<'_>, rules: Rules) -> Result<Self> {
        let part = Self::group_part(log, rules)?;
        check_not_empty(&part.receipt)?;
        Ok(part)
    }

    /// Groups rows of some customers of a log, none of whom need have bought anything.
    ///
    /// # Errors
    /// As [`Self::group`], except that there may be no purchase.
    pub fn group_part(log: &OrderLog<'_>, rules: Rules) -> Result<Self> {
        log.check(rules)?;
        let grouped = group(log, rules);
        check_duplicates(log, rules, &grouped)?;
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
pub(super) fn grain_of(merge: Merge, whole_days: bool) -> Grain {
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

fn check_not_empty(receipt: &Receipt) -> Result<()> {
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
    /// When.
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
        check_offsets("offsets", offsets, times.len())?;
        check_refunds(refunds.purchases, times.len())?;
        Ok(Self {
            grain,
            offsets,
            times,
            values,
            refunds,
        })
    }

    /// The history of grouped rows.
    pub(crate) fn of_grouped(grain: Grain, rows: &'a Grouped) -> Self {
        Self {
            grain,
            offsets: &rows.offsets,
            times: &rows.times,
            values: Some(&rows.values),
            refunds: RefundColumns {
                purchases: &rows.refunds.purchases,
                times: &rows.refunds.times,
                amounts: &rows.refunds.amounts,
            },
        }
    }

    /// The grain of the times.
    pub fn grain(&self) -> Grain {
        self.grain
    }

    pub(crate) fn times(&self) -> &'a [i64] {
        self.times
    }

    pub(crate) fn values(&self) -> Option<&'a [f64]> {
        self.values
    }

    pub(crate) fn refund_columns(&self) -> RefundColumns<'a> {
        self.refunds
    }

    /// Whether the log has amounts.
    pub fn has_values(&self) -> bool {
        self.values.is_some()
    }

    /// The number of customers.
    pub(crate) fn customers(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The purchases of a customer up to the cutoff, or none if the first comes after it.
    pub(crate) fn known(&self, customer: usize, cutoff: Cutoff) -> Option<Known> {
        let all = self.purchases_of(customer);
        let times = &self.times[all.clone()];
        let count = match times.last() {
            Some(&last) if last <= cutoff.last => times.len(),
            _ => times.partition_point(|&time| time <= cutoff.last),
        };
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
        let places = self.refund_places(purchases);
        let times = self.refunds.times[places.clone()].iter().copied();
        times.zip(self.refunds.amounts[places].iter().copied())
    }

    /// The places of the later refunds of some purchases.
    pub(crate) fn refund_places(&self, purchases: Range<usize>) -> Range<usize> {
        let before = |end: usize| {
            let refunds = self.refunds.purchases;
            refunds.partition_point(|&purchase| purchase < end as i64)
        };
        before(purchases.start)..before(purchases.end)
    }
}

/// Passes if each of the groups that the offsets cut `items` items into has at least one.
pub(crate) fn check_offsets(name: &str, offsets: &[i64], items: usize) -> Result<()> {
    let ascend = offsets.is_sorted_by(|a, b| a < b);
    let ends = offsets.first() == Some(&0) && offsets.last() == Some(&(items as i64));
    if ascend && ends {
        return Ok(());
    }
    Err(Error::Parameter {
        name: name.to_owned(),
        expected: format!("ascend from 0 to {items}"),
        found: "something else".to_owned(),
        hint: String::new(),
    })
}

fn check_refunds(purchases: &[i64], all: usize) -> Result<()> {
    let known = |purchase: &i64| (0..all as i64).contains(purchase);
    if purchases.is_sorted() && purchases.iter().all(known) {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "refund_purchases".to_owned(),
        expected: format!("rise among the places of the {all} purchases"),
        found: "something else".to_owned(),
        hint: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::calendar::{DAY, Unit};
    use super::super::rules::RefundRule;
    use super::super::split::split;
    use super::super::summary::{activity, summarize};
    use super::super::{Column, attributes::attributes};
    use super::*;
    use proptest::prelude::*;

    const MERGES: [Merge; 6] = [
        Merge::Period(Grain::Hour),
        Merge::Period(Grain::Day),
        Merge::Period(Grain::Week),
        Merge::Period(Grain::Month),
        Merge::Order,
        Merge::Nothing,
    ];

    fn instant() -> impl Strategy<Value = i64> {
        let extremes = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX];
        prop_oneof![
            proptest::sample::select(extremes.to_vec()),
            -40 * DAY..40 * DAY,
            any::<i64>()
        ]
    }

    fn row() -> impl Strategy<Value = (i64, i64, f64, i64, bool)> {
        (
            -1..4_i64,
            instant(),
            -50.0..50.0,
            0..5_i64,
            proptest::bool::weighted(0.1),
        )
    }

    proptest! {
        #[test]
        fn no_log_is_too_strange(
            rows in proptest::collection::vec(row(), 1..40),
            merge in 0..MERGES.len(),
            refunds in 0..3_usize,
            (at, until) in (instant(), instant()),
            whole_day in any::<bool>(),
        ) {
            let customer: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let time: Vec<i64> = rows.iter().map(|row| row.1).collect();
            let amount: Vec<f64> = rows.iter().map(|row| row.2).collect();
            let order: Vec<i64> = rows.iter().map(|row| row.3).collect();
            let missing: Vec<bool> = rows.iter().map(|row| row.4).collect();
            let codes = Column { name: "order", values: &order };
            let log = OrderLog {
                customer: Column { name: "customer", values: &customer },
                customers: 4,
                time: Column { name: "time", values: &time },
                time_missing: Some(&missing),
                amount: Some(Column { name: "amount", values: &amount }),
                order: Some(codes),
                product: None,
                attributes: vec![codes],
            };
            let rules = Rules {
                merge: MERGES[merge],
                refunds: [RefundRule::Net, RefundRule::Drop, RefundRule::Keep][refunds],
                duplicates: DuplicateRule::Drop,
            };
            let Ok(grouped) = Transactions::group(&log, rules) else { return Ok(()) };
            let receipt = &grouped.receipt;
            prop_assert_eq!(receipt.rows, rows.len());
            prop_assert_eq!(receipt.used + receipt.dropped.total(), receipt.rows);
            prop_assert_eq!(receipt.purchases, grouped.times.len());
            let lines = grouped.lines.as_ref().map_or(0, |lines| lines.orders.len());
            prop_assert!(receipt.purchases + receipt.merged <= lines && lines <= receipt.used);
            for one in attributes(&log, &grouped) {
                prop_assert_eq!(one.codes.len(), receipt.customers);
            }
            let history = grouped.history();
            let at = grouped.grain.cutoff(at, whole_day);
            let until = grouped.grain.cutoff(until, whole_day);
            for unit in [Unit::Hour, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year] {
                if let Ok(summary) = summarize(&history, at, unit) {
                    for (recency, t) in summary.recency.iter().zip(&summary.t) {
                        prop_assert!((0.0..=*t).contains(recency));
                    }
                }
                if let Ok(split) = split(&history, at, until, unit) {
                    prop_assert!(split.duration > 0.0);
                }
            }
            if let Ok(activity) = activity(&history, at) {
                prop_assert!(activity.recency_days.iter().all(|&days| days >= 0.0));
            }
        }
    }

    #[test]
    fn columns_that_do_not_fit_together_are_refused() {
        let none = RefundColumns {
            purchases: &[],
            times: &[],
            amounts: &[],
        };
        let make = |offsets, times, values, refunds| {
            History::new(Grain::Day, offsets, times, values, refunds).map(|_| ())
        };
        assert!(make(&[0, 1, 3], &[1, 2, 3], None, none).is_ok());
        for offsets in [
            &[] as &[i64],
            &[0],
            &[0, 2, 1, 3],
            &[0, 2],
            &[-1, 3],
            &[0, 4],
        ] {
            assert!(make(offsets, &[1, 2, 3], None, none).is_err());
        }
        assert!(make(&[0, 1], &[1], Some(&[]), none).is_err());
        let uneven = RefundColumns {
            purchases: &[0],
            ..none
        };
        assert!(make(&[0, 1], &[1], None, uneven).is_err());
    }
}
