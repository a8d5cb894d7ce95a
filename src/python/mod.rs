//! The binding: the only place that names PyO3 or NumPy. Functions here convert, release the interpreter lock,
//! call the core and convert back; they compute nothing themselves.
#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 extracts arguments by value"
)]

mod arrow;
mod arrow_column;
mod arrow_text;
mod baskets;
mod buckets;
mod cohorts;
mod collate;
mod columns;
mod convert;
mod cox;
mod distributions;
mod engine;
mod error;
mod forecasts;
mod many_dates;
mod objects;
mod parametric;
mod purchasing;
mod renewal;
mod retention;
mod rfm;
mod simulate;
mod spending;
mod survival;
mod transactions;
mod ziln;

use pyo3::prelude::*;

use crate::models::Parameter;
use crate::{Error, Result};

/// The compiled core of `tenure`.
#[pymodule]
mod _core {
    use pyo3::prelude::*;

    /// Finds NumPy at once, and not in the middle of work, where Ctrl-C may interrupt it.
    #[pymodule_init]
    fn find_numpy(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        numpy::PyArray1::<f64>::zeros(py, 0, false).call_method0("sum")?;
        Ok(())
    }

    #[pymodule_export]
    use super::transactions::{
        check_summary, customer_activity, group_transactions, purchase_log_intervals,
        purchase_waits, split_transactions, summarize_transactions,
    };

    #[pymodule_export]
    use super::engine::{group_log, summarize_log};

    #[pymodule_export]
    use super::arrow::ArrowTable;

    #[pymodule_export]
    use super::baskets::{basket_pairs, basket_sets};

    #[pymodule_export]
    use super::buckets::{buckets_of_integers, buckets_of_text};

    #[pymodule_export]
    use super::cohorts::{cohort_counts, cohort_counts_of_log, cohort_values};

    #[pymodule_export]
    use super::collate::{collate_customers, group_part};

    #[pymodule_export]
    use super::many_dates::summarize_at_dates;

    #[pymodule_export]
    use super::columns::{
        codes_of_integers, codes_of_text, ends, instants_of_text, instants_of_ticks, parse_time,
    };

    #[pymodule_export]
    use super::objects::{objects_of_text, survey_objects, text_of_objects};

    #[pymodule_export]
    use super::distributions::chi_square_tail;

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use super::forecasts::{purchasing_bootstrap, purchasing_money_quantiles, purchasing_scores};
    #[pymodule_export]
    use super::parametric::{parametric_fit, parametric_predict};
    #[pymodule_export]
    use super::purchasing::{
        purchasing_customer_parameters, purchasing_fit, purchasing_log_likelihood,
        purchasing_parameters, purchasing_predict, purchasing_probabilities, purchasing_processes,
        purchasing_profile, purchasing_quantiles,
    };
    #[pymodule_export]
    use super::renewal::{
        renewal_bootstrap, renewal_customer_parameters, renewal_fit, renewal_log_likelihood,
        renewal_parameters, renewal_predict, renewal_processes, renewal_profile, renewal_simulate,
    };
    #[pymodule_export]
    use super::retention::{
        active_periods, growth_movements, lifecycle_states, period_ledger, purchase_streaks,
        return_variance, revenue_retention, trailing_actives,
    };
    #[pymodule_export]
    use super::rfm::{
        rfm_boundaries, rfm_check, rfm_cuts, rfm_cuts_within, rfm_scores, rfm_scores_by_rank,
        rfm_scores_within, rfm_segments, rfm_tie_breaks_of_integers, rfm_tie_breaks_of_text,
    };
    #[pymodule_export]
    use super::simulate::{
        simulate_arrivals, simulate_bg_nbd, simulate_mean_spend, simulate_order_values,
        simulate_purchases,
    };
    #[pymodule_export]
    use super::ziln::ziln_fit;

    #[pymodule_export]
    use super::cox::{concordance, cox_fit, cox_residuals};

    #[pymodule_export]
    use super::survival::{
        aalen_johansen, chi_squared_tail, kaplan_meier, log_rank, nelson_aalen, restricted_mean,
        survival_band, survival_check, survival_table,
    };

    #[pymodule_export]
    use super::spending::{
        log_likelihood, spending_customer_parameters, spending_expected, spending_fit,
        spending_parameters, spending_profile, spending_quantiles,
    };
}

/// Whether the user pressed Ctrl-C; called now and then from long work.
fn interrupt() -> Result<()> {
    Python::attach(|py| py.check_signals().map_err(|_| Error::Interrupted))
}

/// `(name, meaning, dimension)` of parameters.
type Parameters = Vec<(&'static str, &'static str, String)>;

fn parameter_table(parameters: &[Parameter]) -> Parameters {
    let row = |p: &Parameter| {
        let dimension = format!("{:?}", p.dimension).to_lowercase();
        (p.name, p.meaning, dimension)
    };
    parameters.iter().map(row).collect()
}
