"""What was fitted, whether that went well, and what the parameters mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure._report import counted
from tenure._units import plural
from tenure.reporting.html import Html, paragraph, table, tag
from tenure.reporting.words import amount, percent, reason
from tenure.spend import GammaGamma

if TYPE_CHECKING:
    from tenure.purchasing import BGNBD
    from tenure.reporting.analysis import Analysis
    from tenure.reporting.forecast import Spending
    from tenure.reporting.settings import Settings

__all__ = ["models"]


def models(analysis: Analysis) -> Html:
    """Return the fits, or why there is none."""
    forecast = analysis.forecast
    title = tag("h2", "The models")
    if forecast is None:
        why = reason(analysis.problems["forecast"])
        note = paragraph("No model could be fitted.", why, class_="notice")
        return tag("section", title, note, id="models")
    parts = [_buying(forecast.buying)]
    if forecast.spending is not None:
        parts.append(_spending(forecast.spending, analysis.settings))
    if forecast.interval is None:
        parts.append(
            paragraph(
                "Because of this the parameters have no standard errors, and the "
                "estimates on this page have no intervals.",
                class_="notice",
            )
        )
    return tag("section", title, *parts, id="models")


def _buying(model: BGNBD) -> Html:
    found, unit = model.params_, model.time_unit_ or "time unit"
    rate = found["r"] / found["alpha"]
    leaving = found["a"] / (found["a"] + found["b"])
    return tag(
        "div",
        tag("h3", "How often customers buy, and when they leave (BG/NBD)"),
        paragraph(
            "While somebody is a customer, they buy at random at a rate of their own: "
            f"{amount(rate)} purchases a {unit} on average, one in {amount(1 / rate)} "
            f"{plural(unit)}.",
            _differ(found["r"]),
            "After each repeat purchase they may leave for good: "
            f"{percent(leaving)} do, on average.",
            "Nobody says that they leave; a long silence after frequent purchases is "
            "what tells.",
        ),
        _convergence(model),
        _hardly_leaving(model),
        _parameters(model),
    )


def _hardly_leaving(model: BGNBD) -> Html:
    """Say so where the data would also fit customers who never leave."""
    error = model.standard_errors_["a"]
    if model.result_.status != "converged" or model.params_["a"] > 2 * error:
        return Html("")
    return paragraph(
        "The data hardly tell whether customers leave at all (a is within two "
        "standard errors of 0): probabilities of being alive are close to "
        "100\N{NO-BREAK SPACE}% for that reason, and long silences should be judged "
        "by other means.",
        class_="notice",
    )


def _differ(shape: float) -> str:
    """Say how far rates differ: their coefficient of variation is 1 / sqrt(r)."""
    if shape > 1e4:
        return "All customers seem to buy at the same rate."
    kind = "widely" if shape < 1 else "somewhat" if shape < 10 else "little"
    return (
        f"Customers differ {kind} in it: the standard deviation of their rates is "
        f"{amount(shape**-0.5)} times the mean."
    )


def _spending(spending: Spending, settings: Settings) -> Html:
    title = tag("h3", "What a purchase is worth (Gamma-Gamma)")
    left_out = ""
    if spending.without_value:
        left_out = (
            f"The repeat purchases of {counted(spending.without_value, 'customer')} "
            "came to nothing or less; theirs are expected to be worth what those of a "
            "new customer are."
        )
    if not isinstance(spending.model, GammaGamma):
        return tag(
            "div",
            title,
            paragraph(
                "No model of spend could be used, so every purchase is taken to be "
                f"worth the mean of all, {settings.money(spending.model)}.",
                reason(spending.problem),
                left_out,
                class_="notice",
            ),
        )
    mean = settings.money(spending.model.expected_spend_new())
    return tag(
        "div",
        title,
        paragraph(
            "The values of a customer's purchases vary around a mean of their own, "
            f"and those means vary around {mean}. The fewer repeat purchases there "
            "are to go by, the more an estimate is drawn towards that mean.",
            left_out,
        ),
        _convergence(spending.model),
        _parameters(spending.model),
    )


def _convergence(model: BGNBD | GammaGamma) -> Html:
    """Say in words how the search for the parameters ended."""
    result = model.result_
    customers = counted(round(result.customers), "customer")
    if result.status == "converged":
        return paragraph(
            f"Fitted to {customers} by maximum likelihood: the search ended at a clear "
            f"optimum after {result.iterations} steps, with a log-likelihood of "
            f"{result.log_likelihood:,.2f}."
        )
    start = "boundary" if result.status == "boundary" else "stop"
    words = {
        "boundary": "the search ran to the edge of what the model can say.",
        "stop": "the search stopped before it reached an optimum; use with care.",
    }
    return paragraph(
        f"Fitted to {customers} by maximum likelihood, but {words[start]}",
        reason(result.message),
        class_="notice",
    )


def _parameters(model: BGNBD | GammaGamma) -> Html:
    name = "Gamma-Gamma" if isinstance(model, GammaGamma) else "BG/NBD"
    meanings = {row[0]: row[1] for row in model._parameter_table()}  # noqa: SLF001
    has_errors = model.result_.covariance is not None
    intervals = model.confidence_intervals(0.95, method="log") if has_errors else {}
    errors = model.standard_errors_
    rows: list[list[str]] = []
    for parameter, value in model.params_.items():
        row = [parameter, meanings[parameter], amount(value, 4)]
        if has_errors:
            lower, upper = intervals[parameter]
            row += [amount(errors[parameter], 2)]
            row += [f"{amount(lower, 4)} to {amount(upper, 4)}"]
        rows.append(row)
    header = ["parameter", "what it means", "estimate", "std. error", "95 % interval"]
    columns = len(header) if has_errors else 3
    caption = f"Parameters of the {name} model"
    return table(header[:columns], rows, caption=caption, texts=2)
