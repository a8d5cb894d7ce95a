//! How many baskets hold both items of a pair.

use super::ranked::{Compact, Ranked, Survey};
use super::{Baskets, Limits};
use crate::numeric::parallel;

/// The most cells of a table of pairs, of which every thread has one: 64 MB.
const MOST_CELLS: usize = 1 << 24;

/// Ranks that are counted one after the other where pairs fit in no table.
const RANKS: usize = 64;

/// Pairs of items, and how many baskets hold both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    /// The one item: the smaller number of the two.
    pub firsts: Vec<i64>,
    /// The other.
    pub seconds: Vec<i64>,
    /// How many baskets hold both.
    pub counts: Vec<i64>,
    /// What the baskets hold.
    pub survey: Survey,
    /// The fewest baskets that a pair of them is in.
    pub fewest: usize,
}

impl Pairs {
    /// Counts the pairs in one pass over the baskets. An item counts once a basket.
    ///
    /// Frequent items are ranked; where the triangle of their pairs is small enough, each thread counts in one of its
    /// own. Otherwise each item is counted against those before it, over the baskets that hold it.
    ///
    /// # Examples
    /// ```
    /// use tenure::baskets::{Baskets, Limits, Pairs, rows::Rows};
    ///
    /// let keys = [1, 1, 2, 2, 3, 3, 3];
    /// let items = [0, 1, 1, 0, 1, 2, 2];
    /// let (mut memory, mut scratch) = ([0; 7], [0; 7]);
    /// let rows = Rows { keys: &keys, smallest: 0, items: &items, first: 0, kinds: 3 };
    /// let baskets = Baskets::of_rows(rows, &mut memory, &mut scratch)?;
    /// let pairs = Pairs::of(&baskets, Limits { count: 1, support: 0.0, basket: 100 });
    /// assert_eq!((pairs.firsts, pairs.seconds), (vec![0, 1], vec![1, 2]));
    /// assert_eq!(pairs.counts, [2, 1]);
    /// assert_eq!(pairs.survey.repeated, 1);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    #[must_use]
    pub fn of(baskets: &Baskets<'_>, limits: Limits) -> Self {
        Self::within(baskets, limits, MOST_CELLS)
    }

    fn within(baskets: &Baskets<'_>, limits: Limits, most_cells: usize) -> Self {
        let (ranked, survey) = Ranked::of(baskets, limits);
        let frequent = ranked.order.len();
        let cells = frequent * frequent.saturating_sub(1) / 2;
        let mut found = if cells <= most_cells {
            in_triangle(&ranked, cells)
        } else {
            by_item(&ranked.compact(), ranked.fewest)
        };
        for (first, second, _) in &mut found {
            let items = [*first, *second].map(|rank| ranked.order[rank as usize]);
            (*first, *second) = (items[0].min(items[1]), items[0].max(items[1]));
        }
        found.sort_unstable();
        Self {
            firsts: found.iter().map(|pair| i64::from(pair.0)).collect(),
            seconds: found.iter().map(|pair| i64::from(pair.1)).collect(),
            counts: found.iter().map(|pair| i64::from(pair.2)).collect(),
            survey,
            fewest: ranked.fewest,
        }
    }
}

/// Two ranks, the larger one first, and a count.
type Pair = (u32, u32, u32);

/// Where the pairs of a rank with smaller ones begin in a triangle.
fn row_of(rank: usize) -> usize {
    rank * rank.saturating_sub(1) / 2
}

/// Pairs by a table of all of them. The most frequent items are in its first rows, which stay in the caches.
fn in_triangle(ranked: &Ranked<'_>, cells: usize) -> Vec<Pair> {
    let parts = ranked.gather(
        || vec![0_u32; cells],
        |triangle, items| {
            for (place, &rank) in items.iter().enumerate().skip(1) {
                let begin = row_of(rank as usize);
                let row = &mut triangle[begin..begin + rank as usize];
                for &smaller in &items[..place] {
                    row[smaller as usize] += 1;
                }
            }
        },
    );
    let sum = parts.into_iter().reduce(|mut sum, part| {
        for (sum, count) in sum.iter_mut().zip(part) {
            *sum += count;
        }
        sum
    });
    let (triangle, fewest) = (sum.unwrap_or_default(), ranked.fewest as u32);
    let mut found = Vec::new();
    for rank in 1..if triangle.is_empty() {
        0
    } else {
        ranked.order.len()
    } {
        let row = &triangle[row_of(rank)..row_of(rank + 1)];
        let enough = (0..).zip(row).filter(|(_, count)| **count >= fewest);
        found.extend(enough.map(|(smaller, &count)| (rank as u32, smaller, count)));
    }
    found
}

/// Pairs item by item: how often each smaller rank is in the baskets of one.
fn by_item(baskets: &Compact, fewest: usize) -> Vec<Pair> {
    let ranks = baskets.holders.len();
    let starts: Vec<usize> = (0..ranks).step_by(RANKS).collect();
    let parts = parallel::map_with(
        starts,
        || vec![0_u32; ranks],
        |counts, start| {
            let mut found = Vec::new();
            for rank in start..ranks.min(start + RANKS) {
                let mut met = companions(baskets, &baskets.holders[rank], rank as u32, counts);
                met.sort_unstable();
                for smaller in met {
                    let count = std::mem::take(&mut counts[smaller as usize]);
                    if count as usize >= fewest {
                        found.push((rank as u32, smaller, count));
                    }
                }
            }
            found
        },
    );
    parts.concat()
}

/// The ranks below `limit` in these baskets; how often each is there is added to `counts`, which are 0 for all of them.
pub(super) fn companions(
    baskets: &Compact,
    holders: &[u32],
    limit: u32,
    counts: &mut [u32],
) -> Vec<u32> {
    let mut met = Vec::new();
    for &basket in holders {
        for &rank in baskets.items_of(basket) {
            if rank >= limit {
                break;
            }
            let count = &mut counts[rank as usize];
            if *count == 0 {
                met.push(rank);
            }
            *count += 1;
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::baskets::rows::Rows;

    fn both_ways(rows: &[(i64, i64)], limits: Limits) -> (Pairs, Pairs) {
        let (keys, items): (Vec<i64>, Vec<i64>) = rows.iter().copied().unzip();
        let rows = Rows {
            keys: &keys,
            smallest: 0,
            items: &items,
            first: 0,
            kinds: 12,
        };
        let (mut memory, mut scratch) = (vec![0; keys.len()], vec![0; keys.len()]);
        let baskets = Baskets::of_rows(rows, &mut memory, &mut scratch).unwrap();
        let table = Pairs::of(&baskets, limits);
        (table, Pairs::within(&baskets, limits, 0))
    }

    /// The same by sets.
    fn reference(rows: &[(i64, i64)], limits: Limits) -> BTreeMap<(i64, i64), i64> {
        let mut baskets: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for &(key, item) in rows {
            baskets.entry(key).or_default().insert(item);
        }
        baskets.retain(|_, items| items.len() <= limits.basket);
        let mut pairs = BTreeMap::new();
        for items in baskets.values() {
            for &a in items {
                for &b in items.range(a + 1..) {
                    *pairs.entry((a, b)).or_insert(0) += 1;
                }
            }
        }
        let all = baskets.len() as f64;
        pairs.retain(|_, count| {
            *count >= limits.count as i64 && *count as f64 / all >= limits.support
        });
        pairs
    }

    fn found(pairs: &Pairs) -> BTreeMap<(i64, i64), i64> {
        let names = pairs.firsts.iter().copied().zip(pairs.seconds.clone());
        names.zip(pairs.counts.clone()).collect()
    }

    proptest! {
        #[test]
        fn both_ways_count_as_sets_do(
            rows in prop::collection::vec((0_i64..20, 0_i64..12), 0..150),
            count in 1_usize..4,
            support in prop::sample::select(vec![0.0, 0.1, 0.3]),
            basket in prop::sample::select(vec![4_usize, 100]),
        ) {
            let limits = Limits { count, support, basket };
            let (table, by_item) = both_ways(&rows, limits);
            prop_assert_eq!(found(&table), reference(&rows, limits));
            prop_assert_eq!(&table, &by_item);
        }
    }

    #[test]
    fn a_share_counts_as_it_is_written() {
        // 0.07 * 100 is a little more than 7
        let limits = |support| Limits {
            count: 1,
            support,
            basket: 9,
        };
        assert_eq!(limits(0.07).fewest(100), 7);
        assert_eq!(limits(0.0).fewest(100), 1);
        assert_eq!(limits(1.0).fewest(100), 100);
        assert_eq!(limits(0.001).fewest(0), 1);
    }
}
