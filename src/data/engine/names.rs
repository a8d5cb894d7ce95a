//! The customers of a log by name, and in which order they come out.

use std::cmp::Ordering;

use super::integer_of;
use super::plan::{Naming, Plan};
use crate::data::hash::Padded;
use crate::data::text::TextBuffer;
use crate::numeric::parallel;

/// Part and place of a customer.
type Place = (u32, u32);

/// The names of customers, part by part, and their order.
#[derive(Debug)]
pub(super) struct Names {
    parts: Vec<Vec<u128>>,
    /// All customers in the order of their names; none if they stand in it already.
    order: Option<Vec<Place>>,
    is_text: bool,
}

impl Names {
    /// The names that a plan has given to customers.
    pub(super) fn of(plan: &Plan<'_>, parts: Vec<Vec<u128>>) -> Self {
        let naming = plan.naming();
        Self {
            order: (!plan.is_ordered()).then(|| order(&parts, naming)),
            parts,
            is_text: matches!(naming, Naming::Text),
        }
    }

    /// The number of customers.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// All customers in order, cut into pieces.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        if let Some(order) = &self.order {
            let pieces = parallel::pieces(order.len()).into_iter();
            return pieces.map(|piece| Piece::Listed(&order[piece])).collect();
        }
        let parts = (0..).zip(&self.parts);
        parts
            .map(|(part, names)| Piece::Part(part, names.len()))
            .collect()
    }

    /// The name of the customer at a place.
    pub(super) fn at(&self, (part, place): (usize, usize)) -> u128 {
        self.parts[part][place]
    }

    /// Writes the integers that customers are, or the rows in which they stand.
    pub(super) fn write(&self, mut customers: &mut [i64]) {
        for piece in self.pieces() {
            let (slots, rest) = customers.split_at_mut(piece.len());
            for (slot, place) in slots.iter_mut().zip(piece.places()) {
                *slot = integer_of(self.at(place));
            }
            customers = rest;
        }
    }

    /// The customers themselves, where they are short text.
    pub(super) fn texts(&self) -> Option<TextBuffer> {
        if !self.is_text {
            return None;
        }
        let mut buffer = TextBuffer::with_capacity(self.len());
        for piece in self.pieces() {
            for place in piece.places() {
                let (bytes, length) = Padded::from(self.at(place)).bytes();
                buffer.push(&bytes[..length]);
            }
        }
        Some(buffer)
    }
}

/// Some customers, one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    /// All of a part.
    Part(u32, usize),
    /// These.
    Listed(&'a [Place]),
}

impl<'a> Piece<'a> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Part(_, customers) => *customers,
            Self::Listed(places) => places.len(),
        }
    }

    /// Part and place of each.
    pub(super) fn places(self) -> impl Iterator<Item = (usize, usize)> + 'a {
        (0..self.len()).map(move |i| match self {
            Self::Part(part, _) => (part as usize, i),
            Self::Listed(places) => (places[i].0 as usize, places[i].1 as usize),
        })
    }
}

fn order(parts: &[Vec<u128>], naming: Naming<'_>) -> Vec<Place> {
    match naming {
        Naming::Integers | Naming::Text => order_by(parts, |name| name, Ord::cmp),
        Naming::Rows(text) => order_by(
            parts,
            // most comparisons end within the first 16 bytes
            |name| {
                let row = integer_of(name) as usize;
                (Padded::of(text.get(row)), row)
            },
            |a, b| {
                let whole = || text.get(a.1).cmp(text.get(b.1));
                a.0.cmp(&b.0).then_with(whole)
            },
        ),
    }
}

fn order_by<K: Send>(
    parts: &[Vec<u128>],
    key: impl Fn(u128) -> K,
    compare: impl Fn(&K, &K) -> Ordering + Sync,
) -> Vec<Place> {
    let mut order = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for (number, part) in (0..).zip(parts) {
        let places = (0..).zip(part);
        order.extend(places.map(|(place, &name)| (key(name), (number, place))));
    }
    parallel::sort_by(&mut order, |a, b| compare(&a.0, &b.0));
    order.into_iter().map(|(_, place)| place).collect()
}
