"""What contracts are read from, and what is said where they cannot be."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import tenure as tn
from tenure.exceptions import (
    ColumnError,
    DataError,
    EmptyDataError,
    ParameterError,
)

NAN = float("nan")
SURVIVORS = np.array([1000.0, 869, 743, 653])
TABLE = {"age": np.arange(4), "survivors": SURVIVORS}


def rows(renewals):
    return [
        tuple(map(float, row))
        for row in zip(
            renewals.entry,
            renewals.last_seen,
            renewals.gone,
            renewals.customers,
            strict=True,
        )
    ]


class TestSurvivors:
    def test_rows(self):
        found = rows(tn.Renewals.from_survivors(TABLE))
        assert found == [
            (0, 0, 1, 131),
            (0, 1, 2, 126),
            (0, 2, 3, 90),
            (0, 3, np.inf, 653),
        ]

    def test_shares_and_per_cents_are_scaled(self):
        for scale in (0.001, 0.1):
            table = {"age": TABLE["age"], "survivors": SURVIVORS * scale}
            scaled = tn.Renewals.from_survivors(table, customers=1000)
            counts = tn.Renewals.from_survivors(TABLE).customers
            np.testing.assert_allclose(scaled.customers, counts, rtol=1e-12)

    def test_the_order_of_rows_does_not_matter(self):
        shuffled = {name: values[[2, 0, 3, 1]] for name, values in TABLE.items()}
        assert rows(tn.Renewals.from_survivors(shuffled)) == rows(
            tn.Renewals.from_survivors(TABLE)
        )

    def test_a_table_that_begins_late_says_so(self):
        late = {name: values[1:] for name, values in TABLE.items()}
        renewals = tn.Renewals.from_survivors(late)
        assert set(renewals.entry) == {1.0}
        model = tn.SBG.from_params(alpha=0.7, beta=3.8)
        survival = model.survival([1, 2, 3])["survival"]
        by_hand = [
            np.log((survival[0] - survival[1]) / survival[0]),
            np.log((survival[1] - survival[2]) / survival[0]),
            np.log(survival[2] / survival[0]),
        ]
        np.testing.assert_allclose(model.log_likelihood(renewals), by_hand, rtol=1e-12)

    def test_families(self):
        pandas = pytest.importorskip("pandas")
        polars = pytest.importorskip("polars")
        for module in (pandas, polars):
            renewals = tn.Renewals.from_survivors(module.DataFrame(TABLE))
            assert isinstance(renewals.to_frame(), module.DataFrame)
            curve = tn.SBG().fit(renewals).survival()
            assert isinstance(curve, module.DataFrame)
            assert list(curve.columns) == ["age", "survival"]

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            (
                {"survivors": [1000.0, 869, 900, 653]},
                "column `survivors` must not rise with age; row 2 has 900 after 869",
            ),
            (
                {"survivors": [1000.0, -1, 900, 653]},
                "column `survivors` must be finite and at least 0; row 1 has -1.0",
            ),
            (
                {"survivors": [1000.0, NAN, 900, NAN]},
                (
                    "column `survivors` must be finite and at least 0; row 1 has nan "
                    "(2 rows in all)"
                ),
            ),
            (
                {"survivors": [0.0, 0.0, 0.0, 0.0]},
                (
                    "column `survivors` must be greater than 0 at a cohort's first "
                    "age; "
                    "row 0 has 0.0"
                ),
            ),
            (
                {"age": [0, 1, 1, 3]},
                "column `age` must occur once a cohort; row 2 has 1 once more",
            ),
            (
                {"age": [0, 1, 1.5, 3]},
                (
                    "column `age` must be a whole number of at least 0; row 2 has "
                    "1.5\n\n"
                    "Hint: count whole periods; exact times are for models in "
                    "continuous "
                    "time"
                ),
            ),
        ],
    )
    def test_bad_tables(self, change, text):
        with pytest.raises(DataError) as raised:
            tn.Renewals.from_survivors({**TABLE, **change})
        assert str(raised.value) == text

    def test_nothing(self):
        with pytest.raises(EmptyDataError) as raised:
            tn.Renewals.from_survivors({"age": [], "survivors": []})
        assert str(raised.value) == "the survival table has no rows"
        with pytest.raises(ParameterError) as refused:
            tn.Renewals.from_survivors(TABLE, customers=0)
        assert str(refused.value) == (
            "`customers` must be finite and greater than 0, got 0"
        )
        with pytest.raises(ColumnError):
            tn.Renewals.from_survivors(TABLE, age="years")


class TestCohorts:
    def test_every_form_of_a_triangle_is_the_same(self):
        data = tn.datasets.load_multi_cohort(family="numpy")
        long = tn.Renewals.from_cohorts(data, period="year")
        by_age = {
            "age": data["year"] - data["cohort"],
            "n": data["customers"],
            "cohort": data["cohort"],
        }
        survivors = tn.Renewals.from_survivors(by_age, survivors="n", cohort="cohort")
        wide = {"cohort": np.unique(data["cohort"])}
        for age in range(5):
            column = np.full(5, NAN)
            here = by_age["age"] == age
            column[data["cohort"][here] - 2003] = data["customers"][here]
            wide[str(age)] = column
        triangle = tn.Renewals.from_triangle(wide, cohort="cohort")
        for other in (survivors, triangle):
            assert rows(other) == rows(long)
            assert other.cohort.tolist() == long.cohort.tolist()
        assert rows(long.of_cohort(2006)) == [(0, 0, 1, 3666), (0, 1, np.inf, 6334)]
        assert tn.SBG().fit(long).params_ == tn.SBG().fit(triangle).params_

    def test_cohorts_add_up(self):
        """The likelihood of several cohorts is the sum of theirs."""
        data = tn.datasets.load_multi_cohort(family="numpy")
        every = tn.Renewals.from_cohorts(data, period="year")
        model = tn.BdW.from_params(alpha=0.7, beta=1.3, c=1.1)
        total = model.log_likelihood(every) @ every.customers
        parts = [
            model.log_likelihood(one) @ one.customers
            for one in map(every.of_cohort, range(2003, 2008))
        ]
        assert total == pytest.approx(sum(parts), rel=1e-13)

    def test_bad_cohorts(self):
        data = {"cohort": [2003, 2004], "period": [2003, 2003], "customers": [9, 8]}
        with pytest.raises(DataError) as raised:
            tn.Renewals.from_cohorts(data)
        assert str(raised.value) == (
            "column `period` must not lie before `cohort`; row 1 has 2003 with cohort "
            "= 2004"
        )
        with pytest.raises(DataError) as raised:
            tn.Renewals.from_triangle({"0": [9.0, 9.0], "1": [NAN, 8], "2": [7, 7]})
        assert str(raised.value) == (
            "column `2` must be empty where the age before it is; row 0 has 7.0"
        )
        every = tn.Renewals.from_cohorts({**data, "period": [2005, 2005]})
        with pytest.raises(ParameterError) as refused:
            every.of_cohort(1999)
        assert str(refused.value) == (
            "`cohort` must be one of those in the data, got 1999"
        )


class TestDurations:
    DATA: ClassVar = {"duration": [1, 3, 2, 0], "churned": [True, True, False, False]}

    def test_rows(self):
        found = rows(tn.Renewals.from_durations(self.DATA))
        assert found == [
            (0, 0, 1, 1),
            (0, 2, 3, 1),
            (0, 2, np.inf, 1),
            (0, 0, np.inf, 1),
        ]

    def test_exact(self):
        data = {"duration": [1.25, 3.0], "churned": [1, 0]}
        found = rows(tn.Renewals.from_durations(data, exact=True))
        assert found == [(0, 1.25, 1.25, 1), (0, 3, np.inf, 1)]

    def test_single_customers_are_the_table(self):
        table = tn.Renewals.from_survivors(TABLE)
        counts = table.customers.astype(int)
        stayed = np.where(np.isinf(table.gone), table.last_seen, table.gone)
        data = {
            "duration": np.repeat(stayed, counts),
            "churned": np.repeat(np.isfinite(table.gone), counts),
        }
        one, other = tn.SBG().fit(data), tn.SBG().fit(table)
        assert one.params_ == other.params_
        assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=1e-13)
        weighted = {
            "duration": stayed,
            "churned": np.isfinite(table.gone),
            "n": counts,
        }
        by_weight = tn.SBG().fit(weighted, weights="n")
        assert by_weight.params_ == pytest.approx(other.params_, rel=1e-9)
        counted = tn.Renewals.from_durations(weighted, customers="n")
        assert tn.SBG().fit(counted).params_ == other.params_

    @pytest.mark.parametrize(
        ("change", "options", "text"),
        [
            (
                {"duration": [1, 0, 2, 0]},
                {},
                (
                    "column `duration` must be greater than 0 for customers who "
                    "left; row "
                    "1 has 0.0 with churned = True\n\nHint: who left at the first "
                    "renewal "
                    "has stayed for one period"
                ),
            ),
            (
                {"duration": [1, 2.5, 2, 0]},
                {},
                (
                    "column `duration` must be a whole number of at least 0; row 1 has "
                    "2.5\n\nHint: count whole periods; exact times are for models in "
                    "continuous time"
                ),
            ),
            (
                {"duration": [1, -2.0, 2, 0]},
                {"exact": True},
                "column `duration` must be finite and at least 0; row 1 has -2.0",
            ),
            (
                {"churned": [0, 1, 2, 1]},
                {},
                "column `churned` must hold True and False, or 1 and 0; row 2 has 2.0",
            ),
            (
                {"came": [0, 3, 0, 0]},
                {"entry": "came"},
                (
                    "column `duration` must not lie before `came`; row 1 has 3.0 "
                    "with came "
                    "= 3.0"
                ),
            ),
            (
                {"until": [4, 2, 4, 4]},
                {"end": "until"},
                (
                    "column `until` must not lie before `duration`; row 1 has 2.0 with "
                    "duration = 3.0"
                ),
            ),
        ],
    )
    def test_bad_durations(self, change, options, text):
        with pytest.raises(DataError) as raised:
            tn.Renewals.from_durations({**self.DATA, **change}, **options)
        assert str(raised.value) == text

    def test_words_are_no_flags(self):
        with pytest.raises(ColumnError):
            tn.Renewals.from_durations({"duration": [1, 2], "churned": ["Yes", "No"]})


class TestContracts:
    def read(self, *contracts, as_of="2024-12-31", unit="month"):
        starts, ends = zip(*contracts, strict=True)
        return tn.Renewals.from_contracts(
            {"start": list(starts), "end": list(ends)}, as_of=as_of, unit=unit
        )

    def test_months_are_those_of_the_calendar(self):
        renewals = self.read(
            ("2024-01-31", "2024-02-29"),  # to the last day of February: one month
            ("2024-01-31", "2024-03-01"),  # the second month had begun
            ("2024-01-15", "2024-01-15"),  # ended on the first day: one month was paid
            ("2024-10-31", None),  # November 30th and December 31st
            ("2024-12-31", None),
        )
        assert rows(renewals) == [
            (0, 0, 1, 1),
            (0, 1, 2, 1),
            (0, 0, 1, 1),
            (0, 2, np.inf, 1),
            (0, 0, np.inf, 1),
        ]
        assert renewals.end.tolist() == [11, 11, 11, 2, 0]

    def test_weeks_and_years(self):
        weeks = self.read(
            ("2024-12-01", "2024-12-14"), ("2024-12-01", None), unit="week"
        )
        assert rows(weeks) == [(0, 1, 2, 1), (0, 4, np.inf, 1)]
        years = self.read(
            ("2020-02-29", "2021-02-28"), ("2020-02-29", None), unit="year"
        )
        assert rows(years) == [(0, 0, 1, 1), (0, 4, np.inf, 1)]

    def test_the_future_is_not_known(self):
        renewals = self.read(("2024-11-30", "2025-01-15"), ("2025-01-01", None))
        assert rows(renewals) == [(0, 1, np.inf, 1)]
        with pytest.raises(EmptyDataError) as raised:
            self.read(("2025-01-01", None))
        assert str(raised.value) == "no contract started by 2024-12-31"

    def test_bad_dates(self):
        with pytest.raises(DataError) as raised:
            self.read(("2024-01-31", "2024-02-29"), ("2024-03-01", "2024-02-29"))
        assert str(raised.value) == (
            "column `end` must not lie before `start`; row 1 has 2024-02-29 with start "
            "= 2024-03-01"
        )
        with pytest.raises(DataError) as raised:
            self.read((None, "2024-02-29"), ("2024-03-01", None))
        assert str(raised.value) == (
            "column `start` must have a date in every row; row 0 has none"
        )
        with pytest.raises(ParameterError) as refused:
            self.read(("2024-01-31", None), unit="hour")
        assert str(refused.value) == (
            "`unit` must be one of day, week, month, quarter, year, got 'hour'"
        )


class TestWhatTheySay:
    def test_kaplan_and_meier(self):
        """By hand, with customers who come late and leave the view early."""
        data = {
            "duration": [1, 2, 2, 3, 4, 4],
            "churned": [True, False, True, True, False, True],
            "came": [0, 0, 1, 1, 2, 0],
        }
        renewals = tn.Renewals.from_durations(data, entry="came")
        table = renewals.to_frame()
        assert table["at_risk"].tolist() == [3, 4, 3, 2]
        assert table["lost"].tolist() == [1, 1, 1, 1]
        np.testing.assert_allclose(
            table["survival"], np.cumprod([2 / 3, 3 / 4, 2 / 3, 1 / 2])
        )

    def test_until(self):
        whole = tn.Renewals.from_survivors(TABLE)
        assert rows(whole.until(2)) == [
            (0, 0, 1, 131),
            (0, 1, 2, 126),
            (0, 2, np.inf, 90),
            (0, 2, np.inf, 653),
        ]
        short = {name: values[:3] for name, values in TABLE.items()}
        one, other = (
            tn.Geometric().fit(r)
            for r in (whole.until(2), tn.Renewals.from_survivors(short))
        )
        assert one.params_ == pytest.approx(other.params_, rel=1e-9)
        assert whole.until(2).end.tolist() == [2, 2, 2, 2]
        for age in (0, 1.5):
            with pytest.raises(ParameterError) as raised:
                whole.until(age)
            assert str(raised.value) == (
                f"`age` must be a whole number of at least 1, got {age}"
            )

    def test_nobody(self):
        with pytest.raises(EmptyDataError) as raised:
            tn.Renewals.from_durations(
                {"duration": [1], "churned": [True], "n": [0]}, customers="n"
            )
        assert str(raised.value) == "there are no customers"

    def test_html(self):
        html = tn.Renewals.from_survivors(TABLE, unit="year")._repr_html_()
        assert "Renewals of 1,000 customers in 1 cohort, seen for up to 3 years" in html
