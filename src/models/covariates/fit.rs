//! Maximum likelihood with covariates: the derivatives of customers' likelihoods in their own parameters, and by the
//! chain rule in the parameters of all and the coefficients.

use super::patterns::{BLOCK, Pattern, patterns};
use super::{Design, Effect, PROCESSES};
use crate::data::Rows;
use crate::models::fit::{
    DECREASE, DECREASE_EACH, Fit, Options, Problem, ceilings, check_options, freed, is_curved,
    log_likelihood,
};
use crate::models::sample::{Row, Sample};
use crate::models::{Model, Parameter, ended};
use crate::numeric::dense::Square;
use crate::numeric::newton::Quadratic;
use crate::numeric::optimize::{Minimum, Stopping, minimize_many};
use crate::numeric::{Dual2, Scalar, parallel};
use crate::{Error, Result};

/// A point with its function: the parameters of all on their free scales, then the coefficients of standardised columns.
pub(super) type Found = Minimum<Vec<f64>, Quadratic>;

/// A model with customers who have parameters of their own; `N = K + PROCESSES` numbers decide on those of one.
pub(super) struct Regression<'a, M: Model<K, J>, const K: usize, const J: usize, const N: usize> {
    patterns: Vec<Pattern<M::Row>>,
    effects: &'a [Effect],
    options: &'a Options<'a>,
    /// Of each effect's column: what is taken off it, and what it is divided by.
    centres: Vec<f64>,
    scales: Vec<f64>,
    /// The customers without their covariates.
    overall: Sample<M::Row>,
}

/// Fits a model whose parameters depend on covariates: first the parameters, then the coefficients.
///
/// # Errors
/// As [`fit`](crate::models::fit::fit); covariates that are not finite.
pub fn fit_covariates<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    rows: &impl Rows<Row = M::Row>,
    design: &Design<'_>,
    options: &Options<'_>,
) -> Result<Fit> {
    check_options::<M, K, J>(options)?;
    let is_held = options.fixed.iter().any(Option::is_some);
    let problem = Regression::<M, K, J, N>::new(rows, design, options, !is_held)?;
    M::check(&problem.overall)?;
    problem.report(&problem.optimum()?)
}

impl<'a, M: Model<K, J>, const K: usize, const J: usize, const N: usize>
    Regression<'a, M, K, J, N>
{
    /// With columns of mean 0 where that is wanted and possible; parameters can be held only where it is not, since
    /// they are those of customers whose covariates are 0.
    pub(super) fn new(
        rows: &impl Rows<Row = M::Row>,
        design: &'a Design<'_>,
        options: &'a Options<'a>,
        centred: bool,
    ) -> Result<Self> {
        const { assert!(N == K + PROCESSES, "parameters and linear predictors") };
        design.check(rows.len())?;
        let overall = Sample::new(rows, options.weights, M::LEAST_COUNT)?;
        let patterns = patterns::<M, K, J>(rows, options.weights, design)?;
        let mean = |f: &dyn Fn(&[f64]) -> f64| {
            let total: f64 = patterns
                .iter()
                .map(|p| f(&p.z) * p.sample.customers())
                .sum();
            total / overall.customers()
        };
        let (mut centres, mut scales) = (Vec::new(), Vec::new());
        for effect in &design.effects {
            let centre = mean(&|z| z[effect.column]);
            let spread = mean(&|z| (z[effect.column] - centre).powi(2)).sqrt();
            centres.push(if centred && M::SHIFTS { centre } else { 0.0 });
            scales.push(if spread > 0.0 { spread } else { 1.0 });
        }
        Ok(Self {
            patterns,
            effects: &design.effects,
            options,
            centres,
            scales,
            overall,
        })
    }

    fn size(&self) -> usize {
        K + self.effects.len()
    }

    pub(super) fn customers(&self) -> f64 {
        self.overall.customers()
    }

    /// Which variables are not held fixed.
    pub(super) fn free(&self) -> Vec<bool> {
        let fixed = |j: usize| self.options.fixed.get(j).copied().flatten();
        let parameters = (0..K).map(|j| fixed(j).is_none());
        let coefficients = self.effects.iter().map(|effect| effect.fixed.is_none());
        parameters.chain(coefficients).collect()
    }

    /// The value of an effect's column, standardised.
    fn standard(&self, effect: usize, z: &[f64]) -> f64 {
        (z[self.effects[effect].column] - self.centres[effect]) / self.scales[effect]
    }

    /// The linear predictors at covariates that `value` gives for each effect.
    fn predictors(&self, coefficients: &[f64], value: impl Fn(usize) -> f64) -> [f64; PROCESSES] {
        let mut by = [0.0; PROCESSES];
        for (c, (effect, coefficient)) in self.effects.iter().zip(coefficients).enumerate() {
            for (process, by) in by.iter_mut().enumerate() {
                if effect.acts[process] {
                    *by += coefficient * value(c);
                }
            }
        }
        by
    }

    /// What a pattern adds to the log-likelihood, with derivatives by free parameters and linear predictors.
    fn of_pattern(&self, pattern: &Pattern<M::Row>, point: &[f64]) -> Dual2<N> {
        let by = self.predictors(&point[K..], |c| self.standard(c, &pattern.z));
        let own = moved::<M, Dual2<N>, K, J, N>(Dual2::variables(variables(point, by)));
        let values = own.map(Scalar::value);
        let outer = log_likelihood::<M, K, J>(
            &pattern.sample,
            &pattern.statistics,
            Dual2::<K>::variables(values),
        );
        Dual2::compose(own, &outer)
    }

    /// What the optimiser minimises: the negative log-likelihood with its penalties, per customer.
    pub(super) fn objective(&self, point: &[f64]) -> Result<Quadratic> {
        (self.options.check)()?;
        let size = self.size();
        let zero = || Quadratic {
            value: 0.0,
            gradient: vec![0.0; size],
            hessian: Square::zeros(size),
        };
        let blocks: Vec<&[Pattern<M::Row>]> = self.patterns.chunks(BLOCK).collect();
        let parts = parallel::map_jobs(blocks, |block| {
            let mut part = zero();
            for pattern in block {
                let own = self.of_pattern(pattern, point);
                self.spread(&mut part, &own, |c| self.standard(c, &pattern.z));
            }
            part
        });
        let mut total = zero();
        for part in parts {
            total.value += part.value;
            for (sum, slope) in total.gradient.iter_mut().zip(&part.gradient) {
                *sum += slope;
            }
            total.hessian.add(&part.hessian);
        }
        total.hessian.mirror();
        let per = -1.0 / self.customers();
        total.value *= per;
        for slope in &mut total.gradient {
            *slope *= per;
        }
        let cells = total.hessian.cells_mut();
        for bend in cells {
            *bend *= per;
        }
        self.add_penalty(&mut total, point);
        Ok(total)
    }

    /// Adds a function of free parameters and linear predictors to one of all variables: value, gradient and the lower
    /// triangle of the Hessian.
    fn spread(&self, sum: &mut Quadratic, own: &Dual2<N>, value: impl Fn(usize) -> f64) {
        sum.value += own.value;
        // each variable as numbers among the N, with their slopes
        let mut sources: Vec<[(usize, f64); PROCESSES]> =
            (0..K).map(|j| [(j, 1.0), (j, 0.0)]).collect();
        for (c, effect) in self.effects.iter().enumerate() {
            let z = value(c);
            sources.push(std::array::from_fn(|process| {
                (K + process, if effect.acts[process] { z } else { 0.0 })
            }));
        }
        for (i, source) in sources.iter().enumerate() {
            let mut along = [0.0; N];
            for &(place, slope) in source.iter().filter(|(_, slope)| *slope != 0.0) {
                sum.gradient[i] += slope * own.gradient[place];
                for (cell, bend) in along.iter_mut().zip(own.hessian[place]) {
                    *cell += slope * bend;
                }
            }
            for (j, other) in sources.iter().take(i + 1).enumerate() {
                for &(place, slope) in other.iter().filter(|(_, slope)| *slope != 0.0) {
                    *sum.hessian.at_mut(i, j) += slope * along[place];
                }
            }
        }
    }

    /// The pull of the parameters, as without covariates, and that of the coefficients.
    fn add_penalty(&self, total: &mut Quadratic, point: &[f64]) {
        let free = self.free();
        if self.options.penalty > 0.0 {
            let at = Dual2::<N>::variables(variables(point, [0.0; PROCESSES]));
            let pull = self.pull(bound_of::<M, Dual2<N>, K, J, N>(at), &free);
            total.value += pull.value;
            for i in 0..K {
                total.gradient[i] += pull.gradient[i];
                for j in 0..K {
                    *total.hessian.at_mut(i, j) += pull.hessian[i][j];
                }
            }
        }
        for (c, effect) in self.effects.iter().enumerate() {
            let (place, coefficient) = (K + c, point[K + c]);
            if free[place] {
                total.value += effect.penalty * coefficient * coefficient;
                total.gradient[place] += 2.0 * effect.penalty * coefficient;
                *total.hessian.at_mut(place, place) += 2.0 * effect.penalty;
            }
        }
    }

    /// `penalty * sum_j ln(theta_j / neutral_j)^2` over the parameters that are not held.
    fn pull<S: Scalar>(&self, theta: [S; K], free: &[bool]) -> S {
        let (time, money) = (
            self.overall.mean(M::Row::time),
            self.overall.mean(M::Row::money),
        );
        let mut total = S::from(0.0);
        let distances = M::distances(theta, time, money);
        for (distance, _) in distances.into_iter().zip(free).filter(|(_, free)| **free) {
            total += distance * distance;
        }
        total * self.options.penalty
    }

    /// Minimises from one start until a Newton step promises less than `decrease` of the total log-likelihood.
    pub(super) fn climb(&self, start: Vec<f64>, free: &[bool], decrease: f64) -> Result<Found> {
        let stopping = Stopping {
            decrease: decrease / self.customers(),
            gradient: 1e-11,
            evaluations: 200,
        };
        let ceilings = ceilings::<M, K, J>();
        minimize_many(
            |point| self.objective(point),
            start,
            free,
            &ceilings,
            stopping,
        )
    }

    /// The optimum: from that without covariates, or, where that has none or the climb stalls, from the data's moments.
    fn optimum(&self) -> Result<Found> {
        let decrease = DECREASE.max(DECREASE_EACH * self.customers());
        let plain = Problem::<M, K, J>::new(&self.overall, self.options);
        let mut starts: Vec<[f64; K]> = Vec::new();
        let without = plain.optimum()?;
        if without.converged && is_curved(&without) {
            starts.push(without.point);
        }
        let by_data = M::starts(&self.overall).map(|start| plain.start(start));
        starts.extend(by_data);
        let mut best: Option<Found> = None;
        for start in starts {
            let coefficients =
                self.effects.iter().enumerate().map(|(c, effect)| {
                    effect.fixed.or(effect.start).unwrap_or(0.0) * self.scales[c]
                });
            let start = start.into_iter().chain(coefficients).collect();
            let found = self.climb(start, &self.free(), decrease)?;
            let curved = ended::curved(smallest_eigenvalue(&found));
            if found.converged && curved && !found.at_ceiling {
                return Ok(found);
            }
            let better = |b: &Found| found.at.value < b.at.value || !b.at.value.is_finite();
            if best.as_ref().is_none_or(better) {
                best = Some(found);
            }
        }
        best.filter(|found| found.at.value.is_finite())
            .ok_or_else(|| ended::nowhere(M::NAME))
    }

    /// Turns an optimum into the fit that is reported: parameters of customers whose covariates are 0, coefficients of
    /// the columns as they came.
    fn report(&self, found: &Found) -> Result<Fit> {
        let (point, customers) = (&found.point, self.customers());
        let by = self.predictors(&point[K..], |c| -self.centres[c] / self.scales[c]);
        let at_zero = moved::<M, Dual2<N>, K, J, N>(Dual2::variables(variables(point, by)));
        let mut parameters: Vec<f64> = at_zero.iter().map(|theta| theta.value).collect();
        self.check_reach(&parameters)?;
        parameters.extend((0..self.effects.len()).map(|c| point[K + c] / self.scales[c]));
        let smallest = smallest_eigenvalue(found);
        let average = bound_of::<M, f64, K, J, N>(variables(point, [0.0; PROCESSES]));
        let (status, message) = ended::how(found, smallest, || {
            self.runaway(&point[K..])
                .unwrap_or_else(|| M::boundary(average))
        });
        let covariance = if ended::curved(smallest) && !found.at_ceiling {
            self.covariance(found, &at_zero)
        } else {
            Vec::new()
        };
        let free = self.free();
        let pulled: f64 = self
            .effects
            .iter()
            .enumerate()
            .filter(|(c, _)| free[K + c])
            .map(|(c, effect)| effect.penalty * point[K + c] * point[K + c])
            .sum();
        let penalty = self.pull(average, &free) + pulled;
        Ok(Fit {
            parameters,
            covariance,
            log_likelihood: (penalty - found.at.value) * customers,
            customers,
            iterations: found.evaluations,
            gradient_norm: found.at.gradient.iter().fold(0.0, |m, g| g.abs().max(m)),
            smallest_eigenvalue: smallest,
            status,
            message,
        })
    }

    /// Passes if customers whose covariates are 0 have parameters that are numbers.
    fn check_reach(&self, parameters: &[f64]) -> Result<()> {
        let outside = |(p, value): (&Parameter, &f64)| !p.may_be_fixed_at(*value);
        if !M::PARAMETERS.iter().zip(parameters).any(outside) {
            return Ok(());
        }
        let distance = |c: &usize| (self.centres[*c] / self.scales[*c]).abs();
        let farthest = (0..self.effects.len()).max_by(|a, b| distance(a).total_cmp(&distance(b)));
        let farthest = farthest.map_or("", |c| self.effects[c].name.as_str());
        Err(Error::Parameter {
            name: "covariates".into(),
            expected: "be 0 for customers who are not too far from all others".into(),
            found: format!("`{farthest}`, all of whose values are far from 0"),
            hint: format!(
                "the parameters are those of a customer whose covariates are 0; take a typical value off `{farthest}`"
            ),
        })
    }

    /// The coefficient that has gone to infinity, in words.
    fn runaway(&self, coefficients: &[f64]) -> Option<String> {
        let far = |c: &usize| coefficients[*c].abs() > ENDLESS && self.effects[*c].fixed.is_none();
        let c = (0..self.effects.len()).find(far)?;
        Some(format!(
            "the coefficient of `{}` runs to infinity: the covariate tells some customers from all others without fail; a covariate_penalty keeps it finite",
            self.effects[c].name
        ))
    }

    /// The inverse of the information, in the parameters at covariates of 0 and the coefficients of columns as they came.
    fn covariance(&self, found: &Found, at_zero: &[Dual2<N>; K]) -> Vec<Vec<f64>> {
        let (size, free) = (self.size(), self.free());
        let Ok(factor) = found.at.hessian.cholesky(0.0) else {
            return Vec::new();
        };
        let inner = factor.inverse();
        let of_parameter = |theta: &Dual2<N>, j: usize| {
            if j < K {
                return theta.gradient[j];
            }
            let acts = self.effects[j - K].acts.iter().zip(&theta.gradient[K..]);
            let through: f64 = acts.filter(|(acts, _)| **acts).map(|(_, g)| g).sum();
            -through * self.centres[j - K] / self.scales[j - K]
        };
        let slopes = Square::from_fn(size, |i, j| match at_zero.get(i) {
            Some(theta) => of_parameter(theta, j),
            None => f64::from(u8::from(i == j)) / self.scales[i - K],
        });
        let known = |i: usize, j: usize| {
            let mut sum = 0.0;
            for k in (0..size).filter(|&k| free[k]) {
                for l in (0..size).filter(|&l| free[l]) {
                    sum += slopes.at(i, k) * inner.at(k, l) * slopes.at(j, l);
                }
            }
            sum / self.customers()
        };
        // each pair once, so that the matrix is exactly symmetric
        let entry = |i: usize, j: usize| known(i.max(j), i.min(j));
        let row = |i: usize| (0..size).map(|j| entry(i, j)).collect();
        (0..size).map(row).collect()
    }
}

/// A coefficient of a standardised column beyond this has gone to infinity.
const ENDLESS: f64 = 12.0;

fn smallest_eigenvalue(found: &Found) -> f64 {
    let all = found.at.hessian.eigenvalues();
    all.and_then(|all| all.first().copied()).unwrap_or(f64::NAN)
}

/// Free parameters and linear predictors in a row.
fn variables<const N: usize>(point: &[f64], by: [f64; PROCESSES]) -> [f64; N] {
    let parameters = N - PROCESSES;
    std::array::from_fn(|i| {
        if i < parameters {
            point[i]
        } else {
            by[i - parameters]
        }
    })
}

/// The parameters of all customers, from their free scales.
fn bound_of<M: Model<K, J>, S: Scalar, const K: usize, const J: usize, const N: usize>(
    variables: [S; N],
) -> [S; K] {
    std::array::from_fn(|j| M::PARAMETERS[j].dimension.bound_scalar(variables[j]))
}

/// The parameters of one customer.
fn moved<M: Model<K, J>, S: Scalar, const K: usize, const J: usize, const N: usize>(
    variables: [S; N],
) -> [S; K] {
    let by = std::array::from_fn(|process| variables[K + process]);
    M::moved(bound_of::<M, S, K, J, N>(variables), by)
}

/// The point of parameters at covariates of 0 and coefficients of the columns as they came.
pub(super) fn placed<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    of: &Regression<'_, M, K, J, N>,
    theta: [f64; K],
    coefficients: &[f64],
) -> Vec<f64> {
    let standardised: Vec<f64> = coefficients
        .iter()
        .zip(&of.scales)
        .map(|(g, s)| g * s)
        .collect();
    let by = of.predictors(&standardised, |c| of.centres[c] / of.scales[c]);
    let parameters = freed::<M, K, J>(M::moved(theta, by));
    parameters.into_iter().chain(standardised).collect()
}

/// The scale of an effect's column.
pub(super) fn scale<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    of: &Regression<'_, M, K, J, N>,
    effect: usize,
) -> f64 {
    of.scales[effect]
}
