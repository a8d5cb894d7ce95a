//! Identifiers to dense codes: which of the sorted distinct values stands in each row.

use super::check::same_length;
use super::hash::{Distinct, Fingerprint, Key, Short};
use super::mask::Mask;
use super::text::{Text, TextBuffer};
use crate::Result;
use crate::numeric::parallel;

/// The code of a row without an identifier.
pub const MISSING: i64 = -1;

/// Fills `codes` with the position of each integer among the sorted distinct ones, which are returned; where an integer
/// is missing, with [`MISSING`].
///
/// Integers that lie close together are marked in a table of their range; scattered ones are hashed, and only the
/// distinct ones sorted.
///
/// # Errors
/// [`crate::Error::Length`] if the mask or the codes don't fit the values.
pub fn of_integers(
    values: &[i64],
    missing: Option<&[bool]>,
    codes: &mut [i64],
) -> Result<Vec<i64>> {
    let mask = Mask::new(missing, values.len())?;
    same_length("codes", codes.len(), "values", values.len())?;
    let (mut low, mut high, mut count) = (i64::MAX, i64::MIN, 0_usize);
    for (row, &value) in values.iter().enumerate() {
        if !mask.hides(row) {
            low = low.min(value);
            high = high.max(value);
            count += 1;
        }
    }
    match usize::try_from(i128::from(high) - i128::from(low)) {
        Ok(span) if span / 4 <= count => return Ok(by_range(values, mask, low, span, codes)),
        _ => {}
    }
    let mut known = Integers {
        values,
        distinct: Vec::new(),
    };
    number_rows(&mut known, mask, codes);
    let mut order: Vec<(i64, usize)> = known.distinct.into_iter().zip(0..).collect();
    parallel::sort_by(&mut order, Ord::cmp);
    renumber(codes, order.iter().map(|&(_, number)| number));
    Ok(order.into_iter().map(|(value, _)| value).collect())
}

/// Codes of integers in `low..=low + span`, by a table with one entry for each that might occur.
fn by_range(values: &[i64], mask: Mask<'_>, low: i64, span: usize, codes: &mut [i64]) -> Vec<i64> {
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
    for (row, (code, &value)) in codes.iter_mut().zip(values).enumerate() {
        *code = if mask.hides(row) {
            MISSING
        } else {
            table[place(value)]
        };
    }
    categories
}

/// Fills `codes` with the position of each string among the distinct ones ordered by their bytes (for UTF-8 that is the
/// order of code points), for each of which the first row in which it stands is returned; where a string is missing,
/// with [`MISSING`].
///
/// # Errors
/// [`crate::Error::Length`] if the mask or the codes don't fit the text.
pub fn of_text(text: Text<'_>, missing: Option<&[bool]>, codes: &mut [i64]) -> Result<Vec<usize>> {
    let mask = Mask::new(missing, text.len())?;
    same_length("codes", codes.len(), "text", text.len())?;
    let all_short = (0..text.len()).all(|row| text.get(row).len() <= Short::LONGEST);
    let firsts = if all_short {
        let mut known = ShortStrings {
            text,
            firsts: Vec::new(),
        };
        number_rows(&mut known, mask, codes);
        known.firsts
    } else {
        let mut known = LongStrings {
            text,
            distinct: TextBuffer::with_capacity(0),
            firsts: Vec::new(),
        };
        number_rows(&mut known, mask, codes);
        known.firsts
    };
    // most comparisons end within the first 16 bytes
    let start = |row| Short::of(text.get(row));
    let mut order: Vec<(Short, usize, usize)> = (0..)
        .zip(&firsts)
        .map(|(number, &row)| (start(row), row, number))
        .collect();
    parallel::sort_by(&mut order, |a, b| {
        a.0.cmp(&b.0).then_with(|| text.get(a.1).cmp(text.get(b.1)))
    });
    renumber(codes, order.iter().map(|&(_, _, number)| number));
    Ok(order.into_iter().map(|(_, row, _)| row).collect())
}

/// A column of identifiers, and those of them that have been met.
trait Known {
    type Key: Key;

    /// The key of the identifier in a row.
    fn key(&self, row: usize) -> Self::Key;

    /// Whether the identifier of that number stands in the row, given that their keys are equal.
    fn is(&self, number: usize, row: usize) -> bool;

    /// Takes up the identifier in a row.
    fn add(&mut self, row: usize);
}

struct Integers<'a> {
    values: &'a [i64],
    distinct: Vec<i64>,
}

impl Known for Integers<'_> {
    type Key = i64;

    fn key(&self, row: usize) -> i64 {
        self.values[row]
    }

    fn is(&self, _: usize, _: usize) -> bool {
        true
    }

    fn add(&mut self, row: usize) {
        self.distinct.push(self.values[row]);
    }
}

struct ShortStrings<'a> {
    text: Text<'a>,
    firsts: Vec<usize>,
}

impl Known for ShortStrings<'_> {
    type Key = Short;

    fn key(&self, row: usize) -> Short {
        Short::of(self.text.get(row))
    }

    fn is(&self, _: usize, _: usize) -> bool {
        true
    }

    fn add(&mut self, row: usize) {
        self.firsts.push(row);
    }
}

/// Strings of any length; the distinct ones are kept close together, where comparisons find them faster.
struct LongStrings<'a> {
    text: Text<'a>,
    distinct: TextBuffer,
    firsts: Vec<usize>,
}

impl Known for LongStrings<'_> {
    type Key = Fingerprint;

    fn key(&self, row: usize) -> Fingerprint {
        Fingerprint::of(self.text.get(row))
    }

    fn is(&self, number: usize, row: usize) -> bool {
        self.distinct.view().get(number) == self.text.get(row)
    }

    fn add(&mut self, row: usize) {
        self.distinct.push(self.text.get(row));
        self.firsts.push(row);
    }
}

/// Fills `codes` with numbers for the identifiers in the order in which they come.
fn number_rows<T: Known>(known: &mut T, mask: Mask<'_>, codes: &mut [i64]) {
    const BLOCK: usize = 64;
    let mut distinct = Distinct::new();
    let mut keys = [T::Key::default(); BLOCK];
    let mut at_home = [None; BLOCK];
    let mut count = 0;
    for (block, codes) in codes.chunks_mut(BLOCK).enumerate() {
        let rows = block * BLOCK..block * BLOCK + codes.len();
        for (key, row) in keys.iter_mut().zip(rows.clone()) {
            *key = known.key(row);
        }
        distinct.at_home(&keys, &mut at_home);
        for (i, (code, row)) in codes.iter_mut().zip(rows).enumerate() {
            if mask.hides(row) {
                *code = MISSING;
                continue;
            }
            let number = match at_home[i] {
                Some(number) if known.is(number, row) => number,
                _ => distinct.number(keys[i], |number| known.is(number, row)),
            };
            if number == count {
                known.add(row);
                count += 1;
            }
            *code = number as i64;
        }
    }
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

    use super::*;

    /// Codes, and the categories in order.
    type Coded<T> = (Vec<i64>, Vec<T>);

    /// The same by a sorted set, for values of any kind.
    fn reference<T: Ord + Clone>(values: &[Option<T>]) -> Coded<T> {
        let distinct: BTreeSet<&T> = values.iter().flatten().collect();
        let places: BTreeMap<&T, i64> = distinct.iter().copied().zip(0..).collect();
        let code = |value: &Option<T>| value.as_ref().map_or(MISSING, |value| places[value]);
        let codes = values.iter().map(code).collect();
        (codes, distinct.into_iter().cloned().collect())
    }

    fn integers(values: &[Option<i64>]) -> Coded<i64> {
        let plain: Vec<i64> = values.iter().map(|value| value.unwrap_or(99)).collect();
        let missing: Vec<bool> = values.iter().map(Option::is_none).collect();
        let mut codes = vec![0; values.len()];
        let categories = of_integers(&plain, Some(&missing), &mut codes).unwrap();
        (codes, categories)
    }

    fn strings(values: &[Option<String>]) -> Coded<String> {
        let mut buffer = TextBuffer::with_capacity(values.len());
        for value in values {
            buffer.push(value.as_deref().unwrap_or("?").as_bytes());
        }
        let missing: Vec<bool> = values.iter().map(Option::is_none).collect();
        let mut codes = vec![0; values.len()];
        let rows = of_text(buffer.view(), Some(&missing), &mut codes).unwrap();
        let string = |row: usize| values[row].clone().unwrap();
        (codes, rows.into_iter().map(string).collect())
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
        assert_eq!(integers(&[None, None]), (vec![MISSING; 2], vec![]));
        assert_eq!(integers(&[]), (vec![], vec![]));
        assert_eq!(strings(&[None]), (vec![MISSING], vec![]));
    }

    #[test]
    fn lengths_that_differ_are_refused() {
        assert!(of_integers(&[1, 2], Some(&[true]), &mut [0, 0]).is_err());
        assert!(of_integers(&[1, 2], None, &mut [0]).is_err());
        let text = Text::new(&[0, 0], b"").unwrap();
        assert!(of_text(text, Some(&[]), &mut [0]).is_err());
        assert!(of_text(text, None, &mut []).is_err());
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
            values in prop::collection::vec(prop::option::weighted(0.9, "[ab\u{0}é]{0,4}"), 0..300)
        ) {
            prop_assert_eq!(strings(&values), reference(&values));
        }

        #[test]
        fn long_strings_match_the_reference(
            values in prop::collection::vec(prop::option::weighted(0.9, "[ab]{15,20}"), 0..300)
        ) {
            let values = [values.clone(), values].concat();
            prop_assert_eq!(strings(&values), reference(&values));
        }
    }
}
