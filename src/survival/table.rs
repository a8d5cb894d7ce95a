//! The event table: at each time, how many enter, are at risk, have the event and are censored.
//!
//! Whole durations are counted. Others are sorted as the bits of their floats, which order as they do, with the event in
//! a bit of its own. Rows with weights or late entry are sorted with these, so that sums never depend on the order of
//! rows.

use std::ops::Range;

use super::sample::{Sample, Times};
use crate::numeric::parallel;

/// What happens at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// When.
    pub time: f64,
    /// How many begin to be observed; they are at risk after this time.
    pub entered: f64,
    /// How many have the event.
    pub observed: f64,
    /// How many are not seen any longer.
    pub censored: f64,
}

/// All that happens, in order of time.
#[derive(Debug)]
pub struct Steps<'a>(Form<'a>);

#[derive(Debug)]
enum Form<'a> {
    /// Censorings and events for each whole duration.
    Counts(Vec<[u64; 2]>),
    /// Single durations, sorted (see [`write_keys`]), and how many different times there are up to the end of each span.
    Keys(&'a [u64], Vec<usize>),
    /// Anything else.
    Marks(Vec<Step>),
}

/// Whole durations are counted up to this many different ones a row.
const MOST_COUNTS_A_ROW: usize = 2;

/// Rows that are counted in one piece.
const SPAN: usize = 1 << 18;

impl<'a> Steps<'a> {
    /// How many durations the caller is to put in order, those that [`write_keys`] writes.
    pub fn keys(sample: &Sample<'_>) -> usize {
        let plain = sample.entry.is_none() && sample.weights.is_none();
        match sample.times {
            Times::Real(_) if plain => sample.len(),
            _ => 0,
        }
    }

    /// What happens in a sample, with its keys in ascending order.
    pub fn of(sample: &Sample<'_>, sorted: &'a [u64]) -> Self {
        let plain = sample.entry.is_none() && sample.weights.is_none();
        Self(match sample.times {
            Times::Real(_) if plain => Form::Keys(sorted, times_by_span(sorted)),
            Times::Whole(values) if plain => {
                counted(values, sample).map_or_else(|| Form::Marks(marks(sample)), Form::Counts)
            }
            _ => Form::Marks(marks(sample)),
        })
    }

    /// Whether all numbers are whole, since no row has a weight.
    pub fn is_whole(&self) -> bool {
        !matches!(self.0, Form::Marks(_))
    }

    /// Calls `f` with what happens at each time, in order.
    pub fn visit(&self, mut f: impl FnMut(Step)) {
        match &self.0 {
            Form::Counts(counts) => visit_counts(counts, f),
            Form::Keys(keys, _) => visit_keys(keys, f),
            Form::Marks(steps) => steps.iter().for_each(|step| f(*step)),
        }
    }

    /// How many different times there are, 0 included.
    pub fn rows(&self) -> usize {
        let (mut rows, mut first) = (0, f64::NAN);
        if let Form::Keys(keys, times) = &self.0 {
            rows = times.last().copied().unwrap_or(0);
            first = keys.first().map_or(0.0, |&key| f64::from_bits(key >> 1));
        } else {
            self.visit(|step| {
                if rows == 0 {
                    first = step.time;
                }
                rows += 1;
            });
        }
        rows + usize::from(first > 0.0)
    }
}

/// Writes the durations as keys that sort alike, none being negative, the event behind them.
pub fn write_keys(sample: &Sample<'_>, keys: &mut [u64]) {
    let rows = keys.len();
    let spans = keys.chunks_mut(SPAN).enumerate().collect();
    parallel::map_owned(spans, rows, |(span, keys): (usize, &mut [u64])| {
        for (row, key) in (span * SPAN..).zip(keys) {
            *key = sample.times.get(row).to_bits() << 1 | u64::from(sample.events.get(row));
        }
    });
}

/// Whether a time is met for the first time here.
fn is_new(keys: &[u64], place: usize) -> bool {
    place == 0 || keys[place - 1] >> 1 != keys[place] >> 1
}

/// How many different times there are up to the end of each span of sorted keys.
fn times_by_span(keys: &[u64]) -> Vec<usize> {
    let count = |span: Range<usize>| span.filter(|&place| is_new(keys, place)).count();
    let mut times = parallel::map_spans(keys.len(), SPAN, count);
    let mut before = 0;
    for count in &mut times {
        before += *count;
        *count = before;
    }
    times
}

fn visit_counts(counts: &[[u64; 2]], mut f: impl FnMut(Step)) {
    for (time, &[censored, observed]) in counts.iter().enumerate() {
        if censored + observed > 0 {
            f(Step {
                time: time as f64,
                entered: 0.0,
                observed: observed as f64,
                censored: censored as f64,
            });
        }
    }
}

fn visit_keys(keys: &[u64], mut f: impl FnMut(Step)) {
    let Some(&first) = keys.first() else { return };
    let (mut time, mut count, mut observed) = (first >> 1, 0_u64, 0_u64);
    let mut tell = |time: u64, count: u64, observed: u64| {
        f(Step {
            time: f64::from_bits(time),
            entered: 0.0,
            observed: observed as f64,
            censored: (count - observed) as f64,
        });
    };
    for &key in keys {
        if key >> 1 != time {
            tell(time, count, observed);
            (time, count, observed) = (key >> 1, 0, 0);
        }
        count += 1;
        observed += key & 1;
    }
    tell(time, count, observed);
}

/// Censorings and events for each whole duration, unless there are too many different ones to count.
fn counted(values: &[i64], sample: &Sample<'_>) -> Option<Vec<[u64; 2]>> {
    let size = usize::try_from(sample.range.1).ok()?.checked_add(1)?;
    if size > values.len().saturating_mul(MOST_COUNTS_A_ROW).max(1024) {
        return None;
    }
    let span = SPAN.max(8 * size);
    let parts = parallel::map_spans(values.len(), span, |span| {
        let mut counts = vec![[0_u64; 2]; size];
        for row in span {
            let cell = values
                .get(row)
                .and_then(|&value| counts.get_mut(usize::try_from(value).ok()?));
            if let Some(cell) = cell {
                cell[usize::from(sample.events.get(row))] += 1;
            }
        }
        counts
    });
    parts.into_iter().reduce(|mut total, part| {
        for (sum, more) in total.iter_mut().zip(part) {
            sum[0] += more[0];
            sum[1] += more[1];
        }
        total
    })
}

/// Entries, events and censorings in order of time, then of kind and weight.
fn marks(sample: &Sample<'_>) -> Vec<Step> {
    const ENTRY: u8 = 0;
    const EVENT: u8 = 1;
    const CENSORED: u8 = 2;
    let mut marks: Vec<(u64, u8, u64)> = Vec::with_capacity(2 * sample.len());
    for row in 0..sample.len() {
        let weight = sample.weight(row).to_bits();
        if sample.entry.is_some() {
            marks.push((sample.begin(row).to_bits(), ENTRY, weight));
        }
        let kind = if sample.events.get(row) {
            EVENT
        } else {
            CENSORED
        };
        marks.push((sample.times.get(row).to_bits(), kind, weight));
    }
    parallel::sort_by(&mut marks, Ord::cmp);
    let mut steps: Vec<Step> = Vec::new();
    for (bits, kind, weight) in marks {
        let (time, weight) = (f64::from_bits(bits), f64::from_bits(weight));
        if steps.last().is_none_or(|last| last.time < time) {
            steps.push(Step {
                time,
                entered: 0.0,
                observed: 0.0,
                censored: 0.0,
            });
        }
        if let Some(step) = steps.last_mut() {
            match kind {
                ENTRY => step.entered += weight,
                EVENT => step.observed += weight,
                _ => step.censored += weight,
            }
        }
    }
    steps
}

/// The columns of an event table, each as long as [`Steps::rows`] says.
#[derive(Debug)]
pub struct Table<'a> {
    /// Times in ascending order, beginning with 0.
    pub timeline: &'a mut [f64],
    /// How many begin to be observed at each time; where entry is not limited all are from the beginning.
    pub entered: Option<&'a mut [f64]>,
    /// How many are at risk: observed before this time and still there.
    pub at_risk: &'a mut [f64],
    /// How many have the event.
    pub observed: &'a mut [f64],
    /// How many are censored; can be left out where numbers are whole, being what the others leave.
    pub censored: Option<&'a mut [f64]>,
}

impl Table<'_> {
    /// Fills the columns.
    pub fn fill(&mut self, steps: &Steps<'_>, sample: &Sample<'_>) {
        if let (Form::Keys(keys, times), None) = (&steps.0, &self.censored) {
            self.fill_by_all(keys, times);
            return;
        }
        let mut at_risk = Population::of(steps, sample);
        let mut place = 0;
        let mut write = |step: Step| {
            self.timeline[place] = step.time;
            self.at_risk[place] = at_risk.before(step);
            self.observed[place] = step.observed;
            if let Some(censored) = &mut self.censored {
                censored[place] = step.censored;
            }
            if let Some(entered) = &mut self.entered {
                entered[place] = step.entered;
            }
            place += 1;
        };
        let mut began = false;
        steps.visit(|step| {
            if !began && step.time > 0.0 {
                write(Step {
                    time: 0.0,
                    entered: 0.0,
                    observed: 0.0,
                    censored: 0.0,
                });
            }
            began = true;
            write(step);
        });
    }

    /// Fills the columns from sorted keys with all threads: as many are at risk as there are keys from here on.
    fn fill_by_all(&mut self, keys: &[u64], times: &[usize]) {
        let rows = self.timeline.len();
        let before = rows - times.last().copied().unwrap_or(rows);
        self.timeline[..before].fill(0.0);
        self.at_risk[..before].fill(keys.len() as f64);
        self.observed[..before].fill(0.0);
        let timeline = cut(&mut self.timeline[before..], times);
        let at_risk = cut(&mut self.at_risk[before..], times);
        let observed = cut(&mut self.observed[before..], times);
        let columns = timeline.into_iter().zip(at_risk).zip(observed);
        let begins = (0..keys.len()).step_by(SPAN);
        parallel::map_owned(
            begins.zip(columns).collect(),
            keys.len(),
            |(begin, ((timeline, at_risk), observed))| {
                let end = keys.len().min(begin + SPAN);
                let mut place = (begin..end)
                    .find(|&place| is_new(keys, place))
                    .unwrap_or(end);
                for ((time, n), d) in timeline.iter_mut().zip(at_risk).zip(observed) {
                    let bits = keys[place] >> 1;
                    *time = f64::from_bits(bits);
                    *n = (keys.len() - place) as f64;
                    let same = keys[place..].iter().take_while(|&&key| key >> 1 == bits);
                    let (count, events) = same.fold((0, 0), |(count, events), key| {
                        (count + 1, events + (key & 1))
                    });
                    *d = events as f64;
                    place += count;
                }
            },
        );
    }
}

/// The slice in pieces that end where `ends` says.
fn cut<'a>(mut items: &'a mut [f64], ends: &[usize]) -> Vec<&'a mut [f64]> {
    let mut begin = 0;
    let piece = |&end: &usize| {
        let (piece, rest) = std::mem::take(&mut items).split_at_mut(end - begin);
        (items, begin) = (rest, end);
        piece
    };
    ends.iter().map(piece).collect()
}

/// How many are there, kept up from time to time. What enters and what leaves are summed apart, which is exact for whole
/// weights.
struct Population {
    come: f64,
    gone: f64,
    /// Fewer than this are nobody: what rounding leaves of weights that are not whole.
    nobody: f64,
}

/// Rounding in sums of weights, relative to all of them.
const ROUNDING: f64 = 1e-13;

impl Population {
    fn of(steps: &Steps<'_>, sample: &Sample<'_>) -> Self {
        let mut all = sample.len() as f64;
        if let Form::Marks(marks) = &steps.0 {
            all = marks.iter().map(|step| step.observed + step.censored).sum();
        }
        Self {
            come: if sample.entry.is_none() { all } else { 0.0 },
            gone: 0.0,
            nobody: ROUNDING * all,
        }
    }

    /// How many are at risk at a step, which is then taken.
    fn before(&mut self, step: Step) -> f64 {
        let leaving = step.observed + step.censored;
        let staying = self.come - self.gone - leaving;
        self.come += step.entered;
        self.gone += leaving;
        if staying > self.nobody {
            leaving + staying
        } else {
            leaving
        }
    }
}
