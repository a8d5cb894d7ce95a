//! Two windows of time that move along together, over the rows of one customer.

use std::ops::Range;

/// A stretch of periods at whose ends a customer's two windows hold the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// The periods with which the later window ends.
    pub(super) ends: Range<usize>,
    /// The rows in the earlier window, which ends `lag` periods before.
    pub(super) before: Range<usize>,
    /// The rows in the later one.
    pub(super) now: Range<usize>,
}

/// Visits the stretches of periods below `length` at which a window of so many periods, or the one `lag` periods
/// before, holds any of the customer's rows.
pub(super) fn each_pair(
    periods: &[i64],
    length: usize,
    window: usize,
    lag: usize,
    mut visit: impl FnMut(Pair),
) {
    let (length, window, lag) = (length as i64, window as i64, lag as i64);
    let Some(&first) = periods.first() else {
        return;
    };
    let mut at = first;
    let mut pair = Pair {
        ends: 0..0,
        before: 0..0,
        now: 0..0,
    };
    while at < length {
        // What comes in or goes out up to here, and when the next of it does.
        let mut next = length;
        let mut advance = |place: &mut usize, delay: i64| {
            while let Some(period) = periods.get(*place) {
                let when = period.saturating_add(delay);
                if when > at {
                    next = next.min(when);
                    break;
                }
                *place += 1;
            }
        };
        advance(&mut pair.now.end, 0);
        advance(&mut pair.now.start, window);
        advance(&mut pair.before.end, lag);
        advance(&mut pair.before.start, lag.saturating_add(window));
        if !(pair.now.is_empty() && pair.before.is_empty()) {
            pair.ends = at as usize..next as usize;
            visit(pair.clone());
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_hold_what_lies_in_them(
            rows in prop::collection::btree_set(0..40_i64, 0..12),
            window in 1..9_i64,
            lag in 1..9_i64,
        ) {
            let rows: Vec<i64> = rows.into_iter().collect();
            let mut seen = vec![None; 40];
            each_pair(&rows, 40, window as usize, lag as usize, |pair| {
                for end in pair.ends.clone() {
                    assert!(seen[end].replace(pair.clone()).is_none());
                }
            });
            let within = |end: i64| -> Vec<i64> {
                rows.iter().copied().filter(|&p| end - window < p && p <= end).collect()
            };
            for (end, pair) in seen.into_iter().enumerate() {
                let end = end as i64;
                let found = pair.map_or((vec![], vec![]), |pair| {
                    (rows[pair.now].to_vec(), rows[pair.before].to_vec())
                });
                prop_assert_eq!(found, (within(end), within(end - lag)));
            }
        }
    }
}
