//! Models of customers of whom a share never leaves, beside those who leave by a law.

use std::marker::PhantomData;

use super::covariates::PROCESSES;
use super::lifetimes::Mixture;
use super::purchasing::LifetimeModel;
use super::{Dimension, Parameter, Sample};
use crate::data::Purchases;
use crate::numeric::Scalar;

/// The model `M` with one parameter more: the share of customers who never leave, whatever their rate of buying.
///
/// `S(t) = never + (1 - never) S_M(t)`, a cure model (Boag 1949, Journal of the Royal Statistical Society B 11).
#[derive(Debug, Clone, Copy)]
pub struct NeverLeaving<M>(PhantomData<M>);

impl<M> NeverLeaving<M> {
    /// The value of this type.
    pub const MODEL: Self = Self(PhantomData);
}

/// A model that may have such a share.
pub trait MayStay {
    /// The name of the model with the share.
    const NAME_WITH_STAYERS: &'static str;
}

const NEVER_LEAVING: Parameter = Parameter {
    name: "never_leaving",
    dimension: Dimension::Share,
    meaning: "share of customers who never leave",
};

/// Where a fit begins.
const SHARE_AT_FIRST: f64 = 0.1;

/// The share is the last parameter. (Rust has no `K + 1` for constants of types.)
macro_rules! with_a_share {
    ($k:literal, $more:literal) => {
        impl<M: LifetimeModel<$k> + MayStay + Send> LifetimeModel<$more> for NeverLeaving<M> {
            const NAME: &'static str = M::NAME_WITH_STAYERS;
            const PARAMETERS: [Parameter; $more] = {
                let mut all = [NEVER_LEAVING; $more];
                let mut place = 0;
                while place < $k {
                    all[place] = M::PARAMETERS[place];
                    place += 1;
                }
                all
            };

            type Law<S: Scalar> = Mixture<S, M::Law<S>>;
            type Shared<S: Scalar> = ();

            fn law<S: Scalar>(theta: [S; $more]) -> Mixture<S, M::Law<S>> {
                Mixture::new(theta[$k], M::law(std::array::from_fn(|j| theta[j])))
            }

            fn shared<S: Scalar>(_: [S; $more], _: f64) {}

            fn starts(sample: &Sample<Purchases>) -> [[f64; $more]; 2] {
                let with_share = |start: [f64; $k]| {
                    std::array::from_fn(|j| start.get(j).copied().unwrap_or(SHARE_AT_FIRST))
                };
                M::starts(sample).map(with_share)
            }

            fn boundary(theta: [f64; $more]) -> String {
                if theta[$k] < 1e-3 {
                    return "nobody seems to stay for ever (never_leaving -> 0): the model without that share describes the data as well"
                        .into();
                }
                if theta[$k] > 0.999 {
                    return "nobody seems to leave (never_leaving -> 1): the data do not tell this model from the NBD without dropout"
                        .into();
                }
                M::boundary(std::array::from_fn(|j| theta[j]))
            }

            const CEILINGS: [f64; $more] = {
                let mut all = [f64::INFINITY; $more];
                let mut place = 0;
                while place < $k {
                    all[place] = M::CEILINGS[place];
                    place += 1;
                }
                all
            };

            const PROCESSES: usize = M::PROCESSES;

            fn inside(theta: [f64; $more]) -> [f64; $more] {
                let inside = M::inside(std::array::from_fn(|j| theta[j]));
                std::array::from_fn(|j| inside.get(j).copied().unwrap_or(theta[$k]))
            }

            /// The share is everybody's.
            fn moved<S: Scalar>(theta: [S; $more], by: [S; PROCESSES]) -> [S; $more] {
                let moved = M::moved(std::array::from_fn(|j| theta[j]), by);
                std::array::from_fn(|j| moved.get(j).copied().unwrap_or(theta[$k]))
            }
        }
    };
}

with_a_share!(4, 5);
with_a_share!(5, 6);
