//! What is left of customers after very many strokes of their clock, of which every `k`-th is a chance to leave.

use std::f64::consts::TAU as FULL_TURN;

use crate::numeric::{Complex, Scalar};

/// A clock that has struck `j < k` times since the last purchase with probability `stages[j]`, and then strikes a negative
/// binomial number of times `N_j` with shape `s + j`, over `tau` times the rate's scale.
#[derive(Debug)]
pub(super) struct Strokes<'a, S> {
    pub s: S,
    pub tau: S,
    pub stages: &'a [S],
}

/// Those who stay and those who leave, by the number of purchases that the clock allows: for customers who leave with
/// probability `p` after each.
#[derive(Debug)]
pub(super) struct Staying<'a, S> {
    strokes: Strokes<'a, S>,
    /// `P(floor((N_j + j)/k) = m)`, for those who stay hardly ever.
    few: Vec<S>,
}

/// Below this probability of staying after a purchase the powers of it are added up.
const HARDLY: f64 = 0.4;
/// `HARDLY^POWERS` no longer shows.
const POWERS: usize = 42;
/// `exp(-GONE)` no longer shows.
const GONE: f64 = 45.0;

impl<'a, S: Scalar> Staying<'a, S> {
    pub(super) fn new(strokes: Strokes<'a, S>) -> Self {
        let few = strokes.blocks(POWERS);
        Self { strokes, few }
    }

    /// `1 - E Q^floor((N_j + j)/k)` and that expectation, with `Q = 1 - p`: each to its last digits.
    ///
    /// With `q = Q^(1/k)` and `w` running over the `k`-th roots of one, the multisection of the probability generating
    /// function `E v^N = (1 + tau (1-v))^-s` is `(1/k) sum_w (1 - 1/Q) / (1 - 1/(q w)) (q w)^j (1 + tau (1 - q w))^-(s+j)`.
    /// The real root alone would have the number of strokes leave each remainder equally often.
    pub(super) fn lost_and_left(&self, p: f64) -> [S; 2] {
        let one = S::from(1.0);
        let stay = 1.0 - p;
        if stay < HARDLY {
            let powers = |sum: S, mass: &S| sum * stay + *mass;
            let left = self.few.iter().rev().fold(S::from(0.0), powers);
            return [one - left, left];
        }
        let k = self.strokes.stages.len() as f64;
        let ln_q = (-p).ln_1p() / k;
        let [lost, left] = self.strokes.evenly(ln_q);
        let mut swing = S::from(0.0);
        let mut root = 1.0;
        while 2.0 * root <= k {
            // the roots come in conjugate pairs, but for -1
            let pair = if 2.0 * root < k { 2.0 } else { 1.0 };
            if let Some(part) = self.strokes.swing(ln_q, FULL_TURN * root / k) {
                swing += part * (-p / stay * pair / k);
            }
            root += 1.0;
        }
        [lost - swing, left + swing]
    }
}

impl<S: Scalar> Strokes<'_, S> {
    /// `1 - sum` and `sum` of the stages' parts with the root `w = 1`.
    fn evenly(&self, ln_q: f64) -> [S; 2] {
        let k = self.stages.len() as f64;
        let ln_fall = (self.tau * -ln_q.exp_m1()).ln_1p();
        let (mut lost, mut left) = (S::from(0.0), S::from(0.0));
        for (j, &stage) in self.stages.iter().enumerate() {
            let j = j as f64;
            // (1/k) sum_{d<k} q^(j-d) - 1
            let (mut remainders, mut d) = (0.0, 0.0);
            while d < k {
                remainders += ((j - d) * ln_q).exp_m1() / k;
                d += 1.0;
            }
            let ln_left = -((self.s + j) * ln_fall) + remainders.ln_1p();
            left += stage * ln_left.exp();
            lost += stage * -ln_left.exp_m1();
        }
        [lost, left]
    }

    /// The real part of `sum_j stage_j v^j Z^-s / (1 - 1/(q w))`, `Z = 1 + tau (1 - q w)` and `v = q w / Z`, for the root
    /// at this angle; nothing where it does not show beside the root one.
    fn swing(&self, ln_q: f64, angle: f64) -> Option<S> {
        let (q, short) = (ln_q.exp(), -ln_q.exp_m1());
        let (sin, cos) = angle.sin_cos();
        // 1 - q cos(angle), without cancellation
        let across = short + 2.0 * q * (0.5 * angle).sin().powi(2);
        let base = Complex {
            re: self.tau * across + 1.0,
            im: self.tau * (-q * sin),
        };
        let ln_size = (self.tau * (2.0 * across)
            + self.tau * self.tau * (across * across + q * q * sin * sin))
            .ln_1p()
            * 0.5;
        let ln_even = (self.tau.value() * short).ln_1p();
        if self.s.value() * (ln_size.value() - ln_even) > GONE {
            return None;
        }
        let turned = Complex::from([q * cos, q * sin]);
        let v = turned * base.recip();
        let power = Complex::turn(-(self.s * base.angle())).times((-(self.s * ln_size)).exp());
        let stages = self.stages.iter().rev();
        let sum = stages.fold(Complex::from([0.0, 0.0]), |sum, &stage| sum * v + stage);
        // 1 / (1 - 1/(q w)) = q w / (q w - 1)
        let share = turned * Complex::from([-across, q * sin]).recip();
        Some((sum * power * share).re)
    }

    /// `sum_j stage_j P(floor((N_j + j)/k) = m)` for `m < blocks`.
    fn blocks(&self, blocks: usize) -> Vec<S> {
        let k = self.stages.len();
        let z = self.tau / (self.tau + 1.0);
        let ln_none = -self.tau.ln_1p();
        let mut totals = vec![S::from(0.0); blocks];
        for (j, &stage) in self.stages.iter().enumerate() {
            let s = self.s + j as f64;
            let mut mass = stage * (s * ln_none).exp();
            for (m, total) in totals.iter_mut().enumerate() {
                for n in (k * m).saturating_sub(j)..k * (m + 1) - j {
                    *total += mass;
                    mass = mass * (s + n as f64) * z / (n as f64 + 1.0);
                }
            }
        }
        totals
    }
}
