//! Integrals over the times of leaving: by the logarithm of the hazard, in which the law is smooth whatever its shape.

use super::{Burr, growth};
use crate::models::lifetimes::{Lifetime, Span};
use crate::numeric::Scalar;
use crate::numeric::panels::walk_evenly;

/// `exp(TINY)` is nothing beside 1.
const TINY: f64 = -37.0;

impl<S: Scalar> Burr<S> {
    /// Logarithm of the density at a time from the age on, times the age then.
    fn ln_density_by_age(&self, t: f64) -> S {
        let y = self.ln_hazard(self.age + t);
        if self.age > 0.0 {
            return self.ln_shapes + y - growth(y) + self.ln_survival(t);
        }
        // y - (s + 1) ln(1 + exp(y))
        let (s, grown) = (self.s.value(), growth(y.value()));
        let risen = 1.0 / (1.0 + (-y.value()).exp());
        let bend = risen * (1.0 - risen);
        self.ln_shapes
            + y.chain2(
                self.s,
                y.value() - (s + 1.0) * grown,
                || [1.0 - (s + 1.0) * risen, -grown],
                || [-(s + 1.0) * bend, -risen, 0.0],
            )
    }

    /// `ln F(t)`, of a new customer and a very short time.
    fn ln_left_by(&self, t: f64) -> S {
        let hazard = self.ln_hazard(t);
        if hazard.value() < TINY {
            self.s.ln() + hazard
        } else {
            self.ln_survival(t).ln_1m_exp()
        }
    }

    /// Walks over the times in `(from, to]` for the integral of the density times `g`, which falls no faster than
    /// `(1 + t/scale)^-n`; `visit` as in [`Lifetime::leaving`].
    ///
    /// In `y` the density is `s e^y / (1 + e^y)^(s+1)`, with the same singularities for every `c`, and `g` moves ever
    /// more slowly as `c` grows; below 1 it is `ln u` that `g` and density are smooth in.
    pub(super) fn walk(
        &self,
        span: &Span<impl Fn(f64) -> f64>,
        mut visit: impl FnMut(f64, S, f64) -> f64,
    ) {
        let from = self.first_moment(span);
        if from > span.from && self.age + span.from <= 0.0 {
            visit(from, self.ln_left_by(from), 1.0);
        }
        let (s, c, ln_beta) = (self.s.value(), self.c.value(), self.ln_beta.value());
        let (k, start) = (c.max(1.0), self.age + from);
        let ln_hazard = |z: f64| c * (start.ln() - ln_beta) + c / k * z;
        let time = |z: f64| (from + start * (z / k).exp_m1()).min(span.to);
        walk_evenly(
            k * ((span.to - from) / start).ln_1p(),
            // far from y = 0 the singularities of the density are as far away
            |z| {
                let y = ln_hazard(z);
                (0.25 * y.abs()).min(k).max(1.0)
            },
            |z| {
                let t = time(z);
                let risen = 1.0 / (1.0 + (-ln_hazard(z)).exp());
                (c * (1.0 - (s + 1.0) * risen).abs() + (self.age + t) * (span.slope)(t)) / k
            },
            |z, width| {
                let t = time(z);
                let u = self.age + t;
                let ln_density = self.ln_density_by_age(t) - u.ln();
                visit(t, ln_density, width * u / k) + (u / k).ln()
            },
        );
    }

    /// The time before which next to nothing of the integral lies: of new customers all leave then who leave before, as
    /// far as anybody can tell.
    ///
    /// The logarithm of density times age times `(1 + t/scale)^-n` is concave in `ln u`: right of its peak the integral
    /// ends by itself, and left of it bisections find where it has fallen.
    fn first_moment(&self, span: &Span<impl Fn(f64) -> f64>) -> f64 {
        let (s, c, ln_beta) = (self.s.value(), self.c.value(), self.ln_beta.value());
        let (first, end) = (self.age + span.from, (self.age + span.to).ln());
        if first > 0.0 && c * (end - first.ln()) < -NEGLIGIBLE {
            return span.from;
        }
        let n = (span.slope)(0.0) * span.scale;
        let since = |l: f64| (l.exp() - self.age).max(0.0);
        let height = |l: f64| {
            let y = c * (l - ln_beta);
            y - (s + 1.0) * growth(y) - n * (since(l) / span.scale).ln_1p()
        };
        let rises = |l: f64| {
            let risen = 1.0 / (1.0 + (c * (ln_beta - l)).exp());
            c * (1.0 - (s + 1.0) * risen) > n * l.exp() / (span.scale + since(l))
        };
        let lowest = if first > 0.0 {
            first.ln()
        } else {
            end - 1e4 / c.min(1.0)
        };
        let peak = edge(lowest, end, 0.1 / c, rises);
        // of new customers it matters how much g changes as well as how many leave
        let rate = (n / span.scale).max((-peak).exp()).ln();
        let left = |l: f64| {
            let change = if first > 0.0 {
                0.0
            } else {
                (rate + l).min(0.0)
            };
            height(l) + change < height(peak) + NEGLIGIBLE
        };
        since(edge(lowest, peak, 0.1 / c, left)).max(span.from)
    }
}

/// What is left out of an integral, as the logarithm of its share.
const NEGLIGIBLE: f64 = -45.0;

/// Where a condition that holds on the left ends, to some precision: a place at which it still holds, if it does anywhere.
fn edge(mut low: f64, mut high: f64, precision: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(high) {
        return high;
    }
    while high - low > precision {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}
