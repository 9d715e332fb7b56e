"""Runs ``melt``, the player of MLT: the Debian package of that name. Continuous integration must have it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import av
import av.error
import pytest

_SECONDS = 20
"""A rendering here takes less than one; melt 7.12 may wait for ever before its first frame, or ends before it."""

_TRIES = 3
_ALWAYS_SAID = (
    "No LADSPA plugins were found!",
    "Check your LADSPA_PATH environment variable.",
    "Timestamps are unset in a packet for stream",  # of raw sound
    "Encoder did not produce proper pts, making some up.",
)


def melt(document: Path, output: Path, *options: str) -> list[str]:
    """Renders a document by FFmpeg's muxers and codecs, and gives back what is complained of: it exits 0 whatever is.

    It ends at the end of the document only with ``terminate_on_pause``.
    """
    program = shutil.which("melt")
    if program is None:
        words = "melt is not installed, so nothing is known of MLT files: apt-get install melt"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    command = [
        program,
        "-silent",
        str(document),
        "-consumer",
        f"avformat:{output}",
        "terminate_on_pause=1",
        "real_time=-1",
    ]
    done = _run([*command, *options], output)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.strip() and not any(words in line for words in _ALWAYS_SAID)]


def _run(command: list[str], output: Path) -> subprocess.CompletedProcess[bytes]:
    for _ in range(_TRIES - 1):
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = _run_once(command)
            if _can_be_opened(output):
                return done
    return _run_once(command)


def _can_be_opened(path: Path) -> bool:
    try:
        av.open(str(path)).close()
    except av.error.FFmpegError:
        return False
    return True


def _run_once(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=_SECONDS)


def melt_picture(document: Path, output: Path) -> list[str]:
    """Renders the picture alone, without loss, into a Matroska file."""
    return melt(document, output, "f=matroska", "vcodec=ffv1", "pix_fmt=yuv420p", "an=1")


def melt_sound(document: Path, output: Path) -> list[str]:
    """Renders the sound alone, without loss, into a WAV file of two channels at 48 kHz."""
    return melt(document, output, "f=wav", "acodec=pcm_s16le", "vn=1")
