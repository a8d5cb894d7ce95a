"""The page of questions names functions that there are, each with an example."""

from __future__ import annotations

import inspect
import re
from functools import reduce
from pathlib import Path

import pytest
import tenure as tn

PAGE = Path(__file__).parent.parent / "docs" / "what_do_you_want_to_know.md"
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in PAGE.read_text("utf-8").splitlines()
    if re.match(r"\| [0-9]+ \|", line)
]


def test_every_question_is_there_once():
    assert [int(row[0]) for row in ROWS] == list(range(1, 48))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_answers_is_there_and_shows_how(row):
    names = re.findall(r"`([^`]+)`", row[2])
    assert names
    for name in names:
        thing = reduce(getattr, name.split("."), tn)
        owner = reduce(getattr, name.split(".")[:-1], tn)
        text = inspect.getdoc(thing) or ""
        shown = "Examples" in text
        if not shown and inspect.isclass(owner):
            shown = "Examples" in (inspect.getdoc(owner) or "")
        assert callable(thing), name
        assert shown, name


def test_the_examples_name_what_there_is():
    for row in ROWS:
        for name in re.findall(r"\btn((?:\.[A-Za-z_]+)+)", row[3]):
            reduce(getattr, name[1:].split("."), tn)
