//! The Weibull/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::never_leaving::MayStay;
use super::purchasing::lifetime::{Drawn, FORGOTTEN, Lifetime, Span};
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::panels::walk;
use crate::numeric::random::Stream;

/// Gamma-Weibull / negative binomial model of repeat buying (Weibull/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; by the age `t` the hazard of
/// leaving has summed up to `eta (t/beta)^c` with `eta ~ Gamma(s, 1)`. With `c = 1` it is the Pareto/NBD model with the
/// same `s` and `beta`; below 1 customers are at the highest risk when they are new, above 1 when they are old.
///
/// The lifetime is Burr's law XII, which Hardie, Fader and Wisniewski (1998), An empirical comparison of new product
/// trial forecasting models, Journal of Forecasting 17, use for times to a first purchase.
#[derive(Debug, Clone, Copy)]
pub struct WeibullNbd;

impl MayStay for WeibullNbd {
    const NAME_WITH_STAYERS: &'static str = "WeibullNBD+never_leaving";
}

impl LifetimeModel<5> for WeibullNbd {
    const NAME: &'static str = "WeibullNBD";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the hazards of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::Time,
            meaning: "scale of the lifetimes",
        },
        Parameter {
            name: "c",
            dimension: Dimension::None,
            meaning: "how the hazard of leaving changes with age: below 1 it falls, above 1 it rises, 1 is the Pareto/NBD model",
        },
    ];

    type Law<S: Scalar> = Burr<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, s, beta, c]: [S; 5]) -> Burr<S> {
        Burr {
            s,
            ln_beta: beta.ln(),
            c,
            ln_shapes: (s * c).ln(),
            age: 0.0,
            risen: S::from(0.0),
        }
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [[r, r / rate, 0.7, 0.5 * t, 1.0], [1.0, t, 0.3, t, 0.7]]
    }

    fn boundary([_, _, s, beta, c]: [f64; 5]) -> String {
        let what = if s > 1e3 {
            "all customers seem to leave alike (s -> infinity): s and beta are known only through s / beta^c"
        } else if c < 1e-2 {
            "customers seem to leave at once or never (c -> 0)"
        } else if s * (c * -beta.ln()).exp() < 1e-9 {
            "customers do not seem to leave: the data do not tell this model from the NBD without dropout"
        } else {
            "the likelihood is flat in a direction: the data do not identify all five parameters"
        };
        what.into()
    }

    const PROCESSES: usize = 2;

    /// The rate of buying and the hazard of leaving may be higher: `alpha exp(-z'g)` and `beta exp(-z'h / c)`.
    fn moved<S: Scalar>([r, alpha, s, beta, c]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        [r, faster(alpha, buying), s, faster(beta, leaving / c), c]
    }
}

/// A Weibull lifetime with cumulative hazard `eta (t/beta)^c`, `eta ~ Gamma(s, 1)`, from an age on.
#[derive(Debug, Clone, Copy)]
pub struct Burr<S> {
    s: S,
    ln_beta: S,
    c: S,
    /// `ln(s c)`
    ln_shapes: S,
    age: f64,
    /// `(age/beta)^c / (1 + (age/beta)^c)`
    risen: S,
}

/// Over this share of the time in which anything changes, nothing does.
const NO_TIME: f64 = 1e-17;

/// `exp(TINY)` is nothing beside 1.
const TINY: f64 = -37.0;

impl<S: Scalar> Burr<S> {
    /// `c ln(u/beta)`, of an age `u > 0`.
    fn ln_hazard(&self, u: f64) -> S {
        self.c * (-self.ln_beta + u.ln())
    }

    /// `ln(1 + (u/beta)^c)`.
    fn ln_growth(&self, u: f64) -> S {
        if u > 0.0 {
            growth(self.ln_hazard(u))
        } else {
            S::from(0.0)
        }
    }

    /// Logarithm of the density at a time from the age on.
    fn ln_density(&self, t: f64) -> S {
        let u = self.age + t;
        let ln_hazard = self.ln_hazard(u);
        let (first, growth) = (self.ln_shapes + ln_hazard - u.ln(), growth(ln_hazard));
        if self.age > 0.0 {
            first - growth + self.ln_survival(t)
        } else {
            first - (self.s + 1.0) * growth
        }
    }

    /// The largest change of the logarithm of survival or density in a unit of time, times the age.
    fn slope_in_age(&self, u: f64) -> f64 {
        let (s, c) = (self.s.value(), self.c.value());
        let risen = 1.0 / (1.0 + (c * (self.ln_beta.value() - u.ln())).exp());
        1.0 + c + c * (s + 1.0) * risen
    }

    /// The time before which nothing else changes: new customers' law is no power series around 0, and panels shrink
    /// towards it.
    fn first_moment(&self, from: f64, scale: f64) -> f64 {
        if self.age + from > 0.0 {
            from
        } else {
            NO_TIME * scale
        }
    }

    /// `ln F(t)`, of a new customer and a very short time.
    fn ln_left_by(&self, t: f64) -> S {
        let hazard = self.ln_hazard(t);
        if hazard.value() < TINY {
            self.s.ln() + hazard
        } else {
            self.ln_survival(t).ln_1m_exp()
        }
    }
}

/// `ln(1 + exp(ln_hazard))`.
fn growth<S: Scalar>(ln_hazard: S) -> S {
    if ln_hazard.value() > 0.0 {
        ln_hazard + (-ln_hazard).exp().ln_1p()
    } else {
        ln_hazard.exp().ln_1p()
    }
}

impl<S: Scalar> Lifetime<S> for Burr<S> {
    /// `S(t) = ((1 + (age/beta)^c) / (1 + ((age+t)/beta)^c))^s`.
    fn ln_survival(&self, t: f64) -> S {
        if self.age > 0.0 {
            let longer = self.c * (t / self.age).ln_1p();
            if longer.value() < 1.0 {
                // the difference of what has hardly grown, to its last digits
                return -(self.s * (self.risen * longer.exp_m1()).ln_1p());
            }
        }
        self.s * (self.ln_growth(self.age) - self.ln_growth(self.age + t))
    }

    fn alive_at(&self, age: f64) -> Self {
        let age = self.age + age;
        let risen = if age > 0.0 {
            (-growth(-self.ln_hazard(age))).exp()
        } else {
            S::from(0.0)
        };
        Self {
            age,
            risen,
            ..*self
        }
    }

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, mut visit: impl FnMut(f64, S, f64) -> f64) {
        let scale = span.scale.min(1.0 / (span.slope)(0.0)).min(span.to);
        let from = self.first_moment(span.from, scale);
        if from > span.from {
            visit(from, self.ln_left_by(from), 1.0);
        }
        walk(
            from,
            span.to,
            span.scale.min(self.age),
            |t| (span.slope)(t) + self.slope_in_age(self.age + t) / (self.age + t),
            |t, width| visit(t, self.ln_density(t), width),
        );
    }

    fn discounted_time(&self, t: f64, rate: f64) -> S {
        let end = if rate > 0.0 {
            t.min(FORGOTTEN / rate)
        } else {
            t
        };
        if end <= 0.0 {
            return S::from(0.0);
        }
        let from = self.first_moment(0.0, end);
        let mut total = S::from(from);
        walk(
            from,
            end,
            self.age,
            |u| rate + self.slope_in_age(self.age + u) / (self.age + u),
            |u, width| {
                let ln_worth = self.ln_survival(u) - rate * u;
                total += ln_worth.exp() * width;
                ln_worth.value()
            },
        );
        total
    }

    /// `eta ((age+t)^c - age^c) / beta^c`, the hazard from the age on, is exponential with mean 1; of those who are
    /// alive at the age, `eta` has the rate `1 + (age/beta)^c`.
    fn draw(&self, stream: &mut Stream) -> Drawn {
        let (c, beta) = (self.c.value(), self.ln_beta.value().exp());
        let hazard = if self.age > 0.0 {
            self.ln_hazard(self.age).value().exp()
        } else {
            0.0
        };
        let eta = stream.gamma(self.s.value(), 1.0 + hazard);
        let more = stream.exponential() / eta;
        let lifetime = if hazard > 0.0 {
            self.age * ((more / hazard).ln_1p() / c).exp_m1()
        } else {
            beta * more.powf(1.0 / c)
        };
        // the hazard at the age beta is c times this rate
        let leaving = eta / beta;
        Drawn { leaving, lifetime }
    }
}
