//! The rows of a Cox regression in the order in which risk sets grow, with standardised covariates.

use std::ops::Range;

use crate::numeric::parallel;
use crate::survival::Sample;
use crate::survival::rows::{check_covariates, sorted, standardise};
use crate::{Error, Result};

/// No event time.
const NONE: u32 = u32::MAX;

/// How tied events are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Nearly as if they came one after the other in every order.
    Efron,
    /// As if each saw the risk set before all of them.
    Breslow,
}

/// Covariates, row by row, with their names, and the stratum of each row.
#[derive(Debug, Clone, Copy)]
pub struct Covariates<'a> {
    /// What the user calls them.
    pub names: &'a [String],
    /// As many numbers a row as there are names.
    pub values: &'a [f64],
    /// The stratum of each row; all in one if left out.
    pub strata: Option<&'a [i64]>,
}

/// A time with events, in one stratum.
#[derive(Debug, Clone)]
pub(super) struct Tie {
    /// When.
    pub(super) time: f64,
    /// The places of the events.
    pub(super) events: Range<usize>,
    /// Rows of the stratum before this place end at this time or later.
    pub(super) end: usize,
}

/// Rows that are compared with each other only.
#[derive(Debug, Clone)]
pub(super) struct Stratum {
    /// Its number, as it was given.
    pub(super) code: i64,
    /// The places of its rows, the last to end first.
    pub(super) rows: Range<usize>,
    /// Its event times, the last one first, as places in `Design::ties`.
    pub(super) ties: Range<usize>,
}

/// The rows in order: by stratum, the last to end first, events before censorings.
#[derive(Debug)]
pub struct Design {
    pub(super) width: usize,
    pub(super) ties_by: Ties,
    /// Standardised covariates, row by row.
    pub(super) x: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) times: Vec<f64>,
    pub(super) entries: Option<Vec<f64>>,
    pub(super) events: Vec<bool>,
    /// Which row of the data stands in each place.
    pub(super) order: Vec<usize>,
    pub(super) strata: Vec<Stratum>,
    pub(super) ties: Vec<Tie>,
    /// Places of each stratum in the order of entry, the last to enter first; empty without late entry.
    pub(super) by_entry: Vec<usize>,
    /// By place: the last event time that its row lives to see, and the last one up to its entry; `NONE` if there is none.
    pub(super) reached: Vec<(u32, u32)>,
    /// Weighted means and standard deviations of the covariates.
    pub(super) means: Vec<f64>,
    pub(super) scales: Vec<f64>,
}

impl Design {
    /// Orders and standardises.
    ///
    /// # Errors
    /// Says which covariate is not finite or does not vary; or that there are no events.
    pub fn new(sample: &Sample<'_>, covariates: Covariates<'_>, ties: Ties) -> Result<Self> {
        let width = covariates.names.len();
        check(sample, covariates)?;
        let order = sorted(sample, covariates.values, covariates.strata);
        let weights: Vec<f64> = order.iter().map(|&row| sample.weight(row)).collect();
        let mut x = Vec::with_capacity(order.len() * width);
        for &row in &order {
            x.extend_from_slice(&covariates.values[row * width..(row + 1) * width]);
        }
        let (means, scales) = standardise(&mut x, &weights, covariates.names)?;
        let stratum = |row: usize| covariates.strata.map_or(0, |strata| strata[row]);
        let mut design = Self {
            width,
            ties_by: ties,
            x,
            weights,
            times: order.iter().map(|&row| sample.times.get(row)).collect(),
            entries: sample
                .entry
                .map(|_| order.iter().map(|&row| sample.begin(row)).collect()),
            events: order.iter().map(|&row| sample.events.get(row)).collect(),
            strata: Vec::new(),
            ties: Vec::new(),
            by_entry: Vec::new(),
            reached: Vec::new(),
            means,
            scales,
            order,
        };
        design.find_strata(stratum);
        design.sort_by_entry();
        design.find_reached();
        if design.ties.is_empty() {
            return Err(Error::Empty {
                what: "there are no events, so nothing can be said about hazards".into(),
                hint: "is the event column coded the other way round?".into(),
            });
        }
        Ok(design)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// The weighted means of the covariates.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The covariates of the row in a place.
    pub(super) fn row(&self, place: usize) -> &[f64] {
        &self.x[place * self.width..(place + 1) * self.width]
    }

    /// When the row in a place begins to be observed.
    pub(super) fn entry(&self, place: usize) -> f64 {
        self.entries
            .as_ref()
            .map_or(f64::NEG_INFINITY, |entries| entries[place])
    }

    fn find_strata(&mut self, stratum: impl Fn(usize) -> i64) {
        let rows = self.rows();
        let mut begin = 0;
        while begin < rows {
            let code = stratum(self.order[begin]);
            let same = |place: &usize| stratum(self.order[*place]) == code;
            let end = (begin..rows).find(|place| !same(place)).unwrap_or(rows);
            let first = self.ties.len();
            self.find_ties(begin..end);
            self.strata.push(Stratum {
                code,
                rows: begin..end,
                ties: first..self.ties.len(),
            });
            begin = end;
        }
    }

    /// Finds the event times of a stratum. Rows that count for nothing are no events.
    fn find_ties(&mut self, rows: Range<usize>) {
        let mut begin = rows.start;
        while begin < rows.end {
            let time = self.times[begin];
            let mut end = begin;
            let mut events = begin;
            while end < rows.end && self.times[end].total_cmp(&time).is_eq() {
                events += usize::from(self.events[end] && self.weights[end] > 0.0);
                end += 1;
            }
            if events > begin {
                self.ties.push(Tie {
                    time,
                    events: begin..events,
                    end,
                });
            }
            begin = end;
        }
    }

    fn find_reached(&mut self) {
        let mut reached = vec![(NONE, NONE); self.rows()];
        for stratum in &self.strata {
            let ties = &self.ties[stratum.ties.clone()];
            // event times descend: the first that is no later
            let number = |next: usize| match ties.get(next) {
                Some(_) => u32::try_from(stratum.ties.start + next).unwrap_or(NONE),
                None => NONE,
            };
            let mut next = 0;
            for place in stratum.rows.clone() {
                while ties
                    .get(next)
                    .is_some_and(|tie| tie.time > self.times[place])
                {
                    next += 1;
                }
                reached[place].0 = number(next);
            }
            next = 0;
            let entering = self.by_entry.get(stratum.rows.clone());
            for &place in entering.unwrap_or_default() {
                while ties
                    .get(next)
                    .is_some_and(|tie| tie.time > self.entry(place))
                {
                    next += 1;
                }
                reached[place].1 = number(next);
            }
        }
        self.reached = reached;
    }

    fn sort_by_entry(&mut self) {
        let Some(entries) = &self.entries else { return };
        let mut keys: Vec<(usize, u64, usize)> = Vec::with_capacity(entries.len());
        for (number, stratum) in self.strata.iter().enumerate() {
            let key = |place: usize| (number, !entries[place].to_bits(), place);
            keys.extend(stratum.rows.clone().map(key));
        }
        parallel::sort_by(&mut keys, Ord::cmp);
        self.by_entry = keys.into_iter().map(|(_, _, place)| place).collect();
    }
}

fn check(sample: &Sample<'_>, covariates: Covariates<'_>) -> Result<()> {
    let width = covariates.names.len();
    if width == 0 {
        return Err(Error::Parameter {
            name: "covariates".into(),
            expected: "name at least one column".into(),
            found: "none".into(),
            hint: String::new(),
        });
    }
    check_covariates(sample, covariates.names, covariates.values)
}
