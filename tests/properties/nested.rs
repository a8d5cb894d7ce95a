//! Models that are special cases of others agree with them, and two ways to one number do.

use proptest::prelude::*;
use tenure::data::{Histories, HistoryColumns, Purchases};
use tenure::models::purchasing::purchasing;
use tenure::models::{Model, ParetoNbd, Purchasing, Quantity};

use crate::cases::{assert_close, config, customer, discounted, spread, wild_theta};

/// Every prediction that has a number for one customer.
const QUANTITIES: [Quantity; 3] = [
    Quantity::ProbabilityAlive,
    Quantity::ExpectedPurchases,
    Quantity::NoPurchase,
];

fn predicted(model: &str, theta: &[f64], row: Purchases, quantity: Quantity, horizon: f64) -> f64 {
    let model = purchasing(model).unwrap();
    let [x, t_x, t] = [row.x, row.t_x, row.t].map(|value| [value]);
    let customer = HistoryColumns::new(&x, &t_x, &t).unwrap();
    let mut value = [f64::NAN];
    model
        .predict(quantity, theta, &customer, &[horizon], &mut value, None)
        .unwrap();
    value[0]
}

fn log_likelihood(model: &str, theta: &[f64], row: Purchases) -> f64 {
    let model = purchasing(model).unwrap();
    let [x, t_x, t] = [row.x, row.t_x, row.t].map(|value| [value]);
    let customer = Histories::new(&x, &t_x, &t).unwrap();
    let mut value = [f64::NAN];
    model.log_likelihood(theta, &customer, &mut value).unwrap();
    value[0]
}

/// Both models say the same of a customer, up to a relative error.
fn assert_agree(
    (one, its): (&str, &[f64]),
    (other, theirs): (&str, &[f64]),
    row: Purchases,
    horizon: f64,
    relative: f64,
) {
    for quantity in [&QUANTITIES[..], &[discounted(0.01)]].concat() {
        let ours = predicted(one, its, row, quantity, horizon);
        let others = predicted(other, theirs, row, quantity, horizon);
        // the probability of no purchase contains that of having left; what is next to nothing may be nothing
        let whole = if quantity == Quantity::NoPurchase {
            1.0
        } else {
            ours
        };
        let error = (ours - others).abs();
        assert!(
            error <= relative * whole + 1e-200,
            "{quantity:?}: {ours:e} and {others:e}"
        );
    }
    let (ours, others) = (
        log_likelihood(one, its, row),
        log_likelihood(other, theirs, row),
    );
    assert!(
        (ours - others).abs() <= relative * (1.0 + ours.abs()),
        "{ours} and {others}"
    );
}

/// r, alpha, s and beta such as data give.
fn pareto() -> impl Strategy<Value = [f64; 4]> {
    (
        spread(0.05..10.0),
        spread(0.5..50.0),
        spread(0.1..10.0),
        spread(0.5..50.0),
    )
        .prop_map(|(r, alpha, s, beta)| [r, alpha, s, beta])
}

proptest! {
    #![proptest_config(config(200))]

    /// Where its hazard does not grow.
    #[test]
    fn gompertz_becomes_pareto(
        [r, alpha, s, beta] in pareto(),
        row in customer(200, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let b = 1e-10;
        let gompertz = [r, alpha, b, s, b * beta];
        // the hazard still grows by a share of b times the time
        assert_agree(("ParetoNBD", &[r, alpha, s, beta]), ("GGompertzNBD", &gompertz), row, horizon, 2e-6);
    }

    /// Where its hazard neither rises nor falls.
    #[test]
    fn weibull_becomes_pareto(
        [r, alpha, s, beta] in pareto(),
        row in customer(200, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let weibull = [r, alpha, s, beta, 1.0];
        assert_agree(("ParetoNBD", &weibull[..4]), ("WeibullNBD", &weibull), row, horizon, 1e-10);
    }

    /// Where the rates have nothing to do with each other.
    #[test]
    fn correlated_becomes_pareto(
        [r, alpha, s, beta] in pareto(),
        tau in spread(0.1..10.0),
        row in customer(200, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let theta = [r, alpha, s, beta, 0.0, tau, tau];
        assert_agree(("ParetoNBD", &theta[..4]), ("ParetoNBD+correlated", &theta), row, horizon, 1e-10);
    }

    /// The density is also that of four Pareto/NBD models, with weights of both signs.
    #[test]
    fn correlated_is_a_mixture(
        [r, alpha, s, beta] in pareto(),
        strength in -1.0..1.0_f64,
        row in customer(50, 1.0..1e2),
        horizon in spread(1e-1..1e3),
    ) {
        let (a, b) = ((1.0 + 1.0 / alpha).powf(-r), (1.0 + 1.0 / beta).powf(-s));
        let (apart, spread) = (a * (1.0 - b) + (1.0 - a) * b, a * b * (1.0 - a) * (1.0 - b));
        let total: f64 = 1.0 - strength + 2.0 * strength * apart;
        let root = f64::sqrt(total * total - 16.0 * spread * strength * strength);
        let kappa = 4.0 * strength * a * b / (total + root);
        let parts = [
            (1.0 + kappa, [r, alpha, s, beta]),
            (kappa, [r, alpha + 1.0, s, beta + 1.0]),
            (-kappa, [r, alpha + 1.0, s, beta]),
            (-kappa, [r, alpha, s, beta + 1.0]),
        ];
        let theta = [r, alpha, s, beta, strength, 1.0, 1.0];
        let correlated = "ParetoNBD+correlated";
        let ours = log_likelihood(correlated, &theta, row);
        let share = |theta: &[f64; 4]| (log_likelihood("ParetoNBD", theta, row) - ours).exp();
        // the parts cancel each other
        let size: f64 = parts.iter().map(|(weight, theta)| weight.abs() * share(theta)).sum();
        prop_assume!(size < 1e4);
        let whole: f64 = parts.iter().map(|(weight, theta)| weight * share(theta)).sum();
        prop_assert!((whole - 1.0).abs() < 1e-11 * size, "{whole} of {size}");
        for quantity in [&QUANTITIES[..], &[discounted(0.01)]].concat() {
            let sum: f64 = parts
                .iter()
                .map(|(weight, theta)| weight * share(theta) * predicted("ParetoNBD", theta, row, quantity, horizon))
                .sum();
            let one = predicted(correlated, &theta, row, quantity, horizon);
            let least = predicted("ParetoNBD", &theta[..4], row, quantity, horizon);
            prop_assert!((sum - one).abs() < 1e-10 * size * (one + least), "{quantity:?}: {sum} and {one}");
        }
    }

    /// Where nobody does.
    #[test]
    fn never_leaving_becomes_plain(
        [r, alpha, s, beta] in pareto(),
        c in spread(0.3..3.0),
        row in customer(200, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let plain: [(&str, &[f64]); 4] = [
            ("ParetoNBD", &[r, alpha, s, beta]),
            ("GGompertzNBD", &[r, alpha, 0.1 * c, s, beta]),
            ("WeibullNBD", &[r, alpha, s, beta, c]),
            ("PDO", &[r, alpha, s, beta, 7.0]),
        ];
        for (model, theta) in plain {
            let name = format!("{model}+never_leaving");
            for (share, relative) in [(0.0, 1e-11), (1e-13, 1e-6)] {
                let with_share = [theta, &[share]].concat();
                let new = Purchases { x: 0.0, t_x: 0.0, t: 0.0 };
                let alive = predicted(model, theta, new, Quantity::ProbabilityAlive, row.t + horizon);
                // of lifetimes that are all but surely over, those without an end are the most that are left
                if share == 0.0 || alive > 1e-3 {
                    assert_agree((model, theta), (&name, &with_share), row, horizon, relative);
                }
            }
        }
    }

    /// Where all but nobody leaves.
    #[test]
    fn never_leaving_becomes_nbd(
        [r, alpha, s, beta] in pareto(),
        row in customer(100, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let fall = (r + row.x) * ((alpha + row.t) / (alpha + row.t_x)).ln();
        prop_assume!(fall < 10.0);
        let with_share = [r, alpha, s, beta, 1.0 - 1e-13];
        // leavers are likelier by up to exp(10) for the silence; discounting rounds
        assert_agree(("NBD", &[r, alpha]), ("ParetoNBD+never_leaving", &with_share), row, horizon, 1e-8);
    }

    /// Where its periods are short: `theta ~ Beta(s, beta / tau)`.
    #[test]
    fn period_death_becomes_pareto(
        [r, alpha, s, beta] in pareto(),
        row in customer(20, 1.0..20.0),
        horizon in spread(1.0..20.0),
    ) {
        let tau = 1e-3;
        let step = [r, alpha, s, beta / tau, tau];
        // what happens within a period is of the order of its length
        let order = tau * (1.0 + (r + row.x) / alpha + (s + 1.0) / beta + 1.0 / horizon);
        assert_agree(("ParetoNBD", &[r, alpha, s, beta]), ("PDO", &step), row, horizon, 10.0 * order);
    }

    /// Where its first period is longer than the observation and the horizon.
    #[test]
    fn period_death_becomes_nbd(
        [r, alpha, a, b] in pareto(),
        row in customer(500, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let tau = 1.0 + row.t + horizon;
        assert_agree(("NBD", &[r, alpha]), ("PDO", &[r, alpha, a, b, tau]), row, horizon, 1e-12);
    }

    /// Where nobody leaves.
    #[test]
    fn pareto_becomes_nbd(
        [r, alpha, _, beta] in pareto(),
        row in customer(100, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let fall = (r + row.x) * ((alpha + row.t) / (alpha + row.t_x)).ln();
        prop_assume!(fall < 10.0);
        let pareto = [r, alpha, 1e-14, beta];
        // leaving at a rate of 1e-14 over times up to 1000, times up to exp(10) for the silence; discounting rounds
        assert_agree(("NBD", &[r, alpha]), ("ParetoNBD", &pareto), row, horizon, 1e-6);
    }

    /// Where every stroke of the clock is a purchase.
    #[test]
    fn condensed_becomes_plain(
        [r, alpha, a, b] in pareto(),
        row in customer(200, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        let theta = [r, alpha, a, b, 1.0];
        assert_agree(("BGNBD", &theta[..4]), ("BGCNBD", &theta), row, horizon, 1e-10);
        assert_agree(("MBGNBD", &theta[..4]), ("MBGCNBD", &theta), row, horizon, 1e-10);
    }

    /// Nothing jumps at `s = 1`, where the closed form of the expectation has a removable pole.
    #[test]
    fn nothing_jumps_at_one(
        [r, alpha, _, beta] in pareto(),
        row in customer(200, 1.0..1e3),
        horizon in spread(1e-1..1e3),
    ) {
        for near in [1.0 - 1e-12, 1.0 + 1e-12] {
            let (at, beside) = ([r, alpha, 1.0, beta], [r, alpha, near, beta]);
            assert_agree(("ParetoNBD", &at), ("ParetoNBD", &beside), row, horizon, 1e-10);
        }
    }

    /// The series by which many customers are done, and the quadrature that it stands for.
    #[test]
    fn pareto_alive_two_ways(
        [r, alpha, s, _] in wild_theta(),
        beta in spread(1e-3..1e5),
        row in customer(5_000, 1e-2..1e4),
    ) {
        let theta = [r, alpha, s, beta];
        let by_quadrature = <ParetoNbd as Purchasing<4, 4>>::probability_alive(theta, &row);
        let ours = predicted("ParetoNBD", &theta, row, Quantity::ProbabilityAlive, 0.0);
        // an exponent with r + x times a logarithm of ages, of which each rounds
        assert_close(ours, by_quadrature, 1e-12 + 1e-14 * (r + row.x + s));
    }

    /// Who has just come has not left, or has by the first chance of the MBG/NBD model.
    #[test]
    fn newcomers_are_alive(theta in pareto()) {
        let row = Purchases { x: 0.0, t_x: 0.0, t: 0.0 };
        let alive = |model: &str, theta: &[f64]| predicted(model, theta, row, Quantity::ProbabilityAlive, 0.0);
        for model in ["BGNBD", "ParetoNBD", "BGBB"] {
            prop_assert_eq!(alive(model, &theta), 1.0);
        }
        prop_assert_eq!(alive("NBD", &theta[..2]), 1.0);
        assert_close(alive("MBGNBD", &theta), theta[3] / (theta[2] + theta[3]), 1e-14);
        prop_assert_eq!(ParetoNbd::ln_pdf(theta, &row), 0.0);
    }
}
