//! Special functions over `f64`: the gamma and beta functions with their derivatives, and sums of exponentials.
//!
//! Everything takes and returns logarithms where the plain value could overflow, and every difference of two large
//! quantities is formed in a way that keeps its digits. The errors stated hold against 60-digit
//! references (`tests/golden/special.json`), which reach from `1e-300` to `1e300`. "Mixed" errors are relative to the
//! value, or to 1 where the value is smaller: for functions that pass through zero.

mod beta;
mod gamma;
mod log_space;

pub use beta::{ln_beta, ln_beta_gradient, ln_beta_hessian, ln_gamma_ratio};
pub use gamma::{digamma, digamma_rise, ln_gamma, trigamma, trigamma_drop};
pub(super) use gamma::{stirling, stirling_drop};
pub use log_space::{
    exp_m1_minus, exp_moments, ln_1m_exp, ln_1p, ln_1p_minus, ln_add_exp, ln_sum_exp,
};
