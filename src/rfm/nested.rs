//! Bins within bins: frequency is cut anew within each bin of recency, and money within each of both.

use super::Best;
use super::cuts::{Shares, cuts};
use super::score::{Ties, fill, score};
use crate::numeric::parallel;
use crate::{Error, Result};

/// The cuts of a column within each of `count` groups, one row a group; a group without customers has those of all.
///
/// # Errors
/// [`Error::Parameter`] if a customer's group is not below `count`.
pub fn cuts_within(
    values: &[f64],
    groups: &[u16],
    count: usize,
    shares: &Shares,
    best: Best,
) -> Result<Vec<Vec<f64>>> {
    check(groups, count)?;
    let (offsets, sorted) = by_group(values, groups, count);
    let all = cuts(values, shares, best);
    let members: Vec<&[f64]> = offsets
        .windows(2)
        .map(|ends| &sorted[ends[0]..ends[1]])
        .collect();
    let within = parallel::map(&members, |members| cuts(members, shares, best));
    let or_all = |cuts: Vec<f64>| if cuts.is_empty() { all.clone() } else { cuts };
    Ok(within.into_iter().map(or_all).collect())
}

/// Writes the score of each value by the cuts of its group.
///
/// # Errors
/// [`Error::Parameter`] if a customer's group has no cuts.
pub fn score_within(
    values: &[f64],
    groups: &[u16],
    cuts: &[Vec<f64>],
    (ties, best): (Ties, Best),
    scores: &mut [u8],
) -> Result<()> {
    check(groups, cuts.len())?;
    let pairs: Vec<(f64, u16)> = values.iter().copied().zip(groups.iter().copied()).collect();
    fill(&pairs, scores, |pairs, scores| {
        for ((value, group), place) in pairs.iter().zip(scores) {
            let cuts = &cuts[usize::from(*group)];
            score(&[*value], cuts, ties, best, std::slice::from_mut(place));
        }
    });
    Ok(())
}

fn check(groups: &[u16], count: usize) -> Result<()> {
    let beyond = |group: &u16| usize::from(*group) >= count;
    match groups.iter().find(|group| beyond(group)) {
        None => Ok(()),
        Some(group) => Err(Error::Parameter {
            name: "groups".to_owned(),
            expected: format!("lie below {count}"),
            found: group.to_string(),
            hint: String::new(),
        }),
    }
}

/// The values, group after group, and where each group begins.
fn by_group(values: &[f64], groups: &[u16], count: usize) -> (Vec<usize>, Vec<f64>) {
    let mut offsets = vec![0; count + 1];
    for &group in groups {
        offsets[usize::from(group) + 1] += 1;
    }
    for group in 0..count {
        offsets[group + 1] += offsets[group];
    }
    let mut next = offsets.clone();
    let mut sorted = vec![0.0; values.len()];
    for (&value, &group) in values.iter().zip(groups) {
        let place = &mut next[usize::from(group)];
        sorted[*place] = value;
        *place += 1;
    }
    (offsets, sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_is_cut_by_itself() {
        let values = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
        let groups = [0, 0, 0, 2, 2, 2];
        let shares = Shares::Bins(2);
        let found = cuts_within(&values, &groups, 3, &shares, Best::High).unwrap();
        assert_eq!(found, [vec![2.0], vec![6.5], vec![20.0]]);
        let mut scores = [0; 6];
        let rule = (Ties::Low, Best::High);
        score_within(&values, &groups, &found, rule, &mut scores).unwrap();
        assert_eq!(scores, [1, 1, 2, 1, 1, 2]);
        assert!(cuts_within(&values, &groups, 2, &shares, Best::High).is_err());
    }
}
