"""What a file says beside its pictures and sound: kept in the reel, or said to be left behind."""

from __future__ import annotations

import logging
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autohighlight.media.probe import probe
from autohighlight.types import HdrMetadata
from tests.media.reels import make_reel
from tests.media_factory import X264, make_video, run_ffmpeg

_SHOT = datetime(2024, 5, 1, 8, 30, tzinfo=UTC)
_DISPLAY = (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450, 10_000_000, 50)
_HDR_FILTER = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"


def hdr10(path: Path, parameters: str) -> Path:
    source = ("-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25", "-t", 2, "-vf", _HDR_FILTER)
    run_ffmpeg(
        *source, "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", f"log-level=error:{parameters}", path
    )
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400",
            HdrMetadata(_DISPLAY, (1000, 400)),
        ),
        ("max-cll=800,200", HdrMetadata(None, (800, 200))),
        ("hdr10-opt=0", None),
    ],
)
def test_light_levels_of_hdr10_are_kept(
    suffix: str, parameters: str, expected: HdrMetadata | None, tmp_path: Path
) -> None:
    source = hdr10(tmp_path / f"made.{suffix}", parameters)
    assert probe(source).hdr == expected
    _, _, reel = make_reel(source, [(5, 10), (30, 10)])
    assert probe(reel).colour.dynamic_range == "pq"
    assert probe(reel).hdr == expected


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_the_time_of_recording_is_kept(suffix: str, tmp_path: Path) -> None:
    options = ("-metadata", f"creation_time={_SHOT.isoformat()}")
    source = make_video(tmp_path / f"made.{suffix}", 20, options=options)
    assert probe(source).creation_time == _SHOT
    _, _, reel = make_reel(source, [(5, 10)])
    assert probe(reel).creation_time == _SHOT


@pytest.mark.parametrize("words", ["1904-01-01T00:00:00Z", "yesterday"])
def test_a_clock_that_was_never_set_counts_for_nothing(words: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mkv", 20, options=("-metadata", f"creation_time={words}"))
    assert probe(source).creation_time is None


def test_chapters_and_subtitles_that_a_reel_cannot_keep_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    video = make_video(tmp_path / "plain.mkv", 50)
    (tmp_path / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nwords\n", "utf-8")
    chapters = "".join(f"[CHAPTER]\nTIMEBASE=1/1\nSTART={start}\nEND={start + 1}\n" for start in (0, 1))
    (tmp_path / "chapters.txt").write_text(f";FFMETADATA1\n{chapters}", "utf-8")
    inputs = ("-i", video, "-i", tmp_path / "words.srt", "-i", tmp_path / "chapters.txt")
    run_ffmpeg(*inputs, "-map", 0, "-map", 1, "-map_chapters", 2, "-c", "copy", tmp_path / "made.mkv")
    with caplog.at_level(logging.WARNING):
        make_reel(tmp_path / "made.mkv", [(5, 10)])
    assert caplog.messages == ["made.mkv: the reel does not keep its 2 chapters and 1 subtitle track"]


def with_spherical_tag(path: Path, kind: bytes) -> Path:
    """Adds Google's box ``sv3d`` to the video of an MP4 file whose index is at the end (Spherical Video V2 RFC)."""
    data = bytearray(path.read_bytes())
    header = box(b"svhd", bytes(4) + b"made\0")
    sphere = box(b"proj", box(b"prhd", bytes(16)) + box(kind, bytes(20 if kind == b"equi" else 12)))
    added = box(b"sv3d", header + sphere)
    place = 0
    for parent in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        place = data.index(parent, place) - 4
        (size,) = struct.unpack_from(">I", data, place)
        struct.pack_into(">I", data, place, size + len(added))
        end, place = place + size, place + 8
    data[end:end] = added
    path.write_bytes(data)
    return path


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


@pytest.mark.parametrize(("kind", "projection"), [(b"equi", "equirectangular"), (b"cbmp", "cubemap")])
def test_a_360_video_is_said_to_lose_its_tag(
    kind: bytes, projection: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = with_spherical_tag(make_video(tmp_path / "made.mp4", 20, encoder=X264), kind)
    assert probe(source).projection == projection
    with caplog.at_level(logging.WARNING):
        make_reel(source, [(5, 10)])
    assert "360° video" in caplog.text


def test_nothing_is_said_of_a_usual_video(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        make_reel(make_video(tmp_path / "made.mp4", 20), [(5, 10)])
    assert caplog.messages == []
