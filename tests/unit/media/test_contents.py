"""A packet is not always a frame: what is counted and decoded is what a full decode shows."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.media.bits import BitReader
from autohighlight.media.contents import Content, content_reader
from autohighlight.media.decode import VideoReader, packets_of, spans
from autohighlight.media.probe import probe
from autohighlight.media.seeking import find_seeking
from autohighlight.types import MediaInfo
from tests.media.field_coded import make_field_coded
from tests.media_factory import decode, luma_of, make_video, read_number, run_ffmpeg


def read_whole(media: MediaInfo) -> tuple[list[int], list[int], int]:
    """The numbers that the frames of all spans show, their ticks, and how many are said to be lost."""
    seeking = find_seeking(media)
    with VideoReader(media, is_primed=seeking.is_primed) as reader:
        pieces = [reader.frames(span) for span in spans(packets_of(media), seeking.starts)]
        shown = [(read_number(luma_of(frame)), frame.pts or 0) for frame in itertools.chain(*pieces)]
    return [number for number, _ in shown], [tick for _, tick in shown], reader.num_lost


def assert_even(media: MediaInfo, ticks: list[int]) -> None:
    distances = np.diff(ticks) * float(media.time_base * media.frame_rate)
    assert np.abs(distances - 1).max() < 0.1


@pytest.mark.parametrize("is_top_first", [True, False])
@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4", "mpg", "h264"])
def test_two_fields_in_two_packets_are_one_frame(suffix: str, *, is_top_first: bool, tmp_path: Path) -> None:
    media = probe(make_field_coded(tmp_path / f"made.{suffix}", range(30), is_top_first=is_top_first))
    assert (media.frame_rate, media.is_variable_rate, media.num_frames) == (25, False, 30)
    assert media.duration == pytest.approx(30 / 25, abs=0.002)
    assert media.field_order == ("top" if is_top_first else "bottom")
    numbers, ticks, num_lost = read_whole(media)
    assert (numbers, num_lost) == (list(range(30)), 0)
    assert_even(media, ticks)


def two_passes(path: Path, encoder: str) -> Path:
    """A video with frames that are never shown, as FFmpeg's VP8 and VP9 encoders make them in two passes."""
    for number in (1, 2):
        options = ("-auto-alt-ref", 1, "-lag-in-frames", 16, "-b:v", "200k", "-pass", number, "-passlogfile", path.stem)
        source = ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=30:d=4")
        run_ffmpeg(*source, "-c:v", encoder, "-deadline", "good", "-cpu-used", 5, *options, path)
    return path


@pytest.mark.parametrize("suffix", ["webm", "mkv", "ivf", "nut", "avi"])
@pytest.mark.parametrize("encoder", ["libvpx", "libvpx-vp9"])
def test_hidden_frames_are_not_counted(
    encoder: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    media = probe(two_passes(tmp_path / f"made.{suffix}", encoder))
    assert (media.frame_rate, media.is_variable_rate, media.num_frames) == (30, False, 120)
    if encoder == "libvpx":
        assert len(packets_of(media)) > 120  # there are some


def test_a_hidden_frame_of_vp9_in_a_packet_of_its_own_is_known_by_its_header() -> None:
    read = content_reader("vp9", None)
    assert read is not None
    hidden, shown, repeated = (memoryview(bytes([head, 0, 0, 0])) for head in (0b1000_0100, 0b1000_0110, 0b1000_1000))
    assert [read(packet) for packet in (hidden, shown, repeated)] == [Content.NOTHING, Content.FRAME, Content.FRAME]
    table = bytes([0b1100_0001, 2, 2, 0b1100_0001])
    assert read(memoryview(bytes(hidden[:2]) + bytes(shown[:2]) + table)) == Content.FRAME
    assert read(memoryview(bytes(hidden[:2]) * 2 + table)) == Content.NOTHING


@pytest.mark.parametrize("bframes", [1, 2])
@pytest.mark.parametrize("suffix", ["avi", "mkv", "mp4", "ts", "asf", "nut"])
def test_frames_of_xvid_are_shown_in_the_order_of_a_full_decode(suffix: str, bframes: int, tmp_path: Path) -> None:
    encoder = ("-c:v", "libxvid", "-bf", bframes, "-q:v", 4)
    path = make_video(tmp_path / f"made.{suffix}", 40, encoder=encoder)
    expected = decode(path).numbers
    numbers, ticks, num_lost = read_whole(probe(path))
    assert numbers == expected == sorted(expected)
    assert len(numbers) >= 36
    assert num_lost == 0
    assert (np.diff(ticks) > 0).all()


@pytest.mark.parametrize(("suffix", "encoder"), [
    ("asf", ("-c:v", "libx264", "-preset", "veryfast", "-bf", 2)),
    ("wmv", ("-c:v", "mpeg2video", "-bf", 2)),
    ("asf", ("-c:v", "mpeg1video", "-bf", 2)),
    ("mxf", ("-c:v", "libx264", "-preset", "veryfast", "-bf", 2)),
    ("avi", ("-c:v", "mpeg4", "-bf", 2)),
])  # fmt: skip
def test_guessed_times_do_not_change_the_order(suffix: str, encoder: tuple[object, ...], tmp_path: Path) -> None:
    path = make_video(tmp_path / f"made.{suffix}", 40, encoder=encoder, size=(128, 96))
    media = probe(path)
    numbers, ticks, num_lost = read_whole(media)
    assert (numbers, num_lost) == (list(range(40)), 0)
    assert_even(media, ticks)


_LAYER = 0b0_00000001_0_0001_0_00_1_0000000000011001_1 << 5
"""A header of MPEG-4: no version, square pixels, no control parameters, a rectangle, times in 1/25 s."""


def _mpeg4_packet(*pictures: str) -> memoryview:
    kinds = {"P": "01_0_1_00001_1_1", "B": "10_0_1_00001_1_1", "-": "01_0_1_00001_1_0"}
    headers = [int(kinds[name].replace("_", "").ljust(16, "0"), 2).to_bytes(2) for name in pictures]
    return memoryview(b"".join(b"\0\0\1\xb6" + header + b"\x55" for header in headers))


def test_packed_pictures_of_divx_stand_for_a_packet_each() -> None:
    read = content_reader("mpeg4", b"\0\0\1\x20" + _LAYER.to_bytes(5))
    assert read is not None
    packets = [_mpeg4_packet(*names) for names in ("P", "PB", "-", "PB", "-", "P", "-")]
    frame, b_frame, nothing = Content.FRAME, Content.B_FRAME, Content.NOTHING
    assert [read(packet) for packet in packets] == [frame, frame, b_frame, frame, b_frame, frame, nothing]


@given(
    codec=st.sampled_from(["h264", "mpeg4", "vp8", "vp9", "mpeg1video", "mpeg2video"]),
    extradata=st.one_of(st.none(), st.binary(max_size=80), st.binary(max_size=60).map(lambda b: b"\1" + b)),
    packets=st.lists(st.binary(min_size=1, max_size=120), max_size=4),
)
def test_what_cannot_be_read_never_fails(codec: str, extradata: bytes | None, packets: list[bytes]) -> None:
    if (read := content_reader(codec, extradata)) is not None:
        for packet in packets:
            assert read(memoryview(packet)) in Content
            assert read(memoryview(b"\0\0\1\x67" + packet)) in Content


@given(st.integers(0, 5000))
def test_exp_golomb_codes_are_read(value: int) -> None:
    code = f"{value + 1:b}"
    text = "0" * (len(code) - 1) + code + "1"
    bits = BitReader(int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8)))
    assert bits.read_golomb() == value
    assert bits.read(1) == 1
