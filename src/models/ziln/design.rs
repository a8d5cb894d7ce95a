//! What a regression is fitted to.

use crate::data::check::{Rule, same_length};
use crate::{Error, Result};

/// The rows of a regression.
#[derive(Debug, Clone, Copy)]
pub struct Design<'a> {
    /// Row by row, `width` numbers each: standardised covariates after a constant.
    pub x: &'a [f64],
    /// Numbers a row.
    pub width: usize,
    /// What each customer was worth: 0, or more.
    pub y: &'a [f64],
    /// How many customers each row stands for.
    pub weights: Option<&'a [f64]>,
    /// Strength of the pull of all coefficients but constants towards 0: half of it times the sum of their squares is
    /// taken off the mean log-likelihood.
    pub penalty: f64,
    /// Whether the spread of the logarithms depends on the covariates too.
    pub varying_spread: bool,
}

impl Design<'_> {
    pub(super) fn row(&self, place: usize) -> &[f64] {
        &self.x[place * self.width..(place + 1) * self.width]
    }

    pub(super) fn weight(&self, place: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[place])
    }

    pub(super) fn customers(&self) -> f64 {
        (0..self.y.len()).map(|place| self.weight(place)).sum()
    }

    pub(super) fn check(&self) -> Result<()> {
        let rows = self.y.len();
        same_length(
            "covariates",
            self.x.len() / self.width.max(1),
            "value",
            rows,
        )?;
        let rule = |column, expected| Rule {
            column,
            expected,
            hint: "",
        };
        rule("value", "be finite and at least 0").check(
            rows,
            |i| !(self.y[i].is_finite() && self.y[i] >= 0.0),
            |i| self.y[i].to_string(),
        )?;
        rule("covariates", "be finite").check(
            rows,
            |i| self.row(i).iter().any(|x| !x.is_finite()),
            |i| format!("{:?}", self.row(i)),
        )?;
        if let Some(weights) = self.weights {
            same_length("weights", weights.len(), "value", rows)?;
            rule("weights", "be finite and at least 0").check(
                rows,
                |i| !(weights[i].is_finite() && weights[i] >= 0.0),
                |i| weights[i].to_string(),
            )?;
        }
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            return Err(Error::Parameter {
                name: "penalty".into(),
                expected: "be finite and not negative".into(),
                found: self.penalty.to_string(),
                hint: String::new(),
            });
        }
        if (0..rows).any(|i| self.y[i] > 0.0 && self.weight(i) > 0.0) {
            return Ok(());
        }
        Err(Error::Empty {
            what: "nobody's value is greater than 0, so there is nothing to learn of values".into(),
            hint: String::new(),
        })
    }
}
