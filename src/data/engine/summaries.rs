//! One row a customer straight from the events: purchases are made and forgotten, customer by customer.

use super::entry::{Event, Moment};
use super::names::{Names, Piece};
use super::plan::Plan;
use super::purchases::{AsEvent, Purchaser};
use super::{Sink, integer_of};
use crate::data::calendar::{Cutoff, Grain, Unit};
use crate::data::group::Grouped;
use crate::data::receipt::Receipt;
use crate::data::rules::{DuplicateRule, Merge, RefundRule, Rules};
use crate::data::summary::{Facts, mean};
use crate::data::text::TextBuffer;
use crate::data::transactions::History;
use crate::numeric::parallel;

/// The end of observation as it is asked for: an instant, and whether it stands for its whole day.
pub(crate) type Date = (i64, bool);

/// What a log comes to, one row a customer, before it is written where it is wanted.
#[derive(Debug)]
pub struct Summaries {
    names: Names,
    /// What is known of the customers of each part.
    facts: Vec<Vec<Facts>>,
    cutoff: Cutoff,
    /// What became of the rows.
    pub receipt: Receipt,
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
    let known = Cutoff {
        last: known,
        now: known,
    };
    let new_sink = || Summarizer {
        purchaser: &purchaser,
        grain,
        known,
        rows: Grouped::new(),
        names: Vec::new(),
        facts: Vec::new(),
    };
    let sinks = if has_amounts {
        plan.fold::<Event, _>(memory, new_sink)
    } else {
        plan.fold::<Moment, _>(memory, new_sink)
    };
    let mut all = Grouped::new();
    let (mut names, mut facts) = (Vec::new(), Vec::new());
    for sink in sinks {
        all.append_fate(&sink.rows);
        names.push(sink.names);
        facts.push(sink.facts);
    }
    let receipt = all.settle(plan.log().rows(), survey.dropped);
    let repeats = receipt.duplicates > 0 && rules.duplicates == DuplicateRule::Raise;
    let (at, whole_day) = as_of.unwrap_or((receipt.last_time, false));
    let nobody = facts.iter().all(Vec::is_empty);
    (!repeats && !nobody).then(|| Summaries {
        names: Names::of(plan, names),
        facts,
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
    names: Vec<u128>,
    facts: Vec<Facts>,
}

impl<E: AsEvent> Sink<E> for Summarizer<'_> {
    fn reserve(&mut self, customers: usize) {
        self.names.reserve_exact(customers);
        self.facts.reserve_exact(customers);
    }

    fn add(&mut self, customer: u128, events: &mut [E]) {
        let facts = if self.purchaser.brings_in_order(events) {
            self.facts_of_bought(events)
        } else {
            self.facts_of_any(events)
        };
        if let Some(facts) = facts {
            self.names.push(customer);
            self.facts.push(facts);
        }
    }
}

impl Summarizer<'_> {
    /// A customer without refunds, in one pass.
    fn facts_of_bought(&mut self, events: &[impl AsEvent]) -> Option<Facts> {
        let (mut first, mut last, mut repeats, mut total) = (None, 0, 0, 0.0);
        let receipt = &mut self.rows.receipt;
        self.purchaser.buy(events, receipt, |time, value| {
            if time > self.known.last {
                return;
            }
            last = time;
            if first.is_some() {
                repeats += 1;
                total += value;
            } else {
                first = Some(time);
            }
        });
        first.map(|first| Facts {
            first,
            last,
            repeats: repeats as i64,
            mean: mean(total, repeats),
        })
    }

    /// Any other customer: as of grouped rows.
    fn facts_of_any(&mut self, events: &[impl AsEvent]) -> Option<Facts> {
        self.purchaser.add_any(events, &mut self.rows);
        let is_customer = self.rows.offsets.len() > 1;
        let facts = is_customer.then(|| {
            let history = History::of_grouped(self.grain, &self.rows);
            let known = history.known(0, self.known)?;
            Some(history.facts(&known, self.known))
        });
        self.rows.forget_customers();
        facts.flatten()
    }
}

/// The columns of a summary, to be written in full.
#[derive(Debug)]
pub struct SummaryColumns<'a> {
    /// Who: integers themselves, for text a row in which it stands, for short text nothing.
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

impl SummaryColumns<'_> {
    /// The first rows, which are taken away.
    fn take(&mut self, rows: usize) -> Self {
        Self {
            customers: self.customers.split_off_mut(..rows).unwrap_or_default(),
            frequency: self.frequency.split_off_mut(..rows).unwrap_or_default(),
            recency: self.recency.split_off_mut(..rows).unwrap_or_default(),
            t: self.t.split_off_mut(..rows).unwrap_or_default(),
            monetary_value: self
                .monetary_value
                .split_off_mut(..rows)
                .unwrap_or_default(),
        }
    }
}

impl Summaries {
    /// The number of customers.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The customers themselves in the order of their names, where they are short text.
    pub fn texts(&self) -> Option<TextBuffer> {
        self.names.texts()
    }

    /// Writes the customers in the order of their names.
    pub fn write(&self, unit: Unit, mut columns: SummaryColumns<'_>) {
        let pieces = self.names.pieces().into_iter();
        let jobs = pieces
            .map(|piece| (columns.take(piece.len()), piece))
            .collect();
        parallel::map_jobs(jobs, |(columns, piece): (SummaryColumns<'_>, Piece<'_>)| {
            for (row, place) in piece.places().enumerate() {
                let facts = self.facts[place.0][place.1];
                columns.customers[row] = integer_of(self.names.at(place));
                columns.frequency[row] = facts.repeats;
                columns.recency[row] = unit.between(facts.first, facts.last);
                columns.t[row] = unit.between(facts.first, self.cutoff.now);
                if let Some(value) = columns.monetary_value.get_mut(row) {
                    *value = facts.mean;
                }
            }
        });
    }
}
