//! One row a customer straight from the events: purchases are made and forgotten, customer by customer.

use super::Sink;
use super::columns::Customers;
use super::entry::{Event, Moment};
use super::plan::Plan;
use super::purchases::{AsEvent, Purchaser};
use crate::data::calendar::{Cutoff, Grain, Unit};
use crate::data::group::Grouped;
use crate::data::hash::Short;
use crate::data::receipt::Receipt;
use crate::data::rules::{DuplicateRule, Merge, RefundRule, Rules};
use crate::data::summary::Facts;
use crate::data::text::Text;
use crate::data::transactions::History;
use crate::numeric::parallel;

/// The end of observation as it is asked for: an instant, and whether it stands for its whole day.
pub type Date = (i64, bool);

/// What a log comes to, one row a customer, before it is written where it is wanted.
#[derive(Debug)]
pub struct Summaries {
    parts: Vec<Part>,
    /// Part and place of each customer in the order of names; none if the parts are in that order.
    order: Option<Vec<(u32, u32)>>,
    cutoff: Cutoff,
    /// What became of the rows.
    pub receipt: Receipt,
}

/// Some customers.
#[derive(Debug, Default)]
struct Part {
    names: Vec<i64>,
    facts: Vec<Facts>,
}

/// Summarises a log as [`super::super::summary::summarize`] does after grouping; `as_of` is the last event by default.
///
/// `None` if that is no way for this log or for these rules, or if there is something wrong with it: grouping it says
/// what. Needs memory of [`Plan::words`], in which anything may stand.
pub fn summarize_events(
    plan: &Plan<'_>,
    rules: Rules,
    as_of: Option<Date>,
    memory: &mut [u64],
) -> Option<Summaries> {
    let Merge::Period(grain) = rules.merge else {
        return None;
    };
    let (survey, has_amounts) = (plan.survey(), plan.log().amount.is_some());
    if survey.not_finite || (survey.negative && rules.refunds == RefundRule::Raise) {
        return None;
    }
    let purchaser = Purchaser::new(rules, has_amounts, survey.negative);
    let known = as_of.map_or(i64::MAX, |(at, whole_day)| grain.cutoff(at, whole_day).last);
    let known = Cutoff { last: known, now: known };
    let new_sink = || Summarizer {
        purchaser: &purchaser,
        grain,
        known,
        rows: Grouped::new(),
        part: Part::default(),
    };
    let mut receipt = Grouped::new();
    let parts = if has_amounts {
        settled(plan.fold::<Event, _>(memory, new_sink), &mut receipt)
    } else {
        settled(plan.fold::<Moment, _>(memory, new_sink), &mut receipt)
    };
    let receipt = receipt.settle(plan.log().rows(), survey.dropped);
    let repeats = receipt.duplicates > 0 && rules.duplicates == DuplicateRule::Raise;
    let (at, whole_day) = as_of.unwrap_or((receipt.last_time, false));
    let nobody = parts.iter().all(|part| part.names.is_empty());
    (!repeats && !nobody).then(|| Summaries {
        order: (!plan.is_ordered()).then(|| order(&parts, plan.log().customer)),
        parts,
        cutoff: grain.cutoff(at, whole_day),
        receipt,
    })
}

/// Makes a summary of each customer's events.
struct Summarizer<'a> {
    purchaser: &'a Purchaser,
    grain: Grain,
    known: Cutoff,
    /// The purchases of the customer at hand, and what became of the rows of all.
    rows: Grouped,
    part: Part,
}

impl<E: AsEvent> Sink<E> for Summarizer<'_> {
    fn add(&mut self, customer: i64, events: &mut [E]) {
        self.purchaser.add(customer, events, &mut self.rows);
        if !self.rows.customers.is_empty() {
            let history = History::of_grouped(self.grain, &self.rows);
            if let Some(known) = history.known(0, self.known) {
                self.part.names.push(customer);
                self.part.facts.push(history.facts(&known, self.known));
            }
        }
        self.rows.forget_customers();
    }
}

/// The customers of all sinks; what became of their rows is added up.
fn settled(sinks: Vec<Summarizer<'_>>, receipt: &mut Grouped) -> Vec<Part> {
    let settle = |sink: Summarizer<'_>| {
        receipt.append(sink.rows);
        sink.part
    };
    sinks.into_iter().map(settle).collect()
}

/// Part and place of all customers in the order of their names.
fn order(parts: &[Part], customers: Customers<'_>) -> Vec<(u32, u32)> {
    match customers {
        Customers::Integers { .. } => order_by(parts, |name| name, Ord::cmp),
        Customers::Text { text, .. } => order_by(
            parts,
            // most comparisons end within the first 16 bytes
            |row| (Short::of(string(text, row)), row),
            |a, b| {
                let whole = || string(text, a.1).cmp(string(text, b.1));
                a.0.cmp(&b.0).then_with(whole)
            },
        ),
    }
}

fn string(text: Text<'_>, row: i64) -> &[u8] {
    text.get(row as usize)
}

fn order_by<K: Send>(
    parts: &[Part],
    key: impl Fn(i64) -> K,
    compare: impl Fn(&K, &K) -> std::cmp::Ordering + Sync,
) -> Vec<(u32, u32)> {
    let mut order = Vec::with_capacity(parts.iter().map(|part| part.names.len()).sum());
    for (number, part) in (0..).zip(parts) {
        order.extend((0..).zip(&part.names).map(|(place, &name)| (key(name), (number, place))));
    }
    parallel::sort_by(&mut order, |a, b| compare(&a.0, &b.0));
    order.into_iter().map(|(_, place)| place).collect()
}

/// The columns of a summary, to be written in full.
#[derive(Debug)]
pub struct SummaryColumns<'a> {
    /// Who: integers themselves, for text a row in which it stands.
    pub customers: &'a mut [i64],
    /// Number of repeat purchases.
    pub frequency: &'a mut [i64],
    /// Age at the last purchase.
    pub recency: &'a mut [f64],
    /// Age at the date.
    pub t: &'a mut [f64],
    /// Mean value of the repeat purchases; empty for a log without amounts.
    pub monetary_value: &'a mut [f64],
}

impl<'a> SummaryColumns<'a> {
    /// The first rows, which are taken away.
    fn take(&mut self, rows: usize) -> Self {
        Self {
            customers: take(&mut self.customers, rows),
            frequency: take(&mut self.frequency, rows),
            recency: take(&mut self.recency, rows),
            t: take(&mut self.t, rows),
            monetary_value: take(&mut self.monetary_value, rows),
        }
    }
}

fn take<'a, T>(column: &mut &'a mut [T], rows: usize) -> &'a mut [T] {
    let whole = std::mem::take(column);
    let (first, rest) = whole.split_at_mut(rows.min(whole.len()));
    *column = rest;
    first
}

impl Summaries {
    /// The number of customers.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.names.len()).sum()
    }

    /// Writes the customers in the order of their names.
    pub fn write(&self, unit: Unit, mut columns: SummaryColumns<'_>) {
        let at = |&(part, place): &(u32, u32)| {
            let part = &self.parts[part as usize];
            (part.names[place as usize], part.facts[place as usize])
        };
        match &self.order {
            Some(order) => {
                let pieces = parallel::pieces(order.len());
                let jobs = pieces.into_iter().map(|piece| (columns.take(piece.len()), &order[piece]));
                parallel::map_owned(jobs.collect(), |(columns, order)| {
                    self.fill(unit, columns, order.iter().map(at));
                });
            }
            None => {
                let jobs = self.parts.iter().map(|part| (columns.take(part.names.len()), part));
                parallel::map_owned(jobs.collect(), |(columns, part)| {
                    let names = part.names.iter().copied();
                    self.fill(unit, columns, names.zip(part.facts.iter().copied()));
                });
            }
        }
    }

    fn fill(
        &self,
        unit: Unit,
        columns: SummaryColumns<'_>,
        customers: impl Iterator<Item = (i64, Facts)>,
    ) {
        for (row, (name, facts)) in customers.enumerate() {
            columns.customers[row] = name;
            columns.frequency[row] = facts.repeats;
            columns.recency[row] = unit.between(facts.first, facts.last);
            columns.t[row] = unit.between(facts.first, self.cutoff.now);
            if let Some(value) = columns.monetary_value.get_mut(row) {
                *value = facts.mean;
            }
        }
    }
}
