"""How much money customers will bring: the whole distribution, not only its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure import _core
from tenure._buying import triple
from tenure._intervals import level_names
from tenure._spend_predictions import pair
from tenure._units import in_units
from tenure._worth import amount_of, check_same_customers
from tenure.exceptions import ParameterError
from tenure.spend import GammaGamma
from tenure.value import _buying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tenure._purchasing import PurchasingModel
    from tenure._units import Horizon

__all__ = ["money_quantiles"]


def money_quantiles(
    buying: PurchasingModel,
    spend: GammaGamma | float,
    data: object = None,
    *,
    horizon: Horizon,
    levels: Sequence[float] = (0.05, 0.5, 0.95),
    margin: float = 1.0,
) -> Any:
    """Return quantiles of what each customer will spend within a horizon.

    What a customer brings is a random number of purchases, each of a random value
    around a mean that is not known for certain either. All three are in these
    quantiles, exactly: the sum of n values is beta-prime distributed, and is mixed over
    the distribution of n. (Parameters are taken as they were fitted, and money is not
    discounted: expected, discounted value is `lifetime_value`.)

    Parameters
    ----------
    buying : BGNBD
        A fitted model of repeat buying.
    spend : GammaGamma or float
        A fitted model of spend, or one value for every purchase.
    data : Summary or frame, optional
        The customers; those that `buying` was fitted to if left out.
    horizon : float, str or array
        How long from the end of observation: a number in the data's unit, a text such
        as "12 months", or one number a customer.
    levels : sequence of float, default (0.05, 0.5, 0.95)
        Probabilities of not spending more. The first and the last of (0.05, 0.95) are
        an interval that the sum will lie in with 90 %.
    margin : float, default 1.0
        What sums are multiplied by.

    Returns
    -------
    frame
        One row a customer, one column a level, named by it; 0 where buying nothing is
        at least as likely.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. (2013). The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> import tenure as tn
    >>> buying = tn.BGNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> spend = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
    >>> customers = {
    ...     "frequency": [9, 0],
    ...     "recency": [37.0, 0.0],
    ...     "T": [38.86, 38.86],
    ...     "monetary_value": [50.0, 0.0],
    ... }
    >>> found = tn.money_quantiles(buying, spend, customers, horizon=39)
    >>> found["0.05"].round(2), found["0.95"].round(2)
    (array([0., 0.]), array([695.98,  44.75]))
    """
    customers = _buying(buying)._customers(data)  # noqa: SLF001
    length = in_units(horizon, customers.unit, name="horizon")
    named = level_names(levels)
    wanted = list(named.values())
    if not (np.isfinite(margin) and margin > 0):
        raise ParameterError.of(
            name="margin", expected="be finite and greater than 0", found=repr(margin)
        )
    if isinstance(spend, GammaGamma):
        spenders = spend._customers(data)  # noqa: SLF001
        check_same_customers(spenders, customers)
        table = _core.purchasing_money_quantiles(
            buying._core_model(),  # noqa: SLF001
            buying._own(customers),  # noqa: SLF001
            triple(customers),
            horizon=length,
            spend=spend._own(spenders),  # noqa: SLF001
            spending=pair(spenders),
            levels=wanted,
        )
    else:
        counts = buying._quantiles(customers, length, wanted)  # noqa: SLF001
        table = counts * amount_of(spend)
    return customers.frame(dict(zip(named, margin * table.T, strict=True)))
