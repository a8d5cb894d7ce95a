"""Whether a model knows some of what it should foretell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tenure._frame import Table
from tenure._report import counted
from tenure.exceptions import ParameterError

if TYPE_CHECKING:
    from tenure._purchasing import PurchasingModel
    from tenure.summary import Summary

__all__ = ["check_has_not_seen_more"]


def check_has_not_seen_more(
    model: PurchasingModel, known: Summary, *, when: str = "on "
) -> None:
    """Pass unless a model was fitted to these customers at a later date.

    That shows in their ages, `T`. A model that was loaded has no customers to look at.

    Raises
    ------
    ParameterError
        If it knows some of what it should foretell.
    """
    seen = model._training  # noqa: SLF001
    if seen is None or seen.ids is None or "T" not in seen.columns:
        return
    codes = Table.of({"customer_id": np.concatenate([seen.ids, known.customer_id])})
    then, now = np.split(codes.codes("customer_id").values, [len(seen.ids)])
    ages = np.full(max(then.max(initial=-1), now.max(initial=-1)) + 1, np.inf)
    ages[now] = known.T
    longer = seen.columns["T"] > ages[then] * (1 + 1e-9)
    if longer.any():
        raise ParameterError.of(
            name="buying",
            expected=f"be fitted to what was known {when}{known.as_of}",
            found=f"a {type(model).__name__} that has seen "
            f"{counted(int(longer.sum()), 'customer')} for longer",
            hint="a model that is not fitted is fitted to what was known",
        )
