"""Holds a sequence against the timeline that it was made from, to the frame."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from autohighlight.export.verify.contents import ReadClip, ReadMarker, ReadSequence
from autohighlight.export.verify.inspection import LOST_BYTE, Inspection, in_words
from autohighlight.export.verify.media import fields_in_words
from autohighlight.timeline.model import Marker, Part, Timeline

Begins = Callable[[int, Fraction, Fraction], Fraction]
"""Frame of a source, its rate, the sequence's rate -> seconds from the source's first frame on at which a format has a
part begin that shows from that frame on."""

_REMEDY = "write the timeline again"


def at_the_frame(first_frame: int, rate: Fraction, _sequence_rate: Fraction) -> Fraction:
    """Where a part begins in formats that count a source at its own rate."""
    return first_frame / rate


def compare(inspection: Inspection, sequence: ReadSequence, timeline: Timeline, begins: Begins) -> None:
    """Reports every difference in rate, size, labels, order, ranges and markers."""
    _compare_whole(inspection, sequence, timeline)
    places = list(itertools.accumulate((part.num_frames for part in timeline.parts), initial=0))
    parts = _parts_meant(inspection, sequence, timeline, places)
    if len(sequence.pictures) != len(parts):
        problem = f"{len(sequence.pictures)} parts are seen; the timeline has {len(parts)}"
        inspection.error(sequence.place, problem, _REMEDY)
        return
    expected = {(places[i], places[i + 1]): timeline.parts[i] for i in parts}
    for clip, record in zip(sequence.pictures, expected, strict=True):
        if clip.record_first.value != record[0]:
            problem = f"it begins at frame {clip.record_first.value} of the sequence, in the timeline at {record[0]}"
            inspection.error(clip.record_first.place, problem, _REMEDY)
        if clip.record_end.value != record[1]:
            problem = (
                f"it ends before frame {clip.record_end.value} of the sequence, in the timeline before {record[1]}"
            )
            inspection.error(clip.record_end.place, problem, _REMEDY)
        _compare_source(inspection, clip, expected[record], timeline, begins)
    for clip in sequence.clips:
        if clip.has_picture:
            continue
        if clip.record not in expected:
            problem = f"its frames {clip.record[0]} to {clip.record[1]} of the sequence are those of no part"
            inspection.error(clip.record_first.place, problem, _REMEDY)
        else:
            _compare_source(inspection, clip, expected[clip.record], timeline, begins)
    _compare_markers(inspection, sequence.markers, expected, timeline)


def _compare_whole(inspection: Inspection, sequence: ReadSequence, timeline: Timeline) -> None:
    if sequence.rate.value != timeline.frame_rate:
        problem = f"the sequence has {in_words(sequence.rate.value)} frames/s; the timeline {timeline.frame_rate}"
        inspection.error(sequence.rate.place, problem, _REMEDY)
    if (start := sequence.start) and start.value != timeline.start_timecode:
        problem = f"the sequence begins at {start.value}; the timeline at {timeline.start_timecode}"
        inspection.error(start.place, problem, _REMEDY)
    if (size := sequence.size) and size.value != timeline.size:
        problem = f"the sequence is {size.value[0]}x{size.value[1]}; the timeline {timeline.size[0]}x{timeline.size[1]}"
        inspection.error(size.place, problem, "upright, in square pixels")
    if (fields := sequence.field_order) and fields.value != timeline.field_order:
        said, meant = fields_in_words(fields.value), fields_in_words(timeline.field_order)
        inspection.error(fields.place, f"the sequence is {said}; the timeline {meant}", _REMEDY)
    if (aspect := sequence.pixel_aspect) and aspect.value != 1:
        inspection.error(aspect.place, f"the sequence's pixels have the aspect {aspect.value}", "they are square")


def _parts_meant(
    inspection: Inspection, sequence: ReadSequence, timeline: Timeline, places: Sequence[int]
) -> Sequence[int]:
    """Indices of the parts that the file should hold: all, or of a divided sequence those from its place on."""
    every = range(len(timeline.parts))
    if sequence.number is None or not sequence.pictures:
        return every
    number, count = sequence.number
    first = sequence.pictures[0].record_first
    if first.value not in places[:-1] or (first.value == 0) != (number == 1):
        problem = f"file {number} of {count} begins at frame {first.value} of the sequence, where it cannot be divided"
        inspection.error(first.place, problem, _REMEDY)
        return every
    begin = places.index(first.value)
    return every[begin:] if number == count else every[begin : begin + len(sequence.pictures)]


def _compare_source(inspection: Inspection, clip: ReadClip, part: Part, timeline: Timeline, begins: Begins) -> None:
    if clip.media.path is not None and not _is_same_file(clip.media.path, part.source.path):
        problem = f"it is cut from {clip.media.path}, in the timeline from {part.source.path}"
        inspection.error(clip.place, problem, "cut from the recording itself, in the timeline's order")
        return
    rate = part.source.rate
    start, expected = clip.source_start.value, begins(part.first_frame, rate, timeline.frame_rate)
    if start != expected:
        problem = f"it begins at frame {_number(start * rate)} of {part.source.name}"
        inspection.error(clip.source_start.place, f"{problem}, in the timeline at {_number(expected * rate)}", _REMEDY)
    # A format that counts in frames of the source names every one that is seen, the last even in part.
    length = part.num_frames / timeline.frame_rate
    lengths = (length, math.ceil(length * rate) / rate)
    if clip.source_end.value - start not in lengths and clip.source_end.value - expected not in lengths:
        problem = f"it ends before frame {_number(clip.source_end.value * rate)} of {part.source.name}"
        remedy = "outs are exclusive: the frame after the last"
        end = _number((expected + length) * rate)
        inspection.error(clip.source_end.place, f"{problem}, in the timeline before {end}", remedy)


def _number(frame: Fraction) -> str:
    return str(frame) if frame.denominator == 1 else f"{float(frame):.3f}"


def _is_same_file(read: Path, source: Path) -> bool:
    """Whether a document names the file; XML has no control characters and no bytes that are no UTF-8."""
    said, name = str(read), str(source)
    return len(said) == len(name) and all(a in (b, LOST_BYTE) for a, b in zip(said, name, strict=True))


def _compare_markers(
    inspection: Inspection,
    markers: Sequence[ReadMarker],
    expected: dict[tuple[int, int], Part],
    timeline: Timeline,
) -> None:
    """Markers are written if they were asked for: all or none."""
    wanted = [(record[0], part, marker) for record, part in expected.items() for marker in part.markers]
    if not markers:
        return
    if len(markers) != len(wanted):
        problem = f"there are {len(markers)} markers; the timeline has {len(wanted)}"
        inspection.error(markers[0].place, problem, _REMEDY)
        return
    for read, (record_first, part, marker) in zip(markers, wanted, strict=True):
        start = _marker_start(read, record_first, part, marker, timeline)
        if read.start.value != start:
            problem = f"the marker lies at {read.start.value} s, in the timeline at {start} s"
            inspection.error(read.start.place, problem, _REMEDY)
        elif read.end is not None and read.end.value - start != marker.num_frames / timeline.frame_rate:
            problem = (
                f"the marker ends at {read.end.value} s, in the timeline {marker.num_frames} frames after its start"
            )
            inspection.error(read.end.place, problem, _REMEDY)


def _marker_start(read: ReadMarker, record_first: int, part: Part, marker: Marker, timeline: Timeline) -> Fraction:
    if read.clock == "sequence":
        return (record_first + marker.first_frame) / timeline.frame_rate
    pace = part.source.rate / timeline.frame_rate
    return (part.first_frame + math.floor(marker.first_frame * pace)) / part.source.rate
