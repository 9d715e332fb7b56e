"""A timeline file -> findings."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autohighlight.config import Limits
from autohighlight.errors import InputError
from autohighlight.export.verify import aaf, chapters, fcp7xml, mlt, tables
from autohighlight.export.verify.comparison import Begins, at_the_frame, compare
from autohighlight.export.verify.contents import ReadSequence
from autohighlight.export.verify.edl import read_edl
from autohighlight.export.verify.fcp7xml import read_fcp7xml
from autohighlight.export.verify.fcpxml import read_fcpxml
from autohighlight.export.verify.findings import Finding, Place
from autohighlight.export.verify.inspection import Inspection
from autohighlight.export.verify.located_json import LocatedJson
from autohighlight.export.verify.media import check_media
from autohighlight.export.verify.mlt import read_mlt
from autohighlight.export.verify.otio import read_otio
from autohighlight.export.verify.sequence import check_sequence
from autohighlight.export.verify.xml_elements import NotWellFormedError, XmlDocument, read_xml
from autohighlight.media.source import check_readable
from autohighlight.timeline.model import Timeline

MAX_BYTES = 64 << 20
"""More than a timeline of ten thousand parts takes in any format; what is larger is no timeline."""

_EDL_LINE = re.compile(rb"(TITLE:|FCM:|\d{3,6}[ \t]+\S)", re.MULTILINE)
_UTF_16_XML = (b"\xff\xfe<", b"\xfe\xff\0<")
_KNOWN = "known are EDL, FCP7 XML, FCPXML, OpenTimelineIO, MLT, AAF, chapters, and this program's CSV and JSON"


@dataclass(frozen=True)
class _XmlFormat:
    """How documents with one root element are read.

    Args:
        read: gives the sequences, and reports what the format itself forbids.
        begins: where it has a part begin that shows from a given frame on.
    """

    read: Callable[[Inspection, XmlDocument], Iterable[ReadSequence]]
    begins: Begins = at_the_frame


_XML_FORMATS = {
    "xmeml": _XmlFormat(read_fcp7xml, fcp7xml.where_a_part_begins),
    "fcpxml": _XmlFormat(read_fcpxml),
    "mlt": _XmlFormat(read_mlt, mlt.where_a_part_begins),
}
"""Tag of the root element -> the format."""


def verify_file(path: Path, timeline: Timeline | None = None, *, limits: Limits | None = None) -> list[Finding]:
    """Reads a timeline file of any known format again, and checks it against the media files that it names.

    The format is told by the content. Files of other programs can be checked as well: what they leave unsaid is not
    checked, and what is not known here is a finding of severity ``note``.

    Args:
        path: the file.
        timeline: what it was made from, if that is at hand: then every part is compared with it to the frame, and what
            people may mean elsewhere, as a gap, is an error. Media that it has probed are not probed again.
        limits: what the media may have at most; None for those that the timeline was made with, or the usual ones.

    Returns:
        What was found, in the order of the file; empty if nothing was.

    Raises:
        DependencyError: it is an AAF file, and pyaaf2 is not installed.
        InputError: it cannot be read, is no timeline that is known, is too large, or may harm its reader.
    """
    content = _content(path)
    inspection = Inspection(path, timeline, limits)
    beginning = content.removeprefix(codecs.BOM_UTF8).lstrip()
    if content.startswith(aaf.BEGINNING):
        _check(inspection, aaf.read_aaf(inspection), fcp7xml.where_a_part_begins)
    elif beginning.startswith((b"<", *_UTF_16_XML)):
        _check_xml(inspection, content)
    elif beginning.startswith(b"{"):
        _check_json(inspection, content)
    elif beginning.startswith(tables.CSV_BEGINNING):
        _check(inspection, tables.read_csv(inspection, content), at_the_frame)
    elif _EDL_LINE.match(beginning):
        _check(inspection, read_edl(inspection, content), at_the_frame)
    else:
        _check_text(inspection, content.decode("utf-8-sig", "replace"))
    return inspection.findings


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(path, "is a folder, not a timeline", "name the files in it")
    check_readable(path)
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(path, f"is larger than {MAX_BYTES >> 20} MiB, and so no timeline", "name a timeline file")
    return content


def _check_xml(inspection: Inspection, content: bytes) -> None:
    try:
        document = read_xml(inspection.path, content)
    except NotWellFormedError as error:
        if error.root not in _XML_FORMATS:
            raise InputError(inspection.path, f"is no XML: line {error.line}: {error.problem}", _KNOWN) from None
        place = Place(error.line, f"<{error.root}>")
        inspection.error(
            place, f"is no well-formed XML from here on: {error.problem}", "write &amp; for & and &lt; for <"
        )
        return
    format_ = _XML_FORMATS.get(document.root.tag)
    if format_ is None:
        raise InputError(
            inspection.path, f"is XML, but <{document.root.tag[:40]}> is no timeline that is known", _KNOWN
        )
    _check(inspection, format_.read(inspection, document), format_.begins)


def _check_text(inspection: Inspection, text: str) -> None:
    """Chapters, told by how they begin."""
    if text.startswith("WEBVTT"):
        chapters.check_webvtt(inspection, text)
    elif text.startswith(";FFMETADATA1"):
        chapters.check_ffmetadata(inspection, text)
    elif chapters.is_youtube(text):
        chapters.check_youtube(inspection, text)
    else:
        raise InputError(inspection.path, "is a timeline in no format that is known", _KNOWN)


def _check_json(inspection: Inspection, content: bytes) -> None:
    document = LocatedJson(inspection.path, content.decode("utf-8", "replace"))
    if "OTIO_SCHEMA" in document.root:
        _check(inspection, read_otio(inspection, document), at_the_frame)
    elif tables.is_timeline_json(document.root):
        _check(inspection, tables.read_json(inspection, document), at_the_frame)
    else:
        raise InputError(inspection.path, "is JSON, but no timeline that is known", _KNOWN)


def _check(inspection: Inspection, sequences: Iterable[ReadSequence], begins: Begins) -> None:
    found = list(sequences)
    for sequence in found:
        for declared in dict.fromkeys(clip.media for clip in sequence.clips):
            check_media(inspection, declared)
        check_sequence(inspection, sequence)
    if inspection.timeline is not None:
        for sequence in found[:1]:
            compare(inspection, sequence, inspection.timeline, begins)
        if len(found) != 1:
            place = found[1].place if found else Place(0, "the file")
            inspection.error(place, f"{len(found)} sequences can be read; one was written", "write the timeline again")
