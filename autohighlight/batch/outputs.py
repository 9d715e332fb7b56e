"""Which name the results of each input get, so that they mirror the inputs and no two are written to one place."""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath, PurePosixPath

from autohighlight.batch.inputs import Input
from autohighlight.batch.remote import is_remote, shown
from autohighlight.config import RESULT_SUFFIX

LONGEST_STEM = 180
"""Bytes of a stem in UTF-8; file systems take names of 255, and a suffix that says what is in the file follows."""

LONGEST_FOLDER = 255
"""Bytes of a folder's name in UTF-8."""

OWN_NAMES = frozenset({"summary.json"})
"""Of files that a batch writes into the output folder itself; no folder in it is called so."""

_RESERVED = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?=\s*(\.|$))", re.IGNORECASE)
"""Names that Windows gives to devices, with any suffix."""

_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|]')
"""What some file system or other does not take in a name, or takes for something else."""


def plan_names(inputs: Sequence[Input], taken: Mapping[str, PurePosixPath] | None = None) -> dict[str, PurePosixPath]:
    """The stem of each input's results, relative to the output folder: ``match/first`` for ``match/first.mp4``.

    Where several inputs would get one stem, each of these gets, of the following, the first that is its own: the whole
    name of its file, as ``match/first.mov``; the folder that it came from before its stem, then one folder more, and so
    on, then the same with the whole name; and at last a digest after its stem. Names that differ only in
    case or in how Unicode composes their letters are one, as they are on many disks. The order of the inputs has no
    say.

    Names fit any file system and never lead out of the output folder: see `portable`.

    Args:
        inputs: what is to be done.
        taken: by source, the stems of an earlier plan. Inputs keep theirs, so that a new file does not change the name
            of an old one; stems of sources that are no longer among the inputs are not given to others.

    Returns:
        stems by source.
    """
    stems: dict[str, PurePosixPath] = {}
    used: set[str] = set()
    for source, stem in sorted((taken or {}).items()):
        key = same_name_key(stem)
        if key not in used and portable(stem) == stem:
            used.add(key)
            stems[source] = stem
    waiting = {each.source: _candidates(each) for each in inputs if each.source not in stems}
    while waiting:
        wished = {source: portable(next(candidates)) for source, candidates in waiting.items()}
        keys = {source: same_name_key(stem) for source, stem in wished.items()}
        count = Counter(keys.values())
        granted = {source for source, key in keys.items() if count[key] == 1 and key not in used}
        used |= {keys[source] for source in granted}
        stems |= {source: wished[source] for source in granted}
        waiting = {source: candidates for source, candidates in waiting.items() if source not in granted}
    return {each.source: stems[each.source] for each in inputs}


def _candidates(each: Input) -> Iterator[PurePosixPath]:
    """The stems that an input may get, the first the one it would like; without end, and at last it alone has them."""
    folder, file = each.name.parent, each.name.name
    stem = PurePosixPath(file).stem
    yield folder / stem
    yield folder / file
    above = _folders_above(each)
    for name in (stem, file):
        for first in range(len(above) - 1, -1, -1):
            yield PurePosixPath(*above[first:], folder, name)
    yield folder / f"{stem}~{_digest(str(each.name), 4)}"
    for number in itertools.count():
        yield folder / f"{stem}~{_digest(f'{number} {each.source}', 8)}"


def _folders_above(each: Input) -> tuple[str, ...]:
    """Those that an input lies in and that its name does not tell of, the outermost first."""
    if is_remote(each.source):
        path: PurePath = PurePosixPath(shown(each.source).partition("://")[2])
    else:
        path = PurePath(each.source)
    parts = path.parts[1:] if path.anchor else path.parts
    own = each.name.parts
    return parts[: -len(own)] if parts[-len(own) :] == own else parts[:-1]


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
    return f"{encoded[: longest - 9].decode(errors='ignore')}~{_digest(part, 4)}"


def _digest(text: str, num_bytes: int) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=num_bytes).hexdigest()
