//! Summaries and compressed rows straight from the columns of a log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow_array::Array as _;
use arrow_buffer::Buffer;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::arrow::ArrowTable;
use super::columns::{Array, Missing, Strings, mask};
use super::convert::new_array;
use super::interrupt;
use super::transactions::receipt_fields;
use crate::Error;
use crate::data::calendar::Unit;
use crate::data::engine::{
    Customers, EventLog, Plan, PurchaseColumns, Purchases, Summaries, SummaryColumns,
    gather_purchases, summarize_events,
};
use crate::data::mask::Mask;
use crate::data::text::{Text, TextBuffer};
use crate::data::{DuplicateRule, Merge, RefundRule, Rules};
use crate::numeric::parallel;

/// Who bought: integers, of which those below the second number name nobody; text; or text in a column of a table.
#[derive(FromPyObject)]
enum Names<'py> {
    Integers(PyReadonlyArray1<'py, i64>, i64),
    Text(Strings<'py>),
    Views(Bound<'py, ArrowTable>, usize),
}

/// Views of text, as the core reads them.
#[derive(Default)]
pub(super) struct ViewedText<'a> {
    views: &'a [u8],
    buffers: Vec<&'a [u8]>,
    missing: Option<Vec<bool>>,
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
    pub(super) fn viewed(&self) -> ViewedText<'_> {
        let array = match &self.customer {
            Names::Views(table, position) => table.get().views(*position),
            _ => None,
        };
        let Some(array) = array else {
            return ViewedText::default();
        };
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        ViewedText {
            views: array.views().inner().as_slice(),
            buffers: array.data_buffers().iter().map(Buffer::as_slice).collect(),
            missing: nulls.map(|nulls| nulls.iter().map(|valid| !valid).collect()),
        }
    }

    pub(super) fn log<'a>(
        &'a self,
        viewed: &'a ViewedText<'a>,
        stop: &'a AtomicBool,
    ) -> PyResult<EventLog<'a>> {
        let time = self.time.as_slice()?;
        let missing = viewed.missing.as_deref().or(mask(&self.customer_missing)?);
        let missing = Mask::new(missing, time.len())?;
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
                Names::Views(..) => Customers::Text {
                    text: Text::of_views(viewed.views, &viewed.buffers),
                    missing,
                },
            },
            time,
            time_missing: Mask::new(mask(&self.time_missing)?, time.len())?,
            amount: amount.transpose()?,
            stop,
        })
    }
}

/// Merge, refunds and duplicates, as the caller knows them.
pub(super) type RuleNames = (Option<String>, String, String);

pub(super) fn parsed((merge, refunds, duplicates): &RuleNames) -> PyResult<Rules> {
    Ok(Rules {
        merge: Merge::parse(merge.as_deref())?,
        refunds: RefundRule::parse(refunds)?,
        duplicates: DuplicateRule::parse(duplicates)?,
    })
}

/// Summarise a log without grouping it first; None if that is no way for this log or for these rules.
#[pyfunction]
pub(super) fn summarize_log<'py>(
    py: Python<'py>,
    columns: EventColumns<'py>,
    rules: RuleNames,
    as_of: Option<(i64, bool)>,
    unit: &str,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let (rules, unit, viewed) = (parsed(&rules)?, Unit::parse(unit)?, columns.viewed());
    let stop = AtomicBool::new(false);
    let log = columns.log(&viewed, &stop)?;
    let plan = py.detach(|| Plan::new(log))?;
    let summaries = with_memory(py, (&plan, &stop), |memory| {
        summarize_events(&plan, rules, as_of, memory)
    })?;
    let has_amounts = log.amount.is_some();
    let written = summaries.map(|found| summary_dict(py, &found, unit, has_amounts));
    written.transpose()
}

/// Group a log without codes; None if that is no way for this log or for these rules.
#[pyfunction]
pub(super) fn group_log<'py>(
    py: Python<'py>,
    columns: EventColumns<'py>,
    rules: RuleNames,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let (rules, viewed) = (parsed(&rules)?, columns.viewed());
    let stop = AtomicBool::new(false);
    let log = columns.log(&viewed, &stop)?;
    let plan = py.detach(|| Plan::new(log))?;
    let purchases = with_memory(py, (&plan, &stop), |memory| {
        gather_purchases(&plan, rules, memory)
    })?;
    let written = purchases.map(|found| grouped_dict(py, &found, log.amount.is_some()));
    written.transpose()
}

/// So often Ctrl-C is looked for.
const NOW_AND_THEN: Duration = Duration::from_millis(50);

/// Follows a plan in memory of NumPy's, which is given back afterwards, and stops at Ctrl-C.
pub(super) fn with_memory<R: Send>(
    py: Python<'_>,
    (plan, stop): (&Plan<'_>, &AtomicBool),
    work: impl FnOnce(&mut [u64]) -> R + Send,
) -> PyResult<R> {
    let mut memory = new_array(py, plan.words())?.readwrite();
    let memory = memory.as_slice_mut()?;
    let watch = || {
        if interrupt().is_err() {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let found = py.detach(|| parallel::watched(NOW_AND_THEN, watch, || work(memory)));
    let is_whole = !stop.load(Ordering::Relaxed);
    Ok(found.filter(|_| is_whole).ok_or(Error::Interrupted)?)
}

fn summary_dict<'py>(
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
    let texts = py.detach(|| {
        summaries.write(unit, columns);
        summaries.texts()
    });
    let result = PyDict::new(py);
    result.set_item("customers", &**customers)?;
    result.set_item("texts", texts.map(|texts| strings(py, texts)))?;
    result.set_item("frequency", &**frequency)?;
    result.set_item("recency", &**recency)?;
    result.set_item("T", &**t)?;
    result.set_item("monetary_value", &**monetary_value)?;
    result.set_item("receipt", receipt_fields(py, &summaries.receipt)?)?;
    Ok(result)
}

fn grouped_dict<'py>(
    py: Python<'py>,
    purchases: &Purchases,
    has_amounts: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let (rows, found) = (purchases.customers(), purchases.receipt.purchases);
    let mut customers = new_array(py, rows)?.readwrite();
    let mut offsets = new_array(py, rows + 1)?.readwrite();
    let mut times = new_array(py, found)?.readwrite();
    let mut values = new_array(py, if has_amounts { found } else { 0 })?.readwrite();
    let columns = PurchaseColumns {
        customers: customers.as_slice_mut()?,
        offsets: offsets.as_slice_mut()?,
        times: times.as_slice_mut()?,
        values: values.as_slice_mut()?,
    };
    let (texts, refunds) = py.detach(|| {
        purchases.write(columns);
        (purchases.texts(), purchases.refunds())
    });
    let result = PyDict::new(py);
    result.set_item("grain", purchases.grain.name())?;
    result.set_item("customers", &**customers)?;
    result.set_item("texts", texts.map(|texts| strings(py, texts)))?;
    result.set_item("offsets", &**offsets)?;
    result.set_item("times", &**times)?;
    result.set_item("values", has_amounts.then_some(&**values))?;
    result.set_item(
        "refund_purchases",
        PyArray1::from_vec(py, refunds.purchases),
    )?;
    result.set_item("refund_times", PyArray1::from_vec(py, refunds.times))?;
    result.set_item("refund_amounts", PyArray1::from_vec(py, refunds.amounts))?;
    let parts = purchases.receipt.refund_amount.parts().to_vec();
    result.set_item("refund_parts", parts)?;
    result.set_item("receipt", receipt_fields(py, &purchases.receipt)?)?;
    Ok(result)
}

/// Strings as Python reads them.
fn strings(py: Python<'_>, texts: TextBuffer) -> (Array<'_, i64>, Array<'_, u8>) {
    let bytes = PyArray1::from_vec(py, texts.bytes);
    (PyArray1::from_vec(py, texts.offsets), bytes)
}
