//! What the Gamma-Gamma model says of a customer's spending.

use super::{GammaGamma, Model, positive};
use crate::data::{Rows, Spend, Spending};
use crate::numeric::incomplete::gamma_quantile;
use crate::numeric::{Dual, parallel};
use crate::{Error, Result};

/// The log-likelihood of each customer; 0 without repeat purchases.
///
/// # Errors
/// Parameters that are not three positive numbers.
pub fn spending_log_likelihood(
    theta: &[f64],
    customers: &Spending<'_>,
    out: &mut [f64],
) -> Result<()> {
    let theta = positive::<3>(&GammaGamma::PARAMETERS, theta)?;
    parallel::fill_rows(out, 1, |i, value| {
        value[0] = GammaGamma::ln_pdf(theta, &customers.row(i));
    });
    Ok(())
}

/// The expected mean value of each customer's purchases, with its derivatives (customers by parameters) if asked for.
///
/// # Errors
/// Parameters that are not three positive numbers.
pub fn expected_spend(
    theta: &[f64],
    customers: &Spending<'_>,
    out: &mut [f64],
    gradients: Option<&mut [f64]>,
) -> Result<()> {
    let theta = positive::<3>(&GammaGamma::PARAMETERS, theta)?;
    let Some(gradients) = gradients else {
        parallel::fill_rows(out, 1, |i, value| {
            value[0] = GammaGamma::expected_spend(theta, &customers.row(i));
        });
        return Ok(());
    };
    let theta = Dual::variables(theta);
    parallel::fill_row_pairs((out, 1), (gradients, 3), |i, value, gradient| {
        let spend = GammaGamma::expected_spend(theta, &customers.row(i));
        value[0] = spend.value;
        gradient.copy_from_slice(&spend.gradient);
    });
    Ok(())
}

/// Quantiles of each customer's mean value `zeta = p / nu`, one row a customer, one column a level.
///
/// `nu | data ~ Gamma(px + q, gamma + x zbar)` (Fader and Hardie 2013, equation 4), so `zeta` is inverse gamma.
///
/// # Errors
/// Parameters that are not three positive numbers, or a level outside (0, 1).
pub fn spend_quantiles(
    theta: &[f64],
    customers: &Spending<'_>,
    levels: &[f64],
    out: &mut [f64],
) -> Result<()> {
    let [p, q, gamma] = positive::<3>(&GammaGamma::PARAMETERS, theta)?;
    if let Some(level) = levels
        .iter()
        .find(|level| !(**level > 0.0 && **level < 1.0))
    {
        return Err(Error::Parameter {
            name: "levels".into(),
            expected: "lie between 0 and 1".into(),
            found: level.to_string(),
            hint: String::new(),
        });
    }
    parallel::fill_rows(out, levels.len(), |i, quantiles| {
        let Spend { x, mean } = customers.row(i);
        let scale = p * (gamma + x * mean);
        for (quantile, level) in quantiles.iter_mut().zip(levels) {
            *quantile = scale / gamma_quantile(p * x + q, 1.0 - level);
        }
    });
    Ok(())
}
