//! Columns in Arrow's many layouts to the few that the package works with.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, FieldRef, TimeUnit};
use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::{arrow, arrow_text};

/// A column: what it is called, and its chunks.
pub(super) type Chunks = (FieldRef, Vec<ArrayRef>);

/// The columns of a table that came in chunks; an array that is no table is one column without a name.
pub(super) fn split(field: &FieldRef, chunks: Vec<ArrayRef>) -> Vec<Chunks> {
    let DataType::Struct(fields) = field.data_type() else {
        return vec![(field.clone(), chunks)];
    };
    let tables = || chunks.iter().filter_map(|chunk| chunk.as_struct_opt());
    let column = |(position, field): (usize, &FieldRef)| {
        let chunks = tables().map(|table| table.column(position).clone());
        (field.clone(), chunks.collect())
    };
    fields.iter().enumerate().map(column).collect()
}

/// A column as a tuple that begins with what it is:
///
/// - `("array", values, missing)`: numbers or booleans, in the memory of the source where it is in one piece;
/// - `("time", ticks, missing, unit, zone)`;
/// - `("text", offsets, bytes, missing)`, as [`crate::data::text::Text`] has them;
/// - `("dictionary", keys, column)`: positions in another such column, -1 where there is none;
/// - `("null", rows)`: nothing in any row;
/// - `("other", type)`: a type that can't be used.
pub(super) fn to_python<'py>(
    py: Python<'py>,
    data_type: &DataType,
    chunks: &[ArrayRef],
) -> PyResult<Bound<'py, PyTuple>> {
    match data_type {
        DataType::Int8 => numbers::<Int8Type>(py, chunks),
        DataType::Int16 => numbers::<Int16Type>(py, chunks),
        DataType::Int32 => numbers::<Int32Type>(py, chunks),
        DataType::Int64 => numbers::<Int64Type>(py, chunks),
        DataType::UInt8 => numbers::<UInt8Type>(py, chunks),
        DataType::UInt16 => numbers::<UInt16Type>(py, chunks),
        DataType::UInt32 => numbers::<UInt32Type>(py, chunks),
        DataType::UInt64 => numbers::<UInt64Type>(py, chunks),
        DataType::Float16 => half_floats(py, chunks),
        DataType::Float32 => numbers::<Float32Type>(py, chunks),
        DataType::Float64 => numbers::<Float64Type>(py, chunks),
        DataType::Boolean => booleans(py, chunks),
        DataType::Decimal32(_, scale) => decimals::<Decimal32Type>(py, chunks, *scale),
        DataType::Decimal64(_, scale) => decimals::<Decimal64Type>(py, chunks, *scale),
        DataType::Decimal128(_, scale) => decimals::<Decimal128Type>(py, chunks, *scale),
        DataType::Decimal256(_, scale) => decimals::<Decimal256Type>(py, chunks, *scale),
        DataType::Date32 => ticks::<Date32Type>(py, chunks, "day", None),
        DataType::Date64 => ticks::<Date64Type>(py, chunks, "ms", None),
        DataType::Timestamp(unit, zone) => timestamps(py, chunks, *unit, zone.as_deref()),
        DataType::Utf8 => arrow_text::text(py, chunks, arrow_text::add_strings::<i32>),
        DataType::LargeUtf8 => arrow_text::large_text(py, chunks),
        DataType::Utf8View => arrow_text::text(py, chunks, arrow_text::add_views),
        DataType::FixedSizeBinary(16) => arrow_text::text(py, chunks, arrow_text::add_uuids),
        DataType::Dictionary(_, values) => arrow_text::dictionary(py, chunks, values),
        DataType::Null => {
            let rows: usize = chunks.iter().map(Array::len).sum();
            ("null", rows).into_pyobject(py)
        }
        other => ("other", other.to_string()).into_pyobject(py),
    }
}

/// Where there is no value, if that is anywhere.
pub(super) fn missing(chunks: &[ArrayRef]) -> Option<Vec<bool>> {
    if chunks.iter().all(|chunk| chunk.null_count() == 0) {
        return None;
    }
    let mut missing = Vec::new();
    for chunk in chunks {
        match chunk.nulls() {
            Some(nulls) => missing.extend(nulls.iter().map(|valid| !valid)),
            None => missing.resize(missing.len() + chunk.len(), false),
        }
    }
    Some(missing)
}

pub(super) fn mask(
    py: Python<'_>,
    missing: Option<Vec<bool>>,
) -> Option<Bound<'_, PyArray1<bool>>> {
    missing.map(|missing| PyArray1::from_vec(py, missing))
}

/// All values of a primitive type, converted one by one.
fn values<T: ArrowPrimitiveType, N>(
    chunks: &[ArrayRef],
    convert: impl Fn(T::Native) -> N,
) -> Vec<N> {
    let arrays = chunks
        .iter()
        .filter_map(|chunk| chunk.as_primitive_opt::<T>());
    arrays
        .flat_map(|array| array.values().iter().map(|&value| convert(value)))
        .collect()
}

/// The values of a primitive type as they are: borrowed if they are in one piece, otherwise put together.
fn native<'py, T>(py: Python<'py>, chunks: &[ArrayRef]) -> PyResult<Bound<'py, PyArray1<T::Native>>>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    if let [chunk] = chunks
        && let Some(array) = chunk.as_primitive_opt::<T>()
    {
        return arrow::borrow(py, array);
    }
    let values = py.detach(|| values::<T, _>(chunks, |value| value));
    Ok(PyArray1::from_vec(py, values))
}

fn numbers<'py, T>(py: Python<'py>, chunks: &[ArrayRef]) -> PyResult<Bound<'py, PyTuple>>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    let missing = py.detach(|| missing(chunks));
    ("array", native::<T>(py, chunks)?, mask(py, missing)).into_pyobject(py)
}

fn half_floats<'py>(py: Python<'py>, chunks: &[ArrayRef]) -> PyResult<Bound<'py, PyTuple>> {
    let (values, missing) = py.detach(|| {
        let values = values::<Float16Type, _>(chunks, f32::from);
        (values, missing(chunks))
    });
    ("array", PyArray1::from_vec(py, values), mask(py, missing)).into_pyobject(py)
}

fn booleans<'py>(py: Python<'py>, chunks: &[ArrayRef]) -> PyResult<Bound<'py, PyTuple>> {
    let (values, missing) = py.detach(|| {
        let arrays = chunks.iter().filter_map(|chunk| chunk.as_boolean_opt());
        let values: Vec<bool> = arrays.flat_map(|array| array.values().iter()).collect();
        (values, missing(chunks))
    });
    ("array", PyArray1::from_vec(py, values), mask(py, missing)).into_pyobject(py)
}

/// Decimals as integers if they have no fractional digits and fit, otherwise as the nearest floats.
fn decimals<'py, T: DecimalType>(
    py: Python<'py>,
    chunks: &[ArrayRef],
    scale: i8,
) -> PyResult<Bound<'py, PyTuple>> {
    let missing = mask(py, py.detach(|| missing(chunks)));
    if scale == 0
        && let Some(whole) = py.detach(|| integers::<T>(chunks))
    {
        return ("array", PyArray1::from_vec(py, whole), missing).into_pyobject(py);
    }
    let floats = py.detach(|| values::<T, _>(chunks, |value| nearest_float::<T>(value, scale)));
    ("array", PyArray1::from_vec(py, floats), missing).into_pyobject(py)
}

/// The values as 64-bit integers, 0 where there is none; nothing if one is too large.
fn integers<T: ArrowPrimitiveType>(chunks: &[ArrayRef]) -> Option<Vec<i64>> {
    let arrays = chunks
        .iter()
        .filter_map(|chunk| chunk.as_primitive_opt::<T>());
    arrays
        .flatten()
        .map(|value| value.map_or(Some(0), ArrowNativeType::to_i64))
        .collect()
}

/// `value / 10^scale`, correctly rounded.
fn nearest_float<T: DecimalType>(value: T::Native, scale: i8) -> f64 {
    /// Beyond these, floats skip integers and powers of ten.
    const EXACT: std::ops::RangeInclusive<i64> = -(1 << 53)..=1 << 53;
    const POWERS: std::ops::RangeInclusive<i8> = 0..=22;
    match value.to_i64() {
        Some(value) if EXACT.contains(&value) && POWERS.contains(&scale) => {
            value as f64 / 10_f64.powi(i32::from(scale))
        }
        _ => {
            let digits = T::format_decimal(value, T::MAX_PRECISION, scale);
            digits.parse().unwrap_or(f64::NAN)
        }
    }
}

fn ticks<'py, T>(
    py: Python<'py>,
    chunks: &[ArrayRef],
    unit: &str,
    zone: Option<&str>,
) -> PyResult<Bound<'py, PyTuple>>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    let missing = mask(py, py.detach(|| missing(chunks)));
    ("time", native::<T>(py, chunks)?, missing, unit, zone).into_pyobject(py)
}

fn timestamps<'py>(
    py: Python<'py>,
    chunks: &[ArrayRef],
    unit: TimeUnit,
    zone: Option<&str>,
) -> PyResult<Bound<'py, PyTuple>> {
    match unit {
        TimeUnit::Second => ticks::<TimestampSecondType>(py, chunks, "s", zone),
        TimeUnit::Millisecond => ticks::<TimestampMillisecondType>(py, chunks, "ms", zone),
        TimeUnit::Microsecond => ticks::<TimestampMicrosecondType>(py, chunks, "us", zone),
        TimeUnit::Nanosecond => ticks::<TimestampNanosecondType>(py, chunks, "ns", zone),
    }
}
