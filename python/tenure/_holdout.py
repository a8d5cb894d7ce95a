"""What models foretold of a holdout, beside what came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tenure import _accuracy, _core
from tenure._buying import triple
from tenure._frame import Table
from tenure._report import written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure.summary import Split
    from tenure.transactions import Transactions

__all__ = ["Holdout"]


@dataclass(frozen=True, eq=False)
class Holdout:
    """What models foretold of a holdout, beside what came.

    Attributes
    ----------
    split : Split
        What was known, and what came.
    actual : float array
        Purchases of each customer in the holdout.
    expected : dict of str to float array
        Those that each model expected.
    scores : dict of str to array, shape (n, 2)
        Logarithmic and continuous ranked probability score of each customer.
    tracking_errors : dict of str to float
        Mean relative error of cumulative purchases over the weeks of the holdout; NaN
        without a log.
    """

    split: Split
    actual: NDArray[np.float64]
    expected: dict[str, NDArray[np.float64]]
    scores: dict[str, NDArray[np.float64]]
    tracking_errors: dict[str, float]
    log: Transactions | None = field(repr=False, default=None)

    @classmethod
    def of(
        cls,
        split: Split,
        models: Mapping[str, PurchasingModel],
        log: Transactions | None = None,
    ) -> Holdout:
        """Ask models that were fitted to what was known."""
        actual = split.holdout_purchases.astype(np.float64)
        horizon = np.array([split.holdout_duration])
        expected: dict[str, NDArray[np.float64]] = {}
        scores: dict[str, NDArray[np.float64]] = {}
        tracked: dict[str, float] = {}
        for name, model in models.items():
            customers = model._customers(split)  # noqa: SLF001
            answer = model._predict("expected_purchases", customers, horizon)  # noqa: SLF001
            expected[name] = answer[0]
            scores[name] = _core.purchasing_scores(
                model._model,  # noqa: SLF001
                model._own(customers),  # noqa: SLF001
                triple(customers),
                horizon=horizon,
                actual=actual,
            )
            tracked[name] = _tracking_error(model, split, log)
        return cls(split, actual, expected, scores, tracked, log)

    def measures(self, model: str) -> dict[str, float]:
        """Return all that a model is measured by."""
        log_score, crps = (float(part.mean()) for part in self.scores[model].T)
        return {
            "log_score": log_score,
            "crps": crps,
            **self._of_expected(self.expected[model]),
            "tracking": self.tracking_errors[model],
        }

    def same_rate(self) -> dict[str, float]:
        """Return the same for repeat purchases that go on at each one's rate so far.

        A forecast that is certain has the absolute error for its ranked probability
        score, and no logarithmic one.
        """
        split = self.split
        known = np.asarray(split.T, dtype=np.float64)
        rates = np.divide(
            split.frequency, known, out=np.zeros(len(known)), where=known > 0
        )
        found = self._of_expected(rates * split.holdout_duration)
        return {
            "log_score": np.nan,
            "crps": found["mae"],
            **found,
            "tracking": np.nan,
        }

    def _of_expected(self, expected: NDArray[np.float64]) -> dict[str, float]:
        return {
            **_accuracy.errors(expected, self.actual),
            "gini": _accuracy.normalised_gini(expected, self.actual),
            "calibration": _accuracy.calibration_error(expected, self.actual),
        }

    def words(self) -> str:
        """Return in words how long it lasted and what came."""
        return (
            f"{int(self.actual.sum()):,} purchases in the holdout to "
            f"{written(self.split.until)}"
        )


def _tracking_error(
    model: PurchasingModel, split: Split, log: Transactions | None
) -> float:
    """Return the mean relative error of the cumulative total in the holdout's weeks."""
    if log is None:
        return float("nan")
    from tenure.plotting.tracks import tracking  # noqa: PLC0415

    table = Table.of(tracking(model, log, split=split))
    held = table.flags("holdout") & table.flags("complete")
    actual = table.numbers("actual_cumulative").values[held]
    expected = table.numbers("expected_cumulative").values[held]
    if not len(actual) or not (actual > 0).all():
        return float("nan")
    return float((np.abs(expected - actual) / actual).mean())
