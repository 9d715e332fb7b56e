"""Checks what is true of every right sequence, whatever the format and whoever wrote it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from autohighlight.export.verify.contents import ReadClip, ReadMarker, ReadSequence
from autohighlight.export.verify.inspection import Inspection
from autohighlight.types import MediaInfo


def check_sequence(inspection: Inspection, sequence: ReadSequence) -> None:
    """Reports ranges outside their files, gaps, overlaps, a wrong length, lost sound, and misplaced markers."""
    for clip in sequence.clips:
        if clip.record_end.value <= clip.record_first.value:
            problem = f"it ends at frame {clip.record_end.value}, not after its first, {clip.record_first.value}"
            inspection.error(clip.record_end.place, problem, "an out is the frame after the last")
        _check_range(inspection, clip)
    _check_tracks(inspection, sequence)
    _check_length(inspection, sequence)
    _check_sound(inspection, sequence)
    whole = max((clip.record_end.value for clip in sequence.clips), default=0) / sequence.rate.value
    for marker in sequence.markers:
        _check_marker(inspection, marker, sequence.rate.value, whole)
    if inspection.timeline is None:
        _check_upright(inspection, sequence)
        _check_cut_from_sources(inspection, sequence)


def _media(inspection: Inspection, clip: ReadClip) -> MediaInfo | None:
    return None if clip.media.path is None else inspection.media(clip.media.path, clip.media.place)


def _check_range(inspection: Inspection, clip: ReadClip) -> None:
    if (media := _media(inspection, clip)) is None:
        return
    length, remedy = media.grid_length / media.frame_rate, _start_remedy(media)
    start, end = clip.source_start.value, clip.source_end.value
    if not 0 <= start < length:
        problem = f"it begins {_seconds(start)} after the first frame of {media.path.name}, outside the file"
        inspection.error(clip.source_start.place, problem, remedy)
    elif end > length and end - clip.slack >= length:
        problem = f"it ends {_seconds(end)} after the first frame of {media.path.name}, which has {_seconds(length)}"
        inspection.error(clip.source_end.place, problem, remedy)


def _start_remedy(media: MediaInfo) -> str:
    if media.start_timecode is None or not media.start_timecode.frame:
        return "cut inside the file"
    return f"cut inside the file, whose timecode begins at {media.start_timecode}"


def _seconds(time: Fraction) -> str:
    return f"{float(time):.3f} s"


def _check_tracks(inspection: Inspection, sequence: ReadSequence) -> None:
    """No clip begins before the one ahead of it on its track has ended; pictures leave no frame empty."""
    tracks = defaultdict[str, list[ReadClip]](list)
    for clip in sequence.clips:
        tracks[clip.track].append(clip)
    for clips in tracks.values():
        for before, clip in itertools.pairwise(clips):
            overlap = before.record_end.value - clip.record_first.value - clip.overlap
            if overlap > 0:
                problem = f"it begins {overlap} frames before {before.place.element} has ended"
                inspection.error(clip.record_first.place, problem, "move it, or shorten the one before")
    first = {clip.track for clip in sequence.pictures}
    above = tuple(clip.record for clip in sequence.clips if clip.has_picture and clip.track not in first)
    ends = sorted(sequence.fillers + sequence.unread + above)
    goes_on = sequence.number is not None and sequence.number[0] > 1
    at = min((clip.record_first.value for clip in sequence.pictures), default=0) if goes_on else 0
    for clip in sequence.pictures:
        while ends and ends[0][0] <= at:
            at = max(at, ends.pop(0)[1])
        gap = clip.record_first.value - at
        if gap > 0:
            exclusive = "an out is the frame after the last: " if gap == 1 else ""
            problem = f"the {gap} frames before it are empty"
            inspection.odd(clip.record_first.place, problem, f"{exclusive}begin it where the one before ends")
        at = max(at, clip.record_end.value)


def _check_length(inspection: Inspection, sequence: ReadSequence) -> None:
    ends = [clip.record_end.value for clip in sequence.clips]
    ends += [end for _, end in sequence.fillers + sequence.unread]
    if (said := sequence.num_frames) and said.value != max(ends, default=0):
        problem = f"the sequence is said to be {said.value} frames long; its parts fill {max(ends, default=0)}"
        inspection.error(said.place, problem, "give the sum of the parts")


def _check_sound(inspection: Inspection, sequence: ReadSequence) -> None:
    """Every channel of a file is heard while it is seen, and none that it does not have."""
    heard = _heard(sequence)
    for clip in sequence.clips:
        if (media := _media(inspection, clip)) is None:
            continue
        present = set(range(1, 1 + sum(stream.num_channels for stream in media.audio)))
        if absent := clip.channels - present:
            problem = f"{media.path.name} has no sound channel {_listed(absent)}"
            inspection.error(clip.place, problem, f"it has {len(present)}")
        if not clip.has_picture or any(_meet(clip.record, unread) for unread in sequence.unread):
            continue
        lost = {n for n in present if not any(_holds(span, clip.record) for span in heard[clip.media.path, n])}
        if lost:
            problem = f"no track has sound channel {_listed(lost)} of {media.path.name} for as long as it is seen"
            inspection.odd(clip.place, problem, "add the sound, from the same frame to the same frame")


def _heard(sequence: ReadSequence) -> defaultdict[tuple[Path | None, int], list[tuple[int, int]]]:
    """File and channel -> frames ``[first, end)`` of the sequence in which it is heard; clips that join are one."""
    heard = defaultdict[tuple[Path | None, int], list[tuple[int, int]]](list)
    for clip in sorted(sequence.clips, key=lambda clip: clip.record):
        for number in clip.channels:
            spans, (first, end) = heard[clip.media.path, number], clip.record
            if spans and first <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], end))
            else:
                spans.append((first, end))
    return heard


def _holds(span: tuple[int, int], inner: tuple[int, int]) -> bool:
    return span[0] <= inner[0] and inner[1] <= span[1]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def _check_marker(inspection: Inspection, marker: ReadMarker, rate: Fraction, whole: Fraction) -> None:
    """It lies on its clip, or in the sequence, which lasts `whole` seconds, on the clock that the format has for it."""
    start, end, what = Fraction(0), whole, "the sequence"
    if marker.clip is not None:
        clip, what = marker.clip, marker.clip.place.element
        if marker.clock == "source":
            start, end = clip.source_start.value, clip.source_end.value
        else:
            start, end = (frame / rate for frame in clip.record)
    clock = "the file's clock" if marker.clock == "source" else "the sequence's clock"
    # Where rates differ, a marker lies up to one frame of the sequence before what it marks.
    room = 1 / rate if marker.clock == "source" else Fraction(0)
    if not start - room < marker.start.value < end and marker.start.value != start:
        problem = f"the marker lies at {_seconds(marker.start.value)}, outside {what}"
        inspection.error(marker.start.place, problem, f"here markers are placed on {clock}")
    elif marker.end is not None and marker.end.value > end + room:
        problem = f"the marker ends at {_seconds(marker.end.value)}, after {what}"
        inspection.error(marker.end.place, problem, "end it with what it marks")


def _check_upright(inspection: Inspection, sequence: ReadSequence) -> None:
    media = next((_media(inspection, clip) for clip in sequence.pictures), None)
    if media is None or sequence.size is None or media.rotation % 180 == 0:
        return
    width, height = sequence.size.value
    shown_width, shown_height = media.display_size
    if (width > height) != (shown_width > shown_height) and width != height:
        problem = f"the sequence is {width}x{height}; {media.path.name} is shown {shown_width}x{shown_height}"
        inspection.error(sequence.size.place, problem, "turn the sequence as the picture is turned")


def _check_cut_from_sources(inspection: Inspection, sequence: ReadSequence) -> None:
    """Several parts that play one file from its first frame to its last: nothing was chosen, it is a finished film."""
    clips: Sequence[ReadClip] = sequence.pictures
    if (
        len(clips) < 2
        or len({clip.media.path for clip in clips}) != 1
        or (media := _media(inspection, clips[0])) is None
    ):
        return
    joints = all(clip.source_start.value == before.source_end.value for before, clip in itertools.pairwise(clips))
    length = media.grid_length / media.frame_rate
    if joints and clips[0].source_start.value == 0 and clips[-1].source_end.value >= length - 1 / media.frame_rate:
        problem = f"its {len(clips)} parts play {media.path.name} from its first frame to its last"
        remedy = "if that is a rendered reel, cut from the recordings instead: parts of a reel have no handles"
        inspection.warn(clips[0].place, problem, remedy)
