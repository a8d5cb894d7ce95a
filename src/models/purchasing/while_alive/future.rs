//! What is to come from customers who buy for as long as they stay.

use super::silence::ln_silence;
use crate::models::lifetimes::{Lifetime, Span};
use crate::models::purchasing::counts::NegativeBinomial;
use crate::models::purchasing::{Future, discounted_by_period, quantile_of};
use crate::numeric::Scalar;

/// A customer who buys at rate `lambda ~ Gamma(s, alpha + age)` until the end of a lifetime.
#[derive(Debug, Clone)]
pub struct WhileAlive<S, L, Q> {
    pub(super) s: S,
    pub(super) alpha: S,
    pub(super) law: L,
    pub(super) shared: Q,
}

impl<S: Scalar, L: Lifetime<S>, Q: Send + Sync> WhileAlive<S, L, Q> {
    /// The mean rate of purchases, `s / (alpha + age)`.
    fn rate(&self, age: f64) -> S {
        self.s / (self.alpha + age)
    }

    /// An expectation over the counts `N(u)` until the customer leaves at `u` or the time `t` is over: calls `add` with the
    /// counts' distribution and its probability. `add` returns what it adds to a probability of one.
    fn until_the_end(&self, age: f64, t: f64, mut add: impl FnMut(NegativeBinomial, f64) -> f64) {
        let (s, scale) = (self.s.value(), self.alpha.value() + age);
        let law = self.law.alive_at(age);
        let counts = |u: f64| NegativeBinomial::new(s, u / scale);
        add(counts(t), law.ln_survival(t).value().exp());
        if t == 0.0 {
            return;
        }
        // next to u the counts' mean is s u / scale, and they change as it moves by a standard deviation
        let slope = |u: f64| {
            let relative = u / scale;
            s / scale / ((1.0 + s * relative) * (1.0 + relative)).sqrt()
        };
        let span = Span {
            from: 0.0,
            to: t,
            scale,
            slope,
        };
        law.leaving(span, |u, ln_density, width| {
            let ln_density = ln_density.value();
            ln_density + add(counts(u), ln_density.exp() * width).ln()
        });
    }

    /// `P(X >= count)`.
    fn tail(&self, age: f64, t: f64, count: usize) -> f64 {
        let mut total = 0.0;
        self.until_the_end(age, t, |counts, weight| {
            let tail = counts.tail(count);
            total += weight * tail;
            tail
        });
        total.min(1.0)
    }
}

impl<S: Scalar, L: Lifetime<S>, Q: Send + Sync> Future<S> for WhileAlive<S, L, Q> {
    fn survival(&self, age: f64, t: f64) -> S {
        self.law.alive_at(age).ln_survival(t).exp()
    }

    /// `(r+x)/(alpha+T) int_0^t S(T+u)/S(T) du`.
    fn expected_purchases(&self, age: f64, t: f64) -> S {
        self.rate(age) * self.law.alive_at(age).time_alive(t)
    }

    /// `(r+x)/(alpha+T) int_0^t exp(-delta u) S(T+u)/S(T) du`.
    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        let law = self.law.alive_at(age);
        let time = if rate == 0.0 {
            law.time_alive(t)
        } else {
            law.discounted_time(t, rate)
        };
        self.rate(age) * time
    }

    fn purchases_discounted_by_period(&self, age: f64, t: f64, rate: f64, period: f64) -> S {
        let law = self.law.alive_at(age);
        let time = discounted_by_period(|u| law.time_alive(u), t, rate, period);
        self.rate(age) * time
    }

    fn no_purchase(&self, age: f64, t: f64) -> S {
        let law = self.law.alive_at(age);
        ln_silence(self.s, self.alpha + age, &law, 0.0, t).exp()
    }

    /// `P(X = k) = S(t) P(N(t) = k) + int_0^t f(u) P(N(u) = k) du`, where all terms are positive.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let mut total = vec![0.0; most + 1];
        self.until_the_end(age, t, |counts, weight| {
            counts.add_masses(weight, &mut total)
        });
        for p in &mut total {
            *p = p.min(1.0);
        }
        total
    }

    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize {
        quantile_of(
            level,
            limit,
            |most| self.probabilities(age, t, most),
            |k| self.tail(age, t, k),
        )
    }
}
