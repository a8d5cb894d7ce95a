"""What to offer to customers, and what each has bought."""

import math

import numpy as np
import pytest
import tenure as tn
from shop import COLUMNS, OWNED, SHOP
from tenure.exceptions import EmptyDataError

P = tn.products


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

    def test_a_text_is_one_customer(self):
        """Letters are ids here too: "ab" must not mean a and b."""
        rows = OWNED | {"customer_id": ["a", "a", "b", "b", "ab", "ab", "c", "d"]}
        for one in ("ab", ["ab"], np.array(["ab"])):
            found = P.recommend(rows, one, min_count=1)
            assert found.customers.tolist() == ["ab"]
        assert P.recommend(OWNED, 4, min_count=1).customers.tolist() == [4]
        with pytest.raises(EmptyDataError, match="none of these customers has bought"):
            P.recommend(rows, "abc", min_count=1)
        shown = P.customer_timeline(rows, "ab")
        assert shown.customers.tolist() == ["ab"]

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
