"""The example that reads Git's history, run on real repositories as a user would run it."""

import importlib.util
import os
import sqlite3
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
import typer
from tests.repositories import QUIET, Repository, who

from aett import Commit
from aett.adapters.sqlite import CommitStore

SCRIPT = Path(__file__).parents[2] / "examples" / "git_history.py"


def script() -> ModuleType:
    """The example as a module, for the classes of its events."""
    spec = importlib.util.spec_from_file_location("git_history", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["git_history"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HISTORY = script()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.made(tmp_path / "repository")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the script does, in this process: to start one takes longer than all that a test does."""
    out, err, status = StringIO(), StringIO(), 0
    with (
        patch.dict(os.environ, QUIET | environment, clear=True),
        patch.object(sys, "argv", [str(SCRIPT), *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            typer.run(HISTORY.main)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def printed(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(*arguments: str | Path, **environment: str) -> str:
    done = run(*arguments, **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def stored(store: Path) -> dict[str, list[Commit]]:
    """The commits of the only tenant, by file."""
    with sqlite3.connect(store) as connection:
        tenants = [tenant for (tenant,) in connection.execute("SELECT DISTINCT tenant_id FROM commits")]
    connection.close()
    assert len(tenants) == 1
    files: dict[str, list[Commit]] = {}
    with CommitStore(store, topic_map=HISTORY.TOPICS) as commits:
        for commit in commits.get_from(tenants[0]):
            if commit.stream_id != HISTORY.IMPORTS:
                files.setdefault(commit.stream_id.removeprefix("file:"), []).append(commit)
    return files


def events(commits: list[Commit]) -> list[Any]:
    return [body for commit in commits for body in commit.bodies]


def lines(commits: list[Commit]) -> list[tuple[int | None, int | None]]:
    return [(event.added, event.deleted) for event in events(commits)]


def test_each_file_is_a_stream_and_each_git_commit_a_commit(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n2\n", "b": "1\n"}, author="Ada", at="1700000000 +0100")
    repository.commit("second", {"a": "1\n3\n4\n"}, author="Æsir ᚨ", at="1700000060 -1130")
    printed(repository.path, "--store", store)
    files = stored(store)
    assert lines(files["a"]) == [(2, 0), (2, 1)]
    assert lines(files["b"]) == [(1, 0)]
    first, second = events(files["a"])
    assert (first.author, first.subject, first.path) == ("Ada", "first", "a")
    assert (second.author, second.subject) == ("Æsir ᚨ", "second")
    assert files["a"][1].commit_stamp == datetime.fromtimestamp(1700000060, UTC)


def test_it_prints_the_most_changed_files_and_the_past_of_one(repository: Repository, store: Path) -> None:
    for number in range(4):
        at = f"{1700000000 + 86400 * number} +0000"
        repository.commit(f"change {number}", {"often": "line\n" * (number + 1), f"once{number}": ""}, at=at)
    command = (sys.executable, SCRIPT, repository.path, "--store", store)
    out = subprocess.run(command, env=QUIET, capture_output=True, text=True, check=True).stdout  # noqa: S603  # ours
    table = [line.split() for line in out.splitlines()[2:4]]
    assert table == [["often", "4", "4", "0", "1"], ["once0", "1", "0", "0", "1"]]
    assert "often on 2023-11-15 22:13:20 UTC: change 2 of 4, 2 lines added" in out
    assert "written: 8 events in" in out
    assert "read:    8 events in" in out
    assert "a second)" in out


def test_a_file_and_a_time_can_be_chosen(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n", "b": "1\n"})
    repository.commit("second", {"a": "2\n"})
    out = printed(repository.path, "--store", store, "--file", "b", "--at", "2030-01-01")
    assert "b on 2030-01-01 00:00:00 UTC: change 1 of 1" in out
    out = printed(repository.path, "--store", store, "--file", "b", "--at", "2001-01-01")
    assert "b on 2001-01-01 00:00:00 UTC: not there yet" in out
    assert "no commit at HEAD ever touched it" in refused(repository.path, "--store", store, "--file", "c")


def test_the_second_run_stores_nothing_twice(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n", "b": "1\n"})
    repository.commit("second", {"a": "2\n"})
    printed(repository.path, "--store", store)
    before = stored(store)
    assert "written: nothing new" in printed(repository.path, "--store", store)
    assert stored(store) == before


def test_what_was_interrupted_is_completed_and_stored_once(repository: Repository, store: Path) -> None:
    for number in range(3):
        repository.commit(f"change {number}", {"a": f"{number}\n", "b": f"{number}\n"})
    printed(repository.path, "--store", store)
    before = {name: lines(commits) for name, commits in stored(store).items()}
    with sqlite3.connect(store) as connection:
        connection.execute("DELETE FROM commits WHERE stream_id = 'imports'")
        connection.execute("DELETE FROM commits WHERE stream_id = 'file:b' AND commit_sequence > 1")
    connection.close()
    assert "written: 2 events" in printed(repository.path, "--store", store)
    assert {name: lines(commits) for name, commits in stored(store).items()} == before


def test_new_git_commits_are_appended(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    printed(repository.path, "--store", store)
    repository.commit("second", {"a": "2\n", "b": "1\n"})
    assert "written: 2 events" in printed(repository.path, "--store", store)
    assert {name: lines(commits) for name, commits in stored(store).items()} == {
        "a": [(1, 0), (1, 1)],
        "b": [(1, 0)],
    }


def test_another_branch_adds_only_what_is_new(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    printed(repository.path, "--store", store)
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("on the side", {"a": "side\n"})
    printed(repository.path, "--store", store)
    repository.git("checkout", "--quiet", "main")
    repository.commit("second", {"a": "main\n"})
    assert "written: 1 events" in printed(repository.path, "--store", store)
    assert len(stored(store)["a"]) == 3


def test_a_history_that_was_rewritten_and_forgotten_is_no_obstacle(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    printed(repository.path, "--store", store)
    with sqlite3.connect(store) as connection:
        connection.execute(
            'UPDATE commits SET events = replace(CAST(events AS TEXT), \'"git_hash":"\', ?)', ['"git_hash":"0000']
        )
        connection.execute("UPDATE commits SET events = CAST(events AS BLOB)")
    connection.close()
    repository.commit("second", {"a": "2\n"})
    assert "written: 1 events" in printed(repository.path, "--store", store)


def test_a_merge_counts_only_what_it_merged(repository: Repository, store: Path) -> None:
    repository.commit("base", {"a": "1\n"})
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit("side", {"b": "1\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit("main", {"c": "1\n"})
    repository.git("merge", "--quiet", "--no-edit", "side", environment=who("M", "1700000000 +0000"))
    printed(repository.path, "--store", store)
    assert {name: len(commits) for name, commits in stored(store).items()} == {"a": 1, "b": 1, "c": 1}


def test_a_renamed_file_is_two_files(repository: Repository, store: Path) -> None:
    repository.git("config", "diff.renames", "copies")
    repository.commit("first", {"old": "1\n2\n3\n"})
    repository.git("mv", "old", "new")
    repository.commit("moved", {})
    printed(repository.path, "--store", store)
    assert {name: lines(commits) for name, commits in stored(store).items()} == {
        "old": [(3, 0), (0, 3)],
        "new": [(3, 0)],
    }


def test_binary_files_have_no_lines(repository: Repository, store: Path) -> None:
    repository.commit("first", {"picture": b"\0\1\2"})
    printed(repository.path, "--store", store)
    assert lines(stored(store)["picture"]) == [(None, None)]


@pytest.mark.parametrize(
    "name",
    [
        "with space",
        "tab\there",
        "new\nline",
        "\x01begins like a header",
        "1\t2\tnumstat",
        '"quoted"',
        "[red]x[/red]",
        "ᚨᛖᛏᛏ",
        "-",
        "\\backslash",
        "a/b/c",
        "\x1b[31m",
    ],
)
def test_unusual_names_are_streams_as_they_are(repository: Repository, store: Path, name: str) -> None:
    repository.commit("first", {name: "1\n"})
    repository.commit("second", {name: "2\n"})
    out = printed(repository.path, "--store", store)
    assert {name: lines(commits) for name, commits in stored(store).items()} == {name: [(1, 0), (1, 1)]}
    assert all(each.isprintable() for each in out.replace("\n", ""))


def test_names_that_are_no_utf_8_or_too_long_get_streams_of_their_own(repository: Repository, store: Path) -> None:
    long = "/".join(["d" * 100] * 4)
    names: list[str | bytes] = [b"caf\xe9", b"caf\xe8", b"caf", f"{long}/a", f"{long}/b", "ᚨ" * 84, "ᚨ" * 83]
    repository.commit("first", dict.fromkeys(names, "1\n"))
    printed(repository.path, "--store", store)
    streams = stored(store)
    assert len(streams) == len(names)
    assert all(len(f"file:{stream}".encode()) <= 255 for stream in streams)
    assert {"caf", "ᚨ" * 83} <= set(streams)
    assert "nothing new" in printed(repository.path, "--store", store)


def test_any_author_subject_and_time_that_git_holds_is_taken(repository: Repository, store: Path) -> None:
    stream = b"commit refs/heads/main\nauthor Caf\xe9 \xff <a> 0 +0000\ncommitter C <c> 99999999999999 +1345\n"
    stream += b"data 0\nM 100644 inline a\ndata 2\n1\n\n"
    stream += b"commit refs/heads/main\ncommitter C <c> 1 -1200\nencoding latin-1\ndata 5\ncaf\xe9\n\n"
    stream += b"M 100644 inline a\ndata 2\n2\n\n"
    repository.git("fast-import", "--quiet", "--date-format=raw-permissive", stdin=stream)
    printed(repository.path, "--store", store)
    first, second = stored(store)["a"]
    assert first.commit_stamp == datetime(9999, 1, 1, tzinfo=UTC)
    assert second.commit_stamp == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert [event.subject for event in events([first, second])] == ["", "café"]


def test_commits_that_touch_nothing_are_no_obstacle(repository: Repository, store: Path) -> None:
    repository.commit("nothing", {})
    assert "0 files" in printed(repository.path, "--store", store)
    repository.commit("", {"a": "1\n"})
    repository.commit("nothing again", {})
    assert "1 files" in printed(repository.path, "--store", store)
    assert lines(stored(store)["a"]) == [(1, 0)]


def test_what_the_user_configured_changes_nothing(repository: Repository, store: Path) -> None:
    for setting in (
        *("log.showSignature=true", "log.decorate=full", "log.date=relative", "log.follow=true"),
        *("diff.external=false", "diff.noprefix=true", "diff.relative=true", "diff.renames=copies"),
        *("color.ui=always", "format.pretty=fuller", "core.quotePath=true"),
    ):
        repository.git("config", *setting.split("="))
    repository.commit("first", {"inside/a": "1\n", "b": "1\n"})
    printed(repository.path / "inside", "--store", store)
    assert set(stored(store)) == {"inside/a", "b"}


def test_a_bare_repository_will_do(repository: Repository, store: Path, tmp_path: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    repository.git("clone", "--quiet", "--bare", str(repository.path), str(tmp_path / "bare.git"))
    assert "1 files" in printed(tmp_path / "bare.git", "--store", store)


def test_two_repositories_share_a_store_and_no_stream(repository: Repository, store: Path, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "--quiet")
    repository.commit("first", {"a": "1\n"})
    other.commit("first", {"a": "1\n"})
    for each in (repository, other):
        out = printed(each.path, "--store", f"sqlite:///{store}")
        assert "written: 1 events" in out
        assert "read:    1 events" in out


def test_the_variables_of_a_git_hook_do_not_lead_elsewhere(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    done = run(repository.path, "--store", store, GIT_DIR=os.devnull, GIT_INDEX_FILE="index")
    assert done.returncode == 0


def test_an_empty_repository_is_refused(repository: Repository, store: Path) -> None:
    assert "without commits" in refused(repository.path, "--store", store)
    assert not store.exists()


def test_what_is_no_repository_is_refused(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "is not in a Git repository" in refused(tmp_path, "--store", store)
    assert "does not exist" in refused(tmp_path / "nowhere", "--store", store)
    assert "is not a directory" in refused(file, "--store", store)


def test_a_damaged_repository_is_refused(repository: Repository, store: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    repository.commit("second", {"a": "2\n"})
    objects = [path for path in (repository.path / ".git" / "objects").rglob("*") if path.is_file()]
    for path in objects:
        path.chmod(0o600)
        path.write_bytes(b"broken")
    assert "git_history:" in refused(repository.path, "--store", store)


def test_without_git_it_says_so(repository: Repository, store: Path, tmp_path: Path) -> None:
    assert "git is not installed" in refused(repository.path, "--store", store, PATH=str(tmp_path))


def test_a_store_that_cannot_be_one_is_refused(repository: Repository, tmp_path: Path) -> None:
    repository.commit("first", {"a": "1\n"})
    text = tmp_path / "text.db"
    text.write_text("this is no database, and it is long enough to be read as one's header" * 20)
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE commits (id INTEGER)")
    connection.close()
    assert "is not a SQLite database" in refused(repository.path, "--store", text)
    assert "foreign.db" in refused(repository.path, "--store", foreign)
    assert "cannot be opened" in refused(repository.path, "--store", tmp_path)
    assert "does not exist" in refused(repository.path, "--store", tmp_path / "no" / "history.db")
    for url in ("ftp://me:secret@host/db", "postgresql://me:secret@[host/db", "mysql://me:secret@host/db?odd=1"):
        told = refused(repository.path, "--store", url)
        assert "--store" in told
        assert "secret" not in told
    assert "--store" in refused(repository.path, "--store", "")


def test_a_time_that_is_none_is_refused(repository: Repository) -> None:
    done = run(repository.path, "--at", "yesterday")
    assert done.returncode == 2
