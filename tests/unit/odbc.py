"""Whether this machine has what pyodbc needs: unixODBC, which comes in no Python package."""

from __future__ import annotations

from importlib import import_module

import pytest


def _has_odbc() -> bool:
    try:
        import_module("pyodbc")
    except ImportError:
        return False
    return True


HAS_ODBC = _has_odbc()
WITH_ODBC = pytest.mark.skipif(not HAS_ODBC, reason="pyodbc needs unixODBC")
