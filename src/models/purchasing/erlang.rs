//! The future of a customer of the BG/CNBD-k family: purchases are every k-th stroke of a Poisson clock with gamma rate,
//! and each is a chance to leave.

use super::counts::NegativeBinomial;
use super::{Future, smallest};
use crate::data::Purchases;
use crate::numeric::geometric_sum::beta_geometric_sum;
use crate::numeric::panels::walk;
use crate::numeric::{BetaRule, Scalar};

/// A customer whose clock strikes at rate `lambda ~ Gamma(s + j, alpha + age)` if it has struck `j < k` times since the
/// last purchase, with probability `weights[j]`; who buys at every `k`-th stroke and leaves after each purchase with
/// probability `p ~ Beta(a, b)`.
///
/// The clock's state is what the formula of Reutterer, Platzer and Schröder (2021) for expectations leaves out: with `N`
/// strokes to come the customer can make `floor((N + j)/k)` purchases.
#[derive(Debug)]
pub struct Erlang<S> {
    /// `r + k x` and `alpha`.
    clock: [S; 2],
    /// `a` and `b` after the chances that were passed.
    leaving: [S; 2],
    weights: Vec<S>,
}

/// So many strokes are looked at one by one. With more, each remainder after division by `k` is taken as equally frequent,
/// which it is but for the few customers with hardly any strokes.
const MANY: f64 = 1e5;
/// Masses farther from the mean than this many standard deviations do not show.
const FAR: f64 = 9.0;
/// Discounting over `exp(-45)` and beyond adds nothing.
const FORGOTTEN: f64 = 45.0;

/// `w_j = G(s+j)/(G(s) j!) ((T-t_x)/(alpha+T))^j` for `j < k`: silence since `t_x` with `j` strokes, relative to none.
pub(crate) fn silences<S: Scalar>(s: S, alpha: S, k: f64, row: &Purchases) -> Vec<S> {
    let ratio = (alpha + row.t).recip() * (row.t - row.t_x);
    let (mut weights, mut weight, mut j) = (Vec::new(), S::from(1.0), 0.0);
    while j < k {
        weights.push(weight);
        weight = weight * (s + j) * ratio / (j + 1.0);
        j += 1.0;
    }
    weights
}

impl<S: Scalar> Erlang<S> {
    /// The future of a customer with this history, the last purchase survived.
    pub fn new(clock: [S; 2], leaving: [S; 2], k: f64, row: &Purchases) -> Self {
        let mut weights = silences(clock[0], clock[1], k, row);
        let mut total = S::from(0.0);
        for weight in &weights {
            total += *weight;
        }
        for weight in &mut weights {
            *weight = *weight / total;
        }
        Self {
            clock,
            leaving,
            weights,
        }
    }

    fn k(&self) -> usize {
        self.weights.len()
    }

    /// `P(pass n chances) = B(a, b+n)/B(a, b)`.
    fn passed(&self, n: f64) -> S {
        let [a, b] = self.leaving;
        (b.ln_rising(n) - (a + b).ln_rising(n)).exp()
    }

    /// `sum_j w_j sum_n P(N_j = n) g(floor((n+j)/k))`, for a `g` that begins with `g(m)` and goes on by `next`, told the
    /// number before.
    fn expect(&self, tau: S, g: impl Fn(f64) -> S, next: impl Fn(S, f64) -> S) -> S {
        let mut total = S::from(0.0);
        for (j, weight) in self.weights.iter().enumerate() {
            let s = self.clock[0] + j as f64;
            total += *weight * self.expect_stage(s, j as f64, tau, &g, &next);
        }
        total
    }

    fn expect_stage(
        &self,
        s: S,
        j: f64,
        tau: S,
        g: &impl Fn(f64) -> S,
        next: &impl Fn(S, f64) -> S,
    ) -> S {
        let (k, z) = (self.k() as f64, tau / (tau + 1.0));
        let mean = s.value() * tau.value();
        let spread = FAR * (mean * (1.0 + tau.value())).sqrt();
        let mut n = (mean - spread - 1.0).floor().max(0.0);
        let end = mean + spread + 40.0 / (1.0 / tau.value()).ln_1p() + 10.0;
        // P(N = n) = G(s+n)/(G(s) n!) (1-z)^s z^n
        let ln_first = s.ln_rising(n) - S::from(n + 1.0).ln_gamma() - s * tau.ln_1p();
        let ln_first = if n > 0.0 {
            ln_first + z.ln() * n
        } else {
            ln_first
        };
        let mut mass = ln_first.exp();
        let mut purchases = ((n + j) / k).floor();
        let (mut value, mut total) = (g(purchases), S::from(0.0));
        while n <= end {
            total += mass * value;
            mass = mass * (s + n) * z / (n + 1.0);
            n += 1.0;
            let now = ((n + j) / k).floor();
            if now > purchases {
                value = next(value, purchases);
                purchases = now;
            }
        }
        total
    }

    /// Up to how many strokes matter.
    fn strokes(&self, tau: S) -> f64 {
        let (s, tau) = (self.clock[0].value(), tau.value());
        s * tau + FAR * (s * tau * (1.0 + tau)).sqrt()
    }

    /// `sum_j w_j E_p[g(p, ln E (1-p)^floor((N_j+j)/k))]`.
    ///
    /// With `q = (1-p)^(1/k)` and `N + j` equally often of each remainder after division by `k`, the inner expectation is
    /// `q^j (1 + q^-1 + ... + q^-(k-1))/k E[q^N]`, and `E[q^N] = (1 + tau (1-q))^-s`.
    fn expect_of_many(&self, tau: S, g: impl Fn(f64, S) -> S) -> S {
        let ([a, b], k) = (self.leaving, self.k() as f64);
        let scale = (self.clock[0].value() + k) * tau.value() / k;
        let rule = BetaRule::new(a, b, scale);
        let mut total = S::from(0.0);
        for (j, weight) in self.weights.iter().enumerate() {
            let (s, j) = (self.clock[0] + j as f64, j as f64);
            total += *weight
                * rule.expect(|p| {
                    let ln_q = (-p.min(1.0 - f64::EPSILON)).ln_1p() / k;
                    let (mut remainders, mut d) = (0.0, 0.0);
                    while d < k {
                        remainders += ((j - d) * ln_q).exp_m1() / k;
                        d += 1.0;
                    }
                    let strokes = s * (tau * -ln_q.exp_m1()).ln_1p();
                    let ln_passed = -strokes + remainders.ln_1p();
                    // next to p = 1 remainders are not equally frequent: only 0 strokes matter
                    g(
                        p,
                        if ln_passed.value() > 0.0 {
                            -strokes
                        } else {
                            ln_passed
                        },
                    )
                });
        }
        total
    }

    /// `E[A(floor((N + j)/k))]` with `A(m) = sum_{i < m} B(a, b+i)/B(a, b)`.
    fn expectation(&self, tau: S) -> S {
        let [a, b] = self.leaving;
        if tau.value() == 0.0 {
            return S::from(0.0);
        }
        if self.strokes(tau) > MANY {
            return self.expect_of_many(tau, |p, ln_passed| -ln_passed.exp_m1() / p);
        }
        self.expect(
            tau,
            |m| beta_geometric_sum(a, b, 0.0, m),
            |sum, m| sum + self.passed(m),
        )
    }

    /// Each stage's weight and count of strokes.
    fn stages(&self, age: f64, t: f64) -> impl Iterator<Item = (usize, f64, NegativeBinomial)> {
        let tau = t / (self.clock[1].value() + age);
        let s = self.clock[0].value();
        self.weights.iter().enumerate().map(move |(j, weight)| {
            let strokes = NegativeBinomial::new(s + j as f64, tau);
            (j, weight.value(), strokes)
        })
    }

    fn tau(&self, age: f64, t: f64) -> S {
        (self.clock[1] + age).recip() * t
    }
}

impl<S: Scalar> Future<S> for Erlang<S> {
    fn survival(&self, age: f64, t: f64) -> S {
        let ([a, b], tau) = (self.leaving, self.tau(age, t));
        if t == 0.0 {
            return S::from(1.0);
        }
        if self.strokes(tau) > MANY {
            return self.expect_of_many(tau, |_, ln_passed| ln_passed.exp());
        }
        let next = |passed: S, m: f64| passed * ((b + m) / (a + b + m));
        self.expect(tau, |m| self.passed(m), next)
    }

    fn expected_purchases(&self, age: f64, t: f64) -> S {
        self.expectation(self.tau(age, t))
    }

    /// `exp(-rate t) E[X(t)] + rate int_0^t exp(-rate u) E[X(u)] du`.
    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        if rate == 0.0 {
            return self.expected_purchases(age, t);
        }
        let (end, scale) = (t.min(FORGOTTEN / rate), self.clock[1].value() + age);
        let s = self.clock[0].value() + self.k() as f64;
        // the count of strokes changes as its mean moves by a standard deviation
        let slope = |u: f64| {
            let relative = u / scale;
            rate + s / scale / ((1.0 + s * relative) * (1.0 + relative)).sqrt()
        };
        let mut total = S::from(0.0);
        if end > 0.0 {
            walk(0.0, end, scale, slope, |u, width| {
                let worth = self.expected_purchases(age, u) * (-rate * u).exp();
                total += worth * (rate * width);
                worth.value().ln()
            });
        }
        total + self.expected_purchases(age, end) * (-rate * end).exp()
    }

    /// `P(N < k - j)`.
    fn no_purchase(&self, age: f64, t: f64) -> S {
        let tau = self.tau(age, t);
        let z = tau / (tau + 1.0);
        let mut total = S::from(0.0);
        for (j, weight) in self.weights.iter().enumerate() {
            let s = self.clock[0] + j as f64;
            let mut mass = (-(s * tau.ln_1p())).exp();
            for n in 0..self.k() - j {
                total += *weight * mass;
                mass = mass * (s + n as f64) * z / (n as f64 + 1.0);
            }
        }
        total
    }

    /// `P(X = i) = B(a, b+i)/B(a, b) P(ki - j <= N < ki - j + k) + [i>0] B(a+1, b+i-1)/B(a, b) P(N >= ki - j)`.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let ([a, b], k) = (self.leaving.map(S::value), self.k());
        let mut totals = vec![0.0; most + 1];
        for (j, weight, strokes) in self.stages(age, t) {
            let counts = strokes.masses_and_tails(k * (most + 1));
            let mut passed = weight;
            for (i, total) in totals.iter_mut().enumerate() {
                let first = (k * i).saturating_sub(j);
                let here: f64 = counts[first..k * (i + 1) - j].iter().map(|c| c.0).sum();
                if i > 0 {
                    let order = i as f64 - 1.0;
                    *total += passed * (a / (a + b + order)) * counts[first].1;
                    passed *= (b + order) / (a + b + order);
                }
                *total += passed * here;
            }
        }
        totals
    }

    /// `P(X > i) = B(a, b+i)/B(a, b) sum_j w_j P(N_j >= k(i+1) - j)`.
    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize {
        smallest(0, limit, |i| {
            let beyond: f64 = self
                .stages(age, t)
                .map(|(j, weight, strokes)| weight * strokes.tail(self.k() * (i + 1) - j))
                .sum();
            1.0 - self.passed(i as f64).value() * beyond >= level
        })
    }
}
