//! Power series with positive coefficients, kept for evaluation at many points.

use super::Scalar;

/// `sum_{n>=1} c_n z^n` for `0 <= z < 1`, with coefficients that are positive and whose ratios fall to one.
#[derive(Debug, Clone)]
pub struct PowerSeries<S> {
    coefficients: Vec<S>,
    /// `(z, n)`: up to this `z` the first `n` terms are all that shows.
    reach: Vec<(f64, usize)>,
}

/// Coefficients kept.
const TERMS: usize = 256;
/// Terms that no longer show in the sum's last digit, relative to its first term: `ln(1e-17)`.
const NEGLIGIBLE: f64 = -39.1;

impl<S: Scalar> PowerSeries<S> {
    /// The series with these coefficients, as many of them as numbers can hold.
    pub fn new(coefficients: impl Iterator<Item = S>) -> Self {
        let coefficients: Vec<S> = coefficients
            .take(TERMS)
            .take_while(|c| c.value() < 1e250)
            .collect();
        let lengths = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256];
        let kept = lengths.into_iter().filter(|&n| n <= coefficients.len());
        let growth = |n: usize| (coefficients[n - 1].value() / coefficients[0].value()).ln();
        let reach = kept.map(|n| (reach_of(n, growth(n)), n)).collect();
        Self {
            coefficients,
            reach,
        }
    }

    /// The sum at `z`; nothing where it needs more terms than are kept.
    pub fn at(&self, z: S) -> Option<S> {
        let &(_, terms) = self.reach.iter().find(|(reach, _)| z.value() <= *reach)?;
        // eight sums in z^8 side by side, so that no step waits for the one before
        let z2 = z * z;
        let z4 = z2 * z2;
        let z8 = z4 * z4;
        let mut sums = [S::from(0.0); 8];
        for eight in self.coefficients[..terms].chunks_exact(8).rev() {
            for (sum, &c) in sums.iter_mut().zip(eight) {
                *sum = *sum * z8 + c;
            }
        }
        let [a, b, c, d, e, f, g, h] = sums;
        let low = a + b * z + (c + d * z) * z2;
        let high = e + f * z + (g + h * z) * z2;
        Some((low + high * z4) * z)
    }
}

/// The largest `z` (to three digits, from below) at which term number `n` of the series, and a geometric tail with
/// ratios that fall to `z`, do not show beside the first term: `c_n z^(n-1) / (c_1 (1-z)^2) < 1e-17`.
fn reach_of(n: usize, ln_growth: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..12 {
        let z: f64 = 0.5 * (low + high);
        if ln_growth + (n as f64 - 1.0) * z.ln() - 2.0 * (-z).ln_1p() < NEGLIGIBLE {
            low = z;
        } else {
            high = z;
        }
    }
    low
}
