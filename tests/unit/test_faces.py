"""The two faces of every engine are one text: only `async` and `await` tell them apart."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest
from hush import Hush, hushed, hushed_classes

import aett.adapters
from aett.adapters import dynamodb, memory, mongodb, s3, sqlite

ADAPTERS = Path(aett.adapters.__file__).parent


def test_the_awaiting_face_is_the_blocking_one_awaited() -> None:
    assert hushed(ADAPTERS / "store/awaiting.py") == hushed(ADAPTERS / "store/blocking.py")


def test_the_awaiting_repositories_are_the_blocking_ones_awaited() -> None:
    application = ADAPTERS.parent / "application"
    assert hushed(application / "async_repositories.py") == hushed(application / "repositories.py")


@pytest.mark.parametrize("name", ["inline", "performing", "watching"])
def test_what_follows_the_log_is_the_same_awaited(name: str) -> None:
    following = ADAPTERS.parent / "application/following"
    assert hushed_classes(following / f"async_{name}.py") == hushed_classes(following / f"{name}.py")


def test_what_connects_is_the_same_awaited() -> None:
    connecting = ADAPTERS.parent / "connecting"
    assert hushed_classes(connecting / "async_stores.py") == hushed_classes(connecting / "stores.py")


def test_a_face_that_drifts_is_noticed(tmp_path: Path) -> None:
    text = (ADAPTERS / "store/awaiting.py").read_text(encoding="utf-8")
    drifted = tmp_path / "awaiting.py"
    drifted.write_text(text.replace("cursor = fetched.following", "cursor = None"), encoding="utf-8")
    assert hushed(drifted) != hushed(ADAPTERS / "store/blocking.py")


@pytest.mark.parametrize("port", ["commit_store", "snapshot_store", "register_store", "persistence_management"])
def test_a_port_says_the_same_twice(port: str) -> None:
    path = ADAPTERS.parent / "ports" / f"{port}.py"
    tree = Hush().visit(ast.parse(path.read_text(encoding="utf-8")))
    sync, awaited = (
        [ast.unparse(member) for member in each.body[1:]] for each in tree.body if isinstance(each, ast.ClassDef)
    )
    assert awaited == sync


@pytest.mark.parametrize("engine", [dynamodb, memory, mongodb, s3, sqlite])
@pytest.mark.parametrize("port", ["CommitStore", "SnapshotStore", "RegisterStore", "PersistenceManagement"])
def test_both_faces_of_an_engine_are_made_alike(engine: ModuleType, port: str) -> None:
    sync, awaited = (inspect.signature(getattr(engine, name)) for name in (port, f"Async{port}"))
    assert [(each.name, each.kind, each.default) for each in sync.parameters.values()] == [
        (each.name, each.kind, each.default) for each in awaited.parameters.values()
    ]
