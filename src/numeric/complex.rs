//! Complex numbers whose parts carry derivatives.

use std::ops::{Add, Mul};

use super::Scalar;

/// `re + i im`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Complex<S> {
    /// The real part.
    pub re: S,
    /// The imaginary part.
    pub im: S,
}

impl<S: Scalar> Complex<S> {
    /// `exp(i angle)`.
    pub fn turn(angle: S) -> Self {
        let (sin, cos) = angle.value().sin_cos();
        Self {
            re: angle.chain(cos, || -sin, || -cos),
            im: angle.chain(sin, || cos, || -sin),
        }
    }

    /// The angle between the number and the positive axis.
    #[must_use]
    pub fn angle(self) -> S {
        let (x, y) = (self.re.value(), self.im.value());
        let square = x * x + y * y;
        let (u, v) = (x / square, y / square);
        self.re.chain2(
            self.im,
            y.atan2(x),
            || [-v, u],
            || [2.0 * u * v, v * v - u * u, -2.0 * u * v],
        )
    }

    /// `1 / self`.
    #[must_use]
    pub fn recip(self) -> Self {
        let per_square = (self.re * self.re + self.im * self.im).recip();
        Self {
            re: self.re * per_square,
            im: -(self.im * per_square),
        }
    }

    /// The number times a real one.
    #[must_use]
    pub fn times(self, factor: S) -> Self {
        Self {
            re: self.re * factor,
            im: self.im * factor,
        }
    }
}

impl<S: Scalar> From<[f64; 2]> for Complex<S> {
    fn from([re, im]: [f64; 2]) -> Self {
        Self {
            re: S::from(re),
            im: S::from(im),
        }
    }
}

impl<S: Scalar> Mul for Complex<S> {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }
}

impl<S: Scalar> Add<S> for Complex<S> {
    type Output = Self;

    fn add(self, real: S) -> Self {
        Self {
            re: self.re + real,
            im: self.im,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::Dual2;

    #[test]
    fn arithmetic() {
        let (z, w) = (Complex::from([3.0, -4.0]), Complex::from([0.5, 2.0]));
        let product: Complex<f64> = z * w;
        assert!((product.re - 9.5).abs() < 1e-15 && (product.im - 4.0).abs() < 1e-15);
        let one = z * z.recip();
        assert!((one.re - 1.0).abs() < 1e-15 && one.im.abs() < 1e-15);
        assert!(((z + 1.0).times(2.0).re - 8.0).abs() < 1e-15);
        let turned = Complex::turn(2.5);
        assert!((turned.angle() - 2.5).abs() < 1e-15);
    }

    /// Derivatives of an angle and of a turn, which undo each other.
    #[test]
    fn derivatives_are_those_of_the_values() {
        let [x, y] = Dual2::<2>::variables([-1.3, 0.7]);
        let angle = Complex { re: x, im: y }.angle();
        let turned = Complex::turn(angle);
        // x / |z|
        let exact = x * (-((x * x + y * y).ln() * 0.5)).exp();
        assert!((turned.re.value - exact.value).abs() < 1e-15);
        for i in 0..2 {
            assert!((turned.re.gradient[i] - exact.gradient[i]).abs() < 1e-14);
            for j in 0..2 {
                assert!((turned.re.hessian[i][j] - exact.hessian[i][j]).abs() < 1e-14);
            }
        }
    }
}
