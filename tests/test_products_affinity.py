"""What is bought together: by hand and by brute force."""

import math
import sys
from collections import Counter, defaultdict
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import ColumnError, EmptyDataError

P = tn.products

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

    def test_words_need_no_tests(self, monkeypatch):
        """A printed table is no reason to test half a million pairs."""
        rows = {"basket": [1, 1, 2, 2, 3, 4], "product": list("ababbc")}
        found = P.affinity(rows, basket="basket", min_count=1)

        def untold(*_):
            raise AssertionError

        module = sys.modules["tenure.products.affinity"]  # hidden by the function
        monkeypatch.setattr(module, "p_values", untold)
        assert "a -> b" in str(found)
        assert len(found.matrix("count")["a"]) == 3
        with pytest.raises(AssertionError):
            found.to_frame()

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
