"""References for the models of renewal to 17 digits: writes `../renewal_exact.json`.

Survival is S(t) = (1 - d) (never + (1 - never) L(t)) for t > 0, where d is the share of
customers who are one and done, and the law L is

    SBG               B(alpha, beta + t) / B(alpha, beta)
    BdW               B(alpha, beta + t^c) / B(alpha, beta)
    Geometric         (1 - theta)^t
    DiscreteWeibull   (1 - theta)^(t^c)
    ExponentialGamma  (alpha / (alpha + t))^r
    WeibullGamma      (alpha / (alpha + t^c))^r

(Fader and Hardie 2007, Journal of Interactive Marketing 21; Fader, Hardie, Liu, Davin
and Steenburgh 2018, Journal of Interactive Marketing 43). Everything is computed with
mpmath from these formulas. A second way must agree to 1e-18 before a number is written:
laws that mix over customers are integrated over the customers, and discounted renewals
of the sBG are Gauss's function (Fader and Hardie 2010, Marketing Science 29).

It then checks the figures of `../renewal.json`, which are typed in from papers, and
fails if one of them uses more than its tolerance. Run it from anywhere:
`python tests/golden/make/renewal.py`. It takes a minute or two.
"""

from __future__ import annotations

import json
import random
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

from mpmath import mp, mpf
from write import write_table

mp.dps = 40
AGREEMENT = mpf(10) ** -18
GOLDEN = Path(__file__).parents[1]
PARAMETERS = {
    "SBG": ("alpha", "beta"),
    "BdW": ("alpha", "beta", "c"),
    "Geometric": ("theta",),
    "DiscreteWeibull": ("theta", "c"),
    "ExponentialGamma": ("r", "alpha"),
    "WeibullGamma": ("r", "alpha", "c"),
}


class Model:
    """One model with its parameters, as mpmath numbers."""

    def __init__(self, name, theta, one_and_done=0, never=0):
        self.name = name
        self.theta = [mpf(value) for value in theta]
        self.one_and_done, self.never = mpf(one_and_done), mpf(never)

    def law(self, t):
        """Survival of those who leave by the law."""
        t = mpf(t)
        if t == 0:
            return mpf(1)
        *first, last = self.theta
        if self.name in ("BdW", "DiscreteWeibull", "WeibullGamma"):
            n, theta = t**last, first
        else:
            n, theta = t, self.theta
        if self.name in ("SBG", "BdW"):
            a, b = theta
            return mp.gammaprod([b + n, a + b], [b, a + b + n])
        if self.name in ("Geometric", "DiscreteWeibull"):
            return (1 - theta[0]) ** n
        r, alpha = theta
        return (alpha / (alpha + n)) ** r

    def law_over_customers(self, t):
        """The same as an integral over the customers' own rates `lambda`.

        A customer stays with exp(-lambda n), n = t or t^c, where exp(-lambda) is
        1 - theta with theta ~ Beta(alpha, beta), or lambda ~ Gamma(r, alpha).
        """
        t = mpf(t)
        if self.name in ("Geometric", "DiscreteWeibull") or t == 0:
            return self.law(t)
        a, b, *power = self.theta
        n = t ** power[0] if power else t

        def density(s):
            """Of s = ln lambda."""
            rate = mp.exp(s)
            if self.name in ("SBG", "BdW"):
                theta = -mp.expm1(-rate)
                return theta ** (a - 1) * mp.exp(-rate * b) * rate / mp.beta(a, b)
            return rate**a * b**a * mp.exp(-b * rate) / mp.gamma(a)

        # the trapezoidal rule converges exponentially: analytic, decaying at both ends
        step, total = mpf(1) / 32, mpf(0)
        centre = mp.log(a / (b + n))
        for sign in (1, -1):
            s = centre if sign == 1 else centre - step
            while True:
                value = density(s) * mp.exp(-n * mp.exp(s))
                total += value
                if value < total * mpf(10) ** -32:
                    break
                s += sign * step
        return total * step

    def survival(self, start, end):
        """P(there at end | there at start)."""
        return self.there(end) / self.there(start)

    def there(self, t):
        if t == 0:
            return mpf(1)
        return (1 - self.one_and_done) * (self.never + (1 - self.never) * self.law(t))

    def lost(self, start, end):
        """The share of customers who leave between two ages, without cancellation."""
        by_law = (1 - self.never) * (self.law(start) - self.law(end))
        at_once = self.one_and_done if start == 0 else 0
        return at_once + (1 - self.one_and_done) * by_law

    def log_likelihood(self, entry, start, end):
        """Seen at `start`, gone by `end`."""
        return mp.log(self.lost(start, end) / self.there(entry))

    def payments(self, start, rate, last=None):
        """The sum of S(start + k) / S(start) exp(-rate (k - 1)) over k = 1, 2, ..."""
        total, k = mpf(0), 1
        there = self.there(start)
        v = mp.exp(-mpf(rate))
        while last is None or k <= last:
            term = self.there(start + k) / there * v ** (k - 1)
            total += term
            if last is None and v ** (k - 1) < (1 - v) * mpf(10) ** -26:
                break
            k += 1
        return total

    def payments_closed(self, start, rate):
        """The sBG's: r(n) 2F1(1, beta + n; alpha + beta + n; 1/(1 + d))."""
        alpha, beta = self.theta
        n = mpf(start) + 1
        first = (beta + n - 1) / (alpha + beta + n - 1)
        return first * mp.hyp2f1(1, beta + n, alpha + beta + n, mp.exp(-mpf(rate)))

    def time(self, start, length):
        """int_0^length S(start + u) / S(start) du, for a law in continuous time.

        With w = alpha / (alpha + t^c) the integral of the law is an incomplete beta
        function; quadrature must agree as far as it is exact.
        """
        r, alpha, *power = self.theta
        c = power[0] if power else mpf(1)
        ends = [alpha / (alpha + mpf(t) ** c) for t in (start + length, start)]
        law = alpha ** (1 / c) / c * mp.betainc(r - 1 / c, 1 / c, *ends)
        by_law = (1 - self.never) * law
        total = (self.never * length + by_law) / self.there(start)
        knots = [length * (mpf(i) / 40) ** 4 for i in range(41)]
        check = mp.quad(lambda u: self.there(start + u), knots) / self.there(start)
        return agreed("time", total, check, mpf(10) ** -12)


def agreed(what, first, second, relative=AGREEMENT):
    if abs(first - second) > relative * abs(second):
        msg = f"{what}: {mp.nstr(first, 25)} and {mp.nstr(second, 25)} disagree"
        raise ArithmeticError(msg)
    return first


COLUMNS = (
    *("model", "theta", "one_and_done", "never_leaving", "entry", "from", "to", "rate"),
    *(
        "survival",
        "leaving",
        "log_likelihood",
        "payments",
        "payments_until",
        "residual",
    ),
)


def case(name, theta, one_and_done, never, entry, start, end, rate):
    """One row of the table: the arguments, then every quantity."""
    model = Model(name, theta, one_and_done, never)
    agreed(f"{name} {theta} at {end}", model.law(end), model.law_over_customers(end))
    continuous = name in ("ExponentialGamma", "WeibullGamma")
    if name == "SBG" and not one_and_done and not never:
        closed = model.payments_closed(start, rate)
        agreed("payments", model.payments(start, rate), closed)
    quantities = (
        model.survival(start, end),
        model.lost(end - 1, end) / model.there(start),
        model.log_likelihood(entry, start, end),
        model.payments(start, rate),
        model.payments(start, rate, end - start),
        model.time(start, end - start)
        if continuous
        else model.payments(start, 0, end - start),
    )
    arguments = (name, theta, one_and_done, never, entry, start, end, rate)
    return [*arguments, *(float(quantity) for quantity in quantities)]


def arguments():
    """From mild to extreme, with and without shares, early and late."""
    rng = random.Random(20070101)

    def spread(low, high):
        return float(f"{low * (high / low) ** rng.random():.5g}")

    for name, parameters in PARAMETERS.items():
        for number in range(18):
            theta = []
            for parameter in parameters:
                if parameter == "theta":
                    theta.append(rng.choice([0.001, 0.05, 0.3, 0.9]))
                elif parameter == "c":
                    theta.append(rng.choice([1.0, 0.3, 0.9, 1.6, 2.4]))
                else:
                    theta.append(spread(0.05, 50.0))
            shares = [(0, 0), (0.2, 0), (0, 0.3), (0.1, 0.05)][number % 4]
            if name in ("ExponentialGamma", "WeibullGamma"):
                shares = (0, shares[1])
            entry = rng.choice([0, 0, 0, 3])
            start = entry + rng.choice([0, 1, 5, 40])
            end = start + rng.choice([1, 2, 12, 90])
            yield (name, theta, *shares, entry, start, end, rng.choice([0.1, 0.02]))


# --- published figures ----------------------------------------------------------------


def tolerance(block, name):
    """atol and rtol of a block, or of one of its figures."""
    found = {key: block[key] for key in ("atol", "rtol") if key in block}
    named = {k: v.get(name) if isinstance(v, dict) else v for k, v in found.items()}
    return {key: value for key, value in named.items() if value is not None}


def figures(published):
    """Each published figure, where it is from, what it is and how near it must be."""
    for block in published["fits"]:
        theta = best_fit(block)
        model = Model(block["model"], theta)
        near = tolerance(block, "parameters")
        for value, figure in zip(theta, block["parameters"], strict=True):
            yield block, value, figure, near
        near = tolerance(block, "log_likelihood")
        yield block, log_likelihood(model, block), block["log_likelihood"], near
        for age, figure in block["survival"]:
            yield block, model.there(age), figure, tolerance(block, "survival")
    for block in published["curves"]:
        model = Model(block["model"], block["parameters"])
        for t, figure in block["rows"]:
            value = {
                "survival": lambda t, m=model: m.there(t),
                "retention": lambda t, m=model: m.survival(t - 1, t),
                "churn_probability": lambda t, m=model: m.there(t - 1) - m.there(t),
            }[block["quantity"]](t)
            yield block, value, figure, tolerance(block, "")
    for block in published["discounted"]:
        model = Model(block["model"], block["parameters"])
        rate = mp.log1p(mpf(block["discount_rate"]))
        for age, figure in block["rows"]:
            value = model.payments_closed(age, rate)
            yield block, value, figure, tolerance(block, "")
        if "new" in block:
            new = 1 + model.payments_closed(0, rate) * mp.exp(-rate)
            yield block, new, block["new"], tolerance(block, "")


def check_published():
    """Compute each published figure anew, and hold it to its tolerance."""
    published = json.loads((GOLDEN / "renewal.json").read_text("utf-8"))
    worst = mpf(0)
    for block, value, figure, near in figures(published):
        allowed = near.get("atol", 0.0) + near.get("rtol", 0.0) * abs(mpf(figure))
        share = abs(value - figure) / allowed
        worst = max(worst, share)
        if share > 1:
            found = mp.nstr(value, 17)
            msg = f"{block['source']}: published {figure}, computed {found}"
            raise ArithmeticError(msg)
    print(f"published figures: at most {mp.nstr(worst, 3)} of a tolerance is used")


def log_likelihood(model, block):
    """Of a cohort of 1000, by what was lost in each period."""
    there = block["survivors"]
    total = mpf(0)
    for t, (before, after) in enumerate(pairwise(there)):
        total += (before - after) * model.log_likelihood(0, t, t + 1)
    return total + there[-1] * mp.log(model.there(len(there) - 1))


def best_fit(block):
    """The maximum of the likelihood, by Newton's method on its slopes."""
    start = [mpf(value) for value in block["parameters"]]

    def slope(j):
        def function(*theta):
            step = mpf(10) ** -12
            up, down = list(theta), list(theta)
            up[j] += step
            down[j] -= step
            name = block["model"]
            upper = log_likelihood(Model(name, up), block)
            return (upper - log_likelihood(Model(name, down), block)) / (2 * step)

        return function

    slopes = [slope(j) for j in range(len(start))]
    found = mp.findroot(slopes, start, tol=1e-20, verify=False)
    return [found[j] for j in range(len(start))]


def main():
    check_published()
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(case, *zip(*arguments(), strict=True)))
    write_table(
        GOLDEN / "renewal_exact.json",
        source="mpmath with 40 digits, two ways each: make/renewal.py",
        columns=COLUMNS,
        rows=rows,
    )


if __name__ == "__main__":
    main()
