//! What a fit with covariates minimises: the negative log-likelihood with its penalties, per customer, and its derivatives.
//!
//! A customer's likelihood has derivatives in the `K` parameters of that customer, which cost the most; by the chain rule
//! they become derivatives in the parameters of all and the linear predictors, and, summed, in all variables.

use super::PROCESSES;
use super::fit::Regression;
use super::patterns::{BLOCK, Pattern};
use crate::Result;
use crate::models::Model;
use crate::models::sample::Row;
use crate::numeric::dense::Square;
use crate::numeric::newton::Quadratic;
use crate::numeric::{Dual2, Scalar, parallel};

/// Sums over customers.
struct Sums<const N: usize> {
    customers: f64,
    /// The log-likelihood in the parameters and the linear predictors.
    own: Dual2<N>,
    /// The lower rows of its derivatives in all variables, those by coefficients.
    by_coefficients: Quadratic,
}

impl<M: Model<K, J>, const K: usize, const J: usize, const N: usize> Regression<'_, M, K, J, N> {
    /// What the optimiser minimises, of every `step`-th of the patterns.
    pub(super) fn objective(&self, step: usize, point: &[f64]) -> Result<Quadratic> {
        (self.options.check)()?;
        let theta = std::array::from_fn(|j| M::PARAMETERS[j].dimension.bound(point[j]));
        let at_zero = Dual2::<N>::variables(variables(&theta, [0.0; PROCESSES]));
        let blocks: Vec<&[Pattern<M::Row>]> = self.patterns.chunks(BLOCK * step).collect();
        let parts = parallel::map_jobs(blocks, |block| {
            let mut part = self.nothing();
            let mut z = vec![0.0; self.effects.len()];
            for pattern in block.iter().step_by(step) {
                for (c, z) in z.iter_mut().enumerate() {
                    *z = self.standard(c, &pattern.z);
                }
                let by = self.predictors(&point[K..], |c| z[c]);
                part.customers += pattern.customers();
                let own = of_pattern::<M, K, J, N>(pattern, &at_zero, by);
                self.spread(&mut part.by_coefficients, &own, &z);
                part.own += own;
            }
            part
        });
        let mut total = self.nothing();
        for part in parts {
            total.customers += part.customers;
            total.own += part.own;
            let (sum, part) = (&mut total.by_coefficients, part.by_coefficients);
            for (sum, slope) in sum.gradient.iter_mut().zip(&part.gradient) {
                *sum += slope;
            }
            sum.hessian.add(&part.hessian);
        }
        let mut mean = on_free_scales::<M, K, J, N>(total, theta);
        self.add_penalty(&mut mean, point);
        Ok(mean)
    }

    fn nothing(&self) -> Sums<N> {
        Sums {
            customers: 0.0,
            own: Dual2::from(0.0),
            by_coefficients: Quadratic {
                value: 0.0,
                gradient: vec![0.0; self.size()],
                hessian: Square::zeros(self.size()),
            },
        }
    }

    /// Adds the derivatives by coefficients of a function of parameters and linear predictors, at these covariates.
    fn spread(&self, sum: &mut Quadratic, own: &Dual2<N>, z: &[f64]) {
        for (c, effect) in self.effects.iter().enumerate() {
            let (mut slope, mut along) = (0.0, [0.0; N]);
            for process in (0..PROCESSES).filter(|&process| effect.acts[process]) {
                slope += own.gradient[K + process];
                for (sum, bend) in along.iter_mut().zip(own.hessian[K + process]) {
                    *sum += bend;
                }
            }
            sum.gradient[K + c] += slope * z[c];
            for (j, bend) in along[..K].iter().enumerate() {
                *sum.hessian.at_mut(K + c, j) += bend * z[c];
            }
            for (d, other) in self.effects[..=c].iter().enumerate() {
                let acts = other.acts.iter().zip(&along[K..]);
                let bend: f64 = acts.filter(|(acts, _)| **acts).map(|(_, bend)| bend).sum();
                *sum.hessian.at_mut(K + c, K + d) += bend * z[c] * z[d];
            }
        }
    }

    /// The linear predictors at covariates that `value` gives for each effect.
    pub(super) fn predictors(
        &self,
        coefficients: &[f64],
        value: impl Fn(usize) -> f64,
    ) -> [f64; PROCESSES] {
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
    pub(super) fn pull<S: Scalar>(&self, theta: [S; K], free: &[bool]) -> S {
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
}

/// What a pattern adds to the log-likelihood, with derivatives by parameters and linear predictors, which are `at_zero` for
/// those whose covariates are 0.
fn of_pattern<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    pattern: &Pattern<M::Row>,
    at_zero: &[Dual2<N>; N],
    by: [f64; PROCESSES],
) -> Dual2<N> {
    let parameters = std::array::from_fn(|j| at_zero[j]);
    let predictors = std::array::from_fn(|process| at_zero[K + process] + by[process]);
    let own = M::moved(parameters, predictors);
    let values = std::array::from_fn(|j| own[j].value);
    let outer = pattern.log_likelihood::<M, K, J>(values);
    Dual2::compose(own, &outer)
}

/// Sums as the negative mean, with parameters on their free scales.
fn on_free_scales<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    total: Sums<N>,
    theta: [f64; K],
) -> Quadratic {
    let own = total.own;
    let mut all = total.by_coefficients;
    let slopes: [[f64; 2]; K] =
        std::array::from_fn(|j| M::PARAMETERS[j].dimension.slopes(theta[j]));
    all.value = own.value;
    for (i, [slope, bend]) in slopes.into_iter().enumerate() {
        all.gradient[i] = own.gradient[i] * slope;
        for (j, other) in slopes[..=i].iter().enumerate() {
            *all.hessian.at_mut(i, j) = own.hessian[i][j] * slope * other[0];
        }
        *all.hessian.at_mut(i, i) += own.gradient[i] * bend;
        for row in K..all.gradient.len() {
            *all.hessian.at_mut(row, i) *= slope;
        }
    }
    all.hessian.mirror();
    let per = -1.0 / total.customers;
    all.value *= per;
    for slope in &mut all.gradient {
        *slope *= per;
    }
    for bend in all.hessian.cells_mut() {
        *bend *= per;
    }
    all
}

/// Free parameters and linear predictors in a row.
pub(super) fn variables<const N: usize>(point: &[f64], by: [f64; PROCESSES]) -> [f64; N] {
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
pub(super) fn bound_of<
    M: Model<K, J>,
    S: Scalar,
    const K: usize,
    const J: usize,
    const N: usize,
>(
    variables: [S; N],
) -> [S; K] {
    std::array::from_fn(|j| M::PARAMETERS[j].dimension.bound_scalar(variables[j]))
}
