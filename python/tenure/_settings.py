"""Settings and storage as scikit-learn's rules have them, for every estimator."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

__all__ = ["FORMAT", "Configured", "Settings"]

FORMAT = 1
"""Version of the JSON form."""


class Settings:
    """Something whose constructor only stores its arguments under their names."""

    @classmethod
    def _settings(cls) -> tuple[str, ...]:
        return tuple(inspect.signature(cls).parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002
        """Return the settings by name; `deep` is scikit-learn's and changes nothing."""
        return {name: getattr(self, name) for name in self._settings()}

    def set_params(self, **settings: Any) -> Self:
        """Change settings; returns the model."""
        for name, value in settings.items():
            if name not in self._settings():
                raise ParameterError.of(
                    name="set_params",
                    expected=f"name settings of {type(self).__name__}: "
                    + ", ".join(self._settings()),
                    found=repr(name),
                )
            setattr(self, name, value)
        return self

    def _constructor(self) -> str:
        """Return the call that makes such a model, for `repr`."""
        settings = ", ".join(f"{k}={v!r}" for k, v in self.get_params().items())
        return f"{type(self).__name__}({settings})"


class Configured(Settings, ABC):
    """Something whose constructor only stores settings, and that JSON can hold."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return settings and what was learned as numbers and texts."""

    @classmethod
    @abstractmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Return what `to_dict` wrote."""

    @classmethod
    def _check_stored(cls, stored: Mapping[str, Any]) -> None:
        """Pass if a dictionary holds one of this class."""
        if stored.get("model") != cls.__name__ or stored.get("format") != FORMAT:
            raise ParameterError.of(
                name="stored",
                expected=f"hold a {cls.__name__} in format {FORMAT}",
                found=f"{stored.get('model')} in format {stored.get('format')}",
            )

    def save(self, path: str | Path) -> None:
        """Write the model to a JSON file."""
        text = json.dumps(self.to_dict(), indent=2, allow_nan=False)
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text + "\n")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that `save` wrote."""
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return cls.from_dict(json.load(file))

    def __copy__(self) -> Self:
        """Copy with the training data, which nothing can change."""
        copy = type(self).__new__(type(self))
        vars(copy).update(vars(self))
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy as `copy.copy` does: all that is learned is read-only."""
        return self.__copy__()
