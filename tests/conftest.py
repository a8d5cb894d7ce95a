"""Data and fits that many tests share, and the list of all models."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import tenure as tn

GOLDEN = Path(__file__).parent / "golden"

PURCHASING_MODELS = (
    tn.BGNBD,
    tn.MBGNBD,
    tn.ParetoNBD,
    tn.NBD,
    tn.GGompertzNBD,
    tn.WeibullNBD,
    tn.PDO,
    tn.BGBB,
    tn.BGCNBD,
    tn.MBGCNBD,
)
"""Every model of repeat buying."""


def _with(model, suffix, **defaults):
    """Return the model with other settings by default."""
    every = inspect.signature(model.__init__).parameters
    others = {name: every[name].replace(default=it) for name, it in defaults.items()}
    changed = {**every, **others}

    def init(self, **settings):
        model.__init__(self, **{**defaults, **settings})

    init.__signature__ = inspect.Signature(list(changed.values()))
    name = f"{model.__name__}{suffix}"
    return type(name, (model,), {"__init__": init, "__module__": __name__})


def _staying(model):
    """Return the model with a share of customers who never leave, as its default."""
    return _with(model, "Staying", never_leaving=True)


def plain_name(model):
    """What a model is called without its setting."""
    return model.__name__.removesuffix("Staying").removesuffix("Correlated")


ParetoNBDStaying = _staying(tn.ParetoNBD)
GGompertzNBDStaying = _staying(tn.GGompertzNBD)
WeibullNBDStaying = _staying(tn.WeibullNBD)
PDOStaying = _staying(tn.PDO)

STAYING_MODELS = (ParetoNBDStaying, GGompertzNBDStaying, WeibullNBDStaying, PDOStaying)
"""Those of which a share of customers may never leave, and does."""

ParetoNBDCorrelated = _with(
    tn.ParetoNBD, "Correlated", correlated=True, reference_time=4.0
)

ALL_MODELS = (
    *PURCHASING_MODELS,
    *STAYING_MODELS,
    ParetoNBDCorrelated,
    tn.GammaGamma,
)
"""Every estimator: `test_contract.py` holds each to the same rules."""

SLOW_MODELS = (PDOStaying,)
"""Those that take seconds to fit: the slow tests hold them to the rules."""


def pytest_generate_tests(metafunc):
    """Run a test that asks for an `estimator` once for each of the models."""
    if "estimator" in metafunc.fixturenames:
        models = [
            pytest.param(model, marks=pytest.mark.slow if model in SLOW_MODELS else ())
            for model in ALL_MODELS
        ]
        metafunc.parametrize("estimator", models, ids=lambda model: model.__name__)


@pytest.fixture(autouse=True)
def _no_picture_stays_open():
    """Close what a test has drawn: matplotlib keeps every figure until told."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def golden():
    """Read a file of published figures by name."""
    return lambda name: json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def rounded():
    """The published summary of CDNOW in weeks, rounded to two decimals."""
    columns = tn.datasets.load_cdnow_summary(family="numpy")
    for values in columns.values():
        values.setflags(write=False)
    return MappingProxyType(columns)


@pytest.fixture(scope="session")
def orders():
    """The order log of CDNOW."""
    return tn.datasets.load_cdnow(family="numpy")


@pytest.fixture(scope="session")
def log(orders):
    return tn.Transactions(orders, amount="amount")


@pytest.fixture(scope="session")
def summary(log):
    """CDNOW in weeks to 1997-09-30."""
    return log.summary(unit="week", as_of="1997-09-30")


@pytest.fixture(scope="session")
def buying(summary):
    return tn.BGNBD().fit(summary)


@pytest.fixture(scope="session")
def spend(summary):
    return tn.GammaGamma().fit(summary)


def _same_arrays(got, expected):
    if got is None or expected is None:
        assert got is expected
        return
    assert got.dtype == expected.dtype
    if got.dtype.kind == "f":
        # bit for bit, NaN and the sign of zero too
        got, expected = got.view(np.int64), expected.view(np.int64)
    assert got.tolist() == expected.tolist()


@pytest.fixture(scope="session")
def assert_same_log():
    """Compare two grouped logs in everything that they hold, to the last bit."""

    def compare(got, expected):
        ours, theirs = got._log, expected._log
        _same_arrays(ours.customers, theirs.customers)
        _same_arrays(ours.values, theirs.values)
        assert ours.history.keys() == theirs.history.keys()
        assert ours.history["grain"] == theirs.history["grain"]
        for name in ours.history.keys() - {"grain"}:
            _same_arrays(ours.history[name], theirs.history[name])
        assert (ours.lines is None) == (theirs.lines is None)
        if ours.lines is not None:
            for name in ("offsets", "orders", "products", "amounts"):
                _same_arrays(getattr(ours.lines, name), getattr(theirs.lines, name))
        assert list(ours.attributes) == list(theirs.attributes)
        for name, values in ours.attributes.items():
            _same_arrays(values, theirs.attributes[name])
        assert ours.receipt == theirs.receipt
        assert ours.zone == theirs.zone
        assert ours.settings == theirs.settings

    return compare


@pytest.fixture
def customers():
    """Eight customers in a mapping of arrays, edges among them."""
    return {
        "frequency": np.array([0, 1, 2, 5, 10, 26, 2000, 3]),
        "recency": np.array([0, 5.0, 30.43, 38.0, 20.0, 30.86, 500.0, 12.0]),
        "T": np.array([38.86, 30.0, 38.86, 38.86, 38.86, 31.0, 500.0, 12.0]),
        "monetary_value": np.array([0, 12.5, 22.35, 80.0, 35.0, 41.98, 9.99, 0.01]),
    }
