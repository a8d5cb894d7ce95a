//! Validated inputs: what the models and tables of this crate are computed from.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places and counts are int64, as in NumPy, and are checked where they come in"
)]

pub mod attributes;
pub mod buckets;
pub mod calendar;
pub(crate) mod check;
pub mod codes;
pub mod collate;
pub mod contracts;
pub mod engine;
mod group;
pub(crate) mod hash;
pub mod instants;
pub mod intervals;
pub mod many_dates;
pub mod mask;
mod merge;
pub mod order_log;
pub mod order_values;
pub mod receipt;
pub mod rows;
pub mod rules;
pub mod split;
pub mod summary;
pub mod text;
pub mod time;
pub mod time_format;
pub mod transactions;
pub mod waits;
pub mod zone;

pub use contracts::{Contract, Contracts};
pub use group::{Lines, Refunds};
pub use order_log::{Column, OrderLog};
pub use order_values::{OrderValues, Orders};
pub use receipt::{Dropped, Receipt};
pub use rows::{Counts, Histories, HistoryColumns, Purchases, Rows, Spend, Spending};
pub use rules::{DuplicateRule, Merge, RefundRule, Rules};
pub use transactions::{History, RefundColumns, Transactions};
