"""Instants: UTC, exact to the microsecond, and as the integers that engines store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aett.core.errors import InvalidCommit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def aware(stamp: datetime, what: str) -> datetime:
    """The same instant, as a plain `datetime`; `InvalidCommit` if it is naive: it would be another one elsewhere.

    A subclass (pendulum's, pandas's) counts, compares and prints in ways of its own.
    """
    if not isinstance(stamp, datetime):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
        raise InvalidCommit(f"{what} must be a datetime, not {type(stamp).__name__}")
    if stamp.utcoffset() is None:
        raise InvalidCommit(f"{what} {stamp.isoformat()} is naive: give it a time zone, best UTC")
    return stamp if type(stamp) is datetime else _plain(stamp)


def utc(stamp: datetime, what: str = "commit_stamp") -> datetime:
    """The instant in UTC; `InvalidCommit` if it is naive or falls outside of UTC's years 1 to 9999."""
    if type(stamp) is datetime and stamp.tzinfo is UTC:
        return stamp
    stamp = aware(stamp, what)
    try:
        return stamp.astimezone(UTC)
    except OverflowError as error:
        raise InvalidCommit(f"{what} {stamp.isoformat()} is outside of the years 1 to 9999 in UTC") from error


def _plain(stamp: datetime) -> datetime:
    day = (stamp.year, stamp.month, stamp.day)
    hour = (stamp.hour, stamp.minute, stamp.second, stamp.microsecond)
    return datetime(*day, *hour, tzinfo=stamp.tzinfo, fold=stamp.fold)


def to_microseconds(stamp: datetime) -> int:
    """Microseconds since 1970 in UTC, exact over the whole range of `datetime`, in any zone."""
    return (stamp - EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The instant so many microseconds after 1970."""
    return EPOCH + timedelta(0, 0, count)  # by place: by name it takes twice as long
