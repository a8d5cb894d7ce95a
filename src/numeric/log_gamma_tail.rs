//! The distribution of the logarithm of a gamma variable, standardised so that it goes over into the normal one as its
//! shape parameter `q` passes through zero (Prentice 1974, Biometrika 61).
//!
//! Its density is proportional to `exp(h)` with `h(v) = -(e^{qv} - 1 - qv) / q^2`, which is `-v^2/2` for `q = 0`. Tail
//! integrals of it and of its derivatives in `q` are taken by Gauss-Legendre panels that widen away from where they
//! begin, so that nothing special happens near `q = 0`; the constant is the integral over everything.

use std::sync::LazyLock;

use super::Dual2;
use super::quadrature::gauss_legendre;

/// Nodes and weights of a panel, which spans a few natural lengths of a smooth function.
static PANEL: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(14));

/// The integrand is dropped where it has fallen by this much, in logarithms.
const FALLEN: f64 = 46.0;

/// Below this size of `q v` functions of it are summed as power series.
const SMALL: f64 = 1.0;

/// Integrals of `e^h`, of its derivative in `q`, and of its second derivative.
type Moments = [f64; 3];

/// The logarithms of density and survival function at `w`, as functions of `(w, q)`, given the integrals over everything.
pub fn density_and_tail(w: f64, q: f64, whole: &Whole) -> (Dual2<2>, Dual2<2>) {
    let [h, h_w, h_q, h_ww, h_wq, h_qq] = exponent(w, q);
    let total = whole.logarithm();
    let density = Dual2 {
        value: h - total.value,
        gradient: [h_w, h_q - total.gradient[0]],
        hessian: [[h_ww, h_wq], [h_wq, h_qq - total.hessian[0][0]]],
    };
    // on the right relative to the density, which falls as the tail does; on the left relative to its peak
    let base = if w >= 0.0 { h } else { 0.0 };
    let [t, t_q, t_qq] = tail(w, q, base, whole);
    let (s_w, s_q) = (-(h - base).exp() / t, t_q / t);
    // where the density vanishes so does all that it is multiplied with
    let times = |slope: f64| if s_w < 0.0 { s_w * slope } else { 0.0 };
    let tail = Dual2 {
        value: base + t.ln() - total.value,
        gradient: [s_w, s_q - total.gradient[0]],
        hessian: [
            [times(h_w - s_w), times(h_q - s_q)],
            [times(h_q - s_q), t_qq / t - s_q * s_q - total.hessian[0][0]],
        ],
    };
    (density, tail)
}

/// Integrals over everything, to the left and to the right of zero, for one `q`.
#[derive(Debug, Clone, Copy)]
pub struct Whole {
    left: Moments,
    right: Moments,
}

impl Whole {
    /// The integrals for a `q`.
    pub fn of(q: f64) -> Self {
        Self {
            left: outward(0.0, q, -1.0, f64::INFINITY, 0.0),
            right: outward(0.0, q, 1.0, f64::INFINITY, 0.0),
        }
    }

    /// The logarithm of the integral over everything as a function of `q`.
    fn logarithm(&self) -> Dual2<1> {
        let [t, t_q, t_qq] = sum(self.left, self.right);
        let slope = t_q / t;
        Dual2 {
            value: t.ln(),
            gradient: [slope],
            hessian: [[t_qq / t - slope * slope]],
        }
    }
}

/// Integrals from `w` upwards, divided by `e^base`.
fn tail(w: f64, q: f64, base: f64, whole: &Whole) -> Moments {
    if w >= 0.0 {
        return outward(w, q, 1.0, f64::INFINITY, base);
    }
    sum(whole.right, outward(0.0, q, -1.0, -w, 0.0))
}

fn sum(a: Moments, b: Moments) -> Moments {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Integrals of `e^{h(v) - base}` from `from` over at most `length` in the direction of `sign`, away from the mode.
fn outward(from: f64, q: f64, sign: f64, length: f64, base: f64) -> Moments {
    let slope = exponent(from, q)[1].abs();
    let mut width = 1.0 / (1.0 + q.abs() + slope);
    let mut total = [0.0; 3];
    let mut begin = 0.0;
    let (nodes, weights) = &*PANEL;
    while begin < length {
        let end = (begin + width).min(length);
        let half = 0.5 * (end - begin);
        for (node, weight) in nodes.iter().zip(weights) {
            let v = from + sign * (begin + half * (1.0 + node));
            let [h, _, h_q, _, _, h_qq] = exponent(v, q);
            let mass = half * weight * (h - base).exp();
            total[0] += mass;
            total[1] += mass * h_q;
            total[2] += mass * (h_qq + h_q * h_q);
        }
        begin = end;
        if exponent(from + sign * begin, q)[0] < base - FALLEN {
            break;
        }
        width *= 1.5;
    }
    total
}

/// `h` and its derivatives `h_v, h_q, h_vv, h_vq, h_qq`.
///
/// With `u = q v`: `h = -v^2 p(u)`, `p(u) = (e^u - 1 - u) / u^2`, so that `h_q = -v^3 p'(u)` and `h_qq = -v^4 p''(u)`.
fn exponent(v: f64, q: f64) -> [f64; 6] {
    let u = q * v;
    let (p, p1, p2) = if u.abs() < SMALL {
        series(u)
    } else {
        let e = u.exp();
        let u2 = u * u;
        (
            (e - 1.0 - u) / u2,
            (e * (u - 2.0) + u + 2.0) / (u2 * u),
            (e * (u2 - 4.0 * u + 6.0) - 2.0 * u - 6.0) / (u2 * u2),
        )
    };
    let v2 = v * v;
    [
        -v2 * p,
        -2.0 * v * p - v * u * p1,
        -v2 * v * p1,
        -u.exp(),
        -v2 * (3.0 * p1 + u * p2),
        -v2 * v2 * p2,
    ]
}

/// `p`, `p'` and `p''` as power series: `p(u) = sum u^k / (k + 2)!`.
fn series(u: f64) -> (f64, f64, f64) {
    let (mut p, mut p1, mut p2) = (0.0, 0.0, 0.0);
    // u^k / (k + 2)!, from k = 0
    let mut term = 0.5;
    let mut powers = [0.0; 22];
    for (k, power) in powers.iter_mut().enumerate() {
        *power = term;
        term *= u / (k as f64 + 3.0);
    }
    // derivatives shift the powers of u, so they are formed from their own coefficients
    let mut coefficient = 0.5;
    let (mut u1, mut u2) = (1.0, 1.0);
    for (k, power) in powers.into_iter().enumerate() {
        let k = k as f64;
        p += power;
        if k >= 1.0 {
            p1 += k * coefficient * u1;
            u1 *= u;
        }
        if k >= 2.0 {
            p2 += k * (k - 1.0) * coefficient * u2;
            u2 *= u;
        }
        coefficient /= k + 3.0;
    }
    (p, p1, p2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::incomplete::{gamma_p, gamma_q};
    use crate::numeric::special::ln_gamma;

    #[test]
    fn tails_are_incomplete_gamma_functions() {
        for q in [-2.0_f64, -0.7, 0.3, 1.0, 2.5] {
            for w in [-6.0_f64, -1.5, -0.2, 0.0, 0.4, 1.7, 3.0] {
                let shape = 1.0 / (q * q);
                let x = shape * (q * w).exp();
                let expected = if q > 0.0 {
                    gamma_q(shape, x)
                } else {
                    gamma_p(shape, x)
                };
                if expected < 1e-250 {
                    continue;
                }
                let (density, tail) = density_and_tail(w, q, &Whole::of(q));
                // what the quadrature promises: panels are exact to about 1e-13
                assert!(
                    (tail.value.exp() / expected - 1.0).abs() < 1e-11,
                    "{q} {w}: {} {expected}",
                    tail.value.exp()
                );
                let ln_f = f64::ln(q.abs()) + shape * shape.ln() + shape * q * w
                    - shape * (q * w).exp()
                    - ln_gamma(shape);
                assert!((density.value - ln_f).abs() < 1e-10 * (1.0 + ln_f.abs()));
            }
        }
    }

    #[test]
    fn without_shape_it_is_normal() {
        for w in [-5.0, -1.0, 0.0, 0.5, 2.0, 6.0] {
            let (density, tail) = density_and_tail(w, 0.0, &Whole::of(0.0));
            let expected = 0.5 * libm::erfc(w / std::f64::consts::SQRT_2);
            assert!((tail.value.exp() / expected - 1.0).abs() < 1e-12, "{w}");
            let normal = -0.5 * w * w - 0.5 * std::f64::consts::TAU.ln();
            assert!((density.value - normal).abs() < 1e-12);
        }
    }

    #[test]
    fn derivatives_are_those_of_the_values() {
        let step = 1e-5;
        for q in [-1.2, -0.01, 0.0, 0.4, 1.5] {
            for w in [-3.0, -0.4, 0.0, 0.8, 2.0] {
                let at = |w: f64, q: f64| density_and_tail(w, q, &Whole::of(q));
                for i in 0..2 {
                    let (dw, dq) = if i == 0 { (step, 0.0) } else { (0.0, step) };
                    let (high, low) = (at(w + dw, q + dq), at(w - dw, q - dq));
                    let here = at(w, q);
                    for (h, l, c) in [(high.0, low.0, here.0), (high.1, low.1, here.1)] {
                        let slope = (h.value - l.value) / (2.0 * step);
                        // central differences: 1e-10 from the step, 1e-11 / 1e-5 from rounding
                        assert!((slope - c.gradient[i]).abs() < 1e-6 * (1.0 + slope.abs()));
                        for j in 0..2 {
                            let bend = (h.gradient[j] - l.gradient[j]) / (2.0 * step);
                            assert!(
                                (bend - c.hessian[i][j]).abs() < 1e-6 * (1.0 + bend.abs()),
                                "{q} {w} {i} {j}: {bend} {}",
                                c.hessian[i][j]
                            );
                        }
                    }
                }
            }
        }
    }
}
