"""What a long piece of work is doing, for people who wait for it."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, TextIO

__all__ = ["Progress"]

# Seconds before anything is shown, and between two updates.
_PATIENCE = 2.0
_PAUSE = 0.5


class Progress:
    """A line on standard error that says which step the work is at.

    Parameters
    ----------
    what : str
        What is being done, such as "report".
    show : bool, optional
        Whether to show it; by default after two seconds, in a terminal or a notebook.
    stream : file, optional
        Where to; standard error by default.
    """

    def __init__(
        self, what: str, *, show: bool | None = None, stream: TextIO | None = None
    ) -> None:
        self._what = what
        self._stream = sys.stderr if stream is None else stream
        self._patience = 0.0 if show else _PATIENCE
        self._wanted = _is_watched(self._stream) if show is None else show
        self._step = ""
        self._width = 0
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start to watch the clock."""
        self._started = time.monotonic()
        if self._wanted:
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, and take the line away."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        if self._width:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def step(self, what: str) -> None:
        """Say what is being done now."""
        self._step = what

    def _watch(self) -> None:
        pause = self._patience
        while not self._done.wait(pause):
            seconds = time.monotonic() - self._started
            self._write(f"{self._what}: {self._step} ({seconds:.0f} s)")
            pause = _PAUSE

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


def _is_watched(stream: TextIO) -> bool:
    """Return whether somebody sees the stream: in a terminal or in a notebook."""
    try:
        terminal = stream.isatty()
    except (AttributeError, ValueError):
        terminal = False
    return terminal or "ipykernel" in sys.modules
