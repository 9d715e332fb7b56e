"""The words that the ffmpeg program is given are known to it, whichever it is.

`.ci/check media` runs the tests of this folder with another program.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight.errors import DependencyError
from autohighlight.media.encode import NEW_MATRICES, PictureFormat, _arguments, _for_filter
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.probe import _MATRICES, _PRIMARIES, _RANGES, _TRANSFERS, probe
from autohighlight.types import ColourInfo
from tests.media.reels import make_reel
from tests.media_factory import make_video


def test_every_name_of_a_colour_is_known() -> None:
    known = set(_MATRICES.values()) - (set() if find_ffmpeg().is_at_least("7.0") else NEW_MATRICES)
    colours = [
        *(ColourInfo(primaries=name) for name in _PRIMARIES.values()),
        *(ColourInfo(transfer=name) for name in _TRANSFERS.values()),
        *(ColourInfo(matrix=name) for name in sorted(known)),
        *(ColourInfo(range=name) for name in _RANGES.values()),
    ]
    settings = [f"{option}={name}" for colour in colours for option, name in _for_filter(colour).items()]
    filters = ",".join(f"setparams={setting}" for setting in settings)
    command = [find_ffmpeg().path, "-v", "error", "-f", "lavfi", "-i", "color=d=0.1", "-vf", filters, "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("transfer", ["bt470m", "bt470bg"])
def test_transfer_functions_of_two_names_stay(transfer: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mp4", 20, options=("-vf", f"setparams=color_trc={transfer}"))
    assert probe(source).colour.transfer == transfer
    _, _, output = make_reel(source, [(2, 5)])
    assert probe(output).colour.transfer == transfer


def test_an_old_program_does_not_leave_out_a_matrix_in_silence(tmp_path: Path) -> None:
    old = replace(find_ffmpeg(), libavutil=(57, 28))
    picture = PictureFormat((64, 48), "yuv420p10le", Fraction(25), ColourInfo(matrix="ipt-c2"))
    with pytest.raises(DependencyError, match="does not know the colour matrix ipt-c2"):
        _arguments(old, picture, None, tmp_path / "made.mp4", codec="hevc", crf=None, preset="ultrafast")
