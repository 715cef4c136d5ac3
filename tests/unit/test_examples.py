"""The README's example is the bank, the bank runs, and it prints what the README says."""

import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
BANK = ROOT / "examples" / "bank.py"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(text: str, first: str, last: str) -> str:
    return text[text.index(first) : text.index(last)].strip()


def test_the_bank_prints_what_the_readme_says() -> None:
    done = subprocess.run(  # noqa: S603  # the example
        [sys.executable, BANK], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert f"```text\n{done.stdout}```" in README


def test_the_readme_shows_the_domain_as_it_is() -> None:
    domain = between(BANK.read_text(encoding="utf-8"), "from attrs import frozen", "def work(")
    assert f"```python\n{domain}\n```" in README


def test_the_readme_shows_the_work_as_it_is() -> None:
    work = between(BANK.read_text(encoding="utf-8"), "    PersistenceManagement(", "if __name__")
    assert f"\n\n{textwrap.dedent('    ' + work)}\n```" in README
