"""Estimates from data sets that were drawn anew."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import check_level
from tenure._report import counted
from tenure._simulate import checked_seed
from tenure._typing import override
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from tenure._estimator import Estimator

__all__ = ["Bootstrap", "check_replicates", "refitted_to_draws"]


def check_replicates(replicates: int) -> None:
    """Pass if there are data sets enough for an interval."""
    if replicates < 2:
        raise ParameterError.of(
            name="replicates", expected="be at least 2", found=repr(replicates)
        )


def refitted_to_draws(
    counts: NDArray[np.float64],
    replicates: int,
    seed: int,
    refit: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return estimates for customers drawn with replacement, one row a replicate.

    The core does its work without Python's lock, so that threads are enough; each
    replicate has a stream of its own, so that their number changes nothing.

    Parameters
    ----------
    counts : array
        How many customers each row of the data stands for.
    replicates, seed : int
        How many data sets to draw, and the seed of the draws.
    refit : callable
        Takes how many customers of each row were drawn, returns the parameters.
    """
    check_replicates(replicates)
    seed, total = checked_seed(seed), float(counts.sum())

    def draw(replicate: int) -> NDArray[np.float64]:
        stream = np.random.default_rng([seed, replicate])
        drawn = stream.multinomial(round(total), counts / total)
        return refit(drawn.astype(np.float64))

    with ThreadPoolExecutor(min(replicates, os.cpu_count() or 1)) as pool:
        return np.array(list(pool.map(draw, range(replicates))))


@dataclass(frozen=True, repr=False, eq=False)
class Bootstrap:
    """Estimates from data sets that were drawn anew.

    Of a model of renewal they are drawn from the fitted model where that can be, of all
    others from the customers themselves.

    Give it to a prediction as `bootstrap=`, and its intervals are percentiles over the
    replicates: they need no normal approximation, and hold their level where a
    parameter is known badly.

    Attributes
    ----------
    parameters : dict of str to array
        For each parameter its estimates, one a replicate.
    model : str
        The model that was fitted.
    seed : int
        The seed of the draws.
    failed : int
        Replicates left out because nothing could be fitted to them.

    References
    ----------
    Efron, B., Tibshirani, R. J. (1993). An Introduction to the Bootstrap. Chapman &
    Hall.
    """

    parameters: dict[str, NDArray[np.float64]]
    model: str
    seed: int
    failed: int
    family: str

    @classmethod
    def collected(
        cls,
        names: tuple[str, ...],
        rows: NDArray[np.float64],
        model: str,
        seed: int,
        family: str,
    ) -> Self:
        """Keep the estimates of the data sets that something could be fitted to."""
        good = np.isfinite(rows).all(axis=1)
        if good.sum() < 2:
            raise ParameterError.of(
                name="replicates",
                expected="give at least two data sets that can be fitted",
                found=f"{int(good.sum())} of {len(rows)}",
                hint="there are too few customers, or too few of them leave",
            )
        columns = dict(zip(names, rows[good].T.copy(), strict=True))
        return cls(columns, model, seed, int((~good).sum()), family)

    def __len__(self) -> int:
        """Return the number of replicates."""
        return len(next(iter(self.parameters.values())))

    def to_frame(self) -> Any:
        """Return the estimates, one row a replicate."""
        return native_frame(self.parameters, family=self.family)

    def confidence_intervals(
        self, level: float = 0.95
    ) -> dict[str, tuple[float, float]]:
        """Return the percentile interval of each parameter."""
        ends = self.ends(np.column_stack(list(self.parameters.values())), level)
        pairs = zip(ends["lower"], ends["upper"], strict=True)
        return {
            name: (float(lower), float(upper))
            for name, (lower, upper) in zip(self.parameters, pairs, strict=True)
        }

    def interval(
        self, function: Callable[[dict[str, float]], float], level: float = 0.95
    ) -> tuple[float, float]:
        """Return the percentile interval of any number made from the parameters.

        Parameters
        ----------
        function : callable
            Takes the parameters by name, returns a number.
        level : float, default 0.95
            How often such intervals hold the true value.
        """
        rows = zip(*self.parameters.values(), strict=True)
        draws = [
            [function(dict(zip(self.parameters, row, strict=True)))] for row in rows
        ]
        ends = self.ends(np.array(draws, dtype=np.float64), level)
        return float(ends["lower"][0]), float(ends["upper"][0])

    def ends(
        self, draws: NDArray[np.float64], level: float
    ) -> dict[str, NDArray[np.float64]]:
        """Return standard error, lower and upper end of each column of draws."""
        tail = (1.0 - check_level(level, name="level")) / 2.0
        finite = np.isfinite(draws).all(axis=0)
        errors = np.full(draws.shape[1], np.nan)
        errors[finite] = draws[:, finite].std(axis=0, ddof=1)
        # infinite draws are in order with the others, but cannot be interpolated
        lower, upper = np.quantile(draws, [tail, 1.0 - tail], axis=0, method="nearest")
        if finite.any():
            smooth = np.quantile(draws[:, finite], [tail, 1.0 - tail], axis=0)
            lower[finite], upper[finite] = smooth
        return {"std_error": errors, "lower": lower, "upper": upper}

    def for_core(self, model: Estimator, names: Sequence[str]) -> list[list[float]]:
        """Return the replicates as the core wants its parameters.

        Parameters
        ----------
        model : Estimator
            The model that was fitted, or the bootstrap is not its own.
        names : sequence of str
            All parameters of the core's model; those that this one lacks are 0.
        """
        if type(model).__name__ != self.model or set(self.parameters) != set(
            model.result_.parameters
        ):
            raise ParameterError.of(
                name="bootstrap",
                expected=f"be that of this {type(model).__name__}",
                found=f"one of {self.model} with {', '.join(self.parameters)}",
            )
        nothing = np.zeros(len(self))
        columns = [self.parameters.get(name, nothing) for name in names]
        return np.column_stack(columns).tolist()

    @override
    def __repr__(self) -> str:
        failed = f", {self.failed} without a fit" if self.failed else ""
        return f"Bootstrap of {self.model}: {counted(len(self), 'replicate')}{failed}"
