//! Work spread over threads so that the answer never depends on how many there are: items are cut into chunks of a
//! fixed size, and the chunks' results are put together in order. The only module that names rayon.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rayon::prelude::*;

use super::Scalar;

/// Items a chunk. A fixed number, so that sums are added up in the same order whatever the machine; small enough to
/// share out a few thousand customers, large enough that handing over a chunk costs nothing beside working on it.
const CHUNK: usize = 1024;

/// Below this many items of little work each, waking another thread costs more than it saves.
const FEW: usize = 8 * CHUNK;

/// Numbers a stretch, where each needs tables of its own.
const STRETCH: usize = 64 * CHUNK;

/// Does `work` on each of the items, the calling thread and those of the pool each taking the next one when they have
/// done with theirs. The caller begins at once: a sleeping thread takes its time to wake, on some machines as long as
/// the work of a million rows.
fn share<T: Send>(items: impl Iterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    let items = Mutex::new(items);
    let take = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let go_on = || {
        while let Some(item) = take() {
            work(item);
        }
    };
    rayon::in_place_scope(|scope| {
        for _ in 1..rayon::current_num_threads() {
            scope.spawn(|_| go_on());
        }
        go_on();
    });
}

/// The result of `work`, done by the other threads while the calling one does `watch` now and then.
pub fn watched<R: Send>(
    every: Duration,
    watch: impl Fn(),
    work: impl FnOnce() -> R + Send,
) -> Option<R> {
    let (done, waiting) = mpsc::channel();
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| {
            // nobody waits any more if `watch` has panicked
            let _unheard = done.send(work());
        });
        loop {
            match waiting.recv_timeout(every) {
                Ok(result) => return Some(result),
                Err(RecvTimeoutError::Timeout) => watch(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    })
}

/// What the threads have gathered from all blocks of `size` numbers below `len`, each in memory of its own. Which block
/// is in which memory is a matter of chance: put together only what is the same in any order, as sums of integers are.
pub fn gather<M: Send>(
    len: usize,
    size: usize,
    memory: impl Fn() -> M + Sync,
    work: impl Fn(&mut M, Range<usize>) + Sync,
) -> Vec<M> {
    let size = size.max(1);
    let starts = Mutex::new((0..len).step_by(size));
    let take = || starts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let gathered = Mutex::new(Vec::new());
    let go_on = || {
        let Some(mut start) = take() else { return };
        let mut own = memory();
        loop {
            work(&mut own, start..len.min(start + size));
            match take() {
                Some(next) => start = next,
                None => break,
            }
        }
        let mut all = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(own);
    };
    rayon::in_place_scope(|scope| {
        for _ in 1..rayon::current_num_threads() {
            scope.spawn(|_| go_on());
        }
        go_on();
    });
    gathered
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The results of `work` on each of the items, in order.
fn collect<T: Send, R: Send>(
    items: impl ExactSizeIterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let mut results: Vec<Option<R>> = Vec::new();
    results.resize_with(items.len(), || None);
    share(items.zip(&mut results), |(item, result)| {
        *result = Some(work(item));
    });
    results.into_iter().flatten().collect()
}

/// Sums over groups of items of these sizes; `sum` is that of some items of one group, which it is told the number of.
pub fn sum_groups<S: Scalar>(
    sizes: &[usize],
    sum: impl Fn(usize, Range<usize>) -> S + Sync,
) -> Vec<S> {
    let numbered = sizes.iter().copied().enumerate();
    let chunks: Vec<(usize, usize)> = numbered
        .flat_map(|(group, size)| (0..size).step_by(CHUNK).map(move |begin| (group, begin)))
        .collect();
    let chunk_sum = |&(group, begin): &(usize, usize)| {
        let end = sizes[group].min(begin + CHUNK);
        sum(group, begin..end)
    };
    let few = sizes.iter().sum::<usize>() <= FEW / 2;
    let parts: Vec<S> = if few {
        chunks.iter().map(chunk_sum).collect()
    } else {
        collect(chunks.iter(), chunk_sum)
    };
    let mut sums = vec![S::from(0.0); sizes.len()];
    for ((group, _), part) in chunks.iter().zip(parts) {
        sums[*group] += part;
    }
    sums
}

/// `f` of each item, in order; `work` is how many small things there are to do in all.
pub fn map_owned<T: Send, R: Send>(
    items: Vec<T>,
    work: usize,
    f: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    if work <= FEW {
        return items.into_iter().map(f).collect();
    }
    collect(items.into_iter(), f)
}

/// The results of `work` on each long stretch of the numbers below `len`, in order.
pub fn map_stretches<R: Send>(len: usize, work: impl Fn(Range<usize>) -> R + Sync) -> Vec<R> {
    let stretch = |i: usize| i * STRETCH..len.min((i + 1) * STRETCH);
    let stretches = len.div_ceil(STRETCH);
    if stretches <= 1 {
        return vec![work(0..len)];
    }
    collect(0..stretches, |i| work(stretch(i)))
}

/// The results of `work` on each chunk of the items, in order.
pub fn map_chunks<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    if items.len() <= CHUNK {
        return vec![work(items)];
    }
    collect(items.chunks(CHUNK), work)
}

/// `f` of each item, in order; each item is enough work to share out.
pub fn map_jobs<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    map_with(items, || (), |(), item| f(item))
}

/// `f` of each item, in order, with memory that one item after the other may use; what stands in it must change
/// nothing. Each item is enough work to share out.
pub fn map_with<T: Send, R: Send, M>(
    items: Vec<T>,
    memory: impl Fn() -> M + Sync,
    f: impl Fn(&mut M, T) -> R + Sync,
) -> Vec<R> {
    if items.len() <= 1 {
        return items
            .into_iter()
            .map(|item| f(&mut memory(), item))
            .collect();
    }
    let work = items.into_par_iter().map_init(&memory, &f);
    work.collect()
}

/// Numbers below `len` in pieces that keep all threads busy, one for little work; results must not depend on the cuts.
pub fn pieces(len: usize) -> Vec<Range<usize>> {
    let most = 4 * rayon::current_num_threads();
    cut(len, len.div_ceil(most).max(FEW))
}

/// Numbers below `len` in pieces of a size that the caches hold; results must not depend on the cuts.
pub fn blocks(len: usize) -> Vec<Range<usize>> {
    cut(len, 2 * FEW)
}

fn cut(len: usize, size: usize) -> Vec<Range<usize>> {
    let starts = (0..len).step_by(size);
    starts.map(|start| start..len.min(start + size)).collect()
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
    collect(items.chunks(size), work)
}

/// `f` of each stretch of `span` numbers below `len`, in order.
pub fn map_spans<R: Send>(len: usize, span: usize, f: impl Fn(Range<usize>) -> R + Sync) -> Vec<R> {
    let stretch = |i: usize| f(i * span..len.min((i + 1) * span));
    let spans = len.div_ceil(span.max(1));
    if len <= FEW {
        return (0..spans).map(stretch).collect();
    }
    (0..spans).into_par_iter().map(stretch).collect()
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
    let rows = (CHUNK / width).max(1);
    fill_blocks(out, rows * width, |begin, block| {
        for (i, row) in block.chunks_mut(width).enumerate() {
            f(begin / width + i, row);
        }
    });
}

/// Fills `out` by calling `f` with each block of `size` items and the number of its first.
pub fn fill_blocks(out: &mut [f64], size: usize, f: impl Fn(usize, &mut [f64]) + Sync) {
    if out.len() <= CHUNK {
        for (i, block) in out.chunks_mut(size).enumerate() {
            f(i * size, block);
        }
        return;
    }
    let blocks = out.chunks_mut(size).enumerate();
    share(blocks, |(i, block)| f(i * size, block));
}

/// Fills two tables with equally many rows, each given with its width, at once.
pub fn fill_row_pairs(
    (first, first_width): (&mut [f64], usize),
    (second, second_width): (&mut [f64], usize),
    f: impl Fn(usize, &mut [f64], &mut [f64]) + Sync,
) {
    const ROWS: usize = CHUNK / 16;
    let (first_width, second_width) = (first_width.max(1), second_width.max(1));
    let firsts = first.chunks_mut(ROWS * first_width);
    let seconds = second.chunks_mut(ROWS * second_width);
    share(
        firsts.zip(seconds).enumerate(),
        |(block, (firsts, seconds))| {
            let firsts = firsts.chunks_mut(first_width);
            let pairs = firsts.zip(seconds.chunks_mut(second_width));
            for (i, (one, two)) in pairs.enumerate() {
                f(block * ROWS + i, one, two);
            }
        },
    );
}

/// Whether `f` holds for any number below `len`; it may be called for all of them.
pub fn any(len: usize, f: impl Fn(usize) -> bool + Sync) -> bool {
    let among = |numbers: Range<usize>| numbers.fold(false, |any, i| any | f(i));
    if len <= FEW {
        return among(0..len);
    }
    let found = AtomicBool::new(false);
    share((0..len).step_by(FEW), |begin| {
        if among(begin..len.min(begin + FEW)) {
            found.store(true, Ordering::Relaxed);
        }
    });
    found.into_inner()
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

/// `f` of each number below `len`, in order, where each is much work.
pub fn each<R: Send>(len: usize, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    (0..len).into_par_iter().with_max_len(1).map(&f).collect()
}

/// Sorts in place by `compare`; items that it finds equal must be interchangeable.
pub fn sort_by<T: Send>(items: &mut [T], compare: impl Fn(&T, &T) -> std::cmp::Ordering + Sync) {
    if items.len() <= CHUNK {
        items.sort_unstable_by(compare);
    } else {
        items.par_sort_unstable_by(compare);
    }
}
