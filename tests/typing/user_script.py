"""What a user writes, under strict type checking; run by test_api.py as well."""

from __future__ import annotations

import datetime as dt

import numpy as np
import tenure as tn

orders = {
    "customer_id": np.array([1, 1, 1, 2, 2, 3, 4, 4]),
    "date": np.array(
        ["2024-01-01", "2024-01-20", "2024-03-01"] * 2 + ["2024-02-01"] * 2
    ),
    "amount": np.array([10.0, 20.0, 15.0, 5.0, 8.0, 30.0, 7.0, 7.5]),
}
log: tn.Transactions = tn.Transactions(orders, amount="amount", refunds="net")
receipt: tn.Receipt = log.receipt
used: int = receipt.used
summary: tn.Summary = log.summary(unit="week", as_of="2024-06-30")
split: tn.Split = log.split("2024-02-15", unit="day")
mean_age: float = float(summary.T.mean())

buying: tn.BGNBD = tn.BGNBD.from_params(r=0.24, alpha=4.4, a=0.8, b=2.4, unit="week")
alive = buying.probability_alive(summary)
parameters: dict[str, float] = buying.params_
purchases = buying.expected_purchases(summary, horizon="12 months")
quarter = buying.expected_purchases(summary, horizon=dt.timedelta(days=91))
several = buying.expected_purchases_new(np.array([1.0, 2.0]))
likely = buying.prediction_interval(summary, horizon=13, level=0.8)
stored: tn.BGNBD = tn.BGNBD.from_dict(buying.to_dict())
ends: dict[str, tuple[float, float]] = {}
if buying.converged_:
    ends = buying.confidence_intervals(0.9, method="log")
spend: tn.GammaGamma = tn.GammaGamma.from_params(p=6.25, q=3.74, gamma=15.44)
value: tn.LifetimeValue = tn.lifetime_value(
    buying, spend, summary, horizon="12 months", margin=0.3
)
total: float = value.total
formula: tn.FormulaValue = tn.retention_formula(
    margin=100.0, retention=0.8, discount_rate=0.1
)
segments: tn.SegmentMap = tn.SegmentMap(
    {"Active": {"recency": 2}, "Gone": {"recency": 1}}, bins=2
)
rfm: tn.RFM = tn.RFM(bins=2, segment_map=segments, ties={"recency": "high"}).fit(log)
scores: tn.rfm.Scores = rfm.score(log, as_of="2024-06-30")
points: float = float(scores.score.mean())
cuts: dict[str, list[float]] = rfm.thresholds_
moved: tn.rfm.Migration = rfm.migration(log, ["2024-01-20", dt.date(2024, 2, 1)])
judged: tn.rfm.Validation = rfm.validate(log, "2024-01-20", groups=2)
words: str = judged.verdict()
found: tn.Concentration = tn.concentration(log, shares=[0.25, 0.5])
index: float = found.gini
said: list[str] = found.sentences()
kept: tn.TopStability = tn.top_stability(log, ["2024-01-20", "2024-03-01"], share=0.5)
groups: tn.ClusterSegments = tn.ClusterSegments(clusters=2, bootstrap=0).fit(log)
again: tn.ClusterSegments = tn.ClusterSegments.from_dict(groups.to_dict())
labels: tuple[str, ...] = again.names_
seen: tn.Renewals = tn.Renewals.from_survivors(
    {"age": [0, 1, 2, 3], "survivors": [100, 70, 58, 51]}, unit="year"
)
staying: tn.SBG = tn.SBG().fit(seen, start={"alpha": 1.0})
curve = staying.survival([1, 2, 5], interval=0.9)
draws = staying.bootstrap(20, seed=1).confidence_intervals(0.9)
worth = staying.discounted_lifetime_new(discount_rate=0.1)
try:
    tn.BGNBD().probability_alive(summary)
except tn.exceptions.NotFittedError as error:
    message: str = str(error)
gained: tn.GrowthAccounting = log.growth("week", window=2, inactive_after=2)
ratio: float = float(gained.quick_ratio("revenue")[-1])
daily: tn.Engagement = log.engagement(windows={"dau": 1, "wau": 7})
states: tn.Lifecycle = log.lifecycle(
    "day", at_risk_after=10, dormant_after="3 weeks", lost_after=dt.timedelta(days=60)
)
ladder: tn.RepurchaseLadder = log.repurchase(horizon="2 weeks", orders=2)
contracts = {
    "customer_id": [1, 2],
    "start": ["2024-01-01", "2024-02-01"],
    "end": ["2024-03-01", None],
    "amount": [10.0, 20.0],
}
paying: tn.Subscriptions = tn.Subscriptions.from_contracts(
    contracts, as_of="2024-05-31", overlap="sum"
)
monthly: tn.GrowthAccounting = paying.growth()
