//! The Pareto/NBD model whose customers' rates of buying and of leaving are correlated.

use super::covariates::{PROCESSES, faster};
use super::purchasing::{LifetimeModel, Nature, Purchasing, check_repeat_buyers};
use super::{Dimension, Equals, Model, Parameter, ParetoNbd, Sample};
use crate::Result;
use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::random::Stream;
use rates::Rates;

mod derivatives;
mod draws;
mod future;
mod rates;

/// Pareto/NBD model with Sarmanov's correlation between the rates.
///
/// The rates `lambda ~ Gamma(r, alpha)` and `mu ~ Gamma(s, beta)` have the joint density
/// `g(lambda) h(mu) {1 + m (exp(-tau lambda) - A) (exp(-tau' mu) - B)}`, where `A` and `B` are the means of the
/// exponentials and `m` is what `Dependence` makes of the strength. The kernels tell
/// customers apart by what they do within a reference time, which is part of the model and is held in a fit: one time for
/// both rates, each moved with the covariates of its rate, so that the dependence is one of the rates before covariates.
///
/// Given when a customer left, or that they did not, the rates are independent, and so every term of the Pareto/NBD
/// model's likelihood and predictions is multiplied by `1 + m (E[exp(-tau lambda)] - A) (E[exp(-tau' mu)] - B)`, which is
/// never negative. (As a sum of four Pareto/NBD models with weights of both signs the same numbers cancel.)
///
/// Park and Fader (2004), Modeling browsing behavior at multiple websites, Marketing Science 23(3), for the density.
#[derive(Debug, Clone, Copy)]
pub struct CorrelatedParetoNbd;

const STRENGTH: Parameter = Parameter {
    name: "strength",
    dimension: Dimension::Association,
    meaning: "how strongly the rates of buying and of leaving are related, from -1 to 1; 0: not at all",
};

const fn reference(name: &'static str) -> Parameter {
    Parameter {
        name,
        dimension: Dimension::Time,
        meaning: "reference time, by what happens within which the relation tells customers apart",
    }
}

impl Model<7, 7> for CorrelatedParetoNbd {
    type Row = Purchases;
    const NAME: &'static str = "ParetoNBD+correlated";
    const PARAMETERS: [Parameter; 7] = {
        let [r, alpha, s, beta] = <ParetoNbd as LifetimeModel<4>>::PARAMETERS;
        let (buying, leaving) = (reference("tau_purchase"), reference("tau_dropout"));
        [r, alpha, s, beta, STRENGTH, buying, leaving]
    };

    /// The parameters themselves.
    fn common<S: Scalar>(theta: [S; 7], _x: f64) -> [S; 7] {
        theta
    }

    /// `ln{ S(T) (1+T/alpha)^-(r+x) f(T) + int_{t_x}^T h(u) (1+u/alpha)^-(r+x) f(u) du }`, with `h` the density of
    /// lifetimes, and `f` the factor of the dependence given alive or left at that time.
    fn own<S: Scalar>(theta: [S; 7], row: &Purchases) -> S {
        if S::ORDER == 2
            && let Some(quickly) = derivatives::ln_silence(theta.map(Scalar::value), row)
        {
            return S::compose(theta, &quickly);
        }
        let rates = Rates::of(theta, row.x);
        rates
            .ln_alive(row.t)
            .ln_add_exp(rates.ln_left(row.t_x, row.t))
    }

    /// `ln G(r+x)/G(r) - x ln alpha` for each customer, and their own terms.
    fn together<S: Scalar>(theta: [S; 7], equals: &Equals<S>) -> S {
        let x = equals.count;
        (theta[0].ln_rising(x) - theta[1].ln() * x) * equals.customers + equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        check_repeat_buyers(<ParetoNbd as LifetimeModel<4>>::NAME, sample)
    }

    /// Those of the Pareto/NBD model, with rates that are not related, or are.
    fn starts(sample: &Sample<Purchases>) -> [[f64; 7]; 2] {
        let time = sample.mean(|c| c.t) / 40.0;
        let [[r, alpha, s, beta], other] = <ParetoNbd as LifetimeModel<4>>::starts(sample);
        let first = [r, alpha, s, beta, 0.0, time, time];
        let [r, alpha, s, beta] = other;
        [first, [r, alpha, s, beta, 0.5, time, time]]
    }

    fn boundary([r, alpha, s, beta, strength, ..]: [f64; 7]) -> String {
        if strength.abs() > 0.999 {
            return format!(
                "the rates of buying and of leaving seem to be related as strongly as the model can have it (strength -> {strength:.0}): m is at the end of its range; fixed={{\"strength\": {:.3}}} gives standard errors of the others",
                0.999 * strength.signum()
            );
        }
        <ParetoNbd as LifetimeModel<4>>::boundary([r, alpha, s, beta])
    }

    const PROCESSES: usize = 2;

    /// Both rates may be faster, and what they are without covariates is related as it was.
    fn moved<S: Scalar>(theta: [S; 7], [buying, leaving]: [S; PROCESSES]) -> [S; 7] {
        let [r, alpha, s, beta, strength, tau_purchase, tau_dropout] = theta;
        [
            r,
            faster(alpha, buying),
            s,
            faster(beta, leaving),
            strength,
            faster(tau_purchase, buying),
            faster(tau_dropout, leaving),
        ]
    }
}

impl Purchasing<7, 7> for CorrelatedParetoNbd {
    type Future<S: Scalar> = Rates<S>;

    /// The first term of the likelihood as a share of both.
    fn probability_alive<S: Scalar>(theta: [S; 7], row: &Purchases) -> S {
        let rates = Rates::of(theta, row.x);
        let ln_odds = rates.ln_left(row.t_x, row.t) - rates.ln_alive(row.t);
        if ln_odds.value() > CERTAIN {
            return S::from(0.0);
        }
        (ln_odds.exp() + 1.0).recip()
    }

    /// Given alive at `T` the rates are `Gamma(r+x, alpha+T)` and `Gamma(s, beta+T)`, times the factor of the dependence
    /// as it was at first.
    fn future<S: Scalar>(theta: [S; 7], x: f64) -> Rates<S> {
        Rates::of(theta, x)
    }

    fn nature(theta: [f64; 7], history: Option<&Purchases>, stream: &mut Stream) -> Nature {
        let (x, t) = history.map_or((0.0, 0.0), |row| (row.x, row.t));
        Rates::of(theta, x).nature(t, stream)
    }
}

/// Odds of having left of `exp(CERTAIN)` and more: beyond, neither they nor their derivatives would be numbers.
const CERTAIN: f64 = 300.0;
