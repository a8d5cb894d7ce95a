//! Event tables and the curves over them.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySlice};

use super::convert::{Column, new_column, slice};
use crate::numeric::incomplete::gamma_q;
use crate::survival::aalen_johansen::{cumulative_incidence, instants};
use crate::survival::curve::{self, Band};
use crate::survival::log_rank::{Grouping, Weighting, log_rank as test};
use crate::survival::table::{Steps, Table, write_keys};
use crate::survival::{Events, Names, Sample, Times};
use crate::{Error, Result};

/// Durations in the type that they came in.
#[derive(FromPyObject)]
pub(super) enum Durations<'py> {
    Whole(PyReadonlyArray1<'py, i64>),
    Real(Column<'py>),
}

/// Whether durations ended with the event.
#[derive(FromPyObject)]
pub(super) enum Observed<'py> {
    Flags(PyReadonlyArray1<'py, bool>),
    Whole(PyReadonlyArray1<'py, i64>),
    Real(Column<'py>),
}

/// What the columns of a sample are called: durations, events, entry and weights.
#[derive(FromPyObject)]
pub(super) struct Called(String, String, String, String);

impl Called {
    /// What the durations are called.
    pub(super) fn durations(&self) -> &str {
        &self.0
    }
}

/// Durations, events, entry and weights.
#[derive(FromPyObject)]
pub(super) struct Columns<'py>(
    Durations<'py>,
    Option<Observed<'py>>,
    Option<Column<'py>>,
    Option<Column<'py>>,
);

impl Columns<'_> {
    /// The columns, checked.
    pub(super) fn sample(&self, py: Python<'_>, called: &Called) -> PyResult<Sample<'_>> {
        let names = Names {
            durations: &called.0,
            event: &called.1,
            entry: &called.2,
            weights: &called.3,
        };
        let times = match &self.0 {
            Durations::Whole(values) => Times::Whole(values.as_slice()?),
            Durations::Real(values) => Times::Real(values.as_slice()?),
        };
        let events = match &self.1 {
            None => Events::All(times.len()),
            Some(Observed::Flags(values)) => Events::Flags(values.as_slice()?),
            Some(Observed::Whole(values)) => Events::Whole(values.as_slice()?),
            Some(Observed::Real(values)) => Events::Real(values.as_slice()?),
        };
        let entry = self.2.as_ref().map(|column| slice(names.entry, column));
        let weights = self.3.as_ref().map(|column| slice(names.weights, column));
        let (entry, weights) = (entry.transpose()?, weights.transpose()?);
        Ok(py.detach(|| Sample::new(names, times, events, entry, weights))?)
    }
}

/// Says what is wrong with the columns of a sample, if anything is.
#[pyfunction]
pub(super) fn survival_check(py: Python<'_>, columns: Columns<'_>, called: Called) -> PyResult<()> {
    columns.sample(py, &called).map(drop)
}

/// A column for results and the memory behind it.
macro_rules! results {
    ($py:ident, $rows:expr, $($array:ident: $memory:ident => $slice:ident),+) => {
        $(
            let $array = new_column($py, $rows)?;
            let mut $memory = $array.try_readwrite()?;
            let $slice = $memory.as_slice_mut()?;
        )+
    };
}

/// The keys of a sample (see [`write_keys`]), sorted by NumPy, which does it with the processor's widest instructions.
/// It also asks for large pages: touching fresh memory in small ones costs as much as the sorting.
fn sorted_keys<'py>(py: Python<'py>, sample: &Sample<'_>) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let rows = Steps::keys(sample);
    let empty = py.import("numpy")?.call_method1("empty", (rows, "u8"))?;
    let keys: Bound<'py, PyArray1<u64>> = empty.cast_into()?;
    {
        let mut memory = keys.try_readwrite()?;
        let memory = memory.as_slice_mut()?;
        py.detach(|| write_keys(sample, memory));
    }
    keys.call_method0("sort")?;
    Ok(keys)
}

/// A column for results in memory that is no longer needed, if that has the right size.
fn recycled<'py>(
    memory: &Bound<'py, PyArray1<u64>>,
    rows: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let size = memory.len();
    if size < rows || size > 2 * rows {
        return new_column(memory.py(), rows);
    }
    let floats = memory.call_method1("view", ("f8",))?;
    let part = floats.get_item(PySlice::new(memory.py(), 0, rows.cast_signed(), 1))?;
    Ok(part.cast_into()?)
}

/// The event table of a sample as a dictionary of columns, and memory to `spare` for the curve over it. How many are
/// censored is left out where no row has a weight or an entry.
#[pyfunction]
pub(super) fn survival_table<'py>(
    py: Python<'py>,
    columns: Columns<'py>,
    called: Called,
) -> PyResult<Bound<'py, PyDict>> {
    let sample = columns.sample(py, &called)?;
    let spare = sorted_keys(py, &sample)?;
    let sorted = spare.try_readonly()?;
    let sorted = sorted.as_slice()?;
    let (steps, rows) = py.detach(|| {
        let steps = Steps::of(&sample, sorted);
        let rows = steps.rows();
        (steps, rows)
    });
    let dict = PyDict::new(py);
    results!(py, rows,
        timeline: timeline_memory => timeline_slice,
        at_risk: at_risk_memory => at_risk_slice,
        observed: observed_memory => observed_slice
    );
    let (entered, censored) = (sample.entry.is_some(), !steps.is_whole());
    results!(py, if entered { rows } else { 0 }, entrance: entrance_memory => entrance_slice);
    results!(py, if censored { rows } else { 0 }, lost: lost_memory => lost_slice);
    let mut table = Table {
        timeline: timeline_slice,
        entered: entered.then_some(entrance_slice),
        at_risk: at_risk_slice,
        observed: observed_slice,
        censored: censored.then_some(lost_slice),
    };
    py.detach(|| table.fill(&steps, &sample));
    dict.set_item("spare", &spare)?;
    dict.set_item("timeline", &timeline)?;
    if entered {
        dict.set_item("entrance", &entrance)?;
    }
    dict.set_item("at_risk", &at_risk)?;
    dict.set_item("observed", &observed)?;
    if censored {
        dict.set_item("censored", &lost)?;
    }
    Ok(dict)
}

/// Two columns of results.
type Two<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// Two columns of `rows` results, as `fill` writes them; the first in memory to spare, if there is such.
fn two<'py>(
    py: Python<'py>,
    rows: usize,
    spare: Option<&Bound<'py, PyArray1<u64>>>,
    fill: impl FnOnce(&mut [f64], &mut [f64]) + Send,
) -> PyResult<Two<'py>> {
    let one = match spare {
        Some(memory) => recycled(memory, rows)?,
        None => new_column(py, rows)?,
    };
    let mut one_memory = one.try_readwrite()?;
    let one_slice = one_memory.as_slice_mut()?;
    results!(py, rows, other: other_memory => other_slice);
    py.detach(|| fill(one_slice, other_slice));
    drop((one_memory, other_memory));
    Ok((one, other))
}

/// The survival function and the sums in Greenwood's formula, in memory to spare where there is some.
#[pyfunction]
#[pyo3(signature = (at_risk, observed, spare=None))]
pub(super) fn kaplan_meier<'py>(
    py: Python<'py>,
    at_risk: Column<'py>,
    observed: Column<'py>,
    spare: Option<Bound<'py, PyArray1<u64>>>,
) -> PyResult<Two<'py>> {
    let at_risk = slice("at_risk", &at_risk)?;
    let observed = slice("observed", &observed)?;
    two(py, at_risk.len(), spare.as_ref(), |survival, sums| {
        curve::kaplan_meier(at_risk, observed, survival, sums);
    })
}

/// The cumulative hazard and its variance.
#[pyfunction]
pub(super) fn nelson_aalen<'py>(
    py: Python<'py>,
    at_risk: Column<'py>,
    observed: Column<'py>,
    one_by_one: bool,
) -> PyResult<Two<'py>> {
    let at_risk = slice("at_risk", &at_risk)?;
    let observed = slice("observed", &observed)?;
    two(py, at_risk.len(), None, |hazard, variance| {
        curve::nelson_aalen(at_risk, observed, one_by_one, hazard, variance);
    })
}

/// The band around a survival curve.
#[pyfunction]
pub(super) fn survival_band<'py>(
    py: Python<'py>,
    band: &str,
    z: f64,
    survival: Column<'py>,
    sums: Column<'py>,
) -> PyResult<Two<'py>> {
    let band = band_named(band)?;
    let survival = slice("survival", &survival)?;
    let sums = slice("sums", &sums)?;
    two(py, survival.len(), None, |lower, upper| {
        curve::survival_band(band, z, survival, sums, lower, upper);
    })
}

fn band_named(name: &str) -> Result<Band> {
    match name {
        "log-log" => Ok(Band::LogLog),
        "log" => Ok(Band::Log),
        "plain" => Ok(Band::Plain),
        _ => Err(Error::Parameter {
            name: "band".into(),
            expected: "be 'log-log', 'log' or 'plain'".into(),
            found: format!("'{name}'"),
            hint: String::new(),
        }),
    }
}

/// The mean of durations cut off at a horizon, and its variance.
#[pyfunction]
pub(super) fn restricted_mean<'py>(
    py: Python<'py>,
    timeline: Column<'py>,
    survival: Column<'py>,
    sums: Column<'py>,
    horizon: f64,
) -> PyResult<(f64, f64)> {
    let timeline = slice("timeline", &timeline)?;
    let survival = slice("survival", &survival)?;
    let sums = slice("sums", &sums)?;
    Ok(py.detach(|| curve::restricted_mean(timeline, survival, sums, horizon)))
}

/// Statistic, degrees of freedom, p-value, observed and expected events.
type Tested = (f64, usize, f64, Vec<f64>, Vec<f64>);

/// The log-rank test or one of its relatives: statistic, degrees of freedom, p-value, observed and expected events.
#[pyfunction]
#[pyo3(signature = (columns, called, groups, size, strata, weighting, p, q))]
#[expect(
    clippy::too_many_arguments,
    reason = "a test's settings, all of them scalars"
)]
pub(super) fn log_rank<'py>(
    py: Python<'py>,
    columns: Columns<'py>,
    called: Called,
    groups: PyReadonlyArray1<'py, i64>,
    size: usize,
    strata: Option<PyReadonlyArray1<'py, i64>>,
    weighting: &str,
    p: f64,
    q: f64,
) -> PyResult<Tested> {
    let sample = columns.sample(py, &called)?;
    let weighting = weighting_named(weighting, p, q)?;
    let groups = codes("by", &groups, sample.len(), size)?;
    let strata = match &strata {
        Some(strata) => Some(codes("strata", strata, sample.len(), usize::MAX)?),
        None => None,
    };
    let grouping = Grouping {
        groups,
        size,
        strata,
    };
    let found = py.detach(|| test(&sample, grouping, weighting));
    Ok((
        found.statistic,
        found.degrees,
        found.p_value,
        found.observed,
        found.expected,
    ))
}

/// Codes of as many rows as the sample has, each below `size`.
pub(super) fn codes<'a>(
    name: &str,
    array: &'a PyReadonlyArray1<'_, i64>,
    rows: usize,
    size: usize,
) -> PyResult<&'a [i64]> {
    let codes = array.as_slice()?;
    let known = |&code: &i64| usize::try_from(code).is_ok_and(|code| code < size);
    if codes.len() == rows && codes.iter().all(known) {
        return Ok(codes);
    }
    Err(PyErr::from(Error::Parameter {
        name: name.into(),
        expected: format!("have {rows} codes below {size}"),
        found: format!("{} codes", codes.len()),
        hint: String::new(),
    }))
}

fn weighting_named(name: &str, p: f64, q: f64) -> Result<Weighting> {
    match name {
        "log-rank" => Ok(Weighting::LogRank),
        "wilcoxon" => Ok(Weighting::Wilcoxon),
        "tarone-ware" => Ok(Weighting::TaroneWare),
        "peto" => Ok(Weighting::Peto),
        "fleming-harrington" => Ok(Weighting::FlemingHarrington(p, q)),
        _ => Err(Error::Parameter {
            name: "weighting".into(),
            expected: "be 'log-rank', 'wilcoxon', 'tarone-ware', 'peto' or 'fleming-harrington'"
                .into(),
            found: format!("'{name}'"),
            hint: String::new(),
        }),
    }
}

/// Cumulative incidence and its variance.
type Incidence<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// Times, how many are at risk, and for each cause its events, its cumulative incidence and the variance of that; how
/// many are censored.
#[pyfunction]
pub(super) fn aalen_johansen<'py>(
    py: Python<'py>,
    columns: Columns<'py>,
    called: Called,
    causes: PyReadonlyArray1<'py, i64>,
    number: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let sample = columns.sample(py, &called)?;
    let causes = codes("event_observed", &causes, sample.len(), number + 1)?;
    let (instants, found) = py.detach(|| {
        let instants = instants(&sample, causes, number);
        let one = |cause| cumulative_incidence(&instants, cause);
        let found: Vec<_> = (0..number).map(one).collect();
        (instants, found)
    });
    let column = |value: &dyn Fn(usize) -> f64| -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_iter(py, (0..instants.len()).map(value))
    };
    let dict = PyDict::new(py);
    dict.set_item("timeline", column(&|i| instants[i].time))?;
    dict.set_item("at_risk", column(&|i| instants[i].at_risk))?;
    dict.set_item("censored", column(&|i| instants[i].censored))?;
    let events = |cause: usize| column(&|i| instants[i].events[cause]);
    dict.set_item("events", (0..number).map(events).collect::<Vec<_>>())?;
    let found: Vec<Incidence<'_>> = found
        .into_iter()
        .map(|(f, v)| (PyArray1::from_vec(py, f), PyArray1::from_vec(py, v)))
        .collect();
    dict.set_item("incidence", found)?;
    Ok(dict)
}

/// How likely a chi-squared variable with so many degrees of freedom is at least so large.
#[pyfunction]
pub(super) fn chi_squared_tail(statistic: f64, degrees: u32) -> f64 {
    gamma_q(0.5 * f64::from(degrees), 0.5 * statistic)
}
