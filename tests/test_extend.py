"""A log with rows added later equals the log of all rows, to the last bit."""

import datetime as dt
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("customer_id", "date", "amount", "order", "product", "city")
# Few days and few times of day, so that rows meet in all ways; 0.1 and 0.7 are no
# fractions of two, so that sums depend on the order in which they are added up.
TIMES = st.builds(
    lambda day, hour, second: (
        dt.datetime(2024, 1, 30)  # noqa: DTZ001
        + dt.timedelta(days=day, hours=hour, seconds=second)
    ),
    st.integers(0, 5),
    st.sampled_from([0, 0, 9, 23]),
    st.sampled_from([0, 0, 59]),
)
AMOUNTS = st.sampled_from([0.1, 0.7, 12.3, 1e9, 0.0, -0.0, -0.1, -0.3, -5.0])


def some(values):
    """Draw one of the values, or now and then none."""
    return st.one_of(st.none(), values, values, values, values)


ROWS = st.lists(
    st.tuples(
        some(st.integers(1, 5)),
        some(TIMES),
        AMOUNTS,
        st.sampled_from(["o1", "o2", "o3"]),
        some(st.sampled_from(["tea", "milk", "jam"])),
        some(st.integers(1, 3)),
    ),
    min_size=1,
    max_size=25,
)


def table(rows):
    """Return a table of rows, with ids that are text where the orders are."""
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 6
    columns[1] = np.array(columns[1], "datetime64[us]")
    columns[2] = np.array(columns[2], np.float64)
    return dict(zip(NAMES, columns, strict=True))


def grouped(rows, **options):
    return tn.Transactions(table(rows), amount="amount", **options)


@settings(max_examples=400, deadline=None)
@given(
    batches=st.lists(ROWS, min_size=2, max_size=5),
    rules=st.fixed_dictionaries(
        {
            "merge": st.sampled_from(["day", "hour", "week", "month", "order", None]),
            "refunds": st.sampled_from(["net", "drop", "keep"]),
            "duplicates": st.sampled_from(["keep", "drop"]),
        }
    ),
    columns=st.sampled_from(["none", "lines", "city", "all"]),
)
def test_any_split_gives_the_log_of_all_rows(assert_same_log, batches, rules, columns):
    options = dict(rules)
    if rules["merge"] == "order" or columns in ("lines", "all"):
        options |= {"order": "order", "product": "product"}
    if columns in ("city", "all"):
        options |= {"attributes": ["city"]}
    log, seen = None, []
    for batch in batches:
        seen += batch
        try:
            log = grouped(seen, **options) if log is None else log.extend(table(batch))
        except tn.exceptions.EmptyDataError:
            assert log is None  # nobody has bought anything yet
            continue
        assert_same_log(log, grouped(seen, **options))


@settings(max_examples=60, deadline=None)
@given(old=ROWS, new=ROWS)
def test_repeated_rows_that_are_an_error_are_one_as_well(old, new, assert_same_log):
    options = {"duplicates": "raise"}
    try:
        log = grouped(old, **options)
    except tn.exceptions.TenureError:
        return
    try:
        expected = grouped(old + new, **options)
    except tn.exceptions.DataError as error:
        count = error.count
    else:
        assert_same_log(log.extend(table(new)), expected)
        return
    with pytest.raises(tn.exceptions.DataError) as caught:
        log.extend(table(new))
    assert caught.value.count == count
    assert caught.value.row < len(new)


def day(*rows, **options):
    return tn.Transactions(
        {
            "customer_id": [row[0] for row in rows],
            "date": [row[1] for row in rows],
            "amount": [float(row[2]) for row in rows],
        },
        amount="amount",
        **options,
    )


def new(*rows):
    return {
        "customer_id": [row[0] for row in rows],
        "date": [row[1] for row in rows],
        "amount": [float(row[2]) for row in rows],
    }


class TestLateRows:
    LOG = day((1, "2024-01-10", 10), (2, "2024-01-05", 7), (3, "2024-01-20", -4))

    def test_one_joins_a_purchase_of_its_day(self):
        log = self.LOG.extend(new((1, "2024-01-10", 5)))
        assert log.values.tolist() == [15.0, 7.0]
        assert log.receipt.merged == 1

    def test_one_becomes_the_first_purchase(self):
        log = self.LOG.extend(new((1, "2023-12-31", 5)))
        assert log.summary(as_of="2024-01-10").recency.tolist() == [10.0, 0.0]
        assert log.receipt.first_time == np.datetime64("2023-12-31")

    def test_one_refunds_an_old_purchase(self):
        log = self.LOG.extend(new((1, "2024-01-12", -5)))
        assert log.values.tolist() == [5.0, 7.0]
        assert log.summary(as_of="2024-01-11").monetary_value.tolist() == [0.0, 0.0]

    def test_one_gives_an_old_refund_its_purchase(self):
        assert self.LOG.receipt.customers_without_purchase == 1
        assert self.LOG.receipt.dropped["refunds_without_purchase"] == 1
        log = self.LOG.extend(new((3, "2024-01-19", 10)))
        assert log.receipt.customers_without_purchase == 0
        assert log.receipt.dropped["refunds_without_purchase"] == 0
        assert log.values.tolist() == [10.0, 7.0, 6.0]

    def test_new_customers_come_in_their_order(self):
        log = self.LOG.extend(new((0, "2024-01-19", 1), (9, "2024-01-01", 2)))
        assert log.customers.tolist() == [0, 1, 2, 9]

    def test_the_old_log_stays_as_it_is(self):
        before = repr(self.LOG), self.LOG.values.tolist()
        self.LOG.extend(new((1, "2024-01-10", 5), (8, "2024-01-19", 1)))
        assert (repr(self.LOG), self.LOG.values.tolist()) == before

    def test_times_of_day_make_a_log_of_days_one_of_instants(self, assert_same_log):
        log = day((1, "2024-01-10", 10), merge=None)
        assert log._log.history["grain"] == "day"
        late = (2, "2024-01-10T12:00", 5)
        both = {
            "customer_id": [1, 2],
            "date": np.array(
                ["2024-01-10T00:00", "2024-01-10T12:00"], "datetime64[us]"
            ),
            "amount": [10.0, 5.0],
        }
        expected = tn.Transactions(both, amount="amount", merge=None)
        assert_same_log(log.extend(new(late)), expected)

    def test_rows_without_customer_or_time_are_counted(self):
        log = self.LOG.extend(new((None, "2024-01-10", 5), (1, None, 5)))
        assert log.receipt.rows == 5
        assert log.receipt.dropped["missing_customer"] == 1
        assert log.receipt.dropped["missing_time"] == 1
        assert len(log) == len(self.LOG)

    def test_no_rows_change_nothing(self, assert_same_log):
        nothing = pd.DataFrame(new((1, "2024-01-10", 5))).iloc[:0]
        assert_same_log(self.LOG.extend(nothing), self.LOG)


IDS = {
    "integers": [3, 1, 2, 5, 1, 4],
    "text": ["c", "a", "b", "e", "a", "ä"],
    "uuid": [uuid.UUID(int=n) for n in (3, 1, 2, 5, 1, 4)],
}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("library", ["pandas", "polars", "dict"])
def test_ids_of_all_kinds(kind, library, assert_same_log):
    frame = {
        "customer_id": IDS[kind],
        "date": np.array(["2024-01-01", "2024-01-02"] * 3, "datetime64[us]"),
    }
    if library == "polars" and kind == "uuid":
        frame["customer_id"] = [str(one) for one in frame["customer_id"]]
    make = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "dict": dict}[library]
    parts = [
        make({name: col[rows] for name, col in frame.items()})
        for rows in (slice(0, 3), slice(3, 6))
    ]
    log = tn.Transactions(parts[0]).extend(parts[1])
    assert_same_log(log, tn.Transactions(make(frame)))
    assert log.family == {"dict": "numpy"}.get(library, library)


def test_categories_in_the_new_rows_are_text(assert_same_log):
    old = pd.DataFrame({"customer_id": ["b", "c"], "date": ["2024-01-01"] * 2})
    more = pd.DataFrame(
        {"customer_id": pd.Categorical(["a", "c"]), "date": ["2024-01-03"] * 2}
    )
    both = pd.concat([old, more.astype({"customer_id": str})])
    assert_same_log(tn.Transactions(old).extend(more), tn.Transactions(both))


def test_zones_and_formats_are_those_of_the_log(assert_same_log):
    def part(*times):
        stamps = pd.to_datetime(list(times)).tz_localize("Europe/Berlin")
        return pd.DataFrame({"customer_id": [1] * len(times), "date": stamps})

    log = tn.Transactions(part("2024-01-01 23:30")).extend(part("2024-01-02 00:30"))
    both = part("2024-01-01 23:30", "2024-01-02 00:30")
    assert_same_log(log, tn.Transactions(both))
    written = {"customer_id": [1], "date": ["31/12/2023"]}
    log = tn.Transactions(written, time_format="%d/%m/%Y").extend(
        {"customer_id": [1], "date": ["01/02/2024"]}
    )
    assert log.times[-1] == np.datetime64("2024-02-01")


class TestErrors:
    def message(self, log, rows, kind=tn.exceptions.ColumnError):
        with pytest.raises(kind) as caught:
            log.extend(rows)
        return str(caught.value)

    def test_ids_of_another_kind(self):
        text = self.message(day((1, "2024-01-10", 10)), new(("a", "2024-01-10", 5)))
        assert text == (
            "column `customer_id` must hold integers, as in the log, but holds text"
        )

    def test_another_time_zone(self):
        more = pd.DataFrame(new((1, "2024-01-10T00:00Z", 5)))
        assert self.message(day((1, "2024-01-10", 10)), more) == (
            "column `date` must have the time zone of the log, no time zone, but has "
            "UTC\n\nHint: bring all rows to one, as by tz='UTC'"
        )

    def test_rows_that_were_not_kept(self):
        log = day((1, "2024-01-10", 10), keep_rows=False)
        error = tn.exceptions.ParameterError
        assert self.message(log, new((1, "2024-01-10", 5)), error) == (
            "`keep_rows` must be True for a log that is to be extended, got a log of "
            "1 rows that were not kept\n\n"
            "Hint: up to 1,000,000 rows are kept unless keep_rows=False; group a "
            "larger log by Transactions(..., keep_rows=True)"
        )

    def test_an_amount_that_is_none_is_named_by_its_new_row(self):
        log = day((1, "2024-01-10", 10))
        rows = new((1, "2024-01-11", 5), (1, "2024-01-12", np.nan))
        text = self.message(log, rows, tn.exceptions.DataError)
        assert text.startswith("column `amount` must be a finite number; row 1 has NaN")

    def test_a_row_that_the_log_has_already(self):
        log = day((1, "2024-01-10", 10), duplicates="raise")
        rows = new((1, "2024-01-11", 5), (1, "2024-01-10", 10))
        text = self.message(log, rows, tn.exceptions.DataError)
        assert text.startswith(
            "column `customer_id`, `date`, `amount` must not hold the same row twice "
            'where duplicates="raise"; row 1 has the same values as a row of the log'
        )

    def test_a_column_that_is_not_there(self):
        text = self.message(day((1, "2024-01-10", 10)), {"customer_id": [1]})
        assert text.startswith("unknown column 'date'.")


def test_the_callers_arrays_may_change_afterwards(assert_same_log):
    ids, dates = np.array([1, 2]), np.array(["2024-01-01"] * 2, "datetime64[us]")
    amounts = np.array([1.0, 2.0])
    log = tn.Transactions(
        {"customer_id": ids, "date": dates, "amount": amounts}, amount="amount"
    )
    for array in (ids, dates.view(np.int64), amounts):
        array[:] = 77
    expected = day((1, "2024-01-01", 1), (2, "2024-01-01", 2), (1, "2024-01-01", 5))
    assert_same_log(log.extend(new((1, "2024-01-01", 5))), expected)
