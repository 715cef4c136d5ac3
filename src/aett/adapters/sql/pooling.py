"""Pools by SQLAlchemy, for drivers that bring none of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, QueuePool

from aett.core.errors import StorageUnavailable

K = TypeVar("K")


def pool_of(connect: Callable[[], Any], pool_size: int, timeout: float) -> Pool:
    """A pool of so many connections at most."""
    return QueuePool(
        connect,
        pool_size=pool_size,
        max_overflow=0,
        timeout=timeout,
        reset_on_return=None,  # a connection goes back as it came; a rollback would be a round trip
        use_lifo=True,
    )


@contextmanager
def lent(pool: Pool, is_usable: Callable[[K], bool], finish: Callable[[K], None]) -> Generator[K]:
    """A connection of the pool; it goes back unless it was broken, or left in the middle of something.

    finish: commits what was done, if the connection is not in autocommit mode.
    """
    try:
        fairy = pool.connect()
    except PoolTimeout as error:
        raise StorageUnavailable(f"no connection was free: {error}") from error
    connection: Any = fairy.dbapi_connection
    try:
        yield connection
        finish(connection)
    except Exception:
        if not is_usable(connection):
            fairy.invalidate()
        raise
    except BaseException:
        fairy.invalidate()
        raise
    finally:
        fairy.close()
