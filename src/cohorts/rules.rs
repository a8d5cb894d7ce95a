//! When a customer counts as retained: the stretches of age that follow from the ages at which there were events.

use crate::{Error, Result};

/// What makes a customer count as retained at an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnRule {
    /// An event at that age ("N-day", "classic").
    Bounded,
    /// An event at that age or later ("on or after").
    Unbounded,
    /// A return at that age or earlier ("bought again by").
    Cumulative,
    /// An event at every age from 1 to that age ("full", "rolling").
    Consecutive,
    /// An event at that age and at the age before.
    Relative,
}

impl ReturnRule {
    const ALL: [(&'static str, Self); 5] = [
        ("bounded", Self::Bounded),
        ("unbounded", Self::Unbounded),
        ("cumulative", Self::Cumulative),
        ("consecutive", Self::Consecutive),
        ("relative", Self::Relative),
    ];

    /// The rule of that name.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is none.
    pub fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, rule)| rule).ok_or_else(|| Error::Parameter {
            name: "rule".to_owned(),
            expected: r#"be "bounded", "unbounded", "cumulative", "consecutive" or "relative""#
                .to_owned(),
            found: format!("{name:?}"),
            hint: String::new(),
        })
    }

    /// Calls `add` with each stretch of ages, from the first number to before the second, in which a customer with
    /// events at these ascending ages counts as retained. The first age at which an event is a return is 1 where the
    /// birth is an event itself.
    pub(super) fn stretches(
        self,
        ages: &[usize],
        first_return: usize,
        mut add: impl FnMut(usize, usize),
    ) {
        match self {
            Self::Bounded => ages.iter().for_each(|&age| add(age, age + 1)),
            Self::Unbounded => {
                if let Some(&last) = ages.last() {
                    add(0, last + 1);
                }
            }
            Self::Cumulative => {
                if let Some(&first) = ages.iter().find(|&&age| age >= first_return) {
                    add(first, usize::MAX);
                }
            }
            Self::Consecutive => {
                let returns = ages.iter().filter(|&&age| age > 0);
                let run = returns.zip(1..).take_while(|&(&age, n)| age == n).count();
                add(0, run + 1);
            }
            Self::Relative => {
                let pairs = ages.windows(2).filter(|pair| pair[1] == pair[0] + 1);
                pairs.for_each(|pair| add(pair[1], pair[1] + 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(ReturnRule::Bounded, &[(0, 1), (2, 3), (3, 4), (6, 7)])]
    #[case(ReturnRule::Unbounded, &[(0, 7)])]
    #[case(ReturnRule::Cumulative, &[(2, usize::MAX)])]
    #[case(ReturnRule::Consecutive, &[(0, 1)])]
    #[case(ReturnRule::Relative, &[(3, 4)])]
    fn of_one_customer(#[case] rule: ReturnRule, #[case] expected: &[(usize, usize)]) {
        let mut found = Vec::new();
        rule.stretches(&[0, 2, 3, 6], 1, |from, to| found.push((from, to)));
        assert_eq!(found, expected);
    }

    #[test]
    fn who_never_misses_an_age_is_full() {
        let mut found = Vec::new();
        let mut add = |from, to| found.push((from, to));
        ReturnRule::Consecutive.stretches(&[0, 1, 2, 5], 1, &mut add);
        ReturnRule::Consecutive.stretches(&[1, 2, 3], 0, &mut add);
        ReturnRule::Consecutive.stretches(&[], 0, &mut add);
        assert_eq!(found, [(0, 3), (0, 4), (0, 1)]);
    }

    #[test]
    fn who_never_comes_is_never_retained() {
        for rule in [
            ReturnRule::Bounded,
            ReturnRule::Unbounded,
            ReturnRule::Relative,
        ] {
            rule.stretches(&[], 0, |_, _| panic!("{rule:?}"));
        }
        ReturnRule::Cumulative.stretches(&[0], 1, |_, _| panic!("a birth is no return"));
        let mut found = Vec::new();
        ReturnRule::Cumulative.stretches(&[0], 0, |from, to| found.push((from, to)));
        assert_eq!(found, [(0, usize::MAX)]);
    }

    #[test]
    fn unknown_rules_are_refused() {
        assert!(ReturnRule::parse("relative").is_ok());
        assert!(ReturnRule::parse("rolling").is_err());
    }
}
