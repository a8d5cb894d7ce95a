//! Recency, frequency and money as scores: where the cuts lie, which score each value gets, which segment each
//! combination of scores is.
//!
//! Scores run from 1, the worst, to the number of bins, the best. A dimension such as days since the last purchase, of
//! which less is better, is scored as its negative would be. Every score depends on the values alone, or, where equal
//! values are to be told apart, on the customer's id and a seed: never on the order of rows.

pub mod check;
pub mod cuts;
pub mod nested;
pub mod rank;
pub mod score;
pub mod segment;
pub mod select;
mod small;
pub mod tie_break;

use crate::{Error, Result};

/// Which end of a dimension is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// The more the better: orders, money.
    High,
    /// The less the better: days since the last purchase.
    Low,
}

impl Best {
    /// The end of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "high" => Ok(Self::High),
            "low" => Ok(Self::Low),
            _ => Err(Error::Parameter {
                name: "best".to_owned(),
                expected: r#"be "high" or "low""#.to_owned(),
                found: format!("{name:?}"),
                hint: String::new(),
            }),
        }
    }
}

/// The items of a column that are worked on at a time.
const BLOCK: usize = 1 << 16;
