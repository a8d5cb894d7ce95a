//! What the futures of the BG/CNBD-k family have in common for equal numbers of purchases: worked out once for all.

use std::sync::OnceLock;

use crate::numeric::power_series::PowerSeries;
use crate::numeric::{BetaRule, Scalar};

/// What customers with equal numbers of purchases share.
#[derive(Debug)]
pub(super) struct Common<S> {
    /// `r + k x` and `alpha`.
    pub(super) clock: [S; 2],
    /// `a` and `b` after the chances that were passed.
    pub(super) leaving: [S; 2],
    pub(super) k: f64,
    rule: OnceLock<BetaRule<S>>,
    /// For each stage, `sum_{n >= k-j} G(s+j+n)/(G(s+j) n!) A(floor((n+j)/k)) z^(n-k+j+1)`: see
    /// [`Erlang::expectation`](super::Erlang::expectation).
    series: OnceLock<Vec<PowerSeries<S>>>,
}

/// The shared quadrature over `p` is laid out for horizons up to so many times `alpha + age`.
pub(super) const FARTHEST: f64 = 1e9;

impl<S: Scalar> Common<S> {
    pub(super) fn new(clock: [S; 2], leaving: [S; 2], k: f64) -> Self {
        Self {
            clock,
            leaving,
            k,
            rule: OnceLock::new(),
            series: OnceLock::new(),
        }
    }

    /// Purchases in a time of `alpha + age`, at most on average.
    pub(super) fn pace(&self) -> f64 {
        (self.clock[0].value() + self.k) / self.k
    }

    /// What the shared rule serves.
    pub(super) fn reach(&self) -> f64 {
        self.pace() * FARTHEST
    }

    pub(super) fn series(&self) -> &[PowerSeries<S>] {
        self.series.get_or_init(|| {
            let mut series = Vec::new();
            let mut j = 0.0;
            while j < self.k {
                series.push(self.stage_series(j));
                j += 1.0;
            }
            series
        })
    }

    fn stage_series(&self, j: f64) -> PowerSeries<S> {
        let ([s, _], [a, b], k) = (self.clock, self.leaving, self.k);
        let (mut rising, mut n) = (S::from(1.0), 0.0);
        let mut stroke = move || {
            rising = rising * ((s + (j + n)) / (n + 1.0));
            n += 1.0;
            (n, rising)
        };
        // the first purchase is made at stroke k - j
        for _ in (1..).take_while(|i| f64::from(*i) < k - j) {
            stroke();
        }
        let (mut purchases, mut made, mut passed) = (0.0, S::from(0.0), S::from(1.0));
        PowerSeries::new(std::iter::repeat_with(move || {
            let (n, rising) = stroke();
            if n + j >= k * (purchases + 1.0) {
                made += passed;
                passed = passed * ((b + purchases) / (a + b + purchases));
                purchases += 1.0;
            }
            rising * made
        }))
    }

    pub(super) fn rule(&self) -> &BetaRule<S> {
        self.rule.get_or_init(|| self.rule_for(FARTHEST))
    }

    pub(super) fn rule_for(&self, tau: f64) -> BetaRule<S> {
        let [a, b] = self.leaving;
        BetaRule::new(a, b, self.pace() * tau)
    }
}
