//! Rows shared out over buckets so that all rows of one identifier come to the same one, whatever else is there.

use super::hash::{Fingerprint, Key};
use super::mask::Mask;
use super::text::Text;
use crate::Result;

/// The rows of a table, bucket after bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// The rows of the first bucket in order, then those of the next.
    pub rows: Vec<i64>,
    /// Where each bucket begins; one entry more than there are buckets.
    pub offsets: Vec<i64>,
}

/// Shares out integers; rows without one go to the first bucket.
///
/// # Errors
/// [`crate::Error::Length`] if the mask doesn't fit.
pub fn of_integers(values: &[i64], missing: Option<&[bool]>, buckets: usize) -> Result<Buckets> {
    let mask = Mask::new(missing, values.len())?;
    Ok(share_out(values.len(), buckets, |row| {
        (!mask.hides(row)).then(|| values[row].hash())
    }))
}

/// Shares out strings; rows without one go to the first bucket.
///
/// # Errors
/// [`crate::Error::Length`] if the mask doesn't fit.
pub fn of_text(text: Text<'_>, missing: Option<&[bool]>, buckets: usize) -> Result<Buckets> {
    let mask = Mask::new(missing, text.len())?;
    Ok(share_out(text.len(), buckets, |row| {
        (!mask.hides(row)).then(|| Fingerprint::of(text.get(row)).hash())
    }))
}

/// Counting sort of the rows by their buckets.
fn share_out(rows: usize, buckets: usize, hash: impl Fn(usize) -> Option<u64>) -> Buckets {
    let buckets = buckets.max(1);
    // the high half of the product: the hash as a fraction of 2^64, times the number of buckets
    let bucket = |hash: u64| ((u128::from(hash) * buckets as u128) >> 64) as u32;
    let chosen: Vec<u32> = (0..rows).map(|row| hash(row).map_or(0, bucket)).collect();
    let mut offsets = vec![0; buckets + 1];
    for &bucket in &chosen {
        offsets[bucket as usize + 1] += 1;
    }
    for bucket in 0..buckets {
        offsets[bucket + 1] += offsets[bucket];
    }
    let mut next = offsets.clone();
    let mut sorted = vec![0; rows];
    for (row, &bucket) in (0_i64..).zip(&chosen) {
        let place = &mut next[bucket as usize];
        sorted[*place as usize] = row;
        *place += 1;
    }
    Buckets {
        rows: sorted,
        offsets,
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::TextBuffer;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equal_identifiers_meet_in_order(
            values in prop::collection::vec(-20..20_i64, 0..200),
            missing in prop::collection::vec(any::<bool>(), 200),
            buckets in 0..9_usize,
        ) {
            let missing = &missing[..values.len()];
            let mut buffer = TextBuffer::with_capacity(values.len());
            for value in &values {
                buffer.push(value.to_string().as_bytes());
            }
            let integers = of_integers(&values, Some(missing), buckets).unwrap();
            let text = of_text(buffer.view(), Some(missing), buckets).unwrap();
            for got in [integers, text] {
                let mut rows = got.rows.clone();
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..values.len() as i64).collect::<Vec<_>>());
                prop_assert_eq!(got.offsets.len(), buckets.max(1) + 1);
                let mut home = std::collections::BTreeMap::new();
                for bucket in 0..buckets.max(1) {
                    let range = got.offsets[bucket] as usize..got.offsets[bucket + 1] as usize;
                    prop_assert!(got.rows[range.clone()].is_sorted());
                    for &row in &got.rows[range] {
                        let row = row as usize;
                        let id = (!missing[row]).then_some(values[row]);
                        prop_assert_eq!(*home.entry(id).or_insert(bucket), bucket);
                    }
                }
            }
        }
    }

    #[test]
    fn buckets_are_about_equally_full() {
        let values: Vec<i64> = (0..64_000).collect();
        let got = of_integers(&values, None, 64).unwrap();
        let sizes = got.offsets.windows(2).map(|ends| ends[1] - ends[0]);
        assert!(sizes.clone().min() > Some(800) && sizes.max() < Some(1200));
    }
}
