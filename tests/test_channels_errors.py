"""What funnels say of bad input."""

import pytest
from tenure import channels
from tenure.exceptions import EmptyDataError, ParameterError

STEPS = ("view", "cart", "pay")
DID = {
    "user_id": [1, 1, 1, 2],
    "event": ["view", "cart", "pay", "search"],
    "timestamp": ["2024-05-01", "2024-05-02", "2024-05-03", "2024-05-01"],
}


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"steps": ["view"]},
            ParameterError,
            "`steps` must be two or more different events in order, got ['view']",
        ),
        (
            {"steps": ["view", "buy", "leave"]},
            ParameterError,
            "`steps` must be events: cart, pay, search, view, got buy, leave",
        ),
        (
            {"order": "exact"},
            ParameterError,
            "`order` must be 'loose', 'strict' or 'any', got 'exact'",
        ),
        (
            {"unit": "week"},
            ParameterError,
            "`unit` must be one of second, minute, hour, day, got 'week'",
        ),
        (
            {"order": "any", "within": "1 day"},
            ParameterError,
            "`within` must be left out for steps in any order, got '1 day'",
        ),
        (
            {"order": "any", "step_within": "1 day"},
            ParameterError,
            "`step_within` must be left out for steps in any order, got '1 day'",
        ),
        (
            {"data": DID | {"user_id": [None] * 4}},
            EmptyDataError,
            "there are no events with a customer",
        ),
    ],
)
def test_bad_input_of_funnels(options, error, text):
    with pytest.raises(error) as caught:
        channels.funnel(**({"data": DID, "steps": STEPS} | options))
    assert str(caught.value) == text
