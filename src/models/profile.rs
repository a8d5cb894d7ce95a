//! Intervals by the profile likelihood: the values of one parameter that the data do not reject when all others are
//! refitted (Venzon and Moolgavkar, A method for computing profile-likelihood-based confidence intervals, Applied
//! Statistics 37, 1988).

use super::fit::{Options, Problem, freed};
use super::sample::Sample;
use super::{Dimension, Model, positive};
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
    if !(level > 0.0 && level < 1.0) {
        return Err(refused("level", "lie between 0 and 1", &level.to_string()));
    }
    let theta = positive::<K>(&M::PARAMETERS, estimates)?;
    if parameter >= K {
        return Err(refused(
            "parameter",
            "be one of the model's",
            &parameter.to_string(),
        ));
    }
    let sample = Sample::new(rows, options.weights, M::LEAST_COUNT)?;
    let profile = Profile::<M, K, J> {
        problem: Problem::new(&sample, options),
        customers: sample.customers(),
        estimate: freed::<M, K, J>(theta),
        parameter,
        // a chi-square variable with one degree of freedom is twice a gamma variable with shape one half
        allowed: 2.0 * gamma_quantile(0.5, level),
    };
    if !profile.problem.free()[parameter] {
        return Ok([theta[parameter]; 2]);
    }
    let optimum = profile.objective_at(0.0, &mut profile.estimate.clone())?;
    Ok([profile.end(optimum, -1.0)?, profile.end(optimum, 1.0)?])
}

struct Profile<'a, M: Model<K, J>, const K: usize, const J: usize> {
    problem: Problem<'a, M, K, J>,
    customers: f64,
    /// The parameters at the optimum, on their free scales.
    estimate: [f64; K],
    parameter: usize,
    /// How far twice the log-likelihood may fall.
    allowed: f64,
}

impl<M: Model<K, J>, const K: usize, const J: usize> Profile<'_, M, K, J> {
    fn dimension(&self) -> Dimension {
        M::PARAMETERS[self.parameter].dimension
    }

    /// The lowest objective (total, not per customer) with the parameter held `distance` from its estimate.
    fn objective_at(&self, distance: f64, warm: &mut [f64; K]) -> Result<f64> {
        warm[self.parameter] = self.estimate[self.parameter] + distance;
        let mut free = self.problem.free();
        free[self.parameter] = false;
        let best = self.problem.climb(*warm, free, 1e-10)?;
        *warm = best.point;
        Ok(best.at.value * self.customers)
    }

    /// Where the profile in the given direction has fallen as far as allowed: steps out, then secants and
    /// bisections in turn.
    fn end(&self, optimum: f64, direction: f64) -> Result<f64> {
        let mut warm = self.estimate;
        let mut excess = |distance: f64| -> Result<f64> {
            Ok(
                2.0 * (self.objective_at(direction * distance, &mut warm)? - optimum)
                    - self.allowed,
            )
        };
        let (mut near, mut far) = ((0.0, -self.allowed), (0.1, excess(0.1)?));
        while far.1 < 0.0 {
            if far.0 > FAR {
                return Ok(self.dimension().bound(direction * f64::INFINITY));
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
        let free = self.estimate[self.parameter] + direction * near.0;
        Ok(self.dimension().bound(free))
    }
}

fn refused(name: &str, expected: &str, found: &str) -> Error {
    Error::Parameter {
        name: name.into(),
        expected: expected.into(),
        found: found.into(),
        hint: String::new(),
    }
}
