from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.media.probe import probe
from tests.media.field_coded import make_field_coded
from tests.media.reels import make_reel
from tests.media_factory import decode, run_ffmpeg

_INTERLACED = ("-flags", "+ildct+ilme")
_KINDS: dict[str, tuple[str, tuple[object, ...]]] = {
    "H.264 in a transport stream": ("mts", ("-c:v", "libx264", *_INTERLACED)),
    "H.264 in MP4": ("mp4", ("-c:v", "libx264", *_INTERLACED)),
    "H.264 in Matroska": ("mkv", ("-c:v", "libx264", *_INTERLACED)),
    "MPEG-2 in a program stream": ("mpg", ("-c:v", "mpeg2video", *_INTERLACED)),
    "MPEG-2 in a transport stream": ("ts", ("-c:v", "mpeg2video", *_INTERLACED)),
    "MPEG-2 in MXF": ("mxf", ("-c:v", "mpeg2video", *_INTERLACED)),
    "MPEG-4 in AVI": ("avi", ("-c:v", "mpeg4", *_INTERLACED)),
    "ProRes": ("mov", ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", *_INTERLACED)),
    "uncompressed in QuickTime": ("mov", ("-c:v", "rawvideo", "-pix_fmt", "uyvy422")),
    "FFV1 in Matroska": ("mkv", ("-c:v", "ffv1", *_INTERLACED)),
    "DV": ("dv", ("-c:v", "dvvideo")),
}


_STEP = 3
"""Pixels that the bar moves from one field to the next."""
_BAR = rf"geq=lum='if(between(X,mod(N*{_STEP},60),mod(N*{_STEP},60)+15),200,40)':cb=128:cr=128"


def make_interlaced(path: Path, order: str, encoder: tuple[object, ...], *, num_frames: int = 12) -> Path:
    """A video of fields taken 1/50 s apart, in which an upright bar moves sideways."""
    size = "720x576" if path.suffix in (".dv", ".mxf") else "96x64"
    fields = f"nullsrc=size={size}:rate=50,{_BAR},tinterlace=interleave_{order},setfield={order[0]}ff"
    tagged = ("-x264opts", f"{order[0]}ff=1") if "libx264" in encoder else ()
    pixels = () if "-pix_fmt" in encoder else ("-pix_fmt", "yuv420p")
    run_ffmpeg("-f", "lavfi", "-i", fields, "-frames:v", num_frames, *encoder, *pixels, *tagged, path)
    return path


@pytest.mark.parametrize("order", ["top", "bottom"])
@pytest.mark.parametrize("kind", _KINDS)
def test_the_order_of_fields_is_known(kind: str, order: str, tmp_path: Path) -> None:
    if kind == "DV" and order == "top":
        order = "bottom"  # the standard has no other (IEC 61834)
    suffix, encoder = _KINDS[kind]
    media = probe(make_interlaced(tmp_path / f"made.{suffix}", order, encoder))
    assert (media.field_order, media.frame_rate) == (order, 25)


@pytest.mark.parametrize(("suffix", "encoder"), [
    ("mp4", ("-c:v", "libx264", "-bf", 2)), ("mts", ("-c:v", "libx264")), ("mpg", ("-c:v", "mpeg2video")),
    ("avi", ("-c:v", "mpeg4")), ("mov", ("-c:v", "prores_ks")), ("webm", ("-c:v", "libvpx-vp9")),
])  # fmt: skip
def test_whole_frames_are_progressive(suffix: str, encoder: tuple[object, ...], tmp_path: Path) -> None:
    path = tmp_path / f"made.{suffix}"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-frames:v", 12, *encoder, path)
    assert probe(path).field_order == "progressive"


def test_interlaced_frames_after_progressive_ones_are_found(tmp_path: Path) -> None:
    source = "testsrc2=size=96x64:rate=25,setfield=prog"
    encoder = ("-c:v", "mpeg2video", *_INTERLACED)
    run_ffmpeg("-f", "lavfi", "-i", source, "-frames:v", 3, *encoder, tmp_path / "whole.m2v")
    fields = make_interlaced(tmp_path / "fields.m2v", "bottom", encoder)
    path = tmp_path / "both.m2v"
    path.write_bytes((tmp_path / "whole.m2v").read_bytes() + fields.read_bytes())
    assert probe(path).field_order == "bottom"


def combs(luma: NDArray[Any]) -> float:
    """By how much a line differs from the mean of those above and below, on average; upright bars have none."""
    lines = luma * (200 / luma.max())  # the bar's level, whatever the depth
    return float(np.abs(lines[1:-1] - (lines[:-2] + lines[2:]) / 2).mean())


def left_edge(luma: NDArray[Any]) -> int:
    return int(np.argmax(luma.mean(axis=0) > 0.6 * luma.max()))


@pytest.mark.parametrize("order", ["top", "bottom"])
@pytest.mark.parametrize("kind", [
    "H.264 in a transport stream", "MPEG-2 in a program stream", "ProRes", "MPEG-4 in AVI", "uncompressed in QuickTime",
    "FFV1 in Matroska",
])  # fmt: skip
def test_a_reel_of_interlaced_video_has_no_combs(kind: str, order: str, tmp_path: Path) -> None:
    suffix, encoder = _KINDS[kind]
    source = make_interlaced(tmp_path / f"made.{suffix}", order, (*encoder, "-g", 6), num_frames=20)
    assert max(combs(luma) for luma in decode(source).lumas) > 4
    reel, _, path = make_reel(source, [(2, 8), (12, 6)])
    assert max(combs(luma) for luma in reel.lumas[1:7] + reel.lumas[9:]) < 2
    expected = [2 * _STEP * number % 60 for number in (*range(2, 10), *range(12, 18))]  # where the first field has it
    assert np.abs(np.array([left_edge(luma) for luma in reel.lumas]) - expected).max() <= 2
    assert probe(path).field_order == "progressive"


@pytest.mark.parametrize("order", ["top", "bottom"])
def test_interlaced_video_whose_codec_does_not_say_so_is_taken_as_its_container_says(
    order: str, tmp_path: Path
) -> None:
    source = make_interlaced(tmp_path / "made.mkv", order, ("-c:v", "png", "-pix_fmt", "rgb24"))
    media = probe(source)
    assert media.field_order == order
    reel, _, _ = make_reel(source, [(1, 10)])
    assert max(combs(luma) for luma in reel.lumas[1:]) < 2


def test_frames_of_two_packets_are_made_whole_too(tmp_path: Path) -> None:
    reel, _, _ = make_reel(make_field_coded(tmp_path / "made.ts", range(30)), [(3, 10), (15, 12)])
    assert reel.numbers == [*range(3, 13), *range(15, 27)]
