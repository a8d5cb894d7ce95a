//! The customers of a fit: collapsed, and in one order whatever the order they came in.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Result;
use crate::data::Rows;
use crate::data::check::{Rule, same_length};
use crate::numeric::{Scalar, parallel};

/// What the fitting engine needs to know of one customer.
pub trait Row: Copy + Send + Sync {
    /// Number of purchases.
    fn count(&self) -> f64;

    /// All of a row but its count, in the form that is quickest to sort.
    type Key: Ord + Copy + std::fmt::Debug + Send + Sync;

    /// The row without its count; rows with equal keys and counts are interchangeable.
    fn key(&self) -> Self::Key;

    /// The row with this count and this key.
    fn new(count: f64, key: Self::Key) -> Self;

    /// Length of observation, to measure parameters with a dimension of time against; 1 where there is none.
    fn time(&self) -> f64 {
        1.0
    }

    /// Value, to measure parameters with a dimension of money against; 1 where there is none.
    fn money(&self) -> f64 {
        1.0
    }
}

/// Customers with equal numbers of purchases: their distinct rows, sorted.
#[derive(Debug, Clone)]
pub struct Group<R: Row> {
    /// Their number of purchases.
    pub count: f64,
    /// How many customers: the sum of the weights.
    pub customers: f64,
    keys: Vec<R::Key>,
    /// How many customers share each row.
    weights: Vec<f64>,
}

impl<R: Row> Group<R> {
    fn new(count: f64, keys: Vec<R::Key>, weights: Vec<f64>) -> Self {
        Self {
            count,
            customers: weights.iter().sum(),
            keys,
            weights,
        }
    }

    /// How many different rows there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Some of the rows, each with the number of customers who share it.
    pub fn rows(&self, places: Range<usize>) -> impl Iterator<Item = (R, f64)> + '_ {
        let (keys, weights) = (&self.keys[places.clone()], &self.weights[places]);
        let rows = keys.iter().map(|&key| R::new(self.count, key));
        rows.zip(weights.iter().copied())
    }
}

/// The customers of a fit, grouped by count and sorted, so that neither the order of the rows nor repetition changes a
/// bit of any sum over them.
#[derive(Debug, Clone)]
pub struct Sample<R: Row> {
    groups: Vec<Group<R>>,
    customers: f64,
}

impl<R: Row> Sample<R> {
    /// Sorts the rows and merges those that are equal; rows with a count below `least` are left out.
    ///
    /// # Errors
    /// Weights that are not finite and non-negative, or not as many as rows.
    pub fn new(rows: &impl Rows<Row = R>, weights: Option<&[f64]>, least: f64) -> Result<Self> {
        let Some(weights) = weights else {
            let counts = by_count(rows, least, |_, row| row.key());
            return Ok(Self::of(for_each_count(counts, |count, mut keys| {
                keys.sort_unstable();
                let weights = runs(&keys);
                keys.dedup();
                Group::new(count, keys, weights)
            })));
        };
        check_weights(weights, rows.len())?;
        let counts = by_count(rows, least, |i, row| (row.key(), weights[i].to_bits()));
        Ok(Self::of(for_each_count(counts, |count, mut pairs| {
            // rows with equal keys are sorted by weight, so that their weights are added up in one order
            pairs.retain(|&(_, weight)| f64::from_bits(weight) > 0.0);
            pairs.sort_unstable();
            let equal = pairs.chunk_by(|(a, _), (b, _)| a == b);
            let (keys, weights) = equal
                .map(|rows| {
                    (
                        rows[0].0,
                        rows.iter().map(|row| f64::from_bits(row.1)).sum::<f64>(),
                    )
                })
                .unzip();
            Group::new(count, keys, weights)
        })))
    }

    fn of(mut groups: Vec<Group<R>>) -> Self {
        groups.retain(|group| !group.is_empty());
        let customers = groups.iter().map(|group| group.customers).sum();
        Self { groups, customers }
    }

    /// An even thinning: rows that stand for several customers stay, of the others every `step`-th stands for `step`.
    #[must_use]
    pub fn thinned(&self, step: usize) -> Self {
        let mut single = 0;
        let mut thin = |(key, weight): (&R::Key, &f64)| {
            if *weight > 1.0 {
                return Some((*key, *weight));
            }
            single += 1;
            (single % step == 0).then_some((*key, weight * step as f64))
        };
        let groups = self.groups.iter().map(|group| {
            let rows = group.keys.iter().zip(&group.weights);
            let (keys, weights) = rows.filter_map(&mut thin).unzip();
            Group::new(group.count, keys, weights)
        });
        Self::of(groups.collect())
    }

    /// The sum of a quantity over the customers of each group, which is told the group's number.
    pub(super) fn sums<S: Scalar>(&self, quantity: impl Fn(usize, &R) -> S + Sync) -> Vec<S> {
        let sizes: Vec<usize> = self.groups.iter().map(Group::len).collect();
        parallel::sum_groups(&sizes, |group, places| {
            let mut total = S::from(0.0);
            for (row, weight) in self.groups[group].rows(places) {
                total += quantity(group, &row) * weight;
            }
            total
        })
    }

    /// How many different rows there are.
    pub fn distinct(&self) -> usize {
        self.groups.iter().map(Group::len).sum()
    }

    /// The customers by their numbers of purchases.
    pub fn groups(&self) -> &[Group<R>] {
        &self.groups
    }

    /// Number of customers: the sum of the weights.
    pub fn customers(&self) -> f64 {
        self.customers
    }

    /// The weighted mean of a quantity over customers.
    pub fn mean(&self, quantity: impl Fn(&R) -> f64 + Sync) -> f64 {
        let totals = self.sums(|_, row| quantity(row));
        totals.iter().sum::<f64>() / self.customers
    }
}

/// A number that is not negative as bits, which are in the order of the numbers.
pub(super) fn bits(number: f64) -> u64 {
    // adding 0 makes -0 the same as 0
    (number + 0.0).to_bits()
}

fn check_weights(weights: &[f64], rows: usize) -> Result<()> {
    same_length("weights", weights.len(), "frequency", rows)?;
    let rule = Rule {
        column: "weights",
        expected: "be finite and at least 0",
        hint: "",
    };
    rule.check(
        rows,
        |i| !(weights[i].is_finite() && weights[i] >= 0.0),
        |i| format!("{:?}", weights[i]),
    )
}

/// The items of rows with one number of purchases, from each stretch of the rows.
type Parts<T> = Vec<Vec<T>>;

/// An item for each row, brought together by the row's number of purchases, ascending; rows with fewer than `least` are
/// left out.
fn by_count<R: Row, T: Clone + Send>(
    rows: &impl Rows<Row = R>,
    least: f64,
    item: impl Fn(usize, &R) -> T + Sync,
) -> Vec<(u32, Parts<T>)> {
    let stretches = parallel::map_stretches(rows.len(), |stretch| {
        let mut few: Parts<T> = Vec::new();
        let mut many: BTreeMap<u32, Vec<T>> = BTreeMap::new();
        for i in stretch {
            let row = rows.row(i);
            if row.count() < least {
                continue;
            }
            let count = whole(row.count());
            let place = count as usize;
            if place >= few.len() && place < LOOKED_UP {
                few.resize_with(place + 1, Vec::new);
            }
            let items = few
                .get_mut(place)
                .unwrap_or_else(|| many.entry(count).or_default());
            items.push(item(i, &row));
        }
        (few, many)
    });
    let mut all: BTreeMap<u32, Parts<T>> = BTreeMap::new();
    for (few, many) in stretches {
        for (count, items) in (0..).zip(few).chain(many) {
            if !items.is_empty() {
                all.entry(count).or_default().push(items);
            }
        }
    }
    all.into_iter().collect()
}

/// `f` of the items of each count.
fn for_each_count<T: Clone + Send, R: Send>(
    counts: Vec<(u32, Parts<T>)>,
    f: impl Fn(f64, Vec<T>) -> R + Sync,
) -> Vec<R> {
    let items = counts.iter().flat_map(|(_, parts)| parts).map(Vec::len);
    let items = items.sum();
    parallel::map_owned(counts, items, |(count, parts)| {
        f(f64::from(count), parts.concat())
    })
}

/// How often each of the sorted items occurs.
fn runs<T: PartialEq>(sorted: &[T]) -> Vec<f64> {
    let equal = sorted.chunk_by(|a, b| a == b);
    equal.map(|items| items.len() as f64).collect()
}

/// Counts below this are looked up, others searched for.
const LOOKED_UP: usize = 1 << 12;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, not negative and below 2^32"
)]
fn whole(count: f64) -> u32 {
    count as u32
}
