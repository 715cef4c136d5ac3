"""Another way to an engine that is held to every law already: its second face, another driver, a pooler.

1. An engine is its plans, which do no I/O, and what performs them. One of its faces is held to all laws, on its
   server; that its other face has the same text is proved by `tests/unit/test_faces.py`.
2. So what another way can get wrong lies below the plans: how values come and go, what is left open when somebody
   stops midway, who uses a connection at the same time, how a place is made ready and dropped. The laws about
   that are kept here, and the state machine, which does whatever can be done.
3. With the profile `soak` every way is held to every law.

Engines on SQL have another driver for each face, which has its own notions of text, times and numbers: both of
theirs are held to all laws, and this is for their poolers.
"""

from __future__ import annotations

from typing import Final

from aett.testing import Contract, profiles
from aett.testing.laws.ending import Ending
from aett.testing.laws.importing import Importing
from aett.testing.laws.judging import Judging
from aett.testing.laws.reading import Reading
from aett.testing.laws.registers import Registering
from aett.testing.laws.upkeep import Upkeep
from aett.testing.laws.writing import Writing

KEPT: Final = {
    *("test_L1_the_first_commit_is_stored", "test_L3_a_commit_of_500_events_is_stored_whole"),
    "test_L3_a_commit_that_is_too_large_is_refused_whole",
    "test_L6_what_was_committed_is_there_after_every_store_was_closed",
    # Importing
    "test_L3_what_came_before_an_error_is_written_and_told_and_nothing_after_it",
    "test_L6_whoever_stops_asking_has_written_what_he_was_told_of_and_no_gap",
    "test_what_is_never_asked_writes_nothing_and_warns",
    "test_L10_who_follows_the_log_beside_imports_and_writers_misses_nothing",
    "test_L2_of_two_imports_at_once_every_commit_has_one_winner",
    # Reading
    "test_L7_every_kind_of_field_comes_back_equal",
    "test_L7_stamps_are_exact_to_the_microsecond_in_every_year",
    "test_L7_1005_commits_are_read_back_whole",
    "test_L9_awkward_names_are_kept_apart",
    *("test_L11_an_abandoned_read_leaves_the_store_usable", "test_L11_a_stream_can_be_written_while_it_is_read"),
    "test_L11_memory_does_not_grow_with_what_is_read",
    # Registers
    *("test_L14_bytes_of_every_kind_come_back", "test_L14_one_of_many_writers_wins_each_version"),
    "test_L14_one_of_many_writers_in_processes_wins_each_version",
    # Upkeep
    "test_L12_a_snapshot_restores_state_and_head",
    "test_L13_initialize_is_safe_to_repeat_and_keeps_everything",
    "test_L13_drop_removes_everything_and_can_be_repeated",
    "test_L13_where_nothing_was_initialized_calls_work_or_say_so",
    "test_L13_eight_at_once_initialize_a_fresh_place",
}
"""What is kept of the classes of laws that are otherwise about plans; all of the others are kept whole."""

ABOUT_PLANS: Final = (Writing, Importing, Judging, Reading, Ending, Registering, Upkeep)


class AnotherWay(Contract):
    """The laws that another way to the same plans must be held to."""


def _laws_of_plans() -> list[str]:
    return [name for laws in ABOUT_PLANS for name in vars(laws) if name.startswith("test_")]


_LOST = KEPT.difference(_laws_of_plans())
assert not _LOST, f"no such laws: {_LOST}"
if profiles.chosen() != "soak":
    for _name in {*_laws_of_plans()} - KEPT:
        setattr(AnotherWay, _name, None)
