from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from autohighlight.timecode import Timecode
from autohighlight.timeline.model import AudioLayout, Marker, Part, Source, Timeline
from autohighlight.types import AudioStream, MediaInfo
from tests.factories import make_audio, make_media

MONO = {"layout": "mono", "num_channels": 1}
SURROUND = {"layout": "5.1", "num_channels": 6}


def timeline_of(*medias: MediaInfo) -> Timeline:
    sources = [Source(media, f"source-{number}") for number, media in enumerate(medias)]
    return Timeline("x", Fraction(25), (2, 2), tuple(Part(source, 0, 5, 0.5, "") for source in sources))


def test_a_part_holds_a_frame_of_its_highlight() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        Part(Source(make_media()), 0, 0, 0.5, "")
    with pytest.raises(ValueError, match="at least one frame"):
        Part(Source(make_media()), 0, 5, 0.5, "", head_handle=3, tail_handle=2)
    with pytest.raises(ValueError, match="from 0 on"):
        Part(Source(make_media()), -1, 5, 0.5, "")


@pytest.mark.parametrize(("first", "length"), [(-1, 2), (0, 0), (4, 2)])
def test_a_marker_lies_on_its_part(first: int, length: int) -> None:
    with pytest.raises(ValueError, match="a marker lies on its part"):
        Part(Source(make_media()), 0, 5, 0.5, "", markers=(Marker("", "", first, length),))


def test_a_timeline_has_parts_and_sources_that_can_be_told_apart() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        Timeline("x", Fraction(25), (2, 2), ())
    parts = tuple(Part(Source(make_media(path=name)), 0, 5, 0.5, "") for name in ("a.mp4", "b.mp4"))
    with pytest.raises(ValueError, match="share an id"):
        Timeline("x", Fraction(25), (2, 2), parts)
    with pytest.raises(ValueError, match="no drop-frame"):
        Timeline("x", Fraction(25), (2, 2), parts[:1], is_drop_frame=True)


def test_the_grid_begins_at_0() -> None:
    assert timeline_of(make_media(start=7)).grid.time(5) == Fraction(1, 5)
    assert timeline_of(make_media(start=7)).parts[0].start == 7


def test_a_source_without_timecode_begins_at_zero() -> None:
    assert str(Source(make_media()).start_timecode) == "00:00:00:00"
    label = Timecode.parse("10:00:00;02", Fraction(30))
    assert Source(make_media(60, 30, start_timecode=label)).start_timecode == label


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("a b&c's 100%#1.mp4", "a%20b%26c%27s%20100%25%231.mp4"),
        ("zażółć 映画.mov", "za%C5%BC%C3%B3%C5%82%C4%87%20%E6%98%A0%E7%94%BB.mov"),
        ("x?y;z.mp4", "x%3Fy%3Bz.mp4"),
    ],
)
def test_urls_are_percent_encoded(name: str, encoded: str, tmp_path: Path) -> None:
    source = Source(make_media(path=tmp_path / name))
    assert source.url == f"file://{tmp_path}/{encoded}"
    assert source.name == name


def test_a_path_is_absolute_and_holds_no_way_up(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "deep")
    assert Source(make_media(path=tmp_path / "link" / "x.mp4")).path == tmp_path / "link" / "x.mp4"
    assert Source(make_media(path=tmp_path / "link" / ".." / "x.mp4")).path == tmp_path / "real" / "x.mp4"
    assert Source(make_media(path="x.mp4")).path == Path.cwd() / "x.mp4"


def test_channels_are_counted_through_all_tracks() -> None:
    media = make_media(audio=[make_audio(1, **MONO), make_audio(3), make_audio(4, **MONO)])
    assert [(c.stream.index, c.channel, c.number) for c in Source(media).channels] == [
        (1, 0, 1), (3, 0, 2), (3, 1, 3), (4, 0, 4)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([[]], AudioLayout(48000, 0, "stereo")),
        ([[make_audio(**MONO)]], AudioLayout(48000, 1, "mono")),
        ([[make_audio()]], AudioLayout(48000, 2, "stereo")),
        ([[make_audio(i, **MONO) for i in range(4)]], AudioLayout(48000, 4, "stereo")),
        ([[make_audio(**SURROUND)]], AudioLayout(48000, 6, "surround")),
        ([[make_audio(sample_rate=44100)]], AudioLayout(44100, 2, "stereo")),
        ([[make_audio(sample_rate=44100, **MONO)], [], [make_audio()]], AudioLayout(48000, 2, "stereo")),
    ],
)
def test_the_sequence_has_the_sound_that_its_sources_need(
    tracks: list[Sequence[AudioStream]], expected: AudioLayout
) -> None:
    medias = [make_media(audio=audio, path=f"{number}.mp4") for number, audio in enumerate(tracks)]
    assert timeline_of(*medias).audio == expected


def test_a_variable_rate_is_said_with_file_and_rates() -> None:
    phone = make_media("60.01", 30, path="phone\n1.mp4", is_variable_rate=True, num_frames=1799)
    odd = make_media(60, "29.5", path="odd.avi")
    assert timeline_of(phone, make_media(), odd).warnings == (
        r"phone\n1.mp4: its frame rate varies (29.978 frames/s on average); it is laid out at 30 frames/s",
        "odd.avi: its frame rate, 29.5 frames/s, is none that editors know",
    )


@pytest.mark.parametrize(
    ("media", "sequence", "expected"),
    [
        ({}, (25, (1280, 720)), "top"),
        ({"width": 960, "sample_aspect_ratio": Fraction(4, 3)}, (25, (1280, 720)), "top"),
        ({}, (50, (1280, 720)), "progressive"),
        ({}, (25, (1920, 1080)), "progressive"),
        ({"rotation": 90}, (25, (720, 1280)), "progressive"),
        ({"width": 720, "height": 480, "sample_aspect_ratio": Fraction(8, 9)}, (25, (720, 540)), "progressive"),
    ],
)
def test_a_sequence_has_fields_where_it_has_the_lines_of_its_first_source(
    media: dict[str, Any], sequence: tuple[int, tuple[int, int]], expected: str
) -> None:
    source = Source(make_media(field_order="top", **media))
    rate, size = sequence
    assert Timeline("x", Fraction(rate), size, (Part(source, 0, 5, 0.5, ""),)).field_order == expected


def test_the_sources_of_many_parts_are_found_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    media = make_media()
    sources = [Source(replace(media, path=Path(f"{number}.mp4")), id=f"source-{number}") for number in range(300)]
    again = [replace(source) for source in reversed(sources)]  # equal, and not the same
    parts = tuple(Part(source, 0, 1, 0.5, "") for source in (*sources, *again))
    compared = 0
    equals = Source.__eq__

    def counted(one: Source, other: object) -> bool:
        nonlocal compared
        compared += 1
        return equals(one, other)

    monkeypatch.setattr(Source, "__eq__", counted)
    timeline = Timeline("many", Fraction(25), (64, 48), parts)
    compared = 0
    assert [source.id for source in timeline.sources] == [source.id for source in sources]
    assert compared <= len(parts) * 2
