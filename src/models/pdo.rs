//! The period-death model: a law of the lifetime for customers who buy while alive.

use super::covariates::{faster, likelier};
use super::never_leaving::MayStay;
use super::purchasing::lifetime::{Drawn, Lifetime, Span};
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::geometric_sum::beta_geometric_sum;
use crate::numeric::random::Stream;

/// Periodic-death-opportunity / negative binomial model of repeat buying (PDO).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; at the end of each period of
/// length `tau` since the first purchase the customer leaves with probability `theta ~ Beta(a, b)`. It becomes the
/// Pareto/NBD model as `tau -> 0`, and the NBD model for a `tau` longer than the observation. The likelihood jumps in
/// `tau`, which therefore is held in a fit.
///
/// Jerath, Fader and Hardie (2011), New perspectives on customer "death" using a generalization of the Pareto/NBD model,
/// Marketing Science 30(5).
#[derive(Debug, Clone, Copy)]
pub struct Pdo;

impl MayStay for Pdo {
    const NAME_WITH_STAYERS: &'static str = "PDO+never_leaving";
}

impl LifetimeModel<5> for Pdo {
    const NAME: &'static str = "PDO";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "a",
            dimension: Dimension::None,
            meaning: "dropout against: a / (a + b) is the mean chance of leaving at the end of a period",
        },
        Parameter {
            name: "b",
            dimension: Dimension::None,
            meaning: "dropout for: a + b large means that customers leave alike",
        },
        Parameter {
            name: "tau",
            dimension: Dimension::Time,
            meaning: "length of the periods at whose ends customers may leave",
        },
    ];

    type Law<S: Scalar> = Step<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, a, b, tau]: [S; 5]) -> Step<S> {
        Step {
            a,
            b,
            tau: tau.value(),
            gone: 0.0,
        }
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    /// The rates by the moments of the counts, with dropout of one in four or one in two, five times.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [
            [r, r / rate, 1.0, 3.0, t / 5.0],
            [1.0, t, 0.5, 0.5, t / 5.0],
        ]
    }

    fn boundary([r, _, a, b, _]: [f64; 5]) -> String {
        let what = if a / (a + b) < 1e-3 {
            "customers do not seem to leave (a / (a + b) -> 0): the data do not tell this model from the NBD without dropout"
        } else if a + b > 1e3 {
            "all customers seem to leave with the same probability (a + b -> infinity): a and b are known only through a / (a + b)"
        } else if a + b < 1e-3 {
            "customers seem to leave after the first period or never (a + b -> 0): a and b are known only through a / (a + b)"
        } else if r > 1e3 {
            "all customers seem to buy at the same rate (r -> infinity): r and alpha are known only through r / alpha"
        } else {
            "the likelihood is flat in a direction: the data do not identify all parameters, of which tau must be held"
        };
        what.into()
    }

    const PROCESSES: usize = 2;

    /// The rate of buying may be faster, `alpha exp(-z'g)`, and the mean chance of leaving at the end of a period larger:
    /// its log odds by `z'h`, with `a + b` as it is. Periods are as long for all.
    fn moved<S: Scalar>([r, alpha, a, b, tau]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        let [a, b] = likelier([a, b], leaving);
        [r, faster(alpha, buying), a, b, tau]
    }
}

/// A lifetime that may end with each period of length `tau`, of the first of which a part is gone.
#[derive(Debug, Clone, Copy)]
pub struct Step<S> {
    a: S,
    b: S,
    tau: f64,
    gone: f64,
}

/// What no longer shows in the last digit of a sum, as a logarithm.
const LN_NEGLIGIBLE: f64 = -42.0;

impl<S: Scalar> Step<S> {
    /// How many periods end within `t`.
    fn ends(&self, t: f64) -> f64 {
        ((t + self.gone) / self.tau).floor()
    }

    /// `ln B(a, b+n)/B(a, b)`: staying beyond the ends of `n` periods.
    fn ln_passed(&self, n: f64) -> S {
        self.b.ln_rising(n) - (self.a + self.b).ln_rising(n)
    }
}

impl<S: Scalar> Lifetime<S> for Step<S> {
    fn ln_survival(&self, t: f64) -> S {
        self.ln_passed(self.ends(t))
    }

    /// `theta | alive ~ Beta(a, b + n)` after the ends of `n` periods.
    fn alive_at(&self, age: f64) -> Self {
        let n = self.ends(age);
        let gone = (age + self.gone - n * self.tau).clamp(0.0, self.tau);
        Self {
            b: self.b + n,
            gone,
            ..*self
        }
    }

    /// At the ends of periods, with probability `B(a+1, b+j-1)/B(a, b)` at the `j`-th.
    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, mut visit: impl FnMut(f64, S, f64) -> f64) {
        let (mut j, last) = (self.ends(span.from), self.ends(span.to));
        let mut ln_mass = self.ln_passed(j) + (self.a / (self.a + self.b + j)).ln();
        let mut largest = f64::NEG_INFINITY;
        while j < last {
            let ln_term = visit((j + 1.0) * self.tau - self.gone, ln_mass, 1.0);
            largest = largest.max(ln_term);
            j += 1.0;
            if ln_term + (last - j).ln() < largest + LN_NEGLIGIBLE {
                break; // masses fall
            }
            ln_mass += ((self.b + (j - 1.0)) / (self.a + self.b + j)).ln();
        }
    }

    /// What is left of the first period, whole ones, and a part of the last.
    fn discounted_time(&self, t: f64, rate: f64) -> S {
        let discounted = |length: f64| {
            if rate == 0.0 {
                length
            } else {
                -(-rate * length).exp_m1() / rate
            }
        };
        let (ends, first) = (self.ends(t), self.tau - self.gone);
        if ends < 1.0 {
            return S::from(discounted(t));
        }
        // from the end of the first period on, by those who stayed
        let stayed = self.b / (self.a + self.b) * (-rate * first).exp();
        let whole = beta_geometric_sum(self.a, self.b + 1.0, rate * self.tau, ends - 1.0);
        let mut total = stayed * whole * discounted(self.tau) + discounted(first);
        if t.is_finite() {
            let since = (t + self.gone - ends * self.tau).max(0.0);
            let until = -rate * (t - since);
            total += (self.ln_passed(ends) + until).exp() * discounted(since);
        }
        total
    }

    /// Until the end of the first period after which the customer does not stay.
    fn draw(&self, stream: &mut Stream) -> Drawn {
        let leaving = stream.beta(self.a.value(), self.b.value());
        let lifetime = (stream.geometric(leaving) * self.tau - self.gone).max(0.0);
        Drawn { leaving, lifetime }
    }
}
