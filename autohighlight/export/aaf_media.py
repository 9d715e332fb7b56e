"""The media files of an AAF file: what each is, where it lies, and the timecode that it has.

Each file has a master mob with a slot for the picture and for each sound channel, which clips show. A slot leads to a
file mob, and that to an import mob, which stands for the whole file and has its timecode. There is one file mob for the
picture and one for each sound track, each with its own descriptor, as Avid Media Composer writes them. LibAAF, which
Ardour reads AAF files by, cannot read the other way that the format has: one file mob with a `MultipleDescriptor`.

All count frames at the file's rate. `PhysicalTrackNumber` is the number of a channel in the file, on every mob.

Source: AAF Object Specification, "Essence descriptors", and AAF Edit Protocol, "Mobs" (Advanced Media Workflow
Association); SMPTE ST 377-1, annex G.2, for interlaced pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from autohighlight.export.documents import one_line, upright_pixels
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Source
from autohighlight.types import AudioStream

PICTURE, SOUND = "picture", "sound"
"""The kinds of slots."""

_FIRST_LINES = {1080: [21, 584], 576: [23, 336], 480: [20, 283]}
"""Height of an interlaced picture -> the lines of the video signal that its two fields begin on, as FFmpeg writes them
to MXF (ITU-R BT.709, BT.656); 0 where there is no such signal."""


@dataclass(frozen=True)
class Track:
    """A slot of a file's mobs: its picture, or one of its sound channels.

    Args:
        kind: `PICTURE` or `SOUND`.
        number: among those of its kind, from 1 on.
        slot_id: number of the slot.
        stream: the sound track that the channel is in; None for the picture.
    """

    kind: str
    number: int
    slot_id: int
    stream: AudioStream | None = None


def tracks(source: Source) -> list[Track]:
    """The picture and each sound channel of a file."""
    sound = [Track(SOUND, channel.number, channel.number + 1, channel.stream) for channel in source.channels]
    return [Track(PICTURE, 1, 1), *sound]


def add_source(file: Any, source: Source) -> Any:
    """Adds the mobs of a media file, and gives back its master mob."""
    imported, master = _import_mob(file, source), file.create.MasterMob()
    master.name = one_line(source.name)
    file.content.mobs.extend([imported, master])
    stored = dict[AudioStream | None, Any]()
    for track in tracks(source):
        if track.stream not in stored:
            stored[track.stream] = _file_mob(file, source, track.stream)
            file.content.mobs.append(stored[track.stream])
        _add_slot(stored[track.stream], source, track, clip(imported, track, 0, source.num_frames))
        _add_slot(master, source, track, clip(stored[track.stream], track, 0, source.num_frames))
    return master


def clip(mob: Any, track: Track, first: int, num_frames: int) -> Any:
    """A clip of one track of a mob; frames are those of the slot that it is put into."""
    return mob.create_source_clip(track.slot_id, start=first, length=num_frames, media_kind=track.kind)


def add_timecode(file: Any, mob: Any, start: Timecode, num_frames: int) -> None:
    """Adds the slot that labels the frames of a mob."""
    format_ = start.format
    timecode = file.create.Timecode(format_.nominal_rate, drop=format_.is_drop_frame, length=num_frames)
    timecode.start = start.frame
    slot = mob.create_timeline_slot(str(format_.rate))
    slot.name = "TC1"
    slot.segment = timecode
    slot["PhysicalTrackNumber"].value = 1


def _import_mob(file: Any, source: Source) -> Any:
    """What the file mobs were imported from: the whole file, with its timecode."""
    mob = file.create.SourceMob()
    mob.name = one_line(source.media.reel_name) or one_line(source.path.stem)
    mob.descriptor = file.create.ImportDescriptor()
    mob.descriptor["Locator"].append(_locator(file, source))
    for track in tracks(source):
        end = file.create.SourceClip(media_kind=track.kind)  # of no mob: it comes from nowhere
        end.length = source.num_frames
        _add_slot(mob, source, track, end)
    add_timecode(file, mob, source.start_timecode, source.num_frames)
    return mob


def _file_mob(file: Any, source: Source, stream: AudioStream | None) -> Any:
    """A mob that says what the picture, or a sound track, is, and where; without slots."""
    mob = file.create.SourceMob()
    mob.name = one_line(source.path.stem)
    if stream is None:
        mob.descriptor = _picture_descriptor(file, source)
    else:
        mob.descriptor = _sound_descriptor(file, stream, source.num_frames / source.rate)
    mob.descriptor["Locator"].append(_locator(file, source))
    return mob


def _add_slot(mob: Any, source: Source, track: Track, segment: Any) -> None:
    slot = mob.create_timeline_slot(str(source.rate), track.slot_id)
    slot.segment = segment
    slot["PhysicalTrackNumber"].value = track.number


def _locator(file: Any, source: Source) -> Any:
    locator = file.create.NetworkLocator()
    locator["URLString"].value = source.url
    return locator


def _picture_descriptor(file: Any, source: Source) -> Any:
    media = source.media
    (width, height), pixel_aspect = upright_pixels(media)
    descriptor = file.create.CDCIDescriptor()
    descriptor["SampleRate"].value = str(source.rate)
    descriptor["Length"].value = source.num_frames
    descriptor["StoredWidth"].value = width
    descriptor["ImageAspectRatio"].value = str(Fraction(width, height) * pixel_aspect)
    descriptor["ComponentWidth"].value = media.bit_depth
    descriptor["HorizontalSubsampling"].value = 1 if "444" in media.pixel_format else 2
    descriptor["VerticalSubsampling"].value = 2 if "420" in media.pixel_format else 1
    if media.shown_field_order == "progressive":
        descriptor["FrameLayout"].value, descriptor["StoredHeight"].value = "FullFrame", height
        descriptor["VideoLineMap"].value = [0, 0]
    else:  # each field has half of the lines, and the height is that of one field
        descriptor["FrameLayout"].value, descriptor["StoredHeight"].value = "SeparateFields", (height + 1) // 2
        descriptor["VideoLineMap"].value = _FIRST_LINES.get(height, [0, 0])
        descriptor["FieldDominance"].value = "FieldOne" if media.field_order == "top" else "FieldTwo"
    return descriptor


def _sound_descriptor(file: Any, stream: AudioStream, duration: Fraction) -> Any:
    """A sound track as the PCM that editors decode it to, as long as the picture: `duration` seconds."""
    descriptor = file.create.PCMDescriptor()
    num_bytes = stream.num_channels * ((stream.bit_depth + 7) // 8)
    descriptor["SampleRate"].value = descriptor["AudioSamplingRate"].value = stream.sample_rate
    descriptor["Length"].value = round(duration * stream.sample_rate)
    descriptor["Channels"].value = stream.num_channels
    descriptor["QuantizationBits"].value = stream.bit_depth
    descriptor["BlockAlign"].value = num_bytes
    descriptor["AverageBPS"].value = num_bytes * stream.sample_rate
    return descriptor
