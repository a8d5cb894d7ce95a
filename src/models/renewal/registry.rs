//! Models of renewal by name, with their number of parameters erased, and the loops over customers and ages.

use std::fmt::Debug;

use super::bootstrap::{Exposure, bootstrap};
use super::contracts::checked;
use super::spans::{at, check_rate, check_spans};
use super::{
    BetaDiscreteWeibull, DiscreteWeibull, ExponentialGamma, Geometric, Law,
    ProportionalBetaWeibull, ShiftedBetaGeometric, Span, Staying, WeibullGamma,
};
use crate::data::{Contracts, Rows};
use crate::models::covariates::{
    Design, customer_parameters, fit_covariates, one_of, own_parameters, profile_covariates,
};
use crate::models::fit::{Fit, Options, fit};
use crate::models::profile::profile_interval;
use crate::models::{Model, Parameter, positive};
use crate::numeric::random::Streams;
use crate::numeric::{Dual, parallel};
use crate::{Error, Result};

/// Every model of renewal.
pub static RENEWAL: &[&dyn DynRenewal] = &[
    &Erased::<_, 2, 4, 6>(Staying::<ShiftedBetaGeometric, 2>::LAW),
    &Erased::<_, 3, 5, 7>(Staying::<BetaDiscreteWeibull, 3>::LAW),
    &Erased::<_, 4, 6, 8>(Staying::<ProportionalBetaWeibull, 4>::LAW),
    &Erased::<_, 1, 3, 5>(Staying::<Geometric, 1>::LAW),
    &Erased::<_, 2, 4, 6>(Staying::<DiscreteWeibull, 2>::LAW),
    &Erased::<_, 2, 4, 6>(Staying::<ExponentialGamma, 2>::LAW),
    &Erased::<_, 3, 5, 7>(Staying::<WeibullGamma, 3>::LAW),
];

/// The model with this name.
///
/// # Errors
/// [`Error::Parameter`] if there is none.
pub fn renewal(name: &str) -> Result<&'static dyn DynRenewal> {
    let found = RENEWAL.iter().find(|model| model.name() == name);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = RENEWAL.iter().map(|model| model.name()).collect();
        Error::Parameter {
            name: "model".into(),
            expected: format!("be one of {}", names.join(", ")),
            found: format!("{name:?}"),
            hint: String::new(),
        }
    })
}

/// A model of renewal whose parameters are a slice: those of the law, then the two shares. Where it is asked about
/// customers, they are those of all, or one row for each.
pub trait DynRenewal: Debug + Sync {
    /// Name in the literature.
    fn name(&self) -> &'static str;

    /// The parameters.
    fn parameters(&self) -> &'static [Parameter];

    /// Whether customers may leave at any moment.
    fn is_continuous(&self) -> bool;

    /// How many processes may depend on covariates: none, or that of leaving.
    fn processes(&self) -> usize;

    /// Maximum likelihood; with a design, of parameters and coefficients.
    ///
    /// # Errors
    /// See [`fit`]; ages that are not whole where they must be.
    fn fit(
        &self,
        contracts: &Contracts<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
    ) -> Result<Fit>;

    /// The parameters of customers with these linear predictors: see [`customer_parameters`].
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
    /// See [`profile_interval`].
    fn profile(
        &self,
        contracts: &Contracts<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]>;

    /// The log-likelihood of each customer, into `out`.
    ///
    /// # Errors
    /// Parameters out of range, or not as many as the model has.
    fn log_likelihood(
        &self,
        theta: &[f64],
        contracts: &Contracts<'_>,
        out: &mut [f64],
    ) -> Result<()>;

    /// A quantity for each span of ages, into `out`, and its derivatives with respect to the parameters (spans by
    /// parameters) into `gradients` where wanted. A span without end has an infinite `to`.
    ///
    /// # Errors
    /// Parameters out of range; ages that are negative, not in order, or not whole in discrete time; a negative rate.
    fn predict(
        &self,
        quantity: Span,
        theta: &[f64],
        from: &[f64],
        to: &[f64],
        out: &mut [f64],
        gradients: Option<&mut [f64]>,
    ) -> Result<()>;

    /// The age at which each of the customers leaves who are there at the ages `entry`; infinite if never.
    ///
    /// # Errors
    /// Parameters out of range.
    fn simulate(&self, theta: &[f64], entry: &[f64], seed: u64, out: &mut [f64]) -> Result<()>;

    /// Estimates from data sets drawn from the model itself, one row a data set; NaN where a fit found nothing.
    ///
    /// # Errors
    /// Parameters out of range; bad exposures; an interrupt.
    fn bootstrap(
        &self,
        theta: &[f64],
        exposure: &Exposure<'_>,
        options: &Options<'_>,
        replicates: usize,
        seed: u64,
    ) -> Result<Vec<Vec<f64>>>;
}

/// A model with its number of parameters hidden behind [`DynRenewal`].
#[derive(Debug)]
struct Erased<M, const B: usize, const K: usize, const N: usize>(M);

/// Draws of simulated customers, apart from those of other purposes.
const LEAVING: u64 = 11;

impl<L: Law<B> + Debug, const B: usize, const K: usize, const N: usize> DynRenewal
    for Erased<Staying<L, B>, B, K, N>
{
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn parameters(&self) -> &'static [Parameter] {
        const { &<Staying<L, B> as Model<K, K>>::PARAMETERS }
    }

    fn is_continuous(&self) -> bool {
        L::CONTINUOUS
    }

    fn processes(&self) -> usize {
        L::PROCESSES
    }

    fn fit(
        &self,
        contracts: &Contracts<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
    ) -> Result<Fit> {
        let contracts = checked::<L, B>(contracts)?;
        match design {
            None => fit::<Staying<L, B>, K, K>(&contracts, options),
            Some(design) => fit_covariates::<Staying<L, B>, K, K, N>(&contracts, design, options),
        }
    }

    fn customer_parameters(
        &self,
        theta: &[f64],
        predictors: &[f64],
        out: &mut [f64],
        slopes: Option<&mut [f64]>,
    ) -> Result<()> {
        customer_parameters::<Staying<L, B>, K, K, N>(theta, predictors, out, slopes)
    }

    fn profile(
        &self,
        contracts: &Contracts<'_>,
        design: Option<&Design<'_>>,
        options: &Options<'_>,
        estimates: &[f64],
        parameter: usize,
        level: f64,
    ) -> Result<[f64; 2]> {
        let contracts = checked::<L, B>(contracts)?;
        if let Some(design) = design {
            return profile_covariates::<Staying<L, B>, K, K, N>(
                &contracts, design, options, estimates, parameter, level,
            );
        }
        profile_interval::<Staying<L, B>, K, K>(&contracts, options, estimates, parameter, level)
    }

    fn log_likelihood(
        &self,
        theta: &[f64],
        contracts: &Contracts<'_>,
        out: &mut [f64],
    ) -> Result<()> {
        let theta = own_parameters::<K>(self.parameters(), theta, contracts.len())?;
        let contracts = checked::<L, B>(contracts)?;
        parallel::fill_rows(out, 1, |i, value| {
            value[0] = Staying::<L, B>::own(one_of(&theta, i), &contracts.row(i));
        });
        Ok(())
    }

    fn predict(
        &self,
        quantity: Span,
        theta: &[f64],
        from: &[f64],
        to: &[f64],
        out: &mut [f64],
        gradients: Option<&mut [f64]>,
    ) -> Result<()> {
        let theta = own_parameters::<K>(self.parameters(), theta, from.len())?;
        check_spans(from, to, !L::CONTINUOUS)?;
        check_rate(quantity)?;
        let Some(gradients) = gradients else {
            parallel::fill_rows(out, 1, |i, value| {
                value[0] = at::<L, B, K, f64>(quantity, one_of(&theta, i), from[i], to[i]);
            });
            return Ok(());
        };
        parallel::fill_row_pairs((out, 1), (gradients, K), |i, value, gradient| {
            let theta = Dual::<K>::variables(one_of(&theta, i));
            let found = at::<L, B, K, Dual<K>>(quantity, theta, from[i], to[i]);
            value[0] = found.value;
            gradient.copy_from_slice(&found.gradient);
        });
        Ok(())
    }

    fn simulate(&self, theta: &[f64], entry: &[f64], seed: u64, out: &mut [f64]) -> Result<()> {
        let theta = own_parameters::<K>(self.parameters(), theta, entry.len())?;
        check_spans(entry, entry, !L::CONTINUOUS)?;
        let streams = Streams::new(seed, LEAVING);
        parallel::fill_rows(out, 1, |i, age| {
            let (theta, mut stream) = (one_of(&theta, i), streams.stream(i as u64));
            age[0] = Staying::<L, B>::leaves_at(theta, entry[i], &mut stream);
        });
        Ok(())
    }

    fn bootstrap(
        &self,
        theta: &[f64],
        exposure: &Exposure<'_>,
        options: &Options<'_>,
        replicates: usize,
        seed: u64,
    ) -> Result<Vec<Vec<f64>>> {
        let theta = positive::<K>(self.parameters(), theta)?;
        bootstrap::<L, B, K>(theta, exposure, options, replicates, seed)
    }
}
