"""A simulated S3: a dict of objects with conditional writes, and listings of as many keys a page as one likes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Self

from aett.adapters.aws.call import Call, Calls, Refused
from aett.adapters.store.pause import Pause
from aett.core.plan import Step


class SimulatedS3:
    """What the engine's requests do, at once and one after another; also those of one step."""

    def __init__(self) -> None:
        self._objects: dict[str, Mapping[str, Any]] = {}

    def copy(self) -> Self:
        other = type(self)()
        other._objects = dict(self._objects)
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
        body, metadata = arguments["Body"], arguments.get("Metadata", {})
        self._objects[arguments["Key"]] = {"Body": body, "Metadata": metadata, "ETag": f'"{body!r}"'}
        return {"ETag": f'"{body!r}"'}

    def _list_objects_v2(self, arguments: Mapping[str, Any]) -> Any:
        prefix, delimiter = arguments["Prefix"], arguments.get("Delimiter")
        after = arguments.get("ContinuationToken") or arguments.get("StartAfter") or ""
        found: dict[str, str] = {}
        for key in sorted(self._objects):
            if key.startswith(prefix) and key > after:
                rest, slash, _ = key.removeprefix(prefix).partition(delimiter or "\0")
                found[f"{prefix}{rest}{slash}" if slash else key] = key
        page = list(found)[: arguments["MaxKeys"]]
        more = len(found) > len(page)
        return {
            "Contents": [
                {"Key": name, "Size": len(self._objects[name]["Body"])} for name in page if name in self._objects
            ],
            "CommonPrefixes": [{"Prefix": name} for name in page if name not in self._objects],
            "IsTruncated": more,
            **({"NextContinuationToken": found[page[-1]]} if more else {}),
        }

    def _list_object_versions(self, arguments: Mapping[str, Any]) -> Any:
        keys = sorted(key for key in self._objects if key.startswith(arguments["Prefix"]))
        keys = [key for key in keys if key > arguments.get("KeyMarker", "")]
        page = keys[: arguments["MaxKeys"]]
        more = len(keys) > len(page)
        return {
            "Versions": [{"Key": key, "VersionId": "null"} for key in page],
            "IsTruncated": more,
            **({"NextKeyMarker": page[-1], "NextVersionIdMarker": "null"} if more else {}),
        }

    def _delete_objects(self, arguments: Mapping[str, Any]) -> Any:
        for each in arguments["Delete"]["Objects"]:
            self._objects.pop(each["Key"], None)
        return {}
