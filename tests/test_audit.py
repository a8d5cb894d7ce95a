"""The lenses of the audit say what a count by hand says, and the opposite of opposites.

The small shop has two quarters and one order in a third that is not over:

=====  ====================  ============================
       Q1 2024               Q2 2024
=====  ====================  ============================
ann    10 and 20: 30         15
bob    40                    -
cy     10                    10 and 30: 40
dora   (first in Q2)         25
=====  ====================  ============================
"""

from __future__ import annotations

import re

import numpy as np
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.auditing._ledger import label_of
from tenure.auditing.period_to_period import GROUPS
from tenure.cli import main
from tenure.exceptions import EmptyDataError, ParameterError

ROWS = [
    ("ann", "2024-01-05", 10.0, "tea"),
    ("ann", "2024-02-05", 20.0, "cup"),
    ("bob", "2024-03-01", 40.0, "tea"),
    ("cy", "2024-03-02", 10.0, "tea"),
    ("ann", "2024-04-10", 15.0, "tea"),
    ("cy", "2024-04-11", 10.0, "pot"),
    ("cy", "2024-06-01", 30.0, None),
    ("dora", "2024-06-30", 25.0, "tea"),
    ("eve", "2024-07-02", 99.0, "pot"),
]
SMALL = {
    name: [row[place] for row in ROWS]
    for place, name in enumerate(("customer_id", "date", "amount", "product"))
}


def log_of(data, **options):
    return tn.Transactions(data, amount="amount", **options)


@pytest.fixture(scope="module")
def small():
    return tn.audit(log_of(SMALL, product="product"), every="quarter")


def drawn(seed=0, customers=400, **options):
    rng = np.random.default_rng(seed)
    rows = 3000
    ids = rng.choice(customers, rows, p=rng.dirichlet(np.full(customers, 0.7)))
    return {
        "customer_id": ids,
        "date": np.datetime64("2022-01-01") + rng.integers(0, 912, rows),
        "amount": rng.gamma(3.0, 10.0, rows).round(2),
        "product": rng.choice(["a", "b", "c", "d"], rows, p=[0.6, 0.2, 0.15, 0.05]),
        **options,
    }


# -- by hand -------------------------------------------------------------------------


def test_the_first_lens_by_hand(small):
    found = small.between_customers
    assert found.label == "Q2 2024"
    assert found.customers == 3
    tenths = found.to_frame()  # no more parts than customers: cy, dora, ann
    assert tenths["value"].tolist() == [40.0, 25.0, 15.0]
    assert tenths["share"] == pytest.approx([0.5, 0.3125, 0.1875])
    assert tenths["orders_per_customer"].tolist() == [2.0, 1.0, 1.0]
    assert tenths["value_per_order"].tolist() == [20.0, 25.0, 15.0]
    assert tenths["new_share"].tolist() == [0.0, 1.0, 0.0]
    orders = found.by_orders()
    assert orders["customers"].tolist() == [2, 1, *[0] * 8]
    assert orders["orders"][-1] == "10+"
    assert orders["value_share"][:2] == pytest.approx([0.5, 0.5])
    spread = found.summary()
    assert spread["mean"] == pytest.approx([4 / 3, 80 / 3, 20.0])
    assert spread["median"].tolist() == [1.0, 25.0, 20.0]
    assert found.sentences() == [
        "In Q2 2024, the best 20 % of customers (1 of 3) bring 50 % of the revenue.",
        "67 % of the 3 customers bought once only, and 33 % had never bought before.",
    ]


def test_the_second_lens_by_hand(small):
    found = small.period_to_period
    table = found.to_frame()
    assert table["customers"].tolist() == [1, 1, 0, 1, 0, 1]
    assert table["change"].tolist() == [-40.0, -15.0, 0.0, 30.0, 0.0, 25.0]
    assert found.change == 0.0
    assert table["share"].sum() == pytest.approx(1.0)
    factors = found.by_factor()
    assert factors["before"] == pytest.approx([3, 4 / 3, 20])
    assert factors["after"] == pytest.approx([3, 4 / 3, 20])
    assert found.retained[0] == pytest.approx(2 / 3)
    assert found.sentences()[0] == (
        "Revenue stayed the same from Q1 2024 to Q2 2024: 80.00 became 80.00."
    )
    assert found.sentences()[2] == (
        "Customers who did not come again or spent less took away 55.00; the others "
        "added 55.00, most of it from customers who spent more than before."
    )


def test_the_third_lens_by_hand(small):
    found = small.one_cohort
    assert (found.label, found.size, len(found)) == ("Q1 2024", 3, 2)
    table = found.to_frame()
    assert table["active"].tolist() == [3, 2]
    assert table["share"] == pytest.approx([1.0, 2 / 3])
    assert table["orders"].tolist() == [4, 3]
    assert table["value"].tolist() == [80.0, 55.0]
    assert table["cumulative"] == pytest.approx([80 / 3, 45.0])
    assert found.sentences()[1] == (
        "A customer of theirs has brought 45.00, 41 % of it after the first quarter."
    )


def test_the_fourth_lens_by_hand(small):
    found = small.cohorts_compared
    assert found.labels() == ["Q1 2024", "Q2 2024"]
    assert found.age == 0  # only one cohort has completed the next quarter
    table = found.to_frame()
    assert table["customers"].tolist() == [3, 1]
    assert table["first_value"] == pytest.approx([80 / 3, 25.0])
    assert table["retained"][0] == pytest.approx(2 / 3)
    assert np.isnan(table["retained"][1])
    assert found.sentences()[0].startswith(
        "A customer who came in Q1 2024 brought most within 1 quarter of coming: "
        "26.67, against 25.00 in Q2 2024"
    )


def test_the_fifth_lens_by_hand(small):
    found = small.whole_base
    table = found.to_frame()
    assert table["known"].tolist() == [3, 4]
    assert table["active"].tolist() == [3, 3]
    assert table["new"].tolist() == [3, 1]
    assert table["value_new"].tolist() == [80.0, 25.0]
    assert table["value_known"].tolist() == [0.0, 55.0]
    cohorts = found.by_cohort()
    assert cohorts["value"].tolist() == [80.0, 55.0, 25.0]
    assert cohorts["share"] == pytest.approx([1.0, 55 / 80, 25 / 80])
    assert found.sentences()[1] == (
        "69 % of the revenue of Q2 2024 came from customers who had come before."
    )


def test_products_by_hand(small):
    found = small.products
    table = found.to_frame()
    # the log is observed to the end, so the last order counts here
    assert table["product"].tolist() == ["pot", "tea", "cup"]
    assert table["value"].tolist() == [109.0, 100.0, 20.0]
    assert table["buyers"].tolist() == [2, 4, 1]
    assert table["orders"].tolist() == [2, 5, 1]
    assert table["penetration"] == pytest.approx([0.4, 0.8, 0.2])
    assert table["repeat_rate"] == pytest.approx([0.0, 0.25, 0.0])
    assert found.unknown == 1
    assert found.pareto() == 2
    assert found.sentences() == [
        "2 of 3 products (67 %) bring 80 % of the revenue; pot alone brings 48 %.",
        "tea has the most buyers: 80 % of 5 customers, of whom 25 % bought it again.",
        "1 line without a product is left out.",
    ]


# -- identities ----------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 600), st.integers(1, 500)),
        min_size=1,
        max_size=80,
    ),
    every=st.sampled_from(["quarter", "month"]),
)
def test_everything_adds_up(rows, every):
    data = {
        "customer_id": np.array([who for who, _, _ in rows]),
        "date": np.datetime64("2023-01-01") + np.array([at for _, at, _ in rows]),
        "amount": np.array([cents / 100 for *_, cents in rows]),
    }
    found = tn.audit(log_of(data), every=every, as_of="2024-12-31")
    base = found.whole_base
    total = float(data["amount"].sum())
    assert base.value.sum() == pytest.approx(total)
    # brute force: the customers of each period
    periods = [label_of(one, every) for one in base.period]
    active = {name: set() for name in periods}
    for who, day in zip(data["customer_id"], data["date"], strict=True):
        month = day.astype("datetime64[M]")
        start = month - (month.astype(int) % 3 if every == "quarter" else 0)
        active[label_of(start.astype("datetime64[D]"), every)].add(int(who))
    assert [len(active[name]) for name in periods] == base.active.sum(axis=1).tolist()
    assert base.active.diagonal().sum() == len(np.unique(data["customer_id"]))
    change = found.period_to_period
    if change is not None:
        assert change.change == pytest.approx(
            base.value[-1].sum() - base.value[-2].sum(), abs=1e-9
        )
        if np.isfinite(change.effects).all():
            assert change.effects.sum() == pytest.approx(change.change, abs=1e-9)
    cohort = found.one_cohort
    assert cohort.columns["cumulative"][-1] * cohort.size == pytest.approx(
        cohort.columns["value"].sum(), abs=1e-9
    )
    last = found.between_customers
    if last is not None:
        tenths = last.to_frame()
        assert tenths["share"].sum() == pytest.approx(1.0)
        assert tenths["customers"].sum() == last.customers


def test_rows_in_any_order_and_frames_of_any_family():
    data = drawn()
    mixed = np.random.default_rng(1).permutation(len(data["amount"]))
    shuffled = {name: values[mixed] for name, values in data.items()}
    first = tn.audit(log_of(data, product="product"))
    second = tn.audit(log_of(shuffled, product="product"))
    assert first.every == "year"
    assert first.sentences() == second.sentences()
    for family in ("pandas", "polars"):
        package = pytest.importorskip(family)
        found = tn.audit(log_of(package.DataFrame(data), product="product"))
        assert found.sentences() == first.sentences()
        frame = found.whole_base.to_frame()
        assert type(frame).__module__.startswith(family)
        assert list(frame["value"]) == pytest.approx(
            first.whole_base.to_frame()["value"].tolist()
        )


def test_margin_scales_money_and_nothing_else():
    data = drawn()
    whole = tn.audit(log_of(data, product="product"))
    part = tn.audit(log_of(data, product="product"), margin=0.25)
    assert part.whole_base.value == pytest.approx(0.25 * whole.whole_base.value)
    assert part.whole_base.active.tolist() == whole.whole_base.active.tolist()
    ours, theirs = part.cohorts_compared.to_frame(), whole.cohorts_compared.to_frame()
    assert ours["value"] == pytest.approx(0.25 * theirs["value"], nan_ok=True)
    products = part.products.to_frame()["value"]
    assert products == pytest.approx(0.25 * whole.products.to_frame()["value"])
    assert part.period_to_period.sentences()[0].startswith("Margin ")


def test_without_amounts_orders_are_counted():
    data = drawn()
    found = tn.audit(tn.Transactions(data, product="product"))
    assert found.whole_base.what == "orders"
    assert found.whole_base.value.tolist() == found.whole_base.orders.tolist()
    assert found.products.what == "lines"
    assert " of the orders" in found.between_customers.sentences()[0]
    with pytest.raises(ParameterError) as caught:
        tn.audit(tn.Transactions(data), margin=0.3)
    assert str(caught.value) == (
        "`margin` must be left out of a log without amounts, got 0.3"
    )


# -- opposite facts ------------------------------------------------------------------


def _two_years(second, *, new=False, amount=10.0):
    """A year in which everybody orders once a month, and another."""
    who = np.repeat(np.arange(20), 12)
    days = np.datetime64("2022-01-10") + np.tile(np.arange(12) * 30, 20)
    later = np.datetime64("2023-01-10") + np.tile(np.arange(12) * 30, 20)
    kept = who < second
    return {
        "customer_id": np.concatenate([who, who[kept] + (100 if new else 0)]),
        "date": np.concatenate([days, later[kept]]),
        "amount": np.concatenate([np.full(240, 10.0), np.full(kept.sum(), amount)]),
    }


def _said(data, lens):
    found = tn.audit(log_of(data), every="year", as_of="2023-12-31")
    return " ".join(getattr(found, lens).sentences())


def test_opposite_facts_are_said_in_opposite_words():
    fewer, dearer = _two_years(5), _two_years(20, amount=30.0)
    said = _said(fewer, "period_to_period")
    assert "Revenue fell by 75 % from 2022 to 2023" in said
    assert "25 % of the customers of 2022 bought again in 2023" in said
    assert "the number of customers mattered most: it took away 1,800." in said
    said = _said(dearer, "period_to_period")
    assert "Revenue rose by 200 % from 2022 to 2023" in said
    assert "100 % of the customers of 2022 bought again in 2023" in said
    assert "what an order was worth mattered most: it added 4,800." in said
    others = _two_years(20, new=True)
    assert "100 % of the revenue of 2023 came from new customers." in _said(
        others, "whole_base"
    )
    assert "100 % of the revenue of 2023 came from customers who had come" in _said(
        dearer, "whole_base"
    )
    assert "25 % bought in the year after" in _said(fewer, "one_cohort")
    assert "100 % bought in the year after" in _said(dearer, "one_cohort")
    grown = _two_years(20, new=True, amount=30.0)
    assert "A customer who came in 2023 brought most" in _said(
        grown, "cohorts_compared"
    )
    shrunk = _two_years(20, new=True, amount=3.0)
    assert "A customer who came in 2022 brought most" in _said(
        shrunk, "cohorts_compared"
    )
    assert "their intervals do not touch" in _said(grown, "cohorts_compared")
    same = _two_years(20, new=True)
    assert "Customers of all cohorts brought the same" in _said(
        same, "cohorts_compared"
    )


def test_why_the_best_are_the_best():
    ids = np.arange(100)
    often = {
        "customer_id": np.concatenate([ids, np.repeat(ids[:10], 9)]),
        "date": np.concatenate(
            [
                np.full(100, np.datetime64("2023-02-01")),
                np.datetime64("2023-02-02") + np.tile(np.arange(9), 10),
            ]
        ),
        "amount": np.full(190, 10.0),
    }
    dear = {
        "customer_id": ids,
        "date": np.full(100, np.datetime64("2023-02-01")),
        "amount": np.where(ids < 10, 100.0, 10.0),
    }
    for data, words in (
        (often, "it is mostly how often they buy that sets them apart"),
        (dear, "it is mostly what an order is worth that sets them apart"),
    ):
        found = tn.audit(log_of(data), every="month", as_of="2023-02-28")
        assert words in found.between_customers.sentences()[2]


# -- what cannot be said ---------------------------------------------------------------


def test_what_cannot_be_said_is_named():
    data = {"customer_id": ["a", "b"], "date": ["2024-01-03", "2024-01-09"]}
    found = tn.audit(tn.Transactions(data), every="month", as_of="2024-01-31")
    assert found.period_to_period is None
    assert found.problems["period_to_period"].splitlines()[0] == (
        "only one month was over by the end of observation"
    )
    assert found.cohorts_compared is None
    assert found.products is None
    assert "not done: the log has no products" in repr(found)
    assert "<table>" in found._repr_html_()
    with pytest.raises(EmptyDataError, match="no year was over by the end"):
        tn.audit(tn.Transactions(data), every="year")
    with pytest.raises(ParameterError) as caught:
        tn.audit(tn.Transactions(data), every="decade")
    assert str(caught.value) == (
        "`every` must be one of year, quarter, month, week, day, got 'decade'"
    )
    with pytest.raises(ParameterError) as caught:
        tn.audit(
            tn.Transactions(data),
            every="month",
            cohort="2023-05-01",
            as_of="2024-01-31",
        )
    assert str(caught.value) == (
        "`cohort` must be a day of a complete period in which somebody came, got "
        "2023-05-01"
    )
    with pytest.raises(ParameterError, match="`level` must lie between 0 and 1"):
        tn.audit(tn.Transactions(data), level=1.0)


def test_cohorts_are_made_of_shorter_periods_where_all_came_in_one(log):
    found = tn.audit(log)
    assert found.every == "quarter"
    assert found.cohorts_compared.every == "month"
    assert tn.audit(log, every="quarter").cohorts_compared is None


def test_a_date_leaves_out_what_came_later():
    data = drawn()
    early = data["date"] <= np.datetime64("2023-12-31")
    cut = {name: values[early] for name, values in data.items()}
    whole = tn.audit(log_of(data, product="product"), as_of="2023-12-31")
    only = tn.audit(log_of(cut, product="product"), as_of="2023-12-31")
    assert whole.sentences() == only.sentences()
    np.testing.assert_array_equal(whole.whole_base.value, only.whole_base.value)


# -- pictures and pages ----------------------------------------------------------------


def test_pictures_show_the_numbers(small):
    pytest.importorskip("matplotlib")
    heights = [bar.get_height() for bar in small.between_customers.plot().patches]
    np.testing.assert_allclose(heights, small.between_customers.to_frame()["share"])
    steps = [bar.get_height() for bar in small.period_to_period.plot().patches]
    assert steps == [80.0, -40.0, -15.0, 30.0, 25.0, 80.0]
    shares = [bar.get_height() for bar in small.one_cohort.plot().patches]
    assert shares == pytest.approx([2 / 3])
    layers = [bar.get_height() for bar in small.whole_base.plot().patches]
    assert sum(layers) == pytest.approx(160.0)
    bars = [bar.get_width() for bar in small.products.plot().patches]
    assert bars[:3] == pytest.approx(small.products.to_frame()["share"].tolist())
    assert small.cohorts_compared.plot().lines


def _text(path):
    source = path.read_text("utf-8")
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", source, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", text).replace("\N{NO-BREAK SPACE}", " ")
    return source, " ".join(text.split())


def test_the_page_leads_with_what_the_numbers_say(tmp_path):
    pytest.importorskip("matplotlib")
    log = log_of(drawn(), product="product")
    found = tn.report(log, tmp_path / "a.html", margin=0.3)
    source, text = _text(found.path)
    audit = found.analysis.audit
    lenses = {
        "between": audit.between_customers,
        "periods": audit.period_to_period,
        "cohort": audit.one_cohort,
        "cohorts": audit.cohorts_compared,
        "base": audit.whole_base,
        "products": audit.products,
    }
    for name, lens in lenses.items():
        lead = lens.sentences()[0].replace(" %", "\N{NO-BREAK SPACE}%")
        section = source[source.rindex("<section", 0, source.index(f'id="{name}"')) :]
        assert section.index('class="lead"') < section.index(lead[:40])
        assert lens.sentences()[0] in text
    assert 'aria-label="Triangle: ' in source
    assert "http" not in re.sub(r'http-equiv="', "", source)
    for group in GROUPS:
        assert group in text


def test_the_audit_can_be_left_out(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    found = tn.report(log_of(drawn()), tmp_path / "a.html", audit=False)
    assert found.analysis.audit is None
    source, _ = _text(found.path)
    assert 'id="between"' not in source
    assert 'href="#base"' not in source
    orders = drawn()
    rows = zip(
        *(orders[n] for n in ("customer_id", "date", "amount", "product")), strict=True
    )
    lines = ["customer_id,date,amount,product"]
    lines += [",".join(map(str, row)) for row in rows]
    table = tmp_path / "orders.csv"
    table.write_text("\n".join(lines), "utf-8")
    page = tmp_path / "b.html"
    asked = ["report", str(table), "--out", str(page), "--product", "product"]
    assert main([*asked, "--quiet"]) == 0
    assert 'id="products"' in page.read_text("utf-8")
    assert main([*asked, "--quiet", "--no-audit"]) == 0
    assert 'id="products"' not in page.read_text("utf-8")
    assert main([*asked[:-1], "sort"]) != 0
    assert "--product: no column 'sort'" in capsys.readouterr().err
