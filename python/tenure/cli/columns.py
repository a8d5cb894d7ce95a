"""Which column says who bought, when, and for how much."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.exceptions import TenureError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Chosen", "ColumnChoiceError", "Wishes", "choose"]

# Usual names, letters and digits only. The first group with a column of the file in it
# decides; two columns in the same group are ambiguous.
_CUSTOMER = (
    {"customerid", "custid", "idcustomer"},
    {"customer", "customerno", "customernumber", "customerkey", "customercode"},
    {"clientid", "userid", "buyerid", "memberid", "accountid", "shopperid"},
    {"client", "user", "buyer", "member", "account", "shopper"},
    {"customeremail", "email", "customername"},
)
_TIME = (
    {
        *("orderdate", "ordertime", "orderdatetime", "ordertimestamp", "orderts"),
        *("purchasedate", "purchasetime", "purchasetimestamp", "purchasedat"),
        *("invoicedate", "invoicetime", "invoicetimestamp", "invoicets"),
        *("transactiondate", "transactiontime", "transactiontimestamp"),
        *("orderedat", "saledate", "salesdate"),
    },
    {"date", "datetime", "timestamp", "time", "day", "ts"},
    {"createdat", "created", "createddate", "paidat"},
)
_AMOUNT = (
    {
        *("amount", "orderamount", "purchaseamount", "invoiceamount"),
        *("transactionamount", "totalamount", "netamount", "revenue", "netrevenue"),
        *("ordertotal", "ordervalue", "totalprice", "purchasevalue", "spend"),
        *("transactionvalue", "invoicetotal", "invoicevalue", "totalrevenue"),
    },
    {"sales", "total", "value", "turnover", "paid"},
)
_PRICE = ({"price", "unitprice", "itemprice", "priceperunit"},)
_QUANTITY = ({"quantity", "qty", "units", "pieces", "count"},)

_SHOWN = 30


class ColumnChoiceError(TenureError):
    """A column was named that is not there, or none could be chosen.

    Attributes
    ----------
    option : str
        The option that names it.
    columns : tuple of str
        The columns that there are.
    """

    option: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, option: str, what: str, columns: Sequence[str]) -> ColumnChoiceError:
        """Say what is wrong, and which columns there are."""
        listed = ", ".join(map(repr, columns[:_SHOWN])) or "none"
        if len(columns) > _SHOWN:
            listed += f" and {len(columns) - _SHOWN} more"
        error = cls(f"{what}\n\nColumns: {listed}")
        error.option, error.columns = option, tuple(columns)
        return error


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """The columns that were named on the command line; None where none was."""

    customer: str | None = None
    time: str | None = None
    amount: str | None = None
    price: str | None = None
    quantity: str | None = None
    order: str | None = None
    product: str | None = None
    no_amount: bool = False


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The columns to read.

    Attributes
    ----------
    customer, time : str
        Who and when.
    amount : str or None
        For how much; None if that is price times quantity, or not known.
    price, quantity : str or None
        Factors of the amount; quantity may be None where there is only a price.
    order, product : str or None
        Order ids, and what was bought.
    found : tuple of (str, str)
        What was chosen without being named: the option and the column.
    """

    customer: str
    time: str
    amount: str | None
    price: str | None
    quantity: str | None
    order: str | None
    product: str | None
    found: tuple[tuple[str, str], ...]

    @property
    def numbers(self) -> list[str]:
        """The columns that hold numbers."""
        names = (self.amount, self.price, self.quantity)
        return [name for name in names if name is not None]

    @property
    def texts(self) -> list[str]:
        """The columns that hold ids and times."""
        names = (self.customer, self.time, self.order, self.product)
        return [name for name in names if name is not None]


def choose(columns: Sequence[str], wishes: Wishes) -> Chosen:
    """Return the columns that were named, and of the others those with usual names.

    Raises
    ------
    ColumnChoiceError
        If a named column is not there, or nobody can tell which one is meant.
    """
    found: list[tuple[str, str]] = []

    def pick(
        option: str, wish: str | None, groups: tuple[set[str], ...], what: str = ""
    ) -> str | None:
        if wish is not None:
            return _named(option, wish, columns)
        column = _usual(option, groups, columns)
        if column is not None:
            found.append((option, column))
        elif what:
            words = f"no column is named as if it said {what}; name it with --{option}"
            raise ColumnChoiceError.of(option, words, columns)
        return column

    customer = pick("customer", wishes.customer, _CUSTOMER, "who bought")
    time = pick("time", wishes.time, _TIME, "when")
    amount = price = quantity = None
    if not wishes.no_amount:
        if wishes.price is None and wishes.quantity is None:
            amount = pick("amount", wishes.amount, _AMOUNT)
        if amount is None:
            price = pick("price", wishes.price, _PRICE)
        if price is not None:
            quantity = pick("quantity", wishes.quantity, _QUANTITY)
    order, product = (
        None if wish is None else _named(option, wish, columns)
        for option, wish in (("order", wishes.order), ("product", wishes.product))
    )
    assert customer is not None  # noqa: S101
    assert time is not None  # noqa: S101
    return Chosen(
        customer=customer,
        time=time,
        amount=amount,
        price=price,
        quantity=quantity,
        order=order,
        product=product,
        found=tuple(found),
    )


def _named(option: str, wish: str, columns: Sequence[str]) -> str:
    if wish in columns:
        return wish
    close = [one for one in columns if one.lower() == wish.lower()]
    close = close or difflib.get_close_matches(wish, columns, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise ColumnChoiceError.of(option, f"--{option}: no column {wish!r}{hint}", columns)


def _usual(
    option: str, groups: tuple[set[str], ...], columns: Sequence[str]
) -> str | None:
    for group in groups:
        fitting = [one for one in columns if re.sub(r"[\W_]", "", one).lower() in group]
        if len(fitting) > 1:
            which = " or ".join(map(repr, fitting))
            what = f"which column is meant, {which}? Name it with --{option}"
            raise ColumnChoiceError.of(option, what, columns)
        if fitting:
            return fitting[0]
    return None
