"""Logs in files: what is saved comes back whole, and what is not whole is found out."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
import uuid
import zlib
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from pyarrow import ipc
from tenure import _arrow_file, _log_file

DATES = ["2024-01-05", "2024-01-05", "2024-02-01", "2024-03-01T12:00", "2024-02-03"]
AMOUNTS = [10.0, 0.1, 0.7, -3.0, 5.5]
IDS = {
    "integers": [7, 7, 2, 7, 2**62],
    "text": ["b", "b", "ä", "b", "a"],
    "uuid": [uuid.UUID(int=n) for n in (7, 7, 2, 7, 1)],
}


def orders(kind="integers"):
    return {
        "customer_id": IDS[kind],
        "date": np.array(DATES, "datetime64[us]"),
        "amount": AMOUNTS,
        "order": ["o1", "o2", "o3", "o4", "o5"],
        "product": [3, None, 4, 4, 3],
        "city": ["Bern", None, None, None, "Ulm"],
        "size": [1, 2, None, None, 2],
    }


EVERYTHING = {
    "amount": "amount",
    "order": "order",
    "product": "product",
    "attributes": ["city", "size"],
}


def saved(log, path):
    log.save(path)
    return tn.load(path, verify=True)


class TestRoundTrip:
    @pytest.mark.parametrize("kind", IDS)
    @pytest.mark.parametrize("keep_rows", [True, False])
    @pytest.mark.parametrize("merge", ["day", "order", None])
    def test_everything(self, kind, keep_rows, merge, tmp_path, assert_same_log):
        options = {**EVERYTHING, "keep_rows": keep_rows, "merge": merge}
        log = tn.Transactions(orders(kind), **options)
        back = saved(log, tmp_path / "log.arrow")
        assert_same_log(back, log)
        assert repr(back) == repr(log)
        assert back.family == log.family

    @pytest.mark.parametrize(
        "options",
        [{}, {"amount": "amount"}, {"product": "product"}, {"order": "order"}],
    )
    def test_logs_with_less(self, options, tmp_path, assert_same_log):
        log = tn.Transactions(orders(), **options)
        assert_same_log(saved(log, tmp_path / "log.arrow"), log)

    @pytest.mark.parametrize("kind", IDS)
    def test_what_comes_back_can_be_extended(self, kind, tmp_path, assert_same_log):
        log = tn.Transactions(orders(kind), **EVERYTHING)
        more = orders(kind)
        more["date"] = more["date"] + np.timedelta64(31, "D")
        back = saved(log, tmp_path / "log.arrow")
        assert_same_log(back.extend(more), log.extend(more))
        assert_same_log(
            saved(back.extend(more), tmp_path / "log.arrow"), log.extend(more)
        )

    def test_categories_and_zones(self, tmp_path, assert_same_log):
        frame = pd.DataFrame(
            {
                "customer_id": pd.Categorical(["b", "a", "b"]),
                "date": pd.to_datetime(["2024-01-01 23:30"] * 3).tz_localize(
                    "Asia/Tokyo"
                ),
            }
        )
        log = tn.Transactions(frame)
        back = saved(log, tmp_path / "log.arrow")
        assert_same_log(back, log)
        assert (back.family, back.zone) == ("pandas", "Asia/Tokyo")
        assert back.summary().to_frame().equals(log.summary().to_frame())

    def test_numbers_are_views_of_the_file(self, tmp_path):
        path = tmp_path / "log.arrow"
        back = saved(tn.Transactions(orders(), amount="amount"), path)
        for array in (back.times, back.values, back.offsets, back.customers):
            assert not array.flags.owndata
            assert not array.flags.writeable
        path.unlink()
        assert back.values.sum() == pytest.approx(13.3)
        assert pickle.loads(pickle.dumps(back)).values.sum() == back.values.sum()  # noqa: S301

    def test_a_file_can_be_replaced_by_what_was_opened_from_it(
        self, tmp_path, assert_same_log
    ):
        path = tmp_path / "log.arrow"
        log = tn.Transactions(orders(), **EVERYTHING)
        log.save(path)
        for _ in range(3):
            tn.load(path).save(path)
        assert_same_log(tn.load(path, verify=True), log)
        assert os.listdir(tmp_path) == ["log.arrow"]  # noqa: PTH208


class TestOtherReaders:
    @pytest.mark.parametrize("kind", IDS)
    def test_they_see_the_purchases(self, kind, tmp_path):
        path = tmp_path / "log.arrow"
        log = tn.Transactions(orders(kind), amount="amount")
        log.save(path)
        ids = np.repeat(log.customers, np.diff(log.offsets)).tolist()
        expected = list(zip(ids, log.times.tolist(), log.values.tolist(), strict=True))
        if kind == "uuid":
            expected = [(str(one), *rest) for one, *rest in expected]
        columns = ["customer_id", "time", "value"]
        frame = pl.read_ipc(path).select(columns)
        assert frame.rows() == expected
        assert (
            pl.scan_ipc(path).select("value").sum().collect().item()
            == frame["value"].sum()
        )
        rows = pd.read_feather(path)[columns].itertuples(index=False, name=None)
        assert list(rows) == expected

    def test_values_before_later_refunds_are_there_where_they_differ(self, tmp_path):
        path = tmp_path / "log.arrow"
        tn.Transactions(orders(), amount="amount").save(path)
        frame = pl.read_ipc(path)
        assert (frame["value_before_refunds"] - frame["value"]).to_list() == [0, 3, 0]
        positive = {name: values[:3] for name, values in orders().items()}
        tn.Transactions(positive, amount="amount").save(path)
        assert pl.read_ipc(path).columns == ["customer_id", "time", "value"]


def message(path, **options):
    with pytest.raises(tn.exceptions.FileError) as caught:
        tn.load(path, **options)
    error = caught.value
    assert error.path == str(path)
    return str(error).removeprefix(f"{path} ")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "log.arrow"
    tn.Transactions(orders(), **EVERYTHING).save(path)
    return path


COPY_AGAIN = (
    "\n\nHint: it was cut short or changed on its way here; copy or save it again"
)
READ_IT = (
    "\n\nHint: if it holds orders, read it as a table and give that to Transactions"
)


class TestFilesThatAreNotWhole:
    def test_foreign_files(self, tmp_path):
        path = tmp_path / "orders.csv"
        for content in ("", "ARROW", "customer_id,date\n1,2024-01-05\n"):
            path.write_text(content)
            assert (
                message(path)
                == "is not a log saved by tenure: it is no Arrow file" + READ_IT
            )
        pl.DataFrame({"a": [1]}).write_ipc(path)
        assert (
            message(path) == "is an Arrow file, but not a log saved by tenure" + READ_IT
        )
        with pytest.raises(FileNotFoundError):
            tn.load(tmp_path / "nothing.arrow")

    def test_truncated_at_any_byte(self, path):
        whole = path.read_bytes()
        texts = {"is incomplete: its end is missing" + COPY_AGAIN}
        for end in [*range(8, len(whole), 97), len(whole) - 1]:
            path.write_bytes(whole[:end])
            assert message(path) in texts

    def test_truncated_after_a_table(self, path):
        whole = path.read_bytes()
        ends = [
            table["end"]
            for table in _arrow_file.ArrowFile.open(path).facts["tables"].values()
        ]
        assert len(ends) > 5
        for end in ends:
            path.write_bytes(whole[:end])
            assert message(path) == "is incomplete: its end is missing" + COPY_AGAIN

    def test_a_number_that_has_changed(self, path):
        whole = bytearray(path.read_bytes())
        place = whole.rindex(np.float64(5.5).tobytes())  # the value of a purchase
        whole[place + 2] ^= 1
        path.write_bytes(whole)
        assert message(path, verify=True) == (
            "is damaged: column `value_before_refunds` of the last table does not fit "
            "its checksum" + COPY_AGAIN
        )

    @pytest.mark.parametrize(
        ("table", "offsets"),
        [("offsets", [0, 1, 2, 3]), ("line_offsets", [0, 1, 3, 4])],
    )
    def test_offsets_that_lead_nowhere(self, table, offsets, path):
        whole = bytearray(path.read_bytes())
        there = np.array(offsets, np.int64).tobytes()
        place = whole.index(there)
        whole[place + 8] = 9
        path.write_bytes(whole)
        assert message(path) == (
            f"is damaged: the table `{table}` does not cut up the others" + COPY_AGAIN
        )

    def test_settings_that_have_changed(self, path):
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b'"refunds": "net"', b'"refunds": "nut"'))
        text = "is damaged: its settings do not fit their checksum" + COPY_AGAIN
        assert message(path) == text

    def test_a_newer_version(self, path, monkeypatch):
        monkeypatch.setattr(_log_file, "FORMAT", 7)
        tn.Transactions(orders()).save(path)
        monkeypatch.undo()
        assert message(path) == (
            "is in format 7, and this version of tenure reads up to 1\n\n"
            "Hint: update it: pip install --upgrade tenure"
        )

    def test_no_changed_bit_goes_unnoticed(self, path, assert_same_log):
        """Unless it is in the padding, and changes nothing."""
        log, whole = tn.load(path), path.read_bytes()
        log = pickle.loads(pickle.dumps(log))  # noqa: S301
        rng = np.random.default_rng(1)
        found = 0
        for place in rng.integers(0, len(whole), 600):
            changed = bytearray(whole)
            changed[place] ^= 1 << int(rng.integers(8))
            path.write_bytes(changed)
            try:
                assert_same_log(tn.load(path, verify=True), log)
            except tn.exceptions.FileError:
                found += 1
        assert found > 150

    def test_metadata_without_what_is_needed(self, path):
        text = json.dumps({"format": 1})
        crc = str(zlib.crc32(text.encode()))
        table = pa.table({"time": [1]}).replace_schema_metadata(
            {"tenure": text, "tenure_crc": crc}
        )
        with ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)
        assert message(path).startswith("is damaged: it has no 'settings'")


SAVE_FOR_EVER = """
import sys
import numpy as np
import tenure as tn

n = 200_000
ids, day = np.arange(n) // 2, np.timedelta64(1, "D")
date = np.datetime64("2024-01-01") + day * (np.arange(n) % 50)
for turn in range(1, 1_000_000):
    amounts = np.full(n, float(turn))
    log = tn.Transactions(
        {"customer_id": ids, "date": date, "amount": amounts}, amount="amount"
    )
    log.save(sys.argv[1])
    print(turn, flush=True)
"""


class TestAtomicity:
    @pytest.mark.parametrize("turn", range(4))
    def test_a_process_killed_while_saving_leaves_a_whole_file(self, turn, tmp_path):
        path = tmp_path / "log.arrow"
        command = [sys.executable, "-c", SAVE_FOR_EVER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603
            process.stdout.readline()
            # while the next one is written: its temporary file is there
            deadline = time.monotonic() + 60
            while not list(tmp_path.glob(".log.arrow.*.part")):
                assert time.monotonic() < deadline
            time.sleep(0.004 * turn)
            process.send_signal(signal.SIGKILL)
        values = tn.load(path, verify=True).values
        assert len(values) == 200_000
        assert len(np.unique(values)) == 1

    def test_an_error_while_saving_leaves_the_old_file(self, path, monkeypatch):
        before = path.read_bytes()
        write, calls = _arrow_file._write, []

        def full(sink, table):
            calls.append(table)
            if len(calls) == 4:
                raise OSError(28, "No space left on device")
            write(sink, table)

        monkeypatch.setattr(_arrow_file, "_write", full)
        with pytest.raises(OSError, match="No space left on device"):
            tn.Transactions(orders(), **EVERYTHING).save(path)
        assert path.read_bytes() == before
        assert [one.name for one in path.parent.iterdir()] == [path.name]

    def test_a_new_file_is_as_readable_as_any(self, tmp_path):
        path, other = tmp_path / "log.arrow", tmp_path / "other"
        tn.Transactions(orders()).save(path)
        other.write_text("")
        assert path.stat().st_mode == other.stat().st_mode


def test_ids_that_no_file_can_hold_are_refused(tmp_path):
    class Odd(str):  # no text, though it could pass for it
        __slots__ = ()

    log = tn.Transactions({"customer_id": ["a"], "date": ["2024-01-05"]})
    odd = np.array([Odd("a")], object)
    with pytest.raises(tn.exceptions.ColumnError) as caught:
        _log_file.write_log(replace(log._log, customers=odd), tmp_path / "log.arrow")
    name = Odd.__qualname__
    assert str(caught.value) == (
        f"column `customer_id` holds {name} objects, which cannot be written to a file"
        "\n\nHint: make text of them first"
    )
    assert list(tmp_path.iterdir()) == []


def test_without_pyarrow_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    log = tn.Transactions(orders())

    def without(name):
        if name.startswith("pyarrow"):
            raise ModuleNotFoundError(name)
        return import_module(name)

    monkeypatch.setattr("tenure._arrow.import_module", without)
    text = "saving and loading a log needs pyarrow; install with pip install 'tenure"
    for work in (log.save, tn.load):
        with pytest.raises(ImportError, match=text):
            work(tmp_path / "log.arrow")
