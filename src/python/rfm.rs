//! Scores: columns in, cuts, scores and segments out.

use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;

use super::columns::Strings;
use crate::data::Column;
use crate::rfm::check::{Kind, check};
use crate::rfm::nested::{cuts_within, score_within};
use crate::rfm::rank::{Standing, boundaries};
use crate::rfm::score::{Ties, score};
use crate::rfm::segment::segments;
use crate::rfm::{Best, cuts, rank, tie_break};

type Array<'py, T> = PyReadonlyArray1<'py, T>;
type Scores<'py> = Bound<'py, PyArray1<u8>>;
/// The number of bins, or the shares at which to cut.
#[derive(FromPyObject)]
pub(super) enum Shares {
    Bins(usize),
    Given(Vec<f64>),
}

impl From<Shares> for cuts::Shares {
    fn from(shares: Shares) -> Self {
        match shares {
            Shares::Bins(bins) => Self::Bins(bins),
            Shares::Given(shares) => Self::Given(shares),
        }
    }
}

/// Memory of NumPy's for one small number a customer; `fill` must write all of it.
fn filled(
    py: Python<'_>,
    rows: usize,
    fill: impl FnOnce(&mut [u8]) -> crate::Result<()> + Send,
) -> PyResult<Scores<'_>> {
    let found = PyArray1::zeros(py, rows, false);
    let mut places = found.readwrite();
    let places = places.as_slice_mut()?;
    py.detach(|| fill(places))?;
    Ok(found)
}

fn new_array<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyArray1<T>> {
    PyArray1::from_vec(py, values)
}

/// Raise unless every value of a dimension, named first, is of its kind.
#[pyfunction]
pub(super) fn rfm_check(
    py: Python<'_>,
    column: &str,
    values: Array<'_, f64>,
    kind: &str,
) -> PyResult<()> {
    let (values, kind) = (values.as_slice()?, Kind::parse(kind)?);
    let column = Column {
        name: column,
        values,
    };
    py.detach(|| check(column, kind))?;
    Ok(())
}

/// The cuts of a column, from the worst to the best.
#[pyfunction]
pub(super) fn rfm_cuts(
    py: Python<'_>,
    values: Array<'_, f64>,
    shares: Shares,
    best: &str,
) -> PyResult<Vec<f64>> {
    let (values, best) = (values.as_slice()?, Best::parse(best)?);
    Ok(py.detach(|| cuts::cuts(values, &shares.into(), best)))
}

/// The score of each value.
#[pyfunction]
pub(super) fn rfm_scores<'py>(
    py: Python<'py>,
    values: Array<'py, f64>,
    cuts: Vec<f64>,
    ties: &str,
    best: &str,
) -> PyResult<Scores<'py>> {
    let (values, ties, best) = (values.as_slice()?, Ties::parse(ties)?, Best::parse(best)?);
    filled(py, values.len(), |scores| {
        score(values, &cuts, ties, best, scores);
        Ok(())
    })
}

/// The cuts of a column within each of `count` groups.
#[pyfunction]
pub(super) fn rfm_cuts_within(
    py: Python<'_>,
    values: Array<'_, f64>,
    groups: Array<'_, u16>,
    count: usize,
    shares: Shares,
    best: &str,
) -> PyResult<Vec<Vec<f64>>> {
    let (values, groups) = (values.as_slice()?, groups.as_slice()?);
    let best = Best::parse(best)?;
    Ok(py.detach(|| cuts_within(values, groups, count, &shares.into(), best))?)
}

/// The score of each value by the cuts of its group.
#[pyfunction]
pub(super) fn rfm_scores_within<'py>(
    py: Python<'py>,
    values: Array<'py, f64>,
    groups: Array<'py, u16>,
    cuts: Vec<Vec<f64>>,
    ties: &str,
    best: &str,
) -> PyResult<Scores<'py>> {
    let (values, groups) = (values.as_slice()?, groups.as_slice()?);
    let rule = (Ties::parse(ties)?, Best::parse(best)?);
    filled(py, values.len(), |scores| {
        score_within(values, groups, &cuts, rule, scores)
    })
}

/// A number for each integer that tells customers with equal values apart.
#[pyfunction]
pub(super) fn rfm_tie_breaks_of_integers<'py>(
    py: Python<'py>,
    ids: Array<'py, i64>,
    seed: u64,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let ids = ids.as_slice()?;
    let numbers = py.detach(|| tie_break::of_integers(ids, seed));
    Ok(new_array(py, numbers))
}

/// The same for strings.
#[pyfunction]
pub(super) fn rfm_tie_breaks_of_text<'py>(
    py: Python<'py>,
    ids: Strings<'py>,
    seed: u64,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let ids = ids.text()?;
    let numbers = py.detach(|| tie_break::of_text(ids, seed));
    Ok(new_array(py, numbers))
}

/// The first customer of each bin but the worst, as values and tie-breaking numbers.
#[pyfunction]
pub(super) fn rfm_boundaries(
    py: Python<'_>,
    values: Array<'_, f64>,
    tie_breaks: Array<'_, u64>,
    shares: Shares,
    best: &str,
) -> PyResult<Vec<(f64, u64)>> {
    let (values, tie_breaks) = (values.as_slice()?, tie_breaks.as_slice()?);
    let best = Best::parse(best)?;
    let found = py.detach(|| {
        let standings = rank::standings(values, tie_breaks);
        boundaries(&standings, &shares.into(), best)
    });
    Ok(found.iter().map(|one| (one.value, one.tie_break)).collect())
}

/// The score of each customer by those boundaries.
#[pyfunction]
pub(super) fn rfm_scores_by_rank<'py>(
    py: Python<'py>,
    values: Array<'py, f64>,
    tie_breaks: Array<'py, u64>,
    boundaries: Vec<(f64, u64)>,
    best: &str,
) -> PyResult<Scores<'py>> {
    let (values, tie_breaks) = (values.as_slice()?, tie_breaks.as_slice()?);
    let best = Best::parse(best)?;
    let boundaries: Vec<Standing> = boundaries.into_iter().map(Standing::from).collect();
    filled(py, values.len(), |scores| {
        let standings = rank::standings(values, tie_breaks);
        rank::score(&standings, &boundaries, best, scores);
        Ok(())
    })
}

/// The segment of each customer, by the scores of several dimensions.
#[pyfunction]
pub(super) fn rfm_segments<'py>(
    py: Python<'py>,
    scores: Vec<Array<'py, u8>>,
    bins: Array<'py, u8>,
    table: Array<'py, u8>,
    unscored: u8,
) -> PyResult<Scores<'py>> {
    let columns = scores.iter().map(|one| Ok(one.as_slice()?));
    let columns: Vec<&[u8]> = columns.collect::<PyResult<_>>()?;
    let (bins, table) = (bins.as_slice()?, table.as_slice()?);
    let rows = columns.first().map_or(0, |column| column.len());
    filled(py, rows, |out| {
        segments(&columns, bins, table, unscored, out)
    })
}
