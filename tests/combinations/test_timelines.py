"""Every timeline format with every odd source: written and found right by the check, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import PluginSources
from autohighlight.errors import FormatError, InputError
from autohighlight.pipeline import build, no_progress, probe
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, MediaInfo, Selection
from tests.factories import make_scores
from tests.media.made_files import ALTERED, KINDS, make_kind
from tests.media.shared_files import ODD, open_shared
from tests.media_factory import X264, Sound, make_video, run_ffmpeg, tone

FORMATS = {name: form for name, form in load_plugins(PluginSources.none()).exporters.items() if not form.renders}

_SCORES = make_scores([0.5])


def _with_cover(path: Path) -> Path:
    film = make_video(path.with_name("film.mp4"), 60, sound=tone(2.4))
    cover = make_video(path.with_name("cover.png"), 1, size=(64, 64), encoder=(), pixel_format="rgb24")
    run_ffmpeg("-i", film, "-i", cover, "-map", 0, "-map", 1, "-c", "copy", "-disposition:v:1", "attached_pic", path)
    return path


def _with_late_sound(path: Path) -> Path:
    return make_video(path, 60, sound=Sound(tone(1.4).samples, start=0.7))


_MXF = ("-c:v", "mpeg2video", "-q:v", 9)

MADE: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "cover picture": ("mp4", _with_cover),
    "late sound": ("mkv", _with_late_sound),
    "sound that ends early": ("mp4", lambda path: make_video(path, 60, sound=tone(0.8))),
    "sound of 44.1 kHz": ("mov", lambda path: make_video(path, 60, sound=tone(2.4, sample_rate=44_100))),
    "pixels that are wide": ("mp4", lambda path: make_video(path, 60, options=("-vf", "setsar=64/45"))),
    "timecode": ("mov", lambda path: make_video(path, 60, "30000/1001", options=("-timecode", "00:59:59;20"))),
    "timecode of MXF": (
        "mxf",
        lambda path: make_video(path, 60, size=(720, 576), encoder=_MXF, options=("-timecode", "10:00:00:00")),
    ),
    "23.98": ("mkv", lambda path: make_video(path, 60, "24000/1001", encoder=X264)),
    "12.5 frames/s": ("mp4", lambda path: make_video(path, 60, "25/2")),
    "1 frame/s": ("mp4", lambda path: make_video(path, 60, 1)),
    "240 frames/s": ("mp4", lambda path: make_video(path, 60, 240)),
    "one frame": ("mp4", lambda path: make_video(path, 1)),
}


def source(name: str, folder: Path) -> Path:
    """Makes or finds the source of that name."""
    if name in KINDS:
        return make_kind(name, folder)
    if name in ALTERED:
        return ALTERED[name](folder)
    if name in MADE:
        suffix, make = MADE[name]
        return make(folder / f"made.{suffix}")
    return open_shared(name, folder)


SOURCES = (*MADE, *KINDS, *ALTERED, *(f"odd/{name}" for name in ODD))

MAY_REFUSE = frozenset({"edl", "fcp7xml", "aaf"})
"""Formats that cannot express every frame rate."""

NOT_VIDEOS = frozenset({"odd/no_video_stream.mp4", "odd/not a video [text].mp4"})


def selection(media: MediaInfo) -> Selection:
    """A highlight from the very first frame, one in the middle, and one up to the very end; fewer of a short video."""
    last = media.grid_length
    cuts = [(0, 2), (last // 2 - 1, last // 2 + 3), (last - 2, last)] if last > 12 else [(0, last)]
    spans = [TimeRange(media.grid.time(first), media.grid.time(end)) for first, end in cuts]
    return Selection(media, tuple(Highlight(span, 0.5, "why & <how>") for span in spans), _SCORES)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SOURCES if name not in NOT_VIDEOS])
def test_every_format_is_right_or_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    chosen = selection(probe(source(name, tmp_path / "source")))
    found: dict[str, object] = {}
    for handles in (None, Length.parse("3f")):
        timeline = build(chosen, handles=handles)
        options = Options.of(overwrite=True, markers=handles is not None).export
        for form, exporter in FORMATS.items():
            path = tmp_path / f"{form}{exporter.suffixes[0]}"
            try:
                written = exporter.write(timeline, path, options, no_progress)
            except FormatError as error:
                if form not in MAY_REFUSE:
                    found[form] = error.problem
                continue
            assert exporter.verify is not None
            errors = [error for file in written for error in exporter.verify(file, timeline).errors]
            if errors:
                found[form] = errors
    assert found == {}


@pytest.mark.parametrize("name", [name for name in SOURCES if name in NOT_VIDEOS])
def test_what_is_no_video_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        probe(source(name, tmp_path))
