//! Columns of strings and dictionaries in Arrow's many layouts.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, PrimitiveArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::arrow;
use super::arrow_column::{mask, missing, to_python};
use crate::data::text::TextBuffer;

/// Strings of one of Arrow's layouts, which `add` puts after those that are there already.
pub(super) fn text<'py>(
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

/// Large strings, in the memory of the source where they are in one piece.
pub(super) fn large_text<'py>(
    py: Python<'py>,
    chunks: &[ArrayRef],
) -> PyResult<Bound<'py, PyTuple>> {
    let one = match chunks {
        [chunk] => chunk.as_string_opt::<i64>(),
        _ => None,
    };
    let Some(array) = one else {
        return text(py, chunks, add_strings::<i64>);
    };
    let offsets = PrimitiveArray::<Int64Type>::new(array.offsets().inner().clone(), None);
    let bytes = PrimitiveArray::<UInt8Type>::new(array.values().clone().into(), None);
    let missing = mask(py, py.detach(|| missing(chunks)));
    let (offsets, bytes) = (arrow::borrow(py, &offsets)?, arrow::borrow(py, &bytes)?);
    ("text", offsets, bytes, missing).into_pyobject(py)
}

pub(super) fn add_strings<O: OffsetSizeTrait>(buffer: &mut TextBuffer, chunk: &ArrayRef) {
    let strings = chunk.as_string_opt::<O>().into_iter().flatten();
    strings.for_each(|string| buffer.push(string.unwrap_or_default().as_bytes()));
}

pub(super) fn add_views(buffer: &mut TextBuffer, chunk: &ArrayRef) {
    let strings = chunk.as_string_view_opt().into_iter().flatten();
    strings.for_each(|string| buffer.push(string.unwrap_or_default().as_bytes()));
}

/// 16 bytes as UUIDs are written: 8-4-4-4-12 hexadecimal digits.
pub(super) fn add_uuids(buffer: &mut TextBuffer, chunk: &ArrayRef) {
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
pub(super) fn dictionary<'py>(
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
