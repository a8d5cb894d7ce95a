"""Recompute the values of tests/golden/pareto_nbd_stress.json at the arguments there.

Run `python tests/golden/make/pareto_nbd_stress.py` (needs mpmath). The arguments are 40
of 600 drawn at random with r and s in 0.01..16, alpha and beta in 0.01..3000, T up to
630 and x up to 5000: the twelve with z nearest to 1, the eight with the largest x and
twenty more. The formula is that of Schmittlein, Morrison and Colombo (1987), as Fader
and Hardie write it: a difference of two 2F1 that cancels, so it is done in 120 digits.
"""

import json
from pathlib import Path

from mpmath import mp, mpf
from write import write_table

mp.dps = 120
TARGET = Path(__file__).resolve().parents[1] / "pareto_nbd_stress.json"


def log_likelihood(r, alpha, s, beta, x, t_x, t):
    """The logarithm of the Pareto/NBD likelihood of one customer."""
    w, high = r + s + x, max(alpha, beta)
    top = s + 1 if alpha >= beta else r + x

    def antiderivative(tau):
        z = abs(alpha - beta) / (high + tau)
        return mp.hyp2f1(w, top, w + 1, z) / (high + tau) ** w

    alive = (alpha + t) ** -(r + x) * (beta + t) ** -s
    died = s / w * (antiderivative(t_x) - antiderivative(t))
    constant = mp.loggamma(r + x) - mp.loggamma(r)
    return constant + r * mp.log(alpha) + s * mp.log(beta) + mp.log(alive + died)


if __name__ == "__main__":
    arguments = [row[:7] for row in json.loads(TARGET.read_text())["rows"]]
    write_table(
        TARGET,
        source="tests/golden/make/pareto_nbd_stress.py, mpmath, 120 digits",
        columns=["r", "alpha", "s", "beta", "x", "t_x", "T", "log_likelihood"],
        rows=[[*row, float(log_likelihood(*map(mpf, row)))] for row in arguments],
    )
