//! Customers and orders drawn from the models.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::convert::{Column, slice};
use crate::Result;
use crate::simulate::{Customer, arrivals, bg_nbd, bg_nbd_purchases, mean_spend, order_values};

type Array<'py, T> = Bound<'py, PyArray1<T>>;

/// Frequency and recency; purchase rate, dropout probability and whether alive at the end.
type Customers<'py> = (
    Array<'py, i64>,
    Array<'py, f64>,
    Array<'py, f64>,
    Array<'py, f64>,
    Array<'py, bool>,
);

/// BG/NBD customers observed up to their ages.
#[pyfunction]
pub(super) fn simulate_bg_nbd<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    ages: Column<'py>,
    seed: u64,
) -> PyResult<Customers<'py>> {
    let ages = slice("T", &ages)?;
    let (x, t_x, rate, dropout, alive) = py.detach(|| -> Result<_> {
        let drawn = bg_nbd(&theta, ages, seed)?;
        Ok((
            column(&drawn, |c| c.x.cast_signed()),
            column(&drawn, |c| c.t_x),
            column(&drawn, |c| c.rate),
            column(&drawn, |c| c.dropout),
            column(&drawn, |c| c.alive),
        ))
    })?;
    Ok((
        PyArray1::from_vec(py, x),
        PyArray1::from_vec(py, t_x),
        PyArray1::from_vec(py, rate),
        PyArray1::from_vec(py, dropout),
        PyArray1::from_vec(py, alive),
    ))
}

/// One fact about each customer.
fn column<T>(customers: &[Customer], fact: impl Fn(&Customer) -> T) -> Vec<T> {
    customers.iter().map(fact).collect()
}

/// How many repeat purchases each BG/NBD customer makes up to their age, and the age at each.
#[pyfunction]
pub(super) fn simulate_purchases<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    ages: Column<'py>,
    seed: u64,
) -> PyResult<(Array<'py, i64>, Array<'py, f64>)> {
    let ages = slice("T", &ages)?;
    let (counts, times) = py.detach(|| -> Result<_> {
        let drawn = bg_nbd_purchases(&theta, ages, seed)?;
        let counts = column(&drawn.customers, |c| c.x.cast_signed());
        Ok((counts, drawn.times))
    })?;
    Ok((
        PyArray1::from_vec(py, counts),
        PyArray1::from_vec(py, times),
    ))
}

/// When each customer makes the first purchase within a window of the given length.
#[pyfunction]
pub(super) fn simulate_arrivals<'py>(
    py: Python<'py>,
    windows: Column<'py>,
    seed: u64,
) -> PyResult<Array<'py, f64>> {
    let windows = slice("window", &windows)?;
    let times = py.detach(|| arrivals(windows, seed))?;
    Ok(PyArray1::from_vec(py, times))
}

/// The mean value of each customer's purchases.
#[pyfunction]
pub(super) fn simulate_mean_spend<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    frequency: Column<'py>,
    seed: u64,
) -> PyResult<Array<'py, f64>> {
    let frequency = slice("frequency", &frequency)?;
    let means = py.detach(|| mean_spend(&theta, frequency, seed))?;
    Ok(PyArray1::from_vec(py, means))
}

/// The value of each order, customer by customer.
#[pyfunction]
pub(super) fn simulate_order_values<'py>(
    py: Python<'py>,
    theta: Vec<f64>,
    orders: PyReadonlyArray1<'py, u64>,
    seed: u64,
) -> PyResult<Array<'py, f64>> {
    let orders = orders.as_slice()?;
    let values = py.detach(|| order_values(&theta, orders, seed))?;
    Ok(PyArray1::from_vec(py, values))
}
