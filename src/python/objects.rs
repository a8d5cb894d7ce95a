//! Columns of Python objects: what is in them, and strings to and from them.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString, PyType};

use super::columns::{Array, Missing, Strings, mask};
use crate::Error;
use crate::data::mask::Mask;
use crate::data::text::TextBuffer;

/// The types of a column's objects, each with the first row of it.
type Types<'py> = Vec<(Bound<'py, PyType>, usize)>;

/// Which rows hold None, `NaT` or NA, which hold NaN, and the types of all others.
#[pyfunction]
pub(super) fn survey_objects<'py>(
    py: Python<'py>,
    objects: PyReadonlyArray1<'py, Py<PyAny>>,
) -> PyResult<(Array<'py, bool>, Array<'py, bool>, Types<'py>)> {
    let objects = objects.as_slice()?;
    let mut missing = vec![false; objects.len()];
    let mut nan = vec![false; objects.len()];
    let mut types: Types<'py> = Vec::new();
    for (row, object) in objects.iter().enumerate() {
        let object = object.bind(py);
        let kind = object.get_type();
        let known = types.iter().rev().any(|(known, _)| known.is(&kind));
        if object
            .cast::<PyFloat>()
            .is_ok_and(|float| float.value().is_nan())
        {
            nan[row] = true;
        } else if !known && is_nothing(object)? {
            missing[row] = true;
        } else if !known {
            types.push((kind, row));
        }
    }
    Ok((
        PyArray1::from_vec(py, missing),
        PyArray1::from_vec(py, nan),
        types,
    ))
}

/// Whether an object stands for a value that is missing; pandas' marks are known by name, since pandas may not be there.
fn is_nothing(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    if object.is_none() {
        return Ok(true);
    }
    let kind = object.get_type();
    let name = kind.name()?;
    Ok(name == "NAType" || name == "NaTType")
}

/// Strings from Python objects, all of which must be strings where nothing is missing.
#[pyfunction]
pub(super) fn text_of_objects<'py>(
    py: Python<'py>,
    column: &str,
    objects: PyReadonlyArray1<'py, Py<PyAny>>,
    missing: Missing<'py>,
) -> PyResult<(Array<'py, i64>, Array<'py, u8>)> {
    let objects = objects.as_slice()?;
    let mask = Mask::new(mask(&missing)?, objects.len())?;
    let mut text = TextBuffer::with_capacity(objects.len());
    for (row, object) in objects.iter().enumerate() {
        if mask.hides(row) {
            text.push(b"");
            continue;
        }
        let string = object.bind(py).cast::<PyString>()?;
        let characters = string.to_str().map_err(|_| Error::Data {
            column: column.into(),
            expected: "hold text in valid Unicode".into(),
            row,
            found: string
                .repr()
                .map_or_else(|_| "none".into(), |shown| shown.to_string()),
            count: 1,
            hint: "remove the lone surrogates, which come from decoding with the wrong encoding"
                .into(),
        })?;
        text.push(characters.as_bytes());
    }
    let bytes = PyArray1::from_vec(py, text.bytes);
    Ok((PyArray1::from_vec(py, text.offsets), bytes))
}

/// The strings in the given rows as Python objects; in all rows if none are given.
#[pyfunction]
pub(super) fn objects_of_text<'py>(
    py: Python<'py>,
    strings: Strings<'py>,
    rows: Option<PyReadonlyArray1<'py, usize>>,
) -> PyResult<Array<'py, Py<PyAny>>> {
    let text = strings.text()?;
    let rows = rows.as_ref().map(|rows| rows.as_slice()).transpose()?;
    if rows.is_some_and(|rows| rows.iter().any(|&row| row >= text.len())) {
        return Err(PyIndexError::new_err("there is no such row"));
    }
    let object = |row: usize| {
        let string = String::from_utf8_lossy(text.get(row));
        PyString::new(py, &string).into_any().unbind()
    };
    let objects = match rows {
        Some(rows) => rows.iter().map(|&row| object(row)).collect(),
        None => (0..text.len()).map(object).collect(),
    };
    Ok(PyArray1::from_vec(py, objects))
}
