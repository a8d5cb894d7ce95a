//! Rows into partitions: counted first, then each written once to where it belongs.

use std::ops::Range;
use std::slice::IterMut;

use crate::numeric::parallel;

/// Where the next record of each partition goes.
type Places<'o, const W: usize> = Vec<IterMut<'o, [u64; W]>>;

/// How many rows each piece of a log has for each partition.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pieces: Vec<(Range<usize>, Vec<usize>)>,
    totals: Vec<usize>,
}

impl Counts {
    /// Counts the rows of each partition, given where a row belongs, if it does anywhere.
    pub(super) fn of<T>(
        rows: usize,
        partitions: usize,
        route: impl Fn(usize) -> Option<(usize, T)> + Sync,
    ) -> Self {
        let pieces = parallel::map_jobs(parallel::pieces(rows), |rows| {
            let mut counts = vec![0; partitions];
            for row in rows.clone() {
                if let Some((partition, _)) = route(row) {
                    counts[partition] += 1;
                }
            }
            (rows, counts)
        });
        let mut totals = vec![0; partitions];
        for (_, counts) in &pieces {
            for (total, count) in totals.iter_mut().zip(counts) {
                *total += count;
            }
        }
        Self { pieces, totals }
    }

    /// Partitions one after another, so many at a time that together they have no more than `rows` rows (or are one).
    pub(super) fn windows(&self, rows: usize) -> Vec<Range<usize>> {
        let mut windows = Vec::new();
        let (mut start, mut held) = (0, 0);
        for (partition, &count) in self.totals.iter().enumerate() {
            if held > 0 && held + count > rows {
                windows.push(start..partition);
                (start, held) = (partition, 0);
            }
            held += count;
        }
        windows.push(start..self.totals.len());
        windows
    }

    /// How many rows the largest partition has.
    pub(super) fn largest(&self) -> usize {
        self.totals.iter().copied().max().unwrap_or(0)
    }

    /// How many rows these partitions have.
    pub(super) fn rows_in(&self, window: &Range<usize>) -> usize {
        self.totals[window.clone()].iter().sum()
    }

    /// Writes the records of these partitions into `out`, one partition after the other; `route` gives a row's
    /// partition, if it has one, and a tag with which `write` makes its record.
    pub(super) fn scatter<const W: usize, T>(
        &self,
        window: &Range<usize>,
        out: &mut [[u64; W]],
        route: impl Fn(usize) -> Option<(usize, T)> + Sync,
        write: impl Fn(usize, T, &mut [u64; W]) + Sync,
    ) {
        let places = self.places(window, out);
        parallel::map_jobs(places, |(rows, mut places)| {
            for row in rows {
                let Some((partition, tag)) = route(row) else {
                    continue;
                };
                // partitions before the window wrap around to beyond its end
                let place = places.get_mut(partition.wrapping_sub(window.start));
                if let Some(record) = place.and_then(Iterator::next) {
                    write(row, tag, record);
                }
            }
        });
    }

    /// For each piece of the log, where its records of each partition go.
    fn places<'o, const W: usize>(
        &self,
        window: &Range<usize>,
        mut rest: &'o mut [[u64; W]],
    ) -> Vec<(Range<usize>, Places<'o, W>)> {
        let mut places: Vec<_> = self
            .pieces
            .iter()
            .map(|(rows, _)| (rows.clone(), Vec::with_capacity(window.len())))
            .collect();
        for partition in window.clone() {
            for ((_, counts), (_, places)) in self.pieces.iter().zip(&mut places) {
                let (taken, left) = rest.split_at_mut(counts[partition]);
                places.push(taken.iter_mut());
                rest = left;
            }
        }
        places
    }

    /// The records of each of these partitions.
    pub(super) fn cut<'o, const W: usize>(
        &self,
        window: &Range<usize>,
        mut rest: &'o [[u64; W]],
    ) -> Vec<&'o [[u64; W]]> {
        let cut = |&count: &usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken
        };
        self.totals[window.clone()].iter().map(cut).collect()
    }
}
