//! Gauss' hypergeometric function where the models need it, with derivatives in its parameters.

use super::{BetaRule, Scalar};

/// Terms of the power series beyond which the beta rule is quicker.
const MAX_TERMS: f64 = 1000.0;
/// Convergents of the continued fraction at most: enough for `1 - z = 1e-8`.
const MAX_CONVERGENTS: f64 = 200_000.0;
/// A share of a sum that no longer shows in its last digit.
const NEGLIGIBLE: f64 = 1e-17;
/// So many negligible terms in a row end a series: derivatives of the terms become negligible a little later.
const QUIET: u32 = 3;

/// `2F1(s, a; a + b; -w) = E[(1 + w p)^(-s)]` with `p ~ Beta(a, b)`, for `s, a, b > 0` and `w >= 0`.
///
/// Where it converges quickly, by the Pfaff transformation (DLMF 15.8.1),
/// `(1 + w)^(-s) 2F1(s, b; a + b; w/(1 + w))`: all terms are positive, and it reads as `E[(1 - p)^N]` with a negative
/// binomial `N`. Elsewhere by [`BetaRule`].
///
/// Relative error below 1e-13 for `s` up to 1e4, `a` and `b` in 1e-3..1e4 and `w` up to 1e8, wherever the value does
/// not underflow; its elasticities `d ln f / d ln x` have a mixed error below 1e-12.
pub fn hyp2f1_negative<S: Scalar>(s: S, a: S, b: S, w: S) -> S {
    if !series_is_short(s.value(), w.value()) {
        let rule = BetaRule::new(a, b, s.value() * w.value());
        return rule.expect(|p| (-(s * (w * p).ln_1p())).exp());
    }
    let (z, c) = (w / (w + 1.0), a + b);
    let mut term = (-(s * w.ln_1p())).exp();
    let mut sum = term;
    let (mut n, mut quiet) = (0.0, 0);
    while quiet < QUIET && n < 2.0 * MAX_TERMS {
        term = term * ((s + n) * (b + n) * z / ((c + n) * (n + 1.0)));
        sum += term;
        n += 1.0;
        let negligible = term.value() <= NEGLIGIBLE * sum.value();
        quiet = if negligible { quiet + 1 } else { 0 };
    }
    sum
}

/// Whether a negative binomial variable of size `s` and mean `s w` stays below [`MAX_TERMS`] but for a negligible
/// probability, and its probability of zero is a normal number.
fn series_is_short(s: f64, w: f64) -> bool {
    let mean = s * w;
    let terms = mean + 9.0 * (mean * (1.0 + w)).sqrt() + 38.0 / (1.0 / w).ln_1p();
    terms < MAX_TERMS && s * w.ln_1p() < 600.0
}

/// `2F1(1, b; c + 1; z)` for `b, c > 0` and `z < 1`, by Gauss' continued fraction
/// `1/(1 + d_1 z/(1 + d_2 z/(1 + ...)))` (DLMF 15.7.5).
///
/// The convergents are added up as a series (Gautschi, SIAM Review 9, 1967), of which for `0 < z < 1` all terms are
/// positive; the number of terms grows as `1/sqrt(1 - z)`. Relative error below 2e-13 for `z` in -1000..0.999 and parameters in
/// 1e-2..1e4.
pub fn gauss_fraction<S: Scalar>(b: S, c: S, z: S) -> S {
    let mut term = S::from(1.0);
    let mut sum = S::from(1.0);
    let mut ratio = S::from(0.0);
    let (mut k, mut quiet) = (0.0, 0);
    while quiet < QUIET && k < MAX_CONVERGENTS && !sum.value().is_nan() {
        k += 1.0;
        let step = partial_numerator(b, c, k) * z * (ratio + 1.0);
        ratio = -(step / (step + 1.0));
        term = term * ratio;
        sum += term;
        let negligible = term.value().abs() <= NEGLIGIBLE * sum.value().abs();
        quiet = if negligible { quiet + 1 } else { 0 };
    }
    sum
}

/// `d_k` of Gauss' continued fraction.
fn partial_numerator<S: Scalar>(b: S, c: S, k: f64) -> S {
    let j = (k / 2.0).floor();
    if k > 2.0 * j {
        -((b + j) * (c + j) / ((c + 2.0 * j) * (c + (2.0 * j + 1.0))))
    } else {
        -((c - b + j) * j / ((c + (2.0 * j - 1.0)) * (c + 2.0 * j)))
    }
}
