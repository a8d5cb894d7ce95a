//! The models agree with references in many digits (`golden/*_exact.json`) and with published figures
//! (`golden/*.json`). The figures that need the CDNOW data are checked by `test_golden.py`.
#![expect(
    clippy::tests_outside_test_module,
    clippy::unwrap_used,
    reason = "all of this file is tests"
)]

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tenure::data::{Histories, HistoryColumns, Spending};
use tenure::models::Quantity;
use tenure::models::purchasing::{Discounting, purchasing};
use tenure::models::spending::{expected_spend, spend_quantiles, spending_log_likelihood};

/// Rows under named columns; a mean that does not exist is null.
#[derive(Deserialize)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Option<f64>>>,
}

/// Published figures at one point of the parameters, the figure last in each row.
#[derive(Deserialize)]
struct Block {
    source: String,
    parameters: Vec<f64>,
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
    #[serde(default)]
    rtol: f64,
    #[serde(default)]
    atol: f64,
    #[serde(default)]
    horizon: f64,
    #[serde(default)]
    delta: f64,
}

#[derive(Deserialize)]
struct PublishedBuying {
    log_likelihood: Vec<Block>,
    probability_alive: Vec<Block>,
    probability_alive_later: Vec<Block>,
    expected_purchases: Vec<Block>,
    expected_purchases_new: Vec<Block>,
    pmf_new: Vec<Block>,
    pmf_conditional: Vec<Block>,
    no_purchase: Vec<Block>,
    discounted: Vec<Block>,
    table_25: Block,
}

#[derive(Deserialize)]
struct PublishedSpend {
    expected_spend: Vec<Block>,
}

fn golden<T: DeserializeOwned>(name: &str) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// The exact references have 17 digits; the worst error seen is 1e-13, the rest is room for other machines' libm.
/// Products of a probability of being alive that underflows may be zero.
fn assert_exact(what: &str, ours: f64, exact: f64) {
    let error = (ours - exact).abs();
    assert!(
        error <= 1e-12 * exact.abs() + 1e-300,
        "{what}: {ours:e} should be {exact:e}"
    );
}

/// A log-likelihood passes through zero: its error is measured beside one, and beside terms as large as `x ln x` that
/// nearly cancel.
fn assert_exact_log(what: &str, ours: f64, exact: f64, x: f64) {
    let error = (ours - exact).abs();
    assert!(
        error <= 1e-12 * (1.0 + exact.abs()) + 1e-14 * x,
        "{what}: {ours:e} should be {exact:e}"
    );
}

impl Block {
    fn assert_met(&self, row: &[f64], ours: f64, published: f64) {
        let error = (ours - published).abs();
        assert!(
            error <= self.atol + self.rtol * published.abs(),
            "{}, {row:?}: {ours} should be {published}",
            self.source
        );
    }

    /// Blocks that name customers of CDNOW need its data.
    fn stands_alone(&self) -> bool {
        !self.columns.iter().any(|column| column == "customer_id")
    }
}

fn forever(rate: f64) -> Quantity {
    Quantity::DiscountedPurchases(Discounting { rate, period: None })
}

/// A prediction by BG/NBD for one customer with this `x`, `t_x` and `T`.
fn predicted(quantity: Quantity, theta: &[f64], history: [f64; 3], horizon: f64) -> f64 {
    let model = purchasing("BGNBD").unwrap();
    let [x, t_x, t] = history.map(|value| [value]);
    let customer = HistoryColumns::new(&x, &t_x, &t).unwrap();
    let mut value = [0.0];
    model
        .predict(quantity, theta, &customer, &[horizon], &mut value, None)
        .unwrap();
    value[0]
}

fn log_likelihood(theta: &[f64], history: [f64; 3]) -> f64 {
    let [x, t_x, t] = history.map(|value| [value]);
    let customer = Histories::new(&x, &t_x, &t).unwrap();
    let mut value = [0.0];
    let model = purchasing("BGNBD").unwrap();
    model.log_likelihood(theta, &customer, &mut value).unwrap();
    value[0]
}

fn probability(theta: &[f64], history: [f64; 3], horizon: f64, count: f64) -> f64 {
    let [x, t_x, t] = history.map(|value| [value]);
    let customer = Histories::new(&x, &t_x, &t).unwrap();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are small whole numbers"
    )]
    let most = count as usize;
    let mut values = vec![0.0; most + 1];
    let model = purchasing("BGNBD").unwrap();
    model
        .probabilities(theta, &customer, &[horizon], most, &mut values)
        .unwrap();
    values[most]
}

const NEW: [f64; 3] = [0.0; 3];

#[test]
fn bg_nbd_is_exact() {
    let table: Table = golden("bg_nbd_exact.json");
    assert!(table.rows.len() > 100);
    for row in table.rows {
        let row: Vec<f64> = row.into_iter().map(Option::unwrap).collect();
        let (theta, rest) = row.split_at(4);
        let &[x, t_x, t, horizon, k, delta, ..] = rest else {
            panic!("a row is too short")
        };
        let customer = [x, t_x, t];
        let ours = [
            log_likelihood(theta, customer),
            predicted(Quantity::ProbabilityAlive, theta, customer, 0.0),
            predicted(Quantity::ProbabilityAlive, theta, customer, horizon),
            predicted(Quantity::ExpectedPurchases, theta, customer, horizon),
            probability(theta, customer, horizon, k),
            predicted(forever(delta), theta, customer, horizon),
            predicted(forever(delta), theta, customer, f64::INFINITY),
            predicted(Quantity::ExpectedPurchases, theta, NEW, horizon),
            probability(theta, NEW, horizon, k),
            predicted(forever(delta), theta, NEW, f64::INFINITY),
        ];
        let (names, exact) = (&table.columns[10..], &row[10..]);
        assert_eq!(exact.len(), ours.len());
        for ((name, ours), &exact) in names.iter().zip(ours).zip(exact) {
            let what = format!("{name} at {:?}", &row[..10]);
            if name == "log_likelihood" {
                assert_exact_log(&what, ours, exact, x);
            } else {
                assert_exact(&what, ours, exact);
            }
        }
    }
}

#[test]
fn gamma_gamma_is_exact() {
    let table: Table = golden("gamma_gamma_exact.json");
    assert!(table.rows.len() > 50);
    for row in table.rows {
        let exact: Vec<f64> = row
            .into_iter()
            .map(|v| v.unwrap_or(f64::INFINITY))
            .collect();
        let (theta, rest) = exact.split_at(3);
        let (x, mean) = ([rest[0]], [rest[1]]);
        let customer = Spending::new(&x, &mean).unwrap();
        let mut ours = [0.0; 7];
        spending_log_likelihood(theta, &customer, &mut ours[..1]).unwrap();
        expected_spend(theta, &customer, &mut ours[1..2], None).unwrap();
        let levels = [0.025, 0.05, 0.5, 0.95, 0.975];
        spend_quantiles(theta, &customer, &levels, &mut ours[2..]).unwrap();
        for ((name, ours), &exact) in table.columns[5..].iter().zip(ours).zip(&rest[2..]) {
            let what = format!("{name} at {:?}", [theta, &rest[..2]]);
            match name.as_str() {
                "log_likelihood" => assert_exact_log(&what, ours, exact, x[0]),
                // where the mean does not exist we say infinity
                _ if exact.is_infinite() => assert!(ours.is_infinite(), "{what}: {ours}"),
                _ => assert_exact(&what, ours, exact),
            }
        }
    }
}

#[test]
fn bg_nbd_meets_published_figures() {
    let published: PublishedBuying = golden("bg_nbd.json");
    let each = |blocks: &[Block], ours: &dyn Fn(&Block, &[f64]) -> f64| {
        for block in blocks.iter().filter(|block| block.stands_alone()) {
            for row in &block.rows {
                block.assert_met(row, ours(block, row), row[row.len() - 1]);
            }
        }
    };
    let history = |row: &[f64]| [row[0], row[1], row[2]];
    each(&published.log_likelihood, &|block, row| {
        log_likelihood(&block.parameters, history(row))
    });
    for blocks in [
        &published.probability_alive,
        &published.probability_alive_later,
    ] {
        each(blocks, &|block, row| {
            let quantity = Quantity::ProbabilityAlive;
            predicted(quantity, &block.parameters, history(row), block.horizon)
        });
    }
    each(&published.expected_purchases, &|block, row| {
        let quantity = Quantity::ExpectedPurchases;
        predicted(quantity, &block.parameters, history(row), block.horizon)
    });
    each(&published.expected_purchases_new, &|block, row| {
        predicted(Quantity::ExpectedPurchases, &block.parameters, NEW, row[0])
    });
    each(&published.pmf_new, &|block, row| {
        probability(&block.parameters, NEW, row[0], row[1])
    });
    each(&published.no_purchase, &|block, row| {
        predicted(
            Quantity::NoPurchase,
            &block.parameters,
            history(row),
            row[3],
        )
    });
    each(&published.discounted, &|block, row| {
        let quantity = forever(block.delta);
        predicted(quantity, &block.parameters, history(row), f64::INFINITY)
    });
}

#[test]
fn bg_nbd_meets_published_tables() {
    let published: PublishedBuying = golden("bg_nbd.json");
    for block in &published.pmf_conditional {
        for row in &block.rows {
            let (history, probabilities) = ([row[0], row[1], row[2]], &row[3..]);
            for (k, &published) in (0..).zip(probabilities) {
                let ours = probability(&block.parameters, history, block.horizon, f64::from(k));
                block.assert_met(row, ours, published);
            }
        }
    }
    let table = &published.table_25;
    assert_eq!(table.rows.len(), 25);
    for row in &table.rows {
        let &[_, x, t_x, t, alive, ref expected @ ..] = &row[..] else {
            panic!("a row is too short")
        };
        let ours = |quantity, horizon| predicted(quantity, &table.parameters, [x, t_x, t], horizon);
        table.assert_met(row, ours(Quantity::ProbabilityAlive, 0.0), alive);
        for (horizon, &published) in [1.0, 3.0, 6.0].into_iter().zip(expected) {
            table.assert_met(row, ours(Quantity::ExpectedPurchases, horizon), published);
        }
    }
}

#[test]
fn gamma_gamma_meets_published_figures() {
    let published: PublishedSpend = golden("gamma_gamma.json");
    let blocks = published.expected_spend.iter();
    for block in blocks.filter(|block| block.stands_alone()) {
        for row in &block.rows {
            let (x, mean, mut ours) = ([row[0]], [row[1]], [0.0]);
            let customer = Spending::new(&x, &mean).unwrap();
            expected_spend(&block.parameters, &customer, &mut ours, None).unwrap();
            block.assert_met(row, ours[0], row[2]);
        }
    }
}
