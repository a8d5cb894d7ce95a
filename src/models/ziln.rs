//! Zero-inflated log-normal regression (ZILN): what a customer will be worth, by what is known of them.
//!
//! Wang, Liu and Miao (2019), A deep probabilistic model for customer lifetime value prediction, arXiv 1912.07753, with
//! linear heads in the place of deep ones: `P(y > 0) = sigmoid(a'x)`, and where `y > 0`, `ln y ~ N(b'x, softplus(c'x)^2)`.

use crate::data::check::{Rule, same_length};
use crate::numeric::dense::{Square, dot};
use crate::numeric::newton::{Bottom, Quadratic, minimize};
use crate::numeric::parallel;
use crate::{Error, Result};

/// The rows of a regression.
#[derive(Debug, Clone, Copy)]
pub struct Design<'a> {
    /// Row by row, `width` numbers each: standardised covariates after a constant.
    pub x: &'a [f64],
    /// Numbers a row.
    pub width: usize,
    /// What each customer was worth: 0, or more.
    pub y: &'a [f64],
    /// How many customers each row stands for.
    pub weights: Option<&'a [f64]>,
    /// Strength of the pull of all coefficients but constants towards 0: half of it times the sum of their squares is
    /// taken off the mean log-likelihood.
    pub penalty: f64,
    /// Whether the spread of the logarithms depends on the covariates too.
    pub varying_spread: bool,
}

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// At an optimum.
    Converged,
    /// Some covariates tell buyers from others without fail, or are combinations of each other.
    Boundary,
    /// Before an optimum.
    Stopped,
}

/// A fitted regression.
#[derive(Debug, Clone)]
pub struct ZilnFit {
    /// `a`, `b` and `c`, one after the other; of a constant spread only the constant.
    pub coefficients: Vec<f64>,
    /// Inverse of the information; empty where that is singular.
    pub covariance: Vec<f64>,
    /// Without penalty, with the density of `y` itself, not of its logarithm.
    pub log_likelihood: f64,
    /// Largest slope of the mean objective.
    pub gradient_norm: f64,
    /// Evaluations of both parts.
    pub iterations: usize,
    /// The worse of both parts.
    pub status: Status,
}

/// A Newton step that promises less than this per customer is the last.
const PROMISE: f64 = 1e-15;
const MOST_EVALUATIONS: usize = 200;
/// Pivots below this share are no curvature.
const SINGULAR: f64 = 1e-10;
/// A constant of more than this has gone to infinity: everybody buys, or nobody of some kind.
const ENDLESS: f64 = 25.0;

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

/// What a row adds to a sum: its value, first derivatives by head, and second ones.
struct Heads {
    value: f64,
    /// By the linear predictor of each head.
    slopes: [f64; 2],
    /// First, mixed, second.
    bends: [f64; 3],
}

/// `-ln(1 + exp(-u))` if somebody bought, `-ln(1 + exp(u))` if not.
fn buying(design: &Design<'_>, place: usize, point: &[f64]) -> Heads {
    let u = dot(design.row(place), point);
    let p = sigmoid(u);
    let bought = design.y[place] > 0.0;
    Heads {
        value: softplus(if bought { -u } else { u }),
        slopes: [if bought { -sigmoid(-u) } else { p }, 0.0],
        bends: [p * sigmoid(-u), 0.0, 0.0],
    }
}

/// `ln sigma + (ln y - mu)^2 / (2 sigma^2)` for those who bought.
fn value(design: &Design<'_>, place: usize, point: &[f64]) -> Heads {
    let y = design.y[place];
    if y <= 0.0 {
        return Heads {
            value: 0.0,
            slopes: [0.0; 2],
            bends: [0.0; 3],
        };
    }
    let row = design.row(place);
    let (b, c) = point.split_at(design.width);
    let u = dot(&row[..c.len()], c);
    let (sigma, slope) = (softplus(u), sigmoid(u));
    let off = (y.ln() - dot(row, b)) / sigma;
    // by sigma: 1/sigma - off^2/sigma, and -1/sigma^2 + 3 off^2/sigma^2
    let by_sigma = (1.0 - off * off) / sigma;
    let twice = (3.0 * off * off - 1.0) / (sigma * sigma);
    Heads {
        value: sigma.ln() + 0.5 * off * off,
        slopes: [-off / sigma, by_sigma * slope],
        bends: [
            1.0 / (sigma * sigma),
            2.0 * off / (sigma * sigma) * slope,
            twice * slope * slope + by_sigma * slope * sigmoid(-u),
        ],
    }
}

fn sigmoid(u: f64) -> f64 {
    1.0 / (1.0 + (-u).exp())
}

/// `ln(1 + e^u)`.
fn softplus(u: f64) -> f64 {
    u.max(0.0) + (-u.abs()).exp().ln_1p()
}

impl Design<'_> {
    fn row(&self, place: usize) -> &[f64] {
        &self.x[place * self.width..(place + 1) * self.width]
    }

    fn weight(&self, place: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[place])
    }

    fn customers(&self) -> f64 {
        (0..self.y.len()).map(|place| self.weight(place)).sum()
    }

    fn check(&self) -> Result<()> {
        let rows = self.y.len();
        same_length(
            "covariates",
            self.x.len() / self.width.max(1),
            "value",
            rows,
        )?;
        let rule = |column, expected| Rule {
            column,
            expected,
            hint: "",
        };
        rule("value", "be finite and at least 0").check(
            rows,
            |i| !(self.y[i].is_finite() && self.y[i] >= 0.0),
            |i| self.y[i].to_string(),
        )?;
        rule("covariates", "be finite").check(
            rows,
            |i| self.row(i).iter().any(|x| !x.is_finite()),
            |i| format!("{:?}", self.row(i)),
        )?;
        if let Some(weights) = self.weights {
            same_length("weights", weights.len(), "value", rows)?;
            rule("weights", "be finite and at least 0").check(
                rows,
                |i| !(weights[i].is_finite() && weights[i] >= 0.0),
                |i| weights[i].to_string(),
            )?;
        }
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return Err(Error::Parameter {
                name: "penalty".into(),
                expected: "be finite and not negative".into(),
                found: self.penalty.to_string(),
                hint: String::new(),
            });
        }
        if (0..rows).any(|i| self.y[i] > 0.0 && self.weight(i) > 0.0) {
            return Ok(());
        }
        Err(Error::Empty {
            what: "nobody's value is greater than 0, so there is nothing to learn of values".into(),
            hint: String::new(),
        })
    }

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

    fn report(&self, buying: &Bottom, value: &Bottom) -> ZilnFit {
        let customers = self.customers();
        let size = buying.point.len() + value.point.len();
        let parts = [buying, value];
        let inverses: Option<Vec<Square>> = parts
            .iter()
            .map(|part| Some(part.at.hessian.cholesky(SINGULAR).ok()?.inverse()))
            .collect();
        let endless = parts
            .iter()
            .any(|p| p.point.iter().any(|b| b.abs() > ENDLESS * 40.0))
            || buying.point.iter().any(|b| b.abs() > ENDLESS);
        let status = match (parts.iter().all(|p| p.converged), &inverses) {
            (_, None) => Status::Boundary,
            _ if endless => Status::Boundary,
            (true, _) => Status::Converged,
            (false, _) => Status::Stopped,
        };
        let mut covariance = Vec::new();
        if let (Some(inverses), true) = (inverses, status != Status::Boundary) {
            covariance = vec![0.0; size * size];
            let mut first = 0;
            for inverse in &inverses {
                for i in 0..inverse.size() {
                    for j in 0..inverse.size() {
                        covariance[(first + i) * size + first + j] = inverse.at(i, j) / customers;
                    }
                }
                first += inverse.size();
            }
        }
        let slopes = parts.iter().flat_map(|p| &p.at.gradient);
        ZilnFit {
            coefficients: [buying.point.as_slice(), &value.point].concat(),
            covariance,
            log_likelihood: self.log_likelihood(&buying.point, &value.point),
            gradient_norm: slopes.fold(0.0, |most, g| g.abs().max(most)),
            iterations: buying.evaluations + value.evaluations,
            status,
        }
    }

    fn log_likelihood(&self, a: &[f64], bc: &[f64]) -> f64 {
        const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
        let of = |i: usize| {
            let mut ln_density = -buying(self, i, a).value;
            if self.y[i] > 0.0 {
                ln_density -= value(self, i, bc).value + self.y[i].ln() + HALF_LN_TAU;
            }
            self.weight(i) * ln_density
        };
        (0..self.y.len()).map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
