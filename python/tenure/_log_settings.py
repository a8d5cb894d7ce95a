"""Which columns of a log are read, and by which rules rows become purchases."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

__all__ = ["LogSettings"]


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """The arguments of `Transactions`, where they are explained."""

    customer: str
    time: str
    amount: str | None = None
    order: str | None = None
    product: str | None = None
    attributes: tuple[str, ...] = ()
    time_format: str | None = None
    time_unit: str | None = None
    tz: str | None = None
    merge: str | None = "day"
    refunds: str = "net"
    duplicates: str = "keep"

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The columns that are read as identifiers, each once."""
        names = (self.customer, self.order, self.product, *self.attributes)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read, each once."""
        names = (*self.identifiers, self.time, self.amount)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def clock(self) -> dict[str, str | None]:
        """How times are read."""
        return {
            "time_format": self.time_format,
            "time_unit": self.time_unit,
            "tz": self.tz,
        }

    @property
    def rules(self) -> tuple[str | None, str, str]:
        """How rows become purchases: `merge`, `refunds` and `duplicates`."""
        return self.merge, self.refunds, self.duplicates

    @property
    def is_plain(self) -> bool:
        """Whether nothing is read of a row but customer, time and amount."""
        others = self.order is None and self.product is None and not self.attributes
        return others and self.merge != "order"

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values, ready for JSON."""
        return asdict(self) | {"attributes": list(self.attributes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the settings that `to_dict` has written down."""
        arguments: dict[str, Any] = {**values}
        arguments["attributes"] = tuple(values["attributes"])
        return cls(**arguments)
