//! The Pareto/NBD model where naive formulas break: log-likelihoods to 120 digits (`golden/pareto_nbd_stress.json`).
#![expect(
    clippy::tests_outside_test_module,
    reason = "all of this file is tests"
)]

use serde::Deserialize;
use tenure::data::Purchases;
use tenure::models::{Model, ParetoNbd};
use tenure::numeric::{Dual, Dual2};

#[derive(Deserialize)]
struct Table {
    rows: Vec<[f64; 8]>,
}

#[test]
fn stress_cases_are_exact() {
    let table: Table = serde_json::from_str(include_str!("golden/pareto_nbd_stress.json")).unwrap();
    assert!(table.rows.len() >= 300);
    for [r, alpha, s, beta, x, t_x, t, exact] in table.rows {
        let (theta, row) = ([r, alpha, s, beta], Purchases { x, t_x, t });
        let ours = ParetoNbd::ln_pdf(theta, &row);
        let error = (ours - exact).abs() / exact.abs();
        assert!(
            error <= 1e-11,
            "{ours:e} should be {exact:e} at {theta:?}, {row:?}"
        );
        // derivatives are finite too, and do not change the value
        let first = ParetoNbd::ln_pdf(Dual::variables(theta), &row);
        let second = ParetoNbd::ln_pdf(Dual2::variables(theta), &row);
        assert!((first.value - ours).abs() <= 1e-13 * ours.abs());
        assert!(first.gradient.iter().all(|slope| slope.is_finite()));
        assert!(second.hessian.iter().flatten().all(|bend| bend.is_finite()));
    }
}
