"""Another way to plans that are held to every law already: a second face, another driver, a pooler, an emulator.

1. An engine is its plans, which do no I/O, and what performs them. One way to the plans is held to all laws: a
   face on the engine's server; or, for Amazon's services, the plans on `SimulatedS3` and `SimulatedDynamo`, of
   which `test_alike_s3.py` and `test_alike_dynamodb.py` show that they answer as the servers do. That both faces
   of an engine have one text is for `test_faces.py` to show.
2. What another way can get wrong lies below the plans: how values come and go, what is left open when somebody
   stops midway, who uses a connection at the same time, how a place is made ready and dropped. The laws about
   that are kept, and the state machine, which does whatever can be done.
3. Amazon's services share what performs their plans. It is held to these laws by DynamoDB, on both faces; S3 once
   more by its sync face. Of its async face is kept what a service's own requests and answers can get wrong.
4. With the profile `soak` every way is held to every law; and so are Amazon's services where somebody names them.

An engine on SQL has another driver for each face, with its own notions of text, times and numbers: both of its
faces are held to all laws, and this is for its poolers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from tests.contract.stopped import Stopped

from aett.testing import Contract, profiles
from aett.testing.laws.ending import Ending
from aett.testing.laws.importing import Importing
from aett.testing.laws.judging import Judging
from aett.testing.laws.reading import Reading
from aett.testing.laws.refusing import Refusing
from aett.testing.laws.registers import Registering
from aett.testing.laws.upkeep import Upkeep
from aett.testing.laws.writing import Writing

C = TypeVar("C", bound=type[Contract])

ABOUT_PLANS: Final = (Writing, Importing, Judging, Reading, Ending, Registering, Upkeep, Refusing, Stopped)
KEPT: Final = {
    # Writing
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
    # Refusing
    "test_identifiers_at_their_limits_are_taken",
    "test_a_closed_store_raises_store_closed_from_every_method",
    "test_a_store_that_was_closed_before_its_first_use_stays_closed",
}
"""What is kept of the classes that are about plans; all of the others are kept whole."""

PERFORMED_ELSEWHERE: Final = {
    "test_L1_to_L14_whatever_two_clients_do_they_see_the_model",
    "test_L2_L10_writers_at_once_lose_nothing_and_the_log_skips_nothing",
    "test_L2_L10_writers_in_processes_lose_nothing_and_the_log_skips_nothing",
    "test_L1_L13_a_stream_purged_beside_a_writer_is_empty_or_starts_at_1",
    "test_L2_of_two_imports_at_once_every_commit_has_one_winner",
    "test_L10_who_follows_the_log_beside_imports_and_writers_misses_nothing",
    "test_L11_memory_does_not_grow_with_what_is_read",
    "test_L14_one_of_many_writers_in_processes_wins_each_version",
}
"""What is not tried again where what performs the plans is another engine's, too."""


def _laws(*classes: type) -> set[str]:
    return {name for laws in classes for name in vars(laws) if name.startswith("test_")}


_LAWS_OF_PLANS: Final = _laws(*ABOUT_PLANS)
_LOST: Final = (KEPT - _LAWS_OF_PLANS) | (PERFORMED_ELSEWHERE - _laws(*Contract.mro()))
assert not _LOST, f"there are no such laws: {_LOST}"  # a law that was renamed would be lost


def another_way(*, whole: bool = False, performed_elsewhere: bool = False) -> Callable[[C], C]:
    """Hold a class of tests to the laws for another way; to all of them if `whole`, or with `soak`.

    performed_elsewhere: whether the same performer is held to these laws by another engine.
    """

    def decorate(tests: C) -> C:
        if not whole and profiles.chosen() != "soak":
            for name in _LAWS_OF_PLANS - KEPT | (PERFORMED_ELSEWHERE if performed_elsewhere else set[str]()):
                setattr(tests, name, None)
        return tests

    return decorate
