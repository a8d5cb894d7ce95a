"""References for the gamma-gamma model of spend: writes `../gamma_gamma_exact.json`.

The model (Fader and Hardie 2013, "The gamma-gamma model of monetary value"): the
orders of a customer are z ~ Gamma(p, nu) and the customers' rates nu ~ Gamma(q, gamma),
so that a customer's mean order value is zeta = p / nu. With x orders of mean zbar,
zeta ~ InverseGamma(p x + q, p (gamma + x zbar)).

Everything is computed with mpmath; the likelihood and the conditional mean are
integrals over nu that must agree with their closed forms to 1e-20 before a number is
written, and each quantile must give back its probability.

Run it from anywhere: `python tests/golden/make/gamma_gamma.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from mpmath import mp, mpf
from write import write_table

mp.dps = 40
AGREEMENT = mpf(10) ** -20  # relative, between the two ways to each number


@dataclass(frozen=True)
class GammaGamma:
    """The model with parameters as mpmath numbers."""

    p: mpf
    q: mpf
    gamma: mpf

    @classmethod
    def of(cls, *parameters):
        return cls(*(mpf(value) for value in parameters))

    def log_likelihood(self, x, zbar):
        """Equation 1a: the log-density of the mean of x orders."""
        p, q, gamma = self.p, self.q, self.gamma
        n, total = p * x, gamma + x * zbar
        return (
            mp.loggamma(n + q)
            - mp.loggamma(n)
            - mp.loggamma(q)
            + q * mp.log(gamma)
            + (n - 1) * mp.log(zbar)
            + n * mp.log(x)
            - (n + q) * mp.log(total)
        )

    def log_likelihood_by_integral(self, x, zbar):
        """The mean over nu of the density of zbar ~ Gamma(p x, nu x)."""
        n = self.p * x

        def log_given(nu):
            rate = nu * x
            density = n * mp.log(rate) + (n - 1) * mp.log(zbar) - rate * zbar
            return density - mp.loggamma(n)

        return log_mean_over_rate(
            self.q, self.gamma, log_given, self.posterior(x, zbar)
        )

    def posterior(self, x, zbar):
        """Shape and rate of nu given x orders of mean zbar."""
        return self.p * x + self.q, self.gamma + x * zbar

    def expected_spend(self, x, zbar):
        """Equation 5: the posterior mean of zeta; infinite for a shape up to 1."""
        shape, rate = self.posterior(x, zbar)
        if shape <= 1:
            return mp.inf
        value = self.p * rate / (shape - 1)
        by_integral = mp.exp(
            log_mean_over_rate(
                shape, rate, lambda nu: mp.log(self.p / nu), (shape - 1, rate)
            )
        )
        check(value, by_integral, "expected spend")
        return value

    def spend_quantile(self, x, zbar, probability):
        """The value that zeta is below with the given probability."""
        shape, rate = self.posterior(x, zbar)
        scale = self.p * rate

        def excess(log_zeta):  # P(zeta <= z) = Q(shape, scale / z)
            return 1 - gamma_cdf(shape, scale * mp.exp(-log_zeta)) - probability

        low = high = mp.log(scale / shape)
        while excess(low) > 0:
            low -= 1
        while excess(high) < 0:
            high += 1
        root = mp.findroot(excess, (low, high), solver="illinois", tol=1e-60)
        check(excess(root) + probability, probability, "quantile")
        return mp.exp(root)


def gamma_cdf(shape, z):
    """The regularised lower incomplete gamma function, by its power series.

    All terms are positive, so nothing is lost however large the shape.
    """
    term = mp.exp(shape * mp.log(z) - z - mp.loggamma(shape + 1))
    total, n = term, 0
    while term > total * mp.eps:
        n += 1
        term *= z / (shape + n)
        total += term
    return total


def log_mean_over_rate(shape, rate, log_g, peak):
    """ln of the mean of g(nu) over nu ~ Gamma(shape, rate), by the trapezoidal rule.

    The rule runs over ln(nu), about the peak of g times the density, which is that of
    a gamma law with the shape and rate in `peak`.
    """
    constant = shape * mp.log(rate) - mp.loggamma(shape)

    def log_term(s):
        return shape * s - rate * mp.exp(s) + log_g(mp.exp(s))

    centre = mp.log(peak[0] / peak[1])
    top = log_term(centre)
    width = 1 / mp.sqrt(peak[0]) + 1 / peak[0]
    step = min(mpf(1) / 8, 1 / (6 * mp.sqrt(peak[0])))
    total = mpf(0)
    for direction in (1, -1):
        s = centre if direction > 0 else centre - step
        while True:
            value = mp.exp(log_term(s) - top)
            total += value
            if value < mpf(10) ** -(mp.dps + 4) and abs(s - centre) > width:
                break
            s += direction * step
    return constant + top + mp.log(total * step)


def check(value, other, what):
    """Refuse to write a number that its second computation does not confirm."""
    if abs(value - other) > AGREEMENT * max(1, abs(other)):
        msg = f"{what}: {mp.nstr(value, 25)} and {mp.nstr(other, 25)} disagree"
        raise ArithmeticError(msg)


# --- cases -------------------------------------------------------------------------

PROBABILITIES = (0.025, 0.05, 0.5, 0.95, 0.975)
COLUMNS = (
    *("p", "q", "gamma", "x", "zbar", "log_likelihood", "expected_spend"),
    *(f"quantile_{probability}" for probability in PROBABILITIES),
)


def case(p, q, gamma, x, zbar):
    """One row of the table: the arguments, then every quantity."""
    model = GammaGamma.of(p, q, gamma)
    count, mean = mpf(x), mpf(zbar)
    if x == 0:  # nothing seen: the prior, and no likelihood
        log_likelihood = mpf(0)
    else:
        log_likelihood = model.log_likelihood(count, mean)
        by_integral = model.log_likelihood_by_integral(count, mean)
        check(log_likelihood, by_integral, "log-likelihood")
    expected = model.expected_spend(count, mean)
    quantities = (
        log_likelihood,
        *(model.spend_quantile(count, mean, mpf(level)) for level in PROBABILITIES),
    )
    log_likelihood, *quantiles = (float(quantity) for quantity in quantities)
    mean_or_none = None if expected == mp.inf else float(expected)
    return [p, q, gamma, x, zbar, log_likelihood, mean_or_none, *quantiles]


def rounded(value, digits=6):
    """A short decimal, so that the argument in the file is the argument used."""
    return float(f"{value:.{digits}g}")


def random_arguments(rng):
    """Arguments from mild to extreme, spread over orders of magnitude."""

    def spread(low, high):
        return rounded(low * (high / low) ** rng.random())

    x = rng.choice([1, 1, 2, 3, 10, 50, 400, 2000])
    return spread(0.1, 50), spread(0.3, 30), spread(0.01, 1e4), x, spread(0.01, 1e5)


def edge_arguments():
    """CDNOW; the prior; q at and below 1; cents and thousands; very many orders."""
    cdnow = (6.25, 3.74, 15.44)
    for x, zbar in [
        (0, 0.0),
        (1, 0.01),
        (2, 22.345),
        (3, 35.0),
        (26, 80.0),
        (50, 38.0),
    ]:
        yield (*cdnow, x, zbar)
    yield (6.25, 3.74, 1544.0, 3, 3500.0)
    for q in (0.5, 1.0, 1.05, 2.0):
        yield (2.0, q, 10.0, 0, 0.0)
        yield (2.0, q, 10.0, 1, 12.5)
    yield (0.2, 0.6, 5.0, 1, 3.0)  # the posterior's mean does not exist either
    yield (6.25, 3.74, 15.44, 5000, 35.0)
    yield (0.05, 1.5, 1e-3, 1, 1e6)
    yield (100.0, 50.0, 1e6, 2000, 2.5e4)


def main():
    rng = random.Random(20130901)
    arguments = [*edge_arguments(), *(random_arguments(rng) for _ in range(42))]
    write_table(
        Path(__file__).parents[1] / "gamma_gamma_exact.json",
        source="mpmath with 40 digits, two ways each: make/gamma_gamma.py",
        columns=COLUMNS,
        rows=[case(*row) for row in arguments],
    )


if __name__ == "__main__":
    main()
