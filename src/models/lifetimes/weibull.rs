//! Weibull lifetimes, with a hazard of leaving that is a customer's own.

mod leaving;

use super::smooth::FORGOTTEN;
use super::{Drawn, Lifetime, Span};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

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

impl<S: Scalar> Burr<S> {
    /// The law of new customers.
    pub(crate) fn new(s: S, beta: S, c: S) -> Self {
        Self {
            s,
            ln_beta: beta.ln(),
            c,
            ln_shapes: (s * c).ln(),
            age: 0.0,
            risen: S::from(0.0),
        }
    }

    /// `y = c ln(u/beta)`, of an age `u > 0`.
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

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, visit: impl FnMut(f64, S, f64) -> f64) {
        self.walk(&span, visit);
    }

    /// `int_0^t exp(-rate u) S(u) du = D(t) S(t) + int_0^t f(u) D(u) du` with `D(u) = (1 - exp(-rate u)) / rate`.
    fn discounted_time(&self, t: f64, rate: f64) -> S {
        let end = if rate > 0.0 {
            t.min(FORGOTTEN / rate)
        } else {
            t
        };
        if end <= 0.0 {
            return S::from(0.0);
        }
        let time = |u: f64| {
            if rate > 0.0 {
                -(-rate * u).exp_m1() / rate
            } else {
                u
            }
        };
        let span = Span {
            from: 0.0,
            to: end,
            scale: end,
            slope: |u: f64| {
                if u > 0.0 {
                    rate + 1.0 / (self.age + u)
                } else {
                    0.0
                }
            },
        };
        let mut total = self.ln_survival(end).exp() * time(end);
        self.walk(&span, |u, ln_density, width| {
            let time = time(u);
            total += ln_density.exp() * (width * time);
            ln_density.value() + time.ln()
        });
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
        let shape = stream.gamma(self.s.value(), 1.0);
        let eta = shape / (1.0 + hazard);
        let exponential = stream.exponential();
        let lifetime = if hazard > 0.0 {
            // a hazard may be beyond numbers, and eta then 0: their product is not
            let more = exponential / (shape * self.risen.value());
            self.age * (more.ln_1p() / c).exp_m1()
        } else {
            beta * (exponential / eta).powf(1.0 / c)
        };
        // the hazard at the age beta is c times this rate
        let leaving = eta / beta;
        Drawn { leaving, lifetime }
    }
}
