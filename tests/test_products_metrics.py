"""What counts of two products say: by hand, and beside scipy and statsmodels."""

import numpy as np
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from tenure.products._metrics import (
    adjusted,
    association_metrics,
    lift_interval,
    p_values,
)

P = tn.products


class TestMetrics:
    def test_by_hand(self):
        """Both 4, A 5, B 8 of 20: chance would be 5 x 8 / 20 = 2 baskets.

        Lift 4/2; leverage (4 - 2)/20; conviction (1 - 0.4)/(1 - 0.8); Zhang: 0.1 over
        the larger of 0.2 x 0.75 and 0.25 x 0.2; Jaccard 4/(5 + 8 - 4); Kulczynski the
        mean of 4/5 and 4/8; certainty (0.8 - 0.4)/(1 - 0.4).
        """
        found = association_metrics(*(np.array([n]) for n in (4, 5, 8)), 20)
        assert {name: float(one[0]) for name, one in found.items()} == pytest.approx(
            {
                "support": 0.2,
                "confidence": 0.8,
                "lift": 2.0,
                "leverage": 0.1,
                "conviction": 3.0,
                "zhang": 0.1 / 0.15,
                "jaccard": 4 / 9,
                "kulczynski": 0.65,
                "certainty": 2 / 3,
            }
        )

    def test_what_is_always_together_or_in_every_basket(self):
        ones = np.array([5, 5]), np.array([5, 5]), np.array([5, 10])
        found = association_metrics(*ones, 10)
        assert found["conviction"].tolist() == [np.inf, np.inf]
        assert found["zhang"].tolist() == [1.0, 0.0]
        assert found["certainty"].tolist() == [1.0, 0.0]

    def test_tests_are_those_of_scipy(self):
        """Of the four cells of each pair, Fisher one-sided and Pearson two-sided."""
        rows = tn.datasets.simulate_baskets(150, seed=2, family="numpy")
        for test in ("fisher", "chi-square"):
            found = P.affinity(rows, order="order_id", test=test)
            table, n = found.to_frame(), found.counts.used
            for at in range(0, len(table["count"]), 17):
                names = ("count", "product_count", "other_count")
                ab, a, b = (int(table[name][at]) for name in names)
                cells = [[ab, a - ab], [b - ab, n - a - b + ab]]
                if test == "fisher":
                    p = stats.fisher_exact(cells, alternative="greater").pvalue
                else:
                    p = stats.chi2_contingency(cells, correction=False).pvalue
                # the tails are summed in another order
                assert table["p_value"][at] == pytest.approx(p, rel=1e-7)

    def test_tails_of_all_pairs_at_a_time(self):
        """Also below the mean, at both ends, and where one is in every basket."""
        random = np.random.default_rng(5)
        n = 1000
        first, second = random.integers(1, n + 1, (2, 3000))
        low, high = np.maximum(0, first + second - n), np.minimum(first, second)
        both = random.integers(low, high + 1)
        near = np.round(first * second / n).astype(np.int64)
        for count in (both, low, high, np.clip(near, low, high)):
            p = p_values("fisher", count, first, second, n)
            theirs = stats.hypergeom.sf(count - 1, n, first, second)
            # beside 1, a probability of so little is lost in either
            assert p == pytest.approx(theirs, rel=1e-7, abs=1e-11)

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 50))
    def test_false_discoveries_are_those_of_statsmodels(self, p, more):
        """Pairs that were in too few baskets count as tests with a p value of 1."""
        theirs = multipletests(p + [1.0] * more, method="fdr_bh")[1][: len(p)]
        # p values below the smallest normal number lose digits
        ours = adjusted(np.array(p), len(p) + more)
        assert ours == pytest.approx(theirs, abs=1e-12)

    def test_affinity_adjusts_for_all_frequent_pairs(self):
        rows = tn.datasets.simulate_baskets(150, seed=2, family="numpy")
        found = P.affinity(rows, order="order_id", min_count=12)
        table = found.to_frame()
        p = table["p_value"][table["product"] < table["other"]]
        q = table["p_adjusted"][table["product"] < table["other"]]
        assert found.pairs_tested > len(p)
        rest = [1.0] * (found.pairs_tested - len(p))
        assert q == pytest.approx(
            multipletests([*p, *rest], method="fdr_bh")[1][: len(p)]
        )

    @pytest.mark.parametrize(("a", "b", "both"), [(0.2, 0.3, 0.06), (0.1, 0.2, 0.06)])
    def test_intervals_of_lifts_cover(self, a, b, both):
        random = np.random.default_rng(4)
        chances = [both, a - both, b - both, 1 - a - b + both]
        cells = random.multinomial(800, chances, size=4000)
        ab, first, second = cells[:, 0], cells[:, :2].sum(1), cells[:, [0, 2]].sum(1)
        low, high = lift_interval(ab, first, second, 800, 0.9)
        lift = both / (a * b)
        assert 0.87 < np.mean((low <= lift) & (lift <= high)) < 0.93

    def test_products_without_a_pattern_are_seldom_found(self):
        """Of 40 shops of independent products, few have a false discovery at 10 %."""
        random = np.random.default_rng(8)
        wrong = 0
        for _ in range(40):
            basket, bought = np.nonzero(random.random((300, 12)) < 0.2)
            rows = {"basket": basket, "product": bought}
            table = P.affinity(rows, basket="basket").to_frame()
            wrong += bool((table["p_adjusted"] < 0.1).any())
        assert wrong <= 9  # 4 expected; more than 9 has a chance of 0.5 %
