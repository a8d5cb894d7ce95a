//! The logarithm of the beta function and its derivatives, and the logarithm of a ratio of gamma functions.

use super::gamma::{
    ASYMPTOTIC, digamma_rise, ln_gamma, stirling, stirling_drop, trigamma, trigamma_drop,
};

/// `ln(2 pi) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_8;

/// `ln B(a, b) = ln Gamma(a) + ln Gamma(b) - ln Gamma(a + b)` for `a, b > 0`.
///
/// Stirling's formula is subtracted term by term where an argument is large: a difference of log-gammas would lose
/// everything at `(0.5, 1e15)`. (The idea is that of Didonato and Morris, ACM TOMS 18, 1992, algorithm 708.) Mixed
/// error below 3e-15.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (p, q) = (a.min(b), a.max(b));
    if q < ASYMPTOTIC {
        ln_gamma(p) + ln_gamma(q) - ln_gamma(p + q)
    } else if p < ASYMPTOTIC {
        ln_gamma(p) - ln_gamma_ratio(q, p)
    } else {
        let tail = stirling(p) + stirling_drop(q, p);
        let powers = (p - 0.5) * (q / p).ln_1p() + (q - 0.5) * (p / q).ln_1p();
        HALF_LN_TWO_PI - 0.5 * (p + q).ln() + tail - powers
    }
}

/// The gradient of [`ln_beta`]: `[psi(a) - psi(a + b), psi(b) - psi(a + b)]`. Relative error below 1e-15.
pub fn ln_beta_gradient(a: f64, b: f64) -> [f64; 2] {
    [-digamma_rise(a, b), -digamma_rise(b, a)]
}

/// The second derivatives of [`ln_beta`]: `[aa, ab, bb]`. Relative error below 1e-15.
pub fn ln_beta_hessian(a: f64, b: f64) -> [f64; 3] {
    [trigamma_drop(a, b), -trigamma(a + b), trigamma_drop(b, a)]
}

/// `ln Gamma(x + n) - ln Gamma(x)` for `x > 0`, `n >= 0`: the logarithm of the rising factorial where `n` is whole.
///
/// Relative error below 2e-15, however small `n` is beside `x`; absolute next to the zeros at `Gamma(x + n) = Gamma(x)`.
pub fn ln_gamma_ratio(x: f64, n: f64) -> f64 {
    if x >= ASYMPTOTIC {
        let powers = (x + n - 0.5) * (n / x).ln_1p() + n * (x.ln() - 1.0);
        powers - stirling_drop(x, n)
    } else if n >= 1.0 {
        ln_gamma(x + n) - ln_gamma(x)
    } else {
        // the two log-gammas nearly agree: lift x by Gamma(x + 1) = x Gamma(x), collecting prod (1 + n/x) - 1
        let (mut x, mut excess) = (x, 0.0);
        while x < ASYMPTOTIC {
            excess += n / x * (1.0 + excess);
            x += 1.0;
        }
        ln_gamma_ratio(x, n) - excess.ln_1p()
    }
}
