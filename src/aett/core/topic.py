"""Topics: the stored names of event, command and other message classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from attrs import field, frozen

from aett.core.errors import UnsupportedType

Body: TypeAlias = dict[str, Any]
Upcast: TypeAlias = Callable[[Body], Body]
K = TypeVar("K")

_ATTRIBUTE: Final = "__aett_topic__"
_MAX_CHARACTERS: Final = 255


def _upcasts(upcasts: Mapping[int, Upcast]) -> Mapping[int, Upcast]:
    return MappingProxyType(dict(upcasts))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


@frozen
class Topic:
    """The stored name of a class, with a version; it decorates the class.

    name: what is stored, for ever; never a Python path. 1 to 255 characters.
    version: the shape's version, from 1. Raise it when the attributes change.
    upcasts: `{version: function}`, each from a raw body (a dict of JSON values) of that
      version to one of the next; they chain.
    formerly: names under which the class was stored before it was renamed.

    A topic is not inherited: a subclass needs its own.
    """

    name: str
    version: int = field(default=1, kw_only=True)
    upcasts: Mapping[int, Upcast] = field(factory=dict[int, Upcast], kw_only=True, converter=_upcasts, hash=False)
    formerly: tuple[str, ...] = field(default=(), kw_only=True, converter=_names)

    def __attrs_post_init__(self) -> None:
        """Refuse what could never be read back."""
        for name in (self.name, *self.formerly):
            if type(name) is not str or not 1 <= len(name) <= _MAX_CHARACTERS:
                raise ValueError(f"a topic's name must be 1 to {_MAX_CHARACTERS} characters, not {name!r}")
            try:
                name.encode()
            except UnicodeEncodeError as error:
                raise ValueError(f"a topic's name cannot hold a lone surrogate: {name!r}") from error
        if isinstance(self.version, bool) or self.version < 1:
            raise ValueError(f"topic {self.name!r}: versions count from 1, not {self.version!r}")
        stray = [version for version in self.upcasts if not 1 <= version < self.version]
        if stray:
            raise ValueError(
                f"topic {self.name!r}: upcasts from version(s) {stray}, but this class is version {self.version}"
            )

    def __call__(self, cls: type[K]) -> type[K]:
        """Name the class."""
        setattr(cls, _ATTRIBUTE, self)
        return cls

    @staticmethod
    def of(named: type) -> Topic:
        """The class's own topic; `UnsupportedType` if it has none."""
        topic = vars(named).get(_ATTRIBUTE)
        if not isinstance(topic, Topic):
            raise UnsupportedType(f'{named.__qualname__} has no topic of its own: decorate it with @Topic("...")')
        return topic

    @staticmethod
    def among(classes: Iterable[object]) -> tuple[type, ...]:
        """Those of the objects that are classes with a topic of their own."""
        return tuple(each for each in classes if isinstance(each, type) and _ATTRIBUTE in vars(each))
