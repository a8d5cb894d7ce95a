"""What follows from any model of repeat buying: waits, rates, and their bootstrap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tenure import _core
from tenure._bootstrap import Bootstrap
from tenure._buying import NEVER, BuyingModel, triple
from tenure._heterogeneity import mixing_laws
from tenure._intervals import level_names
from tenure._time_search import brackets, shortest
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tenure._customers import Customers
    from tenure._heterogeneity import Mixing

__all__ = ["Prospects"]


class Prospects(BuyingModel):
    """A model of repeat buying with what every one of them has."""

    _independent: ClassVar[bool] = True
    """Whether the rates of a customer are independent of each other beforehand."""

    def next_purchase_quantiles(
        self, data: object = None, *, levels: Sequence[float] = (0.25, 0.5, 0.75)
    ) -> Any:
        """Return by when each customer will have bought again, with some probability.

        The time to the next purchase, counted from the end of observation. Somebody may
        never buy again, because they have left or will; where that is likelier than the
        rest of the level, the time is infinite; so is one of more than a thousand times
        T, or a thousand units where T is less than one. (The probability of no purchase
        within a time is `probability_no_purchase`.)

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.
        levels : sequence of float, default (0.25, 0.5, 0.75)
            Probabilities of having bought again.

        Returns
        -------
        frame
            One row a customer, one column a level, named by it; in the model's unit of
            time.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> customers = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86] * 2}
        >>> model.next_purchase_quantiles(customers, levels=(0.1, 0.5))["0.1"].round(2)
        array([ 2.95, 23.49])
        """
        customers = self._customers(data)
        named = level_names(levels)
        outside = [level for level in named.values() if not 0 < level < 1]
        if outside:
            raise ParameterError.of(
                name="levels", expected="lie between 0 and 1", found=repr(outside[0])
            )
        found = self._next_purchases(customers, list(named.values()))
        return customers.frame(dict(zip(named, found, strict=True)))

    def _next_purchases(
        self, customers: Customers, levels: Sequence[float]
    ) -> list[NDArray[np.float64]]:
        """Return the shortest times within which customers buy, a level at a time."""

        def bought(times: NDArray[np.float64], who: NDArray[Any]) -> Any:
            """Return the probability that some have bought again by their times."""
            return 1.0 - self._predict("no_purchase", customers.some(who), times)[0]

        waits: list[NDArray[np.float64]] = []
        lows, highs = brackets(bought, customers.columns["T"], levels)
        for row, level in enumerate(levels):

            def missing(
                times: NDArray[np.float64], who: NDArray[Any], level: float = level
            ) -> Any:
                return level - bought(times, who)

            low, high = lows[row], highs[row].copy()
            never = np.isinf(high)
            high[never] = low[never]
            found = shortest(missing, low, high)
            # where time is counted in opportunities, it is a whole number
            whole = np.round(found)
            close = np.flatnonzero(np.abs(found - whole) <= 1e-9 * whole)
            exact = close[missing(whole[close], close) <= 0.0] if len(close) else close
            found[exact] = whole[exact]
            waits.append(np.where(never, np.inf, found))
        return waits

    def expected_rates(self, data: object = None) -> Any:
        """Return what to expect of each customer's own rates, given what they did.

        Posterior means: of the rate of purchases while alive, and of the rate or
        probability of leaving, where the model has one. Of two densities that are
        conjugate, `E[lambda | data] = (r / alpha) L(r + 1) / L(r)`, with L the
        likelihood of the customer, and the same for other gamma and beta laws.

        Parameters
        ----------
        data : Summary or frame, optional
            The customers; those of the fit if left out.

        Returns
        -------
        frame
            One row a customer, with the columns that the model has of `purchase_rate`
            and `leaving_rate` (per unit of time; with a law of the lifetime that is not
            exponential, the customer's factor in the risk of leaving),
            `purchase_probability` and `leaving_probability`. Those of leaving are 0 for
            who never leaves, where a share of customers does not.

        References
        ----------
        Fader, P. S., Hardie, B. G. S. (2014). Additional results for the Pareto/NBD
        model.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.ParetoNBD.from_params(
        ...     r=0.553, alpha=10.578, s=0.606, beta=11.669
        ... )
        >>> customers = {"frequency": [2, 0], "recency": [30.43, 0.0], "T": [38.86] * 2}
        >>> model.expected_rates(customers)["purchase_rate"].round(4)
        array([0.0524, 0.0259])
        """
        if not self._independent:
            raise ParameterError.of(
                name="model",
                expected="have rates that are independent of each other",
                found=type(self).__name__,
            )
        customers = self._customers(data)
        names = [name for name, _, _ in self._parameter_table()]
        own = np.array(self._own(customers)).reshape(-1, len(names))
        parameters = dict(zip(names, own.T, strict=True))
        # without what only other parameters change, which cancels
        before = _core.purchasing_log_likelihood(
            self._core_model(), self._own(customers), triple(customers)
        )
        means: dict[str, NDArray[np.float64]] = {}
        for law in mixing_laws(names):
            means[law.quantity] = self._posterior_mean(
                law, parameters, customers, before
            )
        return customers.frame(means)

    def _posterior_mean(
        self,
        law: Mixing,
        parameters: dict[str, Any],
        customers: Customers,
        before: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the mean of something that customers differ in, given what they did.

        `before` are their log-likelihoods.
        """
        moved = {**parameters, law.first: parameters[law.first] + 1.0}
        model, mean = self._core_model(), law.mean(parameters)
        if law.of_leaving and NEVER in moved:
            # who never leaves has a rate of 0
            model, mean = self._model, mean * (1.0 - moved.pop(NEVER))
        after = _core.purchasing_log_likelihood(
            model, np.column_stack(list(moved.values())).ravel(), triple(customers)
        )
        return mean * np.exp(after - before)

    def bootstrap(self, replicates: int = 500, *, seed: int = 0) -> Bootstrap:
        """Fit the model to customers drawn again from those of the fit.

        Each replicate has as many customers as the data, drawn with replacement; fits
        start at the estimates and run in parallel. Give the result to a prediction as
        `bootstrap=`, and its intervals are percentiles: they need no normal
        approximation, and hold where the model is not quite right.

        Parameters
        ----------
        replicates : int, default 500
            How many data sets to draw.
        seed : int, default 0
            The same seed gives the same bits on any number of threads.

        Returns
        -------
        Bootstrap

        Examples
        --------
        >>> import tenure as tn
        >>> log = tn.Transactions(tn.datasets.load_cdnow(), time="date")
        >>> buying = tn.NBD().fit(log.summary(unit="week", as_of="1997-09-30"))
        >>> buying.bootstrap(100, seed=1)
        Bootstrap of NBD: 100 replicates
        """
        customers, result = self._customers(None), self.result_
        if replicates < 2:
            raise ParameterError.of(
                name="replicates", expected="be at least 2", found=repr(replicates)
            )
        kept = [name not in self._unknowable for name in result.parameters]
        found = _core.purchasing_bootstrap(
            self._core_model(),
            [value for value, keep in zip(result.theta, kept, strict=True) if keep],
            triple(customers),
            replicates=replicates,
            seed=seed,
            covariates=self._held_design(customers),
            weights=self._weights,
            penalty=self._strength(),
            fixed=self._holding(),
        )
        rows = np.zeros((len(found), len(kept)))
        rows[:, kept] = found
        name = type(self).__name__
        names = tuple(result.parameters)
        return Bootstrap.collected(names, rows, name, seed, customers.family)
