"""What stands on a track of an AAF file: segments, which hold others, taken apart to the clips in them.

Source: AAF Object Specification, "Components" (Advanced Media Workflow Association).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from types import ModuleType
from typing import Any

from autohighlight.export.verify.findings import Severity

_DEEPEST = 50
"""Segments in segments; editors nest a few."""

_COMBINERS = ("channelcombiner", "channel combiner")
"""In the names of operations whose inputs are the channels of one clip, as Resolve and Pro Tools write them."""

_RETIMERS = ("motion", "warp", "speed", "time", "freeze", "hold", "strobe")
"""In the names of operations that change speed without the format's own mark for that."""


@dataclass(frozen=True)
class Placed:
    """Something in its place on a track; times are in edit units of the track.

    Args:
        first: where it begins.
        length: how long it is.
        clip: the `SourceClip`; None for what is empty, or was not read.
        is_read: whether it is known what is seen or heard there.
        overlap: how long the clip before it goes on: a transition.
        lane: the name of what plays at the same time as others, on top of them or beside them; else empty.
        channel: of several channels that are combined to one clip, which it is, from 0 on; else None.
    """

    first: int
    length: int
    clip: Any = None
    is_read: bool = True
    overlap: int = 0
    lane: str = ""
    channel: int | None = None

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.first + self.length


@dataclass(frozen=True)
class Remark:
    """What is to be said of a track.

    Args:
        severity: how grave it is.
        problem: one line.
        remedy: one line, or empty.
    """

    severity: Severity
    problem: str
    remedy: str = ""


def values(thing: Any, name: str) -> list[Any]:
    """The objects of a property; none where it is not there."""
    return list(thing[name].value or []) if thing is not None and name in thing else []


def leads_on(clip: Any) -> bool:
    """Whether a clip is taken from a mob; one that is not stands for where all begins, or for nothing."""
    mob_id = clip.mob_id
    return mob_id is not None and mob_id.int != 0


class Segments:
    """Takes segments apart.

    Args:
        library: pyaaf2.
    """

    def __init__(self, library: ModuleType) -> None:
        self._kinds = library.components

    def length(self, segment: Any) -> int | None:
        """Its length in edit units; where it does not say that itself, that of what is in it; None if nothing tells."""
        said = segment["Length"].value
        if said is not None:
            return int(said)
        if isinstance(segment, self._kinds.Sequence):
            return self._sum(values(segment, "Components"))
        inner = self._inner(segment)
        return None if inner is None else self.length(inner)

    def _sum(self, parts: list[Any]) -> int | None:
        """The length of a sequence: transitions are shared by the two clips beside them."""
        total = 0
        for part in parts:
            if (length := self.length(part)) is None:
                return None
            total += -length if isinstance(part, self._kinds.Transition) else length
        return total

    def _inner(self, segment: Any) -> Any:
        """The one segment that another stands for: the choice that was made, or what an effect is laid on."""
        kinds = self._kinds
        if isinstance(segment, kinds.Selector):
            return segment["Selected"].value
        names = {kinds.EssenceGroup: "Choices", kinds.OperationGroup: "InputSegments", kinds.NestedScope: "Slots"}
        inner = next((values(segment, name) for kind, name in names.items() if isinstance(segment, kind)), [])
        return inner[0] if inner else None

    def on_track(self, segment: Any) -> Iterator[Placed | Remark]:
        """What is seen or heard, in order, and what is to be said of it."""
        yield from self._walk(segment, Placed(0, max(0, self.length(segment) or 0)), 0)

    def _walk(self, segment: Any, at: Placed, depth: int) -> Iterator[Placed | Remark]:
        kinds = self._kinds
        if depth > _DEEPEST:
            yield from _unread(at, "it is nested too deeply to be checked")
        elif isinstance(segment, kinds.SourceClip):
            yield replace(at, clip=segment) if leads_on(segment) else at
        elif isinstance(segment, kinds.Filler | kinds.ScopeReference):
            yield at
        elif isinstance(segment, kinds.Sequence):
            yield from self._walk_sequence(segment, at, depth)
        elif isinstance(segment, kinds.NestedScope):
            for number, layer in enumerate(values(segment, "Slots"), start=1):
                lane = f"{at.lane} layer {number}" if number > 1 else at.lane
                yield from self._walk(layer, replace(at, lane=lane), depth + 1)
        elif isinstance(segment, kinds.OperationGroup):
            yield from self._walk_operation(segment, at, depth)
        elif isinstance(segment, kinds.Selector | kinds.EssenceGroup) and (inner := self._inner(segment)) is not None:
            yield Remark("note", "where there is a choice of clips, only the one that is chosen was checked")
            yield from self._walk(inner, at, depth + 1)
        else:
            yield from _unread(at, f"the {type(segment).__name__} at frame {at.first} was not checked")

    def _walk_sequence(self, sequence: Any, at: Placed, depth: int) -> Iterator[Placed | Remark]:
        first, overlap = at.first, at.overlap
        for part in values(sequence, "Components"):
            length = self.length(part)
            if length is None or length < 0:
                problem = f"the {type(part).__name__} at frame {first} has no length: what follows it was not checked"
                yield Remark("error", problem, "give each component a length")
                yield replace(at, first=first, length=max(0, at.end - first), is_read=False)
                return
            if isinstance(part, self._kinds.Transition):
                yield Remark("note", "transitions were not checked")
                first, overlap = first - length, overlap + length
            else:
                yield from self._walk(part, replace(at, first=first, length=length, overlap=overlap), depth + 1)
                first, overlap = first + length, 0
        said = sequence["Length"].value
        if said is not None and first - at.first != said:
            problem = f"it is said to be {said} frames long; its parts are {first - at.first}"
            yield Remark("error", problem, "give the sum of the parts, less the transitions")

    def _walk_operation(self, operation: Any, at: Placed, depth: int) -> Iterator[Placed | Remark]:
        inputs = values(operation, "InputSegments")
        name, changes_speed = _operation(operation)
        if any(word in name for word in _COMBINERS):
            for channel, segment in enumerate(inputs):
                lane = f"{at.lane} channel {channel + 1}"
                yield from self._walk(segment, replace(at, lane=lane, channel=channel), depth + 1)
        elif len(inputs) == 1 and not changes_speed and self.length(inputs[0]) == at.length:
            yield Remark("note", "effects were not checked")
            yield from self._walk(inputs[0], at, depth + 1)
        else:
            yield from _unread(at, f"the effect at frame {at.first} was not checked, nor the clips in it")

    def clip_at(self, segment: Any, first: Fraction, length: Fraction) -> tuple[Any, Fraction] | None:
        """The one clip that fills a stretch of a segment, and how far into the clip the stretch begins.

        Both count edit units of the segment. Where the segment has but one clip, it is that one, even if the stretch
        goes beyond it: that is then outside of the file. Of several, an end may lie up to one edit unit after that of
        the clip, as rates differ. None where several clips fill the stretch, or something else does.
        """
        parts = [found for found in self.on_track(segment) if isinstance(found, Placed)]
        for part in parts:
            offset = first - part.first
            if part.clip is not None and (len(parts) == 1 or (offset >= 0 and offset + length <= part.length + 1)):
                return part.clip, offset
        return None


def _unread(at: Placed, problem: str) -> Iterator[Placed | Remark]:
    yield Remark("note", problem)
    yield replace(at, is_read=False)


def _operation(group: Any) -> tuple[str, bool]:
    """The name of an effect, in small letters, and whether it changes speed."""
    definition = group["Operation"].value if "Operation" in group else None
    if definition is None:
        return "", True
    name = str(definition["Name"].value or "").lower()
    is_marked = "IsTimeWarp" in definition and bool(definition["IsTimeWarp"].value)
    return name, is_marked or any(word in name for word in _RETIMERS)
