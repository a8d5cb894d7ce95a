"""What models of buying and of spend expect of the customers who were scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._units import unit_named
from tenure.exceptions import ParameterError
from tenure.value import _buying, lifetime_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure.rfm.scores import Scores
    from tenure.spend import GammaGamma

__all__ = ["Outlook"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """P(alive) and expected value of customers.

    Attributes
    ----------
    columns : dict of str to array
        `probability_alive`, and with a model of spend `expected_value`: one number for
        each of the `known` customers.
    known : int array
        The places of the customers whom the models know: those who have bought.
    customers : int
        How many there are with the others.
    """

    columns: dict[str, NDArray[np.float64]]
    known: NDArray[np.intp]
    customers: int

    @classmethod
    def of(
        cls,
        scores: Scores,
        buying: PurchasingModel,
        spend: GammaGamma | float | None,
        **terms: Any,
    ) -> Outlook:
        """Ask the models about the customers of a log at the date of the scores.

        Parameters
        ----------
        scores : Scores
        buying : PurchasingModel
            A fitted model of repeat buying.
        spend : GammaGamma, float or None
            A fitted model of spend, or the value of each purchase.
        **terms
            `horizon` and `discount_rate`, as for `lifetime_value`.
        """
        model, log = _buying(buying), scores.inputs.log
        if log is None:
            raise ParameterError.of(
                name="buying",
                expected="be left out for scores of a table",
                found=f"a {type(model).__name__}, which needs a log of orders",
            )
        unit = unit_named(model.time_unit_ or "day")
        summary = log.summary(unit=unit, as_of=scores.as_of)
        places = {one: place for place, one in enumerate(summary.customer_id.tolist())}
        ids = scores.customer_id.tolist()
        known = np.array([place for place, one in enumerate(ids) if one in places])
        rows = np.array([places[ids[place]] for place in known], dtype=np.intp)
        alive = np.asarray(model.probability_alive(summary))[rows]
        columns = {"probability_alive": alive}
        if spend is not None:
            shares = _margins(scores, known, rows, len(summary))
            value = lifetime_value(model, spend, summary, margin=shares, **terms)
            columns["expected_value"] = value["value"][rows]
        return cls(columns, known.astype(np.intp), len(ids))

    def everywhere(self, column: str) -> NDArray[np.float64]:
        """Return one number a customer, 0 for those whom the models do not know."""
        found = np.zeros(self.customers)
        found[self.known] = self.columns[column]
        return found


def _margins(
    scores: Scores, known: NDArray[np.intp], rows: NDArray[np.intp], count: int
) -> NDArray[np.float64] | None:
    """Return the share of revenue that has been margin, for each row of a summary.

    Where there was no revenue, it is that of all customers; None if no margin is known.
    """
    inputs = scores.inputs
    if inputs.margin is None or inputs.revenue is None:
        return None
    total = inputs.revenue.sum()
    shares = np.full(count, inputs.margin.sum() / total if total else 0.0)
    earned, paid = inputs.margin[known], inputs.revenue[known]
    shares[rows] = np.divide(earned, paid, out=shares[rows], where=paid > 0)
    return shares
