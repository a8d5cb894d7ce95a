//! Integrals over `[0, end]` of functions that are smooth in `y = ln(1 + c x)`, by Gauss-Legendre panels in `y`.

use std::sync::LazyLock;

use super::quadrature::gauss_legendre;
use super::{Scalar, special};

/// A Gauss-Legendre rule on [-1, 1], and how large a panel may be for it to be exact to rounding.
struct Rule {
    /// Width in `y`, for a function whose nearest singularities are at `Im y = +-pi`: with `q = 2 pi / width` and
    /// `rho = q + sqrt(1 + q^2)` the error of `n` nodes falls as `rho^(-2n)` (Trefethen, Is Gauss quadrature better
    /// than Clenshaw-Curtis?, SIAM Review 50, 2008, theorem 4.5).
    width: f64,
    /// Change `e` of the exponent, whose error is `e^(2n) n!^4 / ((2n+1) (2n)!^3)` (DLMF 3.5.20).
    fall: f64,
    nodes: Vec<f64>,
    weights: Vec<f64>,
}

/// From cheap to long.
static RULES: LazyLock<[Rule; 4]> = LazyLock::new(|| {
    [(0.3, 0.3, 5), (0.6, 1.0, 7), (1.2, 2.0, 9), (2.0, 4.0, 13)].map(|(width, fall, n)| {
        let (nodes, weights) = gauss_legendre(n);
        Rule {
            width,
            fall,
            nodes,
            weights,
        }
    })
});

/// `int_0^end f(x) dx` for an `f` that falls no faster than `exp(-decay x)` and is otherwise analytic but for
/// `x <= -1`; near zero it changes no faster than over a length of `1 / c`, `c >= 1`. It is called with `x` and
/// `ln(1 + x)`.
pub fn integrate<S: Scalar>(end: f64, decay: f64, c: f64, mut f: impl FnMut(f64, f64) -> S) -> S {
    let longest = &RULES[RULES.len() - 1];
    let mut total = S::from(0.0);
    let mut from = 0.0;
    while from < end {
        // a panel ends where y has grown by the widest rule, or where the exponential has fallen enough
        let stretched = from + (1.0 / c + from) * longest.width.exp_m1();
        let to = stretched.min(from + longest.fall / decay).min(end);
        let to = if end - to < 1e-3 * (to - from) {
            end
        } else {
            to
        };
        total += panel(from, to, decay, c, &mut f);
        from = to;
    }
    total
}

fn panel<S: Scalar>(
    from: f64,
    to: f64,
    decay: f64,
    c: f64,
    f: &mut impl FnMut(f64, f64) -> S,
) -> S {
    let low = (c * from).ln_1p();
    let width = (c * (to - from) / (1.0 + c * from)).ln_1p();
    let fall = decay * (to - from);
    let rule = RULES
        .iter()
        .find(|rule| width <= rule.width && fall <= rule.fall)
        .unwrap_or(&RULES[RULES.len() - 1]);
    let mut total = S::from(0.0);
    for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
        let y = low + 0.5 * width * (1.0 + node);
        let x = y.exp_m1() / c;
        // most often c is 1, which saves a logarithm
        let ln_1p_x = if c > 1.0 { x.ln_1p() } else { y };
        total += f(x, ln_1p_x) * (0.5 * width * weight * (1.0 / c + x));
    }
    total
}

/// Nodes and weights for many integrals over `[0, end]` of one such function times `exp(-zeta x)` with different
/// `zeta` up to about 4: panels half as wide as above carry the exponential as well, at whatever `x` it falls.
pub fn shared_nodes(end: f64, c: f64) -> Vec<(f64, f64)> {
    let panels = (c * end).ln_1p().ceil().max(1.0);
    let width = (c * end).ln_1p() / panels;
    let (nodes, weights) = gauss_legendre(16);
    let mut shared = Vec::new();
    let mut panel = 0.0;
    while panel < panels {
        for (node, weight) in nodes.iter().zip(&weights) {
            let y = width * (panel + 0.5 * (1.0 + node));
            shared.push((y.exp_m1() / c, 0.5 * width * weight * y.exp() / c));
        }
        panel += 1.0;
    }
    shared
}

/// Sums of exponentials that neither overflow nor vanish: each term is given by its logarithm.
#[derive(Debug, Clone, Copy)]
pub struct LnSum<S> {
    reference: f64,
    sum: S,
}

/// A term this much larger than all before, as a logarithm, changes the scale of a [`LnSum`]: squares of sums are numbers.
const RESCALE: f64 = 100.0;

impl<S: Scalar> LnSum<S> {
    /// No terms yet.
    pub fn new() -> Self {
        Self {
            reference: f64::NEG_INFINITY,
            sum: S::from(0.0),
        }
    }

    /// Adds `factor exp(ln_term)`.
    pub fn add(&mut self, ln_term: &S, factor: f64) {
        if ln_term.value() > self.reference + RESCALE {
            if self.reference > f64::NEG_INFINITY {
                self.sum = self.sum * (self.reference - ln_term.value()).exp();
            }
            self.reference = ln_term.value();
        }
        self.sum.add_exp(ln_term, self.reference, factor);
    }

    /// The logarithm of the sum; `-inf` for no terms.
    pub fn ln(self) -> S {
        if self.sum.value() > 0.0 {
            self.sum.ln() + self.reference
        } else {
            S::from(f64::NEG_INFINITY)
        }
    }
}

impl<S: Scalar> Default for LnSum<S> {
    fn default() -> Self {
        Self::new()
    }
}

/// What no longer shows in the last digit of a sum, as a logarithm.
const LN_NEGLIGIBLE: f64 = -42.0;
/// Panels at most, whatever the function.
const MOST_PANELS: usize = 100_000;

/// Walks over `[from, to]` for the integral of a function with a single peak that is analytic in `y = ln(c + x)` within
/// a strip of half-width `pi`, and whose logarithm changes with `x` no faster than by `slope(x)`, which rises or falls
/// throughout.
///
/// `visit` is told a place `x` with `ln(1 + x/c)`, which comes for nothing, and its weight; it returns the logarithm of the
/// function there, up to a constant: the walk ends where the rest is negligible.
pub fn walk(
    from: f64,
    to: f64,
    c: f64,
    slope: impl Fn(f64) -> f64,
    mut visit: impl FnMut((f64, f64), f64) -> f64,
) {
    let start = c + from;
    let (ln_start, ln_risen) = (start.ln(), special::ln_1p(from / c));
    // to the last bits of c + x, which is all that such a function can tell apart
    let place = |y: f64| (start * y.exp() - c).max(from);
    walk_evenly(
        ((to - from) / start).ln_1p(),
        |_| 1.0,
        // the factor c + x comes in with the change to y
        |y| {
            let x = place(y).min(to);
            1.0 + (c + x) * slope(x)
        },
        |y, width| {
            let x = place(y);
            visit((x, ln_risen + y), width * (c + x)) + ln_start + y
        },
    );
}

/// Walks over `[0, end]` for the integral of a function of `y` with a single peak, whose logarithm changes with `y` no
/// faster than by `slope(y)`, which is largest at an end of every stretch. It is analytic but at a distance of `pi` from
/// the real line, and around a `y` and from there on at one of `pi` times `room(y)`, where `room` is at least 1.
///
/// `visit` is told a place and its weight, and returns the logarithm of the function there, up to a constant: the walk
/// ends where the rest is negligible.
pub fn walk_evenly(
    end: f64,
    room: impl Fn(f64) -> f64,
    slope: impl Fn(f64) -> f64,
    mut visit: impl FnMut(f64, f64) -> f64,
) {
    let longest = &RULES[RULES.len() - 1];
    let (mut left, mut largest) = (0.0, f64::NEG_INFINITY);
    for _ in 0..MOST_PANELS {
        let (here, room) = (slope(left), room(left));
        let mut width = (longest.width * room).min(longest.fall / here);
        let mut ahead = slope((left + width).min(end));
        // a slope that is far larger at the end of so wide a panel says little about the end of a narrow one
        while longest.fall / ahead < 0.5 * width {
            width *= 0.5;
            ahead = slope((left + width).min(end));
        }
        let width = width.min(longest.fall / ahead);
        let right = left + width;
        let right = if end - right < 1e-3 * width {
            end
        } else {
            right
        };
        let width = right - left;
        let fall = width * here.max(ahead);
        let fits = |rule: &&Rule| width <= rule.width * room && fall <= rule.fall;
        let rule = RULES.iter().find(fits).unwrap_or(longest);
        let (mut first, mut last) = (f64::NAN, f64::NEG_INFINITY);
        for (node, weight) in rule.nodes.iter().zip(&rule.weights) {
            let y = left + 0.5 * width * (1.0 + node);
            last = visit(y, 0.5 * width * weight);
            first = if first.is_nan() { last } else { first };
            largest = largest.max(last);
        }
        let rest = last + (end - right).ln();
        if right >= end || right <= left || (last < first && rest < largest + LN_NEGLIGIBLE) {
            break;
        }
        left = right;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `exp(y - exp(y - peak))`, which is Gumbel's density in all but a factor, falls ever faster: from before its peak
    /// the slope at the end of a wide panel is larger by many powers of ten. Panels were once as narrow as that slope asks
    /// for, millions of them.
    #[test]
    fn what_falls_ever_faster_takes_few_panels() {
        for peak in [5.0, 25.0, 100.0] {
            let (mut sum, mut visits) = (LnSum::new(), 0);
            let ln_density = |y: f64| y - (y - peak).exp();
            walk_evenly(
                200.0,
                |y| (0.25 * (y - peak).abs()).max(1.0),
                |y| (1.0 - (y - peak).exp()).abs(),
                |y, width| {
                    visits += 1;
                    sum.add(&ln_density(y), width);
                    ln_density(y)
                },
            );
            // the integral from 0 on is exp(peak) exp(-exp(-peak))
            let expected = peak - (-peak).exp();
            assert!((sum.ln() - expected).abs() < 1e-12, "{peak}");
            assert!(visits < 1000, "{visits}");
        }
    }
}
