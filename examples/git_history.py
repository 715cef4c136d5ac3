"""Git's history in an event store: a stream for each file, a commit for each Git commit that touched it.

    python examples/git_history.py [REPOSITORY] [--store URL] [--file PATH] [--at DATE]

What `git log --numstat` tells of the branch at HEAD is stored, oldest first, then read again. A
commit's id is derived from Git's hash and the path, so nothing is ever stored twice. Merges are
left out: what they bring is counted in the commits that they merge. A renamed file is two files.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import IO, Annotated, Any, Final, Never
from uuid import UUID, uuid5

import typer
from attrs import evolve as changed
from attrs import frozen
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from aett import (
    AettError,
    Aggregate,
    CommitTooLarge,
    ConflictingCommit,
    DefaultAggregateRepository,
    DuplicateCommit,
    Failure,
    Head,
    Impossible,
    NonConflictingCommit,
    Result,
    Success,
    Topic,
    TopicMap,
    accept,
    fold,
)
from aett.ports import CommitStore

# The domain: what can happen to a file, and what that comes to.


@Topic("git.file-changed")
@frozen
class FileChanged:
    """A Git commit touched the file; lines are None if Git takes it for binary."""

    path: str
    added: int | None
    deleted: int | None
    author: str
    git_hash: str
    subject: str


@Topic("git.imported")
@frozen
class Imported:
    """All that this Git commit descends from has been stored."""

    git_hash: str


@frozen
class File:
    """What a file's changes come to."""

    path: str = ""
    changes: int = 0
    added: int = 0
    deleted: int = 0
    authors: frozenset[str] = frozenset()
    subject: str = ""


def evolve(file: File, event: FileChanged) -> Result[File, Impossible]:
    """The file after a change."""
    return Success(
        File(
            event.path,
            file.changes + 1,
            file.added + (event.added or 0),
            file.deleted + (event.deleted or 0),
            file.authors | {event.author},
            event.subject,
        )
    )


def decide(_: File, change: FileChanged) -> Result[tuple[FileChanged, ...], Never]:
    """Git has decided already."""
    return accept(change)


FILE: Final = Aggregate(name="file", initial=File(), evolve=evolve, decide=decide)
TOPICS: Final = TopicMap(FileChanged, Imported)


# Git: what it tells, as values.

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Unusable(Exception):
    """What the user gave cannot be used: one line says why, and the exit status is 2."""


@frozen
class Change:
    """One path of a Git commit."""

    path: bytes
    added: int | None
    deleted: int | None


@frozen
class GitCommit:
    """A Git commit with what it changed."""

    git_hash: str
    stamp: datetime
    author: str
    subject: str
    changes: tuple[Change, ...] = ()


@frozen
class Repository:
    """A Git repository, asked by its own program."""

    path: Path
    tenant: str
    head: str

    @staticmethod
    def at(path: Path) -> "Repository":
        """The repository that holds this directory, or `Unusable`."""
        if not path.is_dir():
            raise Unusable(f"{path} is not a directory" if path.exists() else f"{path} does not exist")
        inside = path / os.fsdecode(_git(path, "rev-parse", "--git-common-dir").rstrip(b"\n"))
        place = inside.resolve()
        named = place.parent if place.name == ".git" else place
        name = os.fsencode(named.name)[:40].decode(errors="ignore")
        tenant = f"{name or 'repository'}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:16]}"
        try:
            head = _git(path, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()
        except Unusable:
            raise Unusable(f"{path} is a Git repository without commits") from None
        return Repository(path, tenant, head)

    def count(self, known: Sequence[str]) -> int:
        """How many commits `log` gives."""
        return int(_git(self.path, "rev-list", "--count", *self._range(known)))

    def log(self, known: Sequence[str]) -> Generator[GitCommit, None, None]:
        """The commits at HEAD that none of the known ones descends from, parents first, read as they come."""
        # What a user's configuration could change is said here, or the output would not be ours to read.
        command = (
            *("log", "-z", "--date-order", "--reverse", "--format=%x01%H%x00%ct%x00%an%x00%s"),
            *("--numstat", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv"),
            *("--no-color", "--no-notes", "--no-show-signature", "--encoding=UTF-8"),
            *self._range(known),
        )
        with TemporaryFile() as complaints:
            with subprocess.Popen(  # noqa: S603  # the program is git; the arguments are ours and hashes
                _command(self.path, command), env=_environment(), stdout=subprocess.PIPE, stderr=complaints
            ) as process:
                if process.stdout is not None:
                    yield from parsed(tokens(process.stdout))
            if process.returncode:
                complaints.seek(0)
                raise Unusable(_complaint(self.path, complaints.read()))

    def _range(self, known: Sequence[str]) -> tuple[str, ...]:
        return ("--no-merges", "--ignore-missing", self.head, "--not", *known, "--")


def tokens(stream: IO[bytes]) -> Iterator[bytes]:
    """What stands between the NULs."""
    rest = b""
    while piece := stream.read(1 << 16):
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole
    yield rest


def parsed(parts: Iterator[bytes]) -> Iterator[GitCommit]:
    """The commits that `Repository.log` asked for: a header, marked, then added, deleted and path of each file."""
    commit: GitCommit | None = None
    changes: list[Change] = []
    for part in parts:
        if part.startswith(b"\x01"):
            if commit is not None:
                yield changed(commit, changes=tuple(changes))
            seconds, author, subject = (next(parts, b"").decode(errors="replace") for _ in range(3))
            commit, changes = GitCommit(part[1:].decode(), instant(seconds), author, subject), []
        elif line := part.lstrip(b"\n"):
            added, deleted, path = line.split(b"\t", 2)
            changes.append(Change(path, _lines(added), _lines(deleted)))
    if commit is not None:
        yield changed(commit, changes=tuple(changes))


def instant(seconds: str) -> datetime:
    """Git's seconds since 1970; what no calendar holds becomes the nearest that one does."""
    try:
        return EPOCH + timedelta(seconds=int(seconds or 0))
    except OverflowError:
        return datetime(1 if seconds.startswith("-") else 9999, 1, 1, tzinfo=UTC)


def _lines(count: bytes) -> int | None:
    return None if count == b"-" else int(count)


def _git(path: Path, *arguments: str) -> bytes:
    done = subprocess.run(  # noqa: S603  # the program is git; the arguments are ours and hashes
        _command(path, arguments), env=_environment(), capture_output=True, check=False
    )
    if done.returncode:
        raise Unusable(_complaint(path, done.stderr))
    return done.stdout


def _command(path: Path, arguments: Sequence[str]) -> tuple[str, ...]:
    program = shutil.which("git")
    if program is None:
        raise Unusable("git is not installed, or not on the PATH")
    return (program, "-C", str(path), *arguments)


def _environment() -> dict[str, str]:
    # Git's own variables, as hooks set them, would lead to another repository than the one asked for.
    leading = {"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX"}
    return {name: value for name, value in os.environ.items() if name not in leading} | {"LC_ALL": "C"}


def _complaint(path: Path, told: bytes) -> str:
    said = told.decode(errors="replace").strip()
    if "not a git repository" in said.lower():
        return f"{path} is not in a Git repository"
    return f"{path}: git says: {said or 'nothing'}"


# The store: written with what Git tells, and read.

SCRIPT: Final = Path(__file__).resolve()
DEFAULT_STORE: Final = SCRIPT.parent.parent / ".demo" / "git_history.db"
IDS: Final = UUID("6f1b6a86-1f0e-4b7e-9d3c-7d1c3f0a5b42")
IMPORTS: Final = "imports"
MOST_KNOWN: Final = 50
MOST_SHOWN: Final = 10
LONGEST_STREAM_ID: Final = 255


ENGINES: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
    "dynamodb": "dynamodb",
    "s3": "s3",
}
"""The engines by the schemes of their URLs."""


@contextmanager
def opened(store: str | None) -> Generator[CommitStore, None, None]:
    """The commit store at a URL, ready for use."""
    if store is None:
        try:
            DEFAULT_STORE.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise Unusable(f"{DEFAULT_STORE.parent} cannot be made: {error.strerror}") from None
        store = str(DEFAULT_STORE)
    scheme, given, _ = store.partition("://")
    name = "mssql" if store.upper().startswith("DRIVER=") else ENGINES.get(scheme if given else "sqlite")
    if not store or name is None:
        schemes = ", ".join(ENGINES)
        raise Unusable(f"--store {shown(scheme)}: a path, a URL of {schemes}, or an ODBC string is supported")
    # NORMAL does not wait for the disk at every commit. After a loss of power, run it again.
    settings: dict[str, Any] = {"synchronous": "NORMAL"} if name == "sqlite" else {}
    engine = import_module(f"aett.adapters.{name}")
    try:
        with engine.PersistenceManagement(store, **settings) as place:
            place.initialize()
        with engine.CommitStore(store, topic_map=TOPICS, **settings) as commits:
            yield commits
    except (ModuleNotFoundError, ValueError) as error:
        raise Unusable(f"--store: {error}") from None


def stream_of(path: bytes) -> str:
    """The stream of a path: itself, or its beginning and a hash if it is too long or no UTF-8."""
    try:
        stream = f"file:{path.decode()}"
    except UnicodeDecodeError:
        stream = ""
    if stream and len(stream.encode()) <= LONGEST_STREAM_ID:
        return stream
    digest = hashlib.sha256(path).hexdigest()
    return f"file:{path[:180].decode(errors='ignore')}~{digest}"


@frozen
class Writing:
    """Appends Git commits to the streams of the files they touched."""

    store: CommitStore
    tenant: str

    def known(self) -> list[str]:
        """The Git commits up to which all has been stored, the latest few."""
        bodies = (body for commit in self.store.get(self.tenant, IMPORTS) for body in commit.bodies)
        return [body.git_hash for body in bodies if isinstance(body, Imported)][-MOST_KNOWN:]

    def write(self, commits: Iterable[GitCommit], imported: GitCommit) -> int:
        """Store what is new, then that all is stored; the number of new events."""
        heads: dict[str, Head] = {}
        new = 0
        for commit in commits:
            for change in commit.changes:
                stream = stream_of(change.path)
                path = change.path.decode(errors="backslashreplace")
                event = FileChanged(
                    path, change.added, change.deleted, commit.author, commit.git_hash, commit.subject
                )
                unique = uuid5(IDS, f"{commit.git_hash} {change.path.hex()}")
                head = heads.get(stream) or Head(self.tenant, stream)
                heads[stream], stored = self._append(head, event, unique, commit.stamp)
                new += stored
        self._append(
            Head(self.tenant, IMPORTS),
            Imported(imported.git_hash),
            uuid5(IDS, imported.git_hash),
            imported.stamp,
        )
        return new

    def _append(self, head: Head, event: object, commit_id: UUID, stamp: datetime) -> tuple[Head, bool]:
        """The head after the event, and whether it is new: the store's answer leads to where it goes."""
        while True:
            match self.store.commit(head.commit(event, commit_id=commit_id, stamp=stamp)):
                case Success(commit):
                    return Head.after(commit), True
                case Failure(rejection):
                    match rejection:
                        case DuplicateCommit(stored):
                            return Head.after(stored), False
                        case ConflictingCommit(committed) | NonConflictingCommit(committed):
                            start = Head(head.tenant_id, head.stream_id)
                            head = Head.after(committed[-1]) if committed else start
                        case CommitTooLarge(size, limit):
                            raise Unusable(f"{head.stream_id}: {size:,} bytes, the store takes {limit:,}")


def read(store: CommitStore, tenant: str) -> dict[str, File]:
    """Every file by its stream, folded from the tenant's log."""
    files: dict[str, File] = {}
    for commit in store.get_from(tenant):
        events = [body for body in commit.bodies if isinstance(body, FileChanged)]
        if events:
            stream = commit.stream_id
            files[stream] = fold(FILE, events, state=files.get(stream, FILE.initial)).unwrap()
    return files


# The program.


def shown(text: str) -> str:
    """Text for people: what a terminal would obey is spelt out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def rate(count: int, seconds: float, what: str) -> str:
    """How many, in what time, and how many that is in a second."""
    return f"{what} {count:,} events in {seconds:.2f} s ({count / max(seconds, 1e-9):,.0f} a second)"


def table_of(files: Iterable[File]) -> Table:
    """These files, the most changed first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("most changed", overflow="fold")
    for heading in ("changes", "added", "deleted", "authors"):
        table.add_column(heading, justify="right")
    for file in files:
        figures = (file.changes, file.added, file.deleted, len(file.authors))
        table.add_row(Text(shown(file.path)), *(f"{figure:,}" for figure in figures))
    return table


def then(store: CommitStore, tenant: str, stream: str, when: datetime | None) -> str:
    """A file as it was at a time: given, or that of the change in the middle of its history."""
    files = DefaultAggregateRepository(tenant, store=store)
    whole = files.get(FILE, stream).unwrap()
    if when is None:
        middle = (whole.revision + 1) // 2
        when = next(store.get(tenant, stream, min_revision=middle, max_revision=middle)).commit_stamp
    past = files.get_to(FILE, stream, when).unwrap()
    title = f"{shown(whole.state.path)} on {when:%Y-%m-%d %H:%M:%S} UTC"
    if not past.revision:
        return f"{title}: not there yet"
    file = past.state
    return (
        f"{title}: change {past.revision:,} of {whole.revision:,}, {file.added:,} lines added and"
        f" {file.deleted:,} deleted by {len(file.authors):,} author(s); last: {shown(file.subject)}"
    )


def import_history(repository: Repository, store: CommitStore, console: Console) -> str:
    """Store what is new; what was done, in words."""
    writing = Writing(store, repository.tenant)
    known = writing.known()
    total = repository.count(known)
    columns = (TextColumn("storing Git commits"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    start = perf_counter()
    imported = GitCommit(repository.head, datetime.now(UTC), "", "")
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        closing(repository.log(known)) as commits,
    ):
        new = writing.write(progress.track(commits, total=total), imported)
    if not new:
        return f"written: nothing new ({total:,} Git commits looked at)"
    return rate(new, perf_counter() - start, "written:")


def tell(repository: Repository, store: CommitStore, path: str | None, at: datetime | None) -> None:
    """Import, read and print."""
    console = Console(highlight=False, emoji=False, markup=False)
    written = import_history(repository, store, console)
    start = perf_counter()
    files = read(store, repository.tenant)
    count = sum(file.changes for file in files.values())
    seconds = perf_counter() - start
    ordered = sorted(files, key=lambda each: (-files[each].changes, each))
    stream = ordered[0] if ordered else None
    if path is not None:
        stream = stream_of(os.fsencode(path))
        if stream not in files:
            raise Unusable(f"--file {shown(path)}: no commit at HEAD ever touched it")
    console.print(f"{shown(repository.tenant)}: {len(files):,} files", soft_wrap=True)
    if stream is not None:
        console.print(table_of(files[each] for each in ordered[:MOST_SHOWN]))
        console.print(then(store, repository.tenant, stream, at), soft_wrap=True)
    console.print(written, soft_wrap=True)
    console.print(rate(count, seconds, "read:   "), soft_wrap=True)


def main(
    repository: Annotated[Path, typer.Argument(help="A directory in a Git repository.")] = SCRIPT.parent,
    store: Annotated[
        str | None, typer.Option(help="A path, or a URL such as postgresql://user@host/name.")
    ] = None,
    file: Annotated[str | None, typer.Option(help="The file to show, as Git names it.")] = None,
    at: Annotated[datetime | None, typer.Option(help="The time to travel to, in UTC.")] = None,
) -> None:
    """Store a Git repository's history, a stream for each file, and read it again."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        found = Repository.at(repository)
        with opened(store) as commits:
            tell(found, commits, file, None if at is None else at.replace(tzinfo=UTC))
    except (Unusable, AettError) as error:
        print(shown(" ".join(f"git_history: {error}".split())), file=sys.stderr)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    typer.run(main)
