//! Sums, differences and remainders of exponentials and logarithms that neither overflow nor cancel.

use std::f64::consts::LN_2;

/// `1/3, 1/5, ...`: the series of the inverse hyperbolic tangent after its first term, long enough for `z = 1/3`.
const ARTANH: [f64; 16] = {
    let mut c = [0.0; 16];
    let mut k = 0;
    while k < 16 {
        c[k] = 1.0 / (2 * k + 3) as f64;
        k += 1;
    }
    c
};

/// `2/n!` for `n = 2, 3, ...`: the series of `2 (exp(x) - 1 - x) / x^2`, long enough for `x = 1/2`.
const EXP: [f64; 14] = {
    let mut c = [1.0; 14];
    let mut k = 1;
    while k < 14 {
        c[k] = c[k - 1] / (k + 2) as f64;
        k += 1;
    }
    c
};

/// `ln(1 + x)` for `x > -1`, accurate near zero; for `x >= 0` in half the time of the C library's.
///
/// What is lost when `1 + x` is rounded comes back to first order (Kahan's correction). Worst relative error 2.3e-16
/// for `x >= 0`.
pub fn ln_1p(x: f64) -> f64 {
    if !(0.0..1e300).contains(&x) {
        return x.ln_1p();
    }
    let u = 1.0 + x;
    u.ln() - ((u - 1.0) - x) / u
}

/// `ln(1 - exp(x))` for `x <= 0`: `-inf` at zero. Relative error below 5e-16.
///
/// Two forms that meet at `-ln 2` (Mächler, "Accurately computing log(1 - exp(-|a|))", 2012).
pub fn ln_1m_exp(x: f64) -> f64 {
    if x > -LN_2 {
        (-x.exp_m1()).ln()
    } else {
        (-x.exp()).ln_1p()
    }
}

/// `ln(exp(x) + exp(y))` without overflow, to the last bits of the larger of the result and 1.
pub fn ln_add_exp(x: f64, y: f64) -> f64 {
    let (low, high) = if x > y { (y, x) } else { (x, y) };
    if high.is_infinite() && !low.is_nan() {
        return high; // not high - high
    }
    high + (low - high).exp().ln_1p()
}

/// `ln(sum_i exp(x_i))` without overflow: `-inf` for no terms.
pub fn ln_sum_exp(terms: &[f64]) -> f64 {
    let larger = |high: f64, &x: &f64| if x > high || x.is_nan() { x } else { high };
    let high = terms.iter().fold(f64::NEG_INFINITY, larger);
    if high.is_infinite() {
        return high;
    }
    high + terms.iter().map(|x| (x - high).exp()).sum::<f64>().ln()
}

/// `ln(1 + x) - x` for `x > -1`. Relative error below 5e-16, near zero too.
///
/// `ln(1 + x) = 2 artanh(z)` with `z = x / (2 + x)`, of which the leading `2 z = x - x z` is taken off exactly.
pub fn ln_1p_minus(x: f64) -> f64 {
    if !(-0.5..=1.0).contains(&x) {
        return x.ln_1p() - x;
    }
    let z = x / (2.0 + x);
    let z2 = z * z;
    let rest = ARTANH.iter().rev().fold(0.0, |sum, c| sum * z2 + c);
    2.0 * z * z2 * rest - x * z
}

/// `int_0^1 u^k exp(x u) du` for `k = 0, 1, 2`: `(exp(x) - 1) / x` and its first two derivatives. Relative error below
/// 2e-15.
pub fn exp_moments(x: f64) -> [f64; 3] {
    if x.abs() < 1.0 {
        let (mut term, mut moments) = (1.0_f64, [1.0, 0.5, 1.0 / 3.0]);
        let mut n = 0.0;
        while term.abs() > 1e-18 {
            n += 1.0;
            term *= x / n;
            for (moment, k) in moments.iter_mut().zip([1.0, 2.0, 3.0]) {
                *moment += term / (n + k);
            }
        }
        return moments;
    }
    let (e, rise) = (x.exp(), x.exp_m1());
    let mean = (e - rise / x) / x;
    [rise / x, mean, (e - 2.0 * mean) / x]
}

/// `exp(x) - 1 - x`. Relative error below 5e-16, near zero too.
pub fn exp_m1_minus(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return x.exp_m1() - x;
    }
    0.5 * x * x * EXP.iter().rev().fold(0.0, |sum, c| sum * x + c)
}
