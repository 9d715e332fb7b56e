"""A reel of files that have nothing in common: picture, colours, sound and their being together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.config import ExportOptions
from autohighlight.export.reel import write_reel
from autohighlight.media.colour import SdrMapper
from autohighlight.media.pictures import PictureMaker
from autohighlight.media.playback import FramePlayer
from autohighlight.media.probe import probe
from autohighlight.media.seeking import find_seeking
from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.model import Timeline
from autohighlight.times import TimeRange
from autohighlight.types import ColourInfo, Highlight, Selection
from tests.factories import make_scores
from tests.media.test_reel_picture import PATCH_SIZE, X265, make_patches, tagged
from tests.media_factory import X264, Decoded, Sound, clicks, decode, make_video, tone

SCORES = make_scores([0.5])


def montage(parts: Sequence[tuple[Path, int, int]], **options: object) -> tuple[Decoded, Timeline, Path]:
    """The reel of the given (source, first frame, end) in the format that most of it has."""
    selections = []
    for path, first, end in parts:
        media = probe(path)
        span = TimeRange(media.grid.time(first), media.grid.time(end))
        selections.append(Selection(media, (Highlight(span, 0.5, ""),), SCORES))
    timeline = build_timeline(*selections, format_of="most")
    output = parts[0][0].with_name("montage.mp4")
    values = {"overwrite": True, "preset": "ultrafast", **options}
    write_reel(timeline, output, ExportOptions(**values), lambda _: None)  # type: ignore[arg-type]
    return decode(output), timeline, output


def flashes(path: Path, rate: str, size: tuple[int, int], sound: Sound | None, period: int) -> Path:
    """A flash of one frame at the 13th frame of every `period`, and the sound given."""

    def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        return np.full(size[::-1], 235 if number % period == 12 else 30, np.uint8)

    return make_video(path, 8 * period, rate, size, picture=picture, sound=sound, encoder=(*X264, "-g", 30))


def clicking(rate: str, period: int, sample_rate: int, num_channels: int, encoder: Sequence[str]) -> Sound:
    exact = Fraction(rate)
    made = clicks(
        float(8 * period / exact),
        float(period / exact),
        sample_rate=sample_rate,
        first=float(12 / exact),
        num_channels=num_channels,
    )
    return Sound(made.samples, sample_rate, encoder=encoder)


def test_three_unlike_sources_stay_in_step(tmp_path: Path) -> None:
    sounds = [
        clicking("25", 25, 44_100, 1, ("-c:a", "aac", "-b:a", "128k")),
        clicking("30000/1001", 30, 48_000, 2, ("-c:a", "pcm_s16le")),
        clicking("60", 60, 22_050, 6, ("-c:a", "flac")),
    ]
    wide = flashes(tmp_path / "wide.mp4", "25", (96, 54), sounds[0], 25)
    tall = flashes(tmp_path / "tall.mov", "30000/1001", (54, 96), sounds[1], 30)
    square = flashes(tmp_path / "square.mkv", "60", (64, 64), sounds[2], 60)
    parts = list[tuple[Path, int, int]]()
    for k in (3, 0, 5, 1, 6):
        parts += [(wide, k * 25 + 5, k * 25 + 24), (tall, k * 30 + 4, k * 30 + 21), (square, k * 60, k * 60 + 40)]
    reel, timeline, output = montage(parts)
    assert (timeline.frame_rate, timeline.size) == (25, (96, 54))
    assert len(reel.lumas) == timeline.num_frames
    assert set(np.diff([float(time) for time in reel.times]).round(6)) == {0.04}
    made = probe(output)
    assert [(track.sample_rate, track.layout) for track in made.audio] == [(48_000, "stereo")]
    with av.open(str(output)) as container:
        lengths = [float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base]
    assert lengths == pytest.approx([float(timeline.duration)] * 2, abs=0.001)
    assert reel.sound is not None
    level, edges = np.abs(reel.sound).max(axis=0), [0, *itertools.accumulate(p.num_frames for p in timeline.parts)]
    middle = [float(luma[24:30, 44:52].mean()) for luma in reel.lumas]
    for part, begin, end in zip(timeline.parts, edges, edges[1:], strict=False):
        # Where a source is of another rate, its flash may be shown up to a frame late, or fall between two.
        rate = part.media.frame_rate
        due = 12 / rate - part.start % (round(rate) / rate)
        heard = level[round(begin * 1920) : round(end * 1920)]
        click = int(np.argmax(heard > 0.15)) / 48_000
        assert heard.max() > 0.15
        assert click == pytest.approx(float(due), abs=0.003)
        shown = [frame - begin for frame in range(begin, end) if middle[frame] > 150]
        if rate == 25:
            assert [frame / 25 for frame in shown] == [float(due)]
        assert all(abs(frame / 25 - due) <= Fraction(1, 25) for frame in shown)


def test_other_shapes_are_fitted_in_with_bars(tmp_path: Path) -> None:
    white = {"picture": lambda _, size: np.full(size[::-1], 235, np.uint8)}
    wide = make_video(tmp_path / "wide.mp4", 50, size=(96, 54), **white)  # type: ignore[arg-type]
    tall = make_video(tmp_path / "tall.mp4", 50, size=(54, 96), **white)  # type: ignore[arg-type]
    reel, _, _ = montage([(wide, 0, 30), (tall, 0, 10)])
    assert reel.lumas[5].min() > 200
    bars, picture = reel.lumas[35][:, :30], reel.lumas[35][:, 35:61]
    assert bars.max() < 30
    assert picture.min() > 200


@pytest.mark.parametrize(("num_channels", "expected"), [(1, 0.5), (2, 0.5)])
def test_a_source_is_as_loud_as_it_is_alone(num_channels: int, expected: float, tmp_path: Path) -> None:
    one = make_video(tmp_path / "one.mp4", 50, sound=tone(2, num_channels=num_channels, level=expected))
    two = make_video(tmp_path / "two.mp4", 50, sound=tone(2, num_channels=3 - num_channels, level=0.1))
    reel, _, _ = montage([(one, 0, 50), (two, 0, 50)])
    assert reel.sound is not None
    levels = np.sqrt(2 * np.square(reel.sound[:, 10_000:80_000]).mean(axis=1))
    assert levels == pytest.approx([expected] * 2, rel=0.03)
    assert np.sqrt(2 * np.square(reel.sound[:, 106_000:180_000]).mean(axis=1)) == pytest.approx([0.1] * 2, rel=0.05)


def test_a_silent_source_is_silent_between_others(tmp_path: Path) -> None:
    loud = make_video(tmp_path / "loud.mp4", 50, sound=tone(2))
    reel, timeline, _ = montage([(loud, 0, 25), (make_video(tmp_path / "silent.mp4", 50), 0, 25), (loud, 25, 50)])
    assert reel.sound is not None
    assert np.abs(reel.sound[:, 50_000:94_000]).max() < 0.01
    assert np.abs(reel.sound[:, 100_000:140_000]).max() > 0.4
    assert timeline.duration == 3


def shown(path: Path, frame: int) -> NDArray[np.int64]:
    """(6, 3): the colours in the middle of the patches of one frame, as a player shows it by its tags."""
    media = probe(path)
    player = FramePlayer(media, find_seeking(media))
    (picture,) = player.play(start=media.grid.time(frame), num_frames=1, rate=media.frame_rate)
    array = PictureMaker(media, media.display_size).picture(picture)
    player.close()
    half = PATCH_SIZE // 2
    return array[half::PATCH_SIZE, half::PATCH_SIZE].reshape(6, 3).astype(int)


def named_colours(folder: Path) -> dict[str, Path]:
    made = {
        "709": ("mp4", X264, "yuv420p", tagged("bt709", "bt709", "bt709")),
        "601": ("mp4", X264, "yuv420p", tagged("smpte170m", "smpte170m", "smpte170m", scaled="bt601")),
        "full": ("mp4", X264, "yuvj420p", tagged("bt709", "bt709", "bt709", "pc")),
        "rgb": ("mov", ("-c:v", "qtrle"), "rgb24", "null"),
        "none": ("mp4", X264, "yuv420p", "scale=out_color_matrix=bt601"),
        "PQ": ("mp4", X265, "yuv420p10le", tagged("bt2020", "smpte2084", "bt2020nc", scaled="bt2020")),
        "HLG": ("mp4", X265, "yuv420p10le", tagged("bt2020", "arib-std-b67", "bt2020nc", scaled="bt2020")),
    }
    return {name: make_patches(folder / f"{name}.{suffix}", *how) for name, (suffix, *how) in made.items()}  # type: ignore[arg-type]


def test_colours_look_as_in_each_source(tmp_path: Path) -> None:
    sources = named_colours(tmp_path)
    _, _, output = montage([(path, 2, 6) for path in sources.values()], crf=4)
    made = probe(output)
    assert (made.colour, made.bit_depth, made.codec) == (ColourInfo("bt709", "bt709", "bt709", "tv"), 8, "h264")
    for number, (name, path) in enumerate(sources.items()):
        assert shown(output, 4 * number + 1) == pytest.approx(shown(path, 3), abs=6), name


def test_hdr_of_one_kind_stays(tmp_path: Path) -> None:
    one, two = named_colours(tmp_path)["HLG"], tmp_path / "two.mp4"
    two.write_bytes(one.read_bytes())
    _, _, output = montage([(one, 2, 6), (two, 2, 6)], crf=4)
    made = probe(output)
    assert (made.colour.dynamic_range, made.bit_depth, made.codec) == ("hlg", 10, "hevc")
    assert shown(output, 6) == pytest.approx(shown(one, 3), abs=6)


def test_hdr_is_not_mapped_where_all_is_hdr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mapped(*_: object) -> None:
        raise AssertionError("mapped")

    source = named_colours(tmp_path)["PQ"]
    monkeypatch.setattr(SdrMapper, "__init__", mapped)
    montage([(source, 2, 6), (source, 7, 9)])


def test_most_seconds_decide_on_the_depth(tmp_path: Path) -> None:
    deep = make_video(tmp_path / "deep.mkv", 40, encoder=("-c:v", "ffv1"), pixel_format="yuv420p10le")
    plain = make_video(tmp_path / "plain.mp4", 40)
    assert probe(montage([(deep, 0, 10), (plain, 0, 20)])[2]).bit_depth == 8
    assert probe(montage([(plain, 0, 10), (deep, 0, 20)])[2]).bit_depth == 10


def test_few_files_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_video(tmp_path / "0.mp4", 30)
    paths = [first, *(tmp_path / f"{n}.mp4" for n in range(1, 9))]
    for path in paths[1:]:
        path.write_bytes(first.read_bytes())
    opened, most = set[int](), 0
    begin, end = FramePlayer.__init__, FramePlayer.close

    def counted(player: FramePlayer, *arguments: object) -> None:
        nonlocal most
        begin(player, *arguments)  # type: ignore[arg-type]
        opened.add(id(player))
        most = max(most, len(opened))

    def closed(player: FramePlayer) -> None:
        opened.discard(id(player))
        end(player)

    monkeypatch.setattr(FramePlayer, "__init__", counted)
    monkeypatch.setattr(FramePlayer, "close", closed)
    reel, _, _ = montage([(path, n, n + 12) for n, path in enumerate([*paths, *paths])], transition="crossfade")
    assert most <= 5
    assert not opened
    for part in range(18):  # of each part the frame in its middle, which no crossfade reaches
        assert reel.numbers[part * 6 + 6] == part + 6
