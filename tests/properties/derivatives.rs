//! Exact derivatives against differences.

use proptest::prelude::*;
use tenure::data::{Purchases, Spending};
use tenure::models::spending::expected_spend;
use tenure::models::{
    BgBb, BgNbd, Cnbd, CorrelatedParetoNbd, GGompertzNbd, GammaGamma, MbgNbd, Model, Nbd,
    NeverLeaving, ParetoNbd, Pdo, Quantity, WeibullNbd,
};
use tenure::numeric::{Dual, Dual2};

use crate::cases::{
    assert_close, config, customer, discounted, mild_theta, predict_one, predict_with_gradient,
    spend_theta, spender, spread, wild_theta,
};

/// Steps are taken in the logarithm of a parameter. With four points the error of a difference is `STEP^4 f^(5) / 30`,
/// about 1e-13 of a function that changes at its own scale, and that of rounding `1e-16 f / STEP`.
const STEP: f64 = 1e-3;
/// Room for functions that change several times faster than their scale, and for inner sums that round more than once.
const TOLERANCE: f64 = 1e-8;
/// A probability this small may lose its slope, whose square underflows on the way.
const NOTHING: f64 = 1e-140;

/// The derivatives of `f` with respect to the logarithm of parameter `j`.
fn difference<const K: usize, const N: usize>(
    f: impl Fn([f64; K]) -> [f64; N],
    theta: [f64; K],
    j: usize,
) -> [f64; N] {
    let at = |steps: f64| {
        let mut moved = theta;
        moved[j] *= (steps * STEP).exp();
        f(moved)
    };
    let [far, near, near_back, far_back] = [2.0, 1.0, -1.0, -2.0].map(at);
    std::array::from_fn(|i| {
        (8.0 * (near[i] - near_back[i]) - (far[i] - far_back[i])) / (12.0 * STEP)
    })
}

/// Gradient and Hessian of a log-likelihood, both kinds of dual number, against differences.
fn assert_likelihood<M: Model<K, J>, const K: usize, const J: usize>(
    theta: [f64; K],
    row: &M::Row,
) {
    assert_known::<M, K, J>(theta, row, K);
}

/// [`assert_likelihood`] of a model whose parameters from number `free` on are found by trying.
fn assert_known<M: Model<K, J>, const K: usize, const J: usize>(
    theta: [f64; K],
    row: &M::Row,
    free: usize,
) {
    let exact = M::ln_pdf(Dual2::variables(theta), row);
    assert!(exact.value.is_finite());
    let first = M::ln_pdf(Dual::variables(theta), row);
    let plain = M::ln_pdf(theta, row);
    let gradient_scale = 1.0 + plain.abs() + largest(exact.gradient, theta);
    for j in 0..free {
        let [slope] = difference(|theta| [M::ln_pdf(theta, row)], theta, j);
        let ours = exact.gradient[j] * theta[j];
        assert!(
            (ours - slope).abs() <= TOLERANCE * gradient_scale,
            "slope {j}: {ours:e}, by differences {slope:e}"
        );
        let apart = (first.gradient[j] - exact.gradient[j]) * theta[j];
        assert!(apart.abs() <= 1e-12 * gradient_scale);
        // differences of the gradient in log parameters, where a parameter's own slope comes in
        let gradient = |theta: [f64; K]| {
            let at = M::ln_pdf(Dual::variables(theta), row);
            std::array::from_fn::<_, K, _>(|i| at.gradient[i] * theta[i])
        };
        let bend = difference(gradient, theta, j);
        for i in 0..free {
            let own = if i == j {
                exact.gradient[i] * theta[i]
            } else {
                0.0
            };
            let ours = exact.hessian[i][j] * theta[i] * theta[j] + own;
            assert!(
                (ours - bend[i]).abs() <= TOLERANCE * (gradient_scale + ours.abs()),
                "bend {i} {j}: {ours:e}, by differences {:e}",
                bend[i]
            );
            let asymmetry = (exact.hessian[i][j] - exact.hessian[j][i]) * theta[i] * theta[j];
            assert!(asymmetry.abs() <= 1e-12 * (gradient_scale + ours.abs()));
        }
    }
    let rounding = 1e-13 * (1.0 + plain.abs());
    assert!((first.value - plain).abs() <= rounding && (exact.value - plain).abs() <= rounding);
}

fn largest<const K: usize>(gradient: [f64; K], theta: [f64; K]) -> f64 {
    (0..K)
        .map(|i| (gradient[i] * theta[i]).abs())
        .fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn bg_nbd_likelihood(theta in wild_theta(), customer in customer(5_000, 1e-2..1e4)) {
        assert_likelihood::<BgNbd, 4, 3>(theta, &customer);
    }

    #[test]
    fn mbg_nbd_likelihood(theta in wild_theta(), customer in customer(5_000, 1e-2..1e4)) {
        assert_likelihood::<MbgNbd, 4, 3>(theta, &customer);
    }

    #[test]
    fn nbd_likelihood(theta in wild_theta(), customer in customer(5_000, 1e-2..1e4)) {
        assert_likelihood::<Nbd, 2, 2>([theta[0], theta[1]], &customer);
    }

    #[test]
    fn gamma_gamma_likelihood(theta in spend_theta(), customer in spender(5_000)) {
        assert_likelihood::<GammaGamma, 3, 2>(theta, &customer);
    }
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn pareto_nbd_likelihood(
        theta in wild_theta(),
        beta in spread(1e-2..1e4),
        customer in customer(1_000, 1e-2..1e4),
    ) {
        let [r, alpha, s, _] = theta;
        assert_likelihood::<ParetoNbd, 4, 4>([r, alpha, s.min(100.0), beta], &customer);
    }

    #[test]
    fn ggompertz_nbd_likelihood(theta in mild_theta(), b in spread(1e-3..0.3), customer in customer(1_000, 1.0..1e3)) {
        let [r, alpha, s, beta] = theta;
        assert_likelihood::<GGompertzNbd, 5, 5>([r, alpha, b, s, beta], &customer);
    }

    #[test]
    fn weibull_nbd_likelihood(theta in mild_theta(), c in spread(0.3..3.0), customer in customer(1_000, 1.0..1e3)) {
        let [r, alpha, s, beta] = theta;
        assert_likelihood::<WeibullNbd, 5, 5>([r, alpha, s, beta, c], &customer);
    }

    /// Of either sign, with reference times that differ. Differences step over a part of the strength, which must be small
    /// beside what is left to the end of its range.
    #[test]
    fn correlated_likelihood(
        theta in mild_theta(),
        strength in prop_oneof![-0.6..-0.01, 0.01..0.6],
        taus in (spread(0.3..30.0), spread(0.3..30.0)),
        customer in customer(1_000, 1.0..1e3),
    ) {
        let [r, alpha, s, beta] = theta;
        let theta = [r, alpha, s, beta, strength, taus.0, taus.1];
        assert_likelihood::<CorrelatedParetoNbd, 7, 7>(theta, &customer);
    }

    /// Differences step over a part of the share, which must be small beside the share of those who will leave.
    #[test]
    fn never_leaving_likelihood(theta in mild_theta(), share in 0.01..0.8, customer in customer(1_000, 1.0..1e3)) {
        let [r, alpha, s, beta] = theta;
        assert_likelihood::<NeverLeaving<ParetoNbd>, 5, 5>([r, alpha, s, beta, share], &customer);
        assert_likelihood::<NeverLeaving<WeibullNbd>, 6, 6>([r, alpha, s, beta, 1.3, share], &customer);
    }

    #[test]
    fn pdo_likelihood(theta in mild_theta(), tau in spread(1.0..100.0), customer in customer(1_000, 1.0..1e3)) {
        let [r, alpha, a, b] = theta;
        // the length of a period is no variable: the likelihood jumps in it
        assert_known::<Pdo, 5, 5>([r, alpha, a, b, tau], &customer, 4);
    }

    #[test]
    fn cnbd_likelihood(theta in mild_theta(), k in 1..13_u32, customer in customer(1_000, 1.0..1e3)) {
        let [r, alpha, a, b] = theta;
        let theta = [r, alpha, a, b, f64::from(k)];
        assert_known::<Cnbd<false>, 5, 4>(theta, &customer, 4);
        assert_known::<Cnbd<true>, 5, 4>(theta, &customer, 4);
    }

    #[test]
    fn bg_bb_likelihood(theta in mild_theta(), customer in customer(50, 1.0..200.0)) {
        let (t, t_x) = (customer.t.ceil(), customer.t_x.ceil());
        assert_likelihood::<BgBb, 4, 4>(theta, &Purchases { x: customer.x.min(t_x), t_x, t });
    }
}

/// The derivatives of every prediction for a customer against differences.
fn assert_predictions(theta: [f64; 4], customer: Purchases, horizon: f64, rate: f64) {
    for (quantity, horizon) in [
        (Quantity::ProbabilityAlive, 0.0),
        (Quantity::ProbabilityAlive, horizon),
        (Quantity::ExpectedPurchases, horizon),
        (Quantity::NoPurchase, horizon),
        (discounted(rate), horizon),
        (discounted(rate), f64::INFINITY),
    ] {
        let value = |theta: [f64; 4]| [predict_one(quantity, &theta, customer, horizon)];
        let (exact, gradient) = predict_with_gradient(quantity, theta, customer, horizon);
        let steepest = largest(gradient, theta);
        // the probability of no purchase contains that of having left, one less that of being alive
        let whole = if quantity == Quantity::NoPurchase {
            1.0
        } else {
            exact
        };
        // an exponential with exponent k has an error of less than (k STEP)^4
        let steep = (steepest / (exact + NOTHING) * STEP).powi(4);
        let allowed = (TOLERANCE + steep) * (whole + steepest) + NOTHING;
        for j in 0..4 {
            let [slope] = difference(value, theta, j);
            let ours = gradient[j] * theta[j];
            assert!(
                (ours - slope).abs() <= allowed,
                "{quantity:?} over {horizon}, slope {j}: {ours:e}, by differences {slope:e}"
            );
        }
        // derivatives do not change the value but for the order of rounding
        assert_close(exact, value(theta)[0], 1e-12);
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn bg_nbd_predictions(
        theta in mild_theta(),
        customer in customer(1_000, 1.0..1e3),
        horizon in spread(1e-2..1e4),
        rate in spread(1e-3..1.0),
    ) {
        assert_predictions(theta, customer, horizon, rate);
    }
}

proptest! {
    #![proptest_config(config(50))]

    #[test]
    fn bg_nbd_predictions_at_extremes(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        horizon in spread(1e-6..1e6),
        rate in spread(1e-6..10.0),
    ) {
        assert_predictions(theta, customer, horizon, rate);
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn gamma_gamma_predictions(theta in spend_theta(), customer in spender(1_000)) {
        // next to the place where the mean ends it falls too fast for any step
        prop_assume!(theta[0] * customer.x + theta[1] > 1.05);
        let (x, mean) = ([customer.x], [customer.mean]);
        let customer = Spending::new(&x, &mean).unwrap();
        let value = |theta: [f64; 3]| {
            let mut value = [0.0];
            expected_spend(&theta, &customer, &mut value, None).unwrap();
            value
        };
        let (mut exact, mut gradient) = ([0.0], [0.0; 3]);
        expected_spend(&theta, &customer, &mut exact, Some(&mut gradient)).unwrap();
        for j in 0..3 {
            let [slope] = difference(value, theta, j);
            let ours = gradient[j] * theta[j];
            prop_assert!((ours - slope).abs() <= 1e-6 * (exact[0] + largest(gradient, theta)));
        }
    }
}
