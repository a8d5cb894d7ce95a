//! The Pareto/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::purchasing::lifetime::{Lifetime, Smooth, Span, discounted_smoothly, leaving_smoothly};
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::power_series::PowerSeries;

/// Pareto / negative binomial model of repeat buying (Pareto/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; the lifetime is exponential
/// with rate `mu ~ Gamma(s, beta)`.
///
/// Schmittlein, Morrison and Colombo (1987), Counting your customers: who are they and what will they do next?,
/// Management Science 33(1).
#[derive(Debug, Clone, Copy)]
pub struct ParetoNbd;

impl LifetimeModel<4> for ParetoNbd {
    const NAME: &'static str = "ParetoNBD";
    const PARAMETERS: [Parameter; 4] = [
        R,
        ALPHA,
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the rates of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::Time,
            meaning: "inverse scale of the rates of leaving: s / beta is the mean rate",
        },
    ];

    type Law<S: Scalar> = Exponential<S>;
    type Shared<S: Scalar> = Odds<S>;

    fn law<S: Scalar>([_, _, s, beta]: [S; 4]) -> Exponential<S> {
        Exponential { s, beta }
    }

    fn shared<S: Scalar>(theta: [S; 4], x: f64) -> Odds<S> {
        Odds::new(theta, x)
    }

    fn probability_alive<S: Scalar>(_: [S; 4], shared: &Odds<S>, row: &Purchases) -> Option<S> {
        shared.of_leaving(row).map(|odds| (odds + 1.0).recip())
    }

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 4]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 0.7, 0.5 * t], [1.0, t, 0.3, t]]
    }

    fn boundary([r, alpha, s, beta]: [f64; 4]) -> String {
        let what = if s / beta < 1e-3 * r / alpha && beta > alpha {
            "customers do not seem to leave (s / beta -> 0): the data do not tell this model from the NBD without dropout"
        } else if s > 1e3 {
            "all customers seem to leave at the same rate (s -> infinity): s and beta are known only through s / beta"
        } else if r > 1e3 {
            "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha"
        } else if s < 1e-3 {
            "customers seem to leave at once or never (s -> 0)"
        } else {
            "the likelihood is flat in a direction: the data do not identify all four parameters"
        };
        what.into()
    }

    const PROCESSES: usize = 2;

    /// Both rates may be faster: `alpha exp(-z'g)` and `beta exp(-z'h)`.
    fn moved<S: Scalar>([r, alpha, s, beta]: [S; 4], [buying, leaving]: [S; 2]) -> [S; 4] {
        [r, faster(alpha, buying), s, faster(beta, leaving)]
    }
}

/// An exponential lifetime with rate `mu ~ Gamma(s, beta)`: the Pareto law of the second kind.
#[derive(Debug, Clone, Copy)]
pub struct Exponential<S> {
    s: S,
    beta: S,
}

impl<S: Scalar> Lifetime<S> for Exponential<S> {
    /// `S(t) = (beta / (beta + t))^s`.
    fn ln_survival(&self, t: f64) -> S {
        self.s.ln_gamma_laplace(self.beta, t)
    }

    /// `mu | alive ~ Gamma(s, beta + age)`.
    fn alive_at(&self, age: f64) -> Self {
        let beta = self.beta + age;
        Self { beta, ..*self }
    }

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, visit: impl FnMut(f64, S, f64) -> f64) {
        leaving_smoothly(self, &span, visit);
    }

    /// `beta (1 - (beta/(beta+t))^(s-1)) / (s-1)`, which is `beta ln(1+t/beta)` at `s = 1`.
    fn time_alive(&self, t: f64) -> S {
        let q = (self.beta.recip() * t).ln_1p();
        self.beta * q * (-(self.s - 1.0) * q).exp_m1_ratio()
    }

    fn discounted_time(&self, t: f64, rate: f64) -> S {
        discounted_smoothly(self, t, rate)
    }
}

impl<S: Scalar> Smooth<S> for Exponential<S> {
    /// `f(t) = s/beta (beta / (beta + t))^(s+1)`.
    fn ln_density(&self, t: f64) -> S {
        (self.s / self.beta).ln() + (self.s + 1.0).ln_gamma_laplace(self.beta, t)
    }

    fn scale(&self) -> f64 {
        self.beta.value()
    }

    fn slope(&self, t: f64) -> f64 {
        (self.s.value() + 1.0) / (self.beta.value() + t)
    }
}

/// The odds of having left, for customers with `x` purchases, by Gauss' function.
///
/// With `w = r + s + x`, `g(t) = (alpha+t)^-(r+x) (beta+t)^-s` and `F(t)` the integral of the likelihood from `t` on over
/// `g(t) s/w`, the odds are `s/w {g(t_x)/g(T) F(t_x) - F(T)}`. After Euler's transformation (DLMF 15.8.1) `F` is
/// `2F1(1, r+x; w+1; z)` with `z = (alpha-beta)/(alpha+t)` where `alpha >= beta`, and else `(1-z) 2F1(1, s+1; w+1; z)` with
/// `z = (beta-alpha)/(beta+t)`: a power series whose coefficients depend on `x` alone.
#[derive(Debug)]
pub struct Odds<S> {
    buying: [S; 2],
    leaving: [S; 2],
    /// `s / w`
    share: S,
    series: PowerSeries<S>,
}

/// Odds of leaving of `exp(CERTAIN)` and more are left to the general way.
const CERTAIN: f64 = 300.0;

impl<S: Scalar> Odds<S> {
    fn new([r, alpha, s, beta]: [S; 4], x: f64) -> Self {
        let (shape, w) = (r + x, r + s + x);
        let top = if alpha.value() >= beta.value() {
            shape
        } else {
            s + 1.0
        };
        let mut coefficient = S::from(1.0);
        let coefficients = (0_u32..).map(|n| {
            let n = f64::from(n);
            coefficient = coefficient * ((top + n) / (w + (n + 1.0)));
            coefficient
        });
        Self {
            buying: [shape, alpha],
            leaving: [s, beta],
            share: s / w,
            series: PowerSeries::new(coefficients),
        }
    }

    /// `F(t)`.
    fn rest(&self, t: f64) -> Option<S> {
        let ([_, alpha], [_, beta]) = (self.buying, self.leaving);
        if alpha.value() >= beta.value() {
            let z = (alpha - beta) / (alpha + t);
            return Some(self.series.at(z)? + 1.0);
        }
        let per = (beta + t).recip();
        let z = (beta - alpha) * per;
        Some((self.series.at(z)? + 1.0) * (alpha + t) * per)
    }

    /// Nothing where the series is long.
    fn of_leaving(&self, row: &Purchases) -> Option<S> {
        let &Purchases { t_x, t, .. } = row;
        let ([shape, alpha], [s, beta]) = (self.buying, self.leaving);
        let fall =
            shape * ((alpha + t) / (alpha + t_x)).ln() + s * ((beta + t) / (beta + t_x)).ln();
        if fall.value() > CERTAIN {
            return None;
        }
        let odds = self.share * (fall.exp() * self.rest(t_x)? - self.rest(t)?);
        // where nothing is left of the difference it may round below zero
        Some(if odds.value() >= 0.0 {
            odds
        } else {
            odds - odds.value()
        })
    }
}
