"""Reads and checks this program's own CSV and JSON, whose columns and fields docs/formats.md describes.

Every place is written three times: as frames, as labels and as seconds. Frames are what counts; the others are checked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from autohighlight.errors import OptionError
from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadSequence, Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection
from autohighlight.export.verify.located_json import LocatedJson
from autohighlight.export.verify.media import first_label
from autohighlight.export.verify.streams import channels_of_stream
from autohighlight.export.verify.urls import path_of_url
from autohighlight.timecode import Timecode, TimecodeFormat

CSV_BEGINNING = b"number,source_path,"
"""How the first line of the CSV file begins."""

_JSON_FIELDS = ("sequence", "sources", "parts")
_AGAIN = "write the timeline again"
_CLOCKS = ("source", "record")


def is_timeline_json(root: Any) -> bool:
    """Whether a JSON document is a timeline of this program's."""
    return isinstance(root, dict) and all(field in root for field in _JSON_FIELDS)


def read_csv(inspection: Inspection, content: bytes) -> Iterator[ReadSequence]:
    """The rows as a sequence."""
    text = content.decode("utf-8", "surrogateescape")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows = list[tuple[Place, dict[Any, Any]]]()
    try:
        line = 2
        for row in reader:
            rows.append((Place(line, f"row {row.get('number')}"), row))
            line = reader.line_num + 1
    except csv.Error as error:
        inspection.error(Place(reader.line_num, "the table"), f"is no CSV from here on: {error}", _AGAIN)
    if not rows:
        inspection.error(Place(1, "the table"), "has no rows", _AGAIN)
        return
    media = dict[str, DeclaredMedia]()
    clips = list[ReadClip]()
    rate, origin = _fraction(inspection, *rows[0], "record_rate"), _origin(inspection, rows[0])
    for place, row in rows:
        source_rate = _fraction(inspection, place, row, "source_rate")
        path = str(row.get("source_path") or "")
        if rate is not None and source_rate is not None:
            said = Said(source_rate, place)
            declared = media.setdefault(path, DeclaredMedia(place, _path(inspection, place, path), said))
            if declared.rate and declared.rate.value != source_rate:
                inspection.error(place, f"{path} has two rates: {declared.rate.value} and {source_rate}", _AGAIN)
            clips += _clip(inspection, place, row, declared, rate, origin)
    if rate is not None:
        place = rows[0][0]
        yield ReadSequence(place, Said(rate, place), tuple(clips), Said(origin, place) if origin else None)


def read_json(inspection: Inspection, document: LocatedJson) -> Iterator[ReadSequence]:
    """The parts as a sequence."""
    root = document.root
    words = root["sequence"] if isinstance(root["sequence"], dict) else {}
    place = Place(document.line(words) if words else 1, "sequence")
    rate = _fraction(inspection, place, words, "frame_rate")
    if rate is None:
        return
    is_drop_frame = words.get("drop_frame") is True and TimecodeFormat.has_drop_frame(rate)
    start = _label(inspection, place, words, "start_timecode", TimecodeFormat(rate, is_drop_frame))
    media = dict[str, DeclaredMedia]()
    for source in _dicts(root, "sources"):
        here = Place(document.line(source), f"source {source.get('id')!r}")
        if source.get("id") in media:
            inspection.error(here, "its id is taken", "give it its own")
        media[str(source.get("id"))] = _source(inspection, here, source)
    clips = list[ReadClip]()
    for part in _dicts(root, "parts"):
        here = Place(document.line(part), f"part {part.get('number')}")
        declared = media.get(str(part.get("source")))
        if declared is None:
            inspection.error(here, f"no source has the id {part.get('source')!r}", "describe it among the sources")
        else:
            clips += _clip(inspection, here, part, declared, rate, start)
    length = _whole(inspection, place, words, "num_frames")
    _check_seconds(inspection, place, words, "duration", length, rate)
    width, height = (_whole(inspection, place, words, name) for name in ("width", "height"))
    yield ReadSequence(
        place=place,
        rate=Said(rate, place),
        clips=tuple(clips),
        start=Said(start, place) if start else None,
        num_frames=Said(length, place) if length is not None else None,
        size=Said((width, height), place) if width and height else None,
    )


def _dicts(root: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = root.get(name)
    return [value for value in found if isinstance(value, dict)] if isinstance(found, list) else []


def _path(inspection: Inspection, place: Place, text: str) -> Path | None:
    if Path(text).is_absolute():
        return Path(text)
    inspection.odd(place, f"{text!r} is no absolute path", "name the file by its whole path")
    return (inspection.path.parent / text).absolute() if text else None


def _source(inspection: Inspection, place: Place, source: dict[str, Any]) -> DeclaredMedia:
    """What is said of a file; its size is that of the picture as shown, in square pixels, and checked here."""
    path = _path(inspection, place, str(source.get("path") or ""))
    if path_of_url(inspection, place, str(source.get("url"))) != path:
        inspection.error(place, f"its url does not name {path}", _AGAIN)
    rate = _fraction(inspection, place, source, "frame_rate")
    length = _whole(inspection, place, source, "num_frames")
    tracks = _dicts(source, "sound_tracks")
    media = path and inspection.media(path, place)
    label = None
    if media:
        size = (source.get("width"), source.get("height"))
        if size != media.display_size:
            problem = (
                f"it is said to be {size[0]}x{size[1]}; it is shown {media.display_size[0]}x{media.display_size[1]}"
            )
            inspection.error(place, problem, "upright, in square pixels")
        if source.get("variable_rate") is not media.is_variable_rate:
            inspection.error(place, "its rate is said to vary or not, and it is the other way round", _AGAIN)
        label = _label(inspection, place, source, "start_timecode", first_label(media).format)
    return DeclaredMedia(
        place=place,
        path=path,
        rate=Said(rate, place) if rate else None,
        num_frames=Said(Fraction(length), place) if length is not None else None,
        start=Said(label.seconds, place) if label else None,
        channels=Said(tuple(_number(track, "num_channels") for track in tracks), place),
        sample_rates=tuple(Said(_number(track, "sample_rate"), place) for track in tracks),
    )


def _number(value: Mapping[str, Any], name: str) -> int:
    number = value.get(name)
    return number if isinstance(number, int) else 0


def _clip(
    inspection: Inspection,
    place: Place,
    row: Mapping[str, Any],
    declared: DeclaredMedia,
    rate: Fraction,
    origin: Timecode | None,
) -> Iterator[ReadClip]:
    frames = {
        (clock, end): _whole(inspection, place, row, f"{clock}_{end}_frame")
        for clock in _CLOCKS
        for end in ("first", "end")
    }
    media = declared.path and inspection.media(declared.path, declared.place)
    source_rate = declared.rate.value if declared.rate else None
    if source_rate is None or any(frame is None for frame in frames.values()):
        return
    known = {key: frame or 0 for key, frame in frames.items()}
    origins = {"source": first_label(media) if media else None, "record": origin}
    for (clock, end), frame in known.items():
        clock_rate = source_rate if clock == "source" else rate
        _check_seconds(inspection, place, row, f"{clock}_{'start' if end == 'first' else end}", frame, clock_rate)
        first = origins[clock]
        if first is not None:
            name = f"{clock}_timecode_{'in' if end == 'first' else 'out'}"
            label = _label(inspection, place, row, name, first.format)
            if label is not None and label != first + frame:
                inspection.error(place, f"{name} is {label}; frame {frame} has {first + frame}", _AGAIN)
    channels = (
        frozenset[int]().union(*(channels_of_stream(media, s.index) for s in media.audio)) if media else frozenset()
    )
    yield ReadClip(
        place=place,
        media=declared,
        track="parts",
        has_picture=True,
        record_first=Said(known["record", "first"], place),
        record_end=Said(known["record", "end"], place),
        source_start=Said(known["source", "first"] / source_rate, place),
        source_end=Said(known["source", "end"] / source_rate, place),
        channels=frozenset(channels),
    )


def _origin(inspection: Inspection, first_row: tuple[Place, dict[Any, Any]]) -> Timecode | None:
    """The label of the sequence's first frame, which the first part begins with."""
    place, row = first_row
    rate = _fraction(inspection, place, row, "record_rate")
    text = str(row.get("record_timecode_in"))
    if rate is None:
        return None
    is_drop_frame = ";" in text and TimecodeFormat.has_drop_frame(rate)
    return _label(inspection, place, row, "record_timecode_in", TimecodeFormat(rate, is_drop_frame))


def _label(
    inspection: Inspection, place: Place, row: Mapping[str, Any], name: str, format_: TimecodeFormat
) -> Timecode | None:
    text = str(row.get(name))
    try:
        label = Timecode.parse(text, format_.rate)
    except OptionError as error:
        inspection.error(place, f"{name}: {error.problem}", _AGAIN)
        return None
    if label.format != format_:
        counting = "drop-frame" if format_.is_drop_frame else "non-drop-frame"
        inspection.error(place, f"{name} is {text}, and timecode is {counting} here", _AGAIN)
        return None
    return label


def _fraction(inspection: Inspection, place: Place, row: Mapping[str, Any], name: str) -> Fraction | None:
    text = str(row.get(name))
    try:
        value = Fraction(text if len(text) < 40 and text.replace("/", "", 1).isascii() else "")
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value > 0 and "." not in text:
        return value
    inspection.error(place, f"{name} is {text[:40]!r}, no frame rate", "write 30000/1001 or 25: rates are exact")
    return None


def _whole(inspection: Inspection, place: Place, row: Mapping[str, Any], name: str) -> int | None:
    text = str(row.get(name))
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    inspection.error(place, f"{name} is {text[:40]!r}, no number of frames", "count from 0 on")
    return None


def _check_seconds(
    inspection: Inspection, place: Place, row: Mapping[str, Any], name: str, frame: int | None, rate: Fraction
) -> None:
    """Seconds are the number nearest to what the frame says."""
    try:
        seconds = float(str(row.get(name)))
    except ValueError:
        seconds = -1.0
    if frame is not None and seconds != float(frame / rate):
        inspection.error(place, f"{name} is {row.get(name)}; frame {frame} is at {float(frame / rate)} s", _AGAIN)
