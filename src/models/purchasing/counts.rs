//! The negative binomial distribution of a count, by masses and tails that keep their digits far out.

use crate::numeric::Scalar;

/// `P(N = i) = G(s+i)/(G(s) i!) (1+tau)^-s (tau/(1+tau))^i` for `i = 0..=most`, and `P(N >= i)`.
#[derive(Debug)]
pub(super) struct NegativeBinomial<S> {
    pub(super) masses: Vec<S>,
    pub(super) tails: Vec<S>,
}

/// A share of a sum that no longer shows in its last digit.
const NEGLIGIBLE: f64 = 1e-18;

impl<S: Scalar> NegativeBinomial<S> {
    /// The distribution with shape `s` and odds `tau`.
    pub(super) fn new(s: S, tau: S, most: usize) -> Self {
        let z = tau / (tau + 1.0);
        let growth = |i: usize| z * (s + (i as f64 - 1.0)) / i as f64;
        // from the mode outwards, where the masses are largest and nothing underflows
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and `most`"
        )]
        let mode = ((s.value() - 1.0) * tau.value())
            .clamp(0.0, most as f64)
            .floor() as usize;
        let mut masses = vec![S::from(0.0); most + 1];
        masses[mode] = mass(s, tau, mode);
        for i in (0..mode).rev() {
            masses[i] = masses[i + 1] / growth(i + 1);
        }
        for i in mode + 1..=most {
            masses[i] = masses[i - 1] * growth(i);
        }
        let tails = if mode < most {
            tails_from_above(&masses, growth)
        } else {
            tails_from_below(&masses)
        };
        Self { masses, tails }
    }
}

/// One mass, through logarithms: `G(s+i)/(G(s) i!) = 1 / ((s+i) B(s, i+1))`, which loses nothing for large `s` or `i`.
fn mass<S: Scalar>(s: S, tau: S, i: usize) -> S {
    let ln_none = -(s * tau.ln_1p());
    if i == 0 {
        return ln_none.exp();
    }
    let order = i as f64;
    let ln_z = -(tau.recip().ln_1p());
    let ways = -(s.ln_beta(S::from(order + 1.0)) + (s + order).ln());
    (ways + ln_none + ln_z * order).exp()
}

/// Beyond the mode a tail is what lies above it, added up from the far end: all terms positive.
fn tails_from_above<S: Scalar>(masses: &[S], growth: impl Fn(usize) -> S) -> Vec<S> {
    let last = masses.len() - 1;
    let (mut beyond, mut term) = (S::from(0.0), masses[last]);
    for i in last + 1.. {
        let ratio = growth(i);
        term = term * ratio;
        beyond += term;
        // what is left is less than a geometric series
        if term.value() <= NEGLIGIBLE * (1.0 - ratio.value()) * beyond.value()
            || term.value() == 0.0
        {
            break;
        }
    }
    let mut tails: Vec<S> = masses
        .iter()
        .rev()
        .scan(beyond, |tail, &mass| {
            *tail += mass;
            Some(*tail)
        })
        .collect();
    tails.reverse();
    tails
}

/// Up to the mode a tail is nearly one: one less what lies below.
fn tails_from_below<S: Scalar>(masses: &[S]) -> Vec<S> {
    masses
        .iter()
        .scan(S::from(1.0), |tail, &mass| {
            let here = *tail;
            *tail = *tail - mass;
            Some(here)
        })
        .collect()
}
