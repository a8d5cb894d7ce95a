//! Lifetimes with a hazard of leaving that grows exponentially, from a start that is a customer's own.

use super::smooth::discounted_smoothly;
use super::{ByHand, Drawn, Lifetime, Smooth, Span, leaving_smoothly};
use crate::numeric::random::Stream;
use crate::numeric::{Dual2, Scalar};

/// A Gompertz lifetime with hazard `eta b exp(b t)`, `eta ~ Gamma(s, beta)`.
#[derive(Debug, Clone, Copy)]
pub struct Gompertz<S> {
    b: S,
    s: S,
    beta: S,
}

/// `exp(LATE)` leaves nothing of 1.
const LATE: f64 = 30.0;

impl<S: Scalar> Gompertz<S> {
    /// The law of new customers.
    pub(crate) fn new(b: S, s: S, beta: S) -> Self {
        Self { b, s, beta }
    }

    /// `ln(1 + (exp(b t) - 1) / beta)`.
    fn ln_growth(&self, t: f64) -> S {
        let bt = self.b * t;
        if bt.value() < LATE {
            (bt.exp_m1() / self.beta).ln_1p()
        } else {
            bt - self.beta.ln() + ((self.beta - 1.0) * (-bt).exp()).ln_1p()
        }
    }
}

impl<S: Scalar> Lifetime<S> for Gompertz<S> {
    /// `S(t) = (beta / (beta - 1 + exp(b t)))^s`.
    fn ln_survival(&self, t: f64) -> S {
        -(self.s * self.ln_growth(t))
    }

    /// The same law with `beta - 1 + exp(b age)` over `exp(b age)` in place of `beta`.
    fn alive_at(&self, age: f64) -> Self {
        let aged = -(self.b * age);
        let beta = self.beta * aged.exp() - aged.exp_m1();
        Self { beta, ..*self }
    }

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, visit: impl FnMut(f64, S, f64) -> f64) {
        leaving_smoothly(self, &span, visit);
    }

    fn discounted_time(&self, t: f64, rate: f64) -> S {
        discounted_smoothly(self, t, rate)
    }

    /// `eta (exp(b t) - 1)`, the hazard up to the time of leaving, is exponential with mean 1.
    fn draw(&self, stream: &mut Stream) -> Drawn {
        let leaving = stream.gamma(self.s.value(), self.beta.value());
        let lifetime = (stream.exponential() / leaving).ln_1p() / self.b.value();
        Drawn { leaving, lifetime }
    }
}

impl<S: Scalar> Smooth<S> for Gompertz<S> {
    /// `f(t) = b s beta^s exp(b t) / (beta - 1 + exp(b t))^(s+1)`.
    fn ln_density(&self) -> impl Fn(f64) -> S {
        let (first, shape) = ((self.b * self.s / self.beta).ln(), self.s + 1.0);
        let law = *self;
        move |t| first + law.b * t - shape * law.ln_growth(t)
    }

    /// The root of `beta - 1 + exp(b t)` on the real line, if there is one.
    fn scale(&self) -> f64 {
        let (b, beta) = (self.b.value(), self.beta.value());
        if beta < 0.5 {
            -(-beta).ln_1p() / b
        } else {
            0.5 / b
        }
    }

    /// The exponential grows at rate `b`, its sum with `beta - 1` at most at `b exp(b t) / (beta - 1 + exp(b t))`.
    fn slope(&self, t: f64) -> f64 {
        let (b, s, beta) = (self.b.value(), self.s.value(), self.beta.value());
        let aged = -b * t;
        // 1 + (beta - 1) exp(-b t), of which nothing would be left for small b and beta
        b * (2.0 + (s + 1.0) / (beta * aged.exp() - aged.exp_m1()))
    }
}

impl ByHand<3> for Gompertz<f64> {
    fn ln_survival_by_hand(&self, t: f64) -> Dual2<3> {
        self.power(self.s, t)
    }

    fn ln_density_by_hand(&self) -> impl Fn(f64) -> Dual2<3> {
        let &Self { b, s, beta } = self;
        let first = (b * s / beta).ln();
        move |t| {
            let mut all = self.power(s + 1.0, t);
            all.value += first + b * t;
            let inverses = [1.0 / b, 1.0 / s, -1.0 / beta];
            for (i, inverse) in inverses.into_iter().enumerate() {
                all.gradient[i] += inverse;
                all.hessian[i][i] -= inverse * inverse.abs();
            }
            all.gradient[0] += t;
            all
        }
    }
}

impl Gompertz<f64> {
    /// `-shape ln(1 + (exp(b t) - 1) / beta)`, with derivatives in `b`, the shape and `beta`: those of the logarithm's
    /// argument are shares of it.
    fn power(&self, shape: f64, t: f64) -> Dual2<3> {
        let &Self { b, beta, .. } = self;
        let (fallen, gone) = ((-b * t).exp(), -(-b * t).exp_m1());
        // exp(b t) and 1 over beta - 1 + exp(b t), and the rest of the former's share of 1
        let share = 1.0 / (beta * fallen + gone);
        let one = fallen * share;
        let rest = (beta - 1.0) * one;
        let ln = self.ln_growth(t);
        // of one over it and one over beta: -(exp(b t) - 1) / (beta (beta - 1 + exp(b t)))
        let by_beta = -gone * share / beta;
        let (by_b, across) = (t * share, -t * share * one);
        let by_b_twice = t * t * share * rest;
        let by_beta_twice = -by_beta * (one + 1.0 / beta);
        Dual2 {
            value: -shape * ln,
            gradient: [-shape * by_b, -ln, -shape * by_beta],
            hessian: [
                [-shape * by_b_twice, -by_b, -shape * across],
                [-by_b, 0.0, -by_beta],
                [-shape * across, -by_beta, -shape * by_beta_twice],
            ],
        }
    }
}
