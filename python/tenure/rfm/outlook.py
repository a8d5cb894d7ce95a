"""What models of buying and of spend expect of the customers who were scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tenure._intervals import delta_method
from tenure._purchasing import PurchasingModel
from tenure._units import unit_named
from tenure._worth import Discounting, Worth
from tenure.exceptions import ParameterError
from tenure.rfm.intervals import sums
from tenure.spend import GammaGamma
from tenure.value import _buying, _valued

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._units import Horizon
    from tenure.rfm.scores import Scores
    from tenure.summary import Summary

__all__ = ["Outlook"]

Slopes: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64]]"
"""Derivatives of numbers in a model's parameters, and the parameters' covariance."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """P(alive) and expected value of customers.

    Attributes
    ----------
    columns : dict of str to array
        `probability_alive`, and with a model of spend `expected_value`: one number for
        each of the `known` customers.
    slopes : dict of str to list
        What makes a column uncertain beside which customers there are: derivatives of
        its numbers in the parameters of each model, and their covariance. Empty where
        parameters were given and not estimated.
    known : int array
        The places of the customers whom the models know: those who have bought.
    customers : int
        How many there are with the others.
    vague : bool
        Whether a model was fitted without finding out how well its parameters are
        known, as at a boundary: then nothing can be said of how uncertain it is.
    """

    columns: dict[str, NDArray[np.float64]]
    slopes: dict[str, list[Slopes]]
    known: NDArray[np.intp]
    customers: int
    vague: bool

    @classmethod
    def of(
        cls,
        scores: Scores,
        buying: PurchasingModel,
        spend: GammaGamma | float | None,
        *,
        horizon: Horizon | None = "12 months",
        discount_rate: float = 0.10,
        level: float | None = None,
    ) -> Outlook:
        """Ask the models about the customers of a log at the date of the scores.

        Parameters
        ----------
        scores : Scores
        buying : PurchasingModel
            A fitted model of repeat buying.
        spend : GammaGamma, float or None
            A fitted model of spend, or the value of each purchase.
        horizon, discount_rate
            As for `lifetime_value`.
        level : float, optional
            The confidence level of intervals that `slopes` are wanted for.
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
        known, rows = _places(scores, summary)
        vague = any(_without_errors(one) and not _given(one) for one in (model, spend))
        if _without_errors(model) or _without_errors(spend):
            level = None
        columns, slopes = _alive(model, summary, gradient=level is not None)
        if spend is not None:
            customers = model._customers(summary)  # noqa: SLF001
            shares = _margins(scores, known, rows, len(summary))
            worth = Worth.of(
                spend, summary, customers, margin=shares, cost=0.0, interval=level
            )
            terms = Discounting(horizon, discount_rate, "year", None)
            _, valued, of_value = _valued(
                model, customers, worth, terms, gradient=level is not None
            )
            columns["expected_value"] = valued["value"]
            slopes["expected_value"] = of_value
        return cls(
            columns={name: values[rows] for name, values in columns.items()},
            slopes={
                name: [(slope[rows], covariance) for slope, covariance in of_column]
                for name, of_column in slopes.items()
            },
            known=known,
            customers=len(scores),
            vague=vague,
        )

    def variances(
        self, column: str, groups: NDArray[np.intp], count: int
    ) -> NDArray[np.float64]:
        """Return how uncertain the models leave the sum over each group.

        The delta method: the derivatives of a sum are the sums of the derivatives,
        since all customers share the parameters. NaN if that is not known.
        """
        if self.vague:
            return np.full(count, np.nan)
        found = np.zeros(count)
        for slopes, covariance in self.slopes[column]:
            summed = np.stack([sums(one, groups, count) for one in slopes.T], axis=1)
            found += delta_method(summed, covariance) ** 2
        return found

    def everywhere(self, column: str) -> NDArray[np.float64]:
        """Return one number a customer, 0 for those whom the models do not know."""
        found = np.zeros(self.customers)
        found[self.known] = self.columns[column]
        return found


def _without_errors(model: object) -> bool:
    """Whether no standard errors of predictions can be made; a number needs none."""
    if not isinstance(model, PurchasingModel | GammaGamma):
        return False
    return model.result_.covariance is None


def _given(model: object) -> bool:
    """Whether the parameters of a model were given and not estimated."""
    return (
        isinstance(model, PurchasingModel | GammaGamma)
        and model.result_.status == "given"
    )


def _places(
    scores: Scores, summary: Summary
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of customers who have bought, in the scores and a summary."""
    places = {one: place for place, one in enumerate(summary.customer_id.tolist())}
    ids = scores.customer_id.tolist()
    known = [place for place, one in enumerate(ids) if one in places]
    rows = [places[ids[place]] for place in known]
    return np.array(known, dtype=np.intp), np.array(rows, dtype=np.intp)


def _alive(
    model: PurchasingModel, summary: Summary, *, gradient: bool
) -> tuple[dict[str, NDArray[np.float64]], dict[str, list[Slopes]]]:
    """Return the probability that customers are alive, and what it depends on."""
    name = "probability_alive"
    customers = model._customers(summary)  # noqa: SLF001
    alive, slopes = model._predict(  # noqa: SLF001
        name, customers, np.zeros(1), gradient=gradient
    )
    if slopes is None:
        return {name: alive}, {name: []}
    covariance = model.result_.needed_covariance(type(model).__name__)
    return {name: alive}, {name: [(slopes, covariance)]}


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
