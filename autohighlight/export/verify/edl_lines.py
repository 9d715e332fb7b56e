"""The lines of an edit decision list: events, and the comments and words below each that belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from autohighlight.export.verify.contents import Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection

LABEL = r"(\d\d?[:;]\d\d[:;]\d\d[:;.,]\d\d\d?)"
_EVENT = re.compile(
    r"(\d{1,6})\s+(\S.*?)\s+(NONE|B|V\d?|AA?\d?(?:/V)?|A\d{1,2})\s+(C|D|W\d+|K ?[BO]?)\s+(?:(\d{1,3})\s+)?"
    + r"\s+".join([LABEL] * 4)
)
_COMMENT = re.compile(r"\*\s*(FROM CLIP NAME|SOURCE FILE|LOC):\s*(.*)")
_CHANNELS = re.compile(r"AUD((?:\s+\d{1,2})+)")
_LONGEST_LINE = 4096
_SILENT_WORDS = ("TITLE:", "FCM:", "AUD", "*", "M2")


@dataclass
class Event:
    """The lines of an event.

    Args:
        place: of its first line.
        number: as written.
        reel: as written.
        mode: what it takes, as ``AA/V``.
        kind: ``C`` for a cut; wipes, dissolves and keys have others.
        labels: source in and out, record in and out.
        further_channels: of sound, beside those of the mode.
        source_file: the path in its comment.
        locators: labels of its markers.
        is_retimed: whether a line ``M2`` changes its speed.
    """

    place: Place
    number: int
    reel: str
    mode: str
    kind: str
    labels: tuple[str, str, str, str]
    further_channels: set[int] = field(default_factory=set)
    source_file: Said[str] | None = None
    locators: list[Said[str]] = field(default_factory=list)
    is_retimed: bool = False

    @property
    def has_picture(self) -> bool:
        """Whether it is seen."""
        return "V" in self.mode or self.mode == "B"

    @property
    def track(self) -> str:
        """The track that it is on: clips on one must not overlap."""
        picture = re.search(r"V\d?", self.mode)
        return picture[0] if picture else "V" if self.has_picture else f"A{min(self.channels, default=0)}"

    @property
    def is_read(self) -> bool:
        """Whether it plays a stretch of its file as fast as that is; a dissolve or a wipe is where it begins."""
        return self.kind[0] in "CDW" and not self.is_retimed

    @property
    def channels(self) -> frozenset[int]:
        """Numbers of the sound channels that it takes."""
        word = self.mode.partition("/")[0]
        own = {"AA": {1, 2}, "A": {1}, "B": {1}}.get(word, set[int]())
        if not own and (number := re.fullmatch(r"A(\d+)", word)):
            own = {int(number[1])}
        elif not own and (number := re.fullmatch(r"AA(\d+)", word)):
            own = {int(number[1]), int(number[1]) + 1}
        return frozenset(own | self.further_channels)


def lines_of(inspection: Inspection, content: bytes) -> list[str]:
    """The lines of a list, in UTF-8 or, which is reported, in Latin-1."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
        inspection.note(Place(0, "the list"), "is not in UTF-8: names were read as Latin-1")
    return [line.strip("\r")[:_LONGEST_LINE] for line in text.split("\n")]


def events_of(inspection: Inspection, lines: list[str]) -> list[Event]:
    """The events, each with the lines below it; lines that cannot be read are reported."""
    events = list[Event]()
    for number, line in enumerate(lines, start=1):
        if match := _EVENT.fullmatch(line.strip()):
            place = Place(number, f"event {match[1]}")
            labels = (match[6], match[7], match[8], match[9])
            events.append(Event(place, int(match[1]), match[2], match[3], match[4], labels))
        elif re.match(r"\d+\s", line):
            problem = "cannot be read: number, reel, channels, cut and four labels of timecode are looked for"
            inspection.error(Place(number, "the line"), problem, "a reel has no blanks; a label is 01:00:00:00")
        elif events:
            _add_to(inspection, events[-1], line.strip(), number)
        elif line.strip() and not line.startswith(_SILENT_WORDS):
            inspection.note(Place(number, "the line"), f"{line.strip()[:40]!r} is not known and was not checked")
    return events


def _add_to(inspection: Inspection, event: Event, line: str, number: int) -> None:
    """Takes a line that belongs to the event before it."""
    if comment := _COMMENT.match(line):
        said = Said(comment[2], Place(number, f"* {comment[1]} of {event.place.element}"))
        if comment[1] == "SOURCE FILE":
            event.source_file = said
        elif comment[1] == "LOC":
            event.locators.append(said)
    elif channels := _CHANNELS.fullmatch(line):
        event.further_channels.update(map(int, channels[1].split()))
    elif line.startswith("M2"):
        event.is_retimed = True
    elif line and not line.startswith(_SILENT_WORDS):
        inspection.note(Place(number, "the line"), f"{line[:40]!r} is not known and was not checked")
