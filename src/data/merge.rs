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
    /// A row of which no more is known.
    pub(crate) fn new(time: i64, amount: f64) -> Self {
        Self {
            time,
            amount,
            row: 0,
        }
    }

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

/// A negative amount that is dated after the period of the purchase that it reduces.
struct Refund {
    purchase: i64,
    time: i64,
    amount: f64,
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
    pub(crate) fn add_customer(&self, customer: i64, lines: &mut Vec<Line>, out: &mut Grouped) {
        if lines.is_empty() {
            return;
        }
        lines.sort_unstable_by(|a, b| self.compare(a, b));
        self.count_duplicates(lines, out);
        self.count_refunds(lines, out);
        let before = out.times.len();
        let mut refunds = Vec::new();
        for group in self.groups(lines) {
            let lines = &lines[group.lines.clone()];
            if !group.is_refund {
                self.add_purchase(group.time, lines, out);
                let later = lines
                    .iter()
                    .filter(|line| self.is_later_refund(group.time, line));
                self.note_refunds(later, &mut refunds, out);
            } else if out.times.len() > before {
                self.note_refunds(lines, &mut refunds, out);
            } else {
                out.receipt.dropped.refunds_without_purchase += lines.len();
            }
        }
        add_refunds(refunds, out);
        if out.times.len() > before {
            out.customers.push(customer);
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
        for line in negative() {
            out.receipt.refund_amount.add(-line.amount);
        }
        if count > 0 && self.rules.refunds == RefundRule::Drop {
            lines.retain(|line| line.amount >= 0.0);
            out.receipt.dropped.refunds += count;
        }
    }

    /// The groups of a customer in order of time; at the same instant, what is bought comes before what is refunded.
    fn groups(&self, lines: &[Line]) -> Vec<Group> {
        let mut groups = Vec::with_capacity(lines.len());
        let mut start = 0;
        while start < lines.len() {
            let rest = &lines[start..];
            let time = self.grain.floor(rest[0].time);
            let run = &rest[..self.length_of_group(time, rest)];
            groups.push(Group {
                time,
                lines: start..start + run.len(),
                is_refund: self.is_refund(run),
            });
            start += run.len();
        }
        if self.grain == Grain::Instant {
            groups.sort_by_key(|group| (group.time, group.is_refund));
        }
        groups
    }

    /// How many of the lines, the first of which is in the period that begins at `time`, are one purchase: at least 1.
    fn length_of_group(&self, time: i64, lines: &[Line]) -> usize {
        let (first, rest) = (&lines[0], &lines[1..]);
        let same = match self.rules.merge {
            Merge::Period(grain) => {
                let next = grain.next(time);
                rest.iter().take_while(|line| line.time < next).count()
            }
            Merge::Order => {
                let is_same = |line: &&Line| self.compare_orders(first, line).is_eq();
                rest.iter().take_while(is_same).count()
            }
            Merge::Nothing => 0,
        };
        same + 1
    }

    /// Nothing but negative amounts, unless they are to count as purchases.
    fn is_refund(&self, lines: &[Line]) -> bool {
        self.rules.refunds != RefundRule::Keep && lines.iter().all(|line| line.amount < 0.0)
    }

    /// A line that refunds part of its own order later: it is not known yet when the order is made.
    fn is_later_refund(&self, time: i64, line: &Line) -> bool {
        self.rules.merge == Merge::Order
            && self.rules.refunds != RefundRule::Keep
            && line.amount < 0.0
            && line.time > time
    }

    fn add_purchase(&self, time: i64, lines: &[Line], out: &mut Grouped) {
        let known = || {
            lines
                .iter()
                .filter(|line| !self.is_later_refund(time, line))
        };
        let value = total(known());
        out.times.push(time);
        out.values.push(value);
        let bought =
            known().filter(|line| line.amount >= 0.0 || self.rules.refunds == RefundRule::Keep);
        out.receipt.merged += bought.count() - 1;
        out.receipt.purchases += 1;
        out.receipt.zero_amounts += usize::from(self.log.amount.is_some() && value == 0.0);
        if self.keeps_lines {
            self.add_lines(known(), out);
        }
        self.use_lines(known(), out);
    }

    fn add_lines<'l>(&self, lines: impl Iterator<Item = &'l Line>, out: &mut Grouped) {
        let mut count = 0;
        for line in lines {
            count += 1;
            let found = &mut out.lines;
            found
                .orders
                .extend(self.log.order.map(|order| order.values[line.row]));
            found
                .products
                .extend(self.log.product.map(|product| product.values[line.row]));
            found.amounts.extend(self.log.amount.map(|_| line.amount));
        }
        let before = out.lines.offsets.last().copied().unwrap_or(0);
        out.lines.offsets.push(before + count);
    }

    /// Notes refunds of the last purchase that was added.
    fn note_refunds<'l>(
        &self,
        lines: impl IntoIterator<Item = &'l Line, IntoIter: Clone>,
        refunds: &mut Vec<Refund>,
        out: &mut Grouped,
    ) {
        let lines = lines.into_iter();
        let purchase = out.times.len() as i64 - 1;
        refunds.extend(lines.clone().map(|line| Refund {
            purchase,
            time: self.grain.floor(line.time),
            amount: line.amount,
        }));
        self.use_lines(lines, out);
    }

    fn use_lines<'l>(&self, lines: impl IntoIterator<Item = &'l Line>, out: &mut Grouped) {
        let receipt = &mut out.receipt;
        for line in lines {
            receipt.used += 1;
            receipt.first_time = receipt.first_time.min(line.time);
            receipt.last_time = receipt.last_time.max(line.time);
            out.whole_days &= self.grain != Grain::Instant || line.time % DAY == 0;
        }
    }
}

/// Adds the refunds of a customer in order; those of one purchase in one period are one.
fn add_refunds(mut refunds: Vec<Refund>, out: &mut Grouped) {
    refunds.sort_by_key(|refund| (refund.purchase, refund.time));
    for same in refunds.chunk_by(|a, b| (a.purchase, a.time) == (b.purchase, b.time)) {
        out.refunds.purchases.push(same[0].purchase);
        out.refunds.times.push(same[0].time);
        let amount = same.iter().fold(0.0, |sum, refund| sum + refund.amount);
        out.refunds.amounts.push(amount);
    }
}

/// Adds up from +0, so that a total of nothing but -0 is 0.
fn total<'l>(lines: impl IntoIterator<Item = &'l Line>) -> f64 {
    lines.into_iter().fold(0.0, |sum, line| sum + line.amount)
}
