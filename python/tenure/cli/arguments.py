"""What can be said on the command line."""

from __future__ import annotations

import argparse
from typing import get_args

from tenure._core import VERSION
from tenure._typing import DuplicateRule, Merge, RefundRule, Unit

__all__ = ["parser"]

_EXAMPLE = """\
example:
  tenure report orders.csv --out customers.html --csv customers.csv --currency EUR

Columns that are not named are looked for by their usual names; standard error says
which were taken.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="tenure", description="Customer lifetime value from a log of orders."
    )
    top.add_argument("--version", action="version", version=f"tenure {VERSION}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    report = commands.add_parser(
        "report",
        help="write one HTML page about the customers of a log",
        description="Write one self-contained HTML page about the customers of a log.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument(
        "source", help="CSV (also gzipped) or Parquet file; - for standard input"
    )
    _files(report.add_argument_group("files"))
    _columns(report.add_argument_group("columns"))
    _rules(report.add_argument_group("how the log is read"))
    _page(report.add_argument_group("what is computed"))
    return top


def _files(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--out", default="customers.html", metavar="FILE", help="the page; %(default)s")
    add("--csv", metavar="FILE", help="also write a table with one row a customer")
    add("--title", default="Customer report", help="heading of the page")
    add("--encoding", default="utf-8", help="of a CSV; %(default)s")
    add("--delimiter", help="of a CSV; found from its first line by default")
    add("--quiet", action="store_true", help="say nothing but errors")


def _columns(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--customer", metavar="COLUMN", help="who bought")
    add("--time", metavar="COLUMN", help="when")
    add("--amount", metavar="COLUMN", help="for how much")
    add("--price", metavar="COLUMN", help="for how much apiece; with --quantity")
    add("--quantity", metavar="COLUMN", help="how many pieces; with --price")
    add("--no-amount", action="store_true", help="leave money out")
    add("--order", metavar="COLUMN", help="order ids, for --merge order")
    add("--product", metavar="COLUMN", help="what was bought, for the page on products")


def _rules(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    merges = [*get_args(Merge), "none"]
    add(
        "--time-format",
        metavar="FORMAT",
        help="of times that are not ISO: '%%d/%%m/%%Y'",
    )
    add("--time-unit", metavar="UNIT", help="of times that are numbers: 's', 'ms', 'D'")
    add("--tz", metavar="ZONE", help="where days are cut, such as Europe/Berlin")
    add("--merge", choices=merges, default="day", help="rows that are one purchase")
    add(
        "--refunds",
        choices=get_args(RefundRule),
        default="net",
        help="negative amounts",
    )
    add(
        "--duplicates",
        choices=get_args(DuplicateRule),
        default="keep",
        help="equal rows",
    )


def _page(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--as-of", metavar="DATE", help="last day observed; that of the last event")
    add("--unit", choices=get_args(Unit), default="week", help="of ages; %(default)s")
    add(
        "--calibration-end", metavar="DATE", help="last day that the check is fitted to"
    )
    add("--holdout", type=float, default=0.25, help="share of days held out otherwise")
    add("--horizon", type=_horizon, default="12 months", help="how far to look ahead")
    add("--discount-rate", type=float, default=0.10, help="a year; %(default)s")
    add("--margin", type=float, help="share of revenue that is earned")
    add("--interval", type=float, default=0.9, help="confidence level; %(default)s")
    add("--currency", default="", help="written after amounts, such as EUR")
    add(
        "--no-audit",
        dest="audit",
        action="store_false",
        help="leave out periods, cohorts, the whole base and products",
    )


def _horizon(text: str) -> str | float:
    """Return a number where there is no unit."""
    try:
        return float(text)
    except ValueError:
        return text
