"""Published figures of every model of repeat buying whose golden file names it.

A new model is picked up by its file: `golden/<name>.json` says which model it is for.
(BG/NBD's own figures have more kinds of tables: see `test_golden.py`.)
"""

from __future__ import annotations

import itertools
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ConvergenceWarning, ParameterError

GOLDEN = Path(__file__).parent / "golden"
FILES = {
    path.stem: stored
    for path in sorted(GOLDEN.glob("*.json"))
    if "model" in (stored := json.loads(path.read_text("utf-8")))
}
PUBLISHED = {name: s for name, s in FILES.items() if not name.endswith("_exact")}
EXACT = {name: s for name, s in FILES.items() if name.endswith("_exact")}


def cases(files, part):
    return [
        pytest.param(stored, item, id=f"{name}-{i}")
        for name, stored in files.items()
        for i, item in enumerate(stored.get(part, []))
    ]


def met(block, ours, theirs, name=None):
    """Hold numbers to the tolerances that their block states."""

    def tolerance(key):
        stated = block.get(key, 0.0)
        return stated.get(name, 0.0) if isinstance(stated, dict) else stated

    np.testing.assert_allclose(
        np.asarray(ours, dtype=float),
        np.asarray(theirs, dtype=float),
        rtol=tolerance("rtol"),
        atol=tolerance("atol"),
        err_msg=f"{block['source']} {name or ''}",
    )


def model_at(stored, parameters):
    given = dict(zip(stored["names"], parameters, strict=True))
    return getattr(tn, stored["model"]).from_params(**given)


def ask(model, quantity, columns):
    """One prediction a row; each row has a horizon, count or rate of its own."""
    rows = len(next(iter(columns.values())))
    values = []
    for i in range(rows):
        case = {name: column[i] for name, column in columns.items()}
        values.append(answer(model, quantity, case))
    return values


def answer(model, quantity, case):
    history = {
        "frequency": [case.get("x", 0.0)],
        "recency": [case.get("t_x", 0.0)],
        "T": [case.get("T", 0.0)],
    }
    t, k = case.get("t"), int(case.get("k", 0))
    rate = {"discount_rate": np.expm1(case.get("delta", 0.0)), "per": 1.0}
    return {
        "log_likelihood": lambda: model.log_likelihood(history)[0],
        "probability_alive": lambda: model.probability_alive(history, ahead=t)[0],
        "expected_purchases": lambda: model.expected_purchases(history, horizon=t)[0],
        "expected_purchases_new": lambda: model.expected_purchases_new(t),
        "pmf": lambda: model.purchase_probabilities(history, horizon=t, most=k)[str(k)][
            0
        ],
        "pmf_new": lambda: model.purchase_probabilities_new(t, most=k)[k],
        "discounted": lambda: model.discounted_purchases(history, horizon=t, **rate)[0],
        "discounted_forever": lambda: model.discounted_purchases(history, **rate)[0],
    }[quantity]()


@pytest.fixture
def data_of(request):
    """The data that a block names, and what to tell `fit` about them."""

    def find(block):
        if block["data"] == "donations":
            table = tn.datasets.load_donations(family="numpy")
            return table, {"T": "periods", "weights": "donors"}
        if block["data"] == "cdnow_summary":
            return dict(request.getfixturevalue("rounded")), {}
        summary = request.getfixturevalue("log").summary(
            unit=block["unit"],
            as_of=block["as_of"],
            intervals=block.get("log_intervals", False),
        )
        return summary, {}

    return find


def log_intervals(orders, customers, as_of):
    """The sum of the logarithms of weeks between a customer's days with orders."""
    dates = np.asarray(orders["date"], dtype="datetime64[D]")
    seen = dates <= np.datetime64(as_of)
    sums = dict.fromkeys(customers.tolist(), 0.0)
    days = sorted(
        {*zip(orders["customer_id"][seen].tolist(), dates[seen].tolist(), strict=False)}
    )
    for (one, before), (other, day) in itertools.pairwise(days):
        if one == other:
            sums[one] += np.log((day - before).days / 7)
    return np.array([sums[customer] for customer in customers.tolist()])


def test_log_intervals(orders, log):
    """A summary's column is what a loop over the orders finds."""
    as_of = "1997-09-30"
    summary = log.summary(unit="week", as_of=as_of, intervals=True)
    expected = log_intervals(orders, summary.customer_id, as_of)
    np.testing.assert_allclose(summary.log_intervals, expected, rtol=1e-13, atol=1e-13)
    split = log.split(as_of, unit="week", intervals=True)
    np.testing.assert_array_equal(split.log_intervals, summary.log_intervals)
    assert log.split(as_of, unit="week").log_intervals is None


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "blocks"))
def test_predictions(stored, block):
    model = model_at(stored, block["parameters"])
    table = np.transpose(block["rows"])
    columns = dict(zip(block["columns"], table, strict=True))
    value = columns.pop("value")
    met(block, ask(model, block["quantity"], columns), value)


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "fits"))
def test_fits(stored, block, data_of):
    data, options = data_of(block)
    with warnings.catch_warnings():
        if block.get("boundary"):
            warnings.simplefilter("ignore", ConvergenceWarning)
        model = getattr(tn, stored["model"])().fit(data, **options)
    assert model.converged_ is not block.get("boundary", False)
    assert model.n_customers_ == block["customers"]
    met(block, model.log_likelihood_, block["log_likelihood"], "log_likelihood")
    for name, ours in (
        ("parameters", model.params_),
        ("standard_errors", model.standard_errors_),
    ):
        if name in block:
            met(block, list(ours.values()), block[name], name)


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "totals"))
def test_totals(stored, block, data_of):
    """Sums over all customers at the optimum of the same data, or where it is said."""
    data, options = data_of(block)
    model = getattr(tn, stored["model"])().fit(data, **options)
    if "parameters" in block:
        at = model_at(stored, block["parameters"])
        at._training = model._training
        model = at
    weights = data["donors"] if "weights" in options else 1.0
    alive = np.asarray(model.probability_alive())
    expected = np.asarray(model.expected_purchases(horizon=block["horizon"]))
    year = {"discount_rate": block.get("delta_year", 0.1), "per": 52.0}
    seen = np.asarray(data[options.get("T", "T")])
    ours = {
        "sum_probability_alive": alive.sum(),
        "mean_probability_alive": alive.mean(),
        "sum_expected_purchases": (weights * expected).sum(),
        "sum_discounted": np.asarray(model.discounted_purchases(**year)).sum(),
        "sum_expected_purchases_new_at_T": model.expected_purchases_new(seen).sum(),
    }
    stated = [name for name in ours if name in block]
    assert stated
    for name in stated:
        met(block, ours[name], block[name], name)


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "tracking"))
def test_tracking(stored, block, log):
    """Actual and expected repeat purchases of all customers up to a day."""
    fitted = log.summary(unit="week", as_of=block["rows"][0][0])
    model = getattr(tn, stored["model"])().fit(fitted)
    for day, actual, expected in block["rows"]:
        summary = log.summary(unit=block["unit"], as_of=day)
        assert summary.frequency.sum() == actual
        met(block, model.expected_purchases_new(summary.T).sum(), expected)


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "total_log_likelihood"))
def test_total_log_likelihood(stored, block, data_of):
    """All customers at figures as they are printed, which are not quite an optimum."""
    data, options = data_of(block)
    customers = {**data, "T": data[options["T"]]} if "T" in options else data
    weights = data[options["weights"]] if "weights" in options else 1.0
    each = model_at(stored, block["parameters"]).log_likelihood(customers)
    met(block, (weights * each).sum(), block["value"])


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "counts_log_likelihood"))
def test_counts_log_likelihood(stored, block, data_of):
    """The likelihood of how many purchases there were, whatever their times."""
    data, _ = data_of(block)
    model = model_at(stored, block["parameters"])
    total = 0.0
    for age in np.unique(data["T"]):
        counts = data["frequency"][data["T"] == age].astype(int)
        chances = model.purchase_probabilities_new(age, most=counts.max())
        total += np.log(chances[counts]).sum()
    met(block, total, block["value"])


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "expected_counts"))
def test_expected_counts(stored, block):
    """How many of so many new customers use so many of their opportunities."""
    chances = model_at(stored, block["parameters"]).purchase_probabilities_new(
        block["opportunities"], most=block["opportunities"]
    )
    assert chances.sum() == pytest.approx(1.0, rel=1e-12)
    for count, donors in block["rows"]:
        met(block, block["donors"] * chances[count], donors)


@pytest.mark.parametrize(("stored", "block"), cases(PUBLISHED, "tracking_by_week"))
def test_tracking_by_week(stored, block, log):
    """Weeks of a fit in days; those of the peer end a day later (see `why`)."""
    fitted = log.summary(unit=block["unit"], as_of=block["as_of"])
    model = getattr(tn, stored["model"])().fit(fitted)
    span = {"split": block["as_of"]}
    weeks = tn.plotting.tracking(model, log, period="week", **span)
    days = tn.plotting.tracking(model, log, period="day", **span)
    expected = days["expected_cumulative"]
    for week, total, total_expected, actual, increment in block["rows"]:
        assert weeks["actual_cumulative"][week - 1] == total
        assert weeks["actual"][week - 1] == actual
        met(block, expected[7 * week], total_expected, "expected_cumulative")
        gained = expected[7 * week] - expected[7 * (week - 1)]
        met(block, gained, increment, "expected")


def test_donors_who_never_stop(data_of):
    """BG/BB without leaving is the beta-binomial: 8 decimals by independent code."""
    data, options = data_of({"data": "donations"})
    # leaving so rare that a donor in 10^10 stops at an opportunity
    held = {"gamma": 1e-10, "delta": 1.0}
    model = tn.BGBB().fit(data, fixed=held, **options)
    ours = [model.params_[name] for name in ("alpha", "beta")]
    np.testing.assert_allclose(ours, [0.48727515, 0.82643397], atol=1.5e-8)
    assert model.log_likelihood_ == pytest.approx(-35516.109896, abs=2e-6)


@pytest.mark.parametrize(("x", "t_x", "T"), [(400, 5, 6), (500, 1, 37), (500, 4, 37)])
def test_what_overflowed_elsewhere(x, t_x, T):
    """lifetimes' test of `log A0`, which is to be finite and less than 0.

    `L (1 - P(alive)) = lead s A0 / (r + s + x)` in the words of Fader and Hardie's
    note 009, where lead is what the two terms of the likelihood have in common.
    """
    r, alpha, s, beta = 10.465, 0.00798565181, 3.0516, 2.820
    model = tn.ParetoNBD.from_params(r=r, alpha=alpha, s=s, beta=beta)
    customer = {"frequency": [x], "recency": [float(t_x)], "T": [float(T)]}
    lead = math.lgamma(r + x) - math.lgamma(r) + r * np.log(alpha) + s * np.log(beta)
    gone = np.log1p(-model.probability_alive(customer)[0])
    log_a0 = model.log_likelihood(customer)[0] + gone - lead + np.log((r + s + x) / s)
    assert np.isfinite(log_a0)
    assert log_a0 < 0


@pytest.mark.parametrize("name", EXACT)
def test_exact(name):
    """References in 17 digits; each row has its own parameters."""
    stored = FILES[name]
    size = len(stored["names"])
    assert len(stored["rows"]) >= 30
    for row in stored["rows"]:
        case = dict(zip(stored["columns"], row, strict=True))
        model = model_at(stored, row[:size])
        for quantity in stored["quantities"]:
            # a log-likelihood passes through 0 and is made of terms that grow with x;
            # a probability may underflow, and that of a count is good beside 1.
            # Quadratures are good to 1e-13, and a probability of being alive is a
            # power of r + x.
            atol = {"log_likelihood": 1e-12 + 1e-14 * case["x"], "pmf": 1e-15}
            atol["pmf_new"] = 1e-15
            relative = 1e-11 + 1e-14 * case["x"]
            allowed = {"rel": relative, "abs": atol.get(quantity, 1e-250)}
            expected = pytest.approx(case[quantity], **allowed)
            assert answer(model, quantity, case) == expected, (quantity, row)


@pytest.mark.parametrize("model", [tn.BGCNBD, tn.MBGCNBD])
def test_the_likeliest_regularity(model, data_of):
    """CDNOW's customers buy at random: k = 1, the simpler model itself."""
    block = {"data": "cdnow", "unit": "week", "as_of": "1997-09-30"}
    data, _ = data_of({**block, "log_intervals": True})
    chosen = model(k=None).fit(data)
    assert chosen.params_["k"] == 1.0
    plain = (tn.BGNBD if model is tn.BGCNBD else tn.MBGNBD)().fit(data)
    assert chosen.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-12)
    assert model(k=2).fit(data).log_likelihood_ < chosen.log_likelihood_


def test_what_regularity_needs(log, summary):
    with pytest.raises(ParameterError, match=r"`k` must be given .*log_intervals"):
        tn.BGCNBD(k=None).fit(summary)
    with pytest.raises(ParameterError, match=r"`intervals` must be left out as of"):
        log.summary(as_of=["1997-09-30", "1997-10-31"], intervals=True)
    same = {"customer_id": [1, 1], "date": ["2024-01-31"] * 2}
    unmerged = tn.Transactions(same, time="date", merge=None)
    with pytest.raises(ParameterError, match="purchases of a customer have no time"):
        unmerged.summary(intervals=True)


def test_every_model_has_a_file():
    named = {stored["model"] for stored in FILES.values()}
    models = {name for name in tn.__all__ if name.endswith(("NBD", "BB", "PDO"))}
    assert models - {"BGNBD"} <= named


def test_simulated_donors():
    """lifetimes' checks of simulated donors: who is alive after 6 years.

    Its figures are those of the paper's table 6 (0.11, 0.59 and 0.93), give or take
    0.01, at the opportunity that follows; and a fit finds the parameters to 0.1.
    """
    theta = {"alpha": 1.204, "beta": 0.75, "gamma": 0.657, "delta": 2.783}
    model = tn.BGBB.from_params(**theta)
    # of these some 17,000 gave twice, the last time in the fourth year
    drawn = model.simulate(1_000_000, T=6, seed=2)
    assert drawn["frequency"].max() == drawn["recency"].max() == 6
    for x, last, share in ((0, 0, 0.11), (2, 4, 0.59), (6, 6, 0.93)):
        those = (drawn["frequency"] == x) & (drawn["recency"] == last)
        some = {name: drawn[name][those] for name in ("frequency", "recency", "T")}
        later = model.simulate_future(some, horizon=1, seed=3)
        assert later["alive"].mean() == pytest.approx(share, abs=0.01)
    found = tn.BGBB().fit(drawn).params_
    assert list(found.values()) == pytest.approx(list(theta.values()), abs=0.1)
