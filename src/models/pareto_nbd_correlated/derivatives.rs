//! The likelihood's own terms with all their derivatives at the cost of a few: what a fit spends its time on.

use crate::data::Purchases;
use crate::models::dependence::Dependence;
use crate::models::lifetimes::{Exponential, Lifetime, Smooth, Span, leaving_smoothly};
use crate::numeric::{Dual2, Scalar};

use super::rates::{Rates, ln_idle};

/// At a time, the factors of a term that belong to one rate, with derivatives in its shape, inverse scale and reference
/// time: the term of the independent model, and this times `1 - E[exp(-tau rate)]/A`.
type Factors = [Dual2<3>; 2];

/// Where the parameters of either rate stand among all.
const PLACES: [usize; 6] = [0, 1, 5, 2, 3, 6];

/// The braces of the likelihood are `sum_u one(u) other(u) {1 + m A B (1 - P/A) (1 - Q/B)}`, where each of the factors
/// depends on one rate: their products are summed with derivatives in three variables a side, and the weight of the
/// second sum, which depends on everything, is only multiplied at last.
///
/// Nothing where the two sums cancel, or do not fit into numbers: then the way through logarithms is as good as ever.
pub(super) fn ln_silence(theta: [f64; 7], row: &Purchases) -> Option<Dual2<7>> {
    let [r, alpha, s, beta, strength, tau, tau_dropout] = Dual2::<7>::variables(theta);
    let prior = [
        ln_idle(r, alpha, tau, 0.0),
        ln_idle(s, beta, tau_dropout, 0.0),
    ];
    let dependence = Dependence::new(strength, prior);
    let weight = strength * dependence.scale();
    let one = Side::new([theta[0], theta[1], theta[5]], row.x);
    let other = Side::new([theta[2], theta[3], theta[6]], 0.0);
    let law = other.law();
    // logarithms of factors fall with time
    let ln_density = law.ln_density();
    let (top, at_last) = (one.ln_kernel(row.t_x).value, ln_density(row.t_x).value);
    let largest = at_last.max(law.ln_survival(row.t).value);
    let mut sums = [Products::default(), Products::default()];
    let mut add = |u: f64, ln_life: Dual2<3>, more: f64, width: f64| {
        let ours = one.factors(one.ln_kernel(u) - top, 0.0, u);
        let theirs = other.factors(ln_life - largest, more, u);
        for (sum, (a, b)) in sums.iter_mut().zip(ours.iter().zip(&theirs)) {
            sum.add(a, b, width);
        }
        (ours[0].value * theirs[0].value).ln()
    };
    add(row.t, law.ln_survival(row.t), 0.0, 1.0);
    if row.t_x < row.t {
        let span = Span {
            from: row.t_x,
            to: row.t,
            scale: theta[1],
            slope: Rates::of(theta, row.x).slope(theta[0] + row.x),
        };
        leaving_smoothly(&law, &span, |u, ln_density, width| {
            add(u, ln_density, 1.0, width)
        });
    }
    let [plain, tilt] = sums.map(Products::placed);
    let total = plain + weight * tilt;
    let fits = total.value > SHARE * plain.value && (tilt.value * weight.value).is_finite();
    (fits && plain.value > f64::MIN_POSITIVE).then(|| total.ln() + (top + largest))
}

/// Sums cancel where less than this is left of the larger.
const SHARE: f64 = 1e-4;

/// One of the rates.
struct Side {
    /// Shape at first, inverse scale and reference time.
    variables: [Dual2<3>; 3],
    /// Purchases, which are added to the shape.
    more: f64,
    ln_idle: Dual2<3>,
}

impl Side {
    fn new(values: [f64; 3], more: f64) -> Self {
        let variables = Dual2::variables(values);
        let [shape, scale, time] = variables;
        Self {
            variables,
            more,
            ln_idle: ln_idle(shape, scale, time, 0.0),
        }
    }

    /// No purchase until `u`.
    fn ln_kernel(&self, u: f64) -> Dual2<3> {
        let [shape, scale, _] = self.variables;
        (shape + self.more).ln_gamma_laplace(scale, u)
    }

    /// The law of lifetimes, for the rate of leaving.
    fn law(&self) -> Exponential<Dual2<3>> {
        let [s, beta, _] = self.variables;
        Exponential::new(s, beta)
    }

    fn factors(&self, ln_term: Dual2<3>, more: f64, u: f64) -> Factors {
        let [shape, scale, time] = self.variables;
        let now = ln_idle(shape + (self.more + more), scale, time, u);
        let term = ln_term.exp();
        [term, -(term * (now - self.ln_idle).exp_m1())]
    }
}

/// A sum of products of two factors, with derivatives in the variables of the first and of the second.
#[derive(Default)]
struct Products {
    value: f64,
    gradient: [f64; 6],
    /// The lower triangle.
    hessian: [[f64; 6]; 6],
}

impl Products {
    fn add(&mut self, a: &Dual2<3>, b: &Dual2<3>, width: f64) {
        let (a_width, b_width) = (a.value * width, b.value * width);
        self.value += a_width * b.value;
        for i in 0..3 {
            let slope = a.gradient[i] * width;
            self.gradient[i] += slope * b.value;
            self.gradient[i + 3] += a_width * b.gradient[i];
            for j in 0..3 {
                self.hessian[i][j] += a.hessian[i][j] * b_width;
                self.hessian[i + 3][j + 3] += a_width * b.hessian[i][j];
                self.hessian[j + 3][i] += slope * b.gradient[j];
            }
        }
    }

    /// In the variables of all.
    fn placed(self) -> Dual2<7> {
        let mut placed = Dual2::from(self.value);
        for (i, &row) in PLACES.iter().enumerate() {
            placed.gradient[row] = self.gradient[i];
            for (j, &column) in PLACES.iter().enumerate().take(i + 1) {
                placed.hessian[row][column] = self.hessian[i][j];
                placed.hessian[column][row] = self.hessian[i][j];
            }
        }
        placed
    }
}
