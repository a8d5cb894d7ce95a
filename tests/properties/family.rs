//! What every model of repeat buying must obey, whatever its name: the models come from the registry.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tenure::data::{Histories, HistoryColumns, Purchases};
use tenure::models::purchasing::{Discounting, DynPurchasing, PURCHASING};
use tenure::models::{Dimension, Parameter, Quantity};

use crate::cases::{assert_close, columns, config, customer, discounted, spread};

/// One model, asked about one customer or many.
#[derive(Debug, Clone, Copy)]
struct Asked(&'static dyn DynPurchasing);

/// A point of the parameters, customers, and what to ask.
#[derive(Debug, Clone)]
struct Case {
    theta: Vec<f64>,
    customers: Vec<Purchases>,
    horizons: Vec<f64>,
    rate: f64,
}

fn models() -> impl Iterator<Item = Asked> {
    PURCHASING.iter().map(|model| Asked(*model))
}

/// A parameter from tiny to huge, with the places where formulas break; or such as data give.
fn parameter(parameter: &Parameter, wild: bool) -> BoxedStrategy<f64> {
    match (parameter.dimension, parameter.name, wild) {
        (_, "tau", _) => spread(5.0..500.0).boxed(),
        // large ones take their time
        (_, "k", true) => prop_oneof![9 => 1..6_u32, 1 => 6..13_u32]
            .prop_map(f64::from)
            .boxed(),
        (_, "k", false) => (1..6_u32).prop_map(f64::from).boxed(),
        (_, "c", true) => prop_oneof![6 => spread(0.05..200.0), 1 => Just(1.0)].boxed(),
        (_, "c", false) => prop_oneof![6 => spread(0.3..3.0), 1 => Just(1.0)].boxed(),
        (Dimension::Share, ..) => prop_oneof![
            6 => 0.001..0.999,
            1 => Just(1e-9),
            1 => Just(1.0 - 1e-9),
        ]
        .boxed(),
        (Dimension::Association, _, true) => prop_oneof![
            6 => -0.999..0.999,
            1 => Just(-1.0),
            1 => Just(0.0),
            1 => Just(1.0),
        ]
        .boxed(),
        (Dimension::Association, _, false) => (-0.99..0.99).boxed(),
        // the hazards of the GGompertz/NBD model, which b and beta that are as small leave as they are
        (Dimension::None, "beta", true) => {
            prop_oneof![3 => spread(1e-3..1e4), 1 => spread(1e-16..1e-3)].boxed()
        }
        (Dimension::PerTime, _, true) => {
            prop_oneof![3 => spread(1e-4..0.3), 1 => spread(1e-16..1e-4)].boxed()
        }
        (Dimension::PerTime, _, false) => spread(1e-4..0.3).boxed(),
        (Dimension::Time, _, true) => prop_oneof![6 => spread(1e-3..1e5), 1 => Just(10.0)].boxed(),
        (Dimension::Time, _, false) => prop_oneof![6 => spread(0.5..50.0), 1 => Just(10.0)].boxed(),
        (_, "r", true) => spread(0.01..100.0).boxed(),
        (_, _, true) => prop_oneof![
            4 => spread(1e-3..1e4),
            1 => Just(1.0),
            1 => 0.99..1.01,
            1 => Just(1e-3),
            1 => Just(1e4),
        ]
        .boxed(),
        (_, _, false) => prop_oneof![9 => spread(0.1..10.0), 1 => Just(1.0)].boxed(),
    }
}

impl Asked {
    fn discrete(self) -> bool {
        self.0.name() == "BGBB"
    }

    fn has(self, parameter: &str) -> bool {
        self.0.parameters().iter().any(|p| p.name == parameter)
    }

    fn theta(self, wild: bool) -> impl Strategy<Value = Vec<f64>> + use<> {
        let each: Vec<_> = self
            .0
            .parameters()
            .iter()
            .map(|p| parameter(p, wild))
            .collect();
        each
    }

    /// Customers of a discrete model have whole ages, and buy at most once in each.
    fn fitting(self, customer: Purchases) -> Purchases {
        if !self.discrete() {
            return customer;
        }
        let t = customer.t.ceil().min(500.0);
        let t_x = customer.t_x.ceil().min(t);
        let x = customer.x.min(t_x);
        Purchases { x, t_x, t }
    }

    /// Horizons of a hundred years in days, or of a few hundred periods where each of them counts.
    fn case(self, wild: bool, most: u32, size: usize) -> impl Strategy<Value = Case> + use<> {
        let stepped = self.has("tau");
        let (age, ahead) = match (wild, stepped) {
            (true, false) => (1e-3..1e5, 1e6),
            (true, true) => (1e-1..1e3, 1e4),
            (false, _) => (1.0..1e3, 1e3),
        };
        let ahead = if self.discrete() { 300.0 } else { ahead };
        let horizon = prop_oneof![8 => spread(1e-6..ahead), 1 => Just(0.0), 1 => Just(ahead)];
        (
            self.theta(wild),
            prop::collection::vec(customer(most, age), size),
            prop::collection::vec(horizon, size),
            spread(1e-6..1.0),
        )
            .prop_map(move |(theta, customers, horizons, rate)| Case {
                theta,
                customers: customers.into_iter().map(|c| self.fitting(c)).collect(),
                horizons,
                rate,
            })
    }

    fn predict(self, quantity: Quantity, case: &Case, horizons: &[f64]) -> Vec<f64> {
        let [x, t_x, t] = columns(&case.customers);
        let histories = HistoryColumns::new(&x, &t_x, &t).unwrap();
        let mut values = vec![f64::NAN; x.len()];
        self.0
            .predict(
                quantity,
                &case.theta,
                &histories,
                horizons,
                &mut values,
                None,
            )
            .unwrap();
        values
    }

    /// Values with their derivatives, customers by parameters.
    fn slopes(self, quantity: Quantity, case: &Case, horizons: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let [x, t_x, t] = columns(&case.customers);
        let histories = HistoryColumns::new(&x, &t_x, &t).unwrap();
        let mut values = vec![f64::NAN; x.len()];
        let mut slopes = vec![f64::NAN; x.len() * case.theta.len()];
        let gradients = Some(&mut slopes[..]);
        self.0
            .predict(
                quantity,
                &case.theta,
                &histories,
                horizons,
                &mut values,
                gradients,
            )
            .unwrap();
        (values, slopes)
    }

    fn log_likelihood(self, case: &Case) -> Vec<f64> {
        let [x, t_x, t] = columns(&case.customers);
        let histories = Histories::new(&x, &t_x, &t).unwrap();
        let mut values = vec![f64::NAN; x.len()];
        self.0
            .log_likelihood(&case.theta, &histories, &mut values)
            .unwrap();
        values
    }

    fn probabilities(self, case: &Case, horizons: &[f64], most: usize) -> Vec<Vec<f64>> {
        let [x, t_x, t] = columns(&case.customers);
        let histories = Histories::new(&x, &t_x, &t).unwrap();
        let mut table = vec![f64::NAN; x.len() * (most + 1)];
        self.0
            .probabilities(&case.theta, &histories, horizons, most, &mut table)
            .unwrap();
        table.chunks(most + 1).map(<[f64]>::to_vec).collect()
    }

    fn quantiles(self, case: &Case, horizons: &[f64], levels: &[f64]) -> Vec<Vec<f64>> {
        let [x, t_x, t] = columns(&case.customers);
        let histories = Histories::new(&x, &t_x, &t).unwrap();
        let mut table = vec![f64::NAN; x.len() * levels.len()];
        self.0
            .quantiles(&case.theta, &histories, horizons, levels, &mut table)
            .unwrap();
        table.chunks(levels.len()).map(<[f64]>::to_vec).collect()
    }
}

const POINTS: usize = 2_000;
const CUSTOMERS_A_POINT: usize = 50;

/// A hundred thousand customers a model, at random points of the parameters: every number is one, and in its range. What
/// takes quadratures for each customer is asked at a tenth of the points.
#[test]
fn no_number_is_out_of_range() {
    std::thread::scope(|scope| {
        for model in models() {
            scope.spawn(move || {
                let mut runner = TestRunner::new(config(1));
                let cases = model.case(true, 5_000, CUSTOMERS_A_POINT);
                for point in 0..POINTS {
                    let case = cases.new_tree(&mut runner).unwrap().current();
                    check_ranges(model, &case, point % 10 == 0);
                }
            });
        }
    });
}

fn check_ranges(model: Asked, case: &Case, all: bool) {
    let assert_all = |what: &str, values: &[f64], holds: &dyn Fn(usize, f64) -> bool| {
        for (i, &value) in values.iter().enumerate() {
            assert!(
                holds(i, value),
                "{}: {what} is {value:e} at {:?} for {:?}, horizon {:e}, rate {:e}",
                model.0.name(),
                case.theta,
                case.customers[i],
                case.horizons[i],
                case.rate,
            );
        }
    };
    let horizons = &case.horizons;
    let probability = |_: usize, p: f64| (0.0..=1.0).contains(&p);
    let alive = model.predict(Quantity::ProbabilityAlive, case, &[0.0]);
    assert_all("P(alive)", &alive, &probability);
    let later = model.predict(Quantity::ProbabilityAlive, case, horizons);
    assert_all("P(alive) later", &later, &|i, p| {
        p >= 0.0 && p <= alive[i] * (1.0 + 1e-12)
    });
    let expected = model.predict(Quantity::ExpectedPurchases, case, horizons);
    assert_all("expectation", &expected, &|_, e| e >= 0.0 && e.is_finite());
    assert_all("log-likelihood", &model.log_likelihood(case), &|_, l| {
        l.is_finite()
    });
    if !all {
        return;
    }
    let none = model.predict(Quantity::NoPurchase, case, horizons);
    assert_all("P(no purchase)", &none, &probability);
    // a quadrature of its own: each is good to about 1e-13
    let worth = model.predict(discounted(case.rate), case, horizons);
    assert_all("discounted", &worth, &|i, d| {
        d >= 0.0 && d <= expected[i] * (1.0 + 1e-11)
    });
    let table = model.probabilities(case, horizons, 5);
    let sums: Vec<f64> = table.iter().map(|row| row.iter().sum()).collect();
    assert_all("sum of probabilities", &sums, &|_, s| {
        (0.0..=1.0 + 1e-11).contains(&s)
    });
    assert!(
        table
            .iter()
            .flatten()
            .all(|p| (0.0..=1.0 + 1e-12).contains(p))
    );
}

/// Without end and with derivatives, a twentieth of the cases.
#[test]
fn no_perpetuity_is_out_of_range() {
    for model in models() {
        let mut runner = TestRunner::new(config(1));
        let cases = model.case(true, 5_000, CUSTOMERS_A_POINT / 10);
        for _ in 0..POINTS / 10 {
            let case = cases.new_tree(&mut runner).unwrap().current();
            let (values, slopes) = model.slopes(discounted(case.rate), &case, &[f64::INFINITY]);
            let at = |i: usize| {
                format!(
                    "{} at {:?} for {:?}",
                    model.0.name(),
                    case.theta,
                    case.customers[i]
                )
            };
            for (i, value) in values.iter().enumerate() {
                assert!(value.is_finite() && *value >= 0.0, "{value:e} by {}", at(i));
            }
            for (i, slopes) in slopes.chunks(case.theta.len()).enumerate() {
                assert!(
                    slopes.iter().all(|s| s.is_finite()),
                    "{slopes:?} by {}",
                    at(i)
                );
            }
        }
    }
}

#[test]
fn probabilities_sum_to_one_with_the_expectation_as_mean() {
    for model in models() {
        let mut runner = TestRunner::new(config(1));
        let cases = model.case(false, 100, 1);
        for _ in 0..100 {
            let mut case = cases.new_tree(&mut runner).unwrap().current();
            // over horizons up to twice the scale, beyond which counts above 4,000 begin to matter
            let scale = if model.discrete() {
                100.0
            } else {
                case.theta[1] + case.customers[0].t
            };
            case.horizons[0] = case.horizons[0] / 1e3 * 2.0 * scale;
            let row = &model.probabilities(&case, &case.horizons, 4_000)[0];
            let expected = model.predict(Quantity::ExpectedPurchases, &case, &case.horizons)[0];
            let none = model.predict(Quantity::NoPurchase, &case, &case.horizons)[0];
            let mean: f64 = (0_u32..).zip(row).map(|(k, p)| f64::from(k) * p).sum();
            let total: f64 = row.iter().sum();
            assert!(
                (total - 1.0).abs() < 1e-11,
                "{}: {total} at {case:?}",
                model.0.name()
            );
            assert!(
                (mean - expected).abs() <= 1e-10 * expected,
                "{}: {mean} and {expected} at {case:?}",
                model.0.name()
            );
            assert!(
                (row[0] - none).abs() <= 1e-11 * none,
                "{}: {} and {none} at {case:?}",
                model.0.name(),
                row[0]
            );
        }
    }
}

#[test]
fn quantiles_are_those_of_the_probabilities() {
    for model in models() {
        let mut runner = TestRunner::new(config(1));
        let cases = model.case(false, 100, 1);
        for _ in 0..100 {
            let mut case = cases.new_tree(&mut runner).unwrap().current();
            case.horizons[0] *= if model.discrete() { 0.3 } else { 1.0 };
            let levels = [0.05, 0.5, 0.9, 0.999];
            let quantiles = &model.quantiles(&case, &case.horizons, &levels)[0];
            let row = &model.probabilities(&case, &case.horizons, 20_000)[0];
            for (&k, level) in quantiles
                .iter()
                .zip(levels)
                .filter(|(k, _)| **k <= 20_000.0)
            {
                let most = (0..=20_000).position(|n| f64::from(n) >= k).unwrap();
                let reached: f64 = row[..=most].iter().sum();
                let before: f64 = row[..most].iter().sum();
                let name = model.0.name();
                assert!(
                    reached >= level - 1e-10,
                    "{name}: P(X <= {k}) = {reached} at {case:?}"
                );
                assert!(
                    before < level + 1e-10,
                    "{name}: P(X < {k}) = {before} at {case:?}"
                );
            }
        }
    }
}

/// A prediction has no unit but that of its customer's ages.
#[test]
fn the_time_unit_does_not_matter() {
    for model in models().filter(|model| !model.discrete()) {
        let mut runner = TestRunner::new(config(1));
        let cases = (model.case(false, 500, 1), spread(1e-3..1e3));
        for _ in 0..300 {
            let (case, unit) = cases.new_tree(&mut runner).unwrap().current();
            let mut other = case.clone();
            for (theta, parameter) in other.theta.iter_mut().zip(model.0.parameters()) {
                *theta *= match parameter.dimension {
                    Dimension::Time => unit,
                    Dimension::PerTime => 1.0 / unit,
                    Dimension::None
                    | Dimension::Money
                    | Dimension::Share
                    | Dimension::Association => 1.0,
                };
            }
            let Purchases { x, t_x, t } = case.customers[0];
            other.customers = vec![Purchases {
                x,
                t_x: t_x * unit,
                t: t * unit,
            }];
            let horizon = [case.horizons[0] * unit];
            // an odds of being alive is a power of r + x: every count adds a rounding of the ages
            let tolerance = 1e-11 + 1e-14 * x;
            for quantity in [
                Quantity::ProbabilityAlive,
                Quantity::ExpectedPurchases,
                Quantity::NoPurchase,
            ] {
                let ours = model.predict(quantity, &case, &case.horizons)[0];
                assert_close(
                    model.predict(quantity, &other, &horizon)[0],
                    ours,
                    tolerance,
                );
            }
            let ours = model.predict(discounted(0.01), &case, &case.horizons)[0];
            let theirs = model.predict(discounted(0.01 / unit), &other, &horizon)[0];
            assert_close(theirs, ours, tolerance);
            let (one, two) = (
                model.log_likelihood(&case)[0],
                model.log_likelihood(&other)[0],
            );
            let allowed = 1e-12 * (1.0 + one.abs() + two.abs() + x * (1.0 + unit.ln().abs()));
            // a density of x times, without the part of k - 1 strokes each that only k changes
            let times = if model.has("k") { x * case.theta[4] } else { x };
            assert!(
                (one - two - times * unit.ln()).abs() <= times.max(1.0) * allowed,
                "{} at {case:?}",
                model.0.name()
            );
        }
    }
}

/// Four points in the logarithm of a parameter: an error of `STEP^4` times the fifth derivative over 30.
const STEP: f64 = 1e-3;

#[test]
fn derivatives_are_those_of_the_predictions() {
    for model in models() {
        let mut runner = TestRunner::new(config(1));
        let cases = model.case(false, 300, 4);
        for _ in 0..60 {
            let case = cases.new_tree(&mut runner).unwrap().current();
            for (quantity, forever) in [
                (Quantity::ProbabilityAlive, false),
                (Quantity::ExpectedPurchases, false),
                (Quantity::NoPurchase, false),
                (discounted(case.rate), false),
                (discounted(case.rate), true),
                (
                    Quantity::DiscountedPurchases(Discounting {
                        rate: 0.01,
                        period: Some(30.0),
                    }),
                    false,
                ),
            ] {
                let horizons = if forever {
                    vec![f64::INFINITY; 4]
                } else {
                    case.horizons.clone()
                };
                check_slopes(model, quantity, &case, &horizons);
            }
        }
    }
}

fn check_slopes(model: Asked, quantity: Quantity, case: &Case, horizons: &[f64]) {
    let size = case.theta.len();
    let (values, slopes) = model.slopes(quantity, case, horizons);
    let plain = model.predict(quantity, case, horizons);
    for (j, parameter) in model.0.parameters().iter().enumerate() {
        if ["tau", "k"].contains(&parameter.name) {
            continue; // found by trying, not by slopes
        }
        let is_share = parameter.dimension == Dimension::Share;
        let is_relation = parameter.dimension == Dimension::Association;
        // in the log odds of a share, and in twice those of an association
        let against = if is_share { 1.0 - case.theta[j] } else { 1.0 };
        let along = if is_relation {
            1.0 - case.theta[j] * case.theta[j]
        } else {
            case.theta[j] * against
        };
        let at = |steps: f64| {
            let mut moved = case.clone();
            if is_relation {
                moved.theta[j] = (case.theta[j].atanh() + steps * STEP).tanh();
            } else {
                moved.theta[j] *= (steps * STEP).exp();
            }
            if is_share {
                moved.theta[j] /= moved.theta[j] + against;
            }
            model.predict(quantity, &moved, horizons)
        };
        let [far, near, back, far_back] = [2.0, 1.0, -1.0, -2.0].map(at);
        for i in 0..values.len() {
            let slope = (8.0 * (near[i] - back[i]) - (far[i] - far_back[i])) / (12.0 * STEP);
            let ours = slopes[i * size + j] * along;
            let whole = if quantity == Quantity::NoPurchase {
                1.0
            } else {
                values[i]
            };
            let steepest = (0..size)
                .map(|j| (slopes[i * size + j] * case.theta[j]).abs())
                .fold(0.0, f64::max);
            // an exponential with exponent k has an error of less than (k STEP)^4
            let steep = (steepest / (values[i] + 1e-140) * STEP).powi(4);
            let allowed = (3e-8 + steep) * (whole + steepest) + 1e-140;
            assert!(
                (ours - slope).abs() <= allowed,
                "{} {quantity:?} {}: {ours:e}, by differences {slope:e} at {case:?}, customer {i}",
                model.0.name(),
                parameter.name
            );
        }
    }
    for (value, plain) in values.iter().zip(plain) {
        assert_close(*value, plain, 1e-11);
    }
}
