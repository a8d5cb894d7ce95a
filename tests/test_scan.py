"""Files of any size give the log that all of their rows give at once."""

import datetime as dt
import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tenure as tn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tenure import _scan_run, _sources, _spill

NAMES = ("customer_id", "date", "amount", "order", "product", "city")
EVERYTHING = {"order": "order", "product": "product", "attributes": ["city"]}


@pytest.fixture
def put_aside(monkeypatch):
    """Have rows put aside in a few files however few there are, and little read."""
    monkeypatch.setattr(_scan_run, "_EXPANSION", 10**9)
    monkeypatch.setattr(_scan_run, "_MOST_PARTS", 4)
    monkeypatch.setattr(_sources, "_BATCH", 3)
    spills = []

    class Watched(_spill.Spill):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            spills.append(self)

    monkeypatch.setattr(_scan_run, "Spill", Watched)
    return spills


TIMES = st.builds(
    lambda day, second: (
        dt.datetime(2024, 1, 30)  # noqa: DTZ001
        + dt.timedelta(days=day, seconds=second)
    ),
    st.integers(0, 60),
    st.sampled_from([0, 0, 0, 7]),
)


def some(values):
    """Draw one of the values, or now and then none."""
    return st.one_of(st.none(), values, values, values, values)


ROWS = st.lists(
    st.tuples(
        some(st.integers(1, 9)),
        some(TIMES),
        st.sampled_from([0.1, 0.7, 12.3, 1e9, 0.0, -0.1, -5.0]),
        st.sampled_from(["o1", "o2", "o3"]),
        some(st.integers(1, 3)),
        some(st.sampled_from(["Bern", "Ulm"])),
    ),
    min_size=1,
    max_size=40,
)


def table(rows, ids="integers"):
    columns = dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))
    kinds = [pa.int64(), pa.timestamp("us"), pa.float64(), pa.string(), pa.int64()]
    if ids == "text":
        kinds[0] = pa.string()
        columns["customer_id"] = [one and f"c{one}" for one in columns["customer_id"]]
    schema = pa.schema(list(zip(NAMES, [*kinds, pa.string()], strict=True)))
    return pa.table(columns, schema=schema)


def outcome(work):
    """Return what the work gives, or the kind of its error."""
    try:
        return work()
    except tn.exceptions.TenureError as error:
        return type(error)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=ROWS,
    ids=st.sampled_from(["integers", "text"]),
    rules=st.fixed_dictionaries(
        {
            "merge": st.sampled_from(["day", "week", "order", None]),
            "refunds": st.sampled_from(["net", "drop", "keep"]),
            "duplicates": st.sampled_from(["keep", "drop"]),
            "amount": st.sampled_from(["amount", None]),
        }
    ),
    files=st.integers(1, 4),
    as_of=st.sampled_from([None, "2024-02-10", "2024-02-10T12:00"]),
)
def test_all_rows_at_once_and_in_parts(  # noqa: PLR0917
    assert_same_log, put_aside, rows, ids, rules, files, as_of
):
    put_aside.clear()
    options = rules | EVERYTHING
    whole = table(rows, ids)
    expected = outcome(lambda: tn.Transactions(whole, **options))
    with tempfile.TemporaryDirectory() as folder:
        size = -(-len(rows) // files)
        for begin in range(0, len(rows), size):
            pq.write_table(whole.slice(begin, size), f"{folder}/{begin:03}.parquet")
        scan = tn.scan(folder, **options, family="pyarrow", memory=10**6)
        got = outcome(scan.transactions)
        assert len(put_aside) == 1
        if isinstance(expected, type):
            assert got is expected
            assert outcome(scan.summary) is expected
            return
        assert_same_log(got, expected)
        for unit in ("day", "month"):
            ours = outcome(lambda: scan.summary(unit, as_of))  # noqa: B023
            theirs = outcome(lambda: expected.summary(unit, as_of))  # noqa: B023
            if isinstance(theirs, type):
                assert ours is theirs
                continue
            assert ours.to_frame() == theirs.to_frame()
            assert ours.as_of == theirs.as_of
    assert not any(Path(spill._folder.name).exists() for spill in put_aside)


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory):
    """CDNOW as CSV and Parquet files, by year of the order."""
    folder = tmp_path_factory.mktemp("cdnow")
    orders = tn.datasets.load_cdnow(family="polars").drop("cds", strict=False)
    orders = orders.with_columns(year=pl.col("date").cast(pl.Date).dt.year())
    for (year,), part in orders.group_by("year", maintain_order=True):
        home = folder / "hive" / f"year={year}"
        home.mkdir(parents=True)
        part.drop("year").write_parquet(home / "part.parquet")
        part.drop("year").write_csv(folder / f"{year}.csv")
    (folder / "hive" / "_SUCCESS").touch()
    orders.drop("year").write_parquet(folder / "all.parquet", row_group_size=1000)
    return folder


class TestSources:
    @pytest.mark.parametrize("source", ["all.parquet", "hive", "hive/*/*.parquet"])
    def test_parquet(self, source, cdnow, log, put_aside, assert_same_log):
        scan = tn.scan(cdnow / source, amount="amount", family="numpy")
        assert_same_log(scan.transactions(), log)
        assert len(put_aside) == 1
        ours, theirs = scan.summary("week"), log.summary("week")
        for name, values in theirs.columns.items():
            assert np.array_equal(ours[name], values)

    def test_what_fits_is_not_put_aside(self, cdnow, log, assert_same_log, monkeypatch):
        monkeypatch.delattr(_scan_run, "Spill")
        scan = tn.scan(cdnow / "all.parquet", amount="amount", family="numpy")
        assert_same_log(scan.transactions(), log)

    def test_folders_are_a_column(self, cdnow, put_aside):
        scan = tn.scan(cdnow / "hive", attributes=["year"], family="numpy")
        log = scan.transactions()
        assert set(log.attributes["year"].tolist()) == {1997}
        assert log.receipt.attribute_conflicts["year"] > 100
        assert len(put_aside) == 1

    @pytest.mark.parametrize("spilled", [True, False])
    def test_csv(self, spilled, cdnow, request, assert_same_log):
        spills = request.getfixturevalue("put_aside") if spilled else []
        paths = sorted(cdnow.glob("*.csv"))
        log = tn.scan(paths, amount="amount", family="polars").transactions()
        text = {"customer_id": pl.String, "date": pl.String}
        frame = pl.concat([pl.read_csv(path, schema_overrides=text) for path in paths])
        assert_same_log(log, tn.Transactions(frame, amount="amount"))
        assert log.customers.dtype == object
        assert len(spills) == spilled

    def test_text_of_csv_stays_what_it_is(self, tmp_path):
        path = tmp_path / "orders.tsv"
        path.write_text("who\ton\n007\t20240131\nNA\t20240201\n\t20240201\n")
        scan = tn.scan(
            path, customer="who", time="on", time_format="%Y%m%d", delimiter="\t"
        )
        log = scan.transactions()
        assert log.customers.tolist() == ["007", "NA"]
        assert log.receipt.dropped["missing_customer"] == 1

    def test_seconds_in_csv(self, tmp_path):
        path = tmp_path / "orders.csv"
        path.write_text("customer_id,date\na,86400\n")
        log = tn.scan(path, time_unit="s").transactions()
        assert log.times.tolist() == [dt.datetime(1970, 1, 2)]  # noqa: DTZ001

    def test_compressed_csv(self, tmp_path):
        path = tmp_path / "orders.csv.gz"
        pd.DataFrame({"customer_id": [1], "date": ["2024-01-05"]}).to_csv(path)
        assert tn.scan(path).transactions().customers.tolist() == ["1"]

    def test_narrower_and_wider_numbers_are_one_kind(self, tmp_path, put_aside):
        for bits, kind in ((32, np.int32), (64, np.int64)):
            frame = pd.DataFrame({"customer_id": np.array([bits], kind)})
            frame.assign(date="2024-01-05").to_parquet(tmp_path / f"{bits}.parquet")
        log = tn.scan(tmp_path).transactions()
        assert log.customers.tolist() == [32, 64]
        assert len(put_aside) == 1

    def test_categories(self, tmp_path, put_aside, assert_same_log):
        frame = pl.DataFrame(
            {"customer_id": list("abcab"), "date": [dt.date(2024, 1, 5)] * 5}
        ).cast({"customer_id": pl.Categorical})
        frame.write_parquet(tmp_path / "orders.parquet")
        log = tn.scan(tmp_path, family="polars").transactions()
        assert_same_log(log, tn.Transactions(frame))
        assert len(put_aside) == 1

    def test_zones(self, tmp_path, put_aside, assert_same_log):
        times = pd.to_datetime(["2024-01-01 23:30", "2024-01-02 00:30"] * 2)
        frame = pd.DataFrame(
            {"customer_id": [1, 2, 3, 1], "date": times.tz_localize("Asia/Tokyo")}
        )
        frame.to_parquet(tmp_path / "orders.parquet")
        scan = tn.scan(tmp_path, family="pandas")
        assert_same_log(scan.transactions(), tn.Transactions(frame))
        aware = "2024-01-01T23:59+09:00"
        assert len(scan.summary(as_of=aware)) == len(
            tn.Transactions(frame).summary(as_of=aware)
        )
        assert put_aside

    def test_text(self, cdnow):
        scan = tn.scan(cdnow / "all.parquet", amount="amount", memory="512 MB")
        assert repr(scan) == (
            f"Scan of {cdnow / 'all.parquet'} (parquet, 6,919 rows): "
            "customer_id, date, amount; within 0.5 GB"
        )

    def test_progress(self, cdnow, put_aside, capsys):
        scan = tn.scan(cdnow / "all.parquet", progress=True)
        scan.summary()
        assert "scan: " in capsys.readouterr().err
        assert put_aside


def message(kind, work):
    with pytest.raises(kind) as caught:
        work()
    return str(caught.value)


def write(folder, name, **columns):
    path = folder / name
    pq.write_table(pa.table(columns), path)
    return path


DAY = dt.datetime(2024, 1, 5)  # noqa: DTZ001


class TestErrors:
    def test_nothing_there(self, tmp_path):
        text = message(tn.exceptions.FileError, lambda: tn.scan(tmp_path / "*.csv"))
        assert (
            text
            == f"{tmp_path / '*.csv'} names no file\n\nHint: is the path the right one?"
        )

    def test_unknown_kinds(self, tmp_path):
        path = tmp_path / "orders.xlsx"
        path.touch()
        text = message(tn.exceptions.FileError, lambda: tn.scan(path))
        assert text.startswith(
            f"{path} is of an unknown kind; known are .parquet, .pq,"
        )
        other = write(tmp_path, "a.parquet", customer_id=[1], date=[DAY])
        csv = tmp_path / "b.csv"
        csv.write_text("customer_id,date\n1,2024-01-05\n")
        text = message(tn.exceptions.FileError, lambda: tn.scan([other, csv]))
        assert text == f"{csv} is csv, but {other} is parquet"

    def test_a_file_that_is_damaged(self, tmp_path):
        path = write(tmp_path, "a.parquet", customer_id=[1], date=[DAY])
        path.write_bytes(path.read_bytes()[:-9])
        text = message(tn.exceptions.FileError, lambda: tn.scan(path))
        assert text.startswith(f"{path} cannot be read: ")

    def test_columns_that_change_their_type(self, tmp_path):
        first = write(tmp_path, "a.parquet", customer_id=[1], date=[DAY])
        second = write(tmp_path, "b.parquet", customer_id=["x"], date=[DAY])
        assert message(tn.exceptions.ColumnError, lambda: tn.scan(tmp_path)) == (
            f"column `customer_id` holds int64 in {first}, but string in {second}\n\n"
            "Hint: give it the same type in all files"
        )

    def test_columns_that_are_not_there(self, tmp_path):
        first = write(tmp_path, "a.parquet", customer_id=[1], date=[DAY], city=["Ulm"])
        second = write(tmp_path, "b.parquet", customer_id=[1], date=[DAY])
        error = tn.exceptions.ColumnError
        text = message(error, lambda: tn.scan(tmp_path, attributes=["city"]))
        assert text == f"column `city` is in {first}, but not in {second}"
        text = message(error, lambda: tn.scan(first, customer="customer"))
        assert text.startswith(
            "unknown column 'customer'. Hint: did you mean 'customer_id'?"
        )

    def test_text_in_a_column_of_numbers(self, tmp_path, put_aside, monkeypatch):
        monkeypatch.setattr(_sources, "_BATCH", 1 << 16)
        path = tmp_path / "orders.csv"
        good = "a,2024-01-05,1\n"
        lines = ["customer_id,date,amount\n", *[good] * 200_000, "b,2024-01-05,x\n"]
        path.write_text("".join(lines))
        scan = tn.scan(path, amount="amount")
        text = message(tn.exceptions.FileError, scan.summary)
        assert text.startswith(f"{path} cannot be read: ")
        assert "invalid value 'x'" in text
        assert len(put_aside) == 1
        assert not Path(put_aside[0]._folder.name).exists()

    @pytest.mark.parametrize("spilled", [True, False])
    def test_rows_are_those_of_the_log(self, spilled, tmp_path, request):
        if spilled:
            request.getfixturevalue("put_aside")
        ids = list(range(20))
        amounts = [1.0] * 20
        amounts[13] = amounts[7] = float("nan")
        write(tmp_path, "a.parquet", customer_id=ids, date=[DAY] * 20, amount=amounts)
        scan = tn.scan(tmp_path, amount="amount")
        assert message(tn.exceptions.DataError, scan.transactions) == (
            "column `amount` must be a finite number; row 7 has NaN (2 rows in all)\n\n"
            "Hint: fill in or leave out the rows whose amount is not known"
        )

    @pytest.mark.parametrize("spilled", [True, False])
    def test_repeated_rows(self, spilled, tmp_path, request):
        if spilled:
            request.getfixturevalue("put_aside")
        write(tmp_path, "a.parquet", customer_id=[5, 6, 7, 6, 5], date=[DAY] * 5)
        scan = tn.scan(tmp_path, duplicates="raise")
        text = message(tn.exceptions.DataError, scan.summary)
        assert "; row 3 has the same values as row 1 (2 rows in all)" in text

    def test_a_log_that_does_not_fit(self, cdnow, monkeypatch):
        monkeypatch.setattr(_scan_run, "_EXPANSION", 10**9)
        monkeypatch.setattr(_scan_run, "_MOST_PARTS", 4)
        scan = tn.scan(cdnow / "all.parquet", amount="amount", memory="100kB")
        text = message(tn.exceptions.ParameterError, scan.transactions)
        assert text == (
            "`memory` must be enough for the grouped log, and a copy of it, got 0.0001 "
            "GB\n\nHint: allow more, or ask for summary(), which needs less"
        )
        assert len(scan.summary()) == 2357

    @pytest.mark.parametrize("memory", ["much", "-1GB", 0, "0", "1e400"])
    def test_memory_that_is_none(self, memory, cdnow):
        work = lambda: tn.scan(cdnow / "all.parquet", memory=memory)  # noqa: E731
        assert message(tn.exceptions.ParameterError, work) == (
            "`memory` must be a size such as '2GB', '512MB' or a number of bytes, got "
            f"{memory!r}"
        )

    def test_without_pyarrow_it_is_said_how_to_get_it(self, monkeypatch):
        def without(name):
            if name.startswith("pyarrow"):
                raise ModuleNotFoundError(name)
            return import_module(name)

        monkeypatch.setattr("tenure._arrow.import_module", without)
        text = "scanning files needs pyarrow; install with pip install 'tenure"
        with pytest.raises(ImportError, match=text):
            tn.scan("orders.parquet")


class TestFaults:
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
    def test_a_full_disk(self, cdnow, put_aside, monkeypatch, tmp_path):
        """The files that rows are put aside in are on a device that is always full."""
        open_file = pa.OSFile

        def full(path, mode="rb"):
            return open_file("/dev/full" if mode == "wb" else path, mode)

        monkeypatch.setattr(pa, "OSFile", full)
        scan = tn.scan(cdnow / "all.parquet", amount="amount", spill_to=tmp_path)
        text = message(tn.exceptions.FileError, scan.summary)
        assert text.startswith(f"{tmp_path} is full: only ")
        assert text.endswith(
            " rows found room there\n\nHint: name a folder with more room, as in "
            "spill_to='/data', or more memory"
        )
        assert list(tmp_path.iterdir()) == []
        assert len(put_aside) == 1

    def test_other_errors_of_the_disk_are_told_as_they_are(
        self, cdnow, put_aside, tmp_path
    ):
        scan = tn.scan(cdnow / "all.parquet", spill_to=tmp_path / "nowhere")
        with pytest.raises(FileNotFoundError) as caught:
            scan.summary()
        assert caught.value.errno == errno.ENOENT
        assert put_aside == []

    def test_an_error_half_way_removes_the_files(
        self, cdnow, put_aside, monkeypatch, tmp_path
    ):
        def broken(*_):
            raise RuntimeError

        monkeypatch.setattr(_scan_run, "read", broken)
        with pytest.raises(RuntimeError):
            tn.scan(cdnow / "all.parquet", spill_to=tmp_path).summary()
        assert list(tmp_path.iterdir()) == []
        assert len(put_aside) == 1

    @pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
    @pytest.mark.parametrize("seconds", [0.1, 2.0])
    def test_interrupting_stops_soon_and_leaves_nothing(self, seconds, tmp_path):
        rng, rows = np.random.default_rng(1), 3_000_000
        day = np.datetime64("2024-01-01") + rng.integers(0, 365, rows).astype("m8[D]")
        log = pa.table({"customer_id": rng.integers(0, 10**9, rows), "date": day})
        pq.write_table(log, tmp_path / "a.parquet")
        home = tmp_path / "home"
        home.mkdir()
        command = [sys.executable, "-c", SCAN, str(tmp_path / "a.parquet"), str(home)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603
            deadline = time.monotonic() + 60
            while not list(home.iterdir()) and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(seconds)
            before = seconds_of_work(process.pid)
            process.send_signal(signal.SIGINT)
            text = process.communicate(timeout=60)[0].decode()
        stopped, after = text.split()
        assert stopped == "interrupted"
        # Two processors are busy for half a second.
        assert float(after) - before < 1.0
        assert list(home.iterdir()) == []


def seconds_of_work(process):
    """Return how long a process has kept processors busy so far."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Prints how long the processors were busy until the scan had stopped.
SCAN = """
import sys
import time

import tenure as tn

scan = tn.scan([sys.argv[1]] * 40, memory="40MB", spill_to=sys.argv[2])
try:
    scan.summary()
except KeyboardInterrupt:
    print("interrupted", time.process_time(), flush=True)
"""


def test_sizes_are_read_as_people_write_them():
    assert _sources.parsed_memory("1.5 GB") == 1_500_000_000
    assert _sources.parsed_memory("1GiB") == 2**30
    assert _sources.parsed_memory("700") == 700


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_little_of_a_file_is_in_memory_at_once(tmp_path, ending):
    """Some versions of pyarrow's scanner read all of a file before its first rows."""
    rows = 4_000_000
    whole = pa.table(
        {
            "customer_id": np.arange(rows) % 1000,
            "date": np.full(rows, "2024-01-05"),
            "amount": np.arange(rows) / 7,
        }
    )
    path = tmp_path / f"orders.{ending}"
    if ending == "csv":
        pa.csv.write_csv(whole, path)
    else:
        pq.write_table(whole, path, row_group_size=100_000)
    settings = tn.scan(path, amount="amount")._settings
    size = whole.nbytes
    del whole
    sources = _sources.Sources.find(path, settings, None)
    before, most = pa.total_allocated_bytes(), 0
    for batch in sources.batches():
        assert batch.schema == sources.schema
        most = max(most, pa.total_allocated_bytes() - before)
    # CSV is read 32 blocks of a mebibyte ahead (39 MB here), however large the file
    assert most < size / 2
