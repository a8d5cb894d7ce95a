//! Laws with densities that are analytic: integrals over them by Gauss-Legendre panels.

use super::{Lifetime, Span};
use crate::numeric::panels::walk;
use crate::numeric::{Dual2, Scalar};

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
pub(crate) fn leaving_smoothly<S: Scalar>(
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
        |(t, _), width| visit(t, ln_density(t), width),
    );
}

/// `int_0^t exp(-rate u) S(u) du` for a smooth law.
pub(super) fn discounted_smoothly<S: Scalar>(law: &impl Smooth<S>, t: f64, rate: f64) -> S {
    let end = if rate > 0.0 {
        t.min(FORGOTTEN / rate)
    } else {
        t
    };
    let mut total = S::from(0.0);
    if end > 0.0 {
        let slope = |u| rate + law.slope(u);
        walk(0.0, end, law.scale(), slope, |(u, _), width| {
            let ln_worth = law.ln_survival(u) - rate * u;
            total += ln_worth.exp() * width;
            ln_worth.value()
        });
    }
    total
}

/// Discounting over `exp(-45) = 3e-20` and beyond adds nothing.
pub(super) const FORGOTTEN: f64 = 45.0;
