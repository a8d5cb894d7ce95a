"""Parameters that a fit is told: those to hold at a value, and where to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["parameters_named"]


def parameters_named(
    given: Mapping[str, float] | None, what: str, names: Collection[str]
) -> dict[str, float]:
    """Return values by name, or say which name is none of the model's.

    Parameters
    ----------
    given : mapping of str to float, or None
        What the user gave.
    what : {"fixed", "start"}
        What it is for; a parameter at least must be left that is not fixed.
    names : collection of str
        The parameters that there are.

    Examples
    --------
    >>> parameters_named({"a": 1}, "fixed", ("a", "b"))
    {'a': 1.0}
    """
    values = {name: float(value) for name, value in (given or {}).items()}
    for name in values:
        if name not in names:
            raise ParameterError.of(
                name=what,
                expected="name parameters of the model: " + ", ".join(names),
                found=repr(name),
            )
    if what == "fixed" and len(values) == len(names):
        raise ParameterError.of(
            name=what,
            expected="leave a parameter to be estimated",
            found=", ".join(values),
            hint="from_params makes a model of which all parameters are known",
        )
    return values
