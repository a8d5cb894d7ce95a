"""The command `tenure report`: read, choose columns, group, write."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tenure._frame import Table
from tenure.cli.columns import Chosen, Wishes, choose
from tenure.cli.tables import open_table
from tenure.reporting import report as write_report
from tenure.reporting.progress import Progress
from tenure.transactions import Transactions

if TYPE_CHECKING:
    import argparse

__all__ = ["report"]


def report(options: argparse.Namespace) -> int:
    """Write the report that the options ask for, and say where it is."""
    with Progress("tenure", show=False if options.quiet else None) as progress:
        progress.step(f"reading {options.source}")
        table = open_table(
            options.source, encoding=options.encoding, delimiter=options.delimiter
        )
        wishes = {name: getattr(options, name) for name in Wishes.__dataclass_fields__}
        chosen = choose(table.names, Wishes(**wishes))
        frame = table.read(chosen.texts, chosen.numbers)
        progress.step("grouping by customer and day")
        log = _log(frame, chosen, options)
    if not options.quiet:
        _say(_choice(chosen, no_amount=options.no_amount))
    written = write_report(
        log,
        options.out,
        csv=options.csv,
        title=options.title,
        as_of=options.as_of,
        unit=options.unit,
        calibration_end=options.calibration_end,
        holdout=options.holdout,
        horizon=options.horizon,
        discount_rate=options.discount_rate,
        margin=options.margin,
        interval=options.interval,
        currency=options.currency,
        audit=options.audit,
        progress=False if options.quiet else None,
    )
    if not options.quiet:
        _say(repr(log))
        for path in (written.path, written.csv):
            if path is not None:
                sys.stdout.write(f"wrote {path}\n")
    return 0


def _log(frame: Any, chosen: Chosen, options: argparse.Namespace) -> Transactions:
    amount = chosen.amount
    if chosen.price is not None:
        amount = chosen.price
        if chosen.quantity is not None:
            amount = f"{chosen.price} x {chosen.quantity}"
            frame = _with_product(frame, chosen, amount)
    return Transactions(
        frame,
        customer=chosen.customer,
        time=chosen.time,
        amount=amount,
        order=chosen.order,
        product=chosen.product,
        time_format=options.time_format,
        time_unit=options.time_unit,
        tz=options.tz,
        merge=None if options.merge == "none" else options.merge,
        refunds=options.refunds,
        duplicates=options.duplicates,
    )


def _with_product(frame: Any, chosen: Chosen, name: str) -> dict[str, Any]:
    """Return the columns that are needed, and price times quantity."""
    assert chosen.price is not None  # noqa: S101
    assert chosen.quantity is not None  # noqa: S101
    table = Table.of(frame)
    price, quantity = (
        table.numbers(one).values for one in (chosen.price, chosen.quantity)
    )
    return {one: frame[one] for one in chosen.texts} | {name: price * quantity}


def _choice(chosen: Chosen, *, no_amount: bool) -> str:
    """Say which columns were taken without being named."""
    lines = [f"{option}: column {column!r}" for option, column in chosen.found]
    if not chosen.numbers and not no_amount:
        lines.append("no column of amounts found: money is left out; see --amount")
    return "\n".join(lines)


def _say(text: str) -> None:
    if text:
        sys.stderr.write(f"{text}\n")
