//! Whole distributions of what customers will buy: as many probabilities of each as leave next to nothing out.

use std::collections::BTreeMap;

use super::DynPurchasing;
use crate::Result;
use crate::data::{Histories, Rows};
use crate::numeric::parallel;

/// A distribution is whole when larger counts have no more than this probability.
const REST: f64 = 1e-8;
/// The first probabilities that are asked for; twice as many where that is too few.
const FIRST: usize = 16;
/// Nobody's distribution is followed further than this.
const MOST: usize = 1 << 20;
/// Probabilities that are held in memory together.
const CELLS: usize = 1 << 21;

/// The customers of a question about what they will buy within a horizon.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The model.
    pub model: &'a dyn DynPurchasing,
    /// Its parameters: those of all customers, or a row for each.
    pub theta: &'a [f64],
    /// The customers.
    pub customers: &'a Histories<'a>,
    /// One horizon for all, or one each.
    pub horizon: &'a [f64],
    /// Called now and then; an error (the user pressed Ctrl-C) ends the work.
    pub check: &'a (dyn Fn() -> Result<()> + Sync),
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked")
            .field("model", &self.model)
            .field("theta", &self.theta)
            .field("customers", &self.customers.len())
            .field("horizon", &self.horizon.len())
            .finish_non_exhaustive()
    }
}

impl Asked<'_> {
    /// Fills `out`, `width` numbers a customer, by calling `visit` with each customer's number and probabilities of
    /// `0..=k` purchases, where `k` is at least `least` of the customer and more are next to impossible.
    ///
    /// # Errors
    /// As [`DynPurchasing::probabilities`].
    pub(crate) fn visit(
        &self,
        least: impl Fn(usize) -> usize,
        width: usize,
        out: &mut [f64],
        visit: impl Fn(usize, &[f64], &mut [f64]) + Sync,
    ) -> Result<()> {
        // customers with equal numbers of probabilities are asked about together
        let mut pending: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for i in 0..self.customers.len() {
            let most = least(i).max(FIRST).next_power_of_two();
            pending.entry(most).or_default().push(i);
        }
        while let Some((most, customers)) = pending.pop_first() {
            let mut longer = Vec::new();
            for some in customers.chunks((CELLS / (most + 1)).max(1)) {
                (self.check)()?;
                let table = self.probabilities(some, most)?;
                let mut results = vec![0.0; some.len() * (width + 1)];
                parallel::fill_rows(&mut results, width + 1, |place, result| {
                    let row = &table[place * (most + 1)..(place + 1) * (most + 1)];
                    let rest = 1.0 - row.iter().sum::<f64>();
                    if rest <= REST || most >= MOST {
                        result[0] = 1.0;
                        visit(some[place], row, &mut result[1..]);
                    }
                });
                for (&i, result) in some.iter().zip(results.chunks_exact(width + 1)) {
                    if result[0] > 0.0 {
                        out[i * width..(i + 1) * width].copy_from_slice(&result[1..]);
                    } else {
                        longer.push(i);
                    }
                }
            }
            if !longer.is_empty() {
                pending.entry(2 * most).or_default().append(&mut longer);
            }
        }
        Ok(())
    }

    /// The probabilities of `0..=most` purchases of some of the customers.
    fn probabilities(&self, some: &[usize], most: usize) -> Result<Vec<f64>> {
        let rows: Vec<_> = some.iter().map(|&i| self.customers.row(i)).collect();
        let column = |f: fn(&crate::data::Purchases) -> f64| rows.iter().map(f).collect::<Vec<_>>();
        let (x, t_x, t) = (column(|c| c.x), column(|c| c.t_x), column(|c| c.t));
        let customers = Histories::new(&x, &t_x, &t)?;
        let own: Vec<f64>;
        let horizon = if self.horizon.len() == self.customers.len() {
            own = some.iter().map(|&i| self.horizon[i]).collect();
            &own
        } else {
            self.horizon
        };
        let width = self.model.parameters().len();
        let owned: Vec<f64>;
        let theta = if self.theta.len() == width * self.customers.len() {
            let row = |&i: &usize| self.theta[i * width..(i + 1) * width].iter().copied();
            owned = some.iter().flat_map(row).collect();
            &owned
        } else {
            self.theta
        };
        let mut table = vec![0.0; some.len() * (most + 1)];
        self.model
            .probabilities(theta, &customers, horizon, most, &mut table)?;
        Ok(table)
    }
}
