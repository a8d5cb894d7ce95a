//! The future of a customer of the BG/NBD family: a Poisson process with gamma rate, left with a beta probability after
//! each purchase.

use std::sync::OnceLock;

use super::Future;
use super::counts::NegativeBinomial;
use crate::data::Purchases;
use crate::models::{Dimension, Parameter};
use crate::numeric::hypergeometric::hyp2f1_negative;
use crate::numeric::panels::{integrate, shared_nodes};
use crate::numeric::power_series::PowerSeries;
use crate::numeric::special::ln_beta;
use crate::numeric::{BetaRule, Scalar};

/// A customer who buys at rate `lambda ~ Gamma(s, alpha + age)` and leaves after each purchase with probability
/// `p ~ Beta(a, b)`.
///
/// With `tau = t / (alpha + age)`, `z = tau / (1 + tau)` and `N` negative binomial with `P(N = i) = G(s+i)/(G(s) i!)
/// (1-z)^s z^i`, the `k`-th purchase is made if the rate's clock reaches it and all `k - 1` chances to leave were passed:
/// `P(X >= k) = B(a, b+k-1)/B(a, b) P(N >= k)`. Summed over `k` this gives the expectation as a series of positive
/// terms, without the special case at `a = 1` and the difference of large numbers of the form in Fader, Hardie and
/// Lee (2005, eq. 10).
#[derive(Debug)]
pub struct BetaGeometric<S> {
    s: S,
    alpha: S,
    a: S,
    b: S,
    series: PowerSeries<S>,
    rule: OnceLock<BetaRule<S>>,
    perpetuity: OnceLock<Perpetuity<S>>,
}

/// Dropout against.
pub(crate) const A: Parameter = Parameter {
    name: "a",
    dimension: Dimension::None,
    meaning: "dropout against: a / (a + b) is the mean chance of leaving after a purchase",
};

/// Dropout for.
pub(crate) const B: Parameter = Parameter {
    name: "b",
    dimension: Dimension::None,
    meaning: "dropout for: a + b large means that customers leave alike",
};

/// What a flat direction of the likelihood means, in words, where `first` is the first chance to leave.
pub(crate) fn flat_direction([r, _, a, b]: [f64; 4], first: &str) -> String {
    let dropout = a / (a + b);
    if dropout < 1e-3 {
        "customers do not seem to leave (a / (a + b) -> 0): the data do not tell this model from the NBD without dropout".into()
    } else if dropout > 0.999 {
        format!("every customer seems to leave after the {first} (a / (a + b) -> 1)")
    } else if a + b < 1e-3 {
        format!(
            "customers seem to leave after the {first} or never (a + b -> 0): a and b are known only through a / (a + b)"
        )
    } else if a + b > 1e3 {
        "all customers seem to leave with the same probability (a + b -> infinity): a and b are known only through a / (a + b)".into()
    } else if r > 1e3 {
        "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha".into()
    } else {
        "the likelihood is flat in a direction: the data do not identify all four parameters".into()
    }
}

/// A silence of which the model says that it is `exp(-CERTAIN)` times as likely as leaving: beyond, neither the odds
/// nor their derivatives would be numbers.
const CERTAIN: f64 = 600.0;

/// `-(r+x) ln(1+t_x/alpha) + ln{ ((alpha+t_x)/(alpha+T))^(r+x) + odds }`: the customer bought nothing since `t_x` while
/// alive, or left then; given `r`, `1/alpha` and the logarithm of the odds of leaving then.
///
/// Arranged as in Fader and Hardie's note on numerical error in the BG/NBD (2019), which does not overflow for large `x`;
/// ages beside `alpha` keep their digits where `r` and `alpha` run to infinity together.
pub(crate) fn ln_silence_or_left<S: Scalar>([r, per_alpha, ln_left]: [S; 3], row: &Purchases) -> S {
    let ln_end = (per_alpha * row.t).ln_1p();
    let ln_last = (per_alpha * row.t_x).ln_1p();
    let silent = (r + row.x) * (ln_last - ln_end);
    silent.ln_add_exp(ln_left) - (r + row.x) * ln_last
}

/// `(r+x) ln{ (alpha+T)/(alpha+t_x) }`: how much the silence since the last purchase speaks against being alive.
pub(crate) fn ln_fall_since<S: Scalar>([r, alpha]: [S; 2], row: &Purchases) -> S {
    (r + row.x) * ((alpha + row.t) / (alpha + row.t_x)).ln()
}

/// `P(alive at T) = 1 / (1 + a/chances exp(fall))`, where `chances - b` chances to leave passed before the last.
pub(crate) fn alive_after_fall<S: Scalar>(fall: S, a: S, chances: S) -> S {
    if fall.value() > CERTAIN {
        return S::from(0.0);
    }
    chances / (chances + a * fall.exp())
}

/// Discounting over `exp(-45) = 3e-20` and beyond adds nothing.
const FORGOTTEN: f64 = 45.0;
/// The largest `rate * (alpha + age)` that the shared nodes of a perpetuity serve.
const FASTEST: f64 = 4.0;
/// Quadrature over `p` is laid out for horizons up to so many times `alpha + age`.
const FARTHEST: f64 = 1e9;
/// A quantile below this is found by counting up to it.
const FEW: usize = 64;

impl<S: Scalar> BetaGeometric<S> {
    /// The future of customers with these parameters.
    pub fn new(s: S, alpha: S, a: S, b: S) -> Self {
        Self {
            s,
            alpha,
            a,
            b,
            series: PowerSeries::new(expectation_terms(s, a, b)),
            rule: OnceLock::new(),
            perpetuity: OnceLock::new(),
        }
    }

    /// `E[X]` for a horizon of `tau` in units of `alpha + age`:
    /// `sum_n P(N = n) A_n`, `A_n = sum_{i<n} B(a, b+i)/B(a, b)`, where that is a short sum.
    fn expectation(&self, tau: S) -> S {
        self.expectation_given(tau, tau.ln_1p())
    }

    /// The same where `ln(1 + tau)` is at hand.
    fn expectation_given(&self, tau: S, ln_1p_tau: S) -> S {
        match self.series.at(tau / (tau + 1.0)) {
            Some(sum) => sum * (-(self.s * ln_1p_tau)).exp(),
            None => self.expectation_by_quadrature(tau),
        }
    }

    /// How often the rate's clock strikes in a time `t`, chances to leave apart.
    fn clock(&self, age: f64, t: f64) -> NegativeBinomial {
        NegativeBinomial::new(self.s.value(), t / (self.alpha.value() + age))
    }

    /// `E_p[(1 - (1 + p tau)^-s) / p]` over `p ~ Beta(a, b)`: a customer with dropout `p` and rate `lambda` buys
    /// `(1 - exp(-lambda p t)) / p` times.
    fn expectation_by_quadrature(&self, tau: S) -> S {
        let purchases = |p: f64| -((-(self.s * (tau * p).ln_1p())).exp_m1()) / p;
        if tau.value() > FARTHEST {
            return BetaRule::new(self.a, self.b, self.s.value() * tau.value()).expect(purchases);
        }
        self.rule
            .get_or_init(|| BetaRule::new(self.a, self.b, self.s.value() * FARTHEST))
            .expect(purchases)
    }

    /// How fast the expectation levels off at first: `-E''(0) / E'(0) = (s+1) E[p]`; at least 1.
    fn steepness(&self) -> f64 {
        let (s, a, b) = (self.s.value(), self.a.value(), self.b.value());
        ((s + 1.0) * a / (a + b)).max(1.0)
    }

    /// `E int exp(-rate u) dX(u) = exp(-rate t) E[X(t)] + rate int_0^t exp(-rate u) E[X(u)] du`.
    fn discounted_until(&self, beta: S, t: f64, rate: f64) -> S {
        let scale = beta.value();
        let per_beta = beta.recip();
        let integral = integrate(t / scale, rate * scale, self.steepness(), |tau, y| {
            let u = tau * scale;
            let tau = per_beta * u;
            let slope = 1.0 / (1.0 + tau.value());
            let ln_1p_tau = tau.chain(y, || slope, || -slope * slope);
            self.expectation_given(tau, ln_1p_tau) * (-rate * u).exp()
        });
        self.expectation(per_beta * t) * (-rate * t).exp() + integral * (rate * scale)
    }
}

impl<S: Scalar> Future<S> for BetaGeometric<S> {
    /// `E_p[(1 + p tau)^-s] = 2F1(s, a; a+b; -tau)`.
    fn survival(&self, age: f64, t: f64) -> S {
        hyp2f1_negative(self.s, self.a, self.b, (self.alpha + age).recip() * t)
    }

    fn expected_purchases(&self, age: f64, t: f64) -> S {
        self.expectation((self.alpha + age).recip() * t)
    }

    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        let beta = self.alpha + age;
        if rate == 0.0 {
            return self.expectation(beta.recip() * t);
        }
        if t * rate <= FORGOTTEN {
            return self.discounted_until(beta, t, rate);
        }
        let perpetuity = self.perpetuity.get_or_init(|| Perpetuity::new(self, rate));
        perpetuity
            .at(beta, rate)
            .unwrap_or_else(|| self.discounted_until(beta, FORGOTTEN / rate, rate))
    }

    fn no_purchase(&self, age: f64, t: f64) -> S {
        (-(self.s * ((self.alpha + age).recip() * t).ln_1p())).exp()
    }

    /// `P(X = k) = B(a, b+k)/B(a, b) P(N = k) + [k>0] B(a+1, b+k-1)/B(a, b) P(N >= k)`.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let (a, b) = (self.a.value(), self.b.value());
        let mut passed = 1.0;
        let counts = self.clock(age, t).masses_and_tails(most);
        let with_dropout = counts.into_iter().enumerate().map(|(k, (mass, tail))| {
            if k == 0 {
                return mass;
            }
            // from B(a, b+k-1)/B(a, b) on: stay or leave after the k-th purchase
            let order = k as f64 - 1.0;
            let left = passed * (a / (a + b + order));
            passed *= (b + order) / (a + b + order);
            passed * mass + left * tail
        });
        with_dropout.collect()
    }

    /// `P(X > k) = B(a, b+k)/B(a, b) P(N > k)`: one count after the other while they are few, then by bisection.
    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize {
        let (a, b) = (self.a.value(), self.b.value());
        let clock = self.clock(age, t);
        let (mut passed, mut tail) = (1.0, 1.0);
        for k in 0..limit.min(FEW) {
            tail -= clock.mass(k);
            if 1.0 - passed * tail >= level {
                return k;
            }
            passed *= (b + k as f64) / (a + b + k as f64);
        }
        let ln_all = ln_beta(a, b);
        let reached = |k: usize| {
            let passed = (ln_beta(a, b + k as f64) - ln_all).exp();
            1.0 - passed * clock.tail(k + 1) >= level
        };
        super::smallest(FEW.min(limit), limit, reached)
    }
}

/// `G(s+n)/(G(s) n!) A_n` for `n = 1..`: the coefficients of `z^n` in `E[X] / (1-z)^s`.
fn expectation_terms<S: Scalar>(s: S, a: S, b: S) -> impl Iterator<Item = S> {
    let (mut ways, mut passed, mut purchases) = (S::from(1.0), S::from(1.0), S::from(0.0));
    (0_u32..).map(move |n| {
        let before = f64::from(n);
        ways = ways * ((s + before) / (before + 1.0));
        purchases += passed;
        passed = passed * ((b + before) / (a + b + before));
        ways * purchases
    })
}

/// The expectation at fixed horizons, shared by customers with equal numbers of purchases, from which discounting
/// without end is one weighted sum a customer: `int_0^inf zeta exp(-zeta tau) E(tau) dtau`, `zeta = rate (alpha + age)`.
#[derive(Debug)]
struct Perpetuity<S> {
    rate: f64,
    /// `(tau, weight * E(tau))`.
    nodes: Vec<(f64, S)>,
}

impl<S: Scalar> Perpetuity<S> {
    /// Long enough for a customer of any age, as `alpha` is the smallest `alpha + age`.
    fn new(future: &BetaGeometric<S>, rate: f64) -> Self {
        let end = FORGOTTEN / (rate * future.alpha.value());
        let nodes = shared_nodes(end, future.steepness())
            .into_iter()
            .map(|(tau, weight)| (tau, future.expectation(S::from(tau)) * weight))
            .collect();
        Self { rate, nodes }
    }

    /// Nothing if these nodes do not serve: another rate, or a decay too steep for their panels.
    fn at(&self, beta: S, rate: f64) -> Option<S> {
        let zeta = beta * rate;
        if rate.total_cmp(&self.rate).is_ne() || zeta.value() > FASTEST {
            return None;
        }
        let mut sum = S::from(0.0);
        for &(tau, value) in &self.nodes {
            if zeta.value() * tau > FORGOTTEN {
                break;
            }
            sum += value * (zeta * -tau).exp();
        }
        Some(sum * zeta)
    }
}
