"""Durability: a process is killed while it writes; what it was told to be stored is stored (L6)."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from aett.core.head import Head
from aett.core.outcome import Success
from aett.testing.clients import Clients
from aett.testing.harness import Place
from aett.testing.processes import Processes, Talk
from aett.testing.races import TENANT
from aett.testing.samples import Noted, at
from aett.testing.traits import Traits

STREAM = "killed"
_SECONDS = 60.0


def write_and_be_killed(clients: Clients, kept: int = 10) -> None:
    """Kill a writer just after its `kept`-th Success, and assert that what is there fits what it was told."""
    with Processes([(_send_all, clients.place)]) as processes:
        told = [processes.receive(0, _SECONDS) for _ in range(kept)]
        processes.kill(0)
    found = list(clients.connect(page_size=256).commits.get(TENANT, STREAM))
    sequences = [commit.commit_sequence for commit in found]
    assert told == list(range(1, kept + 1)), f"the writer was told {told}"
    assert sequences[:kept] == told, f"L6: the writer was told {told}, but {sequences} are there"
    assert sequences == list(range(1, len(found) + 1)), f"L1: {sequences}"
    assert all(len(commit.events) == 2 for commit in found), "L3: part of a commit"
    again = Head.after(found[-1]).commit(Noted("after"), commit_id=uuid4(), stamp=at(0))
    assert isinstance(clients.connect().commits.commit(again), Success), "L6: nobody can write any more"


def _send_all(talk: Talk, place: Place) -> None:
    clients, head = Clients(place, Traits()), Head(TENANT, STREAM)
    for number in count(1):
        commit = head.commit(Noted("one"), Noted("two"), commit_id=uuid4(), stamp=at(number))
        match clients.one.commits.commit(commit):
            case Success(stored):
                head = Head.after(stored)
                talk.tell(stored.commit_sequence)
            case refused:
                raise AssertionError(f"L1: the only writer got {refused!r}")
