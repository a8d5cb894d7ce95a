use proptest::prelude::*;

use super::fit::Regression;
use super::patterns::{Pattern, patterns};
use super::*;
use crate::data::{Contract, Contracts, Histories, Rows, Spending};
use crate::models::fit::Options;
use crate::models::renewal::{Geometric, ProportionalBetaWeibull, Staying, WeibullGamma};
use crate::models::{
    BgBb, BgNbd, Cnbd, GGompertzNbd, GammaGamma, MbgNbd, Model, Nbd, NeverLeaving, Parameter,
    ParetoNbd, Pdo, WeibullNbd,
};

const CUSTOMERS: usize = 9;
/// With four points the error of a difference is `STEP^4 f^(5) / 30`, and that of rounding `1e-16 f / STEP`.
const STEP: f64 = 2e-3;

/// Two coefficients of their own, one of both processes, with penalties.
fn design(rows: &[f64]) -> Design<'_> {
    let effect = |column: usize, acts: [bool; 2]| Effect {
        name: format!("z{column}"),
        column,
        acts,
        penalty: 0.01,
        fixed: None,
        start: None,
    };
    Design {
        rows,
        width: 2,
        effects: vec![
            effect(0, [true, false]),
            effect(0, [false, true]),
            effect(1, [true, true]),
        ],
    }
}

/// Nearly all of these customers have covariates of their own; the second column is 0 or 1.
fn covariates() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-1.0..1.5_f64, 0..2_u8), CUSTOMERS).prop_map(|rows| {
        let cell = |(z, flag): (f64, u8)| [(z * 4.0).round() / 4.0, f64::from(flag)];
        rows.into_iter().flat_map(cell).collect()
    })
}

fn difference(f: impl Fn(f64) -> f64) -> f64 {
    let [far, near, near_back, far_back] = [2.0, 1.0, -1.0, -2.0].map(|k| f(k * STEP));
    (8.0 * (near - near_back) - (far - far_back)) / (12.0 * STEP)
}

/// Slopes and bends of the objective against differences, and its value against one customer after the other.
fn assert_objective<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    rows: &impl Rows<Row = M::Row>,
    z: &[f64],
    theta: [f64; K],
    coefficients: [f64; 3],
) {
    assert_objective_without::<M, K, J, N>(rows, z, theta, coefficients, K + 3);
}

/// The same but for a parameter that a fit holds, in which the likelihood jumps.
fn assert_objective_without<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    rows: &impl Rows<Row = M::Row>,
    z: &[f64],
    theta: [f64; K],
    coefficients: [f64; 3],
    held: usize,
) {
    let (design, options) = (
        design(z),
        Options {
            penalty: 0.02,
            ..Options::default()
        },
    );
    let problem = Regression::<M, K, J, N>::new(rows, &design, &options, true).unwrap();
    let free = (0..K).map(|j| M::PARAMETERS[j].dimension.freed(theta[j]));
    let point: Vec<f64> = free.chain(coefficients).collect();
    let exact = problem.objective(1, &point).unwrap();
    assert!(exact.value.is_finite());
    let moved = |i: usize, step: f64| {
        let mut there = point.clone();
        there[i] += step;
        problem.objective(1, &there).unwrap()
    };
    let scale = 1.0 + exact.value.abs() + exact.gradient.iter().fold(0.0, |m, g| g.abs().max(m));
    for i in (0..point.len()).filter(|&i| i != held) {
        let slope = difference(|step| moved(i, step).value);
        assert!(
            (slope - exact.gradient[i]).abs() < 2e-8 * scale,
            "{i}: {slope}, {exact:?}"
        );
        for j in (0..point.len()).filter(|&j| j != held) {
            let bend = difference(|step| moved(i, step).gradient[j]);
            let ours = exact.hessian.at(i, j);
            assert!(
                (bend - ours).abs() < 2e-7 * scale,
                "{i}, {j}: {bend}, {ours}"
            );
        }
    }
}

/// The likelihood is that of each customer at their own parameters, whose slopes are those of differences.
fn assert_own<M: Model<K, J>, const K: usize, const J: usize, const N: usize>(
    theta: [f64; K],
    by: [f64; PROCESSES],
) {
    let ask = |theta: &[f64], by: [f64; PROCESSES]| {
        let mut out = vec![0.0; K];
        customer_parameters::<M, K, J, N>(theta, &by, &mut out, None).unwrap();
        out
    };
    let (mut out, mut slopes) = (vec![0.0; K], vec![0.0; K * N]);
    customer_parameters::<M, K, J, N>(&theta, &by, &mut out, Some(&mut slopes)).unwrap();
    assert_eq!(out, ask(&theta, by));
    for i in 0..N {
        for j in 0..K {
            let slope = difference(|step| {
                let (mut theta, mut by, mut per) = (theta, by, 1.0);
                if i < K {
                    theta[i] *= step.exp();
                    per = theta[i] / step.exp();
                } else {
                    by[i - K] += step;
                }
                ask(&theta, by)[j] / per
            });
            let ours = slopes[j * N + i];
            assert!((slope - ours).abs() < 1e-8 * (1.0 + ours.abs()), "{i}, {j}");
        }
    }
    let nothing = ask(&theta, [0.0; PROCESSES]);
    for (value, own) in theta.iter().zip(&nothing) {
        assert!((value / own - 1.0).abs() < 1e-14);
    }
}

const X: [f64; CUSTOMERS] = [0.0, 2.0, 5.0, 0.0, 1.0, 1.0, 12.0, 3.0, 0.0];
const RECENCY: [f64; CUSTOMERS] = [0.0, 8.0, 17.0, 0.0, 3.0, 20.0, 19.0, 5.0, 0.0];
const AGE: [f64; CUSTOMERS] = [20.0, 20.0, 18.0, 15.0, 20.0, 20.0, 20.0, 16.0, 20.0];
const MEAN: [f64; CUSTOMERS] = [0.0, 30.0, 12.0, 0.0, 50.0, 21.0, 35.0, 40.0, 0.0];
const NOTHING: [f64; CUSTOMERS] = [0.0; CUSTOMERS];
const STAYED: [f64; CUSTOMERS] = [0.0, 2.0, 5.0, 0.0, 1.0, 1.0, 12.0, 3.0, 7.0];
const GONE: [f64; CUSTOMERS] = [
    1.0,
    3.0,
    f64::INFINITY,
    1.0,
    2.0,
    f64::INFINITY,
    13.0,
    f64::INFINITY,
    8.0,
];

fn four() -> impl Strategy<Value = [f64; 4]> {
    [0.3..3.0_f64, 0.5..8.0, 0.3..3.0, 0.5..8.0]
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 12,
        rng_seed: proptest::test_runner::RngSeed::Fixed(19),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn derivatives_are_those_of_differences(
        theta in four(),
        b in 0.02..0.2_f64,
        z in covariates(),
        g in [-0.8..0.8_f64, -0.8..0.8, -0.8..0.8],
    ) {
        let histories = Histories::new(&X, &RECENCY, &AGE).unwrap();
        let [first, second, third, fourth] = theta;
        assert_objective::<ParetoNbd, 4, 4, 6>(&histories, &z, theta, g);
        assert_objective::<BgNbd, 4, 3, 6>(&histories, &z, theta, g);
        assert_objective::<MbgNbd, 4, 3, 6>(&histories, &z, theta, g);
        assert_objective::<BgBb, 4, 4, 6>(&histories, &z, theta, g);
        assert_objective::<Nbd, 2, 2, 4>(&histories, &z, [first, second], g);
        let gompertz = [first, second, b, third, fourth];
        assert_objective::<GGompertzNbd, 5, 5, 7>(&histories, &z, gompertz, g);
        let periods = [first, second, third, fourth, 3.3];
        assert_objective_without::<Pdo, 5, 5, 7>(&histories, &z, periods, g, 4);
        let strokes = [first, second, third, fourth, 2.0];
        assert_objective_without::<Cnbd<false>, 5, 4, 7>(&histories, &z, strokes, g, 4);
        assert_objective_without::<Cnbd<true>, 5, 4, 7>(&histories, &z, strokes, g, 4);
        let staying = [first, second, third, fourth, 0.2];
        assert_objective::<NeverLeaving<ParetoNbd>, 5, 5, 7>(&histories, &z, staying, g);
        let weibull = [first, second, third, fourth, 1.3];
        assert_objective::<WeibullNbd, 5, 5, 7>(&histories, &z, weibull, g);
        let spending = Spending::new(crate::data::Counts::Float(&X), &MEAN).unwrap();
        assert_objective::<GammaGamma, 3, 2, 5>(&spending, &z, [first, second, 9.0], g);
        let contracts = Contracts::new(&NOTHING, &STAYED, &GONE).unwrap();
        let risk = [first, fourth, third, 1.2, 0.1, 0.2];
        assert_objective::<Staying<ProportionalBetaWeibull, 4>, 6, 6, 8>(&contracts, &z, risk, g);
        let geometric = [b, 0.1, 0.2];
        assert_objective::<Staying<Geometric, 1>, 3, 3, 5>(&contracts, &z, geometric, g);
        let weibull = [first, second, third, 0.1, 0.2];
        assert_objective::<Staying<WeibullGamma, 3>, 5, 5, 7>(&contracts, &z, weibull, g);
    }

    #[test]
    fn slopes_of_own_parameters_are_those_of_differences(
        theta in four(),
        by in [-1.0..1.0_f64, -1.0..1.0],
    ) {
        assert_own::<ParetoNbd, 4, 4, 6>(theta, by);
        assert_own::<BgNbd, 4, 3, 6>(theta, by);
        assert_own::<BgBb, 4, 4, 6>(theta, by);
        let [first, second, third, fourth] = theta;
        assert_own::<GammaGamma, 3, 2, 5>([first, second, third], by);
        let risk = [first, second, third, fourth, 0.1, 0.2];
        assert_own::<Staying<ProportionalBetaWeibull, 4>, 6, 6, 8>(risk, by);
        assert_own::<Staying<Geometric, 1>, 3, 3, 5>([0.05 * first, 0.1, 0.2], by);
    }
}

#[test]
fn patterns_do_not_depend_on_the_order_of_rows() {
    let histories = Histories::new(&X, &RECENCY, &AGE).unwrap();
    let z: Vec<f64> = (0..CUSTOMERS)
        .flat_map(|i| [f64::from(u8::from(i % 2 == 0)), -0.0])
        .collect();
    let found = patterns::<BgNbd, 4, 3>(&histories, None, &design(&z)).unwrap();
    let sizes: Vec<f64> = found.iter().map(Pattern::customers).collect();
    assert_eq!(sizes, [4.0, 5.0]);
    let backwards = |column: &[f64]| column.iter().rev().copied().collect::<Vec<f64>>();
    let (x, t_x, t) = (backwards(&X), backwards(&RECENCY), backwards(&AGE));
    let turned: Vec<f64> = z.chunks(2).rev().flatten().copied().collect();
    let other = Histories::new(&x, &t_x, &t).unwrap();
    let options = Options::default();
    let (design, turned) = (design(&z), design(&turned));
    let one = fit_covariates::<BgNbd, 4, 3, 6>(&histories, &held(design), &options).unwrap();
    let two = fit_covariates::<BgNbd, 4, 3, 6>(&other, &held(turned), &options).unwrap();
    assert_eq!(one.parameters, two.parameters);
}

/// Without the column that is 0 for all.
fn held(mut design: Design<'_>) -> Design<'_> {
    design.effects.pop();
    design
}

#[test]
fn laws_at_a_risk_of_one_are_those_without() {
    use crate::models::renewal::{BetaDiscreteWeibull, ShiftedBetaGeometric};
    let row = Contract {
        entry: 1.0,
        from: 4.0,
        to: 5.0,
    };
    let of = |c: f64| {
        let risky = [0.7, 2.1, c, 1.0, 0.0, 0.0];
        <Staying<ProportionalBetaWeibull, 4> as Model<6, 6>>::own(risky, &row)
    };
    let plain = [0.7, 2.1, 1.6, 0.0, 0.0];
    let bdw = <Staying<BetaDiscreteWeibull, 3> as Model<5, 5>>::own(plain, &row);
    let sbg = <Staying<ShiftedBetaGeometric, 2> as Model<4, 4>>::own([0.7, 2.1, 0.0, 0.0], &row);
    assert!((of(1.6) / bdw - 1.0).abs() < 1e-13 && (of(1.0) / sbg - 1.0).abs() < 1e-13);
    // twice the risk is twice the power of the probability of staying: by the integral over theta
    let twice = [0.7, 2.1, 1.0, 2.0, 0.0, 0.0];
    let stays = Staying::<ProportionalBetaWeibull, 4>::ln_survival(twice, 0.0, 3.0);
    let exact = crate::numeric::special::ln_beta(0.7, 2.1 + 6.0)
        - crate::numeric::special::ln_beta(0.7, 2.1);
    assert!((stays / exact - 1.0).abs() < 1e-13);
}

#[test]
fn only_what_can_be_is_taken() {
    let histories = Histories::new(&X, &RECENCY, &AGE).unwrap();
    let refused = |design: &Design<'_>| {
        let options = Options::default();
        let error = fit_covariates::<BgNbd, 4, 3, 6>(&histories, design, &options);
        error.unwrap_err().to_string()
    };
    let mut z = vec![0.0; 2 * CUSTOMERS];
    z[3] = f64::NAN;
    assert_eq!(
        refused(&design(&z)),
        "column `covariates` must be finite; row 1 has [0.0, NaN]"
    );
    let some: Vec<f64> = (0..2 * CUSTOMERS).map(|i| i as f64).collect();
    let mut bad = design(&some);
    bad.effects[1].penalty = -1.0;
    assert!(refused(&bad).starts_with("`covariate_penalty` must be finite and not negative"));
    let parameters: Vec<Parameter> = <BgNbd as Model<4, 3>>::PARAMETERS.to_vec();
    assert!(own_parameters::<4>(&parameters, &[1.0; 8], 2).is_ok());
    assert!(own_parameters::<4>(&parameters, &[1.0; 7], 2).is_err());
    let (mut out, far) = ([0.0; 4], [2000.0, 0.0]);
    let error = customer_parameters::<BgNbd, 4, 3, 6>(&[1.0; 4], &far, &mut out, None);
    assert_eq!(
        error.unwrap_err().to_string(),
        "column `covariates` must leave each customer with parameters that are numbers; row 0 has values far beyond those of the fit"
    );
}

#[test]
fn a_mean_moves_on_the_scale_of_log_odds() {
    let [a, b] = likelier([0.8, 2.4], 0.7);
    assert!((a + b - 3.2).abs() < 1e-15);
    assert!(((a / b).ln() - ((0.8_f64 / 2.4).ln() + 0.7)).abs() < 1e-15);
    assert!((faster(10.0_f64, 2.0_f64.ln()) - 5.0).abs() < 1e-15);
}
