//! The MBG/NBD model: the BG/NBD model with a first chance to leave after the first purchase.

use super::{Equals, Model, Parameter, Purchasing, Sample};
use crate::Result;
use crate::data::Purchases;
use crate::models::covariates::{faster, likelier};
use crate::models::purchasing::beta_geometric::{
    A, B, BetaGeometric, alive_after_fall, flat_direction, ln_fall_since, ln_silence_or_left,
};
use crate::models::purchasing::{ALPHA, R, check_repeat_buyers, rates_by_moments};
use crate::numeric::Scalar;

/// Modified beta-geometric / negative binomial model of repeat buying (MBG/NBD).
///
/// As the BG/NBD model, but the customer may leave after the first purchase too, so that one without a repeat purchase is
/// not alive for certain.
///
/// Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
/// International Journal of Research in Marketing 24(3); Hoppe and Wagner (2007), Customer base analysis: the case for a
/// central variant of the betageometric/NBD model, Marketing JRM 3(2).
#[derive(Debug, Clone, Copy)]
pub struct MbgNbd;

impl Model<4, 3> for MbgNbd {
    type Row = Purchases;
    const NAME: &'static str = "MBGNBD";
    const PARAMETERS: [Parameter; 4] = [R, ALPHA, A, B];

    /// `r`, `1/alpha`, and the logarithm of `a/(b+x)`, the odds of having left after the last of `x + 1` purchases.
    fn common<S: Scalar>([r, alpha, a, b]: [S; 4], x: f64) -> [S; 3] {
        [r, alpha.recip(), (a / (b + x)).ln()]
    }

    fn own<S: Scalar>(common: [S; 3], row: &Purchases) -> S {
        ln_silence_or_left(common, row)
    }

    /// `ln G(r+x)/G(r) + ln B(a,b+x+1)/B(a,b) - x ln alpha` for each customer, and their own terms.
    fn together<S: Scalar>([r, alpha, a, b]: [S; 4], equals: &Equals<S>) -> S {
        let x = equals.count;
        let never_left = b.ln_rising(x + 1.0) - (a + b).ln_rising(x + 1.0);
        (r.ln_rising(x) + never_left - alpha.ln() * x) * equals.customers + equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        check_repeat_buyers(Self::NAME, sample)
    }

    /// The rates by the moments of the counts (as if nobody left), with dropout of one in three or one in two.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 4]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 1.0, 2.0], [1.0, t, 0.5, 0.5]]
    }

    fn boundary(theta: [f64; 4]) -> String {
        flat_direction(theta, "first purchase")
    }

    const PROCESSES: usize = 2;

    /// The rate of buying may be faster, `alpha exp(-z'g)`, and the mean chance of leaving larger: its log odds by `z'h`,
    /// with `a + b` as it is.
    fn moved<S: Scalar>([r, alpha, a, b]: [S; 4], [buying, leaving]: [S; 2]) -> [S; 4] {
        let [a, b] = likelier([a, b], leaving);
        [r, faster(alpha, buying), a, b]
    }
}

impl Purchasing<4, 3> for MbgNbd {
    type Future<S: Scalar> = BetaGeometric<S>;

    /// `P(alive at T) = 1 / (1 + a/(b+x) ((alpha+T)/(alpha+t_x))^(r+x))`.
    fn probability_alive<S: Scalar>([r, alpha, a, b]: [S; 4], row: &Purchases) -> S {
        alive_after_fall(ln_fall_since([r, alpha], row), a, b + row.x)
    }

    /// Given alive at `T` the future is that of a new BG/NBD customer with parameters `(r+x, alpha+T, a, b+x+1)`.
    fn future<S: Scalar>([r, alpha, a, b]: [S; 4], x: f64) -> BetaGeometric<S> {
        BetaGeometric::new(r + x, alpha, a, b + (x + 1.0))
    }
}
