//! Mathematics that has never heard of customers.

pub mod beta_rule;
pub mod beta_step;
pub mod complex;
pub mod dense;
pub mod dual;
pub mod exact_sum;
pub mod falling;
pub mod gamma_expectation;
pub mod geometric_sum;
pub mod hypergeometric;
pub mod incomplete;
pub mod linalg;
pub mod log_gamma_tail;
pub mod newton;
pub mod optimize;
pub mod panels;
pub mod parallel;
pub mod power_series;
pub mod quadrature;
pub mod random;
pub mod scalar;
pub mod special;

pub use beta_rule::BetaRule;
pub use beta_step::ln_beta_step;
pub use complex::Complex;
pub use dual::{Dual, Dual2};
pub use exact_sum::ExactSum;
pub use scalar::Scalar;
