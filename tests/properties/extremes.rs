//! A hundred thousand customers at random points of the parameters: every number is a number, and in its range.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tenure::data::{HistoryColumns, Purchases};
use tenure::models::Quantity;

use crate::cases::{bg_nbd, columns, config, customer, discounted, spread, wild_theta};

const POINTS: usize = 2_000;
const CUSTOMERS_A_POINT: usize = 50;

#[derive(Debug)]
struct Point {
    theta: [f64; 4],
    customers: Vec<Purchases>,
    horizons: Vec<f64>,
    rate: f64,
}

fn points() -> impl Strategy<Value = Point> {
    let horizon = prop_oneof![8 => spread(1e-6..1e6), 1 => Just(0.0), 1 => Just(1e6)];
    (
        wild_theta(),
        prop::collection::vec(customer(5_000, 1e-3..1e5), CUSTOMERS_A_POINT),
        prop::collection::vec(horizon, CUSTOMERS_A_POINT),
        spread(1e-6..1.0),
    )
        .prop_map(|(theta, customers, horizons, rate)| Point {
            theta,
            customers,
            horizons,
            rate,
        })
}

#[test]
fn no_number_is_out_of_range() {
    let mut runner = TestRunner::new(config(1));
    for _ in 0..POINTS {
        check(&points().new_tree(&mut runner).unwrap().current());
    }
}

fn check(point: &Point) {
    let Point {
        theta,
        customers,
        horizons,
        rate,
    } = point;
    let [x, t_x, t] = columns(customers);
    let columns = HistoryColumns::new(&x, &t_x, &t).unwrap();
    let histories = columns.check().unwrap();
    let predict = |quantity, horizons: &[f64]| {
        let mut values = vec![f64::NAN; CUSTOMERS_A_POINT];
        bg_nbd()
            .predict(quantity, theta, &columns, horizons, &mut values, None)
            .unwrap();
        values
    };
    let assert_all = |what: &str, values: &[f64], holds: &dyn Fn(usize, f64) -> bool| {
        for (i, &value) in values.iter().enumerate() {
            let (customer, horizon) = (customers[i], horizons[i]);
            assert!(
                holds(i, value),
                "{what} is {value:e} at {theta:?} for {customer:?}, horizon {horizon:e}, rate {rate:e}"
            );
        }
    };
    let probability = |_: usize, p: f64| (0.0..=1.0).contains(&p);
    let alive = predict(Quantity::ProbabilityAlive, &[0.0]);
    assert_all("P(alive)", &alive, &probability);
    let later = predict(Quantity::ProbabilityAlive, horizons);
    assert_all("P(alive) later", &later, &|i, p| {
        p >= 0.0 && p <= alive[i] * (1.0 + 1e-12)
    });
    let expected = predict(Quantity::ExpectedPurchases, horizons);
    let most = |i: usize| alive[i] * (theta[0] + x[i]) / (theta[1] + t[i]) * horizons[i];
    assert_all("expectation", &expected, &|i, e| {
        e >= 0.0 && e <= most(i) * (1.0 + 1e-12)
    });
    assert_all(
        "P(no purchase)",
        &predict(Quantity::NoPurchase, horizons),
        &probability,
    );
    let discounted_purchases = predict(discounted(*rate), horizons);
    assert_all("discounted", &discounted_purchases, &|i, d| {
        d >= 0.0 && d <= expected[i] * (1.0 + 1e-12)
    });
    let mut values = vec![f64::NAN; CUSTOMERS_A_POINT];
    bg_nbd()
        .log_likelihood(theta, &histories, &mut values)
        .unwrap();
    assert_all("log-likelihood", &values, &|_, l| l.is_finite());
    let mut table = vec![f64::NAN; 6 * CUSTOMERS_A_POINT];
    bg_nbd()
        .probabilities(theta, &histories, horizons, 5, &mut table)
        .unwrap();
    let sums: Vec<f64> = table.chunks(6).map(|row| row.iter().sum()).collect();
    assert_all("sum of probabilities", &sums, &|_, s| {
        (0.0..=1.0 + 1e-11).contains(&s)
    });
    assert!(table.iter().all(|p| (0.0..=1.0).contains(p)));
}

/// Without end, a twentieth of the cases: it is the costliest prediction.
#[test]
fn no_perpetuity_is_out_of_range() {
    let mut runner = TestRunner::new(config(1));
    for _ in 0..POINTS / 20 {
        let Point {
            theta,
            customers,
            rate,
            ..
        } = points().new_tree(&mut runner).unwrap().current();
        let [x, t_x, t] = columns(&customers);
        let histories = HistoryColumns::new(&x, &t_x, &t).unwrap();
        let (mut values, mut gradients) = (
            vec![f64::NAN; CUSTOMERS_A_POINT],
            vec![f64::NAN; 4 * CUSTOMERS_A_POINT],
        );
        let slopes = Some(&mut gradients[..]);
        bg_nbd()
            .predict(
                discounted(rate),
                &theta,
                &histories,
                &[f64::INFINITY],
                &mut values,
                slopes,
            )
            .unwrap();
        for (value, customer) in values.iter().zip(&customers) {
            // never more than the rate of purchases over the discount rate
            let most = (theta[0] + customer.x) / (theta[1] + customer.t) / rate;
            assert!(
                (0.0..=most * (1.0 + 1e-12)).contains(value),
                "{value:e} for {customer:?} at {theta:?}, rate {rate:e}"
            );
        }
        for (slopes, customer) in gradients.chunks(4).zip(&customers) {
            assert!(
                slopes.iter().all(|slope| slope.is_finite()),
                "{slopes:?} for {customer:?} at {theta:?}, rate {rate:e}"
            );
        }
    }
}
