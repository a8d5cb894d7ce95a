//! One partition after the other: its rows are put in order by customer, in the cache, and handed over.

use std::ops::Range;

use super::Sink;
use super::columns::EventLog;
use super::entry::Entry;
use super::scatter::{Counts, ToDo};
use crate::numeric::parallel;

/// How rows find the partition of their customer, and in it their customer.
pub(super) trait Route: Sync {
    /// What names a customer within a partition.
    type Tag: Copy;

    /// Memory for numbering the customers of a partition.
    type Numbers: Default;

    /// Words of a record beside those of its entry.
    const LEAD: usize;

    /// The number of partitions.
    fn partitions(&self) -> usize;

    /// The partition of a row that can be used, and the customer in it.
    fn route(&self, row: usize) -> Option<(usize, Self::Tag)>;

    /// Writes the first words of a row's record.
    fn write(&self, row: usize, tag: Self::Tag, lead: &mut [u64]);

    /// Folds a partition.
    fn fold<E: Entry, const W: usize>(
        &self,
        partition: usize,
        records: &[[u64; W]],
        numbers: &mut Self::Numbers,
        bench: &mut Bench<E>,
        sink: &mut impl Sink<E>,
    );
}

/// Where the rows of a log go.
pub(super) fn count(log: &EventLog<'_>, route: &impl Route) -> Counts {
    Counts::of(log.rows(), route.partitions(), |row| route.route(row))
}

/// Scatters and folds the partitions of some windows, one window after the other in the same memory.
pub(super) fn fold<E: Entry, S: Sink<E>, R: Route>(
    log: &EventLog<'_>,
    route: &R,
    (counts, windows): (&Counts, &[Range<usize>]),
    memory: &mut [u64],
    new_sink: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    let mut sinks = Vec::with_capacity(route.partitions());
    let to_do = &mut ToDo::new();
    for window in windows {
        sinks.extend(match R::LEAD + E::WORDS {
            1 => fold_window::<E, S, R, 1>(log, route, (counts, window), (memory, to_do), new_sink),
            2 => fold_window::<E, S, R, 2>(log, route, (counts, window), (memory, to_do), new_sink),
            3 => fold_window::<E, S, R, 3>(log, route, (counts, window), (memory, to_do), new_sink),
            _ => fold_window::<E, S, R, 4>(log, route, (counts, window), (memory, to_do), new_sink),
        });
    }
    sinks
}

fn fold_window<E: Entry, S: Sink<E>, R: Route, const W: usize>(
    log: &EventLog<'_>,
    route: &R,
    (counts, window): (&Counts, &Range<usize>),
    (memory, to_do): (&mut [u64], &mut ToDo),
    new_sink: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    if log.is_stopped() {
        return Vec::new();
    }
    let (records, _) = memory.as_chunks_mut::<W>();
    counts.scatter(
        window,
        records,
        to_do,
        |row| route.route(row),
        |row, tag, record| {
            let (lead, words) = record.split_at_mut(R::LEAD);
            route.write(row, tag, lead);
            E::write(log, row, words);
        },
    );
    let partitions = window.clone().zip(counts.cut(window, records)).collect();
    let fold_one = |(numbers, bench): &mut (R::Numbers, Bench<E>), (partition, records)| {
        let mut sink = new_sink();
        if !log.is_stopped() {
            route.fold::<E, W>(partition, records, numbers, bench, &mut sink);
        }
        sink
    };
    parallel::map_with(partitions, Default::default, fold_one)
}

/// Hands over a log in which each customer's rows stand together; `same` says whether a row and the next one do.
pub(super) fn fold_sorted<E: Entry, S: Sink<E>>(
    log: &EventLog<'_>,
    same: impl Fn(usize) -> bool + Sync,
    name: impl Fn(usize) -> u128 + Sync,
    new_sink: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    // the first row at or after this one that begins a customer.
    let begin = |row: usize| {
        let mut rows = row..log.rows();
        rows.find(|&row| row == 0 || !same(row - 1))
            .unwrap_or(log.rows())
    };
    let pieces = parallel::blocks(log.rows());
    parallel::map_with(pieces, Vec::new, |rows: &mut Vec<E>, piece| {
        let mut sink = new_sink();
        let (start, end) = (begin(piece.start), begin(piece.end));
        let mut words = vec![0; E::WORDS];
        rows.clear();
        let end = if log.is_stopped() { start } else { end };
        for row in start..end {
            if let Some(time) = log.time_of(row) {
                E::write(log, row, &mut words);
                rows.push(E::read(time, &words));
            }
            let is_last = row + 1 == end || !same(row);
            if is_last && !rows.is_empty() {
                sink.add(name(row), rows);
                rows.clear();
            }
        }
        sink
    })
}

/// Memory for the rows of one partition after the other.
#[derive(Debug, Default)]
pub(super) struct Bench<E> {
    /// Where the records of each stretch of time begin.
    starts: Vec<u32>,
    /// The places of the records, in the order of these stretches.
    order: Vec<u32>,
    /// The entries, customer by customer.
    entries: Vec<E>,
    /// Where the entries of each customer end; a partition is smaller than 4 billion rows.
    ends: Vec<u32>,
}

impl<E: Entry> Bench<E> {
    /// Puts the entries of each of so many customers side by side, in the order of the stretches of time that they lie
    /// in, which leaves little to sort later: two counting sorts, by the least significant key first.
    pub(super) fn sort<const W: usize>(
        &mut self,
        records: &[[u64; W]],
        (customers, clock): (usize, &Clock),
        passed: impl Fn(&[u64; W]) -> u64,
        customer: impl Fn(usize, &[u64; W]) -> usize,
        entry: impl Fn(&[u64; W]) -> E,
    ) {
        let stretch = |record: &[u64; W]| clock.stretch(passed(record));
        let (starts, ends) = (&mut self.starts, &mut self.ends);
        fill(starts, Clock::STRETCHES);
        fill(ends, customers);
        for (place, record) in records.iter().enumerate() {
            starts[stretch(record)] += 1;
            ends[customer(place, record)] += 1;
        }
        add_up(starts);
        add_up(ends);
        if clock.is_sorted {
            self.order.clear();
            self.order.extend(0..records.len() as u32);
        } else {
            // what is left of another partition is written over
            self.order.resize(records.len(), 0);
            for (place, record) in (0..).zip(records) {
                let start = &mut starts[stretch(record)];
                self.order[*start as usize] = place;
                *start += 1;
            }
        }
        self.entries.resize(records.len(), E::default());
        for &place in &self.order {
            let record = &records[place as usize];
            let end = &mut ends[customer(place as usize, record)];
            self.entries[*end as usize] = entry(record);
            *end += 1;
        }
    }

    /// Hands every customer that has entries to the sink, named by `name`.
    pub(super) fn hand_over(&mut self, sink: &mut impl Sink<E>, name: impl Fn(usize) -> u128) {
        sink.reserve(self.ends.len());
        let mut start = 0;
        for (customer, &end) in self.ends.iter().enumerate() {
            let end = end as usize;
            if end > start {
                sink.add(name(customer), &mut self.entries[start..end]);
            }
            start = end;
        }
    }
}

/// So many zeros.
fn fill(counts: &mut Vec<u32>, len: usize) {
    counts.clear();
    counts.resize(len, 0);
}

/// Turns how many items each key has into where they begin.
fn add_up(counts: &mut [u32]) {
    let mut total = 0;
    for count in counts {
        total += std::mem::replace(count, total);
    }
}

/// How the time of a log is cut into stretches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    first: i64,
    shift: u32,
    /// Whether the rows stand in order of time already.
    is_sorted: bool,
}

impl Clock {
    /// The most stretches.
    const STRETCHES: usize = 1 << Self::BITS;
    const BITS: u32 = 11;

    /// The clock of a log that lasts from the first time to the second.
    pub(super) fn new((first, last): (i64, i64), is_sorted: bool) -> Self {
        let bits = u64::BITS - last.wrapping_sub(first).cast_unsigned().leading_zeros();
        Self {
            first,
            shift: bits.saturating_sub(Self::BITS),
            is_sorted,
        }
    }

    fn stretch(&self, passed: u64) -> usize {
        (passed >> self.shift) as usize
    }

    /// How much time has passed since the first event.
    pub(super) fn passed(&self, time: i64) -> u64 {
        time.wrapping_sub(self.first).cast_unsigned()
    }

    /// The time when so much has passed.
    pub(super) fn time(&self, passed: u64) -> i64 {
        self.first.wrapping_add(passed.cast_signed())
    }
}
