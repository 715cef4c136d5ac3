"""Pools by SQLAlchemy, for drivers that bring none of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import Pool, QueuePool

from aett.adapters.lending.freshness import Freshness
from aett.core.errors import StorageUnavailable

K = TypeVar("K")


_USED = "aett: last used"
_VERIFIED = "aett: verified"


def pool_of(connect: Callable[[], Any], pool_size: int, timeout: float, is_alive: Callable[[Any], bool]) -> Pool:
    """A pool of so many connections at most; one that was idle goes out only if it is alive."""
    freshness = Freshness()

    def goes_out(connection: Any, record: Any, _: Any) -> None:
        used = record.info.get(_USED)
        if used is not None and freshness.must_be_proved(used) and not is_alive(connection):
            raise DisconnectionError  # so that the pool throws it away, and makes another

    def comes_back(_: Any, record: Any) -> None:
        record.info[_USED] = freshness.now()

    def thrown_away(*_: Any) -> None:
        freshness.found_broken()

    pool = QueuePool(
        connect,
        pool_size=pool_size,
        max_overflow=0,
        timeout=timeout,
        reset_on_return=None,  # a connection goes back as it came; a rollback would be a round trip
        use_lifo=True,
    )
    event.listen(pool, "checkout", goes_out)
    event.listen(pool, "checkin", comes_back)
    event.listen(pool, "invalidate", thrown_away)
    return pool


@contextmanager
def lent(
    pool: Pool,
    is_usable: Callable[[K], bool],
    finish: Callable[[K], None],
    verify: Callable[[K], None] | None = None,
) -> Generator[K]:
    """A connection of the pool; it goes back unless it was broken, or left in the middle of something.

    finish: commits what was done, if the connection is not in autocommit mode. verify: a connection of the
    caller's pool, when it is first lent.
    """
    try:
        fairy = pool.connect()
    except PoolTimeout as error:
        raise StorageUnavailable(f"no connection was free: {error}") from error
    connection: Any = fairy.dbapi_connection
    try:
        if verify is not None and _VERIFIED not in fairy.info:
            verify(connection)
            fairy.info[_VERIFIED] = True
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
