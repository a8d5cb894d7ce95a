//! What is kept of a row on its way to its customer.

use super::columns::EventLog;

/// A row of a log, as it is brought to its customer.
pub(crate) trait Entry: Copy + Default + Send + Sync {
    /// How many words it takes beside customer and time.
    const WORDS: usize;

    /// Writes these words down.
    fn write(log: &EventLog<'_>, row: usize, words: &mut [u64]);

    /// The row of that time and with these words.
    fn read(time: i64, words: &[u64]) -> Self;
}

/// Time and amount of a row in one number, which orders by time and then by amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event(u128);

/// Turns the order of signed integers into that of unsigned ones.
const SIGN: u64 = 1 << 63;

impl Event {
    pub(super) fn new(time: i64, amount: f64) -> Self {
        // the order of `f64::total_cmp`
        let bits = amount.to_bits();
        let rank = bits ^ if bits & SIGN == 0 { SIGN } else { u64::MAX };
        Self(u128::from(time.cast_unsigned() ^ SIGN) << 64 | u128::from(rank))
    }

    pub(super) fn time(self) -> i64 {
        ((self.0 >> 64) as u64 ^ SIGN).cast_signed()
    }

    pub(super) fn amount(self) -> f64 {
        let rank = self.0 as u64;
        f64::from_bits(rank ^ if rank & SIGN == 0 { u64::MAX } else { SIGN })
    }
}

impl Entry for Event {
    const WORDS: usize = 1;

    fn write(log: &EventLog<'_>, row: usize, words: &mut [u64]) {
        if let (Some(amounts), [word]) = (log.amount, words) {
            *word = amounts[row].to_bits();
        }
    }

    fn read(time: i64, words: &[u64]) -> Self {
        let bits = words.first().copied().unwrap_or_default();
        Self::new(time, f64::from_bits(bits))
    }
}

/// A row of a log without amounts: an event that is worth nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(super) Event);

impl Entry for Moment {
    const WORDS: usize = 0;

    fn write(_: &EventLog<'_>, _: usize, _: &mut [u64]) {}

    fn read(time: i64, _: &[u64]) -> Self {
        Self(Event::new(time, 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_order_by_time_and_then_by_amount(
            a in (any::<i64>(), any::<f64>()),
            b in (any::<i64>(), any::<f64>()),
            same_time in any::<bool>(),
        ) {
            let b = if same_time { (a.0, b.1) } else { b };
            let (one, other) = (Event::new(a.0, a.1), Event::new(b.0, b.1));
            prop_assert_eq!(one.cmp(&other), a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            prop_assert_eq!(one.time(), a.0);
            prop_assert_eq!(one.amount().to_bits(), a.1.to_bits());
        }
    }
}
