//! What the predictions for a customer must obey.

use proptest::prelude::*;
use tenure::data::Purchases;
use tenure::models::Quantity;
use tenure::models::purchasing::{BetaGeometric, Future};
use tenure::numeric::BetaRule;

use crate::cases::{
    assert_close, config, customer, discounted, log_likelihood, mild_theta, predict_one, spread,
    wild_theta,
};

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn probabilities_of_being_alive_fall(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        horizon in spread(1e-3..1e5),
        longer in 1.0..10.0,
    ) {
        let alive = |ahead| predict_one(Quantity::ProbabilityAlive, &theta, customer, ahead);
        let (now, soon, later) = (alive(0.0), alive(horizon), alive(horizon * longer));
        prop_assert!((0.0..=1.0).contains(&now));
        prop_assert!(soon <= now * (1.0 + 1e-13) && later <= soon * (1.0 + 1e-13) && later >= 0.0);
        if customer.x == 0.0 {
            prop_assert_eq!(now, 1.0);
        }
    }

    #[test]
    fn expectations_grow_with_the_horizon(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        horizon in spread(1e-3..1e5),
        longer in 1.0..10.0,
    ) {
        let expected = |t| predict_one(Quantity::ExpectedPurchases, &theta, customer, t);
        let (nothing, some, more) = (expected(0.0), expected(horizon), expected(horizon * longer));
        prop_assert_eq!(nothing, 0.0);
        prop_assert!(some <= more * (1.0 + 1e-13) && some >= 0.0);
        // no faster than without dropout, and no more than 1 / p allows
        let alive = predict_one(Quantity::ProbabilityAlive, &theta, customer, 0.0);
        let rate = (theta[0] + customer.x) / (theta[1] + customer.t);
        prop_assert!(some <= alive * rate * horizon * (1.0 + 1e-13));
        let no_purchase = |t| predict_one(Quantity::NoPurchase, &theta, customer, t);
        prop_assert!(no_purchase(horizon * longer) <= no_purchase(horizon) + 1e-15);
    }

    /// A prediction has no unit but that of its customer's ages.
    #[test]
    fn the_time_unit_does_not_matter(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        horizon in spread(1e-3..1e4),
        unit in spread(1e-4..1e4),
    ) {
        let [r, alpha, a, b] = theta;
        let other = [r, alpha * unit, a, b];
        let Purchases { x, t_x, t } = customer;
        let scaled = Purchases { x, t_x: t_x * unit, t: t * unit };
        // an odds of being alive is a power of r + x: every count adds a rounding of the ages
        let tolerance = 1e-13 + 1e-15 * (r + x) * (1.0 + (alpha.ln()).abs());
        for quantity in [Quantity::ProbabilityAlive, Quantity::ExpectedPurchases] {
            let ours = predict_one(quantity, &theta, customer, horizon);
            assert_close(predict_one(quantity, &other, scaled, horizon * unit), ours, tolerance);
        }
        let ours = predict_one(discounted(0.01), &theta, customer, horizon);
        let per_unit = discounted(0.01 / unit);
        assert_close(predict_one(per_unit, &other, scaled, horizon * unit), ours, tolerance);
        // a density of x times has the dimension of time to the power -x
        let shift = log_likelihood(theta, &customer) - log_likelihood(other, &scaled);
        let size = log_likelihood(theta, &customer).abs() + log_likelihood(other, &scaled).abs();
        prop_assert!((shift - x * unit.ln()).abs() <= 1e-13 * (1.0 + size + x * (1.0 + unit.ln().abs())));
    }

    /// Without dropout a customer buys as in the NBD model: `t (r+x)/(alpha+T)`.
    #[test]
    fn without_dropout_it_is_the_nbd(
        theta in mild_theta(),
        customer in customer(1_000, 1.0..1e3),
        horizon in spread(1e-2..1e3),
    ) {
        let [r, alpha, _, b] = theta;
        let theta = [r, alpha, 1e-13, b];
        let rate = (r + customer.x) / (alpha + customer.t);
        let odds = 1e-13 * ((alpha + customer.t) / (alpha + customer.t_x)).powf(r + customer.x);
        prop_assume!(odds < 1e-10);
        let ours = predict_one(Quantity::ExpectedPurchases, &theta, customer, horizon);
        // how often a chance to leave comes, times what leaving costs
        assert_close(ours, rate * horizon, 1e-8);
        assert_close(predict_one(Quantity::ProbabilityAlive, &theta, customer, 0.0), 1.0, 1e-9);
    }

    /// The expectation is a power series where that is short and a quadrature elsewhere: both agree with a quadrature
    /// laid out for the case alone, and so with each other where one takes over.
    #[test]
    fn series_and_quadrature_agree(
        theta in wild_theta(),
        x in prop_oneof![Just(0.0), 1.0..20.0, 20.0..5_000.0].prop_map(f64::floor),
        tau in spread(1e-9..1e9),
    ) {
        let [r, alpha, a, b] = theta;
        let (s, b) = (r + x, b + x);
        let future = BetaGeometric::new(s, alpha, a, b);
        let rule = BetaRule::new(a, b, s * tau);
        let given_dropout = |p: f64| -(-s * (tau * p).ln_1p()).exp_m1() / p;
        assert_close(future.expected_purchases(0.0, tau * alpha), rule.expect(given_dropout), 1e-12);
    }

    /// No jump where the series hands over to the quadrature, wherever that is.
    #[test]
    fn expectations_have_no_jumps(theta in mild_theta(), x in 0..100_u32) {
        let [r, alpha, a, b] = theta;
        let (s, b) = (r + f64::from(x), b + f64::from(x));
        let future = BetaGeometric::new(s, alpha, a, b);
        let steps: Vec<f64> = (0..400).map(|n| 0.05 * 1.02_f64.powi(n)).collect();
        let values: Vec<f64> = steps.iter().map(|tau| future.expected_purchases(0.0, tau * alpha).ln()).collect();
        // sixth differences over ln tau: 0.02^6 = 6e-11 of a smooth curve are left, and several times any jump
        for seven in values.windows(7) {
            let weights = [1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0];
            let rest: f64 = seven.iter().zip(weights).map(|(value, weight)| value * weight).sum();
            prop_assert!(rest.abs() < 1e-9, "{rest:e}");
        }
    }
}
