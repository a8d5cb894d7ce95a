"""Files that are there in full or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tenure._file import temporary_beside

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TextIO

__all__ = ["whole_files"]


@contextlib.contextmanager
def whole_files(*paths: str | os.PathLike[str]) -> Generator[list[TextIO]]:
    """Open files for writing that appear together when all of them are complete.

    The text goes to temporary files beside them, which take their places at the end
    and are removed if anything goes wrong before, Ctrl-C included: what was there
    stays.

    Parameters
    ----------
    *paths : str or path
        The files; their folders must exist.
    """
    targets = [Path(path) for path in paths]
    with contextlib.ExitStack() as stack:
        written: list[tuple[Path, Path]] = []
        files: list[TextIO] = []
        for target in targets:
            handle, temporary = temporary_beside(target)
            file = os.fdopen(handle, "w", encoding="utf-8", newline="")
            stack.callback(temporary.unlink, missing_ok=True)
            written.append((temporary, target))
            files.append(stack.enter_context(file))
        yield files
        for file in files:
            file.close()
        for temporary, target in written:
            temporary.replace(target)
