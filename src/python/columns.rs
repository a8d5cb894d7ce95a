//! Integers, text and ticks as NumPy arrays to codes and instants.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::data::codes;
use crate::data::instants::{self, Tick, from_text, from_ticks};
use crate::data::text::Text;
use crate::data::time::parse_iso;
use crate::data::zone::Zone;

/// Values one after another.
pub(super) type Array<'py, T> = Bound<'py, PyArray1<T>>;
/// Where there is no value.
pub(super) type Missing<'py> = Option<PyReadonlyArray1<'py, bool>>;

/// Strings as their offsets and their bytes.
#[derive(FromPyObject)]
pub(super) struct Strings<'py>(PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, u8>);

impl Strings<'_> {
    pub(super) fn text(&self) -> PyResult<Text<'_>> {
        Ok(Text::new(self.0.as_slice()?, self.1.as_slice()?)?)
    }
}

/// The mask as a slice, if there is one.
pub(super) fn mask<'a>(missing: &'a Missing<'_>) -> PyResult<Option<&'a [bool]>> {
    let missing = missing.as_ref();
    Ok(missing.map(|missing| missing.as_slice()).transpose()?)
}

/// An array for results, in memory of NumPy's, which is obtained in larger pages than a `Vec`'s.
fn results(py: Python<'_>, rows: usize) -> Array<'_, i64> {
    PyArray1::zeros(py, rows, false)
}

/// The codes of integers, and the sorted integers that they stand for.
#[pyfunction]
pub(super) fn codes_of_integers<'py>(
    py: Python<'py>,
    values: PyReadonlyArray1<'py, i64>,
    missing: Missing<'py>,
) -> PyResult<(Array<'py, i64>, Array<'py, i64>)> {
    let (values, missing) = (values.as_slice()?, mask(&missing)?);
    let codes = results(py, values.len());
    let mut filled = codes.readwrite();
    let slots = filled.as_slice_mut()?;
    let categories = py.detach(|| codes::of_integers(values, missing, slots))?;
    Ok((codes, PyArray1::from_vec(py, categories)))
}

/// The codes of strings, and for each category a row in which it stands.
#[pyfunction]
pub(super) fn codes_of_text<'py>(
    py: Python<'py>,
    strings: Strings<'py>,
    missing: Missing<'py>,
) -> PyResult<(Array<'py, i64>, Array<'py, usize>)> {
    let (text, missing) = (strings.text()?, mask(&missing)?);
    let codes = results(py, text.len());
    let mut filled = codes.readwrite();
    let slots = filled.as_slice_mut()?;
    let categories = py.detach(|| codes::of_text(text, missing, slots))?;
    Ok((codes, PyArray1::from_vec(py, categories)))
}

/// Instants from ticks of a unit since 1970, and the zone whose clocks they show.
#[pyfunction]
pub(super) fn instants_of_ticks<'py>(
    py: Python<'py>,
    column: &str,
    ticks: PyReadonlyArray1<'py, i64>,
    missing: Missing<'py>,
    unit: &str,
    tz: Option<&str>,
) -> PyResult<(Array<'py, i64>, Option<String>)> {
    let (ticks, missing) = (ticks.as_slice()?, mask(&missing)?);
    let tick = Tick::named(unit)?;
    let zone = tz.map(Zone::named).transpose()?;
    let instants = results(py, ticks.len());
    let mut filled = instants.readwrite();
    let civil = filled.as_slice_mut()?;
    py.detach(|| from_ticks(column, ticks, missing, tick, zone.as_ref(), civil))?;
    Ok((instants, zone.map(|zone| zone.name().to_owned())))
}

/// The smallest and the largest integer; the largest and the smallest of 64 bits if there are none.
#[pyfunction]
pub(super) fn ends(py: Python<'_>, values: PyReadonlyArray1<'_, i64>) -> PyResult<(i64, i64)> {
    let values = values.as_slice()?;
    Ok(py.detach(|| instants::ends(values)))
}

/// Instants from text, and the zone whose clocks they show.
#[pyfunction]
pub(super) fn instants_of_text<'py>(
    py: Python<'py>,
    column: &str,
    strings: Strings<'py>,
    missing: Missing<'py>,
    time_format: Option<&str>,
    tz: Option<&str>,
) -> PyResult<(Array<'py, i64>, Option<String>)> {
    let (text, missing) = (strings.text()?, mask(&missing)?);
    let zone = tz.map(Zone::named).transpose()?;
    let instants = results(py, text.len());
    let mut filled = instants.readwrite();
    let civil = filled.as_slice_mut()?;
    let zone = py.detach(|| from_text(column, text, missing, time_format, zone.as_ref(), civil))?;
    Ok((instants, zone))
}

/// An ISO 8601 time: its instant, how far its clock is ahead of UTC in microseconds, and whether it is a whole day.
#[pyfunction]
pub(super) fn parse_time(text: &str) -> Option<(i64, Option<i64>, bool)> {
    let time = parse_iso(text.as_bytes())?;
    Some((time.civil, time.offset, time.whole_day))
}
