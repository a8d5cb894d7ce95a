//! The negative binomial distribution of a count, by masses and tails that keep their digits far out.

use crate::numeric::incomplete::{beta_regularised, beta_regularised_complement};
use crate::numeric::special::{ln_1p, ln_beta};

/// `exp(LOWEST)` is small, and a normal number after many divisions.
const LOWEST: f64 = -600.0;

/// `P(N = i) = G(s+i)/(G(s) i!) (1+tau)^-s (tau/(1+tau))^i`: the count of a Poisson process with a gamma rate of shape
/// `s`, observed for `tau` times the rate's scale.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct NegativeBinomial {
    s: f64,
    tau: f64,
}

impl NegativeBinomial {
    /// The distribution with shape `s` and odds `tau`.
    pub(in crate::models) fn new(s: f64, tau: f64) -> Self {
        Self { s, tau }
    }

    /// `P(N = i)` and `P(N >= i)` for `i = 0..=most`.
    pub(in crate::models) fn masses_and_tails(self, most: usize) -> Vec<(f64, f64)> {
        let masses = self.masses(most);
        // added up from the far end, so that all terms are positive
        let mut tail = self.tail(most + 1);
        let mut rows: Vec<_> = masses
            .into_iter()
            .rev()
            .map(|mass| {
                tail += mass;
                (mass, tail.min(1.0))
            })
            .collect();
        rows.reverse();
        rows
    }

    /// Adds `weight P(N = i)` to number `i` of the totals, and returns the sum of these probabilities: upwards from zero,
    /// where that probability is no less than a number can hold.
    pub(in crate::models) fn add_masses(self, weight: f64, totals: &mut [f64]) -> f64 {
        let ln_none = -self.s * ln_1p(self.tau);
        let mut sum = 0.0;
        if ln_none < LOWEST {
            let masses = self.masses(totals.len().saturating_sub(1));
            for (total, mass) in totals.iter_mut().zip(masses) {
                *total += weight * mass;
                sum += mass;
            }
            return sum;
        }
        let z = self.tau / (1.0 + self.tau);
        let (mut mass, mut before, mut order) = (ln_none.exp(), self.s, 1.0);
        for total in totals {
            *total += weight * mass;
            sum += mass;
            mass *= z * before / order;
            before += 1.0;
            order += 1.0;
        }
        sum
    }

    /// From the mode outwards, where the masses are largest and nothing underflows.
    fn masses(self, most: usize) -> Vec<f64> {
        let Self { s, tau } = self;
        let z = 1.0 / (1.0 + 1.0 / tau);
        let growth = |i: usize| z * (s + (i as f64 - 1.0)) / i as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and `most`"
        )]
        let mode = ((s - 1.0) * tau).clamp(0.0, most as f64).floor() as usize;
        let mut masses = vec![0.0; most + 1];
        masses[mode] = self.mass(mode);
        for i in (0..mode).rev() {
            masses[i] = masses[i + 1] / growth(i + 1);
        }
        for i in mode + 1..=most {
            masses[i] = masses[i - 1] * growth(i);
        }
        masses
    }

    /// `P(N = i)` through logarithms: `G(s+i)/(G(s) i!) = 1 / ((s+i) B(s, i+1))`, which loses nothing for large `s` or
    /// `i`.
    pub(in crate::models) fn mass(self, i: usize) -> f64 {
        let Self { s, tau } = self;
        let ln_none = -s * tau.ln_1p();
        if i == 0 {
            return ln_none.exp();
        }
        let order = i as f64;
        let ln_z = -(1.0 / tau).ln_1p();
        (ln_none + order * ln_z - ln_beta(s, order + 1.0) - (s + order).ln()).exp()
    }

    /// `P(N >= i) = I_z(i, s)` with `z = tau / (1 + tau)` (DLMF 8.17.24), from the end of [0, 1] that `z` is nearer to.
    pub(in crate::models) fn tail(self, i: usize) -> f64 {
        let Self { s, tau } = self;
        if i == 0 {
            1.0
        } else if tau < 1.0 {
            beta_regularised(tau / (1.0 + tau), i as f64, s)
        } else {
            beta_regularised_complement(1.0 / (1.0 + tau), s, i as f64)
        }
    }
}
