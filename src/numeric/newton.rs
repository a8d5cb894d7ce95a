//! Minimisation of a smooth function of as many variables as the data ask for: Newton's method, made to go downhill where
//! the function is not convex.
//!
//! For a number of variables known beforehand there is [`optimize`](super::optimize).

use super::Dual2;
use super::dense::{Square, dot};
use crate::Result;

/// A function with its first and second derivatives.
#[derive(Debug, Clone)]
pub struct Quadratic {
    /// The value.
    pub value: f64,
    /// First derivatives.
    pub gradient: Vec<f64>,
    /// Second derivatives.
    pub hessian: Square,
}

impl<const N: usize> From<&Dual2<N>> for Quadratic {
    fn from(at: &Dual2<N>) -> Self {
        Self {
            value: at.value,
            gradient: at.gradient.to_vec(),
            hessian: Square::from_fn(N, |i, j| at.hessian[i][j]),
        }
    }
}

/// Where a minimisation ended.
#[derive(Debug, Clone)]
pub struct Bottom {
    /// The point.
    pub point: Vec<f64>,
    /// The function there.
    pub at: Quadratic,
    /// Evaluations used.
    pub evaluations: usize,
    /// Whether the last step promised next to nothing.
    pub converged: bool,
    /// The last step.
    pub step: Vec<f64>,
}

/// Pivots below this share of a diagonal entry are no curvature.
const FLAT: f64 = 1e-12;

/// The longest step in any variable.
const LONGEST: f64 = 2.0;

/// Minimises `f` from `start`: stops after a Newton step that promised to lower it by less than `promise`.
///
/// # Errors
/// Passes on what `f` returns.
pub fn minimize(
    f: impl Fn(&[f64]) -> Result<Quadratic>,
    start: Vec<f64>,
    promise: f64,
    most: usize,
) -> Result<Bottom> {
    let mut here = Bottom {
        at: f(&start)?,
        step: vec![0.0; start.len()],
        point: start,
        evaluations: 1,
        converged: false,
    };
    while here.at.value.is_finite() && here.evaluations < most && !here.converged {
        let Some((step, is_newton)) = direction(&here.at) else {
            break;
        };
        let promised = -0.5 * dot(&step, &here.at.gradient);
        let mut share = (LONGEST / step.iter().fold(0.0_f64, |m, s| m.max(s.abs()))).min(1.0);
        let whole = share >= 1.0;
        let rounding = 1e-12 * here.at.value.abs().max(1.0);
        loop {
            let moved = here.point.iter().zip(&step).map(|(x, s)| x + share * s);
            let point: Vec<f64> = moved.collect();
            let at = f(&point)?;
            here.evaluations += 1;
            if at.value <= here.at.value - 1e-4 * share * promised + rounding {
                (here.point, here.at) = (point, at);
                break;
            }
            share *= 0.5;
            if share < 1e-10 || here.evaluations >= most {
                return Ok(here);
            }
        }
        here.step = step.iter().map(|s| share * s).collect();
        here.converged = is_newton && whole && promised < promise;
    }
    Ok(here)
}

/// A step downhill: Newton's, or that of the Hessian with as much added to its diagonal as makes it positive definite.
fn direction(at: &Quadratic) -> Option<(Vec<f64>, bool)> {
    let size = at.gradient.len();
    let downhill: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
    let largest = (0..size).fold(0.0_f64, |m, i| m.max(at.hessian.at(i, i).abs()));
    let mut shift = 0.0;
    for _ in 0..60 {
        let mut hessian = at.hessian.clone();
        for i in 0..size {
            *hessian.at_mut(i, i) += shift;
        }
        if let Ok(factor) = hessian.cholesky(FLAT) {
            return Some((factor.solve(&downhill), shift <= 0.0));
        }
        shift = (10.0 * shift).max(1e-6 * largest.max(1e-300));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_bent_valley() {
        // Rosenbrock's function, which is not convex on the way
        let f = |p: &[f64]| {
            let (x, y) = (p[0], p[1]);
            let r = y - x * x;
            Ok(Quadratic {
                value: 100.0 * r * r + (1.0 - x) * (1.0 - x),
                gradient: vec![-400.0 * x * r - 2.0 * (1.0 - x), 200.0 * r],
                hessian: Square::from_fn(2, |i, j| match (i, j) {
                    (0, 0) => 1200.0 * x * x - 400.0 * y + 2.0,
                    (1, 1) => 200.0,
                    _ => -400.0 * x,
                }),
            })
        };
        let found = minimize(f, vec![-1.2, 1.0], 1e-20, 200).unwrap();
        assert!(found.converged && found.evaluations < 80, "{found:?}");
        assert!((found.point[0] - 1.0).abs() < 1e-9 && (found.point[1] - 1.0).abs() < 1e-9);
    }
}
