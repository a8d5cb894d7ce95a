//! One partition after the other: its rows are put in order by customer, in the cache, and handed over.

use std::ops::Range;

use super::Sink;
use super::columns::EventLog;
use super::entry::Entry;
use super::scatter::Counts;
use crate::numeric::parallel;

/// How rows find the partition of their customer, and in it their customer.
pub(super) trait Route: Sync {
    /// Words of a record beside those of its entry.
    const LEAD: usize;

    /// Memory for numbering the customers of a partition.
    type Numbers: Default;

    /// The number of partitions.
    fn partitions(&self) -> usize;

    /// The partition of a row that can be used, and a word that [`Route::write`] may need.
    fn route(&self, row: usize) -> Option<(usize, u64)>;

    /// Writes the first words of a row's record.
    fn write(&self, row: usize, word: u64, lead: &mut [u64]);

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
    for window in windows {
        sinks.extend(match R::LEAD + E::WORDS {
            1 => fold_window::<E, S, R, 1>(log, route, (counts, window), memory, new_sink),
            2 => fold_window::<E, S, R, 2>(log, route, (counts, window), memory, new_sink),
            _ => fold_window::<E, S, R, 3>(log, route, (counts, window), memory, new_sink),
        });
    }
    sinks
}

fn fold_window<E: Entry, S: Sink<E>, R: Route, const W: usize>(
    log: &EventLog<'_>,
    route: &R,
    (counts, window): (&Counts, &Range<usize>),
    memory: &mut [u64],
    new_sink: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    let (records, _) = memory.as_chunks_mut::<W>();
    counts.scatter(
        window,
        records,
        |row| route.route(row),
        |row, word, record| {
            let (lead, words) = record.split_at_mut(R::LEAD);
            route.write(row, word, lead);
            E::write(log, row, words);
        },
    );
    let partitions = window.clone().zip(counts.cut(window, records)).collect();
    let fold_one = |(numbers, bench): &mut (R::Numbers, Bench<E>), (partition, records)| {
        let mut sink = new_sink();
        route.fold::<E, W>(partition, records, numbers, bench, &mut sink);
        sink
    };
    parallel::map_with(partitions, Default::default, fold_one)
}

/// Hands over a log in which each customer's rows stand together; `same` says whether a row and the next one do.
pub(super) fn fold_sorted<E: Entry, S: Sink<E>>(
    log: &EventLog<'_>,
    same: impl Fn(usize) -> bool + Sync,
    name: impl Fn(usize) -> i64 + Sync,
    new_sink: &(impl Fn() -> S + Sync),
) -> Vec<S> {
    // the first row at or after this one that begins a customer.
    let begin = |row: usize| {
        let mut rows = row..log.rows();
        rows.find(|&row| row == 0 || !same(row - 1)).unwrap_or(log.rows())
    };
    let pieces = parallel::blocks(log.rows());
    parallel::map_with(pieces, Vec::new, |rows: &mut Vec<E>, piece| {
        let mut sink = new_sink();
        let (start, end) = (begin(piece.start), begin(piece.end));
        let mut words = vec![0; E::WORDS];
        rows.clear();
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
    /// Where the rows of each customer end, and before that, where the next one goes.
    pub(super) places: Vec<usize>,
    /// The rows, customer by customer.
    entries: Vec<E>,
}

impl<E: Entry> Bench<E> {
    /// Counting sort: puts entries where the rows of their customer go, given the customers' numbers of rows as places.
    pub(super) fn arrange(&mut self, entries: impl Iterator<Item = (usize, E)>) {
        let mut total = 0;
        for place in &mut self.places {
            total += std::mem::replace(place, total);
        }
        if self.entries.len() < total {
            self.entries.resize(total, E::default());
        }
        for (customer, entry) in entries {
            self.entries[self.places[customer]] = entry;
            self.places[customer] += 1;
        }
    }

    /// Hands every customer that has rows to the sink, named by `name`.
    pub(super) fn hand_over(&mut self, sink: &mut impl Sink<E>, name: impl Fn(usize) -> i64) {
        let mut start = 0;
        for (customer, &end) in self.places.iter().enumerate() {
            if end > start {
                sink.add(name(customer), &mut self.entries[start..end]);
            }
            start = end;
        }
    }
}
