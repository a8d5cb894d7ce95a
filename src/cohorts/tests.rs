use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::*;
use crate::data::calendar::DAY;
use crate::data::engine::{Customers, EventLog, Plan};
use crate::data::mask::Mask;
use crate::data::{
    Column, DuplicateRule, Merge, OrderLog, RefundColumns, RefundRule, Rules, Transactions,
};

static GO_ON: AtomicBool = AtomicBool::new(false);

const RULES: [ReturnRule; 5] = [
    ReturnRule::Bounded,
    ReturnRule::Unbounded,
    ReturnRule::Cumulative,
    ReturnRule::Consecutive,
    ReturnRule::Relative,
];

/// Customers and times of up to 200 days, and amounts.
fn rows() -> impl Strategy<Value = Vec<(i64, i64, f64)>> {
    let row = (0..9_i64, 0..200 * DAY, 0.0..100.0_f64);
    proptest::collection::vec(row, 1..60)
}

fn rules() -> Rules {
    Rules {
        merge: Merge::parse(Some("day")).unwrap(),
        refunds: RefundRule::Net,
        duplicates: DuplicateRule::Keep,
    }
}

/// Periods of 30 days from the first day of all to the last.
fn layout(end: i64, recurring: bool) -> Layout {
    let starts: Vec<i64> = (0..=7).map(|month| 30 * month).collect();
    let periods = Periods::new(&starts).unwrap();
    let ages = Ages::calendar(periods.clone(), end);
    let layout = Layout::new(periods, ages, 1, None, Vec::new()).unwrap();
    if recurring {
        layout.recurring()
    } else {
        layout
    }
}

fn grouped(rows: &[(i64, i64, f64)]) -> Transactions {
    let customer: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let time: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let amount: Vec<f64> = rows.iter().map(|row| row.2).collect();
    let log = OrderLog {
        customer: Column {
            name: "customer",
            values: &customer,
        },
        customers: 9,
        time: Column {
            name: "time",
            values: &time,
        },
        time_missing: None,
        amount: Some(Column {
            name: "amount",
            values: &amount,
        }),
        order: None,
        product: None,
        attributes: Vec::new(),
    };
    Transactions::group(&log, rules()).unwrap()
}

/// How many customers are in no cohort is known of a grouped log alone.
fn without_outside(counts: Counts) -> Counts {
    Counts {
        outside: 0,
        ..counts
    }
}

proptest! {
    #[test]
    fn the_three_ways_to_count_agree(rows in rows(), end in 1..210 * DAY, recurring in any::<bool>()) {
        let layout = layout(end, recurring);
        let log = grouped(&rows);
        let lives = Lives::new(None, None, &log.offsets, &log.times).unwrap();
        let customer: Vec<i64> = rows.iter().map(|row| 5 - row.0).collect();
        let time: Vec<i64> = rows.iter().map(|row| row.1 - row.1 % DAY).collect();
        let events = EventLog {
            customer: Customers::Integers { values: &customer, missing: Mask::NONE, least: i64::MIN },
            time: &time,
            time_missing: Mask::NONE,
            amount: None,
            stop: &GO_ON,
        };
        let plan = Plan::new(events).unwrap();
        let mut memory = vec![0; plan.words()];
        for rule in RULES {
            for eligible_only in [false, true] {
                let expected = without_outside(count(&lives, &layout, rule, eligible_only));
                let (direct, _) =
                    count_events(&plan, rules(), &layout, rule, eligible_only, &mut memory).unwrap();
                prop_assert_eq!(without_outside(direct), expected.clone());
                let (masks, times) = count_masks(&events, rules(), &layout, rule, eligible_only).unwrap();
                prop_assert_eq!(without_outside(masks), expected);
                prop_assert_eq!(Some(times.0), time.iter().min().copied());
                prop_assert_eq!(Some(times.1), time.iter().max().copied());
            }
        }
    }

    #[test]
    fn rules_imply_each_other(rows in rows(), end in 1..210 * DAY) {
        let layout = layout(end, false);
        let log = grouped(&rows);
        let lives = Lives::new(None, None, &log.offsets, &log.times).unwrap();
        let [bounded, unbounded, cumulative, consecutive, relative] =
            RULES.map(|rule| count(&lives, &layout, rule, false));
        for cell in 0..bounded.retained.len() {
            prop_assert_eq!(bounded.retained[cell], bounded.active[cell]);
            prop_assert!(consecutive.retained[cell] <= unbounded.retained[cell]);
            prop_assert!(bounded.retained[cell] <= unbounded.retained[cell]);
            prop_assert!(relative.retained[cell] <= bounded.retained[cell]);
            prop_assert!(relative.retained[cell] <= bounded.previous[cell]);
            let row = cell / bounded.columns;
            let age = cell % bounded.columns;
            if age > 0 {
                prop_assert!(unbounded.retained[cell] <= unbounded.retained[cell - 1]);
                prop_assert!(cumulative.retained[cell] >= cumulative.retained[cell - 1]);
                prop_assert!(bounded.retained[cell] <= cumulative.retained[cell]);
                prop_assert_eq!(bounded.previous[cell], bounded.active[cell - 1]);
            } else {
                prop_assert_eq!(bounded.retained[cell], bounded.sizes[row]);
                prop_assert_eq!(cumulative.retained[cell], 0);
            }
        }
    }

    #[test]
    fn values_add_up_to_the_log(rows in rows(), end in 1..210 * DAY) {
        let layout = layout(end, false);
        let log = grouped(&rows);
        let lives = Lives::new(None, None, &log.offsets, &log.times).unwrap();
        let none = RefundColumns { purchases: &[], times: &[], amounts: &[] };
        let values = log.values.as_deref().unwrap_or_default();
        let measure = Measure::new(&lives, Some(values), none).unwrap();
        let sums = sum_values(&lives, &layout, &measure, false);
        let known = log.times.iter().zip(values).filter(|(time, _)| **time < end);
        let (orders, money) = known.fold((0.0, 0.0), |(n, sum), (_, value)| (n + 1.0, sum + value));
        let counted: f64 = sums.orders.iter().sum();
        prop_assert!((counted - orders).abs() < 0.5);
        let total: f64 = sums.total.iter().sum();
        // at most 60 amounts below 100, added up in another order
        prop_assert!((total - money).abs() < 1e-9);
        for (row, cells) in sums.total.chunks(layout.columns()).enumerate() {
            let mut reached = 0.0;
            for (age, value) in cells.iter().enumerate() {
                reached += value;
                let cumulative = sums.cumulative[row * layout.columns() + age];
                prop_assert!((cumulative - reached).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn a_refund_counts_when_it_is_made_and_is_no_order() {
    let (offsets, times) = ([0, 2], [0, 31 * DAY]);
    let lives = Lives::new(None, None, &offsets, &times).unwrap();
    // of the first purchase, two months later
    let refunds = RefundColumns {
        purchases: &[0],
        times: &[65 * DAY],
        amounts: &[-4.0],
    };
    let measure = Measure::new(&lives, Some(&[10.0, 5.0]), refunds).unwrap();
    let sums = sum_values(&lives, &layout(210 * DAY, false), &measure, false);
    assert_eq!(sums.total[..4], [10.0, 5.0, -4.0, 0.0]);
    assert_eq!(sums.orders[..4], [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(sums.of_active[..4], [10.0, 5.0, 0.0, 0.0]);
    assert_eq!(sums.cumulative[..4], [10.0, 15.0, 11.0, 11.0]);
    assert_eq!(sums.cumulative_squared[..4], [100.0, 225.0, 121.0, 121.0]);
    let early = sum_values(&lives, &layout(60 * DAY, false), &measure, false);
    assert_eq!(early.cumulative[..2], [10.0, 15.0]);
}

#[test]
fn only_who_has_come_so_far_is_eligible() {
    let periods = Periods::new(&[0, 30]).unwrap();
    let ages = Ages::elapsed(7 * DAY, 20 * DAY).unwrap();
    let layout = Layout::new(periods, ages, 1, None, Vec::new()).unwrap();
    let (offsets, times) = ([0, 2, 3], [0, 8 * DAY, 9 * DAY]);
    let lives = Lives::new(None, None, &offsets, &times).unwrap();
    let counts = count(&lives, &layout, ReturnRule::Cumulative, true);
    assert_eq!(counts.columns, 3);
    assert_eq!(counts.eligible, [2, 1, 0]);
    assert_eq!(counts.started, [2, 2, 1]);
    assert_eq!(counts.retained, [0, 1, 0]);
    let none = RefundColumns {
        purchases: &[],
        times: &[],
        amounts: &[],
    };
    let measure = Measure::new(&lives, None, none).unwrap();
    let sums = sum_values(&lives, &layout, &measure, true);
    // what the first was worth at age 1 counts there, and nobody's at age 2
    assert_eq!(sums.cumulative, [2.0, 2.0, 0.0]);
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    assert!(Lives::new(None, None, &[], &[]).is_err());
    assert!(Lives::new(None, None, &[0, 2, 1], &[1, 2]).is_err());
    assert!(Lives::new(Some(&[1]), None, &[0, 1, 1], &[1]).is_err());
    assert!(Lives::new(None, Some(&[]), &[0, 1], &[1]).is_err());
    let lives = Lives::new(None, None, &[0, 1], &[1]).unwrap();
    let none = RefundColumns {
        purchases: &[],
        times: &[],
        amounts: &[],
    };
    assert!(Measure::new(&lives, Some(&[]), none).is_err());
    let periods = || Periods::new(&[0, 30]).unwrap();
    let ages = || Ages::calendar(periods(), DAY);
    assert!(Layout::new(periods(), ages(), 1, None, vec![(1, 1)]).is_err());
    assert!(Layout::new(periods(), ages(), 1, None, vec![(0, 2), (1, 3)]).is_err());
    assert!(Layout::new(periods(), ages(), usize::MAX, None, Vec::new()).is_err());
}
