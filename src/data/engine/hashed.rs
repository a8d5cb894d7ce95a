//! A partition of identifiers of any kind: numbered by a small hash table, in the cache.

use super::columns::EventLog;
use super::entry::Entry;
use super::fold::{Bench, Clock, Route};
use super::{Sink, name_of};
use crate::data::hash::{Fingerprint, Key, Padded};
use crate::data::mask::Mask;
use crate::data::text::Text;

/// Identifiers by their hashes, and by tags of a word or two.
pub(super) trait Tags: Sync {
    /// What is kept of an identifier.
    type Tag: Copy;

    /// How many words that is.
    const WORDS: usize;

    /// The hash and the tag of the identifier in a row, unless it names nobody.
    fn hash(&self, row: usize) -> Option<(u64, Self::Tag)>;

    /// Writes a tag down.
    fn write(tag: Self::Tag, words: &mut [u64]);

    /// Reads a tag.
    fn read(words: &[u64]) -> Self::Tag;

    /// Some bits of the hash, other than its highest ones.
    fn mixed(tag: Self::Tag) -> usize;

    /// Whether two tags are of the same identifier.
    fn same(&self, a: Self::Tag, b: Self::Tag) -> bool;

    /// The customer's name for the sink.
    fn name(tag: Self::Tag) -> u128;

    /// Puts the identifiers of a partition in the order of their names, if partitions themselves are.
    fn put_in_order(_: &mut Numbers<Self::Tag>) {}
}

/// Integers, which are their own tags.
pub(super) struct Integers<'a> {
    pub(super) values: &'a [i64],
    /// The smallest that names somebody.
    pub(super) least: i64,
}

impl Tags for Integers<'_> {
    type Tag = i64;
    const WORDS: usize = 1;

    #[inline]
    fn hash(&self, row: usize) -> Option<(u64, i64)> {
        let id = self.values[row];
        (id >= self.least).then(|| (id.hash(), id))
    }

    fn write(tag: i64, words: &mut [u64]) {
        words[0] = tag.cast_unsigned();
    }

    fn read(words: &[u64]) -> i64 {
        words[0].cast_signed()
    }

    fn mixed(tag: i64) -> usize {
        tag.hash() as usize
    }

    fn same(&self, a: i64, b: i64) -> bool {
        a == b
    }

    fn name(tag: i64) -> u128 {
        name_of(tag)
    }
}

/// Integers that are spread evenly over their range, the place in which takes the part of a hash: so partitions, and
/// within them customers, come in the order of their names.
pub(super) struct Spread<'a> {
    pub(super) integers: Integers<'a>,
    /// The smallest and the largest of the integers.
    pub(super) ids: (i64, i64),
}

impl Tags for Spread<'_> {
    type Tag = i64;
    const WORDS: usize = 1;

    #[inline]
    fn hash(&self, row: usize) -> Option<(u64, i64)> {
        let id = self.integers.values[row];
        let (lowest, highest) = self.ids;
        let free = highest.wrapping_sub(lowest).cast_unsigned().leading_zeros();
        let place = id.wrapping_sub(lowest).cast_unsigned();
        let hash = place.checked_shl(free).unwrap_or_default();
        (id >= self.integers.least).then_some((hash, id))
    }

    fn write(tag: i64, words: &mut [u64]) {
        Integers::write(tag, words);
    }

    fn read(words: &[u64]) -> i64 {
        Integers::read(words)
    }

    fn mixed(tag: i64) -> usize {
        Integers::mixed(tag)
    }

    fn same(&self, a: i64, b: i64) -> bool {
        a == b
    }

    fn name(tag: i64) -> u128 {
        name_of(tag)
    }

    fn put_in_order(numbers: &mut Numbers<i64>) {
        numbers.put_in_order();
    }
}

/// Text that is short in every row (see [`Padded`]), which is its own tag and name.
pub(super) struct ShortText<'a>(pub(super) Text<'a>);

impl Tags for ShortText<'_> {
    type Tag = Padded;
    const WORDS: usize = 2;

    #[inline]
    fn hash(&self, row: usize) -> Option<(u64, Padded)> {
        let tag = Padded::of(self.0.get(row));
        Some((tag.hash(), tag))
    }

    fn write(tag: Padded, words: &mut [u64]) {
        words.copy_from_slice(&tag.words());
    }

    fn read(words: &[u64]) -> Padded {
        Padded::from([words[0], words[1]])
    }

    fn mixed(tag: Padded) -> usize {
        tag.hash() as usize
    }

    fn same(&self, a: Padded, b: Padded) -> bool {
        a == b
    }

    fn name(tag: Padded) -> u128 {
        tag.into()
    }
}

/// Text of any length: a row in which it stands above, the lowest bits of its hash below. The row is the name.
pub(super) struct LongText<'a>(pub(super) Text<'a>);

impl LongText<'_> {
    const BITS: u32 = 24;
    const MASK: u64 = (1 << Self::BITS) - 1;

    fn row(tag: u64) -> usize {
        (tag >> Self::BITS) as usize
    }
}

impl Tags for LongText<'_> {
    type Tag = u64;
    const WORDS: usize = 1;

    #[inline]
    fn hash(&self, row: usize) -> Option<(u64, u64)> {
        let hash = Fingerprint::of(self.0.get(row)).hash();
        Some((hash, (row as u64) << Self::BITS | hash & Self::MASK))
    }

    fn write(tag: u64, words: &mut [u64]) {
        words[0] = tag;
    }

    fn read(words: &[u64]) -> u64 {
        words[0]
    }

    fn mixed(tag: u64) -> usize {
        (tag & Self::MASK) as usize
    }

    fn same(&self, a: u64, b: u64) -> bool {
        (a ^ b) & Self::MASK == 0 && self.0.get(Self::row(a)) == self.0.get(Self::row(b))
    }

    fn name(tag: u64) -> u128 {
        name_of(Self::row(tag) as i64)
    }
}

/// The identifiers of a partition, numbered as they come.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    /// Numbers + 1 at or after the place that the hash names; 0 where there is none. A power of two of them.
    slots: Vec<u32>,
    /// The first tag of each identifier.
    firsts: Vec<T>,
    /// The number of the identifier in each record.
    of_records: Vec<u32>,
    /// Identifiers in order, with their numbers before.
    order: Vec<(T, u32)>,
    /// Their numbers afterwards.
    ranks: Vec<u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            firsts: Vec::new(),
            of_records: Vec::new(),
            order: Vec::new(),
            ranks: Vec::new(),
        }
    }
}

impl<T: Copy> Numbers<T> {
    /// Numbers the identifiers of all records, which begin with a tag.
    fn number<const W: usize, S: Tags<Tag = T>>(&mut self, records: &[[u64; W]], tags: &S) {
        self.slots.clear();
        self.slots.resize(1 << 12, 0);
        self.firsts.clear();
        self.of_records.clear();
        for record in records {
            let number = self.number_of(S::read(record), tags);
            self.of_records.push(number);
        }
    }

    fn number_of<S: Tags<Tag = T>>(&mut self, tag: T, tags: &S) -> u32 {
        let mask = self.slots.len() - 1;
        let mut slot = S::mixed(tag) & mask;
        while let Some(number) = self.slots[slot].checked_sub(1) {
            if tags.same(self.firsts[number as usize], tag) {
                return number;
            }
            slot = (slot + 1) & mask;
        }
        self.firsts.push(tag);
        self.slots[slot] = self.firsts.len() as u32;
        if self.firsts.len() > self.slots.len() / 2 {
            self.grow::<S>();
        }
        self.firsts.len() as u32 - 1
    }

    fn grow<S: Tags<Tag = T>>(&mut self) {
        let mask = 4 * self.slots.len() - 1;
        self.slots.clear();
        self.slots.resize(mask + 1, 0);
        for (number, &tag) in (1..).zip(&self.firsts) {
            let mut slot = S::mixed(tag) & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = number;
        }
    }
}

impl<T: Copy + Ord> Numbers<T> {
    /// Numbers the identifiers anew, in their order.
    fn put_in_order(&mut self) {
        self.order.clear();
        self.order.extend(self.firsts.iter().copied().zip(0..));
        self.order.sort_unstable();
        self.ranks.resize(self.firsts.len(), 0);
        for (rank, &(first, number)) in (0..).zip(&self.order) {
            self.ranks[number as usize] = rank;
            self.firsts[rank as usize] = first;
        }
        for number in &mut self.of_records {
            *number = self.ranks[*number as usize];
        }
    }
}

/// The way of identifiers of any kind: the highest bits of the hash are the partition.
pub(super) struct Hashed<'a, T> {
    pub(super) log: &'a EventLog<'a>,
    pub(super) tags: T,
    pub(super) missing: Mask<'a>,
    /// At least 1.
    pub(super) bits: u32,
    pub(super) clock: Clock,
}

impl<T: Tags> Route for Hashed<'_, T> {
    type Tag = T::Tag;
    type Numbers = Numbers<T::Tag>;
    const LEAD: usize = T::WORDS + 1;

    fn partitions(&self) -> usize {
        1 << self.bits
    }

    #[inline]
    fn route(&self, row: usize) -> Option<(usize, T::Tag)> {
        if self.missing.hides(row) || self.log.time_missing.hides(row) {
            return None;
        }
        let (hash, tag) = self.tags.hash(row)?;
        Some(((hash >> (u64::BITS - self.bits)) as usize, tag))
    }

    #[inline]
    fn write(&self, row: usize, tag: T::Tag, lead: &mut [u64]) {
        let (words, time) = lead.split_at_mut(T::WORDS);
        T::write(tag, words);
        time[0] = self.clock.passed(self.log.time[row]);
    }

    fn fold<E: Entry, const W: usize>(
        &self,
        _: usize,
        records: &[[u64; W]],
        numbers: &mut Numbers<T::Tag>,
        bench: &mut Bench<E>,
        sink: &mut impl Sink<E>,
    ) {
        numbers.number(records, &self.tags);
        T::put_in_order(numbers);
        bench.sort(
            records,
            (numbers.firsts.len(), &self.clock),
            |record| record[T::WORDS],
            |place, _| numbers.of_records[place] as usize,
            |record| {
                let time = self.clock.time(record[T::WORDS]);
                E::read(time, &record[T::WORDS + 1..])
            },
        );
        bench.hand_over(sink, |number| T::name(numbers.firsts[number]));
    }
}
