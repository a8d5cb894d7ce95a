//! Every customer of a log, one after the other: purchases are made, looked at and forgotten.

use super::Sink;
use super::entry::{Event, Moment};
use super::plan::Plan;
use super::purchases::{AsEvent, Purchaser};
use crate::data::group::Grouped;
use crate::data::receipt::Receipt;
use crate::data::rules::{DuplicateRule, Merge, RefundRule, Rules};

/// Calls `look` with the times of each customer's purchases, ascending, and with a state that some customers share;
/// returns what became of the rows. Which customers share a state, and in which order they come, must change nothing.
///
/// `None` if that is no way for this log or for these rules, or if there is something wrong with it: grouping it says
/// what. Needs memory of [`Plan::words`], in which anything may stand.
pub(crate) fn each_customer<T: Send>(
    plan: &Plan<'_>,
    rules: Rules,
    memory: &mut [u64],
    new_state: impl Fn() -> T + Sync,
    look: impl Fn(&mut T, &[i64]) + Sync,
) -> Option<Receipt> {
    let (survey, has_amounts) = (plan.survey(), plan.log().amount.is_some());
    let refused = survey.negative && rules.refunds == RefundRule::Raise;
    if rules.merge == Merge::Order || survey.not_finite || refused {
        return None;
    }
    let purchaser = Purchaser::new(rules, has_amounts, survey.negative);
    let new_sink = || Looker {
        purchaser: &purchaser,
        rows: Grouped::new(),
        state: new_state(),
        look: &look,
    };
    let mut all = Grouped::new();
    let mut append = |rows: Vec<Grouped>| rows.iter().for_each(|part| all.append_fate(part));
    if has_amounts {
        append(fates(plan.fold::<Event, _>(memory, new_sink)));
    } else {
        append(fates(plan.fold::<Moment, _>(memory, new_sink)));
    }
    let receipt = all.settle(plan.log().rows(), survey.dropped);
    let repeats = receipt.duplicates > 0 && rules.duplicates == DuplicateRule::Raise;
    (!repeats && receipt.purchases > 0).then_some(receipt)
}

fn fates<T, F>(sinks: Vec<Looker<'_, T, F>>) -> Vec<Grouped> {
    sinks.into_iter().map(|sink| sink.rows).collect()
}

/// Shows the purchases of each customer to `look`.
struct Looker<'a, T, F> {
    purchaser: &'a Purchaser,
    /// The purchases of the customer at hand, and what became of the rows of all.
    rows: Grouped,
    state: T,
    look: &'a F,
}

impl<E: AsEvent, T: Send, F: Fn(&mut T, &[i64]) + Sync> Sink<E> for Looker<'_, T, F> {
    fn add(&mut self, _: u128, events: &mut [E]) {
        self.purchaser.add(events, &mut self.rows);
        if self.rows.offsets.len() > 1 {
            (self.look)(&mut self.state, &self.rows.times);
        }
        self.rows.forget_customers();
    }
}
