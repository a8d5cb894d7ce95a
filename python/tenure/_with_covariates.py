"""Models of repeat buying in which customers may differ by what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tenure._purchasing import PurchasingModel
from tenure._typing import override

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tenure._effects import Chosen

__all__ = ["BuyingAndLeaving"]


class BuyingAndLeaving(PurchasingModel):
    """A model of repeat buying whose purchases and dropout may depend on covariates.

    Parameters
    ----------
    purchase_covariates, dropout_covariates : sequence of str or str, optional
        What purchases and dropout depend on: columns of the data, or a formula such as
        "age + C(channel)" (which needs formulaic: ``pip install 'tenure[formula]'``).
        Columns of text become one column of 0 and 1 for each category but the first,
        which the others are compared with.
    shared_covariates : sequence of str, optional
        Covariates of both that have one coefficient for both.
    covariate_penalty : float or dict, default 0.0
        Strength of a pull of the coefficients towards 0, for all or by process
        ("purchase", "dropout"): the fit maximises the log-likelihood less the penalty
        times the number of customers times the sum of squares of the coefficients of
        standardised columns.
    penalty, strict
        As every model has them.
    """

    _processes: ClassVar[dict[str, str]] = {
        "purchase": "rate ratio",
        "dropout": "rate ratio",
    }

    def __init__(
        self,
        *,
        purchase_covariates: Chosen = None,
        dropout_covariates: Chosen = None,
        shared_covariates: Sequence[str] | None = None,
        covariate_penalty: float | Mapping[str, float] = 0.0,
        penalty: float = 0.0,
        strict: bool = False,
    ) -> None:
        super().__init__(penalty=penalty, strict=strict)
        self.purchase_covariates = purchase_covariates
        self.dropout_covariates = dropout_covariates
        self.shared_covariates = shared_covariates
        self.covariate_penalty = covariate_penalty

    @override
    def _chosen(self) -> dict[str, Chosen]:
        return {
            "purchase": self.purchase_covariates,
            "dropout": self.dropout_covariates,
        }
