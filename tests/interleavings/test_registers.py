"""Registers keep L14 in every order of their round trips, with crashes, lost and repeated requests anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest
from attrs import frozen
from tests.simulated.dynamodb import SimulatedDynamo
from tests.simulated.mongodb import SimulatedMongo
from tests.simulated.s3 import SimulatedS3

from aett import Overtaken, Register, Success
from aett.adapters.dynamodb.registers import DynamoCells
from aett.adapters.mongodb.registers import MongoCells
from aett.adapters.s3.keys import Space
from aett.adapters.s3.registers import S3Cells
from aett.adapters.store.registers import Cells, Registers
from aett.core.errors import StorageUnavailable
from aett.core.plan import Plan, run
from aett.testing.interleaving import Budget, Interleavings

NAME = ("t", "n")
FAULTS = [Budget(), Budget(crashes=1), Budget(lost=1), Budget(twice=2)]


@frozen
class Kind:
    """An engine: its cells, given the nonces of their calls, and its world."""

    cells: Callable[[Callable[[], bytes]], Cells]
    world: Callable[[], Any]

    def registers(self, mark: int) -> Registers:
        """Of a user, whose nonces and first versions nobody else has."""
        nonces, firsts = count(1), count(1000 * mark)
        return Registers(self.cells(lambda: f"{mark} {next(nonces)}".encode().ljust(8)[-8:]), lambda: next(firsts))


KINDS = {
    "mongodb": Kind(lambda _: MongoCells(), SimulatedMongo),
    "dynamodb": Kind(lambda nonce: DynamoCells("t", nonce=nonce), SimulatedDynamo),
    "s3": Kind(lambda nonce: S3Cells(Space("b", ""), nonce=nonce), SimulatedS3),
}


# MongoDB's server knows a write that its driver repeats: to it, none comes twice.
CASES = [
    pytest.param(engine, fault, id=f"{engine}, {fault}")
    for engine in KINDS
    for fault in FAULTS
    if engine != "mongodb" or not fault.twice
]


@frozen
class Did:
    """What a user was answered; None if he does not know."""

    old: Register
    answer: Any


def putter(kind: Kind, mark: int) -> Callable[[], Plan[Did]]:
    """Reads the register and puts a mark into it."""

    def program() -> Plan[Did]:
        registers, old = kind.registers(mark), Register(*NAME)
        try:
            old = yield from registers.get(*NAME)
            return Did(old, (yield from registers.put(old, bytes([mark]))))
        except StorageUnavailable:
            return Did(old, None)

    return program


def remover(kind: Kind, mark: int) -> Callable[[], Plan[Did]]:
    """Reads the register and removes it."""

    def program() -> Plan[Did]:
        registers, old = kind.registers(mark), Register(*NAME)
        try:
            old = yield from registers.get(*NAME)
            return Did(old, (yield from registers.remove(old)))
        except StorageUnavailable:
            return Did(old, None)

    return program


def refusal(did: Any) -> Any:
    """Why it was refused, if it was."""
    return None if did.answer is None or isinstance(did.answer, Success) else did.answer.failure()


def check(kind: Kind) -> Callable[[Any, Mapping[str, Any]], None]:
    """Each version was followed by one change at most, and what is there is where they lead."""

    def checked(world: Any, results: Mapping[str, Any]) -> None:
        final: Register = run(kind.registers(9).get(*NAME), world)
        done = [each for each in results.values() if isinstance(each, Did) and isinstance(each.answer, Success)]
        certain = all(isinstance(each, Did) and each.answer is not None for each in results.values())
        changes = [(each.old.version, each.answer.unwrap()) for each in done if each.answer.unwrap() != each.old]
        followed = [version for version, _ in changes if version]
        assert len(followed) == len(set(followed)), f"L14: {followed} were followed twice"
        versions = [new.version for _, new in changes if new.exists]
        assert len(versions) == len(set(versions)), f"L14: {versions} were put twice"
        every: list[Any] = list(results.values())
        for each in every:
            if isinstance(each, Did) and isinstance(refusal(each), Overtaken):
                assert refusal(each).found.version != each.old.version, f"L14: {each} was not overtaken"
        if certain:
            ends = {new.version for _, new in changes if new.exists} - set(followed)
            assert final.version in (ends or {0}), f"L14: there is {final}, where {changes}"
            assert done or not results, "L14: nobody was first"
        # A new change is accepted.
        answer = run(kind.registers(8).put(final, b"on"), world)
        assert isinstance(answer, Success), f"L14: nothing can follow: {answer}"
        assert run(kind.registers(7).get(*NAME), world) == answer.unwrap()

    return checked


@pytest.mark.parametrize(("engine", "fault"), CASES)
def test_three_put_into_a_register(engine: str, fault: Budget) -> None:
    kind = KINDS[engine]
    actors = {name: putter(kind, mark) for mark, name in enumerate("ABC", 1)}
    assert Interleavings(actors, kind.world(), check(kind), fault).explore().ends > 3


@pytest.mark.parametrize(("engine", "fault"), CASES)
def test_two_put_and_one_removes(engine: str, fault: Budget) -> None:
    kind = KINDS[engine]
    world = kind.world()
    run(kind.registers(5).put(Register(*NAME), b"first"), world)
    actors = {"A": putter(kind, 1), "B": putter(kind, 2), "R": remover(kind, 3)}
    assert Interleavings(actors, world, check(kind), fault).explore().ends > 3


def test_who_does_not_know_his_own_write_is_told_that_he_was_overtaken_by_nobody() -> None:
    """The classical fault, which the explorer finds: a repeated request is taken for another's."""

    class Forgetful(DynamoCells):
        def swap(self, old: Register, new: Register) -> Plan[bool]:
            changed = yield from super().swap(old, new)
            there = yield from self.find(old.tenant_id, old.name)
            return changed and (there is None or there.version != new.version)

    kind = Kind(lambda nonce: Forgetful("t", nonce=nonce), SimulatedDynamo)
    with pytest.raises(AssertionError, match="L14"):
        Interleavings({"A": putter(kind, 1)}, kind.world(), check(kind), Budget()).explore()
