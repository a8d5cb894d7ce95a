//! The BG/CNBD-k and MBG/CNBD-k models: the BG/NBD and MBG/NBD models with every k-th stroke of a clock a purchase.

use super::{Dimension, Equals, Model, Parameter, Purchasing, Sample};
use crate::Result;
use crate::data::Purchases;
use crate::models::covariates::{faster, likelier};
use crate::models::purchasing::beta_geometric::{A, B, flat_direction};
use crate::models::purchasing::erlang::{Erlang, ln_silent, struck};
use crate::models::purchasing::{ALPHA, Nature, R, check_repeat_buyers, rates_by_moments};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Beta-geometric / condensed negative binomial model of repeat buying: BG/CNBD-k, or MBG/CNBD-k if a customer may leave
/// `AFTER_FIRST` purchase too.
///
/// While alive a customer's times between purchases are Erlang-k with rate `lambda ~ Gamma(r, alpha)`, a mean of
/// `k / lambda`; after each (repeat) purchase the customer leaves with probability `p ~ Beta(a, b)`. `k = 1` is the BG/NBD
/// or MBG/NBD model. The number `k` is held in a fit. The likelihood leaves out `(k-1)` times the sum of the logarithms
/// of a customer's times between purchases, which the parameters do not change.
///
/// Reutterer, Platzer and Schröder (2021), Leveraging purchase regularity for predicting customer behavior the easy way,
/// International Journal of Research in Marketing 38(1).
#[derive(Debug, Clone, Copy)]
pub struct Cnbd<const AFTER_FIRST: bool>;

impl<const AFTER_FIRST: bool> Model<5, 4> for Cnbd<AFTER_FIRST> {
    type Row = Purchases;
    const NAME: &'static str = if AFTER_FIRST { "MBGCNBD" } else { "BGCNBD" };
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        A,
        B,
        Parameter {
            name: "k",
            dimension: Dimension::None,
            meaning: "regularity of purchases, a whole number: 1 is random, large is like clockwork",
        },
    ];

    /// `r + k x`, `alpha`, the logarithm of the odds of having left after the last purchase, and `k`.
    fn common<S: Scalar>([r, alpha, a, b, k]: [S; 5], x: f64) -> [S; 4] {
        let chances = x + f64::from(AFTER_FIRST);
        let ln_left = if chances > 0.0 {
            (a / (b + (chances - 1.0))).ln()
        } else {
            S::from(0.0)
        };
        [r + whole(k) * x, alpha, ln_left, k]
    }

    /// `ln{ ((alpha+t_x)/(alpha+T))^(r+kx) sum_{j<k} w_j + odds } - (r+kx) ln(1+t_x/alpha)`: fewer than `k` strokes since
    /// `t_x`, or left then.
    fn own<S: Scalar>([s, alpha, ln_left, k]: [S; 4], row: &Purchases) -> S {
        let alive = ln_silent([s, alpha], whole(k), row);
        if row.x == 0.0 && !AFTER_FIRST {
            return alive;
        }
        alive.ln_add_exp(ln_left + s.ln_gamma_laplace(alpha, row.t_x))
    }

    /// `ln G(r+kx)/G(r) + ln B(a,b+m)/B(a,b) - kx ln alpha - x ln G(k)` for each customer with `m` chances passed, and
    /// their own terms.
    fn together<S: Scalar>([r, alpha, a, b, k]: [S; 5], equals: &Equals<S>) -> S {
        let (x, k) = (equals.count, whole(k));
        let chances = x + f64::from(AFTER_FIRST);
        let passed = b.ln_rising(chances) - (a + b).ln_rising(chances);
        let strokes = r.ln_rising(k * x) - alpha.ln() * (k * x);
        (strokes + passed - S::from(k).ln_gamma() * x) * equals.customers + equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        check_repeat_buyers(Self::NAME, sample)
    }

    /// As if strokes were purchases and `k` were 2, the least that differs from the simpler model.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [
            [r, r / rate / 2.0, 1.0, 3.0, 2.0],
            [1.0, t / 2.0, 0.5, 0.5, 2.0],
        ]
    }

    fn boundary([r, alpha, a, b, _]: [f64; 5]) -> String {
        let first = ["first repeat purchase", "first purchase"][usize::from(AFTER_FIRST)];
        flat_direction([r, alpha, a, b], first)
    }

    const PROCESSES: usize = 2;

    /// As in the BG/NBD model: the clock may be faster, `alpha exp(-z'g)`, and the mean chance of leaving larger, its log
    /// odds by `z'h`. Purchases are as regular for all.
    fn moved<S: Scalar>([r, alpha, a, b, k]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        let [a, b] = likelier([a, b], leaving);
        [r, faster(alpha, buying), a, b, k]
    }
}

impl<const AFTER_FIRST: bool> Purchasing<5, 4> for Cnbd<AFTER_FIRST> {
    type Future<S: Scalar> = Erlang<S>;

    /// `P(alive at T) = 1 / (1 + odds ((alpha+T)/(alpha+t_x))^(r+kx) / sum_j w_j)`.
    fn probability_alive<S: Scalar>(theta: [S; 5], row: &Purchases) -> S {
        if row.x == 0.0 && !AFTER_FIRST {
            return S::from(1.0);
        }
        let common = Self::common(theta, row.x);
        let [s, alpha, _, k] = common;
        (ln_silent([s, alpha], whole(k), row) - Self::own(common, row)).exp()
    }

    /// After `m` chances to leave `p` is `Beta(a, b + m)`.
    fn future<S: Scalar>([r, alpha, a, b, k]: [S; 5], x: f64) -> Erlang<S> {
        let (k, chances) = (whole(k), x + f64::from(AFTER_FIRST));
        Erlang::new([r + k * x, alpha], [a, b + chances], k)
    }

    const FUTURE_BY_HISTORY: bool = true;

    /// Given alive at `T` the clock has struck `j` times since `t_x` with probability `w_j / sum w`.
    fn future_of<S: Scalar>(future: &Erlang<S>, row: &Purchases) -> Option<Erlang<S>> {
        Some(future.of_customer(row))
    }

    /// With `j` strokes since the last purchase it takes `k - j` more to the next.
    fn nature(theta: [f64; 5], history: Option<&Purchases>, stream: &mut Stream) -> Nature {
        let ([r, alpha, a, b, _], k) = (theta, whole(theta[4]));
        let Some(row) = history else {
            let rate = stream.gamma(r, alpha);
            let nature = Nature::leaving_at_purchases(rate, stream.beta(a, b)).every(k, k);
            return if AFTER_FIRST {
                nature.perhaps_leaving_at_once()
            } else {
                nature
            };
        };
        let s = r + k * row.x;
        let struck = struck([s, alpha], k, row, stream);
        let rate = stream.gamma(s + struck, alpha + row.t);
        let dropout = stream.beta(a, b + (row.x + f64::from(AFTER_FIRST)));
        Nature::leaving_at_purchases(rate, dropout).every(k, k - struck)
    }
}

/// A regularity as a whole number of at least 1.
fn whole<S: Scalar>(k: S) -> f64 {
    k.value().round().max(1.0)
}
