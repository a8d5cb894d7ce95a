"""What campaigns say of bad input: the exact texts."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tenure as tn
from tenure.campaigns import _stats
from tenure.exceptions import DataError, EmptyDataError, ParameterError, TenureError

C = tn.campaigns

ORDERS = {
    "customer_id": ["a", "a", "b", "c"],
    "date": ["2024-04-01", "2024-05-02", "2024-05-03", "2024-05-31"],
    "amount": [1.0, 2.0, 3.0, 4.0],
    "discount": [0.0, 0.0, 1.0, 0.0],
}
ASSIGNMENT = {
    "customer_id": ["a", "b", "c"],
    "arm": ["control", "mail", "mail"],
    "start": ["2024-05-01"] * 3,
}
FRAME = {"arm": ["control", "control", "mail", "mail"], "y": [1.0, 2.0, 3.0, 4.0]}
SPLIT = {"treated": [0, 1, 0, 1], "x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 3.0, 5.0]}
PANEL = {
    "customer_id": [1, 1, 2, 2],
    "period": [-1, 0] * 2,
    "treated": [1, 1, 0, 0],
    "revenue": [1.0, 2.0, 3.0, 4.0],
}
OPTIONS = {
    "option": ["mail"],
    "effect": [3.0],
    "std_error": [0.5],
    "cost": [1.0],
    "size": [10],
}
MEMBERS = {"customer_id": ["a"], "joined": ["2024-05-02"]}


def trial(assignment=None, orders=ORDERS, **options):
    return lambda: C.experiment(orders, ASSIGNMENT | (assignment or {}), **options)


CASES = [
    (
        trial({"customer_id": ["a", "b", "a"]}),
        DataError,
        (
            "column `customer_id` must hold each customer once; row 2 has 'a' again\n\n"
            "Hint: a customer who was assigned twice belongs to the first assignment"
        ),
    ),
    (
        trial({"customer_id": ["a", None, "c"]}),
        DataError,
        "column `customer_id` must say who the customer is; row 1 has nothing",
    ),
    (
        trial({"customer_id": ["x", "y", "z"]}),
        DataError,
        (
            "column `customer_id` must hold ids as they are in the orders; row 0 "
            "has 'x', "
            "where the orders have ids such as 'a' (3 rows in all)"
        ),
    ),
    (
        trial({"arm": ["control", None, "mail"]}),
        DataError,
        "column `arm` must say which arm the customer is in; row 1 has nothing",
    ),
    (
        trial({"arm": ["control"] * 3}),
        DataError,
        (
            "column `arm` must hold at least two arms; row 0 has 'control', as "
            "every row "
            "has"
        ),
    ),
    (
        trial(control="none"),
        ParameterError,
        "`control` must be one of the arms, 'control', 'mail', got 'none'",
    ),
    (
        trial({"start": ["2024-05-01", None, None]}),
        DataError,
        (
            "column `start` must say when the campaign began for each customer, "
            "in every "
            "arm; row 1 has nothing (2 rows in all)\n\n"
            "Hint: customers of the control have the date at which they were assigned"
        ),
    ),
    (
        trial(start="begin"),
        TenureError,
        "unknown column 'begin'.\n\nColumns: 'customer_id', 'arm', 'start'",
    ),
    (
        trial(window="60 days"),
        EmptyDataError,
        (
            "nobody in arm 'control' was observed for 60 days\n\n"
            "Hint: choose a shorter `window` or a later `as_of`"
        ),
    ),
    (
        trial({"start": ["2024-06-10"] * 3}),
        EmptyDataError,
        (
            "some customers start after the last day that is observed\n\n"
            "Hint: choose a `window`, and they are left out, or a later `as_of`"
        ),
    ),
    (
        trial(cost=1.0),
        ParameterError,
        "`cost` must come with a `margin`, which it is taken off, got 1.0",
    ),
    (
        trial(margin=0.5, cost={"call": 1.0}),
        ParameterError,
        "`cost` must have the arms 'control', 'mail' as keys, got 'call'",
    ),
    (
        trial({"spent": [0.0, np.nan, 1.0]}, margin=0.5, cost="spent"),
        DataError,
        "column `spent` must be finite; row 1 has nan",
    ),
    (
        trial(margin=30),
        ParameterError,
        "`margin` must be a share greater than 0, at most 1, got 30",
    ),
    (trial(level=95), ParameterError, "`level` must lie between 0 and 1, got 95"),
    (
        trial(
            orders=ORDERS | {"discount": [0.0, -1.0, np.nan, 0.0]}, discount="discount"
        ),
        DataError,
        (
            "column `discount` must be what was taken off the price, 0 or more; "
            "row 1 has "
            "-1.0 (2 rows in all)\n\nHint: an order at full price has a discount of 0"
        ),
    ),
    (
        trial(orders=tn.Transactions(ORDERS, amount="amount"), discount="discount"),
        ParameterError,
        (
            "`discount` must be left out with a log, which knows no discounts, got "
            "'discount'\n\nHint: give the frame of orders instead of the log"
        ),
    ),
    (
        trial(orders=tn.Transactions(ORDERS, merge="month")),
        ParameterError,
        (
            "`orders` must be merged by the day, by order or not at all: "
            "campaigns count "
            "days, got a log merged by the month"
        ),
    ),
    (
        trial(shares={"control": 0.5}),
        ParameterError,
        "`shares` must have the arms 'control', 'mail' as keys, got 'control'",
    ),
    (
        trial(shares={"control": 0.5, "mail": 0.6}),
        ParameterError,
        (
            "`shares` must be greater than 0 and add up to 1, got {'control': "
            "0.5, 'mail': "
            "0.6}"
        ),
    ),
    (
        lambda: trial()().effect("profit"),
        ParameterError,
        (
            "`metric` must be one of conversion, orders, revenue, retained, "
            "order_value, "
            "got 'profit'"
        ),
    ),
    (
        lambda: trial()().effect("revenue", "call"),
        ParameterError,
        "`arm` must be one of 'mail', got 'call'",
    ),
    (
        lambda: trial()().effect("conversion", adjusted=True),
        ParameterError,
        (
            "`adjusted` must be left out: conversion has no covariate from before, "
            "got True"
        ),
    ),
    (
        lambda: trial()().lift_curve("margin", days=20),
        ParameterError,
        "`metric` must be one of orders, revenue, got 'margin'",
    ),
    (
        lambda: C.experiment_of_customers(FRAME, metrics=["y"]).lift_curve(),
        ParameterError,
        (
            "`lift_curve` must be asked of an experiment made from a log of "
            "orders, got one "
            "made from a frame of customers"
        ),
    ),
    (
        lambda: C.experiment_of_customers(FRAME, metrics=[]),
        ParameterError,
        "`metrics` must name at least one column, got none",
    ),
    (
        lambda: C.experiment_of_customers(FRAME, metrics=["y"], before={"z": "y"}),
        ParameterError,
        "`before` must name outcomes among `metrics`, got 'z'",
    ),
    (
        lambda: C.experiment_of_customers(
            FRAME | {"y": [1.0, np.nan, 2.0, np.inf]}, metrics=["y"]
        ),
        DataError,
        (
            "column `y` must be finite; row 1 has nan (2 rows in all)\n\n"
            "Hint: a customer who did nothing has 0, and counts"
        ),
    ),
    (
        lambda: C.power(1.0, customers=100),
        ParameterError,
        "`std` must be given for a mean, or `share` for a share, got neither",
    ),
    (
        lambda: C.sample_size(0.0, std=1.0),
        ParameterError,
        "`difference` must be finite and other than 0, got 0.0",
    ),
    (
        lambda: C.sample_size(0.5, share=0.6),
        ParameterError,
        "`share + difference` must lie between 0 and 1, got 1.1",
    ),
    (
        lambda: C.detectable_effect(customers=3, std=1.0),
        ParameterError,
        "`customers` must be at least 4, got 3",
    ),
    (
        lambda: C.matched(ORDERS, MEMBERS | {"joined": [None]}),
        DataError,
        (
            "column `joined` must say when each member joined; row 0 has nothing\n\n"
            "Hint: leave out customers who are not members"
        ),
    ),
    (
        lambda: C.matched(ORDERS, MEMBERS),
        EmptyDataError,
        (
            "no member can be compared\n\n"
            "Hint: choose a shorter `window` or a later `as_of`"
        ),
    ),
    (
        lambda: C.matched(ORDERS, MEMBERS, every="year"),
        ParameterError,
        "`every` must be one of day, week, month, got 'year'",
    ),
    (
        lambda: C.matched(ORDERS, MEMBERS, matches=0),
        ParameterError,
        "`matches` must be a whole number of at least 1, got 0",
    ),
    (
        lambda: C.weighted(SPLIT, outcome="y", covariates=[]),
        ParameterError,
        (
            "`covariates` must name at least one column, got none\n\n"
            "Hint: without any, it is the unadjusted difference"
        ),
    ),
    (
        lambda: C.weighted(SPLIT | {"x": [1.0] * 4}, outcome="y", covariates=["x"]),
        ParameterError,
        "`covariates` must differ between customers, got 'x', which does not",
    ),
    (
        lambda: C.weighted(
            SPLIT | {"x": [0.0, 1.0, 0.0, 1.0]}, outcome="y", covariates=["x"]
        ),
        ParameterError,
        (
            "`covariates` must leave it open who is treated, got x, which tell "
            "the treated "
            "from the others\n\nHint: leave out what only one group can have; without "
            "overlap there is nothing to compare"
        ),
    ),
    (
        lambda: C.weighted(
            SPLIT | {"treated": [0, 1, 2, 1]}, outcome="y", covariates=["x"]
        ),
        DataError,
        "column `treated` must hold True and False, or 1 and 0; row 2 has 2.0",
    ),
    (
        lambda: C.weighted(
            SPLIT | {"treated": [0, 1, 0, 0]}, outcome="y", covariates=["x"]
        ),
        EmptyDataError,
        (
            "column `treated` has 1 treated and 3 untreated customers\n\n"
            "Hint: both sides need at least 2"
        ),
    ),
    (
        lambda: C.weighted(
            SPLIT | {"x": [1.0, np.nan, 2.0, 3.0]}, outcome="y", covariates=["x"]
        ),
        DataError,
        (
            "column `x` must be finite; row 1 has nan\n\n"
            "Hint: say what a missing value means, as by 0 and a column of its own"
        ),
    ),
    (
        lambda: C.difference_in_differences(PANEL, start=5),
        ParameterError,
        "`start` must be one of the periods, -1 to 0, got 5",
    ),
    (
        lambda: C.difference_in_differences(PANEL, start=-1),
        ParameterError,
        "`start` must have at least one period before it, got -1",
    ),
    (
        lambda: C.difference_in_differences(PANEL | {"treated": [0, 1, 0, 0]}),
        DataError,
        (
            "column `treated` must be the same in all rows of a customer; row 0 "
            "has False"
            "\n\nHint: it says to which group the customer belongs, before the "
            "start as "
            "well; for several starts compare each with customers not yet treated"
        ),
    ),
    (
        lambda: C.difference_in_differences(PANEL | {"period": [0, 0, -1, 0]}),
        DataError,
        (
            "column `period` must hold each period of a customer once; row 1 has 0"
            "\n\nHint: add up what a customer did in a period"
        ),
    ),
    (
        lambda: C.difference_in_differences(PANEL | {"treated": [1] * 4}),
        EmptyDataError,
        (
            "no untreated customer has a row in 2 of the periods\n\n"
            "Hint: a customer who bought nothing has 0"
        ),
    ),
    (
        lambda: C.difference_in_differences(PANEL | {"revenue": [1.0, np.nan, 2, 3]}),
        DataError,
        "column `revenue` must be finite; row 1 has nan",
    ),
    (
        lambda: C.panel(
            ORDERS, {"customer_id": ["a"], "treated": [1]}, start="2024-05-01"
        ),
        EmptyDataError,
        (
            "orders are observed until 2024-05-31, before the last period ends\n\n"
            "Hint: choose fewer periods by `after`"
        ),
    ),
    (
        lambda: C.promotion_table(
            ORDERS | {"promotion": ["full price"] * 4}, promotion="promotion"
        ),
        ParameterError,
        (
            "`promotion` must have no promotion named 'full price': leave it "
            "empty, got "
            "'full price'"
        ),
    ),
    (
        lambda: C.discount_dependence(ORDERS, depths=[0.3, 0.1]),
        ParameterError,
        "`depths` must rise, each between 0 and 1, got [0.3, 0.1]",
    ),
    (
        lambda: C.promotion_table(ORDERS, as_of="2023-01-01"),
        EmptyDataError,
        "nothing was bought by the last day observed",
    ),
    (
        lambda: C.allocate(OPTIONS, budget=-1),
        ParameterError,
        "`budget` must be finite and at least 0, got -1",
    ),
    (
        lambda: C.allocate(OPTIONS | {"cost": [0.0]}, budget=1),
        DataError,
        "column `cost` must be finite and greater than 0; row 0 has 0.0",
    ),
    (
        lambda: C.allocate(OPTIONS | {"std_error": [-1.0]}, budget=1),
        DataError,
        "column `std_error` must be finite and at least 0; row 0 has -1.0",
    ),
    (
        lambda: C.allocate(OPTIONS, budget=1, prior="normal"),
        ParameterError,
        (
            "`prior` must be 'flat', 'shared' or a mean and a standard deviation, got "
            "'normal'"
        ),
    ),
    (
        lambda: C.allocate(OPTIONS, budget=1, prior=(1.0, 0.0)),
        ParameterError,
        (
            "`prior` must be 'flat', 'shared' or a mean and a standard deviation "
            "above 0, "
            "got (1.0, 0.0)"
        ),
    ),
    (
        lambda: C.allocate(OPTIONS, budget=1, prior="shared"),
        ParameterError,
        (
            "`prior` must be 'flat' or a pair with fewer than 3 options or "
            "without standard "
            "errors, got 'shared'"
        ),
    ),
    (
        lambda: C.max_save_offer(5, 100.0),
        ParameterError,
        "`change` must be finite and at least -1, at most 1, got 5.0",
    ),
    (
        lambda: C.max_save_offer(0.1, 100.0, paid_to="stayers"),
        ParameterError,
        "`stay` must be given for an offer that only stayers cost, got None",
    ),
    (
        lambda: C.max_save_offer([0.1, 0.2, 0.3], [1.0, 2.0]),
        ParameterError,
        "`residual_value` must have one value, or as many as `change`, 3, got 2",
    ),
    (
        lambda: C.tier_migration(
            {"customer_id": [1], "date": ["2024-01-01"], "tier": ["iron"]},
            order=["gold"],
            dates=["2024-01-31", "2024-02-28"],
        ),
        DataError,
        (
            "column `tier` must hold the tiers of `order`, 'gold', or nothing; "
            "row 0 has "
            "'iron'"
        ),
    ),
    (
        lambda: C.tier_migration(MEMBERS, order=["gold"], dates=["2024-01-31"]),
        ParameterError,
        "`dates` must be two or more that rise, got ['2024-01-31']",
    ),
    (
        lambda: tn.datasets.simulate_campaign(10, dip=1.5, seed=1),
        ParameterError,
        "`dip` must be finite and less than 1, got 1.5",
    ),
    (
        lambda: tn.datasets.simulate_programme(10, lift=-2.0, seed=1),
        ParameterError,
        "`lift` must be finite and greater than -1, got -2.0",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), CASES)
def test_errors_say_what_is_the_matter(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()


def test_without_scipy_one_is_told_how_to_get_it(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(_stats, "import_module", missing)
    with pytest.raises(ImportError, match=r"pip install 'tenure\[stats\]'"):
        C.experiment_of_customers(FRAME, metrics=["y"])


def test_frames_are_not_changed():
    orders = {name: list(values) for name, values in ORDERS.items()}
    assignment = {name: list(values) for name, values in ASSIGNMENT.items()}
    C.experiment(orders, assignment)
    C.promotion_table(orders)
    assert (orders, assignment) == (ORDERS, ASSIGNMENT)
