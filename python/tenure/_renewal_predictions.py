"""What every model of renewal predicts."""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tenure._frame import native_frame
from tenure._intervals import Scale, bounds, check_level, delta_method
from tenure._renewal_draws import RenewalDraws
from tenure._units import continuous_rate, in_units
from tenure.exceptions import EstimateWarning, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from tenure._bootstrap import Bootstrap
    from tenure._renewal import Quantity
    from tenure._units import Horizon
    from tenure.renewals import Renewals

    Floats: TypeAlias = NDArray[np.float64]
    Computed: TypeAlias = Callable[[list[float], bool], tuple[Floats, Floats | None]]

__all__ = ["RenewalModel"]


class RenewalModel(RenewalDraws):
    """A model of how long customers stay who can leave at every renewal.

    Parameters
    ----------
    one_and_done : bool, default False
        Whether some customers leave at the first renewal whatever the law says: their
        share becomes a parameter.
    never_leaving : bool, default False
        Whether some of the others never leave: their share becomes a parameter.
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: the fit maximises
        the log-likelihood less `penalty` times the number of customers times the sum of
        squares of the logarithms of the parameters (log odds for shares). 0 is plain
        maximum likelihood. The log-likelihood that is reported is always the plain one.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.
    """

    # -- curves ------------------------------------------------------------------------

    def survival(
        self,
        ages: ArrayLike | None = None,
        *,
        given: ArrayLike = 0.0,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the share of customers who are there at each age.

        Parameters
        ----------
        ages : array, optional
            The ages; by default 0 to the last that the fit has seen.
        given : float or array, default 0
            The age at which customers are known to be there, one for all or one for
            each of `ages`: then the result is the probability of being there still.
        covariates : frame, optional
            For a model with covariates, those of the customers: one row for each age,
            one for all of them, or several with one age for all.
        interval : float, optional
            Confidence level of an interval for the uncertainty of the parameters.
        bootstrap : Bootstrap, optional
            What `bootstrap` returned: then intervals are its percentiles; otherwise
            they are made by the delta method.

        Returns
        -------
        frame
            One row an age: `age`, `survival` and, with `interval`, its standard error
            and the ends of the interval. The family is that of the training data.
        """
        to = self._whole(self._default_ages(0) if ages is None else ages, "ages")
        known = self._whole(given, "given")
        known = np.broadcast_to(known, to.shape).copy()
        if (known > to).any():
            row = int((known > to).argmax())
            raise ParameterError.of(
                name="given",
                expected="not lie after the age",
                found=f"{known[row]:g} with {to[row]:g}",
            )
        spans = (known, to)
        return self._curve(
            "age",
            to,
            "survival",
            "survival",
            spans,
            covariates=covariates,
            interval=interval,
            bootstrap=bootstrap,
        )

    def retention(
        self,
        periods: ArrayLike | None = None,
        *,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the share of the customers up for each renewal who renew.

        Parameters
        ----------
        periods : array, optional
            The renewals: 1 is the first. By default all that the fit has seen.
        covariates, interval, bootstrap
            As `survival`.

        Returns
        -------
        frame
            One row a renewal: `period`, `retention` and its interval.
        """
        to = self._renewals_asked_for(periods)
        spans = (to - 1.0, to)
        return self._curve(
            "period",
            to,
            "retention",
            "survival",
            spans,
            covariates=covariates,
            interval=interval,
            bootstrap=bootstrap,
        )

    def churn_probabilities(
        self,
        periods: ArrayLike | None = None,
        *,
        given: ArrayLike = 0.0,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return the probability of leaving at each renewal.

        Parameters
        ----------
        periods : array, optional
            The renewals: 1 is the first. By default all that the fit has seen.
        given, covariates, interval, bootstrap
            As `survival`.

        Returns
        -------
        frame
            One row a renewal: `period`, `churn_probability` and its interval.
        """
        to = self._renewals_asked_for(periods)
        known = np.broadcast_to(self._whole(given, "given"), to.shape).copy()
        if (known > to - 1).any():
            row = int((known > to - 1).argmax())
            raise ParameterError.of(
                name="given",
                expected="lie before the renewal",
                found=f"{known[row]:g} with {to[row]:g}",
            )
        return self._curve(
            "period",
            to,
            "churn_probability",
            "leaving",
            (known, to),
            covariates=covariates,
            interval=interval,
            bootstrap=bootstrap,
        )

    # -- what is still to come -------------------------------------------------------

    def expected_residual_lifetime(
        self,
        ages: ArrayLike = 0.0,
        *,
        horizon: Horizon | None = None,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return for how much longer to expect customers to stay.

        In discrete time it counts renewals: a customer who leaves at the next has 0 to
        come. Without a horizon it is infinite where some never leave, or where so many
        stay so long that the mean does not exist.

        Parameters
        ----------
        ages : float or array, default 0
            The ages of customers who are there.
        horizon : float or str, optional
            How far to look ahead: a number of periods, or a text such as "2 years"
            where the length of a period is known; without end if left out.
        covariates, interval, bootstrap
            As `survival`.

        Returns
        -------
        frame
            One row an age: `age`, `expected_residual_lifetime` and its interval.

        Warns
        -----
        EstimateWarning
            If it is infinite.
        """
        age = self._whole(ages, "ages")
        spans = (age, age + self._periods(horizon))
        self._warn_of_the_endless(spans, covariates)
        return self._curve(
            "age",
            age,
            "expected_residual_lifetime",
            "residual",
            spans,
            covariates=covariates,
            interval=interval,
            bootstrap=bootstrap,
        )

    def discounted_residual_lifetime(
        self,
        ages: ArrayLike = 0.0,
        *,
        discount_rate: float = 0.10,
        per: str | float = "year",
        next_renewal: float = 0.0,
        horizon: Horizon | None = None,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return expected renewals, each worth less the later it comes (DERL).

        Times the margin of a period this is what a customer is worth from now on. It
        always exists if the discount rate is greater than 0.

        Parameters
        ----------
        ages : float or array, default 0
            How often customers have renewed who are there: before the n-th renewal it
            is n - 1.
        discount_rate : float, default 0.10
            Share by which value shrinks over one `per`.
        per : str or float, default "year"
            What the discount rate is for: a unit of time where the length of a period
            is known, or a number of periods.
        next_renewal : float, default 0
            Periods until the next renewal: 0 just before it, 1 just after the last.
        horizon : float or str, optional
            As `expected_residual_lifetime`.
        covariates, interval, bootstrap
            As `survival`.

        Returns
        -------
        frame
            One row an age: `age`, `discounted_residual_lifetime` and its interval.

        References
        ----------
        Fader, P. S., Hardie, B. G. S. (2010). Customer-base valuation in a contractual
        setting: the perils of ignoring heterogeneity. Marketing Science 29(1), 85-93.
        """
        if not (math.isfinite(next_renewal) and next_renewal >= 0):
            raise ParameterError.of(
                name="next_renewal",
                expected="be finite and at least 0",
                found=repr(next_renewal),
            )
        age = self._whole(ages, "ages")
        rate = self._rate(discount_rate, per)
        factor = math.exp(-rate * next_renewal)
        return self._curve(
            "age",
            age,
            "discounted_residual_lifetime",
            "payments",
            (age, age + self._periods(horizon)),
            covariates=covariates,
            interval=interval,
            bootstrap=bootstrap,
            rate=rate,
            transform=(0.0, factor),
        )

    def discounted_lifetime_new(
        self,
        *,
        discount_rate: float = 0.10,
        per: str | float = "year",
        horizon: Horizon | None = None,
        covariates: object = None,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> Any:
        """Return expected discounted payments of a new customer, the first included.

        Times the margin of a period this is what acquiring a customer may cost.

        Parameters
        ----------
        discount_rate, per, horizon, covariates, interval, bootstrap
            As `discounted_residual_lifetime`.

        Returns
        -------
        float, or dict of float
            With `interval` the estimate, its standard error and the ends; arrays for a
            model with covariates.
        """
        rate = self._rate(discount_rate, per)
        age = np.zeros(1)
        matrix, (begin, end) = self._of_customers(
            covariates, age, age + self._periods(horizon)
        )
        columns = self._columns(
            "discounted_lifetime",
            "payments",
            (begin, end),
            covariates=matrix,
            interval=interval,
            bootstrap=bootstrap,
            rate=rate,
            transform=(1.0, math.exp(-rate)),
        )
        if matrix is not None:
            return columns["discounted_lifetime"] if interval is None else columns
        numbers = {name: float(values[0]) for name, values in columns.items()}
        return numbers["discounted_lifetime"] if interval is None else numbers

    # -- chance ------------------------------------------------------------------------

    def plot(
        self, kind: str = "survival", *, actual: Renewals | None = None, **kwargs: Any
    ) -> Any:
        """Draw what was seen beside what the model says.

        Parameters
        ----------
        kind : {"survival", "retention"}, default "survival"
            Which curve.
        actual : Renewals, optional
            What was seen; those of the fit if left out. Give all that has come to light
            since to see how well the model projects.
        **kwargs
            As `tenure.plotting.plot_renewals` takes them.

        Returns
        -------
        Axes
        """
        from tenure.plotting import plot_renewals  # noqa: PLC0415

        return plot_renewals(self, kind, actual=actual, **kwargs)

    # -- the work --------------------------------------------------------------------

    def _default_ages(self, first: int) -> Floats:
        last = max(math.ceil(self._seen().longest), first)
        return np.arange(first, last + 1, dtype=np.float64)

    def _renewals_asked_for(self, periods: ArrayLike | None) -> Floats:
        if periods is None:
            return self._default_ages(1)
        numbers = self._whole(periods, "periods")
        if (numbers < 1).any():
            raise ParameterError.of(
                name="periods",
                expected="be at least 1, the first renewal",
                found=repr(float(numbers[numbers < 1][0])),
            )
        return numbers

    def _periods(self, horizon: Horizon | None) -> float:
        """Return how many periods to look ahead."""
        if horizon is None:
            return math.inf
        length = in_units(horizon, self.time_unit_, name="horizon")
        if length.size != 1 or not length[0] >= 0:
            raise ParameterError.of(
                name="horizon",
                expected="be one length of at least 0",
                found=repr(horizon),
            )
        # what is nearly a whole number of periods is meant to be one: "12 months"
        periods = float(length[0])
        return periods if self._continuous else math.floor(periods + 1e-9)

    def _warn_of_the_endless(self, spans: tuple[Floats, Floats], frame: object) -> None:
        matrix, (begin, end) = self._of_customers(frame, *spans)
        longest = self._spans("residual", (begin, end), covariates=matrix)[0]
        if np.isinf(longest).any():
            msg = (
                "the expected residual lifetime is infinite: some customers never "
                "leave, or so many stay so long that the mean does not exist; give a "
                "horizon, or use discounted_residual_lifetime"
            )
            warnings.warn(msg, EstimateWarning, stacklevel=3)

    def _rate(self, discount_rate: float, per: str | float) -> float:
        return continuous_rate(discount_rate, per, self.time_unit_)

    def _curve(
        self,
        axis: str,
        places: Floats,
        name: str,
        quantity: Quantity,
        spans: tuple[Floats, Floats],
        **options: Any,
    ) -> Any:
        matrix, (places, begin, end) = self._of_customers(
            options["covariates"], places, *spans
        )
        options["covariates"] = matrix
        columns = self._columns(name, quantity, (begin, end), **options)
        family = "numpy" if self._training is None else self._training.family
        return native_frame({axis: places, **columns}, family=family)

    def _columns(
        self,
        name: str,
        quantity: Quantity,
        spans: tuple[Floats, Floats],
        *,
        interval: float | None = None,
        bootstrap: Bootstrap | None = None,
        rate: float = 0.0,
        transform: tuple[float, float] = (0.0, 1.0),
        covariates: Floats | None = None,
    ) -> dict[str, Floats]:
        """Return a quantity and its interval; it may be shifted and scaled."""
        shift, factor = transform
        ask = partial(self._spans, quantity, spans, rate=rate, covariates=covariates)
        if interval is None:
            values, _ = ask()
            return {name: shift + factor * values}
        check_level(interval)
        if bootstrap is not None:
            values, _ = ask()
            draws = np.array(
                [
                    shift + factor * ask(theta=one)[0]
                    for one in bootstrap.for_core(self, tuple(self.result_.parameters))
                ]
            )
            return {name: shift + factor * values, **bootstrap.ends(draws, interval)}
        covariance = self.result_.needed_covariance(
            type(self).__name__, bootstrap="model.bootstrap()"
        )
        values, gradients = ask(gradient=True)
        assert gradients is not None  # noqa: S101
        with np.errstate(invalid="ignore"):
            errors = factor * delta_method(gradients, covariance)
        errors[~np.isfinite(values)] = np.nan
        scale: Scale = (
            "positive" if quantity in ("residual", "payments") else "probability"
        )
        values = shift + factor * values
        lower, upper = bounds(values, errors, interval, scale)
        return {name: values, "std_error": errors, "lower": lower, "upper": upper}
