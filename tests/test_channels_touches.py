"""Credit for orders: by hand, against plain Python, to the cent, coverage, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import channels
from tenure.exceptions import DataError, EmptyDataError, ParameterError

MODELS = ("first", "last", "linear", "position", "time_decay")
SEEN = {
    "customer_id": [1, 1, 1, 2, 2, 3],
    "date": [f"2024-05-{day:02}T12:00" for day in (1, 3, 10, 2, 30, 30)],
    "channel": ["search", "social", "email", "email", "social", "search"],
}
BOUGHT = {
    # 1 orders after three touches, 2 after one (the other comes later), 4 after none
    "customer_id": [1, 2, 4],
    "date": ["2024-05-10T12:00", "2024-05-09T12:00", "2024-05-11T12:00"],
    "amount": [80.0, 15.0, 5.0],
}


def revenue(model, seen=SEEN, bought=BOUGHT, **options):
    """Return what a model credits to each channel that has anything."""
    found = channels.touches(seen, bought, amount="amount", models=[model], **options)
    columns = found.columns
    both = zip(columns["channel"], columns["revenue"], strict=True)
    return {name: money for name, money in both if money}


class TestByHand:
    @pytest.mark.parametrize(
        ("model", "expected"),
        [
            ("first", {"search": 80.0, "email": 15.0}),
            ("last", {"email": 95.0}),
            ("linear", {"search": 80 / 3, "social": 80 / 3, "email": 80 / 3 + 15}),
            # 0.4, 0.2 and 0.4 of 80
            ("position", {"search": 32.0, "social": 16.0, "email": 47.0}),
            # 9, 7 and 0 days: 2^(-9/7), 1/2 and 1
            (
                "time_decay",
                {
                    "search": 80 * 2 ** (-9 / 7) / (1.5 + 2 ** (-9 / 7)),
                    "social": 80 * 0.5 / (1.5 + 2 ** (-9 / 7)),
                    "email": 80 / (1.5 + 2 ** (-9 / 7)) + 15,
                },
            ),
        ],
    )
    def test_models(self, model, expected):
        assert revenue(model) == pytest.approx(expected | {"(none)": 5.0})

    def test_customers_orders_and_words(self):
        found = channels.touches(SEEN, BOUGHT, amount="amount", models=["first"])
        columns = found.columns
        assert columns["channel"].tolist() == ["email", "search", "social", "(none)"]
        assert columns["customers"].tolist() == [1, 1, 0, 1]
        assert columns["orders"].tolist() == [1.0, 1.0, 0.0, 1.0]
        assert (found.orders, found.revenue, found.untouched) == (3, 100.0, 1)
        assert repr(found).splitlines()[:4] == [
            "Attribution of 3 orders worth 100.00 to touches of 30 days before",
            "By first touch search has the most credit, 80.0 %.",
            "33.3 % of orders have no touch before them.",
            (
                "Attributed is not incremental: this says which channels came before "
                "orders, not how many there would have been without them."
            ),
        ]

    def test_ends_alone_share_in_their_proportion(self):
        seen = {name: values[:2] for name, values in SEEN.items()}
        one = {name: values[:1] for name, values in BOUGHT.items()}
        found = revenue("position", seen, one, ends=(0.6, 0.2))
        assert found == pytest.approx({"search": 60.0, "social": 20.0})
        assert revenue("position", seen, one, ends=(0, 0)) == {
            "search": 40.0,
            "social": 40.0,
        }

    def test_the_lookback_and_the_moment_of_the_order_count(self):
        # the touch of May 1st is 9 days before, to the second
        assert revenue("first", lookback="9 days")["search"] == 80.0
        earlier = revenue("first", lookback=9 - 1e-6)
        assert earlier["social"] == 80.0
        assert "search" not in earlier

    def test_touches_after_the_order_before(self):
        bought = {
            "customer_id": [1, 1],
            "date": ["2024-05-03T12:00", "2024-05-10T12:00"],
            "amount": [10.0, 20.0],
        }
        assert revenue("first", bought=bought) == {"search": 30.0}
        found = revenue("first", bought=bought, after_last_order=True)
        assert found == {"search": 10.0, "email": 20.0}

    def test_orders_with_dates_come_after_the_touches_of_the_day(self):
        bought = BOUGHT | {"date": ["2024-05-10", "2024-05-02", "2024-05-11"]}
        found = channels.touches(SEEN, bought, models=["last"])
        assert found.columns["orders"].tolist() == [2.0, 0.0, 0.0, 1.0]
        assert found.notes == (
            "orders have dates only: touches of the same day come before",
        )
        log = tn.Transactions(bought, amount="amount")
        again = channels.touches(SEEN, log, models=["last"])
        assert again.columns["orders"].tolist() == [2.0, 0.0, 0.0, 1.0]
        assert again.revenue == 100.0

    def test_touches_of_one_moment_share(self):
        seen = SEEN | {"date": ["2024-05-01T12:00"] * 6}
        for model in MODELS:
            found = revenue(model, seen)
            expected = {"search": 80 / 3, "social": 80 / 3 + 7.5, "email": 80 / 3 + 7.5}
            assert found == pytest.approx(expected | {"(none)": 5.0})

    def test_nobody_is_touched(self):
        found = channels.touches(SEEN | {"customer_id": [9] * 6}, BOUGHT)
        assert found.untouched == 3
        assert found.sentences()[0] == "100.0 % of orders have no touch before them."

    def test_refunds_count_against(self):
        bought = BOUGHT | {"amount": [80.0, -15.0, 5.0]}
        found = revenue("last", bought=bought)
        assert found == {"email": 65.0, "(none)": 5.0}


histories = st.tuples(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 40), st.sampled_from("abc")),
        min_size=1,
        max_size=20,
    ),
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 9999)),
        min_size=1,
        max_size=8,
    ),
)


def weights_of(model, times, when):
    """Return the weights of touches at these hours before an order."""
    if model == "time_decay":
        return [2 ** (-(when - one) / (7 * 24)) for one in times]
    first, last = (
        [one == min(times) for one in times],
        [one == max(times) for one in times],
    )
    if model in ("first", "last"):
        return [float(one) for one in (first if model == "first" else last)]
    if model == "linear" or min(times) == max(times):
        return [1.0] * len(times)
    between = len(times) - sum(first) - sum(last)
    return [
        0.4 / sum(first) if a else 0.4 / sum(last) if b else 0.2 / between
        for a, b in zip(first, last, strict=True)
    ]


@settings(max_examples=80, deadline=None)
@given(history=histories, seed=st.randoms(use_true_random=False))
def test_credit_is_that_of_plain_python(history, seed):
    seen, bought = history
    start = np.datetime64("2024-05-01T00:30", "us")
    expected = {(model, name): 0.0 for model in MODELS for name in [*"abc", "(none)"]}
    for who, when, cents in bought:
        own = [(hour, name) for one, hour, name in seen if one == who]
        own = [(hour, name) for hour, name in own if when - 24 <= hour <= when]
        for model in MODELS:
            if not own:
                expected[model, "(none)"] += cents / 100
                continue
            weights = weights_of(model, [hour for hour, _ in own], when)
            for (_, name), weight in zip(own, weights, strict=True):
                expected[model, name] += cents / 100 * weight / sum(weights)
    seed.shuffle(seen)

    def times(rows):
        return start + np.array([row[1] for row in rows]) * np.timedelta64(1, "h")

    touched = {
        "customer_id": [row[0] for row in seen],
        "date": times(seen),
        "channel": [row[2] for row in seen],
    }
    orders = {
        "customer_id": [row[0] for row in bought],
        "date": times(bought),
        "amount": [row[2] / 100 for row in bought],
    }
    results = [
        channels.touches(make(touched), make(orders), amount="amount", lookback="1 day")
        for make in (dict, pd.DataFrame, pl.DataFrame)
    ]
    columns = results[0].columns
    keys = list(zip(columns["model"], columns["channel"], strict=True))
    for key, money in zip(keys, columns["revenue"], strict=True):
        assert money == pytest.approx(expected[key], abs=1e-9)
    cents = results[0].to_frame(cents=True)["revenue"]
    size = len(cents) // 5
    for model in range(5):
        rows = slice(size * model, size * (model + 1))
        assert columns["orders"][rows].sum() == pytest.approx(len(bought))
        assert columns["orders_share"][rows].sum() == pytest.approx(1.0)
        # to the cent: whole cents whose sum is all that was bought for
        assert round(100 * cents[rows].sum()) == sum(row[2] for row in bought)
        np.testing.assert_allclose(100 * cents[rows], np.rint(100 * cents[rows]))
        assert np.abs(cents[rows] - columns["revenue"][rows]).max() < 0.01 + 1e-9
    for result in results[1:]:
        for name, values in columns.items():
            np.testing.assert_array_equal(values, result.columns[name])


def coverage(runs, n):
    """Return how often intervals hold the shares: 0.6 of first touches are search."""
    rng = np.random.default_rng(9)
    hits = {"orders_share": 0, "revenue_share": 0}
    start = np.datetime64("2024-05-01", "us")
    for _ in range(runs):
        orders = 1 + rng.poisson(1.0, n)
        who = np.repeat(np.arange(n), orders)
        search = rng.random(n) < 0.6
        found = channels.touches(
            {
                "customer_id": np.arange(n),
                "date": np.repeat(start, n),
                "channel": np.where(search, "search", "email").astype(object),
            },
            {
                "customer_id": who,
                "date": start + rng.integers(1, 10**12, len(who)).astype("m8[us]"),
                "amount": rng.exponential(10.0, len(who)),
            },
            amount="amount",
            models=["first"],
        )
        for name in hits:
            low, high = (
                found.columns[f"{name}_{end}"][1] for end in ("lower", "upper")
            )
            hits[name] += low <= 0.6 <= high
    return [count / runs for count in hits.values()]


def test_intervals_cover_quickly():
    """Three standard errors of 400 runs at 0.9 are 0.045."""
    for share in coverage(400, 120):
        assert 0.855 <= share <= 0.945


@pytest.mark.slow
def test_intervals_cover():
    for share in coverage(3000, 150):
        assert 0.87 <= share <= 0.93


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"models": ["first", "shapley"]},
            ParameterError,
            (
                "`models` must be some of first, last, linear, position, time_decay, "
                "each once, got ['first', 'shapley']"
            ),
        ),
        (
            {"ends": (0.6, 0.6)},
            ParameterError,
            "`ends` must be two shares of at most 1 together, got (0.6, 0.6)",
        ),
        (
            {"ends": (0.2, 0.2, 0.2)},
            ParameterError,
            "`ends` must be two shares of at most 1 together, got (0.2, 0.2, 0.2)",
        ),
        (
            {"data": SEEN | {"customer_id": [None] * 6}},
            EmptyDataError,
            "there are no touches with a customer",
        ),
        (
            {"orders": BOUGHT | {"amount": [1.0, None, 2.0]}, "amount": "amount"},
            DataError,
            "column `amount` must hold a number in every row; row 1 has nothing",
        ),
    ],
)
def test_bad_input(options, error, text):
    with pytest.raises(error) as caught:
        channels.touches(**({"data": SEEN, "orders": BOUGHT} | options))
    assert str(caught.value) == text
