"""Every kind of frame gives the same columns; results are of the caller's family."""

import copy
import datetime as dt
import subprocess
import sys
import uuid
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tenure._frame import Table, _narwhals, native_frame, native_series
from tenure._time import civil_microseconds
from tenure.exceptions import ParameterError

BERLIN = ZoneInfo("Europe/Berlin")
moment = dt.datetime.fromisoformat


class Capsule:
    """An object of which nothing is known but that it speaks Arrow, once."""

    def __init__(self, table):
        self.reader = table.to_reader()

    def __arrow_c_stream__(self, requested_schema=None):
        return self.reader.__arrow_c_stream__(requested_schema)


class ArrayCapsule:
    """The same for a table in one piece."""

    def __init__(self, batch):
        self.batch = batch

    def __arrow_c_array__(self, requested_schema=None):
        return self.batch.__arrow_c_array__(requested_schema)


def micros(iso):
    """Return a wall-clock time as the package counts it."""
    return int(np.datetime64(iso, "us").astype(np.int64))


# ----- one table, every family -------------------------------------------------------

COLUMNS = {
    "id": [30, 10, None, 10, 20],
    "text": ["b", "a", None, "", "é"],
    "word": ["y", "x", None, "x", "y"],
    "time": [
        moment("2024-01-01T10:00:00.000007"),
        moment("2024-06-01T10:00:00"),
        None,
        moment("1969-12-31T23:59:59.999999"),
        moment("2024-01-01"),
    ],
    "date": [
        dt.date(2024, 1, 1),
        dt.date(2024, 6, 1),
        None,
        dt.date(1969, 12, 31),
        dt.date(2024, 1, 1),
    ],
    "zoned": [
        dt.datetime(2024, 1, 1, 0, 30, tzinfo=BERLIN),
        dt.datetime(2024, 6, 1, 0, 30, tzinfo=BERLIN),
        None,
        dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN),
        dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=BERLIN),
    ],
    "iso": [
        "2024-01-01",
        "2024-06-01T10:00",
        None,
        "1969-12-31 23:59:59.9999999",
        "20240101",
    ],
    "amount": [1.5, -2.0, None, 0.0, 3.0],
    "count": [1, 2, None, 4, 5],
    "price": [
        Decimal("1.10"),
        Decimal("-2.00"),
        None,
        Decimal("0.00"),
        Decimal("3.14"),
    ],
}


def arrow_table():
    table = pa.table({name: pa.array(values) for name, values in COLUMNS.items()})
    position = table.column_names.index("word")
    return table.set_column(position, "word", table["word"].dictionary_encode())


def in_chunks(table):
    """Return the table in three chunks with dictionaries of their own, one empty."""
    parts = []
    for part in (table.slice(0, 2), table.slice(2, 0), table.slice(2)):
        words = part["word"].cast(pa.string()).combine_chunks()
        parts.append(part.set_column(2, "word", words.dictionary_encode()))
    return pa.concat_tables(parts)


def old_pandas():
    """Return the table as NumPy-backed pandas columns."""
    frame = pd.DataFrame(COLUMNS)
    for name in ("text", "iso"):
        frame[name] = pd.Series(COLUMNS[name], dtype=object)
    return frame.astype({"word": "category"})


FAMILIES = {
    "dict of lists": (lambda: copy.copy(COLUMNS), "numpy"),
    "dict of arrays": (
        lambda: {
            name: np.array(values, dtype=object) for name, values in COLUMNS.items()
        },
        "numpy",
    ),
    "dict of pandas series": (lambda: dict(old_pandas()), "numpy"),
    "dict of polars series": (
        lambda: {s.name: s for s in pl.DataFrame(arrow_table())},
        "numpy",
    ),
    "dict of Arrow arrays": (
        lambda: dict(
            zip(arrow_table().column_names, arrow_table().columns, strict=True)
        ),
        "numpy",
    ),
    "pandas, NumPy": (old_pandas, "pandas"),
    "pandas, nullable": (
        lambda: old_pandas().convert_dtypes(dtype_backend="numpy_nullable"),
        "pandas",
    ),
    "pandas, Arrow": (
        lambda: arrow_table().to_pandas(types_mapper=pd.ArrowDtype),
        "pandas",
    ),
    "pandas, python strings": (
        lambda: old_pandas().astype({"text": pd.StringDtype("python")}),
        "pandas",
    ),
    "polars": (lambda: pl.DataFrame(arrow_table()), "polars"),
    "polars, lazy": (lambda: pl.DataFrame(arrow_table()).lazy(), "polars"),
    "pyarrow table": (arrow_table, "pyarrow"),
    "pyarrow table in chunks": (lambda: in_chunks(arrow_table()), "pyarrow"),
    "pyarrow batch": (lambda: arrow_table().to_batches()[0], "pyarrow"),
    "pyarrow reader": (lambda: arrow_table().to_reader(), "pyarrow"),
    "capsule": (lambda: Capsule(arrow_table()), "pyarrow"),
    "capsule in chunks": (lambda: Capsule(in_chunks(arrow_table())), "pyarrow"),
    "capsule of an array": (
        lambda: ArrayCapsule(arrow_table().to_batches()[0]),
        "pyarrow",
    ),
    "narwhals over polars": (
        lambda: nw.from_native(pl.DataFrame(arrow_table())),
        "polars",
    ),
}


@pytest.fixture(params=FAMILIES)
def family(request):
    make, name = FAMILIES[request.param]
    return Table.of(make()), name


def test_the_table_knows_its_shape_and_its_family(family):
    table, name = family
    assert table.family == name
    assert table.n_rows == 5
    assert table.names == tuple(COLUMNS)
    assert (table.index is not None) == (name == "pandas")


@pytest.mark.parametrize(
    ("column", "codes", "categories"),
    [
        ("id", [2, 0, -1, 0, 1], [10, 20, 30]),
        ("text", [2, 1, -1, 0, 3], ["", "a", "b", "é"]),
        ("word", [1, 0, -1, 0, 1], ["x", "y"]),
        ("count", [0, 1, -1, 2, 3], [1, 2, 4, 5]),
    ],
)
def test_identifiers(family, column, codes, categories):
    table, _ = family
    read = table.codes(column)
    assert read.values.dtype == np.int64
    assert read.values.tolist() == codes
    assert read.categories.tolist() == categories
    assert read.n_categories == len(categories)
    expected = np.int64 if isinstance(categories[0], int) else np.object_
    assert read.categories.dtype == expected


@pytest.mark.parametrize(
    ("column", "times", "zone"),
    [
        (
            "time",
            [
                "2024-01-01T10:00:00.000007",
                "2024-06-01T10:00",
                "1969-12-31T23:59:59.999999",
                "2024-01-01",
            ],
            None,
        ),
        ("date", ["2024-01-01", "2024-06-01", "1969-12-31", "2024-01-01"], None),
        (
            "zoned",
            [
                "2024-01-01T00:30",
                "2024-06-01T00:30",
                "2024-10-27T02:30",
                "2024-10-27T02:30",
            ],
            "Europe/Berlin",
        ),
        (
            "iso",
            [
                "2024-01-01",
                "2024-06-01T10:00",
                "1969-12-31T23:59:59.999999",
                "2024-01-01",
            ],
            None,
        ),
    ],
)
def test_times(family, column, times, zone):
    table, _ = family
    read = table.instants(column)
    expected = [micros(time) for time in times]
    expected.insert(2, 0)
    assert read.values.dtype == np.int64
    assert read.values.tolist() == expected
    assert read.missing is not None
    assert read.missing.tolist() == [False, False, True, False, False]
    assert read.zone == zone


def test_times_by_other_clocks(family):
    table, _ = family
    read = table.instants("zoned", tz="America/New_York")
    expected = [
        "2023-12-31T18:30",
        "2024-05-31T18:30",
        "2024-10-26T20:30",
        "2024-10-26T21:30",
    ]
    assert read.values[[0, 1, 3, 4]].tolist() == [micros(time) for time in expected]
    assert read.zone == "America/New_York"


@pytest.mark.parametrize("column", ["amount", "count", "price"])
def test_numbers(family, column):
    table, _ = family
    read = table.numbers(column)
    expected = [np.nan if value is None else float(value) for value in COLUMNS[column]]
    assert read.values.dtype == np.float64
    np.testing.assert_array_equal(read.values, expected)
    # a float column of pandas holds NaN, and cannot say more
    if read.missing is not None:
        assert read.missing.tolist() == [False, False, True, False, False]


def test_duckdb_relations():
    relation = duckdb.sql(
        "select * from (values (1, 'b', date '2024-01-01', 1.10::decimal(9, 2)),"
        " (1, null, null, null), (0, 'a', '2024-01-02', 2)) t(id, text, date, amount)"
    )
    table = Table.of(relation)
    assert table.family == "pyarrow"
    assert table.codes("id").values.tolist() == [1, 1, 0]
    assert table.codes("text").values.tolist() == [1, -1, 0]
    days = [micros("2024-01-01"), 0, micros("2024-01-02")]
    assert table.instants("date").values.tolist() == days
    np.testing.assert_array_equal(table.numbers("amount").values, [1.1, np.nan, 2.0])


def test_duckdb_enums_large_integers_and_uuids():
    name = "00000000-0000-0000-0000-00000000000a"
    relation = duckdb.sql(
        f"select 'b'::enum('b', 'a') as word, 7::hugeint as big, '{name}'::uuid as id"
    )
    table = Table.of(relation)
    assert table.codes("word").categories.tolist() == ["b"]
    assert table.codes("big").categories.tolist() == [7]
    assert table.codes("id").categories.tolist() == [name]


@pytest.mark.parametrize(
    ("make", "family"),
    [
        (lambda: duckdb.sql("select * from (values (2), (1)) t(id)"), "pyarrow"),
        (lambda: pd.DataFrame({"id": [2, 1]}), "pandas"),
    ],
)
def test_frames_that_only_narwhals_knows(make, family):
    table = _narwhals(make())
    assert table is not None
    assert table.family == family
    assert table.codes("id").values.tolist() == [1, 0]


def test_structured_arrays():
    rows = np.array([(2, 1.5), (1, 2.5)], dtype=[("id", "i4"), ("amount", "f4")])
    table = Table.of(rows)
    assert (table.family, table.names) == ("numpy", ("id", "amount"))
    assert table.codes("id").values.tolist() == [1, 0]
    assert table.numbers("amount").values.tolist() == [1.5, 2.5]


def test_an_index_is_kept():
    index = pd.Index(["x", "y"], name="row")
    assert Table.of(pd.DataFrame({"id": [1, 2]}, index=index)).index is index


def test_columns_may_be_named_by_numbers():
    table = Table.of(pd.DataFrame({0: [3, 1], 1: [0.5, 0.25]}))
    assert table.names == ("0", "1")
    assert table.codes("0").values.tolist() == [1, 0]


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_empty_tables(make):
    assert Table.of(make({})).names == ()
    table = Table.of(make({"id": np.array([], np.int64), "x": np.array([], float)}))
    assert table.n_rows == 0
    assert table.codes("id").categories.tolist() == []
    assert table.numbers("x").values.tolist() == []


# ----- all types of columns ----------------------------------------------------------

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", [*INTEGERS, "float32", "float64", ">i4", ">f8"])
def test_integers_of_every_width(dtype):
    values = np.array([7, 5, 7], dtype)
    for data in (
        {"id": values},
        {"id": values[::-1][::-1]},
        {"id": np.repeat(values, 2)[::2]},
    ):
        table = Table.of(data)
        assert table.codes("id").values.tolist() == [1, 0, 1]
        assert table.codes("id").categories.tolist() == [5, 7]
        assert table.codes("id").categories.dtype == np.int64
        assert table.numbers("id").values.tolist() == [7.0, 5.0, 7.0]
    if not dtype.startswith(">"):
        for frame in (pd.DataFrame, pl.DataFrame, pa.table):
            table = Table.of(frame({"id": values}))
            assert table.codes("id").categories.tolist() == [5, 7]
            assert table.numbers("id").values.tolist() == [7.0, 5.0, 7.0]


@pytest.mark.parametrize(
    "values",
    [
        pd.array([3, None, 1], "Int8"),
        pd.array([3, None, 1], "UInt64"),
        pd.array([3, None, 1], "Float32"),
        pd.array([3, None, 1], "int64[pyarrow]"),
        pd.Series([3, np.nan, 1]),
        pd.Series([3, None, 1], dtype=object),
        pd.Series([3, pd.NA, 1], dtype=object),
        pd.Series([np.int32(3), float("nan"), 1], dtype=object),
        pd.Series([Decimal(3), None, Decimal(1)]),
        pd.Categorical([3, None, 1]),
        np.ma.masked_array([3, 9, 1], [False, True, False]),
        pl.Series([3, None, 1], dtype=pl.UInt16),
        pa.array([3, None, 1], pa.uint8()),
        pa.array([np.float16(3), None, np.float16(1)], pa.float16()),
        pa.array([3, None, 1]).dictionary_encode(),
        pa.array([Decimal(3), None, Decimal(1)], pa.decimal128(38, 0)),
        pa.array([Decimal(3), None, Decimal(1)], pa.decimal256(50, 0)),
        pa.array([Decimal(3), None, Decimal(1)], pa.decimal128(9, 2)),
        [3, None, 1],
        (3, float("nan"), 1),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_integers_with_gaps(values):
    codes = Table.of({"id": values}).codes("id")
    assert codes.values.tolist() == [1, -1, 0]
    assert codes.categories.tolist() == [1, 3]
    assert codes.categories.dtype == np.int64


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["b", None, "a"], dtype=object),
        pd.Series(["b", float("nan"), "a"], dtype=object),
        pd.Series(["b", pd.NA, "a"], dtype=object),
        pd.Series(["b", pd.NaT, "a"], dtype=object),
        pd.Series(["b", None, "a"], dtype="str"),
        pd.Series(["b", None, "a"], dtype="string[python]"),
        pd.Series(["b", None, "a"], dtype="string[pyarrow]"),
        pd.Series(["b", None, "a"], dtype=pd.ArrowDtype(pa.large_string())),
        pd.Categorical(["b", None, "a"], categories=["z", "b", "a", "never"]),
        pl.Series(["b", None, "a"]),
        pl.Series(["b", None, "a"], dtype=pl.Categorical),
        pl.Series(["b", None, "a"], dtype=pl.Enum(["z", "b", "a"])),
        pl.Series(["b", None, "a"], dtype=pl.Object),
        pa.array(["b", None, "a"], pa.string()),
        pa.array(["b", None, "a"], pa.large_string()),
        pa.array(["b", None, "a"], pa.string_view()),
        pa.array(["b", None, "a"]).dictionary_encode(),
        pa.chunked_array([["b"], [], [None, "a"]]),
        pa.DictionaryArray.from_arrays(
            pa.array([0, None, 2], pa.uint8()), pa.array(["b", "x", "a", "b"])
        ),
        np.array(["b", None, "a"], dtype=np.dtypes.StringDType(na_object=None)),
        np.ma.masked_array(["b", "x", "a"], [False, True, False]),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_text_with_gaps(values):
    codes = Table.of({"id": values}).codes("id")
    assert codes.values.tolist() == [1, -1, 0]
    assert codes.categories.tolist() == ["a", "b"]


def test_fixed_width_text():
    codes = Table.of({"id": np.array(["b", "", "a", "b"])}).codes("id")
    assert codes.values.tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize("key_type", [getattr(pa, name)() for name in INTEGERS])
def test_repeated_categories_are_one(key_type):
    words = pa.array(["b", "a", "b", None, "never"])
    keys = pa.array([0, 1, 2, 3, None], key_type)
    codes = Table.of({"id": pa.DictionaryArray.from_arrays(keys, words)}).codes("id")
    assert codes.values.tolist() == [1, 0, 1, -1, -1]
    assert codes.categories.tolist() == ["a", "b"]


def test_uuids_and_other_objects():
    ids = [uuid.UUID(int=number) for number in (7, 5, 7)]
    for data in (
        {"id": ids},
        pd.DataFrame({"id": ids}),
        {"id": [(1, 2), (1, 1), (1, 2)]},
    ):
        codes = Table.of(data).codes("id")
        assert codes.values.tolist() == [1, 0, 1]
        assert [str(value) for value in codes.categories] == sorted(
            {str(value) for value in codes.categories}
        )
    missing = Table.of({"id": [*ids, None]}).codes("id")
    assert missing.values.tolist() == [1, 0, 1, -1]
    assert missing.categories[0] == ids[1]


def test_uuids_of_sixteen_bytes():
    ids = [uuid.UUID(int=number) for number in (7, 5, 7)]
    table = Table.of({"id": pa.array([value.bytes for value in ids], pa.binary(16))})
    assert table.codes("id").values.tolist() == [1, 0, 1]
    assert table.codes("id").categories.tolist() == [str(ids[1]), str(ids[0])]


@pytest.mark.parametrize(
    "values",
    [
        [None, None],
        [float("nan"), None],
        pd.Series([None, None]),
        pd.array([None, None], "Int64"),
        pl.Series([None, None]),
        pa.nulls(2),
        pd.Categorical([None, None]),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_columns_with_nothing_in_them(values):
    table = Table.of({"x": values})
    assert table.codes("x").values.tolist() == [-1, -1]
    assert table.codes("x").categories.tolist() == []
    assert np.isnan(table.numbers("x").values).all()
    times = Table.of({"x": values}).instants("x", time_unit="s")
    assert times.values.tolist() == [0, 0]
    assert times.missing is not None
    assert times.missing.all()


@pytest.mark.parametrize(
    "values",
    [
        np.array(["2024-02-03T04", "NaT"], f"datetime64[{unit}]")
        for unit in ("h", "m", "s", "ms", "us", "ns")
    ]
    + [
        pd.Series(["2024-02-03T04", None], dtype=f"datetime64[{unit}]")
        for unit in ("s", "ms", "us", "ns")
    ]
    + [
        pl.Series([moment("2024-02-03T04:00:00"), None], dtype=pl.Datetime(unit))
        for unit in ("ms", "us", "ns")
    ]
    + [
        pa.array([moment("2024-02-03T04:00:00"), None], pa.timestamp(unit))
        for unit in ("s", "ms", "us", "ns")
    ]
    + [
        pd.Series(
            [moment("2024-02-03T04:00:00"), None], dtype="timestamp[ns][pyarrow]"
        ),
        pd.Series([moment("2024-02-03T04:00:00"), pd.NaT], dtype=object),
        pd.Categorical([pd.Timestamp("2024-02-03T04"), None]),
        [np.datetime64("2024-02-03T04", "s"), None],
        [pd.Timestamp("2024-02-03T04"), pd.NaT],
        pa.array([moment("2024-02-03T04:00:00"), None]).dictionary_encode(),
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_times_of_every_resolution(values):
    times = Table.of({"t": values}).instants("t")
    assert times.values.tolist() == [micros("2024-02-03T04"), 0]
    assert times.missing is not None
    assert times.missing.tolist() == [False, True]
    assert times.zone is None


@pytest.mark.parametrize(
    "values",
    [
        np.array(["2024-02", "NaT"], "datetime64[M]"),
        np.array(["2024-02-01", "NaT"], "datetime64[D]"),
        np.array(["2024-02-01", "NaT"], "datetime64[W]"),
        [dt.date(2024, 2, 1), None],
        [dt.date(2024, 2, 1), float("nan")],
        pd.Series([dt.date(2024, 2, 1), None]),
        pl.Series([dt.date(2024, 2, 1), None]),
        pa.array([dt.date(2024, 2, 1), None], pa.date32()),
        pa.array([dt.date(2024, 2, 1), None], pa.date64()),
        ["2024-02-01", None],
        ["20240201", None],
    ],
    ids=lambda values: f"{type(values).__name__} {getattr(values, 'dtype', '')}",
)
def test_dates(values):
    times = Table.of({"t": values}).instants("t")
    assert times.values.tolist() == [micros("2024-02-01"), 0]


def test_finer_times_are_cut_towards_the_past():
    values = np.array([-1, 999, 1000], "datetime64[ns]")
    assert Table.of({"t": values}).instants("t").values.tolist() == [-1, 0, 1]


UTC_TIMES = ["2024-03-31T00:59:59", "2024-03-31T01:00:00", None]


def utc_series(unit):
    return pd.Series(pd.to_datetime(UTC_TIMES, utc=True)).dt.as_unit(unit)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "+01:00"])
@pytest.mark.parametrize(
    "make",
    [
        utc_series("ns").dt.tz_convert,
        utc_series("s").dt.tz_convert,
        lambda zone: pa.array(utc_series("ms")).cast(pa.timestamp("ms", zone)),
        lambda zone: utc_series("us").dt.tz_convert(zone).astype(object),
    ],
    ids=["pandas ns", "pandas s", "Arrow", "objects"],
)
def test_zones_are_kept_or_changed(zone, make):
    table = Table.of({"t": make(zone)})
    shift = {"UTC": (0, 0), "+01:00": (1, 1), "Europe/Berlin": (1, 2)}[zone]
    expected = [
        micros(time) + hours * 3_600_000_000
        for time, hours in zip(UTC_TIMES, shift, strict=False)
    ]
    own = table.instants("t")
    assert own.values.tolist() == [*expected, 0]
    assert own.zone == zone
    other = table.instants("t", tz=ZoneInfo("Asia/Kolkata"))
    assert other.values[0] == micros(UTC_TIMES[0]) + 5.5 * 3_600_000_000
    assert other.zone == "Asia/Kolkata"


def test_objects_of_different_zones_need_one_to_be_brought_to():
    values = [
        dt.datetime(2024, 1, 1, 12, tzinfo=BERLIN),
        dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC),
    ]
    times = Table.of({"t": values}).instants("t", tz="UTC")
    assert times.values.tolist() == [micros("2024-01-01T11"), micros("2024-01-01T12")]


@pytest.mark.parametrize(
    ("unit", "ticks"),
    [
        ("ns", 86_400_000_000_001),
        ("us", 86_400_000_000),
        ("ms", 86_400_000),
        ("s", 86_400),
        ("seconds", 86_400),
        ("minute", 1440),
        ("hour", 24),
        ("day", 1),
        ("D", 1),
    ],
)
def test_integers_count_in_a_stated_unit(unit, ticks):
    for values in (
        np.array([ticks, 0]),
        pd.array([ticks, 0], "Int64"),
        [float(ticks), 0],
    ):
        times = Table.of({"t": values}).instants("t", time_unit=unit)
        assert times.values.tolist() == [86_400_000_000, 0]
        assert times.zone == (None if unit in {"day", "D"} else "UTC")


def test_seconds_since_1970_are_counted_in_utc():
    table = Table.of({"t": np.array([0])})
    times = table.instants("t", time_unit="s", tz="Asia/Tokyo")
    assert times.values.tolist() == [9 * 3_600_000_000]


@pytest.mark.parametrize(
    ("values", "time_format", "expected"),
    [
        (["31/12/2023", None], "%d/%m/%Y", "2023-12-31"),
        (["12/31/2023 11:05 PM", None], "%m/%d/%Y %I:%M %p", "2023-12-31T23:05"),
        (["3. may 2024", None], "%d. %B %Y", "2024-05-03"),
        ([20231231, None], "%Y%m%d", "2023-12-31"),
        (np.array([20231231.0, np.nan]), "%Y%m%d", "2023-12-31"),
        (pd.Categorical(["1-Feb-24", None]), "%d-%b-%y", "2024-02-01"),
    ],
)
def test_other_formats(values, time_format, expected):
    times = Table.of({"t": values}).instants("t", time_format=time_format)
    assert times.values.tolist() == [micros(expected), 0]


def test_formats_agree_with_strptime():
    rng = np.random.default_rng(1)
    formats = [
        "%d/%m/%Y %H:%M:%S",
        "%b %d, %Y %I:%M %p",
        "%y%m%d %H",
        "%Y-%j",
        "%A %d %B %Y",
    ]
    seconds = rng.integers(0, 2**31, 200)
    for time_format in formats:
        written = [
            (moment("1970-01-01") + dt.timedelta(seconds=int(s))).strftime(time_format)
            for s in seconds
        ]
        strptime = dt.datetime.strptime
        expected = [micros(strptime(text, time_format)) for text in written]
        times = Table.of({"t": written}).instants("t", time_format=time_format)
        assert times.values.tolist() == expected


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "Pacific/Apia",
    ],
)
def test_clocks_agree_with_zoneinfo(zone):
    rng = np.random.default_rng(2)
    # the rules of all these zones are settled between 1970 and 2025
    seconds = rng.integers(0, 1_735_689_600, 3000)
    times = Table.of({"t": seconds}).instants("t", time_unit="s", tz=zone)
    clock = ZoneInfo(zone)
    expected = [
        micros(dt.datetime.fromtimestamp(int(s), clock).replace(tzinfo=None))
        for s in seconds
    ]
    assert times.values.tolist() == expected


def test_every_change_of_the_clocks_is_met_to_the_second():
    clock = ZoneInfo("Europe/Berlin")
    start, hour = 1_700_000_000, 3600
    for tick in range(start, start + 366 * 24 * hour, hour):
        before = dt.datetime.fromtimestamp(tick - 1, clock)
        after = dt.datetime.fromtimestamp(tick, clock)
        if before.utcoffset() != after.utcoffset():
            read = Table.of({"t": np.array([tick - 1, tick])}).instants(
                "t", time_unit="s", tz="Europe/Berlin"
            )
            assert read.values.tolist() == [
                micros(time.replace(tzinfo=None)) for time in (before, after)
            ]


def test_decimals_are_the_nearest_floats():
    texts = ["0.1", "-12345678901234.56", "99999999999999999999.99", "0.07"]
    for kind in (pa.decimal128(38, 2), pa.decimal256(60, 2)):
        column = pa.array([Decimal(text) for text in texts], kind)
        numbers = Table.of({"x": column}).numbers("x")
        assert numbers.values.tolist() == [float(text) for text in texts]
    tiny = pa.array([Decimal("1e-30")], pa.decimal128(38, 30))
    assert Table.of({"x": tiny}).numbers("x").values.tolist() == [1e-30]


def test_nan_is_a_value_where_nulls_are_missing():
    column = [1.0, float("nan"), None]
    for values in (column, pl.Series(column), pa.array(column)):
        numbers = Table.of({"x": values}).numbers("x")
        assert np.isnan(numbers.values).tolist() == [False, True, True]
        assert numbers.missing is not None
        assert numbers.missing.tolist() == [False, False, True]
    for values in (np.array([1.0, np.nan]), pd.Series([1.0, np.nan]), [1.0, np.nan]):
        assert Table.of({"x": values}).numbers("x").missing is None


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=60))
def test_codes_of_any_text(values):
    texts = [value for value in values if value is not None]
    distinct = sorted(set(texts))
    expected = [-1 if value is None else distinct.index(value) for value in values]
    for column in (
        values,
        pl.Series(values, dtype=pl.String),
        pa.array(values, pa.string()),
    ):
        codes = Table.of({"id": column}).codes("id")
        assert codes.values.tolist() == expected
        assert codes.categories.tolist() == distinct


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60))
def test_codes_of_any_integers(values):
    array = np.array(values, np.int64)
    categories, inverse = np.unique(array, return_inverse=True)
    codes = Table.of({"id": array}).codes("id")
    assert codes.values.tolist() == inverse.tolist()
    assert codes.categories.tolist() == categories.tolist()


@given(st.datetimes(), st.sampled_from(["s", "ms", "us"]))
def test_any_time_is_read_alike_from_text_and_ticks(time, unit):
    expected = np.datetime64(time, unit).astype("datetime64[us]").astype(np.int64)
    ticks = Table.of({"t": np.array([time], f"datetime64[{unit}]")}).instants("t")
    assert ticks.values[0] == expected
    assert Table.of({"t": [time.isoformat()]}).instants("t").values[0] == micros(time)


# ----- nothing is copied that need not be, nothing is changed ------------------------


@pytest.mark.parametrize(
    "make",
    [lambda x: {"x": x}, lambda x: pd.DataFrame({"x": x}, copy=False)],
    ids=["dict", "pandas"],
)
def test_numpy_columns_are_not_copied(make):
    values = np.array([1.0, 2.0])
    assert np.shares_memory(Table.of(make(values)).numbers("x").values, values)
    times = np.array(["2024-01-01"], "datetime64[us]")
    assert np.shares_memory(Table.of(make(times)).instants("x").values, times)


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table])
def test_arrow_columns_are_not_copied_and_cannot_be_written(make):
    frame = make({"x": [1.0, 2.0]})
    values = Table.of(frame).numbers("x").values
    again = Table.of(frame).numbers("x").values
    assert np.shares_memory(values, again)
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 9.0
    del frame
    assert values.tolist() == [1.0, 2.0]  # the memory outlives the frame


@pytest.mark.parametrize("name", ["pandas, NumPy", "polars", "dict of arrays"])
def test_the_callers_data_stay_as_they_are(name):
    make, _ = FAMILIES[name]
    data, before = make(), make()
    table = Table.of(data)
    for column in ("id", "text", "word"):
        table.codes(column)
    for column in ("time", "date", "zoned", "iso"):
        table.instants(column)
    table.numbers("amount")
    if name == "dict of arrays":
        assert all((data[key] == before[key]).all() for key in before)
    else:
        assert data.equals(before)


# ----- results in the caller's family ------------------------------------------------

RESULT = {
    "customer_id": np.array(["b", "a"], dtype=object),
    "x": np.array([1.0, np.nan]),
    "n": np.array([1, 2]),
    "day": np.array(["2024-01-01", "NaT"], "datetime64[D]"),
    "time": np.array(["2024-01-01T10", "NaT"], "datetime64[s]"),
    "alive": np.array([True, False]),
}


def test_results_as_pandas():
    frame = native_frame(RESULT, family="pandas", index="customer_id")
    assert frame.index.tolist() == ["b", "a"]
    assert frame.index.name == "customer_id"
    assert frame.columns.tolist() == ["x", "n", "day", "time", "alive"]
    index = pd.Index([5, 6], name="row")
    frame = native_frame(RESULT, family="pandas", index=index)
    assert frame.index.equals(index)
    assert frame["customer_id"].tolist() == ["b", "a"]
    series = native_series("x", RESULT["x"], family="pandas", index=index)
    assert series.index.equals(index)
    assert series.name == "x"


def test_results_as_polars():
    frame = native_frame(RESULT, family="polars", index="customer_id")
    assert frame.schema == {
        "customer_id": pl.String,
        "x": pl.Float64,
        "n": pl.Int64,
        "day": pl.Date,
        "time": pl.Datetime("us"),
        "alive": pl.Boolean,
    }
    assert frame["day"].to_list() == [dt.date(2024, 1, 1), None]
    series = native_series("x", RESULT["x"], family="polars")
    assert isinstance(series, pl.Series)
    assert series.name == "x"


def test_results_as_pyarrow():
    table = native_frame(RESULT, family="pyarrow", index="customer_id")
    assert isinstance(table, pa.Table)
    assert table["customer_id"].to_pylist() == ["b", "a"]
    assert table.schema.field("day").type == pa.date32()
    assert native_series("n", RESULT["n"], family="pyarrow").to_pylist() == [1, 2]


def test_results_as_arrays():
    assert native_frame(RESULT, family="numpy", index="customer_id") == RESULT
    assert native_series("x", RESULT["x"], family="numpy") is RESULT["x"]


@pytest.mark.parametrize("family", ["polars", "pyarrow"])
def test_identifiers_that_frames_cannot_hold_become_text(family):
    ids = np.array([uuid.UUID(int=1), None], dtype=object)
    column = native_frame({"id": ids}, family=family)["id"]
    values = column.to_list() if family == "polars" else column.to_pylist()
    assert values == [str(ids[0]), None]


# ----- single instants ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected", "whole_day"),
    [
        ("2024-02-03", "2024-02-03", True),
        ("20240203", "2024-02-03", True),
        ("2024-02-03T04:05", "2024-02-03T04:05", False),
        (dt.date(2024, 2, 3), "2024-02-03", True),
        (moment("2024-02-03"), "2024-02-03", False),
        (np.datetime64("2024-02-03"), "2024-02-03", True),
        (np.datetime64("2024-02-03", "W"), "2024-02-01", True),
        (np.datetime64("2024-02-03T04", "h"), "2024-02-03T04", False),
        (np.datetime64("2024-02-03T04:05:06.7", "ns"), "2024-02-03T04:05:06.7", False),
        (
            pd.Timestamp("2024-02-03 04:05:06.0000079"),
            "2024-02-03T04:05:06.000007",
            False,
        ),
    ],
)
def test_single_instants(value, expected, whole_day):
    assert civil_microseconds(value, name="as_of") == (micros(expected), whole_day)


def test_single_instants_are_brought_to_the_clocks_of_the_data():
    for value in (
        "2024-07-01T00:30:00+02:00",
        dt.datetime(2024, 7, 1, 0, 30, tzinfo=BERLIN),
        pd.Timestamp("2024-07-01T00:30", tz="Europe/Berlin"),
    ):
        read = civil_microseconds(value, name="at", zone="America/New_York")
        assert read == (micros("2024-06-30T18:30"), False)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        20240203,
        None,
        pd.NaT,
        np.datetime64("NaT"),
        np.datetime64("2024-02"),
        True,
    ],
)
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(ParameterError) as caught:
        civil_microseconds(value, name="as_of")
    assert str(caught.value) == (
        "`as_of` must be a date or a time, or ISO 8601 text such as '2024-03-31', got "
        f"{value!r}"
    )


def test_an_instant_with_a_zone_needs_data_with_one():
    with pytest.raises(ParameterError) as caught:
        civil_microseconds("2024-01-01T00:00Z", name="as_of")
    assert str(caught.value) == (
        "`as_of` must be without a time zone, since the data have none, got "
        "'2024-01-01T00:00Z'"
    )


# ----- what is imported --------------------------------------------------------------

NUMPY_ONLY = """
import sys
for name in ("pandas", "polars", "pyarrow", "duckdb", "matplotlib", "narwhals"):
    sys.modules[name] = None  # makes every import of it fail
import numpy as np
from tenure._frame import Table, native_frame

table = Table.of({
    "id": ["b", "a", None],
    "n": np.array([2, 1, 2]),
    "t": ["2024-01-01", "2024-01-02", None],
    "z": np.array([0, 1, 2]),
    "x": [1.5, None, 2.5],
})
assert table.codes("id").categories.tolist() == ["a", "b"]
assert table.codes("n").values.tolist() == [1, 0, 1]
assert table.instants("t").missing.tolist() == [False, False, True]
assert table.instants("z", time_unit="s", tz="Asia/Tokyo").zone == "Asia/Tokyo"
assert table.numbers("x").missing.tolist() == [False, True, False]
assert native_frame({"x": np.arange(2)}, family=table.family, index="x").keys() == {"x"}
"""

CAPSULE_WITHOUT_PYARROW = """
import sys
for name in ("pandas", "pyarrow"):
    sys.modules[name] = None
import polars
from tenure._frame import Table

class Capsule:
    def __arrow_c_stream__(self, requested_schema=None):
        return polars.DataFrame({"id": ["b", "a"]}).__arrow_c_stream__()

table = Table.of(Capsule())
assert table.family == "numpy"
assert table.codes("id").values.tolist() == [1, 0]
"""

LIGHT = """
import sys
import tenure
heavy = {"pandas", "polars", "pyarrow", "matplotlib", "scipy", "narwhals", "duckdb"}
found = heavy & set(sys.modules)
assert not found, found
"""


@pytest.mark.parametrize(
    "program",
    [NUMPY_ONLY, CAPSULE_WITHOUT_PYARROW, LIGHT],
    ids=["numpy only", "capsule without pyarrow", "light import"],
)
def test_nothing_is_imported_that_is_not_needed(program):
    command = [sys.executable, "-W", "error", "-c", program]
    subprocess.run(command, check=True)  # noqa: S603
