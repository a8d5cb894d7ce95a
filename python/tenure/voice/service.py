"""How soon customers are answered, and whether bad contacts drive them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenure._frame import Table, native_frame
from tenure._intervals import check_level
from tenure._time import civil_microseconds
from tenure._units import DAYS, unit_named
from tenure._windows import positions_of
from tenure.exceptions import DataError, EmptyDataError
from tenure.retention.periods import length_in_days, observed_until
from tenure.survival import Cox, KaplanMeier
from tenure.voice._answers import group_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tenure._typing import Date, Unit
    from tenure._units import Horizon
    from tenure.transactions import Transactions

__all__ = ["contact_hazard", "contact_spells", "response_times"]

_DAY = 86_400_000_000
"""Microseconds."""


def response_times(
    data: object,
    *,
    opened: str = "opened",
    answered: str = "answered",
    by: str | None = None,
    as_of: Date | None = None,
    unit: Unit = "hour",
    level: float = 0.95,
) -> KaplanMeier:
    """Return the distribution of the times until contacts are answered.

    Contacts that wait for an answer still are not left out, which would make the
    answers look quicker than they are: they are known to have waited so long
    (Kaplan-Meier).

    Parameters
    ----------
    data : frame
        One row a contact.
    opened, answered : str
        Its columns: when the customer wrote or called, and when the answer came;
        missing where none has.
    by : str, optional
        A column of groups: a channel, a team, a month.
    as_of : date, optional
        The last day observed; by default the latest time in the data. Answers that
        came later are not known then, and contacts opened later are left out.
    unit : str, default "hour"
        What times are measured in.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    KaplanMeier
        With `quantiles([0.5, 0.9])`, `median_survival_time_`, `predict` (the share that
        still waits after so long), `restricted_mean` and `plot`.

    Raises
    ------
    DataError
        If a contact has no time, or is answered before it is opened.
    EmptyDataError
        If no contact was opened by then.

    Examples
    --------
    >>> import tenure as tn
    >>> contacts = {
    ...     "opened": ["2024-03-01T09:00", "2024-03-01T10:00", "2024-03-02T08:00"],
    ...     "answered": ["2024-03-01T11:00", "2024-03-02T10:00", None],
    ... }
    >>> km = tn.voice.response_times(contacts, as_of="2024-03-02T12:00")
    >>> km.median_survival_time_, km.predict([2.0])
    (24.0, {'timeline': array([2.]), 'survival': array([0.66666667])})
    """
    table = Table.of(data)
    start, end = table.instants(opened), table.instants(answered)
    begun, done = start.values, end.values
    gone = np.zeros(len(begun), dtype=bool) if start.missing is None else start.missing
    open_still = np.zeros(len(done), dtype=bool) if end.missing is None else end.missing
    _all_there(opened, gone, "say when the contact was opened")
    early = ~open_still & (done < begun)
    if early.any():
        row = int(early.argmax())
        raise DataError.at(
            answered,
            f"not lie before `{opened}`",
            row=row,
            found=str(done[row].astype("datetime64[us]").astype("datetime64[s]")),
            count=int(early.sum()),
        )
    if as_of is None:
        until = int(max(begun.max(), done[~open_still].max(initial=begun.max()))) + 1
    else:
        moment, whole_day = civil_microseconds(as_of, name="as_of", zone=start.zone)
        until = moment + (_DAY if whole_day else 1)
    seen = begun < until
    if not seen.any():
        raise EmptyDataError.of(what="no contact was opened by `as_of`")
    waiting = open_still | (done >= until)
    last = np.where(waiting, until, done)
    lasted = (last - begun)[seen] / (_DAY * DAYS[unit_named(unit)])
    columns: dict[str, Any] = {"duration": lasted, "answered": ~waiting[seen]}
    if by is not None:
        codes, labels = group_codes(table.column(by), by)
        columns[by] = np.array(labels, dtype=object)[codes][seen]
        if all(isinstance(one, int) for one in labels):
            columns[by] = columns[by].astype(np.int64)
    frame = native_frame(columns, family=table.family)
    return KaplanMeier(level=check_level(level, name="level")).fit(
        frame, durations="duration", event_observed="answered", by=by
    )


def contact_spells(
    log: Transactions,
    contacts: object,
    *,
    bad: str = "bad",
    customer: str = "customer_id",
    time: str = "date",
    window: Horizon,
    lasting: Horizon | None = None,
    as_of: Date | None = None,
) -> Any:
    """Return stretches of customers' lives before and after a bad contact.

    A customer has left once nothing was bought for `window`: at that moment, not at
    the last purchase, since nobody could have known then.

    Parameters
    ----------
    log : Transactions
        The orders.
    contacts : frame
        One row a contact.
    bad, customer, time : str
        Its columns: whether the contact went badly (booleans, or 1 and 0), whose it was
        and when. Contacts of nobody in the log, or outside a customer's life, change
        nothing.
    window : float, str or timedelta
        The silence after which a customer has left; see
        `Transactions.find_churn_window`. Numbers are days.
    lasting : float, str or timedelta, optional
        For how long after a bad contact a customer counts as having had one; for ever
        by default.
    as_of : date, optional
        The last day observed; that of the last order by default.

    Returns
    -------
    frame
        One row a stretch, in days since the first purchase: `customer_id`, `start`,
        `stop`, `left` (whether the customer leaves at its end) and `after_bad_contact`
        (0 or 1). What `Cox` fits with `entry="start"`.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(
    ...     {"customer_id": [1, 1], "date": ["2024-01-01", "2024-02-01"]}
    ... )
    >>> contacts = {"customer_id": [1], "date": ["2024-02-15"], "bad": [True]}
    >>> spells = tn.voice.contact_spells(log, contacts, window=60, as_of="2024-06-30")
    >>> spells["start"], spells["stop"], spells["left"], spells["after_bad_contact"]
    (array([ 0., 45.]), array([45., 91.]), array([False,  True]), array([0, 1]))
    """
    columns = _spells(
        log,
        _bad_contacts(log, Table.of(contacts), bad, customer, time),
        length_in_days(window, "window"),
        None if lasting is None else length_in_days(lasting, "lasting"),
        observed_until(log, as_of),
    )
    return native_frame(columns, family=log.family)


def contact_hazard(
    log: Transactions,
    contacts: object,
    *,
    bad: str = "bad",
    customer: str = "customer_id",
    time: str = "date",
    window: Horizon,
    lasting: Horizon | None = None,
    as_of: Date | None = None,
    level: float = 0.95,
) -> Cox:
    """Return by how much a bad contact raises the risk that a customer leaves.

    A Cox regression in which "after a bad contact" changes over a customer's life.
    Comparing customers with and without bad contacts as wholes would be wrong: who
    stays longer has more time for bad contacts, so that these would seem to make
    customers stay.

    Parameters
    ----------
    log, contacts, bad, customer, time, window, lasting, as_of
        As for `contact_spells`.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Cox
        Its one hazard ratio is that of `after_bad_contact`: 1.4 means that the risk of
        leaving is 40 % higher after a bad contact than at the same age without one.
        Standard errors allow for stretches of a customer being alike.

    Raises
    ------
    EmptyDataError
        If nobody in the log had a bad contact while a customer, or nobody left.

    Examples
    --------
    >>> import tenure as tn
    >>> log = tn.Transactions(tn.datasets.load_cdnow(family="numpy"))
    >>> ids = log.customers[::4]
    >>> contacts = {
    ...     "customer_id": ids,
    ...     "date": ["1997-05-01"] * len(ids),
    ...     "bad": [True] * len(ids),
    ... }
    >>> cox = tn.voice.contact_hazard(log, contacts, window="6 months")
    >>> low, high = 0.5, 2.0  # contacts that were made up have no effect
    >>> low < cox.hazard_ratios_["after_bad_contact"] < high
    True
    """
    spells = Table.of(
        contact_spells(
            log,
            contacts,
            bad=bad,
            customer=customer,
            time=time,
            window=window,
            lasting=lasting,
            as_of=as_of,
        )
    )
    after, left = spells.numbers("after_bad_contact").values, spells.flags("left")
    if after.min() == after.max():
        who = "no customer" if after.min() == 0 else "every customer"
        what = f"{who} of the log had a bad contact all along: nothing to compare"
        raise EmptyDataError.of(what)
    if not left.any():
        what = "nobody left: no customer was silent for `window` by the end"
        raise EmptyDataError.of(what, hint="choose a shorter `window`")
    return Cox(level=check_level(level, name="level")).fit(
        {
            "start": spells.numbers("start").values,
            "stop": spells.numbers("stop").values,
            "left": left,
            "after_bad_contact": after,
            "customer_id": spells.codes("customer_id").values,
        },
        durations="stop",
        event_observed="left",
        entry="start",
        covariates=["after_bad_contact"],
        cluster="customer_id",
    )


def _all_there(name: str, missing: NDArray[np.bool_], expected: str) -> None:
    if missing.any():
        raise DataError.at(
            name,
            expected,
            row=int(missing.argmax()),
            found="nothing",
            count=int(missing.sum()),
        )


def _bad_contacts(
    log: Transactions, table: Table, bad: str, customer: str, time: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return whose bad contacts they were, and when in microseconds."""
    codes, instants, went_badly = (
        table.codes(customer),
        table.instants(time),
        table.flags(bad),
    )
    _all_there(customer, codes.values < 0, "say whose contact it was")
    if instants.missing is not None:
        _all_there(time, instants.missing, "say when the contact was")
    names = np.array(codes.categories.tolist(), dtype=object)
    who = positions_of(log, names)[codes.values] if len(names) else codes.values
    ours = went_badly & (who >= 0)
    return who[ours], instants.values[ours]


def _spells(
    log: Transactions,
    contacts: tuple[NDArray[np.int64], NDArray[np.int64]],
    window: float,
    lasting: float | None,
    until: np.datetime64,
) -> dict[str, NDArray[Any]]:
    """Return the stretches of all customers who had bought by the end."""
    left_at, left, born = _lives(log, window, until)
    who, moment = contacts
    age = (moment - born[who]) / _DAY
    inside = (age >= 0) & (age < left_at[who])
    who, age = who[inside], age[inside]
    over = np.full(len(age), np.inf) if lasting is None else age + lasting
    # what begins a stretch: the first purchase, a bad contact, the end of its effect
    customers = np.flatnonzero(left_at > 0)
    place = np.concatenate([customers, who, who])
    begins = np.concatenate([np.zeros(len(customers)), age, over])
    step = np.repeat([0, 1, -1], [len(customers), len(who), len(who)])
    kept = begins < left_at[place]
    place, begins, step = place[kept], begins[kept], step[kept]
    order = np.lexsort([begins, place])
    place, begins, step = place[order], begins[order], step[order]
    first = np.append(True, place[1:] != place[:-1])
    running = np.cumsum(step)
    running -= (running - step)[first][np.cumsum(first) - 1]
    last = np.append(first[1:], True)
    ends = np.where(last, left_at[place], np.append(begins[1:], 0.0))
    some = ends > begins
    return {
        "customer_id": log.customers[place[some]],
        "start": begins[some],
        "stop": ends[some],
        "left": (last & left[place])[some],
        "after_bad_contact": (running > 0).astype(np.int64)[some],
    }


def _lives(
    log: Transactions, window: float, until: np.datetime64
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return the age in days at which each customer leaves or is last seen, and birth.

    A customer leaves at the first gap as long as the window; what is bought afterwards
    is another life, which is left out. Who is born after the end has an age of 0.
    """
    times = log.times.astype(np.int64)
    end = int(until.astype("datetime64[us]").astype(np.int64))
    times = np.minimum(times, end)
    firsts = log.offsets[:-1]
    born = times[firsts]
    following = np.append(times[1:], end)
    following[log.offsets[1:] - 1] = end
    silent = (following - times) / _DAY >= window
    place = np.where(silent, np.arange(len(times)), len(times))
    gap = np.minimum.reduceat(place, firsts)
    left = gap < log.offsets[1:]
    leaves = np.where(left, times[np.minimum(gap, len(times) - 1)], end) - born
    age = leaves / _DAY + np.where(left, window, 0.0)
    return np.where(born < end, age, 0.0), left & (born < end), born
