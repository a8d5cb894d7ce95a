//! Random numbers that depend on a seed and on what they are for, never on threads or on the order of work.
//!
//! Each customer draws from a [`Stream`] of their own: a xoshiro256++ generator (Blackman and Vigna 2021, Scrambled
//! linear pseudorandom number generators) whose four words of state are the next four of one `SplitMix64` sequence, as
//! its authors advise. All streams of a seed start in different states, because the words of that sequence are distinct.

use rand::{Rng, SeedableRng};
use rand_distr::{Binomial, Distribution, Exp1, Open01, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The increment of `SplitMix64`: 2^64 divided by the golden ratio.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of `SplitMix64`, a bijection (Steele, Lea and Flood 2014, Fast splittable pseudorandom number
/// generators).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// All streams of one seed and one purpose.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    key: u64,
}

impl Streams {
    /// The streams of a seed; different purposes draw different numbers from the same seed.
    ///
    /// # Examples
    /// ```
    /// use tenure::numeric::random::Streams;
    /// let (one, other) = (Streams::new(7, 0), Streams::new(7, 0));
    /// assert_eq!(one.stream(3).uniform(), other.stream(3).uniform());
    /// assert_ne!(one.stream(3).uniform(), one.stream(4).uniform());
    /// ```
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self {
            key: mix(mix(seed).wrapping_add(purpose)),
        }
    }

    /// Stream number `number`, from its beginning.
    pub fn stream(&self, number: u64) -> Stream {
        let mut seed = [0; 32];
        for (k, word) in (0..4).zip(seed.chunks_exact_mut(8)) {
            let place = number.wrapping_mul(4).wrapping_add(k);
            let z = self.key.wrapping_add(place.wrapping_mul(GOLDEN_GAMMA));
            word.copy_from_slice(&mix(z).to_le_bytes());
        }
        Stream(Xoshiro256PlusPlus::from_seed(seed))
    }
}

/// An endless sequence of random numbers.
#[derive(Debug, Clone)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// Uniform on the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        Open01.sample(&mut self.0)
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        Exp1.sample(&mut self.0)
    }

    /// The logarithm of a gamma variate with the given shape and scale 1.
    ///
    /// Marsaglia and Tsang (2000), A simple method for generating gamma variables. Shapes below 1 take
    /// `G(shape) = G(shape + 1) U^(1/shape)`, which in logarithms does not underflow however small the shape.
    pub fn ln_gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().ln() / shape;
            return self.ln_gamma(shape + 1.0) + boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z: f64 = StandardNormal.sample(&mut self.0);
            let cube_root = 1.0 + c * z;
            if cube_root <= 0.0 {
                continue;
            }
            let v = cube_root * cube_root * cube_root;
            let ln_v = 3.0 * cube_root.ln();
            if self.uniform().ln() < 0.5 * z * z + d * (1.0 - v + ln_v) {
                return d.ln() + ln_v;
            }
        }
    }

    /// A gamma variate with the given shape and inverse scale.
    pub fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        (self.ln_gamma(shape) - rate.ln()).exp()
    }

    /// A beta variate: the share of one gamma variate in the sum of two.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let logit = self.ln_gamma(a) - self.ln_gamma(b);
        1.0 / (1.0 + (-logit).exp())
    }

    /// Which of independent trials, counted from 1, is the first to succeed if each does with probability `p`; infinity
    /// if none does.
    ///
    /// `P(N > n) = (1-p)^n`, so that `N` is an exponential variate in units of `-ln(1-p)`, rounded up.
    pub fn geometric(&mut self, p: f64) -> f64 {
        (self.uniform().ln() / (-p).ln_1p()).ceil().max(1.0)
    }

    /// How many of `trials` succeed that do so with probability `p` each.
    pub fn binomial(&mut self, trials: f64, p: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "conversions of floats saturate"
        )]
        let trials = trials as u64;
        // the only refusal is of a p that is no probability
        Binomial::new(trials, p.clamp(0.0, 1.0)).map_or(0.0, |b| b.sample(&mut self.0) as f64)
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u64 = 200_000;

    /// Mean and variance of `draw` over many streams, one draw each: tests the streams' independence, too.
    fn moments(draw: impl Fn(&mut Stream) -> f64) -> (f64, f64) {
        let streams = Streams::new(20050501, 0);
        let values: Vec<f64> = (0..DRAWS).map(|i| draw(&mut streams.stream(i))).collect();
        let mean = values.iter().sum::<f64>() / DRAWS as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        (mean, squares / DRAWS as f64)
    }

    /// Five standard errors of a mean with this variance.
    fn five_errors(variance: f64) -> f64 {
        5.0 * (variance / DRAWS as f64).sqrt()
    }

    #[test]
    fn gamma_and_beta_variates_have_their_moments() {
        for shape in [0.05, 0.5, 1.0, 3.7, 250.0] {
            let (mean, variance) = moments(|s| s.ln_gamma(shape).exp());
            assert!((mean - shape).abs() < five_errors(shape), "{shape}: {mean}");
            // the variance of a squared deviation is 2 shape^2 + 6 shape
            let spread = five_errors(2.0 * shape * shape + 6.0 * shape);
            assert!((variance - shape).abs() < spread, "{shape}: {variance}");
        }
        for (a, b) in [(0.793, 2.426), (0.1, 0.1), (30.0, 2.0)] {
            let (mean, variance) = moments(|s| s.beta(a, b));
            let (m, n) = (a / (a + b), a + b);
            let v = m * (1.0 - m) / (n + 1.0);
            assert!((mean - m).abs() < five_errors(v), "{a}, {b}: {mean}");
            // a squared deviation lies in [0, 1], so its variance is at most v
            assert!(
                (variance - v).abs() < five_errors(v),
                "{a}, {b}: {variance}"
            );
        }
    }

    #[test]
    fn gamma_variates_keep_their_logarithm_for_tiny_and_huge_shapes() {
        // for shape -> 0 the logarithm is -Exp(1) / shape
        let (mean, _) = moments(|s| s.ln_gamma(1e-200) * 1e-200);
        assert!((mean + 1.0).abs() < five_errors(1.0), "{mean}");
        // and for shape -> infinity the variate is its shape, up to a share of 1 / sqrt(shape)
        let drawn = Streams::new(1, 0).stream(0).ln_gamma(1e200);
        assert!((drawn - 1e200_f64.ln()).abs() < 1e-12, "{drawn}");
    }

    #[test]
    fn streams_of_one_seed_differ_and_seeds_differ() {
        let mut first: Vec<u64> = (0..1000)
            .map(|i| Streams::new(1, 0).stream(i).bits())
            .chain((0..1000).map(|i| Streams::new(2, 0).stream(i).bits()))
            .chain((0..1000).map(|i| Streams::new(1, 1).stream(i).bits()))
            .collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 3000);
    }

    /// Simulated data must not change under a user's feet: a change here is a breaking change. The number was computed
    /// from the papers' definitions by a few lines of Python.
    #[test]
    fn the_bits_of_a_seed_are_fixed() {
        let mut stream = Streams::new(42, 0).stream(0);
        assert_eq!(stream.bits(), 9889540601515668967);
    }
}
