"""Write tests/golden/special.json: reference values of the special functions.

Run `python tests/golden/make/special.py` (needs mpmath; gmpy2 makes it faster; about
two minutes). Arguments are floats, taken as exact; values are computed with 60 digits
and rounded once. Where mpmath's own routines struggle (2F1 and the incomplete functions
at extreme arguments) the value is a sum of positive terms or a trapezoidal sum of the
beta integral, checked here against mpmath where mpmath can be trusted.
"""

import json
import math
import random
from fractions import Fraction
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60
TARGET = Path(__file__).resolve().parents[1] / "special.json"
SOURCE = "tests/golden/make/special.py, mpmath, 60 digits"
# The errors that the doc comments state. "relative" to the value; "mixed" is relative to
# the value or to 1, whichever is larger, for functions that pass through zero;
# "elastic" is the error of d ln f / d ln x, relative to it or to 1.
TOLERANCE = {
    "ln_gamma": {"mixed": 1e-15},
    "digamma": {"mixed": 1.5e-15},
    "trigamma": {"relative": 1e-15},
    "ln_gamma_ratio": {"relative": 2e-15},
    "ln_beta": {"mixed": 3e-15},
    "ln_beta_gradient": {"relative": 1e-15},
    "ln_beta_hessian": {"relative": 1e-15},
    "ln_1m_exp": {"relative": 5e-16},
    "ln_1p_minus": {"relative": 5e-16},
    "exp_m1_minus": {"relative": 5e-16},
    "beta_regularised": {"relative": 3e-13},
    "gamma_regularised": {"relative": 2e-13},
    "gamma_quantile": {"relative": 1e-13},
    "hyp2f1_negative": {"relative": 1e-13},
    "hyp2f1_negative_gradient": {"elastic": 1e-12},
    "gauss_fraction": {"relative": 2e-13},
}


def log_uniform(rng, low, high):
    """A float between 10^low and 10^high, uniform on the log scale."""
    return float(f"{10 ** rng.uniform(low, high):.6g}")


def outermost(rng, low, high, n):
    """`n` random floats and the two ends of the range."""
    return [
        *(log_uniform(rng, low, high) for _ in range(n)),
        10.0**low,
        10.0**high,
    ]


# --- gamma and beta functions ---------------------------------------------------------


def gamma_arguments(rng):
    near = [0.5, 1.0, 1.5, 2.0, 3.0, 9.0, 10.0, 11.0, 1.4616321449683622]
    around = [math.nextafter(x, y) for x in near for y in (0, 99)]
    middle = [rng.uniform(0, 20) for _ in range(80)]
    wide = outermost(rng, -300, 300, 80) + outermost(rng, -8, 8, 80)
    return sorted(near + around + middle + wide)


def rise(x, d):
    """psi(x + d) - psi(x), with as many digits as the difference needs."""
    with mp.workdps(400):
        return mp.digamma(mpf(x) + d) - mp.digamma(x)


def drop(x, d):
    """psi'(x) - psi'(x + d)."""
    with mp.workdps(400):
        return mp.psi(1, x) - mp.psi(1, mpf(x) + d)


def ln_gamma_ratio(x, n):
    with mp.workdps(400):
        return mp.loggamma(mpf(x) + n) - mp.loggamma(x)


def ln_beta(a, b):
    with mp.workdps(400):
        return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(mpf(a) + b)


def ln_1m_exp(x):
    with mp.workdps(400):
        return mp.log(-mp.expm1(x))


def pairs(rng):
    corners = [1e-300, 1e-9, 0.5, 1.0, 9.5, 10.0, 10.5, 1e4, 1e15]
    fixed = [(a, b) for a in corners for b in corners]
    wide = [(log_uniform(rng, -12, 12), log_uniform(rng, -12, 12)) for _ in range(120)]
    usual = [(log_uniform(rng, -2, 4), log_uniform(rng, -2, 4)) for _ in range(120)]
    return fixed + wide + usual


# --- incomplete functions -------------------------------------------------------------


def rising_series(x, bottom, top=None, digits=80):
    """sum_n x^n prod_{k<=n} (top + k - 1)/(bottom + k) for positive exact arguments.

    In fixed point, as every term is positive: a step multiplies and divides one long
    integer by short ones. Without `top` the numerators are 1.
    """
    x, bottom = Fraction(x), Fraction(bottom)
    unit = max(bottom.denominator, Fraction(top or 1).denominator)
    low = int(bottom * unit)
    high = None if top is None else int(Fraction(top) * unit)
    term = total = one = 10**digits
    n = 0
    while term:
        n += 1
        factor = unit if high is None else high + (n - 1) * unit
        term = term * (x.numerator * factor) // (x.denominator * (low + n * unit))
        total += term
    return mpf(total) / one


def exact(x):
    """The value of a float or a fraction as an mpf of the working precision."""
    x = Fraction(x)
    return mpf(x.numerator) / x.denominator


def terms(x, top):
    """About how many terms of `rising_series` count, at 400 digits."""
    return x * top / (1 - x) - 920 / mp.log(x)


def beta_tails(x, a, b):
    """Both tails of Beta(a, b) at x, from the series of positive terms of one of them."""
    digits = 400
    with mp.workdps(digits):
        fx, fa, fb = Fraction(x), Fraction(a), Fraction(b)
        fy = 1 - fx
        x, y, a, b = exact(fx), exact(fy), exact(fa), exact(fb)
        density = mp.exp(a * mp.log(x) + b * mp.log(y) - ln_beta(a, b))
        if terms(x, a + b) < terms(y, a + b):
            lower = density / a * rising_series(fx, fa, fa + fb, digits)
            return lower, 1 - lower
        upper = density / b * rising_series(fy, fb, fa + fb, digits)
        return 1 - upper, upper


def beta_regularised(rng):
    cases = []
    shapes = [
        (s, t) for s in (1e-3, 0.3, 1.0, 30.0, 1e3) for t in (1e-3, 0.7, 8.0, 1e3)
    ]
    shapes += [(1e6, 1e6), (1e6, 2.5), (0.5, 1e6), (1e6, 1e4), (1e-3, 1e6), (2e5, 1e-3)]
    shapes += [
        (log_uniform(rng, -3, 4.5), log_uniform(rng, -3, 4.5)) for _ in range(45)
    ]
    for a, b in shapes:
        sd = math.sqrt(1 / a + 1 / b)
        mode = math.log(a) - math.log(b)
        for z in (-30, -8, -2, -0.1, 0.1, 2, 8, 30):
            logit = mode + min(sd, 12.0) * z * rng.uniform(0.5, 1)
            x = 1 / (1 + math.exp(-logit)) if logit > -690 else 0.0
            if not 0 < x < 1 or (x > 0.999 and b * x > 1e3 * a):
                continue
            lower, upper = beta_tails(x, a, b)
            if min(lower, upper) > mpf("1e-300"):
                cases.append([x, a, b, lower, upper])
    return cases


def gamma_tails(a, x, digits=400):
    """P(a, x) and Q(a, x), from the series of positive terms of P."""
    with mp.workdps(digits):
        series = rising_series(x, a, None, digits)
        a, x = exact(a), exact(x)
        lower = mp.exp(a * mp.log(x) - x - mp.loggamma(a)) / a * series
        return lower, 1 - lower


def gamma_regularised(rng):
    cases = []
    shapes = [1e-3, 0.02, 0.5, 1.0, 1.5, 9.99, 10.0, 100.0, 1e3, 1e5, 1e8]
    shapes += [log_uniform(rng, -3, 5) for _ in range(30)]
    for a in shapes:
        for z in (-30, -8, -2, -0.1, 0.1, 2, 8, 30):
            x = a * math.exp(z * min(1.5, 1 / math.sqrt(a)) * rng.uniform(0.5, 1))
            if x > a + 40 * math.sqrt(a) + 700:
                continue
            lower, upper = gamma_tails(a, x)
            if min(lower, upper) > mpf("1e-300"):
                cases.append([a, x, lower, upper])
    return cases


def gamma_quantile(rng):
    """Arguments by rounding, then the value by Newton's method from a float start."""
    shapes = [1e-3, 0.01, 0.3, 0.5, 1.0, 1.5, 10.0, 1e3, 1e5, 1e8]
    shapes += [log_uniform(rng, -3, 5) for _ in range(20)]
    levels = [1e-12, 1e-6, 0.025, 0.3, 0.5, 0.7, 0.975, 1 - 1e-6, 1 - 1e-12]
    cases = []
    for a in shapes:
        for p in levels:
            x = quantile(a, p)
            if x > mpf("1e-300"):
                cases.append([a, p, x])
    return cases


def quantile(a, p):
    """The root of P(a, e^y) = p in y by bisection, then Newton's method."""

    def lower(y):
        x = mp.exp(y)
        if x < 1e-60:
            return mp.exp(a * y - mp.loggamma(a + 1))
        return gamma_tails(shape, Fraction(int(x * 2**300), 2**300), 75)[0]

    with mp.workdps(60):
        shape, a, p = a, mpf(a), mpf(p)
        y = (mp.log(p) + mp.loggamma(a + 1)) / a
        if y < -80:
            return mp.exp(y)
        width = 1 / mp.sqrt(a)
        low, high = mp.log(a) - 12 * width, mp.log(a + 8 * mp.sqrt(a) + 40)
        while lower(low) > p:
            low -= 10 * width
        while high - low > min(width / 50, mpf("1e-5")):
            middle = (low + high) / 2
            low, high = (middle, high) if lower(middle) < p else (low, middle)
        y = (low + high) / 2
        for _ in range(9):
            step = (lower(y) - p) / mp.exp(a * y - mp.exp(y) - mp.loggamma(a))
            y -= step
        assert abs(step) < mpf("1e-35")
        return mp.exp(y)


# --- 2F1 ------------------------------------------------------------------------------


def mode(s, a, b, w):
    """Where p^a (1-p)^b (1+wp)^-s is largest: a root of a quadratic."""
    n = a + b
    square, linear = (s - n) * w, a * w - n - s * w
    root = mp.sqrt(linear**2 - 4 * square * a)
    return 2 * a / (root - linear)


def hyp2f1_negative(s, a, b, w):
    """2F1(s, a; a+b; -w) and its gradient in (s, a, b, w).

    Trapezoidal sum of the beta integral over y = logit p, from its mode outwards, with
    geometric tails where the integrand is a pure exponential.
    """
    s, a, b, w = map(mpf, (s, a, b, w))
    n, p = a + b, mode(s, a, b, w)
    y0 = mp.log(p) - mp.log1p(-p)
    curvature = n * p * (1 - p) + abs(a - n * p)
    h = mpf("0.38") / mp.sqrt(curvature + 14)

    def integrand(y):
        p, e = 1 / (1 + mp.exp(-y)), mp.exp(-abs(y))
        ln_p = -mp.log1p(e) + min(y, 0)
        ln_q = ln_p - y
        grow = mp.log1p(w * p)
        value = mp.exp(a * ln_p + b * ln_q - s * grow - peak)
        return value, [-grow, ln_p, ln_q, -s * p / (1 + w * p)]

    def add(value, slope):
        nonlocal total
        total += value
        for i in range(4):
            slopes[i] += value * slope[i]

    peak = mpf(0)
    peak = mp.log(integrand(y0)[0])
    total, slopes = mpf(0), [mpf(0)] * 4
    for direction in (1, -1):
        j = 0 if direction == 1 else 1
        while True:
            y = y0 + direction * j * h
            value, slope = integrand(y)
            add(value, slope)
            if value < mpf("1e-42") and j > 8:
                break
            if direction * y > 90 + mp.log(s * w + n + s):
                # sum over k >= 1 of exp(-c h k), and of k exp(-c h k)
                c = b if direction == 1 else a
                zeroth = 1 / mp.expm1(c * h)
                first = mp.exp(c * h) * zeroth**2
                add(value * zeroth, slope)
                slopes[2 if direction == 1 else 1] -= value * h * first
                break
            j += 1
    scale = h * mp.exp(peak - ln_beta(a, b))
    value, gradient = scale * total, [scale * slope for slope in slopes]
    gradient[1] += value * rise(a, b)
    gradient[2] += value * rise(b, a)
    return value, gradient


def hyp2f1_cases(rng):
    grid = [
        (s, a, b, w)
        for s in (0.01, 3.0, 1e4)
        for a in (1e-3, 0.8, 1e4)
        for b in (1e-3, 2.5, 1e4)
        for w in (1e-12, 0.3, 1e8)
    ]
    grid += [
        (
            log_uniform(rng, -2, 4),
            log_uniform(rng, -3, 4),
            log_uniform(rng, -3, 4),
            log_uniform(rng, -4, 6),
        )
        for _ in range(80)
    ]
    grid += [
        (
            log_uniform(rng, -1, 2.5),
            log_uniform(rng, -1, 1.5),
            log_uniform(rng, -1, 2.5),
            log_uniform(rng, -3, 2),
        )
        for _ in range(80)
    ]
    values, gradients, checked = [], [], 0
    for case in grid:
        value, gradient = hyp2f1_negative(*case)
        if value < mpf("1e-290"):
            continue
        s, a, b, w = map(mpf, case)
        if max(case) < 100 and min(a, b) > 0.01:
            direct = mp.hyp2f1(s, a, a + b, -w)
            assert abs(direct / value - 1) < mpf("1e-35"), case
            checked += 1
        values.append([*case, value])
        gradients.append([*case, *gradient])
    assert checked > 40
    return values, gradients


def gauss_fraction(rng):
    """2F1(1, b; c + 1; z) from the series of positive terms (Pfaff's where z < 0)."""
    cases = []
    for _ in range(250):
        b = log_uniform(rng, -2, 3.5)
        c = b + log_uniform(rng, -2, 3.5) - rng.choice([0, 1]) * min(b, 1) * 0.9
        gap = log_uniform(rng, -3, 0)
        z = rng.choice([1 - gap, 1 - gap, gap, 0.0, -gap, -1 / gap])
        point = Fraction(z)
        if z >= 0:
            value = rising_series(point, c, b)
        else:
            # (1-z)^-1 2F1(1, c+1-b; c+1; z/(z-1))
            top = Fraction(c) + 1 - Fraction(b)
            value = rising_series(point / (point - 1), c, top) / exact(1 - point)
        cases.append([b, c, z, value])
    return cases


# --- the file -------------------------------------------------------------------------


def build():
    rng = random.Random(20240229)
    xs = gamma_arguments(rng)
    ab = pairs(rng)
    ratios = [
        (log_uniform(rng, -9, 15), log_uniform(rng, -12, 9)) for _ in range(200)
    ] + [(0.25, 2000.0), (1e15, 0.5), (1e15, 3.0), (1e-300, 0.3), (9.99, 1e-12)]
    small = [-x for x in outermost(rng, -18, 2.8, 60)]
    around = outermost(rng, -18, 1, 80)
    values, gradients = hyp2f1_cases(rng)
    return {
        "ln_gamma": [[x, mp.loggamma(x)] for x in xs],
        "digamma": [[x, mp.digamma(x)] for x in xs],
        "trigamma": [[x, mp.psi(1, x)] for x in xs if x > 1e-150],
        "ln_gamma_ratio": [[x, n, ln_gamma_ratio(x, n)] for x, n in ratios],
        "ln_beta": [[a, b, ln_beta(a, b)] for a, b in ab],
        "ln_beta_gradient": [[a, b, -rise(a, b), -rise(b, a)] for a, b in ab],
        "ln_beta_hessian": [
            [a, b, drop(a, b), -mp.psi(1, mpf(a) + b), drop(b, a)]
            for a, b in ab
            if min(a, b) > 1e-150
        ],
        "ln_1m_exp": [[x, ln_1m_exp(x)] for x in small],
        "ln_1p_minus": [
            [x, mp.log1p(x) - mpf(x)] for x in around + [-x for x in around if x < 1]
        ],
        "exp_m1_minus": [
            [x, mp.expm1(x) - mpf(x)] for x in around + [-x for x in around]
        ],
        "beta_regularised": beta_regularised(rng),
        "gamma_regularised": gamma_regularised(rng),
        "gamma_quantile": gamma_quantile(rng),
        "hyp2f1_negative": values,
        "hyp2f1_negative_gradient": gradients,
        "gauss_fraction": gauss_fraction(rng),
    }


def write(cases):
    """One case a line; floats by repr, which reads back to the same bits."""
    blocks = []
    for name, rows in cases.items():
        lines = ",\n".join("   " + json.dumps([float(x) for x in row]) for row in rows)
        blocks.append(f'  "{name}": [\n{lines}\n  ]')
    tolerance = json.dumps(TOLERANCE)
    body = ",\n".join(blocks)
    TARGET.write_text(
        f'{{\n "source": "{SOURCE}",\n "tolerance": {tolerance},\n'
        f' "cases": {{\n{body}\n }}\n}}\n'
    )


if __name__ == "__main__":
    write(build())
