"""The words that the ffmpeg program is given are known to it, whichever it is.

`.ci/check media` runs the tests of this folder with another program.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autohighlight.media.encode import _for_filter
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.probe import _MATRICES, _PRIMARIES, _RANGES, _TRANSFERS, probe
from autohighlight.types import ColourInfo
from tests.media.reels import make_reel
from tests.media_factory import make_video


def test_every_name_of_a_colour_is_known() -> None:
    colours = [
        *(ColourInfo(primaries=name) for name in _PRIMARIES.values()),
        *(ColourInfo(transfer=name) for name in _TRANSFERS.values()),
        *(ColourInfo(matrix=name) for name in _MATRICES.values()),
        *(ColourInfo(range=name) for name in _RANGES.values()),
    ]
    settings = [f"{option}={name}" for colour in colours for option, name in _for_filter(colour).items()]
    filters = ",".join(f"setparams={setting}" for setting in settings)
    command = [find_ffmpeg().path, "-v", "error", "-f", "lavfi", "-i", "color=d=0.1", "-vf", filters, "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("transfer", "word"), [("gamma22", "bt470m"), ("gamma28", "bt470bg")])
def test_transfer_functions_of_two_names_stay(transfer: str, word: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mp4", 20, options=("-vf", f"setparams=color_trc={word}"))
    assert probe(source).colour.transfer == transfer
    _, _, output = make_reel(source, [(2, 5)])
    assert probe(output).colour.transfer == transfer
