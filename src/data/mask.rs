//! Which rows of a column hold no value.

use std::ops::Range;

use super::check::same_length;
use crate::Result;

/// The rows without a value; fits the column that it was made for.
#[derive(Debug, Clone, Copy)]
pub struct Mask<'a>(Option<&'a [bool]>);

impl<'a> Mask<'a> {
    /// Every row has a value.
    pub const NONE: Self = Self(None);

    /// The mask of a column of so many rows; true where there is no value.
    ///
    /// # Errors
    /// [`crate::Error::Length`] if the mask is longer or shorter than the column.
    pub fn new(missing: Option<&'a [bool]>, rows: usize) -> Result<Self> {
        let found = missing.map_or(rows, <[bool]>::len);
        same_length("missing", found, "values", rows)?;
        Ok(Self(missing))
    }

    /// Whether every row has a value, as far as is known without looking at each.
    pub fn is_empty(self) -> bool {
        self.0.is_none()
    }

    /// The mask of some of the rows.
    #[must_use]
    pub fn part(self, rows: Range<usize>) -> Self {
        Self(self.0.map(|missing| &missing[rows]))
    }

    /// Whether there is no value in the row.
    #[inline]
    pub fn hides(self, row: usize) -> bool {
        self.0.is_some_and(|missing| missing[row])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_must_fit_its_column() {
        assert!(Mask::new(Some(&[true]), 2).is_err());
        let mask = Mask::new(Some(&[true, false]), 2).unwrap();
        assert!(mask.hides(0) && !mask.hides(1));
        assert!(!Mask::NONE.hides(7));
    }
}
