"""Published figures that need more than a look: rounded points, an overflow, big logs.

The others are in golden files, which `test_golden.py` and its neighbours read.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import tenure as tn

LIFETIMES = importlib.util.find_spec("lifetimes")
needs_lifetimes = pytest.mark.skipif(
    LIFETIMES is None, reason="needs lifetimes 0.11.3, for data that come with it"
)


class TestGGompertzOnCdnow:
    """CDNOW is all but a Pareto/NBD: b and beta run to 0 with their ratio held.

    Along that ridge the likelihood is flat, and across it so steep that a parameter's
    last printed digit moves it by whole units. What can be held to a paper is that some
    point that rounds to the printed parameters has the printed likelihood.
    """

    @pytest.mark.parametrize(
        ("printed", "decimals", "point", "log_likelihood"),
        [
            pytest.param(
                (0.55313, 10.5758, 1.1e-6, 0.60682, 1.3e-5),
                (5, 4, 7, 5, 6),
                (0.55313, 10.5758, 1.10705554e-06, 0.60682, 1.29408669e-05),
                (-9594.9762, 4),
                id="CLVTools 0.12.1, tests",
            ),
            pytest.param(
                (0.553, 10.578, 0.0002, 0.603, 0.0026),
                (3, 3, 4, 3, 4),
                (
                    0.552979553,
                    10.5780006,
                    2.22059035e-04,
                    0.603015329,
                    2.57794172e-03,
                ),
                (-9594.98, 2),
                id="Bemmaor and Glady (2012)",
            ),
        ],
    )
    def test_a_point_that_rounds_to_the_printed_one(
        self, summary, printed, decimals, point, log_likelihood
    ):
        # found by L-BFGS-B within half a unit of the last digits
        assert [*map(round, point, decimals)] == list(printed)
        names = ("r", "alpha", "b", "s", "beta")
        model = tn.GGompertzNBD.from_params(**dict(zip(names, point, strict=True)))
        found = float(np.sum(model.log_likelihood(summary)))
        value, digits = log_likelihood
        assert round(found, digits) == value


def test_gamma_gamma_of_btyd():
    """The test of btyd asks of its own likelihood 862.9432, with rtol 1e-4.

    x = 50 orders of 38 on average, p = 6.25, q = 3.74, gamma (its v) = 15.44. There x
    is a symbolic constant, which is stored in the eight bits that it fits into, so that
    the sum of the orders, 50 * 38 = 1900, becomes 1900 - 7 * 256 = 108. The logarithm
    of `gamma + sum` has the factor -(p x + q), which adds 867 to the right value.
    """
    model = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
    customer = {"frequency": [50], "monetary_value": [38.0]}
    ours = model.log_likelihood(customer)[0]
    # Fader and Hardie, note 025, equation 1a, in 50 digits
    assert ours == pytest.approx(-4.170213812848033, rel=1e-12)
    exponent = 6.25 * 50 + 3.74
    wrapped = ours + exponent * math.log((1900 + 15.44) / (1900 % 256 + 15.44))
    assert wrapped == pytest.approx(862.9432, abs=5e-5)


def of_lifetimes(name, **options):
    """A file that comes with lifetimes 0.11.3; the package itself is not needed."""
    pandas = pytest.importorskip("pandas")
    return pandas.read_csv(
        Path(LIFETIMES.origin).parent / "datasets" / name, dtype=str, **options
    )


@needs_lifetimes
def test_the_whole_of_cdnow():
    """All 69,659 orders, of which the bundled log has those of a tenth of customers.

    The check-sums are those of the weekly summary with the cut at 1997-09-30.
    """
    columns = ["customer", "date", "units", "dollars"]
    orders = of_lifetimes("CDNOW_master.txt", sep=r"\s+", names=columns, skiprows=1)
    assert orders.shape == (69_659, 4)
    orders["date"] = orders["date"].str.replace(
        r"(\d{4})(\d\d)(\d\d)", r"\1-\2-\3", regex=True
    )
    log = tn.Transactions(orders, customer="customer", time="date")
    summary = log.summary(unit="week", as_of="1997-09-30")
    assert len(summary) == 23_570
    assert summary.frequency.sum() == 24_337
    assert (summary.frequency == 0).sum() == 14_119


@pytest.fixture(scope="module")
def days():
    orders = of_lifetimes("example_transactions.csv")
    log = tn.Transactions(orders, customer="id", time="date")
    return log.summary(unit="day", as_of="2014-12-31")


@needs_lifetimes
class TestExampleTransactions:
    """lifetimes' log of 5,000 simulated customers, in days to 2014-12-31."""

    def test_the_summary(self, days):
        assert (len(days), days.frequency.sum()) == (5000, 9270)

    def test_the_fit(self, days):
        """Eight decimals by two optimisers; five of lifetimes, as others cite."""
        model = tn.BGNBD().fit(days)
        exact = [0.16385090, 1.86428052, 1.85034307, 3.18105865]
        # the printed digits
        assert list(model.params_.values()) == pytest.approx(exact, rel=2e-7)
        assert model.log_likelihood_ == pytest.approx(-39248.626120, abs=1e-6)
        of_peer = [0.16385072, 1.86428187, 1.85034151, 3.18105431]
        # where its search stopped
        assert list(model.params_.values()) == pytest.approx(of_peer, rel=1e-5)

    def test_purchases_in_30_days(self, days):
        """The first five customers of lifetimes' own test, to five decimals."""
        expected = {
            (0, 0, 298): 0.016053,
            (0, 0, 224): 0.021171,
            (6, 142, 292): 0.030461,
            (0, 0, 147): 0.031686,
            (2, 9, 183): 0.001607,
        }
        model = tn.BGNBD().fit(days)
        some = days.to_frame().loc[["0", "1", "2", "3", "4"]]
        found = model.expected_purchases(some, horizon=30)
        histories = zip(
            some["frequency"], some["recency"], some["T"], found, strict=True
        )
        assert {history[:3]: history[3] for history in histories} == pytest.approx(
            expected, abs=5e-7
        )
