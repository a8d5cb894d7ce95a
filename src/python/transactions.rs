//! Grouped logs: the columns of a log in, compressed rows, summaries and splits out.

use numpy::{Element, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::data::attributes::{Attribute, attributes};
use crate::data::calendar::{Cutoff, Grain, Unit};
use crate::data::intervals::log_intervals;
use crate::data::rows::check_histories;
use crate::data::split::split;
use crate::data::summary::{Summary, activity, summarize};
use crate::data::waits::waits;
use crate::data::{
    Column, DuplicateRule, History, Merge, OrderLog, Receipt, RefundColumns, RefundRule, Rules,
    Transactions,
};

type Array<'py, T> = PyReadonlyArray1<'py, T>;
type Named<'py, T> = (String, Array<'py, T>);

/// The columns of a log, each with the name that the user knows it by.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct LogColumns<'py> {
    customer: Named<'py, i64>,
    customers: usize,
    time: Named<'py, i64>,
    time_missing: Option<Array<'py, bool>>,
    amount: Option<Named<'py, f64>>,
    order: Option<Named<'py, i64>>,
    product: Option<Named<'py, i64>>,
    attributes: Vec<Named<'py, i64>>,
}

impl LogColumns<'_> {
    pub(super) fn log(&self) -> PyResult<OrderLog<'_>> {
        Ok(OrderLog {
            customer: column(&self.customer)?,
            customers: self.customers,
            time: column(&self.time)?,
            time_missing: slice(self.time_missing.as_ref())?,
            amount: self.amount.as_ref().map(column).transpose()?,
            order: self.order.as_ref().map(column).transpose()?,
            product: self.product.as_ref().map(column).transpose()?,
            attributes: self
                .attributes
                .iter()
                .map(column)
                .collect::<PyResult<_>>()?,
        })
    }
}

fn column<'a, T: Element>(named: &'a Named<'_, T>) -> PyResult<Column<'a, T>> {
    Ok(Column {
        name: &named.0,
        values: named.1.as_slice()?,
    })
}

fn slice<'a, T: Element>(array: Option<&'a Array<'_, T>>) -> PyResult<Option<&'a [T]>> {
    Ok(array.map(|array| array.as_slice()).transpose()?)
}

/// The compressed rows of a log, as [`group_transactions`] gave them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct HistoryColumns<'py> {
    grain: String,
    offsets: Array<'py, i64>,
    times: Array<'py, i64>,
    values: Option<Array<'py, f64>>,
    refund_purchases: Array<'py, i64>,
    refund_times: Array<'py, i64>,
    refund_amounts: Array<'py, f64>,
}

impl HistoryColumns<'_> {
    pub(super) fn history(&self) -> PyResult<History<'_>> {
        let refunds = RefundColumns {
            purchases: self.refund_purchases.as_slice()?,
            times: self.refund_times.as_slice()?,
            amounts: self.refund_amounts.as_slice()?,
        };
        Ok(History::new(
            Grain::parse(&self.grain)?,
            self.offsets.as_slice()?,
            self.times.as_slice()?,
            slice(self.values.as_ref())?,
            refunds,
        )?)
    }
}

/// An instant, and whether it stands for its whole day.
pub(super) type Date = (i64, bool);

pub(super) fn cutoff(history: &History<'_>, (at, whole_day): Date) -> Cutoff {
    history.grain().cutoff(at, whole_day)
}

pub(super) fn array<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyArray1<T>> {
    PyArray1::from_vec(py, values)
}

/// Group the rows of a log by customer and period.
#[pyfunction]
pub(super) fn group_transactions<'py>(
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
    let (grouped, attributes) = py.detach(|| {
        let grouped = Transactions::group(&log, rules)?;
        let attributes = attributes(&log, &grouped);
        Ok::<_, crate::Error>((grouped, attributes))
    })?;
    let result = grouped_columns(py, grouped)?;
    set_attributes(&result, attributes)?;
    Ok(result)
}

pub(super) fn set_attributes(
    result: &Bound<'_, PyDict>,
    attributes: Vec<Attribute>,
) -> PyResult<()> {
    let one = |one: Attribute| (array(result.py(), one.codes), one.conflicts);
    let attributes: Vec<_> = attributes.into_iter().map(one).collect();
    result.set_item("attributes", attributes)
}

pub(super) fn grouped_columns(
    py: Python<'_>,
    grouped: Transactions,
) -> PyResult<Bound<'_, PyDict>> {
    let result = PyDict::new(py);
    result.set_item("grain", grouped.grain.name())?;
    result.set_item("customers", array(py, grouped.customers))?;
    result.set_item("offsets", array(py, grouped.offsets))?;
    result.set_item("times", array(py, grouped.times))?;
    let values = grouped.values.map(|values| array(py, values));
    result.set_item("values", values)?;
    let refunds = grouped.refunds;
    result.set_item("refund_purchases", array(py, refunds.purchases))?;
    result.set_item("refund_times", array(py, refunds.times))?;
    result.set_item("refund_amounts", array(py, refunds.amounts))?;
    let lines = grouped.lines.unwrap_or_default();
    result.set_item("line_offsets", array(py, lines.offsets))?;
    result.set_item("line_orders", array(py, lines.orders))?;
    result.set_item("line_products", array(py, lines.products))?;
    result.set_item("line_amounts", array(py, lines.amounts))?;
    let parts = grouped.receipt.refund_amount.parts().to_vec();
    result.set_item("refund_parts", parts)?;
    result.set_item("receipt", receipt_fields(py, &grouped.receipt)?)?;
    Ok(result)
}

pub(super) fn receipt_fields<'py>(
    py: Python<'py>,
    receipt: &Receipt,
) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    let dropped = PyDict::new(py);
    dropped.set_item("missing_customer", receipt.dropped.missing_customer)?;
    dropped.set_item("missing_time", receipt.dropped.missing_time)?;
    dropped.set_item("duplicates", receipt.dropped.duplicates)?;
    dropped.set_item("refunds", receipt.dropped.refunds)?;
    let orphans = receipt.dropped.refunds_without_purchase;
    dropped.set_item("refunds_without_purchase", orphans)?;
    fields.set_item("dropped", dropped)?;
    fields.set_item("rows", receipt.rows)?;
    fields.set_item("used", receipt.used)?;
    fields.set_item("merged", receipt.merged)?;
    fields.set_item("duplicates", receipt.duplicates)?;
    fields.set_item("refunds", receipt.refunds)?;
    fields.set_item("refund_amount", receipt.refund_amount.value())?;
    fields.set_item("zero_amounts", receipt.zero_amounts)?;
    fields.set_item("customers", receipt.customers)?;
    let without = receipt.customers_without_purchase;
    fields.set_item("customers_without_purchase", without)?;
    fields.set_item("purchases", receipt.purchases)?;
    fields.set_item("first_time", receipt.first_time)?;
    fields.set_item("last_time", receipt.last_time)?;
    Ok(fields)
}

/// One row a customer who had bought by a date.
#[pyfunction]
pub(super) fn summarize_transactions<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    as_of: Date,
    unit: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let unit = Unit::parse(unit)?;
    let history = log.history()?;
    let summary = py.detach(|| summarize(&history, cutoff(&history, as_of), unit))?;
    let result = PyDict::new(py);
    set_summary(&result, summary)?;
    Ok(result)
}

fn set_summary(result: &Bound<'_, PyDict>, summary: Summary) -> PyResult<()> {
    let py = result.py();
    result.set_item("customers", array(py, summary.customers))?;
    result.set_item("frequency", array(py, summary.frequency))?;
    result.set_item("recency", array(py, summary.recency))?;
    result.set_item("T", array(py, summary.t))?;
    result.set_item("monetary_value", array(py, summary.monetary_value))
}

/// For each customer of a summary the sum of the logarithms of the times between purchases.
#[pyfunction]
pub(super) fn purchase_log_intervals<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    as_of: Date,
    unit: &str,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let unit = Unit::parse(unit)?;
    let history = log.history()?;
    let sums = py.detach(|| log_intervals(&history, cutoff(&history, as_of), unit))?;
    Ok(array(py, sums))
}

/// What was known of each customer at a date, and what they bought from there to another.
#[pyfunction]
pub(super) fn split_transactions<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    at: Date,
    until: Date,
    unit: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let unit = Unit::parse(unit)?;
    let history = log.history()?;
    let cutoffs = (cutoff(&history, at), cutoff(&history, until));
    let split = py.detach(|| split(&history, cutoffs.0, cutoffs.1, unit))?;
    let result = PyDict::new(py);
    set_summary(&result, split.calibration)?;
    result.set_item("holdout_purchases", array(py, split.purchases))?;
    result.set_item("holdout_value", array(py, split.value))?;
    result.set_item("holdout_mean_value", array(py, split.mean_value))?;
    result.set_item("holdout_duration", split.duration)?;
    let refunds = (split.calibration_refunds, split.calibration_refund_amount);
    result.set_item("refunds_of_calibration", refunds)?;
    Ok(result)
}

/// What each customer has done up to a date.
#[pyfunction]
pub(super) fn customer_activity<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    as_of: Date,
) -> PyResult<Bound<'py, PyDict>> {
    let history = log.history()?;
    let activity = py.detach(|| activity(&history, cutoff(&history, as_of)))?;
    let result = PyDict::new(py);
    result.set_item("customers", array(py, activity.customers))?;
    result.set_item("first_purchase", array(py, activity.first_purchase))?;
    result.set_item("last_purchase", array(py, activity.last_purchase))?;
    result.set_item("purchases", array(py, activity.purchases))?;
    result.set_item("recency_days", array(py, activity.recency_days))?;
    result.set_item("total_value", array(py, activity.total_value))?;
    result.set_item("mean_value", array(py, activity.mean_value))?;
    Ok(result)
}

/// The times between purchases up to a date, of each customer's first `most` purchases.
#[pyfunction]
pub(super) fn purchase_waits<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    as_of: Date,
    unit: &str,
    most: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let unit = Unit::parse(unit)?;
    let history = log.history()?;
    let found = py.detach(|| waits(&history, cutoff(&history, as_of), unit, most))?;
    let result = PyDict::new(py);
    result.set_item("customers", array(py, found.customers))?;
    result.set_item("orders", array(py, found.orders))?;
    result.set_item("starts", array(py, found.starts))?;
    result.set_item("durations", array(py, found.durations))?;
    result.set_item("events", array(py, found.events))?;
    Ok(result)
}

/// Raise unless the columns, each with its name, can be a summary of purchases.
#[pyfunction]
pub(super) fn check_summary(
    py: Python<'_>,
    frequency: Named<'_, f64>,
    recency: Named<'_, f64>,
    t: Named<'_, f64>,
    unit: Option<&str>,
) -> PyResult<()> {
    unit.map(Unit::parse).transpose()?;
    let columns = [column(&frequency)?, column(&recency)?, column(&t)?];
    let names = columns.map(|column| column.name);
    let [frequency, recency, t] = columns.map(|column| column.values);
    py.detach(|| check_histories(names, frequency, recency, t))?;
    Ok(())
}
