"""Installs what was built into empty environments, and tries it there: `python tests/package/try_it.py dist`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

SMOKE = Path(__file__).with_name("smoke.py").resolve()
CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def tried(built: Path) -> None:
    """Install it with what SQLite and the command need, run the smoke test and the command, and check types."""
    with tempfile.TemporaryDirectory() as place:
        venv.create(f"{place}/env", with_pip=True)

        def run(program: str, *arguments: str) -> None:
            print(f"{built.name}: {program} {' '.join(arguments)}", flush=True)
            subprocess.run([f"{place}/env/bin/{program}", *arguments], cwd=place, check=True)  # noqa: S603

        constrained = ("--quiet", "--constraint", str(CONSTRAINTS), "--build-constraint", str(CONSTRAINTS))
        run("python", "-m", "pip", "install", "--quiet", "--constraint", str(CONSTRAINTS), "pip")
        run("python", "-m", "pip", "install", *constrained, f"{built}[sqlite,cli]")
        run("python", str(SMOKE))
        run("aett", "verify", "--url", "sqlite:///smoke.db")
        run("python", "-m", "pip", "install", *constrained, "mypy")
        run("mypy", "--strict", str(SMOKE))  # py.typed: else the types would be unknown


if __name__ == "__main__":
    found = sorted(Path(sys.argv[1]).resolve().glob("aett-*"))
    if not any(each.suffix == ".whl" for each in found) or len(found) < 2:  # a wheel and an sdist
        sys.exit(f"there are no wheel and sdist in {sys.argv[1]}: {found}")
    for each in found:
        tried(each)
