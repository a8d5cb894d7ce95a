//! How far to look ahead, and how the future is discounted: checked.

use super::{Discounting, Quantity};
use crate::{Error, Result};

/// One horizon for all customers, or one each.
pub(super) struct Horizon<'a>(&'a [f64]);

impl<'a> Horizon<'a> {
    pub(super) fn new(horizon: &'a [f64], rows: usize, infinite: bool) -> Result<Self> {
        if horizon.len() != 1 && horizon.len() != rows {
            return Err(Error::Length {
                column: "horizon".into(),
                found: horizon.len(),
                reference: "frequency".into(),
                expected: rows,
            });
        }
        let fits = |h: &f64| *h >= 0.0 && (infinite || h.is_finite());
        match horizon.iter().find(|h| !fits(h)) {
            None => Ok(Self(horizon)),
            Some(bad) => Err(Error::Parameter {
                name: "horizon".into(),
                expected: if infinite {
                    "be at least 0"
                } else {
                    "be finite and at least 0"
                }
                .into(),
                found: bad.to_string(),
                hint: String::new(),
            }),
        }
    }

    /// Only a discounted sum may go on without end.
    pub(super) fn for_quantity(
        horizon: &'a [f64],
        rows: usize,
        quantity: Quantity,
    ) -> Result<Self> {
        let Quantity::DiscountedPurchases(discounting) = quantity else {
            return Self::new(horizon, rows, false);
        };
        check_discounting(discounting, horizon)?;
        Self::new(horizon, rows, true)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0 == [0.0]
    }

    pub(super) fn at(&self, row: usize) -> f64 {
        if self.0.len() == 1 {
            self.0[0]
        } else {
            self.0[row]
        }
    }
}

/// No horizon is cut into more periods than this.
const MOST_PERIODS: f64 = 1e5;

fn check_discounting(discounting: Discounting, horizon: &[f64]) -> Result<()> {
    let Discounting { rate, period } = discounting;
    let longest = horizon.iter().copied().fold(0.0, f64::max);
    let endless = longest.is_infinite();
    let refused = |name: &str, expected: &str, found: f64| {
        Err(Error::Parameter {
            name: name.into(),
            expected: expected.into(),
            found: found.to_string(),
            hint: String::new(),
        })
    };
    match period {
        Some(_) if endless => refused(
            "horizon",
            "be finite when purchases are counted by period",
            longest,
        ),
        Some(p) if !(p.is_finite() && p > 0.0) => {
            refused("compounding", "be finite and greater than 0", p)
        }
        Some(p) if longest / p > MOST_PERIODS => {
            refused("compounding", "be at least a 100,000th of the horizon", p)
        }
        _ if endless && rate <= 0.0 => refused(
            "discount_rate",
            "be greater than 0 for an infinite horizon",
            rate,
        ),
        _ if !(rate.is_finite() && rate >= 0.0) => {
            refused("discount_rate", "be finite and at least 0", rate)
        }
        _ => Ok(()),
    }
}
