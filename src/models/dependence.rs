//! How two rates of a customer may depend on each other while the law of each stays what it is.

use crate::numeric::Scalar;

/// Sarmanov's density of two rates, over that of independent ones: `f(p, q) = 1 + m (p - A) (q - B)`.
///
/// Here `p` is the probability that nothing happens within a reference time at the first rate, `q` the same for the
/// second, and `A` and `B` are their means over customers. At the corners of `[0, 1]^2` the cells `A B f(1, 1)`,
/// `A (1-B) f(1, 0)` and so on are those of a two by two table: whether something happens to a customer at either rate.
/// Its odds ratio runs over all positive numbers while `m` runs over the range in which `f` is nowhere negative, and the
/// table follows from it smoothly (Plackett 1965, A class of bivariate distributions, Journal of the American Statistical
/// Association 60). With `strength = (ratio - 1) / (ratio + 1)`, which is Yule's Q of the table,
/// `a` and `b` the odds of `A` and `B`, `eta = ln(ab) / 2` and `delta = ln(a/b) / 2`,
///
/// `m A B = strength exp(eta) / (U + sqrt(U^2 - strength^2))`, `2 U = (1-strength) cosh eta + (1+strength) cosh delta`.
///
/// The range's ends `1/max(A(1-B), (1-A)B)` and `-1/max(AB, (1-A)(1-B))` are reached at strengths of 1 and -1 only, so that
/// the edge of the larger of two numbers is none inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dependence<S> {
    strength: S,
    /// `ln{ m A B / strength }`
    ln_scale: S,
    /// `ln A` and `ln B`
    ln_idle: [S; 2],
}

/// Larger logarithms are kept as such.
const LARGE: f64 = 300.0;
/// A density is no less than this where rounding makes it less: it is a sum of numbers around 1.
const ROUNDING: f64 = 1e-15;

impl<S: Scalar> Dependence<S> {
    /// By strength and `[ln A, ln B]`, both negative.
    pub(super) fn new(strength: S, ln_idle: [S; 2]) -> Self {
        let [ln_a, ln_b] = ln_idle.map(|ln| ln - ln.ln_1m_exp());
        let [eta, delta] = [(ln_a + ln_b) * 0.5, (ln_a - ln_b) * 0.5];
        let [less, more] = [-strength + 1.0, strength + 1.0];
        // everything is divided by exp(largest), which may be more than a number can hold
        let at_less = eta.value().abs() + less.value().ln();
        let largest = at_less.max(delta.value().abs() + more.value().ln());
        let ([cosh_eta, sinh_eta], [cosh_delta, sinh_delta]) =
            (half_squares(eta, largest), half_squares(delta, largest));
        let below = less * cosh_eta + more * sinh_delta; // U - strength
        let above = less * sinh_eta + more * cosh_delta; // U + strength
        let root = if below.value() > 0.0 && above.value() > 0.0 {
            ((below.ln() + above.ln()) * 0.5).exp()
        } else {
            S::from(0.0)
        };
        let ln_scale = eta - ((below + above) * 0.5 + root).ln() - largest;
        Self {
            strength,
            ln_scale,
            ln_idle,
        }
    }

    /// `m A B / strength`
    pub(super) fn scale(&self) -> S {
        self.ln_scale.exp()
    }

    /// `ln E[f]` where `p` and `q` have means with these logarithms and nothing to do with each other.
    pub(super) fn ln_density(&self, ln_means: [S; 2]) -> S {
        // exp(by) - 1 = share exp(power)
        let excess = |j: usize| {
            let by: S = ln_means[j] - self.ln_idle[j];
            if by.value() > 0.0 {
                [-(-by).exp_m1(), by]
            } else {
                [by.exp_m1(), S::from(0.0)]
            }
        };
        let ([one, one_power], [other, other_power]) = (excess(0), excess(1));
        let share = self.strength * one * other;
        let power = self.ln_scale + one_power + other_power;
        if power.value() <= LARGE {
            let beyond = share * power.exp();
            return if beyond.value() > ROUNDING - 1.0 {
                beyond.ln_1p()
            } else {
                S::from(ROUNDING.ln())
            };
        }
        if share.value() > 0.0 {
            (share.ln() + power).ln_add_exp(S::from(0.0))
        } else {
            // in exact numbers there is next to nothing to multiply
            S::from(0.0)
        }
    }
}

/// `cosh(x/2)^2` and `sinh(x/2)^2`, over `exp(largest)`.
fn half_squares<S: Scalar>(x: S, largest: f64) -> [S; 2] {
    let size = if x.value() < 0.0 { -x } else { x };
    let fall = (-size).exp_m1();
    let power = size - largest;
    let quarter = if power.value() < LARGE {
        power.exp() * 0.25
    } else {
        // only where it is multiplied by 0: at the ends of the strength
        S::from(0.25 * LARGE.exp())
    };
    [(fall + 2.0) * (fall + 2.0) * quarter, fall * fall * quarter]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `m` by the range's ends and by the table's odds ratio.
    #[test]
    fn the_range_is_that_of_densities_that_are_nowhere_negative() {
        for (a, b) in [(0.95, 0.94), (0.5, 0.01), (1e-9, 0.3), (0.9, 0.9)] {
            let ln_idle = [f64::ln(a), f64::ln(b)];
            let m = |strength: f64| {
                strength * Dependence::new(strength, ln_idle).ln_scale.exp() / (a * b)
            };
            let highest = 1.0 / (a * (1.0 - b)).max((1.0 - a) * b);
            let lowest = -1.0 / (a * b).max((1.0 - a) * (1.0 - b));
            assert!((m(1.0) / highest - 1.0).abs() < 1e-14);
            assert!((m(-1.0) / lowest - 1.0).abs() < 1e-14);
            for strength in [-0.9, -0.3, 0.2, 0.99] {
                let m = m(strength);
                let corner = |p: f64, q: f64| 1.0 + m * (p - a) * (q - b);
                let ratio =
                    corner(1.0, 1.0) * corner(0.0, 0.0) / (corner(1.0, 0.0) * corner(0.0, 1.0));
                assert!(((ratio - 1.0) / (ratio + 1.0) - strength).abs() < 1e-13);
            }
            assert!(m(0.0).abs() < f64::MIN_POSITIVE);
        }
    }

    #[test]
    fn densities_are_numbers_however_rare_the_idle_are() {
        for ln_idle in [
            [-1e5, -2.0],
            [-800.0, -900.0],
            [-1e-9, -1e-9],
            [-1e-9, -1e4],
        ] {
            for strength in [-1.0, -0.5, 0.0, 0.5, 1.0] {
                let dependence = Dependence::new(strength, ln_idle);
                for ln_means in [
                    ln_idle,
                    [0.0, 0.0],
                    [0.0, f64::NEG_INFINITY],
                    [-700.0, -1.0],
                ] {
                    let ln_density = dependence.ln_density(ln_means);
                    assert!(
                        ln_density.is_finite(),
                        "{ln_idle:?} {strength} {ln_means:?}"
                    );
                }
                assert!(dependence.ln_density(ln_idle).abs() < 1e-14);
            }
        }
    }
}
