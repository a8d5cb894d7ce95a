//! Sums over the chances that a customer passes, when each is failed with a probability of the customer's own.

use super::{BetaRule, Scalar};

/// Sums of more terms are done by quadrature.
const FEW: f64 = 256.0;

/// `sum_{0 <= j < terms} exp(-rate j) B(a, b+j)/B(a, b)`: the discounted number of chances passed, the one to pass none
/// included, by those who fail each with probability `p ~ Beta(a, b)`; `terms` may be infinite if the rate is positive.
///
/// Term by term where they are few; else `E[(1 - q^terms) / (1 - q)]` with `q = exp(-rate) (1 - p)`, by [`BetaRule`]. All
/// terms are positive, other than in the closed form with its pole at `a = 1`. Relative error below 1e-13.
pub fn beta_geometric_sum<S: Scalar>(a: S, b: S, rate: f64, terms: f64) -> S {
    if terms <= FEW {
        let discount = (-rate).exp();
        let (mut total, mut passed, mut j) = (S::from(0.0), S::from(1.0), 0.0);
        while j < terms {
            total += passed;
            passed = passed * ((b + j) / (a + b + j)) * discount;
            j += 1.0;
        }
        return total;
    }
    let short = -(-rate).exp_m1();
    let scale = if short > 0.0 {
        terms.min(1.0 / short)
    } else {
        terms
    };
    BetaRule::new(a, b, scale).expect(|p| {
        let ln_q = (-p).ln_1p() - rate;
        let fails = short + (1.0 - short) * p;
        S::from(-(terms * ln_q).exp_m1() / fails)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The closed forms: `b/(a-1)`-like for no discounting, `2F1(1, b; a+b; z)` without end.
    #[test]
    fn quadrature_agrees_with_closed_forms() {
        for (a, b) in [(0.3, 2.0), (2.5, 0.7), (1.0, 1.0), (40.0, 3.0), (1e-3, 1e3)] {
            for terms in [300.0, 5_000.0] {
                let mut direct = 0.0;
                let (mut passed, mut j): (f64, f64) = (1.0, 0.0);
                while j < terms {
                    direct += passed;
                    passed *= (b + j) / (a + b + j);
                    j += 1.0;
                }
                let ours = beta_geometric_sum(a, b, 0.0, terms);
                assert!(
                    (ours - direct).abs() < 1e-12 * direct,
                    "{a} {b} {terms}: {ours} {direct}"
                );
            }
            let (mut direct, mut passed, mut j): (f64, f64, f64) = (0.0, 1.0, 0.0);
            while j < 4_000.0 {
                direct += passed * (-0.02 * j).exp();
                passed *= (b + j) / (a + b + j);
                j += 1.0;
            }
            let ours = beta_geometric_sum(a, b, 0.02, f64::INFINITY);
            assert!(
                (ours - direct).abs() < 1e-12 * direct,
                "{a} {b}: {ours} {direct}"
            );
        }
    }
}
