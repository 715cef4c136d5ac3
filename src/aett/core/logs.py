"""Loggers: quiet, unless the application says otherwise; what a line is about is in its record as fields, too."""

from __future__ import annotations

import logging

_ROOT = logging.getLogger("aett")
_ROOT.addHandler(logging.NullHandler())


def logger(name: str = "") -> logging.Logger:
    """The library's logger, `aett`, or one below it."""
    return _ROOT.getChild(name) if name else _ROOT
