//! Each variant of [`Error`] becomes one Python exception that carries the same fields as attributes.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3::{PyErr, import_exception};

use crate::Error;

import_exception!(tenure.exceptions, DataError);
import_exception!(tenure.exceptions, EmptyDataError);
import_exception!(tenure.exceptions, LengthError);
import_exception!(tenure.exceptions, ParameterError);
import_exception!(tenure.exceptions, ConvergenceError);
import_exception!(tenure.exceptions, FrameError);

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        Python::attach(|py| {
            let raised = match &error {
                Error::Data { .. } => DataError::new_err(message),
                Error::Empty { .. } => EmptyDataError::new_err(message),
                Error::Length { .. } => LengthError::new_err(message),
                Error::Parameter { .. } => ParameterError::new_err(message),
                Error::Convergence { .. } => ConvergenceError::new_err(message),
                Error::Interrupted => pyo3::exceptions::PyKeyboardInterrupt::new_err(message),
            };
            match fields(py, &error).and_then(|fields| set_attributes(py, &raised, &fields)) {
                Ok(()) => raised,
                Err(failure) => failure,
            }
        })
    }
}

/// The fields of an error under the names that they have in Rust.
fn fields<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    match error {
        Error::Data {
            column,
            expected,
            row,
            found,
            count,
            hint,
        } => {
            dict.set_item("column", column)?;
            dict.set_item("expected", expected)?;
            dict.set_item("row", row)?;
            dict.set_item("found", found)?;
            dict.set_item("count", count)?;
            dict.set_item("hint", hint)?;
        }
        Error::Empty { what, hint } => {
            dict.set_item("what", what)?;
            dict.set_item("hint", hint)?;
        }
        Error::Length {
            column,
            found,
            reference,
            expected,
        } => {
            dict.set_item("column", column)?;
            dict.set_item("found", found)?;
            dict.set_item("reference", reference)?;
            dict.set_item("expected", expected)?;
        }
        Error::Parameter {
            name,
            expected,
            found,
            hint,
        } => {
            dict.set_item("name", name)?;
            dict.set_item("expected", expected)?;
            dict.set_item("found", found)?;
            dict.set_item("hint", hint)?;
        }
        Error::Convergence {
            model,
            reason,
            hint,
        } => {
            dict.set_item("model", model)?;
            dict.set_item("reason", reason)?;
            dict.set_item("hint", hint)?;
        }
        Error::Interrupted => {}
    }
    Ok(dict)
}

fn set_attributes(py: Python<'_>, raised: &PyErr, fields: &Bound<'_, PyDict>) -> PyResult<()> {
    let value = raised.value(py);
    for (name, field) in fields {
        value.setattr(name.extract::<String>()?.as_str(), field)?;
    }
    Ok(())
}
