"""Names that any file system takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

from autohighlight.config import RESULT_SUFFIX

LONGEST_STEM = 180
"""Bytes of a stem in UTF-8; file systems take names of 255, and a suffix that says what is in the file follows."""

LONGEST_FOLDER = 255
"""Bytes of a folder's name in UTF-8."""

OWN_NAMES = frozenset({"summary.json"})
"""Of files that a batch writes into the output folder itself; no folder in it is called so."""

_RESERVED = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\s*(\.|$))", re.IGNORECASE)
"""Names that Windows gives to devices, with any suffix."""

_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029"*/:<>?\\|]')
"""What some file system or other does not take in a name, or takes for something else."""


def same_name_key(name: PurePosixPath | str) -> str:
    """Equal for names that are one on a disk that ignores case or composes letters, as those of Macs and Windows."""
    decomposed = unicodedata.normalize("NFD", str(name))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed.casefold()).casefold())


def portable(name: PurePosixPath) -> PurePosixPath:
    """A relative name as any file system takes it, and so that it stays below the folder that it is joined to.

    Control characters and those that mean something on some system become ``_``, and so do a dot that would hide the
    file, dots and spaces at the end, and the dots of a folder that is called as a result is. Bytes that are no UTF-8
    are written as ``%FF``. Names of devices get a ``_``, names that are too long are cut and get a digest. A name that
    is fit already stays as it is.
    """
    *folders, last = [part for part in name.parts if part not in (name.anchor, ".")] or ["_"]
    fit = [_cut(_without_suffix(_portable_part(part)), LONGEST_FOLDER) for part in folders]
    if fit and same_name_key(fit[0]) in OWN_NAMES:
        fit[0] = fit[0].replace(".", "_")
    return PurePosixPath(*fit, _cut(_portable_part(last), LONGEST_STEM))


def _portable_part(part: str) -> str:
    part = re.sub("[\ud800-\udfff]", _byte, part)
    part = _UNFIT.sub("_", part)
    kept = part.rstrip(". ")
    part = kept + "_" * (len(part) - len(kept))
    if part.startswith("."):
        part = f"_{part[1:]}"
    return _RESERVED.sub(r"\1_", part)


def _byte(match: re.Match[str]) -> str:
    """An undecodable byte as Python keeps it in names, written out."""
    code = ord(match[0])
    return f"%{code - 0xDC00:02X}" if 0xDC80 <= code <= 0xDCFF else "_"


def _without_suffix(folder: str) -> str:
    """So that no folder is in the way of a result."""
    return folder.replace(".", "_") if RESULT_SUFFIX in same_name_key(folder) else folder


def _cut(part: str, longest: int) -> str:
    encoded = part.encode()
    if len(encoded) <= longest:
        return part
    return f"{encoded[: longest - 9].decode(errors='ignore')}~{digest(part, 4)}"


def digest(text: str, num_bytes: int) -> str:
    """Of any text, as hex."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=num_bytes).hexdigest()
