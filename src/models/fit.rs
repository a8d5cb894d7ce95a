//! Maximum likelihood, written once for every model: collapse equal customers, find the optimum on a log scale,
//! turn the exact Hessian into a covariance, and say in words what the data cannot identify.

mod free_scale;
mod options;

pub(super) use free_scale::{bound, ceilings, freed};
pub use options::Options;
pub(super) use options::check_options;

use serde::{Deserialize, Serialize};

use self::free_scale::{covariance, on_free_scale};
use super::ended;
use super::sample::{Row, Sample};
use super::{Equals, Model};
use crate::Result;
use crate::data::Rows;
use crate::numeric::linalg::symmetric_eigenvalues;
use crate::numeric::optimize::{MinimumOf, Stopping, minimize};
use crate::numeric::{Dual2, Scalar};

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

/// A fit ends where a Newton step promises to raise the total log-likelihood by less than this: a parameter is then
/// within a millionth of its standard error. With many customers standard errors are small, and a share of this for
/// each customer is enough.
pub(super) const DECREASE: f64 = 1e-13;
pub(super) const DECREASE_EACH: f64 = 1e-16;
/// Above this many distinct rows the first iterations run on an even thinning of them, to about so many.
const THIN_ABOVE: usize = 20_000;
const THINNED: usize = 10_000;

/// A model with the customers that it is fitted to.
pub(super) struct Problem<'a, M: Model<K, J>, const K: usize, const J: usize> {
    sample: &'a Sample<M::Row>,
    options: &'a Options<'a>,
    /// The sum of each group's statistics.
    statistics: Vec<f64>,
    /// Mean length of observation and mean value: what parameters with a dimension are measured against.
    time: f64,
    money: f64,
}

impl<'a, M: Model<K, J>, const K: usize, const J: usize> Problem<'a, M, K, J> {
    pub(super) fn new(sample: &'a Sample<M::Row>, options: &'a Options<'a>) -> Self {
        Self {
            sample,
            options,
            statistics: sample.sums(|_, row| M::statistic(row)),
            time: sample.mean(M::Row::time),
            money: sample.mean(M::Row::money),
        }
    }

    /// The log-likelihood of all customers at `theta`.
    fn log_likelihood(&self, theta: [Dual2<K>; K]) -> Dual2<K> {
        log_likelihood::<M, K, J>(self.sample, &self.statistics, theta)
    }

    /// What the optimiser minimises, over parameters on their free scales: the negative log-likelihood with its
    /// penalty, per customer.
    fn objective(&self, free: [f64; K]) -> Dual2<K> {
        let theta = bound::<M, K, J>(free);
        let variables = Dual2::variables(theta);
        let mut total = -self.log_likelihood(variables);
        total += self.penalty(variables);
        on_free_scale::<M, K, J>(&total, theta, self.sample.customers())
    }

    /// `penalty * customers * sum_j ln(theta_j / neutral_j)^2` over the parameters that are not held fixed, and log odds
    /// for shares. A parameter with a dimension is measured against the data's own mean time or mean value, so that no
    /// unit matters.
    fn penalty<S: Scalar>(&self, theta: [S; K]) -> S {
        let mut total = S::from(0.0);
        let distances = M::distances(theta, self.time, self.money);
        for (distance, _) in distances.into_iter().zip(self.free()).filter(|(_, f)| *f) {
            total += distance * distance;
        }
        total * (self.options.penalty * self.sample.customers())
    }

    /// Which parameters are not held fixed.
    pub(super) fn free(&self) -> [bool; K] {
        std::array::from_fn(|j| self.options.fixed.get(j).is_none_or(Option::is_none))
    }

    /// Minimises from one start until a Newton step promises less than `decrease` of the total log-likelihood.
    pub(super) fn climb(
        &self,
        start: [f64; K],
        free: [bool; K],
        decrease: f64,
    ) -> Result<MinimumOf<K>> {
        let stopping = Stopping {
            decrease: decrease / self.sample.customers(),
            gradient: 1e-11,
            evaluations: 200,
        };
        let objective = |u| {
            (self.options.check)()?;
            Ok(self.objective(u))
        };
        minimize(objective, start, free, ceilings::<M, K, J>(), stopping)
    }

    /// The optimum on the free scales, from the first start or, where that stalls, the better of two.
    pub(super) fn optimum(&self) -> Result<MinimumOf<K>> {
        let [first, second] = M::starts(self.sample).map(|start| self.start(start));
        let one = self.attempt(first)?;
        if one.converged && is_curved(&one) && !one.at_ceiling {
            return Ok(one);
        }
        let two = self.attempt(second)?;
        let best = if two.at.value < one.at.value || !one.at.value.is_finite() {
            two
        } else {
            one
        };
        if best.at.value.is_finite() {
            return Ok(best);
        }
        Err(ended::nowhere(M::NAME))
    }

    /// A start on the free scales: what was asked for, and what the data say where nothing was.
    pub(super) fn start(&self, by_data: [f64; K]) -> [f64; K] {
        let asked = |j| {
            let of = |given: &[Option<f64>]| given.get(j).copied().flatten();
            of(self.options.fixed).or_else(|| of(self.options.start))
        };
        freed::<M, K, J>(std::array::from_fn(|j| asked(j).unwrap_or(by_data[j])))
    }

    /// One climb, for many customers the first part of it on a thinning of them.
    fn attempt(&self, start: [f64; K]) -> Result<MinimumOf<K>> {
        let distinct = self.sample.distinct();
        let decrease = DECREASE.max(DECREASE_EACH * self.sample.customers());
        if distinct <= THIN_ABOVE {
            return self.climb(start, self.free(), decrease);
        }
        let thinned = self.sample.thinned(distinct.div_ceil(THINNED));
        let rough =
            Problem::<M, K, J>::new(&thinned, self.options).climb(start, self.free(), 1.0)?;
        self.climb(rough.point, self.free(), decrease)
    }

    /// Turns an optimum on the free scales into the fit that is reported.
    fn report(&self, minimum: &MinimumOf<K>) -> Fit {
        let (theta, customers) = (bound::<M, K, J>(minimum.point), self.sample.customers());
        let smallest = smallest_eigenvalue(&minimum.at.hessian);
        let (status, message) = ended::how(minimum, smallest, || M::boundary(theta));
        let covariance = if ended::curved(smallest) && !minimum.at_ceiling {
            covariance::<M, K, J>(&minimum.at, theta, self.free(), customers)
        } else {
            Vec::new()
        };
        Fit {
            parameters: exactly(self.options, theta).to_vec(),
            covariance,
            log_likelihood: self.penalty(theta) - minimum.at.value * customers,
            customers,
            iterations: minimum.evaluations,
            gradient_norm: minimum.at.gradient.iter().fold(0.0, |m, g| g.abs().max(m)),
            smallest_eigenvalue: smallest,
            status,
            message,
        }
    }
}

/// The log-likelihood of the customers of a sample at `theta`; `statistics` are the sums of each group's.
///
/// What customers with equal counts have in common is computed once for them, with derivatives in the `K` parameters;
/// their own terms are summed with derivatives in the `J` common quantities only, and the chain rule puts both together.
pub(super) fn log_likelihood<M: Model<K, J>, const K: usize, const J: usize>(
    sample: &Sample<M::Row>,
    statistics: &[f64],
    theta: [Dual2<K>; K],
) -> Dual2<K> {
    let commons: Vec<[Dual2<K>; J]> = sample
        .groups()
        .iter()
        .map(|group| M::common(theta, group.count))
        .collect();
    let values: Vec<[f64; J]> = commons.iter().map(|c| c.map(Scalar::value)).collect();
    let sums = sample.sums(|group, row| M::own_with_slopes(values[group], row));
    let mut total = Dual2::from(0.0);
    for (i, (group, own)) in sample.groups().iter().zip(sums).enumerate() {
        total += M::together(
            theta,
            &Equals {
                count: group.count,
                customers: group.customers,
                statistic: statistics[i],
                own: Dual2::compose(commons[i], &own),
            },
        );
    }
    total
}

/// Fits a model by maximum likelihood.
///
/// # Errors
/// Bad weights or penalty, no customers, or a likelihood that is not finite at any start.
pub fn fit<M: Model<K, J>, const K: usize, const J: usize>(
    rows: &impl Rows<Row = M::Row>,
    options: &Options<'_>,
) -> Result<Fit> {
    check_options::<M, K, J>(options)?;
    let sample = Sample::new(rows, options.weights, M::LEAST_COUNT)?;
    M::check(&sample)?;
    let problem = Problem::<M, K, J>::new(&sample, options);
    Ok(problem.report(&problem.optimum()?))
}

/// Parameters with those that are held as they were given, not as they came back from the free scale.
pub(super) fn exactly<const K: usize>(options: &Options<'_>, theta: [f64; K]) -> [f64; K] {
    let held = |j: usize| options.fixed.get(j).copied().flatten();
    std::array::from_fn(|j| held(j).unwrap_or(theta[j]))
}

/// Whether the likelihood bends in every direction.
pub(super) fn is_curved<const K: usize>(minimum: &MinimumOf<K>) -> bool {
    ended::curved(smallest_eigenvalue(&minimum.at.hessian))
}

fn smallest_eigenvalue<const K: usize>(hessian: &[[f64; K]; K]) -> f64 {
    symmetric_eigenvalues(hessian).map_or(f64::NAN, |eigenvalues| {
        eigenvalues.into_iter().fold(f64::INFINITY, f64::min)
    })
}
