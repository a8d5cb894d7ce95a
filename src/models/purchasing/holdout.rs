//! How well a model foretold what customers did: scores of the whole distribution that it gave each of them.

use super::whole::Asked;
use crate::Result;
use crate::data::Rows;
use crate::data::check::{Rule, same_length};

/// For each customer the logarithmic score and the continuous ranked probability score of the number of purchases that
/// they made, `actual`, into rows of two of `out`.
///
/// The first is `ln P(X = y)`, and larger is better; the second `sum_k (P(X <= k) - [y <= k])^2`, a distance in
/// purchases of which smaller is better, and which is `|x - y|` for a forecast that is certain of `x`. Both are proper: no
/// forecast does better than the truth (Gneiting and Raftery 2007, Strictly proper scoring rules, prediction, and
/// estimation, Journal of the American Statistical Association 102(477); Czado, Gneiting and Held 2009, Predictive model
/// assessment for count data, Biometrics 65(4)).
///
/// # Errors
/// As [`DynPurchasing::probabilities`](super::DynPurchasing::probabilities); purchases that are no counts, or not one for
/// each customer.
pub fn holdout_scores(asked: &Asked<'_>, actual: &[f64], out: &mut [f64]) -> Result<()> {
    same_length(
        "holdout_purchases",
        actual.len(),
        "frequency",
        asked.customers.len(),
    )?;
    let rule = Rule {
        column: "holdout_purchases",
        expected: "be a whole number from 0 to a million",
        hint: "",
    };
    let is_count = |y: f64| (0.0..=1e6).contains(&y) && y.fract() == 0.0;
    rule.check(
        actual.len(),
        |i| !is_count(actual[i]),
        |i| actual[i].to_string(),
    )?;
    asked.visit(
        |i| whole(actual[i]),
        2,
        out,
        |i, probabilities, scores| {
            scores.copy_from_slice(&scored(probabilities, whole(actual[i])));
        },
    )
}

fn scored(probabilities: &[f64], actual: usize) -> [f64; 2] {
    let (mut reached, mut distance) = (0.0, 0.0);
    for (k, p) in probabilities.iter().enumerate() {
        reached += p;
        let off: f64 = if k < actual { reached } else { 1.0 - reached };
        distance += off * off;
    }
    [probabilities[actual].ln(), distance]
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, not negative and at most a million"
)]
fn whole(count: f64) -> usize {
    count as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Histories;
    use crate::models::purchasing::purchasing;

    /// `E|X - y| - E|X - X'| / 2`, the other form of the score (Gneiting and Raftery 2007, equation 21), by brute force.
    fn by_distances(p: &[f64], y: usize) -> f64 {
        let mut score = 0.0;
        for (i, a) in p.iter().enumerate() {
            score += a * i.abs_diff(y) as f64;
            for (j, b) in p.iter().enumerate() {
                score -= 0.5 * a * b * i.abs_diff(j) as f64;
            }
        }
        score
    }

    #[test]
    fn the_score_is_the_one_by_distances() {
        let model = purchasing("ParetoNBD").unwrap();
        let theta = [0.553, 10.578, 0.606, 11.669];
        let (x, t_x, t) = ([2.0, 26.0, 0.0], [30.43, 30.86, 0.0], [38.86, 31.0, 38.86]);
        let customers = Histories::new(&x, &t_x, &t).unwrap();
        let asked = Asked {
            model,
            theta: &theta,
            customers: &customers,
            horizon: &[39.0],
            check: &|| Ok(()),
        };
        let actual = [0.0, 15.0, 3.0];
        let mut scores = [0.0; 6];
        holdout_scores(&asked, &actual, &mut scores).unwrap();
        let most = 400;
        let mut table = vec![0.0; 3 * (most + 1)];
        model
            .probabilities(&theta, &customers, &[39.0], most, &mut table)
            .unwrap();
        for (i, y) in actual.iter().enumerate() {
            let p = &table[i * (most + 1)..(i + 1) * (most + 1)];
            assert!((scores[2 * i] - p[whole(*y)].ln()).abs() < 1e-12);
            let expected = by_distances(p, whole(*y));
            // what is left out beyond REST, and the rounding of a double sum of 160,000 terms
            assert!((scores[2 * i + 1] - expected).abs() < 1e-8 * expected.max(1.0));
        }
    }

    #[test]
    fn a_horizon_of_nothing_is_certain() {
        let model = purchasing("BGNBD").unwrap();
        let customers = Histories::new(&[2.0], &[30.0], &[40.0]).unwrap();
        let asked = Asked {
            model,
            theta: &[0.243, 4.414, 0.793, 2.426],
            customers: &customers,
            horizon: &[0.0],
            check: &|| Ok(()),
        };
        let mut scores = [1.0; 2];
        holdout_scores(&asked, &[0.0], &mut scores).unwrap();
        assert_eq!(scores.map(f64::abs).map(f64::to_bits), [0, 0]);
        holdout_scores(&asked, &[3.0], &mut scores).unwrap();
        assert!(scores[0] == f64::NEG_INFINITY && (scores[1] - 3.0).abs() < 1e-15);
        let error = holdout_scores(&asked, &[0.5], &mut scores).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `holdout_purchases` must be a whole number from 0 to a million; row 0 has 0.5"
        );
    }
}
