"""What was foretold against what came, and what is foretold, by period.

Under the NBD with r = 1 and alpha = 2 a customer with x repeat purchases in T weeks
buys at a rate drawn from a gamma distribution with shape 1 + x and inverse scale 2 + T:
the number of purchases in h weeks has the mean m = h (1 + x) / (2 + T) and the variance
m (1 + h / (2 + T)), and is 0 with the probability ((2 + T) / (2 + T + h)) ** (1 + x).
"""

from __future__ import annotations

import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest
import tenure as tn
from tenure.equity._spread import (
    money_probabilities,
    money_variance,
    spend_shapes,
    square_of_counts,
    value_moments,
)
from tenure.exceptions import ParameterError

NBD = tn.NBD.from_params(r=1.0, alpha=2.0, unit="week")
TRUTH = {"r": 0.55, "alpha": 4.4, "a": 0.8, "b": 2.4}
SPEND = {"p": 6.25, "q": 3.74, "gamma": 15.44}
SMALL = {
    "customer_id": ["ann", "ann", "ann", "bob", "ann", "carl"],
    "date": [
        *["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-08"],
        *["2024-02-05", "2024-02-12"],
    ],
    "amount": [10.0] * 6,
}
FIRST = "2024-01-29"
Z90 = NormalDist().inv_cdf(0.95)


def log_of(data, **options):
    return tn.Transactions(data, amount="amount", **options)


@pytest.fixture(scope="module")
def small():
    return log_of(SMALL)


@pytest.fixture(scope="module")
def shop():
    window = {"start": "2023-01-01", "end": "2024-12-31"}
    return log_of(
        tn.datasets.simulate_orders(
            1500, **TRUTH, **SPEND, **window, seed=5, family="numpy"
        )
    )


def true_models():
    return {
        "buying": tn.BGNBD.from_params(**TRUTH, unit="week"),
        "spend": tn.GammaGamma.from_params(**SPEND),
    }


# -- the scorecard -------------------------------------------------------------------


def test_a_scorecard_by_hand(small):
    # two weeks ahead: ann 2 * 3 / 6 = 1 order, bob 2 * 1 / 5 = 0.4; ann buys once
    pytest.importorskip("scipy")
    found = tn.equity.scorecard(small, FIRST, horizon="2 weeks", buying=NBD, spend=10.0)
    assert found.predicted["purchases"] == pytest.approx([1.0, 0.4])
    assert found.predicted["value"] == pytest.approx([10.0, 4.0])
    assert found.actual["purchases"].tolist() == [1.0, 0.0]
    assert found.actual["value"].tolist() == [10.0, 0.0]
    of = found.measures["value"]
    assert of["total"][0] == pytest.approx(10 / 14)
    assert of["bias"][0] == pytest.approx(2.0)
    assert of["mae"][0] == pytest.approx(2.0)
    assert of["gini"][0] == pytest.approx(1.0)
    assert np.isnan(of["slope"][0])  # two customers are too few for a line
    # variances m (1 + h / (2 + T)): 1 * 8 / 6 and 0.4 * 7 / 5, each 10 a purchase
    reach = Z90 * np.sqrt(4 / 3 + 0.56)
    low, high = found.total_interval["purchases"]
    assert (low, high) == pytest.approx((1.4 - reach, 1.4 + reach), rel=1e-5)
    assert found.total_interval["value"][1] == pytest.approx(14 + 10 * reach, rel=1e-5)
    assert found.sentences()[:2] == [
        (
            "Of the 2 customers known on 2024-01-29, 14.00 in revenue was expected by "
            "2024-02-12; 10.00 came, 29 % less."
        ),
        f"That is within the 90 % prediction interval, 0.00 to {14 + 10 * reach:.2f}.",
    ]


def test_slope_and_correlation_are_those_of_the_libraries(shop):
    stats = pytest.importorskip("scipy.stats")
    api = pytest.importorskip("statsmodels.api")
    found = tn.equity.scorecard(shop, "2024-06-30", horizon="26 weeks", margin=0.4)
    for of in ("value", "purchases"):
        predicted, actual = found.predicted[of], found.actual[of]
        fit = api.OLS(actual, api.add_constant(predicted)).fit(cov_type="HC1")
        measures = found.measures[of]
        assert measures["slope"][0] == pytest.approx(fit.params[1])
        assert measures["intercept"][0] == pytest.approx(fit.params[0])
        assert measures["slope"][1:] == pytest.approx(tuple(fit.conf_int(0.1)[1]))
        rho = stats.spearmanr(predicted, actual).statistic
        assert measures["rank_correlation"][0] == pytest.approx(rho)
        assert measures["total"][0] == pytest.approx(actual.sum() / predicted.sum())
        assert measures["bias"][0] == pytest.approx((predicted - actual).mean())
    deciles = found.by_decile()
    assert (deciles["customers"] * deciles["actual"]).sum() == pytest.approx(
        found.actual["value"].sum()
    )
    assert deciles["captured"][-1] == pytest.approx(1.0)
    frame = found.to_frame()
    assert frame["measure"][:3].tolist() == ["total", "bias", "mae"]
    assert len(frame["estimate"]) == 16
    assert "Scorecard of" in repr(found)
    assert "<table>" in found._repr_html_()


def test_what_came_is_what_was_paid(shop):
    pytest.importorskip("scipy")
    found = tn.equity.scorecard(shop, "2024-06-30", horizon="26 weeks")
    split = shop.split("2024-06-30", str(found.until), unit="week")
    np.testing.assert_array_equal(found.customer_id, split.customer_id)
    np.testing.assert_array_equal(found.actual["purchases"], split.holdout_purchases)
    np.testing.assert_allclose(found.actual["value"], split.holdout_value, atol=1e-9)
    last = tn.equity.scorecard(shop, horizon="26 weeks")
    assert last.until == shop.span[1]


def test_coverage_is_that_of_the_intervals(shop):
    pytest.importorskip("scipy")
    found = tn.equity.scorecard(shop, "2024-06-30", horizon="26 weeks", margin=0.5)
    one = found.by_customer()
    for of in ("value", "purchases"):
        held = (one[f"{of}_low"] <= one[f"actual_{of}"] + 1e-9) & (
            one[f"actual_{of}"] <= one[f"{of}_high"] + 1e-9
        )
        # at most a customer or two lie so near an end that rounding decides
        assert held.mean() == pytest.approx(found.measures[of]["coverage"][0], abs=2e-3)


def test_sentences_say_the_opposite_of_opposite_facts():
    """The same forecast, against much that came and against nothing at all."""
    pytest.importorskip("scipy")
    rng = np.random.default_rng(1)
    known = {
        "customer_id": rng.integers(0, 60, 300),
        "date": np.datetime64("2023-01-01") + rng.integers(0, 360, 300),
        "amount": rng.gamma(4.0, 5.0, 300),
    }
    much = {
        "customer_id": np.repeat(np.arange(60), 20),
        "date": np.datetime64("2024-01-05") + np.tile(np.arange(20) * 8, 60),
        "amount": np.full(1200, 30.0),
    }
    none = {
        "customer_id": np.array([999]),
        "date": np.array(["2024-07-01"], dtype="datetime64[D]"),
        "amount": np.array([1.0]),
    }
    said = {}
    for name, after in (("much", much), ("none", none)):
        parts = (known, none, after) if name == "much" else (known, after)
        log = log_of({n: np.concatenate([p[n] for p in parts]) for n in known})
        found = tn.equity.scorecard(
            log, "2023-12-31", horizon="26 weeks", **true_models()
        )
        said[name] = " ".join(found.sentences())
    assert " % more." in said["much"]
    assert "is outside the 90 % prediction interval" in said["much"]
    assert "100 % less." in said["none"]
    assert "ranked highest" not in said["none"]
    assert "ranked highest" in said["much"]


def test_a_scorecard_says_what_is_wrong(small):
    with pytest.raises(ParameterError) as caught:
        tn.equity.scorecard(small, FIRST, horizon="3 weeks", buying=NBD, spend=10.0)
    assert str(caught.value) == (
        "`horizon` must end within the log, which is from 2024-01-01 to 2024-02-12, "
        "got 2024-01-29 and 21 days more\n\nHint: choose an earlier date, or a shorter "
        "horizon"
    )


def test_a_scorecard_names_what_it_needs():
    code = (
        "import sys; sys.modules['statsmodels'] = None; "
        "sys.modules['statsmodels.api'] = None\n"
        "import numpy as np\n"
        "from tenure.equity.scorecard import _regression\n"
        "_regression(np.arange(5.0), np.arange(5.0), 0.9)"
    )
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, check=False, text=True
    )
    assert run.stderr.splitlines()[-1] == (
        "ImportError: the calibration slope needs statsmodels; install it with pip "
        "install 'tenure[stats]'"
    )


def test_spread_of_counts_and_money():
    """Against sums that are drawn: 400,000 futures of a known customer."""
    pytest.importorskip("scipy")
    rng = np.random.default_rng(0)
    data = {
        "frequency": np.array([4]),
        "recency": np.array([10.0]),
        "T": np.array([12.0]),
        "monetary_value": np.array([25.0]),
    }
    spend = tn.GammaGamma.from_params(**SPEND)
    customers = NBD._customers(data)
    square = square_of_counts(NBD, customers, 6.0)
    mean = 6 * 5 / 14
    assert square[0] == pytest.approx(mean * (1 + 6 / 14) + mean**2, rel=1e-4)
    spenders = spend._customers(data)
    found = money_variance(value_moments(spend, spenders, 1), np.array([mean]), square)
    draws = 400_000
    counts = rng.poisson(6 * rng.gamma(5.0, 1 / 14, draws))
    p, shape, rate = spend_shapes(spend, spenders, 1)
    rates = rng.gamma(shape[0], 1 / rate[0], draws)
    sums = np.where(counts > 0, rng.gamma(np.maximum(p * counts, 1e-9)) / rates, 0.0)
    # the standard error of a variance of such sums is about half a percent
    assert found[0] == pytest.approx(sums.var(), rel=0.02)
    for amount in (0.0, 20.0, 60.0):
        below, up_to = money_probabilities(
            NBD, customers, 6.0, (p, shape, rate), np.array([amount])
        )
        assert up_to[0] == pytest.approx((sums <= amount).mean(), abs=0.004)
        assert below[0] == pytest.approx((sums < amount).mean(), abs=0.004)


# -- the forecast --------------------------------------------------------------------


def test_a_forecast_by_hand(small):
    found = tn.equity.forecast(
        small, 2, every="week", new_customers=1, as_of=FIRST, buying=NBD, spend=10.0
    )
    # ann 0.5 and bob 0.2 a week; a newcomer buys at once and then 0.5 a week: those
    # who come evenly over a week have half a week of it left
    assert found["orders_known"] == pytest.approx([0.7, 0.7])
    assert found["orders_new"] == pytest.approx([1.25, 1.25 + 0.5])
    assert found["value"] == pytest.approx([19.5, 24.5])
    assert found["start"].astype(str).tolist() == ["2024-01-30", "2024-02-06"]
    assert found["end"].astype(str).tolist() == ["2024-02-05", "2024-02-12"]
    active = (1 - (6 / 7) ** 3) + (1 - 5 / 6)
    assert found["active_known"] == pytest.approx([active] * 2)
    assert found["active_new"] == pytest.approx([1.0, 1.0 + 1 / 3])
    assert found.totals["orders"][0] == pytest.approx(1.4 + 3.0)
    alone = tn.equity.forecast(
        small, 2, every="week", as_of=FIRST, buying=NBD, spend=10.0
    )
    # m (1 + h / (2 + T)), for one week and for both
    reach = Z90 * np.sqrt(0.5 * 7 / 6 + 0.2 * 6 / 5)
    assert alone["orders_high"] == pytest.approx([0.7 + reach] * 2, rel=1e-4)
    whole = Z90 * np.sqrt(1.0 * 8 / 6 + 0.4 * 7 / 5)
    assert alone.totals["orders"][2] == pytest.approx(1.4 + whole, rel=1e-4)
    assert alone.totals["value"][2] == pytest.approx(14 + 10 * whole, rel=1e-4)


def test_a_forecast_adds_up_to_the_models(shop):
    found = tn.equity.forecast(shop, 12, margin=0.3)
    summary = shop.summary("week")
    buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
    days = (found["end"][-1] - shop.span[1]).astype(int)
    value = tn.lifetime_value(
        buying, spend, summary, horizon=days / 7, discount_rate=0, margin=0.3
    )
    assert found["value_known"].sum() == pytest.approx(value.total)
    assert found["orders_known"].sum() == pytest.approx(
        value["expected_purchases"].sum()
    )
    assert found["orders_new"].sum() == 0
    card = tn.equity.scorecard(
        shop, "2024-06-30", horizon="26 weeks"
    )  # the same total, and the same interval of it
    ahead = tn.equity.forecast(shop, 26, every="week", as_of="2024-06-30")
    assert ahead.totals["value"][1:] == pytest.approx(card.total_interval["value"])
    assert (found["active"] <= found["orders"]).all()


def test_months_end_with_the_month(shop):
    ends = tn.equity.forecast(shop, 2, as_of="2024-01-31")["end"]
    assert ends.astype(str).tolist() == ["2024-02-29", "2024-03-31"]
    ends = tn.equity.forecast(shop, 2, as_of="2024-01-30")["end"]
    assert ends.astype(str).tolist() == ["2024-02-29", "2024-03-30"]
    ends = tn.equity.forecast(shop, 1, every="year", as_of="2024-02-29")["end"]
    assert ends.astype(str).tolist() == ["2025-02-28"]


def test_a_forecast_says_what_is_wrong(small):
    options = {"buying": NBD, "spend": 10.0}
    with pytest.raises(ParameterError) as caught:
        tn.equity.forecast(small, 3, new_customers=[1, 2], **options)
    assert str(caught.value) == (
        "`new_customers` must be one number of at least 0, or one for each of 3 "
        "periods, got [1, 2]"
    )
    with pytest.raises(ParameterError, match="`periods` must be a whole number from 1"):
        tn.equity.forecast(small, 0, **options)
    with pytest.raises(ParameterError, match="`every` must be one of day, week, month"):
        tn.equity.forecast(small, 3, every="hour", **options)


def test_a_forecast_says_what_it_says(small):
    options = {"every": "week", "as_of": FIRST, "buying": NBD, "spend": 10.0}
    alone = " ".join(tn.equity.forecast(small, 2, **options).sentences())
    assert "say with `new_customers` how many come" in alone
    more = " ".join(
        tn.equity.forecast(small, 2, new_customers=5, **options).sentences()
    )
    assert "customers who are not there yet." in more
    assert "say with" not in more


def _simulated(seed, customers):
    """A forecast by the true model, and what comes true of it."""
    orders = tn.datasets.simulate_orders(
        customers,
        **TRUTH,
        **SPEND,
        start="2023-01-01",
        end="2024-12-31",
        acquired_until="2023-12-31",
        seed=seed,
        family="numpy",
    )
    log = log_of(orders, merge=None)
    found = tn.equity.forecast(log, 12, as_of="2023-12-31", **true_models())
    day = orders["date"].astype("datetime64[D]")
    came = {"orders": [], "value": [], "active": []}
    for start, end in zip(found["start"], found["end"], strict=True):
        inside = (day >= start) & (day <= end)
        came["orders"].append(inside.sum())
        came["value"].append(orders["amount"][inside].sum())
        came["active"].append(len(np.unique(orders["customer_id"][inside])))
    return found, {name: np.array(values) for name, values in came.items()}


def _held(simulations, customers):
    held = {name: [] for name in ("orders", "value", "active", "total")}
    ratio = {name: [] for name in ("orders", "value", "active")}
    for seed in range(simulations):
        found, came = _simulated(seed, customers)
        for name, values in came.items():
            low, high = found[f"{name}_low"], found[f"{name}_high"]
            held[name].append(((low <= values) & (values <= high)).mean())
            ratio[name].append((values.sum(), found[name].sum()))
        for name, (_, low, high) in found.totals.items():
            held["total"].append(low <= came[name].sum() <= high)
    means = {name: float(np.mean(values)) for name, values in held.items()}
    ratios = {
        name: float(np.divide(*np.sum(values, axis=0)))
        for name, values in ratio.items()
    }
    return means, ratios


def test_forecasts_come_true_as_often_as_they_should():
    held, ratio = _held(60, 250)
    # 60 years of 12 months that depend on each other: about 2 points of error
    for name in ("orders", "value", "active"):
        assert 0.85 < held[name] < 0.95, (name, held[name])
        assert ratio[name] == pytest.approx(1.0, abs=0.03)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_forecasts_hold_their_level():
    held, ratio = _held(400, 400)
    for name, share in held.items():
        assert 0.87 < share < 0.93, (name, share)
    for name, factor in ratio.items():
        assert factor == pytest.approx(1.0, abs=0.012), name


def test_pictures_show_the_numbers(shop):
    pytest.importorskip("matplotlib")
    pytest.importorskip("scipy")
    found = tn.equity.forecast(shop, 6, new_customers=50)
    heights = [bar.get_height() for bar in found.plot("orders").patches]
    np.testing.assert_allclose(
        heights, np.concatenate([found["orders_known"], found["orders_new"]])
    )
    card = tn.equity.scorecard(shop, "2024-06-30", horizon="26 weeks")
    heights = [bar.get_height() for bar in card.plot(of="purchases").patches]
    np.testing.assert_allclose(heights, card.by_decile("purchases")["actual"])
    with pytest.raises(ParameterError, match="`of` must be one of value, orders"):
        found.plot("money")
