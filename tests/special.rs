//! The special functions against 60-digit references (`golden/special.json`), each to the error that its doc comment
//! states, and identities between them at random arguments.
#![expect(
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "all of this file is tests; limits are met exactly"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use tenure::numeric::hypergeometric::{gauss_fraction, hyp2f1_negative};
use tenure::numeric::incomplete::{
    beta_regularised, beta_regularised_complement, gamma_p, gamma_q, gamma_quantile,
};
use tenure::numeric::special::{
    digamma, digamma_rise, exp_m1_minus, ln_1m_exp, ln_1p, ln_1p_minus, ln_add_exp, ln_beta,
    ln_beta_gradient, ln_beta_hessian, ln_gamma, ln_gamma_ratio, ln_sum_exp, trigamma,
    trigamma_drop,
};
use tenure::numeric::{BetaRule, Dual, Dual2};

// --- references ----------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Golden {
    tolerance: BTreeMap<String, Tolerance>,
    /// Arguments, then values.
    cases: BTreeMap<String, Vec<Vec<f64>>>,
}

/// How an error is measured, and how large it may be.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tolerance {
    /// Relative to the value.
    Relative(f64),
    /// Relative to the value or to 1, whichever is larger: for functions that pass through zero.
    Mixed(f64),
    /// Of the elasticity `d ln f / d ln x`, relative to it or to 1, whichever is larger.
    Elastic(f64),
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/special.json")).unwrap()
}

/// Fails if `f` misses a reference by more than the tolerance of `name`; `scales` gives `x / f` for elasticities.
fn check<const N: usize, const M: usize>(
    name: &str,
    f: impl Fn([f64; N]) -> [f64; M],
    scales: impl Fn([f64; N]) -> [f64; M],
) {
    let golden = golden();
    let tolerance = golden.tolerance[name];
    let cases = &golden.cases[name];
    assert!(cases.len() > 50, "{name}: few references");
    for case in cases {
        let arguments: [f64; N] = case[..N].try_into().unwrap();
        let expected: [f64; M] = case[N..].try_into().unwrap();
        let (found, scale) = (f(arguments), scales(arguments));
        for i in 0..M {
            let error = (found[i] - expected[i]).abs();
            let allowed = match tolerance {
                Tolerance::Relative(bound) => bound * expected[i].abs(),
                Tolerance::Mixed(bound) => bound * expected[i].abs().max(1.0),
                Tolerance::Elastic(bound) => bound * (1.0 / scale[i]).max(expected[i].abs()),
            };
            assert!(
                error <= allowed,
                "{name}{arguments:?}[{i}] = {:e}, not {:e}: error {error:e}, allowed {allowed:e}",
                found[i],
                expected[i],
            );
        }
    }
}

fn check_values<const N: usize, const M: usize>(name: &str, f: impl Fn([f64; N]) -> [f64; M]) {
    check(name, f, |_| [1.0; M]);
}

#[test]
fn gamma_function_and_its_derivatives() {
    check_values("ln_gamma", |[x]| [ln_gamma(x)]);
    check_values("digamma", |[x]| [digamma(x)]);
    check_values("trigamma", |[x]| [trigamma(x)]);
    check_values("ln_gamma_ratio", |[x, n]| [ln_gamma_ratio(x, n)]);
}

#[test]
fn beta_function_and_its_derivatives() {
    check_values("ln_beta", |[a, b]| [ln_beta(a, b)]);
    check_values("ln_beta_gradient", |[a, b]| ln_beta_gradient(a, b));
    check_values("ln_beta_hessian", |[a, b]| ln_beta_hessian(a, b));
}

#[test]
fn remainders_of_exponentials_and_logarithms() {
    check_values("ln_1m_exp", |[x]| [ln_1m_exp(x)]);
    check_values("ln_1p_minus", |[x]| [ln_1p_minus(x)]);
    check_values("exp_m1_minus", |[x]| [exp_m1_minus(x)]);
}

#[test]
fn incomplete_functions_in_both_tails() {
    check_values("beta_regularised", |[x, a, b]| {
        [
            beta_regularised(x, a, b),
            beta_regularised_complement(x, a, b),
        ]
    });
    check_values("gamma_regularised", |[a, x]| [gamma_p(a, x), gamma_q(a, x)]);
    check_values("gamma_quantile", |[a, p]| [gamma_quantile(a, p)]);
}

#[test]
fn hypergeometric_functions() {
    check_values("hyp2f1_negative", |[s, a, b, w]| {
        [hyp2f1_negative(s, a, b, w)]
    });
    check_values("gauss_fraction", |[b, c, z]| [gauss_fraction(b, c, z)]);
}

#[test]
fn hypergeometric_gradient() {
    let gradient = |theta: [f64; 4]| {
        let [s, a, b, w] = Dual::variables(theta);
        hyp2f1_negative(s, a, b, w).gradient
    };
    check("hyp2f1_negative_gradient", gradient, |theta| {
        let [s, a, b, w] = theta;
        theta.map(|x| x / hyp2f1_negative(s, a, b, w))
    });
}

/// The log-likelihood of the Pareto/NBD model (Schmittlein, Morrison and Colombo 1987) at hard arguments, through
/// Gauss' continued fraction after Euler's transformation, against references in many digits.
#[test]
fn gauss_fraction_carries_the_pareto_nbd_likelihood() {
    #[derive(Deserialize)]
    struct Stress {
        rows: Vec<[f64; 8]>,
    }
    let stress: Stress =
        serde_json::from_str(include_str!("golden/pareto_nbd_stress.json")).unwrap();
    assert_eq!(stress.rows.len(), 300);
    for [r, alpha, s, beta, x, t_x, t, expected] in stress.rows {
        let found = pareto_nbd([r, alpha, s, beta], [x, t_x, t]);
        // the worst of 600 such cases was 3e-13 relative; these are sums of terms up to 1e4
        let allowed = 1e-12 * expected.abs().max(1.0);
        assert!(
            (found - expected).abs() <= allowed,
            "{found} is not {expected} at r = {r}, alpha = {alpha}, s = {s}, beta = {beta}, x = {x}"
        );
    }
}

fn pareto_nbd([r, alpha, s, beta]: [f64; 4], [x, t_x, t]: [f64; 3]) -> f64 {
    let w = r + s + x;
    let (low, high) = (alpha.min(beta), alpha.max(beta));
    let (top, power) = if alpha >= beta {
        (r + x, s)
    } else {
        (s + 1.0, r + x - 1.0)
    };
    // ln of 2F1(w, .; w+1; z) / (high + tau)^w
    let term = |tau: f64| {
        let z = (high - low) / (high + tau);
        let ln_1m_z = ((low + tau) / (high + tau)).ln();
        gauss_fraction(top, w, z).ln() - power * ln_1m_z - w * (high + tau).ln()
    };
    let lead = ln_gamma_ratio(r, x) + r * alpha.ln() + s * beta.ln();
    let alive = -(r + x) * (alpha + t).ln() - s * (beta + t).ln();
    let died = if t_x < t {
        s.ln() - w.ln() + term(t_x) + ln_1m_exp(term(t) - term(t_x))
    } else {
        f64::NEG_INFINITY
    };
    lead + ln_add_exp(alive, died)
}

// --- limits --------------------------------------------------------------------------------------------------------

#[test]
fn sums_of_exponentials_at_the_ends() {
    let inf = f64::INFINITY;
    assert_eq!(ln_add_exp(-inf, -inf), -inf);
    assert_eq!(ln_add_exp(-inf, 3.0), 3.0);
    assert_eq!(ln_add_exp(inf, 3.0), inf);
    assert_eq!(ln_add_exp(1e4, 1e4), 1e4 + 2.0_f64.ln());
    assert!(ln_add_exp(f64::NAN, 3.0).is_nan() && ln_add_exp(3.0, f64::NAN).is_nan());
    assert_eq!(ln_sum_exp(&[]), -inf);
    assert_eq!(ln_sum_exp(&[-inf, -inf]), -inf);
    assert_eq!(ln_sum_exp(&[7.0]), 7.0);
    assert_eq!(ln_sum_exp(&[-1e4, -1e4, -1e4, -1e4]), -1e4 + 4.0_f64.ln());
    assert!(ln_sum_exp(&[1.0, f64::NAN]).is_nan());
    assert_eq!(ln_1m_exp(0.0), -inf);
    assert_eq!(ln_1m_exp(-inf), 0.0);
    assert!(ln_1m_exp(0.1).is_nan());
}

#[test]
fn incomplete_functions_at_the_ends() {
    for (x, lower) in [(-1.0, 0.0), (0.0, 0.0), (1.0, 1.0), (2.0, 1.0)] {
        assert_eq!(beta_regularised(x, 2.0, 3.0), lower);
        assert_eq!(beta_regularised_complement(x, 2.0, 3.0), 1.0 - lower);
    }
    for (x, lower) in [(-1.0, 0.0), (0.0, 0.0), (f64::INFINITY, 1.0)] {
        assert_eq!(gamma_p(2.0, x), lower);
        assert_eq!(gamma_q(2.0, x), 1.0 - lower);
    }
    assert_eq!(gamma_quantile(2.0, 0.0), 0.0);
    assert_eq!(gamma_quantile(2.0, 1.0), f64::INFINITY);
    // (1e-12 Gamma(1.001))^1000 is no number that f64 has
    assert_eq!(gamma_quantile(1e-3, 1e-12), 0.0);
}

#[test]
fn nonsense_is_not_a_number_and_returns() {
    let nan = f64::NAN;
    for (x, a, b) in [
        (nan, 1.0, 1.0),
        (0.5, 0.0, 1.0),
        (0.5, 1.0, -1.0),
        (0.5, nan, 1.0),
    ] {
        assert!(beta_regularised(x, a, b).is_nan());
    }
    for (a, x) in [
        (nan, 1.0),
        (0.0, 1.0),
        (-1.0, 1.0),
        (f64::INFINITY, 1.0),
        (1.0, nan),
    ] {
        assert!(gamma_p(a, x).is_nan());
    }
    for (a, p) in [(nan, 0.5), (0.0, 0.5), (1.0, nan), (1.0, -0.1), (1.0, 1.1)] {
        assert!(gamma_quantile(a, p).is_nan());
    }
    for i in 0..4 {
        let mut theta = [1.0; 4];
        theta[i] = nan;
        let [s, a, b, w] = theta;
        assert!(hyp2f1_negative(s, a, b, w).is_nan());
    }
    assert!(gauss_fraction(nan, 1.0, 0.5).is_nan());
    assert!(digamma(-1.0).is_nan() && trigamma(-1e300).is_nan());
    assert!(digamma_rise(-1.0, 1.0).is_nan() && trigamma_drop(1.0, -1.0).is_nan());
}

#[test]
fn hypergeometric_limits() {
    assert_eq!(hyp2f1_negative(3.0, 0.8, 2.4, 0.0), 1.0);
    // all mass at p = 1 (b -> 0) or p = 0 (a -> 0)
    let at_one = hyp2f1_negative(3.0, 5.0, 1e-12, 2.0);
    assert!((at_one / 3.0_f64.powi(-3) - 1.0).abs() < 1e-10); // off by 2e-13 * 26
    let at_zero = hyp2f1_negative(3.0, 1e-12, 5.0, 2.0);
    assert!((at_zero - 1.0).abs() < 1e-10);
    // too small to be a number, and not to be a number that is not
    assert_eq!(hyp2f1_negative(1e4, 1e4, 1.0, 1e8), 0.0);
    assert_eq!(gauss_fraction(2.0, 3.0, 0.0), 1.0);
}

// --- identities ----------------------------------------------------------------------------------------------------

fn close(found: f64, expected: f64, relative: f64) -> Result<(), TestCaseError> {
    let error = (found - expected).abs();
    prop_assert!(
        error <= relative * expected.abs(),
        "{found:e} is not {expected:e}: relative error {:e}",
        error / expected.abs()
    );
    Ok(())
}

/// Between `10^low` and `10^high`, uniform on the log scale.
fn log_uniform(low: f64, high: f64) -> impl Strategy<Value = f64> {
    (low..high).prop_map(|x| 10_f64.powf(x))
}

proptest! {
    #[test]
    fn ln_1p_is_that_of_the_library(x in log_uniform(-300.0, 300.0), y in -1.0_f64..0.0) {
        // each is good to about one rounding
        close(ln_1p(x), x.ln_1p(), 4e-16)?;
        close(ln_1p(y), y.ln_1p(), 4e-16)?;
    }

    #[test]
    fn recurrences_of_the_gamma_function(x in log_uniform(-3.0, 6.0)) {
        // rounding of x + 1 costs x psi'(x), at most one, times 1e-16 beside a few roundings of the largest term
        let scale = ln_gamma(x).abs().max(1.0);
        prop_assert!((ln_gamma(x + 1.0) - ln_gamma(x) - x.ln()).abs() < 2e-15 * scale * x.ln().abs().max(1.0));
        let scale = digamma(x).abs().max(1.0);
        prop_assert!((digamma(x + 1.0) - digamma(x) - 1.0 / x).abs() < 4e-15 * scale);
        close(digamma_rise(x, 1.0), 1.0 / x, 1e-14)?;
        close(trigamma_drop(x, 1.0), 1.0 / (x * x), 1e-14)?;
        close(trigamma(x + 1.0) + 1.0 / (x * x), trigamma(x), 1e-14)?;
        if x >= 1.0 {
            prop_assert!((ln_gamma_ratio(x, 1.0) - x.ln()).abs() < 1e-14 * x.ln().max(1.0));
        }
    }

    #[test]
    fn rising_factorials_multiply(x in log_uniform(-3.0, 9.0), n in 1_u32..20, m in 1_u32..20) {
        let (n, m) = (f64::from(n), f64::from(m));
        let both = ln_gamma_ratio(x, n + m);
        let parts = [ln_gamma_ratio(x, n), ln_gamma_ratio(x + n, m)];
        prop_assert!((parts[0] + parts[1] - both).abs() < 1e-14 * parts[0].abs().max(parts[1].abs()).max(1.0));
    }

    #[test]
    fn beta_function_steps(a in log_uniform(-3.0, 9.0), b in log_uniform(-3.0, 9.0)) {
        prop_assert_eq!(ln_beta(a, b).to_bits(), ln_beta(b, a).to_bits());
        // B(a + 1, b) = B(a, b) a / (a + b); a + 1 is rounded, which moves ln B by 1e-16 a (psi(a) - psi(a + b))
        let moved = 1e-16 * a * ln_beta_gradient(a, b)[0].abs();
        let scale = ln_beta(a, b).abs().max((a / (a + b)).ln().abs()).max(1.0);
        let step = ln_beta(a + 1.0, b) - ln_beta(a, b) - (a / (a + b)).ln();
        prop_assert!(step.abs() < 1e-14 * scale + moved);
    }

    #[test]
    fn beta_tails(
        x in 1e-6_f64..0.999_999,
        a in log_uniform(-3.0, 6.0),
        b in log_uniform(-3.0, 6.0),
    ) {
        let (lower, upper) = (beta_regularised(x, a, b), beta_regularised_complement(x, a, b));
        prop_assert!((0.0..=1.0).contains(&lower) && (0.0..=1.0).contains(&upper));
        prop_assert!((lower + upper - 1.0).abs() < 1e-14);
        // the mirror image: 1 - x is rounded, which moves ln(1 - x) by 1e-16
        let mirrored = beta_regularised(1.0 - x, b, a);
        prop_assert!((lower + mirrored - 1.0).abs() < 1e-13 * a.max(b).sqrt().max(1.0));
        prop_assert!(beta_regularised(x + 1e-7, a, b) >= lower * (1.0 - 1e-12));
        // I_x(a, b) = I_x(a + 1, b) + x^a (1-x)^b / (a B(a, b)), all terms positive (DLMF 8.17.20)
        let ln_step = a * x.ln() + b * (-x).ln_1p() - a.ln() - ln_beta(a, b);
        let rounding = 1e-15 * (a * x.ln().abs() + b + ln_beta(a, b).abs() + 100.0);
        let sum = beta_regularised(x, a + 1.0, b) + ln_step.exp();
        prop_assert!((sum - lower).abs() <= rounding * sum.max(lower).max(1e-290));
    }

    #[test]
    fn gamma_tails(a in log_uniform(-3.0, 6.0), z in -6.0_f64..6.0) {
        let x = a * (z / a.sqrt().max(1.0)).exp();
        let (lower, upper) = (gamma_p(a, x), gamma_q(a, x));
        prop_assert!((lower + upper - 1.0).abs() < 1e-14);
        // P(a, x) = P(a + 1, x) + x^a e^-x / Gamma(a + 1) (DLMF 8.8.5)
        let ln_step = a * x.ln() - x - ln_gamma(a) - a.ln();
        let rounding = 1e-15 * (a * x.ln().abs() + x + ln_gamma(a).abs() + 100.0);
        prop_assert!((gamma_p(a + 1.0, x) + ln_step.exp() - lower).abs() <= rounding * lower);
    }

    #[test]
    fn gamma_quantile_inverts(a in log_uniform(-2.5, 8.0), logit in -27.0_f64..27.0) {
        let p = 1.0 / (1.0 + (-logit).exp());
        let x = gamma_quantile(a, p);
        // x is good to a few roundings, each of which moves P by its elasticity, at most about 10 sqrt(a) + 10 here
        let bound = 1e-15 * (40.0 * a.sqrt() + 100.0);
        if x > 1e-290 {
            close(gamma_p(a, x), p, bound)?;
            close(gamma_q(a, x), 1.0 - p, bound)?;
        }
    }

    #[test]
    fn hypergeometric_symmetry(
        s in log_uniform(-2.0, 3.0),
        a in log_uniform(-3.0, 3.0),
        b in log_uniform(-3.0, 3.0),
        w in log_uniform(-6.0, 6.0),
    ) {
        let value = hyp2f1_negative(s, a, b, w);
        prop_assert!((0.0..=1.0 + 1e-15).contains(&value));
        prop_assert!(hyp2f1_negative(s, a, b, 1.01 * w) <= value * (1.0 + 1e-12));
        // 2F1 is symmetric in its upper parameters; a + b - s must not cancel for the comparison to make sense
        let rest = a + b - s;
        if rest > 0.1 * (a + b) && value > 1e-290 {
            close(hyp2f1_negative(a, s, rest, w), value, 1e-12)?;
        }
    }

    #[test]
    fn hypergeometric_derivatives(
        s in log_uniform(-1.0, 3.0),
        a in log_uniform(-2.0, 3.0),
        b in log_uniform(-2.0, 3.0),
        w in log_uniform(-2.0, 4.0),
    ) {
        let theta = [s, a, b, w];
        let ln_f = |theta: [f64; 4]| {
            let [s, a, b, w] = Dual2::variables(theta);
            tenure::numeric::Scalar::ln(hyp2f1_negative(s, a, b, w))
        };
        let here = ln_f(theta);
        if here.value < -300.0 {
            return Ok(());
        }
        // d/dw 2F1(s, a; a+b; -w) = -s a/(a+b) 2F1(s+1, a+1; a+b+1; -w) (DLMF 15.5.1)
        let slope = -s * a / (a + b) * hyp2f1_negative(s + 1.0, a + 1.0, b, w) / here.value.exp();
        prop_assert!((here.gradient[3] - slope).abs() * w < 1e-11 * (1.0 + slope.abs() * w));
        for i in 0..4 {
            // central differences in ln theta_i: error step^2 f''' / 6 beside rounding 1e-14 / step
            let step = 1e-5;
            let shifted = |by: f64| {
                let mut theta = theta;
                theta[i] *= f64::exp(by);
                ln_f(theta)
            };
            let (up, down) = (shifted(step), shifted(-step));
            let slope = (up.value - down.value) / (2.0 * step);
            let scale = theta.iter().zip(here.gradient).map(|(x, g)| (x * g).abs()).fold(1.0, f64::max);
            prop_assert!((here.gradient[i] * theta[i] - slope).abs() < 1e-6 * scale);
            for j in 0..4 {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step) * theta[j];
                let exact = here.hessian[i][j] * theta[i] * theta[j];
                prop_assert!((exact - bend).abs() < 1e-6 * scale * scale, "{exact} {bend} {scale}");
            }
        }
    }

    #[test]
    fn beta_rule_has_the_moments_of_the_distribution(
        a in log_uniform(-3.0, 6.0),
        b in log_uniform(-3.0, 6.0),
        scale in log_uniform(-2.0, 9.0),
    ) {
        let [da, db] = Dual::variables([a, b]);
        let rule = BetaRule::new(da, db, scale);
        let n = a + b;
        let total = rule.expect(|_| Dual::from(1.0));
        prop_assert!((total.value - 1.0).abs() < 1e-13);
        let mean = rule.expect(Dual::from);
        close(mean.value, a / n, 1e-12)?;
        // elasticities of the mean are b/n and -b/n
        let [in_a, in_b] = mean.gradient;
        prop_assert!((a * in_a / mean.value - b / n).abs() < 1e-12);
        prop_assert!((b * in_b / mean.value + b / n).abs() < 1e-12);
        let square = rule.expect(|p| Dual::from(p * p));
        close(square.value, a * (a + 1.0) / (n * (n + 1.0)), 1e-12)?;
        prop_assert!(rule.nodes().iter().all(|p| (0.0..=1.0).contains(p)));
    }
}
