"""One self-contained page about the customers of a log.

The steps: `analysis` computes everything, `sections` puts it into words and pictures,
`html` into markup, `customers` into a table, and `files` writes both at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tenure._report import counted
from tenure._typing import override
from tenure.plotting._style import detached
from tenure.reporting import sections
from tenure.reporting.analysis import Analysis, analyse
from tenure.reporting.customers import customer_columns, write_customers
from tenure.reporting.files import whole_files
from tenure.reporting.html import Html, page, tag
from tenure.reporting.progress import Progress
from tenure.reporting.settings import Settings

if TYPE_CHECKING:
    import os

    from tenure._typing import Date, Unit
    from tenure.transactions import Transactions

__all__ = ["Report", "report"]

_CONTENTS = {
    "glance": "At a glance",
    "data": "Buying so far",
    "models": "Models",
    "checks": "Checks",
    "alive": "Who is still there",
    "value": "Value",
    "scores": "Scores",
    "segments": "Segments",
    "concentration": "Best customers",
    "between": "How customers differ",
    "periods": "Period to period",
    "cohort": "One cohort",
    "cohorts": "Cohorts",
    "base": "The whole base",
    "products": "Products",
    "method": "Method",
}


@dataclass(frozen=True, repr=False)
class Report:
    """Where a report was written, and the numbers in it.

    Attributes
    ----------
    path : Path
        The page.
    csv : Path or None
        The table of customers.
    analysis : Analysis
        Everything that the page says: `base`, `forecast` with its models and values,
        `check`, and `problems`: what could not be done, in words.
    """

    path: Path
    csv: Path | None
    analysis: Analysis

    @override
    def __repr__(self) -> str:
        lines = [f"Report of {counted(self.analysis.base.customers, 'customer')}"]
        lines += [f"  {path}" for path in (self.path, self.csv) if path is not None]
        for problem in self.analysis.problems.values():
            lines.append(f"  not done: {problem.splitlines()[0]}")
        return "\n".join(lines)


def report(
    log: Transactions,
    path: str | os.PathLike[str],
    *,
    as_of: Date | None = None,
    unit: Unit = "week",
    calibration_end: Date | None = None,
    holdout: float = 0.25,
    horizon: str | float = "12 months",
    discount_rate: float = 0.10,
    margin: float | None = None,
    interval: float = 0.9,
    currency: str = "",
    title: str = "Customer report",
    audit: bool = True,
    csv: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Report:
    """Write one self-contained HTML page about the customers of a log.

    The page shows how customers buy, fits models of buying (BG/NBD) and of spending
    (Gamma-Gamma), checks them on the last part of the log, and says who is still a
    customer, what all of them are worth and who is worth most. It loads nothing from
    anywhere, and prints. Where the log has no amounts, or too little to fit a model to,
    the page says so and shows the rest. The same log gives the same page.

    Parameters
    ----------
    log : Transactions
        The log.
    path : str or path
        Where to write the page.
    as_of : date, optional
        The last day observed; by default that of the last event.
    unit : {"week", "day", "hour", "month", "quarter", "year"}
        What ages are measured in.
    calibration_end : date, optional
        The last day of the part that the check is fitted to; what comes later is the
        holdout. By default the last quarter of the days, see `holdout`.
    holdout : float, default 0.25
        The share of the days that is held out where `calibration_end` is not given.
    horizon : str or float, default "12 months"
        How far to look ahead: a text with a unit, or a number in `unit`.
    discount_rate : float, default 0.10
        Share by which money shrinks over a year.
    margin : float, optional
        Share of revenue that is earned; without it values are revenue.
    interval : float, default 0.9
        Confidence level of intervals.
    currency : str, optional
        Written after amounts, such as "USD".
    title : str, default "Customer report"
        The heading of the page.
    audit : bool, default True
        Whether to add the pages of the customer-base audit: how customers differ, what
        changed from period to period, cohorts, the whole base and products; see
        `audit`.
    csv : str or path, optional
        Where to write a table with one row a customer: dates, frequency, recency, T,
        monetary value, probability of being alive, expected purchases, expected spend,
        value and its interval.
    progress : bool, optional
        Whether to show on standard error what is being done; by default after two
        seconds, in a terminal or a notebook.

    Returns
    -------
    Report
        Where it was written, and the numbers in it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ParameterError
        If a setting is out of its range.
    EmptyDataError
        If nobody had bought by `as_of`.
    OSError
        If a file cannot be written. Files are written in full or not at all.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> tn.report(log, "customers.html", csv="customers.csv")  # doctest: +SKIP
    Report of 2,357 customers
      customers.html
      customers.csv
    """
    settings = Settings(
        as_of=as_of,
        unit=unit,
        calibration_end=calibration_end,
        holdout=holdout,
        horizon=horizon,
        discount_rate=discount_rate,
        margin=margin,
        interval=interval,
        currency=currency,
        title=title,
        audit=audit,
    )
    targets = [Path(one) for one in (path, csv) if one is not None]
    with Progress("report", show=progress) as watched, detached():
        analysis = analyse(log, settings, watched)
        watched.step("drawing")
        html = _page(analysis)
        watched.step("writing")
        with whole_files(*targets) as files:
            files[0].write(html)
            for file in files[1:]:
                write_customers(file, customer_columns(analysis))
    return Report(targets[0], targets[1] if csv is not None else None, analysis)


def _page(analysis: Analysis) -> Html:
    found = [
        sections.glance(analysis),
        sections.data(analysis),
        sections.models(analysis),
        sections.checks(analysis),
        sections.alive(analysis),
        sections.value(analysis),
        sections.scores(analysis),
        sections.segments(analysis),
        sections.concentration(analysis),
        sections.between(analysis),
        sections.periods(analysis),
        sections.cohort(analysis),
        sections.cohorts(analysis),
        sections.base(analysis),
        sections.products(analysis),
        sections.method(analysis),
    ]
    entries = zip(_CONTENTS.items(), found, strict=True)
    links = [
        tag("li", tag("a", words, href=f"#{name}"))
        for (name, words), section in entries
        if section is not None
    ]
    title, base = analysis.settings.title, analysis.base
    header = tag(
        "header",
        tag("h1", title),
        tag("p", f"As of {base.last_day}", class_="small"),
        tag("nav", tag("ul", *links), aria_label="Contents"),
    )
    main = tag("main", *[section for section in found if section is not None])
    return page(title, [header, main])
