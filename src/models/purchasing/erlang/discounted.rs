//! Purchases to come that are made less of the later they come.

use super::silence::silences;
use super::{Erlang, FAR, FORGOTTEN, sum};
use crate::numeric::Scalar;
use crate::numeric::gamma_expectation::gamma_expectation;
use crate::numeric::panels::walk;

impl<S: Scalar> Erlang<S> {
    /// Without end: with `L = lambda / (lambda + rate)` a stroke is discounted by `L`, and a customer in stage `j` is worth
    /// `L^(k-j) / (1 - (1-p) L^k)`.
    ///
    /// Over rates `u / (alpha + age)` and stages this is `E_u[ F(L^k) L^k sum_{j<k} ((u+c) ratio)^j/j! ]` over `sum_j w_j`,
    /// where `u ~ Gamma(s, 1)`, `c = rate (alpha + age)` and `F(x) = E_p 1/(1 - (1-p) x)`.
    pub(super) fn perpetuity(&self, age: f64, rate: f64) -> S {
        let common = &self.common;
        let ([s, alpha], k) = (common.clock, common.k);
        let c = (alpha + age) * rate;
        // 1 / (1 - L^k) grows with u, of which hardly anything lies beyond
        let largest = s.value() + k + FAR * (s.value() + k).sqrt() + FORGOTTEN;
        let reach = largest / (k * c.value());
        let own_rule = (reach > common.reach()).then(|| common.rule_for(reach / common.pace()));
        let rule = own_rule.as_ref().unwrap_or_else(|| common.rule());
        let total = gamma_expectation(s, k + 1.0, |u| {
            let ln_discount = -((c / u).ln_1p() * k);
            let gap = -ln_discount.exp_m1();
            let worth = rule.expect(|p| (gap * (1.0 - p) + p).recip());
            let (mut stages, mut stage, mut j) = (S::from(0.0), S::from(1.0), 0.0);
            let step = (c + u) * self.silence;
            while j < k {
                stages += stage;
                j += 1.0;
                stage = stage * step / j;
            }
            worth * ln_discount.exp() * stages
        });
        total / sum(&silences(s, self.silence, k))
    }

    /// `exp(-rate t) E[X(t)] + rate int_0^t exp(-rate u) E[X(u)] du`.
    pub(super) fn discounted_until(&self, age: f64, t: f64, rate: f64) -> S {
        let scale = self.common.clock[1].value() + age;
        let shape = self.common.clock[0].value() + self.common.k;
        let mut total = S::from(0.0);
        let mut visit = |(u, _): (f64, f64), width: f64| {
            let worth = self.expectation(self.tau(age, u)) * (-rate * u).exp();
            total += worth * (rate * width);
            worth.value().ln()
        };
        // strokes come in step at first, which no longer shows after a while; all is smooth for ages above -scale/2
        let until = (self.in_step() * scale).min(t);
        let slope = |u: f64| rate + 2.0 * shape / (scale + u);
        walk(0.0, until, 0.5 * scale, slope, &mut visit);
        if until < t {
            walk(until, t, 0.0, |_| rate, &mut visit);
        }
        total + self.expectation(self.tau(age, t)) * (-rate * t).exp()
    }

    /// Beyond so many times `alpha + age` no root of one but 1 itself shows in the multisection: for the next of them
    /// `|1 + tau (1 - q w)|^-s < exp(-FORGOTTEN)`.
    fn in_step(&self) -> f64 {
        let k = self.common.k;
        let next = if k > 1.0 {
            1.0 - (std::f64::consts::TAU / k).cos()
        } else {
            2.0
        };
        (FORGOTTEN / self.common.clock[0].value()).exp_m1() / next
    }
}
