"""Profiles: how much Hypothesis tries; chosen by the environment variable AETT_TEST_PROFILE.

`dev` (the default) is fast, `ci` is larger and the same on every run, `soak` takes as long as you have. Where CI
is set in the environment, `dev` is the same on every run, too.
"""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

VARIABLE: Final = "AETT_TEST_PROFILE"

_QUIET: Final = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
)

PROFILES: Final = {
    "dev": settings(max_examples=50, deadline=None, derandomize="CI" in os.environ, suppress_health_check=_QUIET),
    "ci": settings(
        max_examples=200, deadline=None, derandomize=True, print_blob=True, suppress_health_check=_QUIET
    ),
    "soak": settings(max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=_QUIET),
}

# Examples and steps of a state machine: each example is a place of storage of its own.
_MACHINES: Final = {"dev": (9, 30), "ci": (18, 30), "soak": (2_000, 100)}
_SLOW_MACHINES: Final = {"dev": (3, 20), "ci": (3, 20), "soak": (2_000, 100)}
# Of a run of Hypothesis's, so many examples are new: see `in_runs`.
_DRAWN_ANEW: Final = 9


def chosen() -> str:
    """The name of the profile that the environment chooses; `ValueError` if there is none of that name."""
    name = os.environ.get(VARIABLE, "dev")
    if name not in PROFILES:
        raise ValueError(f"{VARIABLE}={name}: must be one of {', '.join(PROFILES)}")
    return name


def register() -> None:
    """Make the profiles known to Hypothesis, and the chosen one its default; for a `conftest.py`."""
    for name, profile in PROFILES.items():
        settings.register_profile(name, profile)
    settings.load_profile(chosen())


def for_machines(*, slow: bool = False) -> settings:
    """The chosen profile, with examples and steps for a state machine; fewer where a round trip takes long."""
    name = chosen()
    examples, steps = (_SLOW_MACHINES if slow else _MACHINES)[name]
    return settings(
        PROFILES[name],
        max_examples=examples,
        stateful_step_count=steps,
        report_multiple_bugs=False,
        phases=[each for each in Phase if each is not Phase.explain],
    )


def in_runs(how: settings) -> list[settings]:
    """A state machine's examples in several runs, few in each.

    After ten examples of a run, Hypothesis mostly tries what it has drawn before, with a part of it repeated. That
    finds less than what is drawn anew. The first example of each run is as simple as can be.
    """
    begun = range(0, how.max_examples, _DRAWN_ANEW)
    return [settings(how, max_examples=min(how.max_examples - each, _DRAWN_ANEW)) for each in begun]
