//! Zero-inflated log-normal regression (ZILN): what a customer will be worth, by what is known of them.
//!
//! Wang, Liu and Miao (2019), A deep probabilistic model for customer lifetime value prediction, arXiv 1912.07753, with
//! linear heads in the place of deep ones: `P(y > 0) = sigmoid(a'x)`, and where `y > 0`, `ln y ~ N(b'x, softplus(c'x)^2)`.

mod design;
mod fit;
mod heads;
mod report;

pub use design::Design;
pub use fit::fit;
pub use report::{Status, ZilnFit};
