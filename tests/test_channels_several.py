"""Customers of several channels against those of one: by hand, coverage, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tenure import channels
from tenure.exceptions import EmptyDataError, ParameterError


class TestMultichannel:
    ORDERS = {  # noqa: RUF012 (a constant)
        # 1 and 4 use both in the first 30 days, 2, 3 and 5 one. In the 60 days after:
        # 1 buys once for 50, 4 for 30 and 10, 2 for 20, 3 and 5 nothing
        "customer_id": [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5],
        "day": [0, 9, 40, 0, 31, 0, 95, 0, 29, 30, 89, 0, 3],
        "channel": ["web", "shop", "web"] + ["web"] * 4 + ["shop", "web"] * 3,
        "amount": [1.0, 1.0, 50.0, 1.0, 20.0, 1.0, 9.0, 1.0, 1.0, 30.0, 10.0, 5.0, 5.0],
    }
    WITHIN = {"within": "30 days", "horizon": "60 days", "adjust": "cohort"}  # noqa: RUF012

    def found(
        self, as_of="2024-12-31", adjust="cohort", last=("web", "web"), **changes
    ):
        data = self.ORDERS | changes
        data["channel"] = [*data["channel"][:11], *last]
        data["date"] = [str(np.datetime64("2024-01-01") + day) for day in data["day"]]
        return channels.multichannel(
            data, amount="amount", as_of=as_of, **(self.WITHIN | {"adjust": adjust})
        )

    def test_by_hand(self):
        found = self.found()
        assert found.customers == (3, 2)
        frame = found.to_frame()
        assert frame["outcome"].tolist() == ["value", "orders", "retained"]
        np.testing.assert_allclose(frame["one"], [20 / 3, 1 / 3, 1 / 3])
        np.testing.assert_allclose(frame["several"], [45.0, 1.5, 1.0])
        np.testing.assert_allclose(frame["raw"], frame["several"] - frame["one"])
        # all are of one cohort
        np.testing.assert_allclose(frame["adjusted"], frame["raw"])
        people = found.people()
        assert people["early_orders"].tolist() == [2, 1, 1, 2, 2]
        assert people["channels_used"].tolist() == [2, 1, 1, 2, 1]

    def test_within_the_number_of_early_orders(self):
        # only 5 of one channel has two early orders, and buys nothing later
        found = self.found(adjust="early_orders")
        assert found.outcomes["value"].adjusted.value == 45.0
        assert found.outcomes["value"].left_out == (1, 2)
        assert found.notes == (
            "2 customers with nobody to compare within early_orders",
        )

    def test_who_is_not_observed_is_counted(self):
        # 90 days end with March 30th (January and February have 31 and 29)
        assert self.found(as_of="2024-03-30").notes == ()
        with pytest.raises(EmptyDataError) as caught:
            self.found(as_of="2024-03-29")
        assert str(caught.value) == (
            "no customer is observed for 90 days\n\n"
            "Hint: choose a shorter `within` or `horizon`"
        )
        late = [*self.ORDERS["day"][:11], 200, 300]
        assert self.found(day=late).notes == (
            "1 customer with nobody to compare within cohort",
        )
        assert self.found(day=late, as_of="2024-08-01").notes == (
            "1 customer not observed for 90 days left out",
        )

    def test_an_unknown_channel_is_no_further_one(self):
        found = self.found(last=["web", None])
        assert found.people()["channels_used"].tolist()[-1] == 1
        none = self.found(last=[None, None])
        assert none.customers == (2, 2)
        assert none.notes == ("1 customer of no known channel left out",)

    def test_refunds_are_no_orders(self):
        # 2 gives back what was bought for 20; 5 only ever gives back
        amounts = [
            *self.ORDERS["amount"][:4],
            -20.0,
            *self.ORDERS["amount"][5:11],
            -5,
            -5,
        ]
        found = self.found(amount=amounts)
        frame = found.to_frame()
        np.testing.assert_allclose(frame["one"], [-10.0, 0.0, 0.0])
        assert found.notes == ("1 customer without an order by then left out",)

    @pytest.mark.parametrize(
        ("options", "error", "text"),
        [
            (
                {"adjust": "age"},
                ParameterError,
                "`adjust` must be some of 'cohort' and 'early_orders', got 'age'",
            ),
            (
                {"within": "1 day"},
                EmptyDataError,
                "no customer uses several channels in the first 1 day",
            ),
            (
                {"level": 0},
                ParameterError,
                "`level` must lie between 0 and 1, got 0",
            ),
        ],
    )
    def test_bad_input(self, options, error, text):
        data = {
            "customer_id": [1, 2],
            "date": ["2024-01-01"] * 2,
            "channel": ["a", "b"],
        }
        with pytest.raises(error) as caught:
            channels.multichannel(data, **({"as_of": "2026-01-01"} | options))
        assert str(caught.value) == text


def simulated(rng, n):
    """Return orders of which those later on have nothing to do with those before.

    The more early orders the more channels, so that outcomes must be compared within
    the number of early orders only where that matters: here it does not.
    """
    early, late = rng.poisson(rng.gamma(2.0, 1.0, n)), rng.poisson(1.0, n)
    orders = 1 + early + late
    who = np.repeat(np.arange(n), orders)
    number = np.arange(len(who)) - np.repeat(np.cumsum(orders) - orders, orders)
    first = number == 0
    day = np.where(number <= early[who], rng.integers(1, 30, len(who)), 30)
    day = np.where(number > early[who], rng.integers(30, 90, len(who)), day)
    seconds = rng.integers(0, 86_400, len(who))
    start = np.datetime64("2024-01-01", "s")
    when = start + np.where(first, 0, day) * 86_400 + seconds
    shop = rng.random(len(who)) < 0.4
    return {
        "customer_id": who,
        "date": when.astype("datetime64[us]"),
        "channel": np.where(shop, "shop", "web").astype(object),
        "amount": rng.exponential(10.0, len(who)),
    }


def coverage(runs, n):
    """Return how often the adjusted intervals hold no difference, which is the "
    "truth."""
    rng = np.random.default_rng(14)
    hits = dict.fromkeys(("value", "orders", "retained"), 0)
    for _ in range(runs):
        found = channels.multichannel(
            simulated(rng, n),
            amount="amount",
            within="30 days",
            horizon="60 days",
            adjust="early_orders",
            as_of="2024-12-31",
        )
        for name in hits:
            one = found.outcomes[name].adjusted
            hits[name] += one.lower <= 0 <= one.upper
    return {name: count / runs for name, count in hits.items()}


def test_nothing_is_found_where_nothing_is_quickly():
    """Three standard errors of 300 runs at 0.9 are 0.052."""
    for name, share in coverage(300, 300).items():
        assert 0.848 <= share <= 0.952, name


@pytest.mark.slow
def test_nothing_is_found_where_nothing_is():
    for name, share in coverage(2000, 300).items():
        assert 0.87 <= share <= 0.93, name


def test_rows_and_families():
    rng = np.random.default_rng(2)
    data = simulated(rng, 40)
    order = rng.permutation(len(data["date"]))
    mixed = {name: values[order] for name, values in data.items()}
    options = {"within": "30 days", "horizon": "60 days", "as_of": "2024-12-31"}
    results = [
        channels.multichannel(given, amount="amount", **options)
        for given in (data, mixed, pd.DataFrame(mixed), pl.DataFrame(mixed))
    ]
    assert isinstance(results[2].to_frame(), pd.DataFrame)
    assert isinstance(results[3].to_frame(), pl.DataFrame)
    assert len({repr(result) for result in results}) == 1
