"""Topic maps: which classes are stored under which topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType, UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin

from aett.core.dead_letter import DeadLetter, DeadLetterSettled
from aett.core.dispatched import Dispatched
from aett.core.errors import UnsupportedType
from aett.core.stored_event import StoredEvent
from aett.core.topic import Topic

if TYPE_CHECKING:
    from aett.core.codec.envelope import Envelopes

_OWN: Final = (Dispatched, DeadLetter, DeadLetterSettled)


class TopicMap:
    """An immutable set of classes with topics: what a store can write and read.

    `TopicMap(AccountEvent, OrderPlaced)` takes classes and unions of classes,
    `TopicMap.of_module(module)` all that a module defines, `a | b` joins two.

    Raises `UnsupportedType` if a class has no topic, if two classes share a topic, or if an
    attribute's type cannot be stored and read back equal: now, not when the first event comes.
    """

    __slots__ = ("_classes", "envelopes")

    envelopes: Envelopes

    def __init__(self, *classes: Any) -> None:
        self._classes = tuple(dict.fromkeys(_flat(classes)))
        every = (*self._classes, *_OWN)
        _refuse_shared_topics(every)
        # What encodes is loaded when something is to be encoded: `import aett` is to be quick.
        from aett.core.codec.envelope import envelopes_of  # noqa: PLC0415

        self.envelopes = envelopes_of(dict.fromkeys(every))

    @classmethod
    def of_module(cls, module: ModuleType) -> TopicMap:
        """The classes with topics that this module defines (not those it imports)."""
        return cls(*(each for each in Topic.among(vars(module).values()) if each.__module__ == module.__name__))

    @classmethod
    def stored(cls) -> TopicMap:
        """A map for those who know no classes: every event is read as a `StoredEvent`, and written as it was."""
        from aett.core.codec.stored import StoredEnvelopes  # noqa: PLC0415  # as above

        made = cls.__new__(cls)
        made._classes = (StoredEvent,)  # noqa: SLF001  # its own
        made.envelopes = StoredEnvelopes()
        return made

    def __or__(self, other: TopicMap) -> TopicMap:
        """Both maps in one."""
        return TopicMap(*self, *other)

    def __iter__(self) -> Iterator[type]:
        """The classes, in the order in which they were given."""
        return iter(self._classes)

    def __len__(self) -> int:
        """The number of classes."""
        return len(self._classes)

    def __contains__(self, cls: object) -> bool:
        """Whether instances of this class can be stored."""
        return any(cls is each for each in self)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same classes."""
        return isinstance(other, TopicMap) and set(self) == set(other)

    def __hash__(self) -> int:
        """Equal maps have equal hashes."""
        return hash(frozenset(self))

    def __repr__(self) -> str:
        """The classes by name."""
        return f"TopicMap({', '.join(cls.__qualname__ for cls in self)})"


def _flat(classes: Iterable[Any]) -> Iterator[type]:
    for each in classes:
        if get_origin(each) in (Union, UnionType):
            yield from _flat(get_args(each))
        elif hasattr(each, "__value__"):  # `type X = A | B` of Python 3.12
            yield from _flat((each.__value__,))
        elif isinstance(each, type):
            yield each
        else:
            raise UnsupportedType(f"a TopicMap takes classes and unions of classes, not {each!r}")


def _refuse_shared_topics(classes: Iterable[type]) -> None:
    holders: dict[tuple[str, int], type] = {}
    for cls in dict.fromkeys(classes):
        topic = Topic.of(cls)
        for name in (topic.name, *topic.formerly):
            holder = holders.setdefault((name, topic.version), cls)
            if holder is not cls:
                raise UnsupportedType(
                    f"topic {name!r} version {topic.version} belongs to {holder.__qualname__}"
                    f" and to {cls.__qualname__}: one must change"
                )
