"""The rules that `RFM` obeys as an estimator: scikit-learn's, storage, display."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import tenure as tn
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from tenure.exceptions import NotFittedError, ParameterError

SETTINGS = [
    {},
    {"method": "nested", "bins": 3},
    {"method": "rank", "seed": 5},
    {"bins": {"recency": 3, "frequency": [0.5, 0.9]}, "segment_map": None},
    {"thresholds": {"recency": [30, 90], "monetary": np.array([10.0, 99.5])}},
    {"ties": {"recency": "high", "frequency": "first"}},
    {"weights": {"recency": 2, "frequency": 1, "monetary": 0}},
    {"window": "12 months", "monetary": "mean", "frequency": "days"},
    {"monetary": "margin", "margin": 0.4},
    {"segment_map": "putler"},
    {
        "bins": 2,
        "segment_map": tn.SegmentMap(
            {"Good": {"recency": 2}, "Bad": {"recency": 1}}, bins=2
        ),
    },
    {
        "dimensions": ("recency", "tenure", "order_value"),
        "segment_map": None,
    },
]


def same(one, other):
    """Equal frames, bit for bit."""
    assert list(one) == list(other)
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_what_was_learned_survives_storage(settings, log, tmp_path):
    model = tn.RFM(**settings).fit(log)
    text = json.dumps(model.to_dict(), allow_nan=False)
    stored = tn.RFM.from_dict(json.loads(text))
    same(stored.transform(log), model.table())
    assert stored.to_dict() == model.to_dict()
    model.save(tmp_path / "rfm.json")
    same(tn.RFM.load(tmp_path / "rfm.json").transform(log), model.table())
    pickled = pickle.loads(pickle.dumps(model))  # noqa: S301
    same(pickled.transform(log), model.table())
    same(copy.deepcopy(model).table(), model.table())
    # fitted anew, the stored settings learn the same
    assert stored.fit(log).to_dict() == model.to_dict()


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_clones_are_not_fitted_and_learn_the_same(settings, log):
    model = tn.RFM(**settings).fit(log)
    twin = clone(model)
    with pytest.raises(NotFittedError):
        twin.transform(log)
    same(twin.fit(log).table(), model.table())


def test_settings_are_stored_unchanged():
    thresholds = {"recency": [30, 90]}
    model = tn.RFM(thresholds=thresholds)
    assert model.thresholds is thresholds
    assert model.get_params()["thresholds"] is thresholds
    assert model.set_params(bins=3) is model
    assert model.bins == 3
    with pytest.raises(ParameterError, match="`set_params` must name settings of RFM"):
        model.set_params(bin=3)


def test_fit_returns_itself_and_forgets(log):
    model = tn.RFM()
    assert model.fit(log, as_of="1997-09-30", truncate=True) is model
    before = model.thresholds_
    assert str(model.as_of_) == "1997-09-30"
    model.fit(log)
    assert str(model.as_of_) == "1998-06-30"
    assert model.thresholds_ != before
    with pytest.raises(ParameterError):
        model.set_params(bins=99).fit(log)
    with pytest.raises(NotFittedError, match="this RFM is not fitted; call fit"):
        model.table()


def test_settings_changed_after_a_fit_change_nothing(log):
    model = tn.RFM().fit(log)
    before = model.table()
    model.set_params(bins=3, method="rank", dimensions=("tenure",), segment_map=None)
    same(model.transform(log), before)
    assert model.get_feature_names_out().tolist()[-1] == "segment"


def test_later_data_are_scored_by_the_same_cuts(log):
    model = tn.RFM().fit(log, as_of="1997-09-30", truncate=True)
    later = model.transform(log)
    cuts = model.thresholds_
    expected = np.searchsorted(cuts["monetary"], later["monetary"], side="left") + 1
    np.testing.assert_array_equal(later["m"], expected)
    recency = 1 + (later["recency_days"][:, None] < np.array(cuts["recency"])).sum(1)
    np.testing.assert_array_equal(later["r"], recency)


def test_a_pipeline_can_hold_it():
    table = {"recency_days": [1, 5, 9], "frequency": [3, 2, 1], "monetary": [9.0, 5, 1]}
    frame = pd.DataFrame(table)
    pipeline = make_pipeline("passthrough", tn.RFM(bins=3, segment_map=None))
    assert pipeline.fit_transform(frame)["rfm"].tolist() == ["333", "222", "111"]
    assert pipeline.get_params()["rfm__bins"] == 3


def test_a_loaded_model_has_no_customers(log):
    stored = tn.RFM.from_dict(tn.RFM().fit(log).to_dict())
    with pytest.raises(NotFittedError) as caught:
        stored.table()
    assert str(caught.value) == (
        "this RFM does not hold the customers of its fit (it was loaded); pass them as "
        "data"
    )
    assert stored.segments(log)["customers"].sum() == 2357
    assert stored.tie_report(log)["words"].tolist() == [
        "F: 52 % of customers tie at 1; score 2 unused"
    ]
    assert "52 %" not in repr(stored)
    with pytest.raises(ParameterError, match="`stored` must hold a RFM in format 1"):
        tn.RFM.from_dict(tn.BGNBD().to_dict())


def test_thresholds_given_back_make_the_same_scores(log):
    model = tn.RFM(bins=4, segment_map=None).fit(log)
    cuts = {name: sorted(set(edges)) for name, edges in model.thresholds_.items()}
    again = tn.RFM(thresholds=cuts, segment_map=None).fit(log)
    for name in ("r", "m"):
        np.testing.assert_array_equal(again.table()[name], model.table()[name])


def test_the_threshold_table_says_which_values_get_which_score():
    table = {
        "recency_days": [1, 5, 9, 12],
        "frequency": [4, 3, 2, 1],
        "monetary": [4.0, 3, 2, 1],
    }
    given = {"recency": [5, 9], "frequency": [2]}
    model = tn.RFM(bins=2, thresholds=given, segment_map=None).fit(table)
    frame = model.threshold_table()
    rows = list(zip(*(frame[c].tolist() for c in frame), strict=True))
    assert rows == [
        ("recency", 0, 1, 9.0, np.inf, "lower"),
        ("recency", 0, 2, 5.0, 9.0, "lower"),
        ("recency", 0, 3, -np.inf, 5.0, "lower"),
        ("frequency", 0, 1, -np.inf, 2.0, "upper"),
        ("frequency", 0, 2, 2.0, np.inf, "upper"),
        ("monetary", 0, 1, -np.inf, 2.5, "upper"),
        ("monetary", 0, 2, 2.5, np.inf, "upper"),
    ]
    found = model.table()
    for name, _, score, lower, upper, closed in rows:
        values = np.array(
            table[{"recency": "recency_days"}.get(name, name)], dtype=float
        )
        left = values >= lower if closed == "lower" else values > lower
        right = values <= upper if closed == "upper" else values < upper
        np.testing.assert_array_equal(found[name[0]] == score, left & right)
    nested = tn.RFM(bins=2, method="nested", segment_map=None).fit(table)
    groups = nested.threshold_table()
    assert np.bincount(groups["group"][groups["dimension"] == "monetary"]).tolist() == [
        *[2] * 4
    ]
    ranked = tn.RFM(bins=2, method="rank", segment_map=None).fit(table)
    assert set(ranked.threshold_table()["closed"]) == {"by tie-break"}


def test_reprs(log):
    assert repr(tn.RFM(bins=3)).startswith("RFM(bins=3, method='quantile', ties='low'")
    lines = repr(tn.RFM().fit(log)).splitlines()
    assert lines == [
        "RFM fitted to 2,357 customers as of 1998-06-30: quantiles, frequency in days",
        "cuts       1 | 2   2 | 3  3 | 4    4 | 5",
        "recency      512     486    442      152",
        "frequency      1       1      2        4",
        "monetary   15.36  31.958  59.25  130.436",
        "F: 52 % of customers tie at 1; score 2 unused",
        "M: 8 customers with exactly 0",
    ]
    scores = repr(tn.RFM().fit(log).score()).splitlines()
    assert scores[0] == "Scores of 2,357 customers as of 1998-06-30"
    assert scores[3] == "frequency             1,218    0  403  358  378"
    for thing in (
        tn.RFM(),
        tn.RFM().fit(log),
        tn.RFM().fit(log).score(),
        tn.RFM().migration(log, ["1997-09-30", "1998-06-30"]),
        tn.RFM().validate(log, "1997-09-30"),
    ):
        page = thing._repr_html_()
        assert page.startswith("<div><strong>")
        assert page.endswith("</div>")
    assert tn.RFM().fit(log).rules().startswith("SegmentMap of 10 segments")


def test_columns_by_name(log):
    scores = tn.RFM().fit(log).score()
    assert len(scores) == 2357
    np.testing.assert_array_equal(scores["segment"], scores.segment)
    np.testing.assert_array_equal(scores["customer_id"], log.customers)
    with pytest.raises(tn.exceptions.ColumnError, match="unknown column 'R'"):
        scores["R"]
