"""The compiled core. Not public: use the functions and classes of `tenure`."""

from typing import Final

VERSION: Final[str]
