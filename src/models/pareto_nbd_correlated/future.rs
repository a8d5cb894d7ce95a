//! What is to come from customers whose rates are correlated: every integral of the Pareto/NBD model with the factor of
//! the dependence in it, over that factor as it is now.

use super::Rates;
use crate::models::lifetimes::{Exponential, Lifetime, Span};
use crate::models::purchasing::counts::NegativeBinomial;
use crate::models::purchasing::{Future, quantile_of};
use crate::numeric::Scalar;

/// The probability of a customer of two kinds: to whom a purchase would come within the reference time, and would not.
#[derive(Clone, Copy)]
struct Kinds {
    busy: f64,
    ln_idle: f64,
}

impl<S: Scalar> Rates<S> {
    /// Those of customers who are alive at `age`.
    fn alive_at(&self, age: f64) -> Self {
        let [[shape, alpha], [s, beta]] = [self.buying, self.leaving];
        Self {
            buying: [shape, alpha + age],
            leaving: [s, beta + age],
            ..*self
        }
    }

    /// `E[lambda Y f] / E[f]`, where `means` are those of `Y`, which depends on the rate of leaving only, over customers
    /// and over those who would stay for the reference time.
    fn rate_times(&self, [mean, mean_staying]: [S; 2]) -> S {
        if !(mean.value() > 0.0 && mean_staying.value() > 0.0) {
            return S::from(0.0);
        }
        // E[lambda exp(-tau lambda)] / E[lambda] has the shape of one purchase more
        let idle = self.ln_idle_buying(1.0, 0.0);
        let staying = self.ln_idle_leaving(0.0, 0.0) + mean_staying.ln() - mean.ln();
        let factor = self.dependence.ln_density([idle, staying]) - self.ln_factor(0.0, 0.0);
        self.buying[0] / self.buying[1] * mean * factor.exp()
    }

    /// A quantity of the lifetime for all customers, and for those who would stay for the reference time.
    fn of_lifetime(&self, ask: impl Fn(Exponential<S>) -> S) -> [S; 2] {
        let law = self.law();
        let staying = Self {
            leaving: [self.leaving[0], self.leaving[1] + self.reference[1]],
            ..*self
        };
        [ask(law), ask(staying.law())]
    }

    /// An expectation over the counts until the customer leaves, or the time `t` is over: calls `add` with that time, its
    /// probability for customers without the dependence, and the factor of the dependence by kinds of customers. `add`
    /// returns what it adds to a probability of one.
    fn until_the_end(&self, t: f64, mut add: impl FnMut(f64, f64, Kinds) -> f64) {
        let (shape, scale) = (self.buying[0].value(), self.buying[1].value());
        let now = self.ln_factor(0.0, 0.0).value();
        let kinds = |more: f64, u: f64| {
            let leaving = self.ln_idle_leaving(more, u);
            let by = |ln_idle: f64| {
                let means = [S::from(ln_idle), leaving];
                self.dependence.ln_density(means).value() - now
            };
            Kinds {
                busy: by(f64::NEG_INFINITY).exp(),
                ln_idle: by(0.0),
            }
        };
        let law = self.law();
        add(t, law.ln_survival(t).value().exp(), kinds(0.0, t));
        if t == 0.0 {
            return;
        }
        // next to u the counts' mean is shape u / scale, and they change as it moves by a standard deviation
        let idle = self.slope(0.0);
        let slope = |u: f64| {
            let relative = u / scale;
            shape / scale / ((1.0 + shape * relative) * (1.0 + relative)).sqrt() + idle(u)
        };
        let span = Span {
            from: 0.0,
            to: t,
            scale,
            slope,
        };
        law.leaving(span, |u, ln_density, width| {
            let ln_density = ln_density.value();
            ln_density + add(u, ln_density.exp() * width, kinds(1.0, u)).ln()
        });
    }

    /// Purchases within a time alive, of all customers.
    fn counts(&self, u: f64) -> NegativeBinomial {
        NegativeBinomial::new(self.buying[0].value(), u / self.buying[1].value())
    }

    /// `P(X >= count)`.
    fn tail(&self, t: f64, count: usize) -> f64 {
        let mut total = 0.0;
        let ln_idle = self.ln_idle_buying(0.0, 0.0).value();
        let (shape, scale) = (self.buying[0].value(), self.buying[1].value());
        let idle_scale = scale + self.reference[0].value();
        self.until_the_end(t, |u, weight, kinds| {
            let all = self.counts(u).tail(count);
            let idle = NegativeBinomial::new(shape, u / idle_scale).tail(count);
            // of all, less the idle, what is left may round below zero
            let busy = (all - ln_idle.exp() * idle).max(0.0);
            let tail = kinds.busy * busy + (kinds.ln_idle + ln_idle).exp() * idle;
            total += weight * tail;
            tail
        });
        total.min(1.0)
    }
}

impl<S: Scalar> Future<S> for Rates<S> {
    fn survival(&self, age: f64, t: f64) -> S {
        let now = self.alive_at(age);
        let means = [now.ln_idle_buying(0.0, 0.0), now.ln_idle_leaving(0.0, t)];
        let factor = now.dependence.ln_density(means) - now.ln_factor(0.0, 0.0);
        let survival = (now.law().ln_survival(t) + factor).exp();
        // a factor is known up to rounding
        if survival.value() > 1.0 {
            survival - (survival.value() - 1.0)
        } else {
            survival
        }
    }

    fn expected_purchases(&self, age: f64, t: f64) -> S {
        let now = self.alive_at(age);
        now.rate_times(now.of_lifetime(|law| law.time_alive(t)))
    }

    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        if rate == 0.0 {
            return self.expected_purchases(age, t);
        }
        let now = self.alive_at(age);
        let worth = now.rate_times(now.of_lifetime(|law| law.discounted_time(t, rate)));
        if t.is_infinite() {
            return worth;
        }
        // where nearly all would stay for the reference time, their means and those of all differ by rounding, and so do
        // a little discounting and none
        let most = self.expected_purchases(age, t);
        if worth.value() > most.value() {
            worth - (worth.value() - most.value())
        } else {
            worth
        }
    }

    fn no_purchase(&self, age: f64, t: f64) -> S {
        let now = self.alive_at(age);
        let silence = now.ln_alive(t).ln_add_exp(now.ln_left(0.0, t));
        (silence - now.ln_factor(0.0, 0.0)).exp()
    }

    /// As for independent rates, each term times the factor of the dependence given the count and the time of leaving.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let now = self.alive_at(age);
        let (mut total, mut masses) = (vec![0.0; most + 1], vec![0.0; most + 1]);
        now.until_the_end(t, |u, weight, kinds| {
            masses.fill(0.0);
            now.counts(u).add_masses(1.0, &mut masses);
            // E[exp(-tau lambda)] after k purchases until u falls by the same factor with each
            let first = now.ln_idle_buying(0.0, u).value();
            let each = (now.ln_idle_buying(1.0, u).value() - first).exp();
            let (mut idle, mut idle_by_factor) = (first.exp(), (first + kinds.ln_idle).exp());
            let mut sum = 0.0;
            for (total, mass) in total.iter_mut().zip(&masses) {
                let share = mass * (kinds.busy * (1.0 - idle) + idle_by_factor);
                *total += weight * share;
                sum += share;
                idle *= each;
                idle_by_factor *= each;
            }
            sum
        });
        for p in &mut total {
            *p = p.min(1.0);
        }
        total
    }

    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize {
        let now = self.alive_at(age);
        let probabilities = |most| self.probabilities(age, t, most);
        quantile_of(level, limit, probabilities, |k| now.tail(t, k))
    }
}
