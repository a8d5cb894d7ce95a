//! Integers that lie close together: their highest bits are the partition, the others the place in it.

use super::columns::EventLog;
use super::entry::Entry;
use super::fold::{Bench, Clock, Route};
use super::{Sink, name_of};
use crate::data::mask::Mask;

/// How an integer and a time share a word: the customer's place in the partition above, the time since the first below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    lowest: i64,
    partitions: usize,
    local_bits: u32,
    time_bits: u32,
    first_time: i64,
}

impl Packing {
    /// The packing for integers and times of these ranges, with so many rows a partition; none if that does not fit, or
    /// if the integers are too far apart.
    pub(super) fn new(
        ids: (i64, i64),
        times: (i64, i64),
        rows: usize,
        rows_a_partition: usize,
    ) -> Option<Self> {
        let span = usize::try_from(distance(ids)).ok()?;
        if span / 4 > rows {
            return None;
        }
        let customers = (rows_a_partition as u128 * (span as u128 + 1) / rows as u128).max(1);
        let local_bits = customers.ilog2().min(usize::BITS / 4);
        let time_bits = u64::BITS - distance(times).leading_zeros();
        (local_bits + time_bits < u64::BITS).then_some(Self {
            lowest: ids.0,
            partitions: (span >> local_bits) + 1,
            local_bits,
            time_bits,
            first_time: times.0,
        })
    }

    fn pack(self, local: u64, time: i64) -> u64 {
        local << self.time_bits | time.wrapping_sub(self.first_time).cast_unsigned()
    }

    fn local(self, word: u64) -> usize {
        (word >> self.time_bits) as usize
    }

    fn passed(self, word: u64) -> u64 {
        word & ((1 << self.time_bits) - 1)
    }

    fn time(self, word: u64) -> i64 {
        self.first_time
            .wrapping_add(self.passed(word).cast_signed())
    }
}

fn distance((low, high): (i64, i64)) -> u64 {
    high.cast_unsigned().wrapping_sub(low.cast_unsigned())
}

/// The way of integers that lie close together.
pub(super) struct Dense<'a> {
    pub(super) log: &'a EventLog<'a>,
    pub(super) values: &'a [i64],
    pub(super) missing: Mask<'a>,
    pub(super) least: i64,
    pub(super) packing: Packing,
    pub(super) clock: Clock,
}

impl Route for Dense<'_> {
    type Tag = u64;
    type Numbers = ();
    const LEAD: usize = 1;

    fn partitions(&self) -> usize {
        self.packing.partitions
    }

    #[inline]
    fn route(&self, row: usize) -> Option<(usize, u64)> {
        let id = self.values[row];
        if id < self.least || self.missing.hides(row) || self.log.time_missing.hides(row) {
            return None;
        }
        let Packing {
            lowest, local_bits, ..
        } = self.packing;
        let offset = id.wrapping_sub(lowest).cast_unsigned();
        Some((
            (offset >> local_bits) as usize,
            offset & ((1 << local_bits) - 1),
        ))
    }

    #[inline]
    fn write(&self, row: usize, local: u64, lead: &mut [u64]) {
        lead[0] = self.packing.pack(local, self.log.time[row]);
    }

    fn fold<E: Entry, const W: usize>(
        &self,
        partition: usize,
        records: &[[u64; W]],
        (): &mut (),
        bench: &mut Bench<E>,
        sink: &mut impl Sink<E>,
    ) {
        let packing = self.packing;
        bench.sort(
            records,
            (1 << packing.local_bits, &self.clock),
            |record| packing.passed(record[0]),
            |_, record| packing.local(record[0]),
            |record| E::read(packing.time(record[0]), &record[1..]),
        );
        let base = packing
            .lowest
            .wrapping_add((partition << packing.local_bits) as i64);
        bench.hand_over(sink, |local| name_of(base.wrapping_add(local as i64)));
    }
}
