"""The numbers behind the pictures, and what drawing does and doesn't touch."""

from __future__ import annotations

import datetime as dt
import itertools
import subprocess
import sys
from collections import Counter
from functools import cache

import numpy as np
import pytest
import tenure as tn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tenure import plotting
from tenure.exceptions import ParameterError
from tenure.plotting._bins import histogram

FAMILIES = ["pandas", "polars", "pyarrow", "numpy"]


@cache
def cdnow(family="numpy"):
    orders = tn.datasets.load_cdnow(family=family)
    return tn.Transactions(orders, customer="customer_id", time="date", amount="amount")


@cache
def split(unit="week"):
    return cdnow().split("1997-09-30", unit=unit)


@cache
def buying(unit="week"):
    return tn.BGNBD().fit(split(unit))


@cache
def value():
    spend = tn.GammaGamma().fit(split())
    return tn.lifetime_value(
        buying(), spend, split(), horizon="12 months", interval=0.9
    )


@cache
def weekly_file():
    """The published table of CDNOW, ages to two decimals."""
    frame = tn.datasets.load_cdnow_summary(family="numpy")
    return tn.Summary.from_frame(frame, unit="week", monetary_value="monetary_value")


def random_log(seed=0, *, merge="day", rows=400, seconds=False):
    rng = np.random.default_rng(seed)
    times = np.datetime64("2023-11-20", "s") + rng.integers(0, 430, rows) * 86_400
    if seconds:
        times = times + rng.integers(0, 86_400, rows)
    columns = {
        "customer_id": rng.integers(0, 60, rows),
        "date": times,
        "amount": rng.gamma(2.0, 20.0, rows).round(2),
    }
    return tn.Transactions(columns, amount="amount", merge=merge)


def purchases_of(log):
    """(customer, time, is first, value) of every purchase, the slow way."""
    rows = []
    for place, customer in enumerate(log.customers):
        for at in range(log.offsets[place], log.offsets[place + 1]):
            first = at == log.offsets[place]
            rows.append((customer, log.times[at].item(), first, log.values[at]))
    return rows


class TestTracking:
    def test_cdnow_by_week(self):
        """Week 39 and 78 of BG/NBD on CDNOW, as published to two decimals."""
        table = plotting.tracking(buying(), cdnow(), split=split())
        assert len(table["actual"]) == 78
        assert table["actual_cumulative"][[38, 77]].tolist() == [2457, 4339]
        np.testing.assert_allclose(
            table["expected_cumulative"][[38, 77]], [2493.95, 4160.60], atol=0.01
        )
        assert table["holdout"].tolist() == [False] * 39 + [True] * 39
        assert table["complete"].all()
        assert str(table["period_end"][38])[:10] == "1997-09-30"

    def test_cdnow_by_day(self):
        """The daily figures of lifetimes' tests (two decimals, atol 0.01).

        Its ages are counted to the beginning of the next day, ours to the day itself
        (which gives the published weekly figures): its 11 January is our 12 January.
        """
        table = plotting.tracking(
            buying("day"), cdnow(), split="1997-09-30", period="day"
        )
        assert table["actual_cumulative"][10:14].tolist() == [11, 12, 15, 19]
        np.testing.assert_allclose(
            table["expected_cumulative"][11:15], [10.67, 12.67, 14.87, 17.24], atol=0.01
        )

    @pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
    def test_periods_add_up_to_the_same(self, period):
        table = plotting.tracking(buying(), cdnow(), split=split(), period=period)
        assert table["actual"].sum() == 4339
        assert table["actual_cumulative"][-1] == 4339
        by_day = plotting.tracking(buying(), cdnow(), split=split(), period="day")
        np.testing.assert_allclose(
            table["expected_cumulative"][-1], by_day["expected_cumulative"][-1]
        )

    @pytest.mark.parametrize(
        ("merge", "unit"), [("day", "month"), (None, "day"), ("hour", "hour")]
    )
    def test_the_slow_way(self, merge, unit):
        """One expectation a customer, each with their own age."""
        log = random_log(3, merge=merge, seconds=True)
        part = log.split("2024-08-31", unit=unit)
        model = tn.BGNBD.from_params(r=0.7, alpha=9.0, a=0.4, b=2.1, unit=unit)
        table = plotting.tracking(model, log, split=part, period="month")
        known = set(part.customer_id.tolist())
        for place, end in enumerate(table["period_end"]):
            day = str(end)[:10]
            summary = log.summary(unit, as_of=day)
            inside = np.isin(summary.customer_id, list(known))
            expected = sum(
                model.expected_purchases_new(age) for age in summary.T[inside]
            )
            np.testing.assert_allclose(
                table["expected_cumulative"][place], expected, rtol=1e-12
            )
            actual = summary.frequency[inside].sum()
            assert table["actual_cumulative"][place] == actual

    def test_very_many_instants(self, monkeypatch):
        """Instants of a day at their mean: the error is the curvature within a day."""
        log = random_log(4, merge=None, seconds=True)
        model = tn.BGNBD.from_params(r=0.7, alpha=90.0, a=0.4, b=2.1, unit="day")
        exact = plotting.tracking(model, log)["expected_cumulative"]
        module = sys.modules["tenure.plotting.tracks"]
        monkeypatch.setattr(module, "_MOST_INSTANTS", 1)
        close = plotting.tracking(model, log)["expected_cumulative"]
        assert (close != exact).any()
        np.testing.assert_allclose(close, exact, rtol=1e-3, atol=1e-4)

    def test_a_period_that_was_not_over(self):
        log = random_log(5)
        model = tn.BGNBD.from_params(r=0.7, alpha=9.0, a=0.4, b=2.1, unit="week")
        table = plotting.tracking(model, log, period="month")
        assert table["complete"].tolist() == [True] * (len(table["complete"]) - 1) + [
            False
        ]
        assert table["period_end"][-1] == log.span[1]
        assert not table["holdout"].any()

    def test_customers_who_come_later_do_not_count(self):
        log = tn.Transactions(
            {
                "customer_id": [1, 1, 2, 2],
                "date": ["2024-01-01", "2024-01-10", "2024-02-01", "2024-02-09"],
            }
        )
        model = tn.BGNBD.from_params(r=0.7, alpha=9.0, a=0.4, b=2.1, unit="day")
        table = plotting.tracking(model, log, split="2024-01-15", period="day")
        assert table["actual"].sum() == 1
        alone = model.expected_purchases_new(39)  # 1 January to 9 February
        np.testing.assert_allclose(table["expected_cumulative"][-1], alone)

    def test_errors(self):
        model = tn.BGNBD.from_params(r=0.7, alpha=9.0, a=0.4, b=2.1)
        with pytest.raises(ParameterError) as caught:
            plotting.tracking(model, cdnow())
        assert str(caught.value) == (
            "`model` must know its unit of time, got a BGNBD without one\n\n"
            "Hint: say it where the data comes in: fit(data, unit='week')"
        )
        with pytest.raises(ParameterError) as caught:
            plotting.tracking(buying(), cdnow(), period="fortnight")
        assert str(caught.value) == (
            "`period` must be one of day, week, month, quarter, year, got 'fortnight'"
        )
        with pytest.raises(ParameterError) as caught:
            plotting.tracking(buying(), cdnow(), split="1996-12-31")
        assert str(caught.value) == (
            "`split` must not lie before the first purchase, 1997-01-01, got 1996-12-31"
        )


class TestFit:
    def test_published_histogram(self):
        """Expected counts at the optimum of the weekly table, three decimals."""
        model = tn.BGNBD().fit(weekly_file())
        table = plotting.frequency_histogram(model, weekly_file())
        assert table["frequency"].tolist() == list(range(8))
        assert table["actual"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
        published = [
            1407.685,
            460.325,
            192.460,
            101.163,
            59.847,
            38.120,
            25.549,
            71.852,
        ]
        np.testing.assert_allclose(table["expected"], published, atol=0.05)
        assert table["expected"].sum() == pytest.approx(2357)

    def test_histogram_one_customer_at_a_time(self):
        summary = random_log(6).summary("week")
        model = tn.BGNBD.from_params(r=0.7, alpha=9.0, a=0.4, b=2.1, unit="week")
        table = plotting.frequency_histogram(model, summary, most=3)
        slow = sum(model.purchase_probabilities_new(age, most=2) for age in summary.T)
        np.testing.assert_allclose(table["expected"][:3], slow, rtol=1e-12)
        assert table["actual"][3] == (summary.frequency >= 3).sum()

    def test_conditional_expectations(self):
        table = plotting.conditional_expectations(buying(), split(), most=7)
        expected = buying().expected_purchases(split(), horizon=39)
        for row in range(8):
            chosen = split().frequency == row if row < 7 else split().frequency >= 7
            assert table["customers"][row] == chosen.sum()
            actual = split().holdout_purchases[chosen].mean()
            np.testing.assert_allclose(table["actual"][row], actual, rtol=1e-12)
            mean = expected[chosen].mean()
            np.testing.assert_allclose(table["expected"][row], mean, rtol=1e-12)
        weighted = table["customers"] @ table["actual"]
        assert weighted == pytest.approx(1882)

    def test_a_count_that_nobody_has(self):
        table = plotting.conditional_expectations(buying(), split(), most=40)
        nobody = table["customers"] == 0
        assert nobody.any()
        assert np.isnan(table["actual"][nobody]).all()


class TestMaps:
    def test_cells(self):
        table = plotting.recency_frequency_map(buying(), T=39, most=3, steps=2)
        assert table["frequency"].tolist() == [1, 2, 3, 1, 2, 3]
        assert table["recency"].tolist() == [9.75] * 3 + [29.25] * 3
        one = {"frequency": [2.0], "recency": [29.25], "T": [39.0]}
        alone = buying().probability_alive(one)[0]
        assert table["probability_alive"][4] == alone

    def test_expected_purchases(self):
        table = plotting.recency_frequency_map(
            buying(), T=39, quantity="expected_purchases", horizon="39 weeks", most=2
        )
        one = {"frequency": [1.0], "recency": table["recency"][:1], "T": [39.0]}
        alone = buying().expected_purchases(one, horizon=39)[0]
        assert table["expected_purchases"][0] == alone

    def test_errors(self):
        with pytest.raises(ParameterError) as caught:
            plotting.recency_frequency_map(
                buying(), T=39, quantity="expected_purchases"
            )
        assert str(caught.value) == (
            "`quantity` must be 'probability_alive', or 'expected_purchases' with a "
            "horizon, got 'expected_purchases'"
        )
        with pytest.raises(ParameterError) as caught:
            plotting.recency_frequency_map(buying(), T=0.0)
        assert str(caught.value) == "`T` must be finite and greater than 0, got 0.0"


class TestOrders:
    @pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
    def test_purchases_over_time(self, period):
        log = random_log(7)
        table = plotting.purchases_over_time(log, period=period)
        first, repeat, customers, worth = Counter(), Counter(), {}, Counter()
        for customer, time, is_first, amount in purchases_of(log):
            start = start_of(time.date(), period)
            (first if is_first else repeat)[start] += 1
            customers.setdefault(start, set()).add(customer)
            worth[start] += amount
        starts = [moment.item().date() for moment in table["period"]]
        assert starts[0] == start_of(log.span[0].item(), period)
        assert starts == sorted(set(starts))
        for row, start in enumerate(starts):
            assert table["first_purchases"][row] == first[start]
            assert table["repeat_purchases"][row] == repeat[start]
            assert table["customers"][row] == len(customers.get(start, ()))
            assert table["value"][row] == pytest.approx(worth[start])
        assert table["complete"][:-1].all()
        day_after = log.span[1].item() + dt.timedelta(days=1)
        assert table["complete"][-1] == (start_of(day_after, period) == day_after)

    def test_until(self):
        log = random_log(8)
        table = plotting.purchases_over_time(log, period="month", until="2024-06-10")
        known = log.times < np.datetime64("2024-06-11")
        counted = table["first_purchases"].sum() + table["repeat_purchases"].sum()
        assert counted == known.sum()
        assert str(table["period"][-1])[:10] == "2024-06-01"
        assert table["complete"].tolist() == [True] * 7 + [False]

    def test_without_amounts(self):
        log = tn.Transactions({"customer_id": [1, 1], "date": ["2024-01-01"] * 2})
        assert "value" not in plotting.purchases_over_time(log)
        with pytest.raises(ParameterError) as caught:
            plotting.order_values(log)
        assert str(caught.value) == (
            "`log` must have amounts, got one without\n\n"
            "Hint: say which column holds them: Transactions(..., amount=...)"
        )
        with pytest.raises(ParameterError) as caught:
            plotting.plot_purchases_over_time(log, measure="value")
        assert str(caught.value) == (
            "`measure` must be one of purchases, customers, value; value needs a log "
            "with amounts, got 'value'"
        )

    def test_time_between_orders(self):
        log = random_log(9)
        table = plotting.time_between_orders(log, unit="week", bins=10)
        times: dict[int, list[dt.datetime]] = {}
        for customer, time, _, _ in purchases_of(log):
            times.setdefault(customer, []).append(time)
        waits = [
            (later - sooner).days / 7
            for all_times in times.values()
            for sooner, later in itertools.pairwise(all_times)
        ]
        assert table["waits"].sum() == len(waits)
        for row in range(len(table["waits"]) - 1):
            lower, upper = table["lower"][row], table["upper"][row]
            assert table["waits"][row] == sum(lower <= wait < upper for wait in waits)
        assert table["upper"][-1] >= max(waits)
        assert (table["upper"][:-1] == table["lower"][1:]).all()

    def test_nobody_came_back(self):
        log = tn.Transactions({"customer_id": [1, 2], "date": ["2024-01-01"] * 2})
        assert len(plotting.time_between_orders(log)["waits"]) == 0
        assert isinstance(plotting.plot_time_between_orders(log), Axes)

    def test_order_values(self):
        table = plotting.order_values(cdnow(), bins=10)
        assert table["purchases"].sum() == 6696
        assert table["purchases"][0] == 8  # the purchases of a total of 0
        assert table["lower"][0] == 0.0
        inside = (cdnow().values >= table["lower"][3]) & (
            cdnow().values < table["upper"][3]
        )
        assert table["purchases"][3] == inside.sum()


def start_of(day: dt.date, period: str) -> dt.date:
    if period == "day":
        return day
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    return day.replace(month=month[period], day=1)


class TestBins:
    def test_equal_widths(self):
        found = histogram(np.array([1.0, 2.0, 3.0, 4.0, np.inf, np.nan]), 3)
        assert not found.is_log
        assert found.counts.tolist() == [1, 1, 2]
        assert found.lower.tolist() == [1.0, 2.0, 3.0]

    def test_equal_ratios(self):
        found = histogram(np.array([-1.0, 0.0, 1.0, 10.0, 10.0, 1000.0]), 3)
        assert found.is_log
        assert found.has_rest
        assert found.counts.sum() == 6
        assert found.counts[0] == 2
        assert found.lower[0] == -1.0
        np.testing.assert_allclose(
            found.upper[1:] / found.lower[1:], 10.0 ** (1 / 1), rtol=0.3
        )

    def test_nothing(self):
        assert len(histogram(np.array([np.nan]), 5).counts) == 0

    @pytest.mark.parametrize("seed", range(5))
    def test_every_value_is_counted_once(self, seed):
        rng = np.random.default_rng(seed)
        values = rng.lognormal(0, 3, 1000) - rng.random() * (seed % 2)
        assert histogram(values, 17).counts.sum() == 1000


class TestValues:
    def test_distribution(self):
        table = plotting.value_distribution(value(), bins=20)
        assert table["customers"].sum() == 2357
        above = (value()["value"] >= table["lower"][-1]).sum()
        assert table["customers"][-1] == above

    def test_top_customers(self):
        table = plotting.top_customers(value(), n=3)
        order = sorted(range(2357), key=lambda row: -value()["value"][row])[:3]
        assert table["customer_id"].tolist() == split().customer_id[order].tolist()
        for name, values in value().columns.items():
            assert table[name].tolist() == values[order].tolist()

    def test_ids_of_a_frame(self):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame(
            {"frequency": [0, 9], "recency": [0.0, 9.0], "T": [9.0, 9.0]},
            index=["anna", "bert"],
        )
        found = tn.lifetime_value(buying(), 10.0, frame, horizon=10)
        assert plotting.top_customers(found, n=1).index.tolist() == ["bert"]

    def test_values_that_are_negative(self):
        costly = tn.lifetime_value(
            buying(), 5.0, split(), horizon=10, acquisition_cost=4.0
        )
        table = plotting.value_distribution(costly)
        assert table["customers"].sum() == 2357
        plotting.plot_value_distribution(costly)
        ax = plotting.plot_top_customers(costly)
        assert ax.get_xlim()[0] <= 0


class TestAlive:
    def test_first_and_last_day(self):
        table = plotting.alive_history(buying(), cdnow(), 1, points=20)
        assert table["probability_alive"][0] == 1.0
        summary = cdnow().summary("week")
        last = buying().probability_alive(summary)[summary.customer_id == 1]
        assert table["probability_alive"][-1] == last[0]
        days = [str(day)[:10] for day in table["date"][table["purchase"]]]
        assert days == ["1997-01-01", "1997-01-18", "1997-08-02", "1997-12-12"]

    def test_errors(self):
        with pytest.raises(ParameterError) as caught:
            plotting.alive_history(buying(), cdnow(), "nobody")
        assert str(caught.value) == (
            "`customer` must be the id of a customer of the log, got 'nobody'"
        )
        with pytest.raises(ParameterError) as caught:
            plotting.alive_history(buying(), cdnow(), 1, until="1996-01-01")
        assert "must not lie before 1997-01-01" in str(caught.value)


def run(code, *arguments):
    """Run code in an interpreter of its own."""
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)  # noqa: S603


DRAWN = {
    "tracking": lambda **k: plotting.plot_tracking(
        buying(), cdnow(), split=split(), **k
    ),
    "tracking of each week": lambda **k: plotting.plot_tracking(
        buying(), cdnow(), split=split(), cumulative=False, **k
    ),
    "frequency": lambda **k: plotting.plot_frequency(buying(), split(), **k),
    "conditional": lambda **k: plotting.plot_conditional_expectations(
        buying(), split(), **k
    ),
    "alive map": lambda **k: plotting.plot_recency_frequency(
        buying(), T=39.0, summary=split(), **k
    ),
    "expected map": lambda **k: plotting.plot_recency_frequency(
        buying(), T=39.0, quantity="expected_purchases", horizon="1 year", **k
    ),
    "values": lambda **k: plotting.plot_value_distribution(value(), **k),
    "values by method": lambda **k: value().plot(**k),
    "top": lambda **k: plotting.plot_top_customers(value(), **k),
    "order values": lambda **k: plotting.plot_order_values(cdnow(), **k),
    "waits": lambda **k: plotting.plot_time_between_orders(cdnow(), **k),
    "over time": lambda **k: plotting.plot_purchases_over_time(cdnow(), **k),
    "customers over time": lambda **k: plotting.plot_purchases_over_time(
        cdnow(), measure="customers", **k
    ),
    "alive": lambda **k: plotting.plot_alive_history(buying(), cdnow(), 1, **k),
}


class TestDrawing:
    @pytest.mark.parametrize("name", DRAWN)
    def test_on_a_figure_of_its_own(self, name):
        ax = DRAWN[name]()
        assert isinstance(ax, Axes)
        assert ax.get_title(loc="left")
        assert ax.has_data()
        ax.figure.canvas.draw()  # a picture that can't be drawn fails here

    @pytest.mark.parametrize("name", DRAWN)
    def test_on_given_axes(self, name):
        figure = Figure(figsize=(3, 3))
        ax = figure.add_subplot()
        assert DRAWN[name](ax=ax) is ax
        assert ax.figure is figure
        assert figure.get_size_inches().tolist() == [3, 3]

    def test_keywords_reach_the_artists(self):
        ax = plotting.plot_tracking(buying(), cdnow(), split=split(), linewidth=7)
        assert {line.get_linewidth() for line in ax.get_lines()} == {7}
        bars = plotting.plot_frequency(buying(), split(), alpha=0.5).patches
        assert {bar.get_alpha() for bar in bars} == {0.5}

    def test_what_is_drawn_are_the_numbers(self):
        table = plotting.tracking(buying(), cdnow(), split=split())
        actual, expected = plotting.plot_tracking(
            buying(), cdnow(), split=split()
        ).get_lines()
        assert actual.get_ydata().tolist() == table["actual_cumulative"].tolist()
        assert expected.get_ydata().tolist() == table["expected_cumulative"].tolist()
        table = plotting.frequency_histogram(buying(), split())
        heights = [
            bar.get_height()
            for bar in plotting.plot_frequency(buying(), split()).patches
        ]
        assert heights == [*table["actual"], *table["expected"]]

    def test_a_running_month_is_in_outline(self):
        log = random_log(7)
        bars = plotting.plot_purchases_over_time(log).patches
        months = len(bars) // 2
        assert [bool(bar.get_hatch()) for bar in bars] == (
            [False] * (months - 1) + [True]
        ) * 2

    def test_ids_are_not_mathematics(self):
        names = [r"$\frac{$", "a\nb", "x" * 60, "\x07"]
        frame = {"customer_id": names, "frequency": [1.0] * 4, "recency": [1.0] * 4}
        summary = tn.Summary.from_frame({**frame, "T": [9.0] * 4}, unit="week")
        found = tn.lifetime_value(buying(), 10.0, summary, horizon=10)
        ax = plotting.plot_top_customers(found)
        ax.figure.canvas.draw()
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert set(labels) == {
            r"$\frac{$",
            "a b",
            "x" * 23 + "…",
            "\N{REPLACEMENT CHARACTER}",
        }

    def test_no_global_state_is_touched(self, tmp_path):
        """pyplot is never imported, and no setting differs afterwards."""
        code = """
import sys
import matplotlib
before = matplotlib.rcParams.copy()  # reading "backend" would import pyplot
import tenure as tn
log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
split = log.split("1997-09-30", unit="week")
model = tn.BGNBD().fit(split)
tn.plotting.plot_tracking(model, log, split=split).figure.savefig(sys.argv[1])
tn.report(log, sys.argv[2])
assert "matplotlib.pyplot" not in sys.modules
assert matplotlib.rcParams.copy() == before
"""
        run(code, tmp_path / "a.png", tmp_path / "b.html")

    def test_import_is_light(self):
        code = """
import sys
import tenure
tenure.plotting, tenure.report
assert not any(name.startswith("matplotlib") for name in sys.modules)
"""
        run(code)

    def test_without_matplotlib(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        with pytest.raises(ImportError) as caught:
            plotting.plot_frequency(buying(), split())
        assert str(caught.value) == (
            "plotting needs matplotlib; install with pip install 'tenure[plot]'"
        )


class TestFamilies:
    @pytest.mark.parametrize("family", FAMILIES)
    def test_frames_come_back_in_the_family_of_the_data(self, family):
        pytest.importorskip(family)
        log = cdnow(family)
        part = log.split("1997-09-30", unit="week")
        model = tn.BGNBD().fit(part)
        worth = tn.lifetime_value(model, 10.0, part, horizon=10)
        frames = [
            plotting.tracking(model, log, split=part, period="month"),
            plotting.frequency_histogram(model, part),
            plotting.conditional_expectations(model, part),
            plotting.recency_frequency_map(model, T=39.0, family=family),
            plotting.purchases_over_time(log),
            plotting.time_between_orders(log),
            plotting.order_values(log),
            plotting.value_distribution(worth),
            plotting.top_customers(worth),
            plotting.alive_history(model, log, 1, points=5),
        ]
        modules = {type(frame).__module__.split(".")[0] for frame in frames}
        assert modules == {"builtins" if family == "numpy" else family}

    def test_all_is_complete(self):
        assert sorted(plotting.__all__) == plotting.__all__
        for name in plotting.__all__:
            assert getattr(plotting, name).__doc__


class TestWhereFiguresGo:
    CODE = """
import sys
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import tenure as tn
log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount="amount")
ax = tn.plotting.plot_order_values(log)
assert [plt.figure(n) for n in plt.get_fignums()] == [ax.figure]
tn.report(log, sys.argv[1])
assert len(plt.get_fignums()) == 1
"""

    def test_pyplot_shows_plots_where_it_is_in_use_but_not_those_of_a_page(
        self, tmp_path
    ):
        run(self.CODE, tmp_path / "page.html")
