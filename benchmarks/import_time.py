"""How long `import aett` takes: the median of fresh processes, less what Python's own start takes."""

import statistics
import subprocess
import sys
from time import perf_counter

RUNS = 21


def seconds(program: str) -> float:
    """How long a fresh process takes to run this."""
    start = perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603  # both are ours
    return perf_counter() - start


def main() -> None:
    """Measure in turns, so that a busy moment hurts both alike."""
    runs = [(seconds("pass"), seconds("import aett")) for _ in range(RUNS)]
    start, whole = (statistics.median(column) for column in zip(*runs, strict=True))
    took, python = (whole - start) * 1000, start * 1000
    print(f"import aett: {took:.0f} ms (median of {RUNS}; Python itself {python:.0f} ms)")  # noqa: T201  # a script


if __name__ == "__main__":
    main()
