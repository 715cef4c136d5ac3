"""Pools by SQLAlchemy, for drivers that bring none of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, QueuePool

from aett.adapters.sql.server import Server
from aett.core.errors import StorageUnavailable

K = TypeVar("K")


def pool_of(server: Server, connect: Callable[[], Any]) -> Pool:
    """A pool of connections to a server."""
    return QueuePool(
        connect,
        pool_size=server.pool_size,
        max_overflow=0,
        timeout=server.timeout,
        reset_on_return=None,  # a connection goes back as it came; a rollback would be a round trip
        use_lifo=True,
    )


@contextmanager
def lent(pool: Pool, is_usable: Callable[[K], bool]) -> Generator[K]:
    """A connection of the pool; it goes back unless it was broken, or left in the middle of something."""
    try:
        fairy = pool.connect()
    except PoolTimeout as error:
        raise StorageUnavailable(f"no connection was free: {error}") from error
    connection: Any = fairy.dbapi_connection
    try:
        yield connection
    except Exception:
        if not is_usable(connection):
            fairy.invalidate()
        raise
    except BaseException:
        fairy.invalidate()
        raise
    finally:
        fairy.close()
