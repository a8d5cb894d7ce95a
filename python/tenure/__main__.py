"""Lets `python -m tenure` do what the command `tenure` does."""

from __future__ import annotations

import sys

from tenure.cli import main

if __name__ == "__main__":
    sys.exit(main())
