//! The BG/NBD model, the reference model of this crate: read this file to learn how a model is written.

use super::{Equals, Model, Parameter, Purchasing, Sample};
use crate::Result;
use crate::data::Purchases;
use crate::models::covariates::{faster, likelier};
use crate::models::purchasing::beta_geometric::{
    A, B, BetaGeometric, alive_after_fall, flat_direction, ln_fall_since, ln_silence_or_left,
};
use crate::models::purchasing::{ALPHA, R, check_repeat_buyers, rates_by_moments};
use crate::numeric::Scalar;

/// Beta-geometric / negative binomial model of repeat buying (BG/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; after each repeat purchase the
/// customer leaves with probability `p ~ Beta(a, b)`.
///
/// Fader, Hardie and Lee (2005), "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
/// Marketing Science 24(2).
#[derive(Debug, Clone, Copy)]
pub struct BgNbd;

impl Model<4, 3> for BgNbd {
    type Row = Purchases;
    const NAME: &'static str = "BGNBD";
    const PARAMETERS: [Parameter; 4] = [R, ALPHA, A, B];

    /// `r`, `1/alpha`, and the logarithm of `a/(b+x-1)`, the odds of having left after the last of `x > 0` purchases.
    fn common<S: Scalar>([r, alpha, a, b]: [S; 4], x: f64) -> [S; 3] {
        let ln_left = if x > 0.0 {
            (a / (b + (x - 1.0))).ln()
        } else {
            S::from(0.0)
        };
        [r, alpha.recip(), ln_left]
    }

    /// Bought nothing since `t_x` while alive, or left then; who did not buy again cannot have left.
    fn own<S: Scalar>([r, per_alpha, ln_left]: [S; 3], row: &Purchases) -> S {
        if row.x == 0.0 {
            return -(r * (per_alpha * row.t).ln_1p());
        }
        ln_silence_or_left([r, per_alpha, ln_left], row)
    }

    /// `ln G(r+x)/G(r) + ln B(a,b+x)/B(a,b) - x ln alpha` for each customer, and their own terms.
    fn together<S: Scalar>([r, alpha, a, b]: [S; 4], equals: &Equals<S>) -> S {
        let x = equals.count;
        let never_left = b.ln_rising(x) - (a + b).ln_rising(x);
        (r.ln_rising(x) + never_left - alpha.ln() * x) * equals.customers + equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        check_repeat_buyers(Self::NAME, sample)
    }

    /// The rates by the moments of the counts (as if nobody left), with dropout of one in four or one in two.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 4]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 1.0, 3.0], [1.0, t, 0.5, 0.5]]
    }

    fn boundary(theta: [f64; 4]) -> String {
        flat_direction(theta, "first repeat purchase")
    }

    const PROCESSES: usize = 2;

    /// The rate of buying may be faster, `alpha exp(-z'g)`, and the mean chance of leaving larger: its log odds by `z'h`,
    /// with `a + b` as it is.
    fn moved<S: Scalar>([r, alpha, a, b]: [S; 4], [buying, leaving]: [S; 2]) -> [S; 4] {
        let [a, b] = likelier([a, b], leaving);
        [r, faster(alpha, buying), a, b]
    }
}

impl Purchasing<4, 3> for BgNbd {
    type Future<S: Scalar> = BetaGeometric<S>;

    /// `P(alive at T) = 1 / (1 + [x>0] a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x))`.
    fn probability_alive<S: Scalar>(theta: [S; 4], row: &Purchases) -> S {
        alive_after(theta, row, ln_fall(theta, row))
    }

    /// In two steps: the whole formula is a longer chain than processors look ahead, so that they would work on one or
    /// two customers at a time.
    fn probabilities_alive(theta: [f64; 4], rows: &[Purchases], out: &mut [f64]) {
        for (fall, row) in out.iter_mut().zip(rows) {
            *fall = ln_fall(theta, row);
        }
        for (alive, row) in out.iter_mut().zip(rows) {
            *alive = alive_after(theta, row, *alive);
        }
    }

    /// Given alive at `T` the future is that of a new customer with parameters `(r+x, alpha+T, a, b+x)`.
    fn future<S: Scalar>([r, alpha, a, b]: [S; 4], x: f64) -> BetaGeometric<S> {
        BetaGeometric::new(r + x, alpha, a, b + x)
    }
}

/// How much the silence since the last purchase speaks against being alive; nothing of who had no chance to leave.
fn ln_fall<S: Scalar>([r, alpha, _, _]: [S; 4], row: &Purchases) -> S {
    if row.x == 0.0 {
        return S::from(0.0);
    }
    ln_fall_since([r, alpha], row)
}

/// `1 / (1 + a/(b+x-1) e^fall)`; customers cannot leave before a repeat purchase.
fn alive_after<S: Scalar>([_, _, a, b]: [S; 4], row: &Purchases, fall: S) -> S {
    if row.x == 0.0 {
        return S::from(1.0);
    }
    alive_after_fall(fall, a, b + (row.x - 1.0))
}
