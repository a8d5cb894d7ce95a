//! What the Gamma-Gamma model must obey.

use proptest::prelude::*;
use tenure::data::{Spend, Spending};
use tenure::models::spending::{expected_spend, spend_quantiles};
use tenure::models::{GammaGamma, Model};
use tenure::numeric::incomplete::gamma_q;
use tenure::numeric::quadrature::gauss_legendre;

use crate::cases::{assert_close, config, spend_theta, spender, spread};

fn expected(theta: [f64; 3], customer: Spend) -> f64 {
    let (x, mean, mut value) = ([customer.x], [customer.mean], [f64::NAN]);
    let customer = Spending::new(&x, &mean).unwrap();
    expected_spend(&theta, &customer, &mut value, None).unwrap();
    value[0]
}

fn quantiles<const N: usize>(theta: [f64; 3], customer: Spend, levels: [f64; N]) -> [f64; N] {
    let (x, mean, mut values) = ([customer.x], [customer.mean], [f64::NAN; N]);
    let customer = Spending::new(&x, &mean).unwrap();
    spend_quantiles(&theta, &customer, &levels, &mut values).unwrap();
    values
}

proptest! {
    #![proptest_config(config(1_000))]

    /// Between the customer's own mean and that of all, the nearer to their own the more they bought.
    #[test]
    fn expectations_are_drawn_to_the_mean_of_all(theta in spend_theta(), customer in spender(5_000)) {
        let [p, q, gamma] = theta;
        let newcomer = Spend { x: 0.0, mean: 0.0 };
        let shape = p * customer.x + q;
        prop_assert_eq!(expected(theta, customer).is_infinite(), shape <= 1.0);
        prop_assert_eq!(expected(theta, newcomer).is_infinite(), q <= 1.0);
        prop_assume!(q > 1.0);
        let of_all = p * gamma / (q - 1.0);
        assert_close(expected(theta, newcomer), of_all, 1e-14);
        let (low, high) = (of_all.min(customer.mean), of_all.max(customer.mean));
        let spend = expected(theta, customer);
        prop_assert!(low * (1.0 - 1e-12) <= spend && spend <= high * (1.0 + 1e-12));
        let more = Spend { x: 2.0 * customer.x, ..customer };
        let distance = |spend: f64| (spend - customer.mean).abs();
        prop_assert!(distance(expected(theta, more)) <= distance(spend) + 1e-12 * high);
    }

    #[test]
    fn the_currency_does_not_matter(theta in spend_theta(), customer in spender(5_000), unit in spread(1e-4..1e4)) {
        let [p, q, gamma] = theta;
        let (other, scaled) = ([p, q, gamma * unit], Spend { mean: customer.mean * unit, ..customer });
        prop_assume!(p * customer.x + q > 1.0);
        assert_close(expected(other, scaled), expected(theta, customer) * unit, 1e-13);
        let ours = quantiles(theta, customer, [0.05, 0.5, 0.95]);
        for (ours, other) in ours.into_iter().zip(quantiles(other, scaled, [0.05, 0.5, 0.95])) {
            assert_close(other, ours * unit, 1e-13);
        }
        let (here, there) = (GammaGamma::ln_pdf(theta, &customer), GammaGamma::ln_pdf(other, &scaled));
        prop_assert!((here - there - unit.ln()).abs() <= 1e-12 * (1.0 + here.abs() + p * customer.x));
    }

    /// `p (gamma + x zbar) / zeta` is a gamma variable with shape `px + q`.
    #[test]
    fn quantiles_invert_the_posterior(
        theta in spend_theta(),
        customer in spender(5_000),
        level in 1e-6..0.999_999_f64,
    ) {
        let [p, q, gamma] = theta;
        let [low, middle, high] = quantiles(theta, customer, [0.5 * level, level, 0.5 + 0.5 * level]);
        prop_assert!(low < middle && middle < high);
        let rate = p * (gamma + customer.x * customer.mean) / middle;
        assert_close(gamma_q(p * customer.x + q, rate), level, 1e-9);
    }
}

proptest! {
    #![proptest_config(config(200))]

    /// The likelihood is a density of `zbar`, with the mean that is expected of a newcomer.
    #[test]
    fn the_likelihood_is_a_density(
        p in spread(0.3..30.0),
        q in spread(1.5..30.0),
        gamma in spread(1e-2..1e4),
        x in 1..200_u32,
    ) {
        let theta = [p, q, gamma];
        let (nodes, weights) = gauss_legendre(32);
        let (mut total, mut mean) = (0.0, 0.0);
        // panels in ln zbar around ln(gamma p): from where powers of px have died to where powers of q - 1 have
        let reach = (45.0 / (p * f64::from(x)).min(1.0), 45.0 / (q - 1.0).min(1.0));
        let (mut from, end) = (-reach.0, reach.1);
        while from < end {
            let to = (from + 0.1).min(end);
            for (node, weight) in nodes.iter().zip(&weights) {
                let zbar = gamma * p * (0.5 * (from + to) + 0.5 * (to - from) * node).exp();
                let customer = Spend { x: f64::from(x), mean: zbar };
                let mass = 0.5 * (to - from) * weight * zbar * GammaGamma::ln_pdf(theta, &customer).exp();
                total += mass;
                mean += mass * zbar;
            }
            from = to;
        }
        assert_close(total, 1.0, 1e-10);
        assert_close(mean, p * gamma / (q - 1.0), 1e-9);
    }
}
