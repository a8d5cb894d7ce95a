//! A fit depends on the customers, not on their order, on how they are written down, or on the machine.

use std::sync::LazyLock;

use proptest::prelude::*;
use tenure::Error;
use tenure::data::{Histories, HistoryColumns, Purchases, Spend, Spending};
use tenure::models::fit::fit as fit_model;
use tenure::models::spending::expected_spend;
use tenure::models::{BgNbd, Fit, GammaGamma, Model, Options, Quantity, Status};
use tenure::numeric::Dual2;
use tenure::numeric::incomplete::gamma_quantile;

use crate::cases::{
    assert_close, bg_nbd, columns, config, customer, discounted, log_likelihood, spender,
};

/// Uniform numbers, the same on every machine: the generator of Steele, Lea and Flood, Fast splittable pseudorandom
/// number generators, OOPSLA 2014.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 * 2.0_f64.powi(-53) + 2.0_f64.powi(-54)
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        -self.next().ln() / rate
    }

    fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        gamma_quantile(shape, self.next()) / rate
    }

    fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (one, other) = (self.gamma(a, 1.0), self.gamma(b, 1.0));
        one / (one + other)
    }

    /// A customer of the BG/NBD model, told as the story goes.
    fn buyer(&mut self, [r, alpha, a, b]: [f64; 4], age: f64) -> Purchases {
        let (rate, dropout) = (self.gamma(r, alpha), self.beta(a, b));
        let (mut x, mut t_x, mut now) = (0.0, 0.0, 0.0);
        loop {
            now += self.exponential(rate);
            if now > age {
                return Purchases { x, t_x, t: age };
            }
            (x, t_x) = (x + 1.0, now);
            if self.next() < dropout {
                return Purchases { x, t_x, t: age };
            }
        }
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = (0..=i)
                .rev()
                .find(|&j| j as f64 <= self.next() * (i + 1) as f64);
            items.swap(i, j.unwrap_or(0));
        }
    }
}

const TRUTH: [f64; 4] = [0.5, 8.0, 0.8, 2.5];

fn simulated(customers: usize, seed: u64) -> Vec<Purchases> {
    let mut uniform = Uniform(seed);
    let buyer = |_| {
        let age = 20.0 + 20.0 * uniform.next();
        uniform.buyer(TRUTH, age)
    };
    (0..customers).map(buyer).collect()
}

/// Shared by the tests: three thousand customers, of whom hardly two are alike.
static CUSTOMERS: LazyLock<Vec<Purchases>> = LazyLock::new(|| simulated(3_000, 1));

fn fit(customers: &[Purchases], weights: Option<&[f64]>, penalty: f64) -> Result<Fit, Error> {
    let [x, t_x, t] = columns(customers);
    let options = Options {
        weights,
        penalty,
        ..Options::default()
    };
    bg_nbd().fit(&Histories::new(&x, &t_x, &t)?, None, &options)
}

fn fit_spend(spenders: &[Spend], weights: Option<&[f64]>) -> Result<Fit, Error> {
    let x: Vec<f64> = spenders.iter().map(|s| s.x).collect();
    let mean: Vec<f64> = spenders.iter().map(|s| s.mean).collect();
    let options = Options {
        weights,
        ..Options::default()
    };
    fit_model::<GammaGamma, 3, 2>(&Spending::new(&x, &mean)?, &options)
}

fn total_log_likelihood(theta: [f64; 4], customers: &[Purchases]) -> f64 {
    customers.iter().map(|c| log_likelihood(theta, c)).sum()
}

#[test]
fn simulated_parameters_are_found() {
    let fit = fit(&simulated(20_000, 2), None, 0.0).unwrap();
    assert_eq!(fit.status, Status::Converged);
    for (j, (estimate, truth)) in fit.parameters.iter().zip(TRUTH).enumerate() {
        // four standard errors: 1 in 16,000, and the seed is fixed
        let error = fit.covariance[j][j].sqrt();
        assert!(
            (estimate - truth).abs() < 4.0 * error,
            "{estimate} for {truth}, error {error}"
        );
        assert!(error < 0.5 * truth);
    }
}

#[test]
fn the_optimum_is_one() {
    let customers = &CUSTOMERS;
    let fit = fit(customers, None, 0.0).unwrap();
    assert!(fit.gradient_norm < 1e-10, "{}", fit.gradient_norm);
    assert!(fit.smallest_eigenvalue > 0.0);
    let theta: [f64; 4] = fit.parameters.clone().try_into().unwrap();
    let top = total_log_likelihood(theta, customers);
    assert_close(fit.log_likelihood, top, 1e-13);
    for j in 0..4 {
        for step in [0.99, 1.01] {
            let mut beside = theta;
            beside[j] *= step;
            assert!(total_log_likelihood(beside, customers) < top);
        }
    }
}

/// The inverse of minus the second derivatives of the likelihood, customer by customer.
#[test]
fn the_covariance_is_the_inverse_information() {
    let fit = fit(&CUSTOMERS, None, 0.0).unwrap();
    let theta: [f64; 4] = fit.parameters.clone().try_into().unwrap();
    let mut total = Dual2::from(0.0);
    for customer in CUSTOMERS.iter() {
        total += BgNbd::ln_pdf(Dual2::variables(theta), customer);
    }
    for i in 0..4 {
        for j in 0..4 {
            let product: f64 = (0..4)
                .map(|k| -total.hessian[i][k] * fit.covariance[k][j])
                .sum();
            let unit = f64::from(u8::from(i == j));
            // entries of the product are sums of terms as large as this
            let scale: f64 = (0..4)
                .map(|k| (total.hessian[i][k] * fit.covariance[k][j]).abs())
                .sum();
            assert!((product - unit).abs() < 1e-10 * scale, "{i} {j}: {product}");
            assert_eq!(
                fit.covariance[i][j].to_bits(),
                fit.covariance[j][i].to_bits()
            );
        }
    }
}

#[test]
fn order_does_not_change_a_bit() {
    let mut customers = CUSTOMERS.clone();
    let first = fit(&customers, None, 0.0).unwrap();
    for seed in 0..3 {
        Uniform(seed).shuffle(&mut customers);
        assert_eq!(fit(&customers, None, 0.0).unwrap(), first);
    }
}

#[test]
fn a_weight_is_a_repetition() {
    let customers = &CUSTOMERS[..1_000];
    let weights: Vec<f64> = (0..1_000).map(|i| f64::from(i % 4)).collect();
    let mut repeated = Vec::new();
    for (customer, &weight) in customers.iter().zip(&weights) {
        for times in [1.0, 2.0, 3.0] {
            if times <= weight {
                repeated.push(*customer);
            }
        }
    }
    let weighted = fit(customers, Some(&weights), 0.0).unwrap();
    assert_eq!(weighted, fit(&repeated, None, 0.0).unwrap());
    assert_eq!(
        weighted.customers.to_bits(),
        (repeated.len() as f64).to_bits()
    );

    let spenders: Vec<Spend> = (1..=1_000)
        .map(|i| Spend {
            x: f64::from(i % 7 + 1),
            mean: 5.0 + f64::from(i * 37 % 101),
        })
        .collect();
    let mut repeated = Vec::new();
    for (spender, &weight) in spenders.iter().zip(&weights) {
        for times in [1.0, 2.0, 3.0] {
            if times <= weight {
                repeated.push(*spender);
            }
        }
    }
    assert_eq!(
        fit_spend(&spenders, Some(&weights)).unwrap(),
        fit_spend(&repeated, None).unwrap()
    );
}

/// Everything that is computed in parallel, as bits.
fn all_results(customers: &[Purchases]) -> Vec<u64> {
    let [x, t_x, t] = columns(customers);
    let columns = HistoryColumns::new(&x, &t_x, &t).unwrap();
    let histories = columns.check().unwrap();
    let fit = bg_nbd().fit(&histories, None, &Options::default()).unwrap();
    let theta = &fit.parameters;
    let mut numbers = fit.parameters.clone();
    numbers.push(fit.log_likelihood);
    numbers.extend(fit.covariance.concat());
    let n = customers.len();
    let (mut values, mut gradients, mut quantiles) =
        (vec![0.0; n], vec![0.0; 4 * n], vec![0.0; 2 * n]);
    for (quantity, horizon) in [
        (Quantity::ProbabilityAlive, 10.0),
        (Quantity::ExpectedPurchases, 52.0),
        (discounted(0.002), 52.0),
        (discounted(0.002), f64::INFINITY),
        (Quantity::NoPurchase, 10.0),
    ] {
        bg_nbd()
            .predict(quantity, theta, &columns, &[horizon], &mut values, None)
            .unwrap();
        numbers.extend(&values);
        let slopes = Some(&mut gradients[..]);
        bg_nbd()
            .predict(quantity, theta, &columns, &[horizon], &mut values, slopes)
            .unwrap();
        numbers.extend(&values);
        numbers.extend(&gradients);
    }
    bg_nbd()
        .log_likelihood(theta, &histories, &mut values)
        .unwrap();
    numbers.extend(&values);
    bg_nbd()
        .probabilities(theta, &histories, &[52.0], 3, &mut gradients)
        .unwrap();
    numbers.extend(&gradients);
    bg_nbd()
        .quantiles(theta, &histories, &[52.0], &[0.5, 0.95], &mut quantiles)
        .unwrap();
    numbers.extend(&quantiles);
    numbers.into_iter().map(f64::to_bits).collect()
}

fn with_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(work)
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let alone = with_threads(1, || all_results(&CUSTOMERS));
    for threads in [2, 4] {
        assert!(
            with_threads(threads, || all_results(&CUSTOMERS)) == alone,
            "{threads} threads"
        );
    }
}

/// Above sixty thousand distinct customers the first steps are made on a part of them.
#[test]
fn a_large_base_is_fitted_alike() {
    let mut customers = simulated(65_000, 3);
    let alone = with_threads(1, || fit(&customers, None, 0.0).unwrap());
    assert_eq!(alone.status, Status::Converged);
    assert!(alone.gradient_norm < 1e-10);
    Uniform(4).shuffle(&mut customers);
    assert_eq!(
        with_threads(4, || fit(&customers, None, 0.0).unwrap()),
        alone
    );
}

#[test]
fn a_penalty_shrinks_and_is_not_reported() {
    let customers = &CUSTOMERS[..500];
    let mean_age = customers.iter().map(|c| c.t).sum::<f64>() / 500.0;
    let distance = |fit: &Fit| -> f64 {
        let neutral = [1.0, mean_age, 1.0, 1.0];
        fit.parameters
            .iter()
            .zip(neutral)
            .map(|(p, n)| (p / n).ln().powi(2))
            .sum()
    };
    let plain = fit(customers, None, 0.0).unwrap();
    let mut last = plain;
    for penalty in [1e-4, 1e-3, 1e-2, 0.1, 1.0, 100.0] {
        let shrunk = fit(customers, None, penalty).unwrap();
        assert!(distance(&shrunk) < distance(&last));
        assert!(shrunk.log_likelihood < last.log_likelihood);
        let theta: [f64; 4] = shrunk.parameters.clone().try_into().unwrap();
        assert_close(
            shrunk.log_likelihood,
            total_log_likelihood(theta, customers),
            1e-13,
        );
        last = shrunk;
    }
    assert!(distance(&last) < 1e-3);
}

proptest! {
    #![proptest_config(config(100))]

    /// A handful of customers seldom identify four parameters: whatever happens is said, and no number is NaN.
    #[test]
    fn any_customers_can_be_fitted(customers in prop::collection::vec(customer(50, 1.0..100.0), 1..40)) {
        let bought = customers.iter().any(|c| c.x > 0.0);
        match fit(&customers, None, 0.0) {
            Ok(fit) => {
                prop_assert!(bought);
                prop_assert!(fit.parameters.iter().all(|p| *p > 0.0 && p.is_finite()), "{fit:?}");
                prop_assert!(fit.log_likelihood.is_finite());
                prop_assert_eq!(fit.status == Status::Converged, fit.message.is_empty());
                let variances = (0..fit.covariance.len()).map(|j| fit.covariance[j][j]);
                prop_assert!(variances.into_iter().all(|v| v > 0.0));
                prop_assert!(fit.status != Status::Converged || fit.covariance.len() == 4);
            }
            Err(error) => prop_assert!(!bought, "{error}"),
        }
        // with a little penalty every data set has an optimum
        if bought {
            prop_assert_eq!(fit(&customers, None, 0.01).unwrap().status, Status::Converged);
        }
    }

    #[test]
    fn any_spenders_can_be_fitted(spenders in prop::collection::vec(spender(50), 3..40)) {
        let fit = fit_spend(&spenders, None).unwrap();
        prop_assert!(fit.parameters.iter().all(|p| *p > 0.0 && p.is_finite()), "{fit:?}");
        prop_assert!(fit.log_likelihood.is_finite());
        prop_assert_eq!(fit.status == Status::Converged, fit.message.is_empty());
    }
}

/// Spend has no parallel part of its own but its loops over customers.
#[test]
fn spend_does_not_depend_on_threads() {
    let spenders: Vec<f64> = (1..=5_000)
        .map(|i| 5.0 + f64::from(i * 37 % 1013))
        .collect();
    let counts: Vec<f64> = (1..=5_000).map(|i| f64::from(i % 9)).collect();
    let results = || {
        let customers = Spending::new(&counts, &spenders).unwrap();
        let fit = fit_model::<GammaGamma, 3, 2>(&customers, &Options::default()).unwrap();
        let mut values = vec![0.0; 5_000];
        expected_spend(&fit.parameters, &customers, &mut values, None).unwrap();
        (fit, values)
    };
    let alone = with_threads(1, results);
    assert!(with_threads(2, results) == alone && with_threads(4, results) == alone);
}
