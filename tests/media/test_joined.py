"""Files joined from the work of several encoders: every frame is that of a full decode, wherever decoding begins."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight.media.decode import VideoReader, packets_of, spans
from autohighlight.media.probe import probe
from autohighlight.media.seeking import find_seeking, frame_digest
from autohighlight.types import MediaInfo
from tests.media_factory import make_video, run_ffmpeg

Encoders = tuple[tuple[object, ...], ...]

_CLOSED = ("-c:v", "libx264", "-preset", "veryfast", "-g", 25, "-bf", 2, "-sc_threshold", 0)
_OPEN = ("-c:v", "libx264", "-preset", "veryfast", "-x264-params", "keyint=25:min-keyint=25:open-gop=1:bframes=3")
_REFRESH = ("-c:v", "libx264", "-preset", "veryfast",
            "-x264-params", "keyint=25:intra-refresh=1:bframes=0:scenecut=0")  # fmt: skip
_MPEG2 = ("-c:v", "mpeg2video", "-g", 25, "-bf", 2, "-q:v", 3, "-sc_threshold", 1_000_000_000)
_MPEG2_CLOSED = (*_MPEG2, "-flags", "+cgop")


def _joined(folder: Path, *encoders: tuple[object, ...]) -> Path:
    """A transport stream in which three seconds of each encoder follow each other on one clock."""
    content, start = b"", Fraction(0)
    for number, encoder in enumerate(encoders):
        part = make_video(folder / f"{number}.ts", 75, encoder=encoder)
        moved = folder / f"moved-{number}.ts"
        run_ffmpeg("-copyts", "-i", part, "-c", "copy", "-output_ts_offset", float(start), "-muxdelay", 0, moved)
        content += moved.read_bytes()
        start += 3
    joined = folder / "joined.ts"
    joined.write_bytes(content)
    return joined


def _by_full_decode(media: MediaInfo) -> dict[int, bytes]:
    (whole,) = spans(packets_of(media), find_seeking(media).starts[:1])
    with VideoReader(media) as reader:
        return {frame.pts or 0: frame_digest(frame) for frame in reader.frames(whole)}


@pytest.mark.parametrize(
    "encoders",
    [(_CLOSED, _OPEN), (_CLOSED, _REFRESH, _REFRESH), (_OPEN, _REFRESH, _CLOSED), (_MPEG2_CLOSED, _MPEG2)],
    ids=["open groups", "intra-refresh", "three", "mpeg2"],
)
def test_every_place_gives_the_frames_of_a_full_decode(encoders: Encoders, tmp_path: Path) -> None:
    media = probe(_joined(tmp_path, *encoders))
    assert media.num_frames == 75 * len(encoders)
    expected, seeking = _by_full_decode(media), find_seeking(media)
    found: dict[int, bytes] = {}
    with VideoReader(media, is_primed=seeking.is_primed) as reader:
        for span in reversed(spans(packets_of(media), seeking.starts)):
            found |= {frame.pts or 0: frame_digest(frame) for frame in reader.frames(span)}
        assert reader.num_failed_seeks <= 1  # a place between two that were tried
    assert found == expected
    assert len(seeking.starts) >= 2
