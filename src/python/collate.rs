//! Parts of grouped logs: grouped by themselves, and put together.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::transactions::{HistoryColumns, LogColumns, array, grouped_columns, set_attributes};
use crate::data::attributes::attributes;
use crate::data::collate::{Part, collate};
use crate::data::{DuplicateRule, Merge, RefundRule, Rules, Transactions};

/// A grouped log, and where the lines of its purchases begin.
type PartColumns<'py> = (HistoryColumns<'py>, PyReadonlyArray1<'py, i64>);

/// Group the rows of some customers of a log, none of whom need have bought anything.
#[pyfunction]
pub(super) fn group_part<'py>(
    py: Python<'py>,
    columns: LogColumns<'py>,
    merge: Option<&str>,
    refunds: &str,
    duplicates: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let rules = Rules {
        merge: Merge::parse(merge)?,
        refunds: RefundRule::parse(refunds)?,
        duplicates: DuplicateRule::parse(duplicates)?,
    };
    let log = columns.log()?;
    let (part, attributes) = py.detach(|| {
        let part = Transactions::group_part(&log, rules)?;
        let attributes = attributes(&log, &part);
        Ok::<_, crate::Error>((part, attributes))
    })?;
    let result = grouped_columns(py, part)?;
    set_attributes(&result, attributes)?;
    Ok(result)
}

/// The compressed rows of some customers of one or more logs, by their places among all customers of all of them.
#[pyfunction]
pub(super) fn collate_customers<'py>(
    py: Python<'py>,
    parts: Vec<PartColumns<'py>>,
    customers: PyReadonlyArray1<'py, i64>,
) -> PyResult<Bound<'py, PyDict>> {
    let histories = parts.iter().map(|(columns, line_offsets)| {
        Ok(Part {
            history: columns.history()?,
            line_offsets: line_offsets.as_slice()?,
        })
    });
    let histories: Vec<Part<'_>> = histories.collect::<PyResult<_>>()?;
    let customers = customers.as_slice()?;
    let all = py.detach(|| collate(&histories, customers))?;
    let result = PyDict::new(py);
    result.set_item("offsets", array(py, all.offsets))?;
    result.set_item("times", array(py, all.times))?;
    result.set_item("grain", all.grain.name())?;
    result.set_item("values", all.values.map(|values| array(py, values)))?;
    result.set_item("refund_purchases", array(py, all.refunds.purchases))?;
    result.set_item("refund_times", array(py, all.refunds.times))?;
    result.set_item("refund_amounts", array(py, all.refunds.amounts))?;
    result.set_item("line_offsets", array(py, all.line_offsets))?;
    result.set_item("lines", array(py, all.lines))?;
    Ok(result)
}
