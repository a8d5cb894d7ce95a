"""What is known of customers beside their purchases, for models that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenure._frame import Table
from tenure.exceptions import ParameterError
from tenure.summary import Split, known_of, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date
    from tenure.transactions import Transactions

__all__ = ["of_customers", "of_one"]


def of_customers(
    model: PurchasingModel,
    log: Transactions,
    known: NDArray[np.bool_],
    split: Split | Date | None,
    covariates: object,
) -> NDArray[np.float64] | None:
    """Return the covariates of known customers as numbers; None for a model without.

    Where none are given they are those of the split, or the log's own attributes.
    """
    effects = model._effects  # noqa: SLF001
    if effects is None:
        return model._covariates_of_new(covariates)  # noqa: SLF001
    if covariates is None and isinstance(split, Split) and split.covariates:
        covariates = split
    if covariates is None and set(effects.columns) <= set(
        Table.of(log.attributes).names
    ):
        covariates = log.attributes
    if covariates is None:
        raise ParameterError.of(
            name="covariates",
            expected="hold those of the customers of the log: "
            + ", ".join(effects.columns),
            found="None",
            hint="give a frame with a row for each customer and a column customer_id, "
            "or split.with_covariates(frame) as the split",
        )
    columns = known_of(log.customers[known], covariates, columns=effects.columns)
    return effects.matrix(table_of(columns, int(known.sum())))


def of_one(
    model: PurchasingModel, covariates: Mapping[str, Any] | None, rows: int
) -> dict[str, list[Any]]:
    """Return the covariates of one customer as columns with as many rows."""
    effects = model._effects  # noqa: SLF001
    if effects is None:
        model._covariates_of_new(covariates)  # noqa: SLF001
        return {}
    missing = [name for name in effects.columns if name not in (covariates or {})]
    if covariates is None or missing:
        raise ParameterError.of(
            name="covariates",
            expected="say what is known of the customer: " + ", ".join(effects.columns),
            found="None" if covariates is None else f"nothing of {missing[0]}",
            hint=f"covariates={{{effects.columns[0]!r}: ...}}, one value each",
        )
    return {name: [covariates[name]] * rows for name in effects.columns}
