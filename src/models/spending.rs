//! What the Gamma-Gamma model says of a customer's spending.

use super::fit::{Fit, Options, fit};
use super::purchasing::Prediction;
use super::{GammaGamma, Model, positive};
use crate::data::Spend;
use crate::numeric::incomplete::gamma_quantile;
use crate::numeric::{Dual, parallel};
use crate::{Error, Result};

/// Fits the model to the customers with repeat purchases: the others say nothing about spend.
///
/// # Errors
/// See [`fit`](super::fit::fit).
pub fn fit_spending(rows: &[Spend], options: &Options<'_>) -> Result<Fit> {
    let (buyers, weights) = buyers(rows, options.weights)?;
    let options = Options {
        weights: weights.as_deref(),
        ..*options
    };
    fit::<GammaGamma, 3>(&buyers, &options)
}

/// The rows with repeat purchases, and their weights.
///
/// # Errors
/// As many weights as rows are needed.
pub fn buyers(rows: &[Spend], weights: Option<&[f64]>) -> Result<(Vec<Spend>, Option<Vec<f64>>)> {
    if let Some(weights) = weights.filter(|w| w.len() != rows.len()) {
        return Err(Error::Length {
            column: "weights".into(),
            found: weights.len(),
            reference: "frequency".into(),
            expected: rows.len(),
        });
    }
    let bought = |row: &&Spend| row.x > 0.0;
    let weights = weights.map(|weights| {
        let pairs = rows.iter().zip(weights).filter(|(row, _)| bought(row));
        pairs.map(|(_, &weight)| weight).collect()
    });
    Ok((rows.iter().filter(bought).copied().collect(), weights))
}

/// The log-likelihood of each customer; 0 without repeat purchases.
///
/// # Errors
/// Parameters that are not three positive numbers.
pub fn spending_log_likelihood(theta: &[f64], rows: &[Spend]) -> Result<Vec<f64>> {
    let theta = positive::<3>(&GammaGamma::PARAMETERS, theta)?;
    Ok(parallel::map(rows, |row| GammaGamma::ln_pdf(theta, row)))
}

/// The expected mean value of each customer's purchases, with its derivatives.
///
/// # Errors
/// Parameters that are not three positive numbers.
pub fn expected_spend(theta: &[f64], rows: &[Spend], gradient: bool) -> Result<Prediction> {
    let theta = positive::<3>(&GammaGamma::PARAMETERS, theta)?;
    if !gradient {
        let values = parallel::map(rows, |row| GammaGamma::expected_spend(theta, row));
        return Ok(Prediction {
            values,
            gradients: Vec::new(),
        });
    }
    let theta = Dual::variables(theta);
    let duals = parallel::map(rows, |row| GammaGamma::expected_spend(theta, row));
    Ok(Prediction {
        values: duals.iter().map(|d| d.value).collect(),
        gradients: duals.iter().flat_map(|d| d.gradient).collect(),
    })
}

/// Quantiles of each customer's mean value `zeta = p / nu`, one row a customer, one column a level.
///
/// `nu | data ~ Gamma(px + q, gamma + x zbar)` (Fader and Hardie 2013, equation 4), so `zeta` is inverse gamma.
///
/// # Errors
/// Parameters that are not three positive numbers, or a level outside (0, 1).
pub fn spend_quantiles(theta: &[f64], rows: &[Spend], levels: &[f64]) -> Result<Vec<f64>> {
    let [p, q, gamma] = positive::<3>(&GammaGamma::PARAMETERS, theta)?;
    if let Some(level) = levels.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        return Err(Error::Parameter {
            name: "levels".into(),
            expected: "lie between 0 and 1".into(),
            found: level.to_string(),
            hint: String::new(),
        });
    }
    let mut table = vec![0.0; rows.len() * levels.len()];
    parallel::fill_rows(&mut table, levels.len(), |i, quantiles| {
        let Spend { x, mean } = rows[i];
        let scale = p * (gamma + x * mean);
        for (quantile, level) in quantiles.iter_mut().zip(levels) {
            *quantile = scale / gamma_quantile(p * x + q, 1.0 - level);
        }
    });
    Ok(table)
}
