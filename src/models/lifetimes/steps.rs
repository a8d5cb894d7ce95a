//! Lifetimes that end with a period, if they do: a survival in steps.

use super::{Drawn, Lifetime, Span};
use crate::numeric::Scalar;
use crate::numeric::geometric_sum::beta_geometric_sum;
use crate::numeric::random::Stream;

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
    /// The law of new customers, who leave at the end of a period with probability `theta ~ Beta(a, b)`.
    pub(crate) fn new(a: S, b: S, tau: f64) -> Self {
        Self {
            a,
            b,
            tau,
            gone: 0.0,
        }
    }

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
