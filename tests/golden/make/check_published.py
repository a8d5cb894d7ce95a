"""Checks every published figure against mpmath: typing errors, wrong tolerances.

Reads `../bg_nbd.json`, `../gamma_gamma.json` and the data bundled with the package, and
computes each figure with the formulas of `bg_nbd.py` and `gamma_gamma.py`. Prints, per
block, the worst share of the tolerance that is used up; a share above 1 fails.

Run it as `python tests/golden/make/check_published.py`.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import fits
from bg_nbd import BGNBD
from gamma_gamma import GammaGamma
from mpmath import mp, mpf

mp.dps = 30
GOLDEN = Path(__file__).parents[1]
FIRST_DAY = date(1997, 1, 1)
checks: list[tuple[float, str]] = []


def met(where, value, published, atol=0.0, rtol=0.0):
    """Note how much of its tolerance a figure uses."""
    allowed = atol + rtol * abs(published)
    share = float(abs(value - published)) / allowed
    if share > 1:
        print(f"{where}: published {published}, computed {mp.nstr(mpf(value), 17)}")
    checks.append((share, where))


def tolerance(block, name=None):
    """atol and rtol of a block, or of one of its figures."""
    found = {key: block[key] for key in ("atol", "rtol") if key in block}
    if name is None:
        return found
    return {key: (v[name] if isinstance(v, dict) else v) for key, v in found.items()}


@cache
def summary():
    """The rounded weekly summary by customer id."""
    return dict(enumerate(fits.published_summary(), start=1))


# --- predictions with high precision, but only once each (no second way) -----------


def survival(model, t):
    tau = mpf(t) / model.alpha
    return mp.hyp2f1(model.r, model.a, model.a + model.b, -tau)


@cache
def new_purchases(model, t):
    return model.expected_purchases_closed_form(mpf(t) / model.alpha, model.a)


@cache
def residual(model, x, t_x, T, t):
    alive = model.probability_alive(x, t_x, T)
    return alive * new_purchases(model.given_alive(x, mpf(T)), t)


def history(block, row):
    """x, t_x and T of a row that has them, or of the customer whom it names."""
    named = dict(zip(block["columns"], row, strict=True))
    if "customer_id" in named and "x" not in named:
        return summary()[named["customer_id"]][:3]
    return named["x"], named["t_x"], named["T"]


def check_rows(golden, name, compute):
    for block in golden[name]:
        model = BGNBD.of(*block["parameters"])
        for row in block["rows"]:
            value = compute(model, block, row)
            where = f"{name}: {block['source']}"
            met(where, value, row[-1], **tolerance(block))


def check_bg_nbd(golden):
    def with_history(compute):
        return lambda model, block, row: compute(model, block, *history(block, row))

    check_rows(
        golden,
        "log_likelihood",
        with_history(lambda m, _, x, t_x, T: m.log_likelihood(x, t_x, T)),
    )
    check_rows(
        golden,
        "probability_alive",
        with_history(lambda m, _, x, t_x, T: m.probability_alive(x, t_x, T)),
    )
    check_rows(
        golden,
        "probability_alive_later",
        with_history(
            lambda m, block, x, t_x, T: (
                m.probability_alive(x, t_x, T)
                * survival(m.given_alive(x, T), block["horizon"])
            )
        ),
    )
    check_rows(
        golden,
        "expected_purchases",
        with_history(lambda m, b, x, t_x, T: residual(m, x, t_x, T, b["horizon"])),
    )
    check_rows(
        golden, "expected_purchases_new", lambda m, _, row: new_purchases(m, row[0])
    )
    check_rows(golden, "pmf_new", lambda m, _, row: m.pmf(row[1], row[0]))
    check_rows(
        golden,
        "no_purchase",
        lambda m, _, row: m.given_alive(row[0], row[2]).pmf(0, row[3]),
    )
    check_rows(
        golden,
        "discounted",
        with_history(
            lambda m, block, x, t_x, T: (
                m.probability_alive(x, t_x, T)
                * m.given_alive(x, T).discounted(block["delta"])
            )
        ),
    )
    check_conditional_pmf(golden)
    check_table(golden["table_25"])
    check_totals(golden)
    check_tracking(golden["tracking"][0])
    check_daily_tracking(golden["daily_tracking"])
    check_histogram(golden["histogram"])


def check_conditional_pmf(golden):
    for block in golden["pmf_conditional"]:
        model, t = BGNBD.of(*block["parameters"]), block["horizon"]
        for row, mean in zip(block["rows"], block["means"], strict=True):
            x, t_x, T, *published = row
            alive = model.probability_alive(x, t_x, T)
            later = model.given_alive(x, T)
            for k, value in enumerate(published):
                ours = alive * later.pmf(k, t) + (1 - alive if k == 0 else 0)
                met("pmf_conditional", ours, value, **tolerance(block))
            ours = residual(model, x, t_x, T, t)
            met("pmf_conditional: mean", ours, mean, atol=block["means_atol"])


def check_table(table):
    model = BGNBD.of(*table["parameters"])
    for _, x, t_x, T, alive, *expected in table["rows"]:
        ours = model.probability_alive(x, t_x, T)
        met("table_25", ours, alive, **tolerance(table))
        for t, value in zip((1, 3, 6), expected, strict=True):
            met("table_25", residual(model, x, t_x, T, t), value, **tolerance(table))


def check_totals(golden):
    for block in golden["totals"]:
        model, t = BGNBD.of(*block["parameters"]), block["horizon"]
        rounded = block["data"] == "cdnow_summary"
        rows = fits.published_summary() if rounded else fits.exact_summary(7)
        counted = Counter(row[:3] for row in rows)
        alive = sum(n * model.probability_alive(*row) for row, n in counted.items())
        ours = {
            "purchases_seen": sum(row[0] for row in rows),
            "sum_expected_purchases_new_at_T": sum(
                n * new_purchases(model, T) for (_, _, T), n in counted.items()
            ),
            "sum_expected_purchases": sum(
                n * residual(model, *row, t) for row, n in counted.items()
            ),
            "sum_probability_alive": alive,
            "mean_probability_alive": alive / len(rows),
        }
        for name in ours.keys() & block["atol"].keys():
            met(f"totals: {name}", ours[name], block[name], **tolerance(block, name))


def days_of_purchases():
    """The days with an order of each customer, counted from the first of all."""
    days = {}
    for row in fits.read("cdnow.csv.gz"):
        day = (date.fromisoformat(row["date"]) - FIRST_DAY).days
        days.setdefault(row["customer_id"], set()).add(day)
    return days


def check_daily_tracking(block):
    """The same over the first days; a customer of the day itself is one day old."""
    model, days = BGNBD.of(*block["parameters"]), days_of_purchases()
    for day, actual, expected in block["rows"]:
        last = day - 1
        seen = [own for own in days.values() if min(own) <= last]
        repeats = sum(sum(d <= last for d in own) - 1 for own in seen)
        met("daily tracking: actual", repeats, actual, atol=0.5)
        ours = sum(new_purchases(model, last + 1 - min(own)) for own in seen)
        met("daily tracking: expected", ours, expected, **tolerance(block))


def check_tracking(block):
    """Expected and actual repeat purchases of all customers up to the end of a week."""
    model, days = BGNBD.of(*block["parameters"]), days_of_purchases()
    firsts = Counter(min(own) for own in days.values())
    for week, actual, expected in block["rows"]:
        last = (date(1997, 9, 30) if week == 39 else date(1998, 6, 30)) - FIRST_DAY
        repeats = sum(sum(d <= last.days for d in own) - 1 for own in days.values())
        met("tracking: actual", repeats, actual, atol=0.5)
        ours = sum(
            n * new_purchases(model, mpf(last.days - first) / 7)
            for first, n in firsts.items()
        )
        met("tracking: expected", ours, expected, **tolerance(block))


def check_histogram(block):
    model = BGNBD.of(*block["parameters"])
    ages = Counter(row[2] for row in summary().values())
    counts = Counter(int(row[0]) for row in summary().values())
    total_actual, total_expected = 0, mpf(0)
    for k, actual, expected in block["rows"]:
        met("histogram: actual", counts[k], actual, atol=0.5)
        ours = sum(n * model.pmf(k, T) for T, n in ages.items())
        met("histogram: expected", ours, expected, **tolerance(block))
        total_actual, total_expected = total_actual + actual, total_expected + ours
    tail = block["tail"]
    customers = len(summary())
    met("histogram: tail", customers - total_expected, tail["expected"], atol=5e-4)
    met("histogram: tail", customers - total_actual, tail["actual"], atol=0.5)


def check_gamma_gamma(golden):
    for block in golden["expected_spend"]:
        model = GammaGamma.of(*block["parameters"])
        for *arguments, value in block["rows"]:
            if block["columns"][0] == "customer_id":
                x, _, _, zbar = summary()[arguments[0]]
            else:
                x, zbar = arguments
            ours = expected_spend(model, x, zbar)
            met(f"expected_spend: {block['source']}", ours, value, **tolerance(block))
    for block in golden["population_mean"]:
        model = GammaGamma.of(*block["parameters"])
        met("mean", expected_spend(model, 0, 0), block["value"], **tolerance(block))
    check_money(golden)
    check_lifetime_value(golden["clv"])


def expected_spend(model, x, zbar):
    shape, rate = model.posterior(mpf(x), mpf(zbar))
    return model.p * rate / (shape - 1)


def check_money(golden):
    (block,) = golden["totals"]
    model = GammaGamma.of(*block["parameters"])
    rows = list(summary().values())
    repeaters = [(float(x), float(zbar)) for x, _, _, zbar in rows if x > 0]
    mean = sum(expected_spend(model, x, zbar) for x, _, _, zbar in rows) / len(rows)
    met("money", mean, block["mean_expected_spend"], **tolerance(block))
    mean = statistics.fmean(zbar for _, zbar in repeaters)
    met("money", mean, block["mean_monetary_value_of_repeaters"], **tolerance(block))
    correlation = statistics.correlation(*zip(*repeaters, strict=True))
    published = block["correlation_of_frequency_and_spend"]
    met("money", correlation, published, **tolerance(block))

    (block,) = golden["money_summary"]
    money = [float(row[3]) for row in fits.exact_summary(7) if row[0] > 0]
    ours = {
        "count": len(money),
        "mean": statistics.fmean(money),
        "standard_deviation": statistics.stdev(money),
        "minimum": min(money),
        "median": statistics.median(money),
        "maximum": max(money),
    }
    for name, value in ours.items():
        met(f"money: {name}", value, block[name], **tolerance(block))


def check_lifetime_value(block):
    buying = BGNBD.of(*block["buying"])
    spending = GammaGamma.of(*block["spending"])
    for case in block["cases"]:
        f = mpf(case["units_per_month"])
        values, plain = [], mpf(0)
        counted = Counter(summary().values())
        worth = {}
        for x, t_x, T, zbar in counted:
            steps = range(block["months"] + 1)
            path = [residual(buying, x, t_x, T, i * f) if i else mpf(0) for i in steps]
            spend = expected_spend(spending, x, zbar)
            discounted = sum(
                (path[i] - path[i - 1]) / (1 + mpf(block["monthly_rate"])) ** i
                for i in steps[1:]
            )
            worth[x, t_x, T, zbar] = spend * discounted
            plain += counted[x, t_x, T, zbar] * spend * path[-1]
        values = [worth[row] for row in summary().values()]
        for ours, value in zip(values, case["first_ten"], strict=False):
            met("clv: first ten", ours, value, **tolerance(block, "first_ten"))
        met("clv: total", sum(values), case["total"], **tolerance(block, "total"))
        allowed = tolerance(block, "total_undiscounted")
        met("clv: undiscounted", plain, case["total_undiscounted"], **allowed)


def check_fits(golden, density):
    for fit in golden["fits"]:
        check_optimum(fit, density, rows_of(fit, density))
    for block in golden["total_log_likelihood"]:
        theta = [mpf(value) for value in block["parameters"]]
        value, _ = fits.total(density, theta, rows_of(block, density))
        met("total log-likelihood", value, block["value"], **tolerance(block))


def rows_of(block, density):
    """The summary that a block is about, equal rows counted."""
    if block["data"] == "cdnow_summary":
        rows = fits.published_summary()
    else:
        rows = fits.exact_summary(1 if block.get("unit") == "day" else 7)
    if density is fits.gamma_gamma:
        rows = [row for row in rows if row[0] > 0]
    return Counter(rows)


def check_optimum(fit, density, rows):
    """The stored optimum is one, to its last digit; the published ones are near it."""
    where = f"fit: {fit['name']}"
    theta = [mpf(value) for value in fit["parameters"]]
    value, gradient = fits.total(density, theta, rows)
    covariance = -(fits.hessian(density, theta, rows) ** -1)
    errors = [mp.sqrt(covariance[i, i]) for i in range(len(theta))]
    met(f"{where}: customers", rows.total(), fit["customers"], atol=0.5)
    met(f"{where}: log-likelihood", value, fit["log_likelihood"], rtol=1e-14)
    step = covariance * gradient
    for i, row in enumerate(fit["covariance"]):
        met(f"{where}: Newton's next step", step[i], 0, atol=1e-14)
        for j, entry in enumerate(row):
            met(f"{where}: covariance", covariance[i, j], entry, rtol=1e-13)
    if published := fit.get("published"):
        ours = {
            "parameters": theta,
            "log_likelihood": [value],
            "standard_errors": errors,
        }
        for name in ours.keys() & published.keys():
            theirs = published[name]
            theirs = theirs if isinstance(theirs, list) else [theirs]
            for one, other in zip(ours[name], theirs, strict=True):
                allowed = tolerance(published, name)
                met(f"{where}: published {name}", one, other, **allowed)
    if quickstart := fit.get("quickstart"):
        check_intervals(f"{where}: quickstart", theta, errors, quickstart)


def check_intervals(where, theta, errors, quickstart):
    """Standard errors and 95 % Wald intervals."""
    z = mpf("1.959963984540054")
    for i, (estimate, error) in enumerate(zip(theta, errors, strict=True)):
        allowed = tolerance(quickstart)
        met(where, error, quickstart["standard_errors"][i], **allowed)
        low, high = quickstart["interval_95"][i]
        met(where, estimate - z * error, low, **allowed)
        met(where, estimate + z * error, high, **allowed)


def main():
    bg_nbd = json.loads((GOLDEN / "bg_nbd.json").read_text())
    gamma_gamma = json.loads((GOLDEN / "gamma_gamma.json").read_text())
    check_fits(bg_nbd, fits.bg_nbd)
    check_fits(gamma_gamma, fits.gamma_gamma)
    check_bg_nbd(bg_nbd)
    check_gamma_gamma(gamma_gamma)
    worst: dict[str, float] = {}
    for share, where in checks:
        worst[where] = max(share, worst.get(where, 0.0))
    for where, share in worst.items():
        print(f"{share:8.3f}  {where}")
    failed = sum(share > 1 for share, _ in checks)
    print(f"{len(checks)} figures, {failed} outside their tolerance")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
