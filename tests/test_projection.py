"""Projected retention: published figures, identities, what is held out, coverage."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tenure as tn
from tenure.exceptions import EmptyDataError, EstimateWarning, ParameterError


def payments(paying, first=2000, amount=10.0):
    """Return yearly payments of cohorts: how many of each pay at each age."""
    rows = [
        (f"{cohort}-{who}", f"{first + cohort + age}-06-01", amount)
        for cohort, counts in enumerate(paying)
        for age, count in enumerate(counts)
        for who in range(count)
    ]
    ids, days, amounts = (list(column) for column in zip(*rows, strict=True))
    return {"customer_id": ids, "date": days, "amount": amounts}


def cohorts_of(paying, *, family=None, **settings):
    last = 2000 + max(c + len(counts) for c, counts in enumerate(paying)) - 1
    frame = payments(paying)
    data = frame if family is None else family(frame)
    log = tn.Transactions(data, amount="amount")
    return log.cohorts("year", as_of=f"{last}-12-31", **settings)


def projected(paying, model="SBG", *, rule="consecutive", **settings):
    table = cohorts_of(paying).retention(rule, level=0.9)
    return table.project(model, **({"replicates": 50} | settings))


def published(name):
    """Return survivors of 1,000 customers in years 0 to 12 (Fader and Hardie 2007)."""
    table = tn.datasets.load_sbg_survival(family="numpy")
    return np.round(10 * table[name]).astype(int).tolist()


SEVERAL = [
    [500, 400, 340, 300, 270, 250],
    [450, 350, 300, 260, 240],
    [300, 250, 205, 190],
    [520, 410, 360],
    [480, 400],
    [100],
]


class TestPublished:
    @pytest.mark.parametrize(
        ("name", "model", "parameters", "later"),
        [
            ("high_end", "SBG", [0.668, 3.806], [0.460, 0.436, 0.414, 0.395, 0.378]),
            (
                "high_end",
                "BdW",
                [0.214, 1.427, 1.724],
                [0.468, 0.448, 0.432, 0.417, 0.404],
            ),
            ("regular", "SBG", [0.704, 1.182], None),
            ("regular", "BdW", [0.456, 0.779, 1.283], None),
        ],
    )
    def test_years_8_to_12_held_out(self, name, model, parameters, later):
        """The fit to years 0 to 7 is the published one, and so is what it expects."""
        found = projected([published(name)], model, holdout=5)
        check = found.parts[0].check.model
        assert list(check.params_.values()) == pytest.approx(parameters, abs=6e-4)
        frame = found.to_frame()
        if later is not None:
            assert np.abs(frame["held_out"][8:13] - later).max() < 6e-4
        assert frame["status"][[0, 7, 8, 12, 13]].tolist() == [
            *("seen", "seen", "held out", "held out", "projected")
        ]
        assert frame["actual"][:13] == pytest.approx(np.array(published(name)) / 1000)
        assert np.isnan(frame["actual"][13:]).all()
        assert frame["period"][-1] == 24


class TestByHand:
    """100, 80 and 64 customers: a constant share of a fifth leaves."""

    def test_what_was_held_out(self):
        found = projected([[100, 80, 64, 50]], "Geometric", holdout=1)
        assert found.parts[0].check.model.params_["theta"] == pytest.approx(0.2)
        errors = found.holdout_errors()
        assert errors["ahead"].tolist() == [1]
        assert errors["customers"].tolist() == [64]
        assert errors["actual"].tolist() == [50]
        assert errors["expected"] == pytest.approx([64 * 0.8])
        assert errors["error"] == pytest.approx([51.2 / 50 - 1])
        assert errors["ci_low"][0] < 50 < errors["ci_high"][0]

    def test_what_is_worth_how_much(self):
        found = projected([[100, 80, 64]], "Geometric", holdout=0, ages=4)
        # 10 a year of whom there are 1, .8, .64, .512, .4096; half of it is margin
        value = found.lifetime_value(10.0, margin=0.5, discount_rate=0.25)
        kept = np.array([1, 0.8, 0.64, 0.512, 0.4096])
        alone = 5 * kept / 1.25 ** np.arange(5)
        assert value["value"] == pytest.approx(alone)
        assert value["lifetime_value"] == pytest.approx(np.cumsum(alone))
        assert value["observed"][:3] == pytest.approx(np.cumsum(alone)[:3])
        assert np.isnan(value["observed"][3:]).all()
        span = found.lifespan()
        assert span["lifespan"] == pytest.approx([kept.sum()])
        assert span["unlimited"] == pytest.approx([5.0])
        assert span["horizon"].tolist() == [5.0]
        # .512 is more than a half, .4096 is less
        assert span["median"].tolist() == [4.0]
        assert found.lifespan("2 years")["lifespan"] == pytest.approx([1.8])

    def test_the_rest_of_the_triangle(self):
        found = projected([[100, 80, 64], [50, 40]], "Geometric", holdout=0, ages=3)
        rows = found.triangle()
        assert (
            rows["cohort"].astype(str).tolist()
            == ["2000-01-01"] * 4 + ["2001-01-01"] * 4
        )
        assert rows["period"].tolist() == [0, 1, 2, 3] * 2
        assert rows["customers"] == pytest.approx([100, 80, 64, 51.2, 50, 40, 32, 25.6])
        assert rows["status"].tolist() == ["seen"] * 3 + ["projected"] + [
            *("seen", "seen", "projected", "projected")
        ]
        known = rows["status"] == "seen"
        assert np.isnan(rows["ci_low"][known]).all()
        assert (rows["ci_low"][~known] <= rows["customers"][~known]).all()


class TestIdentities:
    def test_what_was_seen_is_the_chained_average(self):
        table = cohorts_of(SEVERAL).retention("consecutive")
        found = table.project("SBG", replicates=5).to_frame()
        chained = table.average("chained", draws=5)
        assert found["actual"][:6] == pytest.approx(chained["retention"])
        assert found["cohorts"][:7].tolist() == [6, 5, 4, 3, 2, 1, 0]
        assert found["at_risk"][:3].tolist() == [2350, 2250, 1410]

    def test_the_fit_is_that_of_the_cohort_table(self):
        found = projected(SEVERAL, "BdW", holdout=0)
        rows = [
            (cohort, cohort + age, float(count))
            for cohort, counts in enumerate(SEVERAL)
            for age, count in enumerate(counts)
        ]
        names = ("cohort", "period", "customers")
        data = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
        other = tn.BdW().fit(tn.Renewals.from_cohorts(data))
        assert found.model.params_ == pytest.approx(other.params_, rel=1e-6)

    def test_value_and_lifespan_are_those_of_the_model(self):
        found = projected(SEVERAL, "SBG", ages=3000, replicates=3)
        value = found.lifetime_value(7.0, discount_rate=0.2)["lifetime_value"][-1]
        whole = 7.0 * found.model.discounted_lifetime_new(discount_rate=0.2)
        assert value == pytest.approx(whole, rel=1e-9)
        expected = found.to_frame()["expected"]
        assert found.lifetime_value(1.0, discount_rate=0.0)["lifetime_value"][
            -1
        ] == pytest.approx(expected.sum())
        assert found.lifespan()["lifespan"][0] == pytest.approx(expected.sum())
        assert found.lifespan(40)["lifespan"][0] == pytest.approx(expected[:40].sum())

    def test_money_that_was_seen_adds_up_to_the_cent(self):
        """Without discounting it is what each acquired customer has brought."""
        cohorts = cohorts_of(SEVERAL[:1])
        found = cohorts.retention("consecutive").project("SBG", replicates=3)
        worth = cohorts.values("revenue")
        seen = found.lifetime_value(worth, discount_rate=0.0)["observed"][:6]
        assert seen == pytest.approx(cohorts.lifetime_value().value[0], abs=0.005)

    def test_the_mean_exists_where_the_core_finds_it(self):
        """By the power with which survival falls, and by the core's sums."""
        for paying, model in ((SEVERAL, "SBG"), (SEVERAL, "BdW"), (PAYING, "BdW")):
            found = projected(paying, model, holdout=0, replicates=5)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", EstimateWarning)
                core = found.model.expected_residual_lifetime(0)
            theirs = 1 + core["expected_residual_lifetime"][0]
            assert found.lifespan()["unlimited"][0] == pytest.approx(theirs)

    def test_a_discount_rate_is_per_year_whatever_the_age(self):
        rows = payments([[100, 80, 70, 60]])
        years = tn.Cohorts.from_events(rows, "year", as_of="2003-12-31")
        spans = tn.Cohorts.from_events(rows, elapsed="1 year", as_of="2004-12-31")
        ours, theirs = (
            one.retention("consecutive")
            .project("SBG", holdout=0, ages=5, replicates=3)
            .lifetime_value(1.0)["lifetime_value"]
            for one in (years, spans)
        )
        assert ours == pytest.approx(theirs)
        found = years.retention("consecutive").project("SBG", holdout=0, replicates=3)
        assert found.lifetime_value(1.0, discount_rate=0.21, per=2)["value"][
            1
        ] == pytest.approx(found.to_frame()["expected"][1] / 1.1)

    @pytest.mark.parametrize("resample", ["customers", "cohorts"])
    def test_a_seed_is_a_seed(self, resample):
        ours, theirs = (
            projected(SEVERAL, resample=resample, seed=7).to_frame() for _ in range(2)
        )
        for name in ("expected", "ci_low", "ci_high", "held_out"):
            assert np.array_equal(ours[name], theirs[name])
        assert (ours["ci_low"][1:] < ours["expected"][1:]).all()
        assert (ours["ci_high"][1:] > ours["expected"][1:]).all()

    def test_the_order_of_rows_changes_nothing(self):
        frame = pd.DataFrame(payments(SEVERAL))
        shuffled = frame.sample(frac=1, random_state=3)
        ours, theirs = (
            tn.Cohorts.from_events(one, "year", as_of="2005-12-31")
            .retention("consecutive")
            .project("SBG", replicates=5)
            .to_frame()
            for one in (frame, shuffled)
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


class TestParts:
    def test_cohorts_by_themselves(self):
        found = projected(SEVERAL, pooled=False, holdout=1)
        assert len(found) == 6
        # the last two are seen for one age and none: they take the fit of all
        owns = [part.fit.is_own for part in found.parts]
        assert owns == [True, True, True, True, False, False]
        alone = projected([SEVERAL[0]], holdout=1)
        assert found.model.params_ == pytest.approx(alone.model.params_)
        frame = found.to_frame()
        assert set(frame["cohort"].astype(str)) == {
            f"200{year}-01-01" for year in range(6)
        }
        assert "pooled" in repr(found)
        triangle = found.triangle()
        assert len(triangle["period"]) == 6 * len(found.ages)
        assert found.lifespan()["customers"].tolist() == [c[0] for c in SEVERAL]

    def test_segments(self):
        frame = payments(SEVERAL)
        frame["plan"] = [
            "even" if int(i[-1]) % 2 else "odd" for i in frame["customer_id"]
        ]
        log = tn.Transactions(frame, attributes=["plan"])
        table = log.cohorts("year", by="plan", as_of="2005-12-31")
        found = table.retention("consecutive").project("SBG", replicates=5)
        assert [part.names for part in found.parts] == [("even",), ("odd",)]
        assert found.names == ("plan",)
        assert "in 12 cohorts, by plan, seen for 5 years" in repr(found)
        one = pd.DataFrame(found.to_frame())
        assert one["plan"].value_counts().tolist() == [11, 11]
        errors = found.holdout_errors()
        assert errors["plan"].tolist() == ["even"] * 3 + ["odd"] * 3
        assert set(found.triangle()["plan"]) == {"even", "odd"}

    def test_the_burn_in_is_left_out(self):
        table = cohorts_of(SEVERAL, burn_in=1).retention("consecutive")
        found = table.project("SBG", holdout=0, replicates=3)
        other = projected([[1], *SEVERAL[1:]], holdout=0, pooled=False)
        assert found.parts[0].customers == sum(c[0] for c in SEVERAL[1:])
        assert len(found.parts[0].fit.seen.rows) == 5
        assert len(other) == 6


PAYING = [[100, 80, 70, 65, 61, 58]]

HINTS = {
    "bounded": "with it customers come and go, and every absence would be taken for "
    "the end; 'unbounded' counts who is there at the age or later",
    "cumulative": "it counts those who have come back, who get more and not fewer; "
    "'unbounded' counts who is there at the age or later",
    "relative": "with it customers come and go, and every absence would be taken for "
    "the end; 'consecutive' counts who has been there at every age",
}


class TestUnbounded:
    def test_the_edge_is_said(self):
        table = cohorts_of(PAYING).retention("unbounded")
        with pytest.warns(EstimateWarning, match="later returns are not known yet"):
            table.project("SBG", holdout=0, replicates=3)

    def test_ages_that_have_settled(self):
        table = cohorts_of(PAYING).retention("unbounded")
        found = table.project("SBG", holdout=0, settle=2, replicates=3)
        assert found.parts[0].fit.seen.longest == 3
        other = projected([[100, 80, 70, 65]], holdout=0)
        assert found.model.params_ == pytest.approx(other.model.params_)


def raised(work, error=ParameterError):
    with pytest.raises(error) as caught:
        work()
    return str(caught.value)


class TestErrors:
    @pytest.mark.parametrize(("rule", "hint"), HINTS.items())
    def test_rules_that_no_model_describes(self, rule, hint):
        table = cohorts_of(SEVERAL).retention(rule)
        assert raised(table.project) == (
            "`rule` must be 'unbounded' or 'consecutive' where retention is projected, "
            f"got '{rule}'\n\nHint: {hint}"
        )

    def test_settings(self):
        table = cohorts_of(SEVERAL).retention("consecutive")
        assert raised(lambda: table.project("BGNBD")) == (
            "`model` must be one of SBG, BdW, Geometric, DiscreteWeibull, or such a "
            "model, got 'BGNBD'"
        )
        assert raised(lambda: table.project(tn.WeibullGamma())) == (
            "`model` must be a model in whole periods: SBG, BdW, Geometric, "
            "DiscreteWeibull, got WeibullGamma"
        )
        assert raised(lambda: table.project(resample="rows")) == (
            "`resample` must be 'customers' or 'cohorts', got 'rows'"
        )
        for name in ("holdout", "settle"):
            assert raised(lambda name=name: table.project(**{name: -1})) == (
                f"`{name}` must be a whole number of at least 0, got -1"
            )
        assert raised(lambda: table.project(ages=0)) == (
            "`ages` must be one finite length of at least 1 period, got 0"
        )
        brackets = cohorts_of(SEVERAL).retention("unbounded", brackets=[(0, 1), (1, 4)])
        assert raised(lambda: brackets.project(settle=1)) == (
            "`brackets` must be left out where retention is projected, got 0, 1-3"
        )

    def test_too_little_is_known(self):
        assert raised(
            lambda: projected([[10, 8, 6, 5]], "BdW", holdout=2), EmptyDataError
        ) == (
            "BdW needs cohorts known for 3 ages after the first without the last 2 "
            "ages of each; the longest is known for 1\n\n"
            "Hint: hold fewer ages out, or choose shorter periods or a model with "
            "fewer parameters"
        )
        assert raised(lambda: projected([[10]]), EmptyDataError) == (
            "no cohort is known at an age after 0\n\n"
            "Hint: choose shorter periods, or less `settle`"
        )
        assert raised(
            lambda: projected([[100, 80, 70]], holdout=0, resample="cohorts")
        ) == ("`resample` must be 'customers' where there is one cohort, got 'cohorts'")

    def test_who_never_came(self):
        visits = {
            "customer_id": [1, 2, 3],
            "date": ["2000-03-01", "2001-03-01", None],
            "signed_up": ["2000-01-05"] * 3,
        }
        cohorts = tn.Cohorts.from_events(
            visits, "year", signup="signed_up", as_of="2004-12-31"
        )
        text = raised(lambda: cohorts.retention("unbounded").project(settle=1))
        assert text.startswith(
            "`rule` must be 'consecutive' where customers do not begin with their "
            "first event, got 'unbounded'"
        )

    def test_worth(self):
        cohorts = cohorts_of(SEVERAL)
        found = cohorts.retention("consecutive").project("SBG", replicates=3)
        assert raised(
            lambda: found.lifetime_value(cohorts.lifetime_value())
        ).startswith(
            "`worth` must be sums of the same cohorts: values(per='cohort'), not "
            "cumulative, got revenue per acquired customer, cumulative of 6 cohorts"
        )
        assert "finite numbers" in raised(lambda: found.lifetime_value(float("nan")))
        assert raised(lambda: found.lifetime_value(1.0, margin=float("inf"))) == (
            "`margin` must be finite, got inf"
        )
        none = cohorts.retention("consecutive").project("SBG", holdout=0, replicates=3)
        assert raised(none.holdout_errors) == (
            "`holdout` must be at least 1 where errors are shown, got 0"
        )


class TestFrames:
    @pytest.mark.parametrize(
        ("family", "kind"),
        [
            (pd.DataFrame, pd.DataFrame),
            (pl.DataFrame, pl.DataFrame),
            (pa.table, pa.Table),
        ],
    )
    def test_families(self, family, kind):
        cohorts = cohorts_of(SEVERAL, family=family)
        found = cohorts.retention("consecutive").project("SBG", replicates=3)
        plain = cohorts_of(SEVERAL).retention("consecutive")
        numbers = plain.project("SBG", replicates=3).to_frame()
        frame = found.to_frame()
        assert isinstance(frame, kind)
        assert np.array_equal(
            np.asarray(frame["expected"], np.float64), numbers["expected"]
        )
        for one in (
            found.holdout_errors(),
            found.triangle(),
            found.lifespan(),
            found.lifetime_value([5.0, 10.0]),
        ):
            assert isinstance(one, kind)

    def test_text(self):
        found = projected(SEVERAL, "BdW", holdout=2)
        lines = repr(found).splitlines()
        assert lines[0] == (
            "Projection by BdW of 2,350 customers in 6 cohorts, seen for 5 years"
        )
        assert lines[1].split() == [
            *("year", "at", "risk", "actual", "%", "expected", "%"),
            *("90", "%", "interval", "without", "the", "last", "2"),
        ]
        assert lines[-1].startswith("fitted without the last 2 ages of each cohort")
        assert "<table>" in found._repr_html_()


def covered(runs, *, quick):
    """Return how often bands and prediction intervals hold what they are for."""
    model = tn.SBG.from_params(alpha=0.8, beta=2.0)
    sizes = [200] * 8
    true = model.survival([16])["survival"][0]
    band, later = 0, 0
    for run in range(runs):
        paying = []
        for cohort, size in enumerate(sizes):
            last = len(sizes) - 1 - cohort
            drawn = model.simulate(size, end=last or None, seed=1000 * run + cohort)
            left = drawn.gone if last else np.zeros(0)
            paying.append([int(size - (left <= age).sum()) for age in range(last + 1)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = projected(paying, replicates=200, seed=run, ages=16)
        frame, errors = found.to_frame(), found.holdout_errors()
        band += frame["ci_low"][16] <= true <= frame["ci_high"][16]
        later += errors["ci_low"][-1] <= errors["actual"][-1] <= errors["ci_high"][-1]
    low = 0.80 if quick else 0.87
    high = 1.0 if quick else 0.93
    assert low <= band / runs <= high
    # whole numbers hold a little more than they must
    assert low <= later / runs <= max(high, 0.95)


def test_intervals_hold_the_truth():
    covered(20, quick=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_intervals_hold_the_truth_as_often_as_they_say():
    covered(400, quick=False)
