"""What breakdowns say of bad input: averages, strata and revenue trees."""

import pandas as pd
import pytest
import tenure as tn
from tenure import breakdown
from tenure.exceptions import DataError, EmptyDataError, ParameterError

ORDERS = {
    "year": [2023] * 4 + [2024] * 4,
    "kind": ["big", "big", "small", "small", "big", "small", "small", "small"],
    "amount": [100.0, 100.0, 20.0, 20.0, 110.0, 24.0, 24.0, 24.0],
}
LOG = {
    "customer_id": [1, 1, 2, 3, 1, 2, 2, 4],
    "date": [f"2024-01-{day:02}" for day in (1, 5, 6, 7)]
    + [f"2024-02-{day:02}" for day in (1, 2, 3, 4)],
    "amount": [10.0, 20.0, 40.0, 50.0, 30.0, 60.0, 60.0, 70.0],
    "land": ["DE", "DE", "FR", "FR", "DE", "FR", "FR", "DE"],
}
JANUARY, FEBRUARY = ("2024-01-01", "2024-01-31"), ("2024-02-01", "2024-02-29")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"period": None},
            ParameterError,
            (
                "`period` must name the column that says which period or group a row "
                "is of, got None"
            ),
        ),
        (
            {"period": "kind", "before": "big", "after": "huge"},
            ParameterError,
            "`after` must be a value of column `kind`: big, small, got huge",
        ),
        (
            {"before": 2023, "after": 2023},
            ParameterError,
            "`after` must differ from `before`, got 2023",
        ),
        (
            {"by": []},
            ParameterError,
            "`by` must name one or several columns, got []",
        ),
        (
            {"by": "rate"},
            ParameterError,
            (
                "`by` must not be called as a column of results: customers_before, "
                "customers_after, weight_before, weight_after, average_before, "
                "average_after, mix, mix_lower, mix_upper, rate, rate_lower, "
                "rate_upper, effect, effect_lower, effect_upper, got 'rate'\n\nHint: "
                "rename the column"
            ),
        ),
        (
            {"attributes": {"customer_id": [1]}},
            ParameterError,
            (
                "`attributes` must be left out where the data are no log, got a "
                "dict\n\nHint: join them to the frame first"
            ),
        ),
        (
            {"data": ORDERS | {"amount": [1.0, None, 2.0, None, 1.0, 1.0, 1.0, 1.0]}},
            DataError,
            (
                "column `amount` must hold a number in every row; row 1 has nothing (2 "
                "rows in all)"
            ),
        ),
        (
            {"data": ORDERS | {"n": [1, 1, -1, 1, 1, 1, 1, 1]}, "per": "n"},
            DataError,
            (
                "column `n` must hold a number in every row, none of them negative; "
                "row 2 has -1.0"
            ),
        ),
        (
            {"data": ORDERS | {"n": [0] * 4 + [1] * 4}, "per": "n"},
            EmptyDataError,
            "there is nothing to average in 2023",
        ),
        (
            {"data": {"year": [], "kind": [], "amount": []}},
            EmptyDataError,
            "there is nothing to average: no rows",
        ),
        ({"level": 1.0}, ParameterError, "`level` must lie between 0 and 1, got 1.0"),
        (
            {"replicates": 0},
            ParameterError,
            "`replicates` must be a whole number of at least 1, got 0",
        ),
    ],
)
def test_bad_input_of_change(options, error, text):
    given = {"data": ORDERS, "value": "amount", "by": "kind", "period": "year"}
    with pytest.raises(error) as caught:
        breakdown.change(**(given | options))
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"value": "amount"},
            (
                "`value` must be one of order_value, purchase_frequency, "
                "value_per_customer for a log, got 'amount'"
            ),
        ),
        (
            {"after": None},
            "`after` must be the first and the last day of a period, got None",
        ),
        (
            {"after": ("2024-01-31", "2024-02-29")},
            "`after` must begin after `before` ends: 2024-01-31, got 2024-01-31",
        ),
        ({"per": "orders"}, "`per` must be left out for a log, got 'orders'"),
        ({"period": "year"}, "`period` must be left out for a log, got 'year'"),
    ],
)
def test_bad_questions_of_a_log(options, text):
    log = tn.Transactions(LOG, amount="amount", attributes=["land"])
    given = {"value": "order_value", "by": "land", "before": JANUARY, "after": FEBRUARY}
    with pytest.raises(ParameterError) as caught:
        breakdown.change(log, **(given | options))
    assert str(caught.value) == text


PLAIN = {"g": ["a", "b", "c"], "s": ["x", "y", "x"], "v": [1.0, 2.0, None]}


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {},
            ParameterError,
            "`groups` must name two groups of column `g`: a, b, c, got None",
        ),
        (
            {"groups": ("a", "d")},
            ParameterError,
            "`groups` must name two groups of column `g`: a, b, c, got ('a', 'd')",
        ),
        (
            {"groups": ("a", "b")},
            EmptyDataError,
            "no stratum has customers of both groups\n\nHint: choose wider strata",
        ),
        (
            {"groups": ("a", "c")},
            EmptyDataError,
            "no customer of c has an outcome",
        ),
        (
            {"outcome": "recency", "groups": ("a", "b")},
            ParameterError,
            (
                "`outcome` must be a column, or a metric that is a mean or a share, "
                "got 'recency'"
            ),
        ),
        (
            {"strata": ["s", "s"]},
            ParameterError,
            "`strata` must name one or several columns, got ['s', 's']",
        ),
        ({"level": 0}, ParameterError, "`level` must lie between 0 and 1, got 0"),
        (
            {"as_of": "2024-01-01"},
            ParameterError,
            "`as_of` must be left out where the data are no log, got '2024-01-01'",
        ),
        (
            {"data": {"g": [], "s": [], "v": []}},
            EmptyDataError,
            "there are no customers: the data have no rows",
        ),
    ],
)
def test_bad_input_of_simpson(options, error, text):
    given_options = {"data": PLAIN, "outcome": "v", "group": "g", "strata": "s"}
    with pytest.raises(error) as caught:
        breakdown.simpson(**(given_options | options))
    assert str(caught.value) == text


LINES = {
    "customer_id": [1, 1, 2, 2, 3],
    "date": ["2024-01-01", "2024-01-09", "2024-01-31", "2024-02-05", "2024-02-09"],
    "order": ["a", "b", "c", "d", "e"],
    "amount": [10.0, 20.0, 15.0, 30.0, 30.0],
}


@pytest.mark.parametrize(
    ("data", "options", "error", "text"),
    [
        (
            LINES,
            {"after": ("2024-01-15", "2024-02-29")},
            ParameterError,
            "`after` must begin after `before` ends: 2024-01-31, got 2024-01-15",
        ),
        (
            LINES,
            {"before": "2024-01"},
            ParameterError,
            (
                "`before` must be two dates, the first and the last day of the period, "
                "got '2024-01'"
            ),
        ),
        (
            LINES,
            {"before": ("2024-01-31", "2024-01-01")},
            ParameterError,
            "`before` must end after it begins, got ('2024-01-31', '2024-01-01')",
        ),
        (
            LINES,
            {"after": ("2024-03-01", "2024-03-31")},
            EmptyDataError,
            (
                "nobody bought in the period from 2024-03-01 to 2024-03-31\n\n"
                "Hint: choose periods within the log"
            ),
        ),
        (
            LINES,
            {"method": "log"},
            ParameterError,
            "`method` must be 'shapley' or 'lmdi', got 'log'",
        ),
        (
            LINES | {"amount": [0.0] * 3 + [1.0] * 2},
            {"method": "lmdi"},
            ParameterError,
            (
                "`method` must be 'shapley' where the revenue of a period or of a "
                "segment is not above 0, got 'lmdi'"
            ),
        ),
        (
            LINES | {"amount": [None, *LINES["amount"][1:]]},
            {},
            DataError,
            "column `amount` must hold a number in every row; row 0 has nothing",
        ),
        (
            LINES,
            {"attributes": pd.DataFrame({"customer_id": [1]})},
            ParameterError,
            (
                "`attributes` must be left out where the data are no log, got a "
                "DataFrame\n\nHint: join them to the frame first"
            ),
        ),
        (
            tn.Transactions(LINES),
            {},
            ParameterError,
            (
                "`log` must have amounts, got a log without\n\n"
                "Hint: Transactions(..., amount=...) names their column"
            ),
        ),
        (
            tn.Transactions(LINES, amount="amount"),
            {"order": "order"},
            ParameterError,
            "`order` must be left out for a log, got 'order'",
        ),
    ],
)
def test_bad_input_of_trees(data, options, error, text):
    given_options = {"before": JANUARY, "after": FEBRUARY} | options
    with pytest.raises(error) as caught:
        breakdown.revenue_tree(data, **given_options)
    assert str(caught.value) == text
    with pytest.raises(ParameterError) as caught:
        breakdown.revenue_tree(LINES, JANUARY, FEBRUARY).plot("pie")
    assert str(caught.value) == "`kind` must be 'waterfall' or 'tree', got 'pie'"
