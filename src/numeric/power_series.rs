//! Power series with positive coefficients, kept for evaluation at many points.

use super::Scalar;

/// `sum_{n>=1} c_n z^n` for `0 <= z < 1`, with coefficients that are positive and whose ratios fall to one.
#[derive(Debug, Clone)]
pub struct PowerSeries<S> {
    coefficients: Vec<S>,
    /// For each 64th of [0, 1), how many terms are all that shows up to its end; 0 where more are needed than kept.
    lengths: [u16; SLICES],
}

/// Coefficients kept.
const TERMS: usize = 512;
/// Slices of [0, 1).
const SLICES: usize = 64;
/// Terms that no longer show in the sum's last digit, relative to its first term: `ln(1e-17)`.
const NEGLIGIBLE: f64 = -39.1;

impl<S: Scalar> PowerSeries<S> {
    /// The series with these coefficients, as many of them as numbers can hold.
    pub fn new(coefficients: impl Iterator<Item = S>) -> Self {
        let coefficients: Vec<S> = coefficients
            .take(TERMS)
            .take_while(|c| c.value() < 1e250)
            .collect();
        let growth = |n: usize| (coefficients[n - 1].value() / coefficients[0].value()).ln();
        let mut lengths = [0; SLICES];
        let mut slice = 0;
        for n in (8..=coefficients.len()).step_by(8) {
            let growth = growth(n);
            while slice < SLICES && is_negligible(n, growth, (slice + 1) as f64 / SLICES as f64) {
                lengths[slice] = u16::try_from(n).unwrap_or_default();
                slice += 1;
            }
        }
        Self {
            coefficients,
            lengths,
        }
    }

    /// The sum at `z`; nothing where it needs more terms than are kept.
    pub fn at(&self, z: S) -> Option<S> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "z lies in [0, 1]"
        )]
        let slice = (z.value() * SLICES as f64) as usize;
        let terms = usize::from(*self.lengths.get(slice)?);
        if terms == 0 {
            return None;
        }
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

/// Whether term number `n` of the series, and a geometric tail with ratios that fall to `z`, do not show beside the
/// first term: `c_n z^(n-1) / (c_1 (1-z)^2) < 1e-17`.
fn is_negligible(n: usize, ln_growth: f64, z: f64) -> bool {
    ln_growth + (n as f64 - 1.0) * z.ln() - 2.0 * (-z).ln_1p() < NEGLIGIBLE
}
