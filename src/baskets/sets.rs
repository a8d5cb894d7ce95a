//! Sets of items that are in enough baskets.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::pairs::companions;
use super::ranked::{Compact, Ranked, Survey};
use super::rows::parameter;
use super::{Baskets, Limits};
use crate::Result;
use crate::numeric::parallel;

/// Sets of items, one after the other, and how many baskets hold each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemSets {
    /// Where each set begins, and where the last one ends.
    pub offsets: Vec<i64>,
    /// Their items; those of a set ascend.
    pub items: Vec<i64>,
    /// How many baskets hold all of them.
    pub counts: Vec<i64>,
    /// What the baskets hold.
    pub survey: Survey,
    /// The fewest baskets that any of them is in.
    pub fewest: usize,
}

impl ItemSets {
    /// Finds every set of at most `size` items that is in enough baskets, and no more than `most` of them.
    ///
    /// Sets grow from their rarest item: the baskets that hold a set tell which more frequent items may join it, so that
    /// no set is tried that is in no basket (Eclat in the order of LCM).
    ///
    /// # Errors
    /// [`crate::Error::Parameter`] if there are more than `most`.
    pub fn of(baskets: &Baskets<'_>, limits: Limits, size: usize, most: usize) -> Result<Self> {
        let (ranked, survey) = Ranked::of(baskets, limits);
        let compact = ranked.compact();
        let found = AtomicUsize::new(0);
        let search = Search {
            baskets: &compact,
            fewest: ranked.fewest,
            size,
            most,
            found: &found,
        };
        let ranks: Vec<u32> = (0..ranked.order.len() as u32).collect();
        let parts = parallel::map_with(
            ranks,
            || vec![0; compact.holders.len()],
            |counts, rank| search.from(rank, counts),
        );
        if found.into_inner() > most {
            return Err(parameter(
                "min_support",
                format!("leave at most {most} sets of items"),
                format!("more with those in {} baskets or more", ranked.fewest),
            ));
        }
        let singles = ranked
            .order
            .iter()
            .map(|&item| (vec![item], survey.counts[item as usize]));
        let larger = parts.into_iter().flatten().map(|(ranks, count)| {
            let items = ranks.iter().map(|&rank| ranked.order[rank as usize]);
            (items.collect(), i64::from(count))
        });
        let mut sets: Vec<(Vec<u32>, i64)> = singles.chain(larger).collect();
        for (items, _) in &mut sets {
            items.sort_unstable();
        }
        sets.sort_unstable_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        let mut result = Self {
            offsets: vec![0],
            survey,
            fewest: ranked.fewest,
            ..Self::default()
        };
        for (items, count) in sets {
            result.items.extend(items.into_iter().map(i64::from));
            result.offsets.push(result.items.len() as i64);
            result.counts.push(count);
        }
        Ok(result)
    }
}

/// A set by the ranks of its items, and its count.
type Set = (Vec<u32>, u32);

struct Search<'a> {
    baskets: &'a Compact,
    fewest: usize,
    size: usize,
    most: usize,
    found: &'a AtomicUsize,
}

impl Search<'_> {
    /// The sets whose rarest item has this rank; `counts` are 0 for all ranks.
    fn from(&self, rank: u32, counts: &mut [u32]) -> Vec<Set> {
        let mut sets = Vec::new();
        let holders = &self.baskets.holders[rank as usize];
        self.extend(&[rank], holders, counts, &mut sets);
        sets
    }

    /// Adds the sets that a set with these holders can grow to.
    fn extend(&self, set: &[u32], holders: &[u32], counts: &mut [u32], sets: &mut Vec<Set>) {
        let limit = set.last().copied().unwrap_or_default();
        if set.len() >= self.size || self.found.load(Ordering::Relaxed) > self.most {
            return;
        }
        let mut met = companions(self.baskets, holders, limit, counts);
        let frequent = |rank: &u32| counts[*rank as usize] as usize >= self.fewest;
        let mut joining: Vec<(u32, u32)> = met
            .iter()
            .copied()
            .filter(frequent)
            .map(|rank| (rank, counts[rank as usize]))
            .collect();
        joining.sort_unstable();
        self.found.fetch_add(joining.len(), Ordering::Relaxed);
        for rank in met.drain(..) {
            counts[rank as usize] = 0;
        }
        let grown = |rank| [set, &[rank]].concat();
        sets.extend(joining.iter().map(|&(rank, count)| (grown(rank), count)));
        if set.len() + 1 >= self.size {
            return;
        }
        let lists = self.holders_of(&joining, holders, counts);
        for (&(rank, _), own) in joining.iter().zip(&lists) {
            self.extend(&grown(rank), own, counts, sets);
        }
    }

    /// Which of the baskets hold each of the ranks; `places` are 0 for all ranks, and are again afterwards.
    fn holders_of(
        &self,
        joining: &[(u32, u32)],
        holders: &[u32],
        places: &mut [u32],
    ) -> Vec<Vec<u32>> {
        let mut lists: Vec<Vec<u32>> = Vec::with_capacity(joining.len());
        for (place, &(rank, count)) in (1..).zip(joining) {
            places[rank as usize] = place;
            lists.push(Vec::with_capacity(count as usize));
        }
        let Some(&(last, _)) = joining.last() else {
            return lists;
        };
        for &basket in holders {
            for &rank in self.baskets.items_of(basket) {
                if rank > last {
                    break;
                }
                let place = places[rank as usize] as usize;
                if place > 0 {
                    lists[place - 1].push(basket);
                }
            }
        }
        for &(rank, _) in joining {
            places[rank as usize] = 0;
        }
        lists
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baskets::rows::Rows;

    fn sets(rows: &[(i64, i64)], count: usize, size: usize, most: usize) -> Result<ItemSets> {
        let (keys, items): (Vec<i64>, Vec<i64>) = rows.iter().copied().unzip();
        let rows = Rows {
            keys: &keys,
            smallest: 0,
            items: &items,
            first: 0,
            kinds: 8,
        };
        let (mut memory, mut scratch) = (vec![0; keys.len()], vec![0; keys.len()]);
        let limits = Limits {
            count,
            support: 0.0,
            basket: 8,
        };
        ItemSets::of(
            &Baskets::of_rows(rows, &mut memory, &mut scratch)?,
            limits,
            size,
            most,
        )
    }

    /// Baskets 012, 012, 01, 23.
    const ROWS: [(i64, i64); 10] = [
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 2),
        (2, 1),
        (2, 0),
        (3, 0),
        (3, 1),
        (4, 2),
        (4, 3),
    ];

    #[test]
    fn sets_grow_as_long_as_they_are_frequent() {
        let found = sets(&ROWS, 2, 8, 100).unwrap();
        // 0, 1, 2, 01, 02, 12, 012
        assert_eq!(found.items, [0, 1, 2, 0, 1, 0, 2, 1, 2, 0, 1, 2]);
        assert_eq!(found.counts, [3, 3, 3, 3, 2, 2, 2]);
        let found = sets(&ROWS, 2, 2, 100).unwrap();
        assert_eq!(found.counts, [3, 3, 3, 3, 2, 2]);
        let found = sets(&ROWS, 1, 1, 100).unwrap();
        assert_eq!(found.counts, [3, 3, 3, 1]);
    }

    #[test]
    fn too_many_sets_are_an_error() {
        let message = sets(&ROWS, 1, 8, 3).unwrap_err().to_string();
        let expected = "`min_support` must leave at most 3 sets of items, got more with those in 1 baskets or more";
        assert_eq!(message, expected);
        let empty = sets(&[], 1, 8, 3).unwrap();
        assert_eq!((empty.counts.len(), empty.offsets), (0, vec![0]));
    }
}
