//! Intervals by the profile likelihood of parameters and coefficients.

use super::Design;
use super::fit::{Regression, holds_moved, placed, scale};
use crate::Result;
use crate::data::Rows;
use crate::models::fit::{Options, ceilings};
use crate::models::profile::{allowed, away_from_boundaries, ends, refused};
use crate::models::{Model, positive};

/// The interval for parameter number `parameter`, or for coefficient `parameter - K`, at the given confidence level.
///
/// # Errors
/// As [`profile_interval`](crate::models::profile_interval).
pub fn profile_covariates<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    rows: &impl Rows<Row = M::Row>,
    design: &Design<'_>,
    options: &Options<'_>,
    estimates: &[f64],
    parameter: usize,
    level: f64,
) -> Result<[f64; 2]> {
    let allowed = allowed(level)?;
    if parameter >= estimates.len() || estimates.len() != K + design.effects.len() {
        let found = parameter.to_string();
        return Err(refused("parameter", "be one of the model's", &found));
    }
    let (theta, coefficients) = estimates.split_at(K);
    let theta = positive::<K>(&M::PARAMETERS, theta)?;
    // parameters are those of customers whose covariates are 0, so that columns stay where they are for one of them
    let is_held = holds_moved::<M, K, J>(options);
    let centred = parameter >= K && !is_held;
    let problem = Regression::<M, K, J, N>::new(rows, design, options, centred)?;
    let estimate = placed(&problem, theta, coefficients);
    let mut free = problem.free();
    if !free[parameter] {
        return Ok([estimates[parameter]; 2]);
    }
    free[parameter] = false;
    let customers = problem.customers();
    let lowest = |distance: f64, warm: &mut Vec<f64>| {
        warm[parameter] = estimate[parameter] + distance;
        let parameters = std::array::from_fn(|j| warm[j]);
        let inside = away_from_boundaries::<M, K, J>(parameters, &free);
        warm[..K].copy_from_slice(&inside);
        let best = problem.climb(warm.clone(), &free, 1e-10)?;
        *warm = best.point;
        Ok(best.at.value * customers)
    };
    let ceiling = ceilings::<M, K, J>().get(parameter).copied();
    let farthest = ceiling.unwrap_or(f64::INFINITY) - estimate[parameter];
    let distances = ends(lowest, &estimate, allowed, farthest)?;
    Ok(distances.map(|distance| {
        let end = estimate[parameter] + distance;
        if parameter < K {
            M::PARAMETERS[parameter].dimension.bound(end)
        } else {
            end / scale(&problem, parameter - K)
        }
    }))
}
