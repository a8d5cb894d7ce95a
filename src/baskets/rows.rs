//! From rows with a basket and an item each to baskets one after the other.

use crate::data::codes;
use crate::numeric::parallel;
use crate::{Error, Result};

/// Baskets in compressed rows: the items of each one after those of the one before, in any order and with repetitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baskets<'a> {
    offsets: Vec<u32>,
    items: &'a [u32],
    kinds: usize,
}

/// Rows before they are grouped.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// What the baskets are known by.
    pub keys: &'a [i64],
    /// The smallest key that stands for a basket; rows with others are passed over.
    pub smallest: i64,
    /// The item of each row.
    pub items: &'a [i64],
    /// The smallest item; rows with others are passed over.
    pub first: i64,
    /// How many kinds of items there are from the smallest on.
    pub kinds: usize,
}

impl<'a> Baskets<'a> {
    /// Groups rows by basket.
    ///
    /// # Errors
    /// [`Error::Length`] if keys and items are not equally many, or there is less memory than rows;
    /// [`Error::Parameter`] for an item that is no kind, or for more rows or kinds than four billion.
    ///
    /// # Examples
    /// ```
    /// use tenure::baskets::{Baskets, rows::Rows};
    ///
    /// let rows = Rows { keys: &[7, 9, 7], smallest: 0, items: &[1, 0, 0], first: 0, kinds: 2 };
    /// assert_eq!(Baskets::of_rows(rows, &mut [0; 3], &mut [0; 3])?.len(), 2);
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn of_rows(rows: Rows<'_>, memory: &'a mut [u32], scratch: &mut [u32]) -> Result<Self> {
        rows.check(memory.len())?;
        rows.check(scratch.len())?;
        let shape = rows.shape()?;
        let offsets = if shape.sorted {
            rows.runs(memory)
        } else if shape.span / 4 <= shape.used {
            rows.gathered(rows.keys, shape.low, shape.span, memory, scratch)
        } else {
            let mut places = vec![0; rows.keys.len()];
            let distinct = codes::of_integers(rows.keys, None, &mut places)?;
            rows.gathered(&places, 0, distinct.len(), memory, scratch)
        };
        Ok(Self {
            offsets,
            items: memory,
            kinds: rows.kinds,
        })
    }

    /// How many baskets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many kinds of items there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// The items of a basket.
    #[must_use]
    pub fn items_of(&self, basket: usize) -> &[u32] {
        &self.items[self.offsets[basket] as usize..self.offsets[basket + 1] as usize]
    }
}

/// The range of the keys that are used.
struct Shape {
    low: i64,
    high: i64,
    largest: i64,
    span: usize,
    used: usize,
    sorted: bool,
}

impl Rows<'_> {
    fn check(&self, memory: usize) -> Result<()> {
        let rows = self.keys.len();
        for (column, found) in [("items", self.items.len()), ("memory", memory)] {
            if found != rows {
                return Err(Error::Length {
                    column: column.to_owned(),
                    found,
                    reference: "baskets".to_owned(),
                    expected: rows,
                });
            }
        }
        let most = rows.max(self.kinds);
        if u32::try_from(most).is_err() {
            let expected = format!("have at most {} rows and kinds of items", u32::MAX);
            return Err(parameter("data", expected, most.to_string()));
        }
        Ok(())
    }

    /// Whether a row names a basket and an item.
    fn names(&self, key: i64, item: i64) -> bool {
        key >= self.smallest && item >= self.first
    }

    fn shape(&self) -> Result<Shape> {
        let parts = parallel::map_stretches(self.keys.len(), |range| {
            let before = range.start.saturating_sub(1);
            let (mut low, mut high, mut used, mut largest) = (i64::MAX, i64::MIN, 0, i64::MIN);
            let (mut sorted, mut last) = (true, self.keys.get(before).copied().unwrap_or(0));
            for (&key, &item) in self.keys[range.clone()].iter().zip(&self.items[range]) {
                let named = self.names(key, item);
                low = low.min(if named { key } else { i64::MAX });
                high = high.max(if named { key } else { i64::MIN });
                largest = largest.max(item);
                used += usize::from(named);
                sorted &= key >= last;
                last = key;
            }
            (low, high, largest, used, sorted)
        });
        let mut shape = Shape {
            low: i64::MAX,
            high: i64::MIN,
            largest: i64::MIN,
            span: 0,
            used: 0,
            sorted: true,
        };
        for (low, high, largest, used, sorted) in parts {
            shape.low = shape.low.min(low);
            shape.high = shape.high.max(high);
            shape.largest = shape.largest.max(largest);
            shape.used += used;
            shape.sorted &= sorted;
        }
        let last = i128::from(self.first) + self.kinds as i128;
        if i128::from(shape.largest) >= last {
            let (expected, found) = (format!("be below {last}"), shape.largest.to_string());
            return Err(parameter("items", expected, found));
        }
        if shape.used > 0 {
            let span = i128::from(shape.high) - i128::from(shape.low);
            shape.span = usize::try_from(span).unwrap_or(usize::MAX - 1) + 1;
        }
        Ok(shape)
    }

    /// Baskets whose rows already stand together.
    fn runs(&self, memory: &mut [u32]) -> Vec<u32> {
        let (mut offsets, mut end, mut before) = (Vec::new(), 0_u32, None);
        for (&key, &item) in self.keys.iter().zip(self.items) {
            if !self.names(key, item) {
                continue;
            }
            if before != Some(key) {
                offsets.push(end);
                before = Some(key);
            }
            memory[end as usize] = item.wrapping_sub(self.first) as u32;
            end += 1;
        }
        offsets.push(end);
        offsets
    }

    /// Places of baskets, from 0 on, and items; `places` stand for the keys.
    fn placed(&self, places: &[i64], low: i64) -> impl Iterator<Item = (usize, u32)> {
        let given = self.keys.iter().zip(self.items).zip(places);
        let used = given.filter(|((key, item), _)| self.names(**key, **item));
        used.map(move |((_, item), place)| {
            let item = item.wrapping_sub(self.first) as u32;
            (place.wrapping_sub(low) as usize, item)
        })
    }

    /// Baskets whose rows are brought together.
    ///
    /// Rows are dealt out to parts of so few baskets that those of a part fit in the caches, and then sorted within each.
    fn gathered(
        &self,
        places: &[i64],
        low: i64,
        span: usize,
        memory: &mut [u32],
        scratch: &mut [u32],
    ) -> Vec<u32> {
        let bits = usize::BITS - self.kinds.leading_zeros();
        let shift = (usize::BITS - span.leading_zeros())
            .saturating_sub(MOST_PARTS)
            .max(PART);
        if shift + bits > u32::BITS {
            return in_order(&|| self.placed(places, low), span, memory);
        }
        let mut ends = vec![0_usize; (span >> shift) + 1];
        for (place, _) in self.placed(places, low) {
            ends[place >> shift] += 1;
        }
        let sizes = ends.clone();
        let mut total = 0;
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let within = (1 << shift) - 1;
        for (place, item) in self.placed(places, low) {
            let end = &mut ends[place >> shift];
            scratch[*end] = ((place & within) as u32) << bits | item;
            *end += 1;
        }
        let (mut jobs, mut rows, mut room) = (Vec::new(), &scratch[..total], memory);
        for size in sizes {
            let (own, others) = rows.split_at(size);
            let (space, rest) = room.split_at_mut(size);
            jobs.push((own, space));
            (rows, room) = (others, rest);
        }
        let parts = parallel::map_jobs(jobs, |(rows, space)| {
            let unpacked = || {
                rows.iter()
                    .map(|row| (row >> bits, row & ((1 << bits) - 1)))
            };
            let placed = || unpacked().map(|(place, item)| (place as usize, item));
            (in_order(&placed, within + 1, space), rows.len())
        });
        let (mut offsets, mut begin) = (vec![0], 0);
        for (ends, rows) in parts {
            offsets.extend(ends[1..].iter().map(|end| begin + end));
            begin += rows as u32;
        }
        offsets
    }
}

/// Baskets of a part: more would not fit in the caches (as a power of 2).
const PART: u32 = 13;

/// Parts: more could not be written to at a time (as a power of 2).
const MOST_PARTS: u32 = 9;

/// Writes items in the order of their baskets and returns where each basket begins, and where the last one ends.
fn in_order<I: Iterator<Item = (usize, u32)>>(
    rows: &impl Fn() -> I,
    span: usize,
    memory: &mut [u32],
) -> Vec<u32> {
    let mut ends = vec![0_u32; span];
    for (place, _) in rows() {
        ends[place] += 1;
    }
    let mut total = 0;
    for end in &mut ends {
        total += std::mem::replace(end, total);
    }
    for (place, item) in rows() {
        let end = &mut ends[place];
        memory[*end as usize] = item;
        *end += 1;
    }
    // where one basket ends the next begins; those that were passed over have no rows
    ends.insert(0, 0);
    ends.dedup();
    ends
}

pub(super) fn parameter(name: &str, expected: String, found: String) -> Error {
    Error::Parameter {
        name: name.to_owned(),
        expected,
        found,
        hint: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(keys: &[i64], items: &[i64]) -> Vec<Vec<u32>> {
        let found = grouped_among(keys, items, 5);
        assert_eq!(
            found,
            grouped_among(keys, items, 1 << 30),
            "no room for places"
        );
        found
    }

    fn grouped_among(keys: &[i64], items: &[i64], kinds: usize) -> Vec<Vec<u32>> {
        let rows = Rows {
            keys,
            smallest: 0,
            items,
            first: 0,
            kinds,
        };
        let (mut memory, mut scratch) = (vec![0; keys.len()], vec![0; keys.len()]);
        let baskets = Baskets::of_rows(rows, &mut memory, &mut scratch).unwrap();
        (0..baskets.len())
            .map(|basket| baskets.items_of(basket).to_vec())
            .collect()
    }

    #[test]
    fn rows_are_grouped_whatever_their_order_and_keys() {
        let expected = [vec![1, 2], vec![0], vec![4, 4]];
        assert_eq!(grouped(&[3, 3, 5, 9, 9], &[1, 2, 0, 4, 4]), expected);
        assert_eq!(grouped(&[9, 3, 5, 9, 3], &[4, 1, 0, 4, 2]), expected);
        let far = i64::MAX - 1;
        let found = grouped(&[far, 3, 5, far, 3], &[4, 1, 0, 4, 2]);
        assert_eq!(found, expected);
    }

    #[test]
    fn items_may_begin_anywhere() {
        let rows = Rows {
            keys: &[2, 1],
            smallest: 0,
            items: &[-4, -7],
            first: -7,
            kinds: 4,
        };
        let mut memory = [0; 2];
        let baskets = Baskets::of_rows(rows, &mut memory, &mut [0; 2]).unwrap();
        assert_eq!(
            (baskets.items_of(0), baskets.items_of(1)),
            (&[0][..], &[3][..])
        );
    }

    #[test]
    fn many_baskets_are_grouped_part_by_part() {
        let keys: Vec<i64> = (0..50_000).map(|row| row * 7919 % 25_000).collect();
        let items: Vec<i64> = keys.iter().map(|key| key % 5).collect();
        let found = grouped_among(&keys, &items, 5);
        assert_eq!(found.len(), 25_000);
        for (key, items) in (0..).zip(found) {
            assert_eq!(items, [key % 5; 2]);
        }
    }

    #[test]
    fn rows_without_a_basket_or_an_item_are_passed_over() {
        assert_eq!(grouped(&[-1, 2, 2, 1], &[1, -1, 3, 0]), [vec![0], vec![3]]);
        assert_eq!(grouped(&[-1], &[1]), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn strange_rows_are_errors() {
        let rows = Rows {
            keys: &[1],
            smallest: 0,
            items: &[5],
            first: 0,
            kinds: 5,
        };
        let message = Baskets::of_rows(rows, &mut [0], &mut [0])
            .unwrap_err()
            .to_string();
        assert_eq!(message, "`items` must be below 5, got 5");
        let rows = Rows { keys: &[], ..rows };
        let message = Baskets::of_rows(rows, &mut [0], &mut [0])
            .unwrap_err()
            .to_string();
        assert_eq!(message, "column `items` has 1 rows, but `baskets` has 0");
    }
}
