//! The parameters of each customer.

use super::PROCESSES;
use crate::models::{Model, Parameter, positive};
use crate::numeric::{Dual, Scalar, parallel};
use crate::{Error, Result};

/// The parameters of customers with these linear predictors (customers by [`PROCESSES`]) into `out` (customers by `K`),
/// and their derivatives with respect to the parameters of one whose covariates are 0 and to the linear predictors into
/// `slopes` (customers by `K` by `N`) where wanted; `N = K + PROCESSES`.
///
/// # Errors
/// Parameters out of range, linear predictors that are not numbers, or that move a parameter out of its range.
pub fn customer_parameters<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    theta: &[f64],
    predictors: &[f64],
    out: &mut [f64],
    slopes: Option<&mut [f64]>,
) -> Result<()> {
    const { assert!(N == K + PROCESSES, "parameters and linear predictors") };
    let theta = positive::<K>(&M::PARAMETERS, theta)?;
    let by = |i: usize| -> [f64; PROCESSES] {
        std::array::from_fn(|process| predictors[i * PROCESSES + process])
    };
    let Some(slopes) = slopes else {
        parallel::fill_rows(out, K, |i, row| {
            row.copy_from_slice(&M::moved(theta, by(i)));
        });
        return check::<M, K, J>(out);
    };
    parallel::fill_row_pairs((out, K), (slopes, K * N), |i, row, slopes| {
        let by = by(i);
        let variables = Dual::<N>::variables(std::array::from_fn(|j| {
            if j < K { theta[j] } else { by[j - K] }
        }));
        let parameters = std::array::from_fn(|j| variables[j]);
        let predictors = std::array::from_fn(|process| variables[K + process]);
        let own = M::moved::<Dual<N>>(parameters, predictors);
        for (j, parameter) in own.into_iter().enumerate() {
            row[j] = parameter.value();
            slopes[j * N..(j + 1) * N].copy_from_slice(&parameter.gradient);
        }
    });
    check::<M, K, J>(out)
}

/// Passes if all parameters are within their range.
fn check<M: Model<K, J>, const K: usize, const J: usize>(rows: &[f64]) -> Result<()> {
    let fits = |row: &[f64]| {
        let pairs = M::PARAMETERS.iter().zip(row);
        pairs
            .into_iter()
            .all(|(p, value)| p.may_be_fixed_at(*value))
    };
    match rows.chunks_exact(K).position(|row| !fits(row)) {
        None => Ok(()),
        Some(row) => Err(Error::Data {
            column: "covariates".into(),
            expected: "leave each customer with parameters that are numbers".into(),
            row,
            found: "values far beyond those of the fit".into(),
            count: rows.chunks_exact(K).filter(|row| !fits(row)).count(),
            hint: String::new(),
        }),
    }
}

/// The parameters of customers: a row for all of them, or one for each.
///
/// # Errors
/// Parameters out of range, or neither as many as the model has nor as many for each customer.
pub(in crate::models) fn own_parameters<const K: usize>(
    parameters: &[Parameter],
    theta: &[f64],
    customers: usize,
) -> Result<Vec<[f64; K]>> {
    if theta.len() != K * customers {
        return Ok(vec![positive::<K>(parameters, theta)?]);
    }
    let rows = theta.chunks_exact(K);
    rows.map(|row| positive::<K>(parameters, row)).collect()
}

/// The parameters of one customer, among a row for all or one for each.
pub(in crate::models) fn one_of<const K: usize>(rows: &[[f64; K]], customer: usize) -> [f64; K] {
    rows.get(customer).copied().unwrap_or(rows[0])
}
