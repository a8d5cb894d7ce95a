"""Where a budget goes: by incremental value per cost, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._frame import Table, native_frame
from tenure._intervals import check_level, normal_quantile
from tenure._report import counted, html_report, text_table
from tenure._typing import override
from tenure.campaigns._knapsack import Problem, chosen, regret
from tenure.campaigns._stats import stats_module
from tenure.campaigns.effect import CLAIMS, shown
from tenure.exceptions import DataError, EmptyDataError, ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Allocation", "Prior", "allocate"]

Prior: TypeAlias = "Literal['flat', 'shared'] | tuple[float, float]"
"""What is believed of effects before the data: see `allocate`."""


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """Which options a budget goes to, what that brings, and how sure it is.

    Made by `allocate`.

    Attributes
    ----------
    columns : dict of str to array
        One row an option, from the best value per cost to the worst; see `to_frame`.
    budget, spent : float
        The budget, and how much of it is worth spending.
    value, value_low, value_high : float
        The expected net value of the plan, and its interval.
    worth : float
        How likely the plan as a whole brings more than it costs.
    regret : float
        How much more the best plan would bring on average, if the effects were known:
        what another experiment could be worth at most. Of options that are funded
        whole it is a bound from above.
    prior : str
        What was believed of the effects before, in words.
    level : float
        Confidence level of the intervals.
    family : str
        The kind of frame that results come back as.
    """

    columns: dict[str, NDArray[Any]]
    budget: float
    spent: float
    value: float
    value_low: float
    value_high: float
    worth: float
    regret: float
    prior: str
    level: float
    family: str
    claim: str = field(default=f"{CLAIMS['randomised']}, if the effects are")

    def __getitem__(self, column: str) -> NDArray[Any]:
        """Return a column as an array."""
        return self.columns[column]

    def to_frame(self) -> Any:
        """Return one row an option.

        Returns
        -------
        frame
            `option`, its `group`, `size` (customers) and `cost` of one of them;
            `effect`, `low` and `high`, the incremental value of one with the prior
            taken in; `value_per_cost`; `probability` that a customer brings more than
            they cost; `funded` (the share of the customers), `spent` and `net_value`.
        """
        return native_frame(self.columns, family=self.family)

    def plot(self, *, ax: Any = None) -> Any:
        """Draw value against cost; see `plotting.plot_allocation`."""
        from tenure.plotting.campaigns import plot_allocation  # noqa: PLC0415

        return plot_allocation(self, ax=ax)

    def _headline(self) -> str:
        funded = int((self["funded"] > 0).sum())
        plan = (
            f"{self.spent:,.2f} of {self.budget:,.2f} on "
            f"{counted(funded, 'option')}: net value {self.value:,.2f} "
            f"({100 * self.level:g} % interval {self.value_low:,.2f} to "
            f"{self.value_high:,.2f}), worth its cost with probability "
            f"{self.worth:.2f}"
        )
        belief = f"prior: {self.prior}; expected regret {self.regret:,.2f}"
        return f"{self.claim}\n{plan}\n{belief}"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        c = self.columns
        rows = [
            [
                str(name),
                f"{c['size'][k]:,.10g}",
                shown(float(c["cost"][k])),
                shown(float(c["effect"][k])),
                f"[{shown(float(c['low'][k]))}, {shown(float(c['high'][k]))}]",
                f"{c['value_per_cost'][k]:.2f}",
                f"{c['probability'][k]:.2f}",
                f"{100 * c['funded'][k]:.0f} %",
                f"{c['net_value'][k]:,.2f}",
            ]
            for k, name in enumerate(c["option"].tolist())
        ]
        header = ["", "size", "cost", "effect", "interval", "value / cost"]
        return [*header, "P(worth it)", "funded", "net value"], rows

    @override
    def __repr__(self) -> str:
        return f"{self._headline()}\n{text_table(*self._table())}"

    def _repr_html_(self) -> str:
        return html_report(self._headline(), *self._table())


def allocate(
    options: object,
    *,
    budget: float,
    option: str = "option",
    effect: str = "effect",
    std_error: str = "std_error",
    cost: str = "cost",
    size: str = "size",
    group: str | None = None,
    prior: Prior = "flat",
    divisible: bool = True,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Allocation:
    """Spend a budget where a customer brings most beyond what they cost.

    Parameters
    ----------
    options : frame
        One row an option: an arm, or an arm for a segment of customers.
    budget : float
        What may be spent.
    option, effect, std_error, cost, size : str
        The columns with its name, the incremental value of one customer (margin, before
        the campaign's cost) and its standard error, the cost of one customer, and how
        many customers there are.
    group : str, optional
        The column with the segment: options of one segment share its customers, so that
        at most one of them (or parts that make one) is funded.
    prior : {"flat", "shared"} or (float, float)
        What is believed of the effects before the data. "flat": nothing, all effects
        are as likely. "shared": they are normal around a common mean, both learned from
        the options (DerSimonian and Laird 1986), which takes the luck out of the best.
        A pair: normal with this mean and standard deviation.
    divisible : bool
        Whether part of an option's customers can be funded.
    draws, seed : int
        For the regret: how many times effects are drawn from what is believed of them.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    Allocation

    Notes
    -----
    The fractional or 0-1 knapsack problem, solved by scipy (HiGHS). Effects are taken
    as independent of each other and normal.

    Examples
    --------
    >>> import tenure as tn
    >>> options = {
    ...     "option": ["mail", "call"],
    ...     "effect": [3.0, 9.0],
    ...     "std_error": [0.5, 4.0],
    ...     "cost": [1.0, 8.0],
    ...     "size": [1000, 500],
    ... }
    >>> plan = tn.campaigns.allocate(options, budget=2000)
    >>> plan["option"], plan["funded"], plan.value
    (array(['mail', 'call'], dtype=object), array([1.  , 0.25]), 2125.0)
    """
    check_level(level, name="level")
    if not (np.isfinite(budget) and budget >= 0):
        raise ParameterError.of(
            name="budget", expected="be finite and at least 0", found=repr(budget)
        )
    table = Table.of(options)
    if not table.n_rows:
        raise EmptyDataError.of(what="there is no option to spend on")
    names = _names(table, option)
    segments = None if group is None else _names(table, group)
    mean = _numbers(table, effect, least=-np.inf)
    error = _numbers(table, std_error, least=0.0)
    price = _numbers(table, cost, least=0.0, more=True)
    count = _numbers(table, size, least=0.0)
    mean, error, words = _posterior(mean, error, prior)
    problem = Problem(
        net=count * (mean - price),
        cost=count * price,
        groups=_codes(segments, len(mean)),
        budget=float(budget),
        divisible=divisible,
    )
    funded = chosen(problem)
    value = float(funded @ problem.net)
    spread = float(np.sqrt(((funded * count * error) ** 2).sum()))
    random = np.random.default_rng(seed)
    drawn = mean + error * random.standard_normal((max(int(draws), 1), len(mean)))
    normal = stats_module("scipy.stats").norm
    reach = normal_quantile(level) * error
    order = np.argsort(-mean / price, kind="stable")
    columns: dict[str, NDArray[Any]] = {
        "option": names,
        **({} if segments is None else {"group": segments}),
        "size": count,
        "cost": price,
        "effect": mean,
        "low": mean - reach,
        "high": mean + reach,
        "value_per_cost": mean / price,
        "probability": _above(normal, mean - price, error),
        "funded": funded,
        "spent": funded * problem.cost,
        "net_value": funded * problem.net + 0.0,  # none is 0, not -0
    }
    return Allocation(
        columns={name: values[order] for name, values in columns.items()},
        budget=float(budget),
        spent=float(funded @ problem.cost),
        value=value,
        value_low=value - normal_quantile(level) * spread,
        value_high=value + normal_quantile(level) * spread,
        worth=float(_above(normal, np.array([value]), np.array([spread]))[0]),
        regret=regret(problem, count * (drawn - price), funded),
        prior=words,
        level=level,
        family=table.family,
    )


def _above(
    normal: Any, mean: NDArray[np.float64], error: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how likely a normal number is above 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(error > 0, mean / error, np.sign(mean) * np.inf)
    return np.asarray(np.where(np.isnan(z), 0.0, normal.cdf(z)), dtype=np.float64)


def _posterior(
    mean: NDArray[np.float64], error: NDArray[np.float64], prior: Prior
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Return mean and standard deviation of each effect, and the prior in words."""
    if isinstance(prior, str):
        if prior == "flat":
            return mean, error, "flat, nothing was believed before"
        if prior != "shared":
            raise ParameterError.of(
                name="prior",
                expected="be 'flat', 'shared' or a mean and a standard deviation",
                found=repr(prior),
            )
        if len(mean) < 3 or (error <= 0).any():
            raise ParameterError.of(
                name="prior",
                expected="be 'flat' or a pair with fewer than 3 options or without "
                "standard errors",
                found=repr(prior),
            )
        centre, spread = _shared(mean, error)
        words = f"normal around {centre:,.4g} with deviation {spread:,.4g}, learned"
    else:
        centre, spread = _pair(prior)
        words = f"normal around {centre:,.4g} with deviation {spread:,.4g}, given"
    if spread == 0:
        return np.full(len(mean), centre), np.zeros(len(mean)), words
    weight = spread**2 / (spread**2 + error**2)
    return weight * mean + (1 - weight) * centre, np.sqrt(weight) * error, words


def _pair(prior: Any) -> tuple[float, float]:
    try:
        centre, spread = (float(one) for one in prior)
    except (TypeError, ValueError):
        centre, spread = np.nan, np.nan
    if np.isfinite(centre) and np.isfinite(spread) and spread > 0:
        return centre, spread
    raise ParameterError.of(
        name="prior",
        expected="be 'flat', 'shared' or a mean and a standard deviation above 0",
        found=repr(prior),
    )


def _shared(
    mean: NDArray[np.float64], error: NDArray[np.float64]
) -> tuple[float, float]:
    """Return mean and spread of the true effects (DerSimonian and Laird)."""
    weight = 1 / error**2
    centre = float(weight @ mean / weight.sum())
    excess = float(weight @ (mean - centre) ** 2) - (len(mean) - 1)
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    variance = max(excess / scale, 0.0)
    weight = 1 / (error**2 + variance)
    return float(weight @ mean / weight.sum()), float(np.sqrt(variance))


def _names(table: Table, column: str) -> NDArray[Any]:
    codes = table.codes(column)
    missing = codes.values < 0
    if missing.any():
        raise DataError.at(
            column,
            "name every option",
            row=int(missing.argmax()),
            found="nothing",
            count=int(missing.sum()),
        )
    return codes.categories[codes.values]


def _codes(names: NDArray[Any] | None, count: int) -> NDArray[np.int64]:
    """Return a number for each segment; of its own for each option without any."""
    if names is None:
        return np.arange(count)
    place = {name: code for code, name in enumerate(dict.fromkeys(names.tolist()))}
    return np.array([place[name] for name in names.tolist()], dtype=np.int64)


def _numbers(
    table: Table, column: str, *, least: float, more: bool = False
) -> NDArray[np.float64]:
    values = table.numbers(column).values
    bad = ~np.isfinite(values) | ((values <= least) if more else (values < least))
    if bad.any():
        row = int(bad.argmax())
        bound = "" if least == -np.inf else " and at least 0"
        bound = " and greater than 0" if more else bound
        raise DataError.at(
            column,
            f"be finite{bound}",
            row=row,
            found=repr(float(values[row])),
            count=int(bad.sum()),
        )
    return np.asarray(values, dtype=np.float64)
