//! Mathematics that has never heard of customers.

pub mod beta_rule;
pub mod dual;
pub mod hypergeometric;
pub mod linalg;
pub mod parallel;
pub mod scalar;
pub mod special;

pub use beta_rule::BetaRule;
pub use dual::{Dual, Dual2};
pub use scalar::Scalar;
