//! Many strings in one piece of memory, laid out as Arrow does.

use crate::{Error, Result};

/// Strings in the memory of whoever made them.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(Layout<'a>);

/// How strings lie in memory.
#[derive(Debug, Clone, Copy)]
enum Layout<'a> {
    /// String `i` is `bytes[offsets[i]..offsets[i + 1]]`.
    Offsets { offsets: &'a [i64], bytes: &'a [u8] },
    /// Each string has 16 bytes: its length, and then the string itself, or if it is longer than that, its first four
    /// bytes and in which buffer and where it lies.
    Views {
        views: &'a [[u8; 16]],
        buffers: &'a [&'a [u8]],
    },
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
        Ok(Self(Layout::Offsets { offsets, bytes }))
    }

    /// Strings as Arrow's views, 16 bytes each, and the buffers that they name; one that leaves its buffer is empty.
    pub fn of_views(views: &'a [u8], buffers: &'a [&'a [u8]]) -> Self {
        let (views, _) = views.as_chunks();
        Self(Layout::Views { views, buffers })
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        match self.0 {
            Layout::Offsets { offsets, .. } => offsets.len() - 1,
            Layout::Views { views, .. } => views.len(),
        }
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
        match self.0 {
            Layout::Offsets { offsets, bytes } => {
                &bytes[offsets[row] as usize..offsets[row + 1] as usize]
            }
            Layout::Views { views, buffers } => seen(&views[row], buffers),
        }
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

/// The string of a view.
fn seen<'a>(view: &'a [u8; 16], buffers: &[&'a [u8]]) -> &'a [u8] {
    let (words, _) = view.as_chunks::<4>();
    let word = |i: usize| u32::from_ne_bytes(words[i]) as usize;
    let length = word(0);
    let string = match view[4..].get(..length) {
        Some(short) => Some(short),
        None => buffers
            .get(word(2))
            .and_then(|buffer| buffer.get(word(3)..word(3) + length)),
    };
    string.unwrap_or_default()
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
        Text(Layout::Offsets {
            offsets: &self.offsets,
            bytes: &self.bytes,
        })
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
    fn views_hold_short_strings_and_point_to_long_ones() {
        let view = |words: [u32; 4]| words.map(u32::to_ne_bytes).concat();
        let mut short = view([2, 0, 0, 0]);
        short[4..6].copy_from_slice(b"ab");
        let views = [
            short,
            view([13, 0, 1, 2]),
            view([0, 0, 0, 0]),
            view([13, 0, 1, 3]),
            view([13, 0, 2, 0]),
        ];
        let views = views.concat();
        let buffers: [&[u8]; 2] = [b"", b"..thirteenchars"];
        let text = Text::of_views(&views, &buffers);
        assert_eq!(text.len(), 5);
        let strings: Vec<&[u8]> = (0..5).map(|row| text.get(row)).collect();
        assert_eq!(strings, [&b"ab"[..], b"thirteenchars", b"", b"", b""]);
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
