//! Two gamma rates of a customer that depend on each other, and how likely silence is by them.

use crate::models::dependence::Dependence;
use crate::models::lifetimes::{Exponential, Lifetime, Span};
use crate::numeric::panels::LnSum;
use crate::numeric::{Scalar, special};

/// The rates of customers with some number of purchases, by shape and inverse scale, and their dependence.
#[derive(Debug)]
pub struct Rates<S> {
    pub(super) buying: [S; 2],
    pub(super) leaving: [S; 2],
    /// The reference time for each.
    pub(super) reference: [S; 2],
    pub(super) dependence: Dependence<S>,
}

impl<S: Scalar> Rates<S> {
    pub(super) fn of(
        [r, alpha, s, beta, strength, tau_purchase, tau_dropout]: [S; 7],
        x: f64,
    ) -> Self {
        let ln_idle = [
            ln_idle(r, alpha, tau_purchase, 0.0),
            ln_idle(s, beta, tau_dropout, 0.0),
        ];
        Self {
            buying: [r + x, alpha],
            leaving: [s, beta],
            reference: [tau_purchase, tau_dropout],
            dependence: Dependence::new(strength, ln_idle),
        }
    }

    /// The law of lifetimes.
    pub(super) fn law(&self) -> Exponential<S> {
        let [s, beta] = self.leaving;
        Exponential::new(s, beta)
    }

    /// `ln E[exp(-tau lambda)]` after a time `u`, with so many purchases more.
    pub(super) fn ln_idle_buying(&self, more: f64, u: f64) -> S {
        ln_idle(self.buying[0] + more, self.buying[1], self.reference[0], u)
    }

    /// `ln E[exp(-tau' mu)]` of who is alive after a time `u`, or, with 1 more, left then.
    pub(super) fn ln_idle_leaving(&self, more: f64, u: f64) -> S {
        ln_idle(
            self.leaving[0] + more,
            self.leaving[1],
            self.reference[1],
            u,
        )
    }

    /// `ln f` after a time `u` without more purchases, alive or (with 1 more) left then.
    pub(super) fn ln_factor(&self, more: f64, u: f64) -> S {
        let means = [self.ln_idle_buying(0.0, u), self.ln_idle_leaving(more, u)];
        self.dependence.ln_density(means)
    }

    /// No purchase until `t`, and alive then, for the clock that runs from 0.
    pub(super) fn ln_alive(&self, t: f64) -> S {
        let [shape, alpha] = self.buying;
        self.law().ln_survival(t) + shape.ln_gamma_laplace(alpha, t) + self.ln_factor(0.0, t)
    }

    /// Left between two times, without a purchase before.
    pub(super) fn ln_left(&self, from: f64, to: f64) -> S {
        let [shape, alpha] = self.buying;
        let mut sum = LnSum::new();
        let span = Span {
            from,
            to,
            scale: alpha.value(),
            slope: self.slope(shape.value()),
        };
        if from < to {
            self.law().leaving(span, |u, ln_density, width| {
                let ln_term =
                    ln_density + shape.ln_gamma_laplace(alpha, u) + self.ln_factor(1.0, u);
                sum.add(&ln_term, width);
                ln_term.value()
            });
        }
        sum.ln()
    }

    /// How fast the logarithms of a rate's terms change around a time `u`, but for those of the lifetime.
    pub(super) fn slope(&self, shape: f64) -> impl Fn(f64) -> f64 + use<S> {
        let (alpha, [s, beta]) = (self.buying[1].value(), self.leaving.map(Scalar::value));
        let [tau, tau_dropout] = self.reference.map(Scalar::value);
        let idle = |shape: f64, scale: f64, tau: f64| shape / scale * (tau / (scale + tau));
        move |u| {
            shape / (alpha + u) + idle(shape, alpha + u, tau) + idle(s + 1.0, beta + u, tau_dropout)
        }
    }
}

/// `-shape ln(1 + tau / (scale + u))`: the logarithm of `E exp(-tau rate)`.
pub(super) fn ln_idle<S: Scalar>(shape: S, scale: S, tau: S, u: f64) -> S {
    let (here, time) = (scale.value() + u, tau.value());
    let (near, far) = (1.0 / here, 1.0 / (here + time));
    let ln_growth = scale.chain2(
        tau,
        special::ln_1p(time / here),
        // 1/far - 1/near, without their difference
        || [-time * near * far, far],
        || [time * near * far * (near + far), -far * far, -far * far],
    );
    -(shape * ln_growth)
}
