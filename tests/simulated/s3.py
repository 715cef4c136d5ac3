"""A simulated S3: a dict of objects with conditional writes, and listings of as many keys a page as one likes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Self

from aett.adapters.aws.call import Call, Calls, Refused
from aett.adapters.store.pause import Pause
from aett.core.plan import Step


class SimulatedS3:
    """What the engine's requests do, at once and one after another; also those of one step."""

    def __init__(self) -> None:
        self._objects: dict[str, Mapping[str, Any]] = {}
        self._keys: list[str] = []  # in order

    def copy(self) -> Self:
        other = type(self)()
        other._objects, other._keys = dict(self._objects), list(self._keys)
        return other

    def key(self) -> Hashable:
        return frozenset((key, each["ETag"], repr(each["Metadata"])) for key, each in self._objects.items())

    def __call__(self, step: Step[Any], /) -> Any:
        return self.perform(step)

    def perform(self, step: Step[Any]) -> Any:
        match step:
            case Pause():
                return None
            case Calls(calls):
                return [self._answered(call) for call in calls]
            case Call():
                return self._answered(step)
            case _:
                raise TypeError(type(step).__name__)

    def _answered(self, call: Call) -> Any:
        answer = getattr(self, f"_{call.method}")(call.arguments)
        assert not isinstance(answer, Refused) or answer.code in call.refusals, answer
        return answer

    def _get_object(self, arguments: Mapping[str, Any]) -> Any:
        return self._objects.get(arguments["Key"]) or Refused("NoSuchKey")

    def _head_object(self, arguments: Mapping[str, Any]) -> Any:
        found = self._objects.get(arguments["Key"])
        return Refused("404") if found is None else {name: found[name] for name in ("Metadata", "ETag")}

    def _put_object(self, arguments: Mapping[str, Any]) -> Any:
        there = self._objects.get(arguments["Key"])
        if "IfNoneMatch" in arguments and there is not None:
            return Refused("PreconditionFailed")
        if "IfMatch" in arguments:
            if there is None:
                return Refused("NoSuchKey")
            if there["ETag"] != arguments["IfMatch"]:
                return Refused("PreconditionFailed")
        if there is None:
            insort(self._keys, arguments["Key"])
        body, metadata = arguments["Body"], arguments.get("Metadata", {})
        self._objects[arguments["Key"]] = {"Body": body, "Metadata": metadata, "ETag": f'"{body!r}"'}
        return {"ETag": f'"{body!r}"'}

    def _list_objects_v2(self, arguments: Mapping[str, Any]) -> Any:
        prefix, delimiter = arguments["Prefix"], arguments.get("Delimiter")
        after = arguments.get("ContinuationToken") or arguments.get("StartAfter") or ""
        found: dict[str, str] = {}
        for key in self._beginning(prefix, after):
            rest, slash, _ = key.removeprefix(prefix).partition(delimiter or "\0")
            name = f"{prefix}{rest}{slash}" if slash else key
            if name not in found and len(found) > arguments["MaxKeys"]:
                break
            found[name] = key
        page = list(found)[: arguments["MaxKeys"]]
        more = len(found) > len(page)
        folders = [name for name in page if delimiter and name.removeprefix(prefix).endswith(delimiter)]
        return {
            "Contents": [
                {"Key": name, "Size": len(self._objects[name]["Body"])} for name in page if name not in folders
            ],
            "CommonPrefixes": [{"Prefix": name} for name in folders],
            "IsTruncated": more,
            **({"NextContinuationToken": found[page[-1]]} if more else {}),
        }

    def _list_object_versions(self, arguments: Mapping[str, Any]) -> Any:
        keys = list(self._beginning(arguments["Prefix"], ""))
        page = keys[: arguments["MaxKeys"]]
        more = len(keys) > len(page)
        return {
            "Versions": [{"Key": key, "VersionId": "null"} for key in page],
            "IsTruncated": more,
        }

    def _head_bucket(self, arguments: Mapping[str, Any]) -> Any:
        del arguments
        return {}

    def _delete_objects(self, arguments: Mapping[str, Any]) -> Any:
        for each in arguments["Delete"]["Objects"]:
            self.lose(each["Key"])
        return {}

    def lose(self, key: str) -> None:
        """Have it no more, if it was there."""
        if self._objects.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]

    def _beginning(self, prefix: str, after: str) -> Iterator[str]:
        for index in range(max(bisect_left(self._keys, prefix), bisect_right(self._keys, after)), len(self._keys)):
            if not self._keys[index].startswith(prefix):
                return
            yield self._keys[index]
