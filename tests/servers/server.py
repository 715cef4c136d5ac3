"""A database server of our own: started on loopback in a temporary folder, and stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 30.0
STOP_SECONDS = 20.0


class Unavailable(Exception):  # it is no error that a laptop has no servers
    """Why the server cannot be started here."""


def free_port() -> int:
    """A port that nobody listens at, just now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def account(*names: str) -> pwd.struct_passwd | None:
    """Who runs a server that refuses to be root's: the first of these users; None if we are not root."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(f"root must not run it, and there is no user {' or '.join(names)}")


def as_user(
    user: pwd.struct_passwd | None, command: Sequence[str | Path], *, dies_with_us: bool = False
) -> list[str]:
    """The command as this user's; if it is to, it ends when this process does, however that ends."""
    wanted = [] if user is None else [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if dies_with_us and shutil.which("setpriv"):
        wanted.append("--pdeathsig=KILL")
    return [*(["setpriv", *wanted, "--"] if wanted else []), *map(str, command)]


def ran(command: Sequence[str], folder: Path) -> None:
    """Run a command to its end; `Unavailable` with what it said if it fails."""
    done = subprocess.run(  # noqa: S603  # our own command
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        raise Unavailable(f"{command[-1]} failed: {(done.stderr or done.stdout).strip()[-500:]}")


def environment(folder: Path) -> dict[str, str]:
    """What a server may know of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def folder_of(user: pwd.struct_passwd | None) -> Path:
    """A new folder that belongs to this user."""
    folder = Path(tempfile.mkdtemp(prefix="aett-server-"))
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


class Server:
    """A server's process: entered, it answers; left, it is gone with its folder.

    url: where it answers. answers: asks it something, and raises until it can.
    """

    def __init__(self, url: str, command: Sequence[str], folder: Path, answers: Callable[[], object]) -> None:
        self.url = url
        self._command = command
        self._folder = folder
        self._answers = answers
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self.start()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and remove what it kept."""
        self._clear()

    def start(self) -> None:
        """Start it on what it has kept, and wait until it answers."""
        end = time.monotonic() + START_SECONDS
        self._process = self._spawned()
        while True:
            try:
                self._answers()
            except Exception as error:
                if time.monotonic() > end:
                    told = self._log.read_text(errors="replace")[-1000:]
                    raise Unavailable(f"the server did not start: {told}") from error
                time.sleep(0.02)
                if self._process.poll() is not None:  # What was killed may not have let go of everything.
                    time.sleep(0.2)
                    self._process = self._spawned()
            else:
                return

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _spawned(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603  # our own command
                self._command,
                cwd=self._folder,
                env=environment(self._folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it where it stands."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def _clear(self) -> None:
        # Nobody needs what it kept: it need not take the time to end well.
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
