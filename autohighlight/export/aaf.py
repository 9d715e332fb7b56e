"""Timeline -> AAF, the Advanced Authoring Format, as Avid Media Composer reads it; by pyaaf2, of the extra ``aaf``.

A sequence (composition mob) has a slot for its timecode, one for the picture and one for each sound channel. Each file
has a master mob with a slot for the picture and each channel, a file mob that says what the file is and where it lies,
and a mob that it was imported from, which has its timecode. All count frames: the sequence at its own rate, the rest at
the file's. No media is in the AAF file: editors link to the files themselves.

OpenTimelineIO's AAF adapter does not write it: it calls every rate that is not whole drop-frame, labels 50 frames a
second as 60, refuses files of several rates, and gives all sound of a file one slot. Tests read by it.

Source: AAF Object Specification and AAF Edit Protocol (Advanced Media Workflow Association).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from autohighlight.config import ExportOptions
from autohighlight.errors import DependencyError
from autohighlight.export.documents import one_line, upright_pixels
from autohighlight.files import check_destination, written_whole
from autohighlight.timecode import Timecode
from autohighlight.timeline.events import Event, events
from autohighlight.timeline.model import Source, Timeline
from autohighlight.types import AudioStream, MediaInfo, Progress, ProgressCallback

_MARKER_SLOT = 1000
"""Number of the slot of markers, as Avid numbers them: well above those of tracks."""

_MARKER_COLOUR = "Green"
_PICTURE, _SOUND = "picture", "sound"


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
        OutputError: it cannot be written there; nothing is left behind.
    """
    library = _library()
    for source in timeline.sources:
        check_destination(path, source=source.path, overwrite=options.overwrite)
    with written_whole(path, overwrite=options.overwrite) as unfinished, _new_file(library, unfinished) as file:
        masters = {source.id: _add_source(file, source) for source in timeline.sources}
        _add_sequence(file, timeline, masters, with_markers=options.markers)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return [path]


@contextlib.contextmanager
def _new_file(library: ModuleType, path: Path) -> Iterator[Any]:
    """A file to fill, in memory until it is whole: pyaaf2 leaves files open where the disk is full."""
    file = library.open(mode="w")
    yield file
    file.save()
    file.manager.remove_temp()
    file.cfb.close()
    path.write_bytes(file.f.getvalue())


def _library() -> ModuleType:
    try:
        import aaf2  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DependencyError(
            f"AAF files are written by pyaaf2, which is not here: {error}", "pip install autohighlight[aaf]"
        ) from None
    module: ModuleType = aaf2
    return module


@dataclass(frozen=True)
class _Track:
    """A slot of a file's mobs: its picture, or one of its sound channels.

    Args:
        kind: ``picture`` or ``sound``.
        number: among those of its kind, from 1 on.
        slot_id: number of the slot.
    """

    kind: str
    number: int
    slot_id: int


def _tracks(source: Source) -> list[_Track]:
    sound = [_Track(_SOUND, channel.number, channel.number + 1) for channel in source.channels]
    return [_Track(_PICTURE, 1, 1), *sound]


def _add_source(file: Any, source: Source) -> Any:
    """The mobs of a file; gives back its master mob."""
    tape, stored, master = file.create.SourceMob(), file.create.SourceMob(), file.create.MasterMob()
    name = one_line(source.path.stem)
    tape.name, stored.name, master.name = one_line(source.media.reel_name) or name, name, one_line(source.name)
    tape.descriptor = file.create.ImportDescriptor()
    tape.descriptor["Locator"].append(_locator(file, source))
    stored.descriptor = _description(file, source)
    for track in _tracks(source):
        end = file.create.SourceClip(media_kind=track.kind)  # of no mob: it comes from nowhere
        end.length = source.num_frames
        _add_slot(tape, source, track, end)
        _add_slot(stored, source, track, _clip(tape, track, 0, source.num_frames))
        _add_slot(master, source, track, _clip(stored, track, 0, source.num_frames))
    _add_timecode(file, tape, source.start_timecode, source.num_frames)
    file.content.mobs.extend([tape, stored, master])
    return master


def _add_slot(mob: Any, source: Source, track: _Track, segment: Any) -> None:
    slot = mob.create_timeline_slot(str(source.rate), track.slot_id)
    slot.segment = segment
    slot["PhysicalTrackNumber"].value = track.number


def _clip(mob: Any, track: _Track, first: int, num_frames: int) -> Any:
    return mob.create_source_clip(track.slot_id, start=first, length=num_frames, media_kind=track.kind)


def _add_timecode(file: Any, mob: Any, start: Timecode, num_frames: int) -> None:
    format_ = start.format
    timecode = file.create.Timecode(format_.nominal_rate, drop=format_.is_drop_frame, length=num_frames)
    timecode.start = start.frame
    slot = mob.create_timeline_slot(str(format_.rate))
    slot.name = "TC1"
    slot.segment = timecode
    slot["PhysicalTrackNumber"].value = 1


def _locator(file: Any, source: Source) -> Any:
    locator = file.create.NetworkLocator()
    locator["URLString"].value = source.url
    return locator


def _description(file: Any, source: Source) -> Any:
    """What the file is: its picture and each sound track."""
    picture = _picture_description(file, source.media)
    sound = [_sound_description(file, stream, source.num_frames / source.rate) for stream in source.media.audio]
    whole = file.create.MultipleDescriptor() if sound else picture
    for description in (picture, whole):
        description["SampleRate"].value = str(source.rate)
        description["Length"].value = source.num_frames
    if sound:
        whole["FileDescriptors"].value = [picture, *sound]
    whole["Locator"].append(_locator(file, source))
    return whole


def _picture_description(file: Any, media: MediaInfo) -> Any:
    (width, height), pixel_aspect = upright_pixels(media)
    shape = Fraction(width, height) * pixel_aspect
    description = file.create.CDCIDescriptor()
    description["StoredWidth"].value, description["StoredHeight"].value = width, height
    description["ImageAspectRatio"].value = str(shape)
    description["ComponentWidth"].value = media.bit_depth
    description["HorizontalSubsampling"].value = 1 if "444" in media.pixel_format else 2
    description["VerticalSubsampling"].value = 2 if "420" in media.pixel_format else 1
    description["FrameLayout"].value = "FullFrame"
    description["VideoLineMap"].value = [0, 0]
    return description


def _sound_description(file: Any, stream: AudioStream, duration: Fraction) -> Any:
    """A sound track as PCM, which editors take it for, as long as the picture: `duration` seconds."""
    description = file.create.PCMDescriptor()
    num_bytes = stream.num_channels * ((stream.bit_depth + 7) // 8)
    description["SampleRate"].value = description["AudioSamplingRate"].value = stream.sample_rate
    description["Length"].value = round(duration * stream.sample_rate)
    description["Channels"].value = stream.num_channels
    description["QuantizationBits"].value = stream.bit_depth
    description["BlockAlign"].value = num_bytes
    description["AverageBPS"].value = num_bytes * stream.sample_rate
    return description


def _add_sequence(file: Any, timeline: Timeline, masters: dict[str, Any], *, with_markers: bool) -> None:
    composition = file.create.CompositionMob(one_line(timeline.name))
    composition.usage = "Usage_TopLevel"
    file.content.mobs.append(composition)
    placed = events(timeline)
    _add_timecode(file, composition, timeline.start_timecode, timeline.num_frames)
    _add_track(file, composition, placed, masters, _PICTURE, 1)
    for number in range(1, max(len(source.channels) for source in timeline.sources) + 1):
        _add_track(file, composition, placed, masters, _SOUND, number)
    if with_markers:
        _add_markers(file, composition, placed)


def _add_track(
    file: Any, composition: Any, placed: Sequence[Event], masters: dict[str, Any], kind: str, number: int
) -> None:
    """A track of the sequence: the picture, or the sound channels of that number; files without it leave it empty."""
    slot = composition.create_empty_sequence_slot(str(placed[0].record.rate), media_kind=kind)
    slot.name = f"{'V' if kind == _PICTURE else 'A'}{number}"
    slot["PhysicalTrackNumber"].value = number
    for event in placed:
        source, num_frames = event.part.source, event.record.num_frames
        track = next((t for t in _tracks(source) if (t.kind, t.number) == (kind, number)), None)
        if track is None:
            slot.segment.components.append(file.create.Filler(kind, num_frames))
        else:
            first = event.source_at_record_rate.first
            slot.segment.components.append(_clip(masters[source.id], track, first, num_frames))
    slot.segment.length = placed[-1].record.end


def _add_markers(file: Any, composition: Any, placed: Sequence[Event]) -> None:
    picture = next(slot for slot in composition.slots if slot.name == "V1")
    slot = file.create.EventMobSlot(_MARKER_SLOT)
    slot.edit_rate = str(placed[0].record.rate)
    slot["PhysicalTrackNumber"].value = picture["PhysicalTrackNumber"].value
    sequence = file.create.Sequence(media_kind="DescriptiveMetadata")
    for marker in (marker for event in placed for marker in event.markers):
        event = file.create.DescriptiveMarker()
        event["Position"].value = marker.record.first
        event.length = marker.record.num_frames
        event["DescribedSlots"].value = {picture.slot_id}
        event["Comment"].value = one_line(f"{marker.marker.name}, {marker.marker.comment}")
        event["CommentMarkerUser"].value = "autohighlight"
        attributes = [("_ATN_CRM_COLOR", _MARKER_COLOUR), ("_ATN_CRM_COM", event["Comment"].value)]
        event["CommentMarkerAttributeList"].value = [file.create.TaggedValue(name, word) for name, word in attributes]
        sequence.components.append(event)
    slot.segment = sequence
    composition.slots.append(slot)
