//! Rows in an order of their own, and covariates on a common scale.

use super::Sample;
use crate::numeric::parallel;
use crate::{Error, Result};

/// Passes if there are as many covariates a row as names, all finite.
pub(super) fn check_covariates(
    sample: &Sample<'_>,
    names: &[String],
    values: &[f64],
) -> Result<()> {
    let width = names.len();
    if values.len() != width * sample.len() {
        return Err(Error::Length {
            column: "covariates".into(),
            found: values.len() / width.max(1),
            reference: "durations".into(),
            expected: sample.len(),
        });
    }
    let Some(cell) = values.iter().position(|x| !x.is_finite()) else {
        return Ok(());
    };
    let column = cell % width;
    let of_column = values.iter().skip(column).step_by(width);
    Err(Error::Data {
        column: names[column].clone(),
        expected: "be finite".into(),
        row: cell / width,
        found: values[cell].to_string(),
        count: of_column.filter(|x| !x.is_finite()).count(),
        hint: "leave these rows out, or fill them in".into(),
    })
}

/// Rows by stratum, the last to end first, events first. Rows alike in these are in the order of a hash of all else that is
/// known of them, so that sums never depend on the order in which rows came.
pub(super) fn sorted(
    sample: &Sample<'_>,
    covariates: &[f64],
    strata: Option<&[i64]>,
) -> Vec<usize> {
    let width = covariates.len() / sample.len().max(1);
    let mut keys: Vec<(i64, u64, u64, usize)> = parallel::tabulate(sample.len(), |row| {
        let counts = sample.events.get(row) && sample.weight(row) > 0.0;
        let time = sample.times.get(row).to_bits() << 1 | u64::from(counts);
        let values = covariates[row * width..(row + 1) * width].iter().copied();
        let rest = values.chain([sample.begin(row), sample.weight(row)]);
        let stratum = strata.map_or(0, |strata| strata[row]);
        (stratum, !time, rest.fold(0, mixed), row)
    });
    parallel::sort_by(&mut keys, Ord::cmp);
    keys.into_iter().map(|key| key.3).collect()
}

/// A hash of what came before and one more number, `-0` being `0` (the finaliser of Steele, Lea and Flood 2014, Fast
/// splittable pseudorandom number generators).
fn mixed(hash: u64, value: f64) -> u64 {
    let mut z = (hash ^ (value + 0.0).to_bits()).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Takes from each covariate its weighted mean and divides it by its standard deviation; returns both.
pub(super) fn standardise(
    x: &mut [f64],
    weights: &[f64],
    names: &[String],
) -> Result<(Vec<f64>, Vec<f64>)> {
    let width = names.len();
    let total: f64 = weights.iter().sum();
    let (mut means, mut scales) = (vec![0.0; width], vec![0.0; width]);
    if width == 0 {
        return Ok((means, scales));
    }
    for (row, &weight) in x.chunks_exact(width).zip(weights) {
        for (mean, &value) in means.iter_mut().zip(row) {
            *mean += weight / total * value;
        }
    }
    for (row, &weight) in x.chunks_exact(width).zip(weights) {
        for ((scale, &mean), &value) in scales.iter_mut().zip(&means).zip(row) {
            *scale += weight * (value - mean) * (value - mean);
        }
    }
    for ((scale, mean), name) in scales.iter_mut().zip(&means).zip(names) {
        *scale = (*scale / if total > 1.0 { total - 1.0 } else { total }).sqrt();
        // equal values leave a mean that is off by rounding, and so a deviation of that size
        if *scale <= 1e-13 * mean.abs() || *scale <= 0.0 {
            return Err(Error::Parameter {
                name: "covariates".into(),
                expected: "vary".into(),
                found: format!("`{name}` with the same value in every row"),
                hint: "leave it out: a hazard ratio compares different values".into(),
            });
        }
    }
    for row in x.chunks_exact_mut(width) {
        for ((value, &mean), &scale) in row.iter_mut().zip(&means).zip(&scales) {
            *value = (*value - mean) / scale;
        }
    }
    Ok((means, scales))
}
