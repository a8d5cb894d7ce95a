"""Equity knows the past only, its bridge closes, and numbers agree with those by hand.

The small log below has a model whose expectations are a fraction: under the NBD with
r = 1 and alpha = 2 a customer with x repeat purchases in T weeks buys at a rate of
(1 + x) / (2 + T) a week, for ever.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.equity.bridge import STEPS
from tenure.equity.migration import LOST_SEGMENT
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError

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
FIRST, SECOND = "2024-01-29", "2024-02-12"
PLAIN = {
    "buying": NBD,
    "spend": 10.0,
    "refit": False,
    "discount_rate": 0.0,
    "horizon": 10,
}


def log_of(data, **options):
    return tn.Transactions(data, amount="amount", **options)


def columns_of(frame):
    """A frame of any family as a dictionary of lists."""
    if isinstance(frame, dict):
        return {name: list(values) for name, values in frame.items()}
    if hasattr(frame, "to_pydict"):
        return frame.to_pydict()
    if hasattr(frame, "reset_index"):
        frame = frame.reset_index() if frame.index.name else frame
    return {name: list(frame[name]) for name in frame.columns}


@pytest.fixture(scope="module")
def small():
    return log_of(SMALL)


@pytest.fixture(scope="module")
def drawn():
    """Orders of two years of 1,200 customers who come all the time."""
    window = {"start": "2023-01-01", "end": "2024-12-31"}
    return tn.datasets.simulate_orders(
        1200, **TRUTH, **SPEND, **window, seed=3, family="numpy"
    )


@pytest.fixture(scope="module")
def shop(drawn):
    return log_of(drawn)


# -- snapshots ---------------------------------------------------------------------


def test_a_snapshot_by_hand(small):
    # ann: x = 2, T = 4: 3 / 6 a week; bob: x = 0, T = 3: 1 / 5; ten weeks at 10 each:
    # 50 and 20. A newcomer buys at once and then 1 / 2 a week: 10 + 50.
    found = tn.equity.snapshots(small, [FIRST, SECOND], **PLAIN)
    assert found["customers"].tolist() == [2, 3]
    assert found["new_customers"].tolist() == [2, 1]
    assert found["alive"].tolist() == [2.0, 3.0]
    # ann 4 / 8, bob 1 / 7, carl 1 / 2 a week
    assert found["equity"] == pytest.approx([70.0, 100 + 100 / 7], rel=1e-12)
    assert found["mean"] == pytest.approx([35.0, (100 + 100 / 7) / 3], rel=1e-12)
    assert found["median"] == pytest.approx([35.0, 50.0], rel=1e-12)
    assert found["p90"] == pytest.approx([47.0, 50.0], rel=1e-12)
    assert found["new_mean"] == pytest.approx([35.0, 50.0], rel=1e-12)
    assert found["newcomer"] == pytest.approx([60.0, 60.0], rel=1e-12)
    # parameters were given: nothing is known about how well they are known
    assert np.isnan(found["equity_low"]).all()
    assert found.sentences() == [
        (
            "On 2024-02-12 the 3 customers known were worth 114.29 in revenue over the "
            "next 10 weeks, 38.10 each on average."
        ),
        (
            "That is 44.29 more than on 2024-01-29; a customer is worth 3.10 more on "
            "average."
        ),
    ]


def test_margin_and_costs_count(small):
    found = tn.equity.snapshots(small, [FIRST], **PLAIN, margin=0.5, cost_per_order=1.0)
    # 7 orders expected, each 0.5 * 10 - 1
    assert found["equity"] == pytest.approx([28.0], rel=1e-12)
    assert found.basis == "margin"


def test_snapshots_are_lifetime_values(shop):
    days = ["2023-12-31", "2024-06-30"]
    found = tn.equity.snapshots(shop, days, margin=0.3)
    for place, day in enumerate(days):
        summary = shop.summary("week", as_of=day)
        buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
        value = tn.lifetime_value(
            buying, spend, summary, horizon="12 months", margin=0.3, interval=0.9
        )
        assert found["equity"][place] == pytest.approx(value.total, rel=1e-12)
        ends = found["equity_low"][place], found["equity_high"][place]
        assert ends == pytest.approx(value.total_interval, rel=1e-9)
        alive = buying.probability_alive(summary)
        assert found["alive"][place] == pytest.approx(float(np.sum(alive)), rel=1e-12)


@pytest.mark.parametrize("refit", [True, False])
def test_later_rows_change_nothing(drawn, refit):
    days = ["2023-12-31", "2024-06-30"]
    earlier = drawn["date"] < np.datetime64("2024-07-01")
    cut = {name: values[earlier] for name, values in drawn.items()}
    whole = tn.equity.snapshots(log_of(drawn), days, refit=refit)
    # a refund of an early purchase that is made after the dates
    late = {
        "customer_id": [drawn["customer_id"][0]],
        "date": np.array(["2024-12-30"], dtype="datetime64[us]"),
        "amount": [-5.0],
    }
    more = {n: np.concatenate([drawn[n], np.asarray(late[n])]) for n in drawn}
    for other in (log_of(cut), log_of(more)):
        found = tn.equity.snapshots(other, days, refit=refit)
        for name, values in whole.columns.items():
            np.testing.assert_array_equal(found[name], values, err_msg=name)
        mine, theirs = found.customers(), whole.customers()
        np.testing.assert_array_equal(mine["value"], theirs["value"])


def test_earlier_dates_do_not_depend_on_later_ones(shop):
    one = tn.equity.snapshots(shop, ["2023-12-31"])
    two = tn.equity.snapshots(shop, ["2023-12-31", "2024-12-31"])
    for name in one.columns:
        np.testing.assert_array_equal(one[name], two[name][:1], err_msg=name)


def test_periods_and_the_order_of_rows(drawn):
    rng = np.random.default_rng(1)
    shuffled = rng.permutation(len(drawn["amount"]))
    mixed = {name: values[shuffled] for name, values in drawn.items()}
    first = tn.equity.snapshots(log_of(drawn), "year")
    second = tn.equity.snapshots(log_of(mixed), "year")
    assert first["as_of"].astype(str).tolist() == ["2023-12-31", "2024-12-31"]
    # sums of the same numbers in the same order: customers are sorted by id
    np.testing.assert_allclose(first["equity"], second["equity"], rtol=1e-9)


def test_held_models_change_customers_only(shop):
    days = ["2023-12-31", "2024-06-30"]
    held = tn.equity.snapshots(shop, days, refit=False)
    fresh = tn.equity.snapshots(shop, days)
    assert held["newcomer"][0] == held["newcomer"][1]
    assert fresh["newcomer"][0] != fresh["newcomer"][1]
    fitted = tn.BGNBD().fit(shop.summary("week", as_of="2024-12-31"))
    with pytest.raises(ParameterError, match="customers for longer") as caught:
        tn.equity.snapshots(shop, days, buying=fitted, refit=False)
    assert str(caught.value).startswith(
        "`buying` must be fitted to what was known on 2023-12-31, got a BGNBD that has "
        "seen "
    )
    # with refit=True a copy is fitted anew, and the model stays as it was
    before = dict(fitted.params_)
    again = tn.equity.snapshots(shop, days, buying=fitted)
    np.testing.assert_array_equal(again["equity"], fresh["equity"])
    assert dict(fitted.params_) == before


@pytest.mark.parametrize("family", ["pandas", "polars", "pyarrow"])
def test_frames_of_every_family(family, drawn):
    if family == "pandas":
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(drawn)
    elif family == "polars":
        frame = pytest.importorskip("polars").DataFrame(drawn)
    else:
        frame = pytest.importorskip("pyarrow").table(drawn)
    days = ["2023-12-31", "2024-12-31"]
    for make in (
        lambda log: tn.equity.snapshots(log, days).to_frame(),
        lambda log: tn.equity.bridge(log, days).to_frame(),
        lambda log: tn.equity.migration(log, days, parts=4).to_frame(),
        lambda log: tn.equity.roll_up(log, "quarter").to_frame(),
        lambda log: tn.equity.stages(log, "quarter").to_frame(),
        lambda log: tn.equity.forecast(log, 2).to_frame(),
    ):
        own, plain = columns_of(make(log_of(frame))), columns_of(make(log_of(drawn)))
        assert list(own) == list(plain)
        for name, values in plain.items():
            if isinstance(values[0], float):
                np.testing.assert_allclose(own[name], values, rtol=1e-12)
            else:
                assert [str(v)[:10] for v in own[name]] == [str(v)[:10] for v in values]


def test_snapshots_say_what_is_wrong(small, shop):
    with pytest.raises(ParameterError) as caught:
        tn.equity.snapshots(small, ["2024-02-12", "2024-01-29"], **PLAIN)
    assert str(caught.value) == (
        "`dates` must be one date at least, each later than the one before, got "
        "2024-02-12, 2024-01-29"
    )
    with pytest.raises(ParameterError) as caught:
        tn.equity.snapshots(small, "fortnight", **PLAIN)
    assert str(caught.value) == (
        "`dates` must be a sequence of dates, or 'week', 'month', 'quarter' or 'year', "
        "got 'fortnight'"
    )
    with pytest.raises(EmptyDataError, match="no customer had bought by 2020-01-01"):
        tn.equity.snapshots(shop, ["2020-01-01"])
    with pytest.raises(ParameterError) as caught:
        tn.equity.snapshots(log_of({n: v[:1] for n, v in SMALL.items()}), [FIRST])
    assert str(caught.value).startswith(
        "`dates` must be dates by which the models can be fitted, got 2024-01-29: "
    )
    with pytest.raises(ParameterError, match="`log` must have amounts"):
        tn.equity.snapshots(tn.Transactions(SMALL), [FIRST], **PLAIN)
    for name, value in (("interval", 1.5), ("discount_rate", -0.1), ("horizon", 0)):
        with pytest.raises(ParameterError, match=f"`{name}` must"):
            tn.equity.snapshots(small, [FIRST], **{**PLAIN, name: value})


# -- the bridge ----------------------------------------------------------------------


def test_a_bridge_by_hand(small):
    # ann brings 10 as expected (1 order in 2 weeks), and is worth 50 as expected;
    # bob was to bring 4 and to be worth 20, brings nothing and is worth 100 / 7.
    found = tn.equity.bridge(small, [FIRST, SECOND], **PLAIN)
    by_hand = {
        "opening": 70.0,
        "discount unwinding": 0.0,
        "horizon moved on": 2 * (0.5 + 0.2) * 10,
        "realised": -10.0,
        "lost": 0.0,
        "behaviour": (0 - 4) + (100 / 7 - 20),
        "new customers": 50.0,
        "parameters": 0.0,
        "closing": 100 + 100 / 7,
    }
    for step, amount in by_hand.items():
        assert found.amount(step) == pytest.approx(amount, abs=1e-12), step
    assert found.expected == pytest.approx([14.0])
    assert found.new_earned == pytest.approx([10.0])
    assert found.counts.tolist() == [[2, 2, 2, 2, 0, 2, 1, 3, 3]]
    assert found.sentences() == [
        (
            "From 2024-01-29 to 2024-02-12 customer equity rose by 44.29, from 70.00 "
            "to 114.29."
        ),
        (
            "The customers of 2024-01-29 brought 10.00 in revenue, 4.00 less than "
            "expected; 1 new customer came."
        ),
        (
            "Of what nobody could foresee, the arrival of new customers mattered most: "
            "it added 50.00."
        ),
    ]


def test_discount_unwinding_by_hand(small):
    # without end and at a rate d a year, an order a week is worth 1 / ln(1 + d) of a
    # week's rate; for a certain rate nothing but interest on what is left happens
    rate = np.log(1.1) * 7 / 365.25
    found = tn.equity.bridge(
        small, [FIRST, SECOND], **{**PLAIN, "horizon": None, "discount_rate": 0.1}
    )
    value = 7 / rate  # 0.7 orders of 10 a week
    assert found.amount("opening") == pytest.approx(value, rel=1e-9)
    growth = np.exp(2 * rate)
    until = value * (1 - 1 / growth)
    unwinding = (value - until) * (growth - 1) + (14 - until)
    assert found.amount("discount unwinding") == pytest.approx(unwinding, rel=1e-9)
    assert found.amount("horizon moved on") == 0.0


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("horizon", ["12 months", None])
def test_bridges_close_to_the_cent(shop, refit, horizon):
    days = ["2023-09-30", "2023-12-31", "2024-06-30", "2024-12-31"]
    options = {"margin": 0.3, "refit": refit, "horizon": horizon, "discount_rate": 0.2}
    found = tn.equity.bridge(shop, days, **options, cost_per_order=0.5)
    values = tn.equity.snapshots(shop, days, **options, cost_per_order=0.5)
    closing = found.steps[:, -1]
    np.testing.assert_allclose(found.steps[:, :-1].sum(axis=1), closing, atol=0.005)
    np.testing.assert_allclose(found.steps[1:, 0], closing[:-1], atol=0.005)
    np.testing.assert_allclose(found.steps[:, 0], values["equity"][:-1], atol=0.005)
    np.testing.assert_allclose(closing, values["equity"][1:], atol=0.005)
    for pair in range(len(found)):
        one = found.customers(pair)
        for place, step in enumerate(STEPS):
            total = found.steps[pair, place]
            assert one[step].sum() == pytest.approx(total, abs=0.005), step
    if not refit:
        assert (found.steps[:, STEPS.index("parameters")] == 0).all()
    assert (found.opening_interval[:, 0] < found.steps[:, 0]).all()
    assert "Bridge of customer equity" in repr(found)
    assert "<table>" in found._repr_html_()


def test_realised_is_what_was_paid(drawn, shop):
    days = ["2023-12-31", "2024-06-30"]
    found = tn.equity.bridge(shop, days, margin=0.3)
    date, amount = drawn["date"], drawn["amount"]
    start, end = np.datetime64("2024-01-01"), np.datetime64("2024-07-01")
    known = set(drawn["customer_id"][date < start].tolist())
    inside = (date >= start) & (date < end)
    same = np.array([one in known for one in drawn["customer_id"].tolist()])
    assert found.amount("realised") == pytest.approx(-0.3 * amount[inside & same].sum())
    assert found.new_earned[0] == pytest.approx(0.3 * amount[inside & ~same].sum())


dates = st.lists(st.integers(30, 400), min_size=2, max_size=4, unique=True).map(sorted)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 400), st.floats(1, 100)),
        min_size=1,
        max_size=60,
    ),
    days=dates,
    below=st.floats(0.05, 0.95),
)
def test_any_bridge_closes(rows, days, below):
    data = {
        "customer_id": np.array([who for who, _, _ in rows] + [9]),
        "date": np.datetime64("2024-01-01") + np.array([at for _, at, _ in rows] + [0]),
        "amount": np.array([paid for *_, paid in rows] + [5.0]),
    }
    buying = tn.BGNBD.from_params(**TRUTH, unit="week")
    spend = tn.GammaGamma.from_params(**SPEND)
    asked = [np.datetime64("2024-01-01") + day for day in days]
    found = tn.equity.bridge(
        log_of(data), asked, buying=buying, spend=spend, refit=False, lost_below=below
    )
    np.testing.assert_allclose(
        found.steps[:, :-1].sum(axis=1), found.steps[:, -1], atol=1e-8
    )
    again = tn.equity.migration(
        log_of(data), asked, buying=buying, spend=spend, refit=False, parts=3
    )
    there = again.counts[:, :-1].sum(axis=(1, 2))
    everyone = found.counts[:, STEPS.index("opening")]
    assert there.tolist() == everyone.tolist()


def test_surprises_are_nothing_on_average():
    """By the true model, what "lost" and "behaviour" add up to has the mean 0."""
    buying = tn.BGNBD.from_params(**TRUTH, unit="week")
    spend = tn.GammaGamma.from_params(**SPEND)
    window = {"start": "2023-01-01", "end": "2024-06-30"}
    found = []
    for seed in range(40):
        orders = tn.datasets.simulate_orders(
            400, **TRUTH, **SPEND, **window, seed=seed, family="numpy"
        )
        one = tn.equity.bridge(
            log_of(orders, merge=None),
            ["2023-12-31", "2024-06-30"],
            buying=buying,
            spend=spend,
            refit=False,
            discount_rate=0.15,
        )
        surprise = one.amount("lost") + one.amount("behaviour")
        found.append(surprise / one.amount("opening"))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    # three standard errors, which are about 1.5 % of the opening
    assert abs(np.mean(found)) < 3 * error
    assert error < 0.03


# -- migration -----------------------------------------------------------------------


@pytest.mark.parametrize("thresholds", ["frozen", "refit"])
def test_migration_counts_one_by_one(shop, thresholds):
    days = ["2023-12-31", "2024-06-30", "2024-12-31"]
    found = tn.equity.migration(shop, days, parts=5, thresholds=thresholds)
    values = tn.equity.snapshots(shop, days).customers()
    parts: list[dict] = []
    cuts = None
    for day in days:
        at = values["as_of"] == np.datetime64(day)
        value, alive = values["value"][at], values["probability_alive"][at]
        if cuts is None or thresholds == "refit":
            cuts = np.quantile(value[alive >= 0.5], [0.2, 0.4, 0.6, 0.8])
        placed = {}
        for who, v, p in zip(values["customer_id"][at], value, alive, strict=True):
            part = str(5 - int((cuts < v).sum()))
            placed[who] = part if p >= 0.5 else LOST_SEGMENT
        parts.append(placed)
    for step, (before, after) in enumerate(itertools.pairwise(parts)):
        table = columns_of(found.matrix(step))
        for row, name in enumerate(table["from"]):
            for to in found.segments:
                expected = sum(
                    before.get(who, "New since") == name and part == to
                    for who, part in after.items()
                )
                assert table[to][row] == expected
    shares = columns_of(found.to_frame())
    totals: dict = {}
    rows = zip(
        *(shares[n] for n in ("date_from", "from", "share_of_from")), strict=True
    )
    for day, name, share in rows:
        totals[(day, name)] = totals.get((day, name), 0.0) + share
    assert list(totals.values()) == pytest.approx([1.0] * len(totals))
    assert "came back" in repr(found)
    assert " lost" in found.matrix.__doc__ or found.matrix(-1) is not None


def test_migration_adds_up_to_equity(shop):
    days = ["2023-12-31", "2024-12-31"]
    found = tn.equity.migration(shop, days)
    equity = tn.equity.snapshots(shop, days)["equity"]
    assert found.value[0].sum() == pytest.approx(equity[0])
    assert found.value[1].sum() == pytest.approx(equity[1])
    stability = columns_of(found.stability())
    inner = found.counts[0, :10, :10]
    assert stability["stayed"] == [np.trace(inner)]
    assert stability["lost"] == [found.counts[0, :10, 10].sum()]
    assert stability["new"] == [found.counts[0, 10:, :10].sum()]


def test_migration_says_what_is_wrong(small):
    with pytest.raises(ParameterError, match="`parts` must be a whole number from 2"):
        tn.equity.migration(small, [FIRST, SECOND], parts=1, **PLAIN)
    with pytest.raises(
        ParameterError, match="`thresholds` must be 'frozen' or 'refit'"
    ):
        tn.equity.migration(small, [FIRST, SECOND], thresholds="fitted", **PLAIN)
    with pytest.raises(ParameterError) as caught:
        tn.equity.migration(small, [FIRST], **PLAIN)
    assert str(caught.value) == (
        "`dates` must be 2 dates at least, each later than the one before, got "
        "2024-01-29"
    )


# -- by group ------------------------------------------------------------------------


def test_groups_by_hand(small):
    options = {k: v for k, v in PLAIN.items() if k != "refit"}
    by = {"customer_id": ["ann", "bob", "carl"], "city": ["Oslo", None, "Rome"]}
    found = tn.equity.roll_up(small, by, **options)
    assert found.labels() == ["Oslo", "Rome", "(none)"]
    assert found["equity"] == pytest.approx([50, 50, 100 / 7])
    assert found["share"].sum() == pytest.approx(1.0)
    assert found["index"] == pytest.approx(
        np.array([50, 50, 100 / 7]) / ((100 + 100 / 7) / 3)
    )
    cohorts = tn.equity.roll_up(small, "month", **options)
    assert cohorts["customers"].tolist() == [2, 1]
    assert cohorts["equity"] == pytest.approx([50 + 100 / 7, 50])
    assert cohorts.sentences()[0] == (
        "Most of it is with 2024-01-01: 64.29 in revenue, 56 % of all, with 67 % of "
        "the customers."
    )


def test_groups_add_up_and_their_intervals_hold(shop):
    found = tn.equity.roll_up(shop, "quarter", margin=0.3)
    whole = tn.equity.snapshots(shop, [str(shop.span[1])], margin=0.3)
    assert found["equity"].sum() == pytest.approx(whole["equity"][0])
    assert found.total_interval[0] == pytest.approx(whole["equity_low"][0])
    assert found["customers"].sum() == len(shop.customers)
    assert found["share"].sum() == pytest.approx(1.0)
    # the parameters are shared: what groups reach adds up to more than all do
    reach = (found["equity_high"] - found["equity_low"]).sum()
    assert reach >= np.ptp(found.total_interval) * (1 - 1e-9)
    segments = tn.equity.roll_up(shop, tn.RFM().fit(shop).score())
    assert segments.by == "segment"
    assert segments["equity"].sum() == pytest.approx(
        tn.equity.snapshots(shop, [str(shop.span[1])])["equity"][0]
    )


def test_groups_by_attribute_and_wrong_ones(drawn):
    kind = np.where(drawn["customer_id"] % 3 == 0, "b", "a")
    log = log_of({**drawn, "kind": kind}, attributes=["kind"])
    found = tn.equity.roll_up(log, "kind")
    assert found.labels() == ["a", "b"]
    with pytest.raises(ColumnError, match="unknown column 'sort'"):
        tn.equity.roll_up(log, "sort")
    twice = {"customer_id": [1, 2, 1], "city": ["x", "y", "z"]}
    with pytest.raises(DataError) as caught:
        tn.equity.roll_up(log, twice)
    assert str(caught.value) == (
        "column `customer_id` must name each customer once; row 2 has 1 again"
    )
    with pytest.raises(
        DataError, match="must name customers of the log; 2 rows do not"
    ):
        tn.equity.roll_up(log, {"customer_id": ["p", "q"], "city": ["x", "y"]})
    wide = {"customer_id": [1], "x": ["a"], "y": ["b"]}
    with pytest.raises(ParameterError, match="`column` must name one of x, y"):
        tn.equity.roll_up(log, wide)
    assert tn.equity.roll_up(log, wide, column="y").labels() == ["b", "(none)"]


# -- stages --------------------------------------------------------------------------


def test_stages_are_those_of_the_lifecycle(shop):
    gaps = {"at_risk_after": 40, "dormant_after": 90, "lost_after": 180}
    found = tn.equity.stages(shop, "month", **gaps, margin=0.3)
    cycle = shop.lifecycle("month", **gaps)
    table = columns_of(cycle.to_frame())
    ours = columns_of(found.to_frame())
    expected = dict(
        zip(
            zip(map(str, table["period"]), table["state"], strict=True),
            table["customers"],
            strict=True,
        )
    )
    for period, state, count in zip(
        ours["period"], ours["state"], ours["customers"], strict=True
    ):
        key = next(k for k in expected if k[0][:10] == str(period) and k[1] == state)
        assert expected[key] == count
    # what they were worth in all is the equity of that day; early fits may fail
    last = tn.equity.snapshots(shop, ["2024-12-31"], margin=0.3)["equity"][0]
    assert found.value[-1].sum() == pytest.approx(last)
    assert found.revenue.sum() == pytest.approx(0.3 * shop.values.sum())
    known = found.customers.sum(axis=1)
    assert known[-1] == len(shop.customers)
    stage = columns_of(found.by_stage())
    parts = ("acquisition", "engagement", "retention", "lost")
    assert sum(stage[name][-1] for name in parts) == known[-1]


def test_prospects_are_people_who_have_not_bought(small):
    gaps = {"at_risk_after": 5, "dormant_after": 10, "lost_after": 20}
    people = ["ann", "bob", "carl", "dora", "emil"]
    found = tn.equity.stages(
        small, "week", **gaps, prospects=people, values=False, as_of="2024-02-18"
    )
    # carl came in the last of seven weeks, bob in the second
    assert found.customers[:, 0].tolist() == [4, 3, 3, 3, 3, 3, 2]
    assert found.value is None
    assert columns_of(found.to_frame())["state"][0] == "prospect"
    assert found.sentences()[0] == (
        "At the end of the week from 2024-02-12 on: 3 (60 %) in acquisition, 0 (0 %) "
        "in engagement, 1 (20 %) in retention (at risk or dormant), 1 (20 %) lost."
    )


def test_stages_without_amounts_or_periods(small):
    gaps = {"at_risk_after": 5, "dormant_after": 10, "lost_after": 20}
    found = tn.equity.stages(tn.Transactions(SMALL), "week", **gaps)
    assert found.value is None
    assert found.revenue is None
    with pytest.raises(ParameterError, match="`log` must have amounts"):
        tn.equity.stages(tn.Transactions(SMALL), "week", **gaps, values=True)
    with pytest.raises(EmptyDataError, match="no year was over"):
        tn.equity.stages(small, "year", **gaps)


# -- pictures ------------------------------------------------------------------------


def test_pictures_show_the_numbers(shop):
    pytest.importorskip("matplotlib")
    days = ["2023-12-31", "2024-06-30", "2024-12-31"]
    found = tn.equity.bridge(shop, days)
    ax = found.plot(pair=0)
    heights = [bar.get_height() for bar in ax.patches]
    shown = found.steps[0][(found.steps[0] != 0) | np.isin(STEPS, ["opening"])]
    np.testing.assert_allclose(heights, shown)
    line = tn.equity.snapshots(shop, days)
    np.testing.assert_allclose(line.plot().lines[0].get_ydata(), line["equity"])
    groups = tn.equity.roll_up(shop, "quarter")
    widths = [bar.get_width() for bar in groups.plot().patches]
    np.testing.assert_allclose(widths, groups["equity"])
    stages = tn.equity.stages(shop, "quarter")
    assert stages.plot(of="value").get_ylabel() == "revenue"
    with pytest.raises(ParameterError, match="`of` must be one of customers, value"):
        stages.plot(of="money")
    assert tn.equity.migration(shop, days).plot().get_xlabel()
