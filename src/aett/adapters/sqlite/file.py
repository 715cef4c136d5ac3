"""The file that a store works on: what is written to one that was removed would be lost, and nobody told."""

from __future__ import annotations

import os
from pathlib import Path

from aett.core.errors import StorageUnavailable


class File:
    """The file that was at a path when it was first looked at; None for memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = None if path is None else os.fspath(path)  # a Path is turned into text at each look
        self._first: tuple[int, int] | None = None

    def verify_before_opening(self) -> None:
        """`StorageUnavailable` if another connection would open, or make, another file."""
        if self._first is not None:
            self.verify()

    def verify(self) -> None:
        """`StorageUnavailable` unless the path still leads to it."""
        if self._path is None:
            return
        try:
            found = os.stat(self._path)  # noqa: PTH116  # three times as fast
        except OSError as error:
            raise self._gone() from error
        if self._first is None:
            self._first = (found.st_dev, found.st_ino)
        elif self._first != (found.st_dev, found.st_ino):
            raise self._gone()

    def _gone(self) -> StorageUnavailable:
        return StorageUnavailable(f"{self._path} was removed or replaced while it was open: open a new store")
