//! The customers of a table: when each of them begins, in which row that is, and which of their events are known.

use std::ops::Range;

use super::ages::{Ages, Observed};
use super::periods::Periods;
use crate::data::check::same_length;
use crate::{Error, Result};

/// The most cells of a table.
const MOST_CELLS: usize = 1 << 26;

/// Customers with their events, customer after customer.
#[derive(Debug, Clone, Copy)]
pub struct Lives<'a> {
    births: Option<&'a [i64]>,
    segments: Option<&'a [i64]>,
    offsets: &'a [i64],
    times: &'a [i64],
}

/// The rows and columns of a table.
#[derive(Debug, Clone)]
pub struct Layout {
    cohorts: Periods,
    ages: Ages,
    segments: usize,
    columns: usize,
    /// The ages of each column, from the first to before the second; each age has its own column where there are none.
    brackets: Vec<(usize, usize)>,
    recurring: bool,
}

/// One membership of a customer in a cohort.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) row: usize,
    pub(super) birth: i64,
    /// The places of the events that are known.
    pub(super) events: Range<usize>,
    /// How many columns have been observed.
    pub(super) observed: Observed,
}

impl<'a> Lives<'a> {
    /// Customers whose events are where the offsets say, ascending, and who begin with the first of them, or at `births`;
    /// `segments` are codes, negative for who is in none.
    ///
    /// # Errors
    /// [`Error::Length`] or [`Error::Parameter`] if the columns do not fit together.
    pub fn new(
        births: Option<&'a [i64]>,
        segments: Option<&'a [i64]>,
        offsets: &'a [i64],
        times: &'a [i64],
    ) -> Result<Self> {
        let rises = offsets.is_sorted() && offsets.first() == Some(&0);
        if !rises || offsets.last() != Some(&(times.len() as i64)) {
            return Err(Error::Parameter {
                name: "offsets".to_owned(),
                expected: format!("rise from 0 to {}", times.len()),
                found: "something else".to_owned(),
                hint: String::new(),
            });
        }
        let lives = Self {
            births,
            segments,
            offsets,
            times,
        };
        let all = lives.len();
        same_length("births", births.map_or(all, <[i64]>::len), "customers", all)?;
        same_length(
            "segments",
            segments.map_or(all, <[i64]>::len),
            "customers",
            all,
        )?;
        Ok(lives)
    }

    /// The number of customers.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The age at which the first return can be: who begins with an event returns in a later column only.
    pub(super) fn first_return(&self) -> usize {
        usize::from(self.births.is_none())
    }

    pub(super) fn times(&self) -> &'a [i64] {
        self.times
    }

    /// The number of events.
    pub(super) fn events(&self) -> usize {
        self.times.len()
    }

    /// Calls `visit` with each membership of a customer in a cohort; says whether there was any.
    pub(super) fn visit(
        &self,
        customer: usize,
        layout: &Layout,
        mut visit: impl FnMut(Life),
    ) -> bool {
        // checked when they were made: offsets are positions in `times`
        let all = self.offsets[customer] as usize..self.offsets[customer + 1] as usize;
        let end = layout.ages.end();
        let mut known = all.len();
        while known > 0 && self.times[all.start + known - 1] >= end {
            known -= 1;
        }
        let events = all.start..all.start + known;
        let segment = match self.segments {
            Some(segments) => usize::try_from(segments[customer]).ok(),
            None => Some(0),
        };
        let first = match self.births {
            Some(births) => Some(births[customer]),
            None => self.times[events.clone()].first().copied(),
        };
        let (Some(segment), Some(birth)) = (segment, first.filter(|&first| first < end)) else {
            return false;
        };
        if segment >= layout.segments {
            return false;
        }
        let mut found = false;
        let mut member = |birth: i64, events: Range<usize>| {
            if let Some(cohort) = layout.cohorts.place(birth) {
                found = true;
                visit(Life {
                    row: segment * layout.cohorts.len() + cohort,
                    birth,
                    events,
                    observed: layout.observed(birth),
                });
            }
        };
        if layout.recurring {
            let mut last = None;
            for place in events.clone() {
                let cohort = layout.cohorts.place(self.times[place]);
                if cohort != last {
                    last = cohort;
                    member(self.times[place], place..events.end);
                }
            }
        } else {
            member(birth, events);
        }
        found
    }
}

impl Layout {
    /// A table with a row for each segment and each cohort, which are periods in which customers begin, and a column for
    /// each age, at most `most`, or for each bracket of ages, from the first number to before the second.
    ///
    /// # Errors
    /// [`Error::Parameter`] if the table has too many cells, or if brackets are empty or overlap.
    pub fn new(
        cohorts: Periods,
        ages: Ages,
        segments: usize,
        most: Option<usize>,
        brackets: Vec<(usize, usize)>,
    ) -> Result<Self> {
        let apart = brackets.is_sorted_by(|one, next| one.1 <= next.0);
        if !apart || brackets.iter().any(|(from, to)| from >= to) {
            return Err(Error::Parameter {
                name: "brackets".to_owned(),
                expected:
                    "each hold an age at least, and begin where the one before ends, or later"
                        .to_owned(),
                found: format!("{brackets:?}"),
                hint: String::new(),
            });
        }
        let earliest = cohorts.bounds().next();
        let oldest = earliest.map_or(0, |(first, _)| ages.observed(first).started);
        let mut layout = Self {
            columns: 0,
            cohorts,
            ages,
            segments,
            brackets,
            recurring: false,
        };
        layout.columns = layout
            .column_of_started(oldest)
            .min(most.unwrap_or(usize::MAX));
        let cells = layout.rows().checked_mul(layout.columns + 1);
        if cells.is_some_and(|cells| cells <= MOST_CELLS) {
            return Ok(layout);
        }
        Err(Error::Parameter {
            name: "every".to_owned(),
            expected: format!("make a table of no more than {MOST_CELLS} cells"),
            found: format!("{} cohorts of {} ages", layout.rows(), layout.columns),
            hint: "choose longer periods, or fewer ages with max_age".to_owned(),
        })
    }

    /// The same table where customers enter a cohort with their first event in each of its periods, not in one only.
    #[must_use]
    pub fn recurring(mut self) -> Self {
        self.recurring = true;
        self
    }

    /// The number of rows: segment after segment, and in each the cohorts.
    pub fn rows(&self) -> usize {
        self.segments * self.cohorts.len()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// For each cohort, how many columns would be complete for who begins at its very end, and how many would have
    /// started for who begins at its very beginning: what is known of a cohort with nobody in it.
    pub fn reach(&self) -> (Vec<i64>, Vec<i64>) {
        let width = self.columns;
        let of = |(first, last): (i64, i64)| {
            let complete = self.observed(last).complete.min(width);
            let started = self.observed(first).started.min(width);
            (complete as i64, started as i64)
        };
        self.cohorts.bounds().map(of).unzip()
    }

    /// The periods of the cohorts, if ages count these too and there are no segments.
    pub(super) fn calendar(&self) -> Option<&Periods> {
        let same = self.segments == 1 && self.ages.periods() == Some(&self.cohorts);
        same.then_some(&self.cohorts)
    }

    /// What has been observed of who begins in the cohort of that place, where ages count the periods of the cohorts.
    pub(super) fn observed_from(&self, place: usize) -> Observed {
        self.in_columns(self.ages.observed_from(place))
    }

    pub(super) fn is_recurring(&self) -> bool {
        self.recurring
    }

    /// Whether each age has a column of its own.
    pub(super) fn has_column_an_age(&self) -> bool {
        self.brackets.is_empty()
    }

    /// The number of cells and of places behind each row's last one.
    pub(super) fn places(&self) -> usize {
        self.rows() * (self.columns + 1)
    }

    pub(super) fn ages(&self) -> &Ages {
        &self.ages
    }

    /// The column of an age, if it has one.
    pub(super) fn column_of(&self, age: usize) -> Option<usize> {
        if self.brackets.is_empty() {
            return Some(age);
        }
        let place = self.brackets.partition_point(|&(_, to)| to <= age);
        self.brackets
            .get(place)
            .and_then(|&(from, _)| (from <= age).then_some(place))
    }

    /// Turns ages that ascend into their different columns.
    pub(super) fn to_columns(&self, ages: &mut Vec<usize>) {
        if self.brackets.is_empty() {
            return;
        }
        let mut kept = 0;
        for place in 0..ages.len() {
            if let Some(column) = self.column_of(ages[place])
                && (kept == 0 || ages[kept - 1] != column)
            {
                ages[kept] = column;
                kept += 1;
            }
        }
        ages.truncate(kept);
    }

    fn column_of_started(&self, started: usize) -> usize {
        if self.brackets.is_empty() {
            return started;
        }
        self.brackets.partition_point(|&(from, _)| from < started)
    }

    fn observed(&self, birth: i64) -> Observed {
        self.in_columns(self.ages.observed(birth))
    }

    /// Turns ages that have been observed into columns.
    fn in_columns(&self, Observed { complete, started }: Observed) -> Observed {
        if self.brackets.is_empty() {
            return Observed { complete, started };
        }
        Observed {
            complete: self.brackets.partition_point(|&(_, to)| to <= complete),
            started: self.column_of_started(started),
        }
    }
}
