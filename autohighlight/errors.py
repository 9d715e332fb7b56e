"""What can go wrong, as one tree; each error says what is wrong, with which file, and what to do.

AutohighlightError                exit code 1
├── OptionError                   2   an option that cannot be meant
│   └── FormatError                   a format that cannot express a video
├── FileError                     3   something is wrong with a given file or place
│   ├── InputError                    a video that cannot be read
│   │   ├── NotAVideoError            no container that is known
│   │   ├── NoVideoStreamError        only sound, or only a cover picture
│   │   ├── UndecodableError          no frame of it could be decoded
│   │   ├── LimitError                it asks for more than a video may
│   │   └── RemoteError               a server or object store that does not give it
│   └── OutputError                   a result that cannot be written
│       ├── OutputExistsError         it is there already
│       ├── NoSpaceError              the disk is full
│       └── VerifyError               a timeline that does not say what it should
├── DependencyError               1   a program or device that is not there
├── WeightsError                  1   a checkpoint that is missing, or not what it should be
└── PluginError                   1   a plugin that fails, or two that claim one name
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


def printable(path: Path | str) -> str:
    """A file's name on one line: control characters escaped, undecodable bytes shown as ``\\udcXX``.

    A name may hold newlines or terminal escapes; an error message must not act on them.
    """
    text = str(path)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class AutohighlightError(Exception):
    """The root: whatever this package raises on purpose.

    Args:
        problem: what is wrong, one line.
        hint: what to do about it, one line; empty where nothing can be said.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem, hint)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem} ({self.hint})" if self.hint else self.problem


class OptionError(AutohighlightError):
    """An option whose value cannot be meant, or two that exclude each other."""

    exit_code = 2


class FormatError(OptionError):
    """A format that was asked for cannot express a video; results in other formats are written all the same."""


class FileError(AutohighlightError):
    """Something is wrong with one file or folder: ``path`` names it."""

    exit_code = 3

    def __init__(self, path: Path | str, problem: str, hint: str = "") -> None:
        super().__init__(problem, hint)
        self.args = (path, problem, hint)
        self.path = Path(path)

    def __str__(self) -> str:
        return f"{printable(self.path)}: {super().__str__()}"


class InputError(FileError):
    """A given video cannot be read."""


class NotAVideoError(InputError):
    """The file is no media container that is known."""


class NoVideoStreamError(InputError):
    """The container holds no moving picture."""


class UndecodableError(InputError):
    """Not one frame of the video could be decoded."""


class LimitError(InputError):
    """The video has, or says that it has, more of something than `autohighlight.config.Limits` allows."""


class RemoteError(InputError):
    """A server or object store does not give a video, or not whole; ``address`` names it, ``path`` holds it as well.

    It says nothing of the video itself, and another day it may be had.
    """

    def __init__(self, address: Path | str, problem: str, hint: str = "") -> None:
        super().__init__(address, problem, hint)
        self.address = str(address)

    def __str__(self) -> str:
        return f"{printable(self.address)}: {AutohighlightError.__str__(self)}"


class OutputError(FileError):
    """A result cannot be written; nothing was left behind."""


class OutputExistsError(OutputError):
    """The output is there already, and was not to be overwritten."""


class NoSpaceError(OutputError):
    """The disk is full; the part written so far was removed."""


class VerifyError(OutputError):
    """A timeline would not be right, and was not written; results in other formats are written all the same."""


class DependencyError(AutohighlightError):
    """A program, package or device that is needed is not there."""


class WeightsError(AutohighlightError):
    """A checkpoint is missing, damaged, or of another network or feature."""


class PluginError(AutohighlightError):
    """A plugin fails or clashes with another."""
