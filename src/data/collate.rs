//! Grouped logs put together customer by customer: copies of what was grouped already, nothing added up anew.

use std::ops::Range;

use super::calendar::Grain;
use super::group::Refunds;
use super::transactions::{History, check_offsets};
use crate::{Error, Result};

/// One of the logs that are put together.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The purchases.
    pub history: History<'a>,
    /// Where the lines of each purchase begin; empty in a log without lines.
    pub line_offsets: &'a [i64],
}

/// The compressed rows of the customers that were chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Collated {
    /// Instants where any part has them; otherwise that of all parts.
    pub grain: Grain,
    /// Where the purchases of each customer begin; one entry more than there are customers.
    pub offsets: Vec<i64>,
    /// When each purchase was made.
    pub times: Vec<i64>,
    /// For how much; none unless all parts say so.
    pub values: Option<Vec<f64>>,
    /// Later refunds.
    pub refunds: Refunds,
    /// Where the lines of each purchase begin.
    pub line_offsets: Vec<i64>,
    /// The place of each line among those of all parts, one part after the other.
    pub lines: Vec<i64>,
}

/// Customers who follow each other in the same part, and are copied as one.
struct Run {
    part: usize,
    customers: Range<usize>,
}

/// Puts together the customers named by their places among those of all parts, one part after the other, in the order
/// given.
///
/// # Errors
/// [`Error::Parameter`] if there is no such customer, or if the lines of a part do not fit its purchases.
pub fn collate(parts: &[Part<'_>], customers: &[i64]) -> Result<Collated> {
    for part in parts {
        if !part.line_offsets.is_empty() {
            let lines = part.line_offsets.last().copied().unwrap_or_default();
            let lines = usize::try_from(lines).unwrap_or_default();
            check_offsets("line_offsets", part.line_offsets, lines)?;
            check_line_count(part)?;
        }
    }
    let runs = runs(parts, customers)?;
    let mut out = Collated {
        grain: grain(parts),
        offsets: vec![0],
        times: Vec::new(),
        values: parts
            .iter()
            .all(|part| part.history.has_values())
            .then(Vec::new),
        refunds: Refunds::default(),
        line_offsets: Vec::new(),
        lines: Vec::new(),
    };
    reserve(&mut out, parts, &runs, customers.len());
    for run in &runs {
        copy_run(parts, run, &mut out);
    }
    if parts.iter().any(|part| !part.line_offsets.is_empty()) {
        copy_lines(parts, &runs, &mut out);
    }
    Ok(out)
}

fn grain(parts: &[Part<'_>]) -> Grain {
    let mut grains = parts.iter().map(|part| part.history.grain());
    let first = grains.next().unwrap_or(Grain::Instant);
    if grains.any(|grain| grain == Grain::Instant) {
        Grain::Instant
    } else {
        first
    }
}

fn check_line_count(part: &Part<'_>) -> Result<()> {
    let purchases = part.history.times().len();
    if part.line_offsets.len() == purchases + 1 {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "line_offsets".to_owned(),
        expected: format!("have {} entries, one more than purchases", purchases + 1),
        found: part.line_offsets.len().to_string(),
        hint: String::new(),
    })
}

/// The customers as runs of neighbours.
fn runs(parts: &[Part<'_>], customers: &[i64]) -> Result<Vec<Run>> {
    let mut begins = vec![0];
    for part in parts {
        let begin = begins.last().copied().unwrap_or_default();
        begins.push(begin + part.history.customers());
    }
    let all = begins.last().copied().unwrap_or_default();
    let mut runs: Vec<Run> = Vec::new();
    for &customer in customers {
        let place = usize::try_from(customer).unwrap_or(all);
        if place >= all {
            return Err(Error::Parameter {
                name: "customers".to_owned(),
                expected: format!("be places of the {all} customers"),
                found: customer.to_string(),
                hint: String::new(),
            });
        }
        let part = begins.partition_point(|&begin| begin <= place) - 1;
        let local = place - begins[part];
        match runs.last_mut() {
            Some(run) if run.part == part && run.customers.end == local => run.customers.end += 1,
            _ => runs.push(Run {
                part,
                customers: local..local + 1,
            }),
        }
    }
    Ok(runs)
}

impl Run {
    /// The places of their purchases.
    fn purchases(&self, parts: &[Part<'_>]) -> Range<usize> {
        let history = &parts[self.part].history;
        let (first, last) = (self.customers.start, self.customers.end - 1);
        history.purchases_of(first).start..history.purchases_of(last).end
    }
}

/// Makes room, so that nothing is copied twice.
fn reserve(out: &mut Collated, parts: &[Part<'_>], runs: &[Run], customers: usize) {
    let purchases = runs.iter().map(|run| run.purchases(parts).len()).sum();
    out.offsets.reserve_exact(customers);
    out.times.reserve_exact(purchases);
    if let Some(values) = &mut out.values {
        values.reserve_exact(purchases);
    }
}

fn copy_run(parts: &[Part<'_>], run: &Run, out: &mut Collated) {
    let history = &parts[run.part].history;
    let purchases = run.purchases(parts);
    let before = out.times.len() as i64;
    let shift = before - purchases.start as i64;
    let ends = run
        .customers
        .clone()
        .map(|one| history.purchases_of(one).end as i64 + shift);
    out.offsets.extend(ends);
    out.times
        .extend_from_slice(&history.times()[purchases.clone()]);
    if let (Some(out), Some(values)) = (&mut out.values, history.values()) {
        out.extend_from_slice(&values[purchases.clone()]);
    }
    let refunds = history.refund_columns();
    let places = history.refund_places(purchases);
    let purchases = refunds.purchases[places.clone()].iter();
    out.refunds
        .purchases
        .extend(purchases.map(|purchase| purchase + shift));
    out.refunds
        .times
        .extend_from_slice(&refunds.times[places.clone()]);
    out.refunds
        .amounts
        .extend_from_slice(&refunds.amounts[places]);
}

fn copy_lines(parts: &[Part<'_>], runs: &[Run], out: &mut Collated) {
    let mut begins = vec![0];
    for part in parts {
        let begin = begins.last().copied().unwrap_or_default();
        begins.push(begin + part.line_offsets.last().copied().unwrap_or_default());
    }
    out.line_offsets.push(0);
    for run in runs {
        let offsets = parts[run.part].line_offsets;
        if offsets.is_empty() {
            continue;
        }
        let purchases = run.purchases(parts);
        let shift = out.lines.len() as i64 - offsets[purchases.start];
        let ends = &offsets[purchases.start + 1..=purchases.end];
        out.line_offsets.extend(ends.iter().map(|end| end + shift));
        let lines = offsets[purchases.start]..offsets[purchases.end];
        out.lines.extend(lines.map(|line| line + begins[run.part]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::transactions::RefundColumns;
    use super::*;

    const NONE: RefundColumns<'static> = RefundColumns {
        purchases: &[],
        times: &[],
        amounts: &[],
    };

    fn part<'a>(
        offsets: &'a [i64],
        times: &'a [i64],
        values: &'a [f64],
        refunds: RefundColumns<'a>,
        line_offsets: &'a [i64],
    ) -> Part<'a> {
        Part {
            history: History::new(Grain::Day, offsets, times, Some(values), refunds).unwrap(),
            line_offsets,
        }
    }

    #[test]
    fn customers_of_two_logs_interleave() {
        let refunds = RefundColumns {
            purchases: &[1, 2],
            times: &[50, 60],
            amounts: &[-1.0, -2.0],
        };
        let one = part(
            &[0, 2, 3, 4],
            &[1, 2, 3, 4],
            &[10., 20., 30., 40.],
            refunds,
            &[0, 1, 3, 4, 5],
        );
        let two = part(&[0, 1, 2], &[7, 8], &[70., 80.], NONE, &[0, 2, 3]);
        let got = collate(&[one, two], &[3, 0, 1, 4]).unwrap();
        let expected = Collated {
            grain: Grain::Day,
            offsets: vec![0, 1, 3, 4, 5],
            times: vec![7, 1, 2, 3, 8],
            values: Some(vec![70., 10., 20., 30., 80.]),
            refunds: Refunds {
                purchases: vec![2, 3],
                times: vec![50, 60],
                amounts: vec![-1.0, -2.0],
            },
            line_offsets: vec![0, 2, 3, 5, 6, 7],
            lines: vec![5, 6, 0, 1, 2, 3, 7],
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn nobody_is_an_empty_log() {
        let one = part(&[0, 1], &[1], &[10.], NONE, &[]);
        let got = collate(&[one], &[]).unwrap();
        assert_eq!((got.offsets, got.times), (vec![0], vec![]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let one = part(&[0, 1], &[1], &[10.], NONE, &[]);
        let message = |customers: &[i64]| collate(&[one], customers).unwrap_err().to_string();
        assert_eq!(
            message(&[0, 1]),
            "`customers` must be places of the 1 customers, got 1"
        );
        assert_eq!(
            message(&[-1]),
            "`customers` must be places of the 1 customers, got -1"
        );
        let two = part(&[0, 1], &[1], &[10.], NONE, &[0, 1, 2]);
        assert_eq!(
            collate(&[two], &[0]).unwrap_err().to_string(),
            "`line_offsets` must have 2 entries, one more than purchases, got 3"
        );
        let three = part(&[0, 1], &[1], &[10.], NONE, &[3, 1]);
        assert!(collate(&[three], &[0]).is_err());
    }
}
