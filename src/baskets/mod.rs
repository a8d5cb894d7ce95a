//! What is bought together: baskets of items, how many hold two of them, and how many hold larger sets.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "items and places are int64, as in NumPy, and are checked where they come in"
)]

pub mod pairs;
mod ranked;
pub mod rows;
pub mod sets;

pub use pairs::Pairs;
pub use ranked::Survey;
pub use rows::Baskets;
pub use sets::ItemSets;

/// Which baskets and which items take part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The fewest baskets that an item, a pair or a set must be in; at least 1.
    pub count: usize,
    /// The smallest share of the baskets that it must be in.
    pub support: f64,
    /// The most different items of a basket that is not left out as a giant.
    pub basket: usize,
}

impl Limits {
    /// The fewest of so many baskets that satisfy both limits.
    fn fewest(&self, baskets: usize) -> usize {
        let enough = |count: usize| count as f64 / baskets as f64 >= self.support;
        let mut count = (self.support * baskets as f64).ceil().max(0.0) as usize;
        // the product is rounded; what counts is the share itself
        while count > 0 && enough(count - 1) {
            count -= 1;
        }
        while count < baskets && !enough(count) {
            count += 1;
        }
        count.max(self.count).max(1)
    }
}
