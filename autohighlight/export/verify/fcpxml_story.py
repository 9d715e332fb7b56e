"""Where the story elements of an FCPXML sequence lie: those of its spine, and what is connected to them.

Each element has a time of its own, which begins at its `start`. What is connected to it has a `lane` and an `offset`
in that time. The time of the sequence's spine begins at `tcStart`, that of a connected one at 0.

Source: Apple, FCPXML Reference, "Story Elements", and the document type definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from autohighlight.export.verify.contents import Said
from autohighlight.export.verify.xml_elements import Element

STORY_ELEMENTS = (
    *("asset-clip", "clip", "ref-clip", "sync-clip", "mc-clip"),
    *("video", "audio", "title", "caption", "gap", "audition"),
)
"""What fills a stretch of a sequence; a `transition` lies over two of them."""

_DEEPEST = 20
"""Clips connected to clips; editors nest two or three."""

Time = Callable[[Element, str], Said[Fraction] | None]
"""Reads an attribute that is a time; None where it is not there."""


@dataclass(frozen=True)
class Placed:
    """A story element in its place.

    Args:
        element: it; of an audition the pick.
        first: where it begins, in seconds from the sequence's first frame on.
        duration: in seconds; None where neither it nor its resource says it.
        is_primary: whether it stands in the sequence's own spine.
        is_pick: whether it is the pick of an audition.
    """

    element: Element
    first: Said[Fraction]
    duration: Said[Fraction] | None
    is_primary: bool
    is_pick: bool = False


@dataclass(frozen=True)
class Story:
    """Finds the place of each element.

    Args:
        time: reads an attribute.
        start: the time of its own at which an element begins.
        duration: how long an element lasts.
    """

    time: Time
    start: Callable[[Element], Fraction]
    duration: Callable[[Element], Said[Fraction] | None]

    def of_spine(self, spine: Element, origin: Fraction) -> Iterator[Placed]:
        """The elements of a sequence's spine, whose time begins at `origin`, and what is connected to them."""
        yield from self._spine(spine, -origin, Fraction(0), 0)

    def _spine(self, spine: Element, shift: Fraction, at: Fraction, depth: int) -> Iterator[Placed]:
        """`shift` is what a time of the spine is less than one of the sequence; `at` is where its first element is."""
        for element in spine.children:
            if element.tag not in STORY_ELEMENTS:
                continue
            offset = self.time(element, "offset")
            first = Said(offset.value + shift, offset.place) if offset else Said(at, element.place)
            for placed in self._element(element, first, depth):
                if placed.element is element or placed.is_pick:
                    at = first.value + (placed.duration.value if placed.duration else 0)
                yield placed

    def _element(self, element: Element, first: Said[Fraction], depth: int) -> Iterator[Placed]:
        if element.tag == "audition":
            pick = next(element.all(*STORY_ELEMENTS), None)
            if pick is None or pick.tag == "audition":
                yield Placed(element, first, self.duration(element), depth == 0)
            else:
                yield Placed(pick, first, self.duration(pick), depth == 0, is_pick=True)
                yield from self._connected(pick, first.value, depth)
        else:
            yield Placed(element, first, self.duration(element), depth == 0)
            yield from self._connected(element, first.value, depth)

    def _connected(self, parent: Element, first: Fraction, depth: int) -> Iterator[Placed]:
        """What has a lane; elements without one are what a clip is made of."""
        if depth >= _DEEPEST:
            return
        start = self.start(parent)
        for element in parent.all("spine", *STORY_ELEMENTS):
            if "lane" not in element.attributes:
                continue
            offset = self.time(element, "offset")
            begin = first - start + offset.value if offset else first
            if element.tag == "spine":
                yield from self._spine(element, begin, begin, depth + 1)
            else:
                yield from self._element(element, Said(begin, offset.place if offset else element.place), depth + 1)
