//! Cohorts: how many of those who began together come back, age by age, and what they are worth.
//!
//! Everything is counted in one pass over the grouped log: a customer's events are turned into ages ([`ages`]), the
//! ages by a rule into stretches in which the customer counts as retained ([`rules`]), and these into the cells of a
//! table ([`counts`], and [`values`] for money).
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "places and counts are int64, as in NumPy, and are checked where they come in"
)]

pub mod ages;
pub mod counts;
pub mod direct;
pub mod lives;
pub mod masks;
pub mod periods;
pub mod rules;
mod spans;
pub mod values;

#[cfg(test)]
mod tests;

pub use ages::Ages;
pub use counts::{Counts, count};
pub use direct::count_events;
pub use lives::{Layout, Lives};
pub use masks::count_masks;
pub use periods::Periods;
pub use rules::ReturnRule;
pub use values::{Measure, Values, sum_values};
