//! Summaries as of many dates, in one pass over the purchases.

use std::ops::Range;

use super::calendar::{Cutoff, Unit, written};
use super::check::same_length;
use super::summary::mean;
use super::transactions::History;
use crate::numeric::parallel;
use crate::{Error, Result};

/// Customers who are worked through together, date after date: few enough that their purchases stay in the cache.
const BLOCK: usize = 1024;

/// Summaries of the same customers as of several dates, still to be written down.
#[derive(Debug)]
pub struct ManyDates<'a> {
    history: History<'a>,
    cutoffs: &'a [Cutoff],
    /// The dates from the earliest to the latest, by their places in `cutoffs`.
    in_order: Vec<usize>,
    unit: Unit,
    /// For each block of customers and each date, how many had bought by then.
    counts: Vec<Vec<usize>>,
}

/// Where summaries are written: date after date, and within a date customer by customer.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    /// The customer's place in the log.
    pub customers: &'a mut [i64],
    /// Number of repeat purchases.
    pub frequency: &'a mut [i64],
    /// Age at the last purchase.
    pub recency: &'a mut [f64],
    /// Age at the date.
    pub t: &'a mut [f64],
    /// Mean value of the repeat purchases after the refunds known at the date, 0 without any; empty for a log without
    /// amounts.
    pub monetary_value: &'a mut [f64],
}

impl Rows<'_> {
    /// The first so many rows, and the others.
    fn split(self, rows: usize) -> (Self, Self) {
        let of_values = rows.min(self.monetary_value.len());
        let customers = self.customers.split_at_mut(rows);
        let frequency = self.frequency.split_at_mut(rows);
        let recency = self.recency.split_at_mut(rows);
        let t = self.t.split_at_mut(rows);
        let monetary_value = self.monetary_value.split_at_mut(of_values);
        let first = Self {
            customers: customers.0,
            frequency: frequency.0,
            recency: recency.0,
            t: t.0,
            monetary_value: monetary_value.0,
        };
        let others = Self {
            customers: customers.1,
            frequency: frequency.1,
            recency: recency.1,
            t: t.1,
            monetary_value: monetary_value.1,
        };
        (first, others)
    }
}

/// What is known of one customer so far.
#[derive(Clone)]
struct State {
    /// Purchases known, the first one counted.
    known: usize,
    /// The value of the repeat purchases among them, before later refunds.
    bought: f64,
    recency: f64,
    /// The places of all later refunds of the customer.
    refunds: Range<usize>,
}

/// A block of customers, and where their rows for each date go.
struct Task<'a> {
    customers: Range<usize>,
    rows: Vec<Rows<'a>>,
}

impl<'a> ManyDates<'a> {
    /// Counts the rows that the summaries will have: one for each date and each customer who had bought by then.
    ///
    /// # Errors
    /// [`Error::Empty`] if nobody had bought by any of the dates.
    pub fn new(history: History<'a>, cutoffs: &'a [Cutoff], unit: Unit) -> Result<Self> {
        let mut in_order: Vec<usize> = (0..cutoffs.len()).collect();
        in_order.sort_by_key(|&date| cutoffs[date].last);
        let blocks: Vec<usize> = (0..history.customers().div_ceil(BLOCK)).collect();
        let counts = parallel::map_jobs(blocks, |block| {
            count_block(&history, cutoffs, &in_order, block)
        });
        let all = Self {
            history,
            cutoffs,
            in_order,
            unit,
            counts,
        };
        if !all.is_empty() {
            return Ok(all);
        }
        let latest = cutoffs.iter().map(|cutoff| cutoff.last).max();
        Err(Error::Empty {
            what: match latest {
                Some(latest) => format!("no customer had bought by {}", written(latest)),
                None => "there are no dates to summarise at".to_owned(),
            },
            hint: "choose a date after the first purchase of the log".to_owned(),
        })
    }

    /// The number of rows for each date.
    pub fn rows(&self) -> Vec<usize> {
        let of_date = |date: usize| self.counts.iter().map(|block| block[date]).sum();
        (0..self.cutoffs.len()).map(of_date).collect()
    }

    /// Where the rows of each date begin, and where the last one's end.
    pub fn offsets(&self) -> Vec<i64> {
        let mut offsets = vec![0];
        let mut end = 0;
        for rows in self.rows() {
            end += rows as i64;
            offsets.push(end);
        }
        offsets
    }

    /// The number of rows in all.
    pub fn len(&self) -> usize {
        self.rows().iter().sum()
    }

    /// Whether nobody had bought by any of the dates.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the summaries down: for each date what [`super::summary::summarize`] gives, to the last bit.
    ///
    /// # Errors
    /// [`Error::Length`] if a column has not as many rows as [`Self::rows`] says in all.
    pub fn write(&self, mut rows: Rows<'_>) -> Result<()> {
        self.check_rows(&rows)?;
        let customers = self.history.customers();
        let mut tasks: Vec<Task<'_>> = (0..self.counts.len())
            .map(|block| Task {
                customers: block * BLOCK..customers.min((block + 1) * BLOCK),
                rows: Vec::with_capacity(self.cutoffs.len()),
            })
            .collect();
        for date in 0..self.cutoffs.len() {
            for (task, counts) in tasks.iter_mut().zip(&self.counts) {
                let (first, others) = rows.split(counts[date]);
                task.rows.push(first);
                rows = others;
            }
        }
        parallel::map_jobs(tasks, |mut task| self.write_block(&mut task));
        Ok(())
    }

    fn check_rows(&self, rows: &Rows<'_>) -> Result<()> {
        let all = self.len();
        let of_values = if self.history.has_values() { all } else { 0 };
        same_length("customers", rows.customers.len(), "rows", all)?;
        same_length("frequency", rows.frequency.len(), "rows", all)?;
        same_length("recency", rows.recency.len(), "rows", all)?;
        same_length("T", rows.t.len(), "rows", all)?;
        same_length(
            "monetary_value",
            rows.monetary_value.len(),
            "rows",
            of_values,
        )
    }

    fn write_block(&self, task: &mut Task<'_>) {
        let mut states = self.beginning(task.customers.clone());
        for &date in &self.in_order {
            let cutoff = self.cutoffs[date];
            let mut row = 0;
            for (state, customer) in states.iter_mut().zip(task.customers.clone()) {
                self.advance(customer, cutoff, state);
                if state.known > 0 {
                    self.write_row(customer, cutoff, state, &mut task.rows[date], row);
                    row += 1;
                }
            }
        }
    }

    /// What is known before the first of all dates.
    fn beginning(&self, customers: Range<usize>) -> Vec<State> {
        let refunds = self.history.refund_columns().purchases;
        let first = self.history.purchases_of(customers.start).start;
        let mut next = self.history.refund_places(0..first).end;
        let mut states = Vec::with_capacity(customers.len());
        for customer in customers {
            let start = next;
            let end = self.history.purchases_of(customer).end as i64;
            while refunds.get(next).is_some_and(|&purchase| purchase < end) {
                next += 1;
            }
            states.push(State {
                known: 0,
                bought: 0.0,
                recency: 0.0,
                refunds: start..next,
            });
        }
        states
    }

    /// Takes up what the customer bought up to the cutoff.
    fn advance(&self, customer: usize, cutoff: Cutoff, state: &mut State) {
        let purchases = self.history.purchases_of(customer);
        let times = &self.history.times()[purchases.clone()];
        let before = state.known;
        while state.known < times.len() && times[state.known] <= cutoff.last {
            if let (Some(values), 1..) = (self.history.values(), state.known) {
                state.bought += values[purchases.start + state.known];
            }
            state.known += 1;
        }
        if state.known > before {
            state.recency = self.unit.between(times[0], times[state.known - 1]);
        }
    }

    fn write_row(
        &self,
        customer: usize,
        cutoff: Cutoff,
        state: &State,
        rows: &mut Rows<'_>,
        row: usize,
    ) {
        let purchases = self.history.purchases_of(customer);
        let repeats = state.known - 1;
        rows.customers[row] = customer as i64;
        rows.frequency[row] = repeats as i64;
        rows.recency[row] = state.recency;
        rows.t[row] = self
            .unit
            .between(self.history.times()[purchases.start], cutoff.now);
        if self.history.has_values() {
            let later = purchases.start + 1..purchases.start + state.known;
            let value = self.net(&later, state, cutoff);
            rows.monetary_value[row] = mean(value, repeats);
        }
    }

    /// The value of repeat purchases after those of their refunds that are known.
    fn net(&self, later: &Range<usize>, state: &State, cutoff: Cutoff) -> f64 {
        let columns = self.history.refund_columns();
        let known = state.refunds.clone().filter(|&place| {
            let purchase = columns.purchases[place] as usize;
            later.contains(&purchase) && columns.times[place] <= cutoff.last
        });
        known.fold(state.bought, |sum, place| sum + columns.amounts[place])
    }
}

/// How many customers of a block had bought by each date.
fn count_block(
    history: &History<'_>,
    cutoffs: &[Cutoff],
    in_order: &[usize],
    block: usize,
) -> Vec<usize> {
    let customers = block * BLOCK..history.customers().min((block + 1) * BLOCK);
    let mut firsts: Vec<i64> = customers
        .map(|customer| history.times()[history.purchases_of(customer).start])
        .collect();
    firsts.sort_unstable();
    let mut counts = vec![0; cutoffs.len()];
    let mut count = 0;
    for &date in in_order {
        while count < firsts.len() && firsts[count] <= cutoffs[date].last {
            count += 1;
        }
        counts[date] = count;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::calendar::{DAY, Grain};
    use super::super::summary::{Summary, summarize};
    use super::super::transactions::RefundColumns;
    use super::*;
    use proptest::prelude::*;

    fn all_at(history: History<'_>, cutoffs: &[Cutoff], unit: Unit) -> Result<Summary> {
        let many = ManyDates::new(history, cutoffs, unit)?;
        let rows = many.len();
        let mut got = Summary {
            customers: vec![-1; rows],
            frequency: vec![-1; rows],
            recency: vec![-1.0; rows],
            t: vec![-1.0; rows],
            monetary_value: vec![-1.0; if history.has_values() { rows } else { 0 }],
        };
        many.write(Rows {
            customers: &mut got.customers,
            frequency: &mut got.frequency,
            recency: &mut got.recency,
            t: &mut got.t,
            monetary_value: &mut got.monetary_value,
        })?;
        Ok(got)
    }

    fn one_by_one(history: &History<'_>, cutoffs: &[Cutoff], unit: Unit) -> Summary {
        let mut all = Summary::default();
        for &cutoff in cutoffs {
            let Ok(next) = summarize(history, cutoff, unit) else {
                continue;
            };
            all.customers.extend(next.customers);
            all.frequency.extend(next.frequency);
            all.recency.extend(next.recency);
            all.t.extend(next.t);
            all.monetary_value.extend(next.monetary_value);
        }
        all
    }

    proptest! {
        #[test]
        fn many_dates_are_one_after_the_other(
            customers in prop::collection::vec(prop::collection::btree_set(0..400_i64, 1..6), 1..2500),
            days in prop::collection::vec(-20..420_i64, 0..6),
            refunds in prop::collection::vec((0..2500_i64, 0..500_i64), 0..40),
            valued in any::<bool>(),
        ) {
            let mut offsets = vec![0];
            let mut times = Vec::new();
            for one in &customers {
                times.extend(one.iter().map(|day| day * DAY));
                offsets.push(times.len() as i64);
            }
            let values: Vec<f64> = times.iter().map(|&time| (time / DAY) as f64 / 7.0 + 0.1).collect();
            let mut refunds: Vec<(i64, i64)> = refunds
                .into_iter()
                .map(|(purchase, day)| (purchase % times.len() as i64, day * DAY))
                .collect();
            refunds.sort_unstable();
            let (purchases, refund_times): (Vec<i64>, Vec<i64>) = refunds.iter().copied().unzip();
            let amounts = vec![-0.3; refunds.len()];
            let columns = RefundColumns { purchases: &purchases, times: &refund_times, amounts: &amounts };
            let values = valued.then_some(values.as_slice());
            let history = History::new(Grain::Day, &offsets, &times, values, columns).unwrap();
            let cutoffs: Vec<Cutoff> = days.iter().map(|day| Grain::Day.cutoff(day * DAY, true)).collect();
            for unit in [Unit::Day, Unit::Month] {
                let expected = one_by_one(&history, &cutoffs, unit);
                match all_at(history, &cutoffs, unit) {
                    Ok(got) => prop_assert_eq!(got, expected),
                    Err(_) => prop_assert!(expected.customers.is_empty()),
                }
            }
        }
    }

    #[test]
    fn columns_of_another_length_are_refused() {
        let none = RefundColumns {
            purchases: &[],
            times: &[],
            amounts: &[],
        };
        let history = History::new(Grain::Day, &[0, 1], &[0], None, none).unwrap();
        let cutoffs = [Grain::Day.cutoff(0, true)];
        let many = ManyDates::new(history, &cutoffs, Unit::Day).unwrap();
        assert_eq!((many.rows(), many.offsets()), (vec![1], vec![0, 1]));
        let message = many.write(Rows::default()).unwrap_err().to_string();
        assert_eq!(message, "column `customers` has 0 rows, but `rows` has 1");
    }

    #[test]
    fn without_anybody_there_is_nothing_to_write() {
        let none = RefundColumns {
            purchases: &[],
            times: &[],
            amounts: &[],
        };
        let history = History::new(Grain::Day, &[0, 1], &[5 * DAY], None, none).unwrap();
        let cutoffs = [Grain::Day.cutoff(0, true), Grain::Day.cutoff(DAY, true)];
        let message = |cutoffs| {
            ManyDates::new(history, cutoffs, Unit::Day)
                .unwrap_err()
                .to_string()
        };
        assert!(message(&cutoffs).starts_with("no customer had bought by 1970-01-02"));
        assert!(message(&[]).starts_with("there are no dates to summarise at"));
    }
}
