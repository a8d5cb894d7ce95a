//! Compressed rows straight from the events: what a grouped log holds.

use super::Sink;
use super::columns::EventLog;
use super::entry::{Event, Moment};
use super::names::{Names, Piece};
use super::plan::Plan;
use super::purchases::{AsEvent, Purchaser};
use crate::data::calendar::Grain;
use crate::data::group::{Grouped, Refunds};
use crate::data::receipt::Receipt;
use crate::data::rules::{DuplicateRule, Merge, RefundRule, Rules};
use crate::data::text::TextBuffer;
use crate::data::transactions::grain_of;
use crate::numeric::parallel;

/// The purchases of a log, before they are written where they are wanted.
#[derive(Debug)]
pub struct Purchases {
    names: Names,
    parts: Vec<Grouped>,
    /// The grain of the times.
    pub grain: Grain,
    /// What became of the rows.
    pub receipt: Receipt,
}

/// Groups a log as [`crate::data::Transactions::group`] does.
///
/// `None` if that is no way for this log or for these rules, or if there is something wrong with it: grouping it from
/// codes says what. Needs memory of [`Plan::words`], in which anything may stand.
pub fn gather_purchases(plan: &Plan<'_>, rules: Rules, memory: &mut [u64]) -> Option<Purchases> {
    let survey = plan.survey();
    let refused = survey.negative && rules.refunds == RefundRule::Raise;
    if rules.merge == Merge::Order || survey.not_finite || refused {
        return None;
    }
    let EventLog { amount, .. } = plan.log();
    let purchaser = Purchaser::new(rules, amount.is_some(), survey.negative);
    let new_sink = || Gatherer {
        purchaser: &purchaser,
        names: Vec::new(),
        rows: Grouped::new(),
    };
    let sinks = if amount.is_some() {
        plan.fold::<Event, _>(memory, new_sink)
    } else {
        plan.fold::<Moment, _>(memory, new_sink)
    };
    let mut all = Grouped::new();
    let (mut names, mut parts) = (Vec::new(), Vec::new());
    for sink in sinks {
        all.append_fate(&sink.rows);
        names.push(sink.names);
        parts.push(sink.rows);
    }
    let receipt = all.settle(plan.log().rows(), survey.dropped);
    let repeats = receipt.duplicates > 0 && rules.duplicates == DuplicateRule::Raise;
    (!repeats && receipt.purchases > 0).then(|| Purchases {
        names: Names::of(plan, names),
        parts,
        grain: grain_of(rules.merge, all.whole_days),
        receipt,
    })
}

/// Keeps the purchases of each customer.
struct Gatherer<'a> {
    purchaser: &'a Purchaser,
    names: Vec<u128>,
    rows: Grouped,
}

impl<E: AsEvent> Sink<E> for Gatherer<'_> {
    fn add(&mut self, customer: u128, events: &mut [E]) {
        let before = self.rows.offsets.len();
        self.purchaser.add(events, &mut self.rows);
        if self.rows.offsets.len() > before {
            self.names.push(customer);
        }
    }
}

/// The columns of a grouped log, to be written in full.
#[derive(Debug)]
pub struct PurchaseColumns<'a> {
    /// Who: integers themselves, for text a row in which it stands, for short text nothing.
    pub customers: &'a mut [i64],
    /// Where the purchases of each customer begin; one entry more than there are customers.
    pub offsets: &'a mut [i64],
    /// When each purchase was made.
    pub times: &'a mut [i64],
    /// For how much; empty for a log without amounts.
    pub values: &'a mut [f64],
}

impl Purchases {
    /// The number of customers.
    pub fn customers(&self) -> usize {
        self.names.len()
    }

    /// The customers themselves in the order of their names, where they are short text.
    pub fn texts(&self) -> Option<TextBuffer> {
        self.names.texts()
    }

    /// Writes the customers in the order of their names.
    pub fn write(&self, columns: PurchaseColumns<'_>) {
        let PurchaseColumns {
            customers,
            offsets,
            mut times,
            mut values,
        } = columns;
        self.names.write(customers);
        let mut end = 0;
        let mut jobs = Vec::new();
        let mut next = offsets.iter_mut();
        if let Some(first) = next.next() {
            *first = 0;
        }
        for piece in self.names.pieces() {
            let start = end;
            for (place, offset) in piece.places().zip(&mut next) {
                end += self.purchases_of(place).len();
                *offset = end as i64;
            }
            let purchases = end - start;
            jobs.push((
                piece,
                times.split_off_mut(..purchases).unwrap_or_default(),
                values.split_off_mut(..purchases).unwrap_or_default(),
            ));
        }
        parallel::map_jobs(jobs, |(piece, mut times, mut values)| {
            for place in piece.places() {
                let (part, purchases) = (&self.parts[place.0], self.purchases_of(place));
                let count = purchases.len();
                times
                    .split_off_mut(..count)
                    .unwrap_or_default()
                    .copy_from_slice(&part.times[purchases.clone()]);
                let slots = values.split_off_mut(..count).unwrap_or_default();
                let found = part.values.get(purchases).unwrap_or_default();
                for (slot, &value) in slots.iter_mut().zip(found) {
                    *slot = value;
                }
            }
        });
    }

    fn purchases_of(&self, (part, place): (usize, usize)) -> std::ops::Range<usize> {
        let offsets = &self.parts[part].offsets;
        offsets[place] as usize..offsets[place + 1] as usize
    }

    /// Later refunds, in the order of the purchases.
    pub fn refunds(&self) -> Refunds {
        let mut all = Refunds::default();
        if self
            .parts
            .iter()
            .all(|part| part.refunds.purchases.is_empty())
        {
            return all;
        }
        let mut end = 0;
        for place in self.names.pieces().into_iter().flat_map(Piece::places) {
            let (refunds, purchases) = (&self.parts[place.0].refunds, self.purchases_of(place));
            let before = |purchase: usize| {
                refunds
                    .purchases
                    .partition_point(|&place| place < purchase as i64)
            };
            let found = before(purchases.start)..before(purchases.end);
            let shift = end - purchases.start as i64;
            let places = refunds.purchases[found.clone()].iter();
            all.purchases.extend(places.map(|place| place + shift));
            all.times.extend_from_slice(&refunds.times[found.clone()]);
            all.amounts.extend_from_slice(&refunds.amounts[found]);
            end += purchases.len() as i64;
        }
        all
    }
}
