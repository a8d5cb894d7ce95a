//! Lifetimes of customers of whom a share never leaves.

use super::{Drawn, Lifetime, Span};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// A law for some customers, and none for the others.
#[derive(Debug, Clone, Copy)]
pub struct Mixture<S, L> {
    /// Logarithms of the shares of those who never leave and of those who will.
    ln_never: S,
    ln_leaver: S,
    law: L,
}

impl<S: Scalar, L> Mixture<S, L> {
    /// A share that is held at 0 is nobody's.
    pub(crate) fn new(never: S, law: L) -> Self {
        let nobody = never.value() <= 0.0;
        Self {
            ln_never: if nobody {
                S::from(f64::NEG_INFINITY)
            } else {
                never.ln()
            },
            ln_leaver: (-never).ln_1p(),
            law,
        }
    }
}

impl<S: Scalar, L: Lifetime<S>> Lifetime<S> for Mixture<S, L> {
    /// `ln{never + (1 - never) S_L(t)}`.
    fn ln_survival(&self, t: f64) -> S {
        let by_law = self.law.ln_survival(t);
        let lost = self.ln_leaver.exp() * -by_law.exp_m1();
        // whichever keeps its digits: 1 - lost, or the sum of those who stay
        if lost.value() < 0.5 {
            (-lost).ln_1p()
        } else {
            self.ln_never.ln_add_exp(self.ln_leaver + by_law)
        }
    }

    /// Among those who are still there, more never leave.
    fn alive_at(&self, age: f64) -> Self {
        let alive = self.ln_survival(age);
        Self {
            ln_never: self.ln_never - alive,
            ln_leaver: self.ln_leaver + self.law.ln_survival(age) - alive,
            law: self.law.alive_at(age),
        }
    }

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, mut visit: impl FnMut(f64, S, f64) -> f64) {
        self.law.leaving(span, |t, ln_density, width| {
            visit(t, self.ln_leaver + ln_density, width)
        });
    }

    fn time_alive(&self, t: f64) -> S {
        self.ln_never.exp() * t + self.ln_leaver.exp() * self.law.time_alive(t)
    }

    fn discounted_time(&self, t: f64, rate: f64) -> S {
        let endless = if rate > 0.0 {
            -(-rate * t).exp_m1() / rate
        } else {
            t
        };
        self.ln_never.exp() * endless + self.ln_leaver.exp() * self.law.discounted_time(t, rate)
    }

    fn draw(&self, stream: &mut Stream) -> Drawn {
        if stream.uniform() < self.ln_never.value().exp() {
            return Drawn {
                leaving: 0.0,
                lifetime: f64::INFINITY,
            };
        }
        self.law.draw(stream)
    }
}
