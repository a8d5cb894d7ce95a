//! Customers worked on together.

use crate::data::{Histories, Purchases, Rows};

/// Customers worked on together.
pub(super) const BLOCK: usize = 512;

/// A block's customers, those without a repeat purchase first: formulas take another branch for them, and a processor
/// that meets both in turns guesses wrong every other time.
pub(super) struct Block {
    places: [u16; BLOCK],
    rows: [Purchases; BLOCK],
    len: usize,
}

impl Block {
    pub(super) fn of(customers: &Histories<'_>) -> Self {
        let nobody = Purchases {
            x: 0.0,
            t_x: 0.0,
            t: 0.0,
        };
        let len = customers.len();
        let (mut places, mut rows) = ([0; BLOCK], [nobody; BLOCK]);
        let (mut front, mut back) = (0, len);
        for (i, place) in (0..len).zip(0..) {
            let row = customers.row(i);
            // both ends are written, the right one moves on
            (places[front], rows[front]) = (place, row);
            (places[back - 1], rows[back - 1]) = (place, row);
            let bought = row.x > 0.0;
            front += usize::from(!bought);
            back -= usize::from(bought);
        }
        Self { places, rows, len }
    }

    pub(super) fn rows(&self) -> &[Purchases] {
        &self.rows[..self.len]
    }

    /// Where each row stands in the block.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.places[..self.len]
            .iter()
            .map(|&place| usize::from(place))
    }
}
