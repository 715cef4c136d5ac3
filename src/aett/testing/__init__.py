"""What is shipped for tests: of a domain (`given`, `check_commutes`) and of an adapter (`conformance`).

`given`, `Harness`, `Place` and `Traits` need nothing but Aett. The rest is imported when it is first
asked for, because it needs the `testing` extra (pytest and Hypothesis).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aett.testing.given import given
from aett.testing.harness import Harness, Place
from aett.testing.traits import Traits

if TYPE_CHECKING:
    from aett.testing.commuting import check_commutes
    from aett.testing.contract import Contract, conformance
    from aett.testing.machine import run_machine
    from aett.testing.races import Race

_LATER = {
    "Contract": "contract",
    "Race": "races",
    "check_commutes": "commuting",
    "conformance": "contract",
    "run_machine": "machine",
}

__all__ = [
    "Contract",
    "Harness",
    "Place",
    "Race",
    "Traits",
    "check_commutes",
    "conformance",
    "given",
    "run_machine",
]


def __getattr__(name: str) -> Any:
    """Import what needs the `testing` extra when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
