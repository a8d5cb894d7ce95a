//! Items by rank: the one in the most baskets first, those in too few left out.

use std::ops::Range;

use super::{Baskets, Limits};
use crate::numeric::parallel;

/// Baskets that a thread takes at a time.
const SPAN: usize = 1 << 13;

/// What the baskets hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many baskets each kind of item is in.
    pub counts: Vec<i64>,
    /// How many baskets there are without the giants.
    pub baskets: usize,
    /// How many rows repeat an item of their basket.
    pub repeated: usize,
    /// How many giant baskets were left out.
    pub giants: usize,
    /// How many items were in them, each counted once a basket.
    pub giant_items: usize,
    /// The most different items of any basket.
    pub largest: usize,
}

/// Baskets as their frequent items by rank.
pub(super) struct Ranked<'a> {
    baskets: &'a Baskets<'a>,
    /// The item of each rank.
    pub(super) order: Vec<u32>,
    /// The rank of each item; that of the rare ones is beyond all.
    ranks: Vec<u32>,
    giants: Vec<usize>,
    most: usize,
    /// The fewest baskets that count.
    pub(super) fewest: usize,
}

/// Frequent items in compressed rows, ascending by rank; baskets with fewer than two are left out.
pub(super) struct Compact {
    pub(super) offsets: Vec<usize>,
    pub(super) items: Vec<u32>,
    /// For each rank the baskets with it.
    pub(super) holders: Vec<Vec<u32>>,
}

impl Compact {
    pub(super) fn items_of(&self, basket: u32) -> &[u32] {
        let basket = basket as usize;
        &self.items[self.offsets[basket]..self.offsets[basket + 1]]
    }
}

/// What one thread has counted.
struct Counted {
    stamps: Vec<u32>,
    counts: Vec<u32>,
    giants: Vec<usize>,
    survey: Survey,
}

impl Counted {
    fn new(kinds: usize) -> Self {
        Self {
            stamps: vec![0; kinds],
            counts: vec![0; kinds],
            giants: Vec::new(),
            survey: Survey::default(),
        }
    }

    fn add(&mut self, basket: usize, items: &[u32], most: usize) {
        let stamp = basket as u32 + 1;
        let mut distinct = 0;
        for &item in items {
            let seen = &mut self.stamps[item as usize];
            let fresh = *seen != stamp;
            *seen = stamp;
            self.counts[item as usize] += u32::from(fresh);
            distinct += usize::from(fresh);
        }
        self.survey.largest = self.survey.largest.max(distinct);
        if distinct <= most {
            self.survey.repeated += items.len() - distinct;
            return;
        }
        for &item in items {
            let seen = &mut self.stamps[item as usize];
            self.counts[item as usize] -= u32::from(*seen == stamp);
            *seen = 0;
        }
        self.giants.push(basket);
        self.survey.giant_items += distinct;
    }
}

impl<'a> Ranked<'a> {
    /// Counts the items and ranks them.
    pub(super) fn of(baskets: &'a Baskets<'_>, limits: Limits) -> (Self, Survey) {
        let kinds = baskets.kinds();
        let parts = parallel::gather(
            baskets.len(),
            SPAN,
            || Counted::new(kinds),
            |counted, range| {
                for basket in range {
                    counted.add(basket, baskets.items_of(basket), limits.basket);
                }
            },
        );
        let (mut survey, mut giants) = (Survey::default(), Vec::new());
        survey.counts = vec![0; kinds];
        for part in parts {
            for (sum, count) in survey.counts.iter_mut().zip(part.counts) {
                *sum += i64::from(count);
            }
            giants.extend(part.giants);
            survey.repeated += part.survey.repeated;
            survey.giant_items += part.survey.giant_items;
            survey.largest = survey.largest.max(part.survey.largest);
        }
        giants.sort_unstable();
        survey.giants = giants.len();
        survey.baskets = baskets.len() - giants.len();
        let fewest = limits.fewest(survey.baskets);
        let (order, ranks) = by_rank(&survey.counts, fewest);
        let ranked = Self {
            baskets,
            order,
            ranks,
            giants,
            most: limits.basket,
            fewest,
        };
        (ranked, survey)
    }

    /// Passes the ranks of the frequent items of some baskets to `f`, ascending, where there are at least two.
    fn each(&self, range: Range<usize>, buffer: &mut Vec<u32>, mut f: impl FnMut(&[u32])) {
        let frequent = self.order.len() as u32;
        for basket in range {
            let items = self.baskets.items_of(basket);
            if items.len() > self.most && self.giants.binary_search(&basket).is_ok() {
                continue;
            }
            buffer.clear();
            let ranks = items.iter().map(|&item| self.ranks[item as usize]);
            buffer.extend(ranks.filter(|&rank| rank < frequent));
            buffer.sort_unstable();
            buffer.dedup();
            if buffer.len() > 1 {
                f(buffer);
            }
        }
    }

    /// What each thread has made of its baskets, by `f`; see [`parallel::gather`].
    pub(super) fn gather<M: Send>(
        &self,
        memory: impl Fn() -> M + Sync,
        f: impl Fn(&mut M, &[u32]) + Sync,
    ) -> Vec<M> {
        let parts = parallel::gather(
            self.baskets.len(),
            SPAN,
            || (memory(), Vec::new()),
            |(own, buffer), range| self.each(range, buffer, |items| f(own, items)),
        );
        parts.into_iter().map(|(own, _)| own).collect()
    }

    /// The frequent items alone, and where each is.
    pub(super) fn compact(&self) -> Compact {
        let parts = parallel::map_spans(self.baskets.len(), SPAN, |range| {
            let (mut ends, mut kept) = (Vec::new(), Vec::new());
            self.each(range, &mut Vec::new(), |items| {
                kept.extend_from_slice(items);
                ends.push(kept.len());
            });
            (ends, kept)
        });
        let (mut offsets, mut items) = (vec![0], Vec::new());
        for (ends, kept) in parts {
            let begin = items.len();
            offsets.extend(ends.into_iter().map(|end| begin + end));
            items.extend(kept);
        }
        let mut holders: Vec<Vec<u32>> = Vec::new();
        holders.resize_with(self.order.len(), Vec::new);
        for basket in 0..offsets.len() - 1 {
            for &rank in &items[offsets[basket]..offsets[basket + 1]] {
                holders[rank as usize].push(basket as u32);
            }
        }
        Compact {
            offsets,
            items,
            holders,
        }
    }
}

/// The items in enough baskets, the most frequent first, and the rank of every item. Equally frequent ones are in their
/// own order.
fn by_rank(counts: &[i64], fewest: usize) -> (Vec<u32>, Vec<u32>) {
    let enough = |item: &u32| counts[*item as usize] >= fewest as i64;
    let mut order: Vec<u32> = (0..counts.len() as u32).filter(enough).collect();
    order.sort_by_key(|&item| std::cmp::Reverse(counts[item as usize]));
    let mut ranks = vec![u32::MAX; counts.len()];
    for (rank, &item) in (0..).zip(&order) {
        ranks[item as usize] = rank;
    }
    (order, ranks)
}
