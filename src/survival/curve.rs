//! Curves over an event table: Kaplan-Meier, Nelson-Aalen, their bands, and the mean up to a horizon.

use crate::numeric::parallel;
use crate::numeric::special::{digamma_rise, trigamma_drop};

/// Times whose curve is computed in one piece.
const PIECE: usize = 1 << 16;

/// The survival function and the sum in Greenwood's formula.
///
/// `S(t) = prod (1 - d/n)` and `sum d / (n (n - d))`, so that `Var S = S^2 sum` (Kaplan and Meier 1958, Journal of the
/// American Statistical Association 53; Greenwood 1926). Long curves are computed in pieces that are then joined.
pub fn kaplan_meier(at_risk: &[f64], observed: &[f64], survival: &mut [f64], sums: &mut [f64]) {
    let rows = at_risk.chunks(PIECE).zip(observed.chunks(PIECE));
    let out = survival.chunks_mut(PIECE).zip(sums.chunks_mut(PIECE));
    let ends = parallel::map_owned(
        rows.zip(out).collect(),
        at_risk.len(),
        |((n, d), (s, sum))| piece_of_curve(n, d, s, sum),
    );
    let mut reached = (1.0, 0.0);
    let before = ends.into_iter().map(|(s, sum)| {
        let before = reached;
        reached = (before.0 * s, before.1 + sum);
        before
    });
    let out = survival.chunks_mut(PIECE).zip(sums.chunks_mut(PIECE));
    let later = out.zip(before).skip(1).collect();
    parallel::map_owned(later, at_risk.len(), |((survival, sums), before)| {
        for (s, sum) in survival.iter_mut().zip(sums) {
            *s *= before.0;
            *sum += before.1;
        }
    });
}

/// The curve as if nothing had happened before, and where it ends.
fn piece_of_curve(
    at_risk: &[f64],
    observed: &[f64],
    survival: &mut [f64],
    sums: &mut [f64],
) -> (f64, f64) {
    let (mut s, mut sum) = (1.0, 0.0);
    let rows = at_risk.iter().zip(observed);
    for ((&n, &d), (out, out_sum)) in rows.zip(survival.iter_mut().zip(sums)) {
        let left = n - d;
        // without an event both stay as they are: a branch would only be guessed wrong
        if left > 0.0 {
            s *= left / n;
            sum += d / (n * left);
        } else if d > 0.0 {
            // once nobody is left the curve stays at zero, without any error
            (s, sum) = (0.0, f64::INFINITY);
        }
        *out = s;
        *out_sum = sum;
    }
    (s, sum)
}

/// The cumulative hazard and its variance.
///
/// `H(t) = sum d/n`, with variance `sum d/n^2`. With `one_by_one`, those who have the event at the same time have it one
/// after the other: `sum_{j<d} 1/(n - j)`, with variance `sum_{j<d} 1/(n - j)^2` (Nelson 1972, Technometrics 14; Aalen
/// 1978, Annals of Statistics 6; Fleming and Harrington 1984, Communications in Statistics 13), which for weights that
/// are not whole are differences of the digamma and the trigamma function.
pub fn nelson_aalen(
    at_risk: &[f64],
    observed: &[f64],
    one_by_one: bool,
    hazard: &mut [f64],
    variance: &mut [f64],
) {
    let (mut h, mut v) = (0.0, 0.0);
    let rows = at_risk.iter().zip(observed);
    for ((&n, &d), (out, out_variance)) in rows.zip(hazard.iter_mut().zip(variance)) {
        if d > 0.0 {
            let (step, spread) = if !one_by_one || (d - 1.0).abs() <= 0.0 {
                (d / n, d / (n * n))
            } else {
                (digamma_rise(n - d + 1.0, d), trigamma_drop(n - d + 1.0, d))
            };
            h += step;
            v += spread;
        }
        *out = h;
        *out_variance = v;
    }
}

/// How the ends of a band around a survival curve are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// On the scale of `ln(-ln S)`: never leaves 0 to 1.
    LogLog,
    /// On the scale of `ln S`, cut off at 1.
    Log,
    /// On the scale of `S`, cut off at 0 and 1.
    Plain,
}

/// The band at each time, `z` standard errors to either side (Kalbfleisch and Prentice 2002, section 1.4).
///
/// Where the curve is 1 there is no error to speak of and both ends are 1; where it is 0 both ends are 0.
pub fn survival_band(
    band: Band,
    z: f64,
    survival: &[f64],
    sums: &[f64],
    lower: &mut [f64],
    upper: &mut [f64],
) {
    let rows = survival.chunks(PIECE).zip(sums.chunks(PIECE));
    let out = lower.chunks_mut(PIECE).zip(upper.chunks_mut(PIECE));
    parallel::map_owned(
        rows.zip(out).collect(),
        survival.len(),
        |((survival, sums), (lower, upper))| {
            let (mut before, mut ends) = (f64::NAN, (1.0, 1.0));
            let mut near = Near::default();
            let rows = survival.iter().zip(sums);
            for ((&s, &sum), (low, high)) in rows.zip(lower.iter_mut().zip(upper)) {
                // at a censoring the curve stays where it is, and so does its band
                if sum.to_bits() != before.to_bits() {
                    ends = band_at(band, z, s, sum, &mut near);
                    before = sum;
                }
                (*low, *high) = ends;
            }
        },
    );
}

fn band_at(band: Band, z: f64, s: f64, sum: f64, near: &mut Near) -> (f64, f64) {
    if s <= 0.0 || sum <= 0.0 {
        return (s, s);
    }
    let error = z * sum.sqrt();
    match band {
        Band::LogLog => {
            let ln_s = near.survival.ln(s);
            // the standard error of ln(-ln S) is sqrt(sum) / |ln S|
            let factor = near.factor.exp(-error / ln_s);
            let lower = near.lower.exp(ln_s * factor);
            (lower, near.upper.exp(ln_s / factor))
        }
        Band::Log => {
            let factor = near.factor.exp(-error);
            (s * factor, (s / factor).min(1.0))
        }
        Band::Plain => ((s - s * error).max(0.0), (s + s * error).min(1.0)),
    }
}

/// What the functions in a band were last worked out at.
#[derive(Debug, Default)]
struct Near {
    survival: Anchor,
    factor: Anchor,
    lower: Anchor,
    upper: Anchor,
}

/// A function's value at a point, and what leads from there to values nearby: from one time of a long curve to the next
/// hardly anything changes, and a short series costs a fraction of the function.
#[derive(Debug)]
struct Anchor {
    at: f64,
    value: f64,
    /// `1 / at`
    inverse: f64,
}

impl Default for Anchor {
    fn default() -> Self {
        Self {
            at: f64::NAN,
            value: f64::NAN,
            inverse: f64::NAN,
        }
    }
}

impl Anchor {
    /// Steps up to this one leave errors of `2^-57` in both series.
    const NEAR: f64 = 1.0 / 1024.0;

    fn exp(&mut self, x: f64) -> f64 {
        let d = x - self.at;
        if d.abs() <= Self::NEAR {
            let series = d * (1.0 + d * (1.0 / 2.0 + d * (1.0 / 6.0 + d / 24.0)));
            return self.value + self.value * series;
        }
        (self.at, self.value) = (x, x.exp());
        self.value
    }

    fn ln(&mut self, x: f64) -> f64 {
        let d = (x - self.at) * self.inverse;
        if d.abs() <= Self::NEAR {
            let series = 1.0 / 3.0 + d * (-1.0 / 4.0 + d * (1.0 / 5.0 - d / 6.0));
            return self.value + (d + d * d * (d * series - 1.0 / 2.0));
        }
        (self.at, self.value, self.inverse) = (x, x.ln(), x.recip());
        self.value
    }
}

/// The mean of the durations cut off at `horizon`, and its variance.
///
/// `mu = int_0^h S`, with variance `sum (int_t^h S)^2 d / (n (n - d))` over event times `t <= h` (Irwin 1949; Royston and
/// Parmar 2013, BMC Medical Research Methodology 13).
pub fn restricted_mean(
    timeline: &[f64],
    survival: &[f64],
    sums: &[f64],
    horizon: f64,
) -> (f64, f64) {
    let until = timeline.partition_point(|&time| time < horizon);
    let (mut area, mut variance, mut next) = (0.0, 0.0, horizon);
    for i in (0..until).rev() {
        area += survival[i] * (next - timeline[i]);
        next = timeline[i];
        let before = if i == 0 { 0.0 } else { sums[i - 1] };
        let step = sums[i] - before;
        if area > 0.0 && step > 0.0 {
            variance += area * area * step;
        }
    }
    (area, variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Durations 1, 2, 2+, 3, 5+ (a plus is censored), worked by hand.
    const AT_RISK: [f64; 5] = [5.0, 5.0, 4.0, 2.0, 1.0];
    const OBSERVED: [f64; 5] = [0.0, 1.0, 1.0, 1.0, 0.0];
    const TIMELINE: [f64; 5] = [0.0, 1.0, 2.0, 3.0, 5.0];

    fn curve() -> ([f64; 5], [f64; 5]) {
        let (mut survival, mut sums) = ([0.0; 5], [0.0; 5]);
        kaplan_meier(&AT_RISK, &OBSERVED, &mut survival, &mut sums);
        (survival, sums)
    }

    fn close(ours: &[f64], theirs: &[f64]) {
        for (a, b) in ours.iter().zip(theirs) {
            assert!((a - b).abs() < 1e-15, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn survival_by_hand() {
        let (survival, sums) = curve();
        close(&survival, &[1.0, 0.8, 0.6, 0.3, 0.3]);
        let s1 = 1.0 / 20.0;
        let s2 = s1 + 1.0 / 12.0;
        close(&sums, &[0.0, s1, s2, s2 + 0.5, s2 + 0.5]);
    }

    #[test]
    fn hazard_by_hand_and_with_ties() {
        let (mut hazard, mut variance) = ([0.0; 5], [0.0; 5]);
        nelson_aalen(&AT_RISK, &OBSERVED, true, &mut hazard, &mut variance);
        close(&hazard, &[0.0, 0.2, 0.45, 0.95, 0.95]);
        nelson_aalen(&[5.0], &[3.0], true, &mut hazard, &mut variance);
        close(&hazard[..1], &[1.0 / 5.0 + 1.0 / 4.0 + 1.0 / 3.0]);
        close(&variance[..1], &[1.0 / 25.0 + 1.0 / 16.0 + 1.0 / 9.0]);
        nelson_aalen(&[5.0], &[3.0], false, &mut hazard, &mut variance);
        close(&hazard[..1], &[0.6]);
        close(&variance[..1], &[0.12]);
    }

    #[test]
    fn mean_by_hand() {
        let (survival, sums) = curve();
        let (mean, variance) = restricted_mean(&TIMELINE, &survival, &sums, 4.0);
        assert!((mean - (1.0 + 0.8 + 0.6 + 0.3)).abs() < 1e-15);
        // areas to the right of each event: 1.7, 0.9, 0.3
        let expected = 1.7_f64.powi(2) / 20.0 + 0.9_f64.powi(2) / 12.0 + 0.3_f64.powi(2) / 2.0;
        assert!((variance - expected).abs() < 1e-15);
    }

    #[test]
    fn bands_keep_their_order_and_range() {
        let (survival, sums) = curve();
        for band in [Band::LogLog, Band::Log, Band::Plain] {
            let (mut lower, mut upper) = ([0.0; 5], [0.0; 5]);
            survival_band(band, 1.96, &survival, &sums, &mut lower, &mut upper);
            for i in 0..5 {
                assert!(0.0 <= lower[i] && lower[i] <= survival[i]);
                assert!(survival[i] <= upper[i] && upper[i] <= 1.0);
            }
        }
        let nobody = band_at(Band::LogLog, 1.96, 0.0, f64::INFINITY, &mut Near::default());
        assert_eq!(nobody, (0.0, 0.0));
    }

    #[test]
    fn functions_near_where_they_are_known() {
        let (mut exp, mut ln) = (Anchor::default(), Anchor::default());
        for i in 1..200_000 {
            let x = f64::from(i) * 5e-6;
            let (y, z) = (exp.exp(-20.0 * x), ln.ln(x));
            // two roundings beside those of the functions; near 1 the logarithm is known to a rounding of 1
            assert!((y / (-20.0 * x).exp() - 1.0).abs() < 5e-16, "{x}: {y}");
            assert!(
                (z - x.ln()).abs() < 5e-16 * x.ln().abs().max(1.0),
                "{x}: {z}"
            );
        }
    }

    #[test]
    fn nobody_left_is_certain() {
        let (mut survival, mut sums) = ([0.0; 2], [0.0; 2]);
        kaplan_meier(&[2.0, 1.0], &[1.0, 1.0], &mut survival, &mut sums);
        close(&survival, &[0.5, 0.0]);
        let (mean, variance) = restricted_mean(&[1.0, 2.0], &survival, &sums, 5.0);
        assert!((mean - 0.5).abs() < 1e-15 && (variance - 0.125).abs() < 1e-15);
    }
}
