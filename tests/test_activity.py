"""Actives, active days, streaks and lifecycle states: by hand, by a reference."""

import datetime as dt
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import reference_retention as reference
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.retention.lifecycle import ORIGINS, STATES

FIRST = dt.date(2023, 12, 20)
PURCHASES = st.dictionaries(
    st.integers(1, 9),
    st.lists(st.integers(0, 60), min_size=1, max_size=9),
    min_size=1,
    max_size=7,
)


def log_of(purchases, **settings):
    """Return the log of customers who bought on some days since FIRST."""
    rows = [
        (c, FIRST + dt.timedelta(days=d)) for c, own in purchases.items() for d in own
    ]
    ids, days = (list(column) for column in zip(*rows, strict=True))
    orders = {"customer_id": ids, "date": [day.isoformat() for day in days]}
    return tn.Transactions(orders, **settings)


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


class TestEngagement:
    def test_by_hand(self):
        found = log_of({1: [0, 1, 9], 2: [1]}).engagement(windows={"dau": 1, "wau": 7})
        assert found.actives["dau"].tolist() == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
        assert found.actives["wau"].tolist() == [1, 2, 2, 2, 2, 2, 2, 2, 0, 1]
        # the first whole week ends on the seventh day; nobody is active on the ninth
        sticky = found.stickiness()
        assert sticky["days"].tolist() == [3]
        assert sticky["stickiness"].tolist() == [1 / 3]
        assert (sticky["lowest"][0], sticky["highest"][0]) == (0.0, 1.0)
        assert np.isnan(found.ratio()[:6]).all()
        assert np.isnan(found.ratio()[8])

    @settings(max_examples=80, deadline=None)
    @given(purchases=PURCHASES, window=st.integers(1, 30))
    def test_actives_are_distinct_customers(self, purchases, window):
        found = log_of(purchases).engagement(windows={"some": window})
        first = min(map(min, purchases.values()))
        last = max(map(max, purchases.values()))
        expected = [
            sum(any(end - window < d <= end for d in own) for own in purchases.values())
            for end in range(first, last + 1)
        ]
        assert found.actives["some"].tolist() == expected

    def test_by_default_day_week_and_four_weeks(self, log):
        found = log.engagement()
        assert dict(found.windows) == {"dau": 1, "wau": 7, "mau": 28}
        dau, wau, mau = (found.actives[name] for name in ("dau", "wau", "mau"))
        assert (dau <= wau).all()
        assert (wau <= mau).all()
        # every purchase of CDNOW's merged log is one of a customer and a day
        assert dau.sum() == len(log)
        assert found.to_frame()["stickiness"][-1] == dau[-1] / mau[-1]

    def test_errors(self):
        log = log_of({1: [0]})
        assert message(ParameterError, lambda: log.engagement(windows={"x": 0})) == (
            "`windows` must be a whole number of at least 1, got 0"
        )
        assert message(ParameterError, lambda: log.engagement(windows={})) == (
            "`windows` must name at least one window, and none of them day or "
            "stickiness, got {}"
        )
        found = log.engagement()
        assert message(ParameterError, lambda: found.ratio("dau", "yau")) == (
            "`long` must be one of dau, wau, mau, got 'yau'"
        )
        text = message(
            EmptyDataError,
            lambda: tn.Transactions(
                {"customer_id": [1], "date": ["2024-01-01T10:00"]}, merge=None
            ).engagement(as_of="2024-01-01T12:00"),
        )
        assert text.startswith("no day was over by 2024-01-01T12:00")


class TestActiveDays:
    @settings(max_examples=80, deadline=None)
    @given(purchases=PURCHASES, days=st.integers(1, 35), end=st.integers(0, 70))
    def test_they_are_counted(self, purchases, days, end):
        log = log_of(purchases)
        as_of = FIRST + dt.timedelta(days=end)
        if end < min(map(min, purchases.values())):
            with pytest.raises((ParameterError, EmptyDataError)):
                log.active_days(days, as_of=as_of)
            return
        found = log.active_days(days, as_of=as_of)
        counts = Counter(
            len({d for d in own if end - days < d <= end}) for own in purchases.values()
        )
        expected = [counts[n] for n in range(1, days + 1)]
        assert found["customers"].tolist() == expected
        if sum(expected):
            assert found["share"].sum() == pytest.approx(1.0, rel=1e-14)

    def test_several_dates(self):
        found = log_of({1: [0, 1, 9], 2: [1]}).active_days(
            2, as_of=["2023-12-21", "2023-12-29"]
        )
        assert (
            found["as_of"].astype(str).tolist()
            == ["2023-12-21"] * 2 + ["2023-12-29"] * 2
        )
        assert found["customers"].tolist() == [1, 1, 1, 0]

    def test_errors(self):
        log = log_of({1: [5], 2: [9]})
        assert message(ParameterError, lambda: log.active_days(10**30)) == (
            f"`days` must be at most 3660, ten years, got {10**30}"
        )
        assert message(
            ParameterError,
            lambda: log.active_days(7, as_of=["2023-12-21", "2023-12-29"]),
        ) == (
            "`as_of` must not lie before the first purchase, on 2023-12-25, "
            "got 2023-12-21"
        )
        assert message(ParameterError, lambda: log.active_days(as_of=[])) == (
            "`as_of` must hold at least one date, got none"
        )


class TestStreaks:
    def test_by_hand(self):
        found = log_of({1: [0, 1, 2, 5, 6], 2: [3], 3: [0, 7]}).streaks("day")
        assert found["customer_id"].tolist() == [1, 2, 3]
        assert found["active_periods"].tolist() == [5, 1, 2]
        assert found["streaks"].tolist() == [2, 1, 2]
        assert found["longest_streak"].tolist() == [3, 1, 1]
        assert found["longest_from"].astype("datetime64[D]").astype(str).tolist() == [
            "2023-12-20",
            "2023-12-23",
            "2023-12-20",
        ]
        # the last day is the eighth
        assert found["current_streak"].tolist() == [0, 0, 1]
        assert (
            found["last_active"].astype("datetime64[D]").astype(str)[0] == "2023-12-26"
        )

    def test_a_running_week_breaks_no_streak(self):
        # Mondays 18 and 25 December; the week from 1 January is in progress
        purchases = {1: [0, 6], 2: [0, 12], 3: [1]}
        log = log_of(purchases)
        assert log.streaks(as_of="2024-01-02")["current_streak"].tolist() == [2, 1, 0]
        assert log.streaks(as_of="2024-01-07")["current_streak"].tolist() == [0, 1, 0]

    @settings(max_examples=60, deadline=None)
    @given(purchases=PURCHASES)
    def test_reference(self, purchases):
        found = log_of(purchases).streaks("day")
        last = max(map(max, purchases.values()))
        for row, (_, own) in enumerate(sorted(purchases.items())):
            text = "".join("x" if d in own else " " for d in range(last + 1))
            runs = text.split()
            assert found["streaks"][row] == len(runs)
            assert found["longest_streak"][row] == max(map(len, runs))
            current = len(text) - len(text.rstrip("x"))
            assert found["current_streak"][row] == current


class TestLifecycle:
    def test_by_hand(self):
        states = log_of({1: [0, 1, 9], 2: [2]}).lifecycle(
            "day", at_risk_after=2, dormant_after=4, lost_after=6
        )
        #  day 0  1  2  3  4  5  6  7  8  9
        #  1   n  a  a  a  r  r  d  d  l  R
        #  2         n  a  a  r  r  d  d  l
        names = ["new", "active", "resurrected", "at risk", "dormant", "lost"]
        assert list(STATES) == names
        assert states.customers.T.tolist() == [
            [1, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0, 1, 1, 2, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 1, 2, 1, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 1, 2, 1, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        ]
        frame = states.states()
        assert frame["state"].tolist() == ["resurrected", "lost"]
        moves = states.transitions()
        chosen = (moves["from"] == "lost") & (moves["customers"] > 0)
        assert moves["to"][chosen].tolist() == ["resurrected"]

    def test_weeks(self):
        log = log_of({1: [0, 20]})
        states = log.lifecycle(at_risk_after=3, dormant_after=12, lost_after=30)
        # bought on 20 December; weeks end on 24 and 31 December and 7 January: 4, 11,
        # and 18 days later, and the last one is observed to 9 January
        rows = states.to_frame(incomplete="flag")
        shown = rows["customers"] == 1
        assert rows["state"][shown].tolist() == [
            "new",
            "at risk",
            "dormant",
            "resurrected",
        ]
        assert states.complete.tolist() == [True, True, True, False]

    @settings(max_examples=120, deadline=None)
    @given(
        purchases=PURCHASES,
        every=st.sampled_from(["day", "week", "month"]),
        gaps=st.lists(st.integers(0, 30), min_size=3, max_size=3).map(sorted),
        later=st.integers(0, 30),
    )
    def test_reference(self, purchases, every, gaps, later):
        last = FIRST + dt.timedelta(days=max(map(max, purchases.values())) + later)
        first = FIRST + dt.timedelta(days=min(map(min, purchases.values())))
        starts = reference.periods_of(first, last, every)
        ends = [start - reference.DAY for start in starts[1:]] + [last]
        found = log_of(purchases).lifecycle(
            every,
            at_risk_after=gaps[0],
            dormant_after=gaps[1],
            lost_after=gaps[2],
            as_of=last,
        )
        counts, moves = (
            np.zeros((len(starts), 6), int),
            np.zeros((len(starts), 7, 6), int),
        )
        lasts = []
        for _, own in sorted(purchases.items()):
            days = [FIRST + dt.timedelta(days=d) for d in own]
            states = reference.states(days, starts, ends, gaps)
            before = None
            for place, state in enumerate(states):
                if state is not None:
                    counts[place, STATES.index(state)] += 1
                    origin = len(STATES) if before is None else STATES.index(before)
                    moves[place, origin, STATES.index(state)] += 1
                before = state
            lasts.append(STATES.index(states[-1]))
        assert np.array_equal(found.customers, counts)
        assert np.array_equal(found.moves, moves)
        assert found.state.tolist() == lasts
        self.identities(found, purchases, ends)

    def identities(self, found, purchases, ends):
        births = [FIRST + dt.timedelta(days=min(own)) for own in purchases.values()]
        so_far = [sum(birth <= end for birth in births) for end in ends]
        # states partition the customers, and moves lead from one partition to the next
        assert found.customers.sum(axis=1).tolist() == so_far
        assert np.array_equal(found.moves.sum(axis=1), found.customers)
        assert np.array_equal(found.moves.sum(axis=2)[1:, :6], found.customers[:-1])
        assert np.array_equal(found.moves[:, 6, 0], found.customers[:, 0])

    def test_matrix_and_stability(self, log):
        states = log.lifecycle(
            "month", at_risk_after=60, dormant_after=120, lost_after=240
        )
        matrix = states.matrix()
        assert matrix["from"].tolist() == list(ORIGINS)
        shares = np.stack([matrix[name] for name in STATES], axis=1)
        assert shares.sum(axis=1) == pytest.approx(np.ones(7), rel=1e-14)
        assert matrix["customers"].sum() == states.customers.sum()
        test = states.stability()
        assert test.p_value < 1e-6  # CDNOW's customers all come in the first quarter
        few = log.lifecycle("year", at_risk_after=9, dormant_after=20, lost_after=240)
        assert message(EmptyDataError, few.stability) == (
            "a test over time needs three complete years\n\n"
            "Hint: choose shorter periods"
        )

    def test_gaps_are_found_from_the_log(self, log):
        window = log.find_churn_window()
        states = log.lifecycle("month")
        assert states.lost_after == window.days
        assert [states.at_risk_after, states.dormant_after] == window.ladder()[:2]
        assert 0 <= states.at_risk_after <= states.dormant_after <= states.lost_after

    def test_text_units_and_frames(self):
        log = log_of({1: [0, 1, 9], 2: [2]})
        states = log.lifecycle(
            "day",
            at_risk_after="1 week",
            dormant_after="2 weeks",
            lost_after=dt.timedelta(days=30),
        )
        assert repr(states).splitlines()[0] == (
            "Lifecycle of 2 customers over 10 days: at risk after 7 days, dormant "
            "after 14, lost after 30"
        )
        assert "resurrected" in states._repr_html_()
        frame = pd.DataFrame(
            {"customer_id": [1, 1], "date": ["2024-01-01", "2024-02-01"]}
        )
        gaps = {"at_risk_after": 5, "dormant_after": 9, "lost_after": 20}
        found = tn.Transactions(frame).lifecycle(**gaps).to_frame(incomplete="mask")
        assert found["state"].cat.categories.tolist() == list(STATES)
        assert found["status"].cat.categories.tolist() == ["complete", "in progress"]
        last = found[found["status"] == "in progress"]
        assert last["customers"].isna().all()
        found = tn.Transactions(pl.from_pandas(frame)).lifecycle(**gaps).to_frame()
        assert found["state"].dtype == pl.Enum(list(STATES))

    def test_errors(self):
        log = log_of({1: [0, 1, 9], 2: [2]})
        text = message(
            ParameterError,
            lambda: log.lifecycle(at_risk_after=9, dormant_after=4, lost_after=20),
        )
        assert text == (
            "`lost_after` must be no shorter than dormant_after, nor that than "
            "at_risk_after, got 20 days, 4 days, 9 days"
        )
        text = message(
            ParameterError,
            lambda: log.lifecycle(at_risk_after=-1, dormant_after=4, lost_after=20),
        )
        assert text == (
            "`at_risk_after` must be one length of time, not negative, got [-1.0]"
        )
        text = message(EmptyDataError, log.lifecycle)
        assert text == (
            "fewer than 20 waits are seen to last for the horizon of 90 days\n\n"
            "Hint: choose a shorter `horizon`"
        )
