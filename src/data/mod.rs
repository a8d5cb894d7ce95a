//! Validated inputs: what the models and tables of this crate are computed from.

mod check;
pub mod rows;

pub use rows::{Purchases, Spend};
