"""References for survival analysis from lifelines 0.30.3: `../../survival.json`.

lifelines pins an old pandas, so this runs in an environment of its own: see
`make golden-survival`. The data sets that are small enough are written
along with the numbers, so that the tests need neither; lifelines is under the MIT
licence (see NOTICE.md).

It always writes the same file.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import lifelines
import numpy as np
import pandas as pd  # noqa: TC002 (the script is run, not imported)
from lifelines import (
    AalenJohansenFitter,
    CoxPHFitter,
    CoxTimeVaryingFitter,
    ExponentialFitter,
    GeneralizedGammaFitter,
    KaplanMeierFitter,
    LogLogisticAFTFitter,
    LogLogisticFitter,
    LogNormalAFTFitter,
    LogNormalFitter,
    MixtureCureFitter,
    NelsonAalenFitter,
    WeibullAFTFitter,
    WeibullFitter,
    datasets,
)
from lifelines.statistics import (
    multivariate_logrank_test,
    pairwise_logrank_test,
    proportional_hazard_test,
)
from lifelines.utils import restricted_mean_survival_time

warnings.simplefilter("ignore")

COX = {"precision": 1e-14, "r_precision": 1e-15, "max_steps": 500}
FIT = {"ftol": 1e-16, "gtol": 1e-10, "maxiter": 3000}


def tables() -> dict[str, pd.DataFrame]:
    """Return the data sets, each with whole rows and numbers only."""
    rossi = datasets.load_rossi()
    untied = rossi.assign(week=rossi["week"] + np.arange(len(rossi)) / 1000)
    gbsg2 = datasets.load_gbsg2()
    gbsg2 = gbsg2.assign(
        horTh=(gbsg2["horTh"] == "yes").astype(int),
        menostat=(gbsg2["menostat"] == "Post").astype(int),
        tgrade=gbsg2["tgrade"].map({"I": 1, "II": 2, "III": 3}),
    )
    waltons = datasets.load_waltons()
    waltons = waltons.assign(group=(waltons["group"] != "control").astype(int))
    lung = datasets.load_lung()[["time", "status", "age", "sex", "ph.ecog"]].dropna()
    larynx = datasets.load_larynx()
    heart = datasets.load_stanford_heart_transplants()
    multicenter = datasets.load_multicenter_aids_cohort_study()
    multicenter = multicenter[["T", "W", "D"]].assign(until=lambda t: t["W"] + t["T"])
    return {
        "rossi": rossi,
        "untied": untied[["week", "arrest", "fin", "age", "race", "prio"]],
        "gbsg2": gbsg2,
        "waltons": waltons,
        "lung": lung,
        "larynx": larynx,
        "heart": heart,
        "aids": multicenter,
    }


def numbers(values) -> list[float]:
    """Return numbers that JSON holds exactly; NaN and infinity as None."""
    flat = np.asarray(values, dtype=float).ravel().tolist()
    return [value if np.isfinite(value) else None for value in flat]


def curves(data: dict[str, pd.DataFrame]) -> list[dict]:
    """Kaplan-Meier and Nelson-Aalen estimates with their bands."""
    cases = [
        ("rossi", "week", "arrest", None, None),
        ("waltons", "T", "E", None, None),
        ("lung", "time", "status", None, None),
        ("gbsg2", "time", "cens", None, "tgrade"),
        ("larynx", "time", "death", None, None),
        ("aids", "until", "D", "W", None),
    ]
    found = []
    for name, time, event, entry, weights in cases:
        table = data[name]
        of = {
            "durations": table[time],
            "event_observed": table[event],
            "entry": None if entry is None else table[entry],
            "weights": None if weights is None else table[weights],
        }
        km = KaplanMeierFitter().fit(**of)
        once = NelsonAalenFitter(nelson_aalen_smoothing=False).fit(**of)
        one = NelsonAalenFitter(nelson_aalen_smoothing=True).fit(**of)
        found.append(
            {
                "data": name,
                "columns": [time, event, entry, weights],
                "timeline": numbers(km.timeline),
                "observed": numbers(km.event_table["observed"]),
                "survival": numbers(km.survival_function_),
                "lower": numbers(km.confidence_interval_.iloc[:, 0]),
                "upper": numbers(km.confidence_interval_.iloc[:, 1]),
                "median": numbers(km.median_survival_time_),
                "hazard": numbers(once.cumulative_hazard_),
                "hazard_one_by_one": numbers(one.cumulative_hazard_),
                "hazard_lower": numbers(one.confidence_interval_.iloc[:, 0]),
                "hazard_upper": numbers(one.confidence_interval_.iloc[:, 1]),
                "restricted_mean": [
                    float(table[time].max() * 0.75),
                    *numbers(
                        restricted_mean_survival_time(
                            km, t=float(table[time].max() * 0.75)
                        )
                    ),
                ]
                if entry is None
                else None,
            }
        )
    return found


def tests(data: dict[str, pd.DataFrame]) -> dict:
    """The log-rank family, and all pairs."""
    larynx, gbsg2 = data["larynx"], data["gbsg2"]
    weightings = [
        ("log-rank", {}),
        ("wilcoxon", {"weightings": "wilcoxon"}),
        ("tarone-ware", {"weightings": "tarone-ware"}),
        ("peto", {"weightings": "peto"}),
        ("fleming-harrington", {"weightings": "fleming-harrington", "p": 1, "q": 0}),
        ("fleming-harrington", {"weightings": "fleming-harrington", "p": 0.5, "q": 2}),
    ]
    stage = larynx["Stage_II"] + 2 * larynx["Stage_III"] + 3 * larynx["Stage_IV"]
    found = []
    for name, options in weightings:
        for of, groups, time, event, by in (
            (larynx, stage, "time", "death", "stage"),
            (gbsg2, gbsg2["horTh"], "time", "cens", "horTh"),
        ):
            test = multivariate_logrank_test(of[time], groups, of[event], **options)
            found.append(
                {
                    "data": "larynx" if by == "stage" else "gbsg2",
                    "weighting": name,
                    "powers": [options.get("p", 0), options.get("q", 0)],
                    "statistic": float(test.test_statistic),
                    "p_value": float(test.p_value),
                }
            )
    weighted = multivariate_logrank_test(
        gbsg2["time"], gbsg2["horTh"], gbsg2["cens"], weights=gbsg2["tgrade"]
    )
    pairs = pairwise_logrank_test(larynx["time"], stage, larynx["death"])
    return {
        "family": found,
        "weighted": float(weighted.test_statistic),
        "pairs": {
            "statistic": numbers(pairs.test_statistic),
            "p_value": numbers(pairs.p_value),
        },
    }


def competing(data: dict[str, pd.DataFrame]) -> dict:
    """Cumulative incidence of two causes on data without ties."""
    table = data["untied"]
    causes = (table["arrest"] * (1 + table["race"])).astype(int)
    found = {}
    for cause in (1, 2):
        fit = AalenJohansenFitter().fit(table["week"], causes, event_of_interest=cause)
        found[str(cause)] = {
            "incidence": numbers(fit.cumulative_density_)[-40:],
            "variance": numbers(fit.variance_)[-40:],
        }
    return found


def _residuals(cox: CoxPHFitter, table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the residuals of the first rows, in their order."""
    names = list(cox.params_.index) if kind == "schoenfeld" else [kind]
    return cox.compute_residuals(table, kind).sort_index()[names].head(60)


def sharpest(fitter: type, table: pd.DataFrame, *columns: str):
    """Return a regression from the sharpest stopping rule that its search can meet."""
    fit = None
    for gtol in (1e-6, 1e-7, 1e-8, 1e-9, 3e-10, 1e-10):
        trial = fitter()
        trial._scipy_fit_method = "BFGS"
        try:
            trial.fit(table, *columns, fit_options={"gtol": gtol})
        except lifelines.exceptions.ConvergenceError:
            break
        fit = trial
    return fit


def regressions(data: dict[str, pd.DataFrame]) -> list[dict]:
    """Cox regressions with every option."""
    cases = [
        ("rossi", "week", "arrest", {}, {}),
        ("rossi", "week", "arrest", {"penalizer": 0.1}, {}),
        ("rossi", "week", "arrest", {}, {"strata": ["race"]}),
        ("rossi", "week", "arrest", {}, {"strata": ["race"], "weights_col": "wexp"}),
        ("untied", "week", "arrest", {}, {"robust": True}),
        ("untied", "week", "arrest", {}, {"cluster_col": "age"}),
        ("untied", "week", "arrest", {}, {}),
        ("gbsg2", "time", "cens", {}, {}),
        ("lung", "time", "status", {}, {}),
        ("larynx", "time", "death", {}, {}),
        ("aids", "until", "D", {}, {"entry_col": "W"}),
    ]
    found = []
    for name, time, event, settings, options in cases:
        table = data[name]
        if "weights_col" in options:
            table = table.assign(wexp=table["wexp"] + 1)
        if name == "aids":
            table = table.assign(x=np.sin(np.arange(len(table)))).drop(columns="T")
        cox = CoxPHFitter(**settings)
        cox.fit(table, time, event, fit_options=COX, **options)
        case = {
            "data": name,
            "columns": [time, event],
            "settings": settings,
            "options": options,
            "covariates": list(cox.params_.index),
            "coefficients": numbers(cox.params_),
            "std_errors": numbers(cox.standard_errors_),
            "log_likelihood": float(cox.log_likelihood_),
            "concordance": float(cox.concordance_index_),
        }
        plain = not settings and not options
        if plain:
            case["baseline"] = numbers(cox.baseline_cumulative_hazard_)[-30:]
            ratio = cox.log_likelihood_ratio_test()
            case["ratio"] = float(ratio.test_statistic)
            row = table.iloc[[3]]
            case["survival"] = numbers(cox.predict_survival_function(row))[-30:]
        if name == "untied" and plain:
            kinds = ("martingale", "deviance", "schoenfeld")
            case["residuals"] = {
                kind: numbers(_residuals(cox, table, kind)) for kind in kinds
            }
            case["proportionality"] = {
                scale: numbers(
                    proportional_hazard_test(
                        cox, table, time_transform=scale
                    ).test_statistic
                )
                for scale in ("rank", "identity", "log")
            }
        found.append(case)
    heart = CoxTimeVaryingFitter()
    table = data["heart"]
    table = table[table["start"] < table["stop"]]
    heart.fit(
        table,
        id_col="id",
        event_col="event",
        start_col="start",
        stop_col="stop",
        fit_options=COX,
    )
    found.append(
        {
            "data": "heart",
            "columns": ["stop", "event"],
            "settings": {},
            "options": {"entry_col": "start"},
            "covariates": list(heart.params_.index),
            "coefficients": numbers(heart.params_),
            "std_errors": numbers(heart.standard_errors_),
            "log_likelihood": float(heart.log_likelihood_),
        }
    )
    return found


def distributions(data: dict[str, pd.DataFrame]) -> list[dict]:
    """Parametric fits with and without covariates."""
    found = []
    fitters = {
        "Exponential": ExponentialFitter,
        "Weibull": WeibullFitter,
        "LogNormal": LogNormalFitter,
        "LogLogistic": LogLogisticFitter,
        "GeneralizedGamma": GeneralizedGammaFitter,
    }
    for name, time, event in (("waltons", "T", "E"), ("lung", "time", "status")):
        for model, fitter in fitters.items():
            table = data[name]
            fit = fitter().fit(table[time], table[event], fit_options=FIT)
            at = np.quantile(table[time], [0.1, 0.5, 0.9])
            found.append(
                {
                    "data": name,
                    "model": model,
                    "columns": [time, event],
                    "parameters": fit.params_.to_dict(),
                    "std_errors": numbers(fit.summary["se(coef)"]),
                    "log_likelihood": float(fit.log_likelihood_),
                    "times": numbers(at),
                    "survival": numbers(fit.survival_function_at_times(at)),
                }
            )
    aft = {
        "Weibull": WeibullAFTFitter,
        "LogNormal": LogNormalAFTFitter,
        "LogLogistic": LogLogisticAFTFitter,
    }
    for model, fitter in aft.items():
        table = data["rossi"]
        fit = sharpest(fitter, table, "week", "arrest")
        found.append(
            {
                "data": "rossi",
                "model": model,
                "columns": ["week", "arrest"],
                "covariates": [c for c in table.columns if c not in ("week", "arrest")],
                "coefficients": {
                    "|".join(key): float(value) for key, value in fit.params_.items()
                },
                "std_errors": {
                    "|".join(key): float(value)
                    for key, value in fit.standard_errors_.items()
                },
                "log_likelihood": float(fit.log_likelihood_),
                "median": numbers(fit.predict_median(table.head(5))),
            }
        )
    table = data["aids"]
    late = WeibullFitter().fit(
        table["until"], table["D"], entry=table["W"], fit_options=FIT
    )
    found.append(
        {
            "data": "aids",
            "model": "Weibull",
            "columns": ["until", "D", "W"],
            "parameters": late.params_.to_dict(),
            "log_likelihood": float(late.log_likelihood_),
        }
    )
    return found


def cure(data: dict[str, pd.DataFrame]) -> dict:
    """A share that never has the event."""
    table = data["rossi"]
    fit = MixtureCureFitter(base_fitter=WeibullFitter())
    fit.fit(table["week"] / 52 * 3, table["arrest"], fit_options=FIT)
    return {
        "parameters": fit.params_.to_dict(),
        "log_likelihood": float(fit.log_likelihood_),
    }


def columns_of(table: pd.DataFrame) -> dict[str, list]:
    return {name: table[name].tolist() for name in table.columns}


def main() -> None:
    """Write the file."""
    data = tables()
    out = Path(__file__).parents[2] / "survival.json"
    kept = {
        "source": f"lifelines {lifelines.__version__}, by make/peers/survival.py",
        "schema": "numbers that are not finite are null; columns are time, event, "
        "entry and weights; of long curves the last values only",
        "tables": {name: columns_of(table) for name, table in data.items()},
        "curves": curves(data),
        "tests": tests(data),
        "competing": competing(data),
        "regressions": regressions(data),
        "distributions": distributions(data),
        "cure": cure(data),
    }
    lines = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}"
        for key, value in kept.items()
    )
    out.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
