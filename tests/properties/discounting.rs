//! Discounted purchases lie where their definition puts them.

use proptest::prelude::*;
use tenure::models::Quantity;
use tenure::models::purchasing::{BetaGeometric, Discounting, Future};
use tenure::numeric::quadrature::gauss_legendre;

use crate::cases::{
    assert_close, config, customer, discounted, mild_theta, predict_one, spread, wild_theta,
};

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn discounting_makes_less(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        horizon in spread(1e-3..1e4),
        rate in spread(1e-6..1.0),
    ) {
        let plain = predict_one(Quantity::ExpectedPurchases, &theta, customer, horizon);
        let less = predict_one(discounted(rate), &theta, customer, horizon);
        let least = predict_one(discounted(2.0 * rate), &theta, customer, horizon);
        prop_assert!((0.0..=plain * (1.0 + 1e-13)).contains(&less), "{less:e} of {plain:e}");
        prop_assert!(less >= plain * (-rate * horizon).exp() * (1.0 - 1e-13));
        prop_assert!(least <= less * (1.0 + 1e-13));
        assert_close(predict_one(discounted(0.0), &theta, customer, horizon), plain, 1e-14);
        assert_close(predict_one(discounted(1e-15 / horizon), &theta, customer, horizon), plain, 1e-13);
    }

    #[test]
    fn a_long_horizon_is_all_time_to_come(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        rate in spread(1e-6..10.0),
    ) {
        let forever = predict_one(discounted(rate), &theta, customer, f64::INFINITY);
        // what comes after 40 / rate counts e^-40 = 4e-18 or less
        assert_close(predict_one(discounted(rate), &theta, customer, 40.0 / rate), forever, 1e-12);
        assert_close(predict_one(discounted(rate), &theta, customer, 1e5 / rate), forever, 1e-12);
        prop_assert!(predict_one(discounted(rate), &theta, customer, 1.0 / rate) <= forever * (1.0 + 1e-13));
    }

    /// `E int e^(-rate u) dX(u) = e^(-rate t) E[X(t)] + rate int_0^t e^(-rate u) E[X(u)] du`, by panels so short that
    /// any exponential and any power are straight on them.
    #[test]
    fn quadrature_is_exact(
        theta in wild_theta(),
        x in prop_oneof![Just(0.0), 1.0..20.0, 20.0..5_000.0].prop_map(f64::floor),
        age in spread(1e-2..1e4),
        horizon in spread(1e-6..1e6),
        rate in spread(1e-6..10.0),
    ) {
        let [r, alpha, a, b] = theta;
        let future = BetaGeometric::new(r + x, alpha, a, b + x);
        for horizon in [horizon, f64::INFINITY] {
            let expected = |u: f64| future.expected_purchases(age, u);
            let integral = fine_integral(
                |u| expected(u) * (-rate * u).exp(),
                horizon.min(60.0 / rate),
                (r + x).max(1.0) / (alpha + age),
                rate,
            );
            let last = if horizon.is_finite() { expected(horizon) * (-rate * horizon).exp() } else { 0.0 };
            let ours = future.discounted_purchases(age, horizon, rate);
            assert_close(ours, last + rate * integral, 1e-12);
        }
    }

    /// Counting a purchase at the end of its period makes it less, by at most a period's discount.
    #[test]
    fn periods_bracket_the_continuous_sum(
        theta in mild_theta(),
        customer in customer(1_000, 1.0..1e3),
        horizon in spread(0.1..1e3),
        rate in spread(1e-4..0.1),
        periods in 1.0..50.0,
    ) {
        let period = horizon / periods;
        let by_period = Quantity::DiscountedPurchases(Discounting { rate, period: Some(period) });
        let counted = predict_one(by_period, &theta, customer, horizon);
        let continuous = predict_one(discounted(rate), &theta, customer, horizon);
        prop_assert!(counted <= continuous * (1.0 + 1e-12));
        prop_assert!(counted >= continuous * (-rate * period).exp() * (1.0 - 1e-12));
        // one period: all of it at the end
        let whole = Quantity::DiscountedPurchases(Discounting { rate, period: Some(horizon) });
        let plain = predict_one(Quantity::ExpectedPurchases, &theta, customer, horizon);
        assert_close(predict_one(whole, &theta, customer, horizon), plain * (-rate * horizon).exp(), 1e-13);
    }
}

/// Over `[0, end]`, panels no longer than a tenth in `ln(1 + steepness u)` or a quarter of the exponential's scale.
fn fine_integral(f: impl Fn(f64) -> f64, end: f64, steepness: f64, rate: f64) -> f64 {
    let (nodes, weights) = gauss_legendre(12);
    let (mut from, mut total) = (0.0, 0.0);
    while from < end {
        let stretched = from + (1.0 / steepness + from) * 0.1_f64.exp_m1();
        let to = stretched.min(from + 0.25 / rate).min(end);
        let half = 0.5 * (to - from);
        for (node, weight) in nodes.iter().zip(&weights) {
            total += half * weight * f(from + half * (1.0 + node));
        }
        from = to;
    }
    total
}
