"""Timelines as text: files written all or none, and words that no file's format can trip over."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

from autohighlight.file_urls import name_bytes
from autohighlight.files import check_destination, written_whole
from autohighlight.timeline.model import Timeline
from autohighlight.types import MediaInfo

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production [2] Char
_NOT_ON_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def write_documents(timeline: Timeline, documents: Mapping[Path, bytes], *, overwrite: bool) -> list[Path]:
    """Writes files, all or none, unless a disk fails between them.

    Args:
        timeline: whose sources must not be replaced.
        documents: path -> content.
        overwrite: whether files that are there may be replaced.

    Returns:
        The paths.

    Raises:
        OutputError: one cannot be written there.
    """
    for path in documents:
        for source in timeline.sources:
            check_destination(path, source=source.path, overwrite=overwrite)
    with contextlib.ExitStack() as unfinished:
        for path, content in documents.items():
            unfinished.enter_context(written_whole(path, overwrite=overwrite)).write_bytes(content)
    return list(documents)


def one_line(text: str) -> str:
    """The text with a blank for what would end or disturb a line, and U+FFFD for what is no Unicode in a name."""
    known = name_bytes(text).decode("utf-8", "replace")
    return _NOT_ON_A_LINE.sub(" ", known)


def upright_pixels(media: MediaInfo) -> tuple[tuple[int, int], Fraction]:
    """Width and height of the picture, turned as it is to be shown, and the width of one pixel over its height."""
    if media.rotation in (90, 270):
        return (media.height, media.width), 1 / media.sample_aspect_ratio
    return (media.width, media.height), media.sample_aspect_ratio


def add(parent: ET.Element, tag: str, text: object = None, /, **attributes: object) -> ET.Element:
    """A new last child with a text and attributes; attributes that are None are left out, booleans are 1 and 0."""
    given = {name: _word(value) for name, value in attributes.items() if value is not None}
    child = ET.SubElement(parent, tag, given)
    if text is not None:
        child.text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return child


def _word(value: object) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(int(value)) if isinstance(value, bool) else str(value))


def xml_document(root: ET.Element) -> bytes:
    """The document in UTF-8, indented, with a declaration and the document type that editors look for."""
    ET.indent(root, "\t")
    body = ET.tostring(root, encoding="unicode").replace("\r", "&#13;")  # else its readers make a line feed of it
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {root.tag}>\n{body}\n'.encode()
