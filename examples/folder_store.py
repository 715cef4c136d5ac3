"""An event store of files in a folder: a whole adapter, sync and async, for any number of processes.

1. `log.jsonl` says first by what it was made; then it has a line for each commit and each snapshot.
2. A lock on a file, which the operating system lets go of when its holder dies, is held for each call.
3. A line counts when its line break is on the disk: what a writer left that died, the next one cuts off.
4. A purge puts a new file in place of the old. A commit of nobody's in it has the highest checkpoint.
5. `registers.json` holds the registers; each change puts a new file in its place.
"""

import fcntl
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from aett import MAX_REVISION, CorruptStorage, Register, SchemaMismatch, Snapshot, StorageUnavailable
from aett.adapters.keeping import Record, stores

MADE_BY = b'{"made by": "folder store, format 1"}\n'
NOBODY = Record("", "", 0, 0, 0, b"", 0, b"", b"", b"", 0)
LINES = msgspec.json.Decoder(Record | Snapshot)  # an array for a commit, an object for a snapshot


class Folder:
    """A keeper (`aett.adapters.keeping.Keeper`): all that an adapter has to bring."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.log = self.path / "log.jsonl"

    def initialize(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if not self.log.exists():
                self._replace([])
            next(self._items(), None)

    def append(self, record: Record) -> int | None:
        with self._alone():
            records = [each for each in self._items() if isinstance(each, Record)]
            stream = [each for each in records if each[:2] == record[:2]]
            head = (stream[-1].commit_sequence, stream[-1].stream_revision) if stream else (0, 0)
            follows = head == (record.commit_sequence - 1, record.first_revision - 1)
            if not follows or any(each.commit_id == record.commit_id for each in stream):
                return None
            checkpoint = max((each.checkpoint or 0 for each in records), default=0) + 1
            self._write(record._replace(checkpoint=checkpoint))
            return checkpoint

    def find(self, tenant_id: str, stream_id: str, commit_id: bytes) -> Record | None:
        place = (tenant_id, stream_id, commit_id)
        return next(iter(self._read(lambda each: (*each[:2], each.commit_id) == place, 1)), None)

    def stream_page(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> list[Record]:
        place = (tenant_id, stream_id)
        return self._read(lambda r: r[:2] == place and r.stream_revision >= low and r.first_revision <= high, size)

    def stream_back(self, tenant_id: str, stream_id: str, low: int, high: int, size: int) -> list[Record]:
        place = (tenant_id, stream_id)
        return self._read(lambda r: r[:2] == place and low <= r.stream_revision <= high)[: -size - 1 : -1]

    def log_page(self, tenant_id: str, after: int, upto: int, max_stamp: int | None, size: int) -> list[Record]:
        until = MAX_REVISION if max_stamp is None else max_stamp
        return self._read(lambda r: _stands(r, tenant_id, after, upto) and r.commit_stamp <= until, size)

    def log_back(self, tenant_id: str, after: int, upto: int, size: int) -> list[Record]:
        return self._read(lambda r: _stands(r, tenant_id, after, upto))[: -size - 1 : -1]

    def tenants(self, after: str, size: int) -> list[str]:
        return sorted({r.tenant_id for r in self._read(lambda r: r.tenant_id > after)})[:size]

    def find_snapshot(self, tenant_id: str, stream_id: str, max_revision: int) -> Snapshot | None:
        with self._alone():
            kept = [each for each in self._items() if _place(each) == (tenant_id, stream_id)]
        found = [each for each in kept if isinstance(each, Snapshot) and each.head.revision <= max_revision]
        return max(reversed(found), key=lambda each: each.head.revision, default=None)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        with self._alone():
            self._write(snapshot)

    def find_register(self, tenant_id: str, name: str) -> Register | None:
        with self._alone():
            found = {(each.tenant_id, each.name): each for each in self._registers()}
        return found.get((tenant_id, name))

    def swap_register(self, old: Register, new: Register) -> bool:
        with self._alone():
            registers = {(each.tenant_id, each.name): each for each in self._registers()}
            place = (old.tenant_id, old.name)
            if registers.pop(place, Register(*place)).version != old.version:
                return False
            registers |= {place: new} if new.exists else {}
            _put(self.path / "registers.json", [msgspec.json.encode(list(registers.values()))])
            return True

    def register_names(self, tenant_id: str, prefix: str, after: str, size: int) -> list[str]:
        with self._alone():
            names = sorted(each.name for each in self._registers() if each.tenant_id == tenant_id)
        return [each for each in names if each.startswith(prefix) and each > after][:size]

    def purge(self, tenant_id: str) -> None:
        self._keep_only(lambda place: place[0] != tenant_id)
        with self._alone():
            kept = [each for each in self._registers() if each.tenant_id != tenant_id]
            _put(self.path / "registers.json", [msgspec.json.encode(kept)])

    def purge_stream(self, tenant_id: str, stream_id: str) -> None:
        self._keep_only(lambda place: place != (tenant_id, stream_id))

    def drop(self) -> None:
        for name in ("log.jsonl", "log.new", "registers.json", "registers.new", "lock"):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Generator[None]:
        with (self.path / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _items(self) -> Iterator[Record | Snapshot]:
        with self.log.open("rb") as log:
            if log.readline() != MADE_BY:
                raise SchemaMismatch(f"{self.log} was not made by this version")
            yield from (_item(line) for line in log if line.endswith(b"\n"))

    def _read(self, wanted: Callable[[Record], bool], size: int | None = None) -> list[Record]:
        with self._alone():
            records = (each for each in self._items() if isinstance(each, Record))
            return list(islice(filter(wanted, records), size))

    def _write(self, item: Record | Snapshot) -> None:
        with self.log.open("r+b") as log:
            log.truncate(log.seek(sum(len(each) for each in log if each.endswith(b"\n"))))
            log.write(_line(item))
            log.flush()
            os.fsync(log.fileno())

    def _keep_only(self, stays: Callable[[tuple[str, str]], bool]) -> None:
        with self._alone():
            items = list(self._items())
            highest = max((each.checkpoint or 0 for each in items if isinstance(each, Record)), default=0)
            kept = [each for each in items if stays(_place(each)) and _place(each) != _place(NOBODY)]
            self._replace([*kept, NOBODY._replace(checkpoint=highest)])

    def _registers(self) -> list[Register]:
        path = self.path / "registers.json"
        return msgspec.json.decode(path.read_bytes(), type=list[Register]) if path.exists() else []

    def _replace(self, items: list[Record | Snapshot]) -> None:
        _put(self.log, [MADE_BY, *map(_line, items)])


def _put(path: Path, lines: list[bytes]) -> None:
    with path.with_suffix(".new").open("wb") as new:
        new.writelines(lines)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).replace(path)


def _place(item: Record | Snapshot) -> tuple[str, str]:
    found = item if isinstance(item, Record) else item.head
    return found.tenant_id, found.stream_id


def _stands(record: Record, tenant_id: str, after: int, upto: int) -> bool:
    return record.tenant_id == tenant_id and after < (record.checkpoint or 0) <= upto


def _line(item: Record | Snapshot) -> bytes:
    return msgspec.json.encode(item) + b"\n"


def _item(line: bytes) -> Record | Snapshot:
    try:
        item: Record | Snapshot = LINES.decode(line)
    except msgspec.MsgspecError as error:
        raise CorruptStorage(f"a line of the log is neither a commit nor a snapshot: {error}") from error
    return item


MEANINGS = ((FileNotFoundError, SchemaMismatch), (OSError, StorageUnavailable))
CommitStore, SnapshotStore, RegisterStore, PersistenceManagement, *awaited = stores(
    Folder, __name__, failures=MEANINGS
)
AsyncCommitStore, AsyncSnapshotStore, AsyncRegisterStore, AsyncPersistenceManagement = awaited
