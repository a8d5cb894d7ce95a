//! Tables of other libraries through the Arrow C interface: the only unsafe code of the crate.
#![expect(
    unsafe_code,
    reason = "the Arrow C interface hands memory over by pointers"
)]

use std::ffi::CStr;
use std::ptr::NonNull;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{
    Array, ArrayReader, ArrayRef, ArrowPrimitiveType, PrimitiveArray, StringViewArray, make_array,
};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field};
use numpy::ndarray::ArrayView1;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

use super::arrow_column::{self, Chunks};
use super::error::FrameError;

/// A table in the memory of whoever made it.
///
/// A class, because a stream can be read only once, while its columns are asked for one by one.
#[pyclass(frozen, module = "tenure._core")]
pub(crate) struct ArrowTable {
    columns: Vec<Chunks>,
    #[pyo3(get)]
    n_rows: usize,
    /// Whether it has columns; a single array is given as a table of one.
    #[pyo3(get)]
    has_columns: bool,
}

#[pymethods]
impl ArrowTable {
    /// Reads an object with `__arrow_c_stream__` or `__arrow_c_array__`; one that isn't a table becomes a table of
    /// one column.
    #[new]
    fn new(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (field, chunks) = if data.hasattr("__arrow_c_stream__")? {
            stream(py, &data.call_method0("__arrow_c_stream__")?)?
        } else {
            array(&data.call_method0("__arrow_c_array__")?)?
        };
        let n_rows = chunks.iter().map(Array::len).sum();
        Ok(Self {
            has_columns: matches!(field.data_type(), DataType::Struct(_)),
            columns: arrow_column::split(&field, chunks),
            n_rows,
        })
    }

    /// The columns' names, in order.
    #[getter]
    fn names(&self) -> Vec<&str> {
        let fields = self.columns.iter().map(|(field, _)| field);
        fields.map(|field| field.name().as_str()).collect()
    }

    /// The columns' types, as Arrow calls them.
    #[getter]
    fn types(&self) -> Vec<String> {
        let fields = self.columns.iter().map(|(field, _)| field);
        fields.map(|field| field.data_type().to_string()).collect()
    }

    /// Whether the column at a position is text in one array of views, which the kernel reads as it is.
    fn has_views(&self, position: usize) -> bool {
        self.views(position).is_some()
    }

    /// The column at a position: what it is, and its arrays.
    fn column<'py>(&self, py: Python<'py>, position: usize) -> PyResult<Bound<'py, PyTuple>> {
        let column = self.columns.get(position);
        let (field, chunks) = column.ok_or_else(|| unreadable("there is no such column"))?;
        arrow_column::to_python(py, field.data_type(), chunks)
    }
}

impl ArrowTable {
    /// The column at a position if it is text in one array of views.
    pub(super) fn views(&self, position: usize) -> Option<&StringViewArray> {
        match &self.columns.get(position)?.1[..] {
            [chunk] => chunk.as_string_view_opt(),
            _ => None,
        }
    }
}

/// Everything that a stream gives.
fn stream(py: Python<'_>, capsule: &Bound<'_, PyAny>) -> PyResult<Chunks> {
    let pointer = pointer::<FFI_ArrowArrayStream>(capsule, c"arrow_array_stream")?;
    // SAFETY: a capsule of this name holds a valid stream; it is moved out, and marked as released, so that the
    // capsule's destructor leaves it alone.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) };
    py.detach(|| {
        let reader = ArrayStreamReader::try_new(stream)?;
        let field = reader.field().clone();
        Ok((field, reader.collect::<Result<_, _>>()?))
    })
    .map_err(|error: ArrowError| unreadable(&error.to_string()))
}

/// The one array of a pair of capsules, its schema first.
fn array(capsules: &Bound<'_, PyAny>) -> PyResult<Chunks> {
    let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) = capsules.extract()?;
    let schema = pointer::<FFI_ArrowSchema>(&schema, c"arrow_schema")?;
    let array = pointer::<FFI_ArrowArray>(&array, c"arrow_array")?;
    // SAFETY: capsules of these names hold a valid schema and an array of it; the array is moved out and marked as
    // released, the schema stays with its capsule, which outlives the reference.
    let (schema, data) = unsafe {
        let schema = schema.as_ref();
        let array = FFI_ArrowArray::from_raw(array.as_ptr());
        (Field::try_from(schema), from_ffi(array, schema))
    };
    match (schema, data) {
        (Ok(field), Ok(data)) => Ok((field.into(), vec![make_array(data)])),
        (Err(error), _) | (_, Err(error)) => Err(unreadable(&error.to_string())),
    }
}

/// What a capsule of that name points to.
fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<NonNull<T>> {
    let capsule = capsule.cast::<PyCapsule>().map_err(PyErr::from);
    let pointer = capsule.and_then(|capsule| capsule.pointer_checked(Some(name)));
    Ok(pointer
        .map_err(|error| unreadable(&error.to_string()))?
        .cast())
}

fn unreadable(reason: &str) -> PyErr {
    FrameError::new_err(format!("the Arrow data can't be read: {reason}"))
}

/// Keeps the memory of an array alive for NumPy: a class, because only a Python object can own an array.
#[pyclass(frozen)]
struct Memory {
    _array: ArrayRef,
}

/// The values of an array as a NumPy array that can't be written to, in the same memory.
pub(super) fn borrow<'py, T>(
    py: Python<'py>,
    array: &PrimitiveArray<T>,
) -> PyResult<Bound<'py, PyArray1<T::Native>>>
where
    T: ArrowPrimitiveType,
    T::Native: Element,
{
    let memory = Memory {
        _array: std::sync::Arc::new(array.clone()),
    };
    let owner = Bound::new(py, memory)?.into_any();
    let view = ArrayView1::from(&array.values()[..]);
    // SAFETY: the owner keeps the array's memory, which Arrow never changes, and nobody can write to it through the
    // result.
    let borrowed = unsafe { PyArray1::borrow_from_array(&view, owner) };
    drop(borrowed.readwrite().make_nonwriteable());
    Ok(borrowed)
}
