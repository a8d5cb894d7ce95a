//! Proportional hazards (Cox 1972, Journal of the Royal Statistical Society B 34): partial likelihood with tied events,
//! strata, late entry and covariates that change over time, its residuals, baseline and concordance.
//!
//! At each event time `t` of a stratum, with `d` tied events of mean weight `w`, risk-set sums `S0, S1` of `w_i e^{eta_i}`
//! and `w_i e^{eta_i} x_i`, and the same sums `D0, D1` over the tied events alone, Efron's approximation (Efron 1977,
//! Journal of the American Statistical Association 72) uses `S0 - f D0` and `S1 - f D1` for `f = 0, 1/d, .., (d-1)/d`;
//! Breslow's has `f = 0` throughout.

mod concordance;
mod design;
mod fit;
mod likelihood;
mod residuals;
mod tables;

pub use concordance::{Pairs, concordance};
pub use design::{Covariates, Design, Ties};
pub use fit::{CoxFit, Status, fit};
pub use residuals::{Baseline, Residuals, baseline, residuals};
