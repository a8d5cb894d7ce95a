//! One customer's events to purchases: quickly where there are no refunds, as any other log otherwise.

use super::entry::{Entry, Event, Moment};
use crate::data::calendar::Grain;
use crate::data::group::Grouped;
use crate::data::merge::{Grouper, Line};
use crate::data::order_log::OrderLog;
use crate::data::rules::{DuplicateRule, Rules};

/// Turns the events of one customer after the other into purchases.
#[derive(Debug)]
pub(super) struct Purchaser {
    rules: Rules,
    grain: Grain,
    has_amounts: bool,
    has_negative: bool,
}

/// Rows that are events, once they are in order.
pub(crate) trait AsEvent: Entry + Ord {
    fn event(self) -> Event;
}

impl AsEvent for Event {
    fn event(self) -> Event {
        self
    }
}

impl AsEvent for Moment {
    fn event(self) -> Event {
        self.0
    }
}

impl Purchaser {
    /// For a log that has amounts or not, and negative ones or not; rows are merged by the period.
    pub(super) fn new(rules: Rules, has_amounts: bool, has_negative: bool) -> Self {
        Self {
            rules,
            grain: rules.merge.grain(),
            has_amounts,
            has_negative,
        }
    }

    /// Adds a customer (under no name), given all events.
    pub(super) fn add(&self, events: &mut [impl AsEvent], out: &mut Grouped) {
        sort(events);
        let is_period = self.grain != Grain::Instant;
        let refunds = || events.iter().any(|event| event.event().amount() < 0.0);
        if is_period && !(self.has_negative && refunds()) {
            self.add_bought(events, out);
        } else {
            self.add_any(events, out);
        }
    }

    /// Adds a customer by the rules for refunds.
    fn add_any(&self, events: &[impl AsEvent], out: &mut Grouped) {
        let log = OrderLog::of_events(self.has_amounts);
        let mut lines = events
            .iter()
            .map(|event| Line::new(event.event().time(), event.event().amount()))
            .collect();
        Grouper::new(&log, self.rules).add_customer(0, &mut lines, out);
    }

    /// Adds a customer without refunds, whose events are in order: as [`Grouper`] does, in one pass.
    fn add_bought(&self, events: &[impl AsEvent], out: &mut Grouped) {
        let drops = self.rules.duplicates == DuplicateRule::Drop;
        let (mut repeated, mut next) = (0, i64::MIN);
        let mut last = None;
        let before = out.times.len();
        let mut value = 0.0;
        for event in events.iter().map(|event| event.event()) {
            if last == Some(event) {
                repeated += 1;
                if drops {
                    continue;
                }
            }
            if event.time() >= next {
                if last.is_some() {
                    self.end_purchase(value, out);
                }
                let (begin, end) = self.grain.period(event.time());
                next = end;
                out.times.push(begin);
                value = 0.0;
            }
            value += event.amount();
            last = Some(event);
        }
        if let (Some(first), Some(last)) = (events.first(), last) {
            self.end_purchase(value, out);
            let receipt = &mut out.receipt;
            let dropped = if drops { repeated } else { 0 };
            let purchases = out.times.len() - before;
            receipt.duplicates += repeated;
            receipt.dropped.duplicates += dropped;
            receipt.used += events.len() - dropped;
            receipt.merged += events.len() - dropped - purchases;
            receipt.purchases += purchases;
            receipt.first_time = receipt.first_time.min(first.event().time());
            receipt.last_time = receipt.last_time.max(last.time());
            receipt.customers += 1;
            out.offsets.push(out.times.len() as i64);
        }
    }

    fn end_purchase(&self, value: f64, out: &mut Grouped) {
        out.values.push(value);
        out.receipt.zero_amounts += usize::from(self.has_amounts && value == 0.0);
    }
}

/// Sorts events that are roughly in order: as quickly as any sort if they are not.
fn sort<E: Copy + Ord>(events: &mut [E]) {
    let mut moves = 8 * events.len();
    for place in 1..events.len() {
        let event = events[place];
        let mut free = place;
        while free > 0 && event < events[free - 1] {
            events[free] = events[free - 1];
            free -= 1;
        }
        events[free] = event;
        moves = moves.saturating_sub(place - free);
        if moves == 0 {
            return events.sort_unstable();
        }
    }
}
