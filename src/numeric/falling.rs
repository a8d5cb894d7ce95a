//! Sums and integrals of quantities that fall for ever: slowly as a power, or as fast as one likes.

use std::sync::LazyLock;

use super::Scalar;
use super::quadrature::gauss_legendre;

/// A positive function that falls, by its logarithm.
#[derive(Debug, Clone, Copy)]
pub struct Falling<S, F> {
    /// The function's logarithm at `u > 0`.
    pub ln: F,
    /// `p` where the function falls as `u^-p` in the end; nothing where it falls faster than any power.
    pub power: Option<S>,
    /// The function is smooth in `u^bend` away from the negative axis.
    pub bend: f64,
}

/// Terms that are added up one by one before the rest may be integrated.
const FIRST: f64 = 64.0;
/// The rest is integrated from where the function falls by less than this share a step.
const SLOW: f64 = 0.05;
/// A share of the result that no longer shows.
const NEGLIGIBLE: f64 = 1e-18;
/// Where an integral gives up and leaves the rest to the power law.
const FAR: f64 = 1e280;
/// The sharpest bend that panels are fitted to.
const SHARPEST: f64 = 32.0;

/// Gregory's coefficients: what the trapezoidal rule leaves, in differences at the ends of the sum.
const GREGORY: [f64; 8] = [
    1.0 / 12.0,
    1.0 / 24.0,
    19.0 / 720.0,
    3.0 / 160.0,
    863.0 / 60480.0,
    275.0 / 24192.0,
    33953.0 / 3628800.0,
    8183.0 / 1036800.0,
];

/// Weights of the terms at an end of a sum by which it differs from the integral: one half for the last, and Gregory's
/// differences written out.
static END: LazyLock<[f64; 9]> = LazyLock::new(|| {
    let mut weights = [0.0; 9];
    weights[0] = 0.5;
    for (j, coefficient) in (1..).zip(GREGORY) {
        let mut binomial = 1.0;
        for (i, weight) in weights.iter_mut().enumerate().take(j + 1) {
            *weight += coefficient * binomial;
            binomial *= -((j - i) as f64) / (i as f64 + 1.0);
        }
    }
    weights
});

static RULE: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(16));

impl<S: Scalar, F: Fn(f64) -> S> Falling<S, F> {
    /// The sum over `u = 1, 2, ..., last`, where `last` may be infinite; so may be the sum.
    ///
    /// Terms are added up until they are negligible or fall slowly; what is left is an integral with Gregory's
    /// correction at its ends (Hildebrand, Introduction to Numerical Analysis, section 5.9). Relative error below
    /// 1e-12.
    pub fn sum(&self, last: f64) -> S {
        let (mut total, mut u, mut before) = (S::from(0.0), 1.0, f64::INFINITY);
        while u <= last {
            let ln = (self.ln)(u);
            let fall = before - ln.value();
            if u >= FIRST && fall < SLOW && last - u > 3.0 * FIRST {
                return total + self.rest(u, last, total.value());
            }
            let term = ln.exp();
            total += term;
            if u > 1.0 && term.value() <= NEGLIGIBLE * fall.min(1.0) * total.value() {
                break;
            }
            before = ln.value();
            u += 1.0;
        }
        total
    }

    /// The sum over `u = first, ..., last`.
    fn rest(&self, first: f64, last: f64, beside: f64) -> S {
        let mut total = self.integral(first, last, beside);
        for (i, weight) in END.iter().enumerate() {
            total += (self.ln)(first + i as f64).exp() * *weight;
            if last.is_finite() {
                total += (self.ln)(last - i as f64).exp() * *weight;
            }
        }
        total
    }

    /// The integral from 0 to `end`, which may be infinite, of a function that is 1 at 0.
    pub fn integral_from_zero(&self, end: f64) -> S {
        // so close to zero that the function is still 1
        let mut start = end.min(1.0);
        while (self.ln)(start).value() < -1e-17 && start > 1e-290 {
            start *= 0.25;
        }
        self.integral(start, end, start) + start
    }

    /// The integral from `start` to `end`, of which what is negligible `beside` a number need not be computed.
    fn integral(&self, start: f64, end: f64, beside: f64) -> S {
        let (nodes, weights) = &*RULE;
        let bend = self.bend.clamp(1.0, SHARPEST);
        let (mut total, mut from) = (S::from(0.0), start);
        while from < end {
            let here = (self.ln)(from);
            let fall = (here - (self.ln)(from * (1.0 + 1e-6))).value() * 1e6;
            let left = here.value().exp() * from;
            if left <= NEGLIGIBLE * fall.min(1.0) * (beside + total.value()) {
                break;
            }
            if from > FAR {
                return total + self.beyond(here, from);
            }
            // wide as far as the function is smooth, and until it has fallen by e^4
            let width = from * (1.0 / bend).min(4.0 / fall.max(1e-3));
            let to = (from + width).min(end);
            let half = 0.5 * (to - from);
            for (node, weight) in nodes.iter().zip(weights) {
                total += (self.ln)(from + half * (1.0 + node)).exp() * (half * weight);
            }
            from = to;
        }
        total
    }

    /// The integral from far out, where all that is left is the power.
    fn beyond(&self, ln: S, from: f64) -> S {
        match self.power {
            Some(power) if power.value() > 1.0 => (ln + from.ln()).exp() / (power - 1.0),
            _ => S::from(f64::INFINITY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(p: f64, c: f64) -> Falling<f64, impl Fn(f64) -> f64> {
        Falling {
            ln: move |u: f64| -p * (u / c).ln_1p(),
            power: Some(p),
            bend: 1.0,
        }
    }

    #[test]
    fn powers_sum_to_zeta() {
        // sum_{u>=1} (1 + u)^-2 = zeta(2) - 1, and with 3 zeta(3) - 1
        let zeta = std::f64::consts::PI.powi(2) / 6.0;
        assert!((power(2.0, 1.0).sum(f64::INFINITY) / (zeta - 1.0) - 1.0).abs() < 1e-13);
        let apery = 1.202_056_903_159_594_2;
        assert!((power(3.0, 1.0).sum(f64::INFINITY) / (apery - 1.0) - 1.0).abs() < 1e-13);
    }

    #[test]
    fn a_slow_power_is_summed_to_the_end_of_numbers() {
        // zeta(1.01) - 1, DLMF 25.2.4
        let sum = power(1.01, 1.0).sum(f64::INFINITY);
        assert!(
            (sum / (100.577_943_338_497_14 - 1.0) - 1.0).abs() < 1e-11,
            "{sum}"
        );
        assert!(power(1.0, 1.0).sum(f64::INFINITY).is_infinite());
    }

    #[test]
    fn geometric_sums() {
        for q in [0.3, 0.9, 0.99, 0.9999, 0.999_999] {
            let falling = Falling {
                ln: |u: f64| u * f64::ln(q),
                power: None::<f64>,
                bend: 1.0,
            };
            let sum = falling.sum(f64::INFINITY);
            assert!((sum * (1.0 - q) / q - 1.0).abs() < 1e-11, "{q}: {sum}");
            for last in [1.0, 10.0, 500.0, 12345.0] {
                let exact = q * -(last * f64::ln(q)).exp_m1() / (1.0 - q);
                assert!((falling.sum(last) / exact - 1.0).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn finite_sums_are_those_term_by_term() {
        let falling = power(0.3, 7.0);
        for last in [3.0, 64.0, 300.0, 4000.0] {
            let (mut exact, mut u) = (0.0, 1.0);
            while u <= last {
                exact += (falling.ln)(u).exp();
                u += 1.0;
            }
            assert!((falling.sum(last) / exact - 1.0).abs() < 1e-13);
        }
        assert!(falling.sum(0.0).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn integrals_from_zero() {
        // int_0^inf (1 + u/c)^-p = c / (p - 1)
        for (p, c) in [(1.05, 3.0), (2.0, 1e-4), (300.0, 1e5)] {
            let integral = power(p, c).integral_from_zero(f64::INFINITY);
            assert!(
                (integral * (p - 1.0) / c - 1.0).abs() < 1e-12,
                "{p} {c}: {integral}"
            );
        }
        // int_0^inf exp(-u^c) = G(1 + 1/c)
        for c in [0.3, 1.0, 2.0, 9.0] {
            let weibull = Falling {
                ln: |u: f64| -u.powf(c),
                power: None::<f64>,
                bend: c,
            };
            let integral = weibull.integral_from_zero(f64::INFINITY);
            let exact = super::super::special::ln_gamma(1.0 + 1.0 / c).exp();
            assert!(
                (integral / exact - 1.0).abs() < 1e-12,
                "{c}: {integral} {exact}"
            );
        }
    }
}
