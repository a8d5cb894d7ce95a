//! Random parameters and customers, and the model asked about one customer at a time.

use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tenure::data::{Histories, HistoryColumns, Purchases, Spend};
use tenure::models::purchasing::{Discounting, DynPurchasing, purchasing};
use tenure::models::{BgNbd, Model, Quantity};

/// So many cases, always the same.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20050224),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A number that is as likely to lie in one order of magnitude as in another.
pub(crate) fn spread(range: Range<f64>) -> impl Strategy<Value = f64> {
    (range.start.ln()..range.end.ln()).prop_map(f64::exp)
}

/// r, alpha, a and b from tiny to huge.
pub(crate) fn wild_theta() -> impl Strategy<Value = [f64; 4]> {
    let (shape, scale) = (0.01..100.0, 1e-3..1e5);
    let dropout = || {
        prop_oneof![
            4 => spread(1e-3..1e4),
            1 => Just(1.0),
            1 => 0.99..1.01,
            1 => Just(0.001),
            1 => Just(1e4),
        ]
    };
    (spread(shape), spread(scale), dropout(), dropout())
        .prop_map(|(r, alpha, a, b)| [r, alpha, a, b])
}

/// r, alpha, a and b such as data give.
pub(crate) fn mild_theta() -> impl Strategy<Value = [f64; 4]> {
    (
        spread(0.05..10.0),
        spread(0.5..50.0),
        spread(0.1..10.0),
        spread(0.1..10.0),
    )
        .prop_map(|(r, alpha, a, b)| [r, alpha, a, b])
}

/// A customer with up to `most` purchases, the edges (nobody bought, bought just now, came just now) included.
pub(crate) fn customer(most: u32, ages: Range<f64>) -> impl Strategy<Value = Purchases> {
    let largest = f64::from(most);
    let count = prop_oneof![
        2 => Just(0.0),
        3 => (1.0..10.0_f64.min(largest)).prop_map(f64::floor),
        2 => spread(1.0..largest).prop_map(f64::floor),
        1 => Just(largest),
    ];
    let last = prop_oneof![3 => 0.001..1.0, 1 => Just(1.0), 1 => Just(1e-9)];
    let age = prop_oneof![9 => spread(ages), 1 => Just(0.0)];
    (count, last, age).prop_map(|(x, last, t)| {
        let x = if t > 0.0 { x } else { 0.0 };
        let t_x = if x > 0.0 { t * last } else { 0.0 };
        Purchases { x, t_x, t }
    })
}

/// What a customer spends, in any currency.
pub(crate) fn spender(most: u32) -> impl Strategy<Value = Spend> {
    (1..=most, spread(1e-3..1e6)).prop_map(|(x, mean)| Spend {
        x: f64::from(x),
        mean,
    })
}

/// p, q and gamma from tiny to huge.
pub(crate) fn spend_theta() -> impl Strategy<Value = [f64; 3]> {
    (spread(0.05..100.0), spread(0.05..100.0), spread(1e-3..1e6))
        .prop_map(|(p, q, gamma)| [p, q, gamma])
}

pub(crate) fn bg_nbd() -> &'static dyn DynPurchasing {
    purchasing("BGNBD").unwrap()
}

/// A column for each of the fields.
pub(crate) fn columns(customers: &[Purchases]) -> [Vec<f64>; 3] {
    [
        customers.iter().map(|c| c.x).collect(),
        customers.iter().map(|c| c.t_x).collect(),
        customers.iter().map(|c| c.t).collect(),
    ]
}

/// One prediction for each of the customers.
pub(crate) fn predict(
    quantity: Quantity,
    theta: &[f64],
    customers: &[Purchases],
    horizon: f64,
) -> Vec<f64> {
    let [x, t_x, t] = columns(customers);
    let customers = HistoryColumns::new(&x, &t_x, &t).unwrap();
    let mut values = vec![f64::NAN; x.len()];
    bg_nbd()
        .predict(quantity, theta, &customers, &[horizon], &mut values, None)
        .unwrap();
    values
}

/// One prediction for one customer.
pub(crate) fn predict_one(
    quantity: Quantity,
    theta: &[f64],
    customer: Purchases,
    horizon: f64,
) -> f64 {
    predict(quantity, theta, &[customer], horizon)[0]
}

/// One prediction for one customer, and its derivatives with respect to the parameters.
pub(crate) fn predict_with_gradient(
    quantity: Quantity,
    theta: [f64; 4],
    customer: Purchases,
    horizon: f64,
) -> (f64, [f64; 4]) {
    let [x, t_x, t] = columns(&[customer]);
    let customer = HistoryColumns::new(&x, &t_x, &t).unwrap();
    let (mut value, mut gradient) = ([f64::NAN], [f64::NAN; 4]);
    let slopes = Some(&mut gradient[..]);
    bg_nbd()
        .predict(quantity, &theta, &customer, &[horizon], &mut value, slopes)
        .unwrap();
    (value[0], gradient)
}

/// Probabilities of 0 to `most` purchases of one customer.
pub(crate) fn probabilities(
    theta: &[f64],
    customer: Purchases,
    horizon: f64,
    most: usize,
) -> Vec<f64> {
    let [x, t_x, t] = columns(&[customer]);
    let customer = Histories::new(&x, &t_x, &t).unwrap();
    let mut values = vec![f64::NAN; most + 1];
    bg_nbd()
        .probabilities(theta, &customer, &[horizon], most, &mut values)
        .unwrap();
    values
}

/// The smallest counts with at least these probabilities of not being passed.
pub(crate) fn quantiles(
    theta: &[f64],
    customer: Purchases,
    horizon: f64,
    levels: &[f64],
) -> Vec<f64> {
    let [x, t_x, t] = columns(&[customer]);
    let customer = Histories::new(&x, &t_x, &t).unwrap();
    let mut values = vec![f64::NAN; levels.len()];
    bg_nbd()
        .quantiles(theta, &customer, &[horizon], levels, &mut values)
        .unwrap();
    values
}

pub(crate) fn log_likelihood(theta: [f64; 4], customer: &Purchases) -> f64 {
    BgNbd::ln_pdf(theta, customer)
}

/// Discounting at a continuous rate.
pub(crate) fn discounted(rate: f64) -> Quantity {
    Quantity::DiscountedPurchases(Discounting { rate, period: None })
}

/// Equal up to a relative error.
#[track_caller]
pub(crate) fn assert_close(ours: f64, other: f64, relative: f64) {
    let error = (ours - other).abs();
    assert!(
        error <= relative * ours.abs().max(other.abs()),
        "{ours:e} and {other:e} differ by {:e}",
        error / ours.abs().max(other.abs())
    );
}
