"""Code with `async`, `await` and the `Async` of names taken away, to compare two faces."""

from __future__ import annotations

import ast
from pathlib import Path

RENAMED = {
    "AsyncIterator": "Iterator",
    "anext": "next",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "aconnect": "connect",
    "arun": "run",
    "async_check_exactly_once": "check_exactly_once",
    "async_settled": "settled",
    "async_each": "each",
    "async_batches": "batches",
    "awaiting_stores": "blocking_stores",
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

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """A list of all that is given is `list(...)` in the blocking face."""
        self.generic_visit(node)
        (comprehension,) = node.generators
        if not comprehension.is_async:
            return node
        return ast.copy_location(ast.Call(ast.Name("list"), [comprehension.iter], []), node)

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
        if name.startswith("_Async"):
            return f"_{name.removeprefix('_Async')}"
        return RENAMED.get(name, name.removeprefix("Async"))


def hushed_classes(path: Path) -> list[str]:
    """The classes alone: what stands around them are imports of one face or the other."""
    tree = Hush().visit(ast.parse(path.read_text(encoding="utf-8")))
    return [ast.unparse(each) for each in tree.body if isinstance(each, ast.ClassDef)]


def hushed(path: Path) -> str:
    tree = Hush().visit(ast.parse(path.read_text(encoding="utf-8")))
    return "\n".join(
        sorted(ast.unparse(each) for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom))
    ) + ("\n".join(ast.unparse(each) for each in tree.body if not isinstance(each, ast.Import | ast.ImportFrom)))
