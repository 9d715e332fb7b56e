"""Timeline -> AAF, the Advanced Authoring Format, as Avid Media Composer reads it; by pyaaf2, of the extra ``aaf``.

The sequence (a composition mob) has a slot for its timecode, one for the picture and one for each sound channel; all
count frames of the sequence. What its clips show is described in `aaf_media`. No media is in the AAF file: editors link
to the files themselves.

OpenTimelineIO's AAF adapter does not write it: it calls every rate that is not whole drop-frame, labels 50 frames a
second as 60, refuses files of several rates, and gives all sound of a file one slot. Tests read with it.

Source: AAF Object Specification, AAF Edit Protocol and AAF Low-Level Container Specification (Advanced Media Workflow
Association); markers as Avid Media Composer and the Avid files among OpenTimelineIO's tests have them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

from autohighlight import __version__
from autohighlight.config import ExportOptions
from autohighlight.errors import DependencyError, FormatError, printable
from autohighlight.export.aaf_media import PICTURE, SOUND, add_source, add_timecode, clip, tracks
from autohighlight.export.documents import one_line
from autohighlight.files import check_destination, written_whole
from autohighlight.timecode import TimecodeFormat
from autohighlight.timeline.events import Event, PlacedMarker, events
from autohighlight.timeline.model import Timeline
from autohighlight.times import format_rate
from autohighlight.types import Progress, ProgressCallback

_MARKER_SLOT = 1000
"""Number of the slot of markers, as Avid numbers them: well above those of tracks."""

_MARKER_COLOUR = "Green"
_MARKER_RGB = {"red": 0x3333, "green": 0xCCCC, "blue": 0x3333}
"""Avid's green, 16 bits a component."""

_PROGRAM = "autohighlight"
_PRODUCT_ID = UUID("5a6e95d0-5fff-4559-bdbc-4fc99c8dae2e")
"""Tells files of this program from those of others; the same in all versions."""


def write_aaf(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the sequence.

    Args:
        timeline: what to write.
        path: of the file.
        options: `markers` and `overwrite`.
        progress: is told when it is done.

    Returns:
        `path` alone.

    Raises:
        DependencyError: pyaaf2 is not installed.
        FormatError: a rate is neither a whole number of frames a second nor 1000/1001 of one.
        OutputError: it cannot be written there; nothing is left behind.
    """
    library = _library()
    _check_rate("the timeline", timeline.frame_rate)
    for source in timeline.sources:
        _check_rate(printable(source.name), source.rate)
        check_destination(path, source=source.path, overwrite=options.overwrite)
    with written_whole(path, overwrite=options.overwrite) as unfinished, _new_file(library, unfinished) as file:
        masters = {source.id: add_source(file, source) for source in timeline.sources}
        _add_sequence(file, timeline, masters, with_markers=options.markers)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return [path]


@contextlib.contextmanager
def _new_file(library: ModuleType, path: Path) -> Iterator[Any]:
    """A file to fill, in memory until it is whole: pyaaf2 leaves files open where the disk is full.

    It also ends a file in the middle of its last sector, and LibAAF refuses to read one that is not whole.
    """
    file = library.open(mode="w")
    _sign(library, file)
    yield file
    file.save()
    file.manager.remove_temp()
    file.cfb.close()
    content = file.f.getvalue()
    path.write_bytes(content + bytes(-len(content) % file.cfb.sector_size))


def _sign(library: ModuleType, file: Any) -> None:
    """Says which program wrote the file."""
    (identification,) = file.header["IdentificationList"].value
    identification["CompanyName"].value = identification["ProductName"].value = _PROGRAM
    identification["ProductVersionString"].value = __version__
    identification["ProductID"].value = library.auid.AUID(str(_PRODUCT_ID))


def _check_rate(name: str, rate: Fraction) -> None:
    """Timecode counts whole frames a second: at another rate editors find no sequence, or a wrong place in a file."""
    if not TimecodeFormat(rate).keeps_time:
        problem = f"AAF has no timecode at {format_rate(rate)} frames/s, which {name} has"
        raise FormatError(problem, "export fcpxml or otio")


def _library() -> ModuleType:
    try:
        import aaf2  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(
            f"AAF files are written by pyaaf2, which is not here: {error}", 'pip install "autohighlight[aaf]"'
        ) from None
    module: ModuleType = aaf2
    return module


def _add_sequence(file: Any, timeline: Timeline, masters: dict[str, Any], *, with_markers: bool) -> None:
    composition = file.create.CompositionMob(one_line(timeline.name))
    composition.usage = "Usage_TopLevel"
    file.content.mobs.append(composition)
    placed = events(timeline)
    add_timecode(file, composition, timeline.start_timecode, timeline.num_frames)
    _add_track(file, composition, placed, masters, PICTURE, 1)
    for number in range(1, max(len(source.channels) for source in timeline.sources) + 1):
        _add_track(file, composition, placed, masters, SOUND, number)
    if with_markers:
        _add_markers(file, composition, placed)


def _add_track(
    file: Any, composition: Any, placed: Sequence[Event], masters: dict[str, Any], kind: str, number: int
) -> None:
    """A track of the sequence: the picture, or the sound channels of that number; files without it leave it empty."""
    slot = composition.create_empty_sequence_slot(str(placed[0].record.rate), media_kind=kind)
    slot.name = f"{'V' if kind == PICTURE else 'A'}{number}"
    slot["PhysicalTrackNumber"].value = number
    for event in placed:
        source, num_frames = event.part.source, event.record.num_frames
        track = next((t for t in tracks(source) if (t.kind, t.number) == (kind, number)), None)
        if track is None:
            slot.segment.components.append(file.create.Filler(kind, num_frames))
        else:
            first = event.source_at_record_rate.first
            slot.segment.components.append(clip(masters[source.id], track, first, num_frames))
    slot.segment.length = placed[-1].record.end


def _add_markers(file: Any, composition: Any, placed: Sequence[Event]) -> None:
    picture = next(slot for slot in composition.slots if slot.name == "V1")
    slot = file.create.EventMobSlot(_MARKER_SLOT)
    slot.edit_rate = str(placed[0].record.rate)
    slot["PhysicalTrackNumber"].value = picture["PhysicalTrackNumber"].value
    slot.segment = file.create.Sequence(media_kind="DescriptiveMetadata")
    for marker in (marker for event in placed for marker in event.markers):
        slot.segment.components.append(_marker(file, marker, picture.slot_id))
    composition.slots.append(slot)


def _marker(file: Any, placed: PlacedMarker, described_slot: int) -> Any:
    """A marker by the format's own properties, and by those that Avid adds and reads."""
    comment = one_line(f"{placed.marker.name}, {placed.marker.comment}")
    marker = file.create.DescriptiveMarker()
    marker["Position"].value = placed.record.first
    marker.length = placed.record.num_frames
    marker["DescribedSlots"].value = {described_slot}
    marker["Comment"].value = comment
    marker["CommentMarkerUser"].value = _PROGRAM
    marker["CommentMarkerColor"].value = _MARKER_RGB
    attributes = {
        "_ATN_CRM_USER": _PROGRAM,
        "_ATN_CRM_COLOR": _MARKER_COLOUR,
        "_ATN_CRM_COM": comment,
        "_ATN_CRM_LENGTH": placed.record.num_frames,
    }
    values = [file.create.TaggedValue(name, value) for name, value in attributes.items()]
    marker["CommentMarkerAttributeList"].value = values
    return marker
