//! The future of a customer of the BG/BB model: opportunities, at the start of each of which the customer may leave.

use super::Future;
use crate::numeric::Scalar;
use crate::numeric::geometric_sum::beta_geometric_sum;

/// A customer who, `age` opportunities after the first, leaves at the start of each with probability
/// `theta ~ Beta(gamma, delta + age)`, and else buys with probability `p ~ Beta(alpha, beta + age)`.
///
/// Horizons count opportunities; a part of one adds nothing.
#[derive(Debug, Clone, Copy)]
pub struct Bernoulli<S> {
    alpha: S,
    beta: S,
    gamma: S,
    delta: S,
}

/// A quantile below this is looked for first.
const FEW: usize = 64;

impl<S: Scalar> Bernoulli<S> {
    /// The future of customers with these parameters.
    pub fn new([alpha, beta, gamma, delta]: [S; 4]) -> Self {
        Self {
            alpha,
            beta,
            gamma,
            delta,
        }
    }

    /// `p` and `theta` of those who have seen `age` opportunities.
    fn at(&self, age: f64) -> Self {
        Self {
            beta: self.beta + age,
            delta: self.delta + age,
            ..*self
        }
    }

    /// `sum_{1 <= j <= n} exp(-rate j) P(alive at j)` times the chance to buy.
    fn purchases(&self, n: f64, rate: f64) -> S {
        let stays = self.delta / (self.gamma + self.delta) * (-rate).exp();
        let time = beta_geometric_sum(self.gamma, self.delta + 1.0, rate, n);
        self.alpha / (self.alpha + self.beta) * stays * time
    }
}

impl<S: Scalar> Future<S> for Bernoulli<S> {
    /// `B(gamma, delta+n)/B(gamma, delta)`.
    fn survival(&self, age: f64, t: f64) -> S {
        let Self { gamma, delta, .. } = self.at(age);
        let n = t.floor();
        (delta.ln_rising(n) - (gamma + delta).ln_rising(n)).exp()
    }

    fn expected_purchases(&self, age: f64, t: f64) -> S {
        self.at(age).purchases(t.floor(), 0.0)
    }

    /// A purchase at the `j`-th opportunity from now is discounted over a time `j`.
    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        self.at(age).purchases(t.floor(), rate)
    }

    /// Gone before opportunity `i + 1` and no purchase at the `i` before it, or none at all `n`.
    fn no_purchase(&self, age: f64, t: f64) -> S {
        let at = self.at(age);
        let (buying, leaving) = (at.alpha + at.beta, at.gamma + at.delta);
        let (mut there, mut total, mut i) = (S::from(1.0), S::from(0.0), 0.0);
        while i < t.floor() {
            total += there * (at.gamma / (leaving + i));
            there = there * ((at.delta + i) / (leaving + i)) * ((at.beta + i) / (buying + i));
            i += 1.0;
        }
        total + there
    }

    /// `P(X = k) = S(n) P(K_n = k) + sum_{i < n} P(leave before i+1) P(K_i = k)` with beta-binomial counts `K_i`.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let at = self.at(age);
        let [alpha, beta, gamma, delta] = [at.alpha, at.beta, at.gamma, at.delta].map(S::value);
        let mut counts = BetaBinomial::new(alpha, beta, most);
        let (mut totals, mut alive, mut i) = (vec![0.0; most + 1], 1.0, 0.0);
        while i < t.floor() {
            counts.add_to(&mut totals, alive * gamma / (gamma + delta + i));
            alive *= (delta + i) / (gamma + delta + i);
            counts.next();
            i += 1.0;
        }
        counts.add_to(&mut totals, alive);
        totals
    }

    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize {
        let mut most = FEW.min(limit);
        loop {
            let mut reached = 0.0;
            for (k, p) in self.probabilities(age, t, most).into_iter().enumerate() {
                reached += p;
                // nobody buys more often than there are opportunities
                if reached >= level || k as f64 >= t.floor() {
                    return k;
                }
            }
            if most >= limit {
                return limit;
            }
            most = (4 * most).min(limit);
        }
    }
}

/// The number of purchases at `i` opportunities with `p ~ Beta(alpha, beta)`, for `i = 0, 1, ...`: masses and, as small
/// ones must not be lost that grow later, their logarithms' scale.
struct BetaBinomial {
    alpha: f64,
    beta: f64,
    seen: f64,
    masses: Vec<f64>,
    /// `ln P(all opportunities so far used)`.
    ln_all: f64,
    /// Logarithms of what masses are to be multiplied by.
    scales: Vec<f64>,
}

/// Masses are carried times `exp(SCALE)` where they would be lost.
const SCALE: f64 = 600.0;

impl BetaBinomial {
    fn new(alpha: f64, beta: f64, most: usize) -> Self {
        let mut masses = vec![0.0; most + 1];
        masses[0] = 1.0;
        Self {
            alpha,
            beta,
            seen: 0.0,
            masses,
            ln_all: 0.0,
            scales: vec![0.0; most + 1],
        }
    }

    /// One more opportunity: `P(K_{i+1} = k) = P(K_i = k) (i+1)/(i+1-k) (beta+i-k)/(alpha+beta+i)`.
    fn next(&mut self) {
        let (i, all) = (self.seen, self.alpha + self.beta + self.seen);
        for (k, (mass, scale)) in self.masses.iter_mut().zip(&mut self.scales).enumerate() {
            let k = k as f64;
            if k > i {
                break;
            }
            *mass *= (i + 1.0) / (i + 1.0 - k) * ((self.beta + i - k) / all);
            if *scale < 0.0 && *mass > 1e100 {
                *mass *= (-SCALE).exp();
                *scale += SCALE;
            }
        }
        self.ln_all += ((self.alpha + i) / all).ln();
        self.seen += 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of opportunities"
        )]
        let newest = self.seen as usize;
        if newest < self.masses.len() {
            let lifts = (-self.ln_all / SCALE).floor();
            self.scales[newest] = -lifts * SCALE;
            self.masses[newest] = (self.ln_all + lifts * SCALE).exp();
        }
    }

    /// Adds `weight` times the masses.
    fn add_to(&self, totals: &mut [f64], weight: f64) {
        for ((total, mass), scale) in totals.iter_mut().zip(&self.masses).zip(&self.scales) {
            *total += if *scale < 0.0 {
                weight * mass * scale.exp()
            } else {
                weight * mass
            };
        }
    }
}
