"""The customers of a fit or a prediction, whatever they came in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame, native_series
from tenure._units import unit_named
from tenure.exceptions import ColumnError, ParameterError
from tenure.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

__all__ = ["Customers", "unpacked"]

# columns of whole numbers, which the core reads as integers too
_COUNTS = frozenset({"frequency"})


@dataclass(frozen=True, eq=False)
class Customers:
    """Columns of numbers, and how results about their rows are given back.

    Attributes
    ----------
    columns : dict of str to array
        The columns that a model reads, by the model's own names.
    family : str
        The kind of frame that results come back as.
    index : Any
        For pandas: the index of results.
    ids : array or None
        Customer ids, to put beside several columns of results.
    unit : str or None
        The unit of time.
    covariates : array, shape (n, k), or None
        What is known of them beside, as numbers, for a model that asks for it.
    """

    columns: dict[str, NDArray[Any]]
    family: str
    index: Any
    ids: NDArray[Any] | None
    unit: str | None
    covariates: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        data: object,
        names: Mapping[str, str],
        *,
        unit: str | None,
        fitted: Mapping[str, str] | None = None,
    ) -> Customers:
        """Read columns from a summary or from any frame.

        Parameters
        ----------
        data : Summary or frame
            One row a customer.
        names : mapping of str to str
            For each column that the model reads, what it is called in the frame.
        unit : str or None
            The unit of time, where the frame does not know it.
        fitted : mapping of str to str, optional
            What the columns were called in the fit; goes before `names` for a frame
            that has such a column.
        """
        if isinstance(data, Summary):
            return cls._of_summary(data, names, unit)
        table = Table.of(data)
        there = {
            name: own for name, own in (fitted or {}).items() if own in table.names
        }
        names = {**names, **there}
        columns = {
            name: table.counts(own) if name in _COUNTS else table.numbers(own).values
            for name, own in names.items()
        }
        unit = None if unit is None else unit_named(unit)
        return cls(columns, table.family, table.index, None, unit)

    @classmethod
    def _of_summary(
        cls, summary: Summary, names: Mapping[str, str], unit: str | None
    ) -> Customers:
        if unit is not None and summary.unit is not None and unit != summary.unit:
            raise ParameterError.of(
                name="unit",
                expected="be left out: the summary has its own",
                found=f"{unit!r} where the summary is in {summary.unit}s",
            )
        columns = {
            name: np.ascontiguousarray(
                summary[own], dtype=None if name in _COUNTS else np.float64
            )
            for name, own in names.items()
        }
        index = None
        if summary.family == "pandas":
            ids = {"customer_id": summary.customer_id}
            index = native_frame(ids, family="pandas", index="customer_id").index
        return cls(
            columns,
            summary.family,
            index,
            summary.customer_id,
            summary.unit or unit,
        )

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(next(iter(self.columns.values())))

    def kept(self) -> Customers:
        """Return these customers in columns of their own that nothing can change.

        The columns of a summary are so already.
        """
        if self.ids is not None:
            return self
        columns = {name: np.array(values) for name, values in self.columns.items()}
        for values in columns.values():
            values.setflags(write=False)
        return replace(self, columns=columns)

    def weights(self, data: object, weights: str | ArrayLike | None) -> Any:
        """Return one weight a customer: a column's name, or the numbers themselves."""
        if weights is None:
            return None
        if isinstance(weights, str):
            if isinstance(data, Summary):
                raise ColumnError.unknown(weights, tuple(data.columns))
            return np.array(Table.of(data).numbers(weights).values)
        return np.array(weights, dtype=np.float64)

    def series(self, name: str, values: NDArray[Any]) -> Any:
        """Return one result a customer as a series of the caller's family."""
        return native_series(name, values, family=self.family, index=self.index)

    def frame(self, results: Mapping[str, NDArray[Any]]) -> Any:
        """Return several results a customer as a frame of the caller's family."""
        columns = dict(results)
        if self.ids is not None and self.index is None:
            columns = {"customer_id": self.ids, **columns}
        return native_frame(columns, family=self.family, index=self.index)


def unpacked(answer: NDArray[np.float64] | dict[str, NDArray[np.float64]]) -> Any:
    """Return the results of a single customer as plain numbers."""
    if isinstance(answer, dict):
        return {name: float(values[0]) for name, values in answer.items()}
    return float(answer[0])
