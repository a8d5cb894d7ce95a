"""Customers who start at different times: group-time effects and their means."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from scipy import stats
from tenure.exceptions import DataError, EmptyDataError, ParameterError

C = tn.campaigns

# two customers start in period 1, two in period 2, two never
HAND = {
    "customer_id": [i for i in "abcdef" for _ in range(3)],
    "period": [0, 1, 2] * 6,
    "start": [1.0] * 6 + [2.0] * 6 + [np.nan] * 6,
    "revenue": [
        *(5.0, 9.0, 9.0),
        *(7.0, 9.0, 9.0),
        *(3.0, 4.0, 8.0),
        *(5.0, 6.0, 8.0),
        *(1.0, 2.0, 3.0),
        *(2.0, 3.0, 5.0),
    ],
}


def drawn(seed, n=300, periods=6, effect=1.0, never=0.25):
    """Cohorts of starts 2, 3 and 4; effects grow with time, faster for early starts."""
    random = np.random.default_rng(seed)
    start = random.choice(
        [2, 3, 4, 99], n, p=[*[(1 - never) / 3] * 3, never] if never else None
    )
    period = np.arange(periods)
    since = period[None, :] - start[:, None]
    gain = effect * np.where(since >= 0, (since + 1.0) * (5 - start[:, None]), 0.0)
    level = random.normal(0, 2, n)[:, None] - 0.3 * np.minimum(start, 5)[:, None]
    drift = 0.5 * period[None, :]
    values = level + drift + gain + random.normal(size=(n, periods))
    return {
        "customer_id": np.repeat(np.arange(n), periods),
        "period": np.tile(period, n),
        "start": np.repeat(np.where(start == 99, np.nan, start), periods),
        "revenue": values.ravel(),
    }


def truth(periods=6):
    """The mean of the effects above over all treated periods, cohorts being as large.

    Starts 2, 3, 4 have 4, 3, 2 periods, with effects (1 + 2 + 3 + 4) * 3,
    (1 + 2 + 3) * 2 and (1 + 2) * 1: 45 / 9 = 5.
    """
    sums = [sum(range(1, periods - g + 1)) * (5 - g) for g in (2, 3, 4)]
    return sum(sums) / sum(periods - g for g in (2, 3, 4))


# -- by hand ---------------------------------------------------------------------------


def test_cells_by_hand():
    """Start 1 against c to f in period 1, and e, f in period 2; start 2 against e, f.

    Changes since period 0 of a, b are 4, 2 (both times), of c, d 1, 1 in period 1, of
    e, f 1, 1 in period 1 and 2, 3 in period 2. So 3 - 1 = 2 and 3 - 2.5 = 0.5. Changes
    since period 1 of c, d are 4, 2 in period 2, of e, f 1, 2: 3 - 1.5 = 1.5; and in
    period 0 those of c, d and of e, f are -1 all: 0.
    """
    found = C.staggered_differences(HAND)
    table = found.cells()
    assert table["start"].tolist() == [1, 1, 1, 2, 2, 2]
    assert table["period"].tolist() == [0, 1, 2] * 2
    assert table["since"].tolist() == [-1, 0, 1, -2, -1, 0]
    assert table["difference"] == pytest.approx([0, 2, 0.5, 0, 0, 1.5])
    assert table["control_customers"].tolist() == [4, 4, 2, 2, 2, 2]
    # Welch: variances 2 / 2 of a, b; 0 of c to f in period 1; 0.5 / 2 of e, f later
    errors = [0, 1, np.sqrt(1.25), 0, 0, np.sqrt(1.25)]
    assert table["std_error"] == pytest.approx(errors)


def test_means_by_hand():
    """By start (2 + 0.5) / 2 and 1.5; since the start (2 + 1.5) / 2 and 0.5; all 4 / 3.

    The mean changes are (3 + 3 + 3) / 3 and (1 + 2.5 + 1.5) / 3.
    """
    found = C.staggered_differences(HAND)
    cohorts = found.by_cohort()
    assert cohorts["difference"] == pytest.approx([1.25, 1.5])
    assert cohorts["periods"].tolist() == [2, 1]
    study = found.to_frame()
    assert study["since"].tolist() == [-2, -1, 0, 1]
    assert study["difference"] == pytest.approx([0, 0, 1.75, 0.5])
    assert study["cohorts"].tolist() == [1, 2, 2, 1]
    assert study["customers"].tolist() == [2, 4, 4, 2]
    assert found.effect.difference == pytest.approx(4 / 3)
    assert found.effect.value == pytest.approx(3)
    assert found.effect.control_value == pytest.approx(5 / 3)
    assert (found.effect.customers, found.effect.control_customers) == (4, 4)
    assert np.isnan(found.pre_trend)  # all changes before are alike


def test_influence_by_hand():
    """The mean of the first cohort: (2 + 0.5) / 2 with rows of a customer together.

    a and b are 1 and -1 from their mean in both periods: each moves the mean by
    1 / sqrt(2), together 1. c and d never differ. e and f are -0.5 and 0.5 off in the
    second period only: each moves its half by 0.5 / sqrt(2), together 0.25 / 4.
    """
    cohorts = C.staggered_differences(HAND).by_cohort()
    assert cohorts["std_error"][0] == pytest.approx(np.sqrt(1 + 0.0625))


def test_never_treated_alone_by_hand():
    """e and f alone: the same here, since c and d changed as they did in period 1."""
    found = C.staggered_differences(HAND, controls="never treated")
    assert found.cells()["control_customers"].tolist() == [2] * 6
    assert found.cells()["difference"] == pytest.approx([0, 2, 0.5, 0, 0, 1.5])


def test_one_start_is_the_plain_difference():
    """Of two periods Welch's test; of several, the two-way regression's estimate."""
    random = np.random.default_rng(2)
    treated = np.arange(40) < 15
    values = random.normal(size=(40, 5)) + treated[:, None] * [0, 0, 0, 1, 2]
    frame = {
        "customer_id": np.repeat(np.arange(40), 5),
        "period": np.tile(np.arange(5), 40),
        "start": np.repeat(np.where(treated, 3.0, np.nan), 5),
        "treated": np.repeat(treated, 5),
        "revenue": values.ravel(),
    }
    ours = C.staggered_differences(frame)
    plain = C.difference_in_differences(frame, start=3)
    assert ours.since.tolist() == plain.since.tolist()
    assert ours.difference == pytest.approx(plain.difference)
    # small-sample factors differ: 200 rows and 5 or so parameters
    assert ours.std_error == pytest.approx(plain.std_error, rel=0.05)
    two = {name: column[(frame["period"] > 1) & (frame["period"] < 4)]
           for name, column in frame.items()}  # fmt: skip
    effect = C.staggered_differences(two).effect
    plain_effect = C.difference_in_differences(two, start=3).effect
    assert effect.difference == pytest.approx(plain_effect.difference)
    change = values[:, 3] - values[:, 2]
    error = np.hypot(stats.sem(change[treated]), stats.sem(change[~treated]))
    assert effect.std_error == pytest.approx(error)


# -- what is read ----------------------------------------------------------------------


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_families_and_row_order(make):
    frame = drawn(1, n=60)
    order = np.random.default_rng(0).permutation(len(frame["period"]))
    found = C.staggered_differences(make({k: v[order] for k, v in frame.items()}))
    usual = C.staggered_differences(frame)
    assert found.effect.difference == pytest.approx(usual.effect.difference)
    assert found.effect.std_error == pytest.approx(usual.effect.std_error)
    assert isinstance(found.to_frame(), make)
    assert isinstance(found.by_cohort(), make)
    assert isinstance(found.cells(), make)


def test_dates_are_periods():
    months = np.array(["2024-01-01", "2024-02-01", "2024-03-01"], "datetime64[D]")
    start = np.array(HAND["start"])
    dates = np.where(np.isnan(start), 0, start).astype(int)
    frame = HAND | {
        "period": months[HAND["period"]],
        "start": np.where(np.isnan(start), np.datetime64("NaT"), months[dates]),
    }
    found = C.staggered_differences(frame)
    assert found.by_cohort()["start"].astype(str).tolist() == [
        "2024-02-01",
        "2024-03-01",
    ]
    assert found.effect.difference == pytest.approx(4 / 3)
    late = np.where(np.isnan(start), np.datetime64("2025-01-01"), months[dates])
    again = C.staggered_differences(frame | {"start": late})
    assert again.effect == found.effect  # after the last period is as good as never


def test_those_who_cannot_be_compared_are_counted():
    """One starts in the first period, one alone in period 2; both are in no mean."""
    start = np.array(HAND["start"])
    start[6:9], start[9:12] = 0.0, 2.0
    found = C.staggered_differences(HAND | {"start": start})
    assert found.left_out == {
        "treated from the first period on": 1,
        "alone in their cohort": 1,
    }
    assert found.clusters == 4
    assert "1 treated from the first period on; 1 alone in their cohort" in repr(found)


def test_the_last_to_start_are_controls_until_then():
    """With nobody never treated, nothing is left to say of the last start."""
    frame = drawn(4, n=120, never=0.25)
    keep = ~np.isnan(frame["start"])
    found = C.staggered_differences({k: v[keep] for k, v in frame.items()})
    assert found.by_cohort()["start"].tolist() == [2, 3]
    # start 2 in periods 4 and 5, start 3 in the same, start 4 in the same
    assert found.without_controls == 6
    assert "6 periods of a cohort without controls" in repr(found)
    assert found.cells()["period"][found.cells()["since"] >= 0].max() == 3


def test_the_first_line_is_what_can_be_claimed():
    found = C.staggered_differences(drawn(1))
    assert found.pre_trend > 0.05
    assert repr(found).startswith(f"{found.claim}\nTreated: +")
    assert "causal if no unmeasured change hit one group alone" in found.claim
    assert found._repr_html_().count("<tr>") == 1 + len(found.since)
    frame = drawn(1)
    drift = frame["period"] * np.nan_to_num(frame["start"])
    apart = C.staggered_differences(frame | {"revenue": frame["revenue"] + drift})
    assert apart.claim.startswith(
        "association: the groups did not move in parallel before the starts (p = "
    )


def test_the_picture_is_that_of_its_frame():
    pytest.importorskip("matplotlib")
    found = C.staggered_differences(drawn(1))
    ax = found.plot()
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    points = sorted(
        xy
        for line in marks
        for xy in zip(line.get_xdata(), line.get_ydata(), strict=True)
    )
    assert [x for x, _ in points] == found.since.tolist()
    assert [y for _, y in points] == pytest.approx(found.difference.tolist())
    assert ax.get_xlabel() == "periods since the start"


def test_a_panel_of_orders():
    """Periods of 28 days from March 1: b starts in the third, a before, c after."""
    orders = {
        "customer_id": ["a", "a", "b", "b"],
        "date": ["2024-03-01", "2024-03-28", "2024-03-29", "2024-05-01"],
        "amount": [1.0, 2.0, 4.0, 8.0],
    }
    starts = ["2024-02-01", "2024-05-01", "2024-07-01", None]
    customers = {"customer_id": ["a", "b", "c", "d"], "start": starts}
    options = {"first": "2024-03-01", "periods": 3, "as_of": "2024-06-30"}
    for make in (pd.DataFrame, pl.DataFrame):
        rows = C.staggered_panel(orders, make(customers), **options)
        assert isinstance(rows, make)
        assert list(rows.columns) == [
            *("customer_id", "period", "start", "orders", "revenue")
        ]
        assert rows["revenue"].to_list()[:6] == [3.0, 0.0, 0.0, 0.0, 4.0, 8.0]
        own = rows["start"].to_numpy()[::3]
        np.testing.assert_array_equal(own, [-2.0, 2.0, 4.0, np.nan])
        assert rows["orders"].sum() == 4


def test_a_panel_of_a_programme_is_compared():
    """Members join at a purchase, and buy as before from the next day on.

    The period of joining has that purchase, which is no effect; later ones show none.
    """
    orders, members = tn.datasets.simulate_programme(
        3000, lift=0.0, eager=0.0, seed=2, family="numpy"
    )
    joined = dict(zip(*(members[k].tolist() for k in members), strict=True))
    ids = np.arange(1, 3001)
    customers = {
        "customer_id": ids,
        "start": np.array([joined.get(i) for i in ids.tolist()], "datetime64[D]"),
    }
    rows = C.staggered_panel(
        orders, customers, first="2024-01-01", periods=13, every="28 days"
    )
    found = C.staggered_differences(rows, outcome="orders")
    assert found.clusters + found.left_out["treated from the first period on"] == 3000
    assert abs(found.difference[found.since == 0][0] - 1) < 0.2
    assert found.low[found.since == 1][0] < 0 < found.high[found.since == 1][0]


# -- by simulation ---------------------------------------------------------------------


def test_a_regression_is_biased_where_group_times_are_not():
    """Effects that grow make early starters bad controls for late ones."""
    frame = drawn(7, n=4000, never=0.05)
    found = C.staggered_differences(frame)
    on = (frame["period"] >= frame["start"]).astype(float)
    wide = [np.reshape(one, (-1, 6)) for one in (frame["revenue"], on)]
    y, x = (a - a.mean(0) - a.mean(1)[:, None] + a.mean() for a in wide)
    two_way = float((x * y).sum() / (x * x).sum())
    assert found.effect.low < truth() < found.effect.high
    assert two_way < truth() - 5 * found.effect.std_error
    assert two_way < 0.8 * truth()


def covered(runs, n=300):
    inside = [
        (found.effect.low < truth() < found.effect.high)
        for found in (
            C.staggered_differences(drawn(seed, n=n), level=0.9) for seed in range(runs)
        )
    ]
    return float(np.mean(inside))


def test_intervals_cover_quickly():
    # three standard errors of a share of 0.9 of 100
    assert abs(covered(100) - 0.9) < 0.09


@pytest.mark.slow
@pytest.mark.parametrize("controls", ["not yet treated", "never treated"])
def test_intervals_cover_87_to_93_per_cent(controls):
    """Overall, since the start, and by cohort."""
    hits = []
    since = np.array([[(k + 1.0) * (5 - g) for k in range(4)] for g in (2, 3, 4)])
    there = np.array([[g + k < 6 for k in range(4)] for g in (2, 3, 4)])
    study = (since * there).sum(axis=0) / there.sum(axis=0)
    cohorts = (since * there).sum(axis=1) / there.sum(axis=1)
    for seed in range(1000):
        found = C.staggered_differences(drawn(seed), controls=controls, level=0.9)
        own, after = found.by_cohort(), found.since >= 0
        effect = found.effect
        hits.append(
            [
                effect.low < truth() < effect.high,
                *((found.low < 0) & (found.high > 0))[found.since < -1],
                *((found.low[after] < study) & (study < found.high[after])),
                *((own["low"] < cohorts) & (cohorts < own["high"])),
            ]
        )
    assert (np.abs(np.mean(hits, axis=0) - 0.9) < 0.03).all()


def null_rates(runs):
    found = [C.staggered_differences(drawn(seed, effect=0.0)) for seed in range(runs)]
    return (
        np.mean([one.effect.p_value < 0.1 for one in found]),
        np.mean([one.pre_trend < 0.1 for one in found]),
    )


def test_null_effects_at_the_nominal_rate():
    # three standard errors of a share of 0.1 of 200
    assert np.abs(np.array(null_rates(200)) - 0.1).max() < 0.064


# -- bad input -------------------------------------------------------------------------


def call(controls="not yet treated", **columns):
    return lambda: C.staggered_differences(HAND | columns, controls=controls)


def swapped(name, row, value):
    column = list(HAND[name])
    column[row] = value
    return {name: column}


FEW = {name: column[:12] for name, column in HAND.items()}

CASES = [
    (
        call(controls="others"),
        ParameterError,
        "`controls` must be 'not yet treated' or 'never treated', got 'others'",
    ),
    (
        call(**swapped("start", 4, 2.0)),
        DataError,
        (
            "column `start` must be the same in all rows of a customer; row 4 has 2\n\n"
            "Hint: the first period with treatment, and missing if there is none"
        ),
    ),
    (
        call(**swapped("start", 13, 1.0)),
        DataError,
        (
            "column `start` must be the same in all rows of a customer; row 13 has 1"
            "\n\nHint: the first period with treatment, and missing if there is none"
        ),
    ),
    (
        call(start=[1.5] * 6 + HAND["start"][6:]),
        DataError,
        (
            "column `start` must be one of the periods, 0 to 2, or missing; row 0 has "
            "1.5 (6 rows in all)\n\nHint: periods without any row are not known; round "
            "dates to the periods"
        ),
    ),
    (
        call(start=[0.0] * 6 + [9.0] * 12),
        EmptyDataError,
        (
            "no cohort of at least 2 customers starts after 0, the first period, up to "
            "2, the last\n\nHint: effects need periods both before and after a start"
        ),
    ),
    (
        call(start=[2.0] * 18),
        EmptyDataError,
        (
            "there are no controls (not yet treated) for any start\n\nHint: give "
            "customers who are never treated, with a missing start"
        ),
    ),
    (
        lambda: C.staggered_differences(FEW, controls="never treated"),
        EmptyDataError,
        (
            "there are no controls (never treated) for any start\n\nHint: choose "
            "`controls='not yet treated'`, or give customers who are never treated, "
            "with a missing start"
        ),
    ),
    (
        lambda: C.staggered_differences({k: v[:-1] for k, v in HAND.items()}),
        DataError,
        (
            "column `customer_id` must have a row for each period of each customer; "
            "row 15 has a customer without one for 2\n\nHint: a customer who bought "
            "nothing in a period has 0"
        ),
    ),
    (
        call(**swapped("period", 1, 0)),
        DataError,
        (
            "column `period` must hold each period of a customer once; row 1 has 0\n\n"
            "Hint: add up what a customer did in a period"
        ),
    ),
    (
        lambda: C.staggered_panel({}, {}, first="2024-01-01", periods=1),
        ParameterError,
        "`periods` must be at least 2, got 1",
    ),
    (
        call(**swapped("revenue", 1, np.inf)),
        DataError,
        "column `revenue` must be finite; row 1 has inf",
    ),
    (
        lambda: C.staggered_differences({name: [] for name in HAND}),
        EmptyDataError,
        "there is no row in the panel",
    ),
    (
        call(period=np.array(["2024-01-01", "2024-02-01", "2024-03-01"] * 6)),
        DataError,
        (
            "column `start` must be a date, as the periods are; row 0 has 1.0 (12 rows "
            "in all)"
        ),
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), CASES)
def test_errors_say_what_is_the_matter(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
