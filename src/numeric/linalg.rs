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
