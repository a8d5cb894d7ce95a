//! The customers of a fit: collapsed, and in one order whatever the order they came in.

use crate::Result;
use crate::data::Rows;
use crate::data::check::{Rule, same_length};
use crate::numeric::parallel;

/// What the fitting engine needs to know of one customer.
pub trait Row: Copy + Send + Sync {
    /// Number of purchases.
    fn count(&self) -> f64;

    /// All of a row but its count, in the form that is quickest to sort.
    type Key: Ord + Copy + Default + Send + Sync;

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

/// A row and the number of customers that it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Weighted<R> {
    /// The row.
    pub row: R,
    /// How many customers share it.
    pub weight: f64,
}

/// Customers with equal numbers of purchases.
#[derive(Debug, Clone)]
pub struct Group<R> {
    /// Their number of purchases.
    pub count: f64,
    /// How many customers: the sum of their weights.
    pub customers: f64,
    /// Their distinct rows, sorted.
    pub rows: Vec<Weighted<R>>,
}

impl<R> Group<R> {
    fn new(count: f64, rows: Vec<Weighted<R>>) -> Self {
        let customers = rows.iter().map(|row| row.weight).sum();
        Self {
            count,
            customers,
            rows,
        }
    }
}

/// The customers of a fit, grouped by count and sorted, so that neither the order of the rows nor repetition changes a
/// bit of any sum over them.
#[derive(Debug, Clone)]
pub struct Sample<R> {
    groups: Vec<Group<R>>,
    customers: f64,
}

impl<R: Row> Sample<R> {
    /// Sorts the rows and merges those that are equal; rows with a count below `least` are left out.
    ///
    /// # Errors
    /// Weights that are not finite and non-negative, or not as many as rows.
    pub fn new(rows: &impl Rows<Row = R>, weights: Option<&[f64]>, least: f64) -> Result<Self> {
        let counts = Counts::of(rows, least);
        let Some(weights) = weights else {
            let keys = counts.scatter(rows, |i| rows.row(i).key());
            return Ok(Self::merge(&counts, keys, |&key| (key, 1.0)));
        };
        check_weights(weights, rows.len())?;
        let keys = counts.scatter(rows, |i| (rows.row(i).key(), weights[i].to_bits()));
        Ok(Self::merge(&counts, keys, |&(key, weight)| {
            (key, f64::from_bits(weight))
        }))
    }

    /// Sorts each count's keys, and adds up the weights of equal ones.
    fn merge<T: Ord + Copy + Send>(
        counts: &Counts,
        mut keys: Vec<T>,
        open: impl Fn(&T) -> (R::Key, f64) + Sync,
    ) -> Self {
        let mut groups = Vec::new();
        let mut rest = keys.as_mut_slice();
        for customers in counts.sizes() {
            let (group, others) = rest.split_at_mut(customers);
            groups.push(group);
            rest = others;
        }
        Self::of(parallel::map_slices(groups, |group, keys| {
            let count = f64::from(counts.values[group]);
            parallel::sort(keys);
            let mut rows: Vec<Weighted<R>> = Vec::with_capacity(keys.len());
            let mut last = None;
            for (key, weight) in keys.iter().map(&open).filter(|(_, weight)| *weight > 0.0) {
                match rows.last_mut() {
                    Some(row) if last == Some(key) => row.weight += weight,
                    _ => rows.push(Weighted {
                        row: R::new(count, key),
                        weight,
                    }),
                }
                last = Some(key);
            }
            Group::new(count, rows)
        }))
    }

    fn of(mut groups: Vec<Group<R>>) -> Self {
        groups.retain(|group| !group.rows.is_empty());
        let customers = groups.iter().map(|group| group.customers).sum();
        Self { groups, customers }
    }

    /// An even thinning: rows that stand for several customers stay, of the others every `step`-th stands for `step`.
    #[must_use]
    pub fn thinned(&self, step: usize) -> Self {
        let mut single = 0;
        let mut thin = |row: &Weighted<R>| {
            if row.weight > 1.0 {
                return Some(*row);
            }
            single += 1;
            let weight = row.weight * step as f64;
            (single % step == 0).then_some(Weighted { weight, ..*row })
        };
        let groups = self.groups.iter().map(|group| {
            let rows = group.rows.iter().filter_map(&mut thin).collect();
            Group::new(group.count, rows)
        });
        Self::of(groups.collect())
    }

    /// How many different rows there are.
    pub fn distinct(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
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
    pub fn mean(&self, quantity: impl Fn(&R) -> f64) -> f64 {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        let total: f64 = rows.map(|r| quantity(&r.row) * r.weight).sum();
        total / self.customers
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

/// The numbers of purchases that occur, and how many rows have each.
struct Counts {
    /// Smaller ones are left out.
    least: f64,
    /// Ascending.
    values: Vec<u32>,
    /// Where the rows of each begin, and where the last end.
    offsets: Vec<usize>,
    /// For small counts, their places in `values`.
    small: Vec<u32>,
}

/// Counts below this are looked up, others searched for.
const SMALL: usize = 1 << 12;

impl Counts {
    fn of<R: Row>(rows: &impl Rows<Row = R>, least: f64) -> Self {
        let mut frequency = vec![0_usize; SMALL];
        let mut large: Vec<u32> = Vec::new();
        for i in 0..rows.len() {
            let count = rows.row(i).count();
            if count < least {
                continue;
            }
            let count = whole(count);
            match frequency.get_mut(count as usize) {
                Some(seen) => *seen += 1,
                None => large.push(count),
            }
        }
        large.sort_unstable();
        let (mut values, mut offsets, mut small) = (Vec::new(), vec![0], Vec::new());
        let mut end = 0;
        for (count, &seen) in (0..).zip(&frequency) {
            small.push(u32::try_from(values.len()).unwrap_or_default());
            if seen > 0 {
                values.push(count);
                end += seen;
                offsets.push(end);
            }
        }
        for equal in large.chunk_by(|a, b| a == b) {
            values.push(equal[0]);
            end += equal.len();
            offsets.push(end);
        }
        Self {
            least,
            values,
            offsets,
            small,
        }
    }

    fn place(&self, count: u32) -> usize {
        match self.small.get(count as usize) {
            Some(&place) => place as usize,
            None => self.values.binary_search(&count).unwrap_or_default(),
        }
    }

    /// An item for each row, rows of equal count side by side.
    fn scatter<R: Row, T: Copy + Default>(
        &self,
        rows: &impl Rows<Row = R>,
        item: impl Fn(usize) -> T,
    ) -> Vec<T> {
        let mut items = vec![T::default(); self.offsets.last().copied().unwrap_or(0)];
        let mut next = self.offsets.clone();
        for i in 0..rows.len() {
            let count = rows.row(i).count();
            if count < self.least {
                continue;
            }
            let place = &mut next[self.place(whole(count))];
            items[*place] = item(i);
            *place += 1;
        }
        items
    }

    /// How many rows have each count.
    fn sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.offsets.windows(2).map(|ends| ends[1] - ends[0])
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, not negative and below 2^32"
)]
fn whole(count: f64) -> u32 {
    count as u32
}
