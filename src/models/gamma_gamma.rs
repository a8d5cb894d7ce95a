//! The Gamma-Gamma model of spend.

use super::{Dimension, Equals, Model, Parameter, Sample};
use crate::data::Spend;
use crate::numeric::Scalar;
use crate::{Error, Result};

/// Gamma-Gamma model of the value of a purchase.
///
/// The values of one customer's purchases are `Gamma(p, nu)` with `nu ~ Gamma(q, gamma)` over customers, independent of
/// how often they buy; `zeta = p / nu` is a customer's mean value.
///
/// Fader and Hardie (2013), The Gamma-Gamma model of monetary value; Fader, Hardie and Lee (2005), RFM and CLV: using
/// iso-value curves for customer base analysis, Journal of Marketing Research 42(4).
#[derive(Debug, Clone, Copy)]
pub struct GammaGamma;

impl Model<3, 2> for GammaGamma {
    type Row = Spend;
    const NAME: &'static str = "GammaGamma";
    const PARAMETERS: [Parameter; 3] = [
        Parameter {
            name: "p",
            dimension: Dimension::None,
            meaning: "regularity of one customer's values: large means that they hardly differ",
        },
        Parameter {
            name: "q",
            dimension: Dimension::None,
            meaning: "alikeness of customers: large means that their mean values hardly differ",
        },
        Parameter {
            name: "gamma",
            dimension: Dimension::Money,
            meaning: "scale of the values: p gamma / (q - 1) is the mean over customers",
        },
    ];

    /// The first purchase does not count, so there must be a second.
    const LEAST_COUNT: f64 = 1.0;

    /// `gamma`, and `px/q`, which decides between two forms of the own term.
    fn common<S: Scalar>([p, q, gamma]: [S; 3], x: f64) -> [S; 2] {
        [gamma, p * x / q]
    }

    /// `ln(1 + x zbar/gamma)` where `px <= q`, else `ln(1 + gamma/(x zbar))`: one follows from the other and `ln zbar`, but
    /// the digits that are lost on the way are multiplied by the smaller of `px` and `q` only.
    fn own<S: Scalar>([gamma, balance]: [S; 2], row: &Spend) -> S {
        if row.x == 0.0 {
            return S::from(0.0);
        }
        let total = row.x * row.mean;
        if Self::by_value(balance) {
            (gamma.recip() * total).ln_1p()
        } else {
            (gamma / total).ln_1p()
        }
    }

    /// `ln zbar`.
    fn statistic(row: &Spend) -> f64 {
        if row.x == 0.0 { 0.0 } else { row.mean.ln() }
    }

    /// `px ln(x zbar/gamma) - (px + q) ln(1 + x zbar/gamma) - ln B(px,q) - ln zbar`: the note's equation 1a. No purchases,
    /// no say.
    fn together<S: Scalar>([p, q, gamma]: [S; 3], equals: &Equals<S>) -> S {
        let x = equals.count;
        if x == 0.0 {
            return S::from(0.0);
        }
        let px = p * x;
        let ln_ratio = (gamma.recip() * x).ln() * equals.customers + equals.statistic;
        let weighed = if Self::by_value(px / q) {
            px * ln_ratio
        } else {
            -q * ln_ratio
        };
        weighed - (px + q) * equals.own - px.ln_beta(q) * equals.customers - equals.statistic
    }

    fn check(sample: &Sample<Spend>) -> Result<()> {
        Self::check_distinct(sample.distinct())
    }

    /// `q` for a mean that exists, `p` for values that vary by half, `gamma` for the mean; then a wilder base.
    fn starts(sample: &Sample<Spend>) -> [[f64; 3]; 2] {
        Self::starts_at(sample.mean(|c| c.mean))
    }

    fn boundary([p, q, _]: [f64; 3]) -> String {
        let what = if q > 1e3 {
            "all customers seem to have the same mean value (q -> infinity): q and gamma are known only through gamma / q"
        } else if p > 1e3 {
            "the values of one customer do not seem to differ (p -> infinity)"
        } else {
            "the likelihood is flat in a direction: the data do not identify all three parameters"
        };
        what.into()
    }

    const PROCESSES: usize = 1;

    /// Values may be higher: `gamma exp(b'w)`.
    fn moved<S: Scalar>([p, q, gamma]: [S; 3], [spend, _]: [S; 2]) -> [S; 3] {
        [p, q, gamma * spend.exp()]
    }
}

impl GammaGamma {
    /// Passes if there are enough different customers.
    pub(super) fn check_distinct(customers: usize) -> Result<()> {
        if customers >= 3 {
            return Ok(());
        }
        Err(Error::Empty {
            what: "there are fewer than three different customers with repeat purchases to fit GammaGamma to".into(),
            hint: "`monetary_value` is the mean of repeat purchases, so customers with frequency 0 say nothing".into(),
        })
    }

    /// Points to start from where customers' values have this mean.
    pub(super) fn starts_at(mean: f64) -> [[f64; 3]; 2] {
        [[4.0, 4.0, mean * 3.0 / 4.0], [1.0, 1.5, mean / 2.0]]
    }

    /// Which form the own term has, by `px/q`.
    fn by_value<S: Scalar>(balance: S) -> bool {
        balance.value() <= 1.0
    }

    /// Expected mean value of a customer's purchases: `E[zeta] = p (gamma + x zbar) / (px + q - 1)` (note, equation 5).
    /// A new customer is one with `x = 0`; infinite where the mean does not exist, that is where `px + q <= 1`.
    pub fn expected_spend<S: Scalar>([p, q, gamma]: [S; 3], row: &Spend) -> S {
        let shape = p * row.x + q;
        if shape.value() <= 1.0 {
            return S::from(f64::INFINITY);
        }
        p * (gamma + row.x * row.mean) / (shape - 1.0)
    }
}
