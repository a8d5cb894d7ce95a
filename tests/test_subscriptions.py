"""Subscriptions: contracts and snapshots, by hand and by a slow reference."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
import reference_retention as reference
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError

CONTRACTS = {
    "customer_id": ["ann", "ann", "bob", "cat", "dan", "dan"],
    "start": [
        "2024-01-01",
        "2024-03-10",
        "2024-01-15",
        "2024-02-01",
        "2024-01-05",
        "2024-04-01",
    ],
    "end": ["2024-03-10", None, "2024-02-20", None, "2024-01-31", None],
    "amount": [10.0, 15.0, 20.0, 120.0, 5.0, 8.0],
    "every": ["month", "month", "month", "year", "month", "month"],
}


def read(contracts=CONTRACTS, *, as_of="2024-05-31", **settings):
    settings = {"interval": "every"} | settings if "every" in contracts else settings
    return tn.Subscriptions.from_contracts(contracts, as_of=as_of, **settings)


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


def rows(*contracts):
    names = ("customer_id", "start", "end", "amount")
    return {
        name: list(column)
        for name, column in zip(names, zip(*contracts, strict=True), strict=True)
    }


class TestByHand:
    def test_recurring_revenue(self):
        months = read().recurring_revenue()
        # on the last day of January dan has left already: his contract ends that day
        #        jan feb mar apr may
        # ann     10  10  15  15  15
        # bob     20
        # cat         10  10  10  10
        # dan                  8   8
        assert months["revenue"].tolist() == [30.0, 20.0, 25.0, 33.0, 33.0]
        assert months["new_revenue"].tolist() == [30.0, 10.0, 0.0, 8.0, 0.0]
        assert months["expansion"].tolist() == [0.0, 0.0, 5.0, 0.0, 0.0]
        assert months["churned_revenue"].tolist() == [0.0, 20.0, 0.0, 0.0, 0.0]
        assert months["active"].tolist() == [2, 2, 2, 3, 3]

    def test_churn(self):
        churn = read().churn(per="1 year")
        assert churn["period"].astype("datetime64[M]").astype(str)[0] == "2024-02"
        assert churn["churn_rate"].tolist() == [0.5, 0.0, 0.0, 0.0]
        assert churn["rescaled_churn"][0] == pytest.approx(1 - 0.5 ** (365.25 / 29))
        assert churn["revenue_churn"].tolist() == [2 / 3, 0.0, 0.0, 0.0]
        # 5 of 20 more in March
        assert churn["net_revenue_churn"].tolist() == pytest.approx(
            [2 / 3, -0.25, 0, 0]
        )

    def test_retention(self):
        found = read().revenue_retention(span=2)
        # from January to March: ann 10 to 15, bob 20 to 0
        assert found["net_retention"][0] == 15 / 30
        assert found["gross_retention"][0] == 10 / 30
        assert found["customer_retention"][0] == 0.5

    def test_durations_and_pauses(self):
        spells = read().durations()
        assert spells["customer_id"].tolist() == ["ann", "bob", "cat", "dan", "dan"]
        assert spells["number"].tolist() == [1, 1, 1, 1, 2]
        # ann from 1 January to 31 May: 152 days so far
        assert spells["duration"].tolist() == [152.0, 36.0, 121.0, 26.0, 61.0]
        assert spells["event"].tolist() == [False, True, False, True, False]
        pauses = read().pauses()
        assert pauses["customer_id"].tolist() == ["dan"]
        assert pauses["days"].tolist() == [61.0]
        assert (pauses["before"][0], pauses["after"][0]) == (5.0, 8.0)
        assert len(read(grace="61 days").pauses()["days"]) == 0
        assert len(read(grace=60).pauses()["days"]) == 1
        km = tn.KaplanMeier().fit(spells, "event", durations="duration")
        assert km.curves_[0].total == (5.0, 2.0)

    def test_status(self):
        status = read().status()
        assert status["status"].tolist() == ["paying", "left", "paying", "paying"]
        assert status["revenue"].tolist() == [15.0, 0.0, 10.0, 8.0]

    def test_intervals_are_paid_by_the_month(self):
        data = rows(*[(i, "2024-01-01", None, 12.0) for i in range(5)])
        data["every"] = ["day", "week", "month", "quarter", "year"]
        revenue = read(data).status()["revenue"]
        expected = [12 * 365.25 / 12, 12 * 365.25 / 84, 12.0, 4.0, 1.0]
        assert revenue == pytest.approx(expected, rel=1e-15)

    def test_a_day_belongs_to_the_contract_that_starts_with_it(self):
        data = rows((1, "2024-01-01", "2024-01-31", 5.0), (1, "2024-01-31", None, 7.0))
        subscriptions = read(data, as_of="2024-01-31")
        assert subscriptions.recurring_revenue()["revenue"].tolist() == [7.0]
        assert len(subscriptions.durations()["event"]) == 1

    def test_what_is_not_known_yet(self):
        data = rows((1, "2024-01-01", "2024-06-30", 5.0), (2, "2024-03-01", None, 7.0))
        subscriptions = read(data, as_of="2024-02-10")
        assert subscriptions.customer_id.tolist() == [1]
        assert subscriptions.durations()["event"].tolist() == [False]
        growth = subscriptions.growth()
        assert growth.complete.tolist() == [True, False]

    def test_snapshots(self):
        months = ["2024-01-31", "2024-02-01", "2024-04-15", "2024-01-01", "2024-02-01"]
        data = {
            "customer_id": [1, 1, 1, 2, 2],
            "month": months,
            "amount": [10.0, 12.0, 9.0, 5.0, 0.0],
        }
        subscriptions = tn.Subscriptions.from_snapshots(data)
        assert str(subscriptions.as_of) == "2024-04-30"
        growth = subscriptions.growth()
        assert growth.revenue.tolist() == [15.0, 12.0, 0.0, 9.0]
        assert growth.churned.tolist() == [0, 1, 1, 0]
        assert growth.resurrected.tolist() == [0, 0, 0, 1]
        assert subscriptions.durations()["number"].tolist() == [1, 2, 1]


class TestTrials:
    DATA = rows(
        (1, "2024-01-01", "2024-01-15", 0.0),
        (1, "2024-01-15", None, 9.0),
        (2, "2024-01-10", "2024-01-24", 0.0),
        (3, "2024-01-20", "2024-02-03", 0.0),
        (3, "2024-04-20", None, 9.0),
        (4, "2024-05-01", "2024-05-15", 0.0),
        (4, "2024-05-15", None, 9.0),
        (5, "2024-01-01", None, 9.0),
    )

    def test_by_month(self):
        found = read(self.DATA, as_of="2024-05-31").trials(within="30 days")
        assert found["month"].astype(str).tolist() == ["2024-01-01", "2024-05-01"]
        assert found["trials"].tolist() == [3, 1]
        # customer 3 came too late; the time of customer 4 is not over
        assert found["converted"].tolist() == [1, 0]
        assert found["open"].tolist() == [0, 1]
        assert found["conversion"][0] == 1 / 3
        assert np.isnan(found["conversion"][1])
        later = read(self.DATA, as_of="2024-12-31").trials(within=90)
        assert later["converted"].tolist() == [2, 1]

    def test_trials_are_no_revenue(self):
        subscriptions = read(self.DATA, as_of="2024-01-20")
        status = subscriptions.status()["status"].tolist()
        assert status == ["paying", "on trial", "on trial", "paying"]
        data = {**self.DATA, "is_trial": [one == 0 for one in self.DATA["amount"]]}
        data["amount"] = [1.0 if one == 0 else one for one in data["amount"]]
        paid = read(data, trial="is_trial", as_of="2024-05-31")
        plain = read(self.DATA, as_of="2024-05-31")
        assert paid.growth().revenue.tolist() == plain.growth().revenue.tolist()
        assert paid.trials()["converted"].tolist() == [1, 0]


class TestOverlaps:
    DATA = rows(
        (1, "2024-01-01", "2024-06-01", 10.0),
        (1, "2024-02-10", "2024-04-01", 4.0),
        (2, "2024-01-01", None, 1.0),
    )

    def test_no_rule(self):
        assert message(DataError, lambda: read(self.DATA)) == (
            "column `start` must not lie before the `end` of another contract of the "
            "customer; row 1 has 2024-02-10, when another one runs to 2024-06-01\n\n"
            'Hint: overlap="sum" adds contracts up, as add-ons; "replace" lets the '
            "later one end the other, as a change of plan"
        )
        same = rows((1, "2024-01-01", None, 1.0), (1, "2024-01-01", None, 2.0))
        assert "row 1 has 2024-01-01, when another one runs on" in message(
            DataError, lambda: read(same)
        )

    def test_rules(self):
        summed = read(self.DATA, overlap="sum").growth()
        assert summed.revenue.tolist() == [11.0, 15.0, 15.0, 11.0, 11.0]
        replaced = read(self.DATA, overlap="replace").growth()
        assert replaced.revenue.tolist() == [11.0, 5.0, 5.0, 1.0, 1.0]
        same = rows((1, "2024-01-01", None, 1.0), (1, "2024-01-01", None, 2.0))
        assert read(same, overlap="replace").status()["revenue"].tolist() == [2.0]
        assert read(same, overlap="sum").status()["revenue"].tolist() == [3.0]
        assert len(read(self.DATA, overlap="sum").durations()["event"]) == 2


DAY0 = dt.date(2023, 11, 3)
MANY = st.lists(
    st.tuples(
        st.integers(1, 5), st.integers(0, 250), st.integers(1, 90), st.integers(1, 9)
    ),
    min_size=1,
    max_size=14,
)


class TestReference:
    @settings(max_examples=120, deadline=None)
    @given(contracts=MANY, every=st.sampled_from(["week", "month", "quarter"]))
    def test_movements_add_up(self, contracts, every):
        as_of = DAY0 + dt.timedelta(days=260)
        data = rows(
            *[
                (
                    c,
                    DAY0 + dt.timedelta(days=s),
                    DAY0 + dt.timedelta(days=s + n),
                    float(v),
                )
                for c, s, n, v in contracts
            ]
        )
        growth = read(data, as_of=as_of, overlap="sum").growth(every)
        starts = reference.periods_of(min(data["start"]), as_of, every)
        ends = [start - reference.DAY for start in starts[1:]] + [as_of]
        table = {}
        for customer, start, end, amount in zip(*data.values(), strict=True):
            for place, day in enumerate(ends):
                if start <= day < end:
                    own = table.setdefault(customer, {})
                    own[place] = own.get(place, 0.0) + amount
        expected = reference.growth(table, len(starts), 1, 1)
        for name in expected[0]:
            assert getattr(growth, name).tolist() == [row[name] for row in expected]

    @settings(max_examples=120, deadline=None)
    @given(contracts=MANY, grace=st.integers(0, 20))
    def test_spells_cover_the_paid_days(self, contracts, grace):
        data = rows(
            *[
                (
                    c,
                    DAY0 + dt.timedelta(days=s),
                    DAY0 + dt.timedelta(days=s + n),
                    float(v),
                )
                for c, s, n, v in contracts
            ]
        )
        as_of = DAY0 + dt.timedelta(days=400)
        spells = read(data, as_of=as_of, overlap="sum", grace=grace).durations()
        expected = []
        for customer in sorted({c for c, *_ in contracts}):
            paid = sorted(
                {s + d for c, s, n, _ in contracts if c == customer for d in range(n)}
            )
            runs = [[paid[0]]]
            for day in paid[1:]:
                if day - runs[-1][-1] - 1 > grace:
                    runs.append([])
                runs[-1].append(day)
            expected += [
                (customer, number, run[-1] - run[0] + 1.0)
                for number, run in enumerate(runs, 1)
            ]
        found = (
            spells[name].tolist() for name in ("customer_id", "number", "duration")
        )
        assert list(zip(*found, strict=True)) == expected


class TestRescaling:
    @given(rate=st.floats(0, 0.999), days=st.floats(1, 400), per=st.floats(1, 400))
    def test_there_and_back(self, rate, days, per):
        there = tn.rescaled_rate(rate, days, per)
        assert 0 <= there <= 1
        if there < 0.999:
            # 1 - (1 - rate) loses digits where rates are near 1
            back = tn.rescaled_rate(there, per, days)
            assert back == pytest.approx(rate, abs=1e-11)
        assert tn.rescaled_rate(rate, days, days) == pytest.approx(rate, abs=1e-15)

    def test_certain(self):
        assert tn.rescaled_rate(1.0, 30, 365) == 1.0
        assert tn.rescaled_rate(0.0, 30, 365) == 0.0


class TestErrors:
    def test_dates(self):
        data = rows((1, "2024-02-01", "2024-01-01", 1.0), (2, "2024-01-01", None, 1.0))
        assert message(DataError, lambda: read(data)) == (
            "column `end` must not lie before `start`; row 0 has 2024-01-01 with "
            "start = 2024-02-01"
        )
        data = rows((1, None, None, 1.0), (2, "2024-01-01", None, 1.0))
        assert message(DataError, lambda: read(data)) == (
            "column `start` must have a date in every row; row 0 has none"
        )
        assert message(EmptyDataError, lambda: read(as_of="2020-01-01")) == (
            "no contract had started by 2020-01-01\n\n"
            "Hint: are the columns the right ones?"
        )

    def test_amounts_and_intervals(self):
        data = rows((1, "2024-01-01", None, 1.0), (2, "2024-01-01", None, -3.0))
        assert message(DataError, lambda: read(data)) == (
            "column `amount` must not be negative; row 1 has -3"
        )
        data["amount"][1] = float("nan")
        assert message(DataError, lambda: read(data)) == (
            "column `amount` must be a finite number; row 1 has nan"
        )
        data = {**CONTRACTS, "every": ["month"] * 4 + ["monthly", None]}
        assert message(DataError, lambda: read(data)) == (
            "column `every` must be one of day, week, month, quarter, year; row 4 has "
            "'monthly' (2 rows in all)"
        )
        assert message(
            ColumnError,
            lambda: read(rows((1, "2024-01-01", None, 1.0)), interval="monat"),
        ).startswith("unknown column 'monat'.")

    def test_settings(self):
        assert message(ParameterError, lambda: read(overlap="add")) == (
            "`overlap` must be 'raise', 'sum' or 'replace', got 'add'"
        )
        assert message(ParameterError, lambda: read(grace=-1)) == (
            "`grace` must be one finite length of time, not negative, got -1"
        )
        assert message(EmptyDataError, read().trials) == (
            "there are no trials\n\nHint: name the column that marks them: trial="
        )

    def test_snapshots(self):
        data = {
            "customer_id": [1, 1],
            "month": ["2024-01-31", "2024-01-01"],
            "amount": [1.0, 2.0],
        }
        assert message(DataError, lambda: tn.Subscriptions.from_snapshots(data)) == (
            "column `month` must hold each month of a customer once; row 1 has 2024-01 "
            "a second time\n\nHint: add these rows up first"
        )
        nobody = {"customer_id": [1], "month": ["2024-01-31"], "amount": [0.0]}
        assert message(
            EmptyDataError, lambda: tn.Subscriptions.from_snapshots(nobody)
        ).startswith("nobody pays anything in any month")


class TestFrames:
    def test_families(self):
        frame = pd.DataFrame(CONTRACTS)
        found = read(frame).recurring_revenue()
        assert found.index.name == "period"
        assert found.loc["2024-03-01", "expansion"] == 5.0
        assert read(frame).status().loc["bob", "status"] == "left"
        polars = read(pl.DataFrame(CONTRACTS))
        assert polars.durations()["event"].to_list() == [
            False,
            True,
            False,
            True,
            False,
        ]

    def test_text(self):
        assert repr(read()) == (
            "Subscriptions: 6 contracts of 4 customers, 3 running on 2024-05-31, worth "
            "33.00 a month"
        )
        assert "6 contracts" in read()._repr_html_()
