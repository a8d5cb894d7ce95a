//! One customer's rows in order of time: which are one purchase, which are refunds, and of what.

use std::cmp::Ordering;
use std::ops::Range;

use super::calendar::{DAY, Grain};
use super::group::Grouped;
use super::order_log::OrderLog;
use super::rules::{DuplicateRule, Merge, RefundRule, Rules};

/// One row of a log.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Line {
    time: i64,
    amount: f64,
    row: usize,
}

impl Line {
    pub(crate) fn of(log: &OrderLog<'_>, row: usize) -> Self {
        Self {
            time: log.time.values[row],
            amount: log.amount_of(row),
            row,
        }
    }
}

/// Lines that are one purchase, or refunds alone.
struct Group {
    time: i64,
    lines: Range<usize>,
    is_refund: bool,
}

/// Turns the rows of one customer after the other into compressed rows.
pub(crate) struct Grouper<'a> {
    log: &'a OrderLog<'a>,
    rules: Rules,
    grain: Grain,
    keeps_lines: bool,
}

impl<'a> Grouper<'a> {
    pub(crate) fn new(log: &'a OrderLog<'a>, rules: Rules) -> Self {
        Self {
            log,
            rules,
            grain: rules.merge.grain(),
            keeps_lines: log.order.is_some() || log.product.is_some(),
        }
    }

    /// Adds a customer, given all rows that have a time.
    pub(crate) fn add_customer(&self, customer: usize, lines: &mut Vec<Line>, out: &mut Grouped) {
        if lines.is_empty() {
            return;
        }
        lines.sort_unstable_by(|a, b| self.compare(a, b));
        self.count_duplicates(lines, out);
        self.count_refunds(lines, out);
        let before = out.times.len();
        for group in self.groups(lines) {
            let lines = &lines[group.lines.clone()];
            if !group.is_refund {
                self.add_purchase(group.time, lines, out);
            } else if out.times.len() > before {
                Self::add_refund(group.time, lines, out);
            } else {
                out.receipt.dropped.refunds_without_purchase += lines.len();
            }
        }
        if out.times.len() > before {
            out.customers.push(customer as i64);
            out.offsets.push(out.times.len() as i64);
            out.receipt.customers += 1;
        } else {
            out.receipt.customers_without_purchase += 1;
        }
    }

    /// Rows of one purchase side by side, and nothing left to the order in which rows came.
    fn compare(&self, a: &Line, b: &Line) -> Ordering {
        self.compare_orders(a, b)
            .then(a.time.cmp(&b.time))
            .then(a.amount.total_cmp(&b.amount))
            .then_with(|| self.log.compare_codes(a.row, b.row))
            .then(a.row.cmp(&b.row))
    }

    fn compare_orders(&self, a: &Line, b: &Line) -> Ordering {
        match (self.rules.merge, self.log.order) {
            (Merge::Order, Some(order)) => order.values[a.row].cmp(&order.values[b.row]),
            _ => Ordering::Equal,
        }
    }

    fn is_repeated(&self, a: &Line, b: &Line) -> bool {
        a.time == b.time
            && a.amount.total_cmp(&b.amount).is_eq()
            && self.log.compare_codes(a.row, b.row).is_eq()
    }

    fn count_duplicates(&self, lines: &mut Vec<Line>, out: &mut Grouped) {
        let repeats = lines
            .windows(2)
            .filter(|pair| self.is_repeated(&pair[0], &pair[1]));
        let mut count = 0;
        for pair in repeats {
            count += 1;
            let found = Some((pair[1].row, pair[0].row));
            if out.first_duplicate.is_none() || found < out.first_duplicate {
                out.first_duplicate = found;
            }
        }
        out.receipt.duplicates += count;
        if count > 0 && self.rules.duplicates == DuplicateRule::Drop {
            lines.dedup_by(|b, a| self.is_repeated(a, b));
            out.receipt.dropped.duplicates += count;
        }
    }

    fn count_refunds(&self, lines: &mut Vec<Line>, out: &mut Grouped) {
        let negative = || lines.iter().filter(|line| line.amount < 0.0);
        let count = negative().count();
        out.receipt.refunds += count;
        out.receipt.refund_amount -= negative().fold(0.0, |sum, line| sum + line.amount);
        if count > 0 && self.rules.refunds == RefundRule::Drop {
            lines.retain(|line| line.amount >= 0.0);
            out.receipt.dropped.refunds += count;
        }
    }

    /// The groups of a customer in order of time; at the same instant, what is bought comes before what is refunded.
    fn groups(&self, lines: &[Line]) -> Vec<Group> {
        let mut groups = Vec::with_capacity(lines.len());
        let mut start = 0;
        for run in lines.chunk_by(|a, b| self.is_same_purchase(a, b)) {
            let end = start + run.len();
            groups.push(Group {
                time: self.grain.floor(run[0].time),
                lines: start..end,
                is_refund: self.is_refund(run),
            });
            start = end;
        }
        if self.grain == Grain::Instant {
            groups.sort_by_key(|group| (group.time, group.is_refund));
        }
        groups
    }

    fn is_same_purchase(&self, a: &Line, b: &Line) -> bool {
        match self.rules.merge {
            Merge::Period(grain) => grain.floor(a.time) == grain.floor(b.time),
            Merge::Order => self.compare_orders(a, b).is_eq(),
            Merge::Nothing => false,
        }
    }

    /// Nothing but negative amounts, unless they are to count as purchases.
    fn is_refund(&self, lines: &[Line]) -> bool {
        self.rules.refunds != RefundRule::Keep && lines.iter().all(|line| line.amount < 0.0)
    }

    fn add_purchase(&self, time: i64, lines: &[Line], out: &mut Grouped) {
        let value = total(lines);
        out.times.push(time);
        out.values.push(value);
        let bought = lines
            .iter()
            .filter(|line| line.amount >= 0.0 || self.rules.refunds == RefundRule::Keep);
        out.receipt.merged += bought.count() - 1;
        out.receipt.purchases += 1;
        out.receipt.zero_amounts += usize::from(self.log.amount.is_some() && value == 0.0);
        if self.keeps_lines {
            self.add_lines(lines, out);
        }
        use_lines(lines, out);
    }

    fn add_lines(&self, lines: &[Line], out: &mut Grouped) {
        let rows = || lines.iter().map(|line| line.row);
        if let Some(order) = self.log.order {
            out.lines.orders.extend(rows().map(|row| order.values[row]));
        }
        if let Some(product) = self.log.product {
            out.lines
                .products
                .extend(rows().map(|row| product.values[row]));
        }
        if self.log.amount.is_some() {
            out.lines
                .amounts
                .extend(lines.iter().map(|line| line.amount));
        }
        let before = out.lines.offsets.last().copied().unwrap_or(0);
        out.lines.offsets.push(before + lines.len() as i64);
    }

    /// A refund of the last purchase that was added; those of one period are one.
    fn add_refund(time: i64, lines: &[Line], out: &mut Grouped) {
        let purchase = out.times.len() as i64 - 1;
        let refunds = &mut out.refunds;
        let same =
            refunds.purchases.last() == Some(&purchase) && refunds.times.last() == Some(&time);
        match refunds.amounts.last_mut() {
            Some(amount) if same => *amount += total(lines),
            _ => {
                refunds.purchases.push(purchase);
                refunds.times.push(time);
                refunds.amounts.push(total(lines));
            }
        }
        use_lines(lines, out);
    }
}

/// Adds up from +0, so that a total of nothing but -0 is 0.
fn total(lines: &[Line]) -> f64 {
    lines.iter().fold(0.0, |sum, line| sum + line.amount)
}

fn use_lines(lines: &[Line], out: &mut Grouped) {
    let receipt = &mut out.receipt;
    receipt.used += lines.len();
    for line in lines {
        receipt.first_time = receipt.first_time.min(line.time);
        receipt.last_time = receipt.last_time.max(line.time);
        out.whole_days &= line.time.rem_euclid(DAY) == 0;
    }
}
