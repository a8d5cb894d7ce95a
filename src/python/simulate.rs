//! Customers and orders drawn from the models.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::convert::{Column, Theta, slice};
use super::purchasing::Customers;
use crate::models::purchasing::purchasing;
use crate::simulate::{arrivals, customers, futures, mean_spend, order_values, purchases};

type Array<'py, T> = Bound<'py, PyArray1<T>>;

/// Frequency and recency; rates or probabilities of buying and of leaving; the sum of the logarithms of the times between
/// purchases; and whether alive at the end.
type Drawn<'py> = (
    Array<'py, i64>,
    Array<'py, f64>,
    Array<'py, f64>,
    Array<'py, f64>,
    Array<'py, f64>,
    Array<'py, bool>,
);

/// New customers of a model of buying observed up to their ages.
#[pyfunction]
pub(super) fn simulate_customers<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    ages: Column<'py>,
    seed: u64,
) -> PyResult<Drawn<'py>> {
    let (model, ages, theta) = (purchasing(model)?, slice("T", &ages)?, theta.numbers()?);
    let drawn = py.detach(|| customers(model, theta, ages, seed))?;
    Ok((
        column(py, &drawn, |c| c.x.cast_signed()),
        column(py, &drawn, |c| c.t_x),
        column(py, &drawn, |c| c.buying),
        column(py, &drawn, |c| c.leaving),
        column(py, &drawn, |c| c.ln_waits),
        column(py, &drawn, |c| c.alive),
    ))
}

/// One fact about each customer.
fn column<'py, C, T: numpy::Element>(
    py: Python<'py>,
    customers: &[C],
    fact: impl Fn(&C) -> T,
) -> Array<'py, T> {
    PyArray1::from_vec(py, customers.iter().map(fact).collect())
}

/// How many repeat purchases each new customer makes up to their age, and the age at each.
#[pyfunction]
pub(super) fn simulate_purchases<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    ages: Column<'py>,
    seed: u64,
) -> PyResult<(Array<'py, i64>, Array<'py, f64>)> {
    let (model, ages, theta) = (purchasing(model)?, slice("T", &ages)?, theta.numbers()?);
    let drawn = py.detach(|| purchases(model, theta, ages, seed))?;
    let counts = column(py, &drawn.customers, |c| c.x.cast_signed());
    Ok((counts, PyArray1::from_vec(py, drawn.times)))
}

/// How many purchases each known customer makes within a horizon, and whether they are alive at its end.
#[pyfunction]
#[pyo3(signature = (model, theta, customers, *, horizon, seed, draw))]
pub(super) fn simulate_futures<'py>(
    py: Python<'py>,
    model: &str,
    theta: Theta<'py>,
    customers: Customers<'py>,
    horizon: Column<'py>,
    seed: u64,
    draw: u64,
) -> PyResult<(Array<'py, i64>, Array<'py, bool>)> {
    let (model, theta) = (purchasing(model)?, theta.numbers()?);
    let (columns, horizon) = (customers.columns()?, slice("horizon", &horizon)?);
    let drawn = py.detach(|| futures(model, theta, &columns, horizon, seed, draw))?;
    let counts = column(py, &drawn, |(x, _)| x.cast_signed());
    Ok((counts, column(py, &drawn, |(_, alive)| *alive)))
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
    theta: Theta<'py>,
    frequency: Column<'py>,
    seed: u64,
) -> PyResult<Array<'py, f64>> {
    let frequency = slice("frequency", &frequency)?;
    let theta = theta.numbers()?;
    let means = py.detach(|| mean_spend(theta, frequency, seed))?;
    Ok(PyArray1::from_vec(py, means))
}

/// The value of each order, customer by customer.
#[pyfunction]
pub(super) fn simulate_order_values<'py>(
    py: Python<'py>,
    theta: Theta<'py>,
    orders: PyReadonlyArray1<'py, u64>,
    seed: u64,
) -> PyResult<Array<'py, f64>> {
    let orders = orders.as_slice()?;
    let theta = theta.numbers()?;
    let values = py.detach(|| order_values(theta, orders, seed))?;
    Ok(PyArray1::from_vec(py, values))
}
