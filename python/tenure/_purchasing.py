"""What every model of repeat buying predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from tenure._buying import is_one
from tenure._customers import unpacked
from tenure._intervals import check_level, level_names
from tenure._prospects import Prospects
from tenure._units import in_units
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._bootstrap import Bootstrap
    from tenure._units import Horizon

__all__ = ["PurchasingModel"]

Quantity: TypeAlias = Literal[
    "probability_alive", "expected_purchases", "discounted_purchases", "no_purchase"
]


class PurchasingModel(Prospects):
    """A model of how customers buy while alive, and of when they leave.

    Parameters
    ----------
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: the fit maximises
        the log-likelihood less `penalty` times the number of customers times the sum of
        squares of `ln(parameter / neutral)`, where neutral is 1 for pure numbers and
        the mean of T for parameters with a dimension of time, so that the time unit
        does not matter. 0 is plain maximum likelihood. The log-likelihood that is
        reported is always the plain one.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.
    """

    # -- known customers -----------------------------------------------------------

    def probability_alive(
        self,
        data: object = None,
        *,
        ahead: Horizon = 0.0,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the probability that each customer is alive: will ever buy again.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        ahead : float, str or array, default 0
            How long after the end of observation: a number in the data's unit, a text
            such as "6 months", or one number a customer.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters.
        bootstrap : Bootstrap, optional
            What `bootstrap` returned: then intervals are its percentiles; otherwise
            they come from the standard errors of the parameters.

        Returns
        -------
        series or frame
            With `interval`, a frame with the estimate, its standard error and the ends
            of the interval; a series otherwise. The family is that of the data.
        """
        customers = self._customers(data)
        horizon = in_units(ahead, customers.unit, name="ahead")
        return self._answer(
            "probability_alive",
            "probability",
            customers,
            horizon,
            interval,
            bootstrap=bootstrap,
        )

    def expected_purchases(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        after: Horizon = 0.0,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return how many purchases to expect of each customer within a horizon.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            How long from the end of observation: a number in the data's unit, a text
            such as "12 months", or one number a customer.
        after : float, str or array, default 0
            Count from so long after the end of observation on only: with `after` of 3
            and a horizon of 12, the purchases of the 9 units of time between them.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters. (For
            the spread of the purchases themselves see `prediction_interval`.)
        bootstrap : Bootstrap, optional
            As `probability_alive`.

        Returns
        -------
        series or frame
            As `probability_alive`.
        """
        customers = self._customers(data)
        length = in_units(horizon, customers.unit, name="horizon")
        begin = in_units(after, customers.unit, name="after")
        is_later = bool((begin != 0.0).any())
        if is_later and (begin > length).any():
            raise ParameterError.of(
                name="after",
                expected="be no longer than the horizon",
                found=repr(after),
            )
        return self._answer(
            "expected_purchases",
            "positive",
            customers,
            length,
            interval,
            after=begin if is_later else None,
            bootstrap=bootstrap,
        )

    def probability_no_purchase(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the probability that each customer buys nothing within a horizon.

        Parameters and result are those of `expected_purchases`.
        """
        customers = self._customers(data)
        length = in_units(horizon, customers.unit, name="horizon")
        return self._answer(
            "no_purchase",
            "probability",
            customers,
            length,
            interval,
            bootstrap=bootstrap,
        )

    def discounted_purchases(
        self,
        data: object = None,
        *,
        horizon: Horizon | None = None,
        discount_rate: float = 0.10,
        per: str | float = "year",
        compounding: str | float | None = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return expected purchases, each worth less the later it comes.

        Times the value of a purchase this is lifetime value (see `lifetime_value`).
        Without end it is the "discounted expected residual transactions" (DERT).

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array, optional
            As `expected_purchases`; without end if left out.
        discount_rate : float, default 0.10
            Share by which value shrinks over one `per`.
        per : str or float, default "year"
            What the discount rate is for: a unit of time, or a length in the data's
            unit.
        compounding : str or float, optional
            Count a purchase at the end of its period ("month", or a length in the
            data's unit); at its own time if left out.
        interval, bootstrap : optional
            As `expected_purchases`.

        Returns
        -------
        series or frame
            As `probability_alive`.
        """
        customers = self._customers(data)
        length, rate, period = self._discounting(
            customers.unit, horizon, discount_rate, per, compounding
        )
        return self._answer(
            "discounted_purchases",
            "positive",
            customers,
            length,
            interval,
            rate=rate,
            period=period,
            bootstrap=bootstrap,
        )

    def purchase_probabilities(
        self, data: object = None, *, horizon: Horizon, most: int = 10
    ) -> Any:
        """Return the probability of 0, 1, 2, ... purchases of each customer.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            As `expected_purchases`.
        most : int, default 10
            The largest count asked for.

        Returns
        -------
        frame
            One row a customer, columns "0" to `most`.
        """
        customers = self._customers(data)
        table = self._probabilities(customers, horizon, most)
        return customers.frame({str(k): p for k, p in enumerate(table.T.copy())})

    def purchase_quantiles(
        self,
        data: object = None,
        *,
        horizon: Horizon,
        levels: Sequence[float] = (0.05, 0.5, 0.95),
    ) -> Any:
        """Return quantiles of each customer's number of purchases within a horizon.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            As `expected_purchases`.
        levels : sequence of float, default (0.05, 0.5, 0.95)
            The smallest count with at least this probability of not being passed.

        Returns
        -------
        frame
            One row a customer, one column a level, named by it.
        """
        customers = self._customers(data)
        named = level_names(levels)
        table = self._quantiles(customers, horizon, list(named.values()))
        counts = table.T.astype(np.int64)
        return customers.frame(dict(zip(named, counts, strict=True)))

    def prediction_interval(
        self, data: object = None, *, horizon: Horizon, level: float = 0.9
    ) -> Any:
        """Return counts between which each customer's purchases will fall.

        The spread is that of the purchases at the fitted parameters. Counts are whole,
        so the interval holds at least `level` of the probability.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        horizon : float, str or array
            As `expected_purchases`.
        level : float, default 0.9
            Probability of the interval.

        Returns
        -------
        frame
            One row a customer, columns "lower" and "upper".
        """
        check_level(level, name="level")
        customers = self._customers(data)
        tails = ((1 - level) / 2, (1 + level) / 2)
        lower, upper = self._quantiles(customers, horizon, tails).T.astype(np.int64)
        return customers.frame({"lower": lower, "upper": upper})

    def predict_frame(
        self,
        frame: object,
        *,
        horizon: Horizon,
        discount_rate: float | None = None,
        per: str | float = "year",
        frequency: str = "frequency",
        recency: str = "recency",
        T: str = "T",
    ) -> Any:
        """Return a frame of customers with predictions as new columns.

        The frame may be larger than memory: only the fitted parameters go to where
        its partitions are. What `summarize` returns for a log in an engine fits.

        Parameters
        ----------
        frame : frame or lazy frame
            One row a customer: any frame in memory, a DuckDB relation, a Dask or
            PySpark DataFrame (whose workers need this package) or a polars LazyFrame.
        horizon : float or str
            How long from the end of observation, the same for all customers.
        discount_rate : float, optional
            Share by which value shrinks over one `per`, for `discounted_purchases`.
        per : str or float, default "year"
            What the discount rate is for.
        frequency, recency, T : str
            The columns, in the model's unit of time.

        Returns
        -------
        frame or lazy frame
            Of the same kind, with all columns of the frame, and `probability_alive`,
            `expected_purchases`, `probability_no_purchase` and, with a discount rate,
            `discounted_purchases`. A DuckDB relation comes back as one of a connection
            of its own, which scores whenever it is read.

        Raises
        ------
        ColumnError
            If a column is not there, or a new one is already.
        DataError
            If a row cannot be; in a lazy frame when it is computed, from its workers.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> customers = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86] * 2}
        >>> model.predict_frame(customers, horizon=39)["expected_purchases"].round(3)
        array([1.226, 0.195])
        """
        from tenure._predict_frame import one_length, score  # noqa: PLC0415

        ahead = {"horizon": one_length(horizon, "horizon")}
        in_units(horizon, self.time_unit_, name="horizon")  # before any worker has to
        methods: dict[str, dict[str, Any]] = {
            "probability_alive": {},
            "expected_purchases": ahead,
            "probability_no_purchase": ahead,
        }
        if discount_rate is not None:
            discounting = {"discount_rate": discount_rate, "per": per}
            methods["discounted_purchases"] = {**ahead, **discounting}
        columns = {"frequency": frequency, "recency": recency, "T": T}
        return score(self, frame, columns, methods)

    # -- new customers -------------------------------------------------------------

    def expected_purchases_new(
        self,
        horizon: Horizon,
        *,
        covariates: object = None,
        interval: float | None = None,
    ) -> Any:
        """Return how many repeat purchases to expect of a customer who has just come.

        Parameters
        ----------
        horizon : float, str or array
            How long from the first purchase; several at once as an array.
        covariates : frame, optional
            For a model with covariates, those of the new customers, one row each.
        interval : float, optional
            As `expected_purchases`.

        Returns
        -------
        float or array, or dict of them
            One number a horizon, or a row of `covariates`; with `interval` a dictionary
            with the estimate, its standard error and the ends of the interval.
        """
        lengths = in_units(horizon, self.time_unit_, name="horizon")
        unseen, lengths = self._newcomers(covariates, lengths)
        answer = self._answer(
            "expected_purchases", "positive", unseen, lengths, interval
        )
        return unpacked(answer) if is_one(horizon) and covariates is None else answer

    def purchase_probabilities_new(
        self, horizon: Horizon, *, most: int = 10, covariates: object = None
    ) -> NDArray[np.float64]:
        """Return the probabilities of 0 to `most` repeat purchases of a new customer.

        Parameters
        ----------
        horizon : float or str
            How long from the first purchase.
        most : int, default 10
            The largest count asked for.
        covariates : frame, optional
            For a model with covariates, those of the new customers: then the result
            has one row each.
        """
        lengths = in_units(horizon, self.time_unit_, name="horizon")
        unseen, lengths = self._newcomers(covariates, lengths)
        table = self._probabilities(unseen, lengths, most)
        return table[0] if covariates is None else table

    def discounted_purchases_new(
        self,
        horizon: Horizon | None = None,
        *,
        discount_rate: float = 0.10,
        per: str | float = "year",
        compounding: str | float | None = None,
        covariates: object = None,
        interval: float | None = None,
    ) -> Any:
        """Return expected discounted repeat purchases of a customer who has just come.

        Parameters are those of `discounted_purchases`, but that `covariates` are
        those of new customers; the result is that of `expected_purchases_new`.
        """
        length, rate, period = self._discounting(
            self.time_unit_, horizon, discount_rate, per, compounding
        )
        unseen, length = self._newcomers(covariates, length)
        answer = self._answer(
            "discounted_purchases",
            "positive",
            unseen,
            length,
            interval,
            rate=rate,
            period=period,
        )
        return unpacked(answer) if is_one(horizon) and covariates is None else answer
