//! Columns in Arrow's many layouts to the few that the package works with.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, OffsetSizeTrait};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, FieldRef, TimeUnit};
use numpy::{Element, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::arrow;
use crate::data::text::TextBuffer;

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
        DataType::Utf8 => text(py, chunks, add_strings::<i32>),
        DataType::LargeUtf8 => text(py, chunks, add_strings::<i64>),
        DataType::Utf8View => text(py, chunks, add_views),
        DataType::FixedSizeBinary(16) => text(py, chunks, add_uuids),
        DataType::Dictionary(_, values) => dictionary(py, chunks, values),
        DataType::Null => {
            let rows: usize = chunks.iter().map(Array::len).sum();
            ("null", rows).into_pyobject(py)
        }
        other => ("other", other.to_string()).into_pyobject(py),
    }
}

/// Where there is no value, if that is anywhere.
fn missing(chunks: &[ArrayRef]) -> Option<Vec<bool>> {
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

fn mask(py: Python<'_>, missing: Option<Vec<bool>>) -> Option<Bound<'_, PyArray1<bool>>> {
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

/// Strings of one of Arrow's layouts, which `add` puts after those that are there already.
fn text<'py>(
    py: Python<'py>,
    chunks: &[ArrayRef],
    add: fn(&mut TextBuffer, &ArrayRef),
) -> PyResult<Bound<'py, PyTuple>> {
    let (buffer, missing) = py.detach(|| {
        let rows = chunks.iter().map(Array::len).sum();
        let mut buffer = TextBuffer::with_capacity(rows);
        for chunk in chunks {
            add(&mut buffer, chunk);
        }
        (buffer, missing(chunks))
    });
    let offsets = PyArray1::from_vec(py, buffer.offsets);
    let bytes = PyArray1::from_vec(py, buffer.bytes);
    ("text", offsets, bytes, mask(py, missing)).into_pyobject(py)
}

fn add_strings<O: OffsetSizeTrait>(buffer: &mut TextBuffer, chunk: &ArrayRef) {
    let strings = chunk.as_string_opt::<O>().into_iter().flatten();
    strings.for_each(|string| buffer.push(string.unwrap_or_default().as_bytes()));
}

fn add_views(buffer: &mut TextBuffer, chunk: &ArrayRef) {
    let strings = chunk.as_string_view_opt().into_iter().flatten();
    strings.for_each(|string| buffer.push(string.unwrap_or_default().as_bytes()));
}

/// 16 bytes as UUIDs are written: 8-4-4-4-12 hexadecimal digits.
fn add_uuids(buffer: &mut TextBuffer, chunk: &ArrayRef) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for bytes in chunk.as_fixed_size_binary_opt().into_iter().flatten() {
        let mut uuid = Vec::with_capacity(36);
        for (place, byte) in bytes.unwrap_or_default().iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                uuid.push(b'-');
            }
            uuid.push(DIGITS[usize::from(byte >> 4)]);
            uuid.push(DIGITS[usize::from(byte & 15)]);
        }
        buffer.push(&uuid);
    }
}

/// A dictionary-encoded column; chunks may have dictionaries of their own, which are put one after another.
fn dictionary<'py>(
    py: Python<'py>,
    chunks: &[ArrayRef],
    value_type: &DataType,
) -> PyResult<Bound<'py, PyTuple>> {
    let (keys, values) = py.detach(|| {
        let mut keys = Vec::new();
        let mut values: Vec<ArrayRef> = Vec::new();
        let (mut start, mut end) = (0, 0);
        for chunk in chunks
            .iter()
            .filter_map(|chunk| chunk.as_any_dictionary_opt())
        {
            let known = values
                .last()
                .filter(|last| same_memory(last, chunk.values()));
            if known.is_none() {
                start = end;
                end += i64::try_from(chunk.values().len()).unwrap_or(0);
                values.push(chunk.values().clone());
            }
            add_keys(&mut keys, chunk.keys(), start);
        }
        (keys, values)
    });
    let values = to_python(py, value_type, &values)?;
    ("dictionary", PyArray1::from_vec(py, keys), values).into_pyobject(py)
}

/// Whether two arrays are the same one, as when every chunk of a stream carries the whole dictionary.
fn same_memory(a: &ArrayRef, b: &ArrayRef) -> bool {
    a.to_data().ptr_eq(&b.to_data())
}

/// Adds positions in a dictionary that begins at `start` among all of them.
fn add_keys(keys: &mut Vec<i64>, array: &dyn Array, start: i64) {
    match array.data_type() {
        DataType::Int8 => add_keys_of::<Int8Type>(keys, array, start),
        DataType::Int16 => add_keys_of::<Int16Type>(keys, array, start),
        DataType::Int32 => add_keys_of::<Int32Type>(keys, array, start),
        DataType::Int64 => add_keys_of::<Int64Type>(keys, array, start),
        DataType::UInt8 => add_keys_of::<UInt8Type>(keys, array, start),
        DataType::UInt16 => add_keys_of::<UInt16Type>(keys, array, start),
        DataType::UInt32 => add_keys_of::<UInt32Type>(keys, array, start),
        _ => add_keys_of::<UInt64Type>(keys, array, start),
    }
}

fn add_keys_of<K: ArrowDictionaryKeyType>(keys: &mut Vec<i64>, array: &dyn Array, start: i64) {
    let positions = array.as_primitive_opt::<K>().into_iter().flatten();
    keys.extend(positions.map(|key| {
        key.and_then(ArrowNativeType::to_i64)
            .map_or(-1, |key| key + start)
    }));
}
