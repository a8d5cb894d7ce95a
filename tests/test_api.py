"""The public names: each is documented, each example runs, importing is light."""

from __future__ import annotations

import doctest
import importlib
import importlib.metadata
import inspect
import pkgutil
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import tenure as tn

HERE = Path(__file__).parent
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(tn.__path__, "tenure.")
    if module.name != "tenure.__main__"
)
PUBLIC = [name for name in tn.__all__ if not name.startswith("__")]


RESULTS = (
    "Audit",
    "Backtest",
    "Comparison",
    "Concentration",
    "FormulaValue",
    "LifetimeValue",
    "LikelihoodRatio",
    "LogRank",
    "Receipt",
    "Report",
    "SpendIndependence",
    "Split",
    "TopStability",
)
"""Classes that users do not make: the functions that do so show them."""


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(importlib.import_module(name), optionflags=options)
    assert result.failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name):
    thing = getattr(tn, name)
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing) or (inspect.isclass(thing) and name not in RESULTS):
        assert "Examples\n--------" in inspect.getdoc(thing)
    if inspect.isclass(thing):
        members = inspect.getmembers(thing)
        public = [(n, m) for n, m in members if not n.startswith("_")]
        undocumented = [
            member
            for member, value in public
            if (inspect.isfunction(value) or isinstance(value, property))
            and not inspect.getdoc(value)
        ]
        assert undocumented == []


def test_public_names_are_there_once():
    """In the order of ruff's RUF022, which is checked by it."""
    assert len(tn.__all__) == len(set(tn.__all__))
    assert set(tn.__all__) <= set(dir(tn))


@pytest.mark.parametrize("name", MODULES)
def test_modules_have_what_they_offer(name):
    module = importlib.import_module(name)
    assert all(hasattr(module, offered) for offered in getattr(module, "__all__", ()))


def test_the_version_is_that_of_the_distribution():
    assert tn.__version__ == importlib.metadata.version("tenure")


def test_importing_is_light():
    code = "import sys, tenure; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603
    loaded = set(run.stdout.split())
    heavy = {"pandas", "polars", "pyarrow", "matplotlib", "scipy", "narwhals", "duckdb"}
    assert loaded & heavy == set()


def test_a_users_script_runs():
    """It is under strict type checking as well: see `make types`."""
    names = runpy.run_path(str(HERE / "typing" / "user_script.py"))
    assert names["message"] == "this BGNBD is not fitted; call fit() first"
