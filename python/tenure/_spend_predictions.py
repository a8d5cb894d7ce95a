"""What a model of spend says of customers: what a purchase of theirs is worth."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._customers import Customers, unpacked
from tenure._estimator import Estimator
from tenure._intervals import bounds, check_level, delta_method, level_names
from tenure._report import counted
from tenure._simulate import checked_seed
from tenure.exceptions import EstimateWarning, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from tenure._bootstrap import Bootstrap

__all__ = ["SpendPredictions", "newcomer", "pair"]


class SpendPredictions(Estimator):
    """Predictions of a Gamma-Gamma model."""

    def expected_spend(
        self,
        data: object = None,
        *,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the expected value of each customer's future purchases, per purchase.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters. (For
            what a customer's mean itself may be see `spend_quantiles`.)
        bootstrap : Bootstrap, optional
            What `bootstrap` returned: then intervals are its percentiles; otherwise
            they come from the standard errors of the parameters.

        Returns
        -------
        series or frame
            With `interval`, a frame with the estimate, its standard error and the ends
            of the interval; a series otherwise. The family is that of the data.

        Warns
        -----
        EstimateWarning
            If the mean does not exist for somebody, which is infinite then.
        """
        return self._answer(self._customers(data), interval, bootstrap)

    def _answer(
        self,
        customers: Customers,
        interval: float | None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        if interval is None:
            if bootstrap is not None:
                raise ParameterError.of(
                    name="interval",
                    expected="be a level where a bootstrap is given",
                    found="None",
                )
            values, _ = self._expected(customers)
            return customers.series("expected_spend", values)
        check_level(interval)
        if bootstrap is not None:
            rows = bootstrap.for_core(self, tuple(self.result_.parameters))
            draws = np.array([self._means(customers, row)[0] for row in rows])
            values, _ = self._expected(customers)
            ends = bootstrap.ends(draws, interval)
            return customers.frame({"expected_spend": values, **ends})
        covariance = self.result_.needed_covariance(
            type(self).__name__, bootstrap="model.bootstrap()"
        )
        values, gradients = self._expected(customers, gradient=True)
        assert gradients is not None  # noqa: S101
        errors = delta_method(gradients, covariance)
        errors[np.isinf(values)] = np.nan
        lower, upper = bounds(values, errors, interval, "positive")
        return customers.frame(
            {
                "expected_spend": values,
                "std_error": errors,
                "lower": lower,
                "upper": upper,
            }
        )

    def expected_spend_new(
        self,
        *,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the expected value of a purchase of a customer yet unknown.

        Parameters
        ----------
        covariates : frame, optional
            For a model with covariates, those of the new customers, one row each; then
            results are arrays.
        interval, bootstrap : optional
            As `expected_spend`.

        Returns
        -------
        float, or dict of float
            With `interval` the estimate, its standard error and the ends.
        """
        matrix = self._covariates_of_new(covariates)
        if matrix is None:
            return unpacked(self._answer(newcomer(), interval, bootstrap))
        return self._answer(newcomer(len(matrix), matrix), interval, bootstrap)

    def spend_quantiles(
        self, data: object = None, *, levels: Sequence[float] = (0.05, 0.5, 0.95)
    ) -> Any:
        """Return quantiles of each customer's mean value, given their purchases.

        The mean value of a customer is never known for certain; this is its posterior
        (inverse gamma), which exists even where its expectation does not.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        levels : sequence of float, default (0.05, 0.5, 0.95)
            Probabilities of lying below.

        Returns
        -------
        frame
            One row a customer, one column a level, named by it.
        """
        customers = self._customers(data)
        named = level_names(levels)
        table = _core.spending_quantiles(
            self._own(customers), pair(customers), list(named.values())
        )
        return customers.frame(dict(zip(named, table.T.copy(), strict=True)))

    def simulate(
        self,
        frequency: ArrayLike,
        *,
        covariates: object = None,
        orders: bool = False,
        seed: int = 0,
    ) -> NDArray[np.float64]:
        """Draw what customers spend from the model.

        Parameters
        ----------
        frequency : array
            How many purchases each customer makes; whole numbers.
        covariates : frame, optional
            For a model with covariates, those of the customers: one row for each, or
            one for all.
        orders : bool, default False
            Return the value of every purchase instead of means, customer by customer.
            (They are draws of their own: not those whose means are drawn without.)
        seed : int, default 0
            The same seed gives the same values, on any number of threads.

        Returns
        -------
        ndarray
            Mean value a customer, 0 where the frequency is 0; with `orders` one value a
            purchase.

        Raises
        ------
        ParameterError
            If covariates have another number of rows, or parameters are so small that
            values leave the range of floating-point numbers.
        DataError
            If a frequency is no whole number of at least 0.

        See Also
        --------
        tenure.datasets.simulate_gamma_gamma : the same from parameters.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
        >>> model.simulate([3, 0, 1], seed=1).round(2)
        array([26.12,  0.  , 13.94])
        >>> model.simulate([3, 0, 1], orders=True, seed=1).round(2)
        array([26.74, 27.74, 22.66, 13.94])
        """
        counts = np.ascontiguousarray(frequency, dtype=np.float64)
        if counts.ndim != 1:
            raise ParameterError.of(
                name="frequency",
                expected="be one number a customer",
                found=f"an array of {counts.ndim} dimensions",
            )
        matrix = self._covariates_of_new(covariates)
        if matrix is not None and len(matrix) not in {1, len(counts)}:
            raise ParameterError.of(
                name="covariates",
                expected=f"have one row, or one for each of {len(counts):,} customers",
                found=f"{len(matrix):,}",
            )
        if matrix is not None:
            shape = (len(counts), matrix.shape[1])
            matrix = np.ascontiguousarray(np.broadcast_to(matrix, shape))
        own = self._own(newcomer(len(counts), matrix))
        seed = checked_seed(seed)
        means = _core.simulate_mean_spend(own, counts, seed)
        if not orders:
            return means
        return _core.simulate_order_values(own, counts.astype(np.uint64), seed)

    def predict_frame(
        self,
        frame: object,
        *,
        frequency: str = "frequency",
        monetary_value: str = "monetary_value",
    ) -> Any:
        """Return a frame of customers with `expected_spend` as a new column.

        Parameters
        ----------
        frame : frame or lazy frame
            One row a customer; any kind that `BGNBD.predict_frame` takes.
        frequency, monetary_value : str
            The columns.

        Returns
        -------
        frame or lazy frame
            As `BGNBD.predict_frame`.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
        >>> customers = {"frequency": [2, 0], "monetary_value": [50.0, 0.0]}
        >>> model.predict_frame(customers)["expected_spend"].round(2)
        array([47.34, 35.22])
        """
        from tenure._predict_frame import score  # noqa: PLC0415

        columns = {"frequency": frequency, "monetary_value": monetary_value}
        return score(self, frame, columns, {"expected_spend": {}})

    def _expected(
        self, customers: Customers, *, gradient: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        values, gradients = self._means(customers, gradient=gradient)
        gradients = self._chained(customers, gradients)
        endless = int(np.isinf(values).sum())
        if endless:
            q = self.params_["q"]
            whose = counted(endless, "customer")
            msg = (
                f"the mean spend of {whose} without enough purchases "
                f"does not exist (q = {q:.3g} is at most 1) and is given as infinite; "
                "use spend_quantiles"
            )
            warnings.warn(msg, EstimateWarning, stacklevel=4)
        return values, gradients

    def _means(
        self,
        customers: Customers,
        theta: Sequence[float] | None = None,
        *,
        gradient: bool = False,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Return what the core expects at these parameters or at the estimates."""
        return _core.spending_expected(
            self._own(customers, theta), pair(customers), gradient=gradient
        )


def newcomer(
    count: int = 1, covariates: NDArray[np.float64] | None = None
) -> Customers:
    """Return customers whose purchases are not known."""
    columns = {"frequency": np.zeros(count), "monetary_value": np.zeros(count)}
    return Customers(columns, "numpy", None, None, None, covariates)


def pair(customers: Customers) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what the core reads of customers' spend."""
    return customers.columns["frequency"], customers.columns["monetary_value"]
