//! A quadrature rule for expectations under a beta distribution, good for every pair of shape parameters.

use super::Scalar;
use super::special::{exp_m1_minus, ln_1p_minus};

/// Nodes on each side of the centre at most, whatever the parameters. (A few hundred is the most seen.)
const MAX_NODES: i32 = 20_000;

/// `exp(-NEGLIGIBLE)` is below the last bit of anything added to 1.
const NEGLIGIBLE: f64 = 40.0;

/// Nodes and weights such that `E h(p)` for `p ~ Beta(a, b)` is `sum_j weight_j h(node_j)`.
///
/// This is the trapezoidal rule in `y = logit(p)`, where the density is `p^a (1 - p)^b / B(a, b)`. It converges
/// faster than any power of the step for integrands that are analytic around the real line (Trefethen and Weideman,
/// SIAM Review 56, 2014). Far out on either side the density is a pure exponential and `h` is constant: there the rest
/// of the sum is a geometric series, which is added to the outermost weight. The nodes do not depend on derivatives
/// of `a` and `b`, the weights carry them: derivatives of the sum are exact.
///
/// One rule serves many integrands, for example all customers who share `a` and `b`. For integrands like
/// `(1 + w p)^(-s)` and `a`, `b` in 1e-3..1e4 the relative error is below 1e-13 (see [`hyp2f1_negative`]).
///
/// [`hyp2f1_negative`]: crate::numeric::hypergeometric::hyp2f1_negative
#[derive(Debug, Clone, PartialEq)]
pub struct BetaRule<S> {
    nodes: Vec<f64>,
    weights: Vec<S>,
}

impl<S: Scalar> BetaRule<S> {
    /// The rule for `Beta(a, b)`, `a, b > 0`, and integrands like `(1 + w p)^(-s)` with `s w <= scale`.
    ///
    /// `scale` is how fast an integrand may fall (or level off) as `p` leaves zero, `scale >= |h'| / |h|` near `p = 0`.
    /// It decides how far down to `p = 0` and how densely the nodes are laid; too large a value costs only time.
    pub fn new(a: S, b: S, scale: f64) -> Self {
        let density = LogitBeta::new(a.value(), b.value());
        let step = density.step(scale);
        let mut nodes = Vec::new();
        let mut weights = Vec::new();
        let mut total = S::from(0.0);
        let mut lay = |points: Vec<Point>, tail_rate: S| {
            let last = points.len().saturating_sub(1);
            for (j, point) in points.into_iter().enumerate() {
                let mut weight = point.weight(a, b);
                if j == last {
                    // 1 + e^-ch + e^-2ch + ... = 1 / (1 - e^-ch)
                    weight = weight / -(tail_rate * -step).exp_m1();
                }
                total += weight;
                nodes.push(point.p);
                weights.push(weight);
            }
        };
        lay(density.left(step, scale), a);
        lay(density.right(step, scale), b);
        let normaliser = total.recip();
        for weight in &mut weights {
            *weight = *weight * normaliser;
        }
        Self { nodes, weights }
    }

    /// `E h(p)`.
    pub fn expect(&self, h: impl Fn(f64) -> S) -> S {
        let mut sum = S::from(0.0);
        for (&p, &weight) in self.nodes.iter().zip(&self.weights) {
            sum += weight * h(p);
        }
        sum
    }

    /// Places where an integrand is evaluated, in `(0, 1)`.
    pub fn nodes(&self) -> &[f64] {
        &self.nodes
    }

    /// Weights of the nodes; they add up to 1.
    pub fn weights(&self) -> &[S] {
        &self.weights
    }
}

/// The beta density over `y = logit(p)`, seen from its mode `p = a / (a + b)`.
#[derive(Debug, Clone, Copy)]
struct LogitBeta {
    a: f64,
    b: f64,
    /// The mode, and one minus it.
    mode: [f64; 2],
}

/// A node.
#[derive(Debug, Clone, Copy)]
struct Point {
    p: f64,
    /// `ln(p / mode)` and `ln((1 - p) / (1 - mode))`.
    ln_ratios: [f64; 2],
    /// Logarithm of the density, zero at the mode.
    ln_density: f64,
}

impl Point {
    /// The density relative to its mode as a function of `a` and `b`.
    fn weight<S: Scalar>(&self, a: S, b: S) -> S {
        let (g, [c, d]) = (self.ln_density.exp(), self.ln_ratios);
        a.chain2(
            b,
            g,
            || [g * c, g * d],
            || [g * c * c, g * c * d, g * d * d],
        )
    }
}

impl LogitBeta {
    fn new(a: f64, b: f64) -> Self {
        let mode = [a / (a + b), b / (a + b)];
        Self { a, b, mode }
    }

    /// The point at `logit(mode) + t`.
    fn point(&self, t: f64) -> Point {
        // By symmetry measure from the end that the mode is nearer to: then 1 + r (e^t - 1) >= 1/2 never cancels.
        let mirrored = self.mode[0] > 0.5;
        let (r, t) = if mirrored {
            (self.mode[1], -t)
        } else {
            (self.mode[0], t)
        };
        let rise = t.exp_m1();
        let l = (r * rise).ln_1p();
        let per_count = if t.abs() < 0.5 {
            -r * exp_m1_minus(t) - ln_1p_minus(r * rise)
        } else {
            r * t - l
        };
        let ln_ratios = if mirrored { [-l, t - l] } else { [t - l, -l] };
        Point {
            p: (self.mode[0] * ln_ratios[0].exp()).min(1.0),
            ln_ratios,
            ln_density: (self.a + self.b) * per_count,
        }
    }

    /// The mode of `p^a (1 - p)^b exp(-scale p)`: how far the steepest integrand pulls the mass to the left.
    fn pulled_mode(&self, scale: f64) -> f64 {
        // the root in (0, 1) of  a - (a + b + scale) p + scale p^2
        let sum = self.a + self.b + scale;
        let root = ((sum - 2.0 * self.a).powi(2) + 4.0 * self.a * self.b).sqrt();
        2.0 * self.a / (sum + root)
    }

    /// The step of the rule.
    ///
    /// For a Gaussian of standard deviation `sd` the error is `exp(-2 pi^2 sd^2 / step^2)`; the 6 is for the fixed
    /// strip of analyticity, of half-width `pi/2`, that is left when the shape parameters are small.
    fn step(&self, scale: f64) -> f64 {
        let (n, mean, pulled) = (self.a + self.b, self.mode[0], self.pulled_mode(scale));
        // minus the second derivative in y at p, if p is the mode under a pull
        let curvature =
            |p: f64| n * p * (1.0 - p) + (self.a - n * p).max(0.0) * (1.0 - 2.0 * p).abs();
        let steepest = ((n + self.a) / (3.0 * n)).max(pulled).min(mean);
        let sharpest = curvature(pulled)
            .max(curvature(steepest))
            .max(n * mean * self.mode[1]);
        0.65 / (sharpest + 6.0).sqrt()
    }

    /// Points from the mode to the left, the mode included.
    fn left(&self, step: f64, scale: f64) -> Vec<Point> {
        let pulled = self.pulled_mode(scale);
        let start = (pulled / self.mode[0]).ln() - ((1.0 - pulled) / self.mode[1]).ln();
        let ln_mass = |point: &Point| point.ln_density - scale * point.p;
        let floor = ln_mass(&self.point(start)) - NEGLIGIBLE;
        let rate = scale + self.b;
        self.walk(-step, 0, |t, point| {
            point.p * rate < 1e-17 || (t < start && ln_mass(point) < floor)
        })
    }

    /// Points to the right of the mode.
    fn right(&self, step: f64, scale: f64) -> Vec<Point> {
        let rate = scale + self.a;
        self.walk(step, 1, |_, point| {
            self.mode[1] * point.ln_ratios[1].exp() * rate < 1e-17 || point.ln_density < -NEGLIGIBLE
        })
    }

    fn walk(&self, step: f64, first: i32, done: impl Fn(f64, &Point) -> bool) -> Vec<Point> {
        let mut points = Vec::new();
        for j in first..MAX_NODES {
            let t = f64::from(j) * step;
            let point = self.point(t);
            points.push(point);
            if done(t, &point) || point.ln_density < -745.0 || point.ln_density.is_nan() {
                break;
            }
        }
        points
    }
}
