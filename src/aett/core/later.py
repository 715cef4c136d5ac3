"""Names that a package gives only when they are asked for, because they take long or need an extra (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def later(
    package: str, modules: Mapping[str, str], extras: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    modules: of each name the module that holds it, relative to the package.
    extras: of a module the extra that it needs; without it, a `ModuleNotFoundError` says what to install.
    """

    def get(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = modules[name]
        try:
            return getattr(import_module(f"{package}.{module}"), name)
        except ModuleNotFoundError as error:
            extra = (extras or {}).get(module)
            if extra is None:
                raise
            missing = str(error.name).partition(".")[0]
            message = f'{package}.{name} needs {missing}: pip install "aett[{extra}]"'
            raise ModuleNotFoundError(message, name=error.name) from error

    return get
