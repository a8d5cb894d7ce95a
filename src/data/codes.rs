//! Identifiers to dense codes: which of the sorted distinct values stands in each row.

use super::hash::{Distinct, Fingerprint};
use super::mask::Mask;
use super::text::Text;
use crate::Result;
use crate::numeric::parallel;

/// The code of a row without an identifier.
pub const MISSING: i64 = -1;

/// A column of identifiers as positions in the sorted list of those that occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes<T> {
    /// One position a row, or [`MISSING`].
    pub values: Vec<i64>,
    /// The distinct identifiers in ascending order (for text: a row in which each stands).
    pub categories: Vec<T>,
}

/// The codes of integers.
///
/// Integers that lie close together are marked in a table of their range; scattered ones are hashed, and only the
/// distinct ones sorted.
///
/// # Errors
/// [`crate::Error::Length`] if the mask doesn't fit the values.
pub fn of_integers(values: &[i64], missing: Option<&[bool]>) -> Result<Codes<i64>> {
    let mask = Mask::new(missing, values.len())?;
    let (mut low, mut high, mut count) = (i64::MAX, i64::MIN, 0_usize);
    for (row, &value) in values.iter().enumerate() {
        if !mask.hides(row) {
            low = low.min(value);
            high = high.max(value);
            count += 1;
        }
    }
    if count == 0 {
        return Ok(Codes {
            values: vec![MISSING; values.len()],
            categories: Vec::new(),
        });
    }
    Ok(match usize::try_from(i128::from(high) - i128::from(low)) {
        Ok(span) if span / 4 <= count => by_range(values, mask, low, span),
        _ => by_hash(values, mask),
    })
}

/// Codes of integers in `low..=low + span`, by a table with one entry for each that might occur.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "differences lie in 0..=span, which fits a table in memory"
)]
fn by_range(values: &[i64], mask: Mask<'_>, low: i64, span: usize) -> Codes<i64> {
    let mut table = vec![MISSING; span + 1];
    let place = |value: i64| value.wrapping_sub(low) as usize;
    for (row, &value) in values.iter().enumerate() {
        if !mask.hides(row) {
            table[place(value)] = 0;
        }
    }
    let mut categories = Vec::new();
    for (offset, code) in table.iter_mut().enumerate() {
        if *code != MISSING {
            *code = categories.len() as i64;
            categories.push(low + offset as i64);
        }
    }
    let code = |(row, &value)| {
        if mask.hides(row) {
            MISSING
        } else {
            table[place(value)]
        }
    };
    Codes {
        values: values.iter().enumerate().map(code).collect(),
        categories,
    }
}

/// Codes of integers from anywhere, by hashing.
fn by_hash(values: &[i64], mask: Mask<'_>) -> Codes<i64> {
    let mut distinct = Distinct::new();
    let mut keys = Vec::new();
    let number = |row| {
        let number = distinct.number(values[row], |_| true);
        if number == keys.len() {
            keys.push(values[row]);
        }
        number
    };
    let mut codes = number_rows(values.len(), mask, number);
    let mut order: Vec<(i64, usize)> = keys.into_iter().zip(0..).collect();
    parallel::sort_by(&mut order, Ord::cmp);
    renumber(&mut codes, order.iter().map(|&(_, number)| number));
    Codes {
        values: codes,
        categories: order.into_iter().map(|(key, _)| key).collect(),
    }
}

/// The codes of strings, ordered by their bytes: for UTF-8 that is the order of their code points. Each category is
/// given as the first row in which it stands.
///
/// # Errors
/// [`crate::Error::Length`] if the mask doesn't fit the text.
pub fn of_text(text: Text<'_>, missing: Option<&[bool]>) -> Result<Codes<usize>> {
    let mask = Mask::new(missing, text.len())?;
    let mut distinct = Distinct::new();
    let mut firsts = Vec::new();
    let number = |row| {
        let string = text.get(row);
        let same = |number: usize| text.get(firsts[number]) == string;
        let number = distinct.number(Fingerprint::of(string), same);
        if number == firsts.len() {
            firsts.push(row);
        }
        number
    };
    let mut codes = number_rows(text.len(), mask, number);
    let start = |row| start_of(text.get(row));
    let mut order: Vec<(u64, usize, usize)> = (0..)
        .zip(&firsts)
        .map(|(number, &row)| (start(row), row, number))
        .collect();
    parallel::sort_by(&mut order, |a, b| {
        a.0.cmp(&b.0).then_with(|| text.get(a.1).cmp(text.get(b.1)))
    });
    renumber(&mut codes, order.iter().map(|&(_, _, number)| number));
    Ok(Codes {
        values: codes,
        categories: order.into_iter().map(|(_, row, _)| row).collect(),
    })
}

/// The first eight bytes as a number that orders as they do; most comparisons end there.
fn start_of(string: &[u8]) -> u64 {
    let mut start = [0; 8];
    let length = string.len().min(8);
    start[..length].copy_from_slice(&string[..length]);
    u64::from_be_bytes(start)
}

/// `number` of each row that the mask doesn't hide.
#[expect(
    clippy::cast_possible_wrap,
    reason = "there are no more numbers than rows in memory"
)]
fn number_rows(rows: usize, mask: Mask<'_>, mut number: impl FnMut(usize) -> usize) -> Vec<i64> {
    (0..rows)
        .map(|row| {
            if mask.hides(row) {
                MISSING
            } else {
                number(row) as i64
            }
        })
        .collect()
}

/// Replaces each number in `codes` by its position in `order`, which names every number once.
fn renumber(codes: &mut [i64], order: impl ExactSizeIterator<Item = usize>) {
    let mut position = vec![MISSING; order.len()];
    for (place, number) in (0..).zip(order) {
        position[number] = place;
    }
    for code in codes {
        // a missing code is no index, and stays
        if let Some(&place) = usize::try_from(*code)
            .ok()
            .and_then(|code| position.get(code))
        {
            *code = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::text::TextBuffer;
    use super::*;

    /// The same by a sorted set, for values of any kind.
    fn reference<T: Ord + Clone>(values: &[Option<T>]) -> Codes<T> {
        let distinct: BTreeSet<&T> = values.iter().flatten().collect();
        let places: BTreeMap<&T, i64> = distinct.iter().copied().zip(0..).collect();
        let code = |value: &Option<T>| value.as_ref().map_or(MISSING, |value| places[value]);
        Codes {
            values: values.iter().map(code).collect(),
            categories: distinct.into_iter().cloned().collect(),
        }
    }

    fn integers(values: &[Option<i64>]) -> Codes<i64> {
        let plain: Vec<i64> = values.iter().map(|value| value.unwrap_or(99)).collect();
        let missing: Vec<bool> = values.iter().map(Option::is_none).collect();
        of_integers(&plain, Some(&missing)).unwrap()
    }

    fn strings(values: &[Option<String>]) -> Codes<String> {
        let mut buffer = TextBuffer::with_capacity(values.len());
        for value in values {
            buffer.push(value.as_deref().unwrap_or("?").as_bytes());
        }
        let missing: Vec<bool> = values.iter().map(Option::is_none).collect();
        let codes = of_text(buffer.view(), Some(&missing)).unwrap();
        let string = |row: usize| values[row].clone().unwrap();
        Codes {
            values: codes.values,
            categories: codes.categories.into_iter().map(string).collect(),
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let values = [
            Some(i64::MAX),
            Some(i64::MIN),
            None,
            Some(0),
            Some(i64::MAX),
        ];
        assert_eq!(integers(&values), reference(&values));
        let high = [Some(i64::MAX), Some(i64::MAX - 2)];
        assert_eq!(integers(&high), reference(&high));
    }

    #[test]
    fn nothing_present_means_no_categories() {
        assert_eq!(integers(&[None, None]).values, [MISSING, MISSING]);
        assert!(integers(&[]).categories.is_empty());
        assert!(strings(&[None]).categories.is_empty());
    }

    #[test]
    fn a_mask_of_another_length_is_refused() {
        assert!(of_integers(&[1, 2], Some(&[true])).is_err());
        assert!(of_text(Text::new(&[0, 0], b"").unwrap(), Some(&[])).is_err());
    }

    #[test]
    fn strings_order_by_code_point() {
        let values = [
            "b",
            "",
            "é",
            "a",
            "aaaaaaaab",
            "aaaaaaaa",
            "\u{10000}",
            "\u{ffff}",
        ]
        .map(|value| Some(value.to_owned()));
        assert_eq!(strings(&values), reference(&values));
    }

    proptest! {
        #[test]
        fn dense_integers_match_the_reference(
            values in prop::collection::vec(prop::option::weighted(0.9, -50_i64..50), 0..300)
        ) {
            prop_assert_eq!(integers(&values), reference(&values));
        }

        #[test]
        fn scattered_integers_match_the_reference(
            values in prop::collection::vec(prop::option::weighted(0.9, any::<i64>()), 0..3000),
            repeat in 1_usize..3,
        ) {
            let values = values.repeat(repeat);
            prop_assert_eq!(integers(&values), reference(&values));
        }

        #[test]
        fn strings_match_the_reference(
            values in prop::collection::vec(prop::option::weighted(0.9, "[ab\u{0}é]{0,12}"), 0..300)
        ) {
            prop_assert_eq!(strings(&values), reference(&values));
        }
    }
}
