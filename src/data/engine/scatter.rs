//! Rows into partitions: counted first, then each written once to where it belongs.

use std::ops::Range;

use crate::numeric::parallel;

/// Where the records of each partition go.
type Places<'o, const W: usize> = Vec<&'o mut [[u64; W]]>;

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

    /// Writes the records of these partitions into `out`, one partition after the other, and leaves the rows of later ones
    /// `to_do`; `route` gives a row's partition, if it has one, and a tag with which `write` makes its record.
    pub(super) fn scatter<const W: usize, T>(
        &self,
        window: &Range<usize>,
        out: &mut [[u64; W]],
        to_do: &mut ToDo,
        route: impl Fn(usize) -> Option<(usize, T)> + Sync,
        write: impl Fn(usize, T, &mut [u64; W]) + Sync,
    ) {
        let later = window.end..self.totals.len();
        to_do.resize(self.pieces.len(), None);
        let jobs = self.places(window, out).into_iter().zip(to_do).collect();
        parallel::map_jobs(jobs, |((piece, places), to_do)| {
            let (rows, counts) = &self.pieces[piece];
            let mut later = vec![0; counts[later.clone()].iter().sum::<usize>() + 1];
            let job = Job {
                first: rows.start,
                window,
                route: &route,
                write: &write,
            };
            let is_last = window.end == self.totals.len();
            match (to_do.take(), is_last) {
                (None, true) => job.scatter::<true, W, T>(rows.clone(), places, &mut later),
                (None, false) => job.scatter::<false, W, T>(rows.clone(), places, &mut later),
                (Some(left), _) => {
                    let rows = left.iter().map(|&row| rows.start + row as usize);
                    job.scatter::<false, W, T>(rows, places, &mut later);
                }
            }
            later.pop();
            *to_do = Some(later);
        });
    }

    /// For each piece of the log, where its records of each partition go.
    fn places<'o, const W: usize>(
        &self,
        window: &Range<usize>,
        mut rest: &'o mut [[u64; W]],
    ) -> Vec<(usize, Places<'o, W>)> {
        let empty = || Vec::with_capacity(window.len() + 1);
        let mut places: Vec<_> = (0..self.pieces.len())
            .map(|piece| (piece, empty()))
            .collect();
        for partition in window.clone() {
            for ((_, counts), (_, places)) in self.pieces.iter().zip(&mut places) {
                let (taken, left) = rest.split_at_mut(counts[partition]);
                places.push(taken);
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

/// For each piece of a log, the rows that still have to be scattered, counted from its first (pieces have fewer than 4
/// billion); none where that is all.
pub(super) type ToDo = Vec<Option<Vec<u32>>>;

/// One piece of a log on its way.
struct Job<'a, R, F> {
    /// The piece's first row.
    first: usize,
    window: &'a Range<usize>,
    route: &'a R,
    write: &'a F,
}

impl<R, F> Job<'_, R, F> {
    /// Writes the records of these rows into `places`, and the rows of later windows into `later`, which has room for one
    /// more. Asks nothing about a row that may come out either way: that costs more than to write what nobody reads.
    fn scatter<const LAST: bool, const W: usize, T>(
        &self,
        rows: impl Iterator<Item = usize>,
        places: Places<'_, W>,
        later: &mut [u32],
    ) where
        R: Fn(usize) -> Option<(usize, T)>,
        F: Fn(usize, T, &mut [u64; W]),
    {
        let (mut nowhere, elsewhere) = ([[0; W]], places.len());
        let mut places: Places<'_, W> = places;
        places.push(&mut nowhere);
        let mut filled = vec![0_usize; places.len()];
        let mut put_off = 0;
        let (start, end) = (self.window.start, self.window.end);
        for row in rows {
            let Some((partition, tag)) = (self.route)(row) else {
                continue;
            };
            if !LAST {
                later[put_off] = (row - self.first) as u32;
                put_off += usize::from(partition >= end);
            }
            let partition = partition.wrapping_sub(start).min(elsewhere);
            let place = filled[partition];
            filled[partition] = place + usize::from(partition < elsewhere);
            (self.write)(row, tag, &mut places[partition][place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_window_gets_its_rows_in_order(
            partitions in proptest::collection::vec(proptest::option::weighted(0.9, 0_usize..7), 0..200),
            most in 1_usize..120,
        ) {
            let route = |row: usize| partitions[row].map(|partition| (partition, row as u64));
            let write = |_, tag, record: &mut [u64; 1]| record[0] = tag;
            let counts = Counts::of(partitions.len(), 7, route);
            let (mut to_do, mut found) = (ToDo::new(), Vec::new());
            for window in counts.windows(most) {
                let mut records = vec![[u64::MAX]; counts.rows_in(&window)];
                counts.scatter(&window, &mut records, &mut to_do, route, write);
                found.extend(counts.cut(&window, &records).into_iter().map(<[[u64; 1]]>::to_vec));
            }
            let of_partition = |wanted| {
                let rows = (0..partitions.len()).filter(|&row| partitions[row] == Some(wanted));
                rows.map(|row| [row as u64]).collect::<Vec<_>>()
            };
            prop_assert_eq!(found, (0..7).map(of_partition).collect::<Vec<_>>());
        }
    }
}
