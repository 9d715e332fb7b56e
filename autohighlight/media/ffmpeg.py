"""The ffmpeg program: which one encodes, what it can do, and how its versions differ.

The result must not depend on what happens to be installed. So the program in the imageio-ffmpeg package is used unless
the user chooses another, and what the versions call differently is asked for here, by the program's own version.
"""

from __future__ import annotations

import functools
import importlib.resources
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from autohighlight.config import FFMPEG_VARIABLE
from autohighlight.errors import DependencyError

_PACKAGE = "imageio-ffmpeg"

_LIBAVUTIL = {"4.3": (56, 51), "5.1": (57, 28), "6.0": (58, 2), "7.0": (59, 8)}  # of releases of FFmpeg
_OLDEST = "4.3"  # the tests pass with it

COMPLETE = f"choose a complete one, or leave --ffmpeg and {FFMPEG_VARIABLE} out, so that the one in {_PACKAGE} is used"
"""What to do about a program that lacks something."""


@dataclass(frozen=True)
class FFmpegProgram:
    """An ffmpeg that runs.

    Args:
        path: the program.
        version: the release, or the name of the build, as it prints it.
        libavutil: major and minor version of that library. Builds between releases have it too.
        encoders: FFmpeg's names of the encoders that were built into it.
        origin: why it is the one: ``chosen`` by an option or variable, ``imageio-ffmpeg`` for the one inside that
            package, or ``PATH``.
    """

    path: str
    version: str
    libavutil: tuple[int, int]
    encoders: frozenset[str]
    origin: str

    def require(self, encoder: str) -> None:
        """Makes sure that an encoder is there.

        Raises:
            DependencyError: it is not.
        """
        if encoder not in self.encoders:
            raise DependencyError(f"the ffmpeg program {self.path} has no encoder {encoder}", COMPLETE)

    def is_at_least(self, release: str) -> bool:
        """Whether it is of FFmpeg ``4.3``, ``5.1``, ``6.0`` or ``7.0``, or newer."""
        return self.libavutil >= _LIBAVUTIL[release]

    def every_frame(self) -> dict[str, str]:
        """The output option that passes on every frame as it comes; FFmpeg 5.1 renamed it, later ones lack the old."""
        return {"fps_mode" if self.is_at_least("5.1") else "vsync": "passthrough"}


def find_ffmpeg(chosen: str | None = None) -> FFmpegProgram:
    """The ffmpeg that the user chooses; else the one inside the imageio-ffmpeg package; else the one on PATH.

    Of those that nobody chose, one that runs and can encode H.264 comes first.

    Args:
        chosen: a file, or a name on PATH, as the option ``ffmpeg`` has it; None: what ``AUTOHIGHLIGHT_FFMPEG`` names,
            if it is set.

    Raises:
        DependencyError: the chosen one does not run or is too old, or none is found that is neither.
    """
    chosen = chosen or os.environ.get(FFMPEG_VARIABLE)
    return _chosen(chosen) if chosen else _usual()


@functools.cache
def _chosen(name: str) -> FFmpegProgram:
    path = shutil.which(name)
    if path is None:
        raise DependencyError(
            f"the ffmpeg program {name} is not there or cannot be run",
            f"correct --ffmpeg, the option ffmpeg in the configuration, or {FFMPEG_VARIABLE}",
        )
    program = _ask(path, "chosen")
    if program is None:
        raise DependencyError(f"{path} is no ffmpeg program that runs", f"try '{path} -version'")
    if not program.is_at_least(_OLDEST):
        problem = f"the ffmpeg program {path} is too old: {program.version}"
        raise DependencyError(problem, f"install FFmpeg {_OLDEST} or newer")
    return program


@functools.cache
def _usual() -> FFmpegProgram:
    on_path = shutil.which("ffmpeg")
    candidates = [*((path, _PACKAGE) for path in _packaged()), *([(on_path, "PATH")] if on_path else [])]
    programs = [program for path, origin in candidates if (program := _ask(path, origin)) is not None]
    found = [program for program in programs if program.is_at_least(_OLDEST)]
    if not found:
        too_old = "; ".join(f"{program.path} is too old: {program.version}" for program in programs)
        raise DependencyError(
            f"no ffmpeg program was found that can be used{f' ({too_old})' if too_old else ''}",
            f"install FFmpeg {_OLDEST} or newer, or pip install --upgrade {_PACKAGE}",
        )
    return next((program for program in found if "libx264" in program.encoders), found[0])


def _packaged() -> list[str]:
    """The programs inside the imageio-ffmpeg package: one, or none where it has none for this platform.

    Its own function would also give what is on PATH, or what a variable of other programs names.
    """
    try:
        folder = importlib.resources.files("imageio_ffmpeg") / "binaries"
        return sorted(str(file) for file in folder.iterdir() if file.name.startswith("ffmpeg"))
    except (ModuleNotFoundError, OSError):
        return []


def _ask(path: str, origin: str) -> FFmpegProgram | None:
    try:
        version = _output(path, "-version")
        encoders = _output(path, "-hide_banner", "-encoders")
    except (OSError, subprocess.SubprocessError):
        return None
    release = re.search(r"version (\S+)", version)
    library = re.search(r"^libavutil\s+(\d+)\.\s*(\d+)", version, re.MULTILINE)
    if release is None or library is None:
        return None
    names = re.findall(r"^ [VAS][.A-Z]{5} (\S+)", encoders, re.MULTILINE)
    return FFmpegProgram(path, release[1], (int(library[1]), int(library[2])), frozenset(names), origin)


def _output(*command: str) -> str:
    return subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=True,
    ).stdout
