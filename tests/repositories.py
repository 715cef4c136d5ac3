"""Git repositories of a test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from attrs import frozen

GIT = shutil.which("git") or "git"
QUIET = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def who(name: str, at: str) -> dict[str, str]:
    """The author and committer of what Git does next."""
    person = {"NAME": name, "EMAIL": "somebody@example.org", "DATE": at}
    return {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in person.items()}


@frozen
class Repository:
    """A repository to write to."""

    path: Path

    @staticmethod
    def made(path: Path) -> Repository:
        """A new one, with nothing in it."""
        path.mkdir()
        repository = Repository(path)
        repository.git("init", "--quiet", "--initial-branch=main")
        return repository

    def git(self, *arguments: str, stdin: bytes = b"", environment: dict[str, str] | None = None) -> None:
        """Run git in it, without the user's settings."""
        subprocess.run(  # noqa: S603  # git, on a repository of the test's own
            [GIT, "-C", str(self.path), *arguments],
            input=stdin,
            env=QUIET | (environment or {}),
            check=True,
            capture_output=True,
        )

    def commit(
        self,
        subject: str,
        files: dict[str | bytes, str | bytes],
        *,
        author: str = "Ada",
        at: str = "1700000000 +0000",
    ) -> None:
        """Write the files and commit them."""
        for name, content in files.items():
            path = Path(os.fsdecode(os.path.join(os.fsencode(self.path), os.fsencode(name))))  # noqa: PTH118  # bytes
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "--all")
        self.git(
            *("commit", "--quiet", "--allow-empty", "--allow-empty-message", "--message", subject),
            environment=who(author, at),
        )
