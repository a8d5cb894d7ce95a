//! What each customer did in which period: the one table that all counting over periods starts from.

use std::ops::Range;

use crate::data::History;
use crate::data::calendar::Cutoff;
use crate::numeric::parallel;
use crate::{Error, Result};

use super::SPAN;

/// One row for each customer and each period with a purchase, borrowed: customer by customer, periods ascending.
#[derive(Debug, Clone, Copy)]
pub struct Ledger<'a> {
    offsets: &'a [i64],
    periods: &'a [i64],
    amounts: Option<&'a [f64]>,
    length: usize,
}

/// The rows of a [`Ledger`], as made from a log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LedgerRows {
    /// Where the rows of each customer begin; one entry more than there are customers. Customers without a purchase
    /// have no rows.
    pub offsets: Vec<i64>,
    /// The period's place.
    pub periods: Vec<i64>,
    /// What was paid for all purchases in the period, after the refunds known by the cutoff; empty for a log without
    /// amounts.
    pub amounts: Vec<f64>,
}

impl<'a> Ledger<'a> {
    /// The ledger of these columns, over `length` periods.
    ///
    /// # Errors
    /// [`Error::Parameter`] if they do not fit together.
    pub fn new(
        offsets: &'a [i64],
        periods: &'a [i64],
        amounts: Option<&'a [f64]>,
        length: usize,
    ) -> Result<Self> {
        let rows = periods.len() as i64;
        let cut = offsets.first() == Some(&0) && offsets.last() == Some(&rows);
        let ascends = cut && offsets.is_sorted();
        let inside = |rows: &[i64]| {
            rows.is_sorted_by(|a, b| a < b)
                && rows.first().is_none_or(|&first| first >= 0)
                && rows.last().is_none_or(|&last| last < length as i64)
        };
        let places = offsets
            .windows(2)
            .map(|ends| ends[0] as usize..ends[1] as usize);
        let fits = amounts.is_none_or(|amounts| amounts.len() == periods.len());
        if ascends && fits && places.into_iter().all(|place| inside(&periods[place])) {
            return Ok(Self {
                offsets,
                periods,
                amounts,
                length,
            });
        }
        Err(Error::Parameter {
            name: "ledger".to_owned(),
            expected: format!("hold ascending periods below {length} for each customer"),
            found: "something else".to_owned(),
            hint: String::new(),
        })
    }

    /// The number of customers.
    pub fn customers(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The number of periods.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Whether there are amounts.
    pub fn has_amounts(&self) -> bool {
        self.amounts.is_some()
    }

    /// The periods in which a customer bought, ascending.
    pub(super) fn periods_of(&self, customer: usize) -> &'a [i64] {
        &self.periods[self.places_of(customer)]
    }

    /// What a customer paid in each of these periods; empty without amounts.
    pub(super) fn amounts_of(&self, customer: usize) -> &'a [f64] {
        self.amounts
            .map_or(&[], |amounts| &amounts[self.places_of(customer)])
    }

    fn places_of(&self, customer: usize) -> Range<usize> {
        // Checked when the ledger was made.
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }
}

impl LedgerRows {
    /// Reads off a log what was bought in each period, up to the cutoff; period `i` begins at `edges[i]` and ends where
    /// the next one begins.
    ///
    /// A refund belongs to the period of the purchase that it reduces.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the edges do not ascend or leave out a purchase.
    ///
    /// # Examples
    /// ```
    /// use tenure::data::calendar::{DAY, Grain};
    /// use tenure::data::{History, RefundColumns};
    /// use tenure::retention::ledger::LedgerRows;
    ///
    /// let none = RefundColumns { purchases: &[], times: &[], amounts: &[] };
    /// let log = History::new(Grain::Day, &[0, 3], &[0, DAY, 9 * DAY], Some(&[1.0, 2.0, 5.0]), none)?;
    /// let weeks = [0, 7 * DAY, 14 * DAY];
    /// let rows = LedgerRows::of(&log, Grain::Day.cutoff(13 * DAY, true), &weeks)?;
    /// assert_eq!((rows.periods, rows.amounts), (vec![0, 1], vec![3.0, 5.0]));
    /// # Ok::<(), tenure::Error>(())
    /// ```
    pub fn of(history: &History<'_>, cutoff: Cutoff, edges: &[i64]) -> Result<Self> {
        check_edges(history, cutoff, edges)?;
        let parts = parallel::map_spans(history.customers(), SPAN, |customers| {
            Self::of_customers(history, cutoff, edges, customers)
        });
        let mut all = Self {
            offsets: vec![0],
            ..Self::default()
        };
        for part in parts {
            let begin = all.periods.len() as i64;
            all.offsets
                .extend(part.offsets.iter().map(|end| begin + end));
            all.periods.extend(part.periods);
            all.amounts.extend(part.amounts);
        }
        Ok(all)
    }

    /// The rows of some customers; `offsets` are their ends.
    fn of_customers(
        history: &History<'_>,
        cutoff: Cutoff,
        edges: &[i64],
        customers: Range<usize>,
    ) -> Self {
        let mut rows = Self::default();
        for customer in customers {
            if let Some(known) = history.known(customer, cutoff) {
                rows.add(history, cutoff, edges, known.purchases);
            }
            rows.offsets.push(rows.periods.len() as i64);
        }
        rows
    }

    /// Adds the rows of one customer's purchases.
    fn add(
        &mut self,
        history: &History<'_>,
        cutoff: Cutoff,
        edges: &[i64],
        purchases: Range<usize>,
    ) {
        let times = history.times();
        let mut next = purchases.start;
        let mut period = 0;
        while next < purchases.end {
            period += edges[period..].partition_point(|&edge| edge <= times[next]) - 1;
            let first = next;
            while next < purchases.end && times[next] < edges[period + 1] {
                next += 1;
            }
            self.periods.push(period as i64);
            if history.has_values() {
                self.amounts.push(history.value(first..next, cutoff));
            }
        }
    }
}

fn check_edges(history: &History<'_>, cutoff: Cutoff, edges: &[i64]) -> Result<()> {
    let times = history.times();
    let ends = edges.first().zip(edges.last());
    let hold = |&(first, last): &(&i64, &i64)| {
        parallel::map_stretches(times.len(), |part| {
            let mut known = times[part].iter().filter(|&&time| time <= cutoff.last);
            known.all(|time| first <= time && time < last)
        })
        .into_iter()
        .all(|held| held)
    };
    if edges.is_sorted_by(|a, b| a < b) && ends.as_ref().is_some_and(hold) {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "edges".to_owned(),
        expected: "ascend and hold every purchase".to_owned(),
        found: format!("{} edges that do not", edges.len()),
        hint: String::new(),
    })
}
