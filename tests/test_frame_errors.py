"""What can't be read is refused with the column, the row, and what to do about it."""

import datetime as dt
import pickle
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tenure._frame import Table
from tenure.exceptions import (
    ColumnError,
    DataError,
    FrameError,
    LengthError,
    ParameterError,
    TenureError,
)

BERLIN = ZoneInfo("Europe/Berlin")
moment = dt.datetime.fromisoformat


def codes(values):
    return Table.of({"x": values}).codes("x")


def numbers(values):
    return Table.of({"x": values}).numbers("x")


def instants(values, **how):
    return Table.of({"x": values}).instants("x", **how)


def case(what, read, kind, *message):
    """Return a case: what is wrong, how it comes up, and the error's kind and text."""
    return pytest.param(read, kind, "".join(message), id=what)


NO_IDENTIFIERS = (
    "column `x` must hold identifiers (integers, text, categories or UUIDs), but "
)
NO_ISO = (
    "column `x` must hold ISO 8601 times such as 2024-03-31 or "
    "2024-03-31T18:30:00+02:00; "
)
STATE_THE_FORMAT = "\n\nHint: state the format, as in time_format='%d/%m/%Y'"
LOCALISE = (
    "\n\nHint: if you know their zone, localise them first, as by .dt.tz_localize in "
    "pandas or .dt.replace_time_zone in polars"
)

NO_TABLES = [
    case(
        "a list",
        lambda: Table.of([{"x": 1}]),
        FrameError,
        "cannot read a table from list; give a pandas or polars frame, a pyarrow "
        "Table, a DuckDB relation, any object with __arrow_c_stream__, or a mapping "
        "from column names to arrays or lists",
    ),
    case(
        "columns of different lengths",
        lambda: Table.of({"x": [1, 2], "y": [1]}),
        LengthError,
        "column `y` has 1 rows, but `x` has 2",
    ),
    case(
        "a number for a column",
        lambda: Table.of({"x": 1}),
        ColumnError,
        "column `x` must be an array, a list or a series, but is int",
    ),
    case(
        "a matrix for a column",
        lambda: Table.of({"x": np.zeros((2, 2))}),
        ColumnError,
        "column `x` must be an array, a list or a series, but is ndarray",
    ),
    case(
        "a misspelt column",
        lambda: Table.of({"frequency": [1]}).codes("freq"),
        ColumnError,
        "unknown column 'freq'. Hint: did you mean 'frequency'?",
        "\n\nColumns: 'frequency'",
    ),
    case(
        "a column in another case",
        lambda: Table.of({"DATE": [1], "y": [2]}).instants("date"),
        ColumnError,
        "unknown column 'date'. Hint: did you mean 'DATE'?\n\nColumns: 'DATE', 'y'",
    ),
    case(
        "an unknown column",
        lambda: Table.of({"a": [1], "b": [2]}).numbers("zzz"),
        ColumnError,
        "unknown column 'zzz'.\n\nColumns: 'a', 'b'",
    ),
    case(
        "an unknown column among many",
        lambda: Table.of({f"c{i:02}": [1] for i in range(32)}).numbers("zzz"),
        ColumnError,
        "unknown column 'zzz'.\n\nColumns: ",
        ", ".join(f"'c{i:02}'" for i in range(30)),
        " and 2 more",
    ),
    case(
        "two columns of one name",
        lambda: Table.of(pd.DataFrame([[1, 2]], columns=["x", "x"])).codes("x"),
        ColumnError,
        "column `x` occurs 2 times\n\nHint: rename all but one of them",
    ),
]

NO_IDENTIFIERS_IN = [
    case(
        "booleans",
        lambda: codes(np.array([True, False])),
        ColumnError,
        NO_IDENTIFIERS,
        "holds booleans (bool)",
    ),
    case(
        "fractions",
        lambda: codes(np.array([1.0, 1.5, np.nan, 2.5])),
        DataError,
        "column `x` must hold whole numbers; row 1 has 1.5 (2 rows in all)",
        "\n\nHint: identifiers are integers or text",
    ),
    case(
        "infinity",
        lambda: codes([1.0, float("inf")]),
        DataError,
        "column `x` must hold whole numbers up to 2**53, beyond which floats leave "
        "some out; row 1 has inf\n\nHint: keep them as integers or text",
    ),
    case(
        "large floats",
        lambda: codes(np.array([1.0, 2.0**60])),
        DataError,
        "column `x` must hold whole numbers up to 2**53, beyond which floats leave "
        "some out; row 1 has 1.152921504606847e+18",
        "\n\nHint: keep them as integers or text",
    ),
    case(
        "numbers and text",
        lambda: codes([1, None, "1", 2, "2"]),
        DataError,
        "column `x` must hold values of one kind, as 1 (int) in row 0; row 2 has '1' "
        "(str) (2 rows in all)",
    ),
    case(
        "lists",
        lambda: codes([[1], [2]]),
        ColumnError,
        NO_IDENTIFIERS,
        "holds objects (list)",
    ),
    case(
        "large unsigned integers",
        lambda: codes(np.array([1, 2**63], np.uint64)),
        DataError,
        "column `x` must hold integers below 2**63; row 1 has 9223372036854775808",
        "\n\nHint: turn them into text",
    ),
    case(
        "large Python integers",
        lambda: codes([1, 2**70]),
        DataError,
        "column `x` must hold integers below 2**63; row 1 has 1180591620717411303424",
    ),
    case(
        "lone surrogates",
        lambda: codes(["a", "\ud800"]),
        DataError,
        "column `x` must hold text in valid Unicode; row 1 has '\\ud800'\n\nHint: "
        "remove the lone surrogates, which come from decoding with the wrong encoding",
    ),
    case(
        "bytes",
        lambda: codes(np.array([b"a"])),
        ColumnError,
        NO_IDENTIFIERS,
        "is of the type |S1",
    ),
    case(
        "times",
        lambda: codes(np.array(["2024-01-01"], "datetime64[s]")),
        ColumnError,
        NO_IDENTIFIERS,
        "holds times (datetime64[s])",
    ),
    case(
        "nested polars columns",
        lambda: Table.of(pl.DataFrame({"x": [[1]]})).codes("x"),
        ColumnError,
        NO_IDENTIFIERS,
        "is of the type List(Int64)",
    ),
    case(
        "nested Arrow columns",
        lambda: codes(pa.array([[1]])),
        ColumnError,
        NO_IDENTIFIERS,
        "is of the type list<item: int64>",
    ),
]

NO_NUMBERS_IN = [
    case(
        "text",
        lambda: numbers(["1", "2"]),
        ColumnError,
        "column `x` must hold numbers, but holds text (object)",
        "\n\nHint: make numbers of it first, as by pandas.to_numeric",
    ),
    case(
        "numbers and text",
        lambda: numbers([1.5, "x", None]),
        DataError,
        "column `x` must hold numbers; row 1 has 'x' (str)",
    ),
    case(
        "numbers that no float can hold",
        lambda: numbers([1.5, -(10**308) * 2]),
        DataError,
        "column `x` must hold numbers below 1.8e308; row 1 has -20000000000000000...",
        "0000000000000000000",
    ),
    case(
        "complex numbers",
        lambda: numbers(np.array([1j])),
        ColumnError,
        "column `x` must hold numbers, but is of the type complex128",
    ),
    case(
        "booleans",
        lambda: numbers(pl.Series([True])),
        ColumnError,
        "column `x` must hold numbers, but holds booleans (Boolean)",
    ),
]

NO_TIMES_IN = [
    case(
        "integers without a unit",
        lambda: instants(np.array([1, 2])),
        ColumnError,
        "column `x` must hold times, but holds integers (int64)\n\nHint: say what they "
        "count since 1970-01-01, as in time_unit='s', or how they are written, as in "
        "time_format='%Y%m%d'",
    ),
    case(
        "integers of an unknown unit",
        lambda: instants(np.array([1, 2]), time_unit="fortnight"),
        ParameterError,
        "`time_unit` must be 'ns', 'us', 'ms', 's', 'minute', 'hour', 'day' or 'week', "
        "got 'fortnight'",
    ),
    case(
        "floats without a unit",
        lambda: instants(np.array([1.5])),
        ColumnError,
        "column `x` must hold times, but holds floats (float64)\n\nHint: say what they "
        "count since 1970-01-01, as in time_unit='s'",
    ),
    case(
        "fractions of the unit",
        lambda: instants(np.array([0.0, 1.5]), time_unit="s"),
        DataError,
        "column `x` must hold whole numbers; row 1 has 1.5",
        "\n\nHint: make them times before, or round them",
    ),
    case(
        "counts that leave the calendar",
        lambda: instants(np.array([0, 2**62, -(2**62)]), time_unit="s"),
        DataError,
        "column `x` must lie in the years 1 to 9999; row 1 has 4611686018427387904 "
        "seconds since 1970 (2 rows in all)",
    ),
    case(
        "years that leave the calendar",
        lambda: instants(np.array(["2024", "10000"], "datetime64[Y]")),
        DataError,
        "column `x` must lie in the years 1 to 9999; row 1 has 2932897 days since 1970",
    ),
    case(
        "seconds that leave the calendar",
        lambda: instants(np.array([10**15], "datetime64[s]")),
        DataError,
        "column `x` must lie in the years 1 to 9999; row 0 has 1000000000000000 "
        "seconds since 1970",
    ),
    case(
        "a zone that leaves the calendar",
        lambda: instants(["9999-12-31T23:00Z"], tz="Asia/Tokyo"),
        DataError,
        "column `x` must lie in the years 1 to 9999; row 0 has '9999-12-31T23:00Z'",
    ),
    case(
        "a datetime that leaves the calendar",
        lambda: instants([moment("0001-01-01T00:00+02:00")]),
        DataError,
        "column `x` must lie in the years 1 to 9999; row 0 has 0001-01-01 "
        "00:00:00+02:00",
    ),
    case(
        "other text",
        lambda: instants(["2024-01-01", None, "31/12/2023", "soon"]),
        DataError,
        NO_ISO,
        "row 2 has '31/12/2023' (2 rows in all)",
        STATE_THE_FORMAT,
    ),
    case(
        "text of a well-known format",
        lambda: instants(["1/2/2024", "31/12/2023"]),
        DataError,
        NO_ISO,
        "row 0 has '1/2/2024' (2 rows in all)",
        "\n\nHint: every row can be read with time_format='%d/%m/%Y'",
    ),
    case(
        "text of two well-known formats",
        lambda: instants(["1/2/2024"]),
        DataError,
        NO_ISO,
        "row 0 has '1/2/2024'\n\nHint: every row can be read with "
        "time_format='%d/%m/%Y' or time_format='%m/%d/%Y'",
    ),
    case(
        "empty text",
        lambda: instants(["2024-01-01", ""]),
        DataError,
        NO_ISO,
        "row 1 has ''\n\nHint: make empty text a missing value (None) first",
    ),
    case(
        "long text",
        lambda: instants(["word " * 20]),
        DataError,
        NO_ISO,
        "row 0 has 'word word word word word word word word ...'",
        STATE_THE_FORMAT,
    ),
    case(
        "a leap second",
        lambda: instants(["2016-12-31T23:59:60Z"]),
        DataError,
        NO_ISO,
        "row 0 has '2016-12-31T23:59:60Z'",
        STATE_THE_FORMAT,
    ),
    case(
        "other text in a category",
        lambda: instants(pd.Categorical(["2023-01-01", "x", "x"], ["x", "2023-01-01"])),
        DataError,
        NO_ISO,
        "row 1 has 'x' (2 rows in all)",
        STATE_THE_FORMAT,
    ),
    case(
        "text in another format",
        lambda: instants(["31/12/2023", "12/31/2023"], time_format="%d/%m/%Y"),
        DataError,
        "column `x` must hold times in the format '%d/%m/%Y'; row 1 has '12/31/2023'",
    ),
    case(
        "a format that names a part twice",
        lambda: instants(["2023-01-01 10:30"], time_format="%Y-%m-%d %H:%m"),
        ParameterError,
        "`time_format` must be made of strptime codes, as '%d/%m/%Y %H:%M' is, got "
        "'%Y-%m-%d %H:%m'\n\nHint: it tells the month (%m; minutes are %M) twice",
    ),
    case(
        "times and text",
        lambda: instants([dt.date(2024, 1, 1), "2024-01-01"]),
        DataError,
        "column `x` must hold times; row 1 has '2024-01-01' (str)",
    ),
    case(
        "periods",
        lambda: instants(pd.period_range("2024", periods=2, freq="M")),
        ColumnError,
        "column `x` must hold times, but is of the type period[M]",
    ),
    case(
        "durations",
        lambda: instants(np.array([1], "timedelta64[s]")),
        ColumnError,
        "column `x` must hold times, but is of the type timedelta64[s]",
    ),
    case(
        "ticks of ten seconds",
        lambda: instants(np.array(["2024-01-01"], "datetime64[10s]")),
        ColumnError,
        "column `x` must hold times, but is of the type datetime64[10s]",
    ),
]

NO_ZONE_FOR = [
    case(
        "offsets that differ",
        lambda: instants(
            ["2024-01-01T00:00Z", None, "2024-01-01T00:00+01:00"],
        ),
        DataError,
        "column `x` must have the same offset from UTC in every row; row 2 has "
        "'2024-01-01T00:00+01:00'\n\n"
        "Hint: bring all rows to one clock, as by tz='UTC' or tz='Europe/Berlin'",
    ),
    case(
        "text with and without an offset",
        lambda: instants(["2024-01-01T00:00Z", "2024-01-01T00:00"], tz="UTC"),
        DataError,
        "column `x` must have an offset from UTC in every row or in none; row 1 has "
        "'2024-01-01T00:00'",
    ),
    case(
        "datetimes with and without a zone",
        lambda: instants([moment("2024-01-01T00:00Z"), moment("2024-01-01")]),
        DataError,
        "column `x` must have a time zone in every row or in none; row 1 has "
        "2024-01-01 00:00:00",
    ),
    case(
        "datetimes of different zones",
        lambda: instants(
            [dt.datetime(2024, 1, 1, tzinfo=zone) for zone in (dt.UTC, BERLIN, BERLIN)]
        ),
        DataError,
        "column `x` must be in one time zone; row 1 has 2024-01-01 00:00:00+01:00 (2 "
        "rows in all)\n\nHint: bring all rows to one, as by tz='UTC'",
    ),
    case(
        "text without a zone",
        lambda: instants(["2024-01-01"], tz="UTC"),
        ParameterError,
        "`tz` must be left out: the times in column `x` have no time zone, got 'UTC'",
        LOCALISE,
    ),
    case(
        "times without a zone",
        lambda: instants(np.array(["2024-01-01"], "datetime64[s]"), tz=BERLIN),
        ParameterError,
        "`tz` must be left out: the times in column `x` have no time zone, got "
        "'Europe/Berlin'",
        LOCALISE,
    ),
    case(
        "dates",
        lambda: instants([dt.date(2024, 1, 1)], tz="UTC"),
        ParameterError,
        "`tz` must be left out: the dates in column `x` have no time zone, got 'UTC'",
    ),
    case(
        "a city",
        lambda: instants(["2024-01-01T00:00Z"], tz="Berlin"),
        ParameterError,
        "`tz` must be a time zone such as 'Europe/Berlin', 'UTC' or '+02:00', got "
        "'Berlin'\n\nHint: did you mean 'Europe/Berlin'?",
    ),
    case(
        "a zone that is not known",
        lambda: instants(pa.array([0], pa.timestamp("us", "Mars/Base"))),
        ColumnError,
        "column `x` has times of an unknown time zone, 'Mars/Base'",
        "\n\nHint: say whose clocks to read, as in tz='Europe/Berlin'",
    ),
]

CASES = [*NO_TABLES, *NO_IDENTIFIERS_IN, *NO_NUMBERS_IN, *NO_TIMES_IN, *NO_ZONE_FOR]


@pytest.mark.parametrize(("read", "kind", "message"), CASES)
def test_bad_input_is_named(read, kind, message):
    with pytest.raises(kind) as caught:
        read()
    assert isinstance(caught.value, TenureError)
    assert str(caught.value) == message
    # errors travel between processes with all that they know
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert str(again) == message
    assert vars(again) == vars(caught.value)


@pytest.mark.parametrize(
    ("read", "facts"),
    [
        (
            lambda: codes([1.5, 2.0, 2.5]),
            {"column": "x", "row": 0, "found": "1.5", "count": 2},
        ),
        (
            lambda: instants(["2024-01-01", "x"]),
            {"column": "x", "row": 1, "found": "'x'", "count": 1},
        ),
        (
            lambda: Table.of({"x": [1]}).codes("y"),
            {"name": "y", "available": ("x",)},
        ),
        (
            lambda: Table.of({"x": [1, 2], "y": [1]}),
            {"column": "y", "found": 1, "reference": "x", "expected": 2},
        ),
        (
            lambda: instants([1], time_unit="year"),
            {"name": "time_unit", "found": "'year'"},
        ),
    ],
)
def test_errors_carry_the_facts(read, facts):
    with pytest.raises(TenureError) as caught:
        read()
    assert {name: getattr(caught.value, name) for name in facts} == facts


class Stream:
    """An object that hands out an Arrow stream, always the same one."""

    def __init__(self, reader):
        self.capsule = reader.__arrow_c_stream__()

    def __arrow_c_stream__(self, requested_schema=None):
        del requested_schema
        return self.capsule


def test_a_stream_that_breaks_says_why():
    def batches():
        yield pa.record_batch({"x": [1]})
        message = "the disk is on fire"
        raise OSError(message)

    schema = pa.schema({"x": pa.int64()})
    stream = Stream(pa.RecordBatchReader.from_batches(schema, batches()))
    with pytest.raises(
        FrameError, match=r"Arrow data can't be read: .*disk is on fire"
    ):
        Table.of(stream)


def test_a_stream_can_be_read_only_once():
    stream = Stream(pa.table({"x": [1]}).to_reader())
    assert Table.of(stream).codes("x").values.tolist() == [0]
    with pytest.raises(FrameError, match="input stream is already released"):
        Table.of(stream)


def test_an_object_that_hands_out_something_else_is_refused():
    stream = Stream(pa.table({"x": [1]}).to_reader())
    stream.capsule = pa.array([1]).__arrow_c_array__()[0]
    with pytest.raises(FrameError, match="the Arrow data can't be read"):
        Table.of(stream)
    stream.capsule = 7
    with pytest.raises(FrameError, match="the Arrow data can't be read"):
        Table.of(stream)
