//! What the customers of each cohort are worth at each age: sums, and sums of squares for their errors.

use super::lives::{Layout, Life, Lives};
use super::spans;
use crate::Result;
use crate::data::RefundColumns;
use crate::data::check::same_length;
use crate::numeric::parallel;

/// What is added up: a value for each event, and refunds that come later.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    values: Option<&'a [f64]>,
    refunds: RefundColumns<'a>,
}

/// The cells of a table of values, row after row. With y what a member is worth at an age and o the number of their
/// events then, each is a sum over members.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Σ o.
    pub orders: Vec<f64>,
    /// Σ o².
    pub orders_squared: Vec<f64>,
    /// Σ y.
    pub total: Vec<f64>,
    /// Σ y².
    pub total_squared: Vec<f64>,
    /// Σ y o.
    pub total_by_orders: Vec<f64>,
    /// Σ y of members with an event at the age.
    pub of_active: Vec<f64>,
    /// Σ Y, where Y is what a member has been worth up to the age.
    pub cumulative: Vec<f64>,
    /// Σ Y².
    pub cumulative_squared: Vec<f64>,
}

impl<'a> Measure<'a> {
    /// What the events of these customers are worth; each is worth 1 without `values`.
    ///
    /// # Errors
    /// [`crate::Error::Length`] if there is not a value for each event.
    pub fn new(
        lives: &Lives<'_>,
        values: Option<&'a [f64]>,
        refunds: RefundColumns<'a>,
    ) -> Result<Self> {
        let events = lives.events();
        same_length(
            "values",
            values.map_or(events, <[f64]>::len),
            "times",
            events,
        )?;
        let rows = refunds.purchases.len();
        same_length(
            "refund_times",
            refunds.times.len(),
            "refund_purchases",
            rows,
        )?;
        same_length(
            "refund_amounts",
            refunds.amounts.len(),
            "refund_purchases",
            rows,
        )?;
        Ok(Self { values, refunds })
    }

    fn of(&self, event: usize) -> f64 {
        self.values.map_or(1.0, |values| values[event])
    }

    /// Times and amounts of the later refunds of some events.
    fn refunds(&self, events: &std::ops::Range<usize>) -> impl Iterator<Item = (i64, f64)> {
        let all = self.refunds;
        let before = |end: usize| all.purchases.partition_point(|&event| event < end as i64);
        let places = if all.purchases.is_empty() {
            0..0
        } else {
            before(events.start)..before(events.end)
        };
        places.map(move |place| (all.times[place], all.amounts[place]))
    }
}

/// Sums what customers are worth; with `eligible_only`, only at ages that have been observed to their end. A refund
/// counts at the age at which it is made.
pub fn sum_values(
    lives: &Lives<'_>,
    layout: &Layout,
    measure: &Measure<'_>,
    eligible_only: bool,
) -> Values {
    let span = spans::length(lives.len(), 8 * layout.places());
    let parts = parallel::map_spans(lives.len(), span, |customers| {
        let mut sums = Sums::new(layout);
        let mut member = Vec::new();
        for customer in customers {
            lives.visit(customer, layout, |life| {
                collect(lives, layout, measure, &life, &mut member);
                let width = layout.columns();
                let last = if eligible_only {
                    life.observed.complete.min(width)
                } else {
                    width
                };
                sums.add(life.row * (width + 1), last, &member);
            });
        }
        sums
    });
    let mut all = Sums::new(layout);
    for part in &parts {
        all.append(part);
    }
    all.finish(layout.columns())
}

/// What a member is worth in a column, and how many of the events are orders.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    column: usize,
    value: f64,
    orders: f64,
}

/// Collects what a member is worth in each column in which anything happened, in order.
fn collect(
    lives: &Lives<'_>,
    layout: &Layout,
    measure: &Measure<'_>,
    life: &Life,
    entries: &mut Vec<Entry>,
) {
    let ages = layout.ages();
    let column = |time: i64| {
        let age = ages.at(life.birth, time).filter(|_| time < ages.end());
        age.and_then(|age| layout.column_of(age))
    };
    entries.clear();
    let orders = life
        .events
        .clone()
        .map(|event| (lives.times()[event], measure.of(event), 1.0));
    let refunds = measure
        .refunds(&life.events)
        .map(|(time, amount)| (time, amount, 0.0));
    for (time, value, orders) in orders.chain(refunds) {
        if let Some(column) = column(time) {
            match entries.last_mut() {
                Some(last) if last.column == column => {
                    last.value += value;
                    last.orders += orders;
                }
                _ => entries.push(Entry {
                    column,
                    value,
                    orders,
                }),
            }
        }
    }
    if !entries.is_sorted_by_key(|entry| entry.column) {
        entries.sort_by_key(|entry| entry.column);
        entries.dedup_by(|next, kept| {
            let same = next.column == kept.column;
            if same {
                kept.value += next.value;
                kept.orders += next.orders;
            }
            same
        });
    }
}

/// Sums by cell, of which the last two are changes from column to column.
struct Sums([Vec<f64>; 8]);

impl Sums {
    fn new(layout: &Layout) -> Self {
        Self(std::array::from_fn(|_| vec![0.0; layout.places()]))
    }

    /// Adds a member of the row that begins there, at columns before the last.
    fn add(&mut self, base: usize, last: usize, entries: &[Entry]) {
        let mut reached = 0.0;
        for &Entry {
            column,
            value,
            orders,
        } in entries.iter().take_while(|entry| entry.column < last)
        {
            let next = reached + value;
            let of_active = if orders > 0.0 { value } else { 0.0 };
            let added = [
                orders,
                orders * orders,
                value,
                value * value,
                value * orders,
                of_active,
                value,
                next * next - reached * reached,
            ];
            for (table, added) in self.0.iter_mut().zip(added) {
                table[base + column] += added;
            }
            reached = next;
        }
        self.0[6][base + last] -= reached;
        self.0[7][base + last] -= reached * reached;
    }

    fn append(&mut self, other: &Self) {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            for (sum, part) in ours.iter_mut().zip(theirs) {
                *sum += part;
            }
        }
    }

    fn finish(self, columns: usize) -> Values {
        let [
            orders,
            orders_squared,
            total,
            total_squared,
            by_orders,
            of_active,
            sums,
            squares,
        ] = self.0;
        let cells = |table: Vec<f64>| {
            let rows = table.chunks(columns + 1);
            rows.flat_map(|row| &row[..columns]).copied().collect()
        };
        Values {
            orders: cells(orders),
            orders_squared: cells(orders_squared),
            total: cells(total),
            total_squared: cells(total_squared),
            total_by_orders: cells(by_orders),
            of_active: cells(of_active),
            cumulative: spans::summed_up(&sums, columns),
            cumulative_squared: spans::summed_up(&squares, columns),
        }
    }
}
