//! What a fit may be told, and whether it can be followed.

use crate::models::Model;
use crate::{Error, Result};

/// What a fit may be told.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// One weight a customer (how many customers the row stands for); all one if absent.
    pub weights: Option<&'a [f64]>,
    /// Strength of the pull of the log parameters towards a neutral scale, per customer; 0 is plain maximum likelihood.
    pub penalty: f64,
    /// The parameters that are held at a value, in the order of the model; empty if none is.
    pub fixed: &'a [Option<f64>],
    /// Where to start, for the parameters where that is known; empty if the data are to say it.
    pub start: &'a [Option<f64>],
    /// Called between evaluations; an error (the user pressed Ctrl-C) ends the fit.
    pub check: &'a (dyn Fn() -> Result<()> + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("weights", &self.weights.map(<[f64]>::len))
            .field("penalty", &self.penalty)
            .field("fixed", &self.fixed)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            weights: None,
            penalty: 0.0,
            fixed: &[],
            start: &[],
            check: &|| Ok(()),
        }
    }
}

/// Passes if penalty, starts and what is held are within the ranges of the model.
pub(in crate::models) fn check_options<M: Model<K, J>, const K: usize, const J: usize>(
    options: &Options<'_>,
) -> Result<()> {
    let refused = |name: &str, expected: &str, found: String| Error::Parameter {
        name: name.into(),
        expected: expected.into(),
        found,
        hint: String::new(),
    };
    if !(options.penalty.is_finite() && options.penalty >= 0.0) {
        let found = options.penalty.to_string();
        return Err(refused("penalty", "be finite and not negative", found));
    }
    for (j, parameter) in M::PARAMETERS.iter().enumerate() {
        let value = |given: &[Option<f64>]| given.get(j).copied().flatten();
        let (fixed, start) = (value(options.fixed), value(options.start));
        let bad = match fixed {
            Some(_) => fixed.filter(|v| !parameter.may_be_fixed_at(*v)),
            None => start.filter(|v| !parameter.dimension.admits(*v)),
        };
        if let Some(bad) = bad {
            let range = parameter.dimension.range();
            return Err(refused(parameter.name, range, bad.to_string()));
        }
    }
    Ok(())
}
