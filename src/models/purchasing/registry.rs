//! Models of repeat buying by name, with their number of parameters erased.

mod erased;

use std::fmt::Debug;

use self::erased::Erased;
use super::{Nature, Quantity};
use crate::data::{Histories, HistoryColumns, Purchases};
use crate::models::covariates::Design;
use crate::models::fit::{Fit, Options};
use crate::models::{
    BgBb, BgNbd, Cnbd, CorrelatedParetoNbd, GGompertzNbd, MbgNbd, Nbd, NeverLeaving, Parameter,
    ParetoNbd, Pdo, WeibullNbd,
};
use crate::numeric::random::Stream;
use crate::{Error, Result};

/// Every model of repeat buying.
pub static PURCHASING: &[&dyn DynPurchasing] = &[
    &Erased::<BgNbd, 4, 3, 6>(BgNbd),
    &Erased::<MbgNbd, 4, 3, 6>(MbgNbd),
    &Erased::<ParetoNbd, 4, 4, 6>(ParetoNbd),
    &Erased::<CorrelatedParetoNbd, 7, 7, 9>(CorrelatedParetoNbd),
    &Erased::<Nbd, 2, 2, 4>(Nbd),
    &Erased::<GGompertzNbd, 5, 5, 7>(GGompertzNbd),
    &Erased::<WeibullNbd, 5, 5, 7>(WeibullNbd),
    &Erased::<Pdo, 5, 5, 7>(Pdo),
    &Erased::<NeverLeaving<ParetoNbd>, 5, 5, 7>(NeverLeaving::MODEL),
    &Erased::<NeverLeaving<GGompertzNbd>, 6, 6, 8>(NeverLeaving::MODEL),
    &Erased::<NeverLeaving<WeibullNbd>, 6, 6, 8>(NeverLeaving::MODEL),
    &Erased::<NeverLeaving<Pdo>, 6, 6, 8>(NeverLeaving::MODEL),
    &Erased::<BgBb, 4, 4, 6>(BgBb),
    &Erased::<Cnbd<false>, 5, 4, 7>(Cnbd),
    &Erased::<Cnbd<true>, 5, 4, 7>(Cnbd),
];

/// The model with this name.
///
/// # Errors
/// [`Error::Parameter`] if there is none.
pub fn purchasing(name: &str) -> Result<&'static dyn DynPurchasing> {
    let found = PURCHASING.iter().find(|model| model.name() == name);
    found.copied().ok_or_else(|| Error::Parameter {
        name: "model".into(),
        expected: format!(
            "be one of {}",
            PURCHASING
                .iter()
                .map(|m| m.name())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        found: format!("{name:?}"),
        hint: String::new(),
    })
}

/// A model of repeat buying whose parameters are a slice; where it is asked about customers, they are those of all, or one
/// row for each.
pub trait DynPurchasing: Debug + Sync {
    /// Name in the literature.
    fn name(&self) -> &'static str;

    /// The parameters.
    fn parameters(&self) -> &'static [Parameter];

    /// How many processes may depend on covariates.
    fn processes(&self) -> usize;

    /// Maximum likelihood; with a design, of parameters and coefficients.
    ///
    /// # Errors
    /// See [`fit`](crate::models::fit::fit) and
    /// [`fit_covariates`](crate::models::covariates::fit_covariates).
    fn fit(
        &self,
        customers: &Histories<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
    ) -> Result<Fit>;

    /// The parameters of customers with these linear predictors: see
    /// [`customer_parameters`](crate::models::covariates::customer_parameters).
    ///
    /// # Errors
    /// See there.
    fn customer_parameters(
        &self,
        theta: &[f64],
        predictors: &[f64],
        out: &mut [f64],
        slopes: Option<&mut [f64]>,
    ) -> Result<()>;

    /// Interval for one parameter or coefficient by the profile likelihood.
    ///
    /// # Errors
    /// See [`profile_interval`](crate::models::profile_interval).
    fn profile(
        &self,
        customers: &Histories<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]>;

    /// The log-likelihood of each customer, into `out`.
    ///
    /// # Errors
    /// Parameters that are not positive, or not as many as the model has.
    fn log_likelihood(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        out: &mut [f64],
    ) -> Result<()>;

    /// A quantity for each customer, into `out`, and its derivatives with respect to the parameters (customers by
    /// parameters) into `gradients` where wanted; `horizon` is in the customers' time unit, one value or one each.
    ///
    /// # Errors
    /// Parameters that are not positive or not as many as the model has; a horizon or rate that is negative or not a
    /// number, or of another length; columns that are not [`Histories`].
    fn predict(
        &self,
        quantity: Quantity,
        theta: &[f64],
        customers: &HistoryColumns<'_>,
        horizon: &[f64],
        out: &mut [f64],
        gradients: Option<&mut [f64]>,
    ) -> Result<()>;

    /// Several quantities for each customer, a column of `columns` each: quicker than one after the other.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`].
    fn predict_together(
        &self,
        quantities: &[Quantity],
        theta: &[f64],
        customers: &HistoryColumns<'_>,
        horizon: &[f64],
        columns: &mut [&mut [f64]],
    ) -> Result<()>;

    /// Probabilities of `0..=most` purchases within the horizon, one row a customer.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`].
    fn probabilities(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        horizon: &[f64],
        most: usize,
        out: &mut [f64],
    ) -> Result<()>;

    /// The smallest counts of purchases within the horizon that are reached with at least each of the probabilities
    /// `levels`, one row a customer.
    ///
    /// # Errors
    /// As [`DynPurchasing::predict`]; a level outside [0, 1).
    fn quantiles(
        &self,
        theta: &[f64],
        customers: &Histories<'_>,
        horizon: &[f64],
        levels: &[f64],
        out: &mut [f64],
    ) -> Result<()>;

    /// Passes if these are parameters and customers of the model.
    ///
    /// # Errors
    /// As [`DynPurchasing::log_likelihood`].
    fn check(&self, theta: &[f64], customers: &Histories<'_>) -> Result<()>;

    /// A customer drawn at random, with parameters that are [checked](DynPurchasing::check): see
    /// [`Purchasing::nature`](super::Purchasing::nature).
    fn nature(&self, theta: &[f64], history: Option<&Purchases>, stream: &mut Stream) -> Nature;
}
