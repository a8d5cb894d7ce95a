//! How long customers stay, whatever they buy: laws of the lifetime, mixed over customers.

use std::fmt::Debug;

use crate::numeric::panels::walk;
use crate::numeric::random::Stream;
use crate::numeric::{Dual2, Scalar};

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

/// A law with a density that is analytic around all positive times.
pub trait Smooth<S: Scalar>: Lifetime<S> {
    /// Logarithm of the density, as a function of time.
    fn ln_density(&self) -> impl Fn(f64) -> S;

    /// Survival and density have no singularity but at or before minus this time.
    fn scale(&self) -> f64;

    /// The largest change of the logarithm of survival or density in a unit of time around `t`.
    fn slope(&self, t: f64) -> f64;
}

/// A smooth law whose derivatives in its `L` parameters are quick by hand: those of a fit to many customers with ages of
/// their own take most of its time.
pub trait ByHand<const L: usize>: Smooth<f64> {
    /// Logarithm of the probability of staying longer than `t`.
    fn ln_survival_by_hand(&self, t: f64) -> Dual2<L>;

    /// Logarithm of the density, as a function of time.
    fn ln_density_by_hand(&self) -> impl Fn(f64) -> Dual2<L>;
}

/// Times of leaving for a smooth law: the nodes of Gauss-Legendre panels.
pub fn leaving_smoothly<S: Scalar>(
    law: &impl Smooth<S>,
    span: &Span<impl Fn(f64) -> f64>,
    mut visit: impl FnMut(f64, S, f64) -> f64,
) {
    let ln_density = law.ln_density();
    walk(
        span.from,
        span.to,
        span.scale.min(law.scale()),
        |t| (span.slope)(t) + law.slope(t),
        |t, width| visit(t, ln_density(t), width),
    );
}

/// `int_0^t exp(-rate u) S(u) du` for a smooth law.
pub fn discounted_smoothly<S: Scalar>(law: &impl Smooth<S>, t: f64, rate: f64) -> S {
    let end = if rate > 0.0 {
        t.min(FORGOTTEN / rate)
    } else {
        t
    };
    let mut total = S::from(0.0);
    if end > 0.0 {
        let slope = |u| rate + law.slope(u);
        walk(0.0, end, law.scale(), slope, |u, width| {
            let ln_worth = law.ln_survival(u) - rate * u;
            total += ln_worth.exp() * width;
            ln_worth.value()
        });
    }
    total
}

/// Discounting over `exp(-45) = 3e-20` and beyond adds nothing.
pub const FORGOTTEN: f64 = 45.0;
