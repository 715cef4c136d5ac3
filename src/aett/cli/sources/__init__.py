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

Row = tuple[Any, ...]

_OF_EVENTSOURCING: Final = {"sqlite": "sql", "postgresql": "sql", "postgres": "sql"}
_OF_AETT_3: Final = {
    **_OF_EVENTSOURCING,
    "mysql": "sql",
    "mariadb": "sql",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
    "dynamodb": "dynamodb",
    "s3": "s3",
}

_EXTRAS: Final = {"postgres": "postgresql", "mariadb": "mysql", "mongodb+srv": "mongodb"}
"""What brings the driver, where it is not called as the scheme."""


def aett_3(url: str, table: str) -> AbstractContextManager[Iterator[Row]]:
    """Rows of a table of aett 3.x; on MongoDB it is a collection, on S3 a folder."""
    return _rows("aett_3", _OF_AETT_3, url, table)


def eventsourcing(url: str, table: str) -> AbstractContextManager[Iterator[Row]]:
    """Rows of a table of eventsourcing."""
    return _rows("eventsourcing", _OF_EVENTSOURCING, url, table)


@contextmanager
def _rows(of: str, modules: Mapping[str, str], url: str, table: str) -> Generator[Iterator[Row]]:
    scheme = urlsplit(url).scheme
    if scheme not in modules:
        raise fail(f"a history is read from {', '.join(modules)}", MISUNDERSTOOD)
    with ExitStack() as stack:
        try:
            source = getattr(import_module(f"{__name__}.{modules[scheme]}"), of)
            rows = stack.enter_context(source(url, table))
        except ModuleNotFoundError as error:
            extra = _EXTRAS.get(scheme, scheme)
            raise fail(
                f'a history on {extra} needs {error.name}: pip install "aett[{extra}]"', MISUNDERSTOOD
            ) from error
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
