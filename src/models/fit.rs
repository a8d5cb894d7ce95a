//! Maximum likelihood, written once for every model: collapse equal customers, find the optimum on a log scale,
//! turn the exact Hessian into a covariance, and say in words what the data cannot identify.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Dimension, Model, Row};
use crate::data::Rows;
use crate::numeric::linalg::{inverse, symmetric_eigenvalues};
use crate::numeric::optimize::{Minimum, Stopping, minimize};
use crate::numeric::{Dual2, Scalar, parallel};
use crate::{Error, Result};

/// What a fit may be told.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// One weight a customer (how many customers the row stands for); all one if absent.
    pub weights: Option<&'a [f64]>,
    /// Strength of the pull of the log parameters towards a neutral scale, per customer; 0 is plain maximum likelihood.
    pub penalty: f64,
    /// Called between evaluations; an error (the user pressed Ctrl-C) ends the fit.
    pub check: &'a (dyn Fn() -> Result<()> + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("weights", &self.weights.map(<[f64]>::len))
            .field("penalty", &self.penalty)
            .finish_non_exhaustive()
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            weights: None,
            penalty: 0.0,
            check: &|| Ok(()),
        }
    }
}

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// At an optimum with positive definite information.
    Converged,
    /// A parameter ran to the edge of its range: a simpler model describes the data as well.
    Boundary,
    /// Stopped before an optimum.
    Stopped,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Estimates, in the order of the model's parameters.
    pub parameters: Vec<f64>,
    /// Covariance of the estimates, row by row: the inverse of the exact observed information.
    /// Empty where the information is not positive definite.
    pub covariance: Vec<Vec<f64>>,
    /// The log-likelihood at the estimates, without any penalty.
    pub log_likelihood: f64,
    /// Number of customers (sum of the weights).
    pub customers: f64,
    /// Likelihood evaluations used.
    pub iterations: usize,
    /// Largest slope of the mean objective in a log parameter.
    pub gradient_norm: f64,
    /// Smallest eigenvalue of the mean objective's Hessian in the log parameters.
    pub smallest_eigenvalue: f64,
    /// How it ended.
    pub status: Status,
    /// What to know about it, in words; empty when there is nothing to add.
    pub message: String,
}

/// A row and the number of customers that it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Weighted<R> {
    /// The row.
    pub row: R,
    /// How many customers share it.
    pub weight: f64,
}

/// Curvature per customer, on the log scale, below which a direction counts as not identified.
const FLAT: f64 = 1e-7;
/// Above this many distinct rows the first iterations run on an even thinning of them.
const THIN_ABOVE: usize = 60_000;

/// The customers of a fit, collapsed and in canonical order, so that neither row order nor repetition changes a bit.
#[derive(Debug, Clone)]
pub struct Sample<R> {
    rows: Vec<Weighted<R>>,
    /// Each number of purchases and how many customers have it.
    counts: Vec<(f64, f64)>,
    customers: f64,
    scale: Scale,
}

/// Mean observed time and mean value: the units that parameters with a dimension are measured against.
#[derive(Debug, Clone, Copy)]
struct Scale {
    time: f64,
    money: f64,
}

impl<R: Row> Sample<R> {
    /// Sorts the rows and merges those that are equal.
    ///
    /// # Errors
    /// Weights that are not finite and non-negative, or a number of them that is not the number of rows; nobody left.
    pub fn new(rows: &impl Rows<Row = R>, weights: Option<&[f64]>) -> Result<Self> {
        let mut weighted = attach_weights(rows, weights)?;
        parallel::sort_by(&mut weighted, order);
        weighted.dedup_by(|later, first| {
            let equal = compare_keys(&later.row, &first.row) == Ordering::Equal;
            if equal {
                first.weight += later.weight;
            }
            equal
        });
        Ok(Self::from_sorted(weighted))
    }

    fn from_sorted(rows: Vec<Weighted<R>>) -> Self {
        let mut counts: Vec<(f64, f64)> = Vec::new();
        for r in &rows {
            match counts.last_mut() {
                Some(last) if last.0.total_cmp(&r.row.count()).is_eq() => last.1 += r.weight,
                _ => counts.push((r.row.count(), r.weight)),
            }
        }
        let customers = rows.iter().map(|r| r.weight).sum();
        let mean =
            |f: fn(&R) -> f64| rows.iter().map(|r| f(&r.row) * r.weight).sum::<f64>() / customers;
        let scale = Scale {
            time: mean(R::time),
            money: mean(R::money),
        };
        Self {
            rows,
            counts,
            customers,
            scale,
        }
    }

    /// The distinct rows with their weights.
    pub fn rows(&self) -> &[Weighted<R>] {
        &self.rows
    }

    /// Number of customers: the sum of the weights.
    pub fn customers(&self) -> f64 {
        self.customers
    }

    /// The weighted mean of a quantity over customers.
    pub fn mean(&self, quantity: impl Fn(&R) -> f64) -> f64 {
        let total: f64 = self.rows.iter().map(|r| quantity(&r.row) * r.weight).sum();
        total / self.customers
    }

    /// An even thinning: rows that stand for many customers stay, of the others every `step`-th stands for `step`.
    fn thinned(&self) -> Self {
        let step = self.rows.len().div_ceil(THIN_ABOVE / 4);
        let singles = self.rows.iter().filter(|r| r.weight <= 1.0).step_by(step);
        let thinned = singles.map(|r| Weighted {
            row: r.row,
            weight: r.weight * step as f64,
        });
        let mut rows: Vec<_> = self
            .rows
            .iter()
            .filter(|r| r.weight > 1.0)
            .copied()
            .collect();
        rows.extend(thinned);
        rows.sort_by(order);
        Self::from_sorted(rows)
    }

    /// The log-likelihood at `theta`; what depends on the number of purchases alone is computed once a number.
    pub fn log_likelihood<M: Model<K, Row = R>, S: Scalar, const K: usize>(
        &self,
        theta: [S; K],
    ) -> S {
        let mut total = S::from(0.0);
        for &(x, customers) in &self.counts {
            total += M::ln_pdf_shared(theta, x) * customers;
        }
        total + parallel::sum(&self.rows, |r| M::ln_pdf_rest(theta, &r.row) * r.weight)
    }

    /// What the optimiser minimises, over log parameters `u`: the negative log-likelihood with its penalty, per customer.
    fn objective<M: Model<K, Row = R>, const K: usize>(
        &self,
        u: [f64; K],
        penalty: f64,
    ) -> Dual2<K> {
        let theta = u.map(f64::exp);
        let at = self.log_likelihood::<M, _, K>(Dual2::variables(theta));
        let total = self.penalised::<M, K>(at, theta, penalty);
        on_log_scale(&total, theta, self.customers)
    }

    /// The negative log-likelihood plus `penalty * customers * sum_j ln(theta_j / neutral_j)^2`. A parameter with a
    /// dimension is measured against the data's own mean time or mean value, so that no unit matters.
    fn penalised<M: Model<K, Row = R>, const K: usize>(
        &self,
        log_likelihood: Dual2<K>,
        theta: [f64; K],
        penalty: f64,
    ) -> Dual2<K> {
        let mut total = -log_likelihood;
        if penalty > 0.0 {
            for (parameter, theta) in M::PARAMETERS.iter().zip(Dual2::variables(theta)) {
                let distance = (theta / self.neutral(parameter.dimension)).ln();
                total += distance * distance * (penalty * self.customers);
            }
        }
        total
    }

    fn neutral(&self, dimension: Dimension) -> f64 {
        match dimension {
            Dimension::None => 1.0,
            Dimension::Time => self.scale.time,
            Dimension::Money => self.scale.money,
        }
    }
}

fn attach_weights<R: Row>(
    rows: &impl Rows<Row = R>,
    weights: Option<&[f64]>,
) -> Result<Vec<Weighted<R>>> {
    let Some(weights) = weights else {
        return Ok(parallel::tabulate(rows.len(), |i| Weighted {
            row: rows.row(i),
            weight: 1.0,
        }));
    };
    check_weights(weights, rows.len())?;
    let counted = (0..rows.len()).filter(|&i| weights[i] > 0.0);
    Ok(counted
        .map(|i| Weighted {
            row: rows.row(i),
            weight: weights[i],
        })
        .collect())
}

fn check_weights(weights: &[f64], rows: usize) -> Result<()> {
    if weights.len() != rows {
        return Err(Error::Length {
            column: "weights".into(),
            found: weights.len(),
            reference: "frequency".into(),
            expected: rows,
        });
    }
    let bad = |w: &f64| !w.is_finite() || *w < 0.0;
    let Some(row) = weights.iter().position(bad) else {
        return Ok(());
    };
    Err(Error::Data {
        column: "weights".into(),
        expected: "be finite and not negative".into(),
        row,
        found: weights[row].to_string(),
        count: weights.iter().filter(|w| bad(w)).count(),
        hint: String::new(),
    })
}

fn compare_keys<R: Row>(a: &R, b: &R) -> Ordering {
    let (a, b) = (a.key(), b.key());
    a[0].total_cmp(&b[0])
        .then_with(|| a[1].total_cmp(&b[1]))
        .then_with(|| a[2].total_cmp(&b[2]))
}

fn order<R: Row>(a: &Weighted<R>, b: &Weighted<R>) -> Ordering {
    compare_keys(&a.row, &b.row).then_with(|| a.weight.total_cmp(&b.weight))
}

/// Fits a model by maximum likelihood.
///
/// # Errors
/// Bad weights or penalty, no customers, or a likelihood that is not finite at any start.
pub fn fit<M: Model<K>, const K: usize>(
    rows: &impl Rows<Row = M::Row>,
    options: &Options<'_>,
) -> Result<Fit> {
    if !(options.penalty.is_finite() && options.penalty >= 0.0) {
        return Err(Error::Parameter {
            name: "penalty".into(),
            expected: "be finite and not negative".into(),
            found: options.penalty.to_string(),
            hint: String::new(),
        });
    }
    let sample = Sample::new(rows, options.weights)?;
    M::check(&sample)?;
    let minimum = optimum::<M, K>(&sample, options)?;
    Ok(report::<M, K>(&sample, &minimum, options.penalty))
}

/// The optimum over log parameters, from the first start or, where that stalls, the better of two.
fn optimum<M: Model<K>, const K: usize>(
    sample: &Sample<M::Row>,
    options: &Options<'_>,
) -> Result<Minimum<K>> {
    let [first, second] = M::starts(sample).map(|start| start.map(f64::ln));
    let attempt = |start| -> Result<Minimum<K>> {
        let start = if sample.rows.len() > THIN_ABOVE {
            climb::<M, K>(&sample.thinned(), start, [true; K], options, 1e-4)?.point
        } else {
            start
        };
        climb::<M, K>(sample, start, [true; K], options, 1e-12)
    };
    let one = attempt(first)?;
    if one.converged && is_curved(&one) {
        return Ok(one);
    }
    let two = attempt(second)?;
    let best = if two.at.value < one.at.value || !one.at.value.is_finite() {
        two
    } else {
        one
    };
    if best.at.value.is_finite() {
        return Ok(best);
    }
    Err(Error::Convergence {
        model: M::NAME.into(),
        reason: "the likelihood is not finite at either start".into(),
        hint: "check the units of the columns: values near 1 to 1000 are easiest".into(),
    })
}

/// Minimises from one start. `decrease` is in units of the total log-likelihood, whatever the number of customers.
pub(super) fn climb<M: Model<K>, const K: usize>(
    sample: &Sample<M::Row>,
    start: [f64; K],
    free: [bool; K],
    options: &Options<'_>,
    decrease: f64,
) -> Result<Minimum<K>> {
    let stopping = Stopping {
        decrease: decrease / sample.customers,
        gradient: 1e-11,
        evaluations: 200,
    };
    let objective = |u| {
        (options.check)()?;
        Ok(sample.objective::<M, K>(u, options.penalty))
    };
    minimize(objective, start, free, stopping)
}

fn is_curved<const K: usize>(minimum: &Minimum<K>) -> bool {
    smallest_eigenvalue(&minimum.at.hessian) > FLAT
}

fn smallest_eigenvalue<const K: usize>(hessian: &[[f64; K]; K]) -> f64 {
    symmetric_eigenvalues(hessian).map_or(f64::NAN, |eigenvalues| {
        eigenvalues.into_iter().fold(f64::INFINITY, f64::min)
    })
}

/// Turns an optimum over log parameters into the fit that is reported, from one evaluation there.
fn report<M: Model<K>, const K: usize>(
    sample: &Sample<M::Row>,
    minimum: &Minimum<K>,
    penalty: f64,
) -> Fit {
    let theta = minimum.point.map(f64::exp);
    let at = sample.log_likelihood::<M, _, K>(Dual2::variables(theta));
    let objective = sample.penalised::<M, K>(at, theta, penalty);
    let scaled = on_log_scale(&objective, theta, sample.customers);
    let smallest = smallest_eigenvalue(&scaled.hessian);
    let curved = smallest > FLAT;
    let (status, message) = match (minimum.converged, curved) {
        (true, true) => (Status::Converged, String::new()),
        (_, false) => (Status::Boundary, M::boundary(theta)),
        (false, true) => (
            Status::Stopped,
            format!(
                "no optimum after {} evaluations; try a penalty or another time unit",
                minimum.evaluations
            ),
        ),
    };
    let covariance = if curved {
        inverse(&objective.hessian)
    } else {
        None
    };
    Fit {
        parameters: theta.to_vec(),
        covariance: covariance
            .map_or_else(Vec::new, |rows| rows.iter().map(|r| r.to_vec()).collect()),
        log_likelihood: at.value,
        customers: sample.customers,
        iterations: minimum.evaluations,
        gradient_norm: scaled.gradient.iter().fold(0.0, |m, g| g.abs().max(m)),
        smallest_eigenvalue: smallest,
        status,
        message,
    }
}

/// A function of `theta` as a function of `ln theta`, per customer.
fn on_log_scale<const K: usize>(f: &Dual2<K>, theta: [f64; K], customers: f64) -> Dual2<K> {
    let gradient = std::array::from_fn(|i| f.gradient[i] * theta[i] / customers);
    Dual2 {
        value: f.value / customers,
        gradient,
        hessian: std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let bend = f.hessian[i][j] * theta[i] * theta[j] / customers;
                if i == j { bend + gradient[i] } else { bend }
            })
        }),
    }
}
