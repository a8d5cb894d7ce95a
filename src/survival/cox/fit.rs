//! Newton's method on the partial likelihood, which is concave: each step goes uphill, and is halved if it goes too far.

use super::design::Design;
use super::likelihood::Likelihood;
use crate::numeric::dense::{Square, dot};
use crate::{Error, Result};

/// How a fit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// At the maximum.
    Converged,
    /// The likelihood rises without end in some direction, by less and less.
    Boundary,
    /// Before a maximum.
    Stopped,
}

/// Coefficients and how they were found.
#[derive(Debug, Clone)]
pub struct CoxFit {
    /// Log hazard ratios of a step of one in each covariate.
    pub coefficients: Vec<f64>,
    /// Their covariance: the inverse of the information, that of the penalty included.
    pub covariance: Square,
    /// Log partial likelihood without any penalty.
    pub log_likelihood: f64,
    /// The same with all coefficients zero.
    pub log_likelihood_null: f64,
    /// Rao's score test of all coefficients being zero: chi-squared with as many degrees of freedom as there are.
    pub score_statistic: f64,
    /// Evaluations of the likelihood.
    pub iterations: usize,
    /// Largest slope of the objective in a standardised coefficient, per event.
    pub gradient_norm: f64,
    /// How it ended.
    pub status: Status,
    /// What to know about it, in words; empty if there is nothing.
    pub message: String,
}

/// Evaluations after which a fit gives up; six are usual.
const MOST_EVALUATIONS: usize = 100;

/// A Newton step that promises less than this for a thousand events is the last one: the next would promise about the
/// square of it.
const PROMISE: f64 = 1e-9;

/// A last step of so many standard deviations of a covariate, for next to no gain, leads to infinity.
const ENDLESS: f64 = 0.05;

/// Columns that are combinations of others up to this share of their variance are not told apart from exact ones.
const SINGULAR: f64 = 1e-11;

/// The penalised objective at a point.
struct Here {
    beta: Vec<f64>,
    likelihood: Likelihood,
    objective: f64,
}

impl Here {
    fn at(design: &Design, beta: Vec<f64>, strength: f64) -> Self {
        let mut likelihood = Likelihood::at(design, &beta);
        let objective = likelihood.value - 0.5 * strength * dot(&beta, &beta);
        for (j, &coefficient) in beta.iter().enumerate() {
            likelihood.gradient[j] -= strength * coefficient;
            *likelihood.information.at_mut(j, j) += strength;
        }
        Self {
            beta,
            likelihood,
            objective,
        }
    }
}

/// Finds the coefficients.
///
/// The objective is the log partial likelihood less `penalty / 2` times the weight of all rows times the sum of squares of
/// the coefficients of the standardised covariates, so that the units of covariates do not matter.
///
/// # Errors
/// Names a covariate that is a combination of others; passes on an interruption.
pub fn fit(
    design: &Design,
    names: &[String],
    penalty: f64,
    check: &dyn Fn() -> Result<()>,
) -> Result<CoxFit> {
    let events: usize = design.ties.iter().map(|tie| tie.events.len()).sum();
    let promise = PROMISE * (events as f64 / 1000.0).max(1.0);
    let strength = penalty * design.weights.iter().sum::<f64>();
    let mut here = Here::at(design, vec![0.0; design.width], strength);
    let null = here.likelihood.value;
    let mut score = f64::NAN;
    let (mut evaluations, mut status, mut step) = (1, Status::Stopped, Vec::new());
    while evaluations < MOST_EVALUATIONS {
        check()?;
        let Ok(factor) = here.likelihood.information.cholesky(SINGULAR) else {
            break;
        };
        step = factor.solve(&here.likelihood.gradient);
        let promised = 0.5 * dot(&step, &here.likelihood.gradient);
        if evaluations == 1 {
            score = 2.0 * promised;
        }
        let Some((next, tried)) = uphill(design, &here, &step, strength) else {
            break;
        };
        evaluations += tried;
        here = next;
        if promised < promise {
            status = Status::Converged;
            break;
        }
    }
    let found = Found {
        here: &here,
        step: &step,
        status,
        evaluations,
    };
    found.report(design, names, (null, score))
}

/// The point a step away, or half of that, and so on; and how many were looked at. None if no part of the step goes
/// uphill.
fn uphill(design: &Design, here: &Here, step: &[f64], strength: f64) -> Option<(Here, usize)> {
    let rounding = 1e-12 * here.objective.abs().max(1.0);
    let mut share = 1.0;
    for tried in 1..40 {
        let beta = here.beta.iter().zip(step).map(|(b, s)| b + share * s);
        let next = Here::at(design, beta.collect(), strength);
        if next.objective >= here.objective - rounding {
            return Some((next, tried));
        }
        share *= 0.5;
    }
    None
}

/// Where Newton's method ended.
struct Found<'a> {
    here: &'a Here,
    step: &'a [f64],
    status: Status,
    evaluations: usize,
}

impl Found<'_> {
    fn report(&self, design: &Design, names: &[String], of_null: (f64, f64)) -> Result<CoxFit> {
        let information = &self.here.likelihood.information;
        let (status, message) = self.verdict(names);
        let inverse = match information.cholesky(SINGULAR) {
            Ok(factor) => factor.inverse(),
            Err(_) if status == Status::Boundary => Square::from_fn(design.width, |_, _| f64::NAN),
            Err(column) => return Err(singular(names, column)),
        };
        let events: f64 = design.ties.iter().map(|tie| tie.events.len() as f64).sum();
        let slopes = self.here.likelihood.gradient.iter();
        let scales = &design.scales;
        let unscaled = self.here.beta.iter().zip(scales).map(|(b, s)| b / s);
        Ok(CoxFit {
            coefficients: unscaled.collect(),
            covariance: Square::from_fn(design.width, |i, j| {
                inverse.at(i, j) / (scales[i] * scales[j])
            }),
            log_likelihood: self.here.likelihood.value,
            log_likelihood_null: of_null.0,
            score_statistic: of_null.1,
            iterations: self.evaluations,
            gradient_norm: slopes.fold(0.0_f64, |most, g| most.max(g.abs())) / events,
            status,
            message,
        })
    }

    /// Whether the maximum is a real one. Where the likelihood is monotone the coefficient goes on and on while next to
    /// nothing is gained.
    fn verdict(&self, names: &[String]) -> (Status, String) {
        let endless: Vec<&str> = names
            .iter()
            .zip(self.step)
            .filter(|(_, step)| step.abs() > ENDLESS)
            .map(|(name, _)| name.as_str())
            .collect();
        match self.status {
            Status::Converged | Status::Stopped if !endless.is_empty() && !self.first() => (
                Status::Boundary,
                format!(
                    "the likelihood rises for ever as the coefficient of `{}` grows (it is monotone): some values of it \
                     go with all events, or with none; its estimate and standard error mean nothing. Leave it out, \
                     join its rare values with others, or set a penalty",
                    endless.join("`, `")
                ),
            ),
            Status::Stopped => (
                Status::Stopped,
                format!(
                    "no maximum of the likelihood was reached in {} evaluations; the coefficients are those of the \
                     highest point found",
                    self.evaluations
                ),
            ),
            other => (other, String::new()),
        }
    }

    /// Whether not a single step was taken.
    fn first(&self) -> bool {
        self.here.beta.iter().all(|b| b.abs() <= 0.0)
    }
}

fn singular(names: &[String], column: usize) -> Error {
    let name = names.get(column).cloned().unwrap_or_default();
    Error::Parameter {
        name: "covariates".into(),
        expected: "not be combinations of each other where there are events".into(),
        found: format!("`{name}`, which the ones before it determine"),
        hint: format!(
            "leave `{name}` out (of the indicators of a category one must be left out, as must what does not vary within \
             strata), or set a penalty"
        ),
    }
}
