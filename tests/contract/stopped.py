"""Writers and purges that die between two of their round trips, and pages as large as a server's limits."""
# ruff: noqa: N802  # A test's name begins with its law.

from __future__ import annotations

from contextlib import closing
from functools import partial
from importlib import import_module
from itertools import product
from typing import Any, ClassVar
from uuid import uuid4

from tests.contract.served import Served

from aett import Commit, DuplicateCommit, Failure, Head, Success
from aett.testing import Place
from aett.testing.clients import Clients
from aett.testing.laws.making import STREAM, append, imported, log, make, notes, whole
from aett.testing.model import must_be, unnumbered
from aett.testing.samples import Photographed


class OneByOne(Served):
    """For engines that write commits one by one: what a thousand of them would show, fewer of `LargePages` do."""

    test_L7_1005_commits_are_read_back_whole: Any = None  # noqa: N815  # as the law is called


class LargePages(OneByOne):
    """For engines whose servers limit a page, by its bytes or its length; of the sync face."""

    more_than_a_page: ClassVar[tuple[int, int]]
    """How many commits of how many bytes are more than a server gives in one answer; every second is small."""

    def test_L7_what_is_more_than_a_servers_answer_holds_is_read_back_whole(self, clients: Clients) -> None:
        """The stream by one face, the log by the other."""
        head, expected = Head(*STREAM), list[Commit]()
        count, size = self.more_than_a_page
        for number in range(count):
            body = Photographed(bytes(size)) if number % 2 else Photographed(b"small")
            expected.append(make(head, body))
            head = Head.after(expected[-1])
        imported(clients.one, expected)
        with closing(Clients(awaited(clients.place), clients.traits)) as awaiting:
            stream = clients.connect(page_size=1000).commits.get(*STREAM)
            must_be(map(unnumbered, stream), expected, "L7: the stream")
            log = awaiting.connect(page_size=1000).commits.get_from(STREAM[0])
            must_be(map(unnumbered, log), expected, "L7: the log")


def awaited(place: Place) -> Place:
    """The same place, by the async face."""

    def twin(made: Any) -> Any:
        stores = import_module(made.func.__module__.rpartition(".")[0])
        return partial(getattr(stores, f"Async{made.func.__name__}"), *made.args, **made.keywords)

    return Place(
        commit_store=twin(place.commit_store),
        snapshot_store=twin(place.snapshot_store),
        register_store=twin(place.register_store),
        persistence=twin(place.persistence),
        awaited=True,
    )


class Stopped:
    """More laws for engines whose commits take several round trips, the last of which decides."""

    round_trips: ClassVar[int]
    """Of a commit that nobody is in the way of."""

    def test_a_writer_stopped_after_any_round_trip_holds_up_nobody(self, clients: Clients) -> None:
        plans: Any = clients.one.commits
        for steps in range(self.round_trips + 1):
            name = ("tenant", f"stopped after {steps}")
            append(clients.one, name, notes("before"))
            commit = make(Head.after(whole(clients.one, name)[-1]), *notes("half"))
            assert stop(plans._plans.commit(commit), plans._performer, steps) == steps
            seen = [each.checkpoint for each in log(clients.other, "tenant")]
            written = steps == self.round_trips
            assert len(whole(clients.other, name)) == (2 if written else 1)
            answer = clients.other.commits.commit(commit)
            match answer:
                case Success(again):
                    assert not written
                    assert again.checkpoint is None or again.checkpoint > max(each or 0 for each in seen)
                case Failure(DuplicateCommit(again)):
                    assert written
                case _:
                    raise AssertionError(answer)
            told = log(clients.one, "tenant")
            assert told[-1].commit_id == again.commit_id
            assert [each.checkpoint for each in told][: len(seen)] == seen
            append(clients.one, ("tenant", f"after {steps}"), notes("on it goes"))

    def test_a_purge_stopped_after_any_round_trip_is_finished_by_the_next(self, clients: Clients) -> None:
        management: Any = clients.one.management
        # The next may be a writer, or a purge that no writer has come before.
        for steps, writer in product(range(12), (True, False)):
            name = tenant, stream = f"tenant {steps % 4}", f"purged, {steps}, {writer}"
            append(clients.one, name, notes("one"), notes("two"))
            newest = log(clients.one, tenant)[-1].checkpoint or 0
            stop(management._plans.purge_stream(*name), management._performer, steps)
            log(clients.other, tenant)
            purged = not clients.other.commits.head(*name).sequence
            if writer:
                told = clients.other.commits.commit(make(Head(*name), *notes("anew"), commit_id=uuid4()))
                assert isinstance(told, Success) == purged, f"after {steps} round trips: {told}"
                assert len(whole(clients.one, name)) == (1 if purged else 2)
            clients.other.management.purge_stream(*name)
            assert whole(clients.one, name) == []
            assert [each for each in log(clients.one, tenant) if each.stream_id == stream] == []
            append(clients.one, name, notes("anew"))
            (anew,) = (each for each in log(clients.one, tenant) if each.stream_id == stream)
            assert (anew.checkpoint or 0) > newest


def stop(plan: Any, perform: Any, steps: int) -> int:
    """Perform so many steps of the plan, and no more; gives how many there were."""
    done = 0
    try:
        step = next(plan)
        while done < steps:
            answer = perform(step)
            done += 1
            step = plan.send(answer)
    except StopIteration:
        return done
    plan.close()
    return done


class Twice:
    """Performs each step twice, as a client does that never got the first reply."""

    def __init__(self, perform: Any) -> None:
        self._perform = perform

    def __call__(self, step: Any, /) -> Any:
        """Ask, unheard, and ask again."""
        self._perform(step)
        return self._perform(step)

    def close(self) -> None:
        """Close the performer."""
        self._perform.close()
