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
    let blocks: Vec<&mut [u8]> = out.chunks_mut(BLOCK).collect();
    let bad = parallel::map_slices(blocks, |i, out| {
        let begin = i * BLOCK;
        let columns: Vec<&[u8]> = scores
            .iter()
            .map(|s| &s[begin..begin + out.len()])
            .collect();
        let mut cells = vec![0_u32; out.len()];
        let mut none = vec![false; out.len()];
        let mut beyond = false;
        for (column, &bins) in columns.iter().zip(bins) {
            for ((&score, cell), none) in column.iter().zip(&mut cells).zip(&mut none) {
                beyond |= score > bins;
                *none |= score == 0;
                *cell = *cell * u32::from(bins) + u32::from(score.saturating_sub(1));
            }
        }
        for ((&cell, &none), out) in cells.iter().zip(&none).zip(out) {
            let found = table.get(cell as usize).copied().unwrap_or(unscored);
            *out = if none { unscored } else { found };
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

fn check(scores: &[&[u8]], bins: &[u8], table: &[u8], rows: usize) -> Result<()> {
    let cells: usize = bins.iter().map(|&bins| usize::from(bins)).product();
    if scores.len() != bins.len() || table.len() != cells {
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
