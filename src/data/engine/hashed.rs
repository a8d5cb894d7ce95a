//! A partition of identifiers of any kind: numbered by a small hash table, in the cache.

use super::Sink;
use super::columns::EventLog;
use super::entry::Entry;
use super::fold::{Bench, Route};
use crate::data::hash::{Fingerprint, Key};
use crate::data::mask::Mask;
use crate::data::text::Text;

/// Identifiers by their hashes, and by tags of one word.
pub(super) trait Tags: Sync {
    /// The hash of the identifier in a row, unless it names nobody.
    fn hash(&self, row: usize) -> Option<u64>;

    /// A word for it, from which [`Tags::mixed`] and [`Tags::same`] find it again.
    fn tag(&self, row: usize, hash: u64) -> u64;

    /// Some bits of the hash, other than its highest ones.
    fn mixed(&self, tag: u64) -> usize;

    /// Whether two tags are of the same identifier.
    fn same(&self, a: u64, b: u64) -> bool;

    /// The customer's name for the sink.
    fn name(&self, tag: u64) -> i64;
}

/// Integers, which are their own tags.
pub(super) struct Integers<'a> {
    pub(super) values: &'a [i64],
    /// The smallest that names somebody.
    pub(super) least: i64,
}

impl Tags for Integers<'_> {
    fn hash(&self, row: usize) -> Option<u64> {
        let id = self.values[row];
        (id >= self.least).then(|| id.hash())
    }

    fn tag(&self, row: usize, _: u64) -> u64 {
        self.values[row].cast_unsigned()
    }

    fn mixed(&self, tag: u64) -> usize {
        tag.cast_signed().hash() as usize
    }

    fn same(&self, a: u64, b: u64) -> bool {
        a == b
    }

    fn name(&self, tag: u64) -> i64 {
        tag.cast_signed()
    }
}

/// Text: the row above, the lowest bits of the hash below.
pub(super) struct Words<'a>(pub(super) Text<'a>);

impl Words<'_> {
    const BITS: u32 = 24;
    const MASK: u64 = (1 << Self::BITS) - 1;
    /// Rows beyond this have no tag.
    pub(super) const MOST_ROWS: usize = 1 << (u64::BITS - Self::BITS - 1);

    fn row(tag: u64) -> usize {
        (tag >> Self::BITS) as usize
    }
}

impl Tags for Words<'_> {
    fn hash(&self, row: usize) -> Option<u64> {
        Some(Fingerprint::of(self.0.get(row)).hash())
    }

    fn tag(&self, row: usize, hash: u64) -> u64 {
        (row as u64) << Self::BITS | hash & Self::MASK
    }

    fn mixed(&self, tag: u64) -> usize {
        (tag & Self::MASK) as usize
    }

    fn same(&self, a: u64, b: u64) -> bool {
        (a ^ b) & Self::MASK == 0 && self.0.get(Self::row(a)) == self.0.get(Self::row(b))
    }

    fn name(&self, tag: u64) -> i64 {
        Self::row(tag) as i64
    }
}

/// The identifiers of a partition, numbered as they come.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Numbers + 1 at or after the place that the hash names; 0 where there is none. A power of two of them.
    slots: Vec<u32>,
    /// The first tag of each identifier.
    firsts: Vec<u64>,
    /// The number of the identifier in each record.
    of_records: Vec<u32>,
}

impl Numbers {
    /// Numbers the identifiers of all records, which begin with a tag.
    fn number<const W: usize>(&mut self, records: &[[u64; W]], tags: &impl Tags) {
        self.slots.clear();
        self.slots.resize(64, 0);
        self.firsts.clear();
        self.of_records.clear();
        for record in records {
            let number = self.number_of(record[0], tags);
            self.of_records.push(number);
        }
    }

    fn number_of(&mut self, tag: u64, tags: &impl Tags) -> u32 {
        let mask = self.slots.len() - 1;
        let mut slot = tags.mixed(tag) & mask;
        while let Some(number) = self.slots[slot].checked_sub(1) {
            if tags.same(self.firsts[number as usize], tag) {
                return number;
            }
            slot = (slot + 1) & mask;
        }
        self.firsts.push(tag);
        self.slots[slot] = self.firsts.len() as u32;
        if self.firsts.len() > self.slots.len() / 2 {
            self.grow(tags);
        }
        self.firsts.len() as u32 - 1
    }

    fn grow(&mut self, tags: &impl Tags) {
        let mask = 4 * self.slots.len() - 1;
        self.slots.clear();
        self.slots.resize(mask + 1, 0);
        for (number, &tag) in (1..).zip(&self.firsts) {
            let mut slot = tags.mixed(tag) & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = number;
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
}

impl<T: Tags> Route for Hashed<'_, T> {
    const LEAD: usize = 2;
    type Numbers = Numbers;

    fn partitions(&self) -> usize {
        1 << self.bits
    }

    fn route(&self, row: usize) -> Option<(usize, u64)> {
        if self.missing.hides(row) || self.log.time_missing.hides(row) {
            return None;
        }
        let hash = self.tags.hash(row)?;
        let partition = hash >> (u64::BITS - self.bits);
        Some((partition as usize, self.tags.tag(row, hash)))
    }

    fn write(&self, row: usize, tag: u64, lead: &mut [u64]) {
        lead[0] = tag;
        lead[1] = self.log.time[row].cast_unsigned();
    }

    fn fold<E: Entry, const W: usize>(
        &self,
        _: usize,
        records: &[[u64; W]],
        numbers: &mut Numbers,
        bench: &mut Bench<E>,
        sink: &mut impl Sink<E>,
    ) {
        numbers.number(records, &self.tags);
        bench.places.clear();
        bench.places.resize(numbers.firsts.len(), 0);
        for &number in &numbers.of_records {
            bench.places[number as usize] += 1;
        }
        let entries = records.iter().zip(&numbers.of_records);
        bench.arrange(entries.map(|(record, &number)| {
            let entry = E::read(record[1].cast_signed(), &record[2..]);
            (number as usize, entry)
        }));
        bench.hand_over(sink, |number| self.tags.name(numbers.firsts[number]));
    }
}
