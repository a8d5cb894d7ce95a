//! Customer lifetime value, RFM and retention: the numeric core of the Python package `tenure`.

pub mod baskets;
pub mod cohorts;
pub mod data;
pub mod error;
pub mod models;
pub mod numeric;
#[cfg(feature = "python")]
mod python;
pub mod retention;
pub mod rfm;
pub mod simulate;
pub mod survival;

pub use error::{Error, Result};
