//! What is known of customers beside their purchases, and how it moves the parameters of the models: written once, for
//! every model that says which parameters move ([`Model::moved`](super::Model::moved)).
//!
//! A process of a model, buying say or leaving, has a linear predictor `z'g` for each customer, which is 0 for one whose
//! covariates all are. (Fader and Hardie 2007, Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
//! models, note 019.)

mod customers;
mod fit;
mod patterns;
mod profile;

pub use customers::customer_parameters;
pub(super) use customers::{one_of, own_parameters};
pub use fit::fit_covariates;
pub use profile::profile_covariates;

use crate::data::check::{Rule, same_length};
use crate::numeric::Scalar;
use crate::{Error, Result};

/// As many processes as any model has.
pub const PROCESSES: usize = 2;

/// A coefficient: the column that it belongs to and the processes that it acts on.
#[derive(Debug, Clone)]
pub struct Effect {
    /// What the column is called.
    pub name: String,
    /// Its place in the design.
    pub column: usize,
    /// Whether it acts on each of the processes.
    pub acts: [bool; PROCESSES],
    /// Strength of the pull towards 0, per customer, for a column of standard deviation 1.
    pub penalty: f64,
    /// The value that it is held at.
    pub fixed: Option<f64>,
    /// Where to start.
    pub start: Option<f64>,
}

/// The covariates of customers, and their coefficients.
#[derive(Debug, Clone)]
pub struct Design<'a> {
    /// Row by row, one a customer.
    pub rows: &'a [f64],
    /// Numbers a row.
    pub width: usize,
    /// The coefficients.
    pub effects: Vec<Effect>,
}

impl Design<'_> {
    fn row(&self, customer: usize) -> &[f64] {
        &self.rows[customer * self.width..(customer + 1) * self.width]
    }

    /// Passes if there is a finite row for each of so many customers.
    fn check(&self, customers: usize) -> Result<()> {
        let rows = self.rows.len() / self.width.max(1);
        same_length("covariates", rows, "frequency", customers)?;
        let rule = Rule {
            column: "covariates",
            expected: "be finite",
            hint: "",
        };
        rule.check(
            rows,
            |i| self.row(i).iter().any(|z| !z.is_finite()),
            |i| format!("{:?}", self.row(i)),
        )?;
        let refused = |name: &str, expected: &str, found: String| Error::Parameter {
            name: name.into(),
            expected: expected.into(),
            found,
            hint: String::new(),
        };
        for effect in &self.effects {
            if effect.column >= self.width {
                let found = effect.column.to_string();
                return Err(refused("column", "be one of the design's", found));
            }
            if !(effect.penalty.is_finite() && effect.penalty >= 0.0) {
                let found = effect.penalty.to_string();
                return Err(refused(
                    "covariate_penalty",
                    "be finite and not negative",
                    found,
                ));
            }
            let told = effect.fixed.or(effect.start);
            if let Some(bad) = told.filter(|v| !v.is_finite()) {
                return Err(refused(&effect.name, "be finite", bad.to_string()));
            }
        }
        Ok(())
    }
}

/// The inverse scale of rates that are `exp(by)` times as large.
pub(super) fn faster<S: Scalar>(inverse_scale: S, by: S) -> S {
    inverse_scale * (-by).exp()
}

/// The parameters of a beta distribution whose mean has log odds that are larger by `by`, with `a + b` as it was.
pub(super) fn likelier<S: Scalar>([a, b]: [S; 2], by: S) -> [S; 2] {
    let against = b / a * (-by).exp();
    let a_moved = (a + b) / (against + 1.0);
    [a_moved, a_moved * against]
}

#[cfg(test)]
mod tests;
