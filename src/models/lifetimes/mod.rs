//! How long customers stay, whatever they buy: laws of the lifetime, mixed over customers, one file each.

mod endless;
mod exponential;
mod gompertz;
mod mixture;
mod smooth;
mod steps;
mod weibull;

pub use endless::Endless;
pub use exponential::Exponential;
pub use gompertz::Gompertz;
pub use mixture::Mixture;
pub(crate) use smooth::leaving_smoothly;
pub use smooth::{ByHand, Smooth};
pub use steps::Step;
pub use weibull::Burr;

use std::fmt::Debug;

use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// The law of the time until a customer leaves, counted from now on.
///
/// A law says all of itself with the first three methods; integrals over time have a general form, which a law may
/// replace by a closed one.
pub trait Lifetime<S: Scalar>: Copy + Debug + Send + Sync {
    /// Logarithm of the probability `S(t)` of staying longer than `t`.
    fn ln_survival(&self, t: f64) -> S;

    /// The law of the time that is left to those who are alive at `age`.
    #[must_use]
    fn alive_at(&self, age: f64) -> Self;

    /// Walks over the times of leaving in `(from, to]`, for the integral of a function `g` over them.
    ///
    /// `visit` is told a time, the logarithm of the density there and the width that the time stands for, and returns
    /// the logarithm of density times `g`.
    fn leaving(&self, span: Span<impl Fn(f64) -> f64>, visit: impl FnMut(f64, S, f64) -> f64);

    /// The part of a time `t` that is spent alive: `int_0^t S(u) du`.
    fn time_alive(&self, t: f64) -> S {
        self.discounted_time(t, 0.0)
    }

    /// The same, discounted at the continuous rate `rate`: `int_0^t exp(-rate u) S(u) du`; `t` may be infinite if the
    /// rate is positive.
    fn discounted_time(&self, t: f64, rate: f64) -> S;

    /// A customer drawn at random: what they have of what customers differ in, and how long they stay.
    fn draw(&self, stream: &mut Stream) -> Drawn;
}

/// A lifetime drawn at random.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// The customer's own rate or probability of leaving.
    pub leaving: f64,
    /// How long the customer stays from now on.
    pub lifetime: f64,
}

/// A span of time, and how a function changes over it.
#[derive(Debug)]
pub struct Span<F> {
    /// It begins after this time.
    pub from: f64,
    /// It ends with this time.
    pub to: f64,
    /// The function has no singularity but at or before minus this time.
    pub scale: f64,
    /// The largest change of the function's logarithm in a unit of time around a time; rises or falls throughout.
    pub slope: F,
}
