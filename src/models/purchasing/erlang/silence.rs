//! What a clock has done since the last purchase, of which only the silence is known.

use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::random::Stream;

/// `w_j = G(s+j)/(G(s) j!) ratio^j` for `j < k`, with the silence since the last purchase as a share of `alpha + T` for a
/// ratio: silence with `j` strokes, relative to none.
pub(super) fn silences<S: Scalar>(s: S, ratio: S, k: f64) -> Vec<S> {
    let (mut weights, mut weight, mut j) = (Vec::new(), S::from(1.0), 0.0);
    while j < k {
        weights.push(weight);
        weight = weight * (s + j) * ratio / (j + 1.0);
        j += 1.0;
    }
    weights
}

/// `(T - t_x) / (alpha + T)`.
pub(super) fn silent_share<S: Scalar>(alpha: S, row: &Purchases) -> S {
    (alpha + row.t).recip() * (row.t - row.t_x)
}

/// `ln{ (1+T/alpha)^-s sum_{j<k} w_j }`: alive at `T`, with fewer than `k` strokes since `t_x`.
pub(crate) fn ln_silent<S: Scalar>([s, alpha]: [S; 2], k: f64, row: &Purchases) -> S {
    let mut silence = S::from(0.0);
    for weight in silences(s, silent_share(alpha, row), k) {
        silence += weight;
    }
    s.ln_gamma_laplace(alpha, row.t) + silence.ln()
}

/// How often the clock has struck since `t_x`, drawn at random.
pub(crate) fn struck([s, alpha]: [f64; 2], k: f64, row: &Purchases, stream: &mut Stream) -> f64 {
    let weights = silences(s, silent_share(alpha, row), k);
    let mut rest = stream.uniform() * weights.iter().sum::<f64>();
    let mut struck = 0.0;
    for weight in weights {
        rest -= weight;
        if rest <= 0.0 || struck + 1.0 >= k {
            break;
        }
        struck += 1.0;
    }
    struck
}
