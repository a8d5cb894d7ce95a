//! The model: what a row's linear predictors say of buying and of value, with derivatives by hand.

use super::Design;
use crate::numeric::dense::dot;

/// What a row adds to a sum: its value, first derivatives by head, and second ones.
pub(super) struct Heads {
    pub(super) value: f64,
    /// By the linear predictor of each head.
    pub(super) slopes: [f64; 2],
    /// First, mixed, second.
    pub(super) bends: [f64; 3],
}

/// `-ln(1 + exp(-u))` if somebody bought, `-ln(1 + exp(u))` if not.
pub(super) fn buying(design: &Design<'_>, place: usize, point: &[f64]) -> Heads {
    let u = dot(design.row(place), point);
    let p = sigmoid(u);
    let bought = design.y[place] > 0.0;
    Heads {
        value: softplus(if bought { -u } else { u }),
        slopes: [if bought { -sigmoid(-u) } else { p }, 0.0],
        bends: [p * sigmoid(-u), 0.0, 0.0],
    }
}

/// `ln sigma + (ln y - mu)^2 / (2 sigma^2)` for those who bought.
pub(super) fn value(design: &Design<'_>, place: usize, point: &[f64]) -> Heads {
    let y = design.y[place];
    if y <= 0.0 {
        return Heads {
            value: 0.0,
            slopes: [0.0; 2],
            bends: [0.0; 3],
        };
    }
    let row = design.row(place);
    let (b, c) = point.split_at(design.width);
    let u = dot(&row[..c.len()], c);
    let (sigma, slope) = (softplus(u), sigmoid(u));
    let off = (y.ln() - dot(row, b)) / sigma;
    // by sigma: 1/sigma - off^2/sigma, and -1/sigma^2 + 3 off^2/sigma^2
    let by_sigma = (1.0 - off * off) / sigma;
    let twice = (3.0 * off * off - 1.0) / (sigma * sigma);
    Heads {
        value: sigma.ln() + 0.5 * off * off,
        slopes: [-off / sigma, by_sigma * slope],
        bends: [
            1.0 / (sigma * sigma),
            2.0 * off / (sigma * sigma) * slope,
            twice * slope * slope + by_sigma * slope * sigmoid(-u),
        ],
    }
}

pub(super) fn sigmoid(u: f64) -> f64 {
    1.0 / (1.0 + (-u).exp())
}

/// `ln(1 + e^u)`.
pub(super) fn softplus(u: f64) -> f64 {
    u.max(0.0) + (-u.abs()).exp().ln_1p()
}
