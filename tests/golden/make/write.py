"""One way to write a golden file: a table, one line a row, floats that read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def write_table(
    path: Path, *, source: str, columns: Sequence[str], rows: Iterable[Sequence[float]]
) -> None:
    """Write columns and rows as JSON that a person can read and a diff can show."""
    lines = ",\n".join("    " + json.dumps(row) for row in rows)
    path.write_text(
        "{\n"
        f'  "source": {json.dumps(source)},\n'
        f'  "columns": {json.dumps(list(columns))},\n'
        f'  "rows": [\n{lines}\n  ]\n'
        "}\n"
    )
