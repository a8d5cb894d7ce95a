//! Dual numbers: a value with its exact gradient, or with its exact gradient and Hessian, in `N` variables.

use std::array::from_fn;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use super::Scalar;

/// A value and its gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<const N: usize> {
    /// The value.
    pub value: f64,
    /// First derivatives.
    pub gradient: [f64; N],
}

/// A value, its gradient and its Hessian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual2<const N: usize> {
    /// The value.
    pub value: f64,
    /// First derivatives.
    pub gradient: [f64; N],
    /// Second derivatives, symmetric.
    pub hessian: [[f64; N]; N],
}

impl<const N: usize> Dual<N> {
    /// The point `theta` as independent variables: each has a unit vector as gradient.
    pub fn variables(theta: [f64; N]) -> [Self; N] {
        from_fn(|i| Self {
            value: theta[i],
            gradient: from_fn(|j| f64::from(u8::from(i == j))),
        })
    }
}

impl<const N: usize> Dual2<N> {
    /// The point `theta` as independent variables: each has a unit vector as gradient and no curvature.
    pub fn variables(theta: [f64; N]) -> [Self; N] {
        from_fn(|i| Self {
            value: theta[i],
            gradient: from_fn(|j| f64::from(u8::from(i == j))),
            hessian: [[0.0; N]; N],
        })
    }
}

impl<const N: usize> From<f64> for Dual<N> {
    fn from(value: f64) -> Self {
        Self {
            value,
            gradient: [0.0; N],
        }
    }
}

impl<const N: usize> From<f64> for Dual2<N> {
    fn from(value: f64) -> Self {
        Self {
            value,
            gradient: [0.0; N],
            hessian: [[0.0; N]; N],
        }
    }
}

impl<const N: usize> Scalar for Dual<N> {
    const ORDER: usize = 1;

    fn value(self) -> f64 {
        self.value
    }

    #[inline]
    fn chain(self, f: f64, df: impl FnOnce() -> f64, _: impl FnOnce() -> f64) -> Self {
        let df = df();
        Self {
            value: f,
            gradient: from_fn(|i| df * self.gradient[i]),
        }
    }

    #[inline]
    fn chain2(
        self,
        other: Self,
        f: f64,
        df: impl FnOnce() -> [f64; 2],
        _: impl FnOnce() -> [f64; 3],
    ) -> Self {
        let [fx, fy] = df();
        Self {
            value: f,
            gradient: from_fn(|i| fx * self.gradient[i] + fy * other.gradient[i]),
        }
    }

    fn compose<const M: usize>(arguments: [Self; M], outer: &Dual2<M>) -> Self {
        let mut result = Self::from(outer.value);
        for (argument, slope) in arguments.iter().zip(outer.gradient) {
            for i in 0..N {
                result.gradient[i] += slope * argument.gradient[i];
            }
        }
        result
    }
}

impl<const N: usize> Scalar for Dual2<N> {
    const ORDER: usize = 2;

    fn value(self) -> f64 {
        self.value
    }

    #[inline]
    fn chain(self, f: f64, df: impl FnOnce() -> f64, d2f: impl FnOnce() -> f64) -> Self {
        let (df, d2f, g) = (df(), d2f(), self.gradient);
        Self {
            value: f,
            gradient: from_fn(|i| df * g[i]),
            hessian: from_fn(|i| {
                let gi = d2f * g[i];
                from_fn(|j| gi * g[j] + df * self.hessian[i][j])
            }),
        }
    }

    #[inline]
    fn chain2(
        self,
        other: Self,
        f: f64,
        df: impl FnOnce() -> [f64; 2],
        d2f: impl FnOnce() -> [f64; 3],
    ) -> Self {
        let ([fx, fy], [fxx, fxy, fyy]) = (df(), d2f());
        let (g, h) = (self.gradient, other.gradient);
        Self {
            value: f,
            gradient: from_fn(|i| fx * g[i] + fy * h[i]),
            hessian: from_fn(|i| {
                let along_x = fxx * g[i] + fxy * h[i];
                let along_y = fxy * g[i] + fyy * h[i];
                from_fn(|j| {
                    fx * self.hessian[i][j]
                        + fy * other.hessian[i][j]
                        + along_x * g[j]
                        + along_y * h[j]
                })
            }),
        }
    }

    /// In one go: integrals over time are sums of these.
    #[inline]
    fn add_exp(&mut self, exponent: &Self, reference: f64, factor: f64) {
        let term = (exponent.value - reference).exp() * factor;
        self.value += term;
        for i in 0..N {
            let slope = term * exponent.gradient[i];
            self.gradient[i] += slope;
            for j in 0..N {
                self.hessian[i][j] += slope * exponent.gradient[j] + term * exponent.hessian[i][j];
            }
        }
    }

    fn compose<const M: usize>(arguments: [Self; M], outer: &Dual2<M>) -> Self {
        let mut result = Self::from(outer.value);
        for (m, argument) in arguments.iter().enumerate() {
            let slope = outer.gradient[m];
            let mut bend = [0.0; N];
            for (n, other) in arguments.iter().enumerate() {
                for (sum, along) in bend.iter_mut().zip(other.gradient) {
                    *sum += outer.hessian[m][n] * along;
                }
            }
            for i in 0..N {
                result.gradient[i] += slope * argument.gradient[i];
                for (j, bend) in bend.iter().enumerate() {
                    result.hessian[i][j] +=
                        slope * argument.hessian[i][j] + argument.gradient[i] * bend;
                }
            }
        }
        result
    }
}

/// Arithmetic that both kinds of dual number share, written through `chain` and `chain2`.
macro_rules! dual_arithmetic {
    ($dual:ident $(, $matrix:ident)?) => {
        impl<const N: usize> Add for $dual<N> {
            type Output = Self;
            #[inline]
            fn add(mut self, other: Self) -> Self {
                self += other;
                self
            }
        }

        impl<const N: usize> AddAssign for $dual<N> {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                self.value += other.value;
                for i in 0..N {
                    self.gradient[i] += other.gradient[i];
                    $(for j in 0..N {
                        self.$matrix[i][j] += other.$matrix[i][j];
                    })?
                }
            }
        }

        impl<const N: usize> Neg for $dual<N> {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self {
                self * -1.0
            }
        }

        impl<const N: usize> Sub for $dual<N> {
            type Output = Self;
            #[inline]
            fn sub(self, other: Self) -> Self {
                self + other * -1.0
            }
        }

        impl<const N: usize> Mul for $dual<N> {
            type Output = Self;
            #[inline]
            fn mul(self, other: Self) -> Self {
                let (x, y) = (self.value, other.value);
                self.chain2(other, x * y, || [y, x], || [0.0, 1.0, 0.0])
            }
        }

        impl<const N: usize> Div for $dual<N> {
            type Output = Self;
            #[inline]
            fn div(self, other: Self) -> Self {
                let quotient = self.value / other.value;
                let mut product = self * other.recip();
                product.value = quotient;
                product
            }
        }

        impl<const N: usize> Add<f64> for $dual<N> {
            type Output = Self;
            #[inline]
            fn add(mut self, constant: f64) -> Self {
                self.value += constant;
                self
            }
        }

        impl<const N: usize> Sub<f64> for $dual<N> {
            type Output = Self;
            #[inline]
            fn sub(mut self, constant: f64) -> Self {
                self.value -= constant;
                self
            }
        }

        impl<const N: usize> Mul<f64> for $dual<N> {
            type Output = Self;
            #[inline]
            fn mul(mut self, factor: f64) -> Self {
                self.value *= factor;
                for i in 0..N {
                    self.gradient[i] *= factor;
                    $(for j in 0..N {
                        self.$matrix[i][j] *= factor;
                    })?
                }
                self
            }
        }

        impl<const N: usize> Div<f64> for $dual<N> {
            type Output = Self;
            #[inline]
            fn div(mut self, divisor: f64) -> Self {
                self.value /= divisor;
                for i in 0..N {
                    self.gradient[i] /= divisor;
                    $(for j in 0..N {
                        self.$matrix[i][j] /= divisor;
                    })?
                }
                self
            }
        }
    };
}

dual_arithmetic!(Dual);
dual_arithmetic!(Dual2, hessian);
