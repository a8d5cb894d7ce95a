"""What customers are worth in all: by hand, nothing twice, families, errors."""

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import breakdown
from tenure.exceptions import DataError, EmptyDataError, ParameterError

OWN = {"customer_id": [1, 2, 3], "value": [100.0, 80.0, 40.0]}
BROUGHT = {"customer_id": [2, 3, 9], "referrer_id": [1, 2, 1]}
DID = {
    "customer_id": [1, 1, 3, 3, 8],
    "type": ["review", "call", "review", "visit", "review"],
    "number": [2, 1, 1, 7, 1],
}


class TestByHand:
    def test_own_referrals_and_interactions(self):
        # 1/4 of 80 goes from 2 to 1, 1/4 of 40 from 3 to 2, and with each 3/4 of 20
        # saved. 9 is no customer. Reviews are worth 3, calls -5
        #   1: 100 + 20 + 15 + 2 x 3 - 5 = 136; 2: 80 - 20 + 10 + 15 = 85
        #   3: 40 - 10 + 3 = 33
        found = breakdown.combined_value(
            OWN,
            referrals=BROUGHT,
            credit=0.25,
            saved=20,
            interactions=DID,
            count="number",
            worth={"review": 3.0, "call": -5.0},
        )
        frame = found.to_frame()
        assert frame["combined"].tolist() == [136.0, 85.0, 33.0]
        assert frame["referrals"].tolist() == [35.0, 25.0, 0.0]
        assert frame["passed_on"].tolist() == [0.0, -20.0, -10.0]
        # nothing twice: 220 of their own, 2 x 15 saved, 9 - 5 by interactions
        assert found.totals["combined"] == 220 + 30 + 4
        assert found.interactions == {"call": (1.0, -5.0), "review": (3.0, 9.0)}
        assert found.notes == (
            "1 referral of or by others than these customers left out",
            "interactions of no stated worth left out: visit",
            "1 row of others than these customers left out",
        )
        assert found.sentences() == [
            "3 customers are worth 254.00 together, 84.67 each.",
            (
                "86.6 % by what they buy, 11.8 % by acquisition saved through "
                "referrals, 1.6 % by interactions."
            ),
        ]

    def test_the_value_alone(self):
        found = breakdown.combined_value(OWN)
        assert found.to_frame()["combined"].tolist() == OWN["value"]
        assert found.totals["combined"] == found.totals["own"] == 220.0

    def test_nothing_and_losses(self):
        found = breakdown.combined_value({"customer_id": [1], "value": [0.0]})
        assert found.sentences() == ["1 customer is worth 0.00."]
        lost = breakdown.combined_value(
            {"customer_id": [1, 2], "value": [10.0, -30.0]},
            referrals={"customer_id": [2], "referrer_id": [1]},
        )
        # who brings a loss has half of it
        assert lost.to_frame()["combined"].tolist() == [-5.0, -15.0]


networks = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-100, 999), min_size=n, max_size=n),
        st.lists(st.integers(0, n), min_size=n, max_size=n),
        st.floats(0, 1),
        st.integers(0, 50),
    )
)


@settings(max_examples=80, deadline=None)
@given(network=networks, seed=st.randoms(use_true_random=False))
def test_totals_are_values_and_savings(network, seed):
    values, by, credit, saved = network
    n = len(values)
    own = {"customer_id": list(range(n)), "value": [float(one) for one in values]}
    pairs = [(one, of) for one, of in enumerate(by) if of != one]
    seed.shuffle(pairs)
    brought = {
        "customer_id": [one for one, _ in pairs],
        "referrer_id": [of for _, of in pairs],
    }
    expected = [float(one) for one in values]
    known = [(one, of) for one, of in pairs if of < n]
    for one, of in known:
        expected[of] += credit * values[one] + (1 - credit) * saved
        expected[one] -= credit * values[one]
    results = [
        breakdown.combined_value(
            make(own), referrals=make(brought), credit=credit, saved=saved
        )
        for make in (dict, pd.DataFrame, pl.DataFrame)
        if pairs
    ]
    for found in results:
        # at most 16 numbers below 1000: rounding of some 1e-12
        assert list(found.columns["combined"]) == pytest.approx(expected, abs=1e-9)
        whole = sum(values) + len(known) * (1 - credit) * saved
        assert found.totals["combined"] == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"own": OWN | {"customer_id": [1, 2, 1]}},
            DataError,
            "column `customer_id` must name each customer once; row 2 has 1",
        ),
        (
            {"own": OWN | {"customer_id": [1, None, 2]}},
            DataError,
            "column `customer_id` must name each customer once; row 1 has nothing",
        ),
        (
            {"own": OWN | {"value": [1.0, None, None]}},
            DataError,
            (
                "column `value` must hold a number in every row; row 1 has nothing (2 "
                "rows in all)"
            ),
        ),
        (
            {"own": {"customer_id": [], "value": []}},
            EmptyDataError,
            "there are no customers: the data have no rows",
        ),
        ({"credit": 1.5}, ParameterError, "`credit` must lie between 0 and 1, got 1.5"),
        (
            {"saved": -1},
            ParameterError,
            "`saved` must be finite and at least 0, got -1",
        ),
        (
            {"referrals": {"customer_id": [1, 2], "referrer_id": [3, 2]}},
            DataError,
            "column `referrer_id` must name another customer; row 1 has 2",
        ),
        (
            {"interactions": DID},
            ParameterError,
            (
                "`worth` must say what an interaction is worth: call, review, visit, "
                "got {}"
            ),
        ),
        (
            {"interactions": DID, "worth": {"call": float("nan"), "review": 1.0}},
            ParameterError,
            "`worth` must be finite numbers, got nan for call",
        ),
    ],
)
def test_bad_input(options, error, text):
    with pytest.raises(error) as caught:
        breakdown.combined_value(**({"own": OWN} | options))
    assert str(caught.value) == text
