"""Models of repeat buying: how often customers buy, and when they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenure._purchasing import PurchasingModel

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike

__all__ = ["BGNBD"]


class BGNBD(PurchasingModel):
    """Beta-geometric / negative binomial model of repeat buying (BG/NBD).

    While alive a customer buys at random at a rate of their own; after each repeat
    purchase they leave for good with a probability of their own. Rates are gamma
    distributed over customers, and probabilities of leaving are beta distributed. Since
    leaving happens at purchases, a customer without a repeat purchase is alive for
    certain: think of it as "has not had a chance to leave".

    Parameters
    ----------
    penalty : float, default 0.0
        Strength of a pull of the parameters towards a neutral scale: the fit maximises
        the log-likelihood less `penalty` times the number of customers times the sum of
        squares of `ln(parameter / neutral)`, where neutral is 1 for r, a and b and the
        mean of T for alpha, so that the time unit does not matter. 0 is plain maximum
        likelihood. The log-likelihood that is reported is always the plain one.
    strict : bool, default False
        Raise `ConvergenceError` where a fit would otherwise warn.

    Attributes
    ----------
    params_ : dict
        r, the shape of the purchase rates (small: customers differ widely); alpha,
        their inverse scale in the time unit (r / alpha is the mean rate while alive);
        a and b, of the probability of leaving (a / (a + b) is its mean; a + b large:
        customers are alike).
    covariance_, standard_errors_, log_likelihood_, aic_, bic_, converged_ : ...
        How well they are known, and how the fit ended.

    References
    ----------
    Fader, P. S., Hardie, B. G. S., Lee, K. L. (2005). "Counting your customers" the
    easy way: an alternative to the Pareto/NBD model. Marketing Science 24(2), 275-284.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> buying = tn.BGNBD().fit(summary)
    >>> buying
    BGNBD fitted to 2,357 customers, T in weeks; log-likelihood -9582.43, ...
           estimate  std. error      95 % interval
    r        0.2426       0.013   [0.2180, 0.2672]
    alpha     4.414        0.38     [3.672, 5.155]
    a        0.7929        0.19    [0.4289, 1.157]
    b         2.426        0.71     [1.043, 3.808]
    >>> print(round(buying.expected_purchases(horizon="39 weeks").sum(), 2))
    1653.41
    """

    _model: ClassVar[str] = "BGNBD"

    @classmethod
    def from_params(
        cls,
        *,
        r: float,
        alpha: float,
        a: float,
        b: float,
        covariance: ArrayLike | None = None,
        unit: str | None = None,
    ) -> Self:
        """Make a model from known parameters, such as published ones.

        Parameters
        ----------
        r, alpha, a, b : float
            The parameters, all greater than 0; alpha is in the time unit.
        covariance : array, shape (4, 4), optional
            Their covariance, for intervals.
        unit : str, optional
            The time unit.

        Examples
        --------
        >>> import tenure as tn
        >>> model = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> round(model.expected_purchases_new(39), 4)
        1.1967
        """
        given = {"r": r, "alpha": alpha, "a": a, "b": b}
        return cls._from_params(given, covariance, unit)
