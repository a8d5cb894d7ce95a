//! Order statistics of small whole numbers, such as days and orders: each value is counted.

use super::check::{PIECE, SHIFT, all, all_whole};
use super::select::{COUNTED, Place, total};
use crate::numeric::parallel;

/// Numbers from 0 to one below this are counted one by one, all others together.
const LIMIT: usize = 1 << 12;
/// Tables that are counted in by turns: otherwise each of many equal values would have to wait for the one before.
const TURNS: usize = 4;

/// The values of these ranks, which are below the number of values; none if a value is not a whole number from 0 on, or
/// one that is wanted is too large.
pub(super) fn order_statistics(values: &[f64], ranks: &[usize]) -> Option<Vec<f64>> {
    let sample = values.iter().step_by(values.len() / 256 + 1);
    if !all_counted(&sample.copied().collect::<Vec<f64>>()) {
        return None;
    }
    let parts = parallel::map_blocks(values, COUNTED, count);
    let counts = total(parts.into_iter().collect::<Option<Vec<_>>>()?);
    let places = ranks.iter().map(|&rank| Place::in_counts(&counts, rank));
    places
        .map(|place| (place.digit < LIMIT).then_some(place.digit as f64))
        .collect()
}

/// Whether all values are whole numbers from 0 on.
fn all_counted(values: &[f64]) -> bool {
    all(values, |value| value >= 0.0) && all_whole(values)
}

/// How many values are 0, 1, ..., and how many are `LIMIT` or more; none if some are not whole numbers from 0 on.
fn count(block: &[f64]) -> Option<Vec<usize>> {
    const WIDTH: usize = LIMIT + 1;
    let mut counts = vec![0_u32; TURNS * WIDTH];
    for piece in block.chunks(PIECE) {
        if !all_counted(piece) {
            return None;
        }
        for run in piece.chunks(TURNS) {
            for (turn, &value) in run.iter().enumerate() {
                counts[turn * WIDTH + place(value)] += 1;
            }
        }
    }
    let sum = |digit: usize| {
        (0..TURNS)
            .map(|turn| counts[turn * WIDTH + digit] as usize)
            .sum()
    };
    Some((0..WIDTH).map(sum).collect())
}

/// The whole number itself, or `LIMIT` if that is less.
#[expect(clippy::cast_possible_truncation, reason = "at most LIMIT")]
fn place(value: f64) -> usize {
    ((value + SHIFT).to_bits() ^ SHIFT.to_bits()).min(LIMIT as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_counted_and_others_refused() {
        let days: Vec<f64> = (0..10_000).map(|i| f64::from(i * 7919 % 3000)).collect();
        let mut sorted = days.clone();
        sorted.sort_by(f64::total_cmp);
        let ranks = [0, 17, 5000, 9999];
        let expected: Vec<f64> = ranks.iter().map(|&rank| sorted[rank]).collect();
        assert_eq!(order_statistics(&days, &ranks), Some(expected));
        for odd in [-1.0, 0.5, f64::NAN, 1e15, -0.5] {
            let mut values = days.clone();
            values[4321] = odd;
            let found = order_statistics(&values, &[5000]);
            let is_large = odd > 1e14;
            assert_eq!(found.is_some(), is_large, "{odd}");
        }
    }

    #[test]
    fn large_numbers_are_no_obstacle_unless_they_are_wanted() {
        let mut orders = vec![1.0; 8000];
        orders[77] = 1e9;
        orders[78] = LIMIT as f64;
        orders[79] = -0.0;
        assert_eq!(order_statistics(&orders, &[0, 7997]), Some(vec![0.0, 1.0]));
        assert_eq!(order_statistics(&orders, &[7998]), None);
    }
}
