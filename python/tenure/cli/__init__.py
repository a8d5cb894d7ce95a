"""The command `tenure`: from a file of orders to a report, without writing Python."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tenure.cli.arguments import parser
from tenure.cli.columns import ColumnChoiceError
from tenure.cli.run import report
from tenure.exceptions import TenureError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# What shells expect of a program that was stopped by Ctrl-C.
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0: done. 1: the data or the files are not as they must be. 2: the command is not as
    it must be, which is also where the columns are not found. 130: stopped by Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments; those of the process by default.
    """
    options = parser().parse_args(arguments)
    try:
        return report(options)
    except ColumnChoiceError as error:
        return _fail(str(error), 2)
    except (TenureError, ImportError) as error:
        return _fail(str(error), 1)
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", 1)
    except KeyboardInterrupt:
        return _fail("stopped; nothing was written", _INTERRUPTED)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"tenure: {message}\n")
    return code
