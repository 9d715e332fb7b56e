"""Timeline -> EDL: an edit decision list of the CMX 3600, as Avid Media Composer, Resolve and Premiere read it.

The format is of 1989 and knows one rate, one picture track, four sound channels, cuts, and names of eight letters. An
event is a line::

    001  A001C003 V     C        00:59:59;20 01:00:01;20 01:00:00;00 01:00:02;00
    number, reel, channels, cut, source in and out, record in and out

Outs are exclusive. Source timecode is counted at the source's rate, record timecode at the sequence's; each label says
with ``;`` or ``:`` whether it is drop-frame, and the ``FCM`` line says it of the record timecode. Lines that begin with
an asterisk are comments, of which editors read some: the file's name, and ``LOC`` for markers.

Sources: the statement forms of CMX 3600 as Avid's EDL Manager guide, the Pyramix manual and EDLs of Avid Media
Composer have them; no standard was ever published.
"""

from __future__ import annotations

import itertools
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autohighlight.config import ExportOptions
from autohighlight.errors import FormatError, printable
from autohighlight.export.documents import one_line, write_documents
from autohighlight.timecode import RATES
from autohighlight.timeline.events import Event, FrameSpan, events
from autohighlight.timeline.model import Source, Timeline
from autohighlight.times import format_rate
from autohighlight.types import Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

MAX_EVENTS = 999
"""Events in one list: their numbers have three digits."""

REEL_LENGTH = 8
"""Letters and digits of a reel's name."""

MAX_CHANNELS = 4
"""Sound channels that the CMX 3600 itself knew; readers of today take more from the same line."""

_NO_REELS = frozenset({"BL", "AX"})
"""Reel names that mean something else: black, and a source without timecode."""

_TITLE_LENGTH = 70


def write_edl(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the list; one of more than 999 events is divided into several, ``name-1.edl`` and on, between parts.

    Args:
        timeline: what to write.
        path: of the list.
        options: `markers` and `overwrite`.
        progress: is told of parts done.

    Returns:
        The paths, in order.

    Raises:
        FormatError: there is no SMPTE timecode at a rate; see `autohighlight.timecode.RATES`.
        OutputError: a list cannot be written there; none is left behind.
    """
    _check_rates(timeline)
    reels = reel_names(timeline.sources)
    lists = list(_divided([_Cut(event, reels[event.part.source.id]) for event in events(timeline)]))
    paths = [path] if len(lists) == 1 else [path.with_stem(f"{path.stem}-{n}") for n in range(1, len(lists) + 1)]
    documents = dict[Path, bytes]()
    for number, (place, cuts) in enumerate(zip(paths, lists, strict=True), start=1):
        title = timeline.name if len(lists) == 1 else f"{timeline.name} {number} of {len(lists)}"
        lines = itertools.chain(_header(timeline, title), _statements(cuts, with_markers=options.markers))
        documents[place] = "".join(f"{line}\r\n" for line in lines).encode()
        progress(Progress("export", sum(map(len, lists[:number])), len(timeline.parts), "parts"))
    return write_documents(timeline, documents, overwrite=options.overwrite)


def reel_names(sources: Sequence[Source]) -> Mapping[str, str]:
    """Id of each source -> its reel: up to eight capital letters and digits, no two alike.

    It is the name that the camera wrote, or the file's without its suffix; where two would be alike the later one ends
    in a number.
    """
    names = dict[str, str]()
    for source in sources:
        wanted = _reel(source.media.reel_name) or _reel(source.path.stem) or "REEL"
        taken = _NO_REELS.union(names.values())
        others = (f"{wanted[: REEL_LENGTH - len(str(n))]}{n}" for n in itertools.count(2))
        names[source.id] = next(name for name in itertools.chain([wanted], others) if name not in taken)
    return names


def _reel(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^0-9A-Z]", "", plain.upper())[:REEL_LENGTH]


def _check_rates(timeline: Timeline) -> None:
    for name, rate in [("the timeline", timeline.frame_rate), *((s.name, s.rate) for s in timeline.sources)]:
        if rate not in RATES:
            problem = f"there is no SMPTE timecode at {format_rate(rate)} frames/s, which {printable(name)} has"
            raise FormatError(f"an EDL finds frames by timecode, and {problem}", "export fcpxml, otio or mlt")
    for source in timeline.sources:
        if source.rate != timeline.frame_rate:
            problem = "most editors read this file's timecode at the timeline's, and misplace it"
            _LOG.warning("%s: an EDL has one frame rate; %s", printable(source.name), problem)
        if len(source.channels) > MAX_CHANNELS:
            _LOG.warning("%s: an EDL has four sound channels; not every editor reads more", printable(source.name))


@dataclass(frozen=True)
class _Cut:
    """A part as it stands in the list: one event for the picture, and one for the sound if there is any.

    Args:
        event: the part in its place.
        reel: the name of its source.
    """

    event: Event
    reel: str

    @property
    def modes(self) -> tuple[str, ...]:
        """What each of its events takes: picture, one sound channel, or the first two."""
        num_channels = len(self.event.part.source.channels)
        return ("V", "AA") if num_channels > 1 else ("V", "A")[: 1 + num_channels]

    @property
    def further_channels(self) -> range:
        """Numbers of the sound channels that the mode does not name."""
        return range(3, len(self.event.part.source.channels) + 1)

    def lines(self, first_number: int, *, with_markers: bool) -> Iterator[str]:
        source = self.event.part.source
        for number, mode in enumerate(self.modes, start=first_number):
            spans = f"{_labels(self.event.source)} {_labels(self.event.record)}"
            yield f"{number:03d}  {self.reel:<{REEL_LENGTH}} {mode:<5} C        {spans}"
            if mode == "AA" and self.further_channels:
                yield "AUD" + "".join(f"{channel:>4}" for channel in self.further_channels)
            yield f"* FROM CLIP NAME:  {one_line(source.name)}"
            yield f"* SOURCE FILE: {one_line(str(source.path))}"
            if mode == "V" and with_markers:
                for placed in self.event.markers:
                    words = one_line(f"{placed.marker.name}: {placed.marker.comment}")
                    yield f"* LOC: {placed.record.timecode_in} GREEN   {words}"


def _labels(span: FrameSpan) -> str:
    return f"{span.timecode_in} {span.timecode_out}"


def _divided(cuts: Iterable[_Cut]) -> Iterator[list[_Cut]]:
    """The cuts in lists that are short enough; picture and sound of one stay together."""
    together, num_events = list[_Cut](), 0
    for cut in cuts:
        if num_events + len(cut.modes) > MAX_EVENTS:
            yield together
            together, num_events = [], 0
        together.append(cut)
        num_events += len(cut.modes)
    yield together


def _header(timeline: Timeline, title: str) -> Iterator[str]:
    yield f"TITLE: {one_line(title)[:_TITLE_LENGTH]}"
    yield f"FCM: {'DROP FRAME' if timeline.is_drop_frame else 'NON-DROP FRAME'}"


def _statements(cuts: Iterable[_Cut], *, with_markers: bool) -> Iterator[str]:
    number = 1
    for cut in cuts:
        yield ""
        yield from cut.lines(number, with_markers=with_markers)
        number += len(cut.modes)
