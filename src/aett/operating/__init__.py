"""What operators do with whole stores, over the ports alone: verify, copy, count, export and import.

Stores are best given `TopicMap.stored()`: then no class is needed, and no stored byte is changed.
"""

from __future__ import annotations

from aett.operating.appending import append
from aett.operating.cloud_events import append_cloud_events, cloud_event_of, cloud_events_of
from aett.operating.copying import Copied, Diverged, compare, copy
from aett.operating.counting import Counted, StreamCount, count, streams
from aett.operating.lines import commit_of, line_of
from aett.operating.verifying import Verified, verify

__all__ = [
    "Copied",
    "Counted",
    "Diverged",
    "StreamCount",
    "Verified",
    "append",
    "append_cloud_events",
    "cloud_event_of",
    "cloud_events_of",
    "commit_of",
    "compare",
    "copy",
    "count",
    "line_of",
    "streams",
    "verify",
]
