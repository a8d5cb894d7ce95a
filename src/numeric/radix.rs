//! Sorting of 64-bit keys that are computed on the way, for columns too long to compare their way into order.

use std::ops::Range;

use super::parallel;

/// Buckets of the first pass: as many as leave their open ends in a second-level cache.
const BUCKET_BITS: u32 = 12;

/// Keys that a bucket of the second pass is meant to hold.
const SMALL: usize = 2;

/// Up to so many keys are sorted by insertion.
const FEW: usize = 16;

/// Writes the keys of the rows below `out.len()`, all of which are from `low` to `high`, in ascending order.
///
/// The keys are spread over buckets by their leading bits within the range that occurs, and each bucket is then put in
/// order by itself. `scratch` must be as long as `out`; what is in it afterwards means nothing.
pub fn sort_keys(
    key: impl Fn(usize) -> u64 + Sync,
    (low, high): (u64, u64),
    out: &mut [u64],
    scratch: &mut [u64],
) {
    let rows = out.len().min(scratch.len());
    let spread = Spread::new(low, high, BUCKET_BITS);
    let ends = spread.scatter_by_all(rows, &key, scratch);
    let pairs = cut(scratch, &ends).into_iter().zip(cut(out, &ends));
    let mut buckets: Vec<Bucket<'_>> = pairs.map(|(from, to)| Bucket { from, to }).collect();
    let shares: Vec<&mut [Bucket<'_>]> = buckets.chunks_mut(16).collect();
    parallel::map_owned(shares, rows, |some| {
        some.iter_mut().for_each(Bucket::sort);
    });
}

/// Keys of the first pass, and where they go.
struct Bucket<'a> {
    from: &'a mut [u64],
    to: &'a mut [u64],
}

impl Bucket<'_> {
    /// Moves the keys, in order.
    fn sort(&mut self) {
        let rows = self.from.len();
        if rows <= FEW {
            self.to.copy_from_slice(self.from);
            put_in_order(self.to);
            return;
        }
        let low = self.from.iter().copied().min().unwrap_or(0);
        let high = self.from.iter().copied().max().unwrap_or(0);
        let bits = (rows / SMALL).ilog2().clamp(1, BUCKET_BITS);
        let spread = Spread::new(low, high, bits);
        let from = &*self.from;
        let ends = spread.scatter(rows, |row| from.get(row).copied().unwrap_or(0), self.to);
        let mut rest = &mut *self.to;
        let mut begin = 0;
        for end in ends {
            let (bucket, after) = rest.split_at_mut((end - begin).min(rest.len()));
            put_in_order(bucket);
            (rest, begin) = (after, end);
        }
    }
}

/// Sorts few keys by insertion and many, which crowd together, by comparison.
fn put_in_order(keys: &mut [u64]) {
    if keys.len() > FEW {
        keys.sort_unstable();
        return;
    }
    for end in 1..keys.len() {
        let key = keys[end];
        let mut place = end;
        while place > 0 && keys[place - 1] > key {
            keys[place] = keys[place - 1];
            place -= 1;
        }
        keys[place] = key;
    }
}

/// A division of the keys between `low` and `high` into equal stretches.
struct Spread {
    low: u64,
    shift: u32,
    buckets: usize,
}

impl Spread {
    fn new(low: u64, high: u64, bits: u32) -> Self {
        let width = u64::BITS - (high - low).leading_zeros();
        Self {
            low,
            shift: width.saturating_sub(bits),
            buckets: 1 << bits,
        }
    }

    fn bucket(&self, key: u64) -> usize {
        usize::try_from((key - self.low) >> self.shift).unwrap_or(usize::MAX)
    }

    /// How many of the keys of some rows fall into each bucket.
    fn count(&self, rows: Range<usize>, key: impl Fn(usize) -> u64) -> Vec<usize> {
        let mut counts = vec![0; self.buckets];
        for row in rows {
            if let Some(count) = counts.get_mut(self.bucket(key(row))) {
                *count += 1;
            }
        }
        counts
    }

    /// Does what `scatter` does with all threads, each of which writes the keys of its rows behind those of the rows
    /// before, in every bucket.
    fn scatter_by_all(
        &self,
        rows: usize,
        key: impl Fn(usize) -> u64 + Sync,
        out: &mut [u64],
    ) -> Vec<usize> {
        let pieces = parallel::pieces(rows);
        let counts = parallel::map_jobs(pieces.clone(), |rows| self.count(rows, &key));
        let mut places: Vec<_> = pieces
            .into_iter()
            .map(|rows| (rows, Vec::with_capacity(self.buckets)))
            .collect();
        let (mut rest, mut end) = (out, 0);
        let ends = (0..self.buckets).map(|bucket| {
            for (counts, (_, places)) in counts.iter().zip(&mut places) {
                let (taken, left) = std::mem::take(&mut rest).split_at_mut(counts[bucket]);
                places.push(taken.iter_mut());
                rest = left;
                end += counts[bucket];
            }
            end
        });
        let ends = ends.collect();
        parallel::map_jobs(places, |(rows, mut places)| {
            for row in rows {
                let key = key(row);
                if let Some(slot) = places.get_mut(self.bucket(key)).and_then(Iterator::next) {
                    *slot = key;
                }
            }
        });
        ends
    }

    /// Writes the keys bucket by bucket and returns where each bucket ends.
    fn scatter(&self, rows: usize, key: impl Fn(usize) -> u64, out: &mut [u64]) -> Vec<usize> {
        let mut counts = self.count(0..rows, &key);
        let mut begin = 0;
        for count in &mut counts {
            (*count, begin) = (begin, begin + *count);
        }
        for row in 0..rows {
            let key = key(row);
            if let Some(place) = counts.get_mut(self.bucket(key)) {
                if let Some(slot) = out.get_mut(*place) {
                    *slot = key;
                }
                *place += 1;
            }
        }
        counts
    }
}

/// The slice in pieces that end where `ends` says.
pub fn cut<'a, T>(mut items: &'a mut [T], ends: &[usize]) -> Vec<&'a mut [T]> {
    let mut begin = 0;
    let mut pieces = Vec::with_capacity(ends.len());
    for &end in ends {
        let (piece, rest) = items.split_at_mut((end - begin).min(items.len()));
        pieces.push(piece);
        (items, begin) = (rest, end);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(keys: &[u64]) -> Vec<u64> {
        let (mut out, mut scratch) = (vec![0; keys.len()], vec![0; keys.len()]);
        let low = keys.iter().copied().min().unwrap_or(0);
        let high = keys.iter().copied().max().unwrap_or(0);
        sort_keys(|row| keys[row], (low, high), &mut out, &mut scratch);
        out
    }

    proptest! {
        #[test]
        fn agrees_with_comparison(keys in prop::collection::vec(any::<u64>(), 0..3000), shift in 0_u32..64) {
            let keys: Vec<u64> = keys.iter().map(|k| k >> shift).collect();
            let mut expected = keys.clone();
            expected.sort_unstable();
            prop_assert_eq!(sorted(&keys), expected);
        }
    }

    #[test]
    fn crowded_and_extreme_keys() {
        let keys: Vec<u64> = (0..40_000_u64)
            .map(|i| match i % 4 {
                0 => u64::MAX - i % 7,
                1 => i % 3,
                2 => 1 << (i % 64),
                _ => i.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            })
            .collect();
        let mut expected = keys.clone();
        expected.sort_unstable();
        assert_eq!(sorted(&keys), expected);
        assert_eq!(sorted(&vec![5; 20_000]), vec![5; 20_000]);
    }
}
