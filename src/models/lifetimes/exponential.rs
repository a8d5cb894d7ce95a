//! Exponential lifetimes, at a rate that is a customer's own.

use super::smooth::discounted_smoothly;
use super::{ByHand, Drawn, Lifetime, Smooth, Span, leaving_smoothly};
use crate::numeric::random::Stream;
use crate::numeric::{Dual2, Scalar, special};

/// An exponential lifetime with rate `mu ~ Gamma(s, beta)`: the Pareto law of the second kind.
#[derive(Debug, Clone, Copy)]
pub struct Exponential<S> {
    s: S,
    beta: S,
}

impl<S: Scalar> Exponential<S> {
    /// The law of new customers.
    pub(crate) fn new(s: S, beta: S) -> Self {
        Self { s, beta }
    }
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

    fn draw(&self, stream: &mut Stream) -> Drawn {
        let leaving = stream.gamma(self.s.value(), self.beta.value());
        let lifetime = stream.exponential() / leaving;
        Drawn { leaving, lifetime }
    }
}

impl<S: Scalar> Smooth<S> for Exponential<S> {
    /// `f(t) = s/beta (beta / (beta + t))^(s+1)`.
    fn ln_density(&self) -> impl Fn(f64) -> S {
        let (first, shape, beta) = ((self.s / self.beta).ln(), self.s + 1.0, self.beta);
        move |t| first + shape.ln_gamma_laplace(beta, t)
    }

    fn scale(&self) -> f64 {
        self.beta.value()
    }

    fn slope(&self, t: f64) -> f64 {
        (self.s.value() + 1.0) / (self.beta.value() + t)
    }
}

impl ByHand<2> for Exponential<f64> {
    fn ln_survival_by_hand(&self, t: f64) -> Dual2<2> {
        self.power(self.s, t)
    }

    fn ln_density_by_hand(&self) -> impl Fn(f64) -> Dual2<2> {
        let &Self { s, beta } = self;
        let (first, per_s, per_beta) = ((s / beta).ln(), 1.0 / s, 1.0 / beta);
        move |t| {
            let mut all = self.power(s + 1.0, t);
            all.value += first;
            all.gradient[0] += per_s;
            all.gradient[1] -= per_beta;
            all.hessian[0][0] -= per_s * per_s;
            all.hessian[1][1] += per_beta * per_beta;
            all
        }
    }
}

impl Exponential<f64> {
    /// `-shape ln(1 + t/beta)`, with derivatives in the shape and `beta`.
    fn power(&self, shape: f64, t: f64) -> Dual2<2> {
        let (near, far) = (1.0 / self.beta, 1.0 / (self.beta + t));
        let ln = special::ln_1p(t * near);
        let step = t * near * far;
        let bend = -shape * step * (near + far);
        Dual2 {
            value: -shape * ln,
            gradient: [-ln, shape * step],
            hessian: [[0.0, step], [step, bend]],
        }
    }
}
