//! The probability models, one file each, and what they have in common.

mod bg_nbd;
pub mod fit;
mod gamma_gamma;
mod profile;
pub mod purchasing;
pub mod spending;

pub use bg_nbd::BgNbd;
pub use fit::{Fit, Options, Sample, Status};
pub use gamma_gamma::GammaGamma;
pub use profile::profile_interval;
pub use purchasing::{Purchasing, Quantity};

use crate::data::{Purchases, Spend};
use crate::numeric::Scalar;
use crate::{Error, Result};

/// The unit that a parameter is measured in, and so what it changes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// A pure number.
    None,
    /// The data's time unit.
    Time,
    /// The data's currency.
    Money,
}

/// A parameter of a model; all are positive and are fitted on a log scale.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name in the literature.
    pub name: &'static str,
    /// What it is measured in.
    pub dimension: Dimension,
    /// What it says, in words.
    pub meaning: &'static str,
}

/// What the fitting engine needs to know of one customer.
pub trait Row: Copy + Send + Sync {
    /// Number of purchases: what is shared by customers with equal counts is computed once.
    fn count(&self) -> f64;
    /// Identity and order: rows with equal keys are interchangeable. The count comes first.
    fn key(&self) -> [f64; 3];
    /// Length of observation, to measure parameters with a dimension of time against; 1 where there is none.
    fn time(&self) -> f64 {
        1.0
    }
    /// Value, to measure parameters with a dimension of money against; 1 where there is none.
    fn money(&self) -> f64 {
        1.0
    }
}

impl Row for Purchases {
    fn count(&self) -> f64 {
        self.x
    }

    fn key(&self) -> [f64; 3] {
        [self.x, self.t_x, self.t]
    }

    fn time(&self) -> f64 {
        self.t
    }
}

impl Row for Spend {
    fn count(&self) -> f64 {
        self.x
    }

    fn key(&self) -> [f64; 3] {
        [self.x, self.mean, 0.0]
    }

    fn money(&self) -> f64 {
        self.mean
    }
}

/// A parametric model with `K` parameters.
///
/// The log-likelihood of a customer comes in two parts, so that the costly one, gamma functions of the number of
/// purchases, is computed once for all customers who share that number.
pub trait Model<const K: usize>: Sync {
    /// One customer.
    type Row: Row;
    /// Name in the literature.
    const NAME: &'static str;
    /// The parameters, in the order of `theta`.
    const PARAMETERS: [Parameter; K];

    /// The terms of the log-likelihood that depend on the number of purchases `x` alone.
    fn ln_pdf_shared<S: Scalar>(theta: [S; K], x: f64) -> S;

    /// All other terms of the log-likelihood.
    fn ln_pdf_rest<S: Scalar>(theta: [S; K], row: &Self::Row) -> S;

    /// The log-likelihood of one customer.
    fn ln_pdf<S: Scalar>(theta: [S; K], row: &Self::Row) -> S {
        Self::ln_pdf_shared(theta, row.count()) + Self::ln_pdf_rest(theta, row)
    }

    /// Whether the data can support a fit at all.
    ///
    /// # Errors
    /// Says what is missing.
    fn check(sample: &Sample<Self::Row>) -> Result<()>;

    /// Two points to start from, by the data's own moments: the second is used where the first stalls.
    fn starts(sample: &Sample<Self::Row>) -> [[f64; K]; 2];

    /// What an optimum with a flat direction means, in words.
    fn boundary(theta: [f64; K]) -> String;
}

/// The parameters as an array, all finite and positive.
pub(crate) fn positive<const K: usize>(
    parameters: &[Parameter],
    theta: &[f64],
) -> Result<[f64; K]> {
    let array: [f64; K] = theta.try_into().map_err(|_| Error::Length {
        column: "parameters".into(),
        found: theta.len(),
        reference: "the model".into(),
        expected: K,
    })?;
    match array.iter().position(|p| !(p.is_finite() && *p > 0.0)) {
        None => Ok(array),
        Some(bad) => Err(Error::Parameter {
            name: parameters[bad].name.into(),
            expected: "be finite and greater than 0".into(),
            found: array[bad].to_string(),
            hint: String::new(),
        }),
    }
}
