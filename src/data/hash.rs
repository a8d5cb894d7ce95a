//! Numbers for distinct keys, in the order in which they come: a small hash table with open addressing.
//!
//! The hash is fixed, so that nothing depends on the process; the numbers don't depend on the hash at all.

/// A key that fits a slot of the table.
pub(super) trait Key: Copy + Eq + Default {
    fn hash(self) -> u64;
}

/// An integer that is its own key.
impl Key for i64 {
    fn hash(self) -> u64 {
        fold(self.cast_unsigned() ^ SEED, FACTOR)
    }
}

/// A string of at most [`Short::LONGEST`] bytes, whole; orders as its bytes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Short {
    /// The bytes, the first one highest, filled up with zeros.
    bytes: [u64; 2],
    length: usize,
}

impl Short {
    pub(super) const LONGEST: usize = 16;

    /// The string's key; of a longer string, that of its beginning.
    pub(super) fn of(string: &[u8]) -> Self {
        let length = string.len().min(Self::LONGEST);
        let mut bytes = [0; Self::LONGEST];
        bytes[..length].copy_from_slice(&string[..length]);
        let bytes = u128::from_be_bytes(bytes);
        Self {
            bytes: [(bytes >> 64) as u64, bytes as u64],
            length,
        }
    }
}

impl Key for Short {
    fn hash(self) -> u64 {
        let [start, end] = self.bytes;
        fold(
            fold(start ^ SEED, FACTOR) ^ end,
            FACTOR ^ self.length as u64,
        )
    }
}

/// A string of at most 16 bytes that does not end in a zero byte, filled up with zeros; orders as its bytes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Padded(u128);

impl Padded {
    /// Whether the string is one of these.
    pub(super) fn holds(string: &[u8]) -> bool {
        string.len() <= 16 && string.last() != Some(&0)
    }

    /// The string, or the beginning of a longer one.
    pub(super) fn of(string: &[u8]) -> Self {
        if let Some(whole) = string.first_chunk() {
            return Self(u128::from_be_bytes(*whole));
        }
        let mut bytes = [0; 16];
        match (string.first_chunk::<8>(), string.last_chunk::<8>()) {
            (Some(first), Some(last)) => {
                let end = u128::from(u64::from_be_bytes(*last));
                let gap = 8 * (16 - string.len());
                let start = u128::from(u64::from_be_bytes(*first)) << 64;
                return Self(start | end << gap);
            }
            _ => {
                for (byte, &given) in bytes.iter_mut().zip(string) {
                    *byte = given;
                }
            }
        }
        Self(u128::from_be_bytes(bytes))
    }

    pub(super) fn words(self) -> [u64; 2] {
        [(self.0 >> 64) as u64, self.0 as u64]
    }

    /// The string, without what it was filled up with.
    pub(super) fn bytes(self) -> ([u8; 16], usize) {
        (
            self.0.to_be_bytes(),
            16 - self.0.trailing_zeros() as usize / 8,
        )
    }
}

impl From<[u64; 2]> for Padded {
    fn from([start, end]: [u64; 2]) -> Self {
        Self(u128::from(start) << 64 | u128::from(end))
    }
}

impl From<u128> for Padded {
    fn from(bytes: u128) -> Self {
        Self(bytes)
    }
}

impl From<Padded> for u128 {
    fn from(string: Padded) -> Self {
        string.0
    }
}

impl Key for Padded {
    fn hash(self) -> u64 {
        let [start, end] = self.words();
        fold(fold(start ^ SEED, FACTOR) ^ end, FACTOR)
    }
}

/// The fingerprint of a string: equal for equal strings, and almost never for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(string: &[u8]) -> Self {
        let (words, rest) = string.as_chunks::<8>();
        let mut state = SEED ^ string.len() as u64;
        for word in words {
            state = fold(state ^ u64::from_le_bytes(*word), FACTOR);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        Self(fold(state ^ u64::from_le_bytes(last), FACTOR))
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }
}

impl Key for Fingerprint {
    fn hash(self) -> u64 {
        self.0
    }
}

/// Digits of pi and of the golden ratio; any odd numbers with mixed bits would do.
const SEED: u64 = 0x243f_6a88_85a3_08d3;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Both halves of the 128-bit product, which between them depend on all bits, in one word (as in wyhash).
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The distinct keys seen so far, numbered from 0.
#[derive(Debug)]
pub(super) struct Distinct<K> {
    /// Keys with their numbers, at or after the place that the key's hash names; a power of two of them.
    slots: Vec<(K, usize)>,
    count: usize,
}

const EMPTY: usize = usize::MAX;

impl<K: Key> Distinct<K> {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![(K::default(), EMPTY); 1024],
            count: 0,
        }
    }

    /// The number of the entry with this key that is the `same` (entries with equal keys may still differ), or the
    /// next number if there is none yet.
    pub(super) fn number(&mut self, key: K, same: impl Fn(usize) -> bool) -> usize {
        let mut place = self.home(key);
        loop {
            match self.slots[place] {
                (_, EMPTY) => break,
                (other, number) if other == key && same(number) => return number,
                _ => place = (place + 1) & (self.slots.len() - 1),
            }
        }
        self.slots[place] = (key, self.count);
        self.count += 1;
        if self.count > self.slots.len() / 4 * 3 {
            self.grow();
        }
        self.count - 1
    }

    /// For each key the number of the entry at its home if that has this key; most keys that are there are at home.
    ///
    /// Looking at many homes at once lets the memory answer them together; one after another, each waits for the last.
    pub(super) fn at_home(&self, keys: &[K], numbers: &mut [Option<usize>]) {
        for (key, number) in keys.iter().zip(numbers) {
            let (other, entry) = self.slots[self.home(*key)];
            *number = Some(entry).filter(|&entry| entry != EMPTY && other == *key);
        }
    }

    fn home(&self, key: K) -> usize {
        key.hash() as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let empty = vec![(K::default(), EMPTY); 2 * self.slots.len()];
        let slots = std::mem::replace(&mut self.slots, empty);
        for (key, number) in slots {
            if number != EMPTY {
                let mut place = self.home(key);
                while self.slots[place].1 != EMPTY {
                    place = (place + 1) & (self.slots.len() - 1);
                }
                self.slots[place] = (key, number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_as_they_come() {
        let mut distinct = Distinct::new();
        let mut numbers = Vec::new();
        for key in [7_i64, -1, 7, i64::MIN, -1, 0] {
            numbers.push(distinct.number(key, |_| true));
        }
        assert_eq!(numbers, [0, 1, 0, 2, 1, 3]);
    }

    #[test]
    fn numbers_survive_growth() {
        let mut distinct = Distinct::new();
        for round in 0..2 {
            for key in 0..10_000 {
                let expected = usize::try_from(key).unwrap();
                assert_eq!(distinct.number(key << 40, |_| true), expected, "{round}");
            }
        }
    }

    #[test]
    fn only_keys_that_are_there_are_at_home() {
        let mut distinct = Distinct::new();
        for key in 0..500_i64 {
            distinct.number(key, |_| true);
        }
        let mut numbers = [None; 3];
        distinct.at_home(&[7, 499, 500], &mut numbers);
        assert!(numbers[0].is_none_or(|number| number == 7));
        assert!(numbers[1].is_none_or(|number| number == 499));
        assert_eq!(numbers[2], None);
    }

    #[test]
    fn equal_fingerprints_are_told_apart_by_the_strings() {
        let mut distinct = Distinct::new();
        let strings = ["a", "b", "a"];
        let numbers = strings
            .map(|string| distinct.number(Fingerprint(5), |number| strings[number] == string));
        assert_eq!(numbers, [0, 1, 0]);
    }

    #[test]
    fn keys_see_length_and_every_byte() {
        let strings = [
            "",
            "\0",
            "\0\0",
            "abcdefgh",
            "abcdefgh\0",
            "bbcdefgh",
            "abcdefgi",
            "abcdefghi",
        ];
        for (i, a) in strings.iter().enumerate() {
            for b in &strings[..i] {
                let [a, b] = [a, b].map(|string| string.as_bytes());
                assert_ne!(Fingerprint::of(a), Fingerprint::of(b));
                assert_eq!(Short::of(a).cmp(&Short::of(b)), a.cmp(b));
                assert_ne!(Short::of(a).hash(), Short::of(b).hash());
            }
        }
    }
}
