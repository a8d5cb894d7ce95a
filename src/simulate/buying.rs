//! Customers of the models of buying, and what they buy.

use super::{BUYING, check_lengths};
use crate::data::{Histories, HistoryColumns, Purchases, Rows};
use crate::models::purchasing::{DynPurchasing, Nature, Quantity};
use crate::numeric::parallel;
use crate::numeric::random::{Stream, Streams};
use crate::{Error, Result};

/// The most purchases that one call may be expected to draw: minutes of work, gigabytes of memory.
const MOST_PURCHASES: f64 = 1e9;

/// Futures of known customers; every draw of them adds 1 in the higher bits.
const FORETELLING: u64 = 4;
const A_DRAW: u64 = 1 << 8;

/// A customer drawn from a model: what is seen of them, and the truth behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Customer {
    /// Number of repeat purchases.
    pub x: u64,
    /// Age at the last purchase; 0 without a repeat purchase.
    pub t_x: f64,
    /// The sum of the logarithms of the times between purchases.
    pub ln_waits: f64,
    /// The rate or probability of purchases while alive.
    pub buying: f64,
    /// The rate or probability of leaving.
    pub leaving: f64,
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

/// Draws a new customer of a model for each age (the time from the first purchase to the end of observation), with
/// parameters that are those of all, or one row for each.
///
/// # Errors
/// [`Error::Parameter`] unless the parameters are in their range, and if more than 1e9 purchases are to be expected;
/// [`Error::Data`] unless every age is finite and not negative, and a whole number where time is counted in
/// opportunities.
///
/// # Examples
/// ```
/// use tenure::models::purchasing::purchasing;
/// let model = purchasing("BGNBD")?;
/// let customers = tenure::simulate::customers(model, &[0.243, 4.414, 0.793, 2.426], &[38.9; 1000], 7)?;
/// let repeaters = customers.iter().filter(|customer| customer.x > 0).count();
/// assert!((300..500).contains(&repeaters));
/// # Ok::<(), tenure::Error>(())
/// ```
pub fn customers(
    model: &dyn DynPurchasing,
    theta: &[f64],
    ages: &[f64],
    seed: u64,
) -> Result<Vec<Customer>> {
    let market = Market::new(model, theta, ages, seed)?;
    Ok(parallel::tabulate(ages.len(), |i| {
        market.live(i, ages[i], |_| ())
    }))
}

/// As [`customers`], with the age at every repeat purchase.
///
/// # Errors
/// As [`customers`].
pub fn purchases(
    model: &dyn DynPurchasing,
    theta: &[f64],
    ages: &[f64],
    seed: u64,
) -> Result<Purchased> {
    let market = Market::new(model, theta, ages, seed)?;
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

/// Draws how many purchases known customers make within a horizon, one for all or one each, and whether they are alive
/// at its end: who is alive now is drawn first, and has the future of a new customer with parameters updated by what
/// they did. `draw` numbers independent futures of one seed.
///
/// # Errors
/// As [`customers`], and what [`DynPurchasing::predict`] reports.
pub fn futures(
    model: &dyn DynPurchasing,
    theta: &[f64],
    columns: &HistoryColumns<'_>,
    horizon: &[f64],
    seed: u64,
    draw: u64,
) -> Result<Vec<(u64, bool)>> {
    let known = columns.check()?;
    let mut alive = vec![0.0; known.len()];
    let quantity = Quantity::ProbabilityAlive;
    model.predict(quantity, theta, columns, horizon, &mut alive, None)?;
    model.predict(quantity, theta, columns, &[0.0], &mut alive, None)?;
    let purpose = FORETELLING + A_DRAW.wrapping_mul(draw);
    let streams = Streams::new(seed, purpose);
    let length = |i: usize| horizon.get(i).copied().unwrap_or(horizon[0]);
    let customer = |i: usize| {
        let mut stream = streams.stream(i as u64);
        if stream.uniform() >= alive[i] {
            return None;
        }
        let own = own(theta, model.parameters().len(), i);
        let nature = model.nature(own, Some(&known.row(i)), &mut stream);
        Some((stream, nature))
    };
    let expected = |i: usize| customer(i).map_or(0.0, |(_, nature)| nature.expected(length(i)));
    check_amount("horizon", total(known.len(), expected))?;
    Ok(parallel::tabulate(known.len(), |i| {
        customer(i).map_or((0, false), |(mut stream, nature)| {
            let lived = nature.live(length(i), &mut stream, |_| ());
            (lived.x, lived.alive)
        })
    }))
}

/// The parameters of customer `i`, among one row for all or one for each.
fn own(theta: &[f64], width: usize, i: usize) -> &[f64] {
    if theta.len() == width {
        theta
    } else {
        &theta[i * width..(i + 1) * width]
    }
}

/// The sum of a quantity over customers, in one order.
fn total(customers: usize, quantity: impl Fn(usize) -> f64 + Sync) -> f64 {
    let numbers: Vec<usize> = (0..customers).collect();
    let parts = parallel::map_chunks(&numbers, |chunk| -> f64 {
        chunk.iter().map(|&i| quantity(i)).sum()
    });
    parts.iter().sum()
}

/// Passes if no more than 1e9 purchases are to draw.
fn check_amount(name: &str, expected: f64) -> Result<()> {
    if expected <= MOST_PURCHASES {
        return Ok(());
    }
    Err(Error::Parameter {
        name: name.into(),
        expected: "leave no more than 1e9 purchases to be expected in all".into(),
        found: format!("{expected:.1e} purchases"),
        hint: "draw fewer customers, observe them for less time, or raise alpha".into(),
    })
}

/// A model with the streams that its customers are drawn from.
struct Market<'a> {
    model: &'a dyn DynPurchasing,
    theta: &'a [f64],
    streams: Streams,
}

impl<'a> Market<'a> {
    /// Checks the parameters, the ages and how much there will be to draw.
    fn new(
        model: &'a dyn DynPurchasing,
        theta: &'a [f64],
        ages: &[f64],
        seed: u64,
    ) -> Result<Self> {
        check_lengths("T", ages)?;
        let nothing = vec![0.0; ages.len()];
        model.check(theta, &Histories::new(&nothing[..], &nothing, ages)?)?;
        let streams = Streams::new(seed, BUYING);
        let market = Self {
            model,
            theta,
            streams,
        };
        let expected = |i: usize| market.customer(i).1.expected(ages[i]);
        check_amount("T", total(ages.len(), expected))?;
        Ok(market)
    }

    /// What customer `i` is like, which is drawn first, and the stream that the rest is drawn from.
    fn customer(&self, i: usize) -> (Stream, Nature) {
        let mut stream = self.streams.stream(i as u64);
        let own = own(self.theta, self.model.parameters().len(), i);
        let nature = self.model.nature(own, None::<&Purchases>, &mut stream);
        (stream, nature)
    }

    /// The life of customer `i` up to an age, purchase by purchase.
    fn live(&self, i: usize, age: f64, on_purchase: impl FnMut(f64)) -> Customer {
        let (mut stream, nature) = self.customer(i);
        let lived = nature.live(age, &mut stream, on_purchase);
        Customer {
            x: lived.x,
            t_x: lived.t_x,
            ln_waits: lived.ln_waits,
            buying: nature.buying,
            leaving: nature.leaving,
            alive: lived.alive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::purchasing::{PURCHASING, purchasing};

    const CUSTOMERS: usize = 100_000;

    fn bg_nbd(theta: &[f64], ages: &[f64], seed: u64) -> Result<Vec<Customer>> {
        customers(purchasing("BGNBD")?, theta, ages, seed)
    }

    fn bg_nbd_purchases(theta: &[f64], ages: &[f64], seed: u64) -> Result<Purchased> {
        purchases(purchasing("BGNBD")?, theta, ages, seed)
    }

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
            let promised = mean(drawn.iter().map(|c| (-c.buying * c.leaving * age).exp()));
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

    #[test]
    fn more_customers_leave_the_first_ones_as_they_were() {
        let theta = [0.243, 4.414, 0.793, 2.426];
        let few = bg_nbd(&theta, &[30.0; 10], 5).unwrap();
        let many = bg_nbd(&theta, &vec![30.0; 5000], 5).unwrap();
        assert_eq!(few, many[..10]);
        assert_ne!(few, bg_nbd(&theta, &[30.0; 10], 6).unwrap());
    }

    #[test]
    fn extreme_parameters_end_soon_with_customers_or_an_error() {
        let extremes = [1e-300, 1e-3, 1.0, 1e2, 1e300];
        for model in PURCHASING {
            let parameters = model.parameters();
            for (first, second) in [(1e-300, 1.0), (1.0, 1e-300), (1e300, 1e300), (1e-3, 1e3)] {
                for r in extremes {
                    for alpha in extremes {
                        let mut theta = vec![r, alpha, first, second, 2.0];
                        theta.truncate(parameters.len());
                        for age in [0.0, 1e-300, 1.0, 1e300] {
                            let drawn = customers(*model, &theta, &[age; 3], 1);
                            for customer in drawn.unwrap_or_default() {
                                assert!(customer.t_x <= age);
                            }
                        }
                    }
                }
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
        let discrete = purchasing("BGBB").unwrap();
        let part = customers(discrete, &[1.0; 4], &[2.0, 2.5], 1).unwrap_err();
        assert!(part.to_string().starts_with(
            "column `T` must be a whole number of opportunities to buy; row 1 has 2.5"
        ));
    }
}
