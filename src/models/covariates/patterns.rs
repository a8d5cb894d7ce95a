//! Customers with equal covariates, who have equal parameters.

use super::Design;
use crate::Result;
use crate::data::Rows;
use crate::models::fit::log_likelihood;
use crate::models::sample::{Row, Sample};
use crate::models::{Equals, Model};
use crate::numeric::{Dual2, parallel};

/// Customers with equal covariates.
#[derive(Debug, Clone)]
pub(super) struct Pattern<R: Row> {
    /// Their covariates.
    pub(super) z: Vec<f64>,
    who: Who<R>,
}

/// Those who have them.
#[derive(Debug, Clone)]
enum Who<R: Row> {
    /// One customer, or several who are equal in all else too: with a covariate that is a measurement, nearly all.
    One { row: R, customers: f64 },
    /// More than one, and the sum of each group's statistics.
    Several {
        sample: Sample<R>,
        statistics: Vec<f64>,
    },
}

impl<R: Row> Pattern<R> {
    /// How many customers: the sum of their weights.
    pub(super) fn customers(&self) -> f64 {
        match &self.who {
            Who::One { customers, .. } => *customers,
            Who::Several { sample, .. } => sample.customers(),
        }
    }

    /// Their log-likelihood at their parameters.
    pub(super) fn log_likelihood<M: Model<K, J, Row = R>, const K: usize, const J: usize>(
        &self,
        own: [f64; K],
    ) -> Dual2<K> {
        let theta = Dual2::variables(own);
        match &self.who {
            Who::One { row, customers } => {
                let count = row.count();
                let equals = Equals {
                    count,
                    customers: *customers,
                    statistic: M::statistic(row) * *customers,
                    own: M::own(M::common(theta, count), row) * *customers,
                };
                M::together(theta, &equals)
            }
            Who::Several { sample, statistics } => {
                log_likelihood::<M, K, J>(sample, statistics, theta)
            }
        }
    }
}

/// Some of the rows.
struct Chosen<'a, T> {
    rows: &'a T,
    places: &'a [usize],
}

impl<T: Rows> Rows for Chosen<'_, T> {
    type Row = T::Row;

    fn len(&self) -> usize {
        self.places.len()
    }

    fn row(&self, i: usize) -> T::Row {
        self.rows.row(self.places[i])
    }
}

/// The customers of a fit by their covariates, in an order that does not depend on that of the rows.
pub(super) fn patterns<M: Model<K, J>, const K: usize, const J: usize>(
    rows: &impl Rows<Row = M::Row>,
    weights: Option<&[f64]>,
    design: &Design<'_>,
) -> Result<Vec<Pattern<M::Row>>> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    let order = |a: &usize, b: &usize| {
        let pairs = design.row(*a).iter().zip(design.row(*b));
        let mut orders = pairs.map(|(x, y)| (x + 0.0).total_cmp(&(y + 0.0)));
        let differs = orders.find(|order| order.is_ne());
        // equal covariates: as the rows stand, since a sample sorts its customers
        differs.unwrap_or_else(|| a.cmp(b))
    };
    parallel::sort_by(&mut places, order);
    let equal: Vec<&[usize]> = places
        .chunk_by(|a, b| design.row(*a) == design.row(*b))
        .collect();
    let made = parallel::map_blocks(&equal, BLOCK, |some| {
        let pattern = |places: &&[usize]| {
            let who = who::<M, K, J>(rows, weights, places)?;
            let z = design.row(places[0]).to_vec();
            Ok(who.map(|who| Pattern { z, who }))
        };
        let patterns = some.iter().filter_map(|places| pattern(places).transpose());
        patterns.collect::<Result<Vec<_>>>()
    });
    let mut all = Vec::new();
    for some in made {
        all.extend(some?);
    }
    Ok(all)
}

/// The customers at these places, if any of them says something.
fn who<M: Model<K, J>, const K: usize, const J: usize>(
    rows: &impl Rows<Row = M::Row>,
    weights: Option<&[f64]>,
    places: &[usize],
) -> Result<Option<Who<M::Row>>> {
    if let &[place] = places {
        let (row, customers) = (rows.row(place), weights.map_or(1.0, |all| all[place]));
        let counts = row.count() >= M::LEAST_COUNT && customers > 0.0;
        return Ok(counts.then_some(Who::One { row, customers }));
    }
    let own: Option<Vec<f64>> = weights.map(|weights| places.iter().map(|&i| weights[i]).collect());
    let sample = Sample::new(&Chosen { rows, places }, own.as_deref(), M::LEAST_COUNT)?;
    Ok((sample.distinct() > 0).then(|| Who::Several {
        statistics: sample.sums(|_, row| M::statistic(row)),
        sample,
    }))
}

/// Patterns that are worked on together.
pub(super) const BLOCK: usize = 64;
