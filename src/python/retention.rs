//! What customers do period after period.

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::transactions::{Date, HistoryColumns, array, cutoff};
use crate::retention::engagement;
use crate::retention::growth::Movements;
use crate::retention::ledger::LedgerRows;
use crate::retention::lifecycle::{Gaps, Lifecycle, ORIGINS, STATES};
use crate::retention::returns::{EventTable, WaitColumns, clustered_variance};
use crate::retention::revenue::RevenueRetention;
use crate::retention::{Ledger, streaks};

/// The rows of a ledger, as [`period_ledger`] gave them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct LedgerColumns<'py> {
    offsets: PyReadonlyArray1<'py, i64>,
    periods: PyReadonlyArray1<'py, i64>,
    amounts: Option<PyReadonlyArray1<'py, f64>>,
    length: usize,
}

impl LedgerColumns<'_> {
    fn ledger(&self) -> PyResult<Ledger<'_>> {
        let amounts = self.amounts.as_ref().map(|amounts| amounts.as_slice());
        Ok(Ledger::new(
            self.offsets.as_slice()?,
            self.periods.as_slice()?,
            amounts.transpose()?,
            self.length,
        )?)
    }
}

/// One row for each customer and each period with a purchase; period `i` begins at `edges[i]`.
#[pyfunction]
pub(super) fn period_ledger<'py>(
    py: Python<'py>,
    log: HistoryColumns<'py>,
    as_of: Date,
    edges: PyReadonlyArray1<'py, i64>,
) -> PyResult<Bound<'py, PyDict>> {
    let history = log.history()?;
    let edges = edges.as_slice()?;
    let rows = py.detach(|| LedgerRows::of(&history, cutoff(&history, as_of), edges))?;
    let result = PyDict::new(py);
    let amounts = history.has_values().then(|| array(py, rows.amounts));
    result.set_item("offsets", array(py, rows.offsets))?;
    result.set_item("periods", array(py, rows.periods))?;
    result.set_item("amounts", amounts)?;
    result.set_item("length", edges.len().saturating_sub(1))?;
    Ok(result)
}

/// Who came, stayed, came back and left, and with what money.
#[pyfunction]
pub(super) fn growth_movements<'py>(
    py: Python<'py>,
    ledger: LedgerColumns<'py>,
    window: usize,
    step: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let ledger = ledger.ledger()?;
    let found = py.detach(|| Movements::of(&ledger, window, step))?;
    let result = PyDict::new(py);
    result.set_item("active", array(py, found.active))?;
    result.set_item("buyers", array(py, found.buyers))?;
    result.set_item("new", array(py, found.new))?;
    result.set_item("retained", array(py, found.retained))?;
    result.set_item("resurrected", array(py, found.resurrected))?;
    result.set_item("churned", array(py, found.churned))?;
    result.set_item("revenue", array(py, found.revenue))?;
    result.set_item("new_revenue", array(py, found.new_revenue))?;
    result.set_item("expansion", array(py, found.expansion))?;
    result.set_item("contraction", array(py, found.contraction))?;
    result.set_item("resurrected_revenue", array(py, found.resurrected_revenue))?;
    result.set_item("churned_revenue", array(py, found.churned_revenue))?;
    Ok(result)
}

/// Sums over the customers who paid `span` periods before, one entry a period.
#[pyfunction]
pub(super) fn revenue_retention<'py>(
    py: Python<'py>,
    ledger: LedgerColumns<'py>,
    window: usize,
    span: usize,
    reactivation: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let ledger = ledger.ledger()?;
    let found = py.detach(|| RevenueRetention::of(&ledger, window, span, reactivation))?;
    let result = PyDict::new(py);
    result.set_item("customers", array(py, found.customers))?;
    result.set_item("retained", array(py, found.retained))?;
    for (name, sums) in ["x", "y", "k"].into_iter().zip(found.sums) {
        result.set_item(name, array(py, sums))?;
    }
    let names = ["xx", "xy", "yy", "xk", "kk"];
    for (name, sums) in names.into_iter().zip(found.products) {
        result.set_item(name, array(py, sums))?;
    }
    Ok(result)
}

/// How many customers bought in the last `window` periods, at the end of each.
#[pyfunction]
pub(super) fn trailing_actives<'py>(
    py: Python<'py>,
    ledger: LedgerColumns<'py>,
    window: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let ledger = ledger.ledger()?;
    let found = py.detach(|| engagement::trailing_actives(&ledger, window))?;
    Ok(array(py, found))
}

/// How many customers bought in 1, 2, ... of the last `window` periods, at each of the ends.
#[pyfunction]
pub(super) fn active_periods<'py>(
    py: Python<'py>,
    ledger: LedgerColumns<'py>,
    ends: Vec<usize>,
    window: usize,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let ledger = ledger.ledger()?;
    let found = py.detach(|| engagement::active_periods(&ledger, &ends, window))?;
    array(py, found).reshape([ends.len(), window])
}

/// Periods in a row with a purchase, one entry a customer.
#[pyfunction]
pub(super) fn purchase_streaks<'py>(
    py: Python<'py>,
    ledger: LedgerColumns<'py>,
    running: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let ledger = ledger.ledger()?;
    let found = py.detach(|| streaks::streaks(&ledger, running));
    let result = PyDict::new(py);
    result.set_item("active", array(py, found.active))?;
    result.set_item("streaks", array(py, found.streaks))?;
    result.set_item("longest", array(py, found.longest))?;
    result.set_item("longest_from", array(py, found.longest_from))?;
    result.set_item("current", array(py, found.current))?;
    result.set_item("last", array(py, found.last))?;
    Ok(result)
}

/// The state of customers in each period, the moves between states, and the last state of each.
#[pyfunction]
pub(super) fn lifecycle_states<'py>(
    py: Python<'py>,
    ledger: LedgerColumns<'py>,
    ends: PyReadonlyArray1<'py, i64>,
    gaps: (i64, i64, i64),
) -> PyResult<Bound<'py, PyDict>> {
    let ledger = ledger.ledger()?;
    let ends = ends.as_slice()?;
    let (at_risk, dormant, lost) = gaps;
    let gaps = Gaps {
        at_risk,
        dormant,
        lost,
    };
    let found = py.detach(|| Lifecycle::of(&ledger, ends, gaps))?;
    let result = PyDict::new(py);
    let customers = array(py, found.customers).reshape([ends.len(), STATES])?;
    let moves = array(py, found.moves).reshape([ends.len(), ORIGINS, STATES])?;
    result.set_item("customers", customers)?;
    result.set_item("moves", moves)?;
    result.set_item("last", array(py, found.last))?;
    Ok(result)
}

/// The variance of the logarithm of the share that does not return within the horizon, for each gap.
#[pyfunction]
pub(super) fn return_variance<'py>(
    py: Python<'py>,
    waits: (
        PyReadonlyArray1<'py, f64>,
        PyReadonlyArray1<'py, bool>,
        PyReadonlyArray1<'py, i64>,
    ),
    table: (
        PyReadonlyArray1<'py, f64>,
        PyReadonlyArray1<'py, f64>,
        PyReadonlyArray1<'py, f64>,
    ),
    gaps: Vec<f64>,
    horizon: f64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let columns = WaitColumns {
        durations: waits.0.as_slice()?,
        events: waits.1.as_slice()?,
        customers: waits.2.as_slice()?,
    };
    let steps = EventTable {
        timeline: table.0.as_slice()?,
        at_risk: table.1.as_slice()?,
        observed: table.2.as_slice()?,
    };
    let found = py.detach(|| clustered_variance(columns, steps, &gaps, horizon))?;
    Ok(array(py, found))
}
