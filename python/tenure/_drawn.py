"""Customers drawn at random from a model of repeat buying."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from tenure import _core
from tenure._buying import newcomers, triple
from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure._heterogeneity import mixing_laws
from tenure._prospects import Prospects
from tenure._simulate import (
    DAY,
    FIXED_UNITS,
    checked_seed,
    customer_count,
    midnight,
    order_times,
)
from tenure._units import in_units, plural
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure._family import Family
    from tenure._typing import Date
    from tenure._units import Horizon

__all__ = ["Drawn"]

_MOST_DRAWS = 10_000


class Drawn(Prospects):
    """A model of repeat buying that customers can be drawn from."""

    _waits: ClassVar[str | None] = None
    """What the sum of the logarithms of times between purchases is called, if used."""

    def simulate(
        self,
        customers: int,
        *,
        T: Horizon,
        covariates: object = None,
        orders: bool = False,
        as_of: Date | None = None,
        seed: int = 0,
        family: Family | None = None,
    ) -> Any:
        """Draw new customers from the model, and what they buy while observed.

        What a customer is like is drawn first, from the laws that customers differ by;
        then purchase follows purchase, and leaving, as the model has it.

        Parameters
        ----------
        customers : int
            How many.
        T : float, str or array
            How long each is observed from the first purchase on: a number in the
            model's unit of time, a text such as "12 months", or one number a customer.
        covariates : frame, optional
            For a model with covariates, those of the customers: one row for each, or
            one for all.
        orders : bool, default False
            Return all purchases instead of a row a customer.
        as_of : str, date or datetime64, optional
            With `orders`, the last day observed: then orders have dates. The model's
            unit must be "hour", "day" or "week".
        seed : int, default 0
            The same seed draws the same customers, on any number of threads. Asking for
            more of them leaves the first ones unchanged; so does a longer `T`, which
            only shows more of their lives.
        family : {"pandas", "polars", "pyarrow", "numpy"}, optional
            What the table is returned as; "numpy" is a dictionary of arrays. The
            default is that of the training data, "numpy" if there are none.

        Returns
        -------
        frame
            One row a customer: what is seen (`customer_id`, `frequency`, `recency`,
            `T`), as `fit` takes it, and the truth: the columns of `expected_rates`, and
            `alive`, whether the customer is still alive at `T`. (`BGCNBD` and
            `MBGCNBD` have `log_intervals` too, which k is chosen by, and for a rate of
            purchases that of their clock, which is k times as fast.)

            With `orders` one row a purchase, the first of each customer included:
            `customer_id` and `age`, the time since the first, by customer; with `as_of`
            `customer_id` and `date`, in the order of time, as `Transactions` takes it.
            First purchases are dated to noon, so that a `T` of whole days is what a
            summary of the log says.

        Raises
        ------
        ParameterError
            If an argument is out of its range, or if more than 1e9 purchases are to
            draw.
        DataError
            If a `T` is negative, infinite or missing, or (for a model of opportunities)
            not a whole number.

        See Also
        --------
        simulate_future : what known customers do next.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.ParetoNBD.from_params(
        ...     r=0.553, alpha=10.578, s=0.606, beta=11.669, unit="week"
        ... )
        >>> drawn = model.simulate(3, T=39, seed=4)
        >>> drawn["frequency"], drawn["alive"]
        (array([2, 0, 0]), array([False,  True,  True]))
        >>> log = model.simulate(3, T=39, orders=True, as_of="2025-12-31", seed=4)
        >>> log["customer_id"], log["date"].min()
        (array([1, 2, 3, 1, 1]), np.datetime64('2025-04-02T12:00:00.000000'))
        """
        count = customer_count(customers, name="customers")
        ages = in_units(T, self.time_unit_, name="T")
        if len(ages) not in {1, count}:
            raise ParameterError.of(
                name="T",
                expected=f"be one number, or one for each of {count:,} customers",
                found=f"{len(ages):,}",
            )
        ages = np.ascontiguousarray(np.broadcast_to(ages, (count,)))
        theta = self._own(self._strangers(covariates, count))
        kind = family_or_default(family or cast("Family", self._family()))
        seed = checked_seed(seed)
        if orders:
            columns = self._orders(theta, ages, seed, as_of)
        elif as_of is not None:
            raise ParameterError.of(
                name="as_of", expected="be left out without `orders`", found=repr(as_of)
            )
        else:
            columns = self._lives(theta, ages, seed)
        return native_frame(columns, family=kind)

    def _strangers(self, frame: object, count: int) -> Customers:
        """Return new customers."""
        covariates = self._covariates_of_new(frame)
        if covariates is not None:
            if len(covariates) not in {1, count}:
                raise ParameterError.of(
                    name="covariates",
                    expected=f"have one row, or one for each of {count:,} customers",
                    found=f"{len(covariates):,}",
                )
            shape = (count, covariates.shape[1])
            covariates = np.ascontiguousarray(np.broadcast_to(covariates, shape))
        return newcomers(count, self.time_unit_, covariates)

    def _lives(
        self, theta: Any, ages: NDArray[np.float64], seed: int
    ) -> dict[str, Any]:
        """Return one row a customer."""
        drawn = _core.simulate_customers(self._core_model(), theta, ages, seed)
        frequency, recency, buying, leaving, waits, alive = drawn
        names = [name for name, _, _ in self._parameter_table()]
        laws = [law.quantity for law in mixing_laws(names)]
        return {
            "customer_id": np.arange(1, len(ages) + 1),
            "frequency": frequency,
            "recency": recency,
            "T": ages,
            **({} if self._waits is None else {self._waits: waits}),
            **dict(zip(laws, (buying, leaving), strict=False)),
            "alive": alive,
        }

    def _orders(
        self, theta: Any, ages: NDArray[np.float64], seed: int, as_of: Date | None
    ) -> dict[str, Any]:
        """Return one row a purchase."""
        if as_of is not None and self.time_unit_ not in FIXED_UNITS:
            raise ParameterError.of(
                name="as_of",
                expected="be left out unless the model's unit of time is one of "
                f"{', '.join(FIXED_UNITS)}",
                found=f"ages in {plural(self.time_unit_)}",
            )
        repeats, at = _core.simulate_purchases(self._core_model(), theta, ages, seed)
        number = repeats + 1
        ids = np.repeat(np.arange(1, len(ages) + 1), number)
        if as_of is None:
            return {
                "customer_id": ids,
                "age": order_times(np.zeros(len(ages)), number, at),
            }
        times = order_times(-ages, number, at) * FIXED_UNITS[self.time_unit_ or ""]
        instants = (
            midnight("as_of", as_of) + DAY // 2 + np.floor(times).astype(np.int64)
        )
        by_time = np.argsort(instants, kind="stable")
        return {
            "customer_id": ids[by_time],
            "date": instants[by_time].astype("datetime64[us]"),
        }

    def simulate_future(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        draws: int | None = None,
        seed: int = 0,
    ) -> Any:
        """Draw what each known customer does within a horizon.

        Whether a customer is alive is drawn first. The future of who is alive is that
        of a new customer of the same model, with parameters updated by what they did.
        Parameters are taken as estimated: the spread of the draws is that of
        `purchase_probabilities`. Sums over customers, such as the purchases of a
        segment or of all, are drawn by adding them up.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            How long from the end of observation: a number in the data's unit, a text
            such as "12 months", or one number a customer.
        draws : int, optional
            How many futures; one if left out.
        seed : int, default 0
            The same seed draws the same futures for customers in the same order, on any
            number of threads. More draws leave the first ones unchanged.

        Returns
        -------
        frame
            One row a customer: `purchases`, and `alive`, whether at the end of the
            horizon. With `draws`, the purchases of each future instead: columns "1",
            "2", ...

        Raises
        ------
        ParameterError
            If an argument is out of its range, or if more than 1e9 purchases are to
            draw.

        See Also
        --------
        prediction_interval, purchase_probabilities : the same without chance.

        References
        ----------
        Fader, P. S., Hardie, B. G. S. (2014). Additional results for the Pareto/NBD
        model.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> customers = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86] * 2}
        >>> model.simulate_future(customers, horizon=39, seed=1)["purchases"]
        array([1, 0])
        >>> futures = model.simulate_future(customers, horizon=39, draws=1000)
        >>> mean = sum(futures[str(i)] for i in range(1, 1001)) / 1000
        >>> abs(mean - model.expected_purchases(customers, horizon=39)) < 0.1
        array([ True,  True])
        """
        customers = self._customers(data)
        length = in_units(horizon, customers.unit, name="horizon")
        seed, theta = checked_seed(seed), self._own(customers)

        def future(draw: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
            return _core.simulate_futures(
                self._core_model(),
                theta,
                triple(customers),
                horizon=length,
                seed=seed,
                draw=draw,
            )

        if draws is None:
            purchases, alive = future(0)
            return customers.frame({"purchases": purchases, "alive": alive})
        if (
            isinstance(draws, bool)
            or not hasattr(draws, "__index__")
            or not 1 <= operator.index(draws) <= _MOST_DRAWS
        ):
            raise ParameterError.of(
                name="draws",
                expected=f"be a whole number from 1 to {_MOST_DRAWS:,}",
                found=repr(draws),
            )
        return customers.frame({str(i + 1): future(i)[0] for i in range(draws)})
