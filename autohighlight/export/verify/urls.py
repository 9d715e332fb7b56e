"""File URLs as documents have them (RFC 8089, RFC 3986): read strictly, since editors do."""

from __future__ import annotations

import os
import re
from pathlib import Path

from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection
from autohighlight.file_urls import file_of_url

_FILE_URL = re.compile(r"file://(?P<host>[^/]*)(?P<path>/.*)", re.IGNORECASE | re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_NOT_IN_A_PATH = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/%-]")
_READ_AS_THEY_ARE = re.compile(r"[][]")
"""Brackets, which Resolve does not encode in AAF, and which all readers take as they are."""

EXAMPLE = "write file:///folder/name.mov, with %20 for a blank"


def path_of_url(inspection: Inspection, place: Place, url: str, *, host: str = "") -> Path | None:
    """The file that a URL names; None where it names none that can be looked at.

    What is wrong with the URL is reported, and the file that was probably meant is given all the same.

    Args:
        inspection: where to report.
        place: of the URL.
        url: as it stands in the document.
        host: what editors look for after the two strokes: ``localhost``, or nothing.
    """
    match = _FILE_URL.fullmatch(url)
    if match is None:
        if _SCHEME.match(url):
            inspection.note(place, f"{url} lies elsewhere: it was not checked")
            return None
        inspection.error(place, f"{url!r} is no URL", EXAMPLE.replace("///", f"//{host}/"))
        return Path(url) if Path(url).is_absolute() else None
    file = file_of_url(match["host"], match["path"])
    is_local = match["host"].lower() in ("", "localhost")
    if file is None and not is_local:
        inspection.note(place, f"{url} lies on another computer: it was not checked")
        return None
    if is_local and match["host"].lower() != host:
        inspection.odd(place, f"{url} begins with file://{match['host']}/", f"editors look for file://{host}/")
    if wrong := _NOT_IN_A_PATH.search(
        match["path"] if inspection.timeline else _READ_AS_THEY_ARE.sub("", match["path"])
    ):
        problem = f"{wrong[0]!r} in {url} is not percent-encoded"
        inspection.error(place, problem, f"write {''.join(f'%{byte:02X}' for byte in os.fsencode(wrong[0]))}")
    return None if file is None else Path(file)
