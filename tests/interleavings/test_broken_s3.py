"""What the scheduler finds: each classical bug, put into S3's plans on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.interleavings.actors import Kind, purger, reader, retried_late, writer
from tests.interleavings.finding import found
from tests.simulated.s3 import SimulatedS3

from aett.adapters.aws.call import Calls, Refused
from aett.adapters.s3 import engine, purging, sequencing
from aett.adapters.s3.engine import S3Engine
from aett.adapters.s3.keys import Space, Stream
from aett.adapters.s3.management import S3Management
from aett.adapters.s3.objects import commit_object
from aett.adapters.s3.requests import Bucket
from aett.adapters.store.engine import UNNUMBERED
from aett.adapters.store.record import Record
from aett.core.plan import Plan
from aett.testing.interleaving import Budget

SPACE = Space("b", "")


def kind_of(made: type[S3Engine] = S3Engine, keys: int = 1000) -> Kind:
    def engine_of(nonce: Callable[[], bytes]) -> S3Engine:
        return made(SPACE, nonce=nonce, keys=keys)

    return Kind(engine_of, S3Management(SPACE, keys=keys), numbers_at_commit=False)


class MarksLate(S3Engine):
    """Puts the marker after the commit."""

    def _tried(self, record: Record, nonce: bytes, current: int) -> Plan[Any]:
        stream = self.space.tenant(record.tenant_id).stream(record.stream_id, current)
        answer = yield from self._put(stream, record, nonce)
        if answer == UNNUMBERED:
            yield from self.bucket.put(stream.marker(record.commit_sequence, nonce))
        return answer


def test_a_marker_after_the_commit_leaves_commits_that_no_log_will_ever_have() -> None:
    kind = kind_of(MarksLate)
    actors = {"A": writer(kind, "A", "s", 1), "R": reader(kind, 1)}
    found(actors, "L10: the log has", kind=kind, world=SimulatedS3(), fault=Budget(crashes=1))


def test_a_segment_before_the_last_ones_markers_are_gone_has_a_commit_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def careless(bucket: Bucket, tenant: Any, last: int) -> Plan[bool]:
        return True if last == 1 else (yield from forgotten(bucket, tenant, last))

    forgotten = sequencing._forgotten
    monkeypatch.setattr(sequencing, "_forgotten", careless)
    kind = kind_of()
    actors = {"A": writer(kind, "A", "s", 1), "R": reader(kind, 1)}
    found(actors, "L2, L4: doubled|L10", kind=kind, world=SimulatedS3())


def test_without_the_look_for_a_pending_predecessor_a_stream_comes_in_disorder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def careless(*_: object) -> Plan[bool]:
        yield from ()
        return False

    monkeypatch.setattr(sequencing, "_waits", careless)
    monkeypatch.setattr(sequencing, "MARKERS", 2)
    kind = kind_of(keys=1)
    actors = {"A": writer(kind, "A", "s", 1, 2), "R": reader(kind, 1)}
    found(actors, "L10", kind=kind, world=SimulatedS3())


class ChecksThenPuts(S3Engine):
    """Looks whether the place is free, and then puts, without a condition."""

    def _put(self, stream: Stream, record: Record, nonce: bytes) -> Plan[Any]:
        key = stream.commit(record.commit_sequence)
        (there,) = yield from Calls((self.bucket.head(key),))
        if not isinstance(there, Refused):
            return None
        told = {"revision": f"{record.stream_revision}", "id": record.commit_id.hex(), "nonce": nonce.hex()}
        yield from self.bucket.put(key, commit_object(record, nonce), metadata=told)
        return UNNUMBERED


def test_a_check_and_then_a_put_lets_two_writers_win() -> None:
    kind = kind_of(ChecksThenPuts)
    actors = {"A": writer(kind, "A", "s", 1), "B": writer(kind, "B", "s", 2)}
    found(actors, "L6: .* was lost", kind=kind, world=SimulatedS3())


def test_a_writer_that_does_not_know_its_own_write_takes_it_for_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "nonce_of", lambda _: "nobody's")
    kind = kind_of()
    actors = {"A": writer(kind, "A", "s", 1)}
    found(actors, "L4: took its own", kind=kind, world=SimulatedS3(), fault=Budget(twice=1))


def test_one_nonce_for_every_try_brings_a_retried_commit_into_the_log_twice() -> None:
    def engine_of(_: object) -> S3Engine:
        return S3Engine(SPACE, nonce=lambda: bytes(16))

    kind = Kind(engine_of, S3Management(SPACE), numbers_at_commit=False)
    with pytest.raises(AssertionError, match="doubled|L10"):
        retried_late(kind, SimulatedS3())


def test_a_purge_that_raises_no_fence_leaves_half_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfenced(bucket: Bucket, tenant: Any, stream_id: str) -> Plan[None]:
        for room in purging._ROOMS:
            yield from bucket.emptied(tenant.of_stream(room, stream_id))

    monkeypatch.setattr(purging, "purge_stream", unfenced)
    kind = kind_of()
    actors = {"A": writer(kind, "A", "s", 1, 2), "P": purger(kind, "s")}
    found(actors, "missing|L1|L10", kind=kind, world=SimulatedS3(), purged=True)


class Unconditional(SimulatedS3):
    """An endpoint that puts whatever it is told to."""

    def _put_object(self, arguments: Any) -> Any:
        return super()._put_object({k: v for k, v in arguments.items() if k not in {"IfNoneMatch", "IfMatch"}})


def test_an_endpoint_that_ignores_conditions_lets_two_writers_win() -> None:
    kind = kind_of()
    actors = {"A": writer(kind, "A", "s", 1), "B": writer(kind, "B", "s", 2)}
    found(actors, "L6|L4|L10", kind=kind, world=Unconditional())
