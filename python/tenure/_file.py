"""Files that take the place of others when they are complete, and not before."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["temporary_beside", "whole_file"]


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Generator[Path]:
    """Write a file that appears when it is complete and on the disk.

    What is written to the path given back takes the place of the file at the end; if
    anything goes wrong before, even that the machine stops, the old file is there.
    """
    target = Path(path)
    handle, temporary = temporary_beside(target)
    os.close(handle)
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    if os.name == "posix":  # the new name is on the disk as well
        _sync(target.parent)


def temporary_beside(target: Path) -> tuple[int, Path]:
    """Open a hidden file beside the target, as readable as any new file would be."""
    handle, name = tempfile.mkstemp(
        prefix=f".{target.name}.", suffix=".part", dir=target.parent
    )
    umask = os.umask(0)
    os.umask(umask)
    Path(name).chmod(0o666 & ~umask)
    return handle, Path(name)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
