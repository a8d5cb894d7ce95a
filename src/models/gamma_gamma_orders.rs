//! The Gamma-Gamma model of spend, fitted to the values of single purchases.

use super::sample::bits;
use super::{Equals, GammaGamma, Model, Parameter, Row, Sample};
use crate::Result;
use crate::data::{OrderValues, Spend};
use crate::numeric::Scalar;

impl Row for OrderValues {
    fn count(&self) -> f64 {
        self.x
    }

    /// The mean in the upper half, the mean logarithm in the lower.
    type Key = u128;

    fn key(&self) -> u128 {
        u128::from(bits(self.mean)) << 64 | u128::from(self.mean_ln.to_bits())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves of the key")]
    fn new(x: f64, key: u128) -> Self {
        Self {
            x,
            mean: f64::from_bits((key >> 64) as u64),
            mean_ln: f64::from_bits(key as u64),
        }
    }

    fn money(&self) -> f64 {
        self.mean
    }
}

/// The [`GammaGamma`] model with the values of all purchases seen, not only the mean of each customer's.
///
/// The regularity `p` of a customer's values is then known from how they vary, and not only from how the means of few
/// values vary more than those of many. With `S` the sum of `x` values,
/// `L = G(px+q) / (G(p)^x G(q)) gamma^q prod_j z_j^(p-1) (gamma + S)^-(px+q)`: Fader and Hardie (2013), The Gamma-Gamma
/// model of monetary value, section 2, before the values are added up.
#[derive(Debug, Clone, Copy)]
pub struct GammaGammaOrders;

impl Model<3, 1> for GammaGammaOrders {
    type Row = OrderValues;
    const NAME: &'static str = "GammaGamma";
    const PARAMETERS: [Parameter; 3] = GammaGamma::PARAMETERS;
    const LEAST_COUNT: f64 = 1.0;

    fn common<S: Scalar>([_, _, gamma]: [S; 3], _x: f64) -> [S; 1] {
        [gamma]
    }

    /// `ln(1 + S/gamma)`.
    fn own<S: Scalar>([gamma]: [S; 1], row: &OrderValues) -> S {
        (gamma.recip() * (row.x * row.mean)).ln_1p()
    }

    /// `sum_j ln z_j`.
    fn statistic(row: &OrderValues) -> f64 {
        row.x * row.mean_ln
    }

    /// `p sum_j ln(z_j / gamma) - sum_j ln z_j - (px+q) ln(1 + S/gamma) + ln G(px) - x ln G(p) - ln B(px,q)`.
    fn together<S: Scalar>([p, q, gamma]: [S; 3], equals: &Equals<S>) -> S {
        let x = equals.count;
        if x == 0.0 {
            return S::from(0.0);
        }
        let px = p * x;
        let ln_values = -gamma.ln() * (x * equals.customers) + equals.statistic;
        let shapes = px.ln_gamma() - p.ln_gamma() * x - px.ln_beta(q);
        p * ln_values - (px + q) * equals.own + shapes * equals.customers - equals.statistic
    }

    fn check(sample: &Sample<OrderValues>) -> Result<()> {
        GammaGamma::check_distinct(sample.distinct())
    }

    fn starts(sample: &Sample<OrderValues>) -> [[f64; 3]; 2] {
        GammaGamma::starts_at(sample.mean(|c| c.mean))
    }

    fn boundary(theta: [f64; 3]) -> String {
        <GammaGamma as Model<3, 2>>::boundary(theta)
    }
}

impl From<OrderValues> for Spend {
    fn from(values: OrderValues) -> Self {
        Self {
            x: values.x,
            mean: values.mean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one purchase the mean is the value.
    #[test]
    fn one_purchase_is_its_own_mean() {
        let theta = [6.25, 3.74, 15.44];
        for mean in [0.01, 3.0, 35.0, 1e6] {
            let one = OrderValues {
                x: 1.0,
                mean,
                mean_ln: f64::ln(mean),
            };
            let by_orders = GammaGammaOrders::ln_pdf(theta, &one);
            let by_mean = GammaGamma::ln_pdf(theta, &Spend::from(one));
            assert!(
                (by_orders - by_mean).abs() < 1e-12 * by_mean.abs(),
                "{mean}"
            );
        }
    }

    /// The density of the values is that of their mean, times that of how they share their sum, a Dirichlet density, over
    /// the volume `x S^(x-1)`.
    #[test]
    fn values_are_their_mean_and_how_they_share_it() {
        let (theta, values) = ([2.5, 3.0, 20.0], [10.0_f64, 30.0, 25.0]);
        let (x, sum) = (3.0, values.iter().sum::<f64>());
        let mean_ln = values.iter().map(|z| z.ln()).sum::<f64>() / x;
        let row = OrderValues {
            x,
            mean: sum / x,
            mean_ln,
        };
        let p: f64 = theta[0];
        let shares: f64 = values.iter().map(|z| (p - 1.0) * (z / sum).ln()).sum();
        let ln_gamma = crate::numeric::special::ln_gamma;
        let dirichlet = ln_gamma(p * x) - x * ln_gamma(p) + shares;
        let expected =
            GammaGamma::ln_pdf(theta, &Spend::from(row)) + dirichlet - x.ln() - 2.0 * sum.ln();
        let found = GammaGammaOrders::ln_pdf(theta, &row);
        assert!((found - expected).abs() < 1e-12 * expected.abs());
    }
}
