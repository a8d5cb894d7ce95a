//! Summaries straight from the columns of a log.

use numpy::{PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::columns::{Missing, Strings, mask};
use super::convert::new_array;
use super::transactions::receipt_fields;
use crate::data::calendar::Unit;
use crate::data::engine::{Customers, EventLog, Plan, Summaries, SummaryColumns, summarize_events};
use crate::data::mask::Mask;
use crate::data::{DuplicateRule, Merge, RefundRule, Rules};

/// Who bought: integers, of which those below the second number name nobody, or text.
#[derive(FromPyObject)]
enum Names<'py> {
    Integers(PyReadonlyArray1<'py, i64>, i64),
    Text(Strings<'py>),
}

/// The columns of a log that a summary needs.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct EventColumns<'py> {
    customer: Names<'py>,
    customer_missing: Missing<'py>,
    time: PyReadonlyArray1<'py, i64>,
    time_missing: Missing<'py>,
    amount: Option<PyReadonlyArray1<'py, f64>>,
}

impl EventColumns<'_> {
    fn log(&self) -> PyResult<EventLog<'_>> {
        let time = self.time.as_slice()?;
        let missing = Mask::new(mask(&self.customer_missing)?, time.len())?;
        let amount = self.amount.as_ref().map(|amount| amount.as_slice());
        Ok(EventLog {
            customer: match &self.customer {
                Names::Integers(values, least) => Customers::Integers {
                    values: values.as_slice()?,
                    missing,
                    least: *least,
                },
                Names::Text(strings) => Customers::Text {
                    text: strings.text()?,
                    missing,
                },
            },
            time,
            time_missing: Mask::new(mask(&self.time_missing)?, time.len())?,
            amount: amount.transpose()?,
        })
    }
}

/// Summarise a log without grouping it first; None if that is no way for this log or for these rules.
#[pyfunction]
pub(super) fn summarize_log<'py>(
    py: Python<'py>,
    columns: EventColumns<'py>,
    rules: (Option<String>, String, String),
    as_of: Option<(i64, bool)>,
    unit: &str,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let rules = Rules {
        merge: Merge::parse(rules.0.as_deref())?,
        refunds: RefundRule::parse(&rules.1)?,
        duplicates: DuplicateRule::parse(&rules.2)?,
    };
    let unit = Unit::parse(unit)?;
    let log = columns.log()?;
    let plan = py.detach(|| Plan::new(log))?;
    let summaries = {
        let mut memory = new_array::<u64>(py, plan.words())?.readwrite();
        let memory = memory.as_slice_mut()?;
        py.detach(|| summarize_events(&plan, rules, as_of, memory))
    };
    let Some(summaries) = summaries else {
        return Ok(None);
    };
    written(py, &summaries, unit, log.amount.is_some()).map(Some)
}

fn written<'py>(
    py: Python<'py>,
    summaries: &Summaries,
    unit: Unit,
    has_amounts: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let rows = summaries.len();
    let mut customers = new_array(py, rows)?.readwrite();
    let mut frequency = new_array(py, rows)?.readwrite();
    let mut recency = new_array(py, rows)?.readwrite();
    let mut t = new_array(py, rows)?.readwrite();
    let mut monetary_value = new_array(py, if has_amounts { rows } else { 0 })?.readwrite();
    let columns = SummaryColumns {
        customers: customers.as_slice_mut()?,
        frequency: frequency.as_slice_mut()?,
        recency: recency.as_slice_mut()?,
        t: t.as_slice_mut()?,
        monetary_value: monetary_value.as_slice_mut()?,
    };
    py.detach(|| summaries.write(unit, columns));
    let result = PyDict::new(py);
    result.set_item("customers", &**customers)?;
    result.set_item("frequency", &**frequency)?;
    result.set_item("recency", &**recency)?;
    result.set_item("T", &**t)?;
    result.set_item("monetary_value", &**monetary_value)?;
    result.set_item("receipt", receipt_fields(py, &summaries.receipt)?)?;
    Ok(result)
}
