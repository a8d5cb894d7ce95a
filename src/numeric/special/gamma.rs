//! The logarithm of the gamma function, its derivatives, and differences of each between two arguments.

/// From here on eight terms of each asymptotic series are good to the last bit; recurrences lift smaller arguments.
pub(super) const ASYMPTOTIC: f64 = 10.0;

/// `B_2k / (2k (2k - 1))`: Stirling's series in `1/x, 1/x^3, ...`.
const STIRLING: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 360.0,
    1.0 / 1260.0,
    -1.0 / 1680.0,
    1.0 / 1188.0,
    -691.0 / 360360.0,
    1.0 / 156.0,
    -3617.0 / 122400.0,
];

/// `B_2k / 2k`: the series of the digamma function in `1/x^2, 1/x^4, ...`.
const DIGAMMA: [f64; 8] = [
    1.0 / 12.0,
    -1.0 / 120.0,
    1.0 / 252.0,
    -1.0 / 240.0,
    1.0 / 132.0,
    -691.0 / 32760.0,
    1.0 / 12.0,
    -3617.0 / 8160.0,
];

/// `B_2k`: the series of the trigamma function in `1/x^3, 1/x^5, ...`.
const TRIGAMMA: [f64; 8] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
];

/// `ln Gamma(x)` for `x > 0`. Mixed error below 1e-15.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The digamma function `psi(x) = d/dx ln Gamma(x)` for `x > 0`.
///
/// Recurrence up to `x >= 10`, then the asymptotic series (DLMF 5.5.2, 5.11.2). Mixed error below 1.5e-15.
pub fn digamma(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    let (mut x, mut lifted) = (x, 0.0);
    while x < ASYMPTOTIC {
        lifted += 1.0 / x;
        x += 1.0;
    }
    let r = 1.0 / x;
    x.ln() - 0.5 * r - series(&DIGAMMA, r * r, r * r) - lifted
}

/// The trigamma function `psi'(x)` for `x > 0`.
///
/// Recurrence up to `x >= 10`, then the asymptotic series (DLMF 5.15.5, 5.15.8). Relative error below 1e-15.
pub fn trigamma(x: f64) -> f64 {
    if x < 0.0 {
        return f64::NAN;
    }
    let (mut x, mut lifted) = (x, 0.0);
    while x < ASYMPTOTIC {
        lifted += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / x;
    r + 0.5 * r * r + series(&TRIGAMMA, r * r * r, r * r) + lifted
}

/// `psi(x + d) - psi(x)` for `x, d > 0`, however different `x` and `d` are in size. Relative error below 1e-15.
///
/// Recurrence and series are those of [`digamma`], subtracted term by term.
pub fn digamma_rise(x: f64, d: f64) -> f64 {
    if x < 0.0 || d < 0.0 {
        return f64::NAN;
    }
    let (mut x, mut lifted) = (x, 0.0);
    while x < ASYMPTOTIC {
        lifted += d / (x + d) / x;
        x += 1.0;
    }
    let [r, s, gap] = reciprocals(x, d);
    let tail = series_drop(&DIGAMMA, [r, s], gap, [gap * (r + s), s * s]);
    (d / x).ln_1p() + 0.5 * gap + tail + lifted
}

/// `psi'(x) - psi'(x + d)` for `x, d > 0`, however different `x` and `d` are in size. Relative error below 1e-15.
///
/// Recurrence and series are those of [`trigamma`], subtracted term by term.
pub fn trigamma_drop(x: f64, d: f64) -> f64 {
    if x < 0.0 || d < 0.0 {
        return f64::NAN;
    }
    let (mut x, mut lifted) = (x, 0.0);
    while x < ASYMPTOTIC {
        lifted += d / (x + d) / x * (1.0 / x + 1.0 / (x + d));
        x += 1.0;
    }
    let [r, s, gap] = reciprocals(x, d);
    let cubes = [gap * (r * r + r * s + s * s), s * s * s];
    let tail = series_drop(&TRIGAMMA, [r, s], gap, cubes);
    gap + 0.5 * gap * (r + s) + tail + lifted
}

/// What Stirling's formula leaves out of `ln Gamma(x)`, for `x >= 10`.
pub(crate) fn stirling(x: f64) -> f64 {
    let r = 1.0 / x;
    series(&STIRLING, r, r * r)
}

/// `stirling(x) - stirling(x + d)` for `x >= 10`, without cancellation.
pub(crate) fn stirling_drop(x: f64, d: f64) -> f64 {
    let [r, s, gap] = reciprocals(x, d);
    series_drop(&STIRLING, [r, s], gap, [gap, s])
}

/// `sum_k c_k first step^k`.
fn series(coefficients: &[f64; 8], first: f64, step: f64) -> f64 {
    let horner = |sum: f64, c: &f64| sum * step + c;
    first * coefficients.iter().rev().fold(0.0, horner)
}

/// `1/x`, `1/(x + d)` and their difference.
fn reciprocals(x: f64, d: f64) -> [f64; 3] {
    let (r, s) = (1.0 / x, 1.0 / (x + d));
    [r, s, d * s * r]
}

/// `sum_k c_k (r^n - s^n)` with `n` rising by two from where `drop = r^n - s^n` and `power = s^n` start; `gap = r - s`.
fn series_drop(
    coefficients: &[f64; 8],
    [r, s]: [f64; 2],
    gap: f64,
    [mut drop, mut power]: [f64; 2],
) -> f64 {
    let (r2, s2) = (r * r, s * s);
    let gap2 = gap * (r + s);
    let mut sum = 0.0;
    for c in coefficients {
        sum += c * drop;
        drop = r2 * drop + power * gap2;
        power *= s2;
    }
    sum
}
