//! Integrals over `[0, end]` of functions that are smooth in `y = ln(1 + x)`, by Gauss-Legendre panels in `y`.

use std::sync::LazyLock;

use super::Scalar;
use super::quadrature::gauss_legendre;

/// Nodes and weights on [-1, 1].
type Nodes = (Vec<f64>, Vec<f64>);

/// Rules from cheap to long, each with the panel width up to which it is exact to rounding for a function whose
/// nearest singularities in `y` are at `+-i pi` (that is, at `x = -1`): with `q = 2 pi / width` and
/// `rho = q + sqrt(1 + q^2)` the error of `n` nodes falls as `rho^(-2n)` (Trefethen, Is Gauss quadrature better than
/// Clenshaw-Curtis?, SIAM Review 50, 2008, theorem 4.5).
static RULES: LazyLock<[(f64, Nodes); 4]> = LazyLock::new(|| {
    [
        (0.3, gauss_legendre(5)),
        (0.6, gauss_legendre(7)),
        (1.2, gauss_legendre(9)),
        (2.0, gauss_legendre(13)),
    ]
});

/// Largest change of the exponent over one panel.
const STEEP: f64 = 3.0;

/// `int_0^end f(x) dx` for an `f` that is analytic but for `x <= -1` and falls no faster than `exp(-decay x)`; it is
/// called with `x` and `ln(1 + x)`.
pub fn integrate<S: Scalar>(end: f64, decay: f64, mut f: impl FnMut(f64, f64) -> S) -> S {
    let mut total = S::from(0.0);
    let mut from = 0.0;
    while from < end {
        // a panel ends where y has grown by the widest rule, or where the exponential has fallen enough
        let stretched = (1.0 + from) * widest().exp() - 1.0;
        let to = stretched.min(from + STEEP / decay).min(end);
        let to = if end - to < 1e-3 * (to - from) {
            end
        } else {
            to
        };
        total += panel(from, to, &mut f);
        from = to;
    }
    total
}

fn widest() -> f64 {
    RULES[RULES.len() - 1].0
}

fn panel<S: Scalar>(from: f64, to: f64, f: &mut impl FnMut(f64, f64) -> S) -> S {
    let (low, width) = (from.ln_1p(), ((to - from) / (1.0 + from)).ln_1p());
    let (nodes, weights) = RULES
        .iter()
        .find(|(reach, _)| width <= *reach)
        .map_or(&RULES[RULES.len() - 1].1, |(_, rule)| rule);
    let mut total = S::from(0.0);
    for (node, weight) in nodes.iter().zip(weights) {
        let y = low + 0.5 * width * (1.0 + node);
        let x = y.exp_m1();
        total += f(x, y) * (0.5 * width * weight * (1.0 + x));
    }
    total
}

/// Nodes and weights for many integrals over `[0, end]` of one such function times `exp(-zeta x)` with different
/// `zeta` up to about 4: panels half as wide as above carry the exponential as well, at whatever `x` it falls.
pub fn shared_nodes(end: f64) -> Vec<(f64, f64)> {
    let panels = end.ln_1p().ceil().max(1.0);
    let width = end.ln_1p() / panels;
    let (nodes, weights) = gauss_legendre(16);
    let mut shared = Vec::new();
    let mut panel = 0.0;
    while panel < panels {
        for (node, weight) in nodes.iter().zip(&weights) {
            let y = width * (panel + 0.5 * (1.0 + node));
            shared.push((y.exp_m1(), 0.5 * width * weight * y.exp()));
        }
        panel += 1.0;
    }
    shared
}
