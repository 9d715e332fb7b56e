"""Timeline -> FCP7 XML: the Final Cut Pro XML Interchange Format, ``xmeml`` version 5, as Premiere and Resolve read it.

All counts of a clip item (``start``, ``end``, ``in``, ``out``, ``duration``) are frames of the sequence, also where the
file has another rate: Premiere and Resolve multiply the source's seconds by the sequence's rate whatever rate the item
declares, so the item declares that one. A file's own ``duration`` and ``timecode`` are at its own rate. Outs are
exclusive. Markers belong to the sequence and count from its first frame: the one clock on which hosts agree.

Every sound channel is a clip item of its own, and all items of a part are linked. Files whose whole sound is one stereo
track share a pair of tracks that Premiere joins to one stereo track; the channels of all others go to tracks of their
own, since Premiere looks for the second channel of a pair in the file and plays silence where there is none.

Source: Apple, Final Cut Pro XML Interchange Format, Elements Catalog; the attributes that begin with ``premiere`` and
``exploded`` are those of Premiere's own exports.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

from autohighlight.config import ExportOptions
from autohighlight.errors import FormatError, printable
from autohighlight.export.documents import add, one_line, upright_pixels, write_documents, xml_document
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.timeline.events import Event, events, whole_sequence, whole_source, whole_source_at
from autohighlight.timeline.model import Source, Timeline
from autohighlight.times import format_rate
from autohighlight.types import AudioStream, FieldOrder, Progress, ProgressCallback

_NUM_OUTPUTS = {"mono": 1, "stereo": 2, "surround": 6}
_FIELD_DOMINANCE: Mapping[FieldOrder, str] = {"progressive": "none", "top": "upper", "bottom": "lower"}
_COLOUR_DEPTH = 24  # bits of a pixel without alpha; hosts keep the file's own depth

_PIXEL_ASPECTS = {
    Fraction(1): ("square", False),
    Fraction(4, 3): ("HD-(1440x1080)", False),
    Fraction(3, 2): ("HD-(1280x1080)", False),
    Fraction(8, 9): ("NTSC-601", False),
    Fraction(10, 11): ("NTSC-601", False),
    Fraction(32, 27): ("NTSC-601", True),
    Fraction(40, 33): ("NTSC-601", True),
    Fraction(16, 15): ("PAL-601", False),
    Fraction(12, 11): ("PAL-601", False),
    Fraction(64, 45): ("PAL-601", True),
    Fraction(16, 11): ("PAL-601", True),
}
"""Width of a stored pixel over its height -> the name of it, and whether it is widescreen."""


def write_fcp7xml(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the sequence.

    Args:
        timeline: what to write.
        path: of the document.
        options: `markers` and `overwrite`.
        progress: is told when it is done.

    Returns:
        `path` alone.

    Raises:
        FormatError: a rate is neither a whole number of frames a second nor 1000/1001 of one.
        OutputError: it cannot be written there; nothing is left behind.
    """
    _check_rate("the timeline", timeline.frame_rate)
    for source in timeline.sources:
        _check_rate(printable(source.name), source.rate)
    root = ET.Element("xmeml", version="5")
    _add_sequence(root, timeline, with_markers=options.markers)
    paths = write_documents(timeline, {path: xml_document(root)}, overwrite=options.overwrite)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return paths


def _check_rate(name: str, rate: Fraction) -> None:
    if not TimecodeFormat(rate).keeps_time:
        problem = f"FCP7 XML has no frame rate of {format_rate(rate)}, which {name} has"
        raise FormatError(problem, "export fcpxml or otio")


@dataclass(frozen=True)
class _Place:
    """The place of one clip item.

    Args:
        media_type: ``video`` or ``audio``.
        track: number of its track among those of its type, from 1 on.
        channel: number of the sound channel in the file, from 1 on; 1 for pictures.
        is_paired: whether the channel is one of a stereo track.
    """

    media_type: str
    track: int
    channel: int
    is_paired: bool = False


def _has_stereo_pair(source: Source) -> bool:
    """Whether all its sound is one stereo track."""
    return [stream.num_channels for stream in source.media.audio] == [2]


def _places(source: Source, first_single_track: int) -> list[_Place]:
    """Where the picture and each sound channel of a source go."""
    is_paired = _has_stereo_pair(source)
    first = 1 if is_paired else first_single_track
    channels = [_Place("audio", first + c.number - 1, c.number, is_paired) for c in source.channels]
    return [_Place("video", 1, 1), *channels]


@dataclass(frozen=True)
class _Item:
    """A clip item that is to be written.

    Args:
        event: the part in its place.
        place: which of its items this is.
        id: unique in the document.
        index: number among the items of its track, from 1 on.
    """

    event: Event
    place: _Place
    id: str
    index: int


class _Layout:
    """All clip items of a sequence, and its sound tracks.

    Attributes:
        num_paired_tracks: how many of the sound tracks are halves of a stereo track: the first two or none.
        num_tracks: how many sound tracks there are.
        is_surround: whether all sources have one 5.1 track, so that each channel has its loudspeaker.
        linked: the items of each part.
    """

    def __init__(self, timeline: Timeline) -> None:
        pairs = [_has_stereo_pair(source) for source in timeline.sources]
        self.num_paired_tracks = 2 if any(pairs) else 0
        single = (len(s.channels) for s, is_pair in zip(timeline.sources, pairs, strict=True) if not is_pair)
        self.num_tracks = self.num_paired_tracks + max(single, default=0)
        self.is_surround = all([s.num_channels for s in source.media.audio] == [6] for source in timeline.sources)
        self.linked = list(self._items(timeline))

    def _items(self, timeline: Timeline) -> Iterator[list[_Item]]:
        numbers = itertools.count(1)
        num_on_track = dict[tuple[str, int], int]()
        for event in events(timeline):
            items = list[_Item]()
            for place in _places(event.part.source, self.num_paired_tracks + 1):
                track = (place.media_type, place.track)
                num_on_track[track] = num_on_track.get(track, 0) + 1
                items.append(_Item(event, place, f"clipitem-{next(numbers)}", num_on_track[track]))
            yield items

    def on_track(self, media_type: str, track: int) -> Iterator[tuple[_Item, list[_Item]]]:
        """The items of a track in order, each with all that it is linked to, itself included."""
        for items in self.linked:
            yield from ((i, items) for i in items if (i.place.media_type, i.place.track) == (media_type, track))


def _add_sequence(root: ET.Element, timeline: Timeline, *, with_markers: bool) -> None:
    sequence = add(root, "sequence", id="sequence-1", explodedTracks="true")
    add(sequence, "name", one_line(timeline.name))
    add(sequence, "duration", whole_sequence(timeline).num_frames)
    _add_rate(sequence, timeline.frame_rate)
    _add_timecode(sequence, timeline.start_timecode)
    layout, described = _Layout(timeline), set[str]()
    media = add(sequence, "media")
    _add_video(media, timeline, layout, described)
    _add_audio(media, timeline, layout, described)
    if with_markers:
        for placed in (placed for event in events(timeline) for placed in event.markers):
            marker = add(sequence, "marker")
            add(marker, "name", one_line(placed.marker.name))
            add(marker, "comment", one_line(placed.marker.comment))
            add(marker, "in", placed.record.first)
            add(marker, "out", placed.record.end)


def _add_video(media: ET.Element, timeline: Timeline, layout: _Layout, described: set[str]) -> None:
    video = add(media, "video")
    characteristics = add(add(video, "format"), "samplecharacteristics")
    _add_picture(characteristics, timeline.frame_rate, timeline.size, Fraction(1), timeline.field_order)
    add(characteristics, "colordepth", _COLOUR_DEPTH)
    track = add(video, "track")
    for item, linked in layout.on_track("video", 1):
        _add_item(track, item, linked, described)
    _close_track(track)


def _add_audio(media: ET.Element, timeline: Timeline, layout: _Layout, described: set[str]) -> None:
    audio, sound = add(media, "audio"), timeline.audio
    num_outputs = _NUM_OUTPUTS[sound.output]
    add(audio, "numOutputChannels", num_outputs)
    depth = max((s.bit_depth for source in timeline.sources for s in source.media.audio), default=16)
    _add_sound(add(audio, "format"), sound.sample_rate, depth)
    outputs = add(audio, "outputs")
    for number in range(1, num_outputs + 1):
        group = add(outputs, "group")
        add(group, "index", number)
        add(group, "numchannels", 1)
        add(group, "downmix", 0)
        add(add(group, "channel"), "index", number)
    for number in range(1, layout.num_tracks + 1):
        is_paired = number <= layout.num_paired_tracks
        track = add(
            audio,
            "track",
            currentExplodedTrackIndex=number - 1 if is_paired else 0,
            totalExplodedTrackCount=2 if is_paired else 1,
            premiereTrackType="Stereo" if is_paired else "Mono",
        )
        for item, linked in layout.on_track("audio", number):
            _add_item(track, item, linked, described)
        _close_track(track)
        if is_paired or layout.is_surround:
            add(track, "outputchannelindex", number)


def _close_track(track: ET.Element) -> None:
    add(track, "enabled", "TRUE")
    add(track, "locked", "FALSE")


def _add_item(track: ET.Element, item: _Item, linked: Sequence[_Item], described: set[str]) -> None:
    event, place = item.event, item.place
    source, record = event.part.source, event.record
    is_sound = place.media_type == "audio"
    channel_type = ("stereo" if place.is_paired else "mono") if is_sound else None
    clip = add(track, "clipitem", id=item.id, premiereChannelType=channel_type)
    add(clip, "masterclipid", f"masterclip-{source.id}")
    add(clip, "name", one_line(source.name))
    add(clip, "enabled", "TRUE")
    add(clip, "duration", whole_source_at(source, record.rate).num_frames)
    _add_rate(clip, record.rate)
    add(clip, "start", record.first)
    add(clip, "end", record.end)
    add(clip, "in", event.source_at_record_rate.first)
    add(clip, "out", event.source_at_record_rate.end)
    if not is_sound:
        _add_pixels(clip, upright_pixels(source.media)[1])
    _add_file(clip, source, described)
    origin = add(clip, "sourcetrack")
    add(origin, "mediatype", place.media_type)
    add(origin, "trackindex", place.channel)
    if len(linked) > 1:
        for other in linked:
            _add_link(clip, other)
    logging = add(clip, "logginginfo")
    add(logging, "lognote", one_line(event.part.reason))
    comments = add(clip, "comments")
    add(comments, "mastercomment1", f"score {event.part.score:.2f}")


def _add_link(clip: ET.Element, other: _Item) -> None:
    link = add(clip, "link")
    add(link, "linkclipref", other.id)
    add(link, "mediatype", other.place.media_type)
    add(link, "trackindex", other.place.track)
    add(link, "clipindex", other.index)
    if other.place.media_type == "audio":
        add(link, "groupindex", 1)


def _add_file(clip: ET.Element, source: Source, described: set[str]) -> None:
    """The file: all that is known of it where it is first named, after that its id alone."""
    file = add(clip, "file", id=f"file-{source.id}")
    if source.id in described:
        return
    described.add(source.id)
    media = source.media
    add(file, "name", one_line(source.name))
    add(file, "pathurl", source.url.replace("file:///", "file://localhost/", 1))
    _add_rate(file, source.rate)
    add(file, "duration", whole_source(source).num_frames)
    timecode = _add_timecode(file, source.start_timecode)
    if media.reel_name:
        add(add(timecode, "reel"), "name", one_line(media.reel_name))
    contents = add(file, "media")
    picture = add(add(contents, "video"), "samplecharacteristics")
    _add_picture(picture, source.rate, *upright_pixels(media), media.shown_field_order)
    for stream in media.audio:
        _add_stream(contents, source, stream)


def _add_stream(contents: ET.Element, source: Source, stream: AudioStream) -> None:
    audio = add(contents, "audio")
    _add_sound(audio, stream.sample_rate, stream.bit_depth)
    add(audio, "channelcount", stream.num_channels)
    for channel in source.channels:
        if channel.stream == stream:
            add(add(audio, "audiochannel"), "sourcechannel", channel.number)


def _add_rate(parent: ET.Element, rate: Fraction) -> None:
    format_ = TimecodeFormat(rate)
    element = add(parent, "rate")
    add(element, "timebase", format_.nominal_rate)
    add(element, "ntsc", "TRUE" if format_.is_ntsc else "FALSE")


def _add_timecode(parent: ET.Element, start: Timecode) -> ET.Element:
    """The label of the first frame, and its number counted from 00:00:00:00 on."""
    timecode = add(parent, "timecode")
    _add_rate(timecode, start.format.rate)
    add(timecode, "string", start)
    add(timecode, "frame", start.frame)
    add(timecode, "displayformat", "DF" if start.format.is_drop_frame else "NDF")
    return timecode


def _add_picture(
    characteristics: ET.Element, rate: Fraction, size: tuple[int, int], aspect: Fraction, fields: FieldOrder
) -> None:
    _add_rate(characteristics, rate)
    width, height = size
    add(characteristics, "width", width)
    add(characteristics, "height", height)
    _add_pixels(characteristics, aspect)
    add(characteristics, "fielddominance", _FIELD_DOMINANCE[fields])


def _add_pixels(parent: ET.Element, aspect: Fraction) -> None:
    name, is_wide = _PIXEL_ASPECTS.get(aspect, ("square", False))
    add(parent, "anamorphic", "TRUE" if is_wide else "FALSE")
    add(parent, "pixelaspectratio", name)


def _add_sound(parent: ET.Element, sample_rate: int, depth: int) -> None:
    characteristics = add(parent, "samplecharacteristics")
    add(characteristics, "depth", depth)
    add(characteristics, "samplerate", sample_rate)
