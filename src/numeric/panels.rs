//! Integrals over `[0, end]` of functions that are smooth in `y = ln(1 + c x)`, by Gauss-Legendre panels in `y`.

use std::sync::LazyLock;

use super::Scalar;
use super::quadrature::gauss_legendre;

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
