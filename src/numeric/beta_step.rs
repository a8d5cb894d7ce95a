//! How the beta function falls as an argument grows, without cancellation and with derivatives.

use super::special::{digamma_rise, stirling_drop, trigamma, trigamma_drop};
use super::{Dual2, Scalar};

/// Above this Stirling's formula is exact to rounding.
const ASYMPTOTIC: f64 = 10.0;

/// `ln B(a, x + m) - ln B(a, x)` for `a, x > 0` and `m >= 0`: never positive, and symmetric in `a` and `m`.
///
/// A difference of log-gammas would lose what is left where `a m` is small beside `x`. Relative error of the value
/// below 1e-13 for arguments in 1e-4..1e4 and `m` up to 1e200.
pub fn ln_beta_step<S: Scalar>(a: S, x: S, m: S) -> S {
    let step = ln_beta_step_dual(a.value(), x.value(), m.value());
    S::compose([a, x, m], &step)
}

/// The step with its derivatives in `a`, `x` and `m`.
fn ln_beta_step_dual(a: f64, x: f64, m: f64) -> Dual2<3> {
    let by_a = -digamma_rise(x + a, m);
    let by_m = -digamma_rise(x + m, a);
    // the difference of two rises, the larger of the two arguments apart
    let (low, high) = if a < m { (a, m) } else { (m, a) };
    let by_x = digamma_rise(x, low) - digamma_rise(x + high, low);
    let by_xx = trigamma_drop(x + high, low) - trigamma_drop(x, low);
    let (by_aa, by_mm) = (trigamma_drop(x + a, m), trigamma_drop(x + m, a));
    let by_am = -trigamma(x + a + m);
    Dual2 {
        value: -rise(low, x, high),
        gradient: [by_a, by_x, by_m],
        hessian: [
            [by_aa, by_aa, by_am],
            [by_aa, by_xx, by_mm],
            [by_am, by_mm, by_mm],
        ],
    }
}

/// `ln{ G(x) G(x+a+m) / (G(x+a) G(x+m)) }` for `a <= m`: `x` is lifted to where Stirling's formula holds, whose second
/// difference is then taken term by term.
fn rise(a: f64, mut x: f64, m: f64) -> f64 {
    let excess = |x: f64| (a / x * (m / (x + a + m))).ln_1p();
    let mut lifted = 0.0;
    while x < ASYMPTOTIC {
        lifted += excess(x);
        x += 1.0;
    }
    let powers = a * (m / (x + a)).ln_1p() + m * (a / (x + m)).ln_1p() - (x - 0.5) * excess(x);
    lifted + powers + (stirling_drop(x, a) - stirling_drop(x + m, a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Dual;

    #[test]
    fn a_whole_step_is_a_product() {
        for a in [1e-3, 0.7, 30.0, 1e4] {
            for x in [1e-3, 1.2, 9.9, 500.0] {
                let exact: f64 = (0..7)
                    .map(|j| -(a / (x + f64::from(j))).ln_1p())
                    .sum::<f64>();
                let step = ln_beta_step(a, x, 7.0);
                assert!(
                    (step / exact - 1.0).abs() < 2e-14,
                    "{a} {x}: {step} {exact}"
                );
            }
        }
    }

    #[test]
    fn steps_add_up_and_roles_may_be_exchanged() {
        for (a, x, m, n) in [
            (0.3, 0.01, 2.5, 1e6),
            (1e3, 5.0, 1e-3, 40.0),
            (2.0, 1e90, 1e88, 1e91),
        ] {
            let whole = ln_beta_step(a, x, m + n);
            let parts = ln_beta_step(a, x, m) + ln_beta_step(a, x + m, n);
            assert!((whole / parts - 1.0).abs() < 1e-13, "{whole} {parts}");
            assert!((ln_beta_step(a, x, m) / ln_beta_step(m, x, a) - 1.0).abs() < 1e-15);
        }
        assert!(ln_beta_step(0.5, 2.0, 0.0).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn derivatives_are_those_of_the_value() {
        for at in [[0.7, 1.2, 1.0], [0.01, 8.0, 30.0], [50.0, 0.2, 3.0]] {
            let [a, x, m] = Dual2::<3>::variables(at);
            let exact = ln_beta_step(a, x, m);
            for i in 0..3 {
                let step = 1e-4 * at[i];
                let near = |sign: f64| {
                    let mut there = at;
                    there[i] += sign * step;
                    let [a, x, m] = Dual::<3>::variables(there);
                    ln_beta_step(a, x, m)
                };
                let (up, down) = (near(1.0), near(-1.0));
                let slope = (up.value - down.value) / (2.0 * step);
                assert!((slope - exact.gradient[i]).abs() < 1e-6 * slope.abs());
                for j in 0..3 {
                    let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                    assert!((bend - exact.hessian[i][j]).abs() < 1e-6 * bend.abs());
                }
            }
        }
    }
}
