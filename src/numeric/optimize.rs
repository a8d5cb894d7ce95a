//! Minimisation of a smooth function of a few variables: Newton's method within a trust region, with the exact
//! Hessian (Moré and Sorensen, Computing a trust region step, SIAM J. Sci. Stat. Comput. 4, 1983).

use super::Dual2;
use super::dense::Square;
use super::newton::Quadratic;
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
pub struct Minimum<P, A> {
    /// The point.
    pub point: P,
    /// The function there, with gradient and Hessian.
    pub at: A,
    /// Evaluations used.
    pub evaluations: usize,
    /// Whether a stopping rule was met.
    pub converged: bool,
    /// Whether a variable was held at its ceiling, beyond which the function still falls.
    pub at_ceiling: bool,
}

/// Where a minimisation over `N` variables ended.
pub type MinimumOf<const N: usize> = Minimum<[f64; N], Dual2<N>>;

/// A step is taken if it lowers the function by at least this share of what the quadratic model promised.
const ACCEPT: f64 = 1e-4;
/// The largest step: parameters live on a log scale, where 2 is a factor of seven.
const LARGEST_RADIUS: f64 = 2.0;

/// Minimises `f` from `start`, moving only the variables that are `free`, and none beyond its ceiling.
///
/// # Errors
/// Passes on what `f` returns; a value that is not finite is no error but a step too far.
pub fn minimize<const N: usize>(
    mut f: impl FnMut([f64; N]) -> Result<Dual2<N>>,
    start: [f64; N],
    free: [bool; N],
    ceilings: [f64; N],
    stopping: Stopping,
) -> Result<MinimumOf<N>> {
    let array = |point: &[f64]| std::array::from_fn(|i| point[i]);
    let general = |point: &[f64]| Ok(Quadratic::from(&f(array(point))?));
    let found = minimize_many(general, start.to_vec(), &free, &ceilings, stopping)?;
    let at = &found.at;
    Ok(Minimum {
        point: array(&found.point),
        at: Dual2 {
            value: at.value,
            gradient: array(&at.gradient),
            hessian: std::array::from_fn(|i| std::array::from_fn(|j| at.hessian.at(i, j))),
        },
        evaluations: found.evaluations,
        converged: found.converged,
        at_ceiling: found.at_ceiling,
    })
}

/// Minimises a function of as many variables as there are; those that are left out of `ceilings` have none.
///
/// Where the way leads above a ceiling, the variable is held some way below it and then taken up to it in steps, since
/// the others may have several minima at the ceiling. If the function is lowest there and still falls beyond, that is the
/// end; else the way only passed by.
///
/// # Errors
/// Passes on what `f` returns; a value that is not finite is no error but a step too far.
pub fn minimize_many(
    mut f: impl FnMut(&[f64]) -> Result<Quadratic>,
    start: Vec<f64>,
    free: &[bool],
    ceilings: &[f64],
    stopping: Stopping,
) -> Result<Minimum<Vec<f64>, Quadratic>> {
    let passed = descend(&mut f, start, free, ceilings, stopping)?;
    let above = above(&passed.point, free, ceilings);
    if above.is_empty() {
        return Ok(passed);
    }
    let mut held = free.to_vec();
    for &j in &above {
        held[j] = false;
    }
    let mut evaluations = passed.evaluations;
    let mut below = |from: &[f64], distance: f64| {
        let mut start = from.to_vec();
        for &j in &above {
            start[j] = ceilings[j] - distance;
        }
        let mut found = descend(&mut f, start, &held, ceilings, stopping)?;
        let slopes = f(&found.point)?.gradient;
        found.at_ceiling = distance == 0.0 && above.iter().all(|&j| slopes[j] <= 0.0);
        evaluations += found.evaluations + 1;
        found.evaluations = evaluations;
        Ok(found)
    };
    let mut best = below(&passed.point, 0.0)?;
    if best.at_ceiling && passed.evaluations == 1 {
        // begun at the ceiling, as where a neighbouring problem ended
        return Ok(best);
    }
    let mut point = passed.point;
    for distance in STEPS_UP {
        let found = below(&point, distance)?;
        point.clone_from(&found.point);
        if found.at.value < best.at.value {
            best = found;
        }
    }
    if best.at_ceiling {
        best.evaluations = evaluations;
        return Ok(best);
    }
    let mut inside = descend(&mut f, best.point, free, ceilings, stopping)?;
    inside.evaluations += evaluations;
    if self::above(&inside.point, free, ceilings).is_empty() {
        return Ok(inside);
    }
    let mut start = inside.point;
    for &j in &above {
        start[j] = ceilings[j];
    }
    let mut ended = descend(&mut f, start, &held, ceilings, stopping)?;
    ended.evaluations += inside.evaluations;
    ended.at_ceiling = true;
    Ok(ended)
}

/// So far below its ceiling is a variable held, one after the other.
const STEPS_UP: [f64; 5] = [4.0, 3.0, 2.0, 1.0, 0.0];

/// The free variables that are at their ceilings or above.
fn above(point: &[f64], free: &[bool], ceilings: &[f64]) -> Vec<usize> {
    let is_above = |&j: &usize| free[j] && point[j] > ceilings[j] - 1e-9;
    (0..ceilings.len()).filter(is_above).collect()
}

/// Minimises until a stopping rule is met, or a variable is above its ceiling.
fn descend(
    f: &mut impl FnMut(&[f64]) -> Result<Quadratic>,
    start: Vec<f64>,
    free: &[bool],
    ceilings: &[f64],
    stopping: Stopping,
) -> Result<Minimum<Vec<f64>, Quadratic>> {
    let mut here = Minimum {
        at: hold(f(&start)?, free),
        point: start,
        evaluations: 1,
        converged: false,
        at_ceiling: false,
    };
    let mut radius = 1.0;
    while here.at.value.is_finite() && here.evaluations < stopping.evaluations {
        let step = trust_region_step(&here.at, radius);
        if is_minimum(&here.at, &step, radius, stopping) {
            here.converged = true;
            break;
        }
        if radius < 1e-12 || !above(&here.point, free, ceilings).is_empty() {
            break;
        }
        let moved = here.point.iter().zip(&step.direction).map(|(x, s)| x + s);
        let trial: Vec<f64> = moved.collect();
        let there = hold(f(&trial)?, free);
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
struct Step {
    direction: Vec<f64>,
    promised: f64,
    /// Whether this is the unrestricted Newton step of a positive definite Hessian.
    newton: bool,
}

/// A step that is not Newton's says the same where it may be as long as the scale of the variables: nothing is to be had
/// nearby, and the function is flat in a direction.
fn is_minimum(at: &Quadratic, step: &Step, radius: f64, stopping: Stopping) -> bool {
    let steepest = at.gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    let wide = step.newton || radius >= 1.0;
    steepest < stopping.gradient || (wide && step.promised < stopping.decrease)
}

/// Actual decrease as a share of the promised one. Where both drown in rounding, a smaller gradient decides.
fn agreement(here: &Quadratic, there: &Quadratic, promised: f64) -> f64 {
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
fn hold(mut at: Quadratic, free: &[bool]) -> Quadratic {
    let size = free.len();
    for i in (0..size).filter(|&i| !free[i]) {
        at.gradient[i] = 0.0;
        for j in 0..size {
            let cell = f64::from(u8::from(i == j));
            *at.hessian.at_mut(i, j) = cell;
            *at.hessian.at_mut(j, i) = cell;
        }
    }
    at
}

/// Minimises `g'p + p'Hp / 2` over `|p| <= radius`.
///
/// The solution is `p = -(H + mu I)^-1 g` with the smallest `mu >= 0` that makes the matrix positive definite and the
/// step short enough; its length falls as `mu` grows, so bisection finds `mu`.
fn trust_region_step(at: &Quadratic, radius: f64) -> Step {
    let downhill: Vec<f64> = at.gradient.iter().map(|g| -g).collect();
    let shifted = |mu: f64| solve(&at.hessian, mu, &downhill);
    if let Some(direction) = shifted(0.0).filter(|p| norm(p) <= radius) {
        return step(at, direction, true);
    }
    let smallest = at
        .hessian
        .eigenvalues()
        .and_then(|l| l.first().copied())
        .unwrap_or(0.0);
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
    let nowhere = || vec![0.0; downhill.len()];
    step(at, shifted(high).unwrap_or_else(nowhere), false)
}

/// The `x` with `(matrix + mu I) x = rhs`, or `None` unless that matrix is positive definite and finite.
fn solve(matrix: &Square, mu: f64, rhs: &[f64]) -> Option<Vec<f64>> {
    let mut matrix = matrix.clone();
    for i in 0..matrix.size() {
        *matrix.at_mut(i, i) += mu;
    }
    Some(matrix.cholesky(0.0).ok()?.solve(rhs))
}

fn step(at: &Quadratic, direction: Vec<f64>, newton: bool) -> Step {
    let bends = at.hessian.times(&direction);
    let mut promised = 0.0;
    for (i, along) in direction.iter().enumerate() {
        promised -= along * (at.gradient[i] + 0.5 * bends[i]);
    }
    Step {
        direction,
        promised,
        newton,
    }
}

fn norm(v: &[f64]) -> f64 {
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
        let none = [f64::INFINITY; 2];
        let found = minimize(flat, [0.5, 2.0], [true, false], none, stopping).unwrap();
        assert_eq!((found.point, found.evaluations), ([0.5, 2.0], 1));
    }

    /// `exp(-x) + (y - x)^2` falls for ever; with `+ (x - 2)^2 / 2` it ends at `x = W(exp(-2)) + 2 = 2.12`, where
    /// `exp(-x) = x - 2`.
    #[test]
    fn a_ceiling_ends_a_fall_without_end_and_nothing_else() {
        let falls = |[x, y]: [f64; 2], bowl: f64| {
            let e = (-x).exp();
            Ok(Dual2 {
                value: e + (y - x) * (y - x) + 0.5 * bowl * (x - 2.0) * (x - 2.0),
                gradient: [-e - 2.0 * (y - x) + bowl * (x - 2.0), 2.0 * (y - x)],
                hessian: [[e + 2.0 + bowl, -2.0], [-2.0, 2.0]],
            })
        };
        let stopping = Stopping {
            decrease: 1e-16,
            gradient: 1e-11,
            evaluations: 100,
        };
        let ends = |ceiling: f64, bowl: f64| {
            let ceilings = [ceiling, f64::INFINITY];
            minimize(
                |at| falls(at, bowl),
                [0.0; 2],
                [true; 2],
                ceilings,
                stopping,
            )
            .unwrap()
        };
        let ended = ends(5.0, 0.0);
        assert!(ended.at_ceiling && ended.converged);
        // once to the ceiling, and up to it again from below
        assert!(ended.evaluations < 40, "{}", ended.evaluations);
        assert!(ended.point.iter().all(|at| (at - 5.0).abs() < 1e-9));
        for ceiling in [f64::INFINITY, 2.2] {
            let inside = ends(ceiling, 1.0);
            assert!(inside.converged && !inside.at_ceiling);
            assert!((inside.point[0] - 2.120_028_238_987_641).abs() < 1e-9);
        }
    }
}
