"""Channel mix and value by channel: by hand, against plain Python, coverage, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import channels
from tenure.channels._shares import shares_of
from tenure.exceptions import DataError, EmptyDataError, ParameterError
from tenure.rfm.intervals import wilson

DID = {
    # web: 1 twice (one order, 30 + 10), 2 once (20); shop: 1 once (40), 3 once (-5)
    "customer_id": [1, 1, 1, 2, 3, None],
    "channel": ["web", "web", "shop", "web", "shop", "web"],
    "order": ["a", "a", "b", "c", "d", "e"],
    "amount": [30.0, 10.0, 40.0, 20.0, -5.0, 99.0],
}


class TestMix:
    def test_by_hand(self):
        found = channels.mix(DID, order="order", amount="amount")
        frame = found.to_frame()
        assert frame["channel"].tolist() == ["shop", "web"]
        assert frame["customers"].tolist() == [2, 2]
        assert frame["only"].tolist() == [1, 1]
        assert frame["events"].tolist() == [2, 2]
        assert frame["per_customer"].tolist() == [1.0, 1.0]
        assert frame["revenue"].tolist() == [35.0, 60.0]
        np.testing.assert_allclose(frame["revenue_share"], [35 / 95, 60 / 95])
        assert frame["value_per_event"].tolist() == [17.5, 30.0]
        assert (found.customers, found.events, found.several) == (3, 4, 1)
        assert found.notes == ("1 row without a customer left out",)
        low, high = wilson(np.array([2]), 3, 0.9)[1:]
        assert frame["customers_share_lower"][0] == low[0]
        assert frame["customers_share_upper"][0] == high[0]

    def test_rows_are_events_without_orders(self):
        frame = channels.mix(DID).to_frame()
        assert frame["channel"].tolist() == ["shop", "web"]
        assert frame["events"].tolist() == [2, 3]
        assert frame["per_customer"].tolist() == [1.0, 1.5]
        orders = [None, None, "b", "c", "d", "e"]
        frame = channels.mix(DID | {"order": orders}, order="order").to_frame()
        assert frame["events"].tolist() == [2, 3]

    def test_the_interval_of_a_share(self):
        # customers bring 30 + 10 and 20 to web, 60 + 0 of 100: deviations from 0.6 x
        # their totals 80, 20 and 0 (of a third) are -8, 8, 0
        money = np.array([40.0, 40.0, 20.0, 0.0])
        owners, parts = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 1])
        share, low, high = shares_of(money, owners, parts, (3, 2), 0.9)
        assert share.tolist() == [0.6, 0.4]
        error = np.sqrt((8**2 + 8**2) * 3 / 2) / 100
        reach = 1.6448536269514722 * error / (0.6 * 0.4)
        assert np.log(low[0] / (1 - low[0])) == pytest.approx(np.log(1.5) - reach)
        assert high[0] == pytest.approx(1 - low[1])

    def test_one_customer_and_nothing_earned(self):
        one = channels.mix({"customer_id": [1], "channel": ["web"]}).to_frame()
        assert one["events_share"][0] == one["customers_share"][0] == 1.0
        assert np.isnan(one["events_share_lower"][0])
        none = channels.mix(
            {"customer_id": [1, 2], "channel": ["web", None], "x": [0.0, 0.0]},
            amount="x",
        )
        assert none.to_frame()["channel"].tolist() == ["web", "(missing)"]
        assert np.isnan(none.to_frame()["revenue_share"]).all()
        assert "nan" not in repr(none)

    def test_bad_input(self):
        with pytest.raises(EmptyDataError) as caught:
            channels.mix({"customer_id": [None], "channel": ["web"]})
        assert str(caught.value) == "there are no rows with a customer"
        with pytest.raises(DataError) as caught:
            channels.mix(
                DID | {"amount": [1.0, 2.0, 3.0, 4.0, None, 1.0]}, amount="amount"
            )
        assert str(caught.value) == (
            "column `amount` must hold a number in every row; row 4 has nothing"
        )
        with pytest.raises(ParameterError) as caught:
            channels.mix(DID, level=1)
        assert str(caught.value) == "`level` must lie between 0 and 1, got 1"


rows_of_mix = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.integers(0, 90)),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(rows=rows_of_mix, seed=st.randoms(use_true_random=False))
def test_mix_is_that_of_plain_python(rows, seed):
    seed.shuffle(rows)
    names = ("customer_id", "channel", "amount")
    data = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    results = [
        channels.mix(make(data), amount="amount")
        for make in (dict, pd.DataFrame, pl.DataFrame)
    ]
    columns = results[0].columns
    for place, name in enumerate(columns["channel"].tolist()):
        own = [row for row in rows if row[1] == name]
        users = {row[0] for row in own}
        elsewhere = {row[0] for row in rows if row[1] != name}
        assert columns["customers"][place] == len(users)
        assert columns["only"][place] == len(users - elsewhere)
        assert columns["events"][place] == len(own)
        assert columns["revenue"][place] == sum(row[2] for row in own)
    assert columns["events_share"].sum() == pytest.approx(1.0)
    if sum(data["amount"]):
        assert columns["revenue_share"].sum() == pytest.approx(1.0)
    for result in results[1:]:
        for name, values in columns.items():
            np.testing.assert_array_equal(values, result.columns[name])


def covered(runs, n):
    """Return how often intervals of shares hold them.

    A customer comes 1 + Poisson(1) times, 0.7 of them to web on average, with a
    probability of one's own (Beta(1.4, 0.6)); what comes in is worth 10 or 20 there.
    """
    rng = np.random.default_rng(6)
    truth = {"events_share": 0.7, "revenue_share": 14 / 17, "value_per_event": 20.0}
    hits = dict.fromkeys(truth, 0)
    for _ in range(runs):
        times = 1 + rng.poisson(1.0, n)
        who = np.repeat(np.arange(n), times)
        web = rng.random(len(who)) < rng.beta(1.4, 0.6, n)[who]
        data = {
            "customer_id": who,
            "channel": np.where(web, "web", "shop").astype(object),
            "amount": rng.exponential(np.where(web, 20.0, 10.0)),
        }
        columns = channels.mix(data, amount="amount").columns
        row = columns["channel"].tolist().index("web")
        for name, one in truth.items():
            ends = [columns[f"{name}_{end}"][row] for end in ("lower", "upper")]
            hits[name] += ends[0] <= one <= ends[1]
    return {name: count / runs for name, count in hits.items()}


def test_intervals_of_mix_cover_quickly():
    """Three standard errors of 400 runs at 0.9 are 0.045."""
    for name, share in covered(400, 120).items():
        assert 0.855 <= share <= 0.945, name


@pytest.mark.slow
def test_intervals_of_mix_cover():
    for name, share in covered(3000, 150).items():
        assert 0.87 <= share <= 0.93, name


class TestValue:
    ORDERS = {  # noqa: RUF012 (a constant)
        "customer_id": [1, 2, 1, 3, 4],
        "date": ["2024-01-01", "2024-01-05", "2024-02-01", "2024-03-01", "2024-01-09"],
        "channel": ["web", "shop", "shop", "web", "web"],
        "amount": [10.0, 30.0, 20.0, 10.0, 0.0],
    }

    def test_the_channel_of_the_first_order(self):
        # web: 1 (10 + 20, in whatever channel), 3 (10) and 4 (0); shop: 2 (30)
        found = channels.value(self.ORDERS, amount="amount", horizon=None)
        worth = found.to_frame("value_per_customer")
        assert worth["channel"].tolist() == ["(all)", "shop", "web"]
        assert worth["value"].tolist() == [17.5, 30.0, pytest.approx(40 / 3)]
        share = found.to_frame("revenue")["share"]
        assert share[1:].sum() == pytest.approx(1.0)
        assert found.to_frame("customers")["share"][1:].tolist() == [0.25, 0.75]

    def test_a_log_is_the_same(self):
        log = tn.Transactions(self.ORDERS, amount="amount", attributes=["channel"])
        one = channels.value(log, horizon="30 days")
        other = channels.value(self.ORDERS, amount="amount", horizon="30 days")
        assert repr(one) == repr(other)
        assert "retention" in one.columns["metric"]

    def test_small_cells_are_hidden(self):
        found = channels.value(
            self.ORDERS, amount="amount", horizon=None, min_customers=2
        )
        hidden = found.to_frame("revenue")
        assert hidden["suppressed"].tolist() == ["", "primary", "secondary"]
        assert np.isnan(hidden["value"][1:]).all()
