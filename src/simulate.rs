//! Customers and orders drawn from the models, with the truth that estimates can be held against.
//!
//! Every customer draws from a random stream of their own, so the same seed gives the same bits for any number of
//! threads, and customer `i` stays the same when more customers are added.

mod buying;

pub use buying::{Customer, Purchased, customers, futures, purchases};

use crate::data::check::Rule;
use crate::models::covariates::{one_of, own_parameters};
use crate::models::{GammaGamma, Model};
use crate::numeric::parallel;
use crate::numeric::random::{Stream, Streams};
use crate::{Error, Result};

/// What the draws of a seed are for; each purpose has streams of its own.
const BUYING: u64 = 1;
const SPENDING: u64 = 2;
const ARRIVING: u64 = 3;

/// Draws when each customer makes the first purchase: uniformly over a window that opens at 0.
///
/// # Errors
/// [`Error::Data`] unless the length of every window is finite and not negative.
pub fn arrivals(windows: &[f64], seed: u64) -> Result<Vec<f64>> {
    check_lengths("window", windows)?;
    let streams = Streams::new(seed, ARRIVING);
    Ok(parallel::tabulate(windows.len(), |i| {
        windows[i] * streams.stream(i as u64).uniform()
    }))
}

/// Passes if every length of time is finite and not negative.
fn check_lengths(column: &str, lengths: &[f64]) -> Result<()> {
    let rule = Rule {
        column,
        expected: "be finite and at least 0",
        hint: "",
    };
    let bad = |i: usize| !(lengths[i].is_finite() && lengths[i] >= 0.0);
    rule.check(lengths.len(), bad, |i| lengths[i].to_string())
}

/// Draws the mean value of each customer's purchases from the Gamma-Gamma model; 0 for customers without any. The
/// parameters are those of all, or one row for each.
///
/// A customer's values are `Gamma(p, nu)` with `nu ~ Gamma(q, gamma)`, so the mean of `x` of them is `Gamma(p x, nu x)`:
/// Fader and Hardie (2013), The Gamma-Gamma model of monetary value, section 2.
///
/// # Errors
/// [`Error::Parameter`] unless `theta = [p, q, gamma]` is finite and positive, and if a value falls outside the range of
/// a floating-point number; [`Error::Data`] unless the counts are finite and not negative.
pub fn mean_spend(theta: &[f64], frequency: &[f64], seed: u64) -> Result<Vec<f64>> {
    let own = own_parameters(&GammaGamma::PARAMETERS, theta, frequency.len())?;
    let rule = Rule {
        column: "frequency",
        expected: "be a whole number of at least 0",
        hint: "",
    };
    let bad = |i: usize| {
        let x = frequency[i];
        !(x.is_finite() && x >= 0.0 && x.fract() == 0.0)
    };
    rule.check(frequency.len(), bad, |i| frequency[i].to_string())?;
    let streams = Streams::new(seed, SPENDING);
    let means = parallel::tabulate(frequency.len(), |i| match frequency[i] {
        0.0 => 0.0,
        x => Purse::open(one_of(&own, i), streams.stream(i as u64)).mean(x),
    });
    let valued = |i: usize| frequency[i] == 0.0 || is_value(means[i]);
    representable(means.len(), valued)?;
    Ok(means)
}

/// Draws the value of each order from the Gamma-Gamma model, customer by customer, given how many orders each has; with
/// parameters as in [`mean_spend`].
///
/// # Errors
/// [`Error::Parameter`] unless `theta = [p, q, gamma]` is finite and positive, and if a value falls outside the range of
/// a floating-point number.
pub fn order_values(theta: &[f64], orders: &[u64], seed: u64) -> Result<Vec<f64>> {
    let own = own_parameters(&GammaGamma::PARAMETERS, theta, orders.len())?;
    let streams = Streams::new(seed, SPENDING);
    let numbers: Vec<usize> = (0..orders.len()).collect();
    let parts = parallel::map_chunks(&numbers, |chunk| {
        let mut values = Vec::new();
        for &i in chunk {
            let mut purse = Purse::open(one_of(&own, i), streams.stream(i as u64));
            values.extend((0..orders[i]).map(|_| purse.mean(1.0)));
        }
        values
    });
    let values = parts.concat();
    representable(values.len(), |i| is_value(values[i]))?;
    Ok(values)
}

/// What one customer tends to spend.
struct Purse {
    p: f64,
    ln_nu: f64,
    stream: Stream,
}

impl Purse {
    /// Draws the rate `nu` of the customer's values.
    fn open([p, q, gamma]: [f64; 3], mut stream: Stream) -> Self {
        let ln_nu = stream.ln_gamma(q) - gamma.ln();
        Self { p, ln_nu, stream }
    }

    /// The mean value of the next `x` orders.
    fn mean(&mut self, x: f64) -> f64 {
        (self.stream.ln_gamma(self.p * x) - self.ln_nu - x.ln()).exp()
    }
}

fn is_value(z: f64) -> bool {
    z.is_finite() && z > 0.0
}

/// Passes if all values are `good`: what heavy tails draw may be too large or too small for a number.
fn representable(len: usize, good: impl Fn(usize) -> bool + Sync) -> Result<()> {
    if !parallel::any(len, |i| !good(i)) {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "p, q, gamma".into(),
        expected: "give values that are finite and greater than 0".into(),
        found: "a value beyond the range of floating-point numbers".into(),
        hint: "p or q is so small that values differ by hundreds of orders of magnitude".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::special;

    const CUSTOMERS: usize = 100_000;

    fn mean(values: impl Iterator<Item = f64>) -> f64 {
        values.sum::<f64>() / CUSTOMERS as f64
    }

    /// A uniform variate has mean 1/2 and variance 1/12.
    #[test]
    fn arrivals_are_spread_over_the_window() {
        let times = arrivals(&vec![8.0; CUSTOMERS], 2).unwrap();
        assert!(times.iter().all(|t| (0.0..8.0).contains(t)));
        let error = 8.0 * (1.0 / 12.0 / CUSTOMERS as f64).sqrt();
        let average = mean(times.iter().copied());
        assert!((average - 4.0).abs() < 5.0 * error, "{average}");
        assert!(arrivals(&[f64::INFINITY], 2).is_err());
    }

    /// The logarithm of an order value has mean `psi(p) - psi(q) + ln gamma` and variance `psi'(p) + psi'(q)`.
    #[test]
    fn order_values_follow_the_model() {
        let [p, q, gamma] = [6.25, 3.74, 15.44];
        let (location, spread) = (
            special::digamma(p) - special::digamma(q) + gamma.ln(),
            special::trigamma(p) + special::trigamma(q),
        );
        let values = order_values(&[p, q, gamma], &vec![1; CUSTOMERS], 11).unwrap();
        let average = mean(values.iter().map(|z| z.ln()));
        let error = (spread / CUSTOMERS as f64).sqrt();
        assert!((average - location).abs() < 5.0 * error, "{average}");
        let variance = mean(values.iter().map(|z| (z.ln() - location).powi(2)));
        // the logarithm's kurtosis is below 5 here, so a squared deviation's variance is below 4 spread^2
        let error = 2.0 * spread / (CUSTOMERS as f64).sqrt();
        assert!((variance - spread).abs() < 5.0 * error, "{variance}");
    }

    /// The mean of `x` orders has the mean `p gamma / (q - 1)` for every `x`, and the variance
    /// `E[p / (x nu^2)] + Var[p / nu]`.
    #[test]
    fn mean_spend_follows_the_model() {
        let [p, q, gamma] = [6.25, 40.0, 15.44];
        for x in [1.0, 5.0] {
            let means = mean_spend(&[p, q, gamma], &vec![x; CUSTOMERS], 11).unwrap();
            let inverse_square = gamma * gamma / ((q - 1.0) * (q - 2.0));
            let centre = p * gamma / (q - 1.0);
            let variance = (p / x + p * p) * inverse_square - centre * centre;
            let error = (variance / CUSTOMERS as f64).sqrt();
            let average = mean(means.iter().copied());
            assert!((average - centre).abs() < 5.0 * error, "{x}: {average}");
            let found = mean(means.iter().map(|z| (z - centre).powi(2)));
            // the kurtosis of the mean is below 7 here, so a squared deviation's variance is below 6 variance^2
            let error = variance * (6.0 / CUSTOMERS as f64).sqrt();
            assert!((found - variance).abs() < 5.0 * error, "{x}: {found}");
        }
    }

    #[test]
    fn extreme_parameters_end_with_values_or_an_error() {
        let extremes = [1e-300, 1e-3, 1.0, 1e3, 1e300];
        for p in extremes {
            for q in extremes {
                let values = order_values(&[p, q, 1.0], &[3; 20], 1);
                assert!(values.unwrap_or_default().iter().all(|z| is_value(*z)));
            }
        }
        let count = mean_spend(&[6.25, 3.74, 15.44], &[0.5], 1).unwrap_err();
        assert_eq!(
            count.to_string(),
            "column `frequency` must be a whole number of at least 0; row 0 has 0.5"
        );
        assert!(order_values(&[1e-4, 3.0, 1.0], &[100; 100], 1).is_err());
    }
}
