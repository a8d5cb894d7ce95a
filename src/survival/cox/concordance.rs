//! How often those who have the event first are those who were said to be at higher risk.

use crate::numeric::parallel;
use crate::survival::Sample;

/// Pairs of rows of which it is known who has the event first.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pairs {
    /// The one at higher risk has it first.
    pub concordant: f64,
    /// The other one does.
    pub discordant: f64,
    /// Both are at equal risk.
    pub tied: f64,
}

impl Pairs {
    /// The share of concordant pairs, ties counting half (Harrell, Lee and Mark 1996, Statistics in Medicine 15).
    pub fn index(&self) -> f64 {
        let all = self.concordant + self.discordant + self.tied;
        (self.concordant + 0.5 * self.tied) / all
    }
}

/// Counts the pairs of a row with an event and one of the same stratum that is at risk then and lasts longer: later, or
/// censored at the same time. A pair counts as often as the product of its weights.
pub fn concordance(sample: &Sample<'_>, risk: &[f64], strata: Option<&[i64]>) -> Pairs {
    let mut marks = marks(sample, risk, strata);
    parallel::sort_by(&mut marks, Ord::cmp);
    let mut total = Pairs::default();
    for stratum in marks.chunk_by(|a, b| a.stratum == b.stratum) {
        let mut levels: Vec<u64> = stratum.iter().map(|mark| mark.risk).collect();
        levels.sort_unstable();
        levels.dedup();
        let mut there = Tree::new(levels.len());
        for instant in stratum.chunk_by(|a, b| a.time == b.time) {
            let level = |mark: &Mark| levels.partition_point(|&level| level < mark.risk);
            let of = |kind: Kind| instant.iter().filter(move |mark| mark.kind == kind);
            of(Kind::Entry).for_each(|mark| there.add(level(mark), -mark.weight()));
            of(Kind::Censored).for_each(|mark| there.add(level(mark), mark.weight()));
            for mark in of(Kind::Event) {
                let level = level(mark);
                let (below, up_to) = (there.below(level), there.below(level + 1));
                total.concordant += mark.weight() * below;
                total.tied += mark.weight() * (up_to - below);
                total.discordant += mark.weight() * (there.all - up_to);
            }
            of(Kind::Event).for_each(|mark| there.add(level(mark), mark.weight()));
        }
    }
    total
}

/// Something that happens to a row; the last comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    stratum: i64,
    /// Inverted bits of a number that is not negative.
    time: u64,
    kind: Kind,
    /// Bits of the risk, made so that they order as it does.
    risk: u64,
    weight: u64,
}

impl Mark {
    fn weight(&self) -> f64 {
        f64::from_bits(self.weight)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Entry,
    Censored,
    Event,
}

fn marks(sample: &Sample<'_>, risk: &[f64], strata: Option<&[i64]>) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(sample.len());
    for (row, &risk) in risk.iter().enumerate() {
        let end = Mark {
            stratum: strata.map_or(0, |strata| strata[row]),
            time: !sample.times.get(row).to_bits(),
            kind: if sample.events.get(row) {
                Kind::Event
            } else {
                Kind::Censored
            },
            risk: ordered_bits(risk),
            weight: sample.weight(row).to_bits(),
        };
        marks.push(end);
        if sample.entry.is_some() {
            marks.push(Mark {
                time: !sample.begin(row).to_bits(),
                kind: Kind::Entry,
                ..end
            });
        }
    }
    marks
}

/// Bits that order as the numbers do; `-0` is `0`.
fn ordered_bits(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

/// Sums over levels that can be changed and asked for in logarithmic time (Fenwick 1994, Software: Practice and
/// Experience 24).
struct Tree {
    sums: Vec<f64>,
    all: f64,
}

impl Tree {
    fn new(levels: usize) -> Self {
        Self {
            sums: vec![0.0; levels + 1],
            all: 0.0,
        }
    }

    fn add(&mut self, level: usize, weight: f64) {
        self.all += weight;
        let mut node = level + 1;
        while let Some(sum) = self.sums.get_mut(node) {
            *sum += weight;
            node += node & node.wrapping_neg();
        }
    }

    /// The sum over all levels below this one.
    fn below(&self, level: usize) -> f64 {
        let (mut sum, mut node) = (0.0, level);
        while node > 0 {
            sum += self.sums[node];
            node &= node - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survival::{Events, Names, Times};
    use proptest::prelude::*;

    const NAMES: Names<'_> = Names {
        durations: "t",
        event: "e",
        entry: "entry",
        weights: "w",
    };

    /// By looking at every pair.
    fn counted(times: &[i64], events: &[bool], entry: &[f64], risk: &[f64]) -> Pairs {
        let mut pairs = Pairs::default();
        for i in (0..times.len()).filter(|&i| events[i]) {
            for j in 0..times.len() {
                let longer = times[j] > times[i] || (times[j] == times[i] && !events[j]);
                if longer && entry[j] < times[i] as f64 {
                    if risk[i] > risk[j] {
                        pairs.concordant += 1.0;
                    } else if risk[i] < risk[j] {
                        pairs.discordant += 1.0;
                    } else {
                        pairs.tied += 1.0;
                    }
                }
            }
        }
        pairs
    }

    proptest! {
        #[test]
        fn agrees_with_all_pairs(rows in prop::collection::vec((1_i64..9, 0_i64..8, any::<bool>(), -3_i8..4), 1..60)) {
            let times: Vec<i64> = rows.iter().map(|r| r.0).collect();
            let entry: Vec<f64> = rows.iter().map(|r| r.1.min(r.0 - 1) as f64).collect();
            let events: Vec<bool> = rows.iter().map(|r| r.2).collect();
            let risk: Vec<f64> = rows.iter().map(|r| f64::from(r.3)).collect();
            let sample = Sample::new(NAMES, Times::Whole(&times), Events::Flags(&events), Some(&entry), None).unwrap();
            let expected = counted(&times, &events, &entry, &risk);
            prop_assert_eq!(concordance(&sample, &risk, None), expected);
        }
    }
}
