"""The page says what the numbers are, loads nothing, and is there in full or not."""

from __future__ import annotations

import csv
import io
import re
import sys
import time
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import EmptyDataError, ParameterError
from tenure.reporting import sections
from tenure.reporting.files import whole_files
from tenure.reporting.html import table, tag
from tenure.reporting.progress import Progress

OPTIONS = {"calibration_end": "1997-09-30", "currency": "USD"}
VOID = {"meta", "link", "br", "img"}


@cache
def cdnow(family="numpy"):
    orders = tn.datasets.load_cdnow(family=family)
    return tn.Transactions(orders, customer="customer_id", time="date", amount="amount")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return tn.report(cdnow(), folder / "a.html", csv=folder / "a.csv", **OPTIONS)


def page_of(log, folder, **options):
    """The page of a log, and what was computed for it."""
    written = tn.report(log, folder / "page.html", **options)
    return Page(written.path.read_text("utf-8")), written.analysis


class Page(HTMLParser):
    """What is on a page: it must be well formed."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.source, self.open, self.tags, self.text = source, [], [], ""
        self.feed(source)
        self.close()
        assert not self.open, self.open
        self.text = " ".join(self.text.split())  # plain spaces only

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += " " + data

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def orders(seed=0, rows=900, customers=120, days=500):
    """Orders of customers who differ, and who leave."""
    rng = np.random.default_rng(seed)
    rates, ends = rng.gamma(0.8, 1.0, customers), rng.integers(60, days, customers)
    ids = rng.choice(customers, rows, p=rates / rates.sum())
    at = (rng.random(rows) * ends[ids]).astype("timedelta64[D]")
    return {
        "customer_id": ids,
        "date": np.datetime64("2023-01-01") + at,
        "amount": (rng.gamma(5.0, 8.0, rows) * (1 + ids % 3)).round(2),
    }


class TestPage:
    def test_is_well_formed(self, report):
        page = Page(report.path.read_text("utf-8"))
        ids = [a["id"] for _, a in page.tags if "id" in a]
        assert len(ids) == len(set(ids))
        targets = {a["href"][1:] for a in page.all("a")}
        assert targets == {
            "scores",
            "segments",
            "concentration",
            "glance",
            "data",
            "models",
            "checks",
            "alive",
            "value",
            "between",
            "periods",
            "cohort",
            "cohorts",
            "base",
            "method",
        }
        assert targets <= set(ids)
        assert page.all("html") == [{"lang": "en"}]
        assert [a for a in page.all("meta") if a.get("name") == "viewport"]
        headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert headings[0] == 1
        assert headings.count(1) == 1
        assert max(np.diff(headings)) <= 1

    def test_loads_nothing(self, report):
        source = report.path.read_text("utf-8")
        page = Page(source)
        assert "http" not in re.sub(r'http-equiv="', "", source)
        for tag_, attributes in page.tags:
            for name in ("src", "href", "xlink:href", "data", "action"):
                target = attributes.get(name, "#")
                assert target.startswith(("#", "data:image/png;base64,")), (
                    tag_,
                    target,
                )
        assert not page.all("script")
        assert not page.all("link")
        assert "url(" not in re.sub(r"url\(#", "", source)
        assert "@import" not in source
        policy = next(a for a in page.all("meta") if "http-equiv" in a)
        assert policy["content"].startswith("default-src 'none'")

    def test_pictures_have_words(self, report):
        page = Page(report.path.read_text("utf-8"))
        pictures = [a for a in page.all("div") if a.get("role") == "img"]
        assert len(pictures) == len(page.all("svg")) == len(page.all("figure")) == 27
        assert all(len(a["aria-label"]) > 40 for a in pictures)
        assert len(page.all("figcaption")) == 27
        assert all(a["scope"] in ("col", "row") for a in page.all("th"))

    def test_says_the_numbers(self, report):
        text = Page(report.path.read_text("utf-8")).text
        found = report.analysis
        forecast = found.forecast
        lower, upper = forecast.value.total_interval
        for words in (
            "2,357 customers made 6,696 purchases from 1997-01-01 to 1998-06-30",
            "Revenue 244,092 USD",
            "Came back 48 % 1,139 bought more than once",
            "Time between purchases 34 days",
            (
                f"Revenue {forecast.value.total:,.0f} USD "
                f"90 % interval {lower:,.0f} to {upper:,.0f} USD"
            ),
            f"Repeat purchases {forecast.purchases.total:,.0f}",
            "The log has 6,919 rows, of which 6,919 were used",
            "223 merged: one purchase a day",
            "8 purchases of a total of 0",
            (
                f"r shape of the purchase rates: small means customers differ widely "
                f"{forecast.buying.params_['r']:.4f} 0.011"
            ),
            "purchases 1,882 1,653 12.1 % too few",
            "revenue (USD) 70,976",
            "actual 4,339",
            "expected 4,161",
            "Horizon 12 months",
            "Discount rate 10.0 % a year",
            "Checked with what was known on 1997-09-30",
            "Made by tenure",
        ):
            assert words in text, words

    def test_top_customers(self, report):
        text = Page(report.path.read_text("utf-8")).text
        found = report.analysis
        best = int(np.argmax(found.forecast.value["value"]))
        value = found.forecast.value["value"][best]
        customer = found.summary.customer_id[best]
        assert re.search(
            rf" {customer} \d+ 1998-\d\d-\d\d \d+ % .* {value:,.0f} ", text
        )

    def test_the_numbers_are_those_of_the_models(self, report):
        found = report.analysis
        summary = cdnow().summary("week")
        buying, spend = tn.BGNBD().fit(summary), tn.GammaGamma().fit(summary)
        worth = tn.lifetime_value(
            buying, spend, summary, horizon="12 months", discount_rate=0.1, interval=0.9
        )
        forecast = found.forecast
        assert forecast.value.total == worth.total
        assert forecast.value.total_interval == worth.total_interval
        expected = buying.expected_purchases(summary, horizon="12 months")
        np.testing.assert_allclose(forecast.purchases["value"], expected, rtol=1e-12)
        alive = buying.probability_alive(summary)
        np.testing.assert_array_equal(forecast.alive, alive)

    def test_the_check_is_that_of_the_split(self, report):
        check = report.analysis.check
        split = cdnow().split("1997-09-30", unit="week")
        buying, spend = tn.BGNBD().fit(split), tn.GammaGamma().fit(split)
        expected = buying.expected_purchases(split, horizon=39)
        np.testing.assert_allclose(check.expected, expected, rtol=1e-12)
        worth = (expected * spend.expected_spend(split)).sum()
        assert check.value == pytest.approx(worth, rel=1e-9)
        count, ranked, best = check.best_tenth
        assert count == 235
        by_hand = np.sort(split.holdout_purchases)[::-1][:235].sum() / 1882
        assert best == pytest.approx(by_hand)
        assert 0.4 < ranked < best

    @pytest.mark.parametrize("family", ["pandas", "polars", "pyarrow"])
    def test_same_page_for_every_family(self, report, family, tmp_path):
        pytest.importorskip(family)
        other = tn.report(cdnow(family), tmp_path / "b.html", **OPTIONS)
        assert other.path.read_bytes() == report.path.read_bytes()

    def test_same_page_for_any_order_of_rows(self, report, tmp_path):
        rows = np.random.default_rng(1).permutation(6919)
        columns = tn.datasets.load_cdnow(family="numpy")
        shuffled = {name: values[rows] for name, values in columns.items()}
        log = tn.Transactions(shuffled, amount="amount")
        other = tn.report(log, tmp_path / "b.html", **OPTIONS)
        assert other.path.read_bytes() == report.path.read_bytes()

    def test_prints_where_it_is(self, report):
        assert repr(report) == (
            f"Report of 2,357 customers\n  {report.path}\n  {report.csv}"
        )


class TestCustomers:
    def test_rows(self, report):
        with report.csv.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == [
            *("customer_id", "first_purchase", "last_purchase"),
            *("frequency", "recency", "T", "monetary_value", "probability_alive"),
            *("expected_purchases", "expected_spend", "value", "lower", "upper"),
        ]
        assert len(rows) == 2357
        first = rows[0]
        assert first["customer_id"] == "1"
        assert (first["first_purchase"], first["last_purchase"]) == (
            "1997-01-01",
            "1997-12-12",
        )
        forecast = report.analysis.forecast
        for name in ("expected_spend", "value", "lower", "upper"):
            written = [float(row[name]) for row in rows]
            np.testing.assert_allclose(written, forecast.value[name], rtol=1e-9)
        written = [float(row["probability_alive"]) for row in rows]
        np.testing.assert_allclose(written, forecast.alive, rtol=1e-9)
        sums = sum(float(row["expected_purchases"]) for row in rows)
        assert sums == pytest.approx(forecast.purchases.total, rel=1e-9)

    def test_times_of_day(self, tmp_path):
        columns = orders()
        columns["date"] = columns["date"] + np.timedelta64(3723, "s")
        log = tn.Transactions(columns, amount="amount", merge=None)
        written = tn.report(log, tmp_path / "a.html", csv=tmp_path / "a.csv")
        line = written.csv.read_text("utf-8").splitlines()[1]
        assert re.match(r"0,2023-\d\d-\d\dT01:02:03,2023", line)

    def test_as_of_an_earlier_day(self, tmp_path):
        target = tmp_path / "a.csv"
        page, found = page_of(cdnow(), tmp_path, csv=target, as_of="1997-03-01")
        with target.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        summary = cdnow().summary("week", as_of="1997-03-01")
        assert len(rows) == len(summary) == found.base.customers
        last = {row["customer_id"]: row["last_purchase"] for row in rows}
        assert max(last.values()) <= "1997-03-01"
        bought = cdnow().times < np.datetime64("1997-03-02")
        assert found.base.purchases == bought.sum()
        assert "As of 1997-03-01" in page.text
        later = 6696 - int(bought.sum())
        assert f"{later:,} purchases after 1997-03-01 are left out" in page.text

    def test_as_of_a_later_day(self, tmp_path):
        page, found = page_of(cdnow(), tmp_path, as_of="1998-12-31")
        assert found.base.last_day == np.datetime64("1998-12-31")
        assert "from 1997-01-01 to 1998-12-31" in page.text


class TestEscaping:
    def test_hostile_texts(self, tmp_path):
        columns = orders()
        names = [f'<script>alert("{i}")</script>&\'\x00' for i in range(120)]
        columns["customer_id"] = np.array(names, dtype=object)[columns["customer_id"]]
        page, _ = page_of(
            tn.Transactions(columns, amount="amount"),
            tmp_path,
            title='</title><script>alert("x")</script>',
            currency='<img src="x">',
        )
        assert not page.all("script")
        assert not page.all("img")
        assert "\x00" not in page.source
        assert '<script>alert("' in page.text
        assert '<img src="x">' in page.text

    def test_hostile_column_names(self, tmp_path):
        names = {"customer_id": "<b>c", "date": "<b>d", "amount": "<b>a"}
        columns = {names[name]: values for name, values in orders().items()}
        columns["<b>k"] = np.arange(900)  # a second value for everybody
        log = tn.Transactions(
            columns, customer="<b>c", time="<b>d", amount="<b>a", attributes=["<b>k"]
        )
        page, _ = page_of(log, tmp_path)
        assert not page.all("b")
        assert "customers with more than one `<b>k`" in page.text

    def test_markup(self):
        assert tag("p", "a < b", title='"') == '<p title="&quot;">a &lt; b</p>'
        assert tag("p", tag("b", "&")) == "<p><b>&amp;</b></p>"
        found = table(["<"], [["&", "1"]], caption='"c"')
        assert "&lt;" in found
        assert "&amp;" in found
        assert 'aria-label="&quot;c&quot;"' in found

    def test_long_ids_are_cut(self, tmp_path):
        columns = orders()
        columns["customer_id"] = [f"{i:04}" + "x" * 500 for i in columns["customer_id"]]
        page, _ = page_of(tn.Transactions(columns, amount="amount"), tmp_path)
        assert "x" * 40 not in page.source


class TestWithoutMuch:
    def test_no_amounts(self, tmp_path):
        columns = orders()
        del columns["amount"]
        target = tmp_path / "a.csv"
        page, found = page_of(tn.Transactions(columns), tmp_path, csv=target)
        assert "The log has no amounts" in page.text
        assert "Who will buy most?" in page.text
        for word in ("revenue", "gamma-gamma", "worth", "currency", "margin"):
            assert word not in page.text.lower().replace("what they are worth", ""), (
                word
            )
        assert found.forecast.value is None
        header = target.read_text("utf-8").splitlines()[0]
        assert header.endswith("T,probability_alive,expected_purchases")

    def test_nobody_came_back(self, tmp_path):
        log = tn.Transactions(
            {
                "customer_id": ["a", "b", "c"],
                "date": ["2024-01-01", "2024-02-01", "2024-02-03"],
                "amount": [3.0, 0.0, 1.0],
            },
            amount="amount",
        )
        page, found = page_of(log, tmp_path, csv=tmp_path / "a.csv")
        assert found.forecast is None
        assert (
            "No model could be fitted. BGNBD could not be fitted: no customer bought "
            "more than once." in page.text
        )
        assert "3 customers made 3 purchases" in page.text
        assert "Estimates for" not in page.text
        assert {a["href"] for a in page.all("a")} == {
            *("#glance", "#data", "#models", "#method"),
            *("#scores", "#segments", "#concentration"),
            *("#cohort", "#base"),
        }
        header = (tmp_path / "a.csv").read_text("utf-8").splitlines()[0]
        assert header == (
            "customer_id,first_purchase,last_purchase,frequency,recency,T,monetary_value"
        )

    def test_one_purchase(self, tmp_path):
        log = tn.Transactions({"customer_id": [1], "date": ["2024-01-01"]})
        page, _ = page_of(log, tmp_path)
        assert "1 customer made 1 purchase from 2024-01-01 to 2024-01-01" in page.text

    def test_too_few_came_back(self, tmp_path):
        log = tn.Transactions(
            {
                "customer_id": ["a", "b", "c", "a"],
                "date": ["2024-01-01", "2024-02-01", "2024-02-03", "2024-03-03"],
                "amount": [3.0, 0.0, 1.0, 5.0],
            },
            amount="amount",
        )
        page, found = page_of(log, tmp_path)
        assert found.forecast.interval is None
        for words in (
            "Only 1 customer came back so far",
            "the search ran to the edge of what the model can say",
            "every purchase is taken to be worth the mean of all, 2.25",
            "fewer than three different customers with repeat purchases",
            "estimates on this page have no intervals",
            "The models could not be checked on later purchases",
        ):
            assert words in page.text, words
        assert found.forecast.value.total == pytest.approx(
            float(found.forecast.value["discounted_purchases"].sum() * 2.25)
        )

    def test_free_purchases(self, tmp_path):
        """Whose repeat purchases came to nothing gets the spend of a new customer."""
        columns = orders()
        free = columns["customer_id"] < 5
        columns["amount"] = np.where(free, 0.0, columns["amount"])
        page, found = page_of(tn.Transactions(columns, amount="amount"), tmp_path)
        again = found.summary.frequency > 0
        nothing = again & (found.summary["monetary_value"] == 0)
        assert nothing.sum() > 0
        spending = found.forecast.spending
        assert spending.without_value == nothing.sum()
        new = spending.model.expected_spend_new()
        spend = found.forecast.value["expected_spend"]
        np.testing.assert_allclose(spend[nothing], new, rtol=1e-9)
        assert f"The repeat purchases of {nothing.sum()} customers" in page.text

    def test_spend_without_a_mean(self, tmp_path):
        """With q at most 1 no mean exists: the mean of all purchases is taken."""
        rng = np.random.default_rng(5)
        columns = orders(rows=4000, customers=400)
        columns["amount"] = (rng.pareto(0.5, 400) + 0.01)[columns["customer_id"]]
        page, found = page_of(tn.Transactions(columns, amount="amount"), tmp_path)
        assert found.forecast.spending.model == pytest.approx(
            columns["amount"].mean(), rel=0.5
        )
        assert "that their mean does not exist in the model (q =" in page.text
        assert np.isfinite(found.forecast.value["value"]).all()

    def test_nobody_seems_to_leave(self, tmp_path):
        """Buyers with constant rates and no end: a is next to 0 or at it."""
        rng = np.random.default_rng(2)
        rates = rng.gamma(2.0, 1.0, 300)
        columns = {
            "customer_id": rng.choice(300, 4000, p=rates / rates.sum()),
            "date": np.datetime64("2023-01-01") + rng.integers(0, 700, 4000),
        }
        page, _ = page_of(tn.Transactions(columns), tmp_path)
        assert (
            "hardly tell whether customers leave at all" in page.text
            or "customers do not seem to leave" in page.text.lower()
        )

    def test_far_off(self, tmp_path):
        """Everybody doubles their purchases in the holdout."""
        columns = orders(rows=1500)
        late = columns["date"] > np.datetime64("2024-01-01")
        columns = {
            name: np.concatenate([values, np.repeat(values[late], 6)])
            for name, values in columns.items()
        }
        extra = np.random.default_rng(0).integers(0, 120, len(columns["date"]) - 1500)
        columns["date"][1500:] = np.datetime64("2024-01-02") + extra
        page, found = page_of(
            tn.Transactions(columns, amount="amount"),
            tmp_path,
            calibration_end="2024-01-01",
        )
        check = found.check
        assert check.expected.sum() < 0.8 * check.split.holdout_purchases.sum()
        assert "That is far off." in page.text


class TestSettings:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"holdout": 1.0}, "`holdout` must lie between 0 and 1, got 1.0"),
            ({"interval": 90}, "`interval` must lie between 0 and 1, got 90"),
            (
                {"horizon": "soon"},
                (
                    "`horizon` must be a number with a unit of time, such as "
                    "'12 months', got 'soon'"
                ),
            ),
            (
                {"horizon": float("inf")},
                "`horizon` must be one finite length greater than 0, got inf",
            ),
            (
                {"discount_rate": -0.1},
                "`discount_rate` must be finite and at least 0, got -0.1",
            ),
            ({"margin": float("nan")}, "`margin` must be finite, got nan"),
            (
                {"unit": "fortnight"},
                (
                    "`unit` must be one of hour, day, week, month, quarter, year, got "
                    "'fortnight'"
                ),
            ),
            (
                {"calibration_end": "1998-06-30"},
                (
                    "`calibration_end` must lie between 1997-01-01 and 1998-06-30, got "
                    "'1998-06-30'"
                ),
            ),
            (
                {"calibration_end": "1996-12-31"},
                (
                    "`calibration_end` must lie between 1997-01-01 and 1998-06-30, got "
                    "'1996-12-31'"
                ),
            ),
        ],
    )
    def test_errors(self, options, message, tmp_path):
        with pytest.raises(ParameterError) as caught:
            tn.report(cdnow(), tmp_path / "a.html", **options)
        assert str(caught.value) == message
        assert list(tmp_path.iterdir()) == []

    def test_nobody_had_bought(self, tmp_path):
        with pytest.raises(EmptyDataError):
            tn.report(cdnow(), tmp_path / "a.html", as_of="1996-01-01")

    def test_they_are_used(self, tmp_path):
        page, found = page_of(
            cdnow(),
            tmp_path,
            unit="day",
            horizon=90,
            discount_rate=0.2,
            margin=0.4,
            interval=0.5,
            holdout=0.5,
        )
        text = page.text
        assert "in the next 90 days" in text
        assert "margin at 40.0 % of revenue" in text
        assert "by 20.0 % a year" in text
        assert "50 % interval" in text
        assert found.check.split.as_of == np.datetime64("1997-09-30")
        summary = cdnow().summary("day")
        worth = tn.lifetime_value(
            tn.BGNBD().fit(summary),
            tn.GammaGamma().fit(summary),
            summary,
            horizon=90,
            discount_rate=0.2,
            margin=0.4,
        )
        assert found.forecast.value.total == worth.total


class TestFiles:
    def test_an_interrupted_write_leaves_nothing(self, tmp_path, monkeypatch):
        (tmp_path / "a.html").write_text("old")

        def stop(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr("tenure.reporting.write_customers", stop)
        with pytest.raises(KeyboardInterrupt):
            tn.report(cdnow(), tmp_path / "a.html", csv=tmp_path / "a.csv")
        assert [path.name for path in tmp_path.iterdir()] == ["a.html"]
        assert (tmp_path / "a.html").read_text() == "old"

    def test_interrupted_while_drawing(self, tmp_path, monkeypatch):
        def stop(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(sections, "alive", stop)
        with pytest.raises(KeyboardInterrupt):
            tn.report(cdnow(), tmp_path / "a.html")
        assert list(tmp_path.iterdir()) == []

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            tn.report(cdnow(), tmp_path / "no" / "a.html")

    def test_second_folder_is_missing(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            tn.report(cdnow(), tmp_path / "a.html", csv=tmp_path / "no" / "a.csv")
        assert list(tmp_path.iterdir()) == []

    def test_overwrites(self, tmp_path):
        target = tmp_path / "a.txt"
        target.write_text("old")
        with whole_files(target) as (file,):
            file.write("näw\n")
            assert target.read_text() == "old"
        assert target.read_bytes() == "näw\n".encode()
        assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]

    def test_is_as_readable_as_any_file(self, tmp_path):
        (tmp_path / "usual").touch()
        with whole_files(tmp_path / "a.txt") as (file,):
            file.write("x")
        usual, ours = ((tmp_path / name).stat().st_mode for name in ("usual", "a.txt"))
        assert ours == usual

    def test_without_matplotlib(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
        with pytest.raises(ImportError) as caught:
            tn.report(cdnow(), tmp_path / "a.html")
        assert str(caught.value) == (
            "plotting needs matplotlib; install with pip install 'tenure[plot]'"
        )
        assert list(tmp_path.iterdir()) == []


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TestProgress:
    def test_nothing_where_nobody_looks(self):
        stream = io.StringIO()
        with Progress("report", stream=stream) as progress:
            progress.step("fitting")
            time.sleep(0.05)
        assert stream.getvalue() == ""

    def test_nothing_where_it_is_fast(self):
        stream = Terminal()
        with Progress("report", stream=stream) as progress:
            progress.step("fitting")
        assert stream.getvalue() == ""

    def test_after_a_while_in_a_terminal(self, monkeypatch):
        monkeypatch.setattr("tenure.reporting.progress._PATIENCE", 0.02)
        monkeypatch.setattr("tenure.reporting.progress._PAUSE", 0.01)
        stream = Terminal()
        with Progress("report", stream=stream) as progress:
            progress.step("fitting")
            time.sleep(0.3)
        shown = stream.getvalue()
        assert shown.startswith("\rreport: fitting (0 s)")
        last = shown.split("\r")[-2:]
        assert [part.strip() for part in last] == ["", ""]  # the line is taken away

    def test_on_request(self):
        stream = io.StringIO()
        with Progress("report", show=True, stream=stream) as progress:
            progress.step("fitting")
            time.sleep(0.2)
        assert "report: " in stream.getvalue()

    def test_ends_after_an_error(self):
        progress = Progress("report", show=True, stream=io.StringIO())
        with pytest.raises(KeyboardInterrupt), progress:
            raise KeyboardInterrupt
        assert not progress._thread.is_alive()
