"""The values of customers' single purchases, as a model of spend reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._frame import Table
from tenure.exceptions import DataError, ParameterError
from tenure.transactions import Transactions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["value_columns"]


def value_columns(
    data: object, customer: str, value: str
) -> dict[str, NDArray[np.float64]]:
    """Return number, mean and mean logarithm of each customer's values.

    Parameters
    ----------
    data : Transactions or frame
        A log, of which the purchases after each customer's first are taken; or a frame
        with one row a purchase.
    customer, value : str
        The columns of a frame.
    """
    if isinstance(data, Transactions):
        if data.values is None:
            raise ParameterError.of(
                name="data",
                expected="be a log with amounts",
                found="one without",
                hint="Transactions(orders, amount='amount') makes one",
            )
        sizes = np.diff(data.offsets)
        who = np.repeat(np.arange(len(sizes)), sizes)
        repeat = np.ones(len(data), dtype=bool)
        repeat[data.offsets[:-1]] = False
        who, values, name = who[repeat], data.values[repeat], "value"
        rows = np.flatnonzero(repeat)
    else:
        table = Table.of(data)
        codes, values, name = table.codes(customer), table.numbers(value).values, value
        who, rows = codes.values, np.arange(table.n_rows)
        if (who < 0).any():
            raise DataError.at(
                customer,
                "name a customer",
                row=int((who < 0).argmax()),
                found="none",
                count=int((who < 0).sum()),
            )
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        first = int(bad.argmax())
        raise DataError.at(
            name,
            "be finite and greater than 0",
            row=int(rows[first]),
            found=repr(float(values[first])),
            count=int(bad.sum()),
            hint="leave out purchases that were free or refunded in full",
        )
    counts = np.bincount(who).astype(np.float64)
    divisor = np.maximum(counts, 1.0)
    return {
        "frequency": counts,
        "monetary_value": np.bincount(who, values) / divisor,
        "mean_log": np.bincount(who, np.log(values)) / divisor,
    }
