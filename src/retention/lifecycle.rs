//! Lifecycle states: what each customer is at the end of each period, and the moves from one state to another.

use std::ops::Range;

use super::engagement::joined;
use super::{Ledger, accumulate, over_customers};
use crate::{Error, Result};

/// What a customer is in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Bought for the first time ever.
    New,
    /// Bought, or bought last not long ago.
    Active,
    /// Bought again after having been dormant or lost.
    Resurrected,
    /// Has not bought for longer than most do.
    AtRisk,
    /// Has not bought for so long that few return.
    Dormant,
    /// Has not bought for so long that a return is unlikely.
    Lost,
}

/// The number of states.
pub const STATES: usize = 6;

/// From which states there are moves: those above, and not having been a customer yet.
pub const ORIGINS: usize = STATES + 1;

/// After how many days without a purchase a customer is in one state or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gaps {
    /// At risk after more days than this.
    pub at_risk: i64,
    /// Dormant after more days than this.
    pub dormant: i64,
    /// Lost after more days than this.
    pub lost: i64,
}

/// The states of the customers of a ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lifecycle {
    /// How many customers are in each state, [`STATES`] numbers a period.
    pub customers: Vec<i64>,
    /// How many came from each of [`ORIGINS`] (the last one: not a customer yet) to each state, `ORIGINS * STATES`
    /// numbers a period; those of the first period came from nowhere.
    pub moves: Vec<i64>,
    /// The state of each customer in the last period; -1 for those who have not bought.
    pub last: Vec<i64>,
}

impl Lifecycle {
    /// The states in periods that end with the days `ends`, of customers with a ledger of days.
    ///
    /// In a period with a purchase a customer is new, resurrected or active; in any other the state follows from the
    /// days between the last purchase and the period's last day.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the days do not ascend to the last of the ledger, or the gaps do not ascend.
    pub fn of(ledger: &Ledger<'_>, ends: &[i64], gaps: Gaps) -> Result<Self> {
        check(ledger, ends, gaps)?;
        let length = ends.len();
        let count = |customers: Range<usize>| {
            let mut part = Self {
                customers: vec![0; (length + 1) * STATES],
                moves: vec![0; (length + 1) * ORIGINS * STATES],
                last: Vec::with_capacity(customers.len()),
            };
            for customer in customers {
                let mut before = None;
                each_state(ledger.periods_of(customer), ends, gaps, |state, periods| {
                    part.add(before, state, periods);
                    before = Some(state);
                });
                part.last.push(before.map_or(-1, |state| state as i64));
            }
            part
        };
        let mut all = over_customers(ledger, count, Self::joined).unwrap_or_default();
        all.finish(length);
        Ok(all)
    }

    /// Adds a stretch of periods in one state: gains and losses that are made into totals at the end.
    fn add(&mut self, before: Option<State>, state: State, periods: Range<usize>) {
        let origin = before.map_or(STATES, |before| before as usize);
        let state = state as usize;
        self.customers[periods.start * STATES + state] += 1;
        self.customers[periods.end * STATES + state] -= 1;
        let mut change = |origin: usize, periods: Range<usize>| {
            let cell = origin * STATES + state;
            self.moves[periods.start * ORIGINS * STATES + cell] += 1;
            self.moves[periods.end * ORIGINS * STATES + cell] -= 1;
        };
        change(origin, periods.start..periods.start + 1);
        change(state, periods.start + 1..periods.end);
    }

    fn joined(mut self, other: &Self) -> Self {
        self.customers = joined(self.customers, &other.customers);
        self.moves = joined(self.moves, &other.moves);
        self.last.extend_from_slice(&other.last);
        self
    }

    /// Makes totals of gains and losses.
    fn finish(&mut self, length: usize) {
        for (table, width) in [
            (&mut self.customers, STATES),
            (&mut self.moves, ORIGINS * STATES),
        ] {
            table.resize((length + 1) * width, 0);
            for cell in 0..width {
                let mut column: Vec<i64> =
                    table.iter().skip(cell).step_by(width).copied().collect();
                accumulate(&mut column);
                let places = table.iter_mut().skip(cell).step_by(width);
                places.zip(column).for_each(|(place, total)| *place = total);
            }
            table.truncate(length * width);
        }
    }
}

/// Visits the stretches of periods that a customer is in one state, from that of the first purchase on.
fn each_state(days: &[i64], ends: &[i64], gaps: Gaps, mut visit: impl FnMut(State, Range<usize>)) {
    let mut before = None;
    let mut rest = days;
    let mut period = 0;
    while let Some(&day) = rest.first() {
        period += ends[period..].partition_point(|&end| end < day);
        let within = rest.partition_point(|&day| day <= ends[period]);
        let last = rest[within - 1];
        rest = &rest[within..];
        let state = match before {
            None => State::New,
            Some(State::Dormant | State::Lost) => State::Resurrected,
            Some(_) => State::Active,
        };
        visit(state, period..period + 1);
        before = Some(state);
        period += 1;
        let until = rest.first().map_or(ends.len(), |&next| {
            period + ends[period..].partition_point(|&end| end < next)
        });
        let waits = [
            (State::Active, gaps.at_risk),
            (State::AtRisk, gaps.dormant),
            (State::Dormant, gaps.lost),
            (State::Lost, i64::MAX),
        ];
        for (state, longest) in waits {
            let held = &ends[period..until];
            let end = period + held.partition_point(|&end| end - last <= longest);
            if end > period {
                visit(state, period..end);
                before = Some(state);
                period = end;
            }
        }
    }
}

fn check(ledger: &Ledger<'_>, ends: &[i64], gaps: Gaps) -> Result<()> {
    let last_day = ledger.length() as i64 - 1;
    let fits = ends.is_sorted_by(|a, b| a < b) && ends.last() == Some(&last_day) && ends[0] >= 0;
    if !fits {
        return Err(Error::Parameter {
            name: "ends".to_owned(),
            expected: format!("ascend to {last_day}"),
            found: format!("{} days that do not", ends.len()),
            hint: String::new(),
        });
    }
    if 0 <= gaps.at_risk && gaps.at_risk <= gaps.dormant && gaps.dormant <= gaps.lost {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "gaps".to_owned(),
        expected: "ascend from 0 days: at risk, dormant, lost".to_owned(),
        found: format!("{}, {}, {}", gaps.at_risk, gaps.dormant, gaps.lost),
        hint: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAPS: Gaps = Gaps {
        at_risk: 1,
        dormant: 2,
        lost: 4,
    };

    fn states(days: &[i64], ends: &[i64]) -> Vec<State> {
        let mut all = Vec::new();
        each_state(days, ends, GAPS, |state, periods| {
            assert!(all.is_empty() || !periods.is_empty());
            all.extend(periods.map(|_| state));
        });
        all
    }

    #[test]
    fn states_follow_the_gap() {
        use State::{Active, AtRisk, Dormant, Lost, New, Resurrected};
        let daily: Vec<i64> = (0..12).collect();
        assert_eq!(
            states(&[2, 3, 9, 11], &daily),
            [
                New,
                Active,
                Active,
                AtRisk,
                Dormant,
                Dormant,
                Lost,
                Resurrected,
                Active,
                Active
            ]
        );
        assert_eq!(
            states(&[2, 5], &daily)[..6],
            [New, Active, AtRisk, Active, Active, AtRisk]
        );
        // Weeks: a purchase on the first day makes the week active though its end is far.
        assert_eq!(states(&[0, 7], &[6, 13, 20]), [New, Active, Lost]);
        assert_eq!(states(&[0, 20], &[6, 13, 20]), [New, Lost, Resurrected]);
    }

    #[test]
    fn moves_come_from_where_customers_were() {
        let ends: Vec<i64> = (0..6).collect();
        let ledger = Ledger::new(&[0, 1, 2, 2], &[0, 2], None, 6).unwrap();
        let found = Lifecycle::of(&ledger, &ends, GAPS).unwrap();
        assert_eq!(found.last, [State::Lost as i64, State::Dormant as i64, -1]);
        assert_eq!(found.customers[..STATES], [1, 0, 0, 0, 0, 0]);
        let moved = |period: usize, from: usize, to: State| {
            found.moves[(period * ORIGINS + from) * STATES + to as usize]
        };
        assert_eq!(moved(0, STATES, State::New), 1);
        assert_eq!(moved(1, State::New as usize, State::Active), 1);
        assert_eq!(moved(2, State::Active as usize, State::AtRisk), 1);
        assert_eq!(moved(4, State::Dormant as usize, State::Dormant), 1);
        assert_eq!(moved(5, State::Dormant as usize, State::Lost), 1);
        assert_eq!(found.moves.iter().sum::<i64>(), 6 + 4);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let ledger = Ledger::new(&[0, 1], &[0], None, 6).unwrap();
        let message =
            |ends: &[i64], gaps| Lifecycle::of(&ledger, ends, gaps).unwrap_err().to_string();
        assert_eq!(
            message(&[2, 4], GAPS),
            "`ends` must ascend to 5, got 2 days that do not"
        );
        let gaps = Gaps { lost: 1, ..GAPS };
        assert_eq!(
            message(&[2, 5], gaps),
            "`gaps` must ascend from 0 days: at risk, dormant, lost, got 1, 2, 1"
        );
    }
}
