//! Numbers that tell customers with equal values apart: drawn from the id and a seed, so that a customer keeps theirs
//! whatever the order of rows and whoever else is there.

use crate::data::hash::Fingerprint;
use crate::data::text::Text;
use crate::numeric::parallel;
use crate::numeric::random::Streams;

/// What the numbers are drawn for.
const PURPOSE: u64 = 0x7469_6573; // "ties"

/// A number for each id that is an integer.
///
/// # Examples
/// ```
/// use tenure::rfm::tie_break::of_integers;
/// assert_eq!(of_integers(&[7, 8], 1)[1], of_integers(&[8], 1)[0]);
/// assert_ne!(of_integers(&[7], 1), of_integers(&[7], 2));
/// ```
pub fn of_integers(ids: &[i64], seed: u64) -> Vec<u64> {
    let streams = Streams::new(seed, PURPOSE);
    parallel::map(ids, |id| streams.stream(id.cast_unsigned()).bits())
}

/// A number for each id that is text.
pub fn of_text(ids: Text<'_>, seed: u64) -> Vec<u64> {
    let streams = Streams::new(seed, PURPOSE);
    parallel::tabulate(ids.len(), |row| {
        streams.stream(Fingerprint::of(ids.get(row)).bits()).bits()
    })
}
