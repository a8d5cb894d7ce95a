//! Validated inputs: what the models and tables of this crate are computed from.

pub(crate) mod check;
pub mod rows;

pub use rows::{Histories, Purchases, Rows, Spend, Spending};
