"""Scores, segments and concentration on the page: what it says is what is so."""

from __future__ import annotations

import re
from functools import cache
from html import unescape

import numpy as np
import pytest
import tenure as tn


@cache
def cdnow(*, with_amounts=True):
    amount = "amount" if with_amounts else None
    return tn.Transactions(tn.datasets.load_cdnow(family="numpy"), amount=amount)


def page_of(log, folder, **settings):
    written = tn.report(log, folder / "page.html", progress=False, **settings)
    text = (folder / "page.html").read_text("utf-8")
    return written.analysis, text


def plain(html):
    """The words of a page without markup."""
    words = unescape(re.sub(r"<[^>]*>", " ", html))
    return re.sub(r"\s+", " ", words.replace("\xa0", " "))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return page_of(cdnow(), tmp_path_factory.mktemp("page"), currency="USD")


class TestSegments:
    def test_numbers_are_those_of_the_analysis(self, page):
        analysis, html = page
        words = plain(html)
        table = analysis.segmentation.scores.segments()
        for place, name in enumerate(table["segment"]):
            count = table["customers"][place]
            assert (f"{name} {_MEANING[name]} {count:,} " in words) == (count > 0)
        assert "Champions brought most: 119,427 USD, 49 % of revenue" in words

    def test_scores_cover_all_customers(self, page):
        analysis, html = page
        scores = analysis.segmentation.scores
        assert (scores.customer_id == analysis.summary.customer_id).all()
        words = plain(html)
        assert "Frequency: 52 % of customers tie at 1; score 2 unused." in words
        assert "5 up to 151 from 5 above 130.44" in words
        assert "2 486 to 511 nobody 15.36 to 31.96" in words
        days = scores["recency_days"]
        assert days[scores["r"] == 5].max() <= 151
        assert days[scores["r"] == 4].min() >= 152

    def test_movement(self, page):
        analysis, html = page
        moved = analysis.segmentation.movement
        row = {name: values[0] for name, values in moved.stability().items()}
        stayed, up, down = (row[name] for name in ("stability", "up", "down"))
        assert stayed + up + down == pytest.approx(1)
        said = f"{100 * up:.0f} % rose to a better one and {100 * down:.0f} % fell"
        assert said in plain(html)

    def test_without_amounts(self, tmp_path):
        analysis, html = page_of(cdnow(with_amounts=False), tmp_path)
        assert analysis.spread is None
        assert analysis.segmentation.scores.segment is not None
        words = plain(html)
        assert "How much hangs on a few customers" not in words
        assert "Hibernating" in words
        assert "revenue so far" not in words

    def test_as_of(self, tmp_path):
        analysis, _ = page_of(cdnow(), tmp_path, as_of="1997-12-31")
        assert str(analysis.segmentation.scores.as_of) == "1997-12-31"
        total = analysis.spread.concentration.total
        assert total == pytest.approx(analysis.base.value)


class TestConcentration:
    def test_numbers_are_those_of_the_analysis(self, page):
        analysis, html = page
        words = plain(html)
        found = analysis.spread.concentration
        assert found.total == pytest.approx(cdnow().values.sum())
        assert "20 % 472 164,652 67.5 % 65.4 % to 69.4 %" in words
        for sentence in found.sentences():
            assert sentence in words

    def test_refunds_above_purchases(self, tmp_path):
        rng = np.random.default_rng(0)
        orders = {
            "customer_id": rng.integers(0, 300, 1_500),
            "date": np.datetime64("2024-01-01") + rng.integers(0, 300, 1_500),
            "amount": rng.normal(10, 30, 1_500).round(2),
        }
        log = tn.Transactions(orders, amount="amount", refunds="keep")
        analysis, html = page_of(log, tmp_path)
        losers = analysis.spread.concentration.losers
        assert losers > 0
        assert f"{losers} customers" in plain(html)
        assert "refunded more than they paid" in plain(html)

    def test_nothing_is_nan(self, page):
        assert "nan" not in plain(page[1]).lower().split()


@pytest.mark.parametrize("amount", [3.0, 0.0, -2.0])
def test_a_single_customer(tmp_path, amount):
    orders = {"customer_id": [1], "date": ["2024-01-01"], "amount": [amount]}
    log = tn.Transactions(orders, amount="amount", refunds="keep")
    _, html = page_of(log, tmp_path)
    assert "There is only one customer: nobody to compare with." in plain(html)
    assert "nan" not in plain(html).lower().split()


_MEANING = {
    "Champions": "bought lately, and often",
    "Loyal": "buy often, and not long ago",
    "Potential Loyalists": "bought lately, more than once",
    "New": "bought lately for the first time",
    "Promising": "bought once, not long ago",
    "Need Attention": "average in both",
    "About to Sleep": "bought rarely, and some time ago",
    "Can't Lose": "bought very often, but long ago",
    "At Risk": "bought quite often, but long ago",
    "Hibernating": "bought rarely, and long ago",
}
