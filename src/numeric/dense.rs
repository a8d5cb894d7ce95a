//! Symmetric matrices whose size is known only when the data are: Cholesky factor, solution, inverse.
//!
//! For sizes known beforehand there is [`linalg`](super::linalg).

/// Sweeps of Jacobi's method after which it has failed; six are usual, convergence is quadratic.
const MAX_SWEEPS: usize = 64;

/// A square matrix in rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Square {
    size: usize,
    cells: Vec<f64>,
}

impl Square {
    /// A matrix of zeros.
    pub fn zeros(size: usize) -> Self {
        Self {
            size,
            cells: vec![0.0; size * size],
        }
    }

    /// The matrix with these entries.
    pub fn from_fn(size: usize, entry: impl Fn(usize, usize) -> f64) -> Self {
        let cells = (0..size * size).map(|cell| entry(cell / size, cell % size));
        Self {
            size,
            cells: cells.collect(),
        }
    }

    /// Rows and columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The entry in row `i` and column `j`.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.cells[i * self.size + j]
    }

    /// The place of the entry in row `i` and column `j`.
    pub fn at_mut(&mut self, i: usize, j: usize) -> &mut f64 {
        &mut self.cells[i * self.size + j]
    }

    /// The entries, row by row.
    pub fn cells(&self) -> &[f64] {
        &self.cells
    }

    /// The entries, row by row, to be changed.
    pub fn cells_mut(&mut self) -> &mut [f64] {
        &mut self.cells
    }

    /// Adds `factor * x x'` to the lower triangle.
    pub fn add_outer(&mut self, factor: f64, x: &[f64]) {
        let rows = self.cells.chunks_exact_mut(self.size.max(1));
        for (i, (row, &xi)) in rows.zip(x).enumerate() {
            let scaled = factor * xi;
            for (cell, &xj) in row.iter_mut().zip(&x[..=i]) {
                *cell += scaled * xj;
            }
        }
    }

    /// Adds another matrix of the same size.
    pub fn add(&mut self, other: &Self) {
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell += more;
        }
    }

    /// Writes the lower triangle into the upper one.
    pub fn mirror(&mut self) {
        for i in 0..self.size {
            for j in 0..i {
                *self.at_mut(j, i) = self.at(i, j);
            }
        }
    }

    /// `matrix x`.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        let rows = self.cells.chunks_exact(self.size.max(1));
        rows.map(|row| dot(row, x)).collect()
    }

    /// `x' matrix x`.
    pub fn quadratic(&self, x: &[f64]) -> f64 {
        dot(&self.times(x), x)
    }

    /// The Cholesky factor, from the lower triangle.
    ///
    /// # Errors
    /// The first column that is a combination of those before it, up to a share of `tolerance` of its diagonal entry, or
    /// in which something is not finite.
    pub fn cholesky(&self, tolerance: f64) -> Result<Factor, usize> {
        let mut l = self.clone();
        for i in 0..self.size {
            for j in 0..=i {
                let known = dot(&l.row(i)[..j], &l.row(j)[..j]);
                let rest = self.at(i, j) - known;
                if i == j {
                    // not `rest <= ...`: NaN is no pivot either
                    if !(rest > tolerance * self.at(i, i) && rest.is_finite() && rest > 0.0) {
                        return Err(i);
                    }
                    *l.at_mut(i, i) = rest.sqrt();
                } else {
                    *l.at_mut(i, j) = rest / l.at(j, j);
                }
            }
        }
        Ok(Factor(l))
    }

    /// The eigenvalues of the matrix in ascending order, or `None` if an entry is not finite; by Jacobi's cyclic method,
    /// as those of [`linalg`](super::linalg). Reads the upper triangle only.
    pub fn eigenvalues(&self) -> Option<Vec<f64>> {
        if !self.cells.iter().all(|x| x.is_finite()) {
            return None;
        }
        let mut m = Self::from_fn(self.size, |i, j| self.at(i.min(j), i.max(j)));
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for p in 0..m.size {
                for q in p + 1..m.size {
                    let size = (m.at(p, p) * m.at(q, q)).abs().sqrt();
                    if m.at(p, q).abs() > f64::EPSILON * size {
                        m.rotate(p, q);
                        rotated = true;
                    }
                }
            }
            if !rotated {
                let mut values: Vec<f64> = (0..m.size).map(|i| m.at(i, i)).collect();
                values.sort_unstable_by(f64::total_cmp);
                return Some(values);
            }
        }
        None
    }

    /// Turns the plane of axes `p` and `q` so that the entry between them becomes zero.
    fn rotate(&mut self, p: usize, q: usize) {
        let theta = (self.at(q, q) - self.at(p, p)) / (2.0 * self.at(p, q));
        let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
        let cos = 1.0 / t.hypot(1.0);
        let sin = t * cos;
        let shift = t * self.at(p, q);
        *self.at_mut(p, p) -= shift;
        *self.at_mut(q, q) += shift;
        *self.at_mut(p, q) = 0.0;
        *self.at_mut(q, p) = 0.0;
        for k in (0..self.size).filter(|&k| k != p && k != q) {
            let (x, y) = (self.at(k, p), self.at(k, q));
            *self.at_mut(k, p) = cos * x - sin * y;
            *self.at_mut(k, q) = sin * x + cos * y;
            *self.at_mut(p, k) = self.at(k, p);
            *self.at_mut(q, k) = self.at(k, q);
        }
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.cells[i * self.size..(i + 1) * self.size]
    }
}

/// A lower triangular `L` with `L L' = matrix`; what stands above its diagonal means nothing.
#[derive(Debug, Clone)]
pub struct Factor(Square);

impl Factor {
    /// The `x` with `L L' x = rhs`.
    pub fn solve(&self, rhs: &[f64]) -> Vec<f64> {
        let l = &self.0;
        let mut x = rhs.to_vec();
        for i in 0..l.size {
            x[i] = (x[i] - dot(&l.row(i)[..i], &x[..i])) / l.at(i, i);
        }
        for i in (0..l.size).rev() {
            let known: f64 = (i + 1..l.size).map(|k| l.at(k, i) * x[k]).sum();
            x[i] = (x[i] - known) / l.at(i, i);
        }
        x
    }

    /// The inverse of the matrix, exactly symmetric.
    pub fn inverse(&self) -> Square {
        let size = self.0.size;
        let mut result = Square::zeros(size);
        for j in 0..size {
            let mut unit = vec![0.0; size];
            unit[j] = 1.0;
            for (i, value) in self.solve(&unit).into_iter().enumerate().skip(j) {
                *result.at_mut(i, j) = value;
            }
        }
        result.mirror();
        result
    }
}

/// The scalar product.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::linalg;

    fn hilbert(size: usize) -> Square {
        Square::from_fn(size, |i, j| 1.0 / (i + j + 1) as f64)
    }

    #[test]
    fn agrees_with_the_matrices_of_fixed_size() {
        let fixed: linalg::Matrix<5> =
            std::array::from_fn(|i| std::array::from_fn(|j| 1.0 / (i + j + 1) as f64));
        let rhs = [1.0, -2.0, 0.5, 3.0, 4.0];
        let factor = hilbert(5).cholesky(1e-14).unwrap();
        let expected = linalg::solve(&fixed, &rhs).unwrap();
        let inverse = linalg::inverse(&fixed).unwrap();
        for (i, x) in factor.solve(&rhs).into_iter().enumerate() {
            // condition number 4.8e5
            assert!((x / expected[i] - 1.0).abs() < 1e-10);
            for (j, exact) in inverse[i].into_iter().enumerate() {
                assert!((factor.inverse().at(i, j) / exact - 1.0).abs() < 1e-9);
                assert_eq!(
                    factor.inverse().at(i, j).to_bits(),
                    factor.inverse().at(j, i).to_bits()
                );
            }
        }
    }

    #[test]
    fn eigenvalues_are_those_of_the_matrices_of_fixed_size() {
        let fixed: linalg::Matrix<5> =
            std::array::from_fn(|i| std::array::from_fn(|j| 1.0 / (i + j + 1) as f64));
        let found = hilbert(5).eigenvalues().unwrap();
        let expected = linalg::symmetric_eigenvalues(&fixed).unwrap();
        assert_eq!(found, expected);
        assert_eq!(Square::from_fn(1, |_, _| f64::NAN).eigenvalues(), None);
    }

    #[test]
    fn names_the_column_that_depends_on_others() {
        let columns = [[1.0, 0.0, 2.0], [0.0, 1.0, 1.0], [1.0, 1.0, 3.0]];
        let mut gram = Square::zeros(3);
        for row in columns {
            gram.add_outer(1.0, &row);
        }
        assert_eq!(gram.cholesky(1e-12).unwrap_err(), 2);
        assert_eq!(Square::zeros(2).cholesky(1e-12).unwrap_err(), 0);
        let nan = Square::from_fn(1, |_, _| f64::NAN);
        assert_eq!(nan.cholesky(1e-12).unwrap_err(), 0);
    }

    #[test]
    fn outer_products_fill_the_lower_triangle() {
        let mut m = Square::zeros(2);
        m.add_outer(2.0, &[3.0, 5.0]);
        assert_eq!(m.cells(), [18.0, 0.0, 30.0, 50.0]);
        m.mirror();
        assert_eq!(m.times(&[1.0, 1.0]), vec![48.0, 80.0]);
        assert!((m.quadratic(&[1.0, 1.0]) - 128.0).abs() < 1e-12);
    }
}
