"""One row a customer: what was known, and what is expected."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from typing import TextIO

    from numpy.typing import NDArray

    from tenure.reporting.analysis import Analysis

__all__ = ["customer_columns", "write_customers"]

_CHUNK = 10_000


def customer_columns(analysis: Analysis) -> dict[str, NDArray[Any]]:
    """Return one row a customer, in the order of the summary.

    Columns: `customer_id`, `first_purchase`, `last_purchase`, `frequency`, `recency`,
    `T` and, as far as there is money and a model, `monetary_value`,
    `probability_alive`, `expected_purchases`, `expected_spend`, `value`, `lower`,
    `upper`.
    """
    log, summary, forecast = analysis.log, analysis.summary, analysis.forecast
    starts = log.offsets[:-1]
    known = starts[log.times[starts] <= _last_instant(analysis)]
    columns: dict[str, NDArray[Any]] = {
        "customer_id": summary.customer_id,
        "first_purchase": log.times[known],
        "last_purchase": log.times[known + summary.frequency],
        "frequency": summary.frequency,
        "recency": summary.recency,
        "T": summary.T,
    }
    if summary.monetary_value is not None:
        columns["monetary_value"] = summary.monetary_value
    if forecast is None:
        return columns
    columns["probability_alive"] = forecast.alive
    columns["expected_purchases"] = forecast.purchases["value"]
    if forecast.value is not None:
        names = ("expected_spend", "value", "lower", "upper")
        found = forecast.value.columns
        columns |= {name: found[name] for name in names if name in found}
    return columns


def _last_instant(analysis: Analysis) -> np.datetime64:
    return analysis.base.last_day + np.timedelta64(1, "D") - np.timedelta64(1, "us")


def write_customers(file: TextIO, columns: dict[str, NDArray[Any]]) -> None:
    """Write columns as CSV: dates as dates, numbers to ten significant digits."""
    writer = csv.writer(file)
    writer.writerow(columns)
    rows = len(next(iter(columns.values())))
    for start in range(0, rows, _CHUNK):
        part = [_texts(values[start : start + _CHUNK]) for values in columns.values()]
        writer.writerows(zip(*part, strict=True))


def _texts(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind == "f":
        return [f"{value:.10g}" for value in values]
    if values.dtype.kind != "M":
        return [str(value) for value in values]
    days = values.astype("datetime64[D]")
    texts: NDArray[np.str_] = np.datetime_as_string(
        values if (days != values).any() else days,
        unit="s" if (days != values).any() else "D",
    )
    return texts.tolist()
