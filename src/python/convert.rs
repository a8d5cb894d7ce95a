//! NumPy arrays in and out. Nothing else converts.

use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, ToPyArray};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::Counts;
use crate::models::Fit;
use crate::models::covariates::{Design, Effect, PROCESSES};
use crate::{Error, Result};

/// A contiguous column of numbers.
pub(super) type Column<'py> = PyReadonlyArray1<'py, f64>;

/// A contiguous column of counts.
#[derive(FromPyObject)]
pub(super) enum CountColumn<'py> {
    /// Of floating point numbers.
    Float(Column<'py>),
    /// Of integers.
    Integer(PyReadonlyArray1<'py, i64>),
}

impl CountColumn<'_> {
    /// The counts.
    pub(super) fn counts(&self, name: &str) -> Result<Counts<'_>> {
        match self {
            Self::Float(column) => slice(name, column).map(Counts::Float),
            Self::Integer(column) => slice(name, column).map(Counts::Integer),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let len = match self {
            Self::Float(column) => column.len(),
            Self::Integer(column) => column.len(),
        };
        len.unwrap_or_default()
    }
}

/// Parameters: those of all customers, or a row for each.
#[derive(FromPyObject)]
pub(super) enum Theta<'py> {
    /// A row for each, one after the other.
    Rows(Column<'py>),
    /// One row.
    Row(Vec<f64>),
}

impl Theta<'_> {
    /// The numbers.
    pub(super) fn numbers(&self) -> Result<&[f64]> {
        match self {
            Self::Rows(column) => slice("parameters", column),
            Self::Row(row) => Ok(row),
        }
    }
}

/// The name of a coefficient, its column, which processes it acts on, its penalty, where it is held and where it starts.
type EffectOf = (
    String,
    usize,
    [bool; PROCESSES],
    f64,
    Option<f64>,
    Option<f64>,
);

/// Covariates, and what they act on.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Covariates<'py> {
    rows: Column<'py>,
    width: usize,
    effects: Vec<EffectOf>,
}

impl Covariates<'_> {
    /// What the core is told of them.
    pub(super) fn design(&self) -> Result<Design<'_>> {
        let effect = |given: &EffectOf| {
            let (name, column, acts, penalty, fixed, start) = given.clone();
            Effect {
                name,
                column,
                acts,
                penalty,
                fixed,
                start,
            }
        };
        Ok(Design {
            rows: slice("covariates", &self.rows)?,
            width: self.width,
            effects: self.effects.iter().map(effect).collect(),
        })
    }
}

/// The design of covariates, if there are any.
pub(super) fn design_of<'a>(covariates: Option<&'a Covariates<'_>>) -> Result<Option<Design<'a>>> {
    covariates.map(Covariates::design).transpose()
}

/// Fills parameters of customers, and their slopes where wanted, by `fill`.
pub(super) fn own_parameters<'py>(
    py: Python<'py>,
    parameters: usize,
    predictors: &Column<'py>,
    gradient: bool,
    fill: impl FnOnce(&[f64], &mut [f64], Option<&mut [f64]>) -> Result<()> + Send,
) -> PyResult<Predicted<'py>> {
    let predictors = slice("predictors", predictors)?;
    let customers = predictors.len() / PROCESSES;
    let values = new_column(py, customers * parameters)?;
    let width = parameters * (parameters + PROCESSES);
    let slopes = gradient
        .then(|| new_table(py, customers, width))
        .transpose()?;
    let mut memory = values.try_readwrite()?;
    let mut along = match &slopes {
        Some(table) => Some(table.try_readwrite()?),
        None => None,
    };
    let out = memory.as_slice_mut()?;
    let along = along.as_mut().map(|g| g.as_slice_mut()).transpose()?;
    py.detach(|| fill(predictors, out, along))?;
    Ok((values, slopes))
}

/// Predictions and, where asked for, their gradients.
pub(super) type Predicted<'py> = (Bound<'py, PyArray1<f64>>, Option<Bound<'py, PyArray2<f64>>>);

/// The numbers of a column.
pub(super) fn slice<'a, T: Element>(
    name: &str,
    column: &'a PyReadonlyArray1<'_, T>,
) -> Result<&'a [T]> {
    column.as_slice().map_err(|_| Error::Parameter {
        name: name.into(),
        expected: "be a contiguous array".into(),
        found: "a strided one".into(),
        hint: "numpy.ascontiguousarray makes one".into(),
    })
}

/// A new column for `rows` results, to be written in full.
pub(super) fn new_column(py: Python<'_>, rows: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    Ok(empty(py, rows)?.cast_into()?)
}

/// A new table of `rows` by `columns` results, to be written in full.
pub(super) fn new_table(
    py: Python<'_>,
    rows: usize,
    columns: usize,
) -> PyResult<Bound<'_, PyArray2<f64>>> {
    if rows
        .checked_mul(columns)
        .is_some_and(|cells| cells <= MOST_CELLS)
    {
        return Ok(empty(py, (rows, columns))?.cast_into()?);
    }
    Err(PyErr::from(Error::Parameter {
        name: "data".into(),
        expected: format!("need no more than {MOST_CELLS} numbers as a result"),
        found: format!("{rows} customers with {columns} numbers each"),
        hint: "ask for fewer columns, or for some customers at a time".into(),
    }))
}

/// A new array of `rows` numbers of any type, to be written in full.
pub(super) fn new_array<T: Element>(
    py: Python<'_>,
    rows: usize,
) -> PyResult<Bound<'_, PyArray1<T>>> {
    let array = py
        .import("numpy")?
        .call_method1("empty", (rows, T::get_dtype(py)))?;
    Ok(array.cast_into()?)
}

/// Memory from NumPy itself, which asks for large pages where it is large: touching fresh memory for the first time is
/// a good part of what a prediction for a million customers costs. A lack of memory is an exception.
fn empty<'py>(py: Python<'py>, shape: impl IntoPyObject<'py>) -> PyResult<Bound<'py, PyAny>> {
    py.import("numpy")?.call_method1("empty", (shape,))
}

/// A table of 16 GB.
const MOST_CELLS: usize = 1 << 31;

/// A fit as a dictionary.
pub(super) fn fit_dict<'py>(py: Python<'py>, fit: &Fit) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let flat: Vec<f64> = fit.covariance.concat();
    dict.set_item("parameters", fit.parameters.to_pyarray(py))?;
    let width = flat.len().isqrt();
    dict.set_item("covariance", flat.to_pyarray(py).reshape([width, width])?)?;
    dict.set_item("log_likelihood", fit.log_likelihood)?;
    dict.set_item("customers", fit.customers)?;
    dict.set_item("iterations", fit.iterations)?;
    dict.set_item("gradient_norm", fit.gradient_norm)?;
    dict.set_item("smallest_eigenvalue", fit.smallest_eigenvalue)?;
    dict.set_item("status", format!("{:?}", fit.status).to_lowercase())?;
    dict.set_item("message", &fit.message)?;
    Ok(dict)
}
