//! Powers of ages, as the Weibull laws need them: in logarithms, since they overflow where the laws do not.

use crate::numeric::Scalar;

/// A power whose logarithm is above this is taken as so large that only its logarithm matters.
pub(super) const LARGE: f64 = 300.0;

/// `ln t^c`; nothing at age 0.
pub(super) fn ln_power<S: Scalar>(c: S, age: f64) -> Option<S> {
    (age > 0.0).then(|| c * age.ln())
}

/// `ln(to^c - from^c)` for `from < to`, accurate where both are close.
pub(super) fn ln_power_rise<S: Scalar>(c: S, from: f64, to: f64) -> S {
    match ln_power(c, from) {
        Some(before) => before + ln_relative_rise(c, from, to),
        None => c * to.ln(),
    }
}

/// `ln(to^c / from^c - 1)` for `0 < from < to`, accurate however large the powers are.
pub(super) fn ln_relative_rise<S: Scalar>(c: S, from: f64, to: f64) -> S {
    let growth = c * ((to - from) / from).ln_1p();
    growth + (-growth).ln_1m_exp()
}

/// A number from its logarithm, or the largest that the laws compute with.
pub(super) fn capped<S: Scalar>(ln: S) -> S {
    if ln.value() > LARGE {
        S::from(LARGE.exp())
    } else {
        ln.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_are_differences() {
        for (c, from, to) in [(0.3, 2.0, 3.0), (1.0, 0.0, 7.0), (2.5, 9.0, 9.5)] {
            let exact: f64 = f64::powf(to, c) - f64::powf(from, c);
            assert!((ln_power_rise(c, from, to) - exact.ln()).abs() < 1e-14);
        }
        // 1e6^1e-3 and (1e6 + 1)^1e-3 agree in nine digits
        assert!((ln_power_rise(1e-3, 1e6, 1e6 + 1.0) + 20.709_450_825_888_24).abs() < 1e-13);
        assert!(capped(1e4).is_finite());
    }
}
