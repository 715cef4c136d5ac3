"""The contract: every law, for one engine.

    class TestMyStore(conformance(Harness("my store", place))):
        "My store keeps the laws."

Needs the `testing` extra (pytest and Hypothesis).
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from aett.testing.clients import Clients, opened
from aett.testing.harness import Harness
from aett.testing.laws.competing import Competing
from aett.testing.laws.ending import Ending
from aett.testing.laws.importing import Importing
from aett.testing.laws.judging import Judging
from aett.testing.laws.reading import Reading
from aett.testing.laws.refusing import Refusing
from aett.testing.laws.registers import Registering
from aett.testing.laws.turning import Turning
from aett.testing.laws.upkeep import Upkeep
from aett.testing.laws.writing import Writing
from aett.testing.machine import run_machine


class Contract(Writing, Importing, Judging, Reading, Ending, Registering, Upkeep, Refusing, Competing, Turning):
    """Every law as a test. A subclass says, by the fixture `harness`, for which engine."""

    @pytest.fixture
    def harness(self) -> Harness:
        """The engine under test; a subclass's fixture may need others, such as one that starts a server."""
        raise NotImplementedError(f"{type(self).__name__} must give a fixture `harness`")

    @pytest.fixture
    def clients(self, harness: Harness) -> Generator[Clients]:
        """Clients of a fresh place."""
        with opened(harness) as clients:
            yield clients

    @pytest.fixture
    def uninitialized(self, harness: Harness) -> Generator[Clients]:
        """Clients of a fresh place in which nothing has been made ready."""
        with opened(harness, initialized=False) as clients:
            yield clients

    def test_L1_to_L14_whatever_two_clients_do_they_see_the_model(self, harness: Harness) -> None:  # noqa: N802
        """Run the state machine."""
        run_machine(harness)


def conformance(harness: Harness) -> type[Contract]:
    """The laws for one engine, as a class for pytest to collect: give it a subclass named `Test...`."""
    given = harness

    class Conformance(Contract):
        """The laws, for the engine of this harness."""

        @pytest.fixture
        def harness(self) -> Harness:
            """The engine under test."""
            return given

    return Conformance
