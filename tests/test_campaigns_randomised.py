"""Randomised campaigns: hand-worked numbers, references, coverage, null campaigns."""

from __future__ import annotations

import datetime as dt
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import tenure as tn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tenure.exceptions import EstimateWarning
from tenure.value import lifetime_value

C = tn.campaigns

ORDERS = {
    #  a, b in the control; c, d treated; e is nobody's; the campaign starts on May 1
    "customer_id": ["a", "a", "b", "c", "c", "c", "d", "e"],
    "date": [
        "2024-04-20",
        "2024-05-01",
        "2024-05-31",
        "2024-04-01",
        "2024-05-03",
        "2024-05-10",
        "2024-05-30",
        "2024-05-05",
    ],
    "amount": [10.0, 20.0, 99.0, 30.0, 40.0, 8.0, 12.0, 500.0],
    "discount": [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0],
}
ASSIGNMENT = {
    "customer_id": ["a", "b", "z", "c", "d", "y"],
    "arm": ["control"] * 3 + ["mail"] * 3,
    "start": ["2024-05-01"] * 6,
}


def small(**options):
    settings_ = {"window": 30, "as_of": "2024-06-30", "before": 30} | options
    return C.experiment(ORDERS, ASSIGNMENT, **settings_)


def test_each_eligible_customer_counts_zeros_included():
    """From May 1 to May 30: a 1 order of 20; b's order of May 31 is outside; z none.

    c two orders of 48, d one order of 12, y none. So 1/3 orders and 20/3 of money in
    the control, 3/3 and 60/3 with the mail; conversion 1/3 against 2/3; order value
    20/1 against 60/3.
    """
    test = small()
    plain = {e.metric: e for e in test.effects if e.method != "CUPED"}
    assert plain["conversion"].value == pytest.approx(2 / 3)
    assert plain["conversion"].control_value == pytest.approx(1 / 3)
    assert plain["orders"].difference == pytest.approx(1 - 1 / 3)
    assert plain["revenue"].value == pytest.approx(20)
    assert plain["revenue"].lift == pytest.approx(2.0)
    assert plain["order_value"].value == pytest.approx(20)
    assert plain["order_value"].difference == pytest.approx(0)
    assert (plain["orders"].customers, plain["orders"].control_customers) == (3, 3)
    assert test.window == 30
    assert test.left_out == 0
    # bought in the last 15 days, May 16 to 30: d only
    assert plain["retained"].value == pytest.approx(1 / 3)
    assert plain["retained"].control_value == 0


def test_margin_is_net_of_discount_and_cost():
    """Half of the full price is earned, and the mail costs 1 for each eligible.

    c paid 40 and 8 for 40 and 10: 48 - 0.5 * 50 = 23; d 12 - 6 = 6; y 0; less 1 each:
    (23 + 6 - 3) / 3. The control: 20 - 10 = 10, so 10 / 3.
    """
    test = small(margin=0.5, discount="discount", cost={"mail": 1.0})
    effect = test.effect("margin", adjusted=False)
    assert effect.value == pytest.approx(26 / 3)
    assert effect.control_value == pytest.approx(10 / 3)
    assert small(margin=0.5, discount="discount", cost=1.0).effect(
        "margin", adjusted=False
    ).value == pytest.approx(26 / 3)


def test_cost_may_be_a_column():
    frame = ASSIGNMENT | {"cost": [0.0, 0.0, 0.0, 1.0, 2.0, 0.0]}
    test = C.experiment(
        ORDERS, frame, window=30, as_of="2024-06-30", margin=1.0, cost="cost"
    )
    assert test.effect("margin", adjusted=False).value == pytest.approx(20 - 1)


def test_start_may_be_one_date_for_all():
    frame = {name: ASSIGNMENT[name] for name in ("customer_id", "arm")}
    options = {"window": 30, "as_of": "2024-06-30", "before": 30}
    one = C.experiment(ORDERS, frame, start="2024-05-01", **options)
    assert one.effects == small().effects


def test_window_is_what_all_were_observed_for():
    """The log ends on May 31: that is 31 days from May 1 on, both counted."""
    assert C.experiment(ORDERS, ASSIGNMENT).window == 31


def test_customers_without_a_whole_window_are_counted_and_left_out():
    frame = ASSIGNMENT | {"start": ["2024-05-01"] * 4 + ["2024-05-20"] * 2}
    frame["customer_id"] = ["a", "b", "d", "c", "z", "y"]
    test = C.experiment(ORDERS, frame, window=30)
    assert test.left_out == 2
    assert test.sizes.tolist() == [3, 1]
    assert "2 left out whose window was not over" in repr(test)


@pytest.mark.parametrize("family", ["pandas", "polars", "numpy"])
def test_families_and_row_order_change_nothing(family):
    make = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "numpy": dict}[family]
    kind = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "numpy": dict}[family]
    turned = {k: v[::-1] for k, v in ORDERS.items()}
    assigned = {k: v[::-1] for k, v in ASSIGNMENT.items()}
    test = C.experiment(
        make(turned), make(assigned), window=30, as_of="2024-06-30", before=30
    )
    assert isinstance(test.to_frame(), kind)
    for one, other in zip(test.effects, small().effects, strict=True):
        assert one.metric == other.metric
        assert one.difference == pytest.approx(other.difference, abs=1e-12)
        assert one.low == pytest.approx(other.low, abs=1e-9, nan_ok=True)


def test_a_log_is_as_good_as_its_frame():
    log = tn.Transactions(ORDERS, amount="amount")
    test = C.experiment(log, ASSIGNMENT, window=30, as_of="2024-06-30", before=30)
    assert test.effects == small().effects


def test_without_amounts_orders_are_compared():
    log = tn.Transactions({k: ORDERS[k] for k in ("customer_id", "date")})
    test = C.experiment(log, ASSIGNMENT, window=30, as_of="2024-06-30")
    metrics = dict.fromkeys(e.metric for e in test.effects)
    assert list(metrics) == ["conversion", "orders", "retained"]


# -- the statistics --------------------------------------------------------------------


def frame_of(control, treated, **more):
    return {
        "arm": ["control"] * len(control) + ["mail"] * len(treated),
        "y": [*control, *treated],
        **more,
    }


def test_means_are_compared_as_scipy_does():
    random = np.random.default_rng(0)
    control, treated = random.gamma(1, 10, 60), random.gamma(1, 14, 45)
    effect = C.experiment_of_customers(
        frame_of(control, treated), metrics=["y"], level=0.9
    ).effect("y")
    test = stats.ttest_ind(treated, control, equal_var=False)
    assert effect.p_value == pytest.approx(test.pvalue)
    assert (effect.low, effect.high) == pytest.approx(test.confidence_interval(0.9))


def test_shares_have_newcombes_interval():
    """His example: 56 of 70 against 48 of 80; method 10 gives 0.0524 to 0.3339."""
    treated, control = [1] * 56 + [0] * 14, [1] * 48 + [0] * 32
    effect = C.experiment_of_customers(
        frame_of(control, treated), metrics=["y"]
    ).effect("y")
    assert effect.method == "Newcombe"
    assert effect.difference == pytest.approx(0.2)
    assert (effect.low, effect.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_lift_by_the_delta_method():
    """Means 6 and 4, variances of them 1 and 0.25: se = sqrt(1 + 1.5**2 / 4) / 4."""
    treated, control = [5.0, 7.0], [3.5, 4.5]
    effect = C.experiment_of_customers(
        frame_of(control, treated), metrics=["y"]
    ).effect("y")
    reach = stats.norm.ppf(0.975) * math.sqrt(1 + 1.5**2 * 0.25) / 4
    assert effect.lift == pytest.approx(0.5)
    assert (effect.lift_low, effect.lift_high) == pytest.approx(
        (0.5 - reach, 0.5 + reach)
    )


def test_lift_by_fieller_solves_the_quadratic():
    """The ends are where (6 - r * 4)^2 = z^2 (1 + r^2 / 4)."""
    treated, control = [5.0, 7.0], [3.5, 4.5]
    effect = C.experiment_of_customers(
        frame_of(control, treated), metrics=["y"], lift="fieller"
    ).effect("y")
    z2 = stats.norm.ppf(0.975) ** 2
    for end in (effect.lift_low, effect.lift_high):
        ratio = 1 + end
        assert (6 - 4 * ratio) ** 2 == pytest.approx(z2 * (1 + ratio**2 * 0.25))


def test_fieller_has_no_ends_where_the_control_may_be_0():
    effect = C.experiment_of_customers(
        frame_of([-10.0, 11.0], [1.0, 2.0]), metrics=["y"], lift="fieller"
    ).effect("y")
    assert (effect.lift_low, effect.lift_high) == (-math.inf, math.inf)


def test_order_value_has_customers_as_units():
    """Ratios 30/3 and 24/4; residuals and their variance by hand.

    Treated: revenue 10, 20 for 1, 2 orders: residuals 0, 0, so no variance. Control:
    4, 20 for 2, 2: residuals 4 - 12 = -8 and 8, variance 128, over n = 2: 64, over the
    square of the mean number of orders, 2: 16; the standard error is 4.
    """
    frame = frame_of([4.0, 20.0], [10.0, 20.0], orders=[2, 2, 1, 2])
    effect = C.experiment_of_customers(
        frame, metrics=["y"], ratios={"order_value": ("y", "orders")}
    ).effect("order_value")
    assert (effect.value, effect.control_value) == (10, 6)
    assert effect.std_error == pytest.approx(4)
    assert effect.high == pytest.approx(4 + stats.norm.ppf(0.975) * 4)


def test_nobody_and_everybody():
    nobody = C.experiment_of_customers(frame_of([0, 0], [0, 0]), metrics=["y"])
    assert nobody.effect("y").p_value == 1
    alike = C.experiment_of_customers(frame_of([5, 5], [5, 5]), metrics=["y"])
    assert (alike.effect("y").low, alike.effect("y").p_value) == (0, 1)
    single = C.experiment_of_customers(frame_of([5.0], [7.0]), metrics=["y"])
    assert np.isnan(single.effect("y").low)
    assert single.effect("y").difference == 2


def test_cuped_by_hand():
    """Within arms x and y move together: cov 1, var 1, so theta is 1.

    y less x (centred on 2.5) leaves 0.5 and 1.5 everywhere but for the difference.
    """
    frame = frame_of([1.0, 3.0], [5.0, 7.0], x=[1.0, 3.0, 2.0, 4.0])
    test = C.experiment_of_customers(frame, metrics=["y"], before={"y": "x"})
    assert test.effect("y", adjusted=False).difference == 4
    effect = test.effect("y")
    assert effect.method == "CUPED"
    assert effect.difference == pytest.approx(3)  # 4 less 1 * (3 - 2)
    assert effect.variance_reduction == pytest.approx(1)


def test_holm_by_hand():
    """p-values ascending times 3, 2, 1, made to rise."""
    random = np.random.default_rng(5)
    arms = ["control", "a", "b", "c"]
    frame = {
        "arm": np.repeat(arms, 50),
        "y": np.concatenate([random.normal(m, 1, 50) for m in (0, 0.2, 0.4, 0.6)]),
    }
    test = C.experiment_of_customers(frame, metrics=["y"])
    p = np.array([test.effect("y", arm).p_value for arm in arms[1:]])
    order = np.argsort(p)
    holm = np.empty(3)
    holm[order] = np.minimum(np.maximum.accumulate(p[order] * [3, 2, 1]), 1)
    found = [test.effect("y", arm).p_holm for arm in arms[1:]]
    assert found == pytest.approx(holm)
    assert "p (Holm)" in repr(test)


def test_arms_of_the_wrong_size_are_said():
    """5,200 and 4,800 where 5,000 each were planned: chi2 = 2 * 200^2 / 5000 = 16."""
    frame = {"arm": ["control"] * 5200 + ["mail"] * 4800, "y": [0.0, 1.0] * 5000}
    with pytest.warns(EstimateWarning, match="something other than chance decided"):
        test = C.experiment_of_customers(frame, metrics=["y"])
    assert test.mismatch == pytest.approx(stats.chi2.sf(16, 1))
    assert test.claim.startswith("association: the arms (5,200 control, 4,800 mail)")
    planned = C.experiment_of_customers(
        frame, metrics=["y"], shares={"control": 0.52, "mail": 0.48}
    )
    assert planned.mismatch == pytest.approx(1)
    assert planned.claim == "causal under randomisation"
    assert repr(planned).startswith("causal under randomisation\n")


# -- against a plain reference ---------------------------------------------------------

DAYS = st.integers(0, 60)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 6), DAYS, st.integers(0, 50)), min_size=1, max_size=40
    ),
    starts=st.lists(st.integers(5, 40), min_size=6, max_size=6),
    window=st.integers(1, 20),
)
def test_outcomes_are_those_of_a_plain_count(rows, starts, window):
    epoch = dt.date(2024, 1, 1)
    orders = {
        "customer_id": [who for who, _, _ in rows],
        "date": [epoch + dt.timedelta(day) for _, day, _ in rows],
        "amount": [float(amount) for _, _, amount in rows],
    }
    assignment = {
        "customer_id": [1, 2, 3, 4, 5, 6],
        "arm": ["control", "mail"] * 3,
        "start": [epoch + dt.timedelta(start) for start in starts],
    }
    test = C.experiment(
        orders, assignment, window=window, before=4, as_of=epoch + dt.timedelta(70)
    )
    for arm, who in (("control", (1, 3, 5)), ("mail", (2, 4, 6))):
        days = {
            one: [
                (day, amount)
                for customer, day, amount in rows
                if customer == one and 0 <= day - starts[one - 1] < window
            ]
            for one in who
        }
        spent = [sum(amount for _, amount in days[one]) for one in who]
        orders_ = [len({day for day, _ in days[one]}) for one in who]
        late = [
            any(
                day - starts[one - 1] >= window - -(-window // 2)
                for day, _ in days[one]
            )
            for one in who
        ]
        for metric, values in (
            ("revenue", spent),
            ("orders", orders_),
            ("conversion", [count > 0 for count in orders_]),
            ("retained", late),
        ):
            effect = test.effect(metric, adjusted=False)
            value = effect.value if arm == "mail" else effect.control_value
            assert value == pytest.approx(np.mean(values))


# -- power -----------------------------------------------------------------------------


def test_power_size_and_detectable_effect_agree():
    size = C.sample_size(2.0, std=15.0, power=0.9, treated=0.3, significance=0.1)
    options = {"std": 15.0, "treated": 0.3, "significance": 0.1, "customers": size}
    assert C.power(2.0, **options) == pytest.approx(0.9, abs=1e-3)
    assert C.detectable_effect(power=0.9, **options) == pytest.approx(2.0, abs=1e-3)
    size = C.sample_size(0.02, share=0.1)
    assert C.power(0.02, share=0.1, customers=size) == pytest.approx(0.8, abs=1e-3)
    assert C.detectable_effect(share=0.1, customers=size) == pytest.approx(
        0.02, abs=1e-4
    )


def test_size_for_means_is_the_textbooks():
    """2 * (1.96 + 0.84)^2 / d^2 an arm, 1,570 for d = 0.1, and a little for t."""
    assert 3140 <= C.sample_size(2.0, std=20.0) <= 3144


def test_power_is_how_often_a_test_finds_the_effect():
    random = np.random.default_rng(2)
    control = random.normal(0, 20, (600, 200))
    treated = random.normal(5, 20, (600, 200))
    found = stats.ttest_ind(treated, control, axis=1, equal_var=False).pvalue < 0.05
    expected = C.power(5.0, customers=400, std=20.0)
    # three standard errors of a share of 600
    assert found.mean() == pytest.approx(expected, abs=3 * 0.5 / math.sqrt(600))


def test_detectable_of_an_experiment():
    test = small(level=0.9)
    plain = test.effect("revenue")
    std = plain.std_error / math.sqrt(2 / 3)
    assert test.detectable("revenue") == pytest.approx(
        C.detectable_effect(customers=6, std=std, significance=0.1)
    )
    assert test.detectable("conversion") == pytest.approx(
        C.detectable_effect(customers=6, share=1 / 3, significance=0.1), nan_ok=True
    )


# -- the curve of the gain -------------------------------------------------------------


@pytest.fixture(scope="module")
def campaign():
    return tn.datasets.simulate_campaign(
        6000, lift=0.4, dip=0.25, discount=0.1, seed=4, family="numpy"
    )


@pytest.fixture(scope="module")
def tested(campaign):
    return C.experiment(
        *campaign, window="30 days", margin=0.5, discount="discount", cost=0.1
    )


def test_the_curve_ends_where_the_experiment_does(tested):
    curve = tested.lift_curve("revenue", days=30, at=(10, 20))
    effect = tested.effect("revenue")
    assert curve.difference[-1] == pytest.approx(effect.difference)
    assert curve.std_error[-1] == pytest.approx(effect.std_error)
    assert curve.marks[-1].low == pytest.approx(effect.low)
    # the cost of 0.1 a customer is not taken off the curve of the margin
    margin = tested.lift_curve("margin", days=30)
    assert margin.difference[-1] == pytest.approx(
        tested.effect("margin").difference + 0.1
    )


def test_steps_add_up_to_marks(tested):
    curve = tested.lift_curve("orders", days=90)
    assert [mark.metric for mark in curve.marks] == [
        "by day 30",
        "by day 60",
        "by day 90",
    ]
    assert [step.metric for step in curve.steps] == ["day 31 to 60", "day 61 to 90"]
    total = curve.marks[0].difference + sum(step.difference for step in curve.steps)
    # theta is that of each step, which differs a little from the sum's
    assert total == pytest.approx(curve.marks[-1].difference, abs=1e-9)


def test_a_dip_is_found(tested):
    curve = tested.lift_curve("orders", days=90)
    assert curve.marks[0].low > 0
    assert curve.steps[0].high < 0
    assert curve.kept < 1
    assert "of the gain was given back" in repr(curve)
    assert len(curve.to_frame()["day"]) == 90
    assert len(curve.marks_frame()["metric"]) == 5


def test_a_gain_that_lasts_is_said_to():
    data = tn.datasets.simulate_campaign(4000, lift=0.6, seed=4, family="numpy")
    curve = C.experiment(*data, window=30).lift_curve("orders", days=60)
    assert "a gain that lasts so long; no clear dip afterwards" in repr(curve)


# -- value to come ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(campaign):
    log = tn.Transactions(campaign[0], amount="amount")
    summary = log.summary("week", as_of="2024-07-30")
    # the truth has no dropout, so that of BG/NBD runs to its boundary: use the NBD
    return tn.NBD().fit(summary), tn.GammaGamma().fit(summary)


def test_window_and_residual_make_the_total(tested, models):
    found = tested.lifetime_effect(*models)
    parts = {name: found.effect(name) for name in ("window", "residual", "total")}
    assert parts["total"].difference == pytest.approx(
        parts["window"].difference + parts["residual"].difference
    )
    window = tested.effect("margin")
    assert parts["window"].difference == pytest.approx(window.difference, abs=0.05)
    assert parts["residual"].method == "CUPED, model"
    assert found.parameters
    assert found.basis == "margin"


def test_residual_is_what_lifetime_value_says(campaign, models):
    """Of each customer who had bought by the last day of the window; others have 0."""
    orders, assignment = campaign
    test = C.experiment(orders, assignment, window="30 days", before=0)
    found = test.lifetime_effect(*models, horizon="6 months", discount_rate=0.1)
    log = tn.Transactions(orders, amount="amount")
    summary = log.summary("week", as_of="2024-07-30")
    value = lifetime_value(*models, summary, horizon="6 months", discount_rate=0.1)
    by_id = dict(zip(summary.customer_id.tolist(), value["value"], strict=True))
    worth = np.array([by_id.get(i, 0.0) for i in assignment["customer_id"].tolist()])
    mail = assignment["arm"] == "campaign"
    residual = found.effect("residual")
    assert residual.difference == pytest.approx(
        worth[mail].mean() - worth[~mail].mean()
    )
    plain = math.hypot(*(stats.sem(worth[side]) for side in (mail, ~mail)))
    assert plain < residual.std_error < 1.5 * plain  # with the doubt about parameters
    assert found.newcomers == len(worth) - len(by_id)


def test_parameters_without_errors_leave_customers_doubt_alone(tested):
    buying = tn.NBD.from_params(r=0.8, alpha=5.0, unit="week")
    found = tested.lifetime_effect(buying, 25.0)
    assert not found.parameters
    assert found.effect("residual").method == "CUPED"


def test_customers_who_start_at_different_days(campaign, models):
    orders, assignment = campaign
    start = assignment["start"].copy()
    start[::3] += 7
    test = C.experiment(orders, assignment | {"start": start}, window=30)
    found = test.lifetime_effect(*models)
    assert np.isfinite(found.effect("total").difference)


# -- by simulation ---------------------------------------------------------------------


def draw(random, n, lift=0.0):
    """Return zeros and skewed spend, orders, and spend before that goes with it."""
    level = random.gamma(0.8, 1.0, 2 * n)
    before = random.poisson(2 * level) * 1.0
    treated = np.arange(2 * n) >= n
    orders = random.poisson(level * (1 + lift * treated)) * 1.0
    spend = orders * random.gamma(4, 5, 2 * n)
    return {
        "arm": np.where(treated, "mail", "control"),
        "bought": (orders > 0).astype(float),
        "orders": orders,
        "spend": spend,
        "before": before,
    }


def simulated(reps, n, lift, method="delta"):
    random = np.random.default_rng(11)
    tests = [
        C.experiment_of_customers(
            draw(random, n, lift),
            metrics=["bought", "spend"],
            ratios={"order_value": ("spend", "orders")},
            before={"spend": "before"},
            lift=method,
            level=0.9,
        )
        for _ in range(reps)
    ]
    return {
        (metric, adjusted): [t.effect(metric, adjusted=adjusted) for t in tests]
        for metric, adjusted in (
            ("bought", False),
            ("spend", False),
            ("spend", True),
            ("order_value", False),
        )
    }


# gamma(0.8): spend is 20 * 0.8 = 16 a customer; a share 1 - (1 + 1)^-0.8 buys
TRUTH = {"bought": 2**-0.8 - 2.3**-0.8, "spend": 16 * 0.3}
BASE = {"bought": 1 - 2**-0.8, "spend": 16.0}


def check_coverage(found, tolerance):
    for (metric, _), effects in found.items():
        true = TRUTH.get(metric, 0.0)
        inside = np.mean([e.low <= true <= e.high for e in effects])
        assert abs(inside - 0.9) < tolerance, metric
        base = BASE.get(metric, 20.0)
        lift = true / base
        inside = np.mean([e.lift_low <= lift <= e.lift_high for e in effects])
        assert abs(inside - 0.9) < tolerance, f"lift of {metric}"


def test_intervals_cover_as_often_as_they_say():
    """400 tests: three standard errors of a share of 0.9 are 4.5 points."""
    found = simulated(400, 400, 0.3)
    check_coverage(found, 0.045)
    plain, cuped = found["spend", False], found["spend", True]
    differences = np.array([e.difference for e in cuped])
    error = differences.std() / math.sqrt(len(differences))
    assert abs(differences.mean() - TRUTH["spend"]) < 3 * error  # unbiased
    assert differences.std() < 0.95 * np.std([e.difference for e in plain])
    assert np.mean([e.variance_reduction for e in cuped]) > 0.1


def test_null_campaigns_are_found_at_the_nominal_rate():
    found = simulated(400, 300, 0.0)
    for (metric, adjusted), effects in found.items():
        share = np.mean([e.p_value < 0.1 for e in effects])
        # three standard errors of a share of 0.1 of 400
        assert abs(share - 0.1) < 0.045, (metric, adjusted)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["delta", "fieller"])
def test_intervals_cover_87_to_93_per_cent(method):
    check_coverage(simulated(3000, 400, 0.3, method), 0.03)


@pytest.mark.slow
def test_null_campaigns_from_logs_are_found_at_the_nominal_rate():
    found = []
    for seed in range(300):
        data = tn.datasets.simulate_campaign(600, lift=0.0, seed=seed, family="numpy")
        test = C.experiment(*data, window="30 days", level=0.9)
        found.append([test.effect(m).p_value < 0.1 for m in ("revenue", "conversion")])
    # three standard errors of a share of 0.1 of 300
    assert np.abs(np.mean(found, axis=0) - 0.1).max() < 0.052


def test_the_simulator_knows_its_effect():
    """A lift of 40 % is inside the interval of the lift of orders."""
    data = tn.datasets.simulate_campaign(20000, lift=0.4, seed=0, family="numpy")
    effect = C.experiment(*data, window="30 days").effect("orders")
    assert effect.lift_low < 0.4 < effect.lift_high
    again = tn.datasets.simulate_campaign(20000, lift=0.4, seed=0, family="numpy")
    assert all((data[0][name] == again[0][name]).all() for name in data[0])


ONLINE_RETAIL = Path(os.environ.get("TENURE_DATA", "data")) / "online_retail_orders.csv"


@pytest.mark.skipif(not ONLINE_RETAIL.exists(), reason="Online Retail is not here")
def test_arms_of_real_customers_drawn_by_lot_do_not_differ():
    """200 campaigns that did nothing, in a shop whose spend is as skewed as can be."""
    orders = pd.read_csv(ONLINE_RETAIL, parse_dates=["invoice_ts"])
    log = tn.Transactions(orders, time="invoice_ts", amount="amount")
    random = np.random.default_rng(8)
    found = []
    for _ in range(200):
        arm = random.permutation(np.arange(len(log.customers)) % 2)
        assignment = {
            "customer_id": log.customers,
            "arm": np.array(["control", "mail"], dtype=object)[arm],
        }
        test = C.experiment(
            log, assignment, start="2011-07-01", window=60, before=180, level=0.9
        )
        metrics = ("conversion", "orders", "revenue", "order_value")
        found.append([test.effect(metric).p_value < 0.1 for metric in metrics])
    # three standard errors of a share of 0.1 of 200
    assert np.abs(np.mean(found, axis=0) - 0.1).max() < 0.064
