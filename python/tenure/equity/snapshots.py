"""Snapshots: what the customers were worth at each date, by what was known then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.equity._appraisal import appraise
from tenure.equity._settings import Models, Terms, dates_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Dates, Unit
    from tenure._units import Horizon
    from tenure.equity._appraisal import Appraisal
    from tenure.history import Period
    from tenure.spend import GammaGamma
    from tenure.transactions import Transactions

__all__ = ["Snapshots", "snapshots"]


@dataclass(frozen=True, eq=False, repr=False)
class Snapshots:
    """What the customers of a log were worth at several dates.

    Made by `equity.snapshots`. Each date knows only what had happened by then.

    Attributes
    ----------
    columns : dict of str to array
        What `to_frame` returns.
    refit : bool
        Whether the models were fitted at each date, or at the first one only.
    basis : str
        "margin" or "revenue": what a value counts.
    horizon : float
        How far ahead values look, in `unit`; infinite for all time to come.
    discount_rate : float
        Share by which money shrinks over a year.
    unit : str
        What the models' ages are measured in.
    interval : float
        Confidence level of the intervals, for the uncertainty of the parameters.
    family : str
        The kind of frame that results come back as.
    """

    columns: dict[str, NDArray[Any]]
    refit: bool
    basis: str
    horizon: float
    discount_rate: float
    unit: str
    interval: float
    family: str
    _terms: Terms = field(repr=False)
    _appraisals: tuple[Appraisal, ...] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a date.

        Returns
        -------
        frame
            `as_of`; `customers` who had bought by then; `new_customers`: those of them
            who came since the date before; `alive`: how many of all are expected to be
            customers still, with `alive_low` and `alive_high`; `equity`: the sum of
            what they are worth, with `equity_low` and `equity_high`; `mean`, `median`
            and `p90` of that over customers; `new_mean`: the mean over those who came
            since the date before; `newcomer`: what a customer about to buy for the
            first time would be worth, that purchase included; `converged`: whether the
            fits were good.
        """
        return native_frame(self.columns, family=self.family)

    def customers(self) -> Any:
        """Return one row a date and customer who had bought by then.

        Returns
        -------
        frame
            `as_of`, `customer_id`, `probability_alive` and `value`.
        """
        parts = self._appraisals
        sizes = [len(one) for one in parts]
        columns: dict[str, NDArray[Any]] = {
            "as_of": np.repeat(self.columns["as_of"], sizes),
            "customer_id": np.concatenate([one.summary.customer_id for one in parts]),
            "probability_alive": np.concatenate([one.alive for one in parts]),
            "value": np.concatenate([one.value for one in parts]),
        }
        return native_frame(columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of dates."""
        return len(self.columns["as_of"])

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        return self.columns[column]

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw the equity date by date: `plotting.plot_equity`."""
        from tenure.plotting import plot_equity  # noqa: PLC0415

        return plot_equity(self, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        found = self.columns
        last = -1
        said = [
            (
                f"On {written(found['as_of'][last])} the "
                f"{counted(int(found['customers'][last]), 'customer')} known were "
                f"worth {found['equity'][last]:,.2f} in {self.basis} over "
                f"{self._terms.ahead}"
                f"{self._between(last)}, {found['mean'][last]:,.2f} each on average."
            )
        ]
        if len(self) > 1:
            change = found["equity"][last] - found["equity"][0]
            verb = "more" if change >= 0 else "less"
            first = written(found["as_of"][0])
            each = found["mean"][last] - found["mean"][0]
            how = "more" if each >= 0 else "less"
            said.append(
                f"That is {abs(change):,.2f} {verb} than on {first}; a customer is "
                f"worth {abs(each):,.2f} {how} on average."
            )
        return said

    def _between(self, place: int) -> str:
        low, high = self.columns["equity_low"][place], self.columns["equity_high"]
        if not np.isfinite(low):
            return ""
        level = f"{100 * self.interval:g} % interval"
        return f" ({level} {low:,.2f} to {high[place]:,.2f})"

    def _headline(self) -> str:
        how = "fitted at each date" if self.refit else "held from the first date on"
        return (
            f"Customer equity ({self.basis} over {self._terms.ahead}) at "
            f"{counted(len(self), 'date')}; models {how}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        names = ("customers", "alive", "equity", "mean", "median", "p90", "newcomer")
        digits = (0, 0, 2, 2, 2, 2, 2)
        rows = [
            [
                written(day),
                *(
                    f"{self.columns[name][place]:,.{places}f}"
                    for name, places in zip(names, digits, strict=True)
                ),
            ]
            for place, day in enumerate(self.columns["as_of"])
        ]
        return ["", *names], rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), text_table(*self._table()), *self.sentences()]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def snapshots(
    log: Transactions,
    dates: Dates | Period = "quarter",
    *,
    horizon: Horizon | None = "12 months",
    discount_rate: float = 0.10,
    margin: float | None = None,
    cost_per_order: float = 0.0,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    refit: bool = True,
    unit: Unit = "week",
    interval: float = 0.9,
) -> Snapshots:
    """Return what the customers were worth at each date, by what was known then.

    Customer equity is the sum over the customers of what each will bring from the date
    on (Rust, Lemon, Zeithaml 2004). A date sees only the orders up to its end, and the
    refunds made by then: later rows change nothing about it.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    dates : sequence of dates, or {"quarter", "week", "month", "year"}
        The last days known, ascending; or the ends of the periods within the log.
    horizon : float, str or None, default "12 months"
        How far to look ahead from each date: a number in `unit`, a text with a unit,
        or None for all the time to come.
    discount_rate : float, default 0.10
        Share by which money shrinks over a year.
    margin : float, optional
        Share of revenue that is earned; without it values are revenue.
    cost_per_order : float, default 0
        What an order costs beside the goods.
    buying : PurchasingModel, optional
        The model of buying that copies are fitted of; `BGNBD()` by default.
    spend : GammaGamma or float, optional
        The model of spend, or one value for every purchase; `GammaGamma()` by default,
        and the mean value of all purchases where it cannot be fitted.
    refit : bool, default True
        Whether models are fitted at each date. If not, those of the first date are
        held, so that nothing but the customers changes; a model that is fitted
        already is held as it is.
    unit : str, default "week"
        What ages are measured in.
    interval : float, default 0.9
        Confidence level of the intervals, for the uncertainty of the parameters (delta
        method); NaN where the fits have no standard errors.

    Returns
    -------
    Snapshots

    Raises
    ------
    ParameterError
        If the log has no amounts, the dates do not ascend, or models cannot be fitted
        by one of them.
    EmptyDataError
        If nobody had bought by a date.

    See Also
    --------
    bridge : What made equity change from date to date.
    scorecard : How well the value at a date turned out.

    References
    ----------
    Rust, R. T., Lemon, K. N., Zeithaml, V. A. (2004). Return on marketing: using
    customer equity to focus marketing strategy. Journal of Marketing 68(1), 109-127.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.equity.snapshots(log, ["1997-09-30", "1998-06-30"], margin=0.3)
    >>> found["customers"], found["equity"].round(-3)
    (array([2357, 2357]), array([22000., 21000.]))
    >>> print(found.sentences()[1])
    That is ... less than on 1997-09-30; a customer is worth 0.46 less on average.
    """
    terms = Terms.of(
        horizon=horizon,
        discount_rate=discount_rate,
        margin=margin,
        cost_per_order=cost_per_order,
        unit=unit,
        interval=interval,
    )
    models = Models.of(buying, spend, refit=refit)
    found = appraise(log, dates_of(log, dates), terms, models)
    return Snapshots(
        columns=_columns(log, found),
        refit=refit,
        basis=terms.basis,
        horizon=terms.horizon,
        discount_rate=terms.discount_rate,
        unit=unit,
        interval=terms.interval,
        family=log.family,
        _terms=terms,
        _appraisals=tuple(found),
    )


def _columns(log: Transactions, found: Sequence[Appraisal]) -> dict[str, NDArray[Any]]:
    firsts = log.times[log.offsets[:-1]].astype("datetime64[D]")
    rows: list[dict[str, Any]] = []
    since: np.datetime64 | None = None
    for one in found:
        who = np.searchsorted(log.customers, one.summary.customer_id)
        new = np.full(len(one), fill_value=since is None) | (
            firsts[who] > (one.as_of if since is None else since)
        )
        rows.append(_row(one, new))
        since = one.as_of
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _row(one: Appraisal, new: NDArray[np.bool_]) -> dict[str, Any]:
    value, alive = one.value, float(one.alive.sum())
    total, reach = float(value.sum()), float(one.value_reach()[0])
    alive_reach = float(one.alive_reach()[0])
    low, high = alive - alive_reach, alive + alive_reach
    return {
        "as_of": one.as_of,
        "customers": len(one),
        "new_customers": int(new.sum()),
        "alive": alive,
        "alive_low": low if np.isnan(low) else max(low, 0.0),
        "alive_high": high if np.isnan(high) else min(high, float(len(one))),
        "equity": total,
        "equity_low": total - reach,
        "equity_high": total + reach,
        "mean": total / len(one),
        "median": float(np.median(value)),
        "p90": float(np.quantile(value, 0.9)),
        "new_mean": float(value[new].mean()) if new.any() else np.nan,
        "newcomer": one.newcomer().total,
        "converged": one.converged,
    }
