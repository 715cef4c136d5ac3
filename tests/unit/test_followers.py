"""Followers in memory: what becomes of poison, of versions, of leases; and what is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from uuid import uuid4

import pytest
from attrs import evolve, field, frozen

from aett import (
    AsyncFollowers,
    Commit,
    DeadLetter,
    Followers,
    Handler,
    InvalidIdentifier,
    InvalidRegister,
    Pace,
    Projection,
    Reactor,
    Recorded,
    Register,
    Runner,
    SchemaMismatch,
    Tenants,
    Topic,
    TopicMap,
    Turned,
    UnsupportedType,
)
from aett.adapters import memory
from aett.ports import CommitStore, RegisterStore
from aett.testing import unreliable
from aett.testing.samples import START

PACE = Pace(lease=0.2, retry=0.001, longest_retry=0.002, longest_poll=0.02, discovery=0.02, pause=0.001)


@Topic("item")
@frozen
class Item:
    text: str


TOPICS = TopicMap(Item)


@frozen
class Shop:
    """A memory, and what has been done with its events."""

    memory: memory.Memory = field(factory=memory.Memory)
    bad: set[str] = field(factory=set[str])
    done: list[str] = field(factory=list[str])

    @property
    def store(self) -> CommitStore:
        return memory.CommitStore(self.memory, topic_map=TOPICS)

    @property
    def registers(self) -> RegisterStore:
        return memory.RegisterStore(self.memory)

    def write(self, *texts: str, stream: str = "s", tenant: str = "t") -> Commit:
        head = self.store.head(tenant, stream)
        commit = head.commit(*map(Item, texts), commit_id=uuid4(), stamp=START)
        return self.store.commit(commit).unwrap()

    def runner(self, *followers: Any, **settings: Any) -> Runner:
        given: dict[str, Any] = {"tenants": ["t"], "pace": PACE, **settings}
        return Runner(
            *followers,
            store=self.store,
            registers=self.registers,
            begin=lambda: memory.transaction(self.memory),
            **given,
        )

    @property
    def followers(self) -> Followers:
        return Followers(
            "t",
            store=self.store,
            registers=self.registers,
            begin=lambda: memory.transaction(self.memory),
        )

    def react(self, recorded: Recorded[Item]) -> None:
        if recorded.event.text in self.bad:
            raise LookupError(recorded.event.text)
        self.done.append(recorded.event.text)

    def handle(self, batch: Sequence[Recorded[Item]], tx: Any) -> None:
        for each in batch:
            tx.registers().put(Register("t", f"done/{each.event.text}"), b"x").unwrap()
            if each.event.text in self.bad:
                raise LookupError(each.event.text)

    def results(self, follower: Any) -> list[str]:
        """What was done."""
        if isinstance(follower, Reactor):
            return sorted(self.done)
        return sorted(each.removeprefix("done/") for each in self.registers.names("t", "done/"))


def handler(shop: Shop, **settings: Any) -> Handler[Item, Any]:
    return Handler[Item, Any](name="h", topics=Item, handle=shop.handle, attempts=3, **settings)


def reactor(shop: Shop, **settings: Any) -> Reactor[Item]:
    return Reactor[Item](name="r", topics=Item, react=shop.react, attempts=3, **settings)


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.002)


@pytest.fixture
def shop() -> Shop:
    return Shop()


# Poison


@pytest.mark.parametrize("made", [handler, reactor])
def test_poison_is_set_aside_and_everything_else_done(shop: Shop, made: Callable[..., Any]) -> None:
    follower = made(shop, dead_letters=True)
    shop.bad.update({"b", "d"})
    last = [shop.write(*texts) for texts in ("a", "bc", "d", "ef")][-1]
    with shop.runner(follower):
        shop.followers.wait_for(follower, last.checkpoint or 0, timeout=30)
    assert shop.results(follower) == ["a", "c", "e", "f"]
    letters = shop.followers.dead_letters(follower)
    assert [(each.revision, each.error, each.told) for each in letters] == [
        (2, "LookupError", "b"),
        (4, "LookupError", "d"),
    ]
    with pytest.raises(LookupError):
        shop.followers.retry(follower, letters[0])
    shop.bad.clear()
    assert shop.followers.retry(follower, letters[0])
    assert not shop.followers.retry(follower, letters[0])
    assert shop.followers.drop(follower, letters[1])
    assert not shop.followers.drop(follower, letters[1])
    assert shop.results(follower) == ["a", "b", "c", "e", "f"]
    assert shop.followers.dead_letters(follower) == []


@pytest.mark.parametrize("made", [handler, reactor])
def test_without_dead_letters_a_follower_stops_says_where_and_can_be_resumed(
    shop: Shop, made: Callable[..., Any]
) -> None:
    follower = made(shop)
    shop.bad.add("c")
    shop.write("a", "b", "c", "d")
    with shop.runner(follower):
        until(lambda: shop.followers.lag(follower).stop)
        assert shop.results(follower) == ["a", "b"]
        lag = shop.followers.lag(follower)
        assert lag.stop is not None
        assert (lag.stop.index, lag.stop.error, lag.holder, lag.is_behind) == (2, "LookupError", "", True)
        shop.bad.clear()
        time.sleep(PACE.lease)
        assert shop.results(follower) == ["a", "b"], "nobody has said that it may go on"
        assert shop.followers.resume(follower) == 1
        until(lambda: shop.results(follower) == ["a", "b", "c", "d"])
    assert shop.followers.resume(follower) == 0


def test_a_runner_that_is_started_anew_tries_again_what_had_stopped(shop: Shop) -> None:
    follower = reactor(shop)
    shop.bad.add("a")
    last = shop.write("a", "b")
    with shop.runner(follower):
        until(lambda: shop.followers.lag(follower).stop)
    shop.bad.clear()
    with shop.runner(follower):
        shop.followers.wait_for(follower, last.checkpoint or 0)
    assert shop.done == ["a", "b"]


def test_a_letter_of_another_follower_or_of_what_was_purged_is_refused(shop: Shop) -> None:
    follower = reactor(shop, dead_letters=True)
    shop.bad.add("a")
    last = shop.write("a")
    with shop.runner(follower):
        shop.followers.wait_for(follower, last.checkpoint or 0)
    (letter,) = shop.followers.dead_letters(follower)
    with pytest.raises(ValueError, match="reactor/r/1"):
        shop.followers.drop(evolve(follower, name="another"), letter)
    with memory.PersistenceManagement(shop.memory) as management:
        management.purge_stream("t", "s")
    with pytest.raises(LookupError, match="purged"):
        shop.followers.retry(follower, letter)


def test_followers_see_no_dead_letters_unless_they_ask(shop: Shop) -> None:
    bad = reactor(shop, dead_letters=True)
    told = list[Any]()
    asks = Reactor[DeadLetter](name="asks", topics=DeadLetter, react=told.append)
    everything = list[str]()
    sees = Reactor[Item](name="sees", topics=Item, react=lambda each: everything.append(each.event.text))
    shop.bad.add("a")
    shop.write("a", "b")
    with shop.runner(bad, asks, sees):
        until(lambda: told)
        last = shop.write("c")
        shop.followers.wait_for(sees, last.checkpoint or 0)
    assert everything == ["a", "b", "c"]
    assert [each.event.error for each in told] == ["LookupError"]


def test_what_fails_is_logged_with_its_place_and_without_logging_nothing_is_told(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.bad.add("a")
    shop.write("a")
    with caplog.at_level("INFO", "aett"), shop.runner(reactor(shop)):
        until(lambda: shop.followers.lag(reactor(shop)).stop)
    fields = [
        (each.levelname, getattr(each, "register"), getattr(each, "tenant_id"), getattr(each, "checkpoint", None))  # noqa: B009
        for each in caplog.records
    ]
    assert ("INFO", "reactor/r/1", "t", None) in fields
    assert ("ERROR", "reactor/r/1", "t", 1) in fields
    quiet = "from aett.core.logs import logger; logger('following').error('told')"
    ran = subprocess.run([sys.executable, "-c", quiet], capture_output=True, check=True)  # noqa: S603  # ours
    assert ran.stderr == b""


# Projections


def joined(state: str, recorded: Recorded[Item]) -> str:
    if recorded.event.text == "bad":
        raise LookupError
    return state + recorded.event.text


def reversed_(state: str, recorded: Recorded[Item]) -> str:
    return recorded.event.text + state


WORDS = Projection[str, Item](name="words", topics=Item, initial="", project=joined)


def test_a_state_is_kept_and_goes_on(shop: Shop) -> None:
    assert shop.followers.state(WORDS).state == ""
    last = 0
    for number in range(3):
        last = shop.write(f"{number}").checkpoint or 0
        with shop.runner(WORDS):
            shop.followers.wait_for(WORDS, last)
    found = shop.followers.state(WORDS)
    assert (found.state, found.checkpoint, found.caught_up) == ("012", last, True)


def test_a_new_version_is_folded_beside_the_one_before(shop: Shop) -> None:
    last = shop.write("a", "b")
    reverse = evolve(WORDS, version=2, project=reversed_)
    with shop.runner(WORDS):
        shop.followers.wait_for(WORDS, last.checkpoint or 0)
        assert not shop.followers.state(reverse).caught_up
        with shop.runner(reverse):
            shop.followers.wait_for(reverse, last.checkpoint or 0)
            until(lambda: shop.followers.state(reverse).caught_up)
    assert (shop.followers.state(WORDS).state, shop.followers.state(reverse).state) == ("ab", "ba")
    shop.followers.remove(WORDS)
    assert list(shop.registers.names("t")) == ["projection/words/2"]


def test_a_projection_that_fails_stops_at_once_and_its_state_stays(shop: Shop) -> None:
    last = shop.write("a")
    with shop.runner(WORDS):
        shop.followers.wait_for(WORDS, last.checkpoint or 0)
        shop.write("b", "bad", "c")
        until(lambda: shop.followers.lag(WORDS).stop)
    lag = shop.followers.lag(WORDS)
    assert lag.stop is not None
    assert (lag.stop.index, lag.stop.error) == (1, "LookupError")
    assert shop.followers.state(WORDS).state == "a"


def test_states_of_another_shape_are_refused_unless_the_version_is_raised(shop: Shop) -> None:
    last = shop.write("a")
    with shop.runner(WORDS):
        shop.followers.wait_for(WORDS, last.checkpoint or 0)
    changed = Projection[int, Item](name="words", topics=Item, initial=0, project=lambda state, _: state + 1)
    with pytest.raises(SchemaMismatch, match="raise its version"):
        shop.followers.state(changed)
    with shop.runner(changed) as runner:
        until(lambda: isinstance(runner.status()[0].trouble, SchemaMismatch))
    with shop.runner(evolve(changed, version=2)):
        shop.followers.wait_for(evolve(changed, version=2), last.checkpoint or 0)


def test_what_cannot_be_kept_stops_the_projection_and_says_so(shop: Shop) -> None:
    wrong = Projection[Any, Item](
        name="wrong", topics=Item, initial=0, state=int, project=lambda _, each: each.event.text
    )
    shop.write("a")
    with shop.runner(wrong):
        until(lambda: shop.followers.lag(wrong).stop)
    stop = shop.followers.lag(wrong).stop
    assert stop is not None
    assert stop.error == "UnsupportedType"
    assert "wrong: its state cannot be kept" in stop.told


def test_a_state_that_is_too_large_stops_the_projection_and_points_to_handlers(shop: Shop) -> None:
    class Small:
        def __getattr__(self, name: str) -> Any:
            return getattr(shop.registers, name)

        def put(self, register: Register, payload: bytes) -> Any:
            if len(payload) > 100_000:
                raise InvalidRegister("100,000 bytes at most")
            return shop.registers.put(register, payload)

    small: Any = Small()
    last = shop.write("a" * 97_900)  # with little room for more than itself
    with Runner(WORDS, tenants=["t"], store=shop.store, registers=small, pace=PACE):
        shop.followers.wait_for(WORDS, last.checkpoint or 0)
        shop.write("b" * 300)
        until(lambda: shop.followers.lag(WORDS).stop)
    stop = shop.followers.lag(WORDS).stop
    assert stop is not None
    assert stop.error == "InvalidRegister"
    assert "words: its state is too large; keep it in tables, by a Handler" in stop.told
    assert shop.followers.state(WORDS).state == "a" * 97_900


# Reactors


def test_a_reactor_can_begin_with_what_comes_from_now_on(shop: Shop) -> None:
    follower = reactor(shop, from_now_on=True)
    shop.write("old")
    with shop.runner(follower):
        until(lambda: shop.followers.lag(follower).caught_up)
        last = shop.write("new")
        shop.followers.wait_for(follower, last.checkpoint or 0)
    assert shop.done == ["new"]


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_reactor_of_a_new_version_goes_on_where_the_one_before_has_come_to(shop: Shop, partitions: int) -> None:
    old = reactor(shop)
    new = evolve(old, version=2, partitions=partitions)
    last = shop.write("a", "b")
    with shop.runner(old):
        shop.followers.wait_for(old, last.checkpoint or 0)
    with shop.runner(new):
        until(lambda: shop.followers.lag(new).caught_up)
        last = shop.write("c")
        shop.followers.wait_for(new, last.checkpoint or 0)
        with shop.runner(old):  # of an old process that is started once more
            last = shop.write("d")
            shop.followers.wait_for(new, last.checkpoint or 0)
            time.sleep(2 * PACE.lease)
    assert shop.done == ["a", "b", "c", "d"]


def test_another_number_of_partitions_is_refused_unless_the_version_is_raised(shop: Shop) -> None:
    last = shop.write("a")
    with shop.runner(handler(shop)):
        shop.followers.wait_for(handler(shop), last.checkpoint or 0)
    parted = handler(shop, partitions=2)
    with shop.runner(parted) as runner:
        until(lambda: all(isinstance(each.trouble, SchemaMismatch) for each in runner.status()))
    assert list(shop.registers.names("t", "handler")) == ["handler/h/1"]


# Leases


def test_who_stops_lets_go_and_who_dies_is_followed_when_his_lease_is_over(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = reactor(shop)
    for _ in range(2):
        last = shop.write("a")
        with shop.runner(follower, name="one"):
            shop.followers.wait_for(follower, last.checkpoint or 0)
            assert shop.followers.lag(follower).holder.startswith("one ")
        assert shop.followers.lag(follower).holder == ""
    dead = shop.runner(follower, name="dead")
    monkeypatch.setattr(dead, "_release", lambda _: None)  # it never comes to that
    with dead:
        until(lambda: shop.followers.lag(follower).holder.startswith("dead "))
    last = shop.write("b")
    begun = time.monotonic()
    with shop.runner(follower, name="two"):
        shop.followers.wait_for(follower, last.checkpoint or 0, timeout=30)
    assert time.monotonic() - begun >= PACE.lease
    assert shop.done == ["a", "a", "b"]


def test_nothing_is_written_while_nothing_happens(shop: Shop) -> None:
    last = shop.write("a")
    followers: list[Any] = [WORDS, reactor(shop), handler(shop)]
    with shop.runner(*followers) as first, shop.runner(*followers) as second:
        for each in followers:
            shop.followers.wait_for(each, last.checkpoint or 0)
        until(lambda: all(shop.followers.lag(each).caught_up for each in followers))
        until(lambda: {sum(each.holds for each in one.status()) for one in (first, second)} == {1, 2})
        time.sleep(0.05)
        before = [shop.registers.get("t", each) for each in shop.registers.names("t")]
        time.sleep(3 * PACE.lease)
        assert [shop.registers.get("t", each) for each in shop.registers.names("t")] == before


def test_runners_of_one_name_do_not_take_from_each_other(shop: Shop) -> None:
    follower = reactor(shop)
    shop.write("a")
    with shop.runner(follower, name="web"), shop.runner(follower, name="web"):
        until(lambda: shop.followers.lag(follower).caught_up)
        holder = shop.followers.lag(follower).holder
        for _ in range(20):
            shop.write("b")
            time.sleep(0.01)
            assert shop.followers.lag(follower).holder == holder


def test_a_follower_begins_anew_at_once_when_its_tenant_was_purged(shop: Shop) -> None:
    last = shop.write("a")
    with shop.runner(WORDS, reactor(shop), pace=evolve(PACE, lease=60.0)):
        shop.followers.wait_for(WORDS, last.checkpoint or 0)
        with memory.PersistenceManagement(shop.memory) as management:
            management.purge("t")
        last = shop.write("b")
        shop.followers.wait_for(WORDS, last.checkpoint or 0, timeout=30)
        shop.followers.wait_for(reactor(shop), last.checkpoint or 0, timeout=30)
        assert shop.followers.state(WORDS).state == "b"


def test_a_register_that_somebody_else_has_spoilt_is_told_and_harms_no_other_follower(shop: Shop) -> None:
    last = shop.write("a")
    with shop.runner(WORDS, reactor(shop), workers=1) as runner:
        shop.followers.wait_for(WORDS, last.checkpoint or 0)
        shop.registers.put(shop.registers.get("t", "projection/words/1"), b"spoilt").unwrap()
        last = shop.write("b")
        shop.followers.wait_for(reactor(shop), last.checkpoint or 0, timeout=30)
        until(lambda: any(isinstance(each.trouble, SchemaMismatch) for each in runner.status()))
    assert shop.registers.get("t", "projection/words/1").payload == b"spoilt"


def test_a_put_whose_reply_is_lost_costs_no_lease(shop: Shop) -> None:
    registers, trouble = unreliable(shop.registers)
    follower = reactor(shop)
    pace = evolve(PACE, lease=60.0)
    with Runner(follower, tenants=["t"], store=shop.store, registers=registers, pace=pace, workers=1):
        until(lambda: shop.followers.lag(follower).caught_up)
        trouble.lose_replies()
        last = shop.write("a")
        shop.followers.wait_for(follower, last.checkpoint or 0, timeout=30)
        last = shop.write("b")
        shop.followers.wait_for(follower, last.checkpoint or 0, timeout=30)
    assert shop.done == ["a", "b"]


# Tenants


def test_quiet_tenants_are_followed_beside_a_busy_one_and_new_ones_are_found(shop: Shop) -> None:
    seen = set[str]()
    follower = Reactor[Item](name="r", topics=Item, react=lambda each: seen.add(each.tenant_id))
    for number in range(1_000):
        shop.write("x", tenant=f"quiet {number}")
    for number in range(300):
        shop.write("x", stream=f"s{number}", tenant="busy")
    with shop.runner(follower, tenants=Tenants.ALL, pace=evolve(PACE, batch=1)):
        until(lambda: len(seen) == 1_001)
        shop.write("x", tenant="new")
        until(lambda: "new" in seen)


def test_an_observer_is_told_of_every_turn_and_does_no_harm(shop: Shop) -> None:
    told = list[Turned]()

    def observe(turned: Turned) -> None:
        told.append(turned)
        raise LookupError

    last = shop.write("a", "b", "c")
    with shop.runner(WORDS, handler(shop), reactor(shop), observe=observe):
        for each in (WORDS, handler(shop), reactor(shop)):
            shop.followers.wait_for(each, last.checkpoint or 0)
    for register in ("projection/words/1", "handler/h/1", "reactor/r/1"):
        own = [each for each in told if each.register == register]
        assert sum(each.events for each in own) == 3
        assert {each.tenant_id for each in own} == {"t"}
        assert max(each.checkpoint for each in own) == last.checkpoint
        assert all(each.seconds >= 0 and each.trouble is None for each in own)


# What is refused


@contextmanager
def refused(kind: type[Exception], match: str) -> Generator[None]:
    with pytest.raises(kind, match=match):
        yield


def test_what_cannot_be_run_is_refused_at_once(shop: Shop) -> None:
    with refused(ValueError, "share the register 'reactor/r/1'"):
        shop.runner(reactor(shop), reactor(shop))
    with refused(InvalidIdentifier, "slash"):
        Reactor[Item](name="a/b", topics=Item, react=shop.react)
    with refused(ValueError, "version"):
        reactor(shop, version=0)
    with refused(TypeError, "several ids, not one str"):
        shop.runner(tenants="t")
    with refused(InvalidIdentifier, "tenant_id"):
        shop.runner(tenants=[""])
    with refused(ValueError, "workers"):
        shop.runner(workers=0)
    with refused(ValueError, "lease"):
        Pace(lease=0)
    with refused(TypeError, "AsyncCommitStore is an async store, for a runner whose name begins with Async"):
        awaited: Any = memory.AsyncCommitStore(shop.memory, topic_map=TOPICS)
        Runner(tenants=["t"], store=awaited, registers=shop.registers)
    with refused(TypeError, "RegisterStore is a sync store, for a runner whose name does not begin with Async"):
        AsyncFollowers("t", store=awaited, registers=cast("Any", shop.registers))
    with refused(TypeError, "not a type"):
        shop.runner(Item)
    with refused(UnsupportedType, "Shop"):
        shop.runner(Projection[Any, Item](name="p", topics=Item, initial=shop, project=lambda s, _: s))
    with refused(ValueError, "h: a Handler is called in a transaction"):
        Runner(handler(shop), tenants=["t"], store=shop.store, registers=shop.registers)


def test_a_function_that_is_to_be_awaited_stops_its_follower(shop: Shop) -> None:
    async def react(_: Recorded[Item]) -> None:
        raise AssertionError

    follower = Reactor[Item](name="r", topics=Item, react=react, attempts=1)
    shop.write("a")
    with shop.runner(follower):
        until(lambda: shop.followers.lag(follower).stop)
    stop = shop.followers.lag(follower).stop
    assert stop is not None
    assert "give it to an AsyncRunner" in stop.told


def test_waiting_in_vain_ends_with_a_timeout(shop: Shop) -> None:
    with pytest.raises(TimeoutError, match="words had not come to checkpoint 7 after 0.01 seconds"):
        shop.followers.wait_for(WORDS, 7, timeout=0.01)


def test_lag_tells_for_how_long_the_oldest_commit_has_waited(shop: Shop) -> None:
    assert not shop.followers.lag(WORDS).is_behind
    shop.write("a")
    lag = shop.followers.lag(WORDS)
    assert (lag.checkpoint, lag.tail.newest, lag.waiting_since) == (0, 1, START)
    assert lag.seconds(START) == 0.0
