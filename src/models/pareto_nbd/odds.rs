//! The odds of having left in closed form.

use crate::data::Purchases;
use crate::numeric::Scalar;
use crate::numeric::power_series::PowerSeries;

/// The odds of having left, for customers with `x` purchases, by Gauss' function.
///
/// With `w = r + s + x`, `g(t) = (alpha+t)^-(r+x) (beta+t)^-s` and `F(t)` the integral of the likelihood from `t` on over
/// `g(t) s/w`, the odds are `s/w {g(t_x)/g(T) F(t_x) - F(T)}`. After Euler's transformation (DLMF 15.8.1) `F` is
/// `2F1(1, r+x; w+1; z)` with `z = (alpha-beta)/(alpha+t)` where `alpha >= beta`, and else `(1-z) 2F1(1, s+1; w+1; z)` with
/// `z = (beta-alpha)/(beta+t)`: a power series whose coefficients depend on `x` alone.
#[derive(Debug)]
pub struct Odds<S> {
    buying: [S; 2],
    leaving: [S; 2],
    /// `s / w`
    share: S,
    series: PowerSeries<S>,
}

/// Odds of leaving of `exp(CERTAIN)` and more are left to the general way.
const CERTAIN: f64 = 300.0;

impl<S: Scalar> Odds<S> {
    pub(super) fn new([r, alpha, s, beta]: [S; 4], x: f64) -> Self {
        let (shape, w) = (r + x, r + s + x);
        let top = if alpha.value() >= beta.value() {
            shape
        } else {
            s + 1.0
        };
        let mut coefficient = S::from(1.0);
        let coefficients = (0_u32..).map(|n| {
            let n = f64::from(n);
            coefficient = coefficient * ((top + n) / (w + (n + 1.0)));
            coefficient
        });
        Self {
            buying: [shape, alpha],
            leaving: [s, beta],
            share: s / w,
            series: PowerSeries::new(coefficients),
        }
    }

    /// `F(t)`.
    fn rest(&self, t: f64) -> Option<S> {
        let ([_, alpha], [_, beta]) = (self.buying, self.leaving);
        if alpha.value() >= beta.value() {
            let z = (alpha - beta) / (alpha + t);
            return Some(self.series.at(z)? + 1.0);
        }
        let per = (beta + t).recip();
        let z = (beta - alpha) * per;
        Some((self.series.at(z)? + 1.0) * (alpha + t) * per)
    }

    /// Nothing where the series is long.
    pub(super) fn of_leaving(&self, row: &Purchases) -> Option<S> {
        let &Purchases { t_x, t, .. } = row;
        let ([shape, alpha], [s, beta]) = (self.buying, self.leaving);
        let fall =
            shape * ((alpha + t) / (alpha + t_x)).ln() + s * ((beta + t) / (beta + t_x)).ln();
        if fall.value() > CERTAIN {
            return None;
        }
        let odds = self.share * (fall.exp() * self.rest(t_x)? - self.rest(t)?);
        // where nothing is left of the difference it may round below zero
        Some(if odds.value() >= 0.0 {
            odds
        } else {
            odds - odds.value()
        })
    }
}
