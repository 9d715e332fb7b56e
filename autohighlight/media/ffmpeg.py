"""The ffmpeg program: where it is, what it can do, and running it without a shell and without leftovers."""

from __future__ import annotations

import contextlib
import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from autohighlight.errors import DependencyError


@dataclass(frozen=True)
class FFmpegProgram:
    """An ffmpeg that runs.

    Args:
        path: the program.
        version: as it says itself.
        encoders: FFmpeg's names of the encoders that were built into it.
        origin: ``PATH``, or ``imageio-ffmpeg`` for the one inside that package.
    """

    path: str
    version: str
    encoders: frozenset[str]
    origin: str

    def require(self, encoder: str) -> None:
        """Makes sure that an encoder is there.

        Raises:
            DependencyError: it is not.
        """
        if encoder not in self.encoders:
            raise DependencyError(
                f"the ffmpeg program {self.path} has no encoder {encoder}",
                "install a complete ffmpeg, or take it off PATH so that the one in imageio-ffmpeg is used",
            )


@functools.cache
def find_ffmpeg() -> FFmpegProgram:
    """The ffmpeg on PATH if it runs and can encode H.264, else the static one inside the imageio-ffmpeg package.

    Raises:
        DependencyError: neither runs.
    """
    on_path = shutil.which("ffmpeg")
    candidates = [(on_path, "PATH")] if on_path else []
    import imageio_ffmpeg  # noqa: PLC0415 -- looks for its program when it is imported

    with contextlib.suppress(RuntimeError):  # no program for this platform in that package: PATH may have one
        candidates.append((imageio_ffmpeg.get_ffmpeg_exe(), "imageio-ffmpeg"))
    found = [program for path, origin in candidates if (program := _ask(path, origin)) is not None]
    for program in found:
        if "libx264" in program.encoders:
            return program
    if found:
        return found[0]
    raise DependencyError("no ffmpeg program was found that runs", "install ffmpeg, or pip install imageio-ffmpeg")


def _ask(path: str, origin: str) -> FFmpegProgram | None:
    try:
        version = _output(path, "-version")
        encoders = _output(path, "-hide_banner", "-encoders")
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"version (\S+)", version)
    names = re.findall(r"^ [VAS][.A-Z]{5} (\S+)", encoders, re.MULTILINE)
    return FFmpegProgram(str(Path(path)), match[1] if match else "unknown", frozenset(names), origin)


def _output(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=60, check=True
    ).stdout
