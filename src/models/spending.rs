//! What the Gamma-Gamma model says of a customer's spending; its parameters are those of all customers, or a row for each.

use super::covariates::{one_of, own_parameters};
use super::{GammaGamma, Model};
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
    let theta = own_parameters::<3>(&GammaGamma::PARAMETERS, theta, customers.len())?;
    parallel::fill_rows(out, 1, |i, value| {
        value[0] = GammaGamma::ln_pdf(one_of(&theta, i), &customers.row(i));
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
    let theta = own_parameters::<3>(&GammaGamma::PARAMETERS, theta, customers.len())?;
    let Some(gradients) = gradients else {
        parallel::fill_rows(out, 1, |i, value| {
            value[0] = GammaGamma::expected_spend(one_of(&theta, i), &customers.row(i));
        });
        return Ok(());
    };
    parallel::fill_row_pairs((out, 1), (gradients, 3), |i, value, gradient| {
        let theta = Dual::variables(one_of(&theta, i));
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
    let theta = own_parameters::<3>(&GammaGamma::PARAMETERS, theta, customers.len())?;
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
        let (Spend { x, mean }, [p, q, gamma]) = (customers.row(i), one_of(&theta, i));
        let scale = p * (gamma + x * mean);
        for (quantile, level) in quantiles.iter_mut().zip(levels) {
            *quantile = scale / gamma_quantile(p * x + q, 1.0 - level);
        }
    });
    Ok(())
}
