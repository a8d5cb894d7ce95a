//! How the customers of a table are shared out, and how tables of changes become tables of cells.

use std::ops::AddAssign;

/// The most tables that are filled at once.
const MOST: usize = 16;

/// Cells of all tables at once that memory is spent on.
const CELLS: usize = 1 << 22;

/// How many customers fill a table together; it depends on nothing but these numbers, so that sums are added up in the
/// same order on every machine.
pub(super) fn length(customers: usize, cells: usize) -> usize {
    let tables = (CELLS / cells.max(1)).clamp(1, MOST);
    customers.div_ceil(tables).max(1 << 13)
}

/// The cells of rows in which each place, of which there is one more than columns, says how much is added from there on.
pub(super) fn summed_up<T: Copy + Default + AddAssign>(changes: &[T], columns: usize) -> Vec<T> {
    let mut cells = Vec::with_capacity(changes.len());
    for row in changes.chunks(columns + 1) {
        let mut sum = T::default();
        for &change in &row[..columns] {
            sum += change;
            cells.push(sum);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_summed_row_by_row() {
        assert_eq!(summed_up(&[1, 2, -3, 4, 0, 9], 2), [1, 3, 4, 4]);
        assert_eq!(summed_up::<i64>(&[], 2), [] as [i64; 0]);
        assert_eq!(summed_up(&[5, 6], 0), [] as [i64; 0]);
    }

    #[test]
    fn large_tables_are_filled_by_all_customers_together() {
        assert_eq!(length(1_000_000, 36 * 37), 62_500);
        assert_eq!(length(1_000_000, 1 << 24), 1_000_000);
        assert_eq!(length(10, 0), 1 << 13);
    }
}
