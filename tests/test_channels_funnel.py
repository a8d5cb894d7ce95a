"""Funnels: by hand, against brute force over all ways, coverage, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure import channels
from tenure.rfm.intervals import wilson

STEPS = ("view", "cart", "pay")
DID = {
    # 1 goes through in 15 and then 30 minutes; 2 searches before the cart; 3 pays
    # without a cart; 4 does things in the wrong order; 5 never views
    "user_id": [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5],
    "event": [
        "view",
        "cart",
        "pay",
        "view",
        "search",
        "cart",
        "view",
        "pay",
        "cart",
        "view",
        "pay",
    ],
    "timestamp": [f"2024-05-01T{clock}" for clock in ("10:00", "10:15", "10:45")]
    + [f"2024-05-01T{clock}" for clock in ("11:00", "11:10", "11:30", "12:00")]
    + [f"2024-05-01T{clock}" for clock in ("12:05", "13:00", "13:10", "14:00")],
    "device": ["phone"] * 3 + ["desk"] * 4 + ["phone", "phone", "desk", "desk"],
}


class TestByHand:
    def test_in_this_order(self):
        found = channels.funnel(DID, STEPS, unit="minute")
        assert found.reached.tolist() == [4, 2, 1]
        assert found.users == 5
        frame = found.to_frame()
        assert frame["event"].tolist() == list(STEPS)
        assert frame["from_previous"].tolist() == [1.0, 0.5, 0.5]
        assert frame["from_first"].tolist() == [1.0, 0.5, 0.25]
        assert frame["dropped"].tolist() == [0, 2, 1]
        # 15 and 30 minutes to the cart, 30 on to pay
        np.testing.assert_array_equal(frame["median_time"], [np.nan, 22.5, 30.0])
        low, high = wilson(np.array([1]), 4, 0.9)[1:]
        assert frame["from_first_lower"][2] == low[0]
        assert frame["from_first_upper"][2] == high[0]
        assert found.sentences()[1] == (
            "Most are lost before cart: 50.0 % go on to it from view."
        )

    def test_directly_after_another_and_in_any_order(self):
        # 2 searches between; 4 has a cart before the view
        assert channels.funnel(DID, STEPS, order="strict").reached.tolist() == [4, 1, 1]
        assert channels.funnel(DID, STEPS, order="any").reached.tolist() == [4, 3, 1]

    def test_limits_of_time(self):
        def reached(**limits):
            return channels.funnel(DID, STEPS, **limits).reached.tolist()

        assert reached(within="45 minutes") == [4, 2, 1]
        assert reached(within="44 minutes") == [4, 2, 0]
        assert reached(within="29 minutes") == [4, 1, 0]
        assert reached(step_within="29 minutes") == [4, 1, 0]

    def test_a_second_start_may_get_further(self):
        # from the first view it is two hours to pay, from the second one
        data = {
            "user_id": [1] * 4,
            "event": ["view", "view", "cart", "pay"],
            "timestamp": [f"2024-05-01T{hour}:00" for hour in (10, 11, 11, 12)],
        }
        found = channels.funnel(data, STEPS, within="1 hour")
        assert found.reached.tolist() == [1, 1, 1]
        # at one moment steps come in the order of the funnel
        assert found.to_frame()["median_time"][1] == 0.0

    def test_who_may_still_go_on(self):
        # the data end at 14:00: 3 and 4 began at 12:00 and 13:10
        found = channels.funnel(DID, STEPS, within="1 hour")
        assert found.notes == ("1 user began less than `within` before the end",)

    def test_segments(self):
        # the first event decides: 1 phone, 2 and 3 desk, 4 phone, 5 desk
        found = channels.funnel(DID, STEPS, by="device")
        frame = found.to_frame()
        assert frame["device"].tolist() == ["(all)"] * 3 + ["desk"] * 3 + ["phone"] * 3
        assert frame["users"].tolist() == [4, 2, 1, 2, 1, 0, 2, 1, 1]
        assert found.notes == (
            "2 users with several values of device: the earliest counts",
        )

    def test_one_user_and_nobody_further(self):
        found = channels.funnel(
            {name: values[3:5] for name, values in DID.items()}, ("view", "search")
        )
        assert found.reached.tolist() == [1, 1]
        stuck = channels.funnel(
            {name: values[6:10] for name, values in DID.items()}, STEPS
        )
        assert stuck.reached.tolist() == [2, 0, 0]
        frame = stuck.to_frame()
        assert np.isnan(frame["from_previous"][2])
        assert frame["from_first"][2] == 0.0
        assert "nan" not in repr(stuck)


def test_what_a_table_does_not_show_is_said():
    data = {"user_id": list(range(30)), "event": ["view", "cart"] * 15}
    data |= {"timestamp": ["2024-05-01"] * 30, "land": [f"l{i:02}" for i in range(30)]}
    lines = repr(channels.funnel(data, ("view", "cart"), by="land")).split("\n")
    assert lines[-1] == "11 further segments not shown"
    assert lines[-2].startswith("l18: cart")


events = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from("abcx"), st.integers(0, 9)),
    min_size=1,
    max_size=18,
)


def chains(own, steps, within, apart):
    """Return, for each step, the times at which some way of a user reaches it."""
    found = [set() for _ in steps]

    def go(step, start, before):
        for event, hour in own:
            if event != steps[step] or (step and hour < before):
                continue
            begin = hour if step == 0 else start
            if within is not None and hour - begin > within:
                continue
            if step and apart is not None and hour - before > apart:
                continue
            found[step].add(hour)
            if step + 1 < len(steps):
                go(step + 1, begin, hour)

    go(0, None, None)
    return found


def straight(own, steps):
    """Return how many steps a user takes with nothing in between."""
    line = []
    for hour in sorted({hour for _, hour in own}):
        now = {event for event, one in own if one == hour}
        line += [one for one in steps if one in now] or ["x"] * len(now)
    return max(
        (
            k
            for k in range(1, len(steps) + 1)
            for at in range(len(line))
            if line[at : at + k] == list(steps[:k])
        ),
        default=0,
    )


@settings(max_examples=150, deadline=None)
@given(
    rows=events,
    within=st.sampled_from([None, 0, 2, 4]),
    apart=st.sampled_from([None, 0, 2]),
    seed=st.randoms(use_true_random=False),
)
def test_funnel_is_that_of_all_ways(rows, within, apart, seed):
    steps = ("a", "b", "c")
    people = sorted({row[0] for row in rows})
    own = {one: [row[1:] for row in rows if row[0] == one] for one in people}
    if {"a", "b", "c"} - {row[1] for row in rows}:
        return
    seed.shuffle(rows)
    start = np.datetime64("2024-05-01T00:00", "us")
    data = {
        "user_id": [row[0] for row in rows],
        "event": [row[1] for row in rows],
        "timestamp": start + np.array([r[2] for r in rows]) * np.timedelta64(1, "h"),
    }
    limits = {
        name: None if one is None else f"{60 * one + 1} minutes"
        for name, one in (("within", within), ("step_within", apart))
    }
    results = [
        channels.funnel(make(data), steps, **limits)
        for make in (dict, pd.DataFrame, pl.DataFrame)
    ]
    reached = {one: chains(own[one], steps, within, apart) for one in people}
    frame = results[0].columns
    for step in range(3):
        users = [one for one in people if reached[one][step]]
        assert frame["users"][step] == len(users)
        if step and users:
            waits = [
                min(reached[one][step])
                - max(
                    hour
                    for hour in reached[one][step - 1]
                    if hour <= min(reached[one][step])
                )
                for one in users
            ]
            assert frame["median_time"][step] == np.median(waits)
    for result in results[1:]:
        for name, values in frame.items():
            np.testing.assert_array_equal(values, result.columns[name])
    exact = channels.funnel(data, steps, order="strict").reached.tolist()
    deep = [straight(own[one], steps) for one in people]
    assert exact == [sum(one > step for one in deep) for step in range(3)]
    mixed = channels.funnel(data, steps, order="any").reached.tolist()
    there = [{event for event, _ in own[one]} for one in people]
    assert mixed == [
        sum(set(steps[: step + 1]) <= one for one in there) for step in range(3)
    ]


def coverage(runs, n):
    """Return how often intervals hold the shares 0.6 and 0.6 x 0.5 and the median.

    The time to the cart is exponential of mean 10 hours: its median is 10 log 2. Of the
    interval between order statistics the level is at least 0.9, as it should be.
    """
    rng = np.random.default_rng(12)
    start = np.datetime64("2024-05-01", "us")
    truth = {"from_first": (2, 0.3), "from_previous": (1, 0.6)}
    truth["median_time"] = (1, 10 * np.log(2))
    hits = dict.fromkeys(truth, 0)
    for _ in range(runs):
        one = np.flatnonzero(rng.random(n) < 0.6)
        two = one[rng.random(len(one)) < 0.5]
        hours = rng.exponential(10.0, len(one))
        when = np.concatenate([np.zeros(n), hours, np.full(len(two), 1000.0)])
        columns = channels.funnel(
            {
                "user_id": np.concatenate([np.arange(n), one, two]),
                "event": np.repeat(np.array(STEPS, object), [n, len(one), len(two)]),
                "timestamp": start + (when * 3.6e9).astype("m8[us]"),
            },
            STEPS,
        ).columns
        for name, (step, value) in truth.items():
            ends = [columns[f"{name}_{end}"][step] for end in ("lower", "upper")]
            hits[name] += ends[0] <= value <= ends[1]
    return {name: count / runs for name, count in hits.items()}


def test_intervals_cover_quickly():
    """Three standard errors of 500 runs at 0.9 are 0.04; order statistics go in "
    "steps."""
    for name, share in coverage(500, 150).items():
        assert 0.86 <= share <= 0.96, name


@pytest.mark.slow
def test_intervals_cover():
    for name, share in coverage(3000, 200).items():
        assert 0.87 <= share <= 0.93, name
