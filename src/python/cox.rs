//! Proportional hazards.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::{Column, slice};
use super::interrupt;
use super::survival::{Called, Columns, codes};
use crate::survival::cox::{self, Baseline, Covariates, Design, Ties};
use crate::survival::{Sample, cox::Residuals};
use crate::{Error, Result};

/// Covariates with their names, and codes of strata.
#[derive(FromPyObject)]
pub(super) struct Explained<'py>(
    Vec<String>,
    PyReadonlyArray2<'py, f64>,
    Option<PyReadonlyArray1<'py, i64>>,
);

impl Explained<'_> {
    /// The design of a regression.
    fn design(&self, py: Python<'_>, sample: &Sample<'_>, ties: &str) -> PyResult<Design> {
        let strata = match &self.2 {
            Some(strata) => Some(codes("strata", strata, sample.len(), usize::MAX)?),
            None => None,
        };
        let covariates = Covariates {
            names: &self.0,
            values: self.1.as_slice()?,
            strata,
        };
        let ties = ties_named(ties)?;
        Ok(py.detach(|| Design::new(sample, covariates, ties))?)
    }
}

fn ties_named(name: &str) -> Result<Ties> {
    match name {
        "efron" => Ok(Ties::Efron),
        "breslow" => Ok(Ties::Breslow),
        _ => Err(Error::Parameter {
            name: "ties".into(),
            expected: "be 'efron' or 'breslow'".into(),
            found: format!("'{name}'"),
            hint: String::new(),
        }),
    }
}

/// The coefficients of a proportional hazards regression, and how they were found.
#[pyfunction]
pub(super) fn cox_fit<'py>(
    py: Python<'py>,
    columns: Columns<'py>,
    called: Called,
    explained: Explained<'py>,
    ties: &str,
    penalty: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let sample = columns.sample(py, &called)?;
    let design = explained.design(py, &sample, ties)?;
    let fit = py.detach(|| cox::fit(&design, &explained.0, penalty, &interrupt))?;
    let dict = PyDict::new(py);
    let width = fit.coefficients.len();
    let covariance = fit.covariance.cells().to_pyarray(py);
    dict.set_item("coefficients", fit.coefficients.to_pyarray(py))?;
    dict.set_item("covariance", covariance.reshape([width, width])?)?;
    dict.set_item("means", design.means().to_pyarray(py))?;
    dict.set_item("log_likelihood", fit.log_likelihood)?;
    dict.set_item("log_likelihood_null", fit.log_likelihood_null)?;
    dict.set_item("score_statistic", fit.score_statistic)?;
    dict.set_item("iterations", fit.iterations)?;
    dict.set_item("gradient_norm", fit.gradient_norm)?;
    dict.set_item("status", format!("{:?}", fit.status).to_lowercase())?;
    dict.set_item("message", &fit.message)?;
    let found = py.detach(|| cox::baseline(&design, &fit.coefficients));
    let rows: Vec<_> = found.iter().map(|one| baseline_row(py, one)).collect();
    dict.set_item("baseline", rows)?;
    Ok(dict)
}

/// Stratum, times, events, hazard, and Breslow's hazard.
type BaselineRow<'py> = (
    i64,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
);

fn baseline_row<'py>(py: Python<'py>, one: &Baseline) -> BaselineRow<'py> {
    (
        one.stratum,
        one.times.to_pyarray(py),
        one.events.to_pyarray(py),
        one.hazard.to_pyarray(py),
        one.breslow.to_pyarray(py),
    )
}

/// Martingale, score and Schoenfeld residuals.
#[pyfunction]
pub(super) fn cox_residuals<'py>(
    py: Python<'py>,
    columns: Columns<'py>,
    called: Called,
    explained: Explained<'py>,
    ties: &str,
    coefficients: Vec<f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let sample = columns.sample(py, &called)?;
    let design = explained.design(py, &sample, ties)?;
    if coefficients.len() != explained.0.len() {
        return Err(PyErr::from(Error::Length {
            column: "coefficients".into(),
            found: coefficients.len(),
            reference: "covariates".into(),
            expected: explained.0.len(),
        }));
    }
    let Residuals {
        martingale,
        score,
        schoenfeld,
    } = py.detach(|| cox::residuals(&design, &coefficients));
    let shape = [sample.len(), coefficients.len()];
    let dict = PyDict::new(py);
    dict.set_item("martingale", PyArray1::from_vec(py, martingale))?;
    dict.set_item("score", PyArray1::from_vec(py, score).reshape(shape)?)?;
    let schoenfeld = PyArray1::from_vec(py, schoenfeld).reshape(shape)?;
    dict.set_item("schoenfeld", schoenfeld)?;
    Ok(dict)
}

/// Concordant, discordant and tied pairs, and the concordance index.
#[pyfunction]
pub(super) fn concordance<'py>(
    py: Python<'py>,
    columns: Columns<'py>,
    called: Called,
    risk: Column<'py>,
    strata: Option<PyReadonlyArray1<'py, i64>>,
) -> PyResult<(f64, f64, f64, f64)> {
    let sample = columns.sample(py, &called)?;
    let risk = slice("risk", &risk)?;
    let strata = match &strata {
        Some(strata) => Some(codes("strata", strata, sample.len(), usize::MAX)?),
        None => None,
    };
    if risk.len() != sample.len() {
        return Err(PyErr::from(Error::Length {
            column: "risk".into(),
            found: risk.len(),
            reference: called.durations().into(),
            expected: sample.len(),
        }));
    }
    let pairs = py.detach(|| cox::concordance(&sample, risk, strata));
    Ok((
        pairs.concordant,
        pairs.discordant,
        pairs.tied,
        pairs.index(),
    ))
}
