//! The way through a log, chosen by what is in it.

use std::ops::Range;

use super::columns::{Customers, EventLog};
use super::dense::{Dense, Packing};
use super::entry::Entry;
use super::fold::{self, Clock, Route};
use super::hashed::{Hashed, Integers, LongText, ShortText, Spread, Tags};
use super::scatter::Counts;
use super::survey::Survey;
use super::{Sink, name_of};
use crate::Result;
use crate::data::mask::Mask;
use crate::data::text::Text;

/// Rows a partition: few enough for the cache of a core.
const PARTITION: usize = 1 << 13;

/// So many times larger than the others a partition of integers that are spread evenly may be.
const UNEVEN: usize = 4;

/// Rows that are scattered at once, however few there are.
const WINDOW: usize = 1 << 21;

/// The most partitions: beyond these, writing to all of them at once is slow.
const MOST_BITS: u32 = 12;

/// A log, and the way through it.
#[derive(Debug)]
pub struct Plan<'a> {
    log: EventLog<'a>,
    survey: Survey,
    way: Way,
    counts: Counts,
    windows: Vec<Range<usize>>,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    /// Customers stand one after the other.
    Sorted,
    /// Integers that lie close together.
    Dense(Packing),
    /// Integers that are spread evenly, with so many bits of their place in the range for the partition.
    Spread(u32),
    /// Anything, with so many bits of a hash for the partition.
    Hashed(u32),
}

/// What the names are by which sinks know customers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Naming<'a> {
    /// Integers.
    Integers,
    /// Short text, see [`Padded`](crate::data::hash::Padded).
    Text,
    /// Rows of a text.
    Rows(Text<'a>),
}

impl Way {
    fn through(log: &EventLog<'_>, survey: &Survey) -> Self {
        let rows = survey.usable.max(1);
        let bits = (rows / PARTITION).max(1).ilog2().clamp(1, MOST_BITS);
        match log.customer {
            _ if survey.sorted => Self::Sorted,
            Customers::Integers { .. } => {
                let packing = Packing::new(survey.ids, survey.times, rows, PARTITION);
                packing.map_or(Self::Spread(bits), Self::Dense)
            }
            Customers::Text { .. } => Self::Hashed(bits),
        }
    }
}

impl<'a> Plan<'a> {
    /// Looks at a log and chooses.
    ///
    /// # Errors
    /// [`crate::Error::Length`] if the columns differ in length.
    pub fn new(log: EventLog<'a>) -> Result<Self> {
        log.check()?;
        let survey = Survey::of(&log);
        let mut plan = Self {
            log,
            survey,
            way: Way::through(&log, &survey),
            counts: Counts::default(),
            windows: Vec::new(),
        };
        let mut counts = plan.visit(Count { log: &log });
        if let (Way::Spread(bits), Some(found)) = (plan.way, &counts)
            && found.largest() > UNEVEN * (survey.usable >> bits).max(PARTITION)
        {
            plan.way = Way::Hashed(bits);
            counts = plan.visit(Count { log: &log });
        }
        if let Some(counts) = counts {
            // wide records take turns: half of them at a time, and some more, since partitions differ in size
            let half = log.rows() / 2 + log.rows() / 16;
            let most = if plan.words_a_row() <= 2 {
                log.rows()
            } else {
                half.max(WINDOW)
            };
            plan.windows = counts.windows(most);
            plan.counts = counts;
        }
        Ok(plan)
    }

    /// How many words of memory it takes to follow the plan.
    pub fn words(&self) -> usize {
        let windows = self.windows.iter();
        let rows = windows.map(|window| self.counts.rows_in(window)).max();
        rows.unwrap_or(0) * self.words_a_row()
    }

    fn words_a_row(&self) -> usize {
        let lead = match (self.way, self.naming()) {
            (Way::Dense(_), _) => 1,
            (_, Naming::Text) => 3,
            _ => 2,
        };
        lead + usize::from(self.log.amount.is_some())
    }

    pub(super) fn log(&self) -> &EventLog<'a> {
        &self.log
    }

    pub(super) fn survey(&self) -> &Survey {
        &self.survey
    }

    /// What the names of customers are.
    pub(super) fn naming(&self) -> Naming<'a> {
        match (self.way, self.log.customer) {
            (_, Customers::Integers { .. }) => Naming::Integers,
            (Way::Hashed(_), Customers::Text { .. }) if self.survey.short => Naming::Text,
            (_, Customers::Text { text, .. }) => Naming::Rows(text),
        }
    }

    /// Whether customers come out in the order of their names.
    pub(super) fn is_ordered(&self) -> bool {
        !matches!(self.way, Way::Hashed(_))
    }

    /// Hands every customer to one of the sinks made by `new_sink`, which are returned; those of one sink come before
    /// those of the next if [`Plan::is_ordered`]. Needs memory of [`Plan::words`], in which anything may stand.
    pub(super) fn fold<E: Entry, S: Sink<E>>(
        &self,
        memory: &mut [u64],
        new_sink: impl Fn() -> S + Sync,
    ) -> Vec<S> {
        let sinks = self.visit(Fold {
            plan: self,
            memory,
            new_sink: &new_sink,
            entry: std::marker::PhantomData::<fn() -> E>,
        });
        sinks.unwrap_or_else(|| self.fold_sorted(&new_sink))
    }

    fn fold_sorted<E: Entry, S: Sink<E>>(&self, new_sink: &(impl Fn() -> S + Sync)) -> Vec<S> {
        let log = &self.log;
        match log.customer {
            Customers::Integers { values, .. } => {
                let same = |row: usize| values[row] == values[row + 1];
                fold::fold_sorted(log, same, |row| name_of(values[row]), new_sink)
            }
            Customers::Text { text, .. } => {
                let same = |row: usize| text.get(row) == text.get(row + 1);
                fold::fold_sorted(log, same, |row| name_of(row as i64), new_sink)
            }
        }
    }

    /// Shows the visitor the way, unless it leads straight through the log.
    fn visit<V: Visitor>(&self, visitor: V) -> Option<V::Output> {
        Some(match self.log.customer {
            Customers::Integers {
                values,
                missing,
                least,
            } => {
                let integers = Integers { values, least };
                match self.way {
                    Way::Sorted => return None,
                    Way::Dense(packing) => visitor.visit(&Dense {
                        log: &self.log,
                        values,
                        missing,
                        least,
                        packing,
                        clock: self.clock(),
                    }),
                    Way::Spread(bits) => {
                        let ids = self.survey.ids;
                        visitor.visit(&self.hashed(Spread { integers, ids }, missing, bits))
                    }
                    Way::Hashed(bits) => visitor.visit(&self.hashed(integers, missing, bits)),
                }
            }
            Customers::Text { text, missing } => match self.way {
                Way::Hashed(bits) if self.survey.short => {
                    visitor.visit(&self.hashed(ShortText(text), missing, bits))
                }
                Way::Hashed(bits) => visitor.visit(&self.hashed(LongText(text), missing, bits)),
                Way::Sorted | Way::Dense(_) | Way::Spread(_) => return None,
            },
        })
    }

    fn hashed<T: Tags>(&self, tags: T, missing: Mask<'a>, bits: u32) -> Hashed<'_, T> {
        Hashed {
            log: &self.log,
            tags,
            missing,
            bits,
            clock: self.clock(),
        }
    }

    fn clock(&self) -> Clock {
        Clock::new(self.survey.times, self.survey.in_time)
    }
}

/// Work that can be done on any way.
trait Visitor {
    type Output;

    fn visit(self, route: &impl Route) -> Self::Output;
}

struct Count<'a> {
    log: &'a EventLog<'a>,
}

impl Visitor for Count<'_> {
    type Output = Counts;

    fn visit(self, route: &impl Route) -> Counts {
        fold::count(self.log, route)
    }
}

struct Fold<'a, E, F> {
    plan: &'a Plan<'a>,
    memory: &'a mut [u64],
    new_sink: &'a F,
    entry: std::marker::PhantomData<fn() -> E>,
}

impl<E: Entry, S: Sink<E>, F: Fn() -> S + Sync> Visitor for Fold<'_, E, F> {
    type Output = Vec<S>;

    fn visit(self, route: &impl Route) -> Vec<S> {
        let Plan {
            log,
            counts,
            windows,
            ..
        } = self.plan;
        fold::fold::<E, S, _>(log, route, (counts, windows), self.memory, self.new_sink)
    }
}
