//! What a regression found.

use super::Design;
use super::heads::{buying, value};
use crate::numeric::dense::Square;
use crate::numeric::newton::Bottom;

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// At an optimum.
    Converged,
    /// Some covariates tell buyers from others without fail, or are combinations of each other.
    Boundary,
    /// Before an optimum.
    Stopped,
}

/// A fitted regression.
#[derive(Debug, Clone)]
pub struct ZilnFit {
    /// `a`, `b` and `c`, one after the other; of a constant spread only the constant.
    pub coefficients: Vec<f64>,
    /// Inverse of the information; empty where that is singular.
    pub covariance: Vec<f64>,
    /// Without penalty, with the density of `y` itself, not of its logarithm.
    pub log_likelihood: f64,
    /// Largest slope of the mean objective.
    pub gradient_norm: f64,
    /// Evaluations of both parts.
    pub iterations: usize,
    /// The worse of both parts.
    pub status: Status,
}

/// Pivots below this share are no curvature.
const SINGULAR: f64 = 1e-10;
/// A constant of more than this has gone to infinity: everybody buys, or nobody of some kind.
const ENDLESS: f64 = 25.0;

impl Design<'_> {
    pub(super) fn report(&self, buying: &Bottom, value: &Bottom) -> ZilnFit {
        let customers = self.customers();
        let size = buying.point.len() + value.point.len();
        let parts = [buying, value];
        let inverses: Option<Vec<Square>> = parts
            .iter()
            .map(|part| Some(part.at.hessian.cholesky(SINGULAR).ok()?.inverse()))
            .collect();
        let endless = parts
            .iter()
            .any(|p| p.point.iter().any(|b| b.abs() > ENDLESS * 40.0))
            || buying.point.iter().any(|b| b.abs() > ENDLESS);
        let status = match (parts.iter().all(|p| p.converged), &inverses) {
            (_, None) => Status::Boundary,
            _ if endless => Status::Boundary,
            (true, _) => Status::Converged,
            (false, _) => Status::Stopped,
        };
        let mut covariance = Vec::new();
        if let (Some(inverses), true) = (inverses, status != Status::Boundary) {
            covariance = vec![0.0; size * size];
            let mut first = 0;
            for inverse in &inverses {
                for i in 0..inverse.size() {
                    for j in 0..inverse.size() {
                        covariance[(first + i) * size + first + j] = inverse.at(i, j) / customers;
                    }
                }
                first += inverse.size();
            }
        }
        let slopes = parts.iter().flat_map(|p| &p.at.gradient);
        ZilnFit {
            coefficients: [buying.point.as_slice(), &value.point].concat(),
            covariance,
            log_likelihood: self.log_likelihood(&buying.point, &value.point),
            gradient_norm: slopes.fold(0.0, |most, g| g.abs().max(most)),
            iterations: buying.evaluations + value.evaluations,
            status,
        }
    }

    pub(super) fn log_likelihood(&self, a: &[f64], bc: &[f64]) -> f64 {
        const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
        let of = |i: usize| {
            let mut ln_density = -buying(self, i, a).value;
            if self.y[i] > 0.0 {
                ln_density -= value(self, i, bc).value + self.y[i].ln() + HALF_LN_TAU;
            }
            self.weight(i) * ln_density
        };
        (0..self.y.len()).map(of).sum()
    }
}
