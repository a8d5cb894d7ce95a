//! Customers who never leave.

use super::{Drawn, Lifetime, Span};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// A lifetime without end.
#[derive(Debug, Clone, Copy)]
pub struct Endless;

impl<S: Scalar> Lifetime<S> for Endless {
    fn ln_survival(&self, _: f64) -> S {
        S::from(0.0)
    }

    fn alive_at(&self, _: f64) -> Self {
        *self
    }

    fn leaving(&self, _: Span<impl Fn(f64) -> f64>, _: impl FnMut(f64, S, f64) -> f64) {}

    /// `(1 - exp(-rate t)) / rate`.
    fn discounted_time(&self, t: f64, rate: f64) -> S {
        S::from(if rate == 0.0 {
            t
        } else {
            -(-rate * t).exp_m1() / rate
        })
    }

    fn draw(&self, _: &mut Stream) -> Drawn {
        Drawn {
            leaving: 0.0,
            lifetime: f64::INFINITY,
        }
    }
}
