//! Parametric bootstrap: estimates from data sets that are drawn from a fitted model and seen as its data were
//! (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 6).

use super::{Law, Staying};
use crate::data::Contracts;
use crate::data::check::{Rule, same_length};
use crate::models::fit::{Options, fit};
use crate::numeric::parallel;
use crate::numeric::random::{Stream, Streams};
use crate::{Error, Result};

/// From when and until when customers were in view, whether or not they left.
#[derive(Debug, Clone, Copy)]
pub struct Exposure<'a> {
    /// Age when they came into view.
    pub entry: &'a [f64],
    /// Age at which observation ended, or would have ended.
    pub end: &'a [f64],
    /// How many customers there were.
    pub customers: &'a [f64],
    /// Whether it is seen at what exact age customers leave, rather than in which period.
    pub exact: bool,
}

/// Draws of the bootstrap, apart from those of other purposes.
const DRAWING: u64 = 12;
/// Replicates between two looks at whether the user wants to stop.
const BATCH: usize = 64;

/// Estimates from `replicates` data sets drawn at `theta`.
pub(super) fn bootstrap<L: Law<B>, const B: usize, const K: usize>(
    theta: [f64; K],
    exposure: &Exposure<'_>,
    options: &Options<'_>,
    replicates: usize,
    seed: u64,
) -> Result<Vec<Vec<f64>>> {
    check(exposure, L::CONTINUOUS)?;
    let start: Vec<_> = theta.iter().map(|t| Some(*t)).collect();
    let streams = Streams::new(seed, DRAWING);
    let one = |replicate: usize| {
        let mut stream = streams.stream(replicate as u64);
        let drawn = Drawn::new::<L, B, K>(theta, exposure, &mut stream);
        drawn.estimate::<L, B, K>(options, &start)
    };
    let mut estimates = Vec::new();
    while estimates.len() < replicates {
        (options.check)()?;
        let done = estimates.len();
        let batch = BATCH.min(replicates - done);
        for estimate in parallel::each(batch, |i| one(done + i)) {
            estimates.push(estimate?);
        }
    }
    Ok(estimates)
}

/// A data set: distinct contracts, and how many customers have each.
#[derive(Default)]
struct Drawn {
    entry: Vec<f64>,
    from: Vec<f64>,
    to: Vec<f64>,
    weights: Vec<f64>,
}

impl Drawn {
    fn new<L: Law<B>, const B: usize, const K: usize>(
        theta: [f64; K],
        exposure: &Exposure<'_>,
        stream: &mut Stream,
    ) -> Self {
        let mut drawn = Self::default();
        let customers = exposure.customers.iter();
        for ((&entry, &end), &customers) in exposure.entry.iter().zip(exposure.end).zip(customers) {
            if exposure.exact {
                drawn.leave_exactly::<L, B, K>(theta, [entry, end], customers, stream);
            } else {
                drawn.leave_in_periods::<L, B, K>(theta, [entry, end], customers, stream);
            }
        }
        drawn
    }

    /// Period by period, as many as a binomial variable says leave those who are left.
    fn leave_in_periods<L: Law<B>, const B: usize, const K: usize>(
        &mut self,
        theta: [f64; K],
        [entry, end]: [f64; 2],
        customers: f64,
        stream: &mut Stream,
    ) {
        let (mut there, mut age) = (customers, entry);
        while there > 0.0 && age < end {
            let leaves = Staying::<L, B>::ln_leaving(theta, age, age + 1.0).exp();
            let lost = stream.binomial(there, leaves);
            self.add([entry, age, age + 1.0], lost);
            there -= lost;
            age += 1.0;
        }
        self.add([entry, end, f64::INFINITY], there);
    }

    fn leave_exactly<L: Law<B>, const B: usize, const K: usize>(
        &mut self,
        theta: [f64; K],
        [entry, end]: [f64; 2],
        customers: f64,
        stream: &mut Stream,
    ) {
        let mut number = 0.0;
        while number < customers {
            let age = Staying::<L, B>::leaves_at(theta, entry, stream);
            if age < end {
                self.add([entry, age, age], 1.0);
            } else {
                self.add([entry, end, f64::INFINITY], 1.0);
            }
            number += 1.0;
        }
    }

    fn add(&mut self, [entry, from, to]: [f64; 3], weight: f64) {
        if weight > 0.0 {
            self.entry.push(entry);
            self.from.push(from);
            self.to.push(to);
            self.weights.push(weight);
        }
    }

    /// NaN where there is nothing to fit: nobody left, say.
    fn estimate<L: Law<B>, const B: usize, const K: usize>(
        &self,
        options: &Options<'_>,
        start: &[Option<f64>],
    ) -> Result<Vec<f64>> {
        let options = Options {
            weights: Some(&self.weights),
            start,
            check: &|| Ok(()),
            ..*options
        };
        let contracts = Contracts::new(&self.entry, &self.from, &self.to)?;
        match fit::<Staying<L, B>, K, K>(&contracts, &options) {
            Ok(fit) => Ok(fit.parameters),
            Err(Error::Convergence { .. } | Error::Empty { .. }) => Ok(vec![f64::NAN; K]),
            Err(error) => Err(error),
        }
    }
}

fn check(exposure: &Exposure<'_>, continuous: bool) -> Result<()> {
    let &Exposure {
        entry,
        end,
        customers,
        exact,
    } = exposure;
    same_length("end", end.len(), "entry", entry.len())?;
    same_length("customers", customers.len(), "entry", entry.len())?;
    let whole = |number: f64| number >= 0.0 && number.is_finite() && number.fract() == 0.0;
    let rule = |column, expected| Rule {
        column,
        expected,
        hint: "",
    };
    rule("end", "be finite and at least `entry`").check(
        end.len(),
        |i| !(end[i].is_finite() && entry[i] >= 0.0 && end[i] >= entry[i]),
        |i| format!("{:?} with entry = {:?}", end[i], entry[i]),
    )?;
    rule("end", "be a whole number of periods").check(
        end.len(),
        |i| !(exact || whole(end[i]) && whole(entry[i])),
        |i| format!("{:?} with entry = {:?}", end[i], entry[i]),
    )?;
    rule("customers", "be a whole number of at least 0").check(
        customers.len(),
        |i| !whole(customers[i]),
        |i| format!("{:?}", customers[i]),
    )?;
    if exact && !continuous {
        return Err(Error::Parameter {
            name: "exact".into(),
            expected: "be false for a model in discrete time".into(),
            found: "true".into(),
            hint: String::new(),
        });
    }
    Ok(())
}
