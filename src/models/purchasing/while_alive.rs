//! Models in which customers buy at a rate of their own for as long as they stay, and how long that is has nothing to do
//! with the rate.
//!
//! With rates `lambda ~ Gamma(r, alpha)` and a lifetime with survival `S` and density `f`, everything follows from three
//! integrals over time: of `f(u) (alpha + u)^-(r+x)`, of `S(u)`, and of `exp(-delta u) S(u)`. A model of this kind is its
//! law of the lifetime: see [`Lifetime`] and, for the first of them, the Pareto/NBD model.

mod future;
mod silence;

pub use future::WhileAlive;
pub use silence::silence_by_hand;

use self::silence::{ln_left, ln_silence};
use super::{Nature, Purchasing, check_repeat_buyers};
use crate::Result;
use crate::data::Purchases;
use crate::models::covariates::PROCESSES;
use crate::models::lifetimes::Lifetime;
use crate::models::{Equals, Model, Parameter, Sample};
use crate::numeric::random::Stream;
use crate::numeric::{Dual2, Scalar};

/// A model with `K` parameters, of which the first two are `r` and `alpha`, made of a law of the lifetime.
pub trait LifetimeModel<const K: usize>: Sync {
    /// Name in the literature.
    const NAME: &'static str;
    /// The parameters.
    const PARAMETERS: [Parameter; K];

    /// How long customers stay.
    type Law<S: Scalar>: Lifetime<S>;

    /// What customers with equal numbers of purchases share, to be quick about the probability of being alive.
    type Shared<S: Scalar>: Send + Sync;

    /// The law of new customers.
    fn law<S: Scalar>(theta: [S; K]) -> Self::Law<S>;

    /// What customers with `x` purchases share.
    fn shared<S: Scalar>(theta: [S; K], x: f64) -> Self::Shared<S>;

    /// Probability that the customer is alive, where there is a quicker way than the general one.
    fn probability_alive<S: Scalar>(
        _theta: [S; K],
        _shared: &Self::Shared<S>,
        _row: &Purchases,
    ) -> Option<S> {
        None
    }

    /// The own term of a customer and its derivatives, where there is a quicker way to them: see [`silence_by_hand`].
    fn own_by_hand(_theta: [f64; K], _row: &Purchases) -> Option<Dual2<K>> {
        None
    }

    /// Two points to start from.
    fn starts(sample: &Sample<Purchases>) -> [[f64; K]; 2];

    /// What an optimum with a flat direction, or with a parameter at its ceiling, means in words.
    fn boundary(theta: [f64; K]) -> String;

    /// See [`Model::CEILINGS`].
    const CEILINGS: [f64; K] = [f64::INFINITY; K];

    /// See [`Model::inside`].
    fn inside(theta: [f64; K]) -> [f64; K] {
        theta
    }

    /// How many processes may depend on covariates: see [`Model::moved`].
    const PROCESSES: usize = 0;

    /// The parameters of a customer with these linear predictors.
    fn moved<S: Scalar>(theta: [S; K], _by: [S; PROCESSES]) -> [S; K] {
        theta
    }
}

impl<M: LifetimeModel<K>, const K: usize> Model<K, K> for M {
    type Row = Purchases;
    const NAME: &'static str = M::NAME;
    const PARAMETERS: [Parameter; K] = M::PARAMETERS;

    /// The parameters themselves.
    fn common<S: Scalar>(theta: [S; K], _x: f64) -> [S; K] {
        theta
    }

    /// `ln{ S(T) (1+T/alpha)^-(r+x) + int_{t_x}^T f(u) (1+u/alpha)^-(r+x) du }`: the customer bought nothing since `t_x`
    /// while alive, or left on the way.
    fn own<S: Scalar>(theta: [S; K], row: &Purchases) -> S {
        if S::ORDER == 2
            && let Some(outer) = M::own_by_hand(theta.map(Scalar::value), row)
        {
            return S::compose(theta, &outer);
        }
        ln_silence(theta[0] + row.x, theta[1], &M::law(theta), row.t_x, row.t)
    }

    fn own_with_slopes(theta: [f64; K], row: &Purchases) -> Dual2<K> {
        M::own_by_hand(theta, row)
            .unwrap_or_else(|| <M as Model<K, K>>::own(Dual2::variables(theta), row))
    }

    /// `ln G(r+x)/G(r) - x ln alpha` for each customer, and their own terms.
    fn together<S: Scalar>(theta: [S; K], equals: &Equals<S>) -> S {
        let x = equals.count;
        (theta[0].ln_rising(x) - theta[1].ln() * x) * equals.customers + equals.own
    }

    fn check(sample: &Sample<Purchases>) -> Result<()> {
        check_repeat_buyers(M::NAME, sample)
    }

    fn starts(sample: &Sample<Purchases>) -> [[f64; K]; 2] {
        M::starts(sample)
    }

    fn boundary(theta: [f64; K]) -> String {
        M::boundary(theta)
    }

    const CEILINGS: [f64; K] = M::CEILINGS;

    fn inside(theta: [f64; K]) -> [f64; K] {
        M::inside(theta)
    }

    const PROCESSES: usize = M::PROCESSES;

    fn moved<S: Scalar>(theta: [S; K], by: [S; PROCESSES]) -> [S; K] {
        M::moved(theta, by)
    }
}

impl<M: LifetimeModel<K>, const K: usize> Purchasing<K, K> for M {
    type Future<S: Scalar> = WhileAlive<S, M::Law<S>, M::Shared<S>>;
    const ALIVE_BY_COUNT: bool = true;

    /// `P(alive at T) = S(T) (1+T/alpha)^-(r+x) / {...}` with the braces of the likelihood.
    fn probability_alive<S: Scalar>(theta: [S; K], row: &Purchases) -> S {
        let (s, alpha, law) = (theta[0] + row.x, theta[1], M::law(theta));
        let alive = law.ln_survival(row.t) + s.ln_gamma_laplace(alpha, row.t);
        let ln_odds = ln_left(s, alpha, &law, row.t_x, row.t) - alive;
        if ln_odds.value() > CERTAIN {
            return S::from(0.0);
        }
        (ln_odds.exp() + 1.0).recip()
    }

    fn probability_alive_by_count<S: Scalar>(
        theta: [S; K],
        future: &Self::Future<S>,
        row: &Purchases,
    ) -> S {
        M::probability_alive(theta, &future.shared, row)
            .unwrap_or_else(|| <M as Purchasing<K, K>>::probability_alive(theta, row))
    }

    /// Given alive at `T` the rate is `Gamma(r+x, alpha+T)`, and the time that is left has its law given `T`.
    fn future<S: Scalar>(theta: [S; K], x: f64) -> Self::Future<S> {
        WhileAlive {
            s: theta[0] + x,
            alpha: theta[1],
            law: M::law(theta),
            shared: M::shared(theta, x),
        }
    }

    fn nature(theta: [f64; K], history: Option<&Purchases>, stream: &mut Stream) -> Nature {
        let (x, t) = history.map_or((0.0, 0.0), |row| (row.x, row.t));
        let rate = stream.gamma(theta[0] + x, theta[1] + t);
        Nature::staying(rate, M::law(theta).alive_at(t).draw(stream))
    }
}

/// Odds of having left of `exp(CERTAIN)` and more: beyond, neither they nor their derivatives would be numbers.
const CERTAIN: f64 = 300.0;
