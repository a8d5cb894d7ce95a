"""Whether customers who buy more often spend more, or less, on each purchase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._customers import Customers
from tenure._frame import native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import html_report, text_table
from tenure._typing import override
from tenure.exceptions import DataError, EmptyDataError
from tenure.rfm.ranking import Order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["SpendIndependence", "spend_independence"]

_WEAK = 0.3
"""A correlation below this explains less than a tenth of the variance."""


def spend_independence(
    data: object,
    *,
    frequency: str = "frequency",
    monetary_value: str = "monetary_value",
    most: int = 7,
    level: float = 0.95,
) -> SpendIndependence:
    """Check that spend has nothing to do with how often customers buy.

    Lifetime value multiplies expected purchases by expected spend, and the Gamma-Gamma
    model takes them as independent. If frequent buyers spend more on each purchase,
    that makes the best customers too little of, and the others too much.

    Parameters
    ----------
    data : Summary or frame
        One row a customer; only those with repeat purchases count.
    frequency, monetary_value : str
        The columns: repeat purchases, and their mean value.
    most : int, default 7
        The last row of the table is for customers with this many repeat purchases or
        more.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    SpendIndependence

    Raises
    ------
    EmptyDataError
        If there are fewer than four customers with repeat purchases.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). RFM and CLV: using iso-value
    curves for customer base analysis. Journal of Marketing Research 42(4), 415-430,
    section "The independence of the monetary value process".
    Bonett, D. G., Wright, T. A. (2000). Sample size requirements for estimating
    Pearson, Kendall and Spearman correlations. Psychometrika 65(1), 23-28.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> found = tn.spend_independence(log.summary(unit="week", as_of="1997-09-30"))
    >>> round(found.correlation, 4)
    0.1139
    """
    check_level(level, name="level")
    names = {"frequency": frequency, "monetary_value": monetary_value}
    customers = Customers.of(data, names, unit=None)
    counts = customers.columns["frequency"].astype(np.float64)
    values = customers.columns["monetary_value"]
    again = counts > 0
    counts, values = counts[again], values[again]
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        row = int(np.flatnonzero(again)[bad.argmax()])
        raise DataError.at(
            monetary_value,
            "be finite and greater than 0 for customers with repeat purchases",
            row=row,
            found=repr(float(customers.columns["monetary_value"][row])),
            count=int(bad.sum()),
        )
    if len(counts) < 4:
        msg = (
            "there are fewer than four customers with repeat purchases, too few for a "
            "correlation"
        )
        raise EmptyDataError(msg)
    return SpendIndependence(counts, values, int(most), float(level), customers.family)


@dataclass(frozen=True, eq=False, repr=False)
class SpendIndependence:
    """Whether spend has to do with how often customers buy.

    Made by `spend_independence`.

    Attributes
    ----------
    frequency, spend : float array
        Repeat purchases and their mean value, of customers with any.
    most : int
        Where the last row of the table begins.
    level : float
        Confidence level.
    family : str
        The kind of frame that `table` returns.
    """

    frequency: NDArray[np.float64]
    spend: NDArray[np.float64]
    most: int
    level: float
    family: str

    @property
    def correlation(self) -> float:
        """Pearson's correlation of frequency and mean spend; NaN if one is constant."""
        return _correlation(self.frequency, self.spend)

    @property
    def rank_correlation(self) -> float:
        """Spearman's correlation, which a few large customers cannot make."""
        ranks = (Order.of(v).midranks() for v in (self.frequency, self.spend))
        return _correlation(*ranks)

    def correlations(self) -> Any:
        """Return both correlations with their intervals, by Fisher's z.

        Columns: `kind`, `correlation`, `lower`, `upper`.
        """
        return native_frame(self._correlations(), family=self.family)

    def _correlations(self) -> dict[str, NDArray[Any]]:
        n, reach = len(self.frequency), normal_quantile(self.level)
        pearson, ranks = self.correlation, self.rank_correlation
        rows = [
            (pearson, *_fisher(pearson, reach / math.sqrt(n - 3))),
            (ranks, *_fisher(ranks, reach * math.sqrt((1 + ranks**2 / 2) / (n - 3)))),
        ]
        table = np.array(rows)
        return {
            "kind": np.array(["pearson", "spearman"], dtype=object),
            "correlation": table[:, 0],
            "lower": table[:, 1],
            "upper": table[:, 2],
        }

    def table(self) -> Any:
        """Return one row a number of repeat purchases.

        Columns: `frequency` (the last one counts more as well), `customers`, `mean`
        spend with its normal interval `lower` and `upper` (NaN for a single customer),
        `median` and `std`.
        """
        return native_frame(self._table(), family=self.family)

    def _table(self) -> dict[str, NDArray[Any]]:
        classes = np.minimum(self.frequency, self.most).astype(np.int64)
        counts = np.unique(classes)
        groups = [self.spend[classes == one] for one in counts]
        sizes = np.array([len(group) for group in groups])
        means = np.array([group.mean() for group in groups])
        spread = np.array(
            [group.std(ddof=1) if len(group) > 1 else np.nan for group in groups]
        )
        reach = normal_quantile(self.level) * spread / np.sqrt(sizes)
        return {
            "frequency": counts,
            "customers": sizes,
            "mean": means,
            "lower": means - reach,
            "upper": means + reach,
            "median": np.array([np.median(group) for group in groups]),
            "std": spread,
        }

    def plot(self, *, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw spend by frequency: `plotting.plot_spend_by_frequency`."""
        from tenure.plotting import plot_spend_by_frequency  # noqa: PLC0415

        return plot_spend_by_frequency(self, ax=ax, **options)

    def verdict(self) -> str:
        """Return in words what this means for lifetime value."""
        found = self._correlations()
        if np.isnan(found["correlation"]).any():
            return "all customers buy as often or spend the same: nothing can be said"
        low, high = float(found["lower"][0]), float(found["upper"][0])
        strongest = float(np.abs(found["correlation"]).max())
        if strongest >= _WEAK:
            how = "more" if found["correlation"][0] > 0 else "less"
            return (
                f"customers who buy often spend {how} on each purchase: the "
                "Gamma-Gamma model, which takes both as independent, is strained here"
            )
        if low <= 0 <= high:
            return "the data don't contradict that spend and frequency are independent"
        return (
            "spend and frequency are related, but so weakly that to take them as "
            "independent does little harm"
        )

    def _headline(self) -> str:
        found = self._correlations()
        rows = zip(
            ("correlation", "by ranks"),
            *(found[name] for name in ("correlation", "lower", "upper")),
            strict=True,
        )
        words = ", ".join(
            f"{name} {value:.3f} [{low:.3f}, {high:.3f}]"
            for name, value, low, high in rows
        )
        return f"Spend and frequency of {len(self.frequency):,} customers: {words}"

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        table = self._table()
        last = len(table["frequency"]) - 1
        rows = [
            [
                f"{count}+" if row == last and count == self.most else f"{count}",
                f"{table['customers'][row]:,}",
                f"{table['mean'][row]:,.2f}",
                f"{table['median'][row]:,.2f}",
            ]
            for row, count in enumerate(table["frequency"])
        ]
        return ["repeat purchases", "customers", "mean spend", "median"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._rows())}\n{self.verdict()}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._rows(), self.verdict())


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    x, y = x - x.mean(), y - y.mean()
    spread = math.sqrt(float(x @ x)) * math.sqrt(float(y @ y))
    return float(x @ y) / spread if spread > 0 else float("nan")


def _fisher(correlation: float, reach: float) -> tuple[float, float]:
    """Return the ends of an interval that is symmetric on Fisher's scale."""
    if not abs(correlation) < 1:
        return correlation, correlation
    z = math.atanh(correlation)
    return math.tanh(z - reach), math.tanh(z + reach)
