"""Logs in files, of any size: read piece by piece, reduced within a stated memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenure._family import family_or_default
from tenure._log_settings import LogSettings
from tenure._report import counted
from tenure._scan_run import Run, SummaryPart, joined_summary
from tenure._sources import Sources, parsed_memory
from tenure._typing import override
from tenure.transactions import Transactions

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from tenure._family import Family
    from tenure._grouped import GroupedLog
    from tenure._sources import Paths
    from tenure._typing import Date, DuplicateRule, Merge, RefundRule, Unit
    from tenure.summary import Summary

__all__ = ["Scan", "scan"]


class Scan:
    r"""A log in files that is not read before it is asked for something.

    Made by `tenure.scan`, which explains it.

    Attributes
    ----------
    memory : int
        What may be used, in bytes.

    Examples
    --------
    >>> import tenure as tn
    >>> with open("orders.csv", "w") as file:
    ...     lines = file.write("customer_id,date\nann,2024-01-01\nann,2024-01-15\n")
    >>> scan = tn.scan("orders.csv", family="numpy")
    >>> scan
    Scan of orders.csv (csv): customer_id, date; within 2.0 GB
    >>> scan.summary(unit="week").T
    array([2.])
    """

    def __init__(
        self,
        sources: Sources,
        settings: LogSettings,
        *,
        memory: int,
        family: Family,
        spill_to: str | None,
        progress: bool | None,
    ) -> None:
        self._sources = sources
        self._settings = settings
        self.memory = memory
        self._family: Family = family
        self._spill_to = spill_to
        self._progress = progress

    def transactions(self) -> Transactions:
        r"""Return the grouped log: what `Transactions` makes of all rows at once.

        Raises
        ------
        ParameterError
            If the grouped log does not fit into the memory allowed.
        DataError, EmptyDataError, ColumnError
            As `Transactions` does.
        FileError
            If the files cannot be read, or the disk is full.

        Examples
        --------
        >>> import tenure as tn
        >>> with open("orders.csv", "w") as file:
        ...     lines = file.write("customer_id,date\nann,2024-01-01\n")
        >>> tn.scan("orders.csv").transactions()
        Transactions: 1 purchase of 1 customer, 2024-01-01 to 2024-01-01
        1 row read, 1 used
        """
        with self._run() as run:
            table = run.in_memory()
            if table is not None:
                return Transactions._of(run.grouped(table))  # noqa: SLF001
            logs: list[GroupedLog] = []
            for log in run.parts():
                logs.append(log)
                run.check_room(logs)
            return Transactions._of(run.total.joined(logs))  # noqa: SLF001

    def summary(self, unit: Unit = "day", as_of: Date | None = None) -> Summary:
        r"""Return frequency, recency, T and monetary value of each customer.

        Purchases of one part of the customers after the other are held in memory, and
        the summary itself.

        Parameters
        ----------
        unit, as_of
            As for `Transactions.summary`.

        Returns
        -------
        Summary
            That of `transactions()`, to the last bit.

        Raises
        ------
        DataError, EmptyDataError, ColumnError, FileError
            As `transactions` does.

        Examples
        --------
        >>> import tenure as tn
        >>> with open("orders.csv", "w") as file:
        ...     lines = file.write("who,on\nann,01/02/2024\nann,15/02/2024\n")
        >>> scan = tn.scan(
        ...     "orders.csv", customer="who", time="on", time_format="%d/%m/%Y"
        ... )
        >>> scan.summary(unit="day", as_of="2024-02-29")["recency"]
        array([14.])
        """
        with self._run() as run:
            table = run.in_memory()
            if table is not None:
                log = Transactions._of(run.grouped(table))  # noqa: SLF001
                return log.summary(unit, as_of)
            parts = [SummaryPart.of(log, unit, as_of) for log in run.parts()]
            return joined_summary(run.total, parts, unit, as_of)

    @override
    def __repr__(self) -> str:
        sources, memory = self._sources, self.memory / 1e9
        columns = ", ".join(self._settings.columns)
        rows = sources.rows()
        count = "" if rows is None else f", {counted(rows, 'row')}"
        return (
            f"Scan of {sources.names} ({sources.format}{count}): {columns}; "
            f"within {memory:.1f} GB"
        )

    def _run(self) -> Run:
        return Run(
            self._sources,
            self._settings,
            memory=self.memory,
            family=self._family,
            spill_to=self._spill_to,
            progress=self._progress,
        )


def scan(
    paths: Paths,
    *,
    customer: str = "customer_id",
    time: str = "date",
    amount: str | None = None,
    order: str | None = None,
    product: str | None = None,
    attributes: Sequence[str] = (),
    time_format: str | None = None,
    time_unit: str | None = None,
    tz: str | None = None,
    merge: Merge | None = "day",
    refunds: RefundRule = "net",
    duplicates: DuplicateRule = "keep",
    memory: str | int = "2GB",
    delimiter: str | None = None,
    family: Family | None = None,
    spill_to: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Scan:
    r"""Open a log in Parquet or CSV files that may be larger than the memory.

    Only the columns that are named are read, piece by piece. Rows that do not fit
    into the memory are put aside in temporary files, customer by customer, and grouped
    one file after the other; the result is the same to the last bit.

    Parameters
    ----------
    paths : path or sequence of paths
        Files, folders (all files in them; folders named like ``country=CH`` are a
        column) or patterns such as ``orders/2024-*.parquet``.
    customer, time, amount, order, product, attributes : str
        The columns, as for `Transactions`.
    time_format, time_unit, tz, merge, refunds, duplicates
        As for `Transactions`. In CSV files, ids and times are the text that stands
        there ("007" is not 7), an empty field is missing, and amounts are numbers.
    memory : str or int
        How much may be used, such as "2GB" or a number of bytes, beside what Python
        and pyarrow need to start (some 150 MB).
    delimiter : str, optional
        What is between the fields of CSV files; a comma by default.
    family : {"pandas", "polars", "pyarrow", "numpy"}, optional
        The kind of frame that results come back as; by default one that is installed.
    spill_to : path, optional
        The folder for temporary files, which need as much room as the columns; by
        default that of the system.
    progress : bool, optional
        Whether to show how far it is; by default after two seconds, in a terminal or
        a notebook.

    Returns
    -------
    Scan
        With `summary` and `transactions`.

    Raises
    ------
    FileError
        If there is no such file, or of an unknown kind.
    ColumnError
        If a column is not there, or of different types in different files.
    ImportError
        If pyarrow is not installed: ``pip install 'tenure[arrow]'``.

    Examples
    --------
    >>> import tenure as tn
    >>> with open("orders.csv", "w") as file:
    ...     lines = file.write("customer_id,date,amount\n7,2024-01-01,9.5\n")
    >>> tn.scan("orders.csv", amount="amount").transactions().values
    array([9.5])
    """
    names = (attributes,) if isinstance(attributes, str) else tuple(attributes)
    settings = LogSettings(
        customer=customer,
        time=time,
        amount=amount,
        order=order,
        product=product,
        attributes=names,
        time_format=time_format,
        time_unit=time_unit,
        tz=tz,
        merge=merge,
        refunds=refunds,
        duplicates=duplicates,
    )
    return Scan(
        Sources.find(paths, settings, delimiter),
        settings,
        memory=parsed_memory(memory),
        family=family_or_default(family),
        spill_to=None if spill_to is None else str(spill_to),
        progress=progress,
    )
