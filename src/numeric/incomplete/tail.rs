//! What the two incomplete functions share.

use std::sync::LazyLock;

use crate::numeric::quadrature::gauss_legendre;
use crate::numeric::special::{ln_1p_minus, ln_gamma_ratio};

/// Where the integrand has fallen to `exp(-CUT)` the tail integral ends.
const CUT: f64 = 38.0;

/// `(t, weight)` on `[0, 1]` after the substitution `t = s^2`, which gathers nodes where the integrand is largest.
static RULE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    let (nodes, weights) = gauss_legendre(48);
    let halves = nodes.iter().map(|x| 0.5 * (1.0 + x));
    halves
        .zip(weights)
        .map(|(s, weight)| (s * s, s * weight))
        .collect()
});

/// Both tail probabilities at a point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tails {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Tails {
    pub(super) const NAN: Self = Self {
        lower: f64::NAN,
        upper: f64::NAN,
    };

    pub(super) fn from_lower(lower: f64) -> Self {
        Self {
            lower,
            upper: 1.0 - lower,
        }
    }

    pub(super) fn from_ln_lower(ln_lower: f64) -> Self {
        Self {
            lower: ln_lower.exp(),
            upper: -ln_lower.exp_m1(),
        }
    }

    pub(super) fn swap(self) -> Self {
        Self {
            lower: self.upper,
            upper: self.lower,
        }
    }
}

/// The integral over `t > 0` of `exp(-phi(t))` with a convex `phi` that rises from zero with slope `phi'(0) >= 0` and
/// curvature `phi''(0) > 0`.
pub(super) fn tail_integral(phi: impl Fn(f64) -> f64, slope: f64, curvature: f64) -> f64 {
    // where the parabola reaches the cut, then corrected until the function itself does
    let mut end = 2.0 * CUT / (slope + (slope * slope + 2.0 * curvature * CUT).sqrt());
    for _ in 0..40 {
        let fall = phi(end);
        if (CUT..1.3 * CUT).contains(&fall) {
            break;
        }
        end *= (1.15 * CUT / fall).clamp(0.1, 10.0).sqrt();
    }
    RULE.iter()
        .map(|(t, weight)| weight * (-phi(end * t)).exp())
        .sum::<f64>()
        * end
}

/// `r - 1 - ln r`, the deviance of a ratio `r` to its mode, given `r - 1` and `r`, each to full relative accuracy.
pub(super) fn deviance(excess: f64, ratio: f64) -> f64 {
    if excess < -0.5 {
        excess - ratio.ln()
    } else {
        -ln_1p_minus(excess)
    }
}

/// `ln(Gamma(1 + a))` to full relative accuracy for `0 < a <= 1`.
pub(super) fn ln_gamma_1p(a: f64) -> f64 {
    ln_gamma_ratio(1.0, a)
}

/// `sum_{n >= 1} a c_n / (a + n)` with `c_0 = 1` and `c_n = c_{n-1} ratio(n)`: what a power series integrated term by
/// term against `a x^{a-1}` adds to 1.
pub(super) fn small_shape_series(a: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let (mut coefficient, mut sum, mut n) = (1.0, 0.0, 0.0);
    while n < 200.0 {
        n += 1.0;
        coefficient *= ratio(n);
        let term = a * coefficient / (a + n);
        sum += term;
        if term.abs() <= 1e-17 * sum.abs() {
            break;
        }
    }
    sum
}
