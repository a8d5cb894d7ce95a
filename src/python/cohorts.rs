//! Cohorts: customers, their events and the layout of a table in, its cells out.

use std::sync::atomic::AtomicBool;

use numpy::{PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::engine::{EventColumns, RuleNames, parsed, with_memory};
use super::transactions::array;
use crate::cohorts::{
    Ages, Counts, Layout, Lives, Measure, Periods, ReturnRule, count, count_events, count_masks,
    sum_values,
};
use crate::data::RefundColumns;
use crate::data::engine::Plan;

type Array<'py, T> = PyReadonlyArray1<'py, T>;

/// Customers with their events; they begin with the first where there are no births.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct LifeColumns<'py> {
    births: Option<Array<'py, i64>>,
    segments: Option<Array<'py, i64>>,
    offsets: Array<'py, i64>,
    times: Array<'py, i64>,
}

impl LifeColumns<'_> {
    fn lives(&self) -> PyResult<Lives<'_>> {
        let births = self.births.as_ref().map(|births| births.as_slice());
        let segments = self.segments.as_ref().map(|segments| segments.as_slice());
        Ok(Lives::new(
            births.transpose()?,
            segments.transpose()?,
            self.offsets.as_slice()?,
            self.times.as_slice()?,
        )?)
    }
}

/// The rows and columns of a table: where cohorts begin (as days), and what ages are: periods that begin on such days, or
/// lengths of so many microseconds, or of so many months.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct LayoutColumns<'py> {
    cohorts: Array<'py, i64>,
    periods: Option<Array<'py, i64>>,
    microseconds: Option<i64>,
    months: Option<i64>,
    end: i64,
    segments: usize,
    most: Option<usize>,
    brackets: Vec<(usize, usize)>,
    recurring: bool,
}

impl LayoutColumns<'_> {
    fn layout(&self) -> PyResult<Layout> {
        let layout = Layout::new(
            Periods::new(self.cohorts.as_slice()?)?,
            self.ages()?,
            self.segments,
            self.most,
            self.brackets.clone(),
        )?;
        Ok(if self.recurring {
            layout.recurring()
        } else {
            layout
        })
    }

    fn ages(&self) -> PyResult<Ages> {
        Ok(match (&self.periods, self.months) {
            (Some(starts), _) => Ages::calendar(Periods::new(starts.as_slice()?)?, self.end),
            (None, Some(months)) => Ages::months(months, self.end)?,
            (None, None) => Ages::elapsed(self.microseconds.unwrap_or_default(), self.end)?,
        })
    }
}

/// The value of each event, and later refunds of some of them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct MeasureColumns<'py> {
    values: Option<Array<'py, f64>>,
    refund_purchases: Array<'py, i64>,
    refund_times: Array<'py, i64>,
    refund_amounts: Array<'py, f64>,
}

impl MeasureColumns<'_> {
    fn measure(&self, lives: &Lives<'_>) -> PyResult<Measure<'_>> {
        let refunds = RefundColumns {
            purchases: self.refund_purchases.as_slice()?,
            times: self.refund_times.as_slice()?,
            amounts: self.refund_amounts.as_slice()?,
        };
        let values = self.values.as_ref().map(|values| values.as_slice());
        Ok(Measure::new(lives, values.transpose()?, refunds)?)
    }
}

/// Count the members of each cohort, and those of them who are retained at each age.
#[pyfunction]
pub(super) fn cohort_counts<'py>(
    py: Python<'py>,
    customers: LifeColumns<'py>,
    layout: LayoutColumns<'py>,
    rule: &str,
    eligible_only: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let rule = ReturnRule::parse(rule)?;
    let (lives, layout) = (customers.lives()?, layout.layout()?);
    let counts = py.detach(|| count(&lives, &layout, rule, eligible_only));
    counts_dict(py, counts)
}

fn counts_dict(py: Python<'_>, counts: Counts) -> PyResult<Bound<'_, PyDict>> {
    let shape = (counts.sizes.len(), counts.columns);
    let result = PyDict::new(py);
    result.set_item("sizes", array(py, counts.sizes))?;
    result.set_item("eligible", table(py, counts.eligible, shape)?)?;
    result.set_item("started", table(py, counts.started, shape)?)?;
    result.set_item("retained", table(py, counts.retained, shape)?)?;
    result.set_item("active", table(py, counts.active, shape)?)?;
    result.set_item("previous", table(py, counts.previous, shape)?)?;
    let (latest_complete, earliest_started) = counts.reach;
    result.set_item("latest_complete", array(py, latest_complete))?;
    result.set_item("earliest_started", array(py, earliest_started))?;
    result.set_item("outside", counts.outside)?;
    result.set_item("early", counts.early)?;
    Ok(result)
}

/// Counts, and the first and the last time that was used.
type CountsOfLog<'py> = (Bound<'py, PyDict>, (i64, i64));

/// Count as `cohort_counts` does, straight from the columns of a log, with the first and the last time that was used;
/// None if that is no way for this log or these rules.
#[pyfunction]
pub(super) fn cohort_counts_of_log<'py>(
    py: Python<'py>,
    columns: EventColumns<'py>,
    rules: RuleNames,
    layout: LayoutColumns<'py>,
    rule: &str,
    eligible_only: bool,
) -> PyResult<Option<CountsOfLog<'py>>> {
    let (rules, rule, viewed) = (parsed(&rules)?, ReturnRule::parse(rule)?, columns.viewed());
    let stop = AtomicBool::new(false);
    let (log, layout) = (columns.log(&viewed, &stop)?, layout.layout()?);
    if let Some((counts, times)) =
        py.detach(|| count_masks(&log, rules, &layout, rule, eligible_only))
    {
        return Ok(Some((counts_dict(py, counts)?, times)));
    }
    let plan = py.detach(|| Plan::new(log))?;
    let found = with_memory(py, (&plan, &stop), |memory| {
        count_events(&plan, rules, &layout, rule, eligible_only, memory)
    })?;
    let Some((counts, receipt)) = found else {
        return Ok(None);
    };
    let times = (receipt.first_time, receipt.last_time);
    Ok(Some((counts_dict(py, counts)?, times)))
}

/// Sum what the members of each cohort are worth at each age.
#[pyfunction]
pub(super) fn cohort_values<'py>(
    py: Python<'py>,
    customers: LifeColumns<'py>,
    layout: LayoutColumns<'py>,
    measure: MeasureColumns<'py>,
    eligible_only: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let (lives, layout) = (customers.lives()?, layout.layout()?);
    let measure = measure.measure(&lives)?;
    let values = py.detach(|| sum_values(&lives, &layout, &measure, eligible_only));
    let shape = (layout.rows(), layout.columns());
    let result = PyDict::new(py);
    result.set_item("orders", table(py, values.orders, shape)?)?;
    result.set_item("orders_squared", table(py, values.orders_squared, shape)?)?;
    result.set_item("total", table(py, values.total, shape)?)?;
    result.set_item("total_squared", table(py, values.total_squared, shape)?)?;
    result.set_item("total_by_orders", table(py, values.total_by_orders, shape)?)?;
    result.set_item("of_active", table(py, values.of_active, shape)?)?;
    result.set_item("cumulative", table(py, values.cumulative, shape)?)?;
    let squared = table(py, values.cumulative_squared, shape)?;
    result.set_item("cumulative_squared", squared)?;
    Ok(result)
}

fn table<T: numpy::Element>(
    py: Python<'_>,
    cells: Vec<T>,
    (rows, columns): (usize, usize),
) -> PyResult<Bound<'_, PyArray2<T>>> {
    array(py, cells).reshape([rows, columns])
}
