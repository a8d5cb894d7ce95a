//! The BG/BB model: customers who may buy once at each of a number of opportunities.

use super::covariates::likelier;
use super::purchasing::{Bernoulli, Nature, check_repeat_buyers};
use super::{Dimension, Equals, Model, Parameter, Purchasing, Sample};
use crate::Result;
use crate::data::{Histories, Purchases};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// Beta-geometric / beta-Bernoulli model of repeat buying in discrete time (BG/BB).
///
/// At the start of each opportunity a customer leaves with probability `theta ~ Beta(gamma, delta)`; who stays buys with
/// probability `p ~ Beta(alpha, beta)`. `T` counts the opportunities seen, and `t_x` says which the last purchase was
/// made at; customers may have seen different numbers.
///
/// Fader, Hardie and Shang (2010), Customer-base analysis in a discrete-time noncontractual setting, Marketing Science
/// 29(6).
#[derive(Debug, Clone, Copy)]
pub struct BgBb;

const fn shape(name: &'static str, meaning: &'static str) -> Parameter {
    Parameter {
        name,
        dimension: Dimension::None,
        meaning,
    }
}

impl Model<4, 4> for BgBb {
    type Row = Purchases;
    const NAME: &'static str = "BGBB";
    const PARAMETERS: [Parameter; 4] = [
        shape(
            "alpha",
            "buying for: alpha / (alpha + beta) is the mean chance of buying",
        ),
        shape(
            "beta",
            "buying against: alpha + beta large means that customers buy alike",
        ),
        shape(
            "gamma",
            "leaving for: gamma / (gamma + delta) is the mean chance of leaving",
        ),
        shape(
            "delta",
            "leaving against: gamma + delta large means that customers leave alike",
        ),
    ];

    /// The parameters themselves.
    fn common<S: Scalar>(theta: [S; 4], _: f64) -> [S; 4] {
        theta
    }

    /// `ln{ B(alpha+x, beta+T-x) B(gamma, delta+T) + sum_{t_x <= i < T} B(alpha+x, beta+i-x) B(gamma+1, delta+i) }` over
    /// `B(alpha, beta) B(gamma, delta)`: alive to the end, or gone after opportunity `i`.
    fn own<S: Scalar>([alpha, beta, gamma, delta]: [S; 4], row: &Purchases) -> S {
        let &Purchases { x, t_x, t } = row;
        let (buying, leaving) = (alpha + beta, gamma + delta);
        let first = alpha.ln_rising(x) + beta.ln_rising(t_x - x) - buying.ln_rising(t_x)
            + delta.ln_rising(t_x)
            - leaving.ln_rising(t_x);
        // relative to being alive after the last purchase: no purchase since, by those who are still there
        let (mut there, mut gone, mut i) = (S::from(1.0), S::from(0.0), t_x);
        while i < t {
            gone += there * (gamma / (leaving + i));
            there = there * ((delta + i) / (leaving + i)) * ((beta + (i - x)) / (buying + i));
            i += 1.0;
        }
        first + (there + gone).ln()
    }

    fn together<S: Scalar>(_: [S; 4], equals: &Equals<S>) -> S {
        equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        check_repeat_buyers(Self::NAME, sample)
    }

    fn starts(_: &Sample<Purchases>) -> [[f64; 4]; 2] {
        [[1.0, 1.0, 0.5, 3.0], [0.5, 1.0, 1.0, 1.0]]
    }

    fn boundary([alpha, beta, gamma, delta]: [f64; 4]) -> String {
        let leaving = gamma / (gamma + delta);
        let what = if leaving < 1e-3 {
            "customers do not seem to leave (gamma / (gamma + delta) -> 0): the data do not tell this model from the beta-binomial without dropout"
        } else if gamma + delta > 1e3 {
            "all customers seem to leave with the same probability (gamma + delta -> infinity): gamma and delta are known only through gamma / (gamma + delta)"
        } else if gamma + delta < 1e-3 {
            "customers seem to leave at once or never (gamma + delta -> 0): gamma and delta are known only through gamma / (gamma + delta)"
        } else if alpha + beta > 1e3 {
            "all customers seem to buy with the same probability (alpha + beta -> infinity): alpha and beta are known only through alpha / (alpha + beta)"
        } else {
            "the likelihood is flat in a direction: the data do not identify all four parameters"
        };
        what.into()
    }

    const PROCESSES: usize = 2;

    /// The mean chances of buying and of leaving may be larger: their log odds by `z'g` and `z'h`.
    fn moved<S: Scalar>([alpha, beta, gamma, delta]: [S; 4], [buying, leaving]: [S; 2]) -> [S; 4] {
        let [alpha, beta] = likelier([alpha, beta], buying);
        let [gamma, delta] = likelier([gamma, delta], leaving);
        [alpha, beta, gamma, delta]
    }
}

impl Purchasing<4, 4> for BgBb {
    type Future<S: Scalar> = Bernoulli<S>;

    /// Alive after the last opportunity: 1 for those who bought at it.
    fn probability_alive<S: Scalar>([alpha, beta, gamma, delta]: [S; 4], row: &Purchases) -> S {
        let &Purchases { x, t_x, t } = row;
        // the odds of having left, upwards from the last opportunity so that nothing underflows
        let (mut ratio, mut odds, mut i) = (S::from(1.0), S::from(0.0), t);
        while i > t_x && odds.value() < CERTAIN {
            i -= 1.0;
            let left = gamma + delta + i;
            ratio = ratio * ((alpha + beta + i) / (beta + (i - x))) * (left / (delta + i));
            odds += ratio * (gamma / left);
        }
        (odds + 1.0).recip()
    }

    /// Given alive the future is that of a new customer with parameters `(alpha+x, beta+T-x, gamma, delta+T)`.
    fn future<S: Scalar>([alpha, beta, gamma, delta]: [S; 4], x: f64) -> Bernoulli<S> {
        Bernoulli::new([alpha + x, beta - x, gamma, delta])
    }

    fn nature(theta: [f64; 4], history: Option<&Purchases>, stream: &mut Stream) -> Nature {
        let [alpha, beta, gamma, delta] = theta;
        let (x, t) = history.map_or((0.0, 0.0), |row| (row.x, row.t));
        let buying = stream.beta(alpha + x, beta + (t - x));
        let leaving = stream.beta(gamma, delta + t);
        Nature::at_opportunities(buying, leaving, stream.geometric(leaving))
    }

    fn check_customers(customers: &Histories<'_>) -> Result<()> {
        customers.check_opportunities()
    }
}

/// Odds at which a customer counts as gone for certain.
const CERTAIN: f64 = 1e250;
