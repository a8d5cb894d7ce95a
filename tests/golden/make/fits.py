"""Maximum likelihood with 40 digits on CDNOW: prints the fits of the golden files.

Newton's method on the exact gradient (derived by hand, so that it shares nothing with
the package), with the Hessian from central differences of that gradient.

Run it as `python tests/golden/make/fits.py`; it reads the data bundled with the
package. The numbers stand in `../bg_nbd.json` and `../gamma_gamma.json` under "fits".
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 40
DATA = Path(__file__).parents[3] / "python" / "tenure" / "data"
END = date(1997, 9, 30)

digamma = cache(mp.digamma)
ln_gamma = cache(mp.loggamma)


def read(name):
    with gzip.open(DATA / name, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def published_summary():
    """The weekly summary rounded to two decimals: rows (x, t_x, T, zbar)."""
    names = ("frequency", "recency", "T", "monetary_value")
    return [
        tuple(map(mpf, map(row.get, names))) for row in read("cdnow_summary.csv.gz")
    ]


def exact_summary(days_per_unit):
    """The summary from the order log: days with an order are purchases."""
    spent = {}
    for row in read("cdnow.csv.gz"):
        day = date.fromisoformat(row["date"])
        if day <= END:
            days = spent.setdefault(int(row["customer_id"]), Counter())
            days[day] += round(100 * float(row["amount"]))  # cents add up exactly
    rows = []
    for days in spent.values():
        first, *repeats = sorted(days)
        last = repeats[-1] if repeats else first
        t_x, T = ((end - first).days / mpf(days_per_unit) for end in (last, END))
        cents = sum(days[day] for day in repeats)
        zbar = mpf(cents) / 100 / len(repeats) if repeats else mpf(0)
        rows.append((mpf(len(repeats)), t_x, T, zbar))
    return rows


def bg_nbd(theta, row):
    """The log-likelihood of one history (Fader, Hardie, note 027) and its slope."""
    r, alpha, a, b = theta
    x, t_x, T, _ = row
    alive = ((alpha + t_x) / (alpha + T)) ** (r + x)
    dropped = a / (b + x - 1) if x > 0 else mpf(0)
    both = alive + dropped
    value = (
        ln_gamma(r + x) - ln_gamma(r) + r * mp.log(alpha)
        + ln_gamma(a + b) + ln_gamma(b + x) - ln_gamma(b) - ln_gamma(a + b + x)
        - (r + x) * mp.log(alpha + t_x) + mp.log(both)
    )  # fmt: skip
    d_ln_alive = 1 / (alpha + t_x) - 1 / (alpha + T)
    shared = digamma(a + b) - digamma(a + b + x)
    gradient = (
        digamma(r + x) - digamma(r) + mp.log(alpha) - mp.log(alpha + t_x)
        + alive / both * mp.log((alpha + t_x) / (alpha + T)),
        r / alpha - (r + x) / (alpha + t_x) + alive / both * (r + x) * d_ln_alive,
        shared + dropped / both / a,
        shared + digamma(b + x) - digamma(b)
        - (dropped / both / (b + x - 1) if x > 0 else 0),
    )  # fmt: skip
    return value, gradient


def gamma_gamma(theta, row):
    """The log-likelihood of one customer's mean spend and its gradient."""
    p, q, gamma = theta
    x, _, _, zbar = row
    n, total = p * x, gamma + x * zbar
    value = (
        ln_gamma(n + q) - ln_gamma(n) - ln_gamma(q) + q * mp.log(gamma)
        + (n - 1) * mp.log(zbar) + n * mp.log(x) - (n + q) * mp.log(total)
    )  # fmt: skip
    ln_share = mp.log(x) + mp.log(zbar) - mp.log(total)
    gradient = (
        x * (digamma(n + q) - digamma(n) + ln_share),
        digamma(n + q) - digamma(q) + mp.log(gamma) - mp.log(total),
        q / gamma - (n + q) / total,
    )
    return value, gradient


def total(density, theta, rows):
    """The sum of a log-density and of its gradient over weighted rows."""
    value, gradient = mpf(0), mp.matrix(len(theta), 1)
    for row, count in rows.items():
        one, slope = density(theta, row)
        value += count * one
        gradient += count * mp.matrix(slope)
    return value, gradient


def hessian(density, theta, rows):
    """Central differences of the gradient: an error of about 1e-26."""
    size = len(theta)
    matrix = mp.matrix(size)
    for j in range(size):
        h = theta[j] * mpf(10) ** -13
        ends = []
        for sign in (1, -1):
            moved = [*theta]
            moved[j] += sign * h
            ends.append(total(density, moved, rows)[1])
        matrix[:, j] = (ends[0] - ends[1]) / (2 * h)
    return (matrix + matrix.T) / 2


def fit(name, density, start, rows):
    """Newton's method; prints estimates, log-likelihood and covariance."""
    rows = Counter(rows)
    theta = mp.matrix(start)
    for _ in range(20):
        gradient = total(density, list(theta), rows)[1]
        step = mp.lu_solve(hessian(density, list(theta), rows), gradient)
        theta -= step
        if mp.norm(step) < mpf(10) ** -22:
            break
    else:
        msg = f"{name}: Newton's method did not settle"
        raise ArithmeticError(msg)
    covariance = -(hessian(density, list(theta), rows) ** -1)
    print(name)
    print("  parameters", [float(value) for value in theta])
    print("  log_likelihood", float(total(density, list(theta), rows)[0]))
    size = len(theta)
    for i in range(size):
        print("  covariance", [float(covariance[i, j]) for j in range(size)])


def main():
    rounded, weekly, daily = published_summary(), exact_summary(7), exact_summary(1)
    start = (0.243, 4.414, 0.793, 2.426)
    fit("BG/NBD, summary rounded to two decimals", bg_nbd, start, rounded)
    fit("BG/NBD, weeks", bg_nbd, start, weekly)
    fit("BG/NBD, days", bg_nbd, (0.243, 30.9, 0.793, 2.426), daily)
    for name, rows in (("rounded", rounded), ("exact", weekly)):
        repeaters = [row for row in rows if row[0] > 0 and row[3] > 0]
        fit(f"Gamma-gamma, {name}", gamma_gamma, (6.25, 3.74, 15.44), repeaters)


if __name__ == "__main__":
    main()
