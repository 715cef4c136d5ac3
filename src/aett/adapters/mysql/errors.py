"""What the errors of MySQL and MariaDB mean, by their numbers, whichever driver raises them."""

from __future__ import annotations

from typing import Any, Final

import pymysql

from aett.adapters.sql.failing import Failures
from aett.adapters.store.meaning import Meanings
from aett.core.errors import AettError

_DUPLICATE: Final = 1062
_VICTIM: Final = (1213, 1020, 1180, 1467, 1614, 3101)
"""Of a deadlock, a newer version of a row, COMMIT, a number that was not had, XA, a group of servers."""

_LOCKED: Final = (1205, 1969, 3024, 3572)
"""A lock was not had in time: by innodb_lock_wait_timeout, MariaDB's and MySQL's time for statements, NOWAIT."""

_OF_SERVERS: Final = frozenset((*range(1000, 2000), *range(3000, 6000)))
"""What is between is of the client's library: of a connection that broke, for one."""

_UNSURE: Final = (1053, 1180, 1317, 1927)
"""The server shuts down, COMMIT failed, the statement or the connection was killed."""

_MEANINGS: Final = Meanings(
    schema=(1054, 1136, 1146, 1364),
    refused=(1044, 1045, 1046, 1049, 1130, 1142, 1143, 1227, 1251, 1370, 1396, 1698, 1820, 1862, 2059, 3118, 4151),
    unsupported=(1290, 1792, 1836),
    corrupt=(126, 127, 144, 145, 1034, 1194, 1712),
)


def number(error: BaseException) -> int:
    """The server's number of the error; 0 if there is none."""
    arguments: tuple[Any, ...] = error.args
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0


def duplicate(error: BaseException) -> bool:
    """Whether a unique key was taken."""
    return number(error) == _DUPLICATE


def locked(error: BaseException) -> bool:
    """Whether a lock was not had in time."""
    return number(error) in _LOCKED


def _victim(error: BaseException) -> bool:
    return number(error) in _VICTIM


def _undone(error: BaseException) -> bool:
    return number(error) in _OF_SERVERS and number(error) not in _UNSURE


def _translated(error: Exception, name: str) -> AettError:
    return _MEANINGS.error(frozenset({number(error)}), f"{name}: {_text(error)[:500]}")


def _text(error: Exception) -> str:
    arguments: tuple[Any, ...] = error.args
    return str(arguments[-1]) if arguments and arguments[-1] else type(error).__name__


FAILURES: Final = Failures((pymysql.Error, OSError, TimeoutError), _victim, _undone, _translated)
"""aiomysql raises what PyMySQL raises."""
