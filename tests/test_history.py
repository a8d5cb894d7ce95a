"""Summaries as of many dates are the single ones, one after the other."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st

DAYS = st.integers(0, 80).map(
    lambda day: (dt.date(2023, 12, 20) + dt.timedelta(days=day)).isoformat()
)
TIMES = st.builds("{}T{:02}:30".format, DAYS, st.integers(0, 23))
COLUMNS = ("customer_id", "frequency", "recency", "T", "monetary_value")


def single(log, dates, unit):
    """Return the columns of the single summaries, put together."""
    parts = []
    for date in dates:
        try:
            parts.append(log.summary(unit, as_of=date))
        except tn.exceptions.EmptyDataError:
            continue
    names = [
        name for name in COLUMNS if parts and parts[0].columns.get(name) is not None
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
    if parts:
        as_of = [np.repeat(part.as_of, len(part)) for part in parts]
        columns["as_of"] = np.concatenate(as_of)
    return columns


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(1, 6), TIMES, st.sampled_from([0.1, 0.7, 12.3, -0.2, -5.0])
        ),
        min_size=1,
        max_size=40,
    ),
    dates=st.lists(st.one_of(DAYS, TIMES), max_size=6),
    merge=st.sampled_from(["day", "hour", "week", "month", None]),
    unit=st.sampled_from(["hour", "day", "week", "month", "quarter", "year"]),
    has_amounts=st.booleans(),
)
def test_many_dates_are_the_single_ones(rows, dates, merge, unit, has_amounts):
    ids, times, amounts = (list(column) for column in zip(*rows, strict=True))
    orders = {"customer_id": ids, "date": times, "amount": amounts}
    try:
        amount = "amount" if has_amounts else None
        log = tn.Transactions(orders, amount=amount, merge=merge)
    except tn.exceptions.EmptyDataError:
        return
    expected = single(log, dates, unit)
    if not expected:
        with pytest.raises(tn.exceptions.EmptyDataError):
            log.summary(unit, as_of=dates)
        return
    got = log.summary(unit, as_of=dates)
    assert set(got.columns) == set(expected)
    for name, values in expected.items():
        assert np.array_equal(got[name], values)  # days may be written as instants
    assert len(got) == len(expected["T"])


def test_history_of_cdnow(log):
    history = log.history(every="month", unit="week")
    assert history.dates[[0, -1]].tolist() == [
        dt.date(1997, 1, 31),
        dt.date(1998, 6, 30),
    ]
    assert len(history.dates) == 18
    expected = single(log, history.dates, "week")
    for name, values in expected.items():
        assert history[name].tolist() == values.tolist()
    # at the end of 1997-09 it is the published summary's number of customers
    place = history.dates.tolist().index(dt.date(1997, 9, 30))
    assert len(history.at(place)) == 2357


def test_a_summary_of_each_date_can_be_fitted_and_predicted(log, buying):
    for summary in log.history(every="quarter", unit="week"):
        alive = buying.probability_alive(summary)
        assert len(alive) == len(summary)
    assert summary.as_of == np.datetime64("1998-06-30")


LOG = tn.Transactions(
    {
        "customer_id": ["a", "b", "a"],
        "date": ["2024-01-10", "2024-03-05", "2024-04-30"],
        "amount": [1.0, 2.0, 3.0],
    },
    amount="amount",
)


class TestDates:
    @pytest.mark.parametrize(
        ("every", "as_of", "dates"),
        [
            ("month", None, ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
            ("month", "2024-04-29", ["2024-01-31", "2024-02-29", "2024-03-31"]),
            (
                "quarter",
                "2024-12-31",
                ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"],
            ),
            ("year", "2025-12-31", ["2024-12-31", "2025-12-31"]),
            ("week", "2024-01-28", ["2024-01-14", "2024-01-21", "2024-01-28"]),
            ("week", "2024-01-27T23:00", ["2024-01-14", "2024-01-21"]),
        ],
    )
    def test_ends_of_periods(self, every, as_of, dates):
        history = LOG.history(every=every, as_of=as_of)
        assert history.dates.astype(str).tolist() == dates
        sundays = (history.dates.astype(np.int64) - 3) % 7 == 0
        assert every != "week" or sundays.all()

    def test_customers_have_no_row_before_their_first_purchase(self):
        history = LOG.history()
        assert history["customer_id"].tolist() == ["a", "a", "a", "b", "a", "b"]
        assert np.diff(history.offsets).tolist() == [1, 1, 2, 2]
        assert [len(one) for one in history] == [1, 1, 2, 2]

    def test_dates_are_kept_as_they_were_given(self):
        history = LOG.summary(
            as_of=["2024-04-30", "2024-01-01", "2024-01-31", "2024-04-30"]
        )
        assert np.diff(history.offsets).tolist() == [2, 0, 1, 2]
        assert [str(one.as_of) for one in history] == [
            "2024-04-30",
            "2024-01-31",
            "2024-04-30",
        ]
        assert str(history.at(-1).as_of) == "2024-04-30"

    @pytest.mark.parametrize(
        "dates",
        [
            ["2024-01-31"],
            ("2024-01-31",),
            [dt.date(2024, 1, 31)],
            np.array(["2024-01-31"], "datetime64[D]"),
            pd.DatetimeIndex(["2024-01-31"]),
            pd.Series(pd.to_datetime(["2024-01-31"])),
            pl.Series([dt.date(2024, 1, 31)]),
        ],
        ids=lambda dates: type(dates).__name__,
    )
    def test_lists_of_all_kinds(self, dates):
        history = LOG.summary(as_of=dates)
        assert isinstance(history, tn.SummaryHistory)
        assert history["T"].tolist() == [21.0]


class TestErrors:
    def message(self, kind, work):
        with pytest.raises(kind) as caught:
            work()
        return str(caught.value)

    def test_nobody_had_bought(self):
        text = self.message(
            tn.exceptions.EmptyDataError,
            lambda: LOG.summary(as_of=["2023-01-01", "2023-06-30"]),
        )
        assert text == (
            "no customer had bought by 2023-06-30\n\n"
            "Hint: choose a date after the first purchase of the log"
        )
        history = LOG.summary(as_of=["2023-01-01", "2024-06-30"])
        text = self.message(tn.exceptions.EmptyDataError, lambda: history.at(0))
        assert text.startswith("no customer had bought by 2023-01-01")

    def test_no_dates(self):
        text = self.message(tn.exceptions.EmptyDataError, lambda: LOG.summary(as_of=[]))
        assert text.startswith("there are no dates to summarise at")

    def test_no_period_ends(self):
        text = self.message(
            tn.exceptions.EmptyDataError, lambda: LOG.history(every="year")
        )
        assert text == (
            "no year ends from 2024-01-10 to 2024-04-30\n\n"
            "Hint: choose shorter periods, or a later `as_of`"
        )

    def test_unknown_periods_and_columns(self):
        text = self.message(
            tn.exceptions.ParameterError, lambda: LOG.history(every="day")
        )
        assert (
            text == '`every` must be "week", "month", "quarter" or "year", got \'day\''
        )
        text = self.message(tn.exceptions.ColumnError, lambda: LOG.history()["t"])
        assert text.startswith("unknown column 't'.")

    def test_a_date_that_is_none(self):
        text = self.message(
            tn.exceptions.ParameterError, lambda: LOG.summary(as_of=["2024-01-31", "x"])
        )
        assert text.startswith("`as_of` must be a date or a time")


class TestFrames:
    ORDERS = {"customer_id": [1, 1], "date": ["2024-01-31", "2024-02-29"]}  # noqa: RUF012

    def test_pandas(self):
        frame = tn.Transactions(pd.DataFrame(self.ORDERS)).history().to_frame()
        assert frame.index.names == ["as_of", "customer_id"]
        assert frame.loc[("2024-02-29", 1), "recency"] == 29.0

    def test_polars(self):
        frame = tn.Transactions(pl.DataFrame(self.ORDERS)).history().to_frame()
        assert frame.columns == ["as_of", "customer_id", "frequency", "recency", "T"]
        assert frame["as_of"].to_list() == [dt.date(2024, 1, 31), dt.date(2024, 2, 29)]

    def test_pyarrow_and_numpy(self):
        table = tn.Transactions(pa.table(self.ORDERS)).history().to_frame()
        assert table.column("T").to_pylist() == [0.0, 29.0]
        columns = tn.Transactions(self.ORDERS).history().to_frame()
        assert columns["T"].tolist() == [0.0, 29.0]

    def test_text(self):
        history = LOG.history(every="week")
        lines = repr(history).splitlines()
        assert lines[0] == "SummaryHistory of 2 customers at 16 dates, ages in days"
        assert len(lines) == 2 + 8 + 1
        assert lines[6] == "..."
        assert "monetary_value" in history._repr_html_()

    def test_it_cannot_be_changed(self):
        with pytest.raises(ValueError, match="read-only"):
            LOG.history()["T"][0] = 1.0
