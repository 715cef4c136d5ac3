"""The examples do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def printed(name: str) -> list[str]:
    ran = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, EXAMPLES / name], capture_output=True, check=False, text=True
    )
    assert not ran.returncode, ran.stderr
    return ran.stdout.splitlines()


def test_the_bank_tells_of_conflicts_and_of_the_past() -> None:
    lines = printed("bank.py")
    assert lines[0] == "two deposits:      balance 100, revision 2"
    assert lines[-1] == "at revision 1:     Account(balance=60)"


def test_the_bank_owes_so_much_at_the_end_of_each_day() -> None:
    assert printed("balance_by_day.py") == [
        "2026-05-01: 150 are owed",
        "2026-05-02: 120 are owed",
        "2026-05-03: 125 are owed",
        "ann 2026-05-01: +100",
        "ann 2026-05-02: -30",
        "bob 2026-05-01: +50",
        "bob 2026-05-03: +5",
    ]
