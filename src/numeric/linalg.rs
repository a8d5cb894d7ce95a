//! Small dense symmetric matrices, `[[f64; N]; N]`: Cholesky factor, solution, inverse, eigenvalues.

use std::array::from_fn;

/// A square matrix in rows.
pub type Matrix<const N: usize> = [[f64; N]; N];

/// Sweeps of Jacobi's method after which it has failed; six are usual, convergence is quadratic.
const MAX_SWEEPS: usize = 64;

/// The lower triangular `L` with `L L' = matrix`, or `None` unless the matrix is positive definite and finite.
///
/// Reads the lower triangle only.
pub fn cholesky<const N: usize>(matrix: &Matrix<N>) -> Option<Matrix<N>> {
    let mut l = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            let rest = matrix[i][j] - dot;
            l[i][j] = if i == j { rest.sqrt() } else { rest / l[j][j] };
            if !l[i][j].is_finite() || (i == j && l[i][j] <= 0.0) {
                return None;
            }
        }
    }
    Some(l)
}

/// The `x` with `L L' x = rhs`, given the Cholesky factor `L`.
pub fn cholesky_solve<const N: usize>(l: &Matrix<N>, rhs: &[f64; N]) -> [f64; N] {
    let mut x = *rhs;
    for i in 0..N {
        let dot: f64 = (0..i).map(|k| l[i][k] * x[k]).sum();
        x[i] = (x[i] - dot) / l[i][i];
    }
    for i in (0..N).rev() {
        let dot: f64 = (i + 1..N).map(|k| l[k][i] * x[k]).sum();
        x[i] = (x[i] - dot) / l[i][i];
    }
    x
}

/// The `x` with `matrix x = rhs`, or `None` unless the matrix is positive definite and finite.
pub fn solve<const N: usize>(matrix: &Matrix<N>, rhs: &[f64; N]) -> Option<[f64; N]> {
    cholesky(matrix).map(|l| cholesky_solve(&l, rhs))
}

/// The inverse, exactly symmetric, or `None` unless the matrix is positive definite and finite.
pub fn inverse<const N: usize>(matrix: &Matrix<N>) -> Option<Matrix<N>> {
    let l = cholesky(matrix)?;
    // columns of inv(L), then inv(L)' inv(L): the same products in the same order above and below the diagonal
    let mut inv = [[0.0; N]; N];
    for j in 0..N {
        inv[j][j] = 1.0 / l[j][j];
        for i in j + 1..N {
            let dot: f64 = (j..i).map(|k| l[i][k] * inv[k][j]).sum();
            inv[i][j] = -dot / l[i][i];
        }
    }
    let entry = |i: usize, j: usize| (i.max(j)..N).map(|k| inv[k][i] * inv[k][j]).sum();
    let result: Matrix<N> = from_fn(|i| from_fn(|j| entry(i, j)));
    let finite = result.iter().flatten().all(|x| x.is_finite());
    finite.then_some(result)
}

/// The eigenvalues of a symmetric matrix in ascending order, or `None` if an entry is not finite.
///
/// Jacobi's cyclic method (Golub and Van Loan, Matrix Computations, section 8.5), which finds small eigenvalues of
/// positive definite matrices to high relative accuracy. Reads the upper triangle only.
pub fn symmetric_eigenvalues<const N: usize>(matrix: &Matrix<N>) -> Option<[f64; N]> {
    if !matrix.iter().flatten().all(|x| x.is_finite()) {
        return None;
    }
    let mut m: Matrix<N> = from_fn(|i| from_fn(|j| matrix[i.min(j)][i.max(j)]));
    for _ in 0..MAX_SWEEPS {
        let mut rotated = false;
        for p in 0..N {
            for q in p + 1..N {
                if m[p][q].abs() > f64::EPSILON * (m[p][p] * m[q][q]).abs().sqrt() {
                    rotate(&mut m, p, q);
                    rotated = true;
                }
            }
        }
        if !rotated {
            let mut values: [f64; N] = from_fn(|i| m[i][i]);
            values.sort_unstable_by(f64::total_cmp);
            return Some(values);
        }
    }
    None
}

/// Turns the plane of axes `p` and `q` so that the entry between them becomes zero.
fn rotate<const N: usize>(m: &mut Matrix<N>, p: usize, q: usize) {
    let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    let shift = t * m[p][q];
    m[p][p] -= shift;
    m[q][q] += shift;
    m[p][q] = 0.0;
    m[q][p] = 0.0;
    for k in (0..N).filter(|&k| k != p && k != q) {
        let (x, y) = (m[k][p], m[k][q]);
        m[k][p] = cos * x - sin * y;
        m[k][q] = sin * x + cos * y;
        m[p][k] = m[k][p];
        m[q][k] = m[k][q];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Hilbert matrix: positive definite and ill conditioned (1.5e7 for N = 6).
    fn hilbert<const N: usize>() -> Matrix<N> {
        from_fn(|i| from_fn(|j| 1.0 / (i + j + 1) as f64))
    }

    fn product<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> Matrix<N> {
        from_fn(|i| from_fn(|j| (0..N).map(|k| a[i][k] * b[k][j]).sum()))
    }

    #[test]
    fn cholesky_factor_multiplies_back() {
        let l = cholesky(&hilbert::<6>()).unwrap();
        let transposed: Matrix<6> = from_fn(|i| from_fn(|j| l[j][i]));
        let back = product(&l, &transposed);
        for (row, expected) in back.iter().zip(hilbert::<6>()) {
            for (x, y) in row.iter().zip(expected) {
                assert!((x - y).abs() < 1e-15); // backward stable
            }
        }
    }

    #[test]
    fn hilbert_inverse_is_whole() {
        // (-1)^(i+j) (i+j-1) C(n+i-1, n-j) C(n+j-1, n-i) C(i+j-2, i-1)^2, for n = 3
        let expected = [
            [9.0, -36.0, 30.0],
            [-36.0, 192.0, -180.0],
            [30.0, -180.0, 180.0],
        ];
        let found = inverse(&hilbert::<3>()).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                // condition number 524
                assert!((found[i][j] / expected[i][j] - 1.0).abs() < 1e-13);
                assert_eq!(found[i][j].to_bits(), found[j][i].to_bits());
            }
        }
    }

    #[test]
    fn solution_solves() {
        let m = hilbert::<6>();
        let x = solve(&m, &[1.0, -2.0, 3.0, 0.0, 5.0, 0.5]).unwrap();
        for (row, rhs) in m.iter().zip([1.0, -2.0, 3.0, 0.0, 5.0, 0.5]) {
            let (terms, size) = row
                .iter()
                .zip(x)
                .fold((0.0, 0.0_f64), |(sum, size), (a, b)| {
                    (sum + a * b, size + (a * b).abs())
                });
            assert!((terms - rhs).abs() < 1e-15 * size);
        }
    }

    #[test]
    fn no_factor_unless_positive_definite_and_finite() {
        assert_eq!(cholesky(&[[1.0, 2.0], [2.0, 1.0]]), None);
        assert_eq!(cholesky(&[[1.0, 1.0], [1.0, 1.0]]), None);
        assert_eq!(inverse(&[[0.0]]), None);
        assert_eq!(inverse(&[[f64::NAN]]), None);
        assert_eq!(inverse(&[[f64::INFINITY]]), None);
        assert_eq!(inverse(&[[1e-310]]), None);
        assert_eq!(solve(&[[-1.0]], &[1.0]), None);
    }

    #[test]
    fn eigenvalues_of_the_second_difference() {
        // 2 - 2 cos(k pi / (n + 1))
        let m: Matrix<5> = from_fn(|i| {
            from_fn(|j| match i.abs_diff(j) {
                0 => 2.0,
                1 => -1.0,
                _ => 0.0,
            })
        });
        let values = symmetric_eigenvalues(&m).unwrap();
        for (k, value) in values.into_iter().enumerate() {
            let angle = (k + 1) as f64 * std::f64::consts::PI / 6.0;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 2e-15);
        }
    }

    #[test]
    fn eigenvalues_of_hard_matrices() {
        // indefinite with a zero diagonal
        let values = symmetric_eigenvalues(&[[0.0, 3.0], [3.0, 0.0]]).unwrap();
        assert!((values[0] + 3.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
        // singular, of rank one: v v' with |v|^2 = 14
        let v = [1.0, -2.0, 3.0];
        let rank_one: Matrix<3> = from_fn(|i| from_fn(|j| v[i] * v[j]));
        let values = symmetric_eigenvalues(&rank_one).unwrap();
        assert!(values[0].abs() < 1e-14 && values[1].abs() < 1e-14);
        assert!((values[2] - 14.0).abs() < 1e-14);
        // graded: each eigenvalue to its own last digits
        let d = [1e-9, 1.0, 1e9];
        let graded: Matrix<3> =
            from_fn(|i| from_fn(|j| d[i] * d[j] * if i == j { 1.0 } else { 0.1 }));
        let values = symmetric_eigenvalues(&graded).unwrap();
        // det = 0.972, the largest two 1e18 + 0.01 and 0.99
        assert!((values[2] / 1e18 - 1.0).abs() < 1e-15);
        assert!((values[1] / 0.99 - 1.0).abs() < 1e-14);
        assert!((values[0] / (1e-18 * 0.972 / 0.99) - 1.0).abs() < 1e-14);
        assert_eq!(symmetric_eigenvalues(&[[0.0; 4]; 4]), Some([0.0; 4]));
        assert_eq!(symmetric_eigenvalues(&[[f64::NAN]]), None);
        assert_eq!(symmetric_eigenvalues::<0>(&[]), Some([]));
    }
}
