//! Cumulative incidence of one of several events that exclude each other.

use super::sample::Sample;
use crate::numeric::parallel;

/// What happens at one time, by cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Instant {
    /// When.
    pub time: f64,
    /// How many are at risk.
    pub at_risk: f64,
    /// How many have each of the events.
    pub events: Vec<f64>,
    /// How many are censored.
    pub censored: f64,
}

/// All that happens, in order of time, from 0 on; `causes` says of each row which event ended it, 0 for none.
pub fn instants(sample: &Sample<'_>, causes: &[i64], number: usize) -> Vec<Instant> {
    /// After all causes, so that entries come last within a time.
    const ENTRY: usize = usize::MAX;
    let mut marks: Vec<(u64, usize, u64)> = Vec::new();
    for (row, &cause) in causes.iter().enumerate() {
        let weight = sample.weight(row).to_bits();
        let cause = usize::try_from(cause).unwrap_or_default();
        marks.push((sample.times.get(row).to_bits(), cause, weight));
        if sample.entry.is_some() {
            marks.push((sample.begin(row).to_bits(), ENTRY, weight));
        }
    }
    parallel::sort_by(&mut marks, Ord::cmp);
    let begin: f64 = if sample.entry.is_some() {
        0.0
    } else {
        marks.iter().map(|mark| f64::from_bits(mark.2)).sum()
    };
    let mut there = begin;
    let empty = |time: f64, at_risk: f64| Instant {
        time,
        at_risk,
        events: vec![0.0; number],
        censored: 0.0,
    };
    let mut found = Vec::new();
    if marks
        .first()
        .is_some_and(|mark| f64::from_bits(mark.0) > 0.0)
    {
        found.push(empty(0.0, there));
    }
    for same in marks.chunk_by(|a, b| a.0 == b.0) {
        let mut instant = empty(f64::from_bits(same[0].0), there);
        for &(_, cause, weight) in same {
            let weight = f64::from_bits(weight);
            match cause {
                ENTRY => there += weight,
                0 => instant.censored += weight,
                _ => instant.events[cause - 1] += weight,
            }
        }
        there -= instant.censored + instant.events.iter().sum::<f64>();
        there = if there > 1e-13 * begin { there } else { 0.0 };
        found.push(instant);
    }
    found
}

/// The cumulative incidence of one cause and its variance at each time.
///
/// `F(t) = sum S(s-) d_j / n`, with Greenwood's variance carried over by the delta method:
/// `sum (F(t) - F(s))^2 d / (n (n - d)) + sum S(s-)^2 d_j (n - d_j) / n^3 - 2 sum (F(t) - F(s)) S(s-) d_j / n^2` (Aalen
/// and Johansen 1978, Scandinavian Journal of Statistics 5; Marubini and Valsecchi 1995, section 10.3).
pub fn cumulative_incidence(instants: &[Instant], cause: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut survival, mut f) = (1.0, 0.0);
    // the sums as polynomials in F(t): sum a (F - F_s)^2 and sum b (F - F_s)
    let (mut a0, mut a1, mut a2, mut b0, mut b1, mut own) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut incidence = Vec::with_capacity(instants.len());
    let mut variance = Vec::with_capacity(instants.len());
    for instant in instants {
        let n = instant.at_risk;
        let d: f64 = instant.events.iter().sum();
        if d > 0.0 {
            let d_j = instant.events[cause];
            f += survival * d_j / n;
            // after the last one is gone nothing can grow, and the term has no weight
            let a = if n > d { d / (n * (n - d)) } else { 0.0 };
            let b = survival * d_j / (n * n);
            (a0, a1, a2) = (a0 + a, a1 + a * f, a2 + a * f * f);
            (b0, b1) = (b0 + b, b1 + b * f);
            own += survival * survival * d_j * (n - d_j) / (n * n * n);
            survival *= (n - d) / n;
        }
        let spread = (a0 * f - 2.0 * a1) * f + a2;
        incidence.push(f);
        variance.push((spread + own - 2.0 * (b0 * f - b1)).max(0.0));
    }
    (incidence, variance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survival::{Events, Names, Times};

    const NAMES: Names<'_> = Names {
        durations: "t",
        event: "e",
        entry: "entry",
        weights: "w",
    };

    #[test]
    fn incidence_by_hand_and_in_sum() {
        // 1: cause one, 2: cause two, 2: censored, 3: cause one
        let sample = Sample::new(
            NAMES,
            Times::Whole(&[1, 2, 2, 3]),
            Events::All(4),
            None,
            None,
        )
        .unwrap();
        let instants = instants(&sample, &[1, 2, 0, 1], 2);
        let (one, _) = cumulative_incidence(&instants, 0);
        let (two, _) = cumulative_incidence(&instants, 1);
        let expected = [0.0, 0.25, 0.25, 0.75];
        for (ours, value) in one.iter().zip(expected) {
            assert!((ours - value).abs() < 1e-15);
        }
        for (ours, value) in two.iter().zip([0.0, 0.0, 0.25, 0.25]) {
            assert!((ours - value).abs() < 1e-15);
        }
    }

    #[test]
    fn a_single_cause_without_censoring_is_binomial() {
        let durations = [1.0, 2.0, 3.0, 4.0, 5.0];
        let sample = Sample::new(NAMES, Times::Real(&durations), Events::All(5), None, None);
        let instants = instants(&sample.unwrap(), &[1; 5], 1);
        let (incidence, variance) = cumulative_incidence(&instants, 0);
        for (i, (f, v)) in incidence.iter().zip(variance).enumerate() {
            let share = i as f64 / 5.0;
            assert!((f - share).abs() < 1e-15);
            assert!((v - share * (1.0 - share) / 5.0).abs() < 1e-15, "{i} {v}");
        }
    }
}
