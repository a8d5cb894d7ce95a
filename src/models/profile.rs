//! Intervals by the profile likelihood: the values of one parameter that the data do not reject when all others are
//! refitted (Venzon and Moolgavkar, A method for computing profile-likelihood-based confidence intervals, Applied
//! Statistics 37, 1988).

use super::fit::{Options, Problem, bound, ceilings, freed};
use super::sample::Sample;
use super::{Model, positive};
use crate::data::Rows;
use crate::numeric::incomplete::gamma_quantile;
use crate::{Error, Result};

/// A log parameter this far from its estimate counts as gone to the end of its range. (An estimate at the end of its
/// range is itself some 30 away from the values that the data reject.)
const FAR: f64 = 45.0;
/// The root is found to this precision in the log parameter.
const PRECISION: f64 = 1e-8;
/// Or to this precision in twice the log-likelihood.
const CLOSE: f64 = 1e-9;

/// The interval for parameter number `parameter` at the given confidence level; an end that the data never reject is that
/// of the parameter's range, and a parameter that was held fixed is where it was held.
///
/// # Errors
/// A level outside (0, 1), no such parameter, or what [`fit`](super::fit::fit) reports.
pub fn profile_interval<M: Model<K, J>, const K: usize, const J: usize>(
    rows: &impl Rows<Row = M::Row>,
    options: &Options<'_>,
    estimates: &[f64],
    parameter: usize,
    level: f64,
) -> Result<[f64; 2]> {
    let allowed = allowed(level)?;
    let theta = positive::<K>(&M::PARAMETERS, estimates)?;
    if parameter >= K {
        return Err(refused(
            "parameter",
            "be one of the model's",
            &parameter.to_string(),
        ));
    }
    let sample = Sample::new(rows, options.weights, M::LEAST_COUNT)?;
    let problem = Problem::<M, K, J>::new(&sample, options);
    let mut free = problem.free();
    if !free[parameter] {
        return Ok([theta[parameter]; 2]);
    }
    free[parameter] = false;
    let estimate = freed::<M, K, J>(theta);
    let lowest = |distance: f64, warm: &mut [f64; K]| {
        warm[parameter] = estimate[parameter] + distance;
        *warm = away_from_boundaries::<M, K, J>(*warm, &free);
        let best = problem.climb(*warm, free, 1e-10)?;
        *warm = best.point;
        Ok(best.at.value * sample.customers())
    };
    let farthest = ceilings::<M, K, J>()[parameter] - estimate[parameter];
    let distances = ends(lowest, &estimate, allowed, farthest)?;
    let dimension = M::PARAMETERS[parameter].dimension;
    Ok(distances.map(|distance| dimension.bound(estimate[parameter] + distance)))
}

/// [`Model::inside`] of a point on the free scales, where it moves nothing that is held.
pub(super) fn away_from_boundaries<M: Model<K, J>, const K: usize, const J: usize>(
    point: [f64; K],
    free: &[bool],
) -> [f64; K] {
    let theta = bound::<M, K, J>(point);
    let inside = M::inside(theta);
    if (0..K).any(|j| !free[j] && inside[j].to_bits() != theta[j].to_bits()) {
        return point;
    }
    freed::<M, K, J>(inside)
}

/// How far twice the log-likelihood may fall at a confidence level.
pub(super) fn allowed(level: f64) -> Result<f64> {
    if level > 0.0 && level < 1.0 {
        // a chi-square variable with one degree of freedom is twice a gamma variable with shape one half
        return Ok(2.0 * gamma_quantile(0.5, level));
    }
    Err(refused("level", "lie between 0 and 1", &level.to_string()))
}

/// How far from the estimate the profile has fallen as far as allowed, to either side; infinite where it never does, or
/// not before it is `farthest` above.
/// `lowest` gives the lowest objective (total, not per customer) at a distance, from a point that it moves on.
pub(super) fn ends<P: Clone + AsRef<[f64]> + AsMut<[f64]>>(
    lowest: impl Fn(f64, &mut P) -> Result<f64>,
    estimate: &P,
    allowed: f64,
    farthest: f64,
) -> Result<[f64; 2]> {
    let optimum = lowest(0.0, &mut estimate.clone())?;
    let end = |direction: f64, farthest: f64| {
        let mut path = vec![(0.0, estimate.clone())];
        let excess = |distance: f64| -> Result<f64> {
            let [mut warm, nearest] = starts(&path, distance);
            let mut value = lowest(direction * distance, &mut warm)?;
            if !value.is_finite() {
                warm = nearest;
                value = lowest(direction * distance, &mut warm)?;
            }
            path.push((distance, warm));
            Ok(2.0 * (value - optimum) - allowed)
        };
        Ok(direction * reach(excess, allowed, farthest)?)
    };
    Ok([end(-1.0, FAR)?, end(1.0, FAR.min(farthest))?])
}

/// Where the other parameters may be at a distance: on the line through the two points of the path that are nearest to
/// it, since they often move together without end; and at the nearest.
fn starts<P: Clone + AsRef<[f64]> + AsMut<[f64]>>(path: &[(f64, P)], distance: f64) -> [P; 2] {
    let mut near: Vec<&(f64, P)> = path.iter().collect();
    near.sort_by(|a, b| (a.0 - distance).abs().total_cmp(&(b.0 - distance).abs()));
    let (at, nearest) = near[0];
    let mut ahead = nearest.clone();
    // points closer than this to each other do not say where the line leads
    let apart = |(other, _): &&&(f64, P)| (other - at).abs() > 0.1 * (distance - at).abs();
    if let Some((other, point)) = near[1..].iter().find(apart) {
        let steps = (distance - at) / (at - other);
        for (place, behind) in ahead.as_mut().iter_mut().zip(point.as_ref()) {
            *place += steps * (*place - behind);
        }
    }
    [ahead, nearest.clone()]
}

/// Where `excess`, which is `-allowed` at 0, has risen to nothing: steps out, then secants and bisections in turn.
fn reach(mut excess: impl FnMut(f64) -> Result<f64>, allowed: f64, farthest: f64) -> Result<f64> {
    let (mut near, mut far) = ((0.0, -allowed), (0.1, excess(0.1)?));
    while far.1 < 0.0 {
        if far.0 > farthest {
            return Ok(f64::INFINITY);
        }
        near = far;
        far = (2.0 * far.0, excess(2.0 * far.0)?);
    }
    let mut secant = true;
    while far.0 - near.0 > PRECISION {
        let place = if secant {
            near.0 - near.1 * (far.0 - near.0) / (far.1 - near.1)
        } else {
            0.5 * (near.0 + far.0)
        };
        secant = !secant;
        let here = (place, excess(place)?);
        if here.1 < 0.0 {
            near = here;
        } else {
            far = here;
        }
        if here.1.abs() < CLOSE {
            near = here;
            break;
        }
    }
    Ok(near.0)
}

pub(super) fn refused(name: &str, expected: &str, found: &str) -> Error {
    Error::Parameter {
        name: name.into(),
        expected: expected.into(),
        found: found.into(),
        hint: String::new(),
    }
}
