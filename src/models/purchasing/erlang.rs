//! The future of a customer of the BG/CNBD-k family: purchases are every k-th stroke of a Poisson clock with gamma rate,
//! and each is a chance to leave.

mod common;
mod discounted;
mod sections;
mod silence;

pub(crate) use silence::{ln_silent, struck};

use std::sync::Arc;

use self::common::{Common, FARTHEST};
use self::sections::{Staying, Strokes};
use self::silence::{silences, silent_share};
use super::counts::NegativeBinomial;
use super::{Future, smallest};
use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::geometric_sum::beta_geometric_sum;

/// A customer whose clock strikes at rate `lambda ~ Gamma(s + j, alpha + age)` if it has struck `j < k` times since the
/// last purchase, with probability `stages[j]`; who buys at every `k`-th stroke and leaves after each purchase with
/// probability `p ~ Beta(a, b)`.
///
/// The clock's state is what the formula of Reutterer, Platzer and Schröder (2021) for expectations leaves out: with `N`
/// strokes to come the customer can make `floor((N + j)/k)` purchases.
#[derive(Debug)]
pub struct Erlang<S> {
    common: Arc<Common<S>>,
    /// Silence since the last purchase as a share of `alpha + age`.
    silence: S,
    stages: Vec<S>,
}

/// So many strokes are looked at one by one.
const MANY: f64 = 1024.0;
/// Masses farther from the mean than this many standard deviations do not show.
const FAR: f64 = 9.0;
/// `exp(LOWEST)` is small, and a normal number after many divisions.
const LOWEST: f64 = -600.0;
/// Discounting over `exp(-45) = 3e-20` and beyond adds nothing.
const FORGOTTEN: f64 = 45.0;

fn sum<S: Scalar>(terms: &[S]) -> S {
    terms.iter().fold(S::from(0.0), |sum, term| sum + *term)
}

impl<S: Scalar> Erlang<S> {
    /// The future of a customer whose clock has just begun, after a purchase that was survived.
    pub fn new(clock: [S; 2], leaving: [S; 2], k: f64) -> Self {
        let common = Common::new(clock, leaving, k);
        Self::after(Arc::new(common), S::from(0.0))
    }

    /// The future of a customer with this history and as many purchases.
    #[must_use]
    pub fn of_customer(&self, row: &Purchases) -> Self {
        let silence = silent_share(self.common.clock[1], row);
        Self::after(Arc::clone(&self.common), silence)
    }

    fn after(common: Arc<Common<S>>, silence: S) -> Self {
        let mut stages = silences(common.clock[0], silence, common.k);
        let total = sum(&stages);
        for stage in &mut stages {
            *stage = *stage / total;
        }
        Self {
            common,
            silence,
            stages,
        }
    }

    fn k(&self) -> usize {
        self.stages.len()
    }

    fn tau(&self, age: f64, t: f64) -> S {
        (self.common.clock[1] + age).recip() * t
    }

    /// `P(pass n chances) = B(a, b+n)/B(a, b)`.
    fn passed(&self, n: f64) -> S {
        let [a, b] = self.common.leaving;
        (b.ln_rising(n) - (a + b).ln_rising(n)).exp()
    }

    /// Up to how many strokes have a mass that shows.
    fn most_strokes(&self, tau: f64) -> f64 {
        let mean = self.common.clock[0].value() * tau;
        mean + FAR * (mean * (1.0 + tau)).sqrt() + 40.0 / (1.0 / tau).ln_1p() + 10.0
    }

    /// `sum_j stage_j sum_n P(N_j = n) g(floor((n+j)/k))`, for a `g` that begins with `g(m)` and goes on by `next`, told the
    /// number before.
    fn one_by_one(&self, tau: S, g: impl Fn(f64) -> S, next: impl Fn(S, f64) -> S) -> S {
        let mut total = S::from(0.0);
        for (j, stage) in self.stages.iter().enumerate() {
            total += *stage * self.one_stage(j as f64, tau, &g, &next);
        }
        total
    }

    fn one_stage(&self, j: f64, tau: S, g: &impl Fn(f64) -> S, next: &impl Fn(S, f64) -> S) -> S {
        let (s, k) = (self.common.clock[0] + j, self.common.k);
        let end = self.most_strokes(tau.value());
        let (mut n, mut mass) = first_mass(s, tau);
        let z = tau / (tau + 1.0);
        let mut purchases = ((n + j) / k).floor();
        let (mut value, mut total) = (g(purchases), S::from(0.0));
        while n <= end {
            total += mass * value;
            mass = mass * (s + n) * z / (n + 1.0);
            n += 1.0;
            if n + j >= k * (purchases + 1.0) {
                value = next(value, purchases);
                purchases += 1.0;
            }
        }
        total
    }

    /// `E_p g(p, [lost, left])`, with the shares of those with this `p` who leave and who stay over `tau`.
    fn section_by_section(&self, tau: S, g: impl Fn(f64, [S; 2]) -> S) -> S {
        let common = &self.common;
        let strokes = Strokes {
            s: common.clock[0],
            tau,
            stages: &self.stages,
        };
        let staying = Staying::new(strokes);
        let ask = |p: f64| g(p, staying.lost_and_left(p));
        if tau.value() <= FARTHEST {
            common.rule().expect(ask)
        } else {
            common.rule_for(tau.value()).expect(ask)
        }
    }

    /// `E[A(floor((N_j + j)/k))]` with `A(m) = sum_{i < m} B(a, b+i)/B(a, b) = E_p (1 - (1-p)^m)/p`.
    fn expectation(&self, tau: S) -> S {
        let [a, b] = self.common.leaving;
        if tau.value() == 0.0 {
            return S::from(0.0);
        }
        if let Some(sum) = self.expectation_by_series(tau) {
            return sum;
        }
        if self.most_strokes(tau.value()) > MANY {
            return self.section_by_section(tau, |p, [lost, _]| lost / p);
        }
        self.one_by_one(
            tau,
            |m| beta_geometric_sum(a, b, 0.0, m),
            |sum, m| sum + self.passed(m),
        )
    }

    /// With `P(N_j = n) = G(s+j+n)/(G(s+j) n!) (1-z)^(s+j) z^n` the expectation is a series in `z = tau / (1 + tau)` for each
    /// stage, whose coefficients depend on the number of purchases alone; nothing where one of them is long.
    fn expectation_by_series(&self, tau: S) -> Option<S> {
        let (s, k) = (self.common.clock[0], self.common.k);
        let z = tau / (tau + 1.0);
        // (1-z)^(s+j) z^(k-j-1), which is tau times as much for the stage before
        let mut factor = (-((s + (k - 1.0)) * tau.ln_1p())).exp();
        let mut total = S::from(0.0);
        for (stage, series) in self.stages.iter().zip(self.common.series()).rev() {
            total += *stage * factor * series.at(z)?;
            factor = factor * tau;
        }
        Some(total)
    }

    /// Each stage's probability and count of strokes.
    fn counts(&self, age: f64, t: f64) -> impl Iterator<Item = (usize, f64, NegativeBinomial)> {
        let tau = t / (self.common.clock[1].value() + age);
        let s = self.common.clock[0].value();
        self.stages.iter().enumerate().map(move |(j, stage)| {
            let strokes = NegativeBinomial::new(s + j as f64, tau);
            (j, stage.value(), strokes)
        })
    }
}

/// The first count of strokes whose probability shows, and `P(N = n) = G(s+n)/(G(s) n!) (1-z)^s z^n` for it.
fn first_mass<S: Scalar>(s: S, tau: S) -> (f64, S) {
    let ln_none = -(s * tau.ln_1p());
    if ln_none.value() > LOWEST {
        return (0.0, ln_none.exp());
    }
    let mean = s.value() * tau.value();
    let spread = FAR * (mean * (1.0 + tau.value())).sqrt();
    let n = (mean - spread - 1.0).floor().max(1.0);
    // G(s+n)/(G(s) n!) = 1 / (n B(s, n))
    let ln_z = -tau.recip().ln_1p();
    let ln_mass = ln_none + ln_z * n - s.ln_beta(S::from(n)) - n.ln();
    (n, ln_mass.exp())
}

impl<S: Scalar> Future<S> for Erlang<S> {
    fn survival(&self, age: f64, t: f64) -> S {
        let ([a, b], tau) = (self.common.leaving, self.tau(age, t));
        if t == 0.0 {
            return S::from(1.0);
        }
        if self.most_strokes(tau.value()) > MANY {
            return self.section_by_section(tau, |_, [_, left]| left);
        }
        let next = |passed: S, m: f64| passed * ((b + m) / (a + b + m));
        self.one_by_one(tau, |m| self.passed(m), next)
    }

    fn expected_purchases(&self, age: f64, t: f64) -> S {
        self.expectation(self.tau(age, t))
    }

    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        if rate == 0.0 || t == 0.0 {
            self.expected_purchases(age, t)
        } else if t * rate > FORGOTTEN {
            self.perpetuity(age, rate)
        } else {
            self.discounted_until(age, t, rate)
        }
    }

    /// `P(N < k - j)`.
    fn no_purchase(&self, age: f64, t: f64) -> S {
        let tau = self.tau(age, t);
        let z = tau / (tau + 1.0);
        let mut total = S::from(0.0);
        for (j, stage) in self.stages.iter().enumerate() {
            let s = self.common.clock[0] + j as f64;
            let mut mass = (-(s * tau.ln_1p())).exp();
            for n in 0..self.k() - j {
                total += *stage * mass;
                mass = mass * (s + n as f64) * z / (n as f64 + 1.0);
            }
        }
        total
    }

    /// `P(X = i) = B(a, b+i)/B(a, b) P(ki - j <= N < ki - j + k) + [i>0] B(a+1, b+i-1)/B(a, b) P(N >= ki - j)`.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let ([a, b], k) = (self.common.leaving.map(S::value), self.k());
        let mut totals = vec![0.0; most + 1];
        for (j, weight, strokes) in self.counts(age, t) {
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
                .counts(age, t)
                .map(|(j, weight, strokes)| weight * strokes.tail(self.k() * (i + 1) - j))
                .sum();
            1.0 - self.passed(i as f64).value() * beyond >= level
        })
    }
}

#[cfg(test)]
mod tests;
