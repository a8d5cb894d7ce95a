//! The probability models, one file each, and what they have in common.

mod bg_bb;
mod bg_cnbd;
mod bg_nbd;
pub mod covariates;
mod dependence;
mod ended;
pub mod fit;
mod gamma_gamma;
mod gamma_gamma_orders;
mod ggompertz_nbd;
pub mod lifetimes;
mod mbg_nbd;
mod nbd;
mod never_leaving;
mod pareto_nbd;
mod pareto_nbd_correlated;
mod pdo;
mod profile;
pub mod purchasing;
pub mod renewal;
mod sample;
mod scale;
pub mod spending;
mod weibull_nbd;
pub mod ziln;

pub use bg_bb::BgBb;
pub use bg_cnbd::Cnbd;
pub use bg_nbd::BgNbd;
pub use fit::{Fit, Options, Status};
pub use gamma_gamma::GammaGamma;
pub use gamma_gamma_orders::GammaGammaOrders;
pub use ggompertz_nbd::GGompertzNbd;
pub use mbg_nbd::MbgNbd;
pub use nbd::Nbd;
pub use never_leaving::NeverLeaving;
pub use pareto_nbd::ParetoNbd;
pub use pareto_nbd_correlated::CorrelatedParetoNbd;
pub use pdo::Pdo;
pub use profile::profile_interval;
pub use purchasing::{Purchasing, Quantity};
pub use sample::{Group, Row, Sample};
pub use weibull_nbd::WeibullNbd;

use self::sample::bits;
use crate::data::{Purchases, Spend};
use crate::numeric::{Dual2, Scalar};
use crate::{Error, Result};

/// The unit that a parameter is measured in, and so what it changes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// A pure number.
    None,
    /// The data's time unit.
    Time,
    /// One over the data's time unit.
    PerTime,
    /// The data's currency.
    Money,
    /// A pure number between 0 and 1.
    Share,
    /// A pure number between -1 and 1, which is 0 where two things are not related.
    Association,
}

/// A parameter of a model; all are positive and are fitted on a log scale, shares on that of log odds and associations on
/// that of a log odds ratio.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name in the literature.
    pub name: &'static str,
    /// What it is measured in.
    pub dimension: Dimension,
    /// What it says, in words.
    pub meaning: &'static str,
}

impl Parameter {
    /// Whether a fit may hold the parameter at this value: nobody may have a share, and relations may be complete.
    pub(crate) fn may_be_fixed_at(&self, value: f64) -> bool {
        self.dimension.admits(value)
            || (self.dimension == Dimension::Share && value == 0.0)
            || (self.dimension == Dimension::Association && value.abs() <= 1.0)
    }
}

impl Row for Purchases {
    fn count(&self) -> f64 {
        self.x
    }

    /// `t_x` in the upper half, `T` in the lower.
    type Key = u128;

    fn key(&self) -> u128 {
        u128::from(bits(self.t_x)) << 64 | u128::from(bits(self.t))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the halves of the key")]
    fn new(x: f64, key: u128) -> Self {
        Self {
            x,
            t_x: f64::from_bits((key >> 64) as u64),
            t: f64::from_bits(key as u64),
        }
    }

    fn time(&self) -> f64 {
        self.t
    }
}

impl Row for Spend {
    fn count(&self) -> f64 {
        self.x
    }

    type Key = u64;

    fn key(&self) -> u64 {
        bits(self.mean)
    }

    fn new(x: f64, mean: u64) -> Self {
        Self {
            x,
            mean: f64::from_bits(mean),
        }
    }

    fn money(&self) -> f64 {
        self.mean
    }
}

/// Customers with equal numbers of purchases, and what their log-likelihood is put together from.
#[derive(Debug, Clone, Copy)]
pub struct Equals<S> {
    /// Their number of purchases.
    pub count: f64,
    /// How many they are.
    pub customers: f64,
    /// The sum of their [`Model::statistic`]s.
    pub statistic: f64,
    /// The sum of their [`Model::own`] terms.
    pub own: S,
}

/// A parametric model with `K` parameters, whose customers have `J` quantities in common with those who bought as often.
///
/// The log-likelihood comes in parts, so that the costly ones, gamma functions of the number of purchases, are computed
/// once for all customers who share that number, and so that a customer's own term is a function of `J` quantities
/// only: derivatives are what a fit spends its time on.
pub trait Model<const K: usize, const J: usize>: Sync {
    /// One customer.
    type Row: Row;
    /// Name in the literature.
    const NAME: &'static str;
    /// The parameters, in the order of `theta`.
    const PARAMETERS: [Parameter; K];
    /// Customers with fewer purchases say nothing about the parameters.
    const LEAST_COUNT: f64 = 0.0;

    /// What the own terms of customers with `x` purchases depend on, beside their rows.
    fn common<S: Scalar>(theta: [S; K], x: f64) -> [S; J];

    /// A customer's own term.
    fn own<S: Scalar>(common: [S; J], row: &Self::Row) -> S;

    /// A customer's own term with its derivatives in the common quantities.
    fn own_with_slopes(common: [f64; J], row: &Self::Row) -> Dual2<J> {
        Self::own(Dual2::variables(common), row)
    }

    /// A number of the row alone of which only the sum over customers matters.
    fn statistic(_row: &Self::Row) -> f64 {
        0.0
    }

    /// The log-likelihood of customers with equal numbers of purchases.
    fn together<S: Scalar>(theta: [S; K], equals: &Equals<S>) -> S;

    /// The log-likelihood of one customer.
    fn ln_pdf<S: Scalar>(theta: [S; K], row: &Self::Row) -> S {
        let count = row.count();
        let alone = Equals {
            count,
            customers: 1.0,
            statistic: Self::statistic(row),
            own: Self::own(Self::common(theta, count), row),
        };
        Self::together(theta, &alone)
    }

    /// Whether the data can support a fit at all.
    ///
    /// # Errors
    /// Says what is missing.
    fn check(sample: &Sample<Self::Row>) -> Result<()>;

    /// Two points to start from, by the data's own moments: the second is used where the first stalls.
    fn starts(sample: &Sample<Self::Row>) -> [[f64; K]; 2];

    /// How far each parameter is from neutral on its free scale: what a penalty pulls at.
    fn distances<S: Scalar>(theta: [S; K], time: f64, money: f64) -> [S; K] {
        std::array::from_fn(|j| {
            Self::PARAMETERS[j]
                .dimension
                .distance(theta[j], time, money)
        })
    }

    /// What an optimum with a flat direction, or with a parameter at its ceiling, means in words.
    fn boundary(theta: [f64; K]) -> String;

    /// Values of the parameters beyond which no data tell anything more: a fit on its way there ends at a boundary.
    const CEILINGS: [f64; K] = [f64::INFINITY; K];

    /// A point from which the likelihood can be climbed, in place of one at a boundary where it is flat.
    fn inside(theta: [f64; K]) -> [f64; K] {
        theta
    }

    /// How many processes, such as buying and leaving, may depend on covariates.
    const PROCESSES: usize = 0;

    /// Whether a constant that is added to linear predictors can be had by other parameters just as well.
    const SHIFTS: bool = true;

    /// The parameters of a customer with these linear predictors, one a process, where `theta` are those of one whose
    /// covariates are all 0.
    fn moved<S: Scalar>(theta: [S; K], _by: [S; covariates::PROCESSES]) -> [S; K] {
        theta
    }
}

/// The parameters as an array, all within their range.
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
    let outside = |(p, value): (&Parameter, &f64)| !p.may_be_fixed_at(*value);
    match parameters.iter().zip(&array).position(outside) {
        None => Ok(array),
        Some(bad) => Err(Error::Parameter {
            name: parameters[bad].name.into(),
            expected: parameters[bad].dimension.range().into(),
            found: array[bad].to_string(),
            hint: String::new(),
        }),
    }
}
