"""Reads and checks OpenTimelineIO's JSON, without its library, which writes it.

Source: OpenTimelineIO's documentation, "OTIO File Format Specification" and "Time Ranges"
(opentimelineio.readthedocs.io).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.export.verify.located_json import LocatedJson
from autohighlight.export.verify.streams import channels_of_stream
from autohighlight.export.verify.urls import path_of_url
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.types import MediaInfo

_HIGHEST_NOMINAL_RATE = 240
_EXACT_RATES = {
    float(rate): rate
    for nominal in range(1, _HIGHEST_NOMINAL_RATE + 1)
    for rate in (Fraction(nominal), Fraction(nominal * 1000, 1001))
}
"""The number that JSON has for a rate -> the rate."""

_ROUNDED = 0.01  # frames/s by which 23.98 and 29.97 miss their rates
_NAMESPACE = "autohighlight"
_RETIMING = ("TimeEffect", "LinearTimeWarp", "FreezeFrame")
_ON_A_FRAME = "every range begins and ends on a whole frame"

Json = dict[str, Any]


def read_otio(inspection: Inspection, document: LocatedJson) -> Iterator[ReadSequence]:
    """The timeline; what the format itself forbids is reported."""
    root = document.root
    if _schema(root) != "Timeline":
        place = Place(document.line(root), str(root.get("OTIO_SCHEMA"))[:40])
        inspection.note(place, "it is no timeline: it was not checked", "write a timeline")
        return
    sequence = _Reader(inspection, document).sequence()
    if sequence is not None:
        yield sequence


def _schema(value: Any) -> str:
    """``Clip`` of ``Clip.2``; empty for what is no object of OpenTimelineIO's."""
    return str(value.get("OTIO_SCHEMA", "")).partition(".")[0] if isinstance(value, dict) else ""


def _list(value: Json, name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _ours(value: Json) -> Json:
    """What this program has in an object's metadata."""
    metadata = value.get("metadata")
    found = metadata.get(_NAMESPACE) if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def _reference(clip: Json) -> Json | None:
    """The media reference of a clip that is in use."""
    references = clip.get("media_references")
    key = clip.get("active_media_reference_key", "DEFAULT_MEDIA")
    found = (
        references.get(key) if isinstance(references, dict) and isinstance(key, str) else clip.get("media_reference")
    )
    return found if isinstance(found, dict) else None


class _Reader:
    """One document.

    Args:
        inspection: where to report.
        document: whose root is a timeline.
    """

    def __init__(self, inspection: Inspection, document: LocatedJson) -> None:
        self._inspection = inspection
        self._document = document
        self._rate = Fraction(0)

    def sequence(self) -> ReadSequence | None:
        """The timeline; None where it has no tracks, or no rate."""
        root, inspection = self._document.root, self._inspection
        place = self._place(root)
        stack = root.get("tracks")
        tracks = [track for track in _list(stack, "children") if _schema(track) == "Track"] if stack else []
        start = self._time(root.get("global_start_time"))
        rate = (start and start[1]) or self._first_rate(tracks)
        if rate is None:
            inspection.error(place, "no clip with a range is on any track", "write the timeline again")
            return None
        self._rate = rate.value
        clips, markers, num_sound_tracks = list[ReadClip](), list[ReadMarker](), 0
        unread = list[tuple[int, int]]()
        for number, track in enumerate(tracks):
            is_sound = track.get("kind") == "Audio"
            found = list(self._clips(track, f"track {number + 1}", num_sound_tracks if is_sound else None, unread))
            num_sound_tracks += is_sound
            clips += [clip for clip, _ in found]
            markers += [marker for clip, child in found for marker in self._markers(clip, child)]
        words = _ours(root)
        width, height = words.get("width"), words.get("height")
        size = (width, height) if isinstance(width, int) and isinstance(height, int) else None
        return ReadSequence(
            place=place,
            rate=rate,
            clips=tuple(clips),
            start=self._first_label(start[0], words.get("drop_frame") is True) if start else None,
            size=Said(size, place) if size else None,
            markers=tuple(markers),
            unread=tuple(unread),
        )

    def _place(self, value: Json) -> Place:
        name = str(value.get("name") or "")[:80]
        return Place(self._document.line(value), f"{_schema(value) or 'object'}{f' {name!r}' if name else ''}")

    def _first_rate(self, tracks: list[Json]) -> Said[Fraction] | None:
        """That of the first length of a clip."""
        for child in (child for track in tracks for child in _list(track, "children")):
            span = child.get("source_range") if isinstance(child, dict) else None
            if isinstance(span, dict) and (duration := self._time(span.get("duration"))):
                return duration[1]
        return None

    def _first_label(self, start: Said[Fraction], is_drop_frame: bool) -> Said[Timecode] | None:
        if is_drop_frame and not TimecodeFormat.has_drop_frame(self._rate):
            self._inspection.error(start.place, f"there is no drop-frame counting at {in_words(self._rate)} frames/s")
            return None
        format_ = TimecodeFormat(self._rate, is_drop_frame)
        frame = self._record(start)
        return Said(Timecode(format_, frame.value % format_.frames_per_day), start.place)

    def _time(self, value: Any) -> tuple[Said[Fraction], Said[Fraction]] | None:
        """Seconds and the rate that they are counted at."""
        if not isinstance(value, dict) or _schema(value) != "RationalTime":
            return None
        place = self._place(value)
        number, rate = value.get("value"), value.get("rate")
        if not isinstance(number, int | float) or not isinstance(rate, int | float) or rate <= 0:
            self._inspection.error(place, "it is no number of frames at a rate", "give value and rate")
            return None
        if not math.isfinite(number) or not math.isfinite(rate):
            self._inspection.error(place, "its numbers are too large", "give value and rate")
            return None
        exact = self._exact(float(rate), place)
        frame = Fraction(number)
        if frame.denominator != 1:
            self._inspection.error(place, f"{number} is no whole frame", _ON_A_FRAME)
        return Said(frame / exact, place), Said(exact, place)

    def _exact(self, rate: float, place: Place) -> Fraction:
        if rate in _EXACT_RATES:
            return _EXACT_RATES[rate]
        near = min(_EXACT_RATES, key=lambda known: abs(known - rate))
        if abs(near - rate) < _ROUNDED:
            problem = f"the rate is rounded to {rate}, which is {in_words(_EXACT_RATES[near])} and drifts"
            self._inspection.error(place, problem, f"write {near}")
            return _EXACT_RATES[near]
        return Fraction(rate).limit_denominator(1_000_000)

    def _range(self, value: Any) -> tuple[Said[Fraction], Said[Fraction], Said[Fraction]] | None:
        """Start and length in seconds, and the rate of the start."""
        if not isinstance(value, dict):
            return None
        start, duration = self._time(value.get("start_time")), self._time(value.get("duration"))
        return (start[0], duration[0], start[1]) if start and duration else None

    def _record(self, time: Said[Fraction]) -> Said[int]:
        """A time in frames of the sequence."""
        frame = time.value * self._rate
        if frame.denominator != 1:
            problem = f"it is {float(frame):.3f} frames of the sequence"
            self._inspection.error(time.place, problem, _ON_A_FRAME)
        return Said(round(frame), time.place)

    def _clips(
        self, track: Json, name: str, sound: int | None, unread: list[tuple[int, int]]
    ) -> Iterator[tuple[ReadClip, Json]]:
        """The clips of a track in their places; `sound` is the track's number among those of sound.

        Frames of what cannot be read are added to `unread`.
        """
        at = 0
        if track.get("source_range"):
            self._inspection.note(self._place(track), "it is trimmed: that was not checked")
        for child in _list(track, "children"):
            if not isinstance(child, dict) or _schema(child) == "Transition":
                self._inspection.note(self._place(track), "it has transitions: they were not checked")
                continue
            span = self._range(child.get("source_range")) or self._whole(child)
            length = self._record(span[1]).value if span else 0
            if (
                _schema(child) == "Clip"
                and not self._is_retimed(child)
                and (clip := self._clip(child, span, name, at, sound))
            ):
                yield clip, child
            elif _schema(child) != "Gap":
                if _schema(child) != "Clip":
                    self._inspection.note(self._place(child), "it is no clip: it was not checked")
                unread.append((at, at + length))
            at += length

    def _whole(self, clip: Json) -> tuple[Said[Fraction], Said[Fraction], Said[Fraction]] | None:
        """What a clip without a range of its own shows: all that is available."""
        reference = _reference(clip)
        return self._range(reference.get("available_range")) if reference is not None else None

    def _is_retimed(self, clip: Json) -> bool:
        """Whether an effect changes its speed, which is reported."""
        for effect in _list(clip, "effects"):
            if _schema(effect) in _RETIMING:
                self._inspection.note(self._place(clip), "its speed is changed: it was not checked")
                return True
        return False

    def _clip(self, child: Json, span: Any, track: str, at: int, sound: int | None) -> ReadClip | None:
        place, inspection = self._place(child), self._inspection
        if span is None:
            inspection.note(place, "it has no source_range: it was not checked", "give the range that it shows")
            return None
        if _list(child, "effects"):
            inspection.note(place, "it has effects: its speed was not checked")
        start, duration, _ = span
        declared = self._declared(child, place)
        media = declared.path and inspection.media(declared.path, declared.place)
        origin = declared.start.value if declared.start else Fraction(0)
        return ReadClip(
            place=place,
            media=declared,
            track=track,
            has_picture=sound is None,
            record_first=Said(at, place),
            record_end=Said(at + self._record(duration).value, duration.place),
            source_start=Said(start.value - origin, start.place),
            source_end=Said(start.value - origin + duration.value, duration.place),
            channels=self._channels(child, media, sound, place) if media else frozenset(),
        )

    def _channels(self, child: Json, media: MediaInfo, sound: int | None, place: Place) -> frozenset[int]:
        """The sound track that the metadata names; without it the one with the number of the clip's track."""
        if sound is None:
            return frozenset()
        stream = _ours(child).get("stream")
        if isinstance(stream, int):
            channels = channels_of_stream(media, stream)
            if not channels:
                self._inspection.error(
                    place, f"stream {stream} of {media.path.name} is no sound", "name a sound stream"
                )
            return channels
        return channels_of_stream(media, media.audio[sound].index) if sound < len(media.audio) else frozenset()

    def _declared(self, child: Json, place: Place) -> DeclaredMedia:
        reference = _reference(child)
        if reference is None or _schema(reference) != "ExternalReference":
            self._inspection.note(place, "it names no media file: it was not checked")
            return DeclaredMedia(place, None)
        here = Place(self._document.line(reference), f"media of {place.element}")
        url = reference.get("target_url")
        path: Path | None = None
        if isinstance(url, str):
            path = path_of_url(self._inspection, here, url)
        else:
            self._inspection.error(here, "it has no target_url", "name the file by its URL")
        available = self._range(reference.get("available_range"))
        if available is None:
            self._inspection.odd(here, "it has no available_range", "without it editors take the start timecode for 0")
            return DeclaredMedia(here, path)
        start, duration, rate = available
        return DeclaredMedia(here, path, rate, Said(duration.value * rate.value, duration.place), start)

    def _markers(self, clip: ReadClip, child: Json) -> Iterator[ReadMarker]:
        """They lie on the clock of the file, as the clip's range does."""
        origin = clip.media.start.value if clip.media.start else Fraction(0)
        for marker in _list(child, "markers"):
            span = self._range(marker.get("marked_range")) if isinstance(marker, dict) else None
            if span is not None:
                start, duration, _ = span
                begin = start.value - origin
                yield ReadMarker(Said(begin, start.place), Said(begin + duration.value, duration.place), "source", clip)
