"""Pictures, and the numbers behind them.

Every `plot_*` function draws on the axes that it is given, or on a figure of its own
that no other code sees (`axes.figure`), and returns the axes. What it draws comes from
a function without `plot_` in its name that returns a frame of the caller's family, so
that the numbers can be checked, exported or drawn in another way.

Drawing needs matplotlib, which is imported when something is drawn and not before.
"""

from __future__ import annotations

from tenure.plotting.alive import alive_history, plot_alive_history
from tenure.plotting.audit import (
    plot_audit_base,
    plot_audit_change,
    plot_audit_cohort,
    plot_audit_deciles,
    plot_audit_products,
)
from tenure.plotting.campaigns import (
    plot_allocation,
    plot_effects,
    plot_estimates,
    plot_event_study,
    plot_lift_curve,
    plot_overlap,
)
from tenure.plotting.channels import plot_attribution, plot_channel_mix, plot_funnel
from tenure.plotting.clusters import plot_cluster_criteria, plot_clusters
from tenure.plotting.cohorts import (
    plot_cohort_triangle,
    plot_cohort_values,
    plot_retention,
    plot_retention_curves,
)
from tenure.plotting.compared import (
    plot_calibration,
    plot_model_gains,
    plot_model_tracking,
)
from tenure.plotting.concentration import plot_deciles, plot_lorenz, plot_whale
from tenure.plotting.economics import (
    plot_acquisition_cost,
    plot_acquisition_quality,
    plot_order_quadrants,
    plot_payback,
    plot_roi,
    plot_value_curves,
)
from tenure.plotting.engagement import plot_engagement
from tenure.plotting.equity import (
    plot_equity,
    plot_equity_bridge,
    plot_equity_by_group,
)
from tenure.plotting.fit import (
    conditional_expectations,
    frequency_histogram,
    plot_conditional_expectations,
    plot_frequency,
)
from tenure.plotting.foretold import plot_forecast, plot_scorecard, plot_stages
from tenure.plotting.grid import plot_score_grid, score_grid
from tenure.plotting.groups import plot_buying_profile, plot_groups
from tenure.plotting.growth import plot_growth
from tenure.plotting.heterogeneity import heterogeneity, plot_heterogeneity
from tenure.plotting.lifecycle import plot_lifecycle, plot_lifecycle_moves
from tenure.plotting.lift import plot_gains, plot_lift
from tenure.plotting.likelihood import (
    likelihood_contour,
    likelihood_profile,
    plot_likelihood_contour,
    plot_likelihood_profile,
)
from tenure.plotting.maps import plot_recency_frequency, recency_frequency_map
from tenure.plotting.migration import plot_migration, plot_migration_flows
from tenure.plotting.orders import (
    order_values,
    plot_order_values,
    plot_time_between_orders,
    time_between_orders,
)
from tenure.plotting.over_time import plot_purchases_over_time, purchases_over_time
from tenure.plotting.products import (
    plot_affinity,
    plot_gateways,
    plot_popularity,
    plot_timeline,
)
from tenure.plotting.projection import plot_projected_value, plot_projection
from tenure.plotting.recency import (
    expectations_by_recency,
    plot_expectations_by_recency,
)
from tenure.plotting.renewals import plot_renewals, renewal_curve
from tenure.plotting.repurchase import plot_churn_window, plot_repurchase
from tenure.plotting.revenue_tree import (
    plot_average_change,
    plot_revenue_change,
    plot_revenue_tree,
)
from tenure.plotting.scenarios import plot_tornado, plot_waterfall
from tenure.plotting.scores import plot_score_cuts
from tenure.plotting.segments import plot_segment_shares, segment_shares
from tenure.plotting.spending import plot_spend_by_frequency
from tenure.plotting.survival import (
    at_risk_table,
    plot_cumulative_incidence,
    plot_hazard_ratios,
    plot_survival,
)
from tenure.plotting.tracks import plot_tracking, tracking
from tenure.plotting.treemap import plot_segment_treemap
from tenure.plotting.values import (
    plot_top_customers,
    plot_value_distribution,
    top_customers,
    value_distribution,
)
from tenure.plotting.voice import plot_satisfaction_gap, plot_survey_score

__all__ = [
    "alive_history",
    "at_risk_table",
    "conditional_expectations",
    "expectations_by_recency",
    "frequency_histogram",
    "heterogeneity",
    "likelihood_contour",
    "likelihood_profile",
    "order_values",
    "plot_acquisition_cost",
    "plot_acquisition_quality",
    "plot_affinity",
    "plot_alive_history",
    "plot_allocation",
    "plot_attribution",
    "plot_audit_base",
    "plot_audit_change",
    "plot_audit_cohort",
    "plot_audit_deciles",
    "plot_audit_products",
    "plot_average_change",
    "plot_buying_profile",
    "plot_calibration",
    "plot_channel_mix",
    "plot_churn_window",
    "plot_cluster_criteria",
    "plot_clusters",
    "plot_cohort_triangle",
    "plot_cohort_values",
    "plot_conditional_expectations",
    "plot_cumulative_incidence",
    "plot_deciles",
    "plot_effects",
    "plot_engagement",
    "plot_equity",
    "plot_equity_bridge",
    "plot_equity_by_group",
    "plot_estimates",
    "plot_event_study",
    "plot_expectations_by_recency",
    "plot_forecast",
    "plot_frequency",
    "plot_funnel",
    "plot_gains",
    "plot_gateways",
    "plot_groups",
    "plot_growth",
    "plot_hazard_ratios",
    "plot_heterogeneity",
    "plot_lifecycle",
    "plot_lifecycle_moves",
    "plot_lift",
    "plot_lift_curve",
    "plot_likelihood_contour",
    "plot_likelihood_profile",
    "plot_lorenz",
    "plot_migration",
    "plot_migration_flows",
    "plot_model_gains",
    "plot_model_tracking",
    "plot_order_quadrants",
    "plot_order_values",
    "plot_overlap",
    "plot_payback",
    "plot_popularity",
    "plot_projected_value",
    "plot_projection",
    "plot_purchases_over_time",
    "plot_recency_frequency",
    "plot_renewals",
    "plot_repurchase",
    "plot_retention",
    "plot_retention_curves",
    "plot_revenue_change",
    "plot_revenue_tree",
    "plot_roi",
    "plot_satisfaction_gap",
    "plot_score_cuts",
    "plot_score_grid",
    "plot_scorecard",
    "plot_segment_shares",
    "plot_segment_treemap",
    "plot_spend_by_frequency",
    "plot_stages",
    "plot_survey_score",
    "plot_survival",
    "plot_time_between_orders",
    "plot_timeline",
    "plot_top_customers",
    "plot_tornado",
    "plot_tracking",
    "plot_value_curves",
    "plot_value_distribution",
    "plot_waterfall",
    "plot_whale",
    "purchases_over_time",
    "recency_frequency_map",
    "renewal_curve",
    "score_grid",
    "segment_shares",
    "time_between_orders",
    "top_customers",
    "tracking",
    "value_distribution",
]
