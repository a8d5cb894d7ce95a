//! Many strings in one piece of memory, laid out as Arrow does.

use crate::{Error, Result};

/// Strings one after another: string `i` is `bytes[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    offsets: &'a [i64],
    bytes: &'a [u8],
}

impl<'a> Text<'a> {
    /// The strings that `offsets` cuts out of `bytes`.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the offsets fall, or leave the bytes.
    pub fn new(offsets: &'a [i64], bytes: &'a [u8]) -> Result<Self> {
        let rising = offsets.is_sorted();
        let first = offsets.first().copied().unwrap_or(-1);
        let last = offsets.last().copied().unwrap_or(-1);
        if !rising || first < 0 || usize::try_from(last).is_ok_and(|last| last > bytes.len()) {
            return Err(Error::Parameter {
                name: "offsets".into(),
                expected: format!("rise from 0 to at most {}", bytes.len()),
                found: format!("{first} to {last}"),
                hint: String::new(),
            });
        }
        Ok(Self { offsets, bytes })
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no strings.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of string `row`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`new` has seen that every offset lies within the bytes"
    )]
    pub fn get(&self, row: usize) -> &'a [u8] {
        &self.bytes[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }

    /// String `row` in quotes, cut short if it is long, for messages.
    pub fn quoted(&self, row: usize) -> String {
        const SHOWN: usize = 40;
        let string = String::from_utf8_lossy(self.get(row));
        if string.chars().count() > SHOWN {
            let start: String = string.chars().take(SHOWN).collect();
            format!("'{start}...'")
        } else {
            format!("'{string}'")
        }
    }
}

/// Strings while they are being gathered; [`TextBuffer::view`] reads them.
#[derive(Debug)]
pub struct TextBuffer {
    /// Where each string starts, and where the last one ends.
    pub offsets: Vec<i64>,
    /// The strings' UTF-8 bytes.
    pub bytes: Vec<u8>,
}

impl TextBuffer {
    /// No strings yet, with room for `rows` of them.
    pub fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self {
            offsets,
            bytes: Vec::with_capacity(rows * 8),
        }
    }

    /// Adds a string after the others.
    #[expect(
        clippy::cast_possible_wrap,
        reason = "no allocation is longer than isize::MAX"
    )]
    pub fn push(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.offsets.push(self.bytes.len() as i64);
    }

    /// The strings gathered so far.
    pub fn view(&self) -> Text<'_> {
        Text {
            offsets: &self.offsets,
            bytes: &self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_as_they_went_in() {
        let mut buffer = TextBuffer::with_capacity(0);
        for string in ["a", "", "grüße", "b"] {
            buffer.push(string.as_bytes());
        }
        let text = buffer.view();
        assert_eq!(text.len(), 4);
        assert_eq!(text.get(1), b"");
        assert_eq!(text.get(2), "grüße".as_bytes());
        assert_eq!(text.quoted(2), "'grüße'");
        assert!(TextBuffer::with_capacity(3).view().is_empty());
    }

    #[test]
    fn offsets_that_leave_the_bytes_are_refused() {
        for offsets in [&[][..], &[0, 3, 2], &[-1, 1], &[0, 5]] {
            assert!(Text::new(offsets, b"abcd").is_err(), "{offsets:?}");
        }
        assert_eq!(Text::new(&[1, 2, 4], b"abcd").unwrap().get(1), b"cd");
    }

    #[test]
    fn long_strings_are_cut_for_messages() {
        let mut buffer = TextBuffer::with_capacity(1);
        buffer.push("ü".repeat(100).as_bytes());
        assert_eq!(buffer.view().quoted(0), format!("'{}...'", "ü".repeat(40)));
    }
}
