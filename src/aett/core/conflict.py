"""Conflicts: whether a commit may follow others that its writer had not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeVar, cast

from attrs import frozen

from aett.core.commit import Commit
from aett.core.rejection import ConflictingCommit, NonConflictingCommit

A = TypeVar("A")
B = TypeVar("B")


@frozen
class ConflictRule:
    """For one pair of event classes: whether the uncommitted event conflicts with the committed one."""

    uncommitted: type
    committed: type
    conflicts: Callable[[Any, Any], bool]


def _never(_: object, __: object) -> bool:
    return False


def commutes(one: type, other: type) -> tuple[ConflictRule, ...]:
    """Events of these two classes never conflict, whichever came first."""
    return tuple(ConflictRule(a, b, _never) for a, b in dict.fromkeys([(one, other), (other, one)]))


def conflicts_if(
    uncommitted: type[A], committed: type[B], predicate: Callable[[A, B], bool]
) -> tuple[ConflictRule, ...]:
    """Events of these classes conflict if the pure function `predicate(uncommitted, committed)` says so."""
    return (ConflictRule(uncommitted, committed, predicate),)


def _is_rules(group: Any) -> bool:
    return type(group) is tuple and all(type(each) is ConflictRule for each in cast("Any", group))


class ConflictDetector:
    """Judges a commit by rules for pairs of event classes; a pair without a rule conflicts.

    `ConflictDetector(commutes(Deposited, Deposited), conflicts_if(Booked, Booked, same_seat))`.
    Of several rules for one pair, each may find the conflict. Immutable.
    """

    __slots__ = ("rules",)

    rules: tuple[ConflictRule, ...]

    def __init__(self, *rules: tuple[ConflictRule, ...]) -> None:
        for given in cast("tuple[Any, ...]", rules):  # callers may be untyped
            if not _is_rules(given):
                raise TypeError(
                    "a ConflictDetector takes what commutes(...) and conflicts_if(...) give, as in"
                    " ConflictDetector(commutes(Deposited, Deposited)),"
                    f" not {getattr(given, '__name__', given.__class__.__name__)}"
                )
        self.rules = tuple(rule for group in rules for rule in group)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same rules."""
        return isinstance(other, ConflictDetector) and self.rules == other.rules

    def __hash__(self) -> int:
        """Equal detectors have equal hashes."""
        return hash(self.rules)

    def __repr__(self) -> str:
        """The pairs that have rules."""
        pairs = (f"{rule.uncommitted.__qualname__} after {rule.committed.__qualname__}" for rule in self.rules)
        return f"ConflictDetector({', '.join(pairs)})"

    def conflict(self, uncommitted: object, committed: object) -> bool:
        """Whether these two events conflict."""
        verdicts = [
            rule.conflicts(uncommitted, committed)
            for rule in self.rules
            if rule.uncommitted is type(uncommitted) and rule.committed is type(committed)
        ]
        return not verdicts or any(verdicts)

    def judge(self, commit: Commit, unseen: Sequence[Commit]) -> ConflictingCommit | NonConflictingCommit:
        """The rejection of a commit whose writer had not seen these commits of its stream.

        Where the unseen commits do not begin just where this one does, the writer saw another
        history or only part of a commit: that always conflicts.
        """
        committed = tuple(unseen)
        if not committed or not _same_place(commit, committed[0]):
            return ConflictingCommit(committed)
        theirs = (body for each in committed for body in each.bodies)
        if any(self.conflict(own, other) for own, other in product(commit.bodies, theirs)):
            return ConflictingCommit(committed)
        return NonConflictingCommit(committed)


def _same_place(commit: Commit, other: Commit) -> bool:
    return (commit.commit_sequence, commit.first_revision) == (other.commit_sequence, other.first_revision)
