//! Gauss-Legendre quadrature.

use std::f64::consts::PI;

/// The `n` nodes, in ascending order, and the weights of Gauss-Legendre quadrature on `[-1, 1]`: exact for polynomials
/// of degree below `2 n`.
///
/// Newton's method on the Legendre polynomial from Tricomi's approximation of its roots.
pub fn gauss_legendre(n: usize) -> (Vec<f64>, Vec<f64>) {
    let order = n as f64;
    let mut nodes = vec![0.0; n];
    let mut weights = vec![0.0; n];
    for i in 0..n.div_ceil(2) {
        let angle = PI * (i as f64 + 0.75) / (order + 0.5);
        let mut x = (1.0 - (order - 1.0) / (8.0 * order.powi(3))) * angle.cos();
        for _ in 0..5 {
            let (value, slope) = legendre(n, x);
            x -= value / slope;
        }
        if 2 * i + 1 == n {
            x = 0.0;
        }
        let slope = legendre(n, x).1;
        let weight = 2.0 / ((1.0 - x) * (1.0 + x) * slope * slope);
        (nodes[i], nodes[n - 1 - i]) = (-x, x);
        (weights[i], weights[n - 1 - i]) = (weight, weight);
    }
    (nodes, weights)
}

/// The Legendre polynomial of degree `n >= 1` and its derivative at `x`, by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (
            value,
            ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
        );
    }
    let slope = n as f64 * (before - x * value) / ((1.0 - x) * (1.0 + x));
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rules_are_the_textbook_ones() {
        assert_eq!(gauss_legendre(0), (vec![], vec![]));
        assert_eq!(gauss_legendre(1), (vec![0.0], vec![2.0]));
        let (nodes, weights) = gauss_legendre(3);
        assert!((nodes[2] - 0.6_f64.sqrt()).abs() < 1e-16);
        assert!((weights[0] - 5.0 / 9.0).abs() < 1e-15 && (weights[1] - 8.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn polynomials_below_twice_the_order_are_exact() {
        for n in 1..=64 {
            let (nodes, weights) = gauss_legendre(n);
            assert!(nodes.is_sorted() && nodes.len() == n && weights.len() == n);
            for power in (0..2 * i32::try_from(n).unwrap()).step_by(2) {
                let terms = nodes.iter().zip(&weights);
                let sum: f64 = terms.map(|(x, w)| w * x.powi(power)).sum();
                let power = f64::from(power);
                let exact = 2.0 / (power + 1.0);
                // powers magnify the rounding of the nodes
                assert!((sum - exact).abs() < 1e-15 * (2.0 + power * exact));
            }
        }
    }

    #[test]
    fn long_rules_are_accurate() {
        let (nodes, weights) = gauss_legendre(500);
        let sum: f64 = nodes
            .iter()
            .zip(&weights)
            .map(|(x, w)| w * (20.0 * x).cos())
            .sum();
        assert!((sum - 20.0_f64.sin() / 10.0).abs() < 1e-14);
    }
}
