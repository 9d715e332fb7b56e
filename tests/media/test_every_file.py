"""Every real and odd file ends in the right way: a reel of the right shape, or one line that says why not."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight.media.probe import probe
from tests.media.shared_files import ODD, REAL, open_shared
from tests.media_factory import decode
from tests.whole_runs import QUICKLY, Command, files_in

_PLAYS: dict[str, tuple[int, int, str, str]] = {
    # width and height as shown, frame rate, audio layout
    "odd/-name-with-dashes-.mp4": (2, 2, "1", ""),
    "odd/attachment.mkv": (640, 360, "30", "stereo"),
    "odd/av1.mkv": (640, 360, "25", ""),
    "odd/corrupted.mp4": (1280, 720, "10", ""),
    "odd/cover_art_stream.mkv": (640, 360, "30", "stereo"),
    "odd/delayed_start.mp4": (480, 320, "25", ""),
    "odd/fades.mp4": (480, 320, "25", ""),
    "odd/failing_audio.mp4": (640, 360, "25", "stereo"),
    "odd/h264_10bit.mp4": (200, 200, "30", ""),
    "odd/no_duration.webm": (1280, 720, "15", "stereo"),
    "odd/rotate_0.mov": (568, 320, "30", ""),
    "odd/rotate_90.mov": (320, 568, "30", ""),
    "odd/rotate_180.mov": (568, 320, "30", ""),
    "odd/rotate_270.mov": (320, 568, "30", ""),
    "odd/sar_2x1.mp4": (1280, 360, "30", ""),
    "odd/sar_2x3.mp4": (640, 540, "30", "stereo"),
    "odd/truncated.mp4": (1920, 1080, "60", ""),
    "odd/unordered_pts.mov": (50, 50, "32", ""),
    "odd/vfr_3026x1386.mp4": (3026, 1386, "30", ""),
    "odd/yuv422p.mp4": (640, 360, "30", "stereo"),
    "real/action_10s_256p.mp4": (456, 256, "30", ""),
    "real/applause_10s.mp4": (720, 480, "30000/1001", "stereo"),
    "real/armwrestling_28fps.mp4": (426, 256, "28", ""),
    "real/baseball_10s.mp4": (426, 320, "30", ""),
    "real/bikes_25fps.mp4": (640, 272, "25", ""),
    "real/birthday_17s.mp4": (596, 336, "25", ""),
    "real/blocks_720p.mp4": (1280, 720, "30000/1001", "stereo"),
    "real/bottles_40s.mp4": (640, 360, "179/6", ""),
    "real/bunny_30s_vp8.webm": (1280, 720, "24", "stereo"),
    "real/chaplin_25fps.mp4": (640, 360, "25", "stereo"),
    "real/dance_portrait_15s.mp4": (406, 720, "30", "stereo"),
    "real/dog_720p_30fps.mp4": (1280, 720, "30000/1001", "stereo"),
    "real/handwork_39s_portrait.mp4": (640, 640, "30", "stereo"),
    "real/juggle_720p_24fps.mp4": (1280, 720, "24", ""),
    "real/mouse_78s_444.mp4": (640, 480, "30", ""),
    "real/nasa_13s_multistream.mp4": (480, 270, "30000/1001", "stereo"),
    "real/pancake_opus.mkv": (426, 240, "30", "mono"),
    "real/person_139s_10fps.mp4": (768, 432, "10", ""),
    "real/shots_24s_2997.mp4": (1280, 720, "30000/1001", ""),
    "real/talk_42s_720p.mp4": (1280, 720, "30", "stereo"),
    "real/yoga_10s.mp4": (568, 320, "30", ""),
}
_REFUSED = {
    "odd/no_video_stream.mp4": "contains no picture, only sound or data",
    "odd/not a video [text].mp4": "is not a video that can be read",
}
_STAND_INS = {
    "closed groups": (96, 72, "25", ""),
    "MPEG-2 in a transport stream": (96, 72, "25", ""),
    "H.264, all marked as key frames": (96, 72, "25", ""),
}
_LOST = {"odd/corrupted.mp4", "odd/truncated.mp4"}
_KEPT_IN_PART = {"real/nasa_13s_multistream.mp4"}  # it has two sound tracks, and subtitles
_HAS_SHARED = bool(REAL)


def test_every_shared_file_is_in_the_table() -> None:
    there = {f"real/{name}" for name in REAL} | {f"odd/{name}" for name in ODD}
    assert there <= set(_PLAYS) | set(_REFUSED)


@pytest.mark.parametrize("name", _PLAYS if _HAS_SHARED else _STAND_INS)
def test_it_becomes_a_reel(name: str, tmp_path: Path, command: Command) -> None:
    (tmp_path / "made").mkdir()
    width, height, rate, layout = (_PLAYS if _HAS_SHARED else _STAND_INS)[name]
    output = tmp_path / "reel.mp4"
    outcome = command("reel", "--json", *QUICKLY, "-o", output, "--", open_shared(name, tmp_path / "made"))
    assert outcome.code == 0, outcome.err
    assert ("damaged or missing" in outcome.err) == (name in _LOST)
    assert ("warning: " in outcome.err) == (name in _LOST | _KEPT_IN_PART)
    media = probe(output)
    assert (media.width, media.height, media.rotation) == (width, height, 0)
    assert media.sample_aspect_ratio == 1
    assert media.frame_rate == Fraction(rate)
    assert [track.layout for track in media.audio] == ([layout] if layout else [])
    highlights = json.loads(outcome.out)["highlights"]
    num_frames = sum(round((h["end"] - h["start"]) * float(media.frame_rate)) for h in highlights)
    assert abs(media.num_frames - num_frames) <= len(highlights)
    reel = decode(output)
    assert len(reel.lumas) == media.num_frames
    if reel.sound is not None:  # AAC ends with a whole packet
        assert abs(reel.sound.shape[1] / reel.sample_rate - float(media.duration)) <= 1024 / reel.sample_rate + 0.002
    assert files_in(tmp_path) == {"made", "reel.mp4"}


@pytest.mark.parametrize("name", _REFUSED if _HAS_SHARED else [])
def test_it_is_refused_in_one_line(name: str, tmp_path: Path, command: Command) -> None:
    video = open_shared(name, tmp_path)
    outcome = command("reel", *QUICKLY, "-o", tmp_path / "reel.mp4", "--", video)
    assert (outcome.code, outcome.out) == (3, "")
    assert re.fullmatch(rf"error: {re.escape(f'{video}: {_REFUSED[name]}')}\n       .+\n", outcome.err)
    assert files_in(tmp_path) == set()
