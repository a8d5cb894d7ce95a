//! From several scores to one segment.

use super::BLOCK;
use crate::numeric::parallel;
use crate::{Error, Result};

/// Writes the segment of each customer: the entry of `table` for the combination of scores.
///
/// The table has one entry for each combination, the last score running fastest: `bins` holds the highest score of each
/// dimension. A customer with a score of 0, who has never bought, gets `unscored`.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::Length`] if columns, bins and table do not fit together.
///
/// # Examples
/// ```
/// use tenure::rfm::segment::segments;
/// let mut found = [0; 3];
/// segments(&[&[1, 2, 0], &[1, 2, 0]], &[2, 2], &[10, 11, 12, 13], 9, &mut found)?;
/// assert_eq!(found, [10, 13, 9]);
/// # Ok::<(), tenure::Error>(())
/// ```
pub fn segments(
    scores: &[&[u8]],
    bins: &[u8],
    table: &[u8],
    unscored: u8,
    out: &mut [u8],
) -> Result<()> {
    check(scores, bins, table, out.len())?;
    let names = Names::of(bins, table, unscored);
    let rows = out.len();
    let blocks: Vec<(usize, &mut [u8])> = out.chunks_mut(BLOCK).enumerate().collect();
    let bad = parallel::map_owned(blocks, rows, |(i, out)| {
        let rows = i * BLOCK..i * BLOCK + out.len();
        let mut cells = vec![0_u16; out.len()];
        let mut beyond = false;
        for (column, &bins) in scores.iter().zip(bins) {
            for (&score, cell) in column[rows.clone()].iter().zip(&mut cells) {
                beyond |= score > bins;
                *cell = cell
                    .wrapping_mul(u16::from(bins) + 1)
                    .wrapping_add(u16::from(score));
            }
        }
        for (&cell, out) in cells.iter().zip(out) {
            *out = names.of_cell(cell);
        }
        beyond
    });
    if bad.contains(&true) {
        return Err(misfit(
            "`scores` lie between 0 and `bins`",
            "a score beyond",
        ));
    }
    Ok(())
}

/// The segment of each combination of scores from 0 on.
struct Names {
    table: Vec<u8>,
    unscored: u8,
}

impl Names {
    fn of(bins: &[u8], table: &[u8], unscored: u8) -> Self {
        let cells: usize = bins.iter().map(|&bins| usize::from(bins) + 1).product();
        let name = |cell: usize| {
            let (mut rest, mut place, mut width) = (cell, 0, 1);
            for &bins in bins.iter().rev() {
                let size = usize::from(bins) + 1;
                let score = (rest % size).checked_sub(1)?;
                place += score * width;
                (rest, width) = (rest / size, width * usize::from(bins));
            }
            table.get(place).copied()
        };
        Self {
            table: (0..cells)
                .map(|cell| name(cell).unwrap_or(unscored))
                .collect(),
            unscored,
        }
    }

    fn of_cell(&self, cell: u16) -> u8 {
        let found = self.table.get(usize::from(cell)).copied();
        found.unwrap_or(self.unscored)
    }
}

fn check(scores: &[&[u8]], bins: &[u8], table: &[u8], rows: usize) -> Result<()> {
    let cells: usize = bins.iter().map(|&bins| usize::from(bins)).product();
    let with_zero: usize = bins.iter().map(|&bins| usize::from(bins) + 1).product();
    if scores.len() != bins.len() || table.len() != cells || with_zero > 1 << 16 {
        return Err(misfit(
            "have an entry for each combination of scores",
            "another number",
        ));
    }
    if scores.iter().any(|column| column.len() != rows) {
        return Err(misfit("have scores for each customer", "another number"));
    }
    Ok(())
}

fn misfit(expected: &str, found: &str) -> Error {
    Error::Parameter {
        name: "table".to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
        hint: String::new(),
    }
}
