//! Customers with equal covariates, who have equal parameters.

use super::Design;
use crate::Result;
use crate::data::Rows;
use crate::models::Model;
use crate::models::sample::{Row, Sample};
use crate::numeric::parallel;

/// Customers with equal covariates.
#[derive(Debug, Clone)]
pub(super) struct Pattern<R: Row> {
    /// Their covariates.
    pub(super) z: Vec<f64>,
    /// The customers.
    pub(super) sample: Sample<R>,
    /// The sum of each group's statistics.
    pub(super) statistics: Vec<f64>,
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
            let own: Option<Vec<f64>> =
                weights.map(|weights| places.iter().map(|&i| weights[i]).collect());
            let sample = Sample::new(&Chosen { rows, places }, own.as_deref(), M::LEAST_COUNT)?;
            Ok(Pattern {
                z: design.row(places[0]).to_vec(),
                statistics: sample.sums(|_, row| M::statistic(row)),
                sample,
            })
        };
        some.iter().map(pattern).collect::<Result<Vec<_>>>()
    });
    let mut all = Vec::new();
    for some in made {
        all.extend(some?.into_iter().filter(|p| p.sample.distinct() > 0));
    }
    Ok(all)
}

/// Patterns that are worked on together.
pub(super) const BLOCK: usize = 64;
