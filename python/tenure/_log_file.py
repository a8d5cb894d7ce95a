"""Grouped logs in files, which other readers see as a table of purchases.

The last table has a row for each purchase: `customer_id`, `time`, `value` after all
refunds and, where there are later refunds, `value_before_refunds`. The others are

====================  ==================================================================
customers             `customer_id` where that is a number, and the attributes
offsets               where the purchases of each customer begin, and the last one's end
refunds               later refunds: `purchase` (its row), `time`, `amount`
lines, line_offsets   the lines behind each purchase, and where those of each begin
rows                  the rows behind it all, if they were kept: `time`, `amount`, and
                      `code:NAME`, places in the words of a column
words:NAME            the distinct ids of a column, ascending
buyers                `code`, the place of each customer in the words, and `label:NAME`,
                      that of each attribute
====================  ==================================================================

and the facts say the format's version, the grain, the settings and the receipt. How
several tables are one file is told in `_arrow_file`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tenure._arrow_file import ArrowFile, Columns, Repeated, damaged, write_tables
from tenure._core import VERSION
from tenure._counts import counts_of
from tenure._grouped import GroupedLog, Lines, receipt_of
from tenure._log_settings import LogSettings
from tenure._rows import Rows
from tenure.exceptions import FileError

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from tenure._core_types import HistoryColumns

__all__ = ["FORMAT", "read_log", "write_log"]

# The version of the format; it grows when an older reader would misread a file.
FORMAT = 1


def write_log(log: GroupedLog, path: str | os.PathLike[str]) -> None:
    """Write a log to a file, which appears when it is complete."""
    write_tables(path, _tables(log), _purchases(log), _facts(log))


def _facts(log: GroupedLog) -> dict[str, Any]:
    """Return what is known of a log beside its arrays."""
    return {
        "format": FORMAT,
        "written_by": f"tenure {VERSION}",
        "grain": log.history["grain"],
        "family": log.family,
        "zone": log.zone,
        "settings": log.settings.to_dict(),
        "receipt": counts_of(log.receipt),
        "attribute_conflicts": dict(log.receipt.attribute_conflicts),
        "refund_parts": None if log.rows is None else list(log.rows.refund_parts),
    }


def _purchases(log: GroupedLog) -> Columns:
    """Return the table that other readers see."""
    history, counts = log.history, np.diff(log.history["offsets"])
    columns: Columns = {
        "customer_id": _repeated(log.customers, counts),
        "time": _instants(history["times"]),
    }
    if log.values is not None:
        columns["value"] = log.values
    if history["values"] is not None and len(history["refund_purchases"]):
        columns["value_before_refunds"] = history["values"]
    return columns


def _repeated(ids: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[Any] | Repeated:
    """Return the id of each purchase: numbers as they are, words by their places."""
    if ids.dtype.kind != "O":
        return np.repeat(ids, counts)
    return Repeated(ids, np.repeat(np.arange(len(ids), dtype=np.int32), counts))


def _tables(log: GroupedLog) -> dict[str, Columns]:
    """Return the other tables; those without columns or rows are left out."""
    history, lines, rows = log.history, log.lines, log.rows
    is_number = log.customers.dtype.kind != "O"
    tables: dict[str, Columns] = {
        "customers": {
            **({"customer_id": log.customers} if is_number else {}),
            **{f"attribute:{name}": one for name, one in log.attributes.items()},
        },
        "offsets": {"offset": history["offsets"]},
    }
    if len(history["refund_purchases"]):
        tables["refunds"] = {
            "purchase": history["refund_purchases"],
            "time": _instants(history["refund_times"]),
            "amount": history["refund_amounts"],
        }
    if lines is not None:
        tables["line_offsets"] = {"offset": lines.offsets}
        tables["lines"] = _present(
            order=lines.orders, product=lines.products, amount=lines.amounts
        )
    if rows is not None:
        tables |= _tables_of_rows(rows)
    return {name: columns for name, columns in tables.items() if columns}


def _tables_of_rows(rows: Rows) -> dict[str, Columns]:
    codes = {f"code:{name}": one for name, one in rows.codes.items()}
    labels = {f"label:{name}": one for name, one in rows.labels.items()}
    words = {f"words:{name}": one for name, one in rows.vocabularies.items()}
    return {
        "rows": {
            "time": _instants(rows.times),
            **_present(amount=rows.amounts),
            **codes,
        },
        "buyers": {"code": rows.buyers, **labels},
        **{name: {"word": one} for name, one in words.items()},
    }


def _present(**columns: NDArray[Any] | None) -> Columns:
    return {name: one for name, one in columns.items() if one is not None}


def _instants(times: NDArray[np.int64]) -> NDArray[np.datetime64]:
    return times.view("datetime64[us]")


def read_log(path: str | os.PathLike[str], *, verify: bool = False) -> GroupedLog:
    """Open the log in a file; its numbers are views of memory mapped to the file."""
    file = ArrowFile.open(path)
    version = file.facts.get("format")
    if not isinstance(version, int) or version > FORMAT:
        what = (
            f"is in format {version}, and this version of tenure reads up to {FORMAT}"
        )
        hint = "update it: pip install --upgrade tenure"
        raise FileError.of(file.path, what, hint=hint)
    try:
        if verify:
            file.verify()
        return _log(file)
    except FileError:
        raise
    except KeyError as error:
        raise damaged(file.path, f"it has no {error}") from None
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise damaged(file.path, f"it cannot be made sense of ({error})") from error


def _log(file: ArrowFile) -> GroupedLog:
    facts, last = file.facts, file.last
    settings = LogSettings.from_dict(facts["settings"])
    customers = cast("dict[str, NDArray[Any]]", file.table("customers"))
    ids = last["customer_id"]
    values = cast("NDArray[np.float64] | None", last.get("value"))
    log = GroupedLog(
        customers=ids.words if isinstance(ids, Repeated) else customers["customer_id"],
        history=_history(file, values),
        values=values,
        lines=_lines(file, settings),
        attributes={
            name: customers[f"attribute:{name}"] for name in settings.attributes
        },
        receipt=receipt_of(
            settings,
            facts["receipt"],
            zone=facts["zone"],
            attribute_conflicts=facts["attribute_conflicts"],
        ),
        family=facts["family"],
        zone=facts["zone"],
        settings=settings,
        rows=_rows(file, settings),
    )
    _check(file, log)
    return log


def _history(file: ArrowFile, values: NDArray[np.float64] | None) -> HistoryColumns:
    none = {
        "purchase": np.empty(0, np.int64),
        "time": np.empty(0, "datetime64[us]"),
        "amount": np.empty(0, np.float64),
    }
    refunds = cast("dict[str, NDArray[Any]]", file.table("refunds")) or none
    last = cast("dict[str, NDArray[Any]]", file.last)
    history: dict[str, Any] = {
        "grain": file.facts["grain"],
        "offsets": cast("NDArray[np.int64]", file.table("offsets")["offset"]),
        "times": last["time"].view(np.int64),
        "values": last.get("value_before_refunds", values),
        "refund_purchases": refunds["purchase"],
        "refund_times": refunds["time"].view(np.int64),
        "refund_amounts": refunds["amount"],
    }
    return cast("HistoryColumns", history)


def _lines(file: ArrowFile, settings: LogSettings) -> Lines | None:
    if settings.order is None and settings.product is None:
        return None
    lines = cast("dict[str, NDArray[Any]]", file.table("lines"))
    return Lines(
        offsets=cast("NDArray[np.int64]", file.table("line_offsets")["offset"]),
        orders=lines.get("order"),
        products=lines.get("product"),
        amounts=lines.get("amount"),
    )


def _rows(file: ArrowFile, settings: LogSettings) -> Rows | None:
    if file.facts["refund_parts"] is None:
        return None
    rows = cast("dict[str, NDArray[Any]]", file.table("rows"))
    buyers = cast("dict[str, NDArray[Any]]", file.table("buyers"))
    words = {
        name: cast("NDArray[Any]", file.table(f"words:{name}")["word"])
        for name in settings.identifiers
    }
    return Rows(
        codes={name: rows[f"code:{name}"] for name in settings.identifiers},
        times=rows["time"].view(np.int64),
        amounts=rows.get("amount"),
        vocabularies=words,
        buyers=buyers["code"],
        labels={name: buyers[f"label:{name}"] for name in settings.attributes},
        refund_parts=tuple(file.facts["refund_parts"]),
    )


def _check(file: ArrowFile, log: GroupedLog) -> None:
    """Pass if places point at what is there; a check of the values takes `verify`."""
    history, lines = log.history, log.lines
    purchases, refunds = len(history["times"]), history["refund_purchases"]
    offsets = {"offsets": (history["offsets"], len(log.customers), purchases)}
    if lines is not None:
        columns = (lines.orders, lines.products, lines.amounts)
        count = max(len(one) for one in columns if one is not None)
        offsets["line_offsets"] = (lines.offsets, purchases, count)
    for name, (ends, groups, items) in offsets.items():
        rises = len(ends) == groups + 1 and ends[0] == 0 and ends[-1] == items
        if not (rises and (np.diff(ends) > 0).all()):
            raise damaged(file.path, f"the table `{name}` does not cut up the others")
    within = len(refunds) == 0 or (refunds[0] >= 0 and refunds[-1] < purchases)
    if not (within and (np.diff(refunds) >= 0).all()):
        raise damaged(file.path, "the table `refunds` does not fit the purchases")
