//! Work spread over threads so that the answer never depends on how many there are: items are cut into chunks of a
//! fixed size, and the chunks' results are put together in order. The only module that names rayon.

use rayon::prelude::*;

use super::Scalar;

/// Items a chunk. A fixed number, so that sums are added up in the same order whatever the machine; small enough to
/// share out a few thousand customers, large enough that handing over a chunk costs nothing beside working on it.
const CHUNK: usize = 1024;

/// Below this many items of little work each, waking another thread costs more than it saves.
const FEW: usize = 8 * CHUNK;

/// The sum of `term` over each group of items, which is told the group's number.
pub fn sum_groups<T: Sync, S: Scalar>(
    groups: &[&[T]],
    term: impl Fn(usize, &T) -> S + Sync,
) -> Vec<S> {
    let numbered = groups.iter().enumerate();
    let chunks: Vec<(usize, &[T])> = numbered
        .flat_map(|(group, items)| items.chunks(CHUNK).map(move |chunk| (group, chunk)))
        .collect();
    let chunk_sum = |&(group, chunk): &(usize, &[T])| {
        let mut total = S::from(0.0);
        for item in chunk {
            total += term(group, item);
        }
        total
    };
    let few = groups.iter().map(|items| items.len()).sum::<usize>() <= FEW / 2;
    let parts: Vec<S> = if few {
        chunks.iter().map(chunk_sum).collect()
    } else {
        chunks.par_iter().map(chunk_sum).collect()
    };
    let mut sums = vec![S::from(0.0); groups.len()];
    for ((group, _), part) in chunks.iter().zip(parts) {
        sums[*group] += part;
    }
    sums
}

/// `f` of each slice, in order.
pub fn map_slices<T: Send, R: Send>(
    mut slices: Vec<&mut [T]>,
    f: impl Fn(usize, &mut [T]) -> R + Sync,
) -> Vec<R> {
    let few = slices.iter().map(|slice| slice.len()).sum::<usize>() <= FEW;
    if few {
        let numbered = slices.iter_mut().enumerate();
        return numbered.map(|(i, slice)| f(i, slice)).collect();
    }
    let numbered = slices.par_iter_mut().enumerate();
    numbered.map(|(i, slice)| f(i, slice)).collect()
}

/// The results of `work` on each chunk of the items, in order.
pub fn map_chunks<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    if items.len() <= CHUNK {
        return vec![work(items)];
    }
    items.par_chunks(CHUNK).map(&work).collect()
}

/// The results of `work` on each block of `size` items, in order: for work that needs more than a few items at a time.
pub fn map_blocks<T: Sync, R: Send>(
    items: &[T],
    size: usize,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    if items.len() <= FEW {
        return items.chunks(size).map(work).collect();
    }
    items.par_chunks(size).map(&work).collect()
}

/// `f` of each item, in order.
pub fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() <= CHUNK {
        return items.iter().map(f).collect();
    }
    items.par_iter().with_min_len(CHUNK).map(&f).collect()
}

/// Fills `out`, cut into rows of `width`, by calling `f` with each row's number and place.
pub fn fill_rows(out: &mut [f64], width: usize, f: impl Fn(usize, &mut [f64]) + Sync) {
    let width = width.max(1);
    if out.len() <= CHUNK {
        for (i, row) in out.chunks_mut(width).enumerate() {
            f(i, row);
        }
        return;
    }
    out.par_chunks_mut(width)
        .with_min_len((CHUNK / width).max(1))
        .enumerate()
        .for_each(|(i, row)| f(i, row));
}

/// Fills `out` by calling `f` with each block of `size` items and the number of its first.
pub fn fill_blocks(out: &mut [f64], size: usize, f: impl Fn(usize, &mut [f64]) + Sync) {
    if out.len() <= CHUNK {
        for (i, block) in out.chunks_mut(size).enumerate() {
            f(i * size, block);
        }
        return;
    }
    out.par_chunks_mut(size)
        .enumerate()
        .for_each(|(i, block)| f(i * size, block));
}

/// Fills two tables with equally many rows, each given with its width, at once.
pub fn fill_row_pairs(
    (first, first_width): (&mut [f64], usize),
    (second, second_width): (&mut [f64], usize),
    f: impl Fn(usize, &mut [f64], &mut [f64]) + Sync,
) {
    let rows = first.par_chunks_mut(first_width.max(1));
    rows.zip(second.par_chunks_mut(second_width.max(1)))
        .with_min_len(CHUNK / 16)
        .enumerate()
        .for_each(|(i, (one, two))| f(i, one, two));
}

/// Whether `f` holds for any number below `len`; it may be called for all of them.
pub fn any(len: usize, f: impl Fn(usize) -> bool + Sync) -> bool {
    let in_chunk = |chunk: usize| {
        let begin = chunk * CHUNK;
        (begin..len.min(begin + CHUNK)).fold(false, |any, i| any | f(i))
    };
    let chunks = len.div_ceil(CHUNK);
    if len <= FEW {
        return (0..chunks).any(in_chunk);
    }
    (0..chunks).into_par_iter().with_min_len(16).any(in_chunk)
}

/// `f` of each number below `len`, in order.
pub fn tabulate<R: Send>(len: usize, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    if len <= CHUNK {
        return (0..len).map(f).collect();
    }
    (0..len)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(&f)
        .collect()
}

/// Sorts in place; equal items must be interchangeable.
pub fn sort<T: Ord + Send>(items: &mut [T]) {
    if items.len() <= FEW {
        items.sort_unstable();
    } else {
        items.par_sort_unstable();
    }
}

/// Sorts in place by `compare`; items that it finds equal must be interchangeable.
pub fn sort_by<T: Send>(items: &mut [T], compare: impl Fn(&T, &T) -> std::cmp::Ordering + Sync) {
    if items.len() <= CHUNK {
        items.sort_unstable_by(compare);
    } else {
        items.par_sort_unstable_by(compare);
    }
}
