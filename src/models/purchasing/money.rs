//! The distribution of the money that customers will bring: a random number of purchases, each of a random value.

use super::whole::Asked;
use crate::data::check::same_length;
use crate::data::{Rows, Spend, Spending};
use crate::models::covariates::{one_of, own_parameters};
use crate::models::{GammaGamma, Model};
use crate::numeric::incomplete::beta_regularised;
use crate::{Error, Result};

/// Quantiles of what each customer will spend within the horizon, one row a customer, one column a level: the smallest
/// sum that is not passed with at least the probability of the level.
///
/// The values of a customer's purchases are `Gamma(p, nu)` with `nu | data ~ Gamma(q', g')`, `q' = px + q` and
/// `g' = gamma + x zbar` (Fader and Hardie 2013, equation 4). The sum of `n` of them is `Gamma(pn, nu)`, so
/// `S / (S + g') ~ Beta(pn, q')`, and over the number of purchases
/// `P(S <= s) = P(N = 0) + sum_n P(N = n) I_{s/(s+g')}(pn, q')`.
///
/// # Errors
/// As [`DynPurchasing::probabilities`](super::DynPurchasing::probabilities); parameters of spend that are not three
/// positive numbers, as many customers of spend as of buying, a level outside (0, 1).
pub fn money_quantiles(
    asked: &Asked<'_>,
    spend: (&[f64], &Spending<'_>),
    levels: &[f64],
    out: &mut [f64],
) -> Result<()> {
    let spending = spend.1;
    let theta = own_parameters::<3>(&GammaGamma::PARAMETERS, spend.0, spending.len())?;
    same_length(
        "monetary_value",
        spending.len(),
        "frequency",
        asked.customers.len(),
    )?;
    if let Some(level) = levels.iter().find(|l| !(**l > 0.0 && **l < 1.0)) {
        return Err(Error::Parameter {
            name: "levels".into(),
            expected: "lie between 0 and 1".into(),
            found: level.to_string(),
            hint: String::new(),
        });
    }
    asked.visit(
        |_| 0,
        levels.len(),
        out,
        |i, probabilities, quantiles| {
            let (Spend { x, mean }, [p, q, gamma]) = (spending.row(i), one_of(&theta, i));
            let sum = Sum::new(probabilities, p, p * x + q);
            for (quantile, &level) in quantiles.iter_mut().zip(levels) {
                *quantile = sum.quantile(level) * (gamma + x * mean);
            }
        },
    )
}

/// The sum of a random number of values, in units of `g'`.
struct Sum {
    /// The probability of nothing.
    nothing: f64,
    /// `pn` and the probability of `n` purchases.
    terms: Vec<(f64, f64)>,
    /// `q'`
    shape: f64,
}

/// Counts that are less likely than this don't move a quantile.
const NEVER: f64 = 1e-13;
/// A quantile is found to this precision of its logarithm.
const PRECISION: f64 = 1e-10;
/// Logarithms of sums beyond this are beyond the range of numbers.
const FAR: f64 = 700.0;

impl Sum {
    fn new(probabilities: &[f64], p: f64, shape: f64) -> Self {
        let counts = (0..).zip(probabilities).skip(1);
        Self {
            nothing: probabilities.first().copied().unwrap_or(1.0),
            terms: counts
                .filter(|(_, weight)| **weight > NEVER)
                .map(|(n, weight)| (p * f64::from(n), *weight))
                .collect(),
            shape,
        }
    }

    /// `P(S <= e^u)`.
    fn reached(&self, u: f64) -> f64 {
        let share = 1.0 / (1.0 + (-u).exp());
        let of =
            |&(shape, weight): &(f64, f64)| weight * beta_regularised(share, shape, self.shape);
        self.nothing + self.terms.iter().map(of).sum::<f64>()
    }

    /// Steps out from the middle, then Illinois' false position.
    fn quantile(&self, level: f64) -> f64 {
        if level <= self.nothing || self.terms.is_empty() {
            return 0.0;
        }
        let excess = |u: f64| self.reached(u) - level;
        let (mut low, mut high) = ((-1.0, excess(-1.0)), (1.0, excess(1.0)));
        while low.1 >= 0.0 && low.0 > -FAR {
            (high, low) = (low, (2.0 * low.0, excess(2.0 * low.0)));
        }
        while high.1 < 0.0 && high.0 < FAR {
            (low, high) = (high, (2.0 * high.0, excess(2.0 * high.0)));
        }
        let (mut f_low, mut f_high) = (low.1, high.1);
        let (mut low, mut high) = (low.0, high.0);
        if f_low >= 0.0 || f_high < 0.0 {
            return if f_low >= 0.0 { 0.0 } else { f64::INFINITY };
        }
        let mut side = 0;
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if high - low < PRECISION {
                return middle.exp();
            }
            let secant = low - f_low * (high - low) / (f_high - f_low);
            let inside = secant > low + 0.5 * PRECISION && secant < high - 0.5 * PRECISION;
            let u = if inside { secant } else { middle };
            let f = excess(u);
            if f.abs() < 1e-15 {
                return u.exp();
            }
            if f < 0.0 {
                (low, f_low) = (u, f);
                f_high *= if side == -1 { 0.5 } else { 1.0 };
                side = -1;
            } else {
                (high, f_high) = (u, f);
                f_low *= if side == 1 { 0.5 } else { 1.0 };
                side = 1;
            }
        }
        (0.5 * (low + high)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One purchase for certain, with `p = 1`: `P(S > s) = (1 + s)^-q'`.
    #[test]
    fn one_purchase_of_a_pareto_value() {
        let sum = Sum::new(&[0.0, 1.0], 1.0, 3.0);
        for level in [1e-6, 0.05, 0.5, 0.95, 0.9999] {
            let exact = (1.0_f64 - level).powf(-1.0 / 3.0) - 1.0;
            let found = sum.quantile(level);
            assert!(
                (found / exact - 1.0).abs() < 1e-8,
                "{level}: {found}, {exact}"
            );
        }
    }

    #[test]
    fn a_level_below_the_chance_of_nothing_is_nothing() {
        let sum = Sum::new(&[0.6, 0.3, 0.1], 6.25, 3.74);
        assert!(sum.quantile(0.6) <= 0.0);
        let quantile = sum.quantile(0.9);
        assert!((sum.reached(quantile.ln()) - 0.9).abs() < 1e-9);
        assert!(Sum::new(&[1.0], 6.25, 3.74).quantile(0.99) <= 0.0);
    }
}
