//! Sums without rounding: the same to the last bit in whatever order and in however many parts they are added up.

use serde::{Deserialize, Serialize};

/// A sum of doubles, kept as doubles that do not overlap and add up to it exactly.
///
/// J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", Discrete &
/// Computational Geometry 18 (1997), 305-363: each number is added to the parts from the smallest on by an exact
/// two-term sum, whose rounding error becomes a part of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ExactSum {
    /// From the smallest to the largest.
    parts: Vec<f64>,
}

impl ExactSum {
    /// The sum of these numbers.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = Self::default();
        for number in numbers {
            sum.add(number);
        }
        sum
    }

    /// Adds a number.
    pub fn add(&mut self, number: f64) {
        let mut carried = number;
        let mut kept = 0;
        for i in 0..self.parts.len() {
            let (sum, error) = two_sum(carried, self.parts[i]);
            if !sum.is_finite() {
                self.parts = vec![sum];
                return;
            }
            if error != 0.0 {
                self.parts[kept] = error;
                kept += 1;
            }
            carried = sum;
        }
        self.parts.truncate(kept);
        if carried != 0.0 {
            self.parts.push(carried);
        }
    }

    /// Adds all that another sum has.
    pub fn merge(&mut self, other: &Self) {
        for &part in &other.parts {
            self.add(part);
        }
    }

    /// The parts, from the smallest to the largest.
    pub fn parts(&self) -> &[f64] {
        &self.parts
    }

    /// The double nearest to the sum; of two equally near ones, the even one.
    pub fn value(&self) -> f64 {
        let mut parts = self.parts.iter().rev().copied();
        let mut high = parts.next().unwrap_or(0.0);
        while let Some(part) = parts.next() {
            let (sum, error) = two_sum(high, part);
            high = sum;
            if error != 0.0 {
                // a tie was rounded to even, though smaller parts decide it
                let beyond = parts.next().unwrap_or(0.0);
                let twice = 2.0 * error;
                let nudged = high + twice;
                #[expect(clippy::float_cmp, reason = "exactly representable or not")]
                if (error > 0.0) == (beyond > 0.0) && beyond != 0.0 && nudged - high == twice {
                    high = nudged;
                }
                break;
            }
        }
        high
    }
}

/// Sums are equal if the numbers are: the parts of one number depend on the order in which they came.
impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        let mut difference = self.clone();
        for &part in &other.parts {
            difference.add(-part);
        }
        difference.parts.is_empty() || (self.value().is_infinite() && self.value() == other.value())
    }
}

/// The rounded sum of two numbers, and its rounding error: together they are the sum.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let (large, small) = if a.abs() < b.abs() { (b, a) } else { (a, b) };
    let sum = large + small;
    (sum, small - (sum - large))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cancels_is_not_lost() {
        assert_eq!(ExactSum::of([1e100, 1.0, -1e100]).value(), 1.0);
        assert_eq!(ExactSum::of([0.1; 10]).value(), 1.0);
        assert_eq!(ExactSum::of([]).value(), 0.0);
        assert_eq!(ExactSum::of([1e308, 1e308, -5.0]).value(), f64::INFINITY);
        // half-way between two doubles, decided by what is far smaller
        let half = f64::EPSILON / 2.0;
        assert_eq!(ExactSum::of([1.0, half]).value(), 1.0);
        assert_eq!(ExactSum::of([1.0, half, 1e-40]).value(), 1.0 + f64::EPSILON);
    }

    #[test]
    fn equal_sums_are_equal_in_whatever_parts() {
        let sum = |numbers: &[f64]| ExactSum::of(numbers.iter().copied());
        let (one, other) = (sum(&[0.1, 0.2, 1e9, 0.3]), sum(&[1e9, 0.3, 0.2, 0.1]));
        assert_eq!(one, other);
        assert_ne!(one, sum(&[1e9, 0.3, 0.2, 0.1, 1e-40]));
        assert_eq!(sum(&[]), sum(&[1.0, -1.0]));
        assert_eq!(sum(&[1e308, 1e308]), sum(&[f64::INFINITY]));
        assert_ne!(sum(&[1e308, 1e308]), sum(&[-1e308, -1e308]));
    }

    proptest! {
        #[test]
        fn whole_numbers_match_integer_arithmetic(
            numbers in prop::collection::vec((-1_000_000_i64..1_000_000, 0..70_i32), 0..40)
        ) {
            let exact: i128 = numbers.iter().map(|&(m, e)| i128::from(m) << e).sum();
            let sum = ExactSum::of(numbers.iter().map(|&(m, e)| m as f64 * 2_f64.powi(e)));
            prop_assert_eq!(sum.value(), exact as f64);
        }

        #[test]
        fn neither_order_nor_parts_matter(
            numbers in prop::collection::vec(-1e9..1e9, 0..60),
            cut in 0..60_usize,
        ) {
            let cut = cut.min(numbers.len());
            let mut parts = ExactSum::of(numbers[cut..].iter().copied());
            parts.merge(&ExactSum::of(numbers[..cut].iter().copied()));
            let forward = ExactSum::of(numbers.iter().copied()).value();
            prop_assert_eq!(parts.value(), forward);
            let backward = ExactSum::of(numbers.iter().rev().copied());
            prop_assert_eq!(backward.value(), forward);
            prop_assert_eq!(&parts, &backward);
            // taking parts away again leaves exactly the others
            parts.merge(&ExactSum::of(numbers[..cut].iter().map(|number| -number)));
            prop_assert_eq!(parts.value(), ExactSum::of(numbers[cut..].iter().copied()).value());
        }
    }
}
