//! Every way through a log gives what grouping by codes gives, to the last bit.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::*;
use crate::data::calendar::{DAY, Grain, Unit};
use crate::data::codes;
use crate::data::mask::Mask;
use crate::data::rules::{DuplicateRule, Merge, RefundRule, Rules};
use crate::data::summary::{Summary, summarize};
use crate::data::text::TextBuffer;
use crate::data::{Column, OrderLog, Receipt, Transactions};

static GO_ON: AtomicBool = AtomicBool::new(false);
static STOP: AtomicBool = AtomicBool::new(true);

/// A log in plain columns.
#[derive(Debug, Clone)]
struct Rows {
    customer: Vec<i64>,
    customer_missing: Vec<bool>,
    time: Vec<i64>,
    time_missing: Vec<bool>,
    amount: Option<Vec<f64>>,
}

impl Rows {
    fn log<'a>(&'a self, customer: Customers<'a>) -> EventLog<'a> {
        EventLog {
            customer,
            time: &self.time,
            time_missing: Mask::new(Some(&self.time_missing), self.time.len()).unwrap(),
            amount: self.amount.as_deref(),
            stop: &GO_ON,
        }
    }

    fn missing(&self) -> Mask<'_> {
        Mask::new(Some(&self.customer_missing), self.customer.len()).unwrap()
    }

    fn integers(&self) -> EventLog<'_> {
        self.log(Customers::Integers {
            values: &self.customer,
            missing: self.missing(),
            least: i64::MIN,
        })
    }

    /// The customers written out, with something before each.
    fn text(&self, before: &str) -> TextBuffer {
        let mut text = TextBuffer::with_capacity(self.customer.len());
        for customer in &self.customer {
            text.push(format!("{before}{customer}").as_bytes());
        }
        text
    }

    /// What grouping by codes gives.
    fn grouped(
        &self,
        codes: &[i64],
        customers: usize,
        rules: Rules,
    ) -> crate::Result<Transactions> {
        let amount = self.amount.as_ref();
        let log = OrderLog {
            customer: Column {
                name: "customer",
                values: codes,
            },
            customers,
            time: Column {
                name: "time",
                values: &self.time,
            },
            time_missing: Some(&self.time_missing),
            amount: amount.map(|values| Column {
                name: "amount",
                values,
            }),
            order: None,
            product: None,
            attributes: Vec::new(),
        };
        Transactions::group(&log, rules)
    }
}

/// A summary, and what became of the rows.
type Summarized = (Summary, Receipt);

fn summary_of(log: EventLog<'_>, rules: Rules, as_of: Option<(i64, bool)>) -> Option<Summarized> {
    let plan = Plan::new(log).unwrap();
    let mut memory = vec![7; plan.words()];
    let found = summarize_events(&plan, rules, as_of, &mut memory)?;
    let rows = found.len();
    let mut summary = Summary {
        customers: vec![-7; rows],
        frequency: vec![-7; rows],
        recency: vec![-7.0; rows],
        t: vec![-7.0; rows],
        monetary_value: vec![-7.0; if log.amount.is_some() { rows } else { 0 }],
    };
    let columns = SummaryColumns {
        customers: &mut summary.customers,
        frequency: &mut summary.frequency,
        recency: &mut summary.recency,
        t: &mut summary.t,
        monetary_value: &mut summary.monetary_value,
    };
    found.write(Unit::Month, columns);
    Some((summary, found.receipt))
}

/// The columns of a grouped log, without its customers.
fn gathered(log: EventLog<'_>, rules: Rules) -> Option<Transactions> {
    let plan = Plan::new(log).unwrap();
    let mut memory = vec![7; plan.words()];
    let found = gather_purchases(&plan, rules, &mut memory)?;
    let purchases = found.receipt.purchases;
    let mut customers = vec![-7; found.customers()];
    let mut offsets = vec![-7; found.customers() + 1];
    let mut times = vec![-7; purchases];
    let mut values = vec![-7.0; if log.amount.is_some() { purchases } else { 0 }];
    found.write(PurchaseColumns {
        customers: &mut customers,
        offsets: &mut offsets,
        times: &mut times,
        values: &mut values,
    });
    Some(Transactions {
        grain: found.grain,
        customers,
        offsets,
        times,
        values: log.amount.map(|_| values),
        refunds: found.refunds(),
        lines: None,
        receipt: found.receipt,
    })
}

/// Passes if a way gives what grouping by codes gives; `customer_of` says which code a name stands for.
fn compare(
    log: EventLog<'_>,
    expected: &crate::Result<Transactions>,
    rules: Rules,
    as_of: Option<(i64, bool)>,
    code_of: impl Fn(i64) -> i64,
) -> Result<(), TestCaseError> {
    let Ok(expected) = expected else {
        prop_assert_eq!(gathered(log, rules), None);
        prop_assert_eq!(summary_of(log, rules, as_of), None);
        return Ok(());
    };
    if let Some(mut found) = gathered(log, rules) {
        for customer in &mut found.customers {
            *customer = code_of(*customer);
        }
        prop_assert_eq!(&found, expected);
    } else {
        prop_assert_eq!(rules.merge, Merge::Order);
    }
    let (at, whole_day) = as_of.unwrap_or((expected.receipt.last_time, false));
    let cutoff = expected.grain.cutoff(at, whole_day);
    let by_codes = summarize(&expected.history(), cutoff, Unit::Month).ok();
    let found = summary_of(log, rules, as_of);
    if let (Merge::Period(_), Some(mut by_codes)) = (rules.merge, by_codes) {
        let (mut summary, receipt) = found.unwrap();
        for customer in &mut summary.customers {
            *customer = code_of(*customer);
        }
        for place in &mut by_codes.customers {
            *place = expected.customers[usize::try_from(*place).unwrap()];
        }
        prop_assert_eq!(summary, by_codes);
        prop_assert_eq!(&receipt, &expected.receipt);
    } else {
        prop_assert_eq!(found, None);
    }
    Ok(())
}

/// Passes if every way through the rows gives the same.
fn compare_all(rows: &Rows, rules: Rules, as_of: Option<(i64, bool)>) -> Result<(), TestCaseError> {
    let missing = Some(&rows.customer_missing[..]);
    let mut by_code = vec![0; rows.customer.len()];
    let ids = codes::of_integers(&rows.customer, missing, &mut by_code).unwrap();
    let expected = rows.grouped(&by_code, ids.len(), rules);
    let position = |id: i64| {
        ids.binary_search(&id)
            .map_or(-1, |place| i64::try_from(place).unwrap())
    };
    compare(rows.integers(), &expected, rules, as_of, position)?;
    let of_codes = Customers::Integers {
        values: &by_code,
        missing: Mask::NONE,
        least: 0,
    };
    compare(rows.log(of_codes), &expected, rules, as_of, |code| code)?;
    for before in ["", "a longer beginning than sixteen bytes "] {
        let text = rows.text(before);
        let firsts = codes::of_text(text.view(), missing, &mut by_code).unwrap();
        let expected = rows.grouped(&by_code, firsts.len(), rules);
        let customer = Customers::Text {
            text: text.view(),
            missing: rows.missing(),
        };
        let log = rows.log(customer);
        let plan = Plan::new(log).unwrap();
        // short text comes out as text, not as rows: its order is that of the codes
        let row_of = |row: i64| by_code[usize::try_from(row).unwrap()];
        if matches!(plan.naming(), plan::Naming::Text) {
            let names = gather_purchases(&plan, rules, &mut vec![0; plan.words()]);
            let texts = names.and_then(|names| names.texts());
            if let (Some(texts), Ok(expected)) = (texts, &expected) {
                for (place, &code) in expected.customers.iter().enumerate() {
                    let first = firsts[usize::try_from(code).unwrap()];
                    prop_assert_eq!(texts.view().get(place), text.view().get(first));
                }
            }
        } else {
            compare(log, &expected, rules, as_of, row_of)?;
        }
    }
    Ok(())
}

fn rules() -> impl Strategy<Value = Rules> {
    let merges = [
        Merge::Period(Grain::Hour),
        Merge::Period(Grain::Day),
        Merge::Period(Grain::Week),
        Merge::Period(Grain::Month),
        Merge::Nothing,
    ];
    let refunds = [
        RefundRule::Net,
        RefundRule::Drop,
        RefundRule::Keep,
        RefundRule::Raise,
    ];
    let duplicates = [
        DuplicateRule::Keep,
        DuplicateRule::Drop,
        DuplicateRule::Raise,
    ];
    (
        prop::sample::select(merges.to_vec()),
        prop::sample::select(refunds.to_vec()),
        prop::sample::select(duplicates.to_vec()),
    )
        .prop_map(|(merge, refunds, duplicates)| Rules {
            merge,
            refunds,
            duplicates,
        })
}

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![
        5 => 0.0..50.0,
        1 => -9.0..0.0,
        1 => prop::sample::select(vec![0.0, -0.0, 0.1, 0.2, 0.3]),
    ]
}

fn any_rows() -> impl Strategy<Value = Rows> {
    let customer = prop_oneof![Just(0..6_i64), Just(i64::MIN..i64::MAX)];
    let time = prop_oneof![-40 * DAY..40 * DAY, (-9..9_i64).prop_map(|day| day * DAY)];
    (customer, any::<bool>(), 0..3_u8).prop_flat_map(move |(customers, has_amounts, sorted)| {
        let some_customers = prop::collection::vec(customers, 1..8);
        let row = (
            any::<prop::sample::Index>(),
            time.clone(),
            amount(),
            0..20_u8,
        );
        (some_customers, prop::collection::vec(row, 1..60)).prop_map(move |(customers, rows)| {
            let mut rows: Vec<_> = rows
                .into_iter()
                .map(|(customer, time, amount, gap)| (*customer.get(&customers), time, amount, gap))
                .collect();
            match sorted {
                0 => {}
                1 => rows.sort_by_key(|row| (row.0, row.1)),
                _ => rows.sort_by_key(|row| row.1),
            }
            Rows {
                customer: rows.iter().map(|row| row.0).collect(),
                customer_missing: rows.iter().map(|row| row.3 == 0 && sorted != 1).collect(),
                time: rows.iter().map(|row| row.1).collect(),
                time_missing: rows.iter().map(|row| row.3 == 1).collect(),
                amount: has_amounts.then(|| rows.iter().map(|row| row.2).collect()),
            }
        })
    })
}

proptest! {
    #[test]
    fn every_way_gives_what_codes_give(
        rows in any_rows(),
        rules in rules(),
        as_of in prop::option::of((-50 * DAY..50 * DAY, any::<bool>())),
    ) {
        compare_all(&rows, rules, as_of)?;
    }
}

/// Rows that take many partitions: `spread` apart, in an order that a fixed generator gives.
fn many_rows(count: i64, customers: i64, spread: i64) -> Rows {
    let mut state = 1_u64;
    let mut draw = |below: i64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(state >> 33).unwrap() % below
    };
    let rows: Vec<(i64, i64, i64)> = (0..count)
        .map(|_| (draw(customers) * spread, draw(400 * DAY), draw(10_000)))
        .collect();
    let none = vec![false; rows.len()];
    Rows {
        customer: rows.iter().map(|row| row.0).collect(),
        customer_missing: none.clone(),
        time: rows.iter().map(|row| row.1).collect(),
        time_missing: none,
        amount: Some(rows.iter().map(|row| row.2 as f64 / 100.0).collect()),
    }
}

#[test]
fn logs_of_many_partitions_give_the_same() {
    let rules = Rules {
        merge: Merge::Period(Grain::Day),
        refunds: RefundRule::Net,
        duplicates: DuplicateRule::Keep,
    };
    for spread in [1, 1 << 40] {
        let rows = many_rows(150_000, 12_000, spread);
        compare_all(&rows, rules, None).unwrap();
        compare_all(&rows, rules, Some((200 * DAY, true))).unwrap();
    }
    // one customer has nearly everything
    let mut rows = many_rows(150_000, 3_000, 1);
    for (row, customer) in rows.customer.iter_mut().enumerate() {
        *customer = if row % 50 == 0 { *customer } else { 7 };
    }
    compare_all(&rows, rules, None).unwrap();
}

#[test]
fn nothing_comes_of_nothing() {
    let rows = Rows {
        customer: vec![],
        customer_missing: vec![],
        time: vec![],
        time_missing: vec![],
        amount: None,
    };
    let rules = Rules {
        merge: Merge::Period(Grain::Day),
        refunds: RefundRule::Net,
        duplicates: DuplicateRule::Keep,
    };
    assert_eq!(gathered(rows.integers(), rules), None);
    assert_eq!(summary_of(rows.integers(), rules, None), None);
}

#[test]
fn nothing_is_done_once_nobody_waits() {
    let rules = Rules {
        merge: Merge::Period(Grain::Day),
        refunds: RefundRule::Net,
        duplicates: DuplicateRule::Keep,
    };
    // one customer after the other, and back and forth
    for customer in [vec![1, 1, 2], vec![1, 2, 1]] {
        let rows = Rows {
            customer,
            customer_missing: vec![false; 3],
            time: vec![0, 1, 2],
            time_missing: vec![false; 3],
            amount: None,
        };
        let stopped = EventLog {
            stop: &STOP,
            ..rows.integers()
        };
        assert!(summary_of(rows.integers(), rules, None).is_some());
        assert!(summary_of(stopped, rules, None).is_none());
    }
}

#[test]
fn columns_that_differ_in_length_are_refused() {
    let log = EventLog {
        customer: Customers::Integers {
            values: &[1, 2],
            missing: Mask::NONE,
            least: 0,
        },
        time: &[0, 0],
        time_missing: Mask::NONE,
        amount: Some(&[1.0]),
        stop: &GO_ON,
    };
    assert!(Plan::new(log).is_err());
    assert!(
        Plan::new(EventLog {
            time: &[0],
            amount: None,
            ..log
        })
        .is_err()
    );
}
