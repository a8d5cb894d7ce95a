//! The distribution of the number of purchases: a distribution, and the one that the likelihood and the expectation
//! speak of.

use proptest::prelude::*;
use tenure::data::Purchases;
use tenure::models::Quantity;
use tenure::numeric::quadrature::gauss_legendre;

use crate::cases::{
    assert_close, config, customer, log_likelihood, mild_theta, predict_one, probabilities,
    quantiles, spread, wild_theta,
};

const NEW: Purchases = Purchases {
    x: 0.0,
    t_x: 0.0,
    t: 0.0,
};

proptest! {
    #![proptest_config(config(300))]

    /// Over horizons up to twice `alpha + T`, beyond which counts above 4,000 begin to matter.
    #[test]
    fn sums_to_one_with_the_expectation_as_mean(
        theta in mild_theta(),
        customer in customer(200, 1.0..1e3),
        relative in spread(1e-3..2.0),
    ) {
        let horizon = relative * (theta[1] + customer.t);
        let probabilities = probabilities(&theta, customer, horizon, 4_000);
        let (mut total, mut mean) = (0.0, 0.0);
        for (k, p) in (0..).zip(&probabilities) {
            prop_assert!((0.0..=1.0).contains(p), "P({k}) = {p}");
            total += p;
            mean += f64::from(k) * p;
        }
        assert_close(total, 1.0, 1e-12);
        assert_close(mean, predict_one(Quantity::ExpectedPurchases, &theta, customer, horizon), 1e-11);
        assert_close(probabilities[0], predict_one(Quantity::NoPurchase, &theta, customer, horizon), 1e-12);
    }

    #[test]
    fn quantiles_are_those_of_the_probabilities(
        theta in mild_theta(),
        customer in customer(200, 1.0..1e3),
        relative in spread(1e-3..20.0),
        level in 0.0..0.999_f64,
    ) {
        let horizon = relative * (theta[1] + customer.t);
        let k = quantiles(&theta, customer, horizon, &[level])[0];
        prop_assume!(k < 20_000.0);
        let most = (0..=20_000).position(|n| f64::from(n) >= k).unwrap();
        let sums: Vec<f64> = probabilities(&theta, customer, horizon, most)
            .iter()
            .scan(0.0, |sum, p| { *sum += p; Some(*sum) })
            .collect();
        // sums of up to 20,000 numbers that round at 1e-16 each
        prop_assert!(sums[most] >= level - 1e-11, "P(X <= {k}) = {}", sums[most]);
        if most > 0 {
            prop_assert!(sums[most - 1] < level + 1e-11, "P(X < {k}) = {}", sums[most - 1]);
        }
    }

    #[test]
    fn is_a_distribution_at_extremes(
        theta in wild_theta(),
        customer in customer(5_000, 1e-2..1e4),
        horizon in spread(1e-6..1e6),
    ) {
        let probabilities = probabilities(&theta, customer, horizon, 500);
        prop_assert!(probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
        prop_assert!(probabilities.iter().sum::<f64>() <= 1.0 + 1e-11);
        let levels = [0.0, 0.05, 0.5, 0.95, 0.999_999];
        let quantiles = quantiles(&theta, customer, horizon, &levels);
        prop_assert!(quantiles.is_sorted() && quantiles[0] == 0.0, "{quantiles:?}");
    }

    /// The likelihood of a history depends on its purchases through the last one alone, so that over all histories with
    /// `x` purchases it adds up to `int_0^T L(x, t, T) t^(x-1) / (x-1)! dt`, which is `P(X(T) = x)`.
    #[test]
    fn is_what_the_likelihood_adds_up_to(
        theta in mild_theta(),
        x in 1..30_u32,
        age in spread(0.1..1e3),
    ) {
        let ln_factorial: f64 = (1..x).map(|k| f64::from(k).ln()).sum();
        let density = |t_x: f64| {
            let history = Purchases { x: f64::from(x), t_x, t: age };
            (log_likelihood(theta, &history) + (f64::from(x) - 1.0) * t_x.ln() - ln_factorial).exp()
        };
        let total = integral(density, age);
        let probability = probabilities(&theta, NEW, age, x as usize)[x as usize];
        assert_close(total, probability, 1e-10);
        let nothing = Purchases { x: 0.0, t_x: 0.0, t: age };
        assert_close(log_likelihood(theta, &nothing).exp(), probabilities(&theta, NEW, age, 0)[0], 1e-12);
    }
}

/// Over `[0, end]` by panels that shrink towards both ends.
fn integral(f: impl Fn(f64) -> f64, end: f64) -> f64 {
    let (nodes, weights) = gauss_legendre(20);
    let mut cuts: Vec<f64> = (0..40).rev().map(|n| 0.5 * end * 0.5_f64.powi(n)).collect();
    cuts.insert(0, 0.0);
    cuts.extend((1..20).map(|n| end - 0.5 * end * 0.5_f64.powi(n)));
    cuts.push(end);
    cuts.windows(2)
        .flat_map(|panel| {
            let (half, middle) = (0.5 * (panel[1] - panel[0]), 0.5 * (panel[0] + panel[1]));
            nodes
                .iter()
                .zip(&weights)
                .map(move |(node, weight)| (middle + half * node, half * weight))
        })
        .map(|(t, weight)| weight * f(t))
        .sum()
}
