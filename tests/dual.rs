//! Dual numbers carry exact derivatives: every operation against its closed form, and compositions of all of them
//! against central differences.
#![expect(
    clippy::tests_outside_test_module,
    reason = "all of this file is tests"
)]

use proptest::prelude::*;
use tenure::numeric::special::{
    digamma, ln_1m_exp, ln_beta, ln_beta_gradient, ln_beta_hessian, ln_gamma, trigamma,
};
use tenure::numeric::{Dual, Dual2, Scalar};

/// Value, gradient and Hessian in two variables.
type Jet = (f64, [f64; 2], [[f64; 2]; 2]);

/// An expression as a function over plain numbers and over both kinds of dual number.
macro_rules! over_scalars {
    (|$x:ident, $y:ident| $body:expr) => {{
        fn f<S: Scalar>([$x, $y]: [S; 2]) -> S {
            $body
        }
        (f::<f64>, f::<Dual<2>>, f::<Dual2<2>>)
    }};
}

/// Evaluates an expression all three ways and fails where they differ in what they have in common.
fn jet(
    at: [f64; 2],
    (plain, first, second): (
        impl Fn([f64; 2]) -> f64,
        impl Fn([Dual<2>; 2]) -> Dual<2>,
        impl Fn([Dual2<2>; 2]) -> Dual2<2>,
    ),
) -> Jet {
    let (value, first) = (plain(at), first(Dual::variables(at)));
    let Dual2 {
        value: second_value,
        gradient,
        hessian,
    } = second(Dual2::variables(at));
    assert_eq!(value.to_bits(), first.value.to_bits(), "value of Dual");
    assert_eq!(value.to_bits(), second_value.to_bits(), "value of Dual2");
    assert_eq!(
        first.gradient.map(f64::to_bits),
        gradient.map(f64::to_bits),
        "gradients"
    );
    // a Hessian is symmetric but for the order of factors in a product
    let [[xx, xy], [yx, yy]] = hessian;
    assert!((xy - yx).abs() <= 1e-14 * (xy.abs() + (xx * yy).abs().sqrt()));
    (value, gradient, hessian)
}

fn assert_jet(found: Jet, expected: Jet) {
    // a handful of roundings beside the closed form
    let close = |x: f64, y: f64| assert!((x - y).abs() <= 1e-14 * y.abs(), "{x:e} is not {y:e}");
    close(found.0, expected.0);
    for i in 0..2 {
        close(found.1[i], expected.1[i]);
        for j in 0..2 {
            close(found.2[i][j], expected.2[i][j]);
        }
    }
}

/// The jet of a function of `x` alone.
fn of_x(value: f64, slope: f64, bend: f64) -> Jet {
    (value, [slope, 0.0], [[bend, 0.0], [0.0, 0.0]])
}

#[test]
fn arithmetic_of_two_numbers() {
    let [x, y] = [1.7, -0.6];
    let flat = [[0.0; 2]; 2];
    assert_jet(
        jet([x, y], over_scalars!(|x, y| x + y)),
        (x + y, [1.0, 1.0], flat),
    );
    assert_jet(
        jet([x, y], over_scalars!(|x, y| x - y)),
        (x - y, [1.0, -1.0], flat),
    );
    assert_jet(
        jet([x, y], over_scalars!(|x, y| x * y)),
        (x * y, [y, x], [[0.0, 1.0], [1.0, 0.0]]),
    );
    let cross = -1.0 / (y * y);
    assert_jet(
        jet([x, y], over_scalars!(|x, y| x / y)),
        (
            x / y,
            [1.0 / y, -x / (y * y)],
            [[0.0, cross], [cross, 2.0 * x / (y * y * y)]],
        ),
    );
    let accumulated = over_scalars!(|x, y| {
        let mut sum = x;
        sum += y;
        sum += x;
        sum
    });
    assert_jet(jet([x, y], accumulated), (x + y + x, [2.0, 1.0], flat));
}

#[test]
fn arithmetic_with_constants() {
    let x = 1.7;
    let check = |found: Jet, expected: Jet| assert_jet(found, expected);
    check(
        jet([x, 0.0], over_scalars!(|x, _y| -x)),
        of_x(-x, -1.0, 0.0),
    );
    check(
        jet([x, 0.0], over_scalars!(|x, _y| x + 2.5)),
        of_x(x + 2.5, 1.0, 0.0),
    );
    check(
        jet([x, 0.0], over_scalars!(|x, _y| x - 2.5)),
        of_x(x - 2.5, 1.0, 0.0),
    );
    // x^2 has curvature, which a factor must scale too
    check(
        jet([x, 0.0], over_scalars!(|x, _y| x * x * 2.5)),
        of_x(2.5 * x * x, 5.0 * x, 5.0),
    );
    check(
        jet([x, 0.0], over_scalars!(|x, _y| x * x / 2.5)),
        of_x(x * x / 2.5, 0.8 * x, 0.8),
    );
    assert_eq!(
        Dual::<2>::from(3.0),
        Dual {
            value: 3.0,
            gradient: [0.0; 2]
        }
    );
    assert_eq!(
        Dual2::<1>::from(3.0),
        Dual2 {
            value: 3.0,
            gradient: [0.0],
            hessian: [[0.0]]
        }
    );
}

#[test]
fn functions_of_one_number() {
    for x in [1e-9, 0.3, 1.0, 7.5, 40.0] {
        let at = [x, 0.0];
        let (square, e) = (x * x, x.exp());
        assert_jet(
            jet(at, over_scalars!(|x, _y| x.ln())),
            of_x(x.ln(), 1.0 / x, -1.0 / square),
        );
        let slope = 1.0 / (1.0 + x);
        assert_jet(
            jet(at, over_scalars!(|x, _y| x.ln_1p())),
            of_x(x.ln_1p(), slope, -slope * slope),
        );
        assert_jet(jet(at, over_scalars!(|x, _y| x.exp())), of_x(e, e, e));
        assert_jet(
            jet(at, over_scalars!(|x, _y| x.exp_m1())),
            of_x(x.exp_m1(), e, e),
        );
        assert_jet(
            jet(at, over_scalars!(|x, _y| x.recip())),
            of_x(1.0 / x, -1.0 / square, 2.0 / (square * x)),
        );
        assert_jet(
            jet(at, over_scalars!(|x, _y| x.ln_gamma())),
            of_x(ln_gamma(x), digamma(x), trigamma(x)),
        );
        // d/dx ln(1 - e^-x) = 1 / (e^x - 1)
        let slope = 1.0 / x.exp_m1();
        assert_jet(
            jet(at, over_scalars!(|x, _y| (-x).ln_1m_exp())),
            of_x(ln_1m_exp(-x), slope, -slope * (1.0 + slope)),
        );
    }
}

#[test]
fn functions_of_two_numbers() {
    for at in [[0.3, 2.0], [2.0, 0.3], [1e-3, 1e6], [50.0, 50.0]] {
        let [x, y] = at;
        let [xx, xy, yy] = ln_beta_hessian(x, y);
        assert_jet(
            jet(at, over_scalars!(|x, y| x.ln_beta(y))),
            (ln_beta(x, y), ln_beta_gradient(x, y), [[xx, xy], [xy, yy]]),
        );
    }
    for at in [[0.3, 2.0], [2.0, 0.3], [-3.0, -3.5], [1.0, 1.0]] {
        let [x, y] = at;
        let p = 1.0 / (1.0 + (y - x).exp());
        let q = 1.0 / (1.0 + (x - y).exp());
        assert_jet(
            jet(at, over_scalars!(|x, y| x.ln_add_exp(y))),
            (
                (x.exp() + y.exp()).ln(),
                [p, q],
                [[p * q, -p * q], [-p * q, p * q]],
            ),
        );
    }
}

#[test]
fn sums_of_exponentials_do_not_overflow() {
    let [x, y] = Dual2::variables([800.0, -800.0]);
    let sum = x.ln_add_exp(y);
    assert_eq!(sum, x);
    assert_eq!(y.ln_add_exp(x), x);
}

proptest! {
    /// One expression with every operation in it, against central differences of the value and of the gradient.
    #[test]
    fn compositions_agree_with_central_differences(x in 0.2_f64..5.0, y in 0.2_f64..5.0) {
        let f = over_scalars!(|x, y| {
            let mut sum = (x * y + 1.0).ln() - (x / y).ln_1p() * 0.5;
            sum += x.ln_beta(y) / 3.0 + (-x).exp() - (x - y).exp_m1() * y.recip();
            sum += (x + y).ln_gamma().ln_add_exp(y * y) + (-(x * y)).ln_1m_exp();
            sum - 2.0
        });
        let (_, gradient, hessian) = jet([x, y], f);
        // five-point stencil: truncation step^4 f^(5) / 30, rounding 1e-15 / step times the largest term, about 1e3
        let step = 1e-3;
        for j in 0..2 {
            let shifted = |k: f64| {
                let mut at = [x, y];
                at[j] += k * step;
                jet(at, f)
            };
            let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(shifted);
            let slope = |pick: &dyn Fn(&Jet) -> f64| {
                (pick(&a) - 8.0 * pick(&b) + 8.0 * pick(&c) - pick(&d)) / (12.0 * step)
            };
            let error = (slope(&|jet| jet.0) - gradient[j]).abs();
            prop_assert!(error < 1e-7 * (1.0 + gradient[j].abs()), "slope {j}: {error:e}");
            for (i, row) in hessian.iter().enumerate() {
                let error = (slope(&|jet| jet.1[i]) - row[j]).abs();
                prop_assert!(error < 1e-7 * (1.0 + row[j].abs()), "bend {i}{j}: {error:e}");
            }
        }
    }
}
