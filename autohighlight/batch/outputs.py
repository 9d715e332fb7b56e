"""Which name the results of each input get, so that they mirror the inputs and no two are written to one place."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath, PurePosixPath

from autohighlight.batch.inputs import Input
from autohighlight.batch.names import digest, portable, same_name_key
from autohighlight.batch.remote import is_remote, shown


def plan_names(inputs: Sequence[Input], taken: Mapping[str, PurePosixPath] | None = None) -> dict[str, PurePosixPath]:
    """The stem of each input's results, relative to the output folder: ``match/first`` for ``match/first.mp4``.

    Where several inputs would get one stem, each of these gets, of the following, the first that is its own: the whole
    name of its file, as ``match/first.mov``; the folder that it came from before its stem, then one folder more, and so
    on, then the same with the whole name; and at last a digest after its stem. Names that differ only in case or in how
    Unicode composes their letters are one, as they are on many disks. The order of the inputs has no say.

    Names fit any file system and never lead out of the output folder: see `names.portable`.

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
    yield folder / f"{stem}~{digest(str(each.name), 4)}"
    for number in itertools.count():
        yield folder / f"{stem}~{digest(f'{number} {each.source}', 8)}"


def _folders_above(each: Input) -> tuple[str, ...]:
    """Those that an input lies in and that its name does not tell of, the outermost first."""
    if is_remote(each.source):
        path: PurePath = PurePosixPath(shown(each.source).partition("://")[2])
    else:
        path = PurePath(each.source)
    parts = path.parts[1:] if path.anchor else path.parts
    own = each.name.parts
    return parts[: -len(own)] if parts[-len(own) :] == own else parts[:-1]
