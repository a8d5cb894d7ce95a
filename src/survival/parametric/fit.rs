//! Maximum likelihood with exact derivatives: each row's log-likelihood is differentiated by its four parameters, and the
//! chain rule does the rest.

use super::family::{Family, Parameters, log_likelihood, with_cure};
use crate::data::check::Rule;
use crate::numeric::dense::{Square, dot};
use crate::numeric::newton::{Bottom, Quadratic, minimize};
use crate::numeric::{Dual, Scalar, parallel};
use crate::survival::Sample;
use crate::survival::rows::{check_covariates, sorted, standardise};
use crate::{Error, Result};

/// Rows that are worked through in one piece.
const SPAN: usize = 512;

/// A Newton step that promises less than this is the last one.
const PROMISE: f64 = 1e-9;

/// Evaluations after which a fit gives up.
const MOST_EVALUATIONS: usize = 300;

/// A last step this long, for next to no gain, leads to infinity.
const ENDLESS: f64 = 0.05;

/// Parameters that the data say as good as nothing about.
const SINGULAR: f64 = 1e-11;

/// Durations with covariates, which move the location.
#[derive(Debug, Clone, Copy)]
pub struct Observations<'a> {
    /// The durations.
    pub sample: &'a Sample<'a>,
    /// What the durations are called.
    pub durations: &'a str,
    /// What the covariates are called.
    pub names: &'a [String],
    /// As many numbers a row as there are names.
    pub values: &'a [f64],
}

/// Estimates and how they were found.
#[derive(Debug, Clone)]
pub struct ParametricFit {
    /// Location at zero of all covariates; its change by covariate; then scale, shape and log odds of never having the
    /// event, as far as there are such.
    pub parameters: Vec<f64>,
    /// Their covariance; NaN where there is none.
    pub covariance: Square,
    /// The log-likelihood.
    pub log_likelihood: f64,
    /// Evaluations of the likelihood.
    pub iterations: usize,
    /// Largest slope of the mean log-likelihood in a parameter.
    pub gradient_norm: f64,
    /// "converged", "boundary" or "stopped".
    pub status: &'static str,
    /// What to know about it, in words; empty if there is nothing.
    pub message: String,
}

/// Rows in order, with standardised covariates.
struct Problem {
    family: Family,
    cured: bool,
    x: Vec<f64>,
    width: usize,
    rows: Vec<(f64, f64, bool)>,
    weights: Vec<f64>,
    means: Vec<f64>,
    scales: Vec<f64>,
}

/// Finds the parameters under which the durations are likeliest.
///
/// # Errors
/// If a duration is zero, there are no events, or covariates cannot be told apart.
pub fn fit(
    family: Family,
    cured: bool,
    data: Observations<'_>,
    check: &dyn Fn() -> Result<()>,
) -> Result<ParametricFit> {
    let problem = Problem::new(family, cured, data)?;
    let objective = |theta: &[f64]| -> Result<Quadratic> {
        check()?;
        Ok(problem.objective(theta))
    };
    let mut best: Option<Bottom> = None;
    for start in problem.starts() {
        let found = minimize(objective, start, PROMISE, MOST_EVALUATIONS)?;
        if best
            .as_ref()
            .is_none_or(|best| found.at.value < best.at.value - 1e-9 || !best.at.value.is_finite())
        {
            best = Some(found);
        }
    }
    match best {
        Some(found) if found.at.value.is_finite() => problem.report(&found, data.names),
        _ => Err(Error::Convergence {
            model: format!("{family:?}"),
            reason: "the likelihood is not finite at any start".into(),
            hint: "are durations and covariates of a sensible size?".into(),
        }),
    }
}

impl Problem {
    fn new(family: Family, cured: bool, data: Observations<'_>) -> Result<Self> {
        let sample = data.sample;
        let positive = Rule {
            column: data.durations,
            expected: "be above 0",
            hint: "a distribution of durations has no weight at 0; give such rows half a unit of time, or leave them out",
        };
        positive.check(
            sample.len(),
            |row| sample.times.get(row) <= 0.0,
            |row| sample.times.get(row).to_string(),
        )?;
        check_covariates(sample, data.names, data.values)?;
        let width = data.names.len();
        let order = sorted(sample, data.values, None);
        let mut x = Vec::with_capacity(data.values.len());
        for &row in &order {
            x.extend_from_slice(&data.values[row * width..(row + 1) * width]);
        }
        let weights: Vec<f64> = order.iter().map(|&row| sample.weight(row)).collect();
        let (means, scales) = standardise(&mut x, &weights, data.names)?;
        let of = |&row: &usize| {
            let begin = sample.begin(row).max(0.0);
            (begin, sample.times.get(row), sample.events.get(row))
        };
        let problem = Self {
            family,
            cured,
            x,
            width,
            rows: order.iter().map(of).collect(),
            weights,
            means,
            scales,
        };
        if problem.events() <= 0.0 {
            return Err(Error::Empty {
                what: "there are no events, so nothing can be said about durations".into(),
                hint: "is the event column coded the other way round?".into(),
            });
        }
        Ok(problem)
    }

    fn events(&self) -> f64 {
        let rows = self.rows.iter().zip(&self.weights);
        rows.filter(|(row, _)| row.2).map(|(_, w)| w).sum()
    }

    /// The number of parameters.
    fn size(&self) -> usize {
        self.width + self.family.size() + usize::from(self.cured)
    }

    /// The four parameters of a row with these covariates.
    fn of_row(&self, theta: &[f64], x: &[f64]) -> [f64; 4] {
        let rest = |place: usize| theta.get(self.width + place).copied().unwrap_or(0.0);
        let size = self.family.size();
        [
            theta[0] + dot(&theta[1..=self.width], x),
            if size > 1 { rest(1) } else { 0.0 },
            if size > 2 { rest(2) } else { 0.0 },
            if self.cured { rest(size) } else { 0.0 },
        ]
    }

    /// Which of a row's four parameters each of ours after the covariates is.
    fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (1..self.family.size()).collect();
        places.extend(self.cured.then_some(3));
        places
    }

    /// Minus the log-likelihood.
    fn objective(&self, theta: &[f64]) -> Quadratic {
        let shared = self.family.shared(self.of_row(theta, &[])[2]);
        let parts = parallel::map_spans(self.rows.len(), SPAN, |span| {
            let mut sum = Sums::new(self.size(), self.width);
            for row in span {
                let x = &self.x[row * self.width..(row + 1) * self.width];
                let at = self.of_row(theta, x);
                let term = log_likelihood(self.family, self.cured, at, self.rows[row], &shared);
                sum.add(-self.weights[row], x, &term, &self.places());
            }
            sum.total
        });
        let mut total = Sums::new(self.size(), self.width).total;
        for part in parts {
            total.value += part.value;
            for (sum, slope) in total.gradient.iter_mut().zip(&part.gradient) {
                *sum += slope;
            }
            total.hessian.add(&part.hessian);
        }
        total.hessian.mirror();
        total
    }

    /// Where to begin: from the mean and spread of the logarithms, with the covariates without effect.
    fn starts(&self) -> Vec<Vec<f64>> {
        let total: f64 = self.weights.iter().sum();
        let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
            let rows = self.rows.iter().zip(&self.weights);
            rows.map(|(row, w)| w * f(row.1)).sum::<f64>() / total
        };
        let centre = mean(&f64::ln);
        let spread = mean(&|t| (t.ln() - centre).powi(2)).sqrt().max(0.1);
        let exposure = mean(&|t| t) * total / self.events();
        let censored = 1.0 - self.events() / total;
        let with = |location: f64, rest: &[f64]| {
            let mut start = vec![0.0; self.size()];
            start[0] = location;
            start[1 + self.width..1 + self.width + rest.len()].copy_from_slice(rest);
            if self.cured {
                let share = (0.5 * censored).clamp(0.05, 0.9);
                start[self.width + self.family.size()] = (share / (1.0 - share)).ln();
            }
            start
        };
        match self.family {
            Family::Exponential => vec![with(exposure.ln(), &[])],
            Family::Weibull => vec![with(exposure.ln(), &[0.0])],
            Family::LogNormal => vec![with(centre, &[spread.ln()])],
            Family::LogLogistic => vec![with(centre, &[-(spread / 1.8).ln()])],
            Family::GeneralizedGamma => vec![
                with(centre, &[spread.ln(), 0.0]),
                with(exposure.ln(), &[0.0, 1.0]),
            ],
        }
    }

    /// The estimates for the covariates as they were given: `theta_0 - sum b_j m_j / s_j` and `b_j / s_j`.
    fn report(&self, found: &Bottom, names: &[String]) -> Result<ParametricFit> {
        let size = self.size();
        let back = Square::from_fn(size, |i, j| match (i, j) {
            (0, j) if j >= 1 && j <= self.width => -self.means[j - 1] / self.scales[j - 1],
            (i, j) if i == j && i >= 1 && i <= self.width => 1.0 / self.scales[i - 1],
            (i, j) => f64::from(u8::from(i == j)),
        });
        let (status, message) = self.verdict(found, names);
        let covariance = match found.at.hessian.cholesky(SINGULAR) {
            Ok(factor) => {
                let inverse = factor.inverse();
                let rows: Vec<Vec<f64>> = (0..size)
                    .map(|i| inverse.times(&(0..size).map(|j| back.at(i, j)).collect::<Vec<_>>()))
                    .collect();
                let entry = |i: usize, j: usize| {
                    (0..size)
                        .map(|k| rows[i.max(j)][k] * back.at(i.min(j), k))
                        .sum()
                };
                Square::from_fn(size, entry)
            }
            Err(column) if status == "converged" => return Err(singular(names, column)),
            Err(_) => Square::from_fn(size, |_, _| f64::NAN),
        };
        let total: f64 = self.weights.iter().sum();
        let slopes = found.at.gradient.iter();
        Ok(ParametricFit {
            parameters: back.times(&found.point),
            covariance,
            log_likelihood: -found.at.value,
            iterations: found.evaluations,
            gradient_norm: slopes.fold(0.0_f64, |most, g| most.max(g.abs())) / total,
            status,
            message,
        })
    }

    fn verdict(&self, found: &Bottom, names: &[String]) -> (&'static str, String) {
        let odds = self.width + self.family.size();
        let longest =
            (0..self.size()).max_by(|&i, &j| found.step[i].abs().total_cmp(&found.step[j].abs()));
        if let Some(place) = longest.filter(|&place| found.step[place].abs() > ENDLESS) {
            let what = if self.cured && place == odds {
                "the share that never has the event goes to zero: the data do not show such a share, and a fit without it \
                 describes them as well"
                    .into()
            } else if (1..=self.width).contains(&place) {
                format!(
                    "the likelihood rises for ever as the coefficient of `{}` grows: some values of it go with all \
                     events, or with none",
                    names[place - 1]
                )
            } else {
                "a parameter of the distribution runs to the end of its range: a simpler distribution describes the data \
                 as well"
                    .into()
            };
            return ("boundary", what);
        }
        if found.converged {
            return ("converged", String::new());
        }
        let what = format!(
            "no maximum of the likelihood was reached in {} evaluations; the parameters are those of the highest point \
             found",
            found.evaluations
        );
        ("stopped", what)
    }
}

fn singular(names: &[String], column: usize) -> Error {
    let name = column.checked_sub(1).and_then(|place| names.get(place));
    let name = name.cloned().unwrap_or_else(|| "Intercept".into());
    Error::Parameter {
        name: "covariates".into(),
        expected: "not be combinations of each other".into(),
        found: format!("`{name}`, which the ones before it determine"),
        hint: format!("leave `{name}` out"),
    }
}

/// Value, gradient and lower triangle of the Hessian, added up over rows.
struct Sums {
    total: Quadratic,
    width: usize,
    z: Vec<f64>,
}

impl Sums {
    fn new(size: usize, width: usize) -> Self {
        Self {
            total: Quadratic {
                value: 0.0,
                gradient: vec![0.0; size],
                hessian: Square::zeros(size),
            },
            width,
            z: vec![1.0; width + 1],
        }
    }

    /// Adds `weight` times a term, whose first parameter is a sum over `(1, x)`.
    fn add(&mut self, weight: f64, x: &[f64], term: &crate::numeric::Dual2<4>, places: &[usize]) {
        self.z[1..].copy_from_slice(x);
        self.total.value += weight * term.value;
        for (i, &z) in self.z.iter().enumerate() {
            self.total.gradient[i] += weight * term.gradient[0] * z;
            for (j, &other) in self.z[..=i].iter().enumerate() {
                *self.total.hessian.at_mut(i, j) += weight * term.hessian[0][0] * z * other;
            }
        }
        for (a, &p) in places.iter().enumerate() {
            let i = self.width + 1 + a;
            self.total.gradient[i] += weight * term.gradient[p];
            for (j, &z) in self.z.iter().enumerate() {
                *self.total.hessian.at_mut(i, j) += weight * term.hessian[0][p] * z;
            }
            for (b, &q) in places[..=a].iter().enumerate() {
                let j = self.width + 1 + b;
                *self.total.hessian.at_mut(i, j) += weight * term.hessian[p][q];
            }
        }
    }
}

/// `ln f`, `ln S` and the gradient of `ln S` by the four parameters at each location and time, in rows of six.
pub fn predict(
    family: Family,
    cured: bool,
    locations: &[f64],
    rest: [f64; 3],
    times: &[f64],
    out: &mut [f64],
) {
    let shared = family.shared(rest[1]);
    let columns = times.len().max(1);
    parallel::fill_rows(out, 6, |cell, place| {
        let (row, column) = (cell / columns, cell % columns);
        let theta: Parameters<Dual<4>> =
            Dual::variables([locations[row], rest[0], rest[1], rest[2]]);
        let time = times[column].max(f64::MIN_POSITIVE);
        let (mut f, mut s) = family.ln_density_and_survival(theta, time, &shared);
        if cured {
            (f, s) = with_cure(theta[3], f, s);
        }
        place[0] = f.value();
        place[1] = s.value();
        place[2..].copy_from_slice(&s.gradient);
    });
}
