//! The binding: the only place that names PyO3 or NumPy. Functions here convert, release the interpreter lock,
//! call the core and convert back; they compute nothing themselves.
#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 extracts arguments by value"
)]

mod error;
mod transactions;

use pyo3::pymodule;

/// The compiled core of `tenure`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::transactions::{
        check_summary, customer_activity, group_transactions, split_transactions,
        summarize_transactions,
    };

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
