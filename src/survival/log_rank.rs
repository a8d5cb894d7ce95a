//! The log-rank test and its weighted relatives, for any number of groups, with strata.

use super::sample::Sample;
use crate::numeric::dense::{Square, dot};
use crate::numeric::incomplete::gamma_q;
use crate::numeric::parallel;

/// How much a difference counts at each time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weighting {
    /// Equally (Mantel 1966; Peto and Peto 1972).
    LogRank,
    /// By how many are at risk (Gehan 1965; Breslow 1970).
    Wilcoxon,
    /// By the square root of that (Tarone and Ware 1977).
    TaroneWare,
    /// By a survival estimate `prod (1 - d / (n + 1))` (Peto and Peto 1972; Andersen et al. 1982).
    Peto,
    /// By `S(t-)^p (1 - S(t-))^q` (Fleming and Harrington 1991): `p` stresses early differences, `q` late ones.
    FlemingHarrington(f64, f64),
}

/// Groups and strata of the rows of a sample.
#[derive(Debug, Clone, Copy)]
pub struct Grouping<'a> {
    /// The group of each row, from 0.
    pub groups: &'a [i64],
    /// How many groups there are.
    pub size: usize,
    /// The stratum of each row; all in one if left out.
    pub strata: Option<&'a [i64]>,
}

/// The outcome of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRank {
    /// Chi-squared with so many degrees of freedom if the groups do not differ.
    pub statistic: f64,
    /// Degrees of freedom: groups that could have differed, less one.
    pub degrees: usize,
    /// How likely such a statistic or a larger one is then.
    pub p_value: f64,
    /// Events of each group.
    pub observed: Vec<f64>,
    /// What would be expected of each if they did not differ.
    pub expected: Vec<f64>,
}

/// Tests whether groups have the same hazard.
///
/// With `n_k` at risk and `d_k` events of group `k`, `n` and `d` of all, the scores `Z_k = sum w (d_k - d n_k / n)` have
/// covariance `sum w^2 d (n - d) / (n - 1) n_k / n (1{k = l} - n_l / n)`, summed over times and strata; the statistic is
/// `Z' V^- Z` (Kalbfleisch and Prentice 2002, section 1.5).
pub fn log_rank(sample: &Sample<'_>, grouping: Grouping<'_>, weighting: Weighting) -> LogRank {
    let mut score = Score::new(grouping.size);
    let mut marks = marks(sample, grouping);
    parallel::sort_by(&mut marks, Ord::cmp);
    for stratum in marks.chunk_by(|a, b| a.stratum == b.stratum) {
        let mut risk = AtRisk::of(stratum, sample.entry.is_some(), grouping.size);
        let mut weights = Weights::new(weighting);
        for instant in stratum.chunk_by(|a, b| a.time == b.time) {
            let events = risk.events(instant);
            if events.iter().any(|&d| d > 0.0) {
                let n: f64 = risk.at_risk.iter().sum();
                let d: f64 = events.iter().sum();
                score.add(weights.next(n, d), &risk.at_risk, &events, n, d);
            }
            risk.pass(instant);
        }
    }
    score.outcome()
}

/// Something that happens to a row; ordered by time, then by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    stratum: i64,
    /// Bits of a number that is not negative, which order as it does.
    time: u64,
    kind: Kind,
    group: usize,
    weight: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Event,
    Censored,
    Entry,
}

fn marks(sample: &Sample<'_>, grouping: Grouping<'_>) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(sample.len() * if sample.entry.is_some() { 2 } else { 1 });
    for (row, &group) in grouping.groups.iter().enumerate() {
        let end = Mark {
            stratum: grouping.strata.map_or(0, |strata| strata[row]),
            time: sample.times.get(row).to_bits(),
            kind: if sample.events.get(row) {
                Kind::Event
            } else {
                Kind::Censored
            },
            group: usize::try_from(group).unwrap_or(usize::MAX),
            weight: sample.weight(row).to_bits(),
        };
        marks.push(end);
        if sample.entry.is_some() {
            marks.push(Mark {
                time: sample.begin(row).to_bits(),
                kind: Kind::Entry,
                ..end
            });
        }
    }
    marks
}

/// How many of each group are at risk.
struct AtRisk {
    at_risk: Vec<f64>,
}

impl AtRisk {
    fn of(marks: &[Mark], entries: bool, groups: usize) -> Self {
        let mut risk = Self {
            at_risk: vec![0.0; groups],
        };
        if !entries {
            for mark in marks {
                risk.at_risk[mark.group] += f64::from_bits(mark.weight);
            }
        }
        risk
    }

    /// Events of each group at an instant.
    fn events(&self, instant: &[Mark]) -> Vec<f64> {
        let mut events = vec![0.0; self.at_risk.len()];
        for mark in instant.iter().filter(|mark| mark.kind == Kind::Event) {
            events[mark.group] += f64::from_bits(mark.weight);
        }
        events
    }

    /// Goes past an instant: who ends is gone, who enters is there.
    fn pass(&mut self, instant: &[Mark]) {
        for mark in instant {
            let weight = f64::from_bits(mark.weight);
            let there = &mut self.at_risk[mark.group];
            *there = match mark.kind {
                Kind::Entry => *there + weight,
                // rounding in sums of weights must leave nobody behind below zero
                Kind::Event | Kind::Censored => (*there - weight).max(0.0),
            };
        }
    }
}

/// The weight at each time, which may depend on what happened before.
struct Weights {
    weighting: Weighting,
    survival: f64,
}

impl Weights {
    fn new(weighting: Weighting) -> Self {
        Self {
            weighting,
            survival: 1.0,
        }
    }

    fn next(&mut self, n: f64, d: f64) -> f64 {
        let before = self.survival;
        match self.weighting {
            Weighting::LogRank => 1.0,
            Weighting::Wilcoxon => n,
            Weighting::TaroneWare => n.sqrt(),
            Weighting::Peto => {
                self.survival *= 1.0 - d / (n + 1.0);
                self.survival
            }
            Weighting::FlemingHarrington(p, q) => {
                self.survival *= 1.0 - d / n;
                before.powf(p) * (1.0 - before).max(0.0).powf(q)
            }
        }
    }
}

/// Scores, their covariance, and what is reported beside them.
struct Score {
    z: Vec<f64>,
    covariance: Square,
    observed: Vec<f64>,
    expected: Vec<f64>,
}

impl Score {
    fn new(groups: usize) -> Self {
        Self {
            z: vec![0.0; groups],
            covariance: Square::zeros(groups),
            observed: vec![0.0; groups],
            expected: vec![0.0; groups],
        }
    }

    fn add(&mut self, weight: f64, at_risk: &[f64], events: &[f64], n: f64, d: f64) {
        let shares: Vec<f64> = at_risk.iter().map(|&n_k| n_k / n).collect();
        // a single one at risk decides nothing
        let spread = if n > 1.0 {
            weight * weight * d * (n - d) / (n - 1.0)
        } else {
            0.0
        };
        for (k, &share) in shares.iter().enumerate() {
            self.z[k] += weight * (events[k] - d * share);
            self.observed[k] += events[k];
            self.expected[k] += d * share;
            *self.covariance.at_mut(k, k) += spread * share;
        }
        self.covariance.add_outer(-spread, &shares);
    }

    fn outcome(self) -> LogRank {
        let (statistic, degrees) = self.statistic();
        LogRank {
            statistic,
            degrees,
            p_value: if degrees == 0 {
                f64::NAN
            } else {
                gamma_q(0.5 * degrees as f64, 0.5 * statistic)
            },
            observed: self.observed,
            expected: self.expected,
        }
    }

    /// `Z' V^- Z` over the groups that could have differed but one, since the scores add up to zero.
    fn statistic(&self) -> (f64, usize) {
        let largest = (0..self.z.len()).map(|k| self.covariance.at(k, k));
        let largest = largest.fold(0.0, f64::max);
        let varied = |&k: &usize| self.covariance.at(k, k) > 1e-12 * largest;
        let mut groups: Vec<usize> = (0..self.z.len()).filter(varied).collect();
        groups.pop();
        let part = Square::from_fn(groups.len(), |i, j| {
            self.covariance
                .at(groups[i].max(groups[j]), groups[i].min(groups[j]))
        });
        let z: Vec<f64> = groups.iter().map(|&k| self.z[k]).collect();
        match part.cholesky(1e-12) {
            Ok(factor) if !z.is_empty() => (dot(&factor.solve(&z), &z), z.len()),
            _ => (f64::NAN, 0),
        }
    }
}
