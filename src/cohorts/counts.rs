//! How many customers of each cohort are retained at each age.

use super::ages::Observed;
use super::lives::{Layout, Lives};
use super::rules::ReturnRule;
use super::spans;
use crate::numeric::parallel;

/// The cells of a table of customers, row after row, and what there is to know about the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// The number of columns of each row.
    pub columns: usize,
    /// Members of each row's cohort.
    pub sizes: Vec<i64>,
    /// Members of whom the age has been observed to its end.
    pub eligible: Vec<i64>,
    /// Members of whom the age has been observed at all.
    pub started: Vec<i64>,
    /// Members who count as retained.
    pub retained: Vec<i64>,
    /// Members with an event at the age.
    pub active: Vec<i64>,
    /// Members with an event at the age before.
    pub previous: Vec<i64>,
    /// See [`Layout::reach`].
    pub reach: (Vec<i64>, Vec<i64>),
    /// Customers who are in no row.
    pub outside: i64,
    /// Members with an event before they begin, which counts nowhere.
    pub early: i64,
}

/// Counts members and those of them who are retained by a rule; with `eligible_only`, only at ages that have been
/// observed to their end.
///
/// # Examples
/// Of two customers who begin in the first month, one comes back in the third.
/// ```
/// use tenure::cohorts::{Ages, Layout, Lives, Periods, ReturnRule, count};
/// use tenure::data::calendar::DAY;
/// let months = Periods::new(&[0, 31, 59, 90])?;
/// let ages = Ages::calendar(months.clone(), 90 * DAY);
/// let layout = Layout::new(months, ages, 1, None, Vec::new())?;
/// let lives = Lives::new(None, None, &[0, 1, 3], &[5 * DAY, 6 * DAY, 70 * DAY])?;
/// let counts = count(&lives, &layout, ReturnRule::Bounded, false);
/// assert_eq!(counts.sizes, [2, 0, 0]);
/// assert_eq!(counts.retained[..3], [2, 0, 1]);
/// # Ok::<(), tenure::Error>(())
/// ```
pub fn count(lives: &Lives<'_>, layout: &Layout, rule: ReturnRule, eligible_only: bool) -> Counts {
    let span = spans::length(lives.len(), layout.places());
    let parts = parallel::map_spans(lives.len(), span, |customers| {
        let mut tables = Tables::new(layout);
        let mut counter = Counter::new(layout, rule, eligible_only);
        for customer in customers {
            counter.add(lives, customer, &mut tables);
        }
        tables
    });
    let mut all = Tables::new(layout);
    for part in &parts {
        all.append(part);
    }
    all.finish(layout)
}

/// What is counted: the members who leave a state at each column, or the changes from column to column.
pub(super) struct Tables {
    sizes: Vec<i64>,
    complete: Vec<i64>,
    started: Vec<i64>,
    retained: Vec<i64>,
    active: Vec<i64>,
    previous: Vec<i64>,
    outside: i64,
    early: i64,
}

impl Tables {
    pub(super) fn new(layout: &Layout) -> Self {
        let table = || vec![0; layout.places()];
        Self {
            sizes: vec![0; layout.rows()],
            complete: table(),
            started: table(),
            retained: table(),
            active: table(),
            previous: table(),
            outside: 0,
            early: 0,
        }
    }

    pub(super) fn append(&mut self, other: &Self) {
        for (ours, theirs) in [
            (&mut self.sizes, &other.sizes),
            (&mut self.complete, &other.complete),
            (&mut self.started, &other.started),
            (&mut self.retained, &other.retained),
            (&mut self.active, &other.active),
            (&mut self.previous, &other.previous),
        ] {
            for (sum, part) in ours.iter_mut().zip(theirs) {
                *sum += part;
            }
        }
        self.outside += other.outside;
        self.early += other.early;
    }

    pub(super) fn finish(self, layout: &Layout) -> Counts {
        let columns = layout.columns();
        Counts {
            columns,
            sizes: self.sizes,
            eligible: still_there(&self.complete, columns),
            started: still_there(&self.started, columns),
            retained: spans::summed_up(&self.retained, columns),
            active: spans::summed_up(&self.active, columns),
            previous: spans::summed_up(&self.previous, columns),
            reach: layout.reach(),
            outside: self.outside,
            early: self.early,
        }
    }
}

/// From how many members each number of columns has been observed: of how many each column has.
fn still_there(reached: &[i64], columns: usize) -> Vec<i64> {
    let mut cells = Vec::with_capacity(reached.len());
    for row in reached.chunks(columns + 1) {
        let mut left: i64 = row.iter().sum();
        for count in &row[..columns] {
            left -= count;
            cells.push(left);
        }
    }
    cells
}

/// Counts one customer after the other.
pub(super) struct Counter<'a> {
    layout: &'a Layout,
    rule: ReturnRule,
    eligible_only: bool,
    /// The columns in which the customer at hand has events.
    columns: Vec<usize>,
}

impl<'a> Counter<'a> {
    pub(super) fn new(layout: &'a Layout, rule: ReturnRule, eligible_only: bool) -> Self {
        Self {
            layout,
            rule,
            eligible_only,
            columns: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, lives: &Lives<'_>, customer: usize, tables: &mut Tables) {
        let layout = self.layout;
        let mut early = false;
        let found = lives.visit(customer, layout, |life| {
            let events = &lives.times()[life.events.clone()];
            early |= events.first().is_some_and(|&first| first < life.birth);
            layout.ages().collect(life.birth, events, &mut self.columns);
            layout.to_columns(&mut self.columns);
            self.add_life(life.row, life.observed, lives.first_return(), tables);
        });
        tables.outside += i64::from(!found);
        tables.early += i64::from(early);
    }

    /// Adds a customer who begins with the first of these periods of the calendar, one a bit.
    pub(super) fn add_mask(&mut self, mask: u64, tables: &mut Tables) {
        let layout = self.layout;
        let mut left = mask;
        while left != 0 {
            let first = left.trailing_zeros() as usize;
            let mut ages = left >> first;
            self.columns.clear();
            while ages != 0 {
                self.columns.push(ages.trailing_zeros() as usize);
                ages &= ages - 1;
            }
            layout.to_columns(&mut self.columns);
            self.add_life(first, layout.observed_from(first), 1, tables);
            // who enters a cohort with each of the periods begins anew with the next
            left = if layout.is_recurring() {
                left & (left - 1)
            } else {
                0
            };
        }
    }

    /// Whether customers of the same first period may be counted together, each age by itself.
    pub(super) fn adds_up(&self) -> bool {
        let by_age = !self.layout.is_recurring() && self.layout.has_column_an_age();
        self.rule == ReturnRule::Bounded && by_age
    }

    /// Adds all who begin with a period of the calendar, given how many of them were active at each age, if that
    /// [adds up](Self::adds_up).
    pub(super) fn add_cohort(&mut self, first: usize, active: &[i64], tables: &mut Tables) {
        let observed = self.layout.observed_from(first);
        self.add_members(active[0], first, observed, tables);
        for (age, &customers) in active.iter().enumerate() {
            self.columns.clear();
            self.columns.push(age);
            self.add_columns(customers, first, observed, 1, tables);
        }
    }

    /// Adds a member of a row with events in the columns at hand.
    fn add_life(&self, row: usize, observed: Observed, first_return: usize, tables: &mut Tables) {
        self.add_members(1, row, observed, tables);
        self.add_columns(1, row, observed, first_return, tables);
    }

    fn add_members(&self, members: i64, row: usize, observed: Observed, tables: &mut Tables) {
        let width = self.layout.columns();
        let base = row * (width + 1);
        tables.sizes[row] += members;
        tables.complete[base + observed.complete.min(width)] += members;
        tables.started[base + observed.started.min(width)] += members;
    }

    /// Adds the events of so many members of a row in the columns at hand.
    fn add_columns(
        &self,
        members: i64,
        row: usize,
        observed: Observed,
        first_return: usize,
        tables: &mut Tables,
    ) {
        let width = self.layout.columns();
        let base = row * (width + 1);
        let last = if self.eligible_only {
            observed.complete.min(width)
        } else {
            width
        };
        let add = |table: &mut [i64], from: usize, to: usize| {
            if from < last {
                table[base + from] += members;
                table[base + to.min(last)] -= members;
            }
        };
        for &column in &self.columns {
            add(&mut tables.active, column, column + 1);
            add(&mut tables.previous, column + 1, column + 2);
        }
        self.rule
            .stretches(&self.columns, first_return, |from, to| {
                add(&mut tables.retained, from, to);
            });
    }
}
