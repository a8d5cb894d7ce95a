"""Customers drawn at random from the models, with the truth behind them."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tenure import _core
from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure._time import civil_microseconds
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from tenure._family import Family
    from tenure._typing import Date

__all__ = [
    "DAY",
    "FIXED_UNITS",
    "checked_seed",
    "customer_count",
    "midnight",
    "order_times",
    "simulate_bg_nbd",
    "simulate_gamma_gamma",
    "simulate_orders",
]

DAY = 86_400_000_000  # microseconds
FIXED_UNITS: dict[str, float] = {"hour": DAY / 24, "day": DAY, "week": 7 * DAY}
"""Units that are always as long, in microseconds."""


def simulate_bg_nbd(
    n: int,
    *,
    r: float,
    alpha: float,
    a: float,
    b: float,
    T: float | ArrayLike,
    seed: int,
    family: Family | None = None,
) -> Any:
    """Draw customers from the BG/NBD model, and say what is true of each.

    While alive, a customer buys at a rate drawn from a gamma distribution with shape
    `r` and inverse scale `alpha`; after each repeat purchase the customer drops out
    with a probability drawn from a beta distribution with parameters `a` and `b`.

    Parameters
    ----------
    n : int
        How many customers.
    r : float
        Shape of the purchase rates: small means customers differ widely.
    alpha : float
        Inverse scale of the purchase rates, in the unit of `T`: `r / alpha` is the mean
        rate while alive.
    a, b : float
        `a / (a + b)` is the mean probability of dropping out after a repeat purchase;
        the larger the sum, the more alike the customers.
    T : float or array
        Age at the end of observation: one for all, or one a customer.
    seed : int
        The same seed gives the same customers, on any number of threads. Asking for
        more of them leaves the first ones unchanged.
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; "numpy" is a dictionary of arrays. The default is
        the first of pandas, polars and "numpy" that is installed.

    Returns
    -------
    frame
        One row a customer: what is seen (`customer_id`, `frequency`, `recency`, `T`),
        and the truth (`purchase_rate`, `dropout_probability`, and `alive`: whether the
        customer has not dropped out by `T`).

    Raises
    ------
    ParameterError
        If an argument is out of its range, or if more than 1e9 purchases are to draw.
    DataError
        If an age is negative, infinite or missing.

    See Also
    --------
    tenure.BGNBD.simulate : the same customers from a model; every model has it.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing
    Science 24(2).

    Examples
    --------
    >>> import tenure as tn
    >>> truth = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> drawn = tn.datasets.simulate_bg_nbd(1000, **truth, T=39.0, seed=1)
    >>> drawn[["frequency", "recency", "T", "alive"]].head(3)
       frequency    recency     T  alive
    0          0   0.000000  39.0   True
    1          2  15.478252  39.0   True
    2          0   0.000000  39.0   True
    """
    count = customer_count(n)
    ages = _one_each("T", T, count)
    x, t_x, rate, dropout, _, alive = _core.simulate_customers(
        "BGNBD", [r, alpha, a, b], ages, checked_seed(seed)
    )
    columns = {
        "customer_id": np.arange(1, count + 1),
        "frequency": x,
        "recency": t_x,
        "T": ages,
        "purchase_rate": rate,
        "dropout_probability": dropout,
        "alive": alive,
    }
    return native_frame(columns, family=family_or_default(family))


def simulate_gamma_gamma(
    frequency: ArrayLike, *, p: float, q: float, gamma: float, seed: int
) -> NDArray[np.float64]:
    """Draw the mean value of each customer's purchases from the Gamma-Gamma model.

    The values of a customer's purchases have a gamma distribution with shape `p` and a
    rate that differs between customers, drawn from a gamma distribution with shape `q`
    and rate `gamma`.

    Parameters
    ----------
    frequency : array
        How many purchases each customer made; whole numbers.
    p : float
        Shape of one customer's values: large means that they are much alike.
    q : float
        Shape of the customers' rates: small means that customers differ widely. The
        mean over customers, `p * gamma / (q - 1)`, exists if `q` is above 1.
    gamma : float
        Rate of the customers' rates, in money.
    seed : int
        The same seed gives the same values, on any number of threads.

    Returns
    -------
    ndarray
        Mean value a customer; 0 where the frequency is 0.

    Raises
    ------
    ParameterError
        If a parameter is not positive, or so small that values leave the range of
        floating-point numbers.
    DataError
        If a frequency is no whole number of at least 0.

    References
    ----------
    Fader and Hardie (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> import tenure as tn
    >>> spend = {"p": 6.25, "q": 3.74, "gamma": 15.44}
    >>> tn.datasets.simulate_gamma_gamma([3, 0, 1], **spend, seed=1).round(2)
    array([26.12,  0.  , 13.94])
    """
    counts = np.ascontiguousarray(frequency, dtype=np.float64)
    if counts.ndim != 1:
        raise ParameterError.of(
            name="frequency",
            expected="be one number a customer",
            found=f"an array of {counts.ndim} dimensions",
        )
    return _core.simulate_mean_spend([p, q, gamma], counts, checked_seed(seed))


def simulate_orders(
    n: int,
    *,
    r: float,
    alpha: float,
    a: float,
    b: float,
    p: float,
    q: float,
    gamma: float,
    start: Date,
    end: Date,
    seed: int,
    acquired_until: Date | None = None,
    unit: Literal["hour", "day", "week"] = "week",
    family: Family | None = None,
) -> Any:
    """Draw an order log: customers who come, buy for a while, and stay away.

    Customers come at random times between `start` and `acquired_until`, each with a
    first order. What follows are purchases of the BG/NBD model until `end`, and every
    order has a value of the Gamma-Gamma model.

    Parameters
    ----------
    n : int
        How many customers.
    r, alpha, a, b : float
        Parameters of buying, see `simulate_bg_nbd`; `alpha` in the unit of `unit`.
    p, q, gamma : float
        Parameters of spend, see `simulate_gamma_gamma`.
    start, end : str, date or datetime64
        The first and the last day of the log, both of them whole days.
    seed : int
        The same seed gives the same log, on any number of threads.
    acquired_until : str, date or datetime64, optional
        The last day on which a new customer comes; the default is `end`.
    unit : {"hour", "day", "week"}, default "week"
        The unit of time that `alpha` is in.
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as, see `simulate_bg_nbd`.

    Returns
    -------
    frame
        One row an order, in the order of time: `customer_id` (1 to `n`), `date` (the
        time, to the microsecond) and `amount`.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or if more than 1e9 purchases are to draw.

    Notes
    -----
    `Transactions` merges the orders of one day into one purchase, so a fit to the log
    finds slightly fewer purchases than were drawn; `merge=None` keeps them all.

    Examples
    --------
    >>> import tenure as tn
    >>> truth = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    >>> spend = {"p": 6.25, "q": 3.74, "gamma": 15.44}
    >>> window = {"start": "2024-01-01", "end": "2025-12-31"}
    >>> log = tn.datasets.simulate_orders(1000, **truth, **spend, **window, seed=1)
    >>> log.head(3)
       customer_id                       date     amount
    0          659 2024-01-02 00:18:57.904480  33.195989
    1          529 2024-01-02 21:08:30.981025   7.823617
    2          634 2024-01-02 22:03:12.823975  15.269422
    >>> len(log)
    2222
    """
    count, seed = customer_count(n), checked_seed(seed)
    if unit not in FIXED_UNITS:
        choices = ", ".join(FIXED_UNITS)
        raise ParameterError.of(
            name="unit", expected=f"be one of {choices}", found=repr(unit)
        )
    first, closing, last = _window(start, acquired_until, end)
    length = FIXED_UNITS[unit]
    arrivals = _core.simulate_arrivals(np.full(count, (closing - first) / length), seed)
    ages = (last - first) / length - arrivals
    repeats, ages_at = _core.simulate_purchases("BGNBD", [r, alpha, a, b], ages, seed)
    orders = repeats + 1
    amounts = _core.simulate_order_values([p, q, gamma], orders.astype(np.uint64), seed)
    times = order_times(arrivals, orders, ages_at)
    # rounding must not carry an order past the last microsecond
    instants = first + np.minimum((times * length).astype(np.int64), last - first - 1)
    by_time = np.argsort(instants, kind="stable")
    columns = {
        "customer_id": np.repeat(np.arange(1, count + 1), orders)[by_time],
        "date": instants[by_time].astype("datetime64[us]"),
        "amount": amounts[by_time],
    }
    return native_frame(columns, family=family_or_default(family))


def order_times(
    arrivals: NDArray[np.float64],
    orders: NDArray[np.int64],
    ages_at_repeats: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the time of every order: a customer's arrival, then what follows it."""
    times = np.repeat(arrivals, orders)
    is_repeat = np.ones(len(times), dtype=np.bool_)
    is_repeat[np.cumsum(orders) - orders] = False
    times[is_repeat] += ages_at_repeats
    return times


def _window(
    start: Date, acquired_until: Date | None, end: Date
) -> tuple[int, int, int]:
    """Return when the log begins, closes to new customers and ends, in microseconds."""
    first = midnight("start", start)
    last = midnight("end", end) + DAY
    if last <= first:
        raise ParameterError.of(
            name="end", expected=f"not be before {start}", found=str(end)
        )
    if acquired_until is None:
        return first, last, last
    closing = midnight("acquired_until", acquired_until) + DAY
    if not first < closing <= last:
        raise ParameterError.of(
            name="acquired_until",
            expected=f"lie between {start} and {end}",
            found=str(acquired_until),
        )
    return first, closing, last


def customer_count(n: int, *, name: str = "n") -> int:
    """Return a number of customers."""
    if isinstance(n, bool) or not hasattr(n, "__index__") or operator.index(n) < 1:
        raise ParameterError.of(
            name, expected="be a whole number of at least 1", found=repr(n)
        )
    return operator.index(n)


def checked_seed(seed: int) -> int:
    """Return a seed that fits into 64 bits."""
    if hasattr(seed, "__index__") and 0 <= operator.index(seed) < 2**64:
        return operator.index(seed)
    raise ParameterError.of(
        name="seed", expected="be a whole number from 0 to 2**64 - 1", found=repr(seed)
    )


def _one_each(name: str, value: float | ArrayLike, count: int) -> NDArray[np.float64]:
    """Return one number a customer."""
    numbers = np.asarray(value, dtype=np.float64)
    if numbers.shape not in {(), (count,)}:
        raise ParameterError.of(
            name,
            f"be one number, or one for each of the {count} customers",
            found=f"an array of shape {numbers.shape}",
        )
    return np.ascontiguousarray(np.broadcast_to(numbers, (count,)))


def midnight(name: str, day: Date) -> int:
    """Return the beginning of a day, in microseconds."""
    instant, _ = civil_microseconds(day, name=name)
    return math.floor(instant / DAY) * DAY
