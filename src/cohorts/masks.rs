//! Counts of whole numbers that lie close together: a bit a customer and period, and no row is ever moved.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::counts::{Counter, Counts, Tables};
use super::lives::Layout;
use super::periods::Periods;
use super::rules::ReturnRule;
use super::spans;
use crate::data::engine::{Customers, EventLog};
use crate::data::mask::Mask;
use crate::data::{DuplicateRule, RefundRule, Rules};
use crate::numeric::parallel;

/// The most numbers that customers may be among: beyond, the table of bits is slower than sorting.
const MOST: usize = 1 << 24;

/// Counts as [`super::count`] does of the grouped log, with the first and the last time of all rows that count.
///
/// `None` unless customers are integers that lie close together, cohorts and ages are of one calendar of at most 64
/// periods, and no row can take another back.
pub fn count_masks(
    log: &EventLog<'_>,
    rules: Rules,
    layout: &Layout,
    rule: ReturnRule,
    eligible_only: bool,
) -> Option<(Counts, (i64, i64))> {
    let periods = layout.calendar().filter(|periods| periods.len() <= 64)?;
    let Customers::Integers {
        values,
        missing,
        least,
    } = log.customer
    else {
        return None;
    };
    if rules.duplicates == DuplicateRule::Raise || !is_plain(log.amount, rules) {
        return None;
    }
    let ids = Ids {
        values,
        missing,
        least,
    };
    let (lowest, span) = ids.span()?;
    let filler = Filler {
        ids,
        log,
        periods,
        lowest,
        span,
        end: layout.ages().end(),
        idle: Mutex::new(Vec::new()),
    };
    let (masks, times) = filler.fill();
    Some((count_all(&masks, layout, rule, eligible_only), times))
}

/// Whether all amounts are numbers of money that was spent, so that each row is an event.
fn is_plain(amounts: Option<&[f64]>, rules: Rules) -> bool {
    let keeps = rules.refunds == RefundRule::Keep;
    let odd = |amount: f64| !amount.is_finite() || (amount < 0.0 && !keeps);
    amounts.is_none_or(|amounts| !parallel::any(amounts.len(), |row| odd(amounts[row])))
}

/// Who bought, as integers.
#[derive(Clone, Copy)]
struct Ids<'a> {
    values: &'a [i64],
    missing: Mask<'a>,
    least: i64,
}

impl Ids<'_> {
    fn of(&self, row: usize) -> Option<i64> {
        let id = self.values[row];
        (id >= self.least && !self.missing.hides(row)).then_some(id)
    }

    /// The lowest number, and how many there are up to the highest, if they lie close together.
    fn span(&self) -> Option<(i64, usize)> {
        let rows = self.values.len();
        let parts = parallel::map_jobs(parallel::pieces(rows), |rows| {
            let known = rows.filter_map(|row| self.of(row));
            known.fold((i64::MAX, i64::MIN), |(low, high), id| {
                (low.min(id), high.max(id))
            })
        });
        let lowest = parts.iter().map(|part| part.0).min()?;
        let highest = parts.iter().map(|part| part.1).max()?;
        let span = usize::try_from(highest.checked_sub(lowest)?.checked_add(1)?).ok()?;
        (span <= MOST && span / 4 <= rows).then_some((lowest, span))
    }
}

/// Sets the bit of each row's period in the mask of its customer.
struct Filler<'a> {
    ids: Ids<'a>,
    log: &'a EventLog<'a>,
    periods: &'a Periods,
    lowest: i64,
    span: usize,
    end: i64,
    /// Tables of masks that nobody fills now: as many as there are threads.
    idle: Mutex<Vec<Vec<u64>>>,
}

impl Filler<'_> {
    /// The mask of each number, and the first and the last time.
    fn fill(self) -> (Vec<u64>, (i64, i64)) {
        let pieces = parallel::pieces(self.ids.values.len());
        let times = parallel::map_jobs(pieces, |rows| self.fill_piece(rows));
        let first = times.iter().map(|part| part.0).min().unwrap_or(i64::MAX);
        let last = times.iter().map(|part| part.1).max().unwrap_or(i64::MIN);
        let idle = self.idle.into_inner();
        let mut tables = idle.unwrap_or_else(PoisonError::into_inner).into_iter();
        let mut all = tables.next().unwrap_or_default();
        for table in tables {
            for (mask, more) in all.iter_mut().zip(table) {
                *mask |= more;
            }
        }
        (all, (first, last))
    }

    fn fill_piece(&self, rows: Range<usize>) -> (i64, i64) {
        let lock = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lock().pop();
        let mut masks = taken.unwrap_or_else(|| vec![0; self.span]);
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for row in rows {
            let Some(id) = self.ids.of(row) else {
                continue;
            };
            if self.log.time_missing.hides(row) {
                continue;
            }
            let time = self.log.time[row];
            (first, last) = (first.min(time), last.max(time));
            let place = self.periods.place(time).filter(|_| time < self.end);
            let mask = masks.get_mut(id.wrapping_sub(self.lowest) as usize);
            if let (Some(place), Some(mask)) = (place, mask) {
                *mask |= 1 << place;
            }
        }
        lock().push(masks);
        (first, last)
    }
}

/// Counts customers by the periods in which they were active.
fn count_all(masks: &[u64], layout: &Layout, rule: ReturnRule, eligible_only: bool) -> Counts {
    let span = spans::length(masks.len(), layout.places());
    let parts = parallel::map_spans(masks.len(), span, |numbers| {
        let mut tables = Tables::new(layout);
        let mut counter = Counter::new(layout, rule, eligible_only);
        for &mask in masks[numbers].iter().filter(|&&mask| mask != 0) {
            counter.add_mask(mask, &mut tables);
        }
        tables
    });
    let mut all = Tables::new(layout);
    for part in &parts {
        all.append(part);
    }
    all.finish(layout)
}
