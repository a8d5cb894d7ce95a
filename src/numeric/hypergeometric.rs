//! Gauss' hypergeometric function where the models need it, with derivatives in its parameters.

use super::{BetaRule, Scalar};

/// Convergents of a continued fraction at most: enough for `1 - z = 1e-8`.
const MAX_CONVERGENTS: f64 = 200_000.0;
/// Terms of a power series beyond which the beta rule is quicker.
const MAX_TERMS: f64 = 500.0;

/// `2F1(s, a; a + b; -w) = E[(1 + w p)^(-s)]` with `p ~ Beta(a, b)`, for `s, a, b > 0` and `w >= 0`.
///
/// Where it converges quickly, by the Pfaff transformation (DLMF 15.8.1),
/// `(1 + w)^(-s) 2F1(s, b; a + b; w/(1 + w))`: all terms are positive, and it reads as `E[(1 - p)^N]` with a negative
/// binomial `N`. Elsewhere by [`BetaRule`].
pub fn hyp2f1_negative<S: Scalar>(s: S, a: S, b: S, w: S) -> S {
    if !negative_binomial_is_short(s.value(), w.value()) {
        let rule = BetaRule::new(a, b, s.value() * w.value());
        return rule.expect(|p| ((w * p).ln_1p() * -s).exp());
    }
    let (z, c) = (w / (w + 1.0), a + b);
    let mut term = (w.ln_1p() * -s).exp();
    let mut sum = term;
    let mut stop = Stop::default();
    let mut n = 0.0;
    while !stop.after(term.value(), sum.value()) {
        term = term * ((s + n) * (b + n) * z / ((c + n) * (n + 1.0)));
        sum += term;
        n += 1.0;
    }
    sum
}

/// `E[(1 - (1 + w p)^(-s)) / p]` with `p ~ Beta(a, b)`, for `s, a, b > 0` and `w >= 0`.
///
/// Equal to `s` times the integral of `2F1(s + 1, a; a + b; -v)` over `v` from 0 to `w`, and to
/// `(a + b - 1)/(a - 1) (1 - 2F1(s, a - 1; a + b - 1; -w))`, but regular at `a = 1` and without cancellation for small
/// `w`: it is `E[1 + q + ... + q^(N - 1)]` with `q = 1 - p` and the negative binomial `N` of [`hyp2f1_negative`].
pub fn hyp2f1_negative_integral<S: Scalar>(s: S, a: S, b: S, w: S) -> S {
    if !negative_binomial_is_short(s.value(), w.value()) {
        let rule = BetaRule::new(a, b, s.value() * w.value());
        return rule.expect(|p| -((w * p).ln_1p() * -s).exp_m1() / p);
    }
    let (z, c) = (w / (w + 1.0), a + b);
    let mut probability = (w.ln_1p() * -s).exp(); // P(N = n)
    let mut power = S::from(1.0); // E q^n
    let mut powers = S::from(0.0); // E[1 + q + ... + q^(n - 1)]
    let mut sum = S::from(0.0);
    let mut stop = Stop::default();
    let mut n = 0.0;
    loop {
        let term = probability * powers;
        sum += term;
        if stop.after(term.value(), sum.value()) {
            return sum;
        }
        powers += power;
        power = power * ((b + n) / (c + n));
        probability = probability * ((s + n) * z / (n + 1.0));
        n += 1.0;
    }
}

/// Whether a negative binomial variable of size `s` and mean `s w` stays below [`MAX_TERMS`] with all but negligible
/// probability, and its probability of zero is a normal number.
fn negative_binomial_is_short(s: f64, w: f64) -> bool {
    let mean = s * w;
    let terms = mean + 9.0 * (mean * (1.0 + w)).sqrt() + 38.0 / (1.0 / w).ln_1p();
    terms < MAX_TERMS && s * w.ln_1p() < 600.0
}

/// Says when a series of positive terms has ended: after three negligible terms in a row that fall, because the terms'
/// derivatives become negligible a little later than the terms.
#[derive(Debug, Default)]
struct Stop {
    negligible: u32,
    last: f64,
}

impl Stop {
    fn after(&mut self, term: f64, sum: f64) -> bool {
        let small = term <= 1e-17 * sum && term <= self.last;
        self.negligible = if small { self.negligible + 1 } else { 0 };
        self.last = term;
        self.negligible >= 3 || sum.is_nan()
    }
}

/// `2F1(1, b; c + 1; z)` for `b, c > 0` and `z < 1`, by Gauss' continued fraction
/// `1/(1 + d_1 z/(1 + d_2 z/(1 + ...)))` (DLMF 15.7.5).
///
/// The convergents are added up as a series (Gautschi, SIAM Review 9, 1967), of which for `0 < z < 1` all terms are
/// positive; the number of terms grows as `1/sqrt(1 - z)`.
pub fn gauss_fraction<S: Scalar>(b: S, c: S, z: S) -> S {
    let mut term = S::from(1.0);
    let mut sum = S::from(1.0);
    let mut ratio = S::from(0.0);
    let mut quiet = 0;
    let mut k = 0.0;
    while quiet < 3 && k < MAX_CONVERGENTS {
        k += 1.0;
        let step = partial_numerator(b, c, k) * z * (ratio + 1.0);
        ratio = -(step / (step + 1.0));
        term = term * ratio;
        sum += term;
        quiet = if term.value().abs() <= 1e-17 * sum.value().abs() {
            quiet + 1
        } else {
            0
        };
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
