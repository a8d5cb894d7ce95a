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

/// The most periods: as many as a mask has bits.
const MOST_PERIODS: usize = u64::BITS as usize;

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
    let periods = layout
        .calendar()
        .filter(|periods| periods.len() <= MOST_PERIODS)?;
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

/// Rows that are put in order by customer at a time: their records fit the cache of a core.
const WINDOW: usize = 1 << 17;

/// The masks of as many customers fit it, too.
const PART: usize = 1 << 15;

/// What stands for no period.
const NEVER: u32 = u64::BITS;

/// Bits of a period, or of none, in a record.
const PLACE_BITS: u32 = 7;

/// Sets the bit of each row's period in the mask of its customer.
struct Filler<'a> {
    ids: Ids<'a>,
    log: &'a EventLog<'a>,
    periods: &'a Periods,
    lowest: i64,
    span: usize,
    end: i64,
    /// Tables of masks that nobody fills now: as many as there are threads.
    idle: Mutex<Vec<Bench>>,
}

/// Memory to fill masks in.
struct Bench {
    masks: Vec<u64>,
    /// Where the records of each part of the masks end.
    ends: Vec<usize>,
    /// Customers and periods of some rows, part after part.
    records: Vec<u32>,
}

impl Bench {
    fn new(span: usize) -> Self {
        Self {
            masks: vec![0; span],
            ends: vec![0; span / PART + 1],
            records: Vec::new(),
        }
    }
}

impl Filler<'_> {
    /// The mask of each number, and the first and the last time.
    fn fill(self) -> (Vec<u64>, (i64, i64)) {
        let pieces = parallel::pieces(self.ids.values.len());
        let times = parallel::map_jobs(pieces, |rows| self.fill_piece(rows));
        let first = times.iter().map(|part| part.0).min().unwrap_or(i64::MAX);
        let last = times.iter().map(|part| part.1).max().unwrap_or(i64::MIN);
        let idle = self.idle.into_inner();
        let mut benches = idle.unwrap_or_else(PoisonError::into_inner).into_iter();
        let mut all = benches.next().map_or_else(Vec::new, |bench| bench.masks);
        for bench in benches {
            for (mask, more) in all.iter_mut().zip(bench.masks) {
                *mask |= more;
            }
        }
        (all, (first, last))
    }

    fn fill_piece(&self, rows: Range<usize>) -> (i64, i64) {
        let lock = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = lock().pop();
        let mut bench = taken.unwrap_or_else(|| Bench::new(self.span));
        let mut times = (i64::MAX, i64::MIN);
        for start in rows.clone().step_by(WINDOW) {
            let window = start..rows.end.min(start + WINDOW);
            self.sort(window, &mut bench, &mut times);
            for &record in &bench.records {
                let place = record % (1 << PLACE_BITS);
                if let Some(mask) = bench.masks.get_mut((record >> PLACE_BITS) as usize) {
                    *mask |= u64::from(place != NEVER) << (place % NEVER);
                }
            }
        }
        lock().push(bench);
        times
    }

    /// Writes the records of some rows so that those of a part of the masks stand together.
    fn sort(&self, rows: Range<usize>, bench: &mut Bench, times: &mut (i64, i64)) {
        let Bench { ends, records, .. } = bench;
        let number = |row| {
            let id = self.ids.of(row)?;
            Some(id.wrapping_sub(self.lowest) as usize)
        };
        ends.fill(0);
        for number in rows.clone().filter_map(number) {
            ends[number / PART] += 1;
        }
        let mut total = 0;
        for end in ends.iter_mut() {
            total += std::mem::replace(end, total);
        }
        records.resize(total, 0);
        for row in rows {
            let Some(number) = number(row) else {
                continue;
            };
            let mut place = NEVER;
            if let Some(time) = self.log.time_of(row) {
                *times = (times.0.min(time), times.1.max(time));
                let found = self.periods.place(time).filter(|_| time < self.end);
                place = found.map_or(NEVER, |place| place as u32);
            }
            let end = &mut ends[number / PART];
            records[*end] = (number as u32) << PLACE_BITS | place;
            *end += 1;
        }
    }
}

/// Counts customers by the periods in which they were active.
fn count_all(masks: &[u64], layout: &Layout, rule: ReturnRule, eligible_only: bool) -> Counts {
    let span = spans::length(masks.len(), layout.places());
    let parts = parallel::map_spans(masks.len(), span, |numbers| {
        let mut tables = Tables::new(layout);
        let mut counter = Counter::new(layout, rule, eligible_only);
        let active = masks[numbers].iter().filter(|&&mask| mask != 0);
        if counter.adds_up() {
            let mut tally = Tally::new();
            active.for_each(|&mask| tally.add(mask));
            tally.count(&mut counter, &mut tables);
        } else {
            active.for_each(|&mask| counter.add_mask(mask, &mut tables));
        }
        tables
    });
    let mut all = Tables::new(layout);
    for part in &parts {
        all.append(part);
    }
    all.finish(layout)
}

/// Customers by their first period and by each age at which they were active.
struct Tally(Vec<[i64; MOST_PERIODS]>);

impl Tally {
    fn new() -> Self {
        Self(vec![[0; MOST_PERIODS]; MOST_PERIODS])
    }

    fn add(&mut self, mask: u64) {
        let first = mask.trailing_zeros() as usize % MOST_PERIODS;
        let customers = &mut self.0[first];
        let mut ages = mask >> first;
        while ages != 0 {
            customers[ages.trailing_zeros() as usize] += 1;
            ages &= ages - 1;
        }
    }

    fn count(&self, counter: &mut Counter<'_>, tables: &mut Tables) {
        for (first, customers) in self.0.iter().enumerate() {
            if customers[0] > 0 {
                counter.add_cohort(first, customers, tables);
            }
        }
    }
}
