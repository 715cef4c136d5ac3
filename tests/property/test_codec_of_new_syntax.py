"""The codec of classes written in Python 3.12's syntax, which older Pythons cannot even parse."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aett import TopicMap
from aett.core.codec.codec import codec_for

MODERN = pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")

SOURCE = """
import dataclasses
import uuid

from attrs import frozen

from aett import Topic

T = bytes  # hidden by the type parameter


@frozen
class Money[T]:
    amount: T
    others: list[T]


@dataclasses.dataclass(frozen=True)
class Pair[A, B: int]:
    a: A
    b: B


@frozen
class Named[X](Money[X]):
    more: dict[str, X]


type Both[P] = tuple[P, P]
type Ids = list[uuid.UUID]
type Tree[N] = N | list[N]


@Topic("paid")
@frozen
class Paid:
    money: Money[int]
    pair: Pair[str, int]
    named: Named[float]
    both: Both[int]
    ids: Ids
    tree: Tree[str]


PAID = Paid(
    Money(5, [1]), Pair("x", 1), Named(1.5, [2.5], {"a": 0.5}), (1, 2), [uuid.UUID(int=1)], ["a"]
)
"""


def module_of(source: str, path: Path) -> ModuleType:
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@MODERN
@pytest.mark.parametrize("future", [True, False])
def test_type_parameters_are_resolved_and_filled_in(tmp_path: Path, future: bool) -> None:  # noqa: FBT001  # a parameter
    heading = "from __future__ import annotations\n" if future else ""
    module = module_of(heading + SOURCE, tmp_path / f"modern_{future}.py")
    TopicMap(module.Paid)
    codec = codec_for(module.Paid)
    raw = codec.encode(module.PAID)
    assert codec.decode(raw) == module.PAID
    with pytest.raises(ValueError, match=r"money.amount"):
        codec.decode(raw.replace(b'"amount":5', b'"amount":"5"'))
