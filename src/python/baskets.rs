//! Baskets: rows in, counts of pairs and of sets of items out.

use numpy::{PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::convert::new_array;
use super::transactions::array;
use crate::Error;
use crate::baskets::rows::Rows;
use crate::baskets::{Baskets, ItemSets, Limits, Pairs, Survey};

/// Rows with a basket and an item each.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct BasketRows<'py> {
    keys: PyReadonlyArray1<'py, i64>,
    smallest: i64,
    items: PyReadonlyArray1<'py, i64>,
    first: i64,
    kinds: usize,
}

impl BasketRows<'_> {
    fn rows(&self) -> PyResult<Rows<'_>> {
        Ok(Rows {
            keys: self.keys.as_slice()?,
            smallest: self.smallest,
            items: self.items.as_slice()?,
            first: self.first,
            kinds: self.kinds,
        })
    }
}

/// The fewest baskets, the smallest share of them, and the most items of a basket.
type LimitNumbers = (usize, f64, usize);

fn limits((count, support, basket): LimitNumbers) -> Limits {
    Limits {
        count,
        support,
        basket,
    }
}

/// How many baskets hold both items of a pair.
#[pyfunction]
pub(super) fn basket_pairs<'py>(
    py: Python<'py>,
    rows: BasketRows<'py>,
    least: LimitNumbers,
) -> PyResult<Bound<'py, PyDict>> {
    let rows = rows.rows()?;
    let (memory, scratch) = (
        new_array(py, rows.keys.len())?,
        new_array(py, rows.keys.len())?,
    );
    let (mut memory, mut scratch) = (memory.readwrite(), scratch.readwrite());
    let (memory, scratch) = (memory.as_slice_mut()?, scratch.as_slice_mut()?);
    let found = py.detach(|| {
        let baskets = Baskets::of_rows(rows, memory, scratch)?;
        Ok::<_, Error>(Pairs::of(&baskets, limits(least)))
    })?;
    let result = survey_dict(py, found.survey, found.fewest)?;
    result.set_item("firsts", array(py, found.firsts))?;
    result.set_item("seconds", array(py, found.seconds))?;
    result.set_item("counts", array(py, found.counts))?;
    Ok(result)
}

/// Sets of at most `size` items, and how many baskets hold each.
#[pyfunction]
pub(super) fn basket_sets<'py>(
    py: Python<'py>,
    rows: BasketRows<'py>,
    least: LimitNumbers,
    size: usize,
    most: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let rows = rows.rows()?;
    let (memory, scratch) = (
        new_array(py, rows.keys.len())?,
        new_array(py, rows.keys.len())?,
    );
    let (mut memory, mut scratch) = (memory.readwrite(), scratch.readwrite());
    let (memory, scratch) = (memory.as_slice_mut()?, scratch.as_slice_mut()?);
    let found = py.detach(|| {
        let baskets = Baskets::of_rows(rows, memory, scratch)?;
        ItemSets::of(&baskets, limits(least), size, most)
    })?;
    let result = survey_dict(py, found.survey, found.fewest)?;
    result.set_item("offsets", array(py, found.offsets))?;
    result.set_item("items", array(py, found.items))?;
    result.set_item("counts", array(py, found.counts))?;
    Ok(result)
}

fn survey_dict(py: Python<'_>, survey: Survey, fewest: usize) -> PyResult<Bound<'_, PyDict>> {
    let result = PyDict::new(py);
    result.set_item("item_counts", array(py, survey.counts))?;
    result.set_item("baskets", survey.baskets)?;
    result.set_item("repeated", survey.repeated)?;
    result.set_item("giants", survey.giants)?;
    result.set_item("giant_items", survey.giant_items)?;
    result.set_item("largest", survey.largest)?;
    result.set_item("fewest", fewest)?;
    Ok(result)
}
