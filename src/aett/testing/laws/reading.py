"""Reading: what was written, to the letter, within exact bounds, and nothing else (L7, L8, L9, L11)."""
# ruff: noqa: D102, N802  # A test's name is its sentence, and begins with its law.

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any
from uuid import UUID

import attrs

from aett.core.commit import Commit, EventMessage
from aett.core.head import Head
from aett.core.number import MAX_REVISION
from aett.testing.clients import PAGE_SIZE, Clients
from aett.testing.laws.making import (
    OTHER,
    STREAM,
    append,
    append_at,
    bounds_of,
    following,
    id_of,
    imported,
    log,
    make,
    notes,
    stored,
    whole,
)
from aett.testing.model import cut, must_be, same, unnumbered
from aett.testing.samples import (
    Announced,
    Booked,
    Currency,
    Loaded,
    Noted,
    Passenger,
    Photographed,
    Priced,
    Refund,
    at,
)
from aett.testing.strategies import AWKWARD, CONFUSABLE

LAST = datetime.max.replace(tzinfo=UTC)
EVERY_KIND = (
    Announced(UUID(int=2**128 - 1), "\u6d77 \U0001f6a2 e\u0301\0\u2028\"\\'", datetime(1, 1, 1, 0, 0, 0, 1, UTC)),
    Announced(UUID(int=0), "", datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
    Booked(-(2**63), Passenger("Ann", datetime(2000, 2, 29, tzinfo=UTC).date())),
    Booked(2**63 - 1, Passenger("Bob")),
    Priced(Decimal("1.50"), Currency.YEN),
    Priced(Decimal("-0.000000000000000000000000000000000001")),
    Loaded((0.1, -0.0, 1e308, 5e-324), {"": 0, "\U0001f6a2": -1, "a.b": 2, "$c": 3}),
    Photographed(bytes(range(256))),
    Noted("", urgent=True, tags=("a", "", "a")),
)
HEADERS: dict[str, Any] = {"a": [1, 1.0, True, None, "\U0001f6a2\0"], "": {"b": {"c": []}}, "$d.e": -(2**63)}


class Reading:
    """Tests of what `CommitStore` reads."""

    def test_L7_every_kind_of_field_comes_back_equal(self, clients: Clients) -> None:
        events = tuple(EventMessage(each, HEADERS if number % 2 else {}) for number, each in enumerate(EVERY_KIND))
        commit = attrs.evolve(
            make(Head(*STREAM), *events, stamp=datetime(2024, 2, 29, 23, 59, 59, 123_457, UTC)),
            headers=HEADERS,
            commands=(Refund(1, "late"), Refund(2, "\U0001f6a2")),
        )
        kept = stored(clients.one, commit)
        store = clients.other.commits
        for found in (
            whole(clients.other, STREAM),
            log(clients.other, "tenant"),
            [store.find(*STREAM, commit.commit_id)],
        ):
            assert same([unnumbered(each) for each in found], [commit])
        (page,) = store.pages(*STREAM)
        assert same(page.bodies, EVERY_KIND)
        assert same(unnumbered(page.head), unnumbered(Head.after(kept)))

    def test_L7_stamps_are_exact_to_the_microsecond_in_every_year(self, clients: Clients) -> None:
        stamps = list[datetime]()
        for year in (1, 1899, 1969, 1970, 2038, 9999):
            begin = datetime(year, 1, 1, tzinfo=UTC)
            stamps += [begin + timedelta(microseconds=each) for each in (0, 1, 999_999)]
            stamps.append(datetime(year, 12, 31, 23, 59, 59, 999_999, UTC))
        append_at(clients.one, STREAM, stamps)
        assert [each.commit_stamp for each in whole(clients.other, STREAM)] == stamps

    def test_L7_a_stamp_in_another_zone_is_the_same_instant_in_utc(self, clients: Clients) -> None:
        stamp = datetime(2024, 6, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=45)))
        append_at(clients.one, STREAM, [stamp])
        (found,) = whole(clients.other, STREAM)
        assert found.commit_stamp == stamp
        assert found.commit_stamp.tzinfo is UTC

    def test_L7_1005_commits_are_read_back_whole(self, clients: Clients) -> None:
        client = clients.connect(page_size=256)
        written = imported(client, following(Head(*STREAM), 1_005))
        expected = [unnumbered(each) for each in written]
        reads = (
            client.commits.get(*STREAM),
            client.commits.get_to(*STREAM, LAST),
            client.commits.get_from("tenant"),
            client.commits.get_all_to("tenant", LAST),
        )
        for read in reads:
            must_be(map(unnumbered, read), expected, "L7: 1,005 commits")
        assert sum(len(page.bodies) for page in client.commits.pages(*STREAM)) == 1_005

    def test_L8_bounds_cut_inside_commits(self, clients: Clients) -> None:
        written = append(clients.one, STREAM, notes("1", "2", "3", "4"), notes("5"), notes("6", "7", "8"))
        for low, high in bounds_of([1, 2, 4, 5, 6, 8, 9]):
            expected = [
                unnumbered(cut(each, low, high))
                for each in written
                if low <= high and each.stream_revision >= low and each.first_revision <= high
            ]
            found = clients.other.commits.get(*STREAM, min_revision=low, max_revision=high)
            must_be(map(unnumbered, found), expected, f"L8: get({low}, {high})")
            pages = list(clients.other.commits.pages(*STREAM, min_revision=low, max_revision=high))
            texts = [str(number) for number in range(low, min(high, 8) + 1)]
            assert [body.text for page in pages for body in page.bodies if isinstance(body, Noted)] == texts
            heads = [unnumbered(page.head) for page in pages]
            assert heads[-1:] == [Head.after(each) for each in expected][-1:], f"L8: pages({low}, {high})"

    def test_L8_a_stream_of_any_number_of_pages_is_read_once_and_whole(self, clients: Clients) -> None:
        store, head, expected = clients.other.commits, Head(*STREAM), list[Commit]()
        for count in range(2 * PAGE_SIZE + 2):
            must_be(map(unnumbered, store.get(*STREAM)), expected, f"L8: get of {count} commits")
            must_be(map(unnumbered, store.get_from("tenant")), expected, f"L10: get_from of {count} commits")
            assert sum(len(page.bodies) for page in store.pages(*STREAM)) == 2 * count
            kept = stored(clients.one, make(head, *notes("a", "b")))
            head = Head.after(kept)
            expected.append(unnumbered(kept))

    def test_L8_get_to_gives_the_longest_prefix_when_stamps_go_back(self, clients: Clients) -> None:
        written = append_at(clients.one, STREAM, map(at, (1, 2, 5, 3, 1, 9, 2)))
        for second, length in ((0, 0), (1, 1), (2, 2), (4, 2), (5, 5), (8, 5), (9, 7)):
            expected = [unnumbered(each) for each in written[:length]]
            must_be(map(unnumbered, clients.other.commits.get_to(*STREAM, at(second))), expected, "L8: get_to")
            pages = clients.other.commits.pages(*STREAM, max_time=at(second))
            assert sum(len(page.bodies) for page in pages) == length

    def test_L8_pages_after_the_end_of_the_prefix_are_empty(self, clients: Clients) -> None:
        append_at(clients.one, STREAM, map(at, (1, 5, 2, 2)))
        pages = clients.other.commits.pages(*STREAM, min_revision=3, max_time=at(3))
        assert list(pages) == [], "L8: revision 2 is later than the bound, so the prefix ends before revision 3"

    def test_L8_a_bound_equal_to_stamps_includes_all_of_them(self, clients: Clients) -> None:
        append_at(clients.one, STREAM, [at(1), at(1), at(1), at(1), at(1.000001)])
        assert len(list(clients.other.commits.get_to(*STREAM, at(1)))) == 4
        assert len(list(clients.other.commits.get_to(*STREAM, at(0.999999)))) == 0
        assert len(list(clients.other.commits.get_all_to("tenant", at(1)))) == 4

    def test_L8_get_all_to_leaves_out_what_is_later_and_keeps_checkpoint_order(self, clients: Clients) -> None:
        heads = {name: Head(*name) for name in (STREAM, OTHER)}
        for number, second in enumerate((5, 1, 3, 9, 2, 3, 8, 1)):
            name = (STREAM, OTHER)[number % 2]
            kept = stored(clients.one, make(heads[name], stamp=at(second), commit_id=id_of(number)))
            heads[name] = Head.after(kept)
        every = log(clients.other, "tenant")
        for second in range(10):
            expected = [each for each in every if each.commit_stamp <= at(second)]
            must_be(clients.other.commits.get_all_to("tenant", at(second)), expected, f"L8: get_all_to({second})")

    def test_L8_the_ends_of_the_calendar_are_bounds_in_every_zone(self, clients: Clients) -> None:
        store = clients.other.commits
        west, east = ("west", "stream"), ("east", "stream")
        append_at(clients.one, west, [at(1), at(0), LAST])
        append_at(clients.one, east, [at(1), at(0), at(2)])  # their calendars end before LAST
        for name, hours in ((west, -23), (west, -5), (west, 0), (east, 5), (east, 23)):
            zone = timezone(timedelta(hours=hours))
            late, early = datetime.max.replace(tzinfo=zone), datetime.min.replace(tzinfo=zone)
            assert len(list(store.get_to(*name, late))) == 3
            assert len(list(store.get_all_to(name[0], late))) == 3
            assert sum(len(page.bodies) for page in store.pages(*name, max_time=late)) == 3
            assert list(store.get_to(*name, early)) == []
            assert list(store.get_all_to(name[0], early)) == []
            assert list(store.pages(*name, max_time=early)) == []

    def test_L8_what_is_not_there_reads_as_nothing(self, clients: Clients) -> None:
        store = clients.one.commits
        append(clients.one, OTHER, notes("another"))
        assert list(store.get(*STREAM)) == []
        assert list(store.get_to(*STREAM, LAST)) == []
        assert list(store.pages(*STREAM)) == []
        assert list(store.get_all_to("nobody", LAST)) == []
        assert list(store.get_from("nobody")) == []
        assert list(store.get_from("tenant", MAX_REVISION)) == []
        assert list(store.get(*OTHER, min_revision=2)) == []
        assert list(store.get(*OTHER, min_revision=MAX_REVISION)) == []

    def test_L9_names_that_look_alike_are_kept_apart_as_tenants_and_streams(self, clients: Clients) -> None:
        pairs = dict.fromkeys(each for pair in CONFUSABLE for each in pair)
        names = [("tenant", each) for each in pairs] + [(each, "stream") for each in pairs]
        self._write_and_read_apart(clients, names)

    def test_L9_awkward_names_are_kept_apart(self, clients: Clients) -> None:
        alike = {each for pair in CONFUSABLE for each in pair}
        self._write_and_read_apart(clients, [(each, each * 3) for each in AWKWARD if each not in alike])

    def test_L9_tenant_and_stream_are_never_joined(self, clients: Clients) -> None:
        names = [("a", "bc"), ("ab", "c"), ("abc", "a"), ("a:b", "c"), ("a", "b:c"), ("a/b", "c"), ("a", "b/c")]
        names += [("a#b", "c"), ("a", "b#c"), ("a\\", ":c"), ("a", "\\:c"), ("x" * 64, "y" * 255)]
        self._write_and_read_apart(clients, names)

    @staticmethod
    def _write_and_read_apart(clients: Clients, names: list[tuple[str, str]]) -> None:
        written: dict[tuple[str, str], Commit] = {}
        for name in names:
            written[name] = stored(clients.one, make(Head(*name), Noted(repr(name)), commit_id=id_of("same")))
        for name, commit in written.items():
            must_be(map(unnumbered, whole(clients.other, name)), [unnumbered(commit)], f"L9: stream {name!r}")
        for tenant in dict.fromkeys(tenant for tenant, _ in names):
            expected = [unnumbered(each) for name, each in written.items() if name[0] == tenant]
            found = map(unnumbered, log(clients.other, tenant))
            by_stream = sorted(found, key=lambda each: each.stream_id)
            must_be(by_stream, sorted(expected, key=lambda each: each.stream_id), f"L9: tenant {tenant!r}")

    def test_L10_the_log_grows_and_is_followed_from_any_checkpoint(self, clients: Clients) -> None:
        heads = {name: Head(*name) for name in (STREAM, OTHER, ("another tenant", "stream"))}
        for number in range(3 * PAGE_SIZE):
            for name, head in heads.items():
                heads[name] = Head.after(stored(clients.one, make(head, commit_id=id_of(name, number))))
        every = log(clients.other, "tenant")
        assert len(every) == 6 * PAGE_SIZE
        checkpoints = [each.checkpoint or 0 for each in every]
        assert all(one < other for one, other in pairwise([0, *checkpoints])), f"L10: {checkpoints}"
        for position, checkpoint in enumerate(checkpoints, 1):
            must_be(clients.other.commits.get_from("tenant", checkpoint), every[position:], "L10: get_from")

    def test_L11_an_abandoned_read_leaves_the_store_usable(self, clients: Clients) -> None:
        append(clients.one, STREAM, *(notes("x") for _ in range(2 * PAGE_SIZE)))
        for _ in range(30):
            store = clients.one.commits
            for read in (store.get(*STREAM), store.get_from("tenant"), store.pages(*STREAM)):
                assert next(iter(read)) is not None
        (last,) = clients.one.commits.get(*STREAM, min_revision=2 * PAGE_SIZE)
        stored(clients.one, make(Head.after(last)))
        stored(clients.other, make(Head(*OTHER)))

    def test_L11_a_stream_can_be_written_while_it_is_read(self, clients: Clients) -> None:
        head = Head.after(append(clients.one, STREAM, *(notes("x") for _ in range(PAGE_SIZE)))[-1])
        seen: list[int] = []
        for commit in islice(clients.one.commits.get(*STREAM), 5 * PAGE_SIZE):
            seen.append(commit.commit_sequence)
            head = Head.after(stored(clients.one, make(head)))
            head = Head.after(stored(clients.other, make(head)))
        assert seen == list(range(1, len(seen) + 1)), f"L10: reading while writing saw {seen}"
        assert len(seen) >= PAGE_SIZE

    def test_L11_memory_does_not_grow_with_what_is_read(self, clients: Clients) -> None:
        count, size = 40, 80_000
        append(clients.one, STREAM, *(notes("x" * size) for _ in range(count)))
        store, allowed = clients.connect().commits, count * size // 2
        assert len(list(store.get(*STREAM, max_revision=1))) == 1
        reads: dict[str, Callable[[], Iterator[object]]] = {
            "get": lambda: store.get(*STREAM),
            "get_to": lambda: store.get_to(*STREAM, LAST),
            "get_all_to": lambda: store.get_all_to("tenant", LAST),
            "get_from": lambda: store.get_from("tenant"),
            "pages": lambda: store.pages(*STREAM),
        }
        for name, read in reads.items():
            peak = _peak(read)
            assert peak < allowed, f"L11: {name} of {count * size} bytes took {peak} bytes at once"


def _peak(read: Callable[[], Iterator[object]]) -> int:
    """The memory that was in use at most while these were read and let go, in bytes."""
    tracemalloc.start()
    try:
        for _ in read():
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
