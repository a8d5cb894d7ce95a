"""What sells, what sells together and what comes next: by hand and by brute force."""

import math
from collections import Counter, defaultdict
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
import polars as pl
import pytest
import statsmodels.api as sm
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from scipy import stats
from statsmodels.stats.multitest import multipletests
from tenure.exceptions import ColumnError, DataError, EmptyDataError, ParameterError
from tenure.products._metrics import adjusted, association_metrics, lift_interval

P = tn.products

#  ann: tea and cup, then fine tea; bob: tea, then tea again; cid: a cup, given back in
#  part; dan: tea too late to be watched for a month
SHOP = {
    "customer_id": ["ann", "ann", "ann", "bob", "bob", "cid", "cid", "dan"],
    "date": [
        "2024-01-01",
        "2024-01-01",
        "2024-01-21",
        "2024-01-05",
        "2024-01-31",
        "2024-01-10",
        "2024-01-12",
        "2024-03-01",
    ],
    "product": ["tea", "cup", "fine", "tea", "tea", "cup", "cup", "tea"],
    "kind": ["tea", "ware", "tea", "tea", "tea", "ware", "ware", "tea"],
    "amount": [4.0, 9.0, 12.0, 8.0, 4.0, 18.0, -9.0, 5.0],
    "quantity": [1, 1, 2, 2, 1, 2, -1, 1],
    "area": ["north", "north", "north", "south", "south", "south", "south", None],
}
COLUMNS = {"amount": "amount", "quantity": "quantity", "category": "kind"}

#  a: 1 2 4; b: 1 2 3; c: 3 5
OWNED = {
    "customer_id": [1, 1, 2, 2, 3, 3, 4, 5],
    "date": ["2024-01-01"] * 8,
    "product": ["a", "b", "a", "b", "c", "b", "a", "c"],
}

logs = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(0, 5)),
    min_size=1,
    max_size=40,
)


def frame_of(rows):
    """Return rows of customer, day and product as columns."""
    return {
        "customer_id": np.array([row[0] for row in rows]),
        "date": np.datetime64("2024-01-01") + np.array([row[1] for row in rows]),
        "product": np.array([row[2] for row in rows]),
    }


def orders_of(rows):
    """Return the orders of each customer, (day, set of products), by time."""
    found = defaultdict(lambda: defaultdict(set))
    for customer, day, bought in rows:
        found[customer][day].add(bought)
    return {who: sorted(days.items()) for who, days in found.items()}


def small_enough(baskets, most):
    """Return the baskets that are no giants, and the sizes of those that are."""
    giants = [len(one) for one in baskets if len(one) > most]
    return [one for one in baskets if len(one) <= most], giants


class TestAffinityByBruteForce:
    @settings(max_examples=60, deadline=None)
    @given(logs, st.sampled_from(["basket", "customer"]), st.integers(1, 3))
    def test_in_orders_and_of_customers(self, rows, unit, least):
        orders = orders_of(rows)
        if unit == "basket":
            baskets = [held for own in orders.values() for _, held in own]
        else:
            baskets = [set().union(*(b for _, b in own)) for own in orders.values()]
        used, giants = small_enough(baskets, 4)
        options = {"unit": unit, "min_count": least, "max_basket": 4}
        if not used:
            with pytest.raises(EmptyDataError, match="there is no basket to count"):
                P.affinity(frame_of(rows), **options)
            return
        found = P.affinity(frame_of(rows), **options)
        single = Counter(one for held in used for one in held)
        both = Counter(pair for held in used for pair in combinations(sorted(held), 2))
        expected = {pair: n for pair, n in both.items() if n >= least}
        first, second, count = found.pairs()
        got = zip(first.tolist(), second.tolist(), strict=True)
        assert dict(zip(got, count.tolist(), strict=True)) == expected
        known = zip(found.products, found.product_counts, strict=True)
        assert dict(known) == single
        counts = found.counts
        assert (counts.used, counts.giants) == (len(used), len(giants))
        assert counts.giant_products == sum(giants)
        assert counts.largest == max(map(len, baskets))
        key = (lambda row: row[:2]) if unit == "basket" else (lambda row: row[0])
        sizes, kinds = Counter(map(key, rows)), defaultdict(set)
        for row in rows:
            kinds[key(row)].add(row[2])
        of_used = [one for one, held in kinds.items() if len(held) <= 4]
        again = sum(sizes[one] - len(kinds[one]) for one in of_used)
        assert counts.repeated == again
        frequent = sum(n >= least for n in single.values())
        assert found.pairs_tested == math.comb(frequent, 2)
        assert len(found.to_frame()["count"]) == 2 * len(expected)

    @settings(max_examples=60, deadline=None)
    @given(logs, st.sampled_from(["first", "every"]), st.integers(1, 10))
    def test_from_an_order_to_the_next(self, rows, starting, horizon):
        ways = []
        for own in orders_of(rows).values():
            steps = list(pairwise(own))
            for before, after in steps[:1] if starting == "first" else steps:
                if after[0] - before[0] <= horizon:
                    ways.append((before[1], after[1]))
        options = {"unit": "next order", "horizon": horizon, "starting": starting}
        if not ways:
            with pytest.raises(EmptyDataError, match="no customer has a next order"):
                P.affinity(frame_of(rows), min_count=1, **options)
            return
        found = P.affinity(frame_of(rows), min_count=1, **options)
        table = found.to_frame()
        got = zip(table["product"], table["other"], table["count"], strict=True)
        both = Counter(pair for one, two in ways for pair in product(one, two))
        assert {(int(a), int(b)): int(n) for a, b, n in got} == both
        before = Counter(one for first, _ in ways for one in first)
        after = Counter(one for _, second in ways for one in second)
        for a, b, n, m in zip(
            table["product"],
            table["other"],
            table["product_count"],
            table["other_count"],
            strict=True,
        ):
            assert (n, m) == (before[a], after[b])
        assert found.counts.used == len(ways)

    @settings(max_examples=40, deadline=None)
    @given(logs, st.floats(0, 1), st.floats(0, 1))
    def test_rules(self, rows, support, confidence):
        baskets = [held for own in orders_of(rows).values() for _, held in own]
        found = P.rules(
            frame_of(rows),
            min_count=1,
            min_support=support,
            min_confidence=confidence,
        )
        n = len(baskets)
        sets = {}
        for size in (1, 2, 3):
            for items in combinations(range(6), size):
                count = sum(set(items) <= held for held in baskets)
                if count and count / n >= support:
                    sets[frozenset(items)] = count
        assert dict(found.sets) == sets
        expected = {}
        for whole, count in sets.items():
            for size in range(1, len(whole)):
                for part in map(frozenset, combinations(whole, size)):
                    if count >= confidence * sets[part]:
                        expected[part, whole - part] = count / sets[part]
        table = found.to_frame()
        sides = zip(table["antecedents"], table["consequents"], strict=True)
        got = dict(zip(sides, table["confidence"], strict=True))
        assert got == pytest.approx(expected)
        assert np.all(np.diff(table["lift"]) <= 0)


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


class TestAffinity:
    def test_giants_are_named(self):
        rows = {"basket": [1, 1, 2, 2, 3, 3, 3, 3], "product": list("ababaabc")}
        rows = {name: [*values, values[0]] for name, values in rows.items()}
        found = P.affinity(rows, basket="basket", min_count=1, max_basket=2)
        assert found.counts.repeated == 1
        assert str(found).splitlines()[0] == (
            "Affinity: 1 pair of products in 1 or more of 2 baskets; left out: 1 giant "
            "of more than 2 products, with 3 products in all (the largest 3)"
        )

    def test_matrix_and_top(self):
        rows = {"basket": [1, 1, 2, 2, 3, 4], "product": list("ababbc")}
        found = P.affinity(rows, basket="basket", min_count=1)
        assert found.matrix("count")["a"].tolist() == pytest.approx(
            [2, np.nan, np.nan], nan_ok=True
        )
        top = found.top(1, by="confidence")
        assert (top["product"][0], top["other"][0]) == ("a", "b")
        with pytest.raises(ColumnError, match="unknown column 'lifts'"):
            found.top(by="lifts")

    def test_rows_may_come_in_any_order(self):
        rows = tn.datasets.simulate_baskets(100, seed=3, family="pandas")
        mixed = rows.sample(frac=1, random_state=1)
        tables = [P.affinity(one, order="order_id").to_frame() for one in (rows, mixed)]
        pd.testing.assert_frame_equal(*tables)

    def test_a_log_says_the_same(self):
        rows = tn.datasets.simulate_baskets(100, seed=3, family="pandas")
        log = tn.Transactions(rows, amount="amount", product="product")
        ours, theirs = P.affinity(log).to_frame(), P.affinity(rows).to_frame()
        pd.testing.assert_frame_equal(ours, theirs)


class TestPopularity:
    def test_by_hand(self):
        """Tea: ann, bob (twice) and dan; 4 orders; units 1 + 2 + 1 + 1 = 5; 21 of 51.

        Cups: ann and cid; 9 + 18 - 9 = 18. Halves begin on 2024-01-31: the day in the
        middle of January 1 to March 1. Of 4 orders before, 2 hold tea; of 2 later, 2:
        a trend of (2/2)/(2/4) = 2.
        """
        found = P.popularity(SHOP, **COLUMNS)
        table = found.to_frame()
        assert table["product"].tolist() == ["tea", "cup", "fine"]
        assert table["buyers"].tolist() == [3, 2, 1]
        assert table["orders"].tolist() == [4, 2, 1]
        assert table["lines"].tolist() == [4, 2, 1]
        assert table["units"].tolist() == [5, 3, 2]
        assert table["revenue"].tolist() == [21, 18, 12]
        assert table["revenue_share"].sum() == pytest.approx(1)
        assert table["repeat_rate"].tolist() == pytest.approx([1 / 3, 0, 0])
        assert table["penetration"].tolist() == [0.75, 0.5, 0.25]
        assert found.middle == np.datetime64("2024-01-31")
        assert table["trend"].tolist() == pytest.approx(
            [2, np.nan, np.nan], nan_ok=True
        )

    def test_only_who_is_watched_long_enough_can_buy_again(self):
        """Bob's tea comes again after 26 days; dan's is of the last day."""
        table = P.popularity(SHOP, horizon=26).to_frame()
        assert table["observed"][0] == 2
        assert table["repeat_rate"][0] == 0.5
        assert P.popularity(SHOP, horizon=25).to_frame()["repeat_rate"][0] == 0

    def test_of_segments(self):
        found = P.popularity(SHOP, by="area", of="category", category="kind")
        table = found.to_frame()
        assert table["area"].tolist() == ["north", "north", "south", "south"]
        assert table["penetration"].tolist() == [1, 1, 0.5, 0.5]
        assert found.without_segment == 1

    def test_over_time(self):
        """January: 5 orders, 3 with tea; none in February; 1 of 1 in March."""
        table = P.popularity(SHOP, **COLUMNS).over_time()
        tea = table["product"] == "tea"
        assert table["period"][tea].astype(str).tolist() == [
            "2024-01-01",
            "2024-02-01",
            "2024-03-01",
        ]
        assert table["orders"][tea].tolist() == [3, 0, 1]
        assert table["all_orders"][tea].tolist() == [5, 0, 1]
        assert table["share"][tea] == pytest.approx([0.6, np.nan, 1], nan_ok=True)


class TestSoldMore:
    def test_cross_sell(self):
        """Of ann, bob and cid (dan is too recent) only ann buys something new.

        Orders within 30 days: ann 2, bob 2, cid 1 (giving back is no order); only
        ann's first has two products: 1/5. Breadth: (3 + 1 + 1)/3. Ann's first order
        was worth 13, the later 12; bob's 8 and 4: a change of (-1 - 4)/2.
        """
        found = P.cross_sell(SHOP, horizon=30, **COLUMNS)
        assert (found.eligible, found.too_recent, found.customers) == (3, 1, 1)
        table = {name: float(one[0]) for name, one in found.to_frame().items()}
        assert table["attach_rate"] == pytest.approx(1 / 5)
        assert table["breadth"] == pytest.approx(5 / 3)
        assert table["returned"] == 2
        assert table["first_value"] == pytest.approx(10.5)
        assert table["later_value"] == pytest.approx(8)
        assert table["value_change"] == pytest.approx(-2.5)
        assert found.added()["product"].tolist() == ["fine"]
        low, high = stats.binomtest(1, 3).proportion_ci(0.9, method="wilson")
        assert (found.low, found.high) == pytest.approx((low, high))

    def test_a_category_that_was_there_is_not_new(self):
        """Ann's fine tea is tea."""
        found = P.cross_sell(SHOP, horizon=30, definition="new_category", **COLUMNS)
        assert found.customers == 0

    def test_upsell(self):
        """A unit of fine tea costs 6, ann's first tea cost 4; bob pays 4 as before."""
        found = P.upsell(SHOP, horizon=30, **COLUMNS)
        assert found.rate == pytest.approx(1 / 3)
        assert str(found).startswith(
            "Upsell: 33.3 % of 3 customers traded up within a category within 30 days"
        )

    def test_of_segments(self):
        table = P.cross_sell(SHOP, horizon=30, by="area", **COLUMNS).to_frame()
        assert table["eligible"].tolist() == [1, 2]
        assert table["rate"].tolist() == [1, 0]

    def test_prices_must_be_known(self):
        with pytest.raises(ParameterError) as caught:
            P.upsell(SHOP, horizon=30, category="kind")
        assert str(caught.value) == (
            "`price` must be the name of a column here, got None\n\n"
            "Hint: say where it is: order_lines(data, price=...), or give amount= and "
            "quantity="
        )


class TestGateways:
    @pytest.fixture
    def rows(self):
        return tn.datasets.simulate_baskets(600, seed=6, family="pandas")

    def test_adjusted_as_a_regression_says(self, rows):
        """The coefficient beside dummies of months, with HC1 errors."""
        found = P.gateways(rows, horizon=200, order="order_id", amount="amount")
        rows = rows.assign(first=rows.groupby("customer_id")["date"].transform("min"))
        rows["age"] = (rows["date"] - rows["first"]).dt.days
        rows = rows[rows["first"] + pd.Timedelta(days=200) <= rows["date"].max()]
        begin = rows.groupby("customer_id")["order_id"].transform("min")
        is_first = rows["order_id"] == begin
        who = rows.groupby("customer_id")["first"].first().to_frame()
        later = rows[~is_first & (rows["age"] <= 200)]
        who["value"] = later.groupby("customer_id")["amount"].sum()
        who["value"] = who["value"].fillna(0.0)
        table = found.to_frame().set_index("product")
        assert found.eligible == len(who)
        for name in table.index[:3]:
            own = rows.loc[is_first & (rows["product"] == name), "customer_id"]
            x = pd.get_dummies(who["first"].dt.to_period("M"), dtype=float)
            x["own"] = who.index.isin(own).astype(float)
            fit = sm.OLS(who["value"], x).fit(cov_type="HC1")
            row = table.loc[name]
            assert row["customers"] == x["own"].sum()
            assert row["adjusted"] == pytest.approx(fit.params["own"])
            low, high = fit.conf_int(0.1).loc["own"]
            ends = row["adjusted_low"], row["adjusted_high"]
            assert ends == pytest.approx((low, high))
            assert row["p_value"] == pytest.approx(fit.pvalues["own"])
            one, two = (who["value"][x["own"] == at] for at in (1, 0))
            assert row["difference"] == pytest.approx(one.mean() - two.mean())

    def test_by_hand(self):
        """Within 30 days ann spends 12 later, bob 4, cid nothing: 16/3 each.

        Tea (ann, bob) 8 against 0 of cid; cup (ann, cid) 6 against 4.
        """
        found = P.gateways(SHOP, horizon=30, min_customers=1, **COLUMNS)
        table = found.to_frame()
        assert found.later_value == pytest.approx(16 / 3)
        assert found.one_and_done == pytest.approx(1 / 3)
        assert table["product"].tolist() == ["tea", "cup"]
        assert table["later_value"].tolist() == [8, 6]
        assert table["others_value"].tolist() == [0, 4]
        assert table["one_and_done"].tolist() == [0, 0.5]

    def test_nobody_is_watched_for_so_long(self):
        with pytest.raises(EmptyDataError) as caught:
            P.gateways(SHOP, horizon=400, amount="amount")
        assert str(caught.value) == (
            "no customer is observed for 400 days after the first order\n\n"
            "Hint: choose a shorter horizon"
        )


class TestPenetration:
    def test_by_hand(self):
        """Of 3 customers with an area, 2 bought ware: 1 of 1 north, 1 of 2 south.

        Expected in the south 2 x 2/3 = 4/3: an index of 75, a gap of 1/3. A buyer of
        ware is worth (9 + 18 - 9)/2 = 9, so the gap is worth 3.
        """
        found = P.penetration(SHOP, by="area", **COLUMNS)
        table = found.to_frame()
        # as large as the gap of tea: ann and bob
        assert (table["area"][1], table["category"][1]) == ("south", "ware")
        assert table["expected"][1] == pytest.approx(4 / 3)
        assert table["index"][1] == pytest.approx(75)
        assert table["gap"][1] == pytest.approx(1 / 3)
        assert table["revenue_gap"][1] == pytest.approx(3)
        assert table["gap"].sum() == pytest.approx(0)
        assert (found.customers, found.without_segment) == (3, 1)

    def test_unknown_attribute(self):
        lines = P.order_lines(SHOP, attributes=["area"])
        with pytest.raises(ColumnError) as caught:
            P.penetration(lines, by="aera", of="product")
        assert str(caught.value) == (
            "unknown column 'aera'. Hint: did you mean 'area'?\n\nColumns: 'area'"
        )


class TestRecommend:
    def test_by_similarity(self):
        """4 owns a: to b 2/sqrt(3 x 3); 5 owns c: to b 1/sqrt(2 x 3).

        The lift of a and b is 2 x 5 / (3 x 3), that of c and b 1 x 5 / (2 x 3).
        """
        found = P.recommend(OWNED, [4, 5], n=1, min_count=1).to_frame()
        assert found["product"].tolist() == ["b", "b"]
        assert found["because"].tolist() == ["a", "c"]
        assert found["score"] == pytest.approx([2 / 3, 1 / math.sqrt(6)])
        assert found["lift"] == pytest.approx([10 / 9, 5 / 6])
        assert found["count"].tolist() == [2, 1]
        assert found["owners"].tolist() == [3, 3]

    def test_by_confidence_and_popularity(self):
        """Who owns c owns b in 1 of 2; what is owned by most is a or b, 3 of 5 each."""
        sure = P.recommend(OWNED, [5], n=2, min_count=1, score="confidence")
        assert sure.to_frame()["score"].tolist() == [0.5, 0]
        best = P.recommend(OWNED, [5], n=2, min_count=1, score="popularity")
        assert best.to_frame()["product"].tolist() == ["a", "b"]
        assert best.to_frame()["score"].tolist() == [0.6, 0.6]

    def test_what_is_owned_may_be_kept(self):
        kept = P.recommend(OWNED, [4], n=9, min_count=1, owned="keep").to_frame()
        assert sorted(kept["product"].tolist()) == ["a", "b", "c"]

    def test_an_unknown_customer(self):
        with pytest.raises(EmptyDataError) as caught:
            P.recommend(OWNED, ["4"], min_count=1)
        assert str(caught.value) == (
            "none of these customers has bought\n\n"
            "Hint: ids must be those of the data, of the same type"
        )

    def test_hit_rate(self):
        """By January, 4 owns a and 5 owns c; both buy one thing later.

        Similarity offers b to either: 4 buys it, 5 buys a, so 1 of 2. Popularity
        offers b to 4 and a to 5: 2 of 2. The difference is -1/2.
        """
        rows = {name: list(values) for name, values in OWNED.items()}
        rows["customer_id"] += [4, 5, 6]
        rows["date"] += ["2024-02-01"] * 3
        rows["product"] += ["b", "a", "a"]
        found = P.hit_rate(rows, split="2024-01-31", n=1, min_count=1)
        table = found.to_frame()
        assert (found.customers, found.without) == (2, 3)
        assert table["hits"].tolist() == [1, 2]
        assert table["recall"].tolist() == [0.5, 1]
        assert found.difference == -0.5


class TestTimeline:
    def test_by_hand(self):
        """Cid buys two cups for 18 and gives one back, of the same order."""
        found = P.customer_timeline(SHOP, ["ann", "cid"], **COLUMNS).to_frame()
        assert found["customer_id"].tolist() == ["ann"] * 3 + ["cid"] * 2
        assert found["order"].tolist() == [1, 1, 2, 1, 1]
        assert found["new"].tolist() == [True, True, True, False, True]
        assert found["returned"].tolist() == [False, False, False, True, False]
        assert found["days_since_first"].tolist() == [0, 0, 20, 0, 0]
        gaps = [np.nan, np.nan, 20, np.nan, np.nan]
        assert found["days_since_previous"] == pytest.approx(gaps, nan_ok=True)
        assert found["value_to_date"] == pytest.approx([13, 13, 25, 9, 9])

    def test_nobody(self):
        with pytest.raises(EmptyDataError, match="none of these customers has bought"):
            P.customer_timeline(SHOP, ["eve"])


CALLS = {
    "affinity": lambda data: P.affinity(data, min_count=1),
    "popularity": lambda data: P.popularity(data, horizon=30, **COLUMNS),
    "cross_sell": lambda data: P.cross_sell(data, horizon=30, **COLUMNS),
    "gateways": lambda data: P.gateways(data, horizon=30, min_customers=1, **COLUMNS),
    "penetration": lambda data: P.penetration(data, by="area", **COLUMNS),
    "recommend": lambda data: P.recommend(data, min_count=1),
    "timeline": lambda data: P.customer_timeline(data, **COLUMNS),
    "rules": lambda data: P.rules(data, min_count=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_frames_of_any_family_say_the_same(name):
    plain = CALLS[name](SHOP).to_frame()
    of_pandas = CALLS[name](pd.DataFrame(SHOP)).to_frame()
    of_polars = CALLS[name](pl.DataFrame(SHOP)).to_frame()
    assert isinstance(plain, dict)
    assert isinstance(of_pandas, pd.DataFrame)
    assert isinstance(of_polars, pl.DataFrame)
    assert list(plain) == list(of_pandas) == of_polars.columns
    for column, values in plain.items():
        for other in (of_pandas[column].tolist(), of_polars[column].to_list()):
            for one, two in zip(values.tolist(), other, strict=True):
                if isinstance(one, float):
                    same = two is None or (math.isnan(one) and math.isnan(two))
                    assert same or one == two
                else:
                    assert str(one)[:10] == str(two)[:10]


@pytest.mark.parametrize("name", CALLS)
def test_results_have_words_and_html(name):
    found = CALLS[name](SHOP)
    assert len(repr(found).splitlines()) > 1
    assert "<table" in found._repr_html_()


HORIZON = "`horizon` must be given for unit='next order', and for no other, got "


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                {"unit": "day"},
                "`unit` must be 'basket', 'customer' or 'next order', got 'day'",
            ),
            (
                {"unit": "next order"},
                HORIZON + "None",
            ),
            (
                {"horizon": 30},
                HORIZON + "30",
            ),
            (
                {"min_count": 0},
                "`min_count` must be a whole number of at least 1, got 0",
            ),
            (
                {"max_basket": 1},
                "`max_basket` must be a whole number of at least 2, got 1",
            ),
            ({"min_support": 2}, "`min_support` must lie between 0 and 1, got 2"),
            (
                {"min_count": "2"},
                "`min_count` must be a whole number of at least 1, got '2'",
            ),
            (
                {"min_count": math.inf},
                "`min_count` must be a whole number of at least 1, got inf",
            ),
            (
                {"min_support": "a"},
                "`min_support` must lie between 0 and 1, got 'a'",
            ),
            (
                {"test": "g"},
                "`test` must be 'fisher', 'chi-square' or None, got 'g'",
            ),
        ],
    )
    def test_limits_of_affinity(self, options, message):
        with pytest.raises(ParameterError) as caught:
            P.affinity(SHOP, **options)
        assert str(caught.value) == message

    def test_an_amount_that_is_none(self):
        rows = SHOP | {"amount": [4.0, np.nan, 1.0, 1.0, 1.0, 1.0, np.inf, 1.0]}
        with pytest.raises(DataError) as caught:
            P.popularity(rows, amount="amount")
        assert str(caught.value).startswith(
            "column `amount` must be a finite number; row 1 has "
        )
        assert "(2 rows in all)" in str(caught.value)

    def test_nothing_was_bought(self):
        rows = {"customer_id": [1], "date": ["2024-01-01"], "product": ["a"], "m": [-1]}
        with pytest.raises(EmptyDataError) as caught:
            P.order_lines(rows, amount="m")
        assert str(caught.value) == "nothing was bought in these rows"

    def test_categories_must_be_known(self):
        with pytest.raises(ParameterError) as caught:
            P.penetration(SHOP, by="area")
        assert str(caught.value) == (
            "`category` must say which category a product is of, got None\n\n"
            "Hint: give a column, or a mapping from products: order_lines(data, "
            "category=...)"
        )

    def test_limits_of_rules(self):
        for options, message in (
            ({"min_confidence": "a"}, "lie between 0 and 1, got 'a'"),
            ({"unit": "next order"}, "be 'basket' or 'customer', got 'next order'"),
            ({"max_items": 0}, "be a whole number of at least 1, got 0"),
        ):
            with pytest.raises(ParameterError) as caught:
                P.rules(SHOP, **options)
            assert str(caught.value) == f"`{next(iter(options))}` must {message}"

    def test_a_log_without_products(self):
        log = tn.Transactions(SHOP, amount="amount")
        with pytest.raises(ColumnError) as caught:
            P.affinity(log)
        assert str(caught.value) == (
            "column `product` is not in this log\n\n"
            "Hint: group it with product=..., the name of a column"
        )

    def test_what_is_left_out_is_counted(self):
        rows = {
            "customer_id": [1, None, 1, 1, 2],
            "date": ["2024-01-02", "2024-01-01", None, "2024-02-01", "2024-01-01"],
            "product": ["a", "a", "a", "a", None],
        }
        lines = P.order_lines(pl.DataFrame(rows), as_of="2024-01-31")
        assert {why: n for why, n in lines.left_out.items() if n} == {
            "without a customer": 1,
            "without a time": 1,
            "after the last day": 1,
            "without a product (count for the value of orders)": 1,
        }


class TestPictures:
    @pytest.fixture
    def ax(self):
        return Figure().subplots()

    def test_popularity(self, ax):
        found = P.popularity(SHOP, **COLUMNS)
        assert found.plot(ax=ax) is ax
        assert [bar.get_width() for bar in ax.patches] == [0.75, 0.5, 0.25]
        places = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
        assert places == pytest.approx(ax.get_yticks())
        names = [one.get_text() for one in ax.get_yticklabels()]
        assert names == ["tea", "cup", "fine"]

    def test_affinity(self, ax):
        rows = {"basket": [1, 1, 2, 2, 3, 4], "product": list("ababbc")}
        found = P.affinity(rows, basket="basket", min_count=1)
        assert found.plot("count", ax=ax) is ax
        assert [text.get_text() for text in ax.texts[:2]] == ["2", "2"]
        labels = [text.get_text() for text in ax.get_xticklabels()]
        assert labels == found.matrix("count")["product"].tolist()
        cells = np.ma.filled(ax.images[0].get_array(), np.nan)
        wide = np.column_stack([found.matrix("count")[name] for name in labels])
        assert np.array_equal(cells, wide, equal_nan=True)

    def test_gateways(self, ax):
        rows = tn.datasets.simulate_baskets(400, seed=6, family="numpy")
        found = P.gateways(rows, horizon=200, order="order_id", amount="amount")
        assert found.plot(most=5, ax=ax) is ax
        table = found.to_frame()
        assert ax.lines[0].get_xdata().tolist() == table["adjusted"][:5].tolist()
        ends = [one[:, 0].tolist() for one in ax.collections[0].get_segments()]
        low, high = (table[f"adjusted_{end}"][:5] for end in ("low", "high"))
        assert ends == [list(pair) for pair in zip(low, high, strict=True)]

    def test_timeline(self, ax):
        found = P.customer_timeline(SHOP, ["ann", "bob"])
        assert found.plot(ax=ax) is ax
        assert ax.lines[0].get_ydata().tolist() == [1, 1, 1, 0, 0]
        # the light centres: all of ann's, and bob's first
        assert ax.lines[1].get_ydata().tolist() == [1, 1, 1, 0]
