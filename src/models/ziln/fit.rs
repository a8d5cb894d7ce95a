//! Maximum likelihood: the sums over all rows, and their optimum.

use super::heads::{Heads, buying, value};
use super::{Design, ZilnFit};
use crate::Result;
use crate::numeric::dense::Square;
use crate::numeric::newton::{Bottom, Quadratic, minimize};
use crate::numeric::parallel;

/// A Newton step that promises less than this per customer is the last.
const PROMISE: f64 = 1e-15;
const MOST_EVALUATIONS: usize = 200;

/// Fits the regression; buying and value don't share coefficients, so each is fitted by itself.
///
/// # Errors
/// A value that is negative or not finite, or a covariate that is not finite; nobody who bought; passes on an
/// interruption.
pub fn fit(design: &Design<'_>, check: &dyn Fn() -> Result<()>) -> Result<ZilnFit> {
    design.check()?;
    let buying = design.minimize(
        design.width,
        vec![0.0; design.width],
        check,
        |place, point| buying(design, place, point),
    )?;
    let spread = if design.varying_spread {
        design.width
    } else {
        1
    };
    let size = design.width + spread;
    let value = design.minimize(size, design.value_start(size), check, |place, point| {
        value(design, place, point)
    })?;
    Ok(design.report(&buying, &value))
}

impl Design<'_> {
    /// Mean and spread of the logarithms of what buyers were worth, as constants.
    fn value_start(&self, size: usize) -> Vec<f64> {
        let buyers = || (0..self.y.len()).filter(|&i| self.y[i] > 0.0);
        let total: f64 = buyers().map(|i| self.weight(i)).sum();
        let mean = |f: &dyn Fn(f64) -> f64| {
            buyers()
                .map(|i| self.weight(i) * f(self.y[i].ln()))
                .sum::<f64>()
                / total
        };
        let centre = mean(&|ln| ln);
        let spread = mean(&|ln| (ln - centre) * (ln - centre)).sqrt().max(1e-3);
        let mut start = vec![0.0; size];
        start[0] = centre;
        start[self.width] = spread.exp_m1().ln();
        start
    }

    /// Minimises the mean of what `heads` says of each row, and the penalty.
    fn minimize(
        &self,
        size: usize,
        start: Vec<f64>,
        check: &dyn Fn() -> Result<()>,
        heads: impl Fn(usize, &[f64]) -> Heads + Sync,
    ) -> Result<Bottom> {
        let customers = self.customers();
        let objective = |point: &[f64]| {
            check()?;
            let mut sum = self.sum(size, point, &heads);
            sum.value /= customers;
            sum.gradient.iter_mut().for_each(|g| *g /= customers);
            sum.hessian
                .cells_mut()
                .iter_mut()
                .for_each(|h| *h /= customers);
            for j in (0..size).filter(|j| j % self.width != 0) {
                sum.value += 0.5 * self.penalty * point[j] * point[j];
                sum.gradient[j] += self.penalty * point[j];
                *sum.hessian.at_mut(j, j) += self.penalty;
            }
            Ok(sum)
        };
        minimize(objective, start, PROMISE, MOST_EVALUATIONS)
    }

    /// The sum over all rows, in blocks that are put together in order.
    fn sum(
        &self,
        size: usize,
        point: &[f64],
        heads: &(impl Fn(usize, &[f64]) -> Heads + Sync),
    ) -> Quadratic {
        let zero = || Quadratic {
            value: 0.0,
            gradient: vec![0.0; size],
            hessian: Square::zeros(size),
        };
        let parts = parallel::map_jobs(parallel::blocks(self.y.len()), |block| {
            let mut part = zero();
            for place in block {
                self.add(&mut part, place, &heads(place, point));
            }
            part
        });
        let mut total = zero();
        for part in parts {
            total.value += part.value;
            for (sum, g) in total.gradient.iter_mut().zip(&part.gradient) {
                *sum += g;
            }
            total.hessian.add(&part.hessian);
        }
        total.hessian.mirror();
        total
    }

    /// Adds a row to the lower triangle.
    fn add(&self, part: &mut Quadratic, place: usize, heads: &Heads) {
        let (row, weight, width) = (self.row(place), self.weight(place), self.width);
        part.value += weight * heads.value;
        for i in 0..part.gradient.len() {
            let (head, x) = (i / width, row[i % width] * weight);
            part.gradient[i] += x * heads.slopes[head];
            for j in 0..=i {
                *part.hessian.at_mut(i, j) += x * row[j % width] * heads.bends[head + j / width];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ziln::Status;
    use crate::models::ziln::heads::{sigmoid, softplus};
    use crate::numeric::random::Streams;

    /// The paper's loss at two points that its own code checks: with one row and constants only, minus the log-likelihood.
    #[test]
    fn the_loss_is_that_of_the_paper() {
        let design = |y: &'static [f64]| Design {
            x: &[1.0],
            width: 1,
            y,
            weights: None,
            penalty: 0.0,
            varying_spread: true,
        };
        let none = -design(&[0.0]).log_likelihood(&[0.1], &[0.2, 0.3]);
        assert!((none - 0.744396660).abs() < 1e-9);
        let some = -design(&[1.5]).log_likelihood(&[0.4], &[0.5, 0.6]);
        assert!((some - 1.878372591).abs() < 1e-9);
    }

    #[test]
    fn derivatives_are_differences() {
        let x = [1.0, -0.7, 1.0, 0.4, 1.0, 1.9];
        let design = Design {
            x: &x,
            width: 2,
            y: &[3.0, 0.0, 40.0],
            weights: Some(&[1.0, 2.0, 3.0]),
            penalty: 0.0,
            varying_spread: true,
        };
        let point = [1.2, 0.4, 0.3, -0.2];
        let heads = |i: usize, p: &[f64]| value(&design, i, p);
        let at = design.sum(4, &point, &heads);
        for j in 0..4 {
            let moved = |h: f64| {
                let mut p = point;
                p[j] += h;
                design.sum(4, &p, &heads)
            };
            let (up, down) = (moved(1e-5), moved(-1e-5));
            let slope = (up.value - down.value) / 2e-5;
            // central differences of step h are good to h^2 relative
            assert!((slope - at.gradient[j]).abs() < 1e-8 * slope.abs().max(1.0));
            for i in 0..4 {
                let bend = (up.gradient[i] - down.gradient[i]) / 2e-5;
                assert!((bend - at.hessian.at(i, j)).abs() < 1e-7 * bend.abs().max(1.0));
            }
        }
    }

    #[test]
    fn finds_what_customers_were_drawn_from() {
        let streams = Streams::new(11, 99);
        let (a, b, c) = ([-0.5, 0.8], [3.0, 0.5], [0.4, -0.3]);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for i in 0..40_000 {
            let mut stream = streams.stream(i);
            // a sum of twelve uniforms is near enough to normal
            let mut normal = || (0..12).map(|_| stream.uniform()).sum::<f64>() - 6.0;
            let (z, noise) = (normal(), normal());
            let head = |w: [f64; 2]| w[0] + w[1] * z;
            let bought = stream.uniform() < sigmoid(head(a));
            let worth = (head(b) + softplus(head(c)) * noise).exp();
            x.extend([1.0, z]);
            y.push(if bought { worth } else { 0.0 });
        }
        let design = Design {
            x: &x,
            width: 2,
            y: &y,
            weights: None,
            penalty: 0.0,
            varying_spread: true,
        };
        let found = fit(&design, &|| Ok(())).unwrap();
        assert_eq!(found.status, Status::Converged);
        assert!(found.gradient_norm < 1e-9);
        let truth = [a, b, c].concat();
        for (j, (estimate, truth)) in found.coefficients.iter().zip(&truth).enumerate() {
            let error = found.covariance[j * 7].sqrt();
            assert!(
                (estimate - truth).abs() < 4.0 * error,
                "{j}: {estimate} {error}"
            );
        }
    }

    #[test]
    fn buyers_told_apart_without_fail_are_a_boundary() {
        let design = Design {
            x: &[1.0, -1.0, 1.0, -0.5, 1.0, 0.5, 1.0, 1.0, 1.0, 1.5, 1.0, 2.0],
            width: 2,
            y: &[0.0, 0.0, 2.0, 9.0, 3.0, 5.0],
            weights: None,
            penalty: 0.0,
            varying_spread: false,
        };
        assert_eq!(fit(&design, &|| Ok(())).unwrap().status, Status::Boundary);
        let calm = Design {
            penalty: 0.1,
            ..design
        };
        assert_eq!(fit(&calm, &|| Ok(())).unwrap().status, Status::Converged);
        let error = fit(
            &Design {
                y: &[0.0; 6],
                ..design
            },
            &|| Ok(()),
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "nobody's value is greater than 0, so there is nothing to learn of values"
        );
    }
}
