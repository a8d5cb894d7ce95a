//! Maximum likelihood with covariates.

use super::objective::{bound_of, variables};
use super::patterns::{Pattern, patterns};
use super::{Design, Effect, PROCESSES};
use crate::data::Rows;
use crate::models::fit::{
    DECREASE, DECREASE_EACH, Fit, Options, Problem, ceilings, check_options, exactly, freed,
    is_curved,
};
use crate::models::sample::Sample;
use crate::models::{Model, Parameter, ended};
use crate::numeric::dense::Square;
use crate::numeric::newton::Quadratic;
use crate::numeric::optimize::{Minimum, Stopping, minimize_many};
use crate::numeric::{Dual2, Scalar};
use crate::{Error, Result};

/// A point with its function: the parameters of all on their free scales, then the coefficients of standardised columns.
pub(super) type Found = Minimum<Vec<f64>, Quadratic>;

/// A model with customers who have parameters of their own; `N = K + PROCESSES` numbers decide on those of one.
pub(super) struct Regression<'a, M: Model<K, J>, const K: usize, const J: usize, const N: usize> {
    pub(super) patterns: Vec<Pattern<M::Row>>,
    pub(super) effects: &'a [Effect],
    pub(super) options: &'a Options<'a>,
    /// Of each effect's column: what is taken off it, and what it is divided by.
    centres: Vec<f64>,
    scales: Vec<f64>,
    /// The customers without their covariates.
    pub(super) overall: Sample<M::Row>,
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
    let is_held = holds_moved::<M, K, J>(options);
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
            let total: f64 = patterns.iter().map(|p| f(&p.z) * p.customers()).sum();
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

    pub(super) fn size(&self) -> usize {
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
    pub(super) fn standard(&self, effect: usize, z: &[f64]) -> f64 {
        (z[self.effects[effect].column] - self.centres[effect]) / self.scales[effect]
    }

    /// Minimises from one start until a Newton step promises less than `decrease` of the total log-likelihood.
    pub(super) fn climb(&self, start: Vec<f64>, free: &[bool], decrease: f64) -> Result<Found> {
        self.climb_by(1, start, free, decrease)
    }

    /// The same for every `step`-th of the patterns.
    fn climb_by(
        &self,
        step: usize,
        start: Vec<f64>,
        free: &[bool],
        decrease: f64,
    ) -> Result<Found> {
        let stopping = Stopping {
            decrease: decrease / self.customers(),
            gradient: 1e-11,
            evaluations: 200,
        };
        let ceilings = ceilings::<M, K, J>();
        minimize_many(
            |point| self.objective(step, point),
            start,
            free,
            &ceilings,
            stopping,
        )
    }

    /// One climb, for many patterns the first part of it on an even thinning of them, where that has an optimum.
    fn attempt(&self, start: Vec<f64>) -> Result<Found> {
        let free = self.free();
        let decrease = DECREASE.max(DECREASE_EACH * self.customers());
        let step = self.patterns.len() / THINNED;
        if step > 1 {
            let rough = self.climb_by(step, start.clone(), &free, 1e-3)?;
            if has_optimum(&rough) && self.runaway(&rough.point[K..]).is_none() {
                return self.climb(rough.point, &free, decrease);
            }
        }
        self.climb(start, &free, decrease)
    }

    /// The optimum: from that without covariates, or, where that has none or the climb stalls, from the data's moments.
    fn optimum(&self) -> Result<Found> {
        let few = self.overall.distinct() / THINNED;
        let thinned = (few > 1).then(|| self.overall.thinned(few));
        let plain =
            Problem::<M, K, J>::new(thinned.as_ref().unwrap_or(&self.overall), self.options);
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
            let found = self.attempt(start.into_iter().chain(coefficients).collect())?;
            if has_optimum(&found) {
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
        let mut parameters = exactly(self.options, at_zero.map(|theta| theta.value)).to_vec();
        self.check_reach(&parameters)?;
        parameters.extend(
            self.effects
                .iter()
                .enumerate()
                .map(|(c, effect)| effect.fixed.unwrap_or(point[K + c] / self.scales[c])),
        );
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

/// Whether a parameter is held that depends on covariates.
pub(super) fn holds_moved<M: Model<K, J>, const K: usize, const J: usize>(
    options: &Options<'_>,
) -> bool {
    let theta = [0.5; K];
    let there = M::moved(theta, [1.0; PROCESSES]);
    let depends = |j: usize| (there[j] - theta[j]).abs() > 0.0;
    let mut held = options.fixed.iter().enumerate();
    held.any(|(j, fixed)| fixed.is_some() && depends(j))
}

/// From twice as many patterns on the first iterations run on a thinning of them, to about so many; likewise the fit
/// without covariates that they start from.
const THINNED: usize = 8_000;

/// A coefficient of a standardised column beyond this has gone to infinity.
const ENDLESS: f64 = 12.0;

fn has_optimum(found: &Found) -> bool {
    found.converged && !found.at_ceiling && ended::curved(smallest_eigenvalue(found))
}

fn smallest_eigenvalue(found: &Found) -> f64 {
    let all = found.at.hessian.eigenvalues();
    all.and_then(|all| all.first().copied()).unwrap_or(f64::NAN)
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
