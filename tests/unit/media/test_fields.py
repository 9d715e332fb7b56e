from __future__ import annotations

from pathlib import Path

import pytest

from autohighlight.media.probe import probe
from tests.media_factory import run_ffmpeg

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


def make_interlaced(path: Path, order: str, encoder: tuple[object, ...], *, num_frames: int = 12) -> Path:
    """A video of fields taken 1/50 s apart, in which something moves."""
    size = "720x576" if path.suffix in (".dv", ".mxf") else "96x64"
    fields = f"testsrc2=size={size}:rate=50,tinterlace=interleave_{order},setfield={order[0]}ff"
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
