"""The two faces of every engine are one text: only `async` and `await` tell them apart."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import aett.adapters
from aett.adapters import memory, sqlite

ADAPTERS = Path(aett.adapters.__file__).parent

RENAMED = {
    "AsyncIterator": "Iterator",
    "anext": "next",
    "arun": "run",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
}


class Hush(ast.NodeTransformer):
    """Takes `async`, `await` and the `Async` of names away."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.plain(node.name)
        return self.hush(node, ast.FunctionDef)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.plain(node.name)
        return node

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return self.hush(node, ast.For)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return self.hush(node, ast.With)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]  # ast has no types here

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.plain(node.id)
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        node.name = self.plain(node.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        self.generic_visit(node)
        node.names.sort(key=lambda alias: alias.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.plain(node.name)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            node.value = ""  # prose may name the face
        return node

    @staticmethod
    def hush(node: ast.AST, kind: type[ast.AST]) -> ast.AST:
        return ast.copy_location(kind(**{name: getattr(node, name) for name in node._fields}), node)

    @staticmethod
    def plain(name: str) -> str:
        return RENAMED.get(name, name.removeprefix("Async"))


def hushed(path: Path) -> str:
    tree = Hush().visit(ast.parse(path.read_text(encoding="utf-8")))
    return "\n".join(
        sorted(ast.unparse(each) for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom))
    ) + ("\n".join(ast.unparse(each) for each in tree.body if not isinstance(each, ast.Import | ast.ImportFrom)))


def test_the_awaiting_face_is_the_blocking_one_awaited() -> None:
    assert hushed(ADAPTERS / "faces/awaiting.py") == hushed(ADAPTERS / "faces/blocking.py")


def test_the_awaiting_repositories_are_the_blocking_ones_awaited() -> None:
    application = ADAPTERS.parent / "application"
    assert hushed(application / "async_repositories.py") == hushed(application / "repositories.py")


def test_a_face_that_drifts_is_noticed(tmp_path: Path) -> None:
    text = (ADAPTERS / "faces/awaiting.py").read_text(encoding="utf-8")
    drifted = tmp_path / "awaiting.py"
    drifted.write_text(text.replace("cursor = fetched.following", "cursor = None"), encoding="utf-8")
    assert hushed(drifted) != hushed(ADAPTERS / "faces/blocking.py")


@pytest.mark.parametrize("port", ["commit_store", "snapshot_store", "persistence_management"])
def test_a_port_says_the_same_twice(port: str) -> None:
    path = ADAPTERS.parent / "ports" / f"{port}.py"
    tree = Hush().visit(ast.parse(path.read_text(encoding="utf-8")))
    sync, awaited = (
        [ast.unparse(member) for member in each.body[1:]] for each in tree.body if isinstance(each, ast.ClassDef)
    )
    assert awaited == sync


@pytest.mark.parametrize("engine", [memory, sqlite])
@pytest.mark.parametrize("port", ["CommitStore", "SnapshotStore", "PersistenceManagement"])
def test_both_faces_of_an_engine_are_made_alike(engine: ModuleType, port: str) -> None:
    sync, awaited = (inspect.signature(getattr(engine, name)) for name in (port, f"Async{port}"))
    assert [(each.name, each.kind, each.default) for each in sync.parameters.values()] == [
        (each.name, each.kind, each.default) for each in awaited.parameters.values()
    ]
