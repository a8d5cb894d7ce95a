"""The bridge of customer equity: what made it change from one date to the next."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Categories, native_frame
from tenure._intervals import check_level
from tenure._report import counted, html_report, text_table, written
from tenure._typing import override
from tenure.equity._appraisal import appraise
from tenure.equity._settings import Models, Terms, dates_of, length_between

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

    Floats = NDArray[np.float64]

__all__ = ["STEPS", "Bridge", "bridge"]

STEPS = (
    "opening",
    "discount unwinding",
    "horizon moved on",
    "realised",
    "lost",
    "behaviour",
    "new customers",
    "parameters",
    "closing",
)
"""The steps from the equity of one date to that of the next, in their order."""

_SHARED = STEPS[1:6]
"""The steps of customers who were known at the first of two dates."""


@dataclass(frozen=True, eq=False, repr=False)
class Bridge:
    """What made customer equity change from each date to the next.

    Made by `equity.bridge`. The steps add up: opening plus all between is closing, and
    closing is the opening of the next pair of dates. They are, in this order:

    opening
        What the customers of the first date were worth then.
    discount unwinding
        The future came nearer: interest on what was not paid yet.
    horizon moved on
        Values look ahead from the second date, so as much time as passed is looked at
        anew. Nothing where the horizon has no end.
    realised
        What customers of the first date brought since, which is not to come any more:
        taken off.
    lost
        Customers who were likelier customers than not at the first date (a probability
        of at least `lost_below`) and are not at the second: what they brought and are
        still worth, less what was expected of both.
    behaviour
        The same for all others of the first date: more than expected, or less.
    new customers
        What those who came since are worth, by the models of the first date.

    Parameters
    ----------
        All customers of the second date by its models, less by those of the first.
    closing
        What the customers of the second date are worth then.

    If the models are right, "lost" and "behaviour" together are 0 on average.

    Attributes
    ----------
    dates : tuple of numpy.datetime64
        The dates, ascending.
    steps : float64 array, shape (dates - 1, 9)
        The amounts of `STEPS`, one row a pair of dates.
    counts : int64 array, shape (dates - 1, 9)
        How many customers each step is about.
    opening_interval, closing_interval : float64 array, shape (dates - 1, 2)
        Intervals of both ends for the uncertainty of the parameters; NaN where fits
        have no standard errors.
    expected, new_earned : float64 array
        What customers of the first date were expected to bring until the second,
        beside `realised`; and what new customers brought, which is in no step.
    lost_below : float
        The probability of being a customer below which one counts as lost.
    basis : str
        "margin" or "revenue": what a value counts.
    interval : float
        Confidence level of the intervals.
    """

    dates: tuple[np.datetime64, ...]
    steps: Floats
    counts: NDArray[np.int64]
    opening_interval: Floats
    closing_interval: Floats
    expected: Floats
    new_earned: Floats
    lost_below: float
    basis: str
    interval: float
    family: str
    _terms: Terms = field(repr=False)
    _customers: tuple[dict[str, NDArray[Any]], ...] = field(repr=False)

    def to_frame(self) -> Any:
        """Return one row a pair of dates and step.

        Returns
        -------
        frame
            `date_from`, `date_to`, `step`, `amount`, `customers` (how many the step is
            about), and for opening and closing the interval `low`, `high`.
        """
        pairs, size = map(int, self.steps.shape)
        low, high = (np.full(self.steps.shape, np.nan) for _ in range(2))
        for place, ends in ((0, self.opening_interval), (-1, self.closing_interval)):
            low[:, place], high[:, place] = ends.T
        days = np.array(self.dates)
        columns: dict[str, Any] = {
            "date_from": np.repeat(days[:-1], size),
            "date_to": np.repeat(days[1:], size),
            "step": Categories(np.arange(pairs * size) % size, STEPS),
            "amount": self.steps.ravel(),
            "customers": self.counts.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
        return native_frame(columns, family=self.family)

    def customers(self, pair: int = -1) -> Any:
        """Return what each customer has to do with the bridge of a pair of dates.

        Parameters
        ----------
        pair : int, default -1
            Which pair of neighbouring dates, from 0; -1 is the last.

        Returns
        -------
        frame
            One row a customer of the second date: `customer_id`, then the steps, each
            adding up to that of the bridge, and `is_new`, `is_lost`.
        """
        columns = self._customers[pair]
        return native_frame(columns, family=self.family, index="customer_id")

    def amount(self, step: str, pair: int = -1) -> float:
        """Return the amount of one step."""
        return float(self.steps[pair, STEPS.index(step)])

    def __len__(self) -> int:
        """Return the number of pairs of dates."""
        return len(self.steps)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """Draw one pair of dates as a waterfall: `plotting.plot_equity_bridge`."""
        from tenure.plotting import plot_equity_bridge  # noqa: PLC0415

        return plot_equity_bridge(self, ax=ax, **kwargs)

    def sentences(self, pair: int = -1) -> list[str]:
        """Return what the numbers of a pair of dates say."""
        place = range(len(self))[pair]
        first, last = (written(self.dates[place + k]) for k in (0, 1))
        amounts = dict(zip(STEPS, self.steps[place].tolist(), strict=True))
        change = amounts["closing"] - amounts["opening"]
        verb = "rose" if change >= 0 else "fell"
        realised, expected = -amounts["realised"], float(self.expected[place])
        more = "more" if realised >= expected else "less"
        drivers = {name: amounts[name] for name in STEPS[4:8]}
        most = max(drivers, key=lambda name: abs(drivers[name]))
        effect = "added" if drivers[most] >= 0 else "took off"
        new = int(self.counts[place, STEPS.index("new customers")])
        return [
            (
                f"From {first} to {last} customer equity {verb} by {abs(change):,.2f}, "
                f"from {amounts['opening']:,.2f} to {amounts['closing']:,.2f}."
            ),
            (
                f"The customers of {first} brought {realised:,.2f} in {self.basis}, "
                f"{abs(realised - expected):,.2f} {more} than expected; "
                f"{counted(new, 'new customer')} came."
            ),
            (
                f"Of what nobody could foresee, {_NAMES[most]} mattered most: "
                f"it {effect} {abs(drivers[most]):,.2f}."
            ),
        ]

    def _headline(self) -> str:
        return (
            f"Bridge of customer equity ({self.basis} over {self._terms.ahead}) over "
            f"{counted(len(self.dates), 'date')}"
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = ["", *(f"to {written(day)}" for day in self.dates[1:])]
        rows = [
            [name, *(f"{amount:,.2f}" for amount in self.steps[:, place])]
            for place, name in enumerate(STEPS)
        ]
        return header, rows

    @override
    def __repr__(self) -> str:
        parts = [self._headline(), text_table(*self._table()), *self.sentences()]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table(), " ".join(self.sentences()))


_NAMES = {
    "lost": "the loss of customers",
    "behaviour": "the behaviour of the customers who stayed",
    "new customers": "the arrival of new customers",
    "parameters": "a change of the models' parameters",
}


def bridge(
    log: Transactions,
    dates: Dates | Period = "quarter",
    *,
    lost_below: float = 0.5,
    horizon: Horizon | None = "12 months",
    discount_rate: float = 0.10,
    margin: float | None = None,
    cost_per_order: float = 0.0,
    buying: PurchasingModel | None = None,
    spend: GammaGamma | float | None = None,
    refit: bool = True,
    unit: Unit = "week",
    interval: float = 0.9,
) -> Bridge:
    r"""Return what made customer equity change from each date to the next.

    For customers known at the first date :math:`a`, with :math:`V` their value then,
    :math:`V_x` that of the time up to the second date :math:`b` alone, :math:`V_y`
    that of the time up to the end of the horizon as seen from :math:`b`, :math:`M` the
    undiscounted margin expected until :math:`b` and :math:`g` what a unit of money
    grows to until then:

    .. math::

        V + \underbrace{(V - V_x)(g - 1) + M - V_x}_{\text{discount unwinding}}
        + \underbrace{(V_y - V) g}_{\text{horizon moved on}} - M = (V_y - V_x) g

    which is what the models expect these customers to be worth at :math:`b`. What they
    are worth there by the same models, and what they brought, differ from that: these
    are "lost" and "behaviour". `Bridge` says what each step is.

    Parameters
    ----------
    log, dates, horizon, discount_rate, margin, cost_per_order, buying, spend, refit, \
unit, interval
        As for `snapshots`; there must be two dates at least.
    lost_below : float, default 0.5
        Who is a customer with a lower probability than this counts as lost.

    Returns
    -------
    Bridge

    Raises
    ------
    ParameterError, EmptyDataError
        As `snapshots`.

    See Also
    --------
    snapshots : The values themselves, date by date.

    Examples
    --------
    >>> import tenure as tn
    >>> orders = tn.datasets.load_cdnow(family="numpy")
    >>> log = tn.Transactions(orders, amount="amount")
    >>> found = tn.equity.bridge(log, ["1997-09-30", "1998-06-30"], margin=0.3)
    >>> print(found.sentences()[0])
    From 1997-09-30 to 1998-06-30 customer equity fell by 1,081.65, from ...
    >>> between = found.steps[0, :-1].sum()
    >>> bool(abs(between - found.amount("closing")) < 0.005)
    True
    """
    terms = Terms.of(
        horizon=horizon,
        discount_rate=discount_rate,
        margin=margin,
        cost_per_order=cost_per_order,
        unit=unit,
        interval=interval,
    )
    check_level(lost_below, name="lost_below")
    models = Models.of(buying, spend, refit=refit)
    days = dates_of(log, dates, least=2)
    found = appraise(log, days, terms, models)
    pairs = [
        _Pair.of(before, after, lost_below)
        for before, after in itertools.pairwise(found)
    ]
    ends = np.array([_interval(one) for one in found])
    return Bridge(
        dates=tuple(days),
        steps=np.array([one.amounts for one in pairs]),
        counts=np.array([one.counts for one in pairs]),
        opening_interval=ends[:-1],
        closing_interval=ends[1:],
        expected=np.array([one.expected for one in pairs]),
        new_earned=np.array([one.new_earned for one in pairs]),
        lost_below=float(lost_below),
        basis=terms.basis,
        interval=terms.interval,
        family=log.family,
        _terms=terms,
        _customers=tuple(one.columns for one in pairs),
    )


def _interval(one: Appraisal) -> tuple[float, float]:
    total, reach = float(one.value.sum()), float(one.value_reach()[0])
    return total - reach, total + reach


@dataclass(frozen=True, eq=False)
class _Pair:
    """The steps of a pair of dates, in all and customer by customer."""

    columns: dict[str, NDArray[Any]]
    expected: float
    new_earned: float

    @classmethod
    def of(cls, before: Appraisal, after: Appraisal, lost_below: float) -> _Pair:
        ids = after.summary.customer_id
        places = np.searchsorted(ids, before.summary.customer_id)
        valued = after.by_models_of(before)
        steps = {name: np.zeros(len(after)) for name in STEPS}
        expected = _of_the_same(before, valued, places, steps, lost_below)
        new = np.ones(len(after), dtype=np.bool_)
        new[places] = False
        steps["new customers"][new] = valued.value[new]
        steps["parameters"] = after.value - valued.value
        steps["closing"] = after.value
        lost = np.zeros(len(after), dtype=np.bool_)
        lost[places] = _lost(before, valued, places, lost_below)
        columns = {"customer_id": ids, **steps, "is_new": new, "is_lost": lost}
        return cls(columns, expected, float(after.earned[new].sum()))

    @property
    def amounts(self) -> list[float]:
        return [float(self.columns[name].sum()) for name in STEPS]

    @property
    def counts(self) -> list[int]:
        new, lost = self.columns["is_new"], self.columns["is_lost"]
        everybody, newcomers, gone = len(new), int(new.sum()), int(lost.sum())
        known = everybody - newcomers
        rest = [gone, known - gone, newcomers, everybody, everybody]
        return [known, known, known, known, *rest]


def _of_the_same(
    before: Appraisal,
    valued: Appraisal,
    places: NDArray[np.intp],
    steps: dict[str, Floats],
    lost_below: float,
) -> float:
    """Fill in the steps of those known at both dates; return what they should bring."""
    terms = before.terms
    length = length_between(before.as_of, valued.as_of, terms.unit)
    rate, growth = terms.discount_rate, terms.growth(length)
    value = before.value
    until = before.worth(length, rate)
    further = before.worth(terms.horizon + length, rate)
    expected = before.worth(length, 0.0)
    came = valued.earned[places] - before.earned
    now = valued.value[places]
    surprise = (came - expected) + (now - (further - until) * growth)
    lost = _lost(before, valued, places, lost_below)
    parts = (
        (value - until) * (growth - 1) + (expected - until),
        (further - value) * growth,
        -came,
        np.where(lost, surprise, 0.0),
        np.where(lost, 0.0, surprise),
    )
    steps["opening"][places] = value
    for name, part in zip(_SHARED, parts, strict=True):
        steps[name][places] = part
    return float(expected.sum())


def _lost(
    before: Appraisal, valued: Appraisal, places: Sequence[int] | Any, below: float
) -> NDArray[np.bool_]:
    """Return who was a customer at the first date, and is not at the second."""
    return (before.alive >= below) & (valued.alive[places] < below)
