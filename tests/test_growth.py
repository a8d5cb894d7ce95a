"""Growth accounting and revenue retention: by hand, identities, a slow reference."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import reference_retention as reference
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from tenure.exceptions import EmptyDataError, ParameterError

# Amounts that are whole, so that sums are exact whatever the order of adding up.
ORDERS = {
    # month:   jan feb mar apr
    # ann       10  20   -  5
    # bob       10   -   -  -
    # cat        -  30  30  (april in progress)
    "customer_id": ["ann", "ann", "ann", "bob", "cat", "cat", "cat"],
    "date": [
        "2024-01-31",
        "2024-02-01",
        "2024-04-02",
        "2024-01-15",
        "2024-02-29",
        "2024-03-01",
        "2024-03-31",
    ],
    "amount": [10.0, 20.0, 5.0, 10.0, 30.0, 10.0, 20.0],
}


def log_of(orders=ORDERS, **settings):
    return tn.Transactions(orders, amount="amount", **settings)


class TestByHand:
    def test_customers(self):
        growth = log_of().growth(as_of="2024-04-30")
        assert growth.period.astype("datetime64[M]").astype(str).tolist() == [
            "2024-01",
            "2024-02",
            "2024-03",
            "2024-04",
        ]
        assert growth.active.tolist() == [2, 2, 1, 1]
        assert growth.new.tolist() == [2, 1, 0, 0]
        assert growth.retained.tolist() == [0, 1, 1, 0]
        assert growth.resurrected.tolist() == [0, 0, 0, 1]
        assert growth.churned.tolist() == [0, 1, 1, 1]
        assert growth.buyers.tolist() == growth.active.tolist()
        assert growth.left_edge.tolist() == [True, False, False, False]
        assert growth.complete.all()
        ratios = growth.quick_ratio().tolist()
        assert ratios == [np.inf, 1.0, 0.0, 1.0]
        assert growth.quick_ratio(resurrected=False).tolist()[-1] == 0.0

    def test_revenue(self):
        growth = log_of().growth(as_of="2024-04-30")
        assert growth.revenue.tolist() == [20.0, 50.0, 30.0, 5.0]
        assert growth.new_revenue.tolist() == [20.0, 30.0, 0.0, 0.0]
        assert growth.expansion.tolist() == [0.0, 10.0, 0.0, 0.0]
        assert growth.contraction.tolist() == [0.0, 0.0, 0.0, 0.0]
        assert growth.churned_revenue.tolist() == [0.0, 10.0, 20.0, 30.0]
        assert growth.resurrected_revenue.tolist() == [0.0, 0.0, 0.0, 5.0]
        # gains are new, resurrected and expansion; losses contraction and churned
        assert growth.quick_ratio("revenue").tolist() == [np.inf, 4.0, 0.0, 5 / 30]
        one = growth.revenue_retention()
        assert one["net_retention"][1:].tolist() == [1.0, 0.6, 0.0]
        assert one["gross_retention"][1:].tolist() == [0.5, 0.6, 0.0]

    def test_quiet_customers_churn_later(self):
        growth = log_of().growth(inactive_after=2, as_of="2024-04-30")
        # ann is quiet in March and back in April: she never churned
        assert growth.active.tolist() == [2, 3, 2, 2]
        assert growth.churned.tolist() == [0, 0, 1, 0]
        assert growth.resurrected.tolist() == [0, 0, 0, 0]
        assert growth.buyers.tolist() == [2, 2, 1, 1]
        # the revenue of two months together
        assert growth.revenue.tolist() == [20.0, 70.0, 80.0, 35.0]
        assert growth.churned_revenue.tolist() == [0.0, 0.0, 10.0, 0.0]
        assert growth.contraction.tolist() == [0.0, 0.0, 10.0, 45.0]
        assert growth.expansion.tolist() == [0.0, 20.0, 30.0, 0.0]

    def test_rolling_windows(self):
        orders = {
            "customer_id": [1, 1, 2],
            "date": ["2024-01-01", "2024-01-05"] * 1 + ["2024-01-03"],
            "amount": [1.0, 2.0, 4.0],
        }
        growth = log_of(orders).growth("day", window=2, as_of="2024-01-07")
        #     day        1  2  3  4  5  6  7
        # customer 1     x           x
        # customer 2           x
        assert growth.active.tolist() == [1, 1, 1, 1, 1, 1, 0]
        assert growth.new.tolist() == [1, 1, 1, 1, 0, 0, 0]
        assert growth.churned.tolist() == [0, 0, 1, 1, 1, 1, 1]
        assert growth.resurrected.tolist() == [0, 0, 0, 0, 1, 1, 0]
        assert growth.left_edge.tolist() == [True] * 3 + [False] * 4
        assert growth.churned_revenue.tolist() == [0, 0, 1, 1, 4, 4, 2]

    def test_net_and_gross_retention_of_customers(self):
        found = log_of().revenue_retention(span=2, as_of="2024-04-30")
        # from January to March: ann and bob paid 10 each, nobody pays
        # from February to April: ann paid 20 and pays 5, cat paid 30 and pays nothing
        assert found["net_retention"].tolist() == [0.0, 0.1]
        assert found["gross_retention"].tolist() == [0.0, 0.1]
        assert found["customers"].tolist() == [2, 2]
        assert found["customer_retention"].tolist() == [0.0, 0.5]
        months = found["start"].astype("datetime64[M]").astype(str)
        assert months.tolist() == ["2024-01", "2024-02"]
        lost = log_of().revenue_retention(
            span=2, as_of="2024-04-30", reactivation=False
        )
        assert lost["net_retention"].tolist() == [0.0, 0.0]
        # the sum of what moved: 50 + 0 expansion - 20 - 30 churned, 5 came back
        moved = log_of().revenue_retention(
            span=2, as_of="2024-04-30", method="movements"
        )
        assert moved["net_retention"].tolist()[-1] == 5 / 50
        assert moved["gross_retention"].tolist()[-1] == 0.0

    def test_the_interval_is_that_of_a_ratio_of_means(self):
        orders = {
            "customer_id": [1, 2, 3, 1, 2],
            "date": ["2024-01-09"] * 3 + ["2024-02-09", "2024-02-29"],
            "amount": [10.0, 20.0, 10.0, 25.0, 5.0],
        }
        found = log_of(orders).revenue_retention(span=1)
        x, y = np.array([10.0, 20, 10]), np.array([25.0, 5, 0])
        error = np.std(y - 0.75 * x, ddof=1) / np.sqrt(3) / x.mean()
        reach = 1.959963984540054 * error
        ends = [found["net_low"][0], found["net_high"][0]]
        assert ends == pytest.approx([0.75 - reach, 0.75 + reach], rel=1e-12)
        kept = np.minimum(x, y)
        error = np.std(kept - 0.375 * x, ddof=1) / np.sqrt(3) / x.mean()
        assert found["gross_high"][0] == pytest.approx(
            0.375 + 1.959963984540054 * error, rel=1e-12
        )


class TestEdges:
    def test_a_running_month_is_no_collapse(self):
        growth = log_of().growth()
        assert growth.complete.tolist() == [True, True, True, False]
        shown = growth.to_frame()
        assert len(shown["period"]) == 3
        assert shown["active"].dtype == np.int64
        masked = growth.to_frame(incomplete="mask")
        assert np.isnan(masked["active"][-1])
        assert masked["status"].tolist() == ["complete"] * 3 + ["in progress"]
        assert growth.to_frame(incomplete="flag")["active"].tolist()[-1] == 1
        assert "the month from 2024-04-01 is in progress" in repr(growth)

    def test_a_month_that_ends_with_the_last_day_is_complete(self):
        growth = log_of().growth(as_of="2024-03-31")
        assert growth.complete.tolist() == [True] * 3
        assert log_of().growth(as_of="2024-03-30").complete.tolist() == [
            True,
            True,
            False,
        ]

    def test_an_instant_does_not_complete_its_day(self):
        orders = {
            "customer_id": [1, 1],
            "date": ["2024-01-01T10:00", "2024-01-02T23:00"],
        }
        log = tn.Transactions(orders, merge=None)
        assert log.growth("day").complete.tolist() == [True, True]
        until = log.growth("day", as_of="2024-01-02T23:30")
        assert until.complete.tolist() == [True, False]
        assert log.growth("day", as_of="2024-01-02T12:00").active.tolist() == [1, 0]

    def test_a_month_of_refunds_alone_is_no_activity(self):
        orders = {
            "customer_id": [1, 1, 1],
            "date": ["2024-01-10", "2024-02-10", "2024-03-05"],
            "amount": [100.0, -10.0, 20.0],
        }
        growth = log_of(orders).growth(as_of="2024-03-31")
        assert growth.active.tolist() == [1, 0, 1]
        assert growth.resurrected.tolist() == [0, 0, 1]
        # the refund is taken off the purchase that it belongs to, once it is known
        assert growth.revenue.tolist() == [90.0, 0.0, 20.0]
        before = log_of(orders).growth(as_of="2024-01-31")
        assert before.revenue.tolist() == [100.0]

    def test_one_customer_one_purchase(self):
        growth = log_of({"customer_id": [1], "date": ["2024-02-29"], "amount": [3.0]})
        growth = growth.growth(as_of="2024-02-29")
        assert growth.active.tolist() == [1]
        assert growth.complete.tolist() == [True]
        assert np.isnan(growth.to_frame()["churn_rate"][0])
        assert len(growth.movements()["period"]) == 3

    def test_windows_longer_than_the_log(self):
        for window in (4, 10**12, 10**30):
            growth = log_of().growth(window=window, as_of="2024-04-30")
            assert growth.active.tolist() == [2, 3, 3, 3]
            assert growth.new.tolist() == [2, 3, 3, 3]
            assert growth.churned.tolist() == [0] * 4
        growth = log_of().growth(inactive_after=10**30, as_of="2024-04-30")
        assert growth.churned.tolist() == [0] * 4
        assert growth.new.tolist() == [2, 1, 0, 0]

    def test_months_without_anybody_have_a_row(self):
        orders = {"customer_id": [1, 1], "date": ["2024-01-05", "2024-06-30"]}
        growth = tn.Transactions(orders).growth()
        assert growth.active.tolist() == [1, 0, 0, 0, 0, 1]
        assert growth.revenue is None

    def test_time_zones_decide_the_month(self):
        times = pd.to_datetime(["2024-01-31T23:30Z", "2024-03-31T22:30Z"])
        orders = pd.DataFrame({"customer_id": [1, 1], "date": times})
        utc = tn.Transactions(orders).growth(as_of="2024-04-30")
        assert utc.active.tolist() == [1, 0, 1, 0]
        # in Berlin these are 1 February 00:30 and, in summer time, 1 April 00:30
        berlin = tn.Transactions(orders, tz="Europe/Berlin").growth(as_of="2024-04-30")
        assert berlin.period.astype("datetime64[M]").astype(str).tolist() == [
            "2024-02",
            "2024-03",
            "2024-04",
        ]
        assert berlin.active.tolist() == [1, 0, 1]

    def test_the_day_that_clocks_skip_an_hour_is_a_day(self):
        orders = {
            "customer_id": [1, 2, 3],
            "date": ["2024-03-30T23:59", "2024-03-31T03:00", "2024-04-01T00:00"],
        }
        frame = pd.DataFrame(orders)
        frame["date"] = pd.to_datetime(frame["date"]).dt.tz_localize("Europe/Berlin")
        growth = tn.Transactions(frame).growth("day")
        assert growth.active.tolist() == [1, 1, 1]

    @pytest.mark.parametrize(
        ("start", "weeks"),
        [
            ("monday", ["2024-02-26", "2024-03-04"]),
            ("sunday", ["2024-02-25", "2024-03-03"]),
        ],
    )
    def test_weeks_begin_where_they_are_said_to(self, start, weeks):
        orders = {"customer_id": [1, 1], "date": ["2024-02-29", "2024-03-04"]}
        growth = tn.Transactions(orders).growth("week", week_start=start)
        assert growth.period.astype("datetime64[D]").astype(str).tolist() == weeks

    def test_the_order_of_rows_changes_nothing(self):
        rng = np.random.default_rng(1)
        rows = 400
        orders = {
            "customer_id": rng.integers(0, 60, rows),
            "date": np.datetime64("2023-01-01") + rng.integers(0, 500, rows),
            "amount": rng.normal(20, 9, rows).round(2),
        }
        order = rng.permutation(rows)
        shuffled = {name: values[order] for name, values in orders.items()}
        ours, theirs = (log_of(one).growth() for one in (orders, shuffled))
        for name in ("active", "new", "churned", "revenue", "expansion"):
            assert getattr(ours, name).tolist() == getattr(theirs, name).tolist()


DAYS = st.integers(0, 200).map(
    lambda day: dt.date(2023, 11, 20) + dt.timedelta(days=day)
)
LOGS = st.dictionaries(
    st.integers(1, 7),
    st.lists(st.tuples(DAYS, st.integers(0, 20)), min_size=1, max_size=8),
    min_size=1,
    max_size=6,
)


def orders_of(purchases):
    rows = [(c, day, float(v)) for c, own in purchases.items() for day, v in own]
    ids, days, amounts = (list(column) for column in zip(*rows, strict=True))
    return {
        "customer_id": ids,
        "date": [day.isoformat() for day in days],
        "amount": amounts,
    }


class TestReference:
    @settings(max_examples=150, deadline=None)
    @given(
        purchases=LOGS,
        every=st.sampled_from(["day", "week", "month", "quarter", "year"]),
        week_start=st.integers(0, 6),
        windows=st.tuples(st.integers(1, 5), st.integers(1, 3)),
        later=st.integers(0, 40),
    )
    def test_movements(self, purchases, every, week_start, windows, later):
        window, inactive_after = windows
        names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        last = max(day for own in purchases.values() for day, _ in own)
        last += dt.timedelta(days=later)
        first = min(day for own in purchases.values() for day, _ in own)
        starts = reference.periods_of(first, last, every, week_start)
        table = reference.by_period(purchases, starts, every, week_start)
        growth = log_of(orders_of(purchases)).growth(
            every,
            window=window,
            inactive_after=inactive_after,
            week_start=[*names, "sunday"][week_start],
            as_of=last,
        )
        assert growth.period.astype("datetime64[D]").tolist() == starts
        rows = reference.growth(table, len(starts), window * inactive_after, window)
        for name in rows[0]:
            assert getattr(growth, name).tolist() == [row[name] for row in rows]
        self.identities(growth)

    def identities(self, growth):
        step = growth.window
        active = np.concatenate([np.zeros(step, int), growth.active])[: len(growth)]
        assert np.array_equal(
            growth.active, active + growth.new + growth.resurrected - growth.churned
        )
        assert np.array_equal(
            growth.active, growth.new + growth.retained + growth.resurrected
        )
        assert np.array_equal(growth.previous, active)
        revenue = np.concatenate([np.zeros(step), growth.revenue])[: len(growth)]
        assert np.array_equal(growth.previous_revenue, revenue)
        moved = growth.new_revenue + growth.resurrected_revenue + growth.expansion
        moved = moved - growth.contraction - growth.churned_revenue
        assert np.array_equal(growth.revenue, revenue + moved)

    @settings(max_examples=100, deadline=None)
    @given(
        purchases=LOGS,
        every=st.sampled_from(["week", "month"]),
        window=st.integers(1, 3),
        span=st.integers(1, 4),
        reactivation=st.booleans(),
    )
    def test_revenue_retention(self, purchases, every, window, span, reactivation):
        last = max(day for own in purchases.values() for day, _ in own)
        first = min(day for own in purchases.values() for day, _ in own)
        starts = reference.periods_of(first, last, every)
        table = reference.by_period(purchases, starts, every)
        log = log_of(orders_of(purchases))
        settings = {"span": span, "window": window, "reactivation": reactivation}
        try:
            found = log.revenue_retention(every, **settings)
        except EmptyDataError:
            assert len(starts) <= span + window
            return
        places = [
            starts.index(one)
            for one in found["period"].astype("datetime64[D]").tolist()
        ]
        for row, end in enumerate(places):
            pairs = reference.revenue_retention(
                table, end, window, span, reactivation=reactivation
            )
            assert found["customers"][row] == len(pairs)
            base = sum(x for x, _ in pairs)
            if base == 0:
                assert np.isnan(found["net_retention"][row])
                continue
            assert found["net_retention"][row] == sum(y for _, y in pairs) / base
            assert found["gross_retention"][row] == sum(map(min, pairs)) / base
            assert found["gross_retention"][row] <= 1

    def test_cdnow_by_a_pivot_table(self, orders, log):
        """As teams write it in pandas, on the log of a real shop."""
        frame = pd.DataFrame(orders)
        frame["month"] = pd.to_datetime(frame["date"]).dt.to_period("M")
        paid = frame.groupby(["customer_id", "month"])["amount"].sum().unstack()
        active = paid.notna().to_numpy()
        before = np.zeros_like(active)
        before[:, 1:] = active[:, :-1]
        ever = np.cumsum(active, axis=1) - active > 0
        money = paid.fillna(0.0).to_numpy()
        change = np.diff(money, axis=1, prepend=0.0)
        growth = log.growth()
        assert growth.active.tolist() == active.sum(axis=0).tolist()
        assert growth.new.tolist() == (active & ~ever).sum(axis=0).tolist()
        assert growth.retained.tolist() == (active & before).sum(axis=0).tolist()
        assert growth.churned.tolist() == (before & ~active).sum(axis=0).tolist()
        back = active & ever & ~before
        assert growth.resurrected.tolist() == back.sum(axis=0).tolist()
        stayed = np.where(active & before, change, 0.0)
        # sums of some hundred amounts in cents, in another order
        near = {"rel": 1e-12, "abs": 1e-9}
        more, less = stayed.clip(min=0).sum(axis=0), -stayed.clip(max=0).sum(axis=0)
        assert growth.expansion == pytest.approx(more, **near)
        assert growth.contraction == pytest.approx(less, **near)
        lost = np.where(before & ~active, -change, 0.0).sum(axis=0)
        assert growth.churned_revenue == pytest.approx(lost, **near)

    @settings(max_examples=60, deadline=None)
    @given(purchases=LOGS)
    def test_customers_and_movements_agree_from_one_month_to_the_next(self, purchases):
        log = log_of(orders_of(purchases))
        try:
            followed = log.revenue_retention(span=1)
        except EmptyDataError:
            return
        moved = log.revenue_retention(span=1, method="movements", reactivation=False)
        for name in ("start_revenue", "net_retention", "gross_retention"):
            # whole amounts: the sums are exact, and only the quotients are rounded
            assert moved[name] == pytest.approx(followed[name], rel=1e-15, nan_ok=True)


class TestErrors:
    def message(self, work, kind=ParameterError):
        with pytest.raises(kind) as caught:
            work()
        return str(caught.value)

    def test_arguments(self):
        log = log_of()
        assert self.message(lambda: log.growth("fortnight")) == (
            "`every` must be one of day, week, month, quarter, year, 4-4-5, 4-5-4, "
            "5-4-4, got 'fortnight'"
        )
        assert self.message(lambda: log.growth("week", week_start="mon")) == (
            "`week_start` must be one of monday, tuesday, wednesday, thursday, friday, "
            "saturday, sunday, got 'mon'"
        )
        for wrong in (1.5, "3", True, None, float("nan"), -1):
            assert self.message(lambda wrong=wrong: log.growth(window=wrong)) == (
                f"`window` must be a whole number of at least 1, got {wrong!r}"
            )
        for name in ("window", "inactive_after"):
            assert self.message(lambda name=name: log.growth(**{name: 0})) == (
                f"`{name}` must be a whole number of at least 1, got 0"
            )
        assert self.message(lambda: log.growth().to_frame(incomplete="keep")) == (
            "`incomplete` must be 'drop', 'mask' or 'flag', got 'keep'"
        )
        assert self.message(lambda: log.growth().movements("orders")) == (
            "`of` must be 'customers' or 'revenue', got 'orders'"
        )
        assert self.message(lambda: log.revenue_retention(method="sum")) == (
            "`method` must be 'customers' or 'movements', got 'sum'"
        )

    def test_nobody_had_bought(self):
        text = self.message(lambda: log_of().growth(as_of="2023-12-31"), EmptyDataError)
        assert text == (
            "no customer had bought by 2023-12-31\n\n"
            "Hint: choose a date after the first purchase of the log"
        )

    def test_purchases_merged_over_longer_periods(self):
        log = tn.Transactions(ORDERS, merge="month")
        assert self.message(lambda: log.growth("week")) == (
            "`every` must be made of the periods that purchases were merged over: "
            "months, got 'week'\n\nHint: group the log with merge=\"day\""
        )
        assert log.growth("quarter").active.tolist() == [3, 1]
        weekly = tn.Transactions(ORDERS, merge="week")
        assert "weeks, got 'week' from sunday" in self.message(
            lambda: weekly.growth("week", week_start="sunday")
        )
        assert "weeks, got 'month'" in self.message(lambda: weekly.growth("month"))

    def test_money_without_amounts(self):
        log = tn.Transactions(ORDERS)
        assert self.message(lambda: log.growth().quick_ratio("revenue")) == (
            "`of` must be 'customers' for a log without amounts, got 'revenue'\n\n"
            "Hint: name the column of amounts when the log is made"
        )
        assert self.message(log.revenue_retention) == (
            "`amount` must name a column of the log for revenue retention, got None\n\n"
            "Hint: name the column of amounts when the log is made"
        )

    def test_too_short_for_the_span(self):
        text = self.message(lambda: log_of().revenue_retention(), EmptyDataError)
        assert text == (
            "revenue retention needs 13 complete months; there are 3 from 2024-01-01"
            "\n\nHint: choose shorter periods, or a smaller span"
        )
        text = self.message(
            lambda: log_of().revenue_retention(
                "week", span=3, window=2, method="movements"
            )
        )
        assert text == (
            "`span` must be made of whole windows of 2 where movements are added up, "
            "got 3"
        )


class TestFrames:
    def test_families(self):
        frame = (
            tn.Transactions(pd.DataFrame(ORDERS), amount="amount").growth().to_frame()
        )
        assert frame.index.name == "period"
        assert frame.loc["2024-02-01", "new"] == 1
        frame = tn.Transactions(pl.DataFrame(ORDERS), amount="amount").growth()
        masked = frame.to_frame(incomplete="flag")
        assert masked["status"].to_list() == ["complete"] * 3 + ["in progress"]
        table = tn.Transactions(pa.table(ORDERS), amount="amount").growth().movements()
        assert table.column("movement").to_pylist()[:3] == [
            "new",
            "resurrected",
            "churned",
        ]
        assert table.column("customers").to_pylist()[:6] == [2, 0, 0, 1, 0, -1]

    def test_text(self):
        growth = log_of().growth("day", window=7)
        lines = repr(growth).splitlines()
        assert lines[0] == (
            "GrowthAccounting of 79 days, windows of 7 days, churned after 7 days "
            "without a purchase"
        )
        assert lines[-1] == "67 earlier rows not shown"
        assert "churn rate" in growth._repr_html_()

    def test_it_cannot_be_changed(self):
        with pytest.raises(ValueError, match="read-only"):
            log_of().growth().new[0] = 1
