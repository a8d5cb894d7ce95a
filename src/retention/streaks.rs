//! Streaks: periods in a row with a purchase.

use super::Ledger;
use crate::numeric::parallel;

/// The streaks of each customer of a ledger, one entry a customer; those who have not bought have zeros and -1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Streaks {
    /// Periods with a purchase.
    pub active: Vec<i64>,
    /// How many streaks they form.
    pub streaks: Vec<i64>,
    /// The length of the longest streak.
    pub longest: Vec<i64>,
    /// The period with which it begins: the first of equally long ones.
    pub longest_from: Vec<i64>,
    /// The length of the streak that goes on at the end; 0 if none does.
    pub current: Vec<i64>,
    /// The last period with a purchase.
    pub last: Vec<i64>,
}

/// The streaks of each customer. One goes on if it reaches the last period, or the last but one where the last period
/// is still `running`: a purchase may yet come.
///
/// # Examples
/// ```
/// use tenure::retention::{Ledger, streaks::streaks};
///
/// let ledger = Ledger::new(&[0, 5], &[0, 1, 2, 4, 5], None, 7)?;
/// let found = streaks(&ledger, true);
/// assert_eq!((found.longest, found.longest_from, found.current), (vec![3], vec![0], vec![2]));
/// assert_eq!(streaks(&ledger, false).current, [0]);
/// # Ok::<(), tenure::Error>(())
/// ```
pub fn streaks(ledger: &Ledger<'_>, running: bool) -> Streaks {
    let end = ledger.length() as i64 - 1 - i64::from(running);
    let all = parallel::tabulate(ledger.customers(), |customer| {
        of_customer(ledger.periods_of(customer), end)
    });
    let column = |field: usize| all.iter().map(|one| one[field]).collect();
    Streaks {
        active: column(0),
        streaks: column(1),
        longest: column(2),
        longest_from: column(3),
        current: column(4),
        last: column(5),
    }
}

/// The columns of [`Streaks`], in order.
fn of_customer(periods: &[i64], end: i64) -> [i64; 6] {
    let last = periods.last().copied().unwrap_or(-1);
    let (mut count, mut longest, mut longest_from, mut length) = (0, 0, -1, 0);
    for run in periods.chunk_by(|a, b| b - a == 1) {
        count += 1;
        length = run.len() as i64;
        if length > longest {
            longest = length;
            longest_from = run[0];
        }
    }
    let current = if last >= end { length } else { 0 };
    [
        periods.len() as i64,
        count,
        longest,
        longest_from,
        current,
        last,
    ]
}
