"""Likelihood-ratio tests where shares of customers are at the end of their range."""

from __future__ import annotations

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import ConvergenceWarning, ParameterError

stats = pytest.importorskip("scipy.stats")

SURVIVORS = [1000, 869, 743, 653, 593, 551, 517, 491]


@pytest.fixture(scope="module")
def table():
    return tn.Renewals.from_survivors({"age": np.arange(8), "survivors": SURVIVORS})


def tails(statistic, *degrees):
    """Half of one chi-squared distribution and half of the other."""
    return pytest.approx(stats.chi2.sf(statistic, degrees).mean(), rel=1e-9)


class TestShares:
    def test_nobody_leaves_beside_a_share_that_never_does(self, summary):
        """Nothing says how leavers differ, nor which share never leaves: three more
        parameters, of which one is at its end and two mean nothing."""
        nobody = tn.NBD().fit(summary)
        some = tn.ParetoNBD(never_leaving=True).fit(summary)
        test = tn.likelihood_ratio_test(nobody, some)
        gain = 2 * (some.log_likelihood_ - nobody.log_likelihood_)
        assert test.statistic == pytest.approx(gain)
        assert test.is_bound
        assert test.reference == "0.5 chi2(2) + 0.5 chi2(3) or below"
        assert test.p_value == tails(gain, 2, 3)
        assert test.case == "nobody leaves"
        # without the share: one less
        plain = tn.likelihood_ratio_test(nobody, tn.ParetoNBD().fit(summary))
        assert plain.weights == {1: 0.5, 2: 0.5}

    def test_a_power_inside_and_a_share_at_the_end(self, summary):
        """c = 1 lies within its range, no stayers at the end: nothing else is lost."""
        pareto = tn.ParetoNBD().fit(summary)
        weibull = tn.WeibullNBD(never_leaving=True)
        with pytest.warns(ConvergenceWarning):
            weibull.fit(summary)
        test = tn.likelihood_ratio_test(pareto, weibull)
        assert test.weights == {1: 0.5, 2: 0.5}
        assert not test.is_bound
        assert test.case == "c = 1, and never_leaving = 0"
        assert test.p_value == tails(test.statistic, 1, 2)

    def test_two_at_their_ends_have_a_bound(self, table):
        plain = tn.SBG().fit(table)
        with pytest.warns(ConvergenceWarning):
            both = tn.SBG(one_and_done=True, never_leaving=True).fit(table)
        test = tn.likelihood_ratio_test(plain, both)
        assert test.weights == {1: 0.5, 2: 0.5}
        assert test.is_bound
        assert test.case == "never_leaving = 0 and one_and_done = 0"

    def test_two_ends_of_two_models(self, table):
        alike = tn.Geometric().fit(table)
        with pytest.warns(ConvergenceWarning):
            differ = tn.SBG(one_and_done=True).fit(table)
        test = tn.likelihood_ratio_test(alike, differ)
        assert test.weights == {1: 0.5, 2: 0.5}
        assert test.is_bound
        assert test.case == "customers are all alike, and one_and_done = 0"

    @pytest.mark.parametrize("correlation", [-0.9, -0.5, 0.0, 0.5, 0.9])
    def test_no_mixture_of_two_ends_is_worse_than_the_bound(self, correlation):
        """The largest likelihood over a quadrant, by brute force.

        With unit information off by a correlation, the statistic is the squared length
        of the projection of a normal point on the cone of the two directions.
        """
        random = np.random.default_rng(8)
        root = np.linalg.cholesky([[1.0, correlation], [correlation, 1.0]])
        normal = random.normal(size=(40_000, 2))
        # maxima: free in both, along either side, or at the corner
        scores = normal @ root.T
        inverse = np.linalg.inv(root @ root.T)
        free = scores @ inverse
        both = np.where((free > 0).all(axis=1), (scores * free).sum(axis=1), 0.0)
        sides = np.maximum(scores, 0.0).max(axis=1) ** 2
        statistic = np.maximum(both, sides)
        for level in (0.1, 0.05):
            found = stats.chi2.sf(statistic[:, None], [1, 2]).mean(axis=1)
            # three standard errors of a share of 10 % in 40,000 are 0.45 %
            assert (found < level).mean() < level + 0.0045

    def test_what_is_not_nested_is_refused(self, summary):
        share = tn.ParetoNBD(never_leaving=True).fit(summary)
        weibull = tn.WeibullNBD().fit(summary)
        for simple, general in ((share, weibull), (weibull, share)):
            with pytest.raises(ParameterError) as raised:
                tn.likelihood_ratio_test(simple, general)
            assert str(raised.value) == (
                f"`general` must have {type(simple).__name__} as a known case, got "
                f"{type(general).__name__}\n\nHint: models that are not nested are "
                "compared by AIC or by a holdout"
            )

    def test_in_a_comparison(self, summary):
        found = tn.compare(
            summary, {"NBD": "NBD", "staying": tn.ParetoNBD(never_leaving=True)}
        )
        table = found.likelihood_ratio_tests()
        assert list(table["simple"]) == ["NBD"]
        assert list(table["reference"]) == ["0.5 chi2(2) + 0.5 chi2(3) or below"]

    @pytest.mark.slow
    def test_the_bound_holds_its_level(self):
        """Customers who never leave: 5 % of data sets reject that at most."""
        random = np.random.default_rng(20262)
        rejected, sets = 0, 200
        for _ in range(sets):
            t = random.uniform(20, 60, 300)
            x = random.poisson(random.gamma(1.0, 1 / 8.0, 300) * t).astype(float)
            last = np.where(x > 0, t * random.beta(np.maximum(x, 1), 1), 0.0)
            data = {"frequency": x, "recency": last, "T": t}
            models = {"NBD": "NBD", "staying": tn.ParetoNBD(never_leaving=True)}
            found = tn.compare(data, models)
            test = tn.likelihood_ratio_test(found["NBD"], found["staying"])
            rejected += test.p_value < 0.05
        # three standard errors of a share of 5 % in 200 are 4.6 %
        assert rejected / sets < 0.05 + 0.046
