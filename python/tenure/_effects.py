"""What is known of customers beside their purchases, and what it acts on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._covariate_sources import source_of, sources_of
from tenure.exceptions import DataError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._covariate_sources import Source
    from tenure._frame import Table

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["Chosen", "Coefficient", "Effects"]

Chosen: TypeAlias = "str | Sequence[str] | None"
"""Columns, or a formula."""

_MOST = 2
"""As many processes as any model has."""
_DEPENDENT = 1e-8
"""A column of which no more than this share is left is a combination of others."""


@dataclass(frozen=True)
class Coefficient:
    """A coefficient.

    Attributes
    ----------
    name : str
        Among the model's parameters: "purchase.age", or "shared.age" of two processes.
    covariate : str
        The column of numbers that it belongs to.
    column : int
        The place of that.
    processes : tuple of str
        What it acts on.
    penalty : float
        Strength of the pull towards 0.
    reference : str
        For a category, the one that it is compared with; empty otherwise.
    """

    name: str
    covariate: str
    column: int
    processes: tuple[str, ...]
    penalty: float
    reference: str


@dataclass(frozen=True)
class Effects:
    """The covariates of a model and their coefficients.

    Attributes
    ----------
    processes : tuple of str
        What covariates may act on, in the order of the core.
    settings : dict of str to str
        For each process, the setting that names its covariates.
    sources : tuple of Source
        What the columns of numbers are made from.
    coefficients : tuple of Coefficient
    """

    processes: tuple[str, ...]
    settings: dict[str, str]
    sources: tuple[Source, ...]
    coefficients: tuple[Coefficient, ...]

    @classmethod
    def of(
        cls,
        table: Table,
        chosen: Mapping[str, Chosen],
        settings: Mapping[str, str],
        *,
        shared: Sequence[str] = (),
        penalty: float | Mapping[str, float] = 0.0,
    ) -> Effects:
        """Return what becomes of the covariates chosen for each process."""
        known: dict[str, Source] = {}
        by_process: dict[str, list[str]] = {}
        for process, columns in chosen.items():
            found = sources_of(table, columns, settings[process])
            known |= {one.key: one for one in found if one.key not in known}
            by_process[process] = [name for one in found for name in one.names]
        sources = tuple(known.values())
        names = [name for source in sources for name in source.names]
        places = {name: names.index(name) for name in names}
        references = {k: v for one in sources for k, v in one.references.items()}
        common = _shared(shared, sources, by_process)
        pulls = _penalties(penalty, tuple(chosen))
        coefficients: list[Coefficient] = []
        for process, covariates in by_process.items():
            for covariate in covariates:
                acts = tuple(by_process) if covariate in common else (process,)
                label = "shared" if covariate in common else process
                one = Coefficient(
                    f"{label}.{covariate}",
                    covariate,
                    places[covariate],
                    acts,
                    sum(pulls[act] for act in acts),
                    references.get(covariate, ""),
                )
                if one not in coefficients:
                    coefficients.append(one)
        return cls(tuple(chosen), dict(settings), sources, tuple(coefficients))

    @property
    def names(self) -> tuple[str, ...]:
        """The coefficients' names."""
        return tuple(one.name for one in self.coefficients)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that are read."""
        read = (column for source in self.sources for column in source.columns)
        return tuple(dict.fromkeys(read))

    def matrix(self, table: Table) -> Floats:
        """Return one row of numbers a row of the data."""
        columns = [values for one in self.sources for values in one.read(table)]
        matrix = np.empty((table.n_rows, len(columns)))
        for place, values in enumerate(columns):
            matrix[:, place] = values
        return matrix

    # -- what the data say ----------------------------------------------------------

    def unknowable(self, matrix: Floats) -> tuple[str, ...]:
        """Return the coefficients that customers say nothing of: columns of zeros.

        Raises
        ------
        DataError
            If a column is the same for all customers, though not 0.
        ParameterError
            If a column is a combination of others of the same process.
        """
        nothing: list[str] = []
        for one in self.coefficients:
            values = matrix[:, one.column]
            if not values.any():
                nothing.append(one.name)
            elif (values == values[0]).all():
                raise DataError.at(
                    one.covariate,
                    "vary over the customers, as a covariate",
                    row=0,
                    found=f"{values[0]:g} as all others",
                    hint="what all customers have in common is in the parameters; "
                    "leave the column out",
                )
        for process in self.processes:
            within = [
                one
                for one in self.coefficients
                if process in one.processes and one.name not in nothing
            ]
            self._check_independent(matrix, within, process)
        return tuple(nothing)

    def _check_independent(
        self, matrix: Floats, within: Sequence[Coefficient], process: str
    ) -> None:
        x = matrix[:, [one.column for one in within]]
        x = x - x.mean(axis=0)
        x = x / np.sqrt((x * x).sum(axis=0))
        # on the diagonal stands what is left of a column after those before it
        left: Floats = np.asarray(np.linalg.qr(x, mode="r"))
        for place in range(1, len(within)):
            rest = left[place, place] if place < len(left) else 0.0
            if abs(rest) > _DEPENDENT:
                continue
            share = np.linalg.solve(left[:place, :place], left[:place, place])
            parts = [
                f"`{one.covariate}`"
                for one, weight in zip(within, share, strict=False)
                if abs(weight) > _DEPENDENT
            ]
            raise ParameterError.of(
                name=self.settings[process],
                expected="name covariates none of which follows from the others",
                found=f"`{within[place].covariate}`, which follows from "
                + " and ".join(parts),
                hint="leave one of them out",
            )

    # -- for the core -----------------------------------------------------------------

    def for_core(
        self,
        matrix: Floats,
        *,
        without: Sequence[str] = (),
        fixed: Mapping[str, float] | None = None,
        start: Mapping[str, float] | None = None,
    ) -> dict[str, Any] | None:
        """Return the design, or None if no coefficient is left."""
        fixed, start = fixed or {}, start or {}
        used = [one for one in self.coefficients if one.name not in without]
        if not used:
            return None
        return {
            "rows": np.ascontiguousarray(matrix).ravel(),
            "width": matrix.shape[1],
            "effects": [
                (
                    one.covariate,
                    one.column,
                    self._acts(one),
                    one.penalty,
                    fixed.get(one.name),
                    start.get(one.name),
                )
                for one in used
            ],
        }

    def _acts(self, one: Coefficient) -> list[bool]:
        acts = [process in one.processes for process in self.processes]
        return acts + [False] * (_MOST - len(acts))

    def predictors(self, matrix: Floats, coefficients: Sequence[float]) -> Floats:
        """Return the linear predictors of each customer, one column a process."""
        by = np.zeros((len(matrix), _MOST))
        for one, value in zip(self.coefficients, coefficients, strict=True):
            by[:, self._acts(one)] += (value * matrix[:, one.column])[:, None]
        return by

    def slopes(self, matrix: Floats, by_predictors: Floats) -> Floats:
        """Return slopes in the coefficients, given those in the linear predictors."""
        columns = [
            by_predictors[:, self._acts(one)].sum(axis=1) * matrix[:, one.column]
            for one in self.coefficients
        ]
        return np.column_stack(columns)

    # -- words and storage -------------------------------------------------------------

    def words(self) -> str:
        """Return in words what categories are compared with."""
        compared: dict[str, str] = {}
        for one in self.coefficients:
            if one.reference:
                variable = one.covariate.split("=")[0].split("[")[0]
                compared[variable] = one.reference
        parts = [f"{name} with {reference!r}" for name, reference in compared.items()]
        return f"compared: {', '.join(parts)}" if parts else ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "processes": list(self.processes),
            "settings": self.settings,
            "sources": [one.to_dict() for one in self.sources],
            "coefficients": [
                [
                    one.name,
                    one.covariate,
                    one.column,
                    list(one.processes),
                    one.penalty,
                    one.reference,
                ]
                for one in self.coefficients
            ],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Effects:
        """Return what `to_dict` wrote."""
        coefficients = tuple(
            Coefficient(name, covariate, int(place), tuple(acts), pull, reference)
            for name, covariate, place, acts, pull, reference in stored["coefficients"]
        )
        sources = tuple(source_of(one) for one in stored["sources"])
        processes = tuple(stored["processes"])
        return cls(processes, dict(stored["settings"]), sources, coefficients)


def _shared(
    shared: Sequence[str],
    sources: Sequence[Source],
    by_process: Mapping[str, Sequence[str]],
) -> set[str]:
    """Return the columns of numbers that have one coefficient for all processes."""
    wanted: set[str] = set()
    for name in [shared] if isinstance(shared, str) else shared:
        of_column = [n for one in sources if one.key == name for n in one.names]
        names = of_column or [name]
        everywhere = all(
            n in by_process[process] for n in names for process in by_process
        )
        if not everywhere or len(by_process) < _MOST:
            raise ParameterError.of(
                name="shared_covariates",
                expected="name covariates of both processes",
                found=repr(name),
            )
        wanted |= set(names)
    return wanted


def _penalties(
    penalty: float | Mapping[str, float], processes: Sequence[str]
) -> dict[str, float]:
    """Return the penalty of each process."""
    given: Any = penalty
    if not hasattr(given, "items"):
        given = dict.fromkeys(processes, penalty)
    for process, value in given.items():
        if process not in processes:
            raise ParameterError.of(
                name="covariate_penalty",
                expected=f"name processes of the model: {', '.join(processes)}",
                found=repr(process),
            )
        if not (np.isfinite(value) and value >= 0):
            raise ParameterError.of(
                name="covariate_penalty",
                expected="be finite and not negative",
                found=repr(value),
            )
    return {process: float(given.get(process, 0.0)) for process in processes}
