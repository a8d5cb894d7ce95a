//! The number type that formulas are written over: a plain `f64`, or a dual number that carries derivatives along.
//!
//! A likelihood or a prediction written once over [`Scalar`] gives its value (`f64`), its exact gradient
//! ([`Dual`](crate::numeric::Dual)) or its exact gradient and Hessian ([`Dual2`]).

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use super::{Dual2, special};

/// A real number, possibly with derivatives.
///
/// An implementation provides arithmetic and the chain rule for functions of one and of two arguments;
/// every special function is a default method on top of these.
pub trait Scalar:
    Copy
    + Debug
    + Send
    + Sync
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + AddAssign
{
    /// How many derivatives it carries along.
    const ORDER: usize;

    /// The value without its derivatives.
    fn value(self) -> f64;

    /// A function of one argument, given its value and (on demand) its first two derivatives at `self.value()`.
    #[must_use]
    fn chain(self, f: f64, df: impl FnOnce() -> f64, d2f: impl FnOnce() -> f64) -> Self;

    /// A function of two arguments, given its value and (on demand) its gradient `[f_x, f_y]`
    /// and second derivatives `[f_xx, f_xy, f_yy]` at the two values.
    #[must_use]
    fn chain2(
        self,
        other: Self,
        f: f64,
        df: impl FnOnce() -> [f64; 2],
        d2f: impl FnOnce() -> [f64; 3],
    ) -> Self;

    /// A function of several arguments, given with its gradient and Hessian at their values.
    #[must_use]
    fn compose<const M: usize>(arguments: [Self; M], outer: &Dual2<M>) -> Self;

    /// Natural logarithm.
    #[must_use]
    fn ln(self) -> Self {
        let x = self.value();
        self.chain(x.ln(), || 1.0 / x, || -1.0 / (x * x))
    }

    /// `ln(1 + x)`, accurate near zero.
    #[must_use]
    fn ln_1p(self) -> Self {
        let x = self.value();
        let slope = 1.0 / (1.0 + x);
        self.chain(special::ln_1p(x), || slope, || -slope * slope)
    }

    /// Exponential.
    #[must_use]
    fn exp(self) -> Self {
        let y = self.value().exp();
        self.chain(y, || y, || y)
    }

    /// Adds `factor exp(exponent - reference)`.
    fn add_exp(&mut self, exponent: &Self, reference: f64, factor: f64) {
        *self += (*exponent - reference).exp() * factor;
    }

    /// `exp(x) - 1`, accurate near zero.
    #[must_use]
    fn exp_m1(self) -> Self {
        let x = self.value();
        self.chain(x.exp_m1(), || x.exp(), || x.exp())
    }

    /// Logarithm of the gamma function.
    #[must_use]
    fn ln_gamma(self) -> Self {
        let x = self.value();
        self.chain(
            special::ln_gamma(x),
            || special::digamma(x),
            || special::trigamma(x),
        )
    }

    /// `ln Gamma(self + n) - ln Gamma(self)` for `n >= 0`, without cancellation.
    #[must_use]
    fn ln_rising(self, n: f64) -> Self {
        let x = self.value();
        self.chain(
            special::ln_gamma_ratio(x, n),
            || special::digamma_rise(x, n),
            || -special::trigamma_drop(x, n),
        )
    }

    /// Logarithm of the beta function of `self` and `other`.
    #[must_use]
    fn ln_beta(self, other: Self) -> Self {
        let (x, y) = (self.value(), other.value());
        self.chain2(
            other,
            special::ln_beta(x, y),
            || special::ln_beta_gradient(x, y),
            || special::ln_beta_hessian(x, y),
        )
    }

    /// `ln(exp(self) + exp(other))` without overflow.
    #[must_use]
    fn ln_add_exp(self, other: Self) -> Self {
        if self.value() >= other.value() {
            self + (other - self).exp().ln_1p()
        } else {
            other + (self - other).exp().ln_1p()
        }
    }

    /// `ln(1 - exp(self))` for `self < 0`, accurate at both ends.
    #[must_use]
    fn ln_1m_exp(self) -> Self {
        let x = self.value();
        // d/dx ln(1 - e^x) = -1 / (e^-x - 1)
        let slope = || -1.0 / (-x).exp_m1();
        self.chain(special::ln_1m_exp(x), slope, || {
            let g = slope();
            g - g * g
        })
    }

    /// `-self ln(1 + t / scale)`: the logarithm of `E exp(-rate t)` over rates that are gamma distributed with shape
    /// `self` and inverse scale `scale`.
    #[must_use]
    fn ln_gamma_laplace(self, scale: Self, t: f64) -> Self {
        let (shape, scale_) = (self.value(), scale.value());
        let ln = special::ln_1p(t / scale_);
        // t / (scale (scale + t))
        let step = t / scale_ / (scale_ + t);
        self.chain2(
            scale,
            -shape * ln,
            || [-ln, shape * step],
            || {
                [
                    0.0,
                    step,
                    -shape * step * (1.0 / scale_ + 1.0 / (scale_ + t)),
                ]
            },
        )
    }

    /// `(exp(x) - 1) / x`, 1 at zero.
    #[must_use]
    fn exp_m1_ratio(self) -> Self {
        let x = self.value();
        let value = if x == 0.0 { 1.0 } else { x.exp_m1() / x };
        self.chain(
            value,
            || special::exp_moments(x)[1],
            || special::exp_moments(x)[2],
        )
    }

    /// `1 / self`.
    #[must_use]
    fn recip(self) -> Self {
        let y = 1.0 / self.value();
        self.chain(y, || -y * y, || 2.0 * y * y * y)
    }
}

impl Scalar for f64 {
    const ORDER: usize = 0;

    fn value(self) -> f64 {
        self
    }

    fn chain(self, f: f64, _: impl FnOnce() -> f64, _: impl FnOnce() -> f64) -> f64 {
        f
    }

    fn chain2(
        self,
        _: f64,
        f: f64,
        _: impl FnOnce() -> [f64; 2],
        _: impl FnOnce() -> [f64; 3],
    ) -> f64 {
        f
    }

    fn compose<const M: usize>(_: [f64; M], outer: &Dual2<M>) -> f64 {
        outer.value
    }
}
