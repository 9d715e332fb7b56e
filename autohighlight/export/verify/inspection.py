"""One check of one file: what was found so far, and the media that it names, each probed once."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from autohighlight.config import Limits
from autohighlight.errors import InputError, NoVideoStreamError, printable
from autohighlight.export.documents import one_line
from autohighlight.export.verify.findings import Finding, Place, Severity
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Timeline
from autohighlight.types import MediaInfo

LOST_BYTE = "\N{REPLACEMENT CHARACTER}"
"""What stands in a document for a byte of a name that is no UTF-8."""


class Inspection:
    """What readers and checks share.

    Attributes:
        path: the timeline file.
        timeline: what it was made from; None where that is not at hand.
        limits: what the media may have at most; None for those that the timeline's sources were probed with, or the
            usual ones.
    """

    def __init__(self, path: Path, timeline: Timeline | None, limits: Limits | None = None) -> None:
        self.path = path
        self.timeline = timeline
        self._findings = dict[Finding, None]()
        self._probed = dict[Path, MediaInfo | None]()
        self._known = {source.path: source.media for source in timeline.sources} if timeline else {}
        self.limits = limits or next((media.limits for media in self._known.values() if media.limits), None)
        self._on_one_line = {one_line(str(path)).strip(): path for path in self._known}

    @property
    def findings(self) -> list[Finding]:
        """All of them, in the order of the file."""
        return sorted(self._findings, key=lambda finding: finding.order)

    def error(self, place: Place, problem: str, remedy: str = "") -> None:
        """Reports what an editor refuses, misplaces or loses."""
        self._report("error", place, problem, remedy)

    def warn(self, place: Place, problem: str, remedy: str = "") -> None:
        """Reports what may go wrong."""
        self._report("warning", place, problem, remedy)

    def note(self, place: Place, problem: str, remedy: str = "") -> None:
        """Says what could not be checked."""
        self._report("note", place, problem, remedy)

    def odd(self, place: Place, problem: str, remedy: str = "") -> None:
        """Reports what people may mean, as a gap; in a file that was made from a known timeline it is an error."""
        self._report("warning" if self.timeline is None else "error", place, problem, remedy)

    def _report(self, severity: Severity, place: Place, problem: str, remedy: str) -> None:
        finding = Finding(severity, place.line, printable(place.element), printable(problem), printable(remedy))
        self._findings[finding] = None

    def path_on_one_line(self, text: str) -> Path:
        """The file of the timeline whose path reads so on one line, where signs are lost; else the path itself."""
        return self._on_one_line.get(text, Path(text))

    def media(self, path: Path, place: Place) -> MediaInfo | None:
        """What the media file holds; None, and reported where it is first named, where that cannot be told."""
        if path not in self._probed:
            self._probed[path] = self._probe(path, place)
        return self._probed[path]

    def _probe(self, path: Path, place: Place) -> MediaInfo | None:
        try:
            os.fsencode(path)
            if path in self._known and path.is_file():
                return self._known[path]
            return probe(path, self.limits)
        except NoVideoStreamError as error:
            self.note(place, f"{path}: {error.problem}; what is said of it was not checked")
        except InputError as error:
            if LOST_BYTE in str(path):
                remedy = "rename the file: its name has signs that this format cannot hold"
                self.warn(place, f"{path}: {error.problem}", remedy)
            else:
                remedy = "put the file back, or write the timeline again from where it is"
                self.error(place, f"{path}: {error.problem}", remedy)
        except ValueError:  # a NUL, or half of a surrogate pair
            self.error(place, f"{path} is no name that a file can have", "name the file")
        return None


def in_words(rate: Fraction) -> str:
    """A frame rate for people: ``25``, ``29.97 (30000/1001)``."""
    decimal = f"{float(rate):.3f}".rstrip("0").rstrip(".")
    return decimal if rate.denominator == 1 else f"{decimal} ({rate})"
