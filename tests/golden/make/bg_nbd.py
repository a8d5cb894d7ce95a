"""References for the BG/NBD model to 17 digits: writes `../bg_nbd_exact.json`.

The model (Fader, Hardie and Lee 2005, Marketing Science 24): purchases are Poisson
with rate lambda ~ Gamma(r, alpha) while the customer is alive, and after each repeat
purchase the customer drops out with probability p ~ Beta(a, b).

Everything is computed with mpmath. Predictions are expectations over p of what is
known given p (lambda integrates out by conjugacy), taken by the trapezoidal rule on
logit(p), which converges exponentially; a second, different formula (Gauss's 2F1, or
an integral over time) must agree to 1e-18 before a number is written.

Run it from anywhere: `python tests/golden/make/bg_nbd.py`. It takes a few minutes and
always writes the same file.
"""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mpmath import mp, mpf
from write import write_table

mp.dps = 34
AGREEMENT = mpf(10) ** -18  # relative, between the two ways to each number


@dataclass(frozen=True)
class BGNBD:
    """The model with parameters as mpmath numbers."""

    r: mpf
    alpha: mpf
    a: mpf
    b: mpf

    @classmethod
    def of(cls, *parameters):
        return cls(*(mpf(value) for value in parameters))

    def likelihood_terms(self, x, t_x, T):
        """The history's likelihood if still alive at T, and if dropped out at t_x.

        Given lambda and p: (1-p)^x lambda^x e^(-lambda T), and for x > 0
        p (1-p)^(x-1) lambda^x e^(-lambda t_x); each factor's mean is a beta or a gamma
        integral.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        rising = mp.gammaprod([r + x], [r]) * alpha**r
        alive = beta_ratio(a, b, 0, x) * rising * (alpha + T) ** -(r + x)
        if x == 0:
            return alive, mpf(0)
        return alive, beta_ratio(a, b, 1, x - 1) * rising * (alpha + t_x) ** -(r + x)

    def log_likelihood(self, x, t_x, T):
        alive, dropped = self.likelihood_terms(mpf(x), mpf(t_x), mpf(T))
        return mp.log(alive + dropped)

    def probability_alive(self, x, t_x, T):
        alive, dropped = self.likelihood_terms(mpf(x), mpf(t_x), mpf(T))
        return alive / (alive + dropped)

    def given_alive(self, x, T):
        """The same model seen from T by a customer known to be alive there."""
        return BGNBD(self.r + x, self.alpha + T, self.a, self.b + x)

    def expectation(self, g):
        """The mean of g(p) over p ~ Beta(a, b)."""
        return logit_trapezoid(self.a, self.b, g)

    # --- a customer who is alive at time 0 ---------------------------------------

    def survival(self, t):
        """P(alive at t): the mean of e^(-lambda p t)."""
        r, tau = self.r, mpf(t) / self.alpha
        return agreed(
            "survival",
            self.expectation(lambda p: mp.exp(-r * mp.log1p(p * tau))),
            lambda: mp.hyp2f1(r, self.a, self.a + self.b, -tau),
        )

    def expected_purchases(self, t):
        """E[X(t)]: the mean of (1 - e^(-lambda p t)) / p."""
        r, a, tau = self.r, self.a, mpf(t) / self.alpha
        return agreed(
            "expected purchases",
            self.expectation(lambda p: -mp.expm1(-r * mp.log1p(p * tau)) / p),
            lambda: self.expected_purchases_closed_form(tau, a),
        )

    def expected_purchases_closed_form(self, tau, a):
        """Fader, Hardie and Lee's equation 9, after Euler's transformation."""
        if a == 1:  # a removable singularity: step aside, with digits to spare
            with mp.workdps(4 * mp.dps):
                return self.expected_purchases_closed_form(tau, a + mpf(10) ** -60)
        c = a + self.b - 1
        return c / (a - 1) * (1 - mp.hyp2f1(self.r, a - 1, c, -tau))

    def pmf(self, k, t):
        """P(X(t) = k): k survived purchases, or drop-out at the k-th (their eq. 8)."""
        k, t, r = mpf(k), mpf(t), self.r
        z = t / (self.alpha + t)
        counted = mp.gammaprod([r + k], [r, k + 1]) * (1 - z) ** r * z**k
        alive = beta_ratio(self.a, self.b, 0, k) * counted
        if k == 0:
            return alive
        at_least_k = mp.betainc(k, r, 0, z, regularized=True)
        return alive + beta_ratio(self.a, self.b, 1, k - 1) * at_least_k

    def discounted(self, delta, horizon=mp.inf):
        """The mean of int_0^horizon e^(-delta u) lambda e^(-lambda p u) du."""
        delta, horizon = mpf(delta), mpf(horizon)
        r, alpha, a, b = self.r, self.alpha, self.a, self.b

        def given_p(p):
            scale = alpha / p
            whole = scale * scaled_expint(r + 1, delta * scale)
            if horizon == mp.inf:
                return r / alpha * whole
            left = mp.exp(-delta * horizon - r * mp.log1p(horizon / scale))
            later = scaled_expint(r + 1, delta * (scale + horizon))
            return r / alpha * (whole - left * scale * later)

        def over_time():
            end = min(horizon, 90 / delta)  # e^-90 is beyond the digits kept

            def rate(v):  # u = alpha (e^v - 1) spreads the integrand evenly
                u = alpha * mp.expm1(v)
                hyper = mp.hyp2f1(r + 1, a, a + b, -u / alpha)
                return r * mp.exp(v - delta * u) * hyper

            knots = mp.linspace(0, mp.log1p(end / alpha), 4)
            return mp.quad(rate, knots, method="gauss-legendre")

        return agreed("discounted purchases", self.expectation(given_p), over_time)


def beta_ratio(a, b, i, j):
    """B(a + i, b + j) / B(a, b): the mean of p^i (1-p)^j."""
    return mp.gammaprod([a + i, b + j, a + b], [a, b, a + b + i + j])


def scaled_expint(s, z):
    """e^z E_s(z), by its continued fraction where that converges fast."""
    if z + s < 20:
        return mp.exp(z) * mp.expint(s, z)
    # Abramowitz and Stegun 5.1.22 in its even form, by Lentz's method
    b = z + s
    c, d = mp.inf, 1 / b
    value = d
    for k in range(1, 10_000):
        numerator = -k * (s + k - 1)
        b += 2
        d = 1 / (numerator * d + b)
        c = b + numerator / c
        value *= c * d
        if abs(c * d - 1) < mp.eps * 8:
            return value
    msg = f"no convergence at s={s}, z={z}"
    raise ArithmeticError(msg)


def logit_trapezoid(a, b, g):
    """The mean of g(p) over Beta(a, b) by the trapezoidal rule on s = logit(p).

    The density of s is p^a (1-p)^b / B(a, b): analytic in a strip and decaying at both
    ends, so halving the step squares the error.
    """
    log_beta = mp.log(mp.beta(a, b))

    def term(s):
        p = 1 / (1 + mp.exp(-s))
        log_density = -a * mp.log1p(mp.exp(-s)) - b * mp.log1p(mp.exp(s)) - log_beta
        return mp.exp(log_density) * g(p)

    mode = mp.log(a / b)
    step = min(mpf(1) / 2, 2 / mp.sqrt(a * b / (a + b)))
    total = sweep(term, mode, step)
    for _ in range(12):
        estimate = total * step
        total += sweep(term, mode + step / 2, step)
        step /= 2
        if abs(total * step - estimate) <= abs(estimate) * mpf(10) ** -13:
            # the error squares at each halving: the next is good to about 1e-26
            return (total + sweep(term, mode + step / 2, step)) * step / 2
    msg = f"no convergence at a={a}, b={b}"
    raise ArithmeticError(msg)


def sweep(term, start, step):
    """The sum of term(start + k step) over all integers k: a single peak."""
    total = mpf(0)
    for first, stride in ((start, step), (start - step, -step)):
        s, biggest = first, mpf(0)
        while True:
            value = term(s)
            total += value
            biggest = max(biggest, value)
            if value <= biggest * mpf(10) ** -(mp.dps + 4):
                break
            s += stride
    return total


def agreed(what, first, second):
    """The first number, after a look at the second way to it."""
    check = second()
    if abs(first - check) > AGREEMENT * abs(check):
        msg = f"{what}: {mp.nstr(first, 25)} and {mp.nstr(check, 25)} disagree"
        raise ArithmeticError(msg)
    return first


# --- cases -------------------------------------------------------------------------

COLUMNS = (
    *("r", "alpha", "a", "b", "x", "t_x", "T", "t", "k", "delta"),
    *("log_likelihood", "probability_alive", "probability_alive_later"),
    *("expected_purchases", "pmf", "discounted", "discounted_forever"),
    *("new_expected_purchases", "new_pmf", "new_discounted_forever"),
)


def case(r, alpha, a, b, x, t_x, T, t, k, delta):
    """One row of the table: the arguments, then every quantity."""
    arguments = (r, alpha, a, b, x, t_x, T, t, k, delta)
    model = BGNBD.of(r, alpha, a, b)
    later = model.given_alive(x, mpf(T))
    alive = model.probability_alive(x, t_x, T)
    quantities = (
        model.log_likelihood(x, t_x, T),
        alive,
        alive * later.survival(t),
        alive * later.expected_purchases(t),
        alive * later.pmf(k, t) + (1 - alive if k == 0 else 0),
        alive * later.discounted(delta, t),
        alive * later.discounted(delta),
        model.expected_purchases(t),
        model.pmf(k, t),
        model.discounted(delta),
    )
    return [*arguments, *(float(quantity) for quantity in quantities)]


def rounded(value, digits=6):
    """A short decimal, so that the argument in the file is the argument used."""
    return float(f"{value:.{digits}g}")


def random_arguments(rng):
    """Arguments from mild to extreme, spread over orders of magnitude."""

    def spread(low, high):
        return rounded(low * (high / low) ** rng.random())

    r, alpha = spread(0.02, 20.0), spread(0.05, 2000.0)
    a, b = spread(0.1, 20.0), spread(0.1, 50.0)
    x = rng.choice([0, 0, 1, 2, 3, 5, 10, 30, 100, 400, 1000, 2000, 5000])
    T = spread(0.5, 2000.0)
    t_x = 0.0 if x == 0 else rng.choice([T, rounded(T * rng.random()), rounded(T / 50)])
    t = spread(1e-3, 1e5)
    k = rng.choice([0, 0, 1, 2, 5, 20, 180, 300])
    return r, alpha, a, b, x, t_x, T, t, k, spread(1e-4, 0.5)


def edge_arguments():
    """The places where formulas break: a = 1, a < 1, a + b < 1, t_x = T, huge x."""
    cdnow = (0.243, 4.414, 0.793, 2.426)
    shapes = [
        (0.243, 4.414, 1.0, 2.426),
        (0.243, 4.414, 1.0 + 1e-9, 2.426),
        (0.243, 4.414, 0.999999, 2.426),
        (2.0, 10.0, 1.0, 1.0),
        (0.11, 2.24, 0.31, 0.5),
        (0.5, 5.0, 0.5, 0.5),
        (0.5, 5.0, 0.25, 0.75),
        (0.3, 3.0, 0.1, 0.2),
        (0.25, 4.0, 0.8, 2.5),
        (1.0, 1.0, 2.0, 1.0),
        (3.0, 20.0, 5.0, 0.2),
    ]
    histories = [
        (0, 0.0, 38.86),
        (1, 38.86, 38.86),
        (2, 30.43, 38.86),
        (200, 38.0, 40.0),
    ]
    for i, shape in enumerate(shapes):
        for j, (x, t_x, T) in enumerate(histories):
            t = (0.001, 1.0, 39.0, 1000.0, 1e5)[(i + j) % 5]
            yield (*shape, x, t_x, T, t, (i + 2 * j) % 7, 0.0027)
    for x, t_x, T in [
        (0, 0.0, 1e-3),
        (1, 1e-3, 500.0),
        (26, 30.857142857, 31.0),
        (1000, 10.0, 100.0),
        (1000, 365.0, 365.0),
        (2000, 700.0, 700.0),
        (5000, 999.0, 1000.0),
        (5000, 1000.0, 1000.0),
    ]:
        for t, k in [(1e-3, 0), (10.0, 1), (90.0, 180), (1e5, 300)]:
            yield (*cdnow, x, t_x, T, t, k, 0.0027)


def main():
    rng = random.Random(20050501)
    arguments = [*edge_arguments(), *(random_arguments(rng) for _ in range(75))]
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(case, *zip(*arguments, strict=True)))
    write_table(
        Path(__file__).parents[1] / "bg_nbd_exact.json",
        source="mpmath with 34 digits, two formulas each: make/bg_nbd.py",
        columns=COLUMNS,
        rows=rows,
    )


if __name__ == "__main__":
    main()
