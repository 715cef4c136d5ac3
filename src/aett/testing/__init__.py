"""What is shipped for tests: of a domain (`given`, `projected`, `check_commutes`), of an adapter (`conformance`).

`given`, `projected`, `Harness`, `Place`, `Faults` and `Traits` need nothing but Aett. The rest is imported when it
is first asked for, because it needs the `testing` extra (pytest and Hypothesis).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aett.core.later import later
from aett.testing.async_exactly_once import async_check_exactly_once
from aett.testing.exactly_once import check_exactly_once
from aett.testing.faults import Faults
from aett.testing.given import given
from aett.testing.harness import Harness, Place
from aett.testing.projecting import happened, projected
from aett.testing.traits import Traits
from aett.testing.unreliable import Trouble, unreliable

if TYPE_CHECKING:
    from aett.testing.commuting import check_commutes
    from aett.testing.contract import Contract, conformance
    from aett.testing.laws.failing import Failing
    from aett.testing.laws.transacting import Transacting
    from aett.testing.machine import run_machine
    from aett.testing.races import Race

_LATER = {
    "Contract": "contract",
    "Failing": "laws.failing",
    "Race": "races",
    "Transacting": "laws.transacting",
    "check_commutes": "commuting",
    "conformance": "contract",
    "run_machine": "machine",
}

__all__ = [
    "Contract",
    "Failing",
    "Faults",
    "Harness",
    "Place",
    "Race",
    "Traits",
    "Transacting",
    "Trouble",
    "async_check_exactly_once",
    "check_commutes",
    "check_exactly_once",
    "conformance",
    "given",
    "happened",
    "projected",
    "run_machine",
    "unreliable",
]

__getattr__ = later(__name__, _LATER, dict.fromkeys(_LATER.values(), "testing"))
