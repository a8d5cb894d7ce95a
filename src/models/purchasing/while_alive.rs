//! Models in which customers buy at a rate of their own for as long as they stay, and how long that is has nothing to do
//! with the rate.
//!
//! With rates `lambda ~ Gamma(r, alpha)` and a lifetime with survival `S` and density `f`, everything follows from three
//! integrals over time: of `f(u) (alpha + u)^-(r+x)`, of `S(u)`, and of `exp(-delta u) S(u)`. A model of this kind is its
//! law of the lifetime: see [`Lifetime`] and, for the first of them, the Pareto/NBD model.

use super::counts::NegativeBinomial;
use super::lifetime::{ByHand, Lifetime, Span};
use super::{Future, Nature, Purchasing, check_repeat_buyers};
use crate::Result;
use crate::data::Purchases;
use crate::models::covariates::PROCESSES;
use crate::models::{Equals, Model, Parameter, Sample};
use crate::numeric::panels::{LnSum, walk};
use crate::numeric::random::Stream;
use crate::numeric::{Dual2, Scalar, special};

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

/// `ln int_from^to f(u) (1+u/alpha)^-s du`: the probability of leaving then, without a purchase before.
fn ln_left<S: Scalar>(s: S, alpha: S, law: &impl Lifetime<S>, from: f64, to: f64) -> S {
    let mut sum = LnSum::new();
    let span = Span {
        from,
        to,
        scale: alpha.value(),
        slope: |u: f64| s.value() / (alpha.value() + u),
    };
    if from < to {
        law.leaving(span, |u, ln_density, width| {
            let ln_term = ln_density + s.ln_gamma_laplace(alpha, u);
            sum.add(&ln_term, width);
            ln_term.value()
        });
    }
    sum.ln()
}

/// `ln{ S(to) (1+to/alpha)^-s + int_from^to f(u) (1+u/alpha)^-s du }`: no purchase from `from` to `to`, by a customer who
/// is alive at `from`, for the clock that runs from 0.
fn ln_silence<S: Scalar>(s: S, alpha: S, law: &impl Lifetime<S>, from: f64, to: f64) -> S {
    let alive = law.ln_survival(to) + s.ln_gamma_laplace(alpha, to);
    let left = ln_left(s, alpha, law, from, to);
    if left.value() == f64::NEG_INFINITY {
        return alive;
    }
    if alive.value() == f64::NEG_INFINITY {
        return left;
    }
    alive.ln_add_exp(left)
}

/// The own term of a customer with its derivatives in `r`, `alpha` and the parameters of the law, which stand behind them:
/// the sum of exponentials of terms of which one part knows `r` and `alpha` and the other the law, `K = L + 2`.
pub fn silence_by_hand<const L: usize, const K: usize>(
    theta: [f64; K],
    law: &impl ByHand<L>,
    row: &Purchases,
) -> Dual2<K> {
    const { assert!(K == L + 2, "r, alpha and the parameters of the law") };
    let (s, alpha) = (theta[0] + row.x, theta[1]);
    // ln (1+u/alpha)^-s beside a part of the law
    let term = |u: f64, of_law: &Dual2<L>| {
        let ln = special::ln_1p(u / alpha);
        let step = u / alpha / (alpha + u);
        let mut term = Dual2::<K>::from(of_law.value - s * ln);
        (term.gradient[0], term.gradient[1]) = (-ln, s * step);
        (term.hessian[0][1], term.hessian[1][0]) = (step, step);
        term.hessian[1][1] = -s * step * (1.0 / alpha + 1.0 / (alpha + u));
        for i in 0..L {
            term.gradient[2 + i] = of_law.gradient[i];
            for j in 0..L {
                term.hessian[2 + i][2 + j] = of_law.hessian[i][j];
            }
        }
        term
    };
    let mut sum = LnSum::new();
    if row.t_x < row.t {
        let ln_density = law.ln_density_by_hand();
        walk(
            row.t_x,
            row.t,
            alpha.min(law.scale()),
            |u| s / (alpha + u) + law.slope(u),
            |u, width| {
                let term = term(u, &ln_density(u));
                sum.add(&term, width);
                term.value
            },
        );
    }
    let alive = term(row.t, &law.ln_survival_by_hand(row.t));
    if alive.value > f64::NEG_INFINITY {
        sum.add(&alive, 1.0);
    }
    sum.ln()
}

/// A customer who buys at rate `lambda ~ Gamma(s, alpha + age)` until the end of a lifetime.
#[derive(Debug, Clone)]
pub struct WhileAlive<S, L, Q> {
    s: S,
    alpha: S,
    law: L,
    shared: Q,
}

impl<S: Scalar, L: Lifetime<S>, Q: Send + Sync> WhileAlive<S, L, Q> {
    /// The mean rate of purchases, `s / (alpha + age)`.
    fn rate(&self, age: f64) -> S {
        self.s / (self.alpha + age)
    }

    /// An expectation over the counts `N(u)` until the customer leaves at `u` or the time `t` is over: calls `add` with the
    /// counts' distribution and its probability. `add` returns what it adds to a probability of one.
    fn until_the_end(&self, age: f64, t: f64, mut add: impl FnMut(NegativeBinomial, f64) -> f64) {
        let (s, scale) = (self.s.value(), self.alpha.value() + age);
        let law = self.law.alive_at(age);
        let counts = |u: f64| NegativeBinomial::new(s, u / scale);
        add(counts(t), law.ln_survival(t).value().exp());
        if t == 0.0 {
            return;
        }
        // next to u the counts' mean is s u / scale, and they change as it moves by a standard deviation
        let slope = |u: f64| {
            let relative = u / scale;
            s / scale / ((1.0 + s * relative) * (1.0 + relative)).sqrt()
        };
        let span = Span {
            from: 0.0,
            to: t,
            scale,
            slope,
        };
        law.leaving(span, |u, ln_density, width| {
            let ln_density = ln_density.value();
            ln_density + add(counts(u), ln_density.exp() * width).ln()
        });
    }

    /// `P(X >= count)`.
    fn tail(&self, age: f64, t: f64, count: usize) -> f64 {
        let mut total = 0.0;
        self.until_the_end(age, t, |counts, weight| {
            let tail = counts.tail(count);
            total += weight * tail;
            tail
        });
        total.min(1.0)
    }
}

impl<S: Scalar, L: Lifetime<S>, Q: Send + Sync> Future<S> for WhileAlive<S, L, Q> {
    fn survival(&self, age: f64, t: f64) -> S {
        self.law.alive_at(age).ln_survival(t).exp()
    }

    /// `(r+x)/(alpha+T) int_0^t S(T+u)/S(T) du`.
    fn expected_purchases(&self, age: f64, t: f64) -> S {
        self.rate(age) * self.law.alive_at(age).time_alive(t)
    }

    /// `(r+x)/(alpha+T) int_0^t exp(-delta u) S(T+u)/S(T) du`.
    fn discounted_purchases(&self, age: f64, t: f64, rate: f64) -> S {
        let law = self.law.alive_at(age);
        let time = if rate == 0.0 {
            law.time_alive(t)
        } else {
            law.discounted_time(t, rate)
        };
        self.rate(age) * time
    }

    fn purchases_discounted_by_period(&self, age: f64, t: f64, rate: f64, period: f64) -> S {
        let law = self.law.alive_at(age);
        let time = super::discounted_by_period(|u| law.time_alive(u), t, rate, period);
        self.rate(age) * time
    }

    fn no_purchase(&self, age: f64, t: f64) -> S {
        let law = self.law.alive_at(age);
        ln_silence(self.s, self.alpha + age, &law, 0.0, t).exp()
    }

    /// `P(X = k) = S(t) P(N(t) = k) + int_0^t f(u) P(N(u) = k) du`, where all terms are positive.
    fn probabilities(&self, age: f64, t: f64, most: usize) -> Vec<f64> {
        let mut total = vec![0.0; most + 1];
        self.until_the_end(age, t, |counts, weight| {
            counts.add_masses(weight, &mut total)
        });
        for p in &mut total {
            *p = p.min(1.0);
        }
        total
    }

    fn quantile(&self, age: f64, t: f64, level: f64, limit: usize) -> usize {
        super::quantile_of(
            level,
            limit,
            |most| self.probabilities(age, t, most),
            |k| self.tail(age, t, k),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{GGompertzNbd, ParetoNbd};

    /// Value, slopes and bends by hand are those of dual numbers.
    fn assert_by_hand<M: LifetimeModel<K>, const K: usize>(theta: [f64; K], row: &Purchases) {
        let by_hand = M::own_by_hand(theta, row).unwrap();
        let [r, alpha] = [0, 1].map(|j| Dual2::<K>::variables(theta)[j]);
        let law = M::law(Dual2::<K>::variables(theta));
        let dual = ln_silence(r + row.x, alpha, &law, row.t_x, row.t);
        let near = |ours: f64, other: f64, scale: f64| {
            assert!(
                (ours - other).abs() <= 1e-10 * (scale + other.abs()),
                "{ours} {other} {theta:?} {row:?}"
            );
        };
        near(by_hand.value, dual.value, 1e-3);
        for i in 0..K {
            let scale = (1.0 + row.x) / theta[i];
            near(by_hand.gradient[i], dual.gradient[i], scale);
            for (j, theta) in theta.iter().enumerate() {
                near(by_hand.hessian[i][j], dual.hessian[i][j], scale / theta);
            }
        }
    }

    #[test]
    fn derivatives_by_hand_are_those_of_dual_numbers() {
        let rows = [
            (0.0, 0.0, 30.0),
            (3.0, 12.0, 40.0),
            (3.0, 40.0, 40.0),
            (60.0, 35.0, 52.0),
            (900.0, 5.0, 500.0),
        ];
        for (x, t_x, t) in rows {
            let row = Purchases { x, t_x, t };
            for r in [0.3, 4.0] {
                for alpha in [0.5, 20.0] {
                    for s in [0.2, 3.0] {
                        assert_by_hand::<ParetoNbd, 4>([r, alpha, s, 0.7], &row);
                        assert_by_hand::<ParetoNbd, 4>([r, alpha, s, 40.0], &row);
                        assert_by_hand::<GGompertzNbd, 5>([r, alpha, 0.02, s, 0.3], &row);
                        assert_by_hand::<GGompertzNbd, 5>([r, alpha, 0.5, s, 8.0], &row);
                        assert_by_hand::<GGompertzNbd, 5>([r, alpha, 1e-7, s, 1e-6], &row);
                    }
                }
            }
        }
    }
}
