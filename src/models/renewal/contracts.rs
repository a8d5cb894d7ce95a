//! Contracts as the fitting engine and the models of renewal take them.

use super::Law;
use crate::data::{Contract, Contracts, Rows};
use crate::models::Row;
use crate::models::sample::bits;
use crate::{Error, Result};

impl Row for Contract {
    fn count(&self) -> f64 {
        0.0
    }

    /// `entry`, `from` and `to`.
    type Key = [u64; 3];

    fn key(&self) -> [u64; 3] {
        [bits(self.entry), bits(self.from), bits(self.to)]
    }

    fn new(_: f64, key: [u64; 3]) -> Self {
        let [entry, from, to] = key.map(f64::from_bits);
        Self { entry, from, to }
    }

    fn time(&self) -> f64 {
        if self.to.is_finite() {
            self.to
        } else {
            self.from
        }
    }
}

/// Contracts that were checked for a law: ages are whole where its time is discrete.
///
/// # Errors
/// What [`Contracts::new`] and [`Contracts::check_whole`] report.
pub(super) fn checked<'a, L: Law<B>, const B: usize>(
    contracts: &Contracts<'a>,
) -> Result<Contracts<'a>> {
    if !L::CONTINUOUS {
        contracts.check_whole()?;
    }
    if contracts.is_empty() {
        return Err(Error::Empty {
            what: "there are no contracts".into(),
            hint: String::new(),
        });
    }
    Ok(*contracts)
}
