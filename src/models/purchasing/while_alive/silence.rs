//! How likely it is that nothing was bought for a time: alive and silent, or gone.

use crate::data::Purchases;
use crate::models::lifetimes::{ByHand, Lifetime, Span};
use crate::numeric::panels::{LnSum, walk};
use crate::numeric::{Dual2, Scalar, special};

/// `ln int_from^to f(u) (1+u/alpha)^-s du`: the probability of leaving then, without a purchase before.
pub(super) fn ln_left<S: Scalar>(s: S, alpha: S, law: &impl Lifetime<S>, from: f64, to: f64) -> S {
    let mut sum = LnSum::new();
    let span = Span {
        from,
        to,
        scale: alpha.value(),
        slope: |u: f64| s.value() / (alpha.value() + u),
    };
    if from < to {
        law.leaving(span, |u, ln_density, width| {
            let ln_term = ln_density + s.ln_gamma_laplace(alpha, u);
            sum.add(&ln_term, width);
            ln_term.value()
        });
    }
    sum.ln()
}

/// `ln{ S(to) (1+to/alpha)^-s + int_from^to f(u) (1+u/alpha)^-s du }`: no purchase from `from` to `to`, by a customer who
/// is alive at `from`, for the clock that runs from 0.
pub(super) fn ln_silence<S: Scalar>(
    s: S,
    alpha: S,
    law: &impl Lifetime<S>,
    from: f64,
    to: f64,
) -> S {
    let alive = law.ln_survival(to) + s.ln_gamma_laplace(alpha, to);
    let left = ln_left(s, alpha, law, from, to);
    if left.value() == f64::NEG_INFINITY {
        return alive;
    }
    if alive.value() == f64::NEG_INFINITY {
        return left;
    }
    alive.ln_add_exp(left)
}

/// The own term of a customer with its derivatives in `r`, `alpha` and the parameters of the law, which stand behind them:
/// the sum of exponentials of terms of which one part knows `r` and `alpha` and the other the law, `K = L + 2`.
pub fn silence_by_hand<const L: usize, const K: usize>(
    theta: [f64; K],
    law: &impl ByHand<L>,
    row: &Purchases,
) -> Dual2<K> {
    const { assert!(K == L + 2, "r, alpha and the parameters of the law") };
    let (s, alpha) = (theta[0] + row.x, theta[1]);
    let near = 1.0 / alpha;
    // ln (1+u/alpha)^-s, given the logarithm, beside a part of the law
    let term = |u: f64, ln: f64, of_law: &Dual2<L>| {
        let far = 1.0 / (alpha + u);
        let step = u * near * far;
        let mut term = Dual2::<K>::from(of_law.value - s * ln);
        (term.gradient[0], term.gradient[1]) = (-ln, s * step);
        (term.hessian[0][1], term.hessian[1][0]) = (step, step);
        term.hessian[1][1] = -s * step * (near + far);
        for i in 0..L {
            term.gradient[2 + i] = of_law.gradient[i];
            for j in 0..L {
                term.hessian[2 + i][2 + j] = of_law.hessian[i][j];
            }
        }
        term
    };
    let mut sum = LnSum::new();
    if row.t_x < row.t {
        let ln_density = law.ln_density_by_hand();
        let scale = alpha.min(law.scale());
        walk(
            row.t_x,
            row.t,
            scale,
            |u| s / (alpha + u) + law.slope(u),
            |(u, ln), width| {
                let ln = if scale < alpha {
                    special::ln_1p(u / alpha)
                } else {
                    ln
                };
                let term = term(u, ln, &ln_density(u));
                sum.add(&term, width);
                term.value
            },
        );
    }
    let ln = special::ln_1p(row.t / alpha);
    let alive = term(row.t, ln, &law.ln_survival_by_hand(row.t));
    if alive.value > f64::NEG_INFINITY {
        sum.add(&alive, 1.0);
    }
    sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::purchasing::LifetimeModel;
    use crate::models::{GGompertzNbd, ParetoNbd};

    /// Value, slopes and bends by hand are those of dual numbers.
    fn assert_by_hand<M: LifetimeModel<K>, const K: usize>(theta: [f64; K], row: &Purchases) {
        let by_hand = M::own_by_hand(theta, row).unwrap();
        let [r, alpha] = [0, 1].map(|j| Dual2::<K>::variables(theta)[j]);
        let law = M::law(Dual2::<K>::variables(theta));
        let dual = ln_silence(r + row.x, alpha, &law, row.t_x, row.t);
        let near = |ours: f64, other: f64, scale: f64| {
            assert!(
                (ours - other).abs() <= 1e-10 * (scale + other.abs()),
                "{ours} {other} {theta:?} {row:?}"
            );
        };
        near(by_hand.value, dual.value, 1e-3);
        for i in 0..K {
            let scale = (1.0 + row.x) / theta[i];
            near(by_hand.gradient[i], dual.gradient[i], scale);
            for (j, theta) in theta.iter().enumerate() {
                near(by_hand.hessian[i][j], dual.hessian[i][j], scale / theta);
            }
        }
    }

    #[test]
    fn derivatives_by_hand_are_those_of_dual_numbers() {
        let rows = [
            (0.0, 0.0, 30.0),
            (3.0, 12.0, 40.0),
            (3.0, 40.0, 40.0),
            (60.0, 35.0, 52.0),
            (900.0, 5.0, 500.0),
        ];
        for (x, t_x, t) in rows {
            let row = Purchases { x, t_x, t };
            for r in [0.3, 4.0] {
                for alpha in [0.5, 20.0] {
                    for s in [0.2, 3.0] {
                        assert_by_hand::<ParetoNbd, 4>([r, alpha, s, 0.7], &row);
                        assert_by_hand::<ParetoNbd, 4>([r, alpha, s, 40.0], &row);
                        assert_by_hand::<GGompertzNbd, 5>([r, alpha, 0.02, s, 0.3], &row);
                        assert_by_hand::<GGompertzNbd, 5>([r, alpha, 0.5, s, 8.0], &row);
                        assert_by_hand::<GGompertzNbd, 5>([r, alpha, 1e-7, s, 1e-6], &row);
                    }
                }
            }
        }
    }
}
