"""Lengths of time and rates, in whatever unit they are said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from tenure._units import (
    DAYS,
    continuous_rate,
    in_units,
    period_length,
    plural,
    unit_named,
)
from tenure.exceptions import ParameterError


class TestLengths:
    @pytest.mark.parametrize("unit", DAYS)
    @pytest.mark.parametrize("other", DAYS)
    def test_every_unit_in_every_other(self, unit, other):
        for text in (f"3 {unit}", f"3 {unit}s", f"3{unit}", f" 3  {unit.upper()}S "):
            (length,) = in_units(text, other, name="horizon")
            assert length == pytest.approx(3 * DAYS[unit] / DAYS[other], rel=1e-15)

    def test_a_year_is_twelve_months_four_quarters_and_52_weeks_and_a_bit(self):
        assert in_units("1 year", "month", name="h")[0] == 12
        assert in_units("1 year", "quarter", name="h")[0] == 4
        assert in_units("1 year", "week", name="h")[0] == pytest.approx(52.178571428571)
        assert in_units("1 day", "hour", name="h")[0] == pytest.approx(24, rel=1e-15)
        assert in_units("90 minutes", "hour", name="h")[0] == pytest.approx(1.5)
        assert in_units("1 second", "day", name="h")[0] == pytest.approx(1 / 86_400)

    @pytest.mark.parametrize(
        ("text", "days"),
        [
            ("week", 7),
            ("0.5 weeks", 3.5),
            (".5 weeks", 3.5),
            ("1e2 days", 100),
            ("0 days", 0),
        ],
    )
    def test_numbers_in_texts(self, text, days):
        assert in_units(text, "day", name="h")[0] == days

    @pytest.mark.parametrize(
        "length",
        [
            dt.timedelta(days=10, hours=12),
            np.timedelta64(252, "h"),
            np.timedelta64(907_200_000_000_000, "ns"),
        ],
    )
    def test_timedeltas(self, length):
        assert in_units(length, "day", name="h")[0] == 10.5
        assert in_units(length, "week", name="h")[0] == 1.5

    def test_timedeltas_of_many(self):
        """Days stay days where the data are in weeks."""
        lengths = np.array([7, 14, 21], dtype="timedelta64[D]")
        np.testing.assert_array_equal(in_units(lengths, "week", name="h"), [1, 2, 3])

    def test_pandas(self):
        pandas = pytest.importorskip("pandas")
        assert in_units(pandas.Timedelta("36 hours"), "day", name="h")[0] == 1.5
        series = pandas.Series([1.0, 2.5])
        np.testing.assert_array_equal(in_units(series, None, name="h"), [1.0, 2.5])
        spans = pandas.Series(pandas.to_timedelta(["7 days", "14 days"]))
        np.testing.assert_array_equal(in_units(spans, "week", name="h"), [1.0, 2.0])

    def test_numbers_are_in_the_unit_already(self):
        for number in (39, 39.0, np.float64(39), np.int32(39), [39], np.array([39])):
            for unit in (None, "day", "week"):
                found = in_units(number, unit, name="h")
                assert found.tolist() == [39.0]
                assert found.dtype == np.float64
        strided = np.arange(10.0)[::2]
        assert in_units(strided, None, name="h").flags.c_contiguous

    @pytest.mark.parametrize(
        "wrong",
        [
            None,
            True,
            [[1.0]],
            object(),
            ["1 week"],
            np.timedelta64(1, "M"),
            1j,
            [[1], []],
        ],
    )
    def test_what_is_no_length(self, wrong):
        with pytest.raises(ParameterError) as raised:
            in_units(wrong, "week", name="ahead")
        assert str(raised.value).startswith(
            "`ahead` must be a number, a text such as '12 months', or one number a "
            "customer, got "
        )
        assert len(str(raised.value)) < 200

    @pytest.mark.parametrize(
        "text",
        ["", "12", "parsec", "3 fortnights", "-1 week", "1 week ago", "1,5 weeks"],
    )
    def test_texts_that_say_nothing(self, text):
        with pytest.raises(ParameterError) as raised:
            in_units(text, "week", name="horizon")
        assert str(raised.value) == (
            "`horizon` must be a number with a unit of time, such as '12 months', got "
            f"{text!r}"
        )

    def test_an_unknown_unit_of_the_data(self):
        for length in ("1 year", dt.timedelta(1), np.timedelta64(1, "D")):
            with pytest.raises(ParameterError) as raised:
                in_units(length, None, name="horizon")
            assert str(raised.value) == (
                "`horizon` must be a number here: the data's unit of time is not "
                "known, got a length with a unit\n\nHint: say it where the model is "
                "made: fit(data, unit='week') or from_params(..., unit='week')"
            )


class TestRates:
    def test_continuous_rates(self):
        assert continuous_rate(0.0, "year", "week") == 0
        yearly = continuous_rate(0.10, "year", "day")
        assert yearly == pytest.approx(np.log(1.1) / 365.25, rel=1e-15)
        assert continuous_rate(0.10, 52.0, None) == pytest.approx(np.log(1.1) / 52)
        # so small that 1 + rate is 1
        assert continuous_rate(1e-20, 1.0, None) == pytest.approx(1e-20, rel=1e-12)

    @pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf])
    def test_bad_rates(self, rate):
        with pytest.raises(ParameterError) as raised:
            continuous_rate(rate, "year", "week")
        assert str(raised.value) == (
            f"`discount_rate` must be finite and at least 0, got {rate!r}"
        )

    @pytest.mark.parametrize("period", [0, -1.0, np.nan, np.inf])
    def test_bad_periods(self, period):
        with pytest.raises(ParameterError) as raised:
            period_length(period, "week", name="per")
        assert str(raised.value) == (
            f"`per` must be a unit of time or a number greater than 0, got {period!r}"
        )


def test_names():
    for unit in DAYS:
        assert unit_named(unit) == unit
        assert plural(unit) == f"{unit}s"
    assert plural(None) == "time units"
    for wrong in ("weeks", "Week", "", "fortnight"):
        with pytest.raises(ParameterError) as raised:
            unit_named(wrong)
        assert str(raised.value) == (
            "`unit` must be one of hour, day, week, month, quarter, year, got "
            f"{wrong!r}"
        )
