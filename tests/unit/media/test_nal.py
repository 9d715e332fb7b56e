from __future__ import annotations

from pathlib import Path

import av
import pytest

from autohighlight.media.nal import is_unreferenced
from tests.media_factory import make_video

H264 = (
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-x264-params",
    "keyint=24:bframes=2:b-adapt=0:b-pyramid=none:scenecut=0",
)
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
        "log-level=error:keyint=24:bframes=2:b-adapt=0:b-pyramid=0:scenecut=0")  # fmt: skip


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("encoder", [H264, HEVC])
def test_the_frames_that_a_decoder_leaves_out_are_known(encoder: tuple[str, ...], suffix: str, tmp_path: Path) -> None:
    path = make_video(tmp_path / f"made.{suffix}", 48, encoder=encoder)
    expected, left_out = 0, 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        name, extradata = stream.codec_context.codec.canonical_name, stream.codec_context.extradata
        for packet in container.demux(stream):
            if packet.size:
                left_out += is_unreferenced(name, extradata, bytes(packet))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONREF"
        expected = 48 - sum(1 for _ in container.decode(stream))
    assert left_out == expected
    assert expected >= 20


@pytest.mark.parametrize("packet", [b"", b"\0", b"\0\0\1", b"\0\0\0\x05", b"\xff" * 40, bytes(40)])
@pytest.mark.parametrize("extradata", [None, b"", b"\1" + bytes(30)])
@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9"])
def test_what_cannot_be_read_counts_as_referenced_or_not_but_never_fails(
    codec: str, extradata: bytes | None, packet: bytes
) -> None:
    assert is_unreferenced(codec, extradata, packet) in {True, False}
    assert not is_unreferenced("vp9", extradata, packet)
