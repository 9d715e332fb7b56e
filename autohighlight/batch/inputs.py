"""Finding the videos of a batch: in files, folders, patterns, lists and addresses."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO

from autohighlight.batch import listing, patterns, remote
from autohighlight.batch.spelling import Spelling
from autohighlight.camera_files import Companion, companions, recordings
from autohighlight.errors import InputError, OptionError, printable
from autohighlight.finding import VIDEO_SUFFIXES, is_hidden, is_result, mode_of, real_path, walk


@dataclass(frozen=True)
class Input:
    """One video of a batch.

    Args:
        source: an absolute path, or an address that `batch.remote` can read.
        name: relative, and the results are named after it: the way to the file from the folder that was given, or the
            path as it was given; ``match/first.mp4``.
        chapters: the files in which the camera went on with the same recording, in order; see
            `camera_files.recordings`.
    """

    source: str
    name: PurePosixPath
    chapters: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """All files of the video, in order."""
        return (self.source, *self.chapters)


@dataclass(frozen=True)
class PassedOver:
    """Something that may be of interest, and is left out all the same.

    Args:
        place: a file or folder.
        reason: why, one line.
    """

    place: str
    reason: str


@dataclass(frozen=True)
class FoundInputs:
    """What there is to do.

    Args:
        inputs: the videos, none twice; in the order of the places, those of a folder in the order of their names.
        passed_over: folders that cannot be looked into, and what has the name of a video and is no file.
        num_results: results of this program that were left out.
        others: how many files have a suffix that no video has, by suffix (lower case, with its dot, or empty); hidden
            files are not counted.
        companions: files that belong to one of the inputs, by their kind; see `camera_files.companions`.
    """

    inputs: tuple[Input, ...]
    passed_over: tuple[PassedOver, ...] = ()
    num_results: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    companions: Mapping[Companion, tuple[str, ...]] = field(default_factory=dict)


def find_inputs(
    places: Sequence[str],
    *,
    suffixes: Collection[str] | None = None,
    exclude: Path | None = None,
    written: Collection[Path] = (),
    needs_all: bool = True,
    joins_chapters: bool = True,
) -> FoundInputs:
    """The videos among files, folders and all that lies in these, patterns, and addresses.

    A file that is named counts whatever it is called. In folders, and where a pattern does not end in a suffix, those
    count whose names end in one of `suffixes`; hidden files and folders, and what this program has made, do not. A
    file that several ways lead to is one input, by its own name rather than a link's. A name that is there is never
    taken as a pattern.

    Args:
        places: paths; patterns with ``*``, ``?``, ``[...]`` and ``**`` for any number of folders; addresses.
        suffixes: with or without the dot, in any case; those of videos if None.
        exclude: the output folder: what is below is left out, unless the place is this folder or in it.
        written: files that the batch itself writes elsewhere; they need not be there.
        needs_all: whether a place that is not there is an error; if not, it is passed over.
        joins_chapters: whether the files of one recording are one video. Those at addresses never are.

    Raises:
        InputError: a place is not there, no ordinary file, or cannot be looked into, or nothing fits a pattern.
        DependencyError: an address needs a package that is not there.
    """
    search = _Search(dotted(suffixes), exclude, written)
    for place in places:
        try:
            search.add(place)
        except InputError as error:
            if needs_all:
                raise
            search.passed_over[place] = error.problem
    left_out = search.leave_out_companions()
    if joins_chapters:
        search.join_chapters()
    passed_over = tuple(PassedOver(place, reason) for place, reason in search.passed_over.items())
    inputs = tuple(search.inputs.values())
    return FoundInputs(inputs, passed_over, search.num_results, dict(search.others), left_out)


def read_list(stream: BinaryIO) -> tuple[str, ...]:
    """The places in a list: one a line, or each ended by a NUL, as ``find -print0`` writes them.

    Names are any bytes, on Windows UTF-8. Blank lines, a carriage return at the end of a line and a byte order mark do
    not count; UTF-16 is read if it begins with such a mark.

    Raises:
        OptionError: on Windows, where a name is not UTF-8.
    """
    data = stream.read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        return tuple(_name(name) for name in data.split(b"\0") if name)
    lines = (line.removesuffix(b"\r") for line in data.split(b"\n"))
    return tuple(_name(line) for line in lines if line.strip())


def _name(name: bytes) -> str:
    try:
        return os.fsdecode(name)
    except UnicodeDecodeError:  # Windows only, where names are Unicode
        shown = printable(name.decode("utf-8", "backslashreplace"))
        raise OptionError(f"the list is not UTF-8: {shown}", "save it as UTF-8") from None


def has_suffix(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file's name ends in one of some suffixes, in any case."""
    return name.lower().endswith(suffixes)


def dotted(suffixes: Collection[str] | None) -> tuple[str, ...]:
    """Suffixes as `has_suffix` compares them: in lower case, with a dot; those of videos if None."""
    return tuple(sorted(f".{s.lower().lstrip('.')}" for s in (VIDEO_SUFFIXES if suffixes is None else suffixes)))


@dataclass
class _Search:
    suffixes: tuple[str, ...]
    exclude: Path | None
    written: Collection[Path]
    inputs: dict[Path | str, Input] = field(default_factory=dict)  # by where they really are
    bases: dict[Path, Path] = field(default_factory=dict)
    linked: set[Path] = field(default_factory=set)  # those of the inputs that were reached by a symbolic link
    passed_over: dict[str, str] = field(default_factory=dict)  # why, by place
    num_results: int = 0
    others: Counter[str] = field(default_factory=Counter)
    spelling: Spelling = field(default_factory=Spelling)
    named: set[Path | str] = field(default_factory=set)  # those of the inputs that were named themselves

    def __post_init__(self) -> None:
        self.results = frozenset(real_path(self.spelling.of(path)) for path in self.written)
        self.output = real_path(self.spelling.of(self.exclude)) if self.exclude else None

    def add(self, place: str) -> None:
        if not place:
            raise OptionError("an empty name was given", "name a file or a folder")
        if remote.is_remote(place):
            self._add_remote(place)
            return
        path = self.spelling.of(remote.local_path(place))
        mode = _mode(path)
        if mode is None and patterns.is_pattern(path):
            self._add_pattern(path)
        elif mode is None:
            raise InputError(path, "there is no such file or folder", "check the name")
        elif stat.S_ISDIR(mode):
            _check_folder(path)
            self._add_folder(path, path, lambda found: PurePosixPath(found.relative_to(path)))
        elif stat.S_ISREG(mode):
            self.named.add(real_path(path))
            self._keep(path, real_path(path), _name_as_given(path, path.parent), path.parent)
        else:
            raise InputError(path, "is no ordinary file", "name a file or a folder")

    def _add_folder(self, folder: Path, base: Path, name: Callable[[Path], PurePosixPath]) -> None:
        leave_out = [self.output] if self.output else []
        for entry in walk(folder, self._pass_over, leave_out=leave_out):
            self._consider(entry.path, entry.real, name(entry.path), base, is_file=entry.is_file)

    def _add_pattern(self, pattern: Path) -> None:
        base, parts = patterns.divide(pattern)
        is_suited = patterns.names_a_suffix(parts[-1])
        is_empty = True
        for path in patterns.expand(base, parts, self._pass_over):
            is_empty = False
            real, mode = real_path(path), mode_of(path)
            if self._is_below_output(real, base):
                continue
            if stat.S_ISDIR(mode):
                self._add_folder(path, base, lambda found: _name_as_given(found, base))
            else:
                name = _name_as_given(path, base)
                self._consider(path, real, name, base, is_file=stat.S_ISREG(mode), is_suited=is_suited)
        if is_empty:
            raise InputError(pattern, "nothing fits this pattern", "check it, or name a file or folder that is there")

    def _add_remote(self, address: str) -> None:
        for found in listing.find(address):
            name = found.name.name
            if not found.is_named:
                if any(map(is_hidden, found.name.parts)):
                    continue
                if not (found.is_suited or has_suffix(name, self.suffixes)):
                    self.others[PurePosixPath(name).suffix.lower()] += 1
                    continue
                if is_result(name):
                    self.num_results += 1
                    continue
            self.inputs.setdefault(found.address, Input(found.address, found.name))

    def leave_out_companions(self) -> dict[Companion, tuple[str, ...]]:
        """Removes proxies and their like from the inputs, unless they were named themselves; gives their sources."""
        reals = {PurePath(each.source): real for real, each in self.inputs.items()}
        left_out: dict[Companion, tuple[str, ...]] = {}
        for path, kind in companions(reals):
            if reals[path] not in self.named:
                left_out[kind] = (*left_out.get(kind, ()), self.inputs.pop(reals[path]).source)
        return left_out

    def join_chapters(self) -> None:
        """Makes one input of all files of a recording, in the place and with the name of the first."""
        reals = {PurePath(each.source): real for real, each in self.inputs.items() if isinstance(real, Path)}
        for first, *rest in recordings(reals):
            chapters = tuple(self.inputs.pop(reals[path]).source for path in rest)
            self.inputs[reals[first]] = replace(self.inputs[reals[first]], chapters=chapters)

    def _is_below_output(self, real: Path, start: Path) -> bool:
        output = self.output
        return output is not None and real.is_relative_to(output) and not real_path(start).is_relative_to(output)

    def _consider(
        self, path: Path, real: Path, name: PurePosixPath, base: Path, *, is_file: bool, is_suited: bool = False
    ) -> None:
        if not (is_suited or has_suffix(path.name, self.suffixes)):
            self.others[path.suffix.lower()] += 1
        elif is_result(path.name) or real in self.results:
            self.num_results += 1
        elif not is_file:
            self.passed_over[str(path)] = (
                "is no ordinary file" if mode_of(real) else "is a link to something that is not there"
            )
        else:
            self._keep(path, real, name, base)

    def _keep(self, path: Path, real: Path, name: PurePosixPath, base: Path) -> None:
        is_linked = real != self._real_base(base) / path.relative_to(base)
        if real not in self.inputs or (real in self.linked and not is_linked):
            self.inputs[real] = Input(_absolute(path), name)
            (self.linked.add if is_linked else self.linked.discard)(real)

    def _real_base(self, base: Path) -> Path:
        if base not in self.bases:
            self.bases[base] = real_path(base)
        return self.bases[base]

    def _pass_over(self, error: OSError) -> None:
        self.passed_over[str(error.filename)] = f"cannot be looked into: {error.strerror}"


def _mode(path: Path) -> int | None:
    """What kind of file is there; None if there is none."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise InputError(path, "is a link to something that is not there", "check where it leads") from None
        return None
    except (OSError, ValueError) as error:  # as a circle of links, or a name with a NUL
        if (
            isinstance(error, OSError) and error.errno == errno.EINVAL
        ):  # Windows: no file can have such a name, as *.mp4
            return None
        raise InputError(path, f"cannot be looked at: {getattr(error, 'strerror', error)}", "check the name") from None


def _check_folder(folder: Path) -> None:
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise InputError(folder, f"cannot be looked into: {error.strerror}", "check its permissions") from None


def _name_as_given(path: Path, base: Path) -> PurePosixPath:
    """The path itself if it leads down from the working folder, else what of it lies below `base`."""
    leads_down = not path.anchor and not path.drive and ".." not in path.parts
    return PurePosixPath(path if leads_down else path.relative_to(base))


def _absolute(path: Path) -> str:
    """From the root, with links kept but for those before a ``..``, which leads up from where a link leads to."""
    if ".." in path.parts:
        path = real_path(path.parent) / path.name
    return str(path.absolute())
