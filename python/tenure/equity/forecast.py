"""The forecast: orders, revenue and active customers of the periods to come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import native_frame
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.equity._appraisal import appraise
from tenure.equity._expected import expectations
from tenure.equity._periods_ahead import Ahead
from tenure.equity._settings import Models, Terms, day_of
from tenure.equity._words import money

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from tenure._purchasing import PurchasingModel
    from tenure._typing import Date, Unit
    from tenure.equity._periods_ahead import Step
    from tenure.spend import GammaGamma
    from tenure.transactions import Transactions

__all__ = ["QUANTITIES", "Forecast", "forecast"]

QUANTITIES = ("orders", "value", "active")
"""What is foretold: purchases, what they bring, and customers who make any."""


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """Orders, value and active customers of the periods to come.

    Made by `equity.forecast`.

    Attributes
    ----------
    columns : dict of str to array
        What `to_frame` returns.
    totals : dict of str to (float, float, float)
        Orders and value of all periods together, with their prediction intervals.
    as_of : numpy.datetime64
        The last day known.
    every : str
        How long a period is.
    basis : str
        "margin" or "revenue": what `value` counts. It is not discounted.
    interval : float
        Level of the prediction intervals.
    """

    columns: dict[str, NDArray[Any]]
    totals: dict[str, tuple[float, float, float]]
    as_of: np.datetime64
    every: str
    basis: str
    interval: float
    family: str
    _customers: int = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a period.

        Returns
        -------
        frame
            `start` and `end`, the first and the last day; `new_customers`, as given;
            then for each of `orders`, `value` and `active` (customers with a purchase
            in the period) what is expected, the prediction interval `..._low` and
            `..._high`, and how much of it is of customers known already (`..._known`)
            and of those to come (`..._new`).
        """
        return native_frame(self.columns, family=self.family)

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.columns["start"])

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        return self.columns[column]

    def plot(self, of: str = "value", *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw one quantity by period: `plotting.plot_forecast`."""
        from tenure.plotting import plot_forecast  # noqa: PLC0415

        return plot_forecast(self, of=of, ax=ax, **kwargs)

    def sentences(self) -> list[str]:
        """Return what the numbers say."""
        end = written(self.columns["end"][-1])
        orders, low, high = self.totals["orders"]
        level = f"{100 * self.interval:g} % interval"
        said = [
            f"By {end}, {orders:,.0f} orders are expected{_ends(level, low, high)}."
        ]
        value, low, high = self.totals["value"]
        said.append(
            f"They bring {money(value)} in {self.basis}{_ends(level, low, high)}."
        )
        new = float(self.columns["value_new"].sum())
        if new > 0 and value > 0:
            came = float(self.columns["new_customers"].sum())
            said.append(
                f"{100 * new / value:.0f} % of that is to come from {came:,.0f} "
                "customers who are not there yet."
            )
        elif value > 0:
            said.append(
                "Nothing of it is from customers who are not there yet: say with "
                "`new_customers` how many come."
            )
        if len(self) > 1:
            known = self.columns["value_known"]
            per = known / _days(self.columns)
            if per[0] > 0:
                change = per[-1] / per[0] - 1
                verb = "falls" if change < 0 else "rises"
                how = f"{verb} by {100 * abs(change):.0f} %"
                if abs(change) < 0.005:
                    how = "stays the same"
                said.append(
                    f"What the customers of today bring {how} from the first "
                    f"{self.every} to the last."
                )
        return said

    def _headline(self) -> str:
        return (
            f"Forecast of {counted(len(self), self.every)} from {written(self.as_of)} "
            f"on, for {counted(self._customers, 'customer')}{self._others()}"
        )

    def _others(self) -> str:
        came = float(self.columns["new_customers"].sum())
        return f" and {came:,.0f} to come" if came else ""

    def _table(self) -> tuple[list[str], list[list[str]]]:
        places = list(range(len(self)))
        if len(places) > 13:
            places = places[:12] + places[-1:]
        header = [""]
        for name in QUANTITIES:
            header += [name, "low", "high"]
        rows: list[list[str]] = []
        for place in places:
            row = [written(self.columns["end"][place])]
            for name in QUANTITIES:
                row += [
                    f"{self.columns[f'{name}{end}'][place]:,.0f}"
                    for end in ("", "_low", "_high")
                ]
            rows.append(row)
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), text_table(*self._table()), *self.sentences()]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


def _ends(level: str, low: float, high: float) -> str:
    return f" ({level} {low:,.0f} to {high:,.0f})" if np.isfinite(low) else ""


def _days(columns: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    return (columns["end"] - columns["start"]).astype(np.float64) + 1


def forecast(
    log: Transactions,
    periods: int = 12,
    *,
    every: Step = "month",
    new_customers: ArrayLike | None = None,
    as_of: Date | None = None,
    margin: float | None = None,
    cost_per_order: float = 0.0,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    unit: Unit = "week",
    interval: float = 0.9,
) -> Forecast:
    """Return the orders, the revenue and the active customers to expect.

    Customers who are known are foretold one by one; those to come as many as given,
    evenly over each period. The intervals are for what will happen, not only for what
    is expected: for the uncertainty of the parameters (delta method), and for how
    purchases and their values fall, with parameters as they are. Numbers of new
    customers are taken as means of Poisson counts.

    Parameters
    ----------
    log : Transactions
        A log with amounts.
    periods : int, default 12
        How many periods.
    every : {"month", "day", "week", "quarter", "year"}
        How long a period is; the first one begins on the day after `as_of`.
    new_customers : float or sequence of float, optional
        How many new customers come in a period: one number, or one a period. None come
        if left out.
    as_of : date, optional
        The last day known; by default that of the last event.
    margin : float, optional
        Share of revenue that is earned; without it `value` is revenue.
    cost_per_order : float, default 0
        What an order costs beside the goods.
    buying, spend, unit
        As for `snapshots`. A model that is fitted already is asked as it is.
    interval : float, default 0.9
        Level of the prediction intervals.

    Returns
    -------
    Forecast

    Raises
    ------
    ParameterError
        If a setting is out of its range, or the models cannot be fitted.

    Notes
    -----
    Two things of later periods are approximated. Counts of a period are taken to spread
    as those of the whole time do, relative to their mean. The probability of being
    active in a later period is that in the first, times how much less is expected of
    the customer in the later one. By simulation the first is good to a tenth of a
    percent of the total; see `tests/test_equity_forecast.py`.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.equity.forecast(log, 3, new_customers=100)
    >>> found["end"]
    array(['1998-07-31', '1998-08-31', '1998-09-30'], dtype='datetime64[D]')
    >>> found["orders"].round(), found["orders_new"].round()
    (array([298., 311., 315.]), array([110., 127., 142.]))
    """
    terms = Terms.of(
        horizon=None,
        discount_rate=0.0,
        margin=margin,
        cost_per_order=cost_per_order,
        unit=unit,
        interval=interval,
    )
    day = log.span[1] if as_of is None else day_of(log, as_of, "as_of")
    ahead = Ahead.of(day, periods, every, unit)
    coming = ahead.newcomers(new_customers)
    one = appraise(log, [day], terms, Models.of(buying, spend, refit=False))[0]
    columns: dict[str, NDArray[Any]] = {
        "start": ahead.first_days,
        "end": ahead.last_days,
        "new_customers": coming,
    }
    found, totals = expectations(one, ahead, coming)
    for name in QUANTITIES:
        mean, error = found[name]
        low, high = mean.sum(axis=0) - error, mean.sum(axis=0) + error
        if (mean >= 0).all():
            low = np.maximum(low, 0.0)
        columns |= {
            name: mean.sum(axis=0),
            f"{name}_low": low,
            f"{name}_high": high,
            f"{name}_known": mean[0],
            f"{name}_new": mean[1],
        }
    return Forecast(
        columns=columns,
        totals=totals,
        as_of=day,
        every=every,
        basis=terms.basis,
        interval=terms.interval,
        family=log.family,
        _customers=len(one),
    )
