//! Counts straight from the rows of a log, which is not grouped first.

use std::sync::{Mutex, PoisonError};

use super::counts::{Counter, Counts, Tables};
use super::lives::{Layout, Lives};
use super::rules::ReturnRule;
use crate::data::engine::{Plan, each_customer};
use crate::data::{Receipt, Rules};

/// Counts as [`super::count`] does of the grouped log, where customers begin with their first purchase.
///
/// `None` if that is no way for this log or for these rules, or if there is something wrong with it: grouping it says
/// what. Needs memory of [`Plan::words`], in which anything may stand.
pub fn count_events(
    plan: &Plan<'_>,
    rules: Rules,
    layout: &Layout,
    rule: ReturnRule,
    eligible_only: bool,
    memory: &mut [u64],
) -> Option<(Counts, Receipt)> {
    let pool = Pool {
        layout,
        idle: Mutex::new(Vec::new()),
    };
    let new_state = || Share {
        tables: Some(pool.take()),
        counter: Counter::new(layout, rule, eligible_only),
        pool: &pool,
    };
    let receipt = each_customer(plan, rules, memory, new_state, |share, times| {
        let offsets = [0, times.len() as i64];
        if let (Some(tables), Ok(lives)) =
            (&mut share.tables, Lives::new(None, None, &offsets, times))
        {
            share.counter.add(&lives, 0, tables);
        }
    })?;
    let idle = pool.idle.into_inner();
    let mut all = Tables::new(layout);
    for tables in idle.unwrap_or_else(PoisonError::into_inner) {
        all.append(&tables);
    }
    Some((all.finish(layout), receipt))
}

/// Tables that nobody counts into now. They are as many as there are threads, not as there are parts of the log.
struct Pool<'a> {
    layout: &'a Layout,
    idle: Mutex<Vec<Tables>>,
}

impl Pool<'_> {
    fn take(&self) -> Tables {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let tables = idle.pop();
        drop(idle);
        tables.unwrap_or_else(|| Tables::new(self.layout))
    }
}

/// The tables into which a part of the log is counted, given back afterwards.
struct Share<'a> {
    tables: Option<Tables>,
    counter: Counter<'a>,
    pool: &'a Pool<'a>,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let idle = self.pool.idle.lock();
        idle.unwrap_or_else(PoisonError::into_inner)
            .extend(self.tables.take());
    }
}
