//! The regularised incomplete beta and gamma functions, both tails without cancellation, and gamma quantiles.
//!
//! One method serves both. In `y = logit(x)` (beta) or `y = ln x` (gamma) a tail is the density at `y` times the
//! integral of a log-concave function that falls from one; a fixed Gauss-Legendre rule gives the integral, and the
//! density is had in the form of a deviance from its mode, which keeps its digits for shapes of any size. Only
//! next to the end with a shape below one a power series takes over. The errors stated hold against 60-digit references
//! down to tails of 1e-300.

mod beta;
mod gamma;
mod tail;

pub use beta::{beta_regularised, beta_regularised_complement};
pub use gamma::{gamma_p, gamma_q, gamma_quantile};
