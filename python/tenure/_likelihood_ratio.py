"""Whether a model describes the data better than a simpler one that is a case of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenure import _core
from tenure._sarmanov import REFERENCE_TIMES, STRENGTH
from tenure._typing import override
from tenure._units import plural
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tenure._estimator import Estimator

__all__ = ["LikelihoodRatio", "known_pair", "likelihood_ratio_test"]


@dataclass(frozen=True)
class Nesting:
    """How a simple model lies within a general one.

    Attributes
    ----------
    case : str
        What makes the general model the simple one.
    inside : int
        Parameters that are held at a value within their range.
    ends : int
        How many are held at the end of theirs.
    meaningless : int
        Parameters that mean nothing in the simple model.
    """

    case: str
    inside: int = 0
    ends: int = 1
    meaningless: int = 0

    @property
    def weights(self) -> dict[int, float]:
        """Weight of each number of degrees of freedom in the mixture.

        With several at an end the weights depend on how the estimates go together;
        none are worse than these.
        """
        free = self.inside + self.meaningless + self.ends
        return {free - 1: 0.5, free: 0.5} if self.ends else {free: 1.0}

    @property
    def is_bound(self) -> bool:
        """Whether the true distribution lies below that one."""
        return self.meaningless > 0 or self.ends > 1

    def with_shares(self, simple: str, shares: Collection[str]) -> Nesting:
        """Return how the simple model lies in the general one with shares besides."""
        if not shares:
            return self
        if simple == "NBD":
            # nobody leaves: then nothing says which share of them would not
            return replace(self, meaningless=self.meaningless + len(shares))
        nobody = " and ".join(f"{name} = 0" for name in sorted(shares))
        case = f"{self.case}, and {nobody}"
        return replace(self, case=case, ends=self.ends + len(shares))


_NOBODY_LEAVES = Nesting("nobody leaves", meaningless=1)
_AT_ONE = Nesting("c = 1", inside=1, ends=0)
_ALIKE = Nesting("customers are all alike")

_KNOWN = {
    ("NBD", "BGNBD"): _NOBODY_LEAVES,
    ("NBD", "MBGNBD"): _NOBODY_LEAVES,
    ("NBD", "ParetoNBD"): _NOBODY_LEAVES,
    ("NBD", "GGompertzNBD"): Nesting("nobody leaves", meaningless=2),
    ("NBD", "WeibullNBD"): Nesting("nobody leaves", meaningless=2),
    ("NBD", "PDO"): Nesting("nobody leaves", meaningless=2),
    ("ParetoNBD", "GGompertzNBD"): Nesting("b = 0: the risk of leaving never grows"),
    ("ParetoNBD", "WeibullNBD"): _AT_ONE,
    ("SBG", "BdW"): _AT_ONE,
    ("Geometric", "DiscreteWeibull"): _AT_ONE,
    ("Geometric", "SBG"): _ALIKE,
    ("DiscreteWeibull", "BdW"): _ALIKE,
    ("Geometric", "BdW"): Nesting("c = 1 and customers are all alike", inside=1),
    ("ExponentialGamma", "WeibullGamma"): _AT_ONE,
}
"""Which models are a case of which, by their names."""


@dataclass(frozen=True)
class LikelihoodRatio:
    """The outcome of `likelihood_ratio_test`.

    Attributes
    ----------
    statistic : float
        Twice the difference of the log-likelihoods.
    p_value : float
        How likely such a statistic, or a larger one, is if the simple model is true;
        no more than this where `is_bound`.
    weights : dict of int to float
        The distribution that it is measured by: weights of chi-squared distributions by
        their degrees of freedom (0: a statistic of 0 for certain).
    is_bound : bool
        Whether the true distribution lies below that one.
    simple, general : str
        The models.
    case : str
        What makes the general model the simple one.
    """

    statistic: float
    p_value: float
    weights: dict[int, float]
    is_bound: bool
    simple: str
    general: str
    case: str

    @property
    def reference(self) -> str:
        """The distribution in words."""
        parts = [
            f"chi2({degrees})" if share == 1.0 else f"{share:g} chi2({degrees})"
            for degrees, share in self.weights.items()
        ]
        return " + ".join(parts) + (" or below" if self.is_bound else "")

    @override
    def __repr__(self) -> str:
        sign = "<=" if self.is_bound else "="
        return (
            f"{self.simple} (simple) against {self.general}: statistic "
            f"{self.statistic:.4g}, {self.reference}, p {sign} {self.p_value:.3g}\n"
            f"{self.general} is {self.simple} where {self.case}"
        )


def likelihood_ratio_test(simple: Estimator, general: Estimator) -> LikelihoodRatio:
    """Test a model against one of which it is a case, both fitted to the same data.

    If the simple model is true, the statistic has a chi-squared distribution only where
    the general model is it at values *within* the range of its parameters. Where that
    is at the end of a range (nobody leaves; a risk that never grows; customers who are
    all alike), the estimate lies at that end half of the time, and the statistic is a
    mixture: half of it chi-squared with a degree of freedom less. With several of them
    at an end, such as a share of 0 beside a risk that never grows, the weights of the
    mixture depend on how the estimates go together; half and half of the two largest
    numbers of degrees of freedom is the worst that they can be, and the p-value is a
    bound.

    Where, besides, another parameter means nothing in the simple model (how differently
    customers leave, or which share of them never does, if nobody does), the statistic
    is the largest of many, and its distribution depends on the data. Then that
    parameter is counted as a degree of freedom, which overstates the p-value, and the
    result says that it is a bound.

    Rates that are not correlated (m = 0) lie within the range of those that may be, and
    the statistic is chi-squared with one degree of freedom. That m has a range makes no
    difference to this: an estimate at its end only says that the gain, and with it the
    evidence, would be larger still if m could go on.

    Parameters
    ----------
    simple, general : model
        Fitted models: two of NBD, BGNBD, MBGNBD, ParetoNBD, GGompertzNBD, WeibullNBD
        and PDO, of Geometric, DiscreteWeibull, SBG and BdW, or of ExponentialGamma and
        WeibullGamma, of which one is a case of the other, also where the general one
        has shares (`never_leaving`, `one_and_done`) that the other has not; or two of
        one kind of which the simple one has parameters held `fixed`, shares less, fewer
        covariates, no correlation, or one coefficient for both processes where the
        general one has two.

    Returns
    -------
    LikelihoodRatio

    Raises
    ------
    ParameterError
        If the models are not nested as far as is known, were fitted to different
        customers, or with a penalty.

    References
    ----------
    Self, S. G., Liang, K.-Y. (1987). Asymptotic properties of maximum likelihood
    estimators and likelihood ratio tests under nonstandard conditions. Journal of the
    American Statistical Association 82(398), 605-610.
    Kodde, D. A., Palm, F. C. (1986). Wald criteria for jointly testing equality and
    inequality restrictions. Econometrica 54(5), 1243-1248.
    Davies, R. B. (1987). Hypothesis testing when a nuisance parameter is present only
    under the alternative. Biometrika 74(1), 33-43.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(), amount="amount", time="date")
    >>> summary = log.summary(unit="week", as_of="1997-09-30")
    >>> nobody, some = tn.NBD().fit(summary), tn.ParetoNBD().fit(summary)
    >>> tn.likelihood_ratio_test(nobody, some)
    NBD (simple) against ParetoNBD: statistic 337.4, 0.5 chi2(1) + 0.5 chi2(2) or ...
    ParetoNBD is NBD where nobody leaves
    """
    nesting = _nesting(simple, general)
    if nesting is None:
        raise ParameterError.of(
            name="general",
            expected=f"have {type(simple).__name__} as a known case",
            found=type(general).__name__,
            hint="models that are not nested are compared by AIC or by a holdout",
        )
    _check_same_data(simple, general)
    gain = 2.0 * (general.log_likelihood_ - simple.log_likelihood_)
    statistic = max(gain, 0.0)
    p_value = sum(
        share * _tail(statistic, degrees) for degrees, share in nesting.weights.items()
    )
    return LikelihoodRatio(
        statistic=statistic,
        p_value=p_value,
        weights=nesting.weights,
        is_bound=nesting.is_bound,
        simple=type(simple).__name__,
        general=type(general).__name__,
        case=nesting.case,
    )


def known_pair(simple: Estimator, general: Estimator) -> bool:
    """Whether the first model is known to be a case of the second."""
    return _nesting(simple, general) is not None


def _tail(statistic: float, degrees: int) -> float:
    if degrees == 0:
        return 1.0 if statistic <= 0 else 0.0
    return _core.chi_squared_tail(statistic, degrees)


def _nesting(simple: Estimator, general: Estimator) -> Nesting | None:
    names = type(simple).__name__, type(general).__name__
    one, other = simple.result_, general.result_
    if names[0] == names[1]:
        return _of_one_kind(simple, general)
    if one.fixed or other.fixed or not _shares(simple) <= _shares(general):
        return None
    if _coefficients(simple) != _coefficients(general) or names not in _KNOWN:
        return None
    more = _shares(general) - _shares(simple)
    return _KNOWN[names].with_shares(names[0], more)


def _of_one_kind(simple: Estimator, general: Estimator) -> Nesting | None:
    """Return how a fit lies within another of the same model.

    With parameters held, a share less, fewer covariates, or one coefficient for both
    processes where the other has two.
    """
    one, other = simple.result_, general.result_
    # of coefficients of which the data say nothing neither model says anything
    unknown = {name for model in (simple, general) for name in model._unknowable}  # noqa: SLF001
    shared, split = _shared_of(simple, general)
    missing = set(other.parameters) - set(one.parameters) - split - unknown
    held = set(one.fixed) - set(other.fixed) - unknown
    if not _same_times(simple, general):
        return None
    # the times of a correlation are a part of the model
    missing -= set(REFERENCE_TIMES)
    unknown |= set(REFERENCE_TIMES)
    if set(one.parameters) - set(other.parameters) - shared - unknown:
        return None
    if set(other.fixed) - set(one.fixed) - unknown:
        return None
    absent = missing & _coefficients(general)
    missing -= absent
    scales = general._scales()  # noqa: SLF001
    at_the_end = missing | {
        name
        for name in held
        if scales.get(name) == "probability" and one.parameters[name] == 0.0
    }
    # a strength of 0 lies within its range
    at_the_end -= {STRENGTH}
    inside = (held | missing) - at_the_end
    inside |= absent | {f"{name} alike" for name in shared}
    if not (inside or at_the_end):
        return None
    case = [f"{name} = {one.parameters[name]:g}" for name in one.fixed if name in held]
    case += [f"{name} = 0" for name in sorted(missing | absent)]
    case += [f"{name.partition('.')[2]} acts on both alike" for name in sorted(shared)]
    return Nesting(" and ".join(case), len(inside), len(at_the_end))


def _same_times(simple: Estimator, general: Estimator) -> bool:
    """Whether two fits have the same reference times, if they have any."""
    one, other = simple.result_.parameters, general.result_.parameters
    return all(
        one[name] == other[name]
        for name in REFERENCE_TIMES
        if name in one and name in other
    )


def _coefficients(model: Estimator) -> set[str]:
    """Return the coefficients of covariates that a fit estimated."""
    return set(model._coefficient_names()) - set(model._unknowable)  # noqa: SLF001


def _shared_of(simple: Estimator, general: Estimator) -> tuple[set[str], set[str]]:
    """Return coefficients for both processes, and those that stand for them beyond."""
    shared: set[str] = set()
    split: set[str] = set()
    processes = list(general._processes)  # noqa: SLF001
    own = _coefficients(general)
    for name in _coefficients(simple) - own:
        label, _, covariate = name.partition(".")
        pair = {f"{process}.{covariate}" for process in processes}
        if label == "shared" and pair <= own:
            shared.add(name)
            split |= pair
    return shared, split


def _shares(model: Estimator) -> set[str]:
    shares = ("one_and_done", "never_leaving")
    return {name for name in shares if name in model.result_.parameters}


def _pulled(model: Estimator) -> bool:
    """Whether coefficients were fitted with a penalty."""
    effects = model._effects  # noqa: SLF001
    return effects is not None and any(one.penalty for one in effects.coefficients)


def _check_same_data(simple: Estimator, general: Estimator) -> None:
    """Pass if both log-likelihoods are maxima for the same customers."""
    for model in (simple, general):
        if math.isnan(model.log_likelihood_) or model.penalty or _pulled(model):
            raise ParameterError.of(
                name="general",
                expected="be fitted without a penalty, as `simple` must",
                found="given parameters"
                if math.isnan(model.log_likelihood_)
                else f"penalty={model.penalty}"
                if model.penalty
                else f"covariate_penalty={model.covariate_penalty}",
            )
    one, other = simple.result_, general.result_
    same = math.isclose(one.customers, other.customers, rel_tol=1e-9)
    if not same or one.time_unit != other.time_unit:
        raise ParameterError.of(
            name="general",
            expected=f"be fitted to the {one.customers:,.10g} customers of `simple`, "
            "in the same unit of time",
            found=f"{other.customers:,.10g} customers in {plural(other.time_unit)}",
        )
