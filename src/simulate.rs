//! Customers and orders drawn from the models, with the truth that estimates can be held against.
//!
//! Every customer draws from a random stream of their own, so the same seed gives the same bits for any number of
//! threads, and customer `i` stays the same when more customers are added.

use crate::data::check::Rule;
use crate::models::{BgNbd, GammaGamma, Model, positive};
use crate::numeric::parallel;
use crate::numeric::random::{Stream, Streams};
use crate::{Error, Result};

/// The most purchases that one call may be expected to draw: minutes of work, gigabytes of memory.
const MOST_PURCHASES: f64 = 1e9;

/// What the draws of a seed are for; each purpose has streams of its own.
const BUYING: u64 = 1;
const SPENDING: u64 = 2;
const ARRIVING: u64 = 3;

/// A customer drawn from the BG/NBD model: what is seen of them, and the truth behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Customer {
    /// Number of repeat purchases.
    pub x: u64,
    /// Age at the last purchase; 0 without a repeat purchase.
    pub t_x: f64,
    /// The rate of purchases while alive, lambda.
    pub rate: f64,
    /// The chance p of dropping out after a repeat purchase.
    pub dropout: f64,
    /// Whether the customer is still alive at the end of observation.
    pub alive: bool,
}

/// Customers with the ages at all their repeat purchases, customer by customer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Purchased {
    /// The customers, in the order of their ages.
    pub customers: Vec<Customer>,
    /// The ages at repeat purchases: `x` for each customer, ascending.
    pub times: Vec<f64>,
}

/// Draws a BG/NBD customer for each age (the time from the first purchase to the end of observation).
///
/// With rate `lambda ~ Gamma(r, alpha)` and dropout probability `p ~ Beta(a, b)`, purchases follow one another after
/// exponential times, and after each repeat purchase the customer leaves with probability `p`: Fader, Hardie and Lee
/// (2005), Marketing Science 24, section 3.
///
/// # Errors
/// [`Error::Parameter`] unless `theta = [r, alpha, a, b]` is finite and positive, and if more than 1e9 purchases are to
/// be expected; [`Error::Data`] unless every age is finite and not negative.
///
/// # Examples
/// ```
/// let customers = tenure::simulate::bg_nbd(&[0.243, 4.414, 0.793, 2.426], &[38.9; 1000], 7)?;
/// let repeaters = customers.iter().filter(|customer| customer.x > 0).count();
/// assert!((300..500).contains(&repeaters));
/// # Ok::<(), tenure::Error>(())
/// ```
pub fn bg_nbd(theta: &[f64], ages: &[f64], seed: u64) -> Result<Vec<Customer>> {
    let market = Market::new(theta, ages, seed)?;
    Ok(parallel::tabulate(ages.len(), |i| {
        market.live(i, ages[i], |_| ())
    }))
}

/// As [`bg_nbd`], with the age at every repeat purchase.
///
/// # Errors
/// As [`bg_nbd`].
pub fn bg_nbd_purchases(theta: &[f64], ages: &[f64], seed: u64) -> Result<Purchased> {
    let market = Market::new(theta, ages, seed)?;
    let numbers: Vec<usize> = (0..ages.len()).collect();
    let parts = parallel::map_chunks(&numbers, |chunk| {
        let mut part = Purchased::default();
        for &i in chunk {
            let customer = market.live(i, ages[i], |t| part.times.push(t));
            part.customers.push(customer);
        }
        part
    });
    let mut all = Purchased::default();
    for mut part in parts {
        all.customers.append(&mut part.customers);
        all.times.append(&mut part.times);
    }
    Ok(all)
}

/// The BG/NBD model with the streams that its customers are drawn from.
struct Market {
    theta: [f64; 4],
    streams: Streams,
}

impl Market {
    /// Checks the parameters, the ages and how much there will be to draw.
    fn new(theta: &[f64], ages: &[f64], seed: u64) -> Result<Self> {
        let market = Self {
            theta: positive(&BgNbd::PARAMETERS, theta)?,
            streams: Streams::new(seed, BUYING),
        };
        check_lengths("T", ages)?;
        let numbers: Vec<usize> = (0..ages.len()).collect();
        let parts = parallel::map_chunks(&numbers, |chunk| -> f64 {
            chunk.iter().map(|&i| market.expected(i, ages[i])).sum()
        });
        let expected: f64 = parts.iter().sum();
        if expected <= MOST_PURCHASES {
            return Ok(market);
        }
        Err(Error::Parameter {
            name: "T".into(),
            expected: "leave no more than 1e9 purchases to be expected in all".into(),
            found: format!("{expected:.1e} purchases"),
            hint: "draw fewer customers, observe them for less time, or raise alpha".into(),
        })
    }

    /// Lambda and p of customer `i`, drawn first, and the stream that the rest is drawn from.
    fn nature(&self, i: usize) -> (Stream, f64, f64) {
        let [r, alpha, a, b] = self.theta;
        let mut stream = self.streams.stream(i as u64);
        let rate = (stream.ln_gamma(r) - alpha.ln()).exp();
        let dropout = stream.beta(a, b);
        (stream, rate, dropout)
    }

    /// `E[X(T) | lambda, p] = (1 - e^(-lambda p T)) / p`.
    fn expected(&self, i: usize, age: f64) -> f64 {
        let (_, rate, dropout) = self.nature(i);
        if !rate.is_finite() {
            f64::INFINITY
        } else if dropout == 0.0 {
            rate * age
        } else {
            -(-rate * dropout * age).exp_m1() / dropout
        }
    }

    /// The life of customer `i` up to an age, purchase by purchase.
    fn live(&self, i: usize, age: f64, mut on_purchase: impl FnMut(f64)) -> Customer {
        let (mut stream, rate, dropout) = self.nature(i);
        let mut customer = Customer {
            x: 0,
            t_x: 0.0,
            rate,
            dropout,
            alive: true,
        };
        loop {
            let t = customer.t_x + stream.exponential() / rate;
            if t > age {
                return customer;
            }
            customer.x += 1;
            customer.t_x = t;
            on_purchase(t);
            if stream.uniform() < dropout {
                customer.alive = false;
                return customer;
            }
        }
    }
}

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

/// Draws the mean value of each customer's purchases from the Gamma-Gamma model; 0 for customers without any.
///
/// A customer's values are `Gamma(p, nu)` with `nu ~ Gamma(q, gamma)`, so the mean of `x` of them is `Gamma(p x, nu x)`:
/// Fader and Hardie (2013), The Gamma-Gamma model of monetary value, section 2.
///
/// # Errors
/// [`Error::Parameter`] unless `theta = [p, q, gamma]` is finite and positive, and if a value falls outside the range of
/// a floating-point number; [`Error::Data`] unless the counts are finite and not negative.
pub fn mean_spend(theta: &[f64], frequency: &[f64], seed: u64) -> Result<Vec<f64>> {
    let theta = positive(&GammaGamma::PARAMETERS, theta)?;
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
        x => Purse::open(theta, streams.stream(i as u64)).mean(x),
    });
    let valued = |i: usize| frequency[i] == 0.0 || is_value(means[i]);
    representable(means.len(), valued)?;
    Ok(means)
}

/// Draws the value of each order from the Gamma-Gamma model, customer by customer, given how many orders each has.
///
/// # Errors
/// [`Error::Parameter`] unless `theta = [p, q, gamma]` is finite and positive, and if a value falls outside the range of
/// a floating-point number.
pub fn order_values(theta: &[f64], orders: &[u64], seed: u64) -> Result<Vec<f64>> {
    let theta = positive(&GammaGamma::PARAMETERS, theta)?;
    let streams = Streams::new(seed, SPENDING);
    let numbers: Vec<usize> = (0..orders.len()).collect();
    let parts = parallel::map_chunks(&numbers, |chunk| {
        let mut values = Vec::new();
        for &i in chunk {
            let mut purse = Purse::open(theta, streams.stream(i as u64));
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

    /// `E[X(T)] = sum_k B(a,b+k-1)/B(a,b) P(NB >= k)`, term by term.
    fn expected_purchases([r, alpha, a, b]: [f64; 4], age: f64) -> f64 {
        let z = age / (alpha + age);
        let mut mass = (1.0 - z).powf(r); // of the negative binomial at k - 1
        let (mut tail, mut survived, mut total) = (1.0, 1.0, 0.0);
        for k in 1..10_000 {
            let before = f64::from(k - 1);
            tail -= mass;
            total += survived * tail;
            survived *= (b + before) / (a + b + before);
            mass *= (r + before) / (before + 1.0) * z;
        }
        total
    }

    fn mean(values: impl Iterator<Item = f64>) -> f64 {
        values.sum::<f64>() / CUSTOMERS as f64
    }

    /// The identities and the numbers of standard errors that PyMC-Marketing's tests use.
    #[test]
    fn histories_follow_the_model() {
        for (theta, age) in [
            ([0.243, 4.414, 0.793, 2.426], 78.0),
            ([1.0, 5.0, 5.0, 1.0], 20.0),
            ([5.0, 1.0, 1.0, 1.0], 10.0),
        ] {
            let drawn = bg_nbd(&theta, &vec![age; CUSTOMERS], 20050501).unwrap();
            let [r, alpha, ..] = theta;

            let p0 = (alpha / (alpha + age)).powf(r);
            let zeros = mean(drawn.iter().map(|c| f64::from(c.x == 0)));
            let error = (p0 * (1.0 - p0) / CUSTOMERS as f64).sqrt();
            assert!((zeros - p0).abs() < 5.0 * error, "{theta:?}: {zeros}, {p0}");

            let expected = expected_purchases(theta, age);
            let average = mean(drawn.iter().map(|c| c.x as f64));
            let variance = mean(drawn.iter().map(|c| (c.x as f64 - average).powi(2)));
            let error = (variance / CUSTOMERS as f64).sqrt();
            assert!(
                (average - expected).abs() < 6.0 * error,
                "{theta:?}: {average}, {expected}"
            );

            // P(alive at T | lambda, p) = e^(-lambda p T): a coin for each customer, so a variance of at most 1/4
            let alive = mean(drawn.iter().map(|c| f64::from(c.alive)));
            let promised = mean(drawn.iter().map(|c| (-c.rate * c.dropout * age).exp()));
            let error = (0.25 / CUSTOMERS as f64).sqrt();
            assert!(
                (alive - promised).abs() < 5.0 * error,
                "{alive}, {promised}"
            );

            for c in &drawn {
                assert_eq!(c.x == 0, c.t_x == 0.0);
                assert!((0.0..=age).contains(&c.t_x));
                assert!(c.alive || c.x > 0);
            }
        }
    }

    #[test]
    fn purchases_are_those_of_the_histories() {
        let ages: Vec<f64> = (0..3000).map(|i| 0.05 * f64::from(i)).collect();
        let theta = [0.8, 4.0, 0.793, 2.426];
        let all = bg_nbd_purchases(&theta, &ages, 3).unwrap();
        assert_eq!(all.customers, bg_nbd(&theta, &ages, 3).unwrap());
        let mut times = all.times.as_slice();
        for customer in &all.customers {
            let (own, rest) = times.split_at(usize::try_from(customer.x).unwrap());
            assert!(own.is_sorted());
            let last = own.last().copied().unwrap_or_default();
            assert_eq!(last.to_bits(), customer.t_x.to_bits());
            times = rest;
        }
        assert!(times.is_empty());
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

    #[test]
    fn more_customers_leave_the_first_ones_as_they_were() {
        let theta = [0.243, 4.414, 0.793, 2.426];
        let few = bg_nbd(&theta, &[30.0; 10], 5).unwrap();
        let many = bg_nbd(&theta, &vec![30.0; 5000], 5).unwrap();
        assert_eq!(few, many[..10]);
        assert_ne!(few, bg_nbd(&theta, &[30.0; 10], 6).unwrap());
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
    fn extreme_parameters_end_soon_with_customers_or_an_error() {
        let extremes = [1e-300, 1e-3, 1.0, 1e3, 1e300];
        for r in extremes {
            for alpha in extremes {
                for (a, b) in [(1e-300, 1.0), (1.0, 1e-300), (1e300, 1e300), (1e-3, 1e3)] {
                    for age in [0.0, 1e-300, 1.0, 1e300] {
                        let drawn = bg_nbd(&[r, alpha, a, b], &[age; 20], 1);
                        for customer in drawn.unwrap_or_default() {
                            assert!(customer.t_x <= age);
                        }
                    }
                }
                let values = order_values(&[r, alpha, 1.0], &[3; 20], 1);
                assert!(values.unwrap_or_default().iter().all(|z| is_value(*z)));
            }
        }
    }

    #[test]
    fn too_much_to_draw_and_bad_arguments_are_errors() {
        let endless = bg_nbd(&[1.0, 1e-6, 1e-6, 1.0], &[1e6], 1).unwrap_err();
        assert!(
            endless.to_string().starts_with(
                "`T` must leave no more than 1e9 purchases to be expected in all, got "
            )
        );
        let age = bg_nbd(&[1.0; 4], &[1.0, f64::NAN], 1).unwrap_err();
        assert_eq!(
            age.to_string(),
            "column `T` must be finite and at least 0; row 1 has NaN"
        );
        let alpha = bg_nbd(&[1.0, -1.0, 1.0, 1.0], &[1.0], 1).unwrap_err();
        assert_eq!(
            alpha.to_string(),
            "`alpha` must be finite and greater than 0, got -1"
        );
        let count = mean_spend(&[6.25, 3.74, 15.44], &[0.5], 1).unwrap_err();
        assert_eq!(
            count.to_string(),
            "column `frequency` must be a whole number of at least 0; row 0 has 0.5"
        );
        assert!(order_values(&[1e-4, 3.0, 1.0], &[100; 100], 1).is_err());
    }
}
