//! Customers who leave by a law, beside those who leave at the first renewal and those who never do.

use std::marker::PhantomData;

use super::Law;
use crate::data::Contract;
use crate::models::covariates::PROCESSES;
use crate::models::{Dimension, Equals, Model, Parameter, Sample};
use crate::numeric::Scalar;
use crate::numeric::random::Stream;
use crate::{Error, Result};

/// A law of staying `L` with `B` parameters, a share of customers who leave at the first renewal (one and done) and a
/// share of the others who never leave: `K = B + 2` parameters in all, and
/// `S(t) = (1 - one_and_done) { never + (1 - never) S_L(t) }` for `t > 0`.
///
/// Shares are held at 0 where a model is to have none. The mixture is that of the R package foretell (Rothenbühler);
/// the share that never leaves is known as a cure model (Boag 1949, Journal of the Royal Statistical Society B 11).
#[derive(Debug, Clone, Copy)]
pub struct Staying<L, const B: usize>(PhantomData<L>);

/// Everything that survival depends on.
struct Mixture<S, const B: usize> {
    law: [S; B],
    one_and_done: S,
    never: S,
}

/// Less likely than this is as unlikely as this: numbers hold no smaller distance from certainty, and a likelihood
/// stays finite.
const IMPOSSIBLE: f64 = 1e-300;

impl<L, const B: usize> Staying<L, B> {
    /// The value of this type.
    pub const LAW: Self = Self(PhantomData);
}

impl<L: Law<B>, const B: usize> Staying<L, B> {
    fn mixture<S: Scalar, const K: usize>(theta: [S; K]) -> Mixture<S, B> {
        const { assert!(K == B + 2, "a law and two shares") };
        Mixture {
            law: std::array::from_fn(|j| theta[j]),
            one_and_done: theta[B],
            never: theta[B + 1],
        }
    }

    /// `ln P(there at to | there at from)` for those who leave by the law, all of whom have left in the end.
    fn ln_by_law<S: Scalar>(of: &Mixture<S, B>, from: f64, to: f64) -> S {
        if to.is_finite() {
            L::ln_survival(of.law, from, to)
        } else {
            S::from(f64::NEG_INFINITY)
        }
    }

    /// `ln P(will leave by the law | there at age)` and `ln P(will never leave | there at age)`; nothing where nobody
    /// never leaves.
    fn ln_kinds<S: Scalar>(of: &Mixture<S, B>, age: f64) -> Option<[S; 2]> {
        if of.never.value() <= 0.0 {
            return None;
        }
        let mut odds = of.never.ln() - (-of.never).ln_1p();
        if age > 0.0 {
            odds = odds - L::ln_survival(of.law, 0.0, age);
        }
        let nothing = S::from(0.0);
        Some([-nothing.ln_add_exp(odds), -nothing.ln_add_exp(-odds)])
    }

    /// `ln P(there at to | there at from)`.
    pub fn ln_survival<S: Scalar, const K: usize>(theta: [S; K], from: f64, to: f64) -> S {
        if to <= from {
            return S::from(0.0);
        }
        let of = Self::mixture(theta);
        let by_law = Self::ln_by_law(&of, from, to);
        let stays = match Self::ln_kinds(&of, from) {
            None => by_law,
            Some([ln_leaver, ln_never]) => {
                let lost = ln_leaver.exp() * -by_law.exp_m1();
                // whichever keeps its digits: 1 - lost, or the sum of those who stay
                if lost.value() < 0.5 {
                    (-lost).ln_1p()
                } else {
                    ln_never.ln_add_exp(ln_leaver + by_law)
                }
            }
        };
        if from > 0.0 || of.one_and_done.value() <= 0.0 {
            return stays;
        }
        stays + (-of.one_and_done).ln_1p()
    }

    /// `ln P(left by to | there at from)`.
    pub fn ln_leaving<S: Scalar, const K: usize>(theta: [S; K], from: f64, to: f64) -> S {
        if to <= from {
            return S::from(f64::NEG_INFINITY);
        }
        let of = Self::mixture(theta);
        if from <= 0.0 && of.one_and_done.value() > 0.0 {
            return Self::ln_survival(theta, from, to).ln_1m_exp();
        }
        // in logarithms, since hardly any of those who are left may be leavers
        let stays = Self::ln_by_law(&of, from, to);
        let lost = if stays.value() > -IMPOSSIBLE {
            S::from(IMPOSSIBLE.ln())
        } else {
            stays.ln_1m_exp()
        };
        Self::ln_kinds(&of, from).map_or(lost, |[ln_leaver, _]| lost + ln_leaver)
    }

    /// The logarithm of the rate of leaving at an age.
    fn ln_hazard<S: Scalar, const K: usize>(theta: [S; K], age: f64) -> S {
        let of = Self::mixture(theta);
        let impossible = S::from(f64::NEG_INFINITY);
        let by_law = L::ln_hazard(of.law, age).unwrap_or(impossible);
        Self::ln_kinds(&of, age).map_or(by_law, |[ln_leaver, _]| by_law + ln_leaver)
    }

    /// What a customer there at age `from` is worth who is worth 1 a period to those who leave by the law, `stayer` if
    /// they never leave, and nothing if they leave at once.
    pub(super) fn over_kinds<S: Scalar, const K: usize>(
        theta: [S; K],
        from: f64,
        by_law: impl FnOnce([S; B]) -> S,
        stayer: f64,
    ) -> S {
        let of = Self::mixture(theta);
        let mut worth = by_law(of.law);
        if let Some([ln_leaver, ln_never]) = Self::ln_kinds(&of, from) {
            worth = if stayer.is_finite() {
                worth * ln_leaver.exp() + ln_never.exp() * stayer
            } else {
                S::from(f64::INFINITY)
            };
        }
        if from > 0.0 {
            return worth;
        }
        worth * -(of.one_and_done - 1.0)
    }

    /// The age at which a customer leaves who is there at `entry`: infinite if never. In discrete time it is whole.
    pub fn leaves_at<const K: usize>(theta: [f64; K], entry: f64, stream: &mut Stream) -> f64 {
        let of = Self::mixture(theta);
        if entry == 0.0 && of.one_and_done > 0.0 && stream.uniform() < of.one_and_done {
            return if L::CONTINUOUS { 0.0 } else { 1.0 };
        }
        if let Some([_, ln_never]) = Self::ln_kinds(&of, entry)
            && stream.uniform().ln() < ln_never
        {
            return f64::INFINITY;
        }
        let age = L::leaves_at(of.law, entry, stream);
        if L::CONTINUOUS {
            age
        } else {
            age.ceil().max(entry + 1.0)
        }
    }
}

impl<L: Law<B>, const B: usize, const K: usize> Model<K, K> for Staying<L, B> {
    type Row = Contract;
    const NAME: &'static str = L::NAME;
    const PARAMETERS: [Parameter; K] = with_shares(L::PARAMETERS);

    fn common<S: Scalar>(theta: [S; K], _: f64) -> [S; K] {
        theta
    }

    /// `ln{ [S(from) - S(to)] / S(entry) }`, or the density where a customer left at an exact age.
    fn own<S: Scalar>(theta: [S; K], row: &Contract) -> S {
        let &Contract { entry, from, to } = row;
        let there = Self::ln_survival(theta, entry, from);
        if to == f64::INFINITY {
            there
        } else if to > from {
            there + Self::ln_leaving(theta, from, to)
        } else {
            there + Self::ln_hazard(theta, to)
        }
    }

    fn together<S: Scalar>(_: [S; K], equals: &Equals<S>) -> S {
        equals.own
    }

    fn check(sample: &Sample<Contract>) -> Result<()> {
        let refused = |reason: &str, hint: &str| {
            Err(Error::Convergence {
                model: L::NAME.into(),
                reason: reason.into(),
                hint: hint.into(),
            })
        };
        if sample.groups().is_empty() {
            return Err(Error::Empty {
                what: format!("there are no customers to fit {} to", L::NAME),
                hint: String::new(),
            });
        }
        let lost = sample.mean(|row| f64::from(u8::from(row.to.is_finite())));
        if lost <= 0.0 {
            return refused("nobody left", "a longer observation may show who leaves");
        }
        if sample.mean(|row| row.from) <= 0.0 {
            let hint = "the model needs to see somebody renew";
            return refused("nobody stayed for a whole period", hint);
        }
        Ok(())
    }

    fn starts(sample: &Sample<Contract>) -> [[f64; K]; 2] {
        let lost = sample.mean(|row| f64::from(u8::from(row.to.is_finite())));
        let seen = |row: &Contract| row.from.max(row.to.min(row.from + 1.0)) - row.entry;
        let churn = (lost / sample.mean(seen)).clamp(1e-4, 0.9);
        L::starts(churn).map(|law| std::array::from_fn(|j| law.get(j).copied().unwrap_or(0.1)))
    }

    fn distances<S: Scalar>(theta: [S; K], time: f64, money: f64) -> [S; K] {
        let of = Self::mixture(theta);
        let law = L::distances(of.law, time);
        std::array::from_fn(|j| {
            let share = |j: usize| Dimension::Share.distance(theta[j], time, money);
            law.get(j).copied().unwrap_or_else(|| share(j))
        })
    }

    fn boundary(theta: [f64; K]) -> String {
        let of = Self::mixture(theta);
        let share = |share: f64| share > 0.0 && share < 1e-5;
        let what = if share(of.one_and_done) {
            "no share of the customers seems to leave at the first renewal beyond what the law says (one_and_done -> 0)"
        } else if share(of.never) {
            "no share of the customers seems never to leave (never_leaving -> 0)"
        } else if of.never > 1.0 - 1e-5 {
            "hardly anybody seems ever to leave (never_leaving -> 1)"
        } else {
            L::boundary(of.law).unwrap_or(
                "the likelihood is flat in a direction: the data do not identify all parameters; a longer observation or a model with fewer parameters may",
            )
        };
        what.into()
    }

    const PROCESSES: usize = L::PROCESSES;
    const SHIFTS: bool = L::SHIFTS;

    fn moved<S: Scalar>(theta: [S; K], [leaving, _]: [S; PROCESSES]) -> [S; K] {
        let law = L::moved(Self::mixture(theta).law, leaving);
        std::array::from_fn(|j| law.get(j).copied().unwrap_or(theta[j]))
    }
}

/// A law's parameters and the two shares.
const fn with_shares<const B: usize, const K: usize>(law: [Parameter; B]) -> [Parameter; K] {
    let mut all = [NEVER_LEAVING; K];
    all[B] = ONE_AND_DONE;
    let mut j = 0;
    while j < B {
        all[j] = law[j];
        j += 1;
    }
    all
}

const ONE_AND_DONE: Parameter = Parameter {
    name: "one_and_done",
    dimension: Dimension::Share,
    meaning: "share of customers who leave at the first renewal whatever the law says",
};

const NEVER_LEAVING: Parameter = Parameter {
    name: "never_leaving",
    dimension: Dimension::Share,
    meaning: "share of the others who never leave",
};
