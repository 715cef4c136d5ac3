"""Where the histories of other stores are read: each engine in a file of its own, imported when it is needed.

A source gives rows in the order of the log that it had, for `operating.foreign`: of aett 3.x as `of_aett_3` takes
them, of eventsourcing as `of_eventsourcing` does. It only reads.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from aett.cli.asking import MISUNDERSTOOD, REFUSED, fail
from aett.connecting.engine import ENGINES

Row = tuple[Any, ...]

_OF_EVENTSOURCING: Final = {"sqlite": "sql", "postgresql": "sql"}
_OF_AETT_3: Final = {
    **_OF_EVENTSOURCING,
    "mysql": "sql",
    "mongodb": "mongodb",
    "dynamodb": "dynamodb",
    "s3": "s3",
}
"""The module that reads an engine."""


def aett_3(url: str, table: str) -> AbstractContextManager[Iterator[Row]]:
    """Rows of a table of aett 3.x; on MongoDB it is a collection, on S3 a folder."""
    return _rows("aett_3", _OF_AETT_3, url, table)


def eventsourcing(url: str, table: str) -> AbstractContextManager[Iterator[Row]]:
    """Rows of a table of eventsourcing."""
    return _rows("eventsourcing", _OF_EVENTSOURCING, url, table)


@contextmanager
def _rows(of: str, modules: Mapping[str, str], url: str, table: str) -> Generator[Iterator[Row]]:
    engine = ENGINES.get(urlsplit(url).scheme, "")
    if engine not in modules:
        schemes = ", ".join(scheme for scheme, known in ENGINES.items() if known in modules)
        raise fail(f"a history is read from {schemes}", MISUNDERSTOOD)
    with ExitStack() as stack:
        try:
            source = getattr(import_module(f"{__name__}.{modules[engine]}"), of)
            rows = stack.enter_context(source(url, table))
        except ModuleNotFoundError as error:
            needed = f'a history on {engine} needs {error.name}: pip install "aett[{engine}]"'
            raise fail(needed, MISUNDERSTOOD) from error
        except ValueError as error:  # our own ValueErrors show nothing that may be secret
            raise fail(str(error), MISUNDERSTOOD) from error
        except Exception as error:
            raise fail(f"the source cannot be reached: {type(error).__name__}", REFUSED) from error
        yield _read(rows)


def _read(rows: Iterator[Row]) -> Iterator[Row]:
    try:
        yield from rows
    except Exception as error:
        raise fail(f"the source cannot be read: {type(error).__name__}: {error}", REFUSED) from error
