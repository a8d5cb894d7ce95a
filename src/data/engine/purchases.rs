//! One customer's events to purchases: quickly where there are no refunds, as any other log otherwise.

use super::entry::{Entry, Event, Moment};
use crate::data::calendar::Grain;
use crate::data::group::Grouped;
use crate::data::merge::{Grouper, Line};
use crate::data::order_log::OrderLog;
use crate::data::receipt::Receipt;
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
        if !self.brings_in_order(events) {
            return self.add_any(events, out);
        }
        let Grouped {
            times,
            values,
            receipt,
            ..
        } = out;
        self.buy(events, receipt, |begin, value| {
            times.push(begin);
            values.push(value);
        });
        out.offsets.push(out.times.len() as i64);
    }

    /// Puts the events of a customer in order, and says whether [`Purchaser::buy`] is the way to their purchases.
    pub(super) fn brings_in_order(&self, events: &mut [impl AsEvent]) -> bool {
        sort(events);
        let refunds = || events.iter().any(|event| event.event().amount() < 0.0);
        self.grain != Grain::Instant && !(self.has_negative && refunds())
    }

    /// Adds a customer by the rules for refunds, given all events in order.
    pub(super) fn add_any(&self, events: &[impl AsEvent], out: &mut Grouped) {
        let log = OrderLog::of_events(self.has_amounts);
        let mut lines = events
            .iter()
            .map(|event| Line::new(event.event().time(), event.event().amount()))
            .collect();
        Grouper::new(&log, self.rules).add_customer(0, &mut lines, out);
    }

    /// Calls `purchase` with the period and the value of each purchase of a customer without refunds, whose events are in
    /// order and at least one: as [`Grouper`] does, in one pass.
    #[inline]
    pub(super) fn buy(
        &self,
        events: &[impl AsEvent],
        receipt: &mut Receipt,
        mut purchase: impl FnMut(i64, f64),
    ) {
        let Some(first) = events.first().map(|event| event.event()) else {
            return;
        };
        let drops = self.rules.duplicates == DuplicateRule::Drop;
        let (mut repeated, mut purchases, mut zeros) = (0, 0, 0);
        let (mut begin, mut next) = self.grain.period(first.time());
        let (mut value, mut last) = (0.0 + first.amount(), first);
        for event in events[1..].iter().map(|event| event.event()) {
            if event == last {
                repeated += 1;
                if drops {
                    continue;
                }
            }
            if event.time() >= next {
                purchase(begin, value);
                purchases += 1;
                zeros += usize::from(value == 0.0);
                (begin, next) = self.grain.period(event.time());
                value = 0.0;
            }
            value += event.amount();
            last = event;
        }
        purchase(begin, value);
        purchases += 1;
        zeros += usize::from(value == 0.0);
        let dropped = if drops { repeated } else { 0 };
        receipt.duplicates += repeated;
        receipt.dropped.duplicates += dropped;
        receipt.used += events.len() - dropped;
        receipt.merged += events.len() - dropped - purchases;
        receipt.purchases += purchases;
        receipt.zero_amounts += if self.has_amounts { zeros } else { 0 };
        receipt.first_time = receipt.first_time.min(first.time());
        receipt.last_time = receipt.last_time.max(last.time());
        receipt.customers += 1;
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
