"""Run by CI in an environment with nothing but the wheel, NumPy and narwhals.

The whole path works there with NumPy input: log, summary, split, both models, their
intervals, lifetime value.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import tenure as tn

for absent in ("pandas", "polars", "pyarrow", "matplotlib", "scipy"):
    assert importlib.util.find_spec(absent) is None, absent

orders = tn.datasets.load_cdnow()
assert isinstance(orders, dict)
log = tn.Transactions(orders, customer="customer_id", time="date", amount="amount")
summary = log.summary(unit="week", as_of="1997-09-30")
assert len(summary) == 2357
assert summary.frequency.sum() == 2457
split = log.split("1997-09-30", unit="week")
assert split.holdout_purchases.sum() == 1882

buying = tn.BGNBD().fit(summary)
assert abs(buying.log_likelihood_ / -9582.429207 - 1) < 1e-9
purchases = buying.expected_purchases(horizon="39 weeks", interval=0.9)
assert abs(purchases["expected_purchases"].sum() - 1653.409) < 1e-3
assert (purchases["lower"] <= purchases["upper"]).all()

spend = tn.GammaGamma().fit(summary)
assert abs(spend.log_likelihood_ / -4055.917695 - 1) < 1e-9
value = tn.lifetime_value(buying, spend, horizon="12 months", margin=0.3, interval=0.9)
assert np.isfinite(value["value"]).all()
assert value.total_interval is not None
assert tn.lifetime_value_new(buying, spend, horizon=None).total > 0
assert tn.average_value(log).value > 0

TIMED = """
import time
start = time.perf_counter()
import tenure
print(time.perf_counter() - start)
"""


def import_seconds() -> float:
    """Return how long a fresh interpreter takes to import the package."""
    command = [sys.executable, "-c", TIMED]
    run = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603
    return float(run.stdout)


best = min(import_seconds() for _ in range(5))
sys.stdout.write(f"the wheel works alone; import tenure takes {best:.3f} s\n")
