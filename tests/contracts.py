"""What the contracts of all estimators have in common."""

import re

import numpy as np
import pytest


def columns_of(result):
    """The numbers of a series or a frame of any family, by name."""
    if isinstance(result, np.ndarray):
        return {"": result}
    if isinstance(result, dict):
        return result
    if hasattr(result, "column_names"):  # pyarrow
        return {name: result[name].to_numpy() for name in result.column_names}
    if hasattr(result, "columns"):
        return {name: result[name].to_numpy() for name in result.columns}
    return {"": np.asarray(result)}


def assert_same(one, other):
    """Equal bit for bit, whatever family they come in."""
    assert one.keys() == other.keys()
    for name, result in one.items():
        ours, theirs = columns_of(result), columns_of(other[name])
        assert list(ours) == list(theirs), name
        for column, values in ours.items():
            np.testing.assert_array_equal(values, theirs[column], err_msg=name)


def family(name, data):
    """The data as a frame of a family."""
    if name == "lists":
        return {column: values.tolist() for column, values in data.items()}
    if name == "pyarrow":
        return pytest.importorskip("pyarrow").table(dict(data))
    return pytest.importorskip(name).DataFrame(dict(data))


def assert_reported(fitted, name, customers):
    """A fitted model says whom it was fitted to, and lists its parameters."""
    first, header, *rows = repr(fitted).splitlines()
    assert re.fullmatch(
        rf"{name} fitted to {customers:,.0f} customers; log-likelihood "
        r"-[\d.]+, AIC [\d.]+, converged in \d+ iterations",
        first,
    )
    assert header.split() == ["estimate", "std.", "error", "95", "%", "interval"]
    assert [row.split()[0] for row in rows] == list(fitted.params_)
    html = fitted._repr_html_()
    assert html.count("<tr>") == len(rows) + 1
    for parameter in fitted.params_:
        assert f">{parameter}</th>" in html


def assert_summarised(fitted):
    """The summary has a row for each parameter."""
    table = columns_of(fitted.summary())
    assert list(table) == ["parameter", "estimate", "std_error", "lower", "upper"]
    assert list(table["parameter"]) == list(fitted.params_)
