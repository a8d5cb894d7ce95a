//! The distributions: `ln t` less a location, times or divided by a scale, has a standard distribution.

use crate::numeric::log_gamma_tail::{Whole, density_and_tail};
use crate::numeric::special::ln_1p;
use crate::numeric::{Dual2, Scalar};

/// A distribution of durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `S(t) = exp(-t / lambda)`.
    Exponential,
    /// `S(t) = exp(-(t / lambda)^rho)`.
    Weibull,
    /// `S(t) = 1 - Phi((ln t - mu) / sigma)`.
    LogNormal,
    /// `S(t) = 1 / (1 + (t / alpha)^beta)`.
    LogLogistic,
    /// `S(t)` of Prentice's log-gamma distribution of `(ln t - mu) / sigma` with shape `lambda`: Weibull for 1, log-normal
    /// for 0, gamma for `sigma`.
    GeneralizedGamma,
}

/// What a distribution needs at one row: location, scale and shape on scales without ends, and the log odds of never
/// having the event.
pub type Parameters<S> = [S; 4];

/// A constant that several rows share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shared(Option<Whole>);

impl Family {
    /// How many of the first three parameters it has.
    pub fn size(self) -> usize {
        match self {
            Self::Exponential => 1,
            Self::Weibull | Self::LogNormal | Self::LogLogistic => 2,
            Self::GeneralizedGamma => 3,
        }
    }

    /// What all rows with the same shape have in common.
    pub(super) fn shared(self, shape: f64) -> Shared {
        Shared((self == Self::GeneralizedGamma).then(|| Whole::of(shape)))
    }

    /// `ln f(t)` and `ln S(t)` at `t > 0`.
    pub(super) fn ln_density_and_survival<S: Scalar>(
        self,
        [location, scale, shape, _]: Parameters<S>,
        t: f64,
        shared: &Shared,
    ) -> (S, S) {
        let y = t.ln();
        let from = S::from(y) - location;
        match self {
            Self::Exponential => {
                let z = from.exp();
                (-location - z, -z)
            }
            Self::Weibull => {
                let w = scale.exp() * from;
                let z = w.exp();
                (scale - y + w - z, -z)
            }
            Self::LogLogistic => {
                let w = scale.exp() * from;
                let both = softplus(w);
                (scale - y + w - both * 2.0, -both)
            }
            Self::LogNormal => {
                let w = from / scale.exp();
                let ln_f = -w * w * 0.5 - 0.5 * std::f64::consts::TAU.ln();
                (ln_f - scale - y, ln_normal_tail(w))
            }
            Self::GeneralizedGamma => {
                let w = from / scale.exp();
                let Some(whole) = &shared.0 else {
                    return (S::from(f64::NAN), S::from(f64::NAN));
                };
                let (f, tail) = density_and_tail(w.value(), shape.value(), whole);
                let (ln_f, ln_s) = (S::compose([w, shape], &f), S::compose([w, shape], &tail));
                (ln_f - scale - y, ln_s)
            }
        }
    }
}

/// `ln(1 + e^x)`.
fn softplus<S: Scalar>(x: S) -> S {
    let value = x.value();
    let f = if value > 0.0 {
        value + ln_1p((-value).exp())
    } else {
        ln_1p(value.exp())
    };
    let share = || 1.0 / (1.0 + (-value).exp());
    x.chain(f, share, || share() * (1.0 - share()))
}

/// `ln (1 - Phi(x))`.
///
/// From the error function, or far out from Laplace's continued fraction for the hazard.
fn ln_normal_tail<S: Scalar>(x: S) -> S {
    const FAR: f64 = 6.0;
    let value = x.value();
    let ln_density = -0.5 * value * value - 0.5 * std::f64::consts::TAU.ln();
    let (f, hazard) = if value > FAR {
        let fraction = (1..=60)
            .rev()
            .fold(value, |rest, k| value + f64::from(k) / rest);
        (ln_density - fraction.ln(), fraction)
    } else {
        let tail = 0.5 * libm::erfc(value / std::f64::consts::SQRT_2);
        (tail.ln(), ln_density.exp() / tail)
    };
    x.chain(f, || -hazard, || -hazard * (hazard - value))
}

/// The log-likelihood of one row as a function of its four parameters.
///
/// With a share `c` that never has the event, `S = c + (1 - c) S_0` and `f = (1 - c) f_0` (Boag 1949; Farewell 1982,
/// Biometrics 38). A row that is only seen because it lasted until its entry is given that it did.
pub(super) fn log_likelihood(
    family: Family,
    cured: bool,
    theta: [f64; 4],
    (begin, end, event): (f64, f64, bool),
    shared: &Shared,
) -> Dual2<4> {
    let theta = Dual2::<4>::variables(theta);
    let at = |t: f64| -> (Dual2<4>, Dual2<4>) {
        let (ln_f, ln_s) = family.ln_density_and_survival(theta, t, shared);
        if cured {
            with_cure(theta[3], ln_f, ln_s)
        } else {
            (ln_f, ln_s)
        }
    };
    let (ln_f, ln_s) = at(end);
    let mut value = if event { ln_f } else { ln_s };
    if begin > 0.0 {
        value = value - at(begin).1;
    }
    value
}

/// `ln f` and `ln S` where a share with these log odds never has the event.
pub(super) fn with_cure<S: Scalar>(odds: S, ln_f: S, ln_s: S) -> (S, S) {
    // ln c and ln (1 - c)
    let (cured, not) = (-softplus(-odds), -softplus(odds));
    (not + ln_f, cured.ln_add_exp(not + ln_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILIES: [Family; 5] = [
        Family::Exponential,
        Family::Weibull,
        Family::LogNormal,
        Family::LogLogistic,
        Family::GeneralizedGamma,
    ];

    #[test]
    fn derivatives_are_those_of_the_values() {
        let (theta, h) = ([1.1, 0.3, 0.4, -0.7], 1e-5);
        for family in FAMILIES {
            for row in [(0.0, 2.0, true), (0.0, 5.0, false), (0.7, 3.0, true)] {
                let at = |theta: [f64; 4]| {
                    log_likelihood(family, true, theta, row, &family.shared(theta[2]))
                };
                let here = at(theta);
                for i in 0..4 {
                    let (mut high, mut low) = (theta, theta);
                    high[i] += h;
                    low[i] -= h;
                    let (high, low) = (at(high), at(low));
                    let slope = (high.value - low.value) / (2.0 * h);
                    // central differences: 1e-10 from the step, 1e-12 / 1e-5 from rounding
                    assert!((slope - here.gradient[i]).abs() < 1e-6, "{family:?} {i}");
                    for j in 0..4 {
                        let bend = (high.gradient[j] - low.gradient[j]) / (2.0 * h);
                        assert!((bend - here.hessian[i][j]).abs() < 1e-6, "{family:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn families_meet_where_they_should() {
        let at = |family: Family, theta: [f64; 4], t: f64| {
            let (f, s) = family.ln_density_and_survival(theta, t, &family.shared(theta[2]));
            [f, s]
        };
        for t in [0.01, 0.5, 2.0, 9.0] {
            let pairs = [
                (Family::Weibull, [0.8, 0.0, 0.0, 0.0], Family::Exponential),
                (
                    Family::GeneralizedGamma,
                    [0.8, 0.0, 1.0, 0.0],
                    Family::Exponential,
                ),
                (
                    Family::GeneralizedGamma,
                    [0.8, 0.4, 0.0, 0.0],
                    Family::LogNormal,
                ),
            ];
            for (general, theta, special) in pairs {
                let (a, b) = (at(general, theta, t), at(special, theta, t));
                for (x, y) in a.into_iter().zip(b) {
                    assert!((x - y).abs() < 1e-11 * (1.0 + y.abs()), "{general:?} {t}");
                }
            }
        }
    }

    #[test]
    fn the_far_normal_tail_joins_the_near_one() {
        let (near, far) = (ln_normal_tail(5.999999), ln_normal_tail(6.000001));
        // a slope of about -6.16 over 2e-6
        assert!((near - far - 1.2317e-5).abs() < 1e-8);
        // ln(1 - Phi(40)) = -804.608442
        assert!((ln_normal_tail(40.0) + 804.608_442_013_753_8).abs() < 1e-9);
    }
}
