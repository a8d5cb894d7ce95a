//! What every model of renewal must obey.

use tenure::data::{Contract, Contracts};
use tenure::models::renewal::{
    BetaDiscreteWeibull, DiscreteWeibull, DynRenewal, ExponentialGamma, Geometric, Law, RENEWAL,
    ShiftedBetaGeometric, Span, Staying, WeibullGamma, renewal,
};
use tenure::models::{Dimension, Model, Options};
use tenure::numeric::random::{Stream, Streams};
use tenure::numeric::{Dual, Dual2};

use crate::cases::assert_close;

/// Cases for each model of what is quick to compute, and of sums and integrals without end.
const CASES: u64 = 100_000;
const SUMS: u64 = 4_000;

/// One of the values given, or one spread evenly over orders of magnitude.
fn spread(stream: &mut Stream, edges: &[f64], low: f64, high: f64) -> f64 {
    let chance = stream.uniform() * 3.0;
    let place = (stream.uniform() * edges.len() as f64).floor();
    let mut edge = edges.iter().copied();
    if chance < 1.0 {
        let mut found = edge.next().unwrap();
        let mut left = place;
        while left > 0.0 {
            found = edge.next().unwrap();
            left -= 1.0;
        }
        return found;
    }
    low * (high / low).powf(stream.uniform())
}

/// Parameters near 0, 1 and 1e4; a third of the shares is 0.
fn theta(model: &dyn DynRenewal, stream: &mut Stream) -> Vec<f64> {
    let own = model.parameters().len() - 2;
    let parameters = model.parameters().iter().enumerate();
    parameters
        .map(|(j, p)| match p.dimension {
            Dimension::Share if j >= own => spread(stream, &[0.0], 1e-9, 0.999_999),
            Dimension::Share => {
                let low = spread(stream, &[0.5, 1e-12, 1e-6], 1e-9, 0.999_999);
                if stream.uniform() < 0.2 {
                    1.0 - low.min(0.5)
                } else {
                    low
                }
            }
            _ => spread(stream, &[1.0, 1e4, 1e-4, 1.000_000_1], 1e-4, 1e4),
        })
        .collect()
}

/// `from < to`, from the first period to far beyond any contract.
fn ages(model: &dyn DynRenewal, stream: &mut Stream) -> [f64; 2] {
    let mut age = |edges: &[f64]| {
        let age = spread(stream, edges, 0.1, 1e6);
        if model.is_continuous() {
            age
        } else {
            age.ceil()
        }
    };
    let from = age(&[0.0, 0.0, 1.0, 1200.0]);
    [from, from + age(&[1.0, 1.0, 2.0, 1200.0])]
}

fn ask(model: &dyn DynRenewal, quantity: Span, theta: &[f64], [from, to]: [f64; 2]) -> f64 {
    let mut value = [f64::NAN];
    model
        .predict(quantity, theta, &[from], &[to], &mut value, None)
        .unwrap();
    value[0]
}

/// The value and its slopes in the parameters.
fn slopes(model: &dyn DynRenewal, quantity: Span, theta: &[f64], [from, to]: [f64; 2]) -> Vec<f64> {
    let (mut value, mut gradient) = ([f64::NAN], vec![f64::NAN; theta.len()]);
    model
        .predict(
            quantity,
            theta,
            &[from],
            &[to],
            &mut value,
            Some(&mut gradient),
        )
        .unwrap();
    gradient
}

fn log_likelihood(model: &dyn DynRenewal, theta: &[f64], contract: Contract) -> f64 {
    let Contract { entry, from, to } = contract;
    let (entry, from, to) = ([entry], [from], [to]);
    let mut value = [f64::NAN];
    let contracts = Contracts::new(&entry, &from, &to).unwrap();
    model.log_likelihood(theta, &contracts, &mut value).unwrap();
    value[0]
}

fn each_case(cases: u64, mut check: impl FnMut(&dyn DynRenewal, &[f64], [f64; 2])) {
    for (number, model) in (0..).zip(RENEWAL) {
        let streams = Streams::new(20070101, number);
        for case in 0..cases {
            let mut stream = streams.stream(case);
            let theta = theta(*model, &mut stream);
            let ages = ages(*model, &mut stream);
            check(*model, &theta, ages);
        }
    }
}

#[test]
fn probabilities_are_numbers_and_add_up() {
    each_case(CASES, |model, theta, [from, to]| {
        let name = model.name();
        let there = ask(model, Span::Survival, theta, [from, to]);
        let next = ask(model, Span::Survival, theta, [from, to + 1.0]);
        assert!(
            (0.0..=1.0).contains(&there),
            "{name} {theta:?} {from} {to}: {there}"
        );
        // both carry the rounding of their exponents
        assert!(
            next <= there * (1.0 + 1e-11) + 1e-300,
            "{name} {theta:?} {from} {to}: {next} after {there}"
        );
        let leaving = ask(model, Span::Leaving, theta, [from, to + 1.0]);
        let difference = there - next;
        assert!(
            (leaving - difference).abs() <= 1e-11 * there + 1e-300,
            "{name} {theta:?} {from} {to}: {leaving} {difference}"
        );
    });
}

#[test]
fn likelihoods_are_numbers_with_slopes() {
    each_case(CASES, |model, theta, [from, to]| {
        let name = model.name();
        for gone in [from + 1.0, to, f64::INFINITY] {
            let contract = Contract {
                entry: 0.0,
                from,
                to: gone,
            };
            let value = log_likelihood(model, theta, contract);
            assert!(
                value.is_finite() && value <= 0.0,
                "{name} {theta:?} {contract:?}: {value}"
            );
        }
        for slope in slopes(model, Span::Survival, theta, [from, to]) {
            assert!(
                slope.is_finite(),
                "{name} {theta:?} {from} {to}: slope {slope}"
            );
        }
    });
}

#[test]
fn what_is_to_come_is_a_number() {
    each_case(SUMS, |model, theta, [from, to]| {
        let name = model.name();
        let finite = ask(model, Span::Residual, theta, [from, to]);
        assert!(
            finite >= 0.0 && finite <= (to - from) * (1.0 + 1e-9),
            "{name} {theta:?} {from} {to}: {finite}"
        );
        for rate in [1e-4, 0.1] {
            let payments = Span::Payments { rate };
            let forever = ask(model, payments, theta, [from, f64::INFINITY]);
            let bound = -1.0 / f64::exp_m1(-rate);
            assert!(
                forever >= 0.0 && forever <= bound * (1.0 + 1e-9),
                "{name} {theta:?} {from} {rate}: {forever}"
            );
            let some = ask(model, payments, theta, [from, to.floor().max(from)]);
            assert!(
                some <= forever * (1.0 + 1e-9),
                "{name} {theta:?} {from} {to}: {some} {forever}"
            );
        }
    });
}

#[test]
fn payments_are_sums_term_by_term() {
    each_case(300, |model, theta, [from, _]| {
        let rate = 0.2;
        let payments = ask(model, Span::Payments { rate }, theta, [from, f64::INFINITY]);
        let (mut sum, mut k, mut discount) = (0.0, 1.0, 1.0);
        while discount > 1e-17 {
            sum += ask(model, Span::Survival, theta, [from, from + k]) * discount;
            discount *= f64::exp(-rate);
            k += 1.0;
        }
        assert!(
            (payments - sum).abs() <= 1e-12 * sum + 1e-300,
            "{} {theta:?} {from}: {payments} {sum}",
            model.name()
        );
    });
}

#[test]
fn lifetimes_are_certain_to_end_or_never_to() {
    each_case(200, |model, theta, [from, _]| {
        if model.is_continuous() {
            return;
        }
        let (mut total, mut age) = (0.0, from);
        while age < from + 400.0 {
            age += 1.0;
            total += ask(model, Span::Leaving, theta, [from, age]);
        }
        let left = ask(model, Span::Survival, theta, [from, age]);
        assert!(
            (total + left - 1.0).abs() < 1e-11,
            "{} {theta:?}: {total} {left}",
            model.name()
        );
    });
}

#[test]
fn laws_nest() {
    let streams = Streams::new(7, 0);
    for case in 0..2_000 {
        let mut stream = streams.stream(case);
        let alpha = spread(&mut stream, &[1.0], 1e-3, 1e3);
        let beta = spread(&mut stream, &[1.0], 1e-3, 1e3);
        let share = 0.9 * stream.uniform();
        let from = spread(&mut stream, &[0.0, 1.0], 1.0, 1e4).ceil();
        let to = from + spread(&mut stream, &[1.0], 1.0, 1e4).ceil();
        let pairs = [
            (
                BetaDiscreteWeibull::ln_survival([alpha, beta, 1.0], from, to),
                ShiftedBetaGeometric::ln_survival([alpha, beta], from, to),
            ),
            (
                DiscreteWeibull::ln_survival([share, 1.0], from, to),
                Geometric::ln_survival([share], from, to),
            ),
            (
                WeibullGamma::ln_survival([alpha, beta, 1.0], from, to),
                ExponentialGamma::ln_survival([alpha, beta], from, to),
            ),
        ];
        for (nested, simple) in pairs {
            assert_close(nested, simple, 2e-12);
        }
    }
}

/// A beta mixture with hardly any variance is one probability, a gamma mixture one rate.
#[test]
fn customers_who_hardly_differ_are_alike() {
    for to in [1.0, 5.0, 30.0] {
        let (mean, many) = (0.2, 1e12);
        let alike = [
            (
                ShiftedBetaGeometric::ln_survival([mean * many, (1.0 - mean) * many], 0.0, to),
                Geometric::ln_survival([mean], 0.0, to),
            ),
            (
                BetaDiscreteWeibull::ln_survival([mean * many, (1.0 - mean) * many, 0.7], 0.0, to),
                DiscreteWeibull::ln_survival([mean, 0.7], 0.0, to),
            ),
            (
                ExponentialGamma::ln_survival([mean * many, many], 0.0, to),
                -mean * to,
            ),
        ];
        for (mixture, one) in alike {
            assert_close(mixture, one, 1e-9);
        }
    }
}

/// `theta` as an array, with shares.
fn check_derivatives<L: Law<B>, const B: usize, const K: usize>(stream: &mut Stream) {
    let model = renewal(L::NAME).unwrap();
    let parameters = <Staying<L, B> as Model<K, K>>::PARAMETERS;
    let at: [f64; K] = std::array::from_fn(|j| match parameters[j].dimension {
        Dimension::Share => 0.02 + 0.9 * stream.uniform(),
        _ => spread(stream, &[1.0], 0.05, 30.0),
    });
    let from = spread(stream, &[0.0], 1.0, 60.0).ceil();
    let rows = [
        Contract {
            entry: 0.0,
            from,
            to: from + 1.0,
        },
        Contract {
            entry: 0.0,
            from: from + 3.0,
            to: f64::INFINITY,
        },
        Contract {
            entry: from,
            from: from + 2.0,
            to: from + 7.0,
        },
    ];
    for row in rows {
        let exact = <Staying<L, B> as Model<K, K>>::ln_pdf(Dual2::variables(at), &row);
        for i in 0..K {
            let step = 1e-5 * at[i];
            let near = |sign: f64| {
                let mut there = at;
                there[i] += sign * step;
                <Staying<L, B> as Model<K, K>>::ln_pdf(Dual::variables(there), &row)
            };
            let (up, down) = (near(1.0), near(-1.0));
            let slope = (up.value - down.value) / (2.0 * step);
            // differences of values carry their rounding
            let noise = 1e-10 * (1.0 + exact.value.abs()) / at[i];
            let what = format!("{} {at:?} {row:?} {i}", model.name());
            assert!(
                (slope - exact.gradient[i]).abs() <= 1e-6 * slope.abs() + noise,
                "{what}"
            );
            for j in 0..K {
                let bend = (up.gradient[j] - down.gradient[j]) / (2.0 * step);
                let noise = 1e-9 * (1.0 + exact.gradient[j].abs()) / at[i];
                assert!(
                    (bend - exact.hessian[i][j]).abs() <= 1e-5 * bend.abs() + noise,
                    "{what} {j}: {bend} {}",
                    exact.hessian[i][j]
                );
            }
        }
    }
    let forever = [from, f64::INFINITY];
    for quantity in [Span::Payments { rate: 0.05 }, Span::Leaving, Span::Residual] {
        let span = if matches!(quantity, Span::Payments { .. }) {
            forever
        } else {
            [from, from + 200.0]
        };
        let gradient = slopes(model, quantity, &at, span);
        for i in 0..K {
            let step = 1e-5 * at[i];
            let near = |sign: f64| {
                let mut there = at;
                there[i] += sign * step;
                ask(model, quantity, &there, span)
            };
            let slope = (near(1.0) - near(-1.0)) / (2.0 * step);
            let value = ask(model, quantity, &at, span);
            // a steep function bends within a step: the third term of its series
            let turn = (gradient[i] * step / value.max(f64::MIN_POSITIVE)).powi(2);
            assert!(
                (slope - gradient[i]).abs() <= (1e-6 + turn) * slope.abs() + 1e-9 * value / at[i],
                "{} {quantity:?} {at:?} {from} {i}: {slope} {}",
                model.name(),
                gradient[i]
            );
        }
    }
}

#[test]
fn derivatives_are_those_of_the_values() {
    let streams = Streams::new(11, 0);
    for case in 0..120 {
        let mut stream = streams.stream(case);
        check_derivatives::<ShiftedBetaGeometric, 2, 4>(&mut stream);
        check_derivatives::<BetaDiscreteWeibull, 3, 5>(&mut stream);
        check_derivatives::<Geometric, 1, 3>(&mut stream);
        check_derivatives::<DiscreteWeibull, 2, 4>(&mut stream);
        check_derivatives::<ExponentialGamma, 2, 4>(&mut stream);
        check_derivatives::<WeibullGamma, 3, 5>(&mut stream);
    }
}

/// Simulated customers leave as survival says: a one-sample test of the greatest distance between the two.
#[test]
fn simulated_customers_leave_as_survival_says() {
    const CUSTOMERS: usize = 100_000;
    for model in RENEWAL {
        let own = model.parameters().len() - 2;
        for (entry, shares) in [(0.0, [0.2, 0.1]), (3.0, [0.0, 0.3]), (0.0, [0.0, 0.0])] {
            let mut theta: Vec<f64> = match own {
                1 => vec![0.15],
                2 if model.parameters()[0].dimension == Dimension::Share => vec![0.3, 0.6],
                2 => vec![0.8, 2.5],
                3 => vec![0.8, 2.5, 1.4],
                _ => vec![0.8, 2.5, 1.4, 1.3],
            };
            theta.extend(if model.is_continuous() {
                [0.0, shares[1]]
            } else {
                shares
            });
            let mut left = vec![0.0; CUSTOMERS];
            model
                .simulate(&theta, &vec![entry; CUSTOMERS], 5, &mut left)
                .unwrap();
            left.sort_by(f64::total_cmp);
            let mut greatest = 0.0_f64;
            for age in [1.0, 2.0, 3.0, 5.0, 9.0, 20.0, 60.0, 400.0] {
                let gone = left.partition_point(|l| *l <= entry + age) as f64 / CUSTOMERS as f64;
                let expected = 1.0 - ask(*model, Span::Survival, &theta, [entry, entry + age]);
                greatest = greatest.max((gone - expected).abs());
            }
            // the Kolmogorov distribution is below 2.2 with probability 0.9999, and there are 18 comparisons
            assert!(
                greatest < 2.2 / (CUSTOMERS as f64).sqrt(),
                "{} {theta:?}: {greatest}",
                model.name()
            );
        }
    }
}

fn fitted(name: &str, survivors: &[f64], options: &Options<'_>) -> tenure::models::Fit {
    let n = survivors.len();
    let lost = survivors.windows(2).map(|pair| pair[0] - pair[1]);
    let weights: Vec<f64> = lost.chain([survivors[n - 1]]).collect();
    let from: Vec<f64> = (0..n).map(|t| t as f64).collect();
    let mut to: Vec<f64> = (1..n).map(|t| t as f64).collect();
    to.push(f64::INFINITY);
    let options = Options {
        weights: Some(&weights),
        ..*options
    };
    let entry = vec![0.0; n];
    let contracts = Contracts::new(&entry, &from, &to).unwrap();
    renewal(name)
        .unwrap()
        .fit(&contracts, None, &options)
        .unwrap()
}

const NO_SHARES: [Option<f64>; 4] = [None, None, Some(0.0), Some(0.0)];

#[test]
fn where_customers_are_alike_the_fit_says_so() {
    let survivors = [1e4, 8e3, 6.4e3, 5.12e3, 4.096e3];
    let options = Options {
        fixed: &NO_SHARES,
        ..Options::default()
    };
    let fit = fitted("SBG", &survivors, &options);
    assert!(
        fit.message
            .starts_with("all customers seem to leave with the same probability"),
        "{}",
        fit.message
    );
    let [alpha, beta] = [fit.parameters[0], fit.parameters[1]];
    assert!((alpha / (alpha + beta) - 0.2).abs() < 1e-4);
    let fit = fitted("ExponentialGamma", &survivors, &options);
    assert!(
        fit.message
            .starts_with("all customers seem to leave at the same rate"),
        "{}",
        fit.message
    );
}

#[test]
fn parameters_may_be_held_fixed_and_started_anywhere() {
    let survivors = [1000.0, 869.0, 743.0, 653.0, 593.0, 551.0, 517.0, 491.0];
    let sbg = fitted(
        "SBG",
        &survivors,
        &Options {
            fixed: &NO_SHARES,
            ..Options::default()
        },
    );
    let fixed = [None, None, Some(1.0), Some(0.0), Some(0.0)];
    let nested = fitted(
        "BdW",
        &survivors,
        &Options {
            fixed: &fixed,
            ..Options::default()
        },
    );
    assert_close(sbg.log_likelihood, nested.log_likelihood, 1e-12);
    assert_eq!(nested.parameters[2], 1.0);
    assert!(nested.covariance[2].iter().all(|cell| *cell == 0.0));
    assert_close(nested.covariance[0][1], sbg.covariance[0][1], 1e-6);
    for start in [[0.01, 5.0], [20.0, 1.0], [1e-3, 1e-3]] {
        let start = start.map(Some);
        let options = Options {
            fixed: &NO_SHARES,
            start: &start,
            ..Options::default()
        };
        let again = fitted("SBG", &survivors, &options);
        assert_close(again.parameters[0], sbg.parameters[0], 1e-6);
    }
    let pulled = fitted(
        "SBG",
        &survivors,
        &Options {
            fixed: &NO_SHARES,
            penalty: 10.0,
            ..Options::default()
        },
    );
    assert!((pulled.parameters[1] - 1.0).abs() < (sbg.parameters[1] - 1.0).abs());
    assert!(pulled.log_likelihood < sbg.log_likelihood);
}
