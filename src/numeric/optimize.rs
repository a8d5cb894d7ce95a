//! Minimisation of a smooth function of a few variables: Newton's method within a trust region, with the exact
//! Hessian (Moré and Sorensen, Computing a trust region step, SIAM J. Sci. Stat. Comput. 4, 1983).

use super::Dual2;
use super::linalg::{solve, symmetric_eigenvalues};
use crate::Result;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub struct Stopping {
    /// Stop at a point from which a Newton step promises to lower the function by less than this.
    pub decrease: f64,
    /// Stop where every component of the gradient is smaller than this, whatever the curvature says.
    pub gradient: f64,
    /// Give up after so many evaluations.
    pub evaluations: usize,
}

/// Where a minimisation ended.
#[derive(Debug, Clone, Copy)]
pub struct Minimum<const N: usize> {
    /// The point.
    pub point: [f64; N],
    /// The function there, with gradient and Hessian.
    pub at: Dual2<N>,
    /// Evaluations used.
    pub evaluations: usize,
    /// Whether a stopping rule was met.
    pub converged: bool,
}

/// A step is taken if it lowers the function by at least this share of what the quadratic model promised.
const ACCEPT: f64 = 1e-4;
/// The largest step: parameters live on a log scale, where 2 is a factor of seven.
const LARGEST_RADIUS: f64 = 2.0;

/// Minimises `f` from `start`, moving only the variables that are `free`.
///
/// # Errors
/// Passes on what `f` returns; a value that is not finite is no error but a step too far.
pub fn minimize<const N: usize>(
    mut f: impl FnMut([f64; N]) -> Result<Dual2<N>>,
    start: [f64; N],
    free: [bool; N],
    stopping: Stopping,
) -> Result<Minimum<N>> {
    let mut here = Minimum {
        point: start,
        at: hold(f(start)?, free),
        evaluations: 1,
        converged: false,
    };
    let mut radius = 1.0;
    while here.at.value.is_finite() && here.evaluations < stopping.evaluations {
        let step = trust_region_step(&here.at, radius);
        if is_minimum(&here.at, &step, stopping) {
            here.converged = true;
            break;
        }
        if radius < 1e-12 {
            break;
        }
        let trial = moved(here.point, &step);
        let there = hold(f(trial)?, free);
        here.evaluations += 1;
        let agreement = agreement(&here.at, &there, step.promised);
        let length = norm(&step.direction);
        if agreement < 0.25 {
            radius = 0.25 * length;
        } else if agreement > 0.75 && length > 0.99 * radius {
            radius = (2.0 * radius).min(LARGEST_RADIUS);
        }
        if agreement > ACCEPT {
            (here.point, here.at) = (trial, there);
        }
    }
    Ok(here)
}

/// A step within the trust region and the decrease that the quadratic model promises for it.
struct Step<const N: usize> {
    direction: [f64; N],
    promised: f64,
    /// Whether this is the unrestricted Newton step of a positive definite Hessian.
    newton: bool,
}

fn moved<const N: usize>(point: [f64; N], step: &Step<N>) -> [f64; N] {
    std::array::from_fn(|i| point[i] + step.direction[i])
}

fn is_minimum<const N: usize>(at: &Dual2<N>, step: &Step<N>, stopping: Stopping) -> bool {
    let steepest = at.gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    steepest < stopping.gradient || (step.newton && step.promised < stopping.decrease)
}

/// Actual decrease as a share of the promised one. Where both drown in rounding, a smaller gradient decides.
fn agreement<const N: usize>(here: &Dual2<N>, there: &Dual2<N>, promised: f64) -> f64 {
    if !there.value.is_finite() {
        return f64::NEG_INFINITY;
    }
    let rounding = 1e-13 * here.value.abs();
    if promised < rounding && (there.value - here.value).abs() <= rounding {
        return f64::from(u8::from(norm(&there.gradient) < norm(&here.gradient)));
    }
    (here.value - there.value) / promised
}

/// Takes the variables that are held fixed out of the problem: no slope, unit curvature, no coupling.
fn hold<const N: usize>(mut at: Dual2<N>, free: [bool; N]) -> Dual2<N> {
    for i in (0..N).filter(|&i| !free[i]) {
        at.gradient[i] = 0.0;
        for j in 0..N {
            at.hessian[i][j] = f64::from(u8::from(i == j));
            at.hessian[j][i] = at.hessian[i][j];
        }
    }
    at
}

/// Minimises `g'p + p'Hp / 2` over `|p| <= radius`.
///
/// The solution is `p = -(H + mu I)^-1 g` with the smallest `mu >= 0` that makes the matrix positive definite and the
/// step short enough; its length falls as `mu` grows, so bisection finds `mu`.
fn trust_region_step<const N: usize>(at: &Dual2<N>, radius: f64) -> Step<N> {
    let shifted = |mu: f64| {
        let mut hessian = at.hessian;
        for (i, row) in hessian.iter_mut().enumerate() {
            row[i] += mu;
        }
        solve(&hessian, &at.gradient.map(|g| -g))
    };
    if let Some(direction) = shifted(0.0).filter(|p| norm(p) <= radius) {
        return step(at, direction, true);
    }
    let smallest = symmetric_eigenvalues(&at.hessian).map_or(0.0, |l| l[0]);
    let mut low = (-smallest).max(0.0);
    // at this shift the step is no longer than the radius, by the triangle inequality
    let mut high = low + norm(&at.gradient) / radius + f64::MIN_POSITIVE;
    // a shift that has no normal number any more is none: there is no slope in the flat directions
    while high - low > 1e-9 * high && high > f64::MIN_POSITIVE {
        let middle = 0.5 * (low + high);
        match shifted(middle) {
            Some(p) if norm(&p) <= radius => high = middle,
            _ => low = middle,
        }
    }
    step(at, shifted(high).unwrap_or([0.0; N]), false)
}

fn step<const N: usize>(at: &Dual2<N>, direction: [f64; N], newton: bool) -> Step<N> {
    let mut promised = 0.0;
    for i in 0..N {
        let bend: f64 = (0..N).map(|j| at.hessian[i][j] * direction[j]).sum();
        promised -= direction[i] * (at.gradient[i] + 0.5 * bend);
    }
    Step {
        direction,
        promised,
        newton,
    }
}

fn norm<const N: usize>(v: &[f64; N]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A singular Hessian without any slope once sent the search for a shift down to numbers that no half could change.
    #[test]
    fn a_function_that_is_flat_everywhere_ends_where_it_starts() {
        let flat = |_: [f64; 2]| Ok(Dual2::from(1.0));
        let stopping = Stopping {
            decrease: 1e-12,
            gradient: 1e-11,
            evaluations: 10,
        };
        let found = minimize(flat, [0.5, 2.0], [true, false], stopping).unwrap();
        assert_eq!((found.point, found.evaluations), ([0.5, 2.0], 1));
    }
}
