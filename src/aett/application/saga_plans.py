"""The plans of a saga repository."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, cast
from uuid import UUID, uuid5

from attrs import frozen

from aett.application.steps import Find, NextCommit, OpenCommits
from aett.application.stream_plans import StreamPlans
from aett.application.writing import Decision, WriteRejection
from aett.core import identifier
from aett.core.aggregate import Aggregate
from aett.core.dispatched import Dispatched
from aett.core.errors import InvalidIdentifier
from aett.core.fold import Impossible, fold
from aett.core.folded import Folded
from aett.core.headers import EMPTY, Headers
from aett.core.outcome import Failure, Outcome, Success, accept
from aett.core.plan import Plan
from aett.core.rejection import ConflictingCommit
from aett.core.saga import Saga

S = TypeVar("S")
E = TypeVar("E")
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)

DISPATCHED: Final = "/dispatched"
"""Appended to a saga's id, the name of the stream that remembers which commands are done.

It holds an event for each mark, all read to find the last; a policy of snapshots shortens that.
"""


@frozen
class Undispatched(Generic[C_co]):
    """A command of a saga that has not been marked as done; `index` counts from 0 within its commit."""

    command: C_co
    commit_id: UUID
    sequence: int
    index: int

    @property
    def id(self) -> UUID:
        """Always the same for the same command: give it to `execute` as the commit id."""
        return uuid5(self.commit_id, str(self.index))

    @property
    def position(self) -> tuple[int, int]:
        """Its place among the saga's commands."""
        return self.sequence, self.index


_NONE: Final = Dispatched(UUID(int=0), 0, 0)  # before the first, since sequences count from 1


def _evolve(_: Dispatched, event: Dispatched) -> Success[Dispatched]:
    return Success(event)


def _decide(done: Dispatched, command: Dispatched) -> Success[tuple[Dispatched, ...]]:
    return accept(command) if _position(done) < _position(command) else accept()


def _position(event: Dispatched) -> tuple[int, int]:
    return event.sequence, event.index


_PROGRESS: Final[Aggregate[Dispatched, Dispatched, Dispatched, Impossible]] = Aggregate(
    name="aett.dispatched", initial=_NONE, evolve=_evolve, decide=_decide
)


@frozen(kw_only=True)
class SagaPlans(StreamPlans):
    """Store what happened with what it causes, and read back what is still to be done."""

    def transition(
        self, saga: Saga[S, E, C], saga_id: str, event: E, commit_id: UUID | None, headers: Headers
    ) -> Plan[Outcome[Folded[S, E], WriteRejection]]:
        """Append the event and the commands that it causes; overtaken, react again."""
        self.met(saga)
        progress_of(saga_id)

        def decide(seen: Folded[S, E]) -> Outcome[Decision[E], Impossible]:
            match fold(saga, (event,), state=seen.state, revision=seen.revision):
                case Success(evolved):
                    return Success(Decision((event,), reaction(saga, evolved, event)))
                case Failure() as impossible:
                    return impossible

        return (yield from self.append_anew(saga, self.writing(saga_id, commit_id, headers, (event,)), decide))

    def open_undispatched(self, saga_id: str) -> Plan[tuple[Any, tuple[int, int]]]:
        """The saga's commits from the first that may have commands to do, and what is done."""
        mark = (yield from self._progress(saga_id)).state
        done = _NONE if (yield from self._is_stale(saga_id, mark)) else mark
        # A commit holds at least one event: its sequence is at most its revision.
        commits = yield from OpenCommits(self.tenant_id, saga_id, max(1, done.sequence))
        return commits, _position(done)

    def next_undispatched(
        self, saga: Saga[S, E, C], commits: Any, done: tuple[int, int]
    ) -> Plan[tuple[Undispatched[C], ...] | None]:
        """The commands still to be done of the next commit; None after the last."""
        del saga  # it tells the type of its commands
        commit = yield from NextCommit(commits)
        if commit is None:
            return None
        found = (
            Undispatched(cast("C", command), commit.commit_id, commit.commit_sequence, index)
            for index, command in enumerate(commit.commands)
        )
        return tuple(each for each in found if each.position > done)

    def mark_dispatched(
        self, saga_id: str, undispatched: Undispatched[C]
    ) -> Plan[Outcome[Undispatched[C], WriteRejection]]:
        """Remember that this command, and all before it, are done; never backwards.

        A command that the saga's history does not hold (it was purged, or is another saga's) is
        `ConflictingCommit(())`: whoever dispatched it has seen what is not there.
        """
        mark = Dispatched(undispatched.commit_id, undispatched.sequence, undispatched.index)
        if not (yield from self._holds(saga_id, mark)):
            return Failure(ConflictingCommit(()))
        progress = yield from self._progress(saga_id)
        stale = progress.state if (yield from self._is_stale(saga_id, progress.state)) else None

        def decide(seen: Folded[Dispatched, Dispatched]) -> Outcome[Decision[Dispatched], Impossible]:
            done = _NONE if seen.state == stale else seen.state
            return Success(Decision(_decide(done, mark).unwrap()))

        writing = self.writing(progress_of(saga_id), None, EMPTY)
        outcome = yield from self.append_anew(_PROGRESS, writing, decide, Success(progress))
        match outcome:
            case Success():
                return Success(undispatched)
            case Failure() as rejection:
                return rejection

    def _progress(self, saga_id: str) -> Plan[Folded[Dispatched, Dispatched]]:
        loaded = yield from self.load(_PROGRESS, progress_of(saga_id))
        return loaded.unwrap()  # progress can always follow

    def _is_stale(self, saga_id: str, mark: Dispatched) -> Plan[bool]:
        """Whether the mark is of a history that was purged: it must not hide the commands of the present one."""
        if mark == _NONE:
            return False
        return not (yield from self._holds(saga_id, mark))

    def _holds(self, saga_id: str, mark: Dispatched) -> Plan[bool]:
        """Whether the saga's history holds the command of this mark."""
        commit = yield from Find(self.tenant_id, saga_id, mark.commit_id)
        return commit is not None and commit.commit_sequence == mark.sequence


def progress_of(saga_id: str) -> str:
    """The stream that remembers a saga's progress; `InvalidIdentifier` if the saga's id leaves none, or is one."""
    if identifier.stream(saga_id).endswith(DISPATCHED):
        raise InvalidIdentifier(
            f"the saga {saga_id!r} would meet another's progress: an id cannot end in {DISPATCHED!r}"
        )
    return identifier.stream(f"{saga_id}{DISPATCHED}")


def reaction(saga: Saga[S, E, C], state: S, event: E) -> tuple[C, ...]:
    """The commands that the event causes; `TypeError`, naming the event, if they are no tuple."""
    commands: Any = saga.react(state, event)
    if not isinstance(commands, tuple):
        raise TypeError(
            f"{saga.name}: react must give a tuple of commands,"
            f" but gave {type(commands).__name__} for the {type(event).__name__}"
        )
    return cast("tuple[C, ...]", commands)
