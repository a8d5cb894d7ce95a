//! Quantities of customers who share their parameters, in one pass over them.

use std::sync::atomic::{AtomicBool, Ordering};

use super::block::{BLOCK, Block};
use super::futures::{Futures, given_alive};
use super::horizon::Horizon;
use super::repeats::Repeats;
use super::{Purchasing, Quantity};
use crate::Result;
use crate::data::{Histories, HistoryColumns};
use crate::numeric::parallel;

/// Fills a column for each of the quantities. The probability of being alive is worked out once for all of them, and
/// the columns of customers are checked on the way.
pub(super) fn predict_together<M: Purchasing<K, J>, const K: usize, const J: usize>(
    theta: [f64; K],
    customers: &HistoryColumns<'_>,
    horizon: &Horizon<'_>,
    quantities: &[Quantity],
    columns: &mut [&mut [f64]],
) -> Result<()> {
    let futures = Futures::<M, f64, K, J>::new(theta, customers.len());
    let now = quantities == [Quantity::ProbabilityAlive] && horizon.is_zero();
    let alike = horizon.customers_alike(customers.len());
    let memory = || Repeats::new(alike, quantities.len() + 1);
    let stopped = AtomicBool::new(false);
    parallel::fill_columns(columns, BLOCK, memory, |repeats, places, columns| {
        let mut room = [0.0; BLOCK];
        let first = places.start;
        let checked = customers.some(places, &mut room);
        let fits = |some: &Histories<'_>| M::check_customers(some).is_ok();
        let Some(histories) = checked.filter(fits) else {
            return stopped.store(true, Ordering::Relaxed);
        };
        let customers = Block::of(&histories);
        if now {
            let mut alive = [0.0; BLOCK];
            if M::ALIVE_BY_COUNT {
                for (alive, row) in alive.iter_mut().zip(customers.rows()) {
                    *alive = futures.repeated_alive(repeats, row);
                }
            } else {
                M::probabilities_alive(theta, customers.rows(), &mut alive);
            }
            for (place, alive) in customers.places().zip(alive) {
                columns[0][place] = alive;
            }
            return;
        }
        for (place, row) in customers.places().zip(customers.rows()) {
            let ahead = horizon.at(first + place);
            let (alive, answers) = futures.repeated(repeats, row, |future, answers| {
                for (answer, &quantity) in answers.iter_mut().zip(quantities) {
                    *answer = given_alive(future, quantity, row.t, ahead);
                }
            });
            for ((column, quantity), &answer) in columns.iter_mut().zip(quantities).zip(answers) {
                column[place] = quantity.of(alive, answer);
            }
        }
    });
    if stopped.into_inner() {
        M::check_customers(&customers.check()?)?;
    }
    Ok(())
}
