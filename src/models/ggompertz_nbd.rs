//! The gamma-Gompertz/NBD model: a law of the lifetime for customers who buy while alive.

use super::covariates::faster;
use super::never_leaving::MayStay;
use super::purchasing::lifetime::{
    ByHand, Drawn, Lifetime, Smooth, Span, discounted_smoothly, leaving_smoothly,
};
use super::purchasing::{ALPHA, LifetimeModel, R, rates_by_moments, silence_by_hand};
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::random::Stream;
use crate::numeric::{Dual2, Scalar};

/// Gamma-Gompertz / negative binomial model of repeat buying (GGompertz/NBD).
///
/// While alive a customer buys as a Poisson process with rate `lambda ~ Gamma(r, alpha)`; the hazard of leaving grows as
/// `eta b exp(b t)` with `eta ~ Gamma(s, beta)`. As `b -> 0` with `beta / b` held it becomes the Pareto/NBD model.
///
/// Bemmaor and Glady (2012), Modeling purchasing behavior with sudden "death": a flexible customer lifetime model,
/// Management Science 58(5).
#[derive(Debug, Clone, Copy)]
pub struct GGompertzNbd;

impl MayStay for GGompertzNbd {
    const NAME_WITH_STAYERS: &'static str = "GGompertzNBD+never_leaving";
}

impl LifetimeModel<5> for GGompertzNbd {
    const NAME: &'static str = "GGompertzNBD";
    const PARAMETERS: [Parameter; 5] = [
        R,
        ALPHA,
        Parameter {
            name: "b",
            dimension: Dimension::PerTime,
            meaning: "growth of the hazard of leaving: 0 is the Pareto/NBD model",
        },
        Parameter {
            name: "s",
            dimension: Dimension::None,
            meaning: "shape of the hazards of leaving: small means customers differ widely",
        },
        Parameter {
            name: "beta",
            dimension: Dimension::None,
            meaning: "inverse scale of the hazards: b s / beta is the mean hazard at first",
        },
    ];

    type Law<S: Scalar> = Gompertz<S>;
    type Shared<S: Scalar> = ();

    fn law<S: Scalar>([_, _, b, s, beta]: [S; 5]) -> Gompertz<S> {
        Gompertz { b, s, beta }
    }

    fn shared<S: Scalar>(_: [S; 5], _: f64) {}

    fn own_by_hand(theta: [f64; 5], row: &Purchases) -> Option<Dual2<5>> {
        Some(silence_by_hand(theta, &Self::law(theta), row))
    }

    /// The rates of buying by the moments of the counts; lifetimes about as long as the observation.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 5]; 2] {
        let t = sample.mean(|c| c.t);
        let [r, rate] = rates_by_moments(sample);
        [
            [r, r / rate, 0.5 / t, 0.7, 0.3],
            [1.0, t, 0.1 / t, 0.3, 0.1],
        ]
    }

    fn boundary([_, _, b, s, beta]: [f64; 5]) -> String {
        let what = if beta < 1e-2 {
            "the hazard of leaving does not seem to grow (b -> 0 with beta / b held): the Pareto/NBD model describes the data as well"
        } else if s * b / beta < 1e-9 {
            "customers do not seem to leave: the data do not tell this model from the NBD without dropout"
        } else {
            "the likelihood is flat in a direction: the data do not identify all five parameters"
        };
        what.into()
    }

    /// With the same `beta / b`, where the hazard grows enough to be seen.
    fn inside([r, alpha, b, s, beta]: [f64; 5]) -> [f64; 5] {
        let seen = (1e-3 / beta).max(1.0);
        [r, alpha, b * seen, s, beta * seen]
    }

    const PROCESSES: usize = 2;

    /// The rate of buying and the hazard of leaving may be higher: `alpha exp(-z'g)` and `beta exp(-z'h)`.
    fn moved<S: Scalar>([r, alpha, b, s, beta]: [S; 5], [buying, leaving]: [S; 2]) -> [S; 5] {
        [r, faster(alpha, buying), b, s, faster(beta, leaving)]
    }
}

/// A Gompertz lifetime with hazard `eta b exp(b t)`, `eta ~ Gamma(s, beta)`.
#[derive(Debug, Clone, Copy)]
pub struct Gompertz<S> {
    b: S,
    s: S,
    beta: S,
}

/// `exp(LATE)` leaves nothing of 1.
const LATE: f64 = 30.0;

impl<S: Scalar> Gompertz<S> {
    /// `ln(1 + (exp(b t) - 1) / beta)`.
    fn ln_growth(&self, t: f64) -> S {
        let bt = self.b * t;
        if bt.value() < LATE {
            (bt.exp_m1() / self.beta).ln_1p()
        } else {
            bt - self.beta.ln() + ((self.beta - 1.0) * (-bt).exp()).ln_1p()
        }
    }
}

impl<S: Scalar> Lifetime<S> for Gompertz<S> {
    /// `S(t) = (beta / (beta - 1 + exp(b t)))^s`.
    fn ln_survival(&self, t: f64) -> S {
        -(self.s * self.ln_growth(t))
    }

    /// The same law with `beta - 1 + exp(b age)` over `exp(b age)` in place of `beta`.
    fn alive_at(&self, age: f64) -> Self {
        let aged = -(self.b * age);
        let beta = self.beta * aged.exp() - aged.exp_m1();
        Self { beta, ..*self }
    }

    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, visit: impl FnMut(f64, S, f64) -> f64) {
        leaving_smoothly(self, &span, visit);
    }

    fn discounted_time(&self, t: f64, rate: f64) -> S {
        discounted_smoothly(self, t, rate)
    }

    /// `eta (exp(b t) - 1)`, the hazard up to the time of leaving, is exponential with mean 1.
    fn draw(&self, stream: &mut Stream) -> Drawn {
        let leaving = stream.gamma(self.s.value(), self.beta.value());
        let lifetime = (stream.exponential() / leaving).ln_1p() / self.b.value();
        Drawn { leaving, lifetime }
    }
}

impl<S: Scalar> Smooth<S> for Gompertz<S> {
    /// `f(t) = b s beta^s exp(b t) / (beta - 1 + exp(b t))^(s+1)`.
    fn ln_density(&self) -> impl Fn(f64) -> S {
        let (first, shape) = ((self.b * self.s / self.beta).ln(), self.s + 1.0);
        let law = *self;
        move |t| first + law.b * t - shape * law.ln_growth(t)
    }

    /// The root of `beta - 1 + exp(b t)` on the real line, if there is one.
    fn scale(&self) -> f64 {
        let (b, beta) = (self.b.value(), self.beta.value());
        if beta < 0.5 {
            -(-beta).ln_1p() / b
        } else {
            0.5 / b
        }
    }

    /// The exponential grows at rate `b`, its sum with `beta - 1` at most at `b exp(b t) / (beta - 1 + exp(b t))`.
    fn slope(&self, t: f64) -> f64 {
        let (b, s, beta) = (self.b.value(), self.s.value(), self.beta.value());
        let aged = -b * t;
        // 1 + (beta - 1) exp(-b t), of which nothing would be left for small b and beta
        b * (2.0 + (s + 1.0) / (beta * aged.exp() - aged.exp_m1()))
    }
}

impl ByHand<3> for Gompertz<f64> {
    fn ln_survival_by_hand(&self, t: f64) -> Dual2<3> {
        self.power(self.s, t)
    }

    fn ln_density_by_hand(&self) -> impl Fn(f64) -> Dual2<3> {
        let &Self { b, s, beta } = self;
        let first = (b * s / beta).ln();
        move |t| {
            let mut all = self.power(s + 1.0, t);
            all.value += first + b * t;
            let inverses = [1.0 / b, 1.0 / s, -1.0 / beta];
            for (i, inverse) in inverses.into_iter().enumerate() {
                all.gradient[i] += inverse;
                all.hessian[i][i] -= inverse * inverse.abs();
            }
            all.gradient[0] += t;
            all
        }
    }
}

impl Gompertz<f64> {
    /// `-shape ln(1 + (exp(b t) - 1) / beta)`, with derivatives in `b`, the shape and `beta`: those of the logarithm's
    /// argument are shares of it.
    fn power(&self, shape: f64, t: f64) -> Dual2<3> {
        let &Self { b, beta, .. } = self;
        let (fallen, gone) = ((-b * t).exp(), -(-b * t).exp_m1());
        // exp(b t) and 1 over beta - 1 + exp(b t), and the rest of the former's share of 1
        let share = 1.0 / (beta * fallen + gone);
        let one = fallen * share;
        let rest = (beta - 1.0) * one;
        let ln = self.ln_growth(t);
        // of one over it and one over beta: -(exp(b t) - 1) / (beta (beta - 1 + exp(b t)))
        let by_beta = -gone * share / beta;
        let (by_b, across) = (t * share, -t * share * one);
        let by_b_twice = t * t * share * rest;
        let by_beta_twice = -by_beta * (one + 1.0 / beta);
        Dual2 {
            value: -shape * ln,
            gradient: [-shape * by_b, -ln, -shape * by_beta],
            hessian: [
                [-shape * by_b_twice, -by_b, -shape * across],
                [-by_b, 0.0, -by_beta],
                [-shape * across, -by_beta, -shape * by_beta_twice],
            ],
        }
    }
}
