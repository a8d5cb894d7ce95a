//! The nonparametric bootstrap: estimates from customers that are drawn from those of the data, with replacement (Efron
//! and Tibshirani 1993, An Introduction to the Bootstrap, chapter 6).

use std::cmp::Ordering;

use super::DynPurchasing;
use crate::data::check::Rule;
use crate::data::{Histories, Purchases, Rows};
use crate::models::covariates::{Design, Effect};
use crate::models::fit::Options;
use crate::models::sample::Sample;
use crate::numeric::parallel;
use crate::numeric::random::{Stream, Streams};
use crate::{Error, Result};

/// Draws of the bootstrap, apart from those of other purposes.
const DRAWING: u64 = 21;
/// Replicates between two looks at whether the user wants to stop.
const BATCH: usize = 32;

/// Estimates from `replicates` data sets, each of as many customers as there are, drawn from them; NaN where nothing can
/// be fitted to a data set. The same seed gives the same estimates whatever the order of the rows.
///
/// # Errors
/// Weights that are not whole numbers of customers, or what [`DynPurchasing::fit`] reports.
pub fn bootstrap(
    model: &dyn DynPurchasing,
    customers: &Histories<'_>,
    design: Option<&Design<'_>>,
    options: &Options<'_>,
    estimates: &[f64],
    replicates: usize,
    seed: u64,
) -> Result<Vec<Vec<f64>>> {
    if let Some(weights) = options.weights {
        let rule = Rule {
            column: "weights",
            expected: "be whole numbers of customers to draw them",
            hint: "",
        };
        let whole = |w: f64| w.is_finite() && w >= 0.0 && w.fract() == 0.0;
        rule.check(
            weights.len(),
            |i| !whole(weights[i]),
            |i| weights[i].to_string(),
        )?;
    }
    let sample = Sample::new(customers, options.weights, 0.0)?;
    let distinct = match design {
        None => Distinct::of(&sample),
        Some(design) => Distinct::with_covariates(customers, options.weights, design),
    };
    let start: Vec<_> = estimates.iter().map(|value| Some(*value)).collect();
    let design = design.map(|design| Design {
        rows: &distinct.covariates,
        width: design.width,
        effects: started(design, estimates),
    });
    let streams = Streams::new(seed, DRAWING);
    let one = |replicate: usize| {
        let weights = distinct.drawn(&mut streams.stream(replicate as u64));
        let options = Options {
            weights: Some(&weights),
            start: &start,
            check: &|| Ok(()),
            ..*options
        };
        match model.fit(&distinct.histories()?, design.as_ref(), &options) {
            Ok(fit) => Ok(fit.parameters),
            Err(Error::Convergence { .. } | Error::Empty { .. }) => {
                Ok(vec![f64::NAN; estimates.len()])
            }
            Err(error) => Err(error),
        }
    };
    let mut found = Vec::new();
    while found.len() < replicates {
        (options.check)()?;
        let done = found.len();
        for estimate in parallel::each(BATCH.min(replicates - done), |i| one(done + i)) {
            found.push(estimate?);
        }
    }
    Ok(found)
}

/// The distinct histories, in an order of their own, and how many customers have each.
struct Distinct {
    x: Vec<f64>,
    t_x: Vec<f64>,
    t: Vec<f64>,
    customers: Vec<f64>,
    /// Row by row, where there are any.
    covariates: Vec<f64>,
}

/// The effects of a design, to start from estimates, which end with them.
fn started(design: &Design<'_>, estimates: &[f64]) -> Vec<Effect> {
    let first = estimates.len().saturating_sub(design.effects.len());
    let pairs = design.effects.iter().zip(&estimates[first..]);
    let with = |(effect, start): (&Effect, &f64)| Effect {
        start: Some(*start),
        ..effect.clone()
    };
    pairs.map(with).collect()
}

impl Distinct {
    /// One customer after the other, by history and covariates.
    fn with_covariates(
        customers: &Histories<'_>,
        weights: Option<&[f64]>,
        design: &Design<'_>,
    ) -> Self {
        let mut places: Vec<usize> = (0..customers.len()).collect();
        let weight = |i: usize| weights.map_or(1.0, |weights| weights[i]);
        let key = |i: usize| {
            let row = customers.row(i);
            let own = &design.rows[i * design.width..(i + 1) * design.width];
            let history = [row.x, row.t_x, row.t, weight(i)];
            own.iter().copied().chain(history).collect::<Vec<f64>>()
        };
        let order = |a: &usize, b: &usize| {
            let (a, b) = (key(*a), key(*b));
            let mut orders = a
                .iter()
                .zip(&b)
                .map(|(x, y)| (x + 0.0).total_cmp(&(y + 0.0)));
            orders.find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        places.retain(|&i| weight(i) > 0.0);
        parallel::sort_by(&mut places, order);
        let column = |f: &dyn Fn(usize) -> f64| places.iter().map(|&i| f(i)).collect::<Vec<_>>();
        let covariates = |&i: &usize| design.rows[i * design.width..(i + 1) * design.width].iter();
        Self {
            x: column(&|i| customers.row(i).x),
            t_x: column(&|i| customers.row(i).t_x),
            t: column(&|i| customers.row(i).t),
            customers: column(&weight),
            covariates: places.iter().flat_map(covariates).copied().collect(),
        }
    }

    fn of(sample: &Sample<Purchases>) -> Self {
        let groups = sample.groups().iter();
        let rows: Vec<_> = groups.flat_map(|g| g.rows(0..g.len())).collect();
        Self {
            x: rows.iter().map(|(row, _)| row.x).collect(),
            t_x: rows.iter().map(|(row, _)| row.t_x).collect(),
            t: rows.iter().map(|(row, _)| row.t).collect(),
            customers: rows.iter().map(|(_, customers)| *customers).collect(),
            covariates: Vec::new(),
        }
    }

    fn histories(&self) -> Result<Histories<'_>> {
        Histories::new(&self.x, &self.t_x, &self.t)
    }

    /// How often each history is drawn: multinomial, one binomial after the other.
    fn drawn(&self, stream: &mut Stream) -> Vec<f64> {
        let mut rest: f64 = self.customers.iter().sum();
        let mut left = rest;
        let draw = |&customers: &f64| {
            let count = stream.binomial(left, customers / rest);
            left -= count;
            rest -= customers;
            count
        };
        self.customers.iter().map(draw).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::purchasing::purchasing;

    #[test]
    fn draws_are_multinomial() {
        let distinct = Distinct {
            x: vec![0.0; 3],
            t_x: vec![0.0; 3],
            t: vec![1.0, 2.0, 3.0],
            customers: vec![50.0, 30.0, 20.0],
            covariates: Vec::new(),
        };
        let streams = Streams::new(7, DRAWING);
        let draws: Vec<_> = (0..20_000)
            .map(|i| distinct.drawn(&mut streams.stream(i)))
            .collect();
        assert!(
            draws
                .iter()
                .all(|d| (d.iter().sum::<f64>() - 100.0).abs() < 1e-9)
        );
        let mean = |f: &dyn Fn(&[f64]) -> f64| draws.iter().map(|d| f(d)).sum::<f64>() / 20_000.0;
        // means N w, variances N w (1 - w), covariances -N w v; five standard errors of each
        assert!((mean(&|d| d[0]) - 50.0).abs() < 5.0 * (25.0_f64 / 20_000.0).sqrt());
        let variance = mean(&|d| (d[1] - 30.0) * (d[1] - 30.0));
        assert!((variance - 21.0).abs() < 5.0 * 21.0 * (2.0_f64 / 20_000.0).sqrt());
        let together = mean(&|d| (d[0] - 50.0) * (d[2] - 20.0));
        assert!((together + 10.0).abs() < 5.0 * 23.0 / 20_000.0_f64.sqrt());
    }

    #[test]
    fn neither_the_order_of_rows_nor_repetition_changes_a_bit() {
        let model = purchasing("NBD").unwrap();
        let (x, t) = ([2.0, 0.0, 5.0, 0.0, 1.0], [40.0, 30.0, 40.0, 30.0, 35.0]);
        let t_x = [30.0, 0.0, 39.0, 0.0, 12.0];
        let customers = Histories::new(&x, &t_x, &t).unwrap();
        let options = Options::default();
        let estimates = [0.5, 10.0];
        let one = bootstrap(model, &customers, None, &options, &estimates, 20, 3).unwrap();
        let (x, t) = ([0.0, 1.0, 5.0, 2.0], [30.0, 35.0, 40.0, 40.0]);
        let t_x = [0.0, 12.0, 39.0, 30.0];
        let collapsed = Histories::new(&x, &t_x, &t).unwrap();
        let options = Options {
            weights: Some(&[2.0, 1.0, 1.0, 1.0]),
            ..Options::default()
        };
        let other = bootstrap(model, &collapsed, None, &options, &estimates, 20, 3).unwrap();
        let bits = |rows: &[Vec<f64>]| {
            rows.concat()
                .iter()
                .map(|v| v.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&one), bits(&other));
    }
}
