"""Where covariates come from: columns of the data as they are, or a formula."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from tenure.exceptions import DataError, ParameterError
from tenure.survival._covariates import Covariate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tenure._frame import Table

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["ColumnSource", "FormulaSource", "Source", "source_of", "sources_of"]


@dataclass(frozen=True)
class ColumnSource:
    """A column: numbers and flags as they are, text as indicators of its categories.

    Attributes
    ----------
    covariate : Covariate
        The column, and the categories that it had in the fit.
    """

    covariate: Covariate

    @classmethod
    def of(cls, table: Table, name: str) -> ColumnSource:
        """Return what becomes of a column of the data."""
        covariate = Covariate.of(table.column(name))
        return cls(covariate)

    @property
    def key(self) -> str:
        """What tells sources apart."""
        return self.covariate.name

    @property
    def names(self) -> tuple[str, ...]:
        """What its columns of numbers are called."""
        return tuple(self.covariate.names)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that it reads."""
        return (self.covariate.name,)

    @property
    def references(self) -> dict[str, str]:
        """What categories are compared with, by column of numbers."""
        if not self.covariate.categories:
            return {}
        return dict.fromkeys(self.names, self.covariate.categories[0])

    def read(self, table: Table) -> list[Floats]:
        """Return its columns of numbers, all of them finite."""
        return _finite(self.covariate, table)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        categories = self.covariate.categories
        return {
            "column": self.covariate.name,
            "categories": None if categories is None else list(categories),
        }


@dataclass(frozen=True)
class FormulaSource:
    """A formula in the language of formulaic, without its constant.

    Attributes
    ----------
    formula : str
        The formula.
    variables : tuple of Covariate
        The columns that it reads, and the categories that they had in the fit.
    names : tuple of str
        What its columns of numbers are called.
    categories : dict of str to list
        The categories of each of its factors.
    transforms : dict
        What its transforms learned from the data of the fit.
    """

    formula: str
    variables: tuple[Covariate, ...]
    names: tuple[str, ...]
    categories: dict[str, list[Any]] = field(repr=False)
    transforms: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, table: Table, formula: str, name: str) -> FormulaSource:
        """Return what becomes of a formula with the data of a fit."""
        formulaic = _formulaic()
        try:
            read = formulaic.Formula(formula)
            needed = sorted(_variables(read) & set(table.names) | _looked_up(read))
        except Exception as error:
            raise ParameterError.of(
                name=name,
                expected="be a formula that formulaic reads",
                found=repr(formula),
            ) from error
        variables = tuple(Covariate.of(table.column(column)) for column in needed)
        frame = _pandas_frame(variables, table)
        matrix = formulaic.model_matrix(formula, frame, na_action="ignore")
        spec = matrix.model_spec
        names = tuple(str(one) for one in matrix.columns if one != "Intercept")
        if len(names) == len(matrix.columns):
            raise ParameterError.of(
                name=name,
                expected="be a formula with its constant, which the model has already",
                found=repr(formula),
            )
        categories = {
            str(factor): _plain(state["categories"])
            for factor, (_, state) in spec.encoder_state.items()
            if "categories" in state
        }
        return cls(formula, variables, names, categories, _plain(spec.transform_state))

    @property
    def key(self) -> str:
        """What tells sources apart."""
        return self.formula

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that it reads."""
        return tuple(one.name for one in self.variables)

    @property
    def references(self) -> dict[str, str]:
        """What categories are compared with, by column of numbers."""
        found: dict[str, str] = {}
        for factor, categories in self.categories.items():
            of_factor = [one for one in self.names if one.startswith(f"{factor}[")]
            missing = [
                str(one) for one in categories if f"{factor}[T.{one}]" not in self.names
            ]
            if len(missing) == 1:
                found |= dict.fromkeys(of_factor, missing[0])
        return found

    def read(self, table: Table) -> list[Floats]:
        """Return its columns of numbers, all of them finite."""
        formulaic = _formulaic()
        from formulaic.errors import DataMismatchWarning  # noqa: PLC0415

        state = {
            factor: (_categorical(), {"categories": list(categories)})
            for factor, categories in self.categories.items()
        }
        spec = formulaic.ModelSpec.from_spec(self.formula).update(
            encoder_state=state, transform_state=self.transforms, na_action="ignore"
        )
        frame = _pandas_frame(self.variables, table)
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            try:
                matrix = spec.get_model_matrix(frame)
            except DataMismatchWarning as error:
                raise ParameterError.of(
                    name="data",
                    expected=f"hold only values that the fit saw of {self.formula!r}",
                    found="others",
                ) from error
        return [
            np.ascontiguousarray(matrix[one], dtype=np.float64) for one in self.names
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "formula": self.formula,
            "variables": [[one.name, one.categories] for one in self.variables],
            "names": list(self.names),
            "categories": self.categories,
            "transforms": self.transforms,
        }


Source: TypeAlias = "ColumnSource | FormulaSource"
"""What a part of the covariates is made from."""


def sources_of(
    table: Table, chosen: str | Sequence[str] | None, name: str
) -> list[Source]:
    """Return the sources of the covariates of one process.

    Parameters
    ----------
    table : Table
        The data of the fit.
    chosen : sequence of str, str or None
        The columns, or a formula; a text that names a column is that column.
    name : str
        The setting that they were given as.
    """
    if chosen is None:
        return []
    if isinstance(chosen, str):
        if chosen in table.names:
            return [ColumnSource.of(table, chosen)]
        return [FormulaSource.of(table, chosen, name)]
    columns = list(chosen)
    twice = [one for i, one in enumerate(columns) if one in columns[:i]]
    if twice:
        raise ParameterError.of(
            name=name, expected="name each column once", found=repr(twice[0])
        )
    return [ColumnSource.of(table, column) for column in columns]


def source_of(stored: Mapping[str, Any]) -> Source:
    """Return the source that `to_dict` wrote."""

    def covariate(name: str, categories: Sequence[str] | None) -> Covariate:
        return Covariate(name, None if categories is None else tuple(categories))

    if "column" in stored:
        return ColumnSource(covariate(stored["column"], stored["categories"]))
    return FormulaSource(
        stored["formula"],
        tuple(covariate(*one) for one in stored["variables"]),
        tuple(stored["names"]),
        dict(stored["categories"]),
        dict(stored["transforms"]),
    )


def _finite(covariate: Covariate, table: Table) -> list[Floats]:
    """Return what becomes of a column, or say where a value is missing."""
    columns = covariate.read(table.column(covariate.name))
    for values in columns:
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(bad.argmax())
            raise DataError.at(
                covariate.name,
                "hold a finite number in every row, as a covariate",
                row=row,
                found="nothing" if np.isnan(values[row]) else repr(float(values[row])),
                count=int(bad.sum()),
                hint="fill in what is missing, or leave these customers out",
            )
    return columns


def _pandas_frame(variables: Sequence[Covariate], table: Table) -> Any:
    """Return the columns that a formula reads as the frame that formulaic reads."""
    import pandas  # noqa: ICN001, PLC0415

    columns: dict[str, Any] = {}
    for one in variables:
        values = _finite(one, table)
        if one.categories is None:
            columns[one.name] = values[0]
        else:
            codes = table.column(one.name).codes()
            labels = np.array([str(label) for label in codes.categories], dtype=object)
            columns[one.name] = labels[codes.values]
    return pandas.DataFrame(columns)


def _variables(formula: Any) -> set[str]:
    """Return all names in a formula, those of functions included."""
    names: set[str] = set()
    for factor in (factor for term in formula for factor in term.factors):
        tree = ast.walk(ast.parse(str(factor.expr), mode="eval"))
        names |= {node.id for node in tree if isinstance(node, ast.Name)}
    return names | {str(name) for name in formula.required_variables}


def _looked_up(formula: Any) -> set[str]:
    """Return the names that must be those of columns."""
    factors = (factor for term in formula for factor in term.factors)
    return {str(one.expr) for one in factors if one.eval_method.value == "lookup"}


def _formulaic() -> Any:
    try:
        import formulaic  # noqa: PLC0415
    except ModuleNotFoundError as error:
        msg = (
            "a formula of covariates needs formulaic; install with "
            "pip install 'tenure[formula]', or name columns in a list"
        )
        raise ImportError(msg) from error
    return formulaic


def _categorical() -> Any:
    from formulaic.parser.types import Factor  # noqa: PLC0415

    return Factor.Kind.CATEGORICAL


def _plain(state: Any) -> Any:
    """Return a formula's state as JSON holds it."""
    if isinstance(state, dict):
        known = cast("dict[Any, Any]", state)
        return {str(name): _plain(value) for name, value in known.items()}
    if isinstance(state, np.ndarray | np.generic):
        return _plain(state.tolist())
    if isinstance(state, list | tuple):
        return [_plain(value) for value in cast("Sequence[Any]", state)]
    return state
