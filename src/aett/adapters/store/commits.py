"""The plans of a commit store over any engine's records: what it reads, and what it writes."""

from __future__ import annotations

from itertools import takewhile

from attrs import frozen

from aett.adapters.store.importing import Batch
from aett.adapters.store.reads import Place, Reads, place_after
from aett.adapters.store.record import Record
from aett.core.commit import Commit, numbered
from aett.core.conflict import ConflictDetector
from aett.core.number import MAX_REVISION
from aett.core.outcome import Failure, Outcome, Success
from aett.core.plan import Plan
from aett.core.rejection import CommitRejection, CommitTooLarge, DuplicateCommit


@frozen
class Commits(Reads):
    """A `CommitPlans`: commits are appended, and judged."""

    conflict_detector: ConflictDetector

    def commit(self, commit: Commit) -> Plan[Outcome[Commit, CommitRejection]]:
        """Append; if it was refused, look why."""
        record = self.recorder.record(commit)
        too_large = self._too_large(record)
        checkpoint = None if too_large else (yield from self.engine.append(record))
        if checkpoint is not None:
            return _stored(commit, checkpoint)
        stored = yield from self.find(commit.tenant_id, commit.stream_id, commit.commit_id)
        if stored is not None:
            return Failure(DuplicateCommit(stored))
        return Failure(too_large or self.conflict_detector.judge(commit, (yield from self._unseen(commit))))

    def commit_all(self, batch: Batch) -> Plan[list[Outcome[Commit, CommitRejection]]]:
        """Append as many as can be, together; look what stands in the way; and go on behind it."""
        outcomes = list[Outcome[Commit, CommitRejection]]()
        while left := batch.records[len(outcomes) :]:
            fitting = list(takewhile(lambda each: self._too_large(each) is None, left))
            checkpoints = (yield from self.engine.append_all(fitting)) if fitting else ()
            outcomes.extend(map(_stored, batch.commits[len(outcomes) :], checkpoints))
            for commit in batch.commits[len(outcomes) :]:
                # What is there already mostly stands before more of the kind, as when an import is repeated.
                known = yield from self.find(commit.tenant_id, commit.stream_id, commit.commit_id)
                if known is None:
                    outcomes.append((yield from self.commit(commit)))
                    break
                outcomes.append(Failure(DuplicateCommit(known)))
        return outcomes

    def _too_large(self, record: Record) -> CommitTooLarge | None:
        limit = self.engine.max_commit_size
        return CommitTooLarge(record.size, limit) if limit is not None and record.size > limit else None

    def _unseen(self, commit: Commit) -> Plan[list[Commit]]:
        """What the writer had not seen: all from its first revision, or its sequence, on."""
        unseen = yield from self._from(commit, commit.first_revision)
        if not unseen or unseen[0].commit_sequence > commit.commit_sequence:
            # The writer saw another history. A commit's revision is at least its sequence.
            later = yield from self._from(commit, commit.commit_sequence)
            unseen = [each for each in later if each.commit_sequence >= commit.commit_sequence]
        return unseen

    def _from(self, commit: Commit, low: int) -> Plan[list[Commit]]:
        found: list[Commit] = []
        following: Place | None = Place(low)
        while following is not None:
            records = yield from self.records(commit.tenant_id, commit.stream_id, following, MAX_REVISION)
            found.extend(self.recorder.commit(record) for record in records)
            following = place_after(records[-1]) if len(records) == self.page_size else None
        return found


def _stored(commit: Commit, checkpoint: int) -> Success[Commit]:
    return Success(numbered(commit, checkpoint or None))
