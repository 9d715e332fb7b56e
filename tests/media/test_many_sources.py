"""However many files there are, only a few are open at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autohighlight.config import ExportOptions
from autohighlight.export.animation import write_animations
from autohighlight.export.reel import write_reel
from autohighlight.media import players
from autohighlight.media.playback import FramePlayer
from autohighlight.media.players import FramePlayers
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.types import Progress
from tests.media_factory import decode, make_video
from tests.whole_runs import files_in

NUM_SOURCES = 12


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    for number in range(NUM_SOURCES):
        make_video(folder / f"{number:02}.mp4", 20, 25, (64, 48))
    return folder


def timeline_of(folder: Path) -> Timeline:
    """A part of each file, and one more of the first."""
    sources = [Source(probe(path), id=f"source-{n}") for n, path in enumerate(sorted(folder.iterdir()), start=1)]
    parts = tuple(Part(source, 4, 10, 0.5, "") for source in (*sources, sources[0]))
    return Timeline("many", sources[0].rate, (64, 48), parts)


class Watched:
    """Notes the most files of a folder, and the most threads, that were open at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.num_files = self.num_threads = 0

    def __call__(self, _progress: Progress) -> None:
        names = []
        for descriptor in Path("/proc/self/fd").iterdir():
            try:
                names.append(descriptor.readlink())
            except FileNotFoundError:  # that of the listing itself
                continue
        self.num_files = max(self.num_files, sum(name.parent == self._folder for name in names))
        self.num_threads = max(self.num_threads, len(list(Path("/proc/self/task").iterdir())))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists open files there")
@pytest.mark.parametrize("form", ["gif", "reel", "reel with crossfades"])
def test_only_a_few_are_open_at_a_time(form: str, footage: Path, tmp_path: Path) -> None:
    watched = Watched(footage)
    watched(Progress("before", 0, None))
    assert watched.num_files == 0
    num_threads_before = watched.num_threads
    timeline = timeline_of(footage)
    if form == "gif":
        made = write_animations(timeline, tmp_path / "made.gif", "gif", ExportOptions(), watched)
        assert len(made) == NUM_SOURCES + 1
    else:
        transition = "crossfade" if "crossfades" in form else "cut"
        write_reel(timeline, tmp_path / "reel.mp4", ExportOptions(transition=transition, preset="ultrafast"), watched)
        assert len(decode(tmp_path / "reel.mp4").lumas) == 130 - (12 * 5 if transition == "crossfade" else 0)
    assert 1 <= watched.num_files <= players._MOST_OPEN
    most_threads = players._MOST_OPEN * (1 + (os.cpu_count() or 1)) + 4
    assert watched.num_threads - num_threads_before <= most_threads
    watched.num_files = 0
    watched(Progress("after", 0, None))
    assert watched.num_files == 0


def test_what_was_lost_in_files_that_are_closed_counts(footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FramePlayer, "num_lost", property(lambda _player: 1))
    medias = [probe(path) for path in sorted(footage.iterdir())]
    with FramePlayers() as pool:
        first = pool.of(medias[0])
        assert pool.of(medias[0]) is first
        assert pool.of(medias[0], 1) is not first
        for media in medias[1:]:
            pool.of(media)
        assert pool.of(medias[0]) is not first  # it was closed meanwhile
        assert pool.num_lost == NUM_SOURCES + 2
    assert pool.num_lost == NUM_SOURCES + 2


def test_a_gif_never_replaces_any_of_its_sources(footage: Path, tmp_path: Path) -> None:
    from autohighlight.errors import OutputError

    timeline = timeline_of(footage)
    (tmp_path / "made-1.gif").symlink_to(footage / "05.mp4")
    before = (footage / "05.mp4").read_bytes()
    with pytest.raises(OutputError, match=r"made-1\.gif: is the video itself"):
        write_animations(timeline, tmp_path / "made.gif", "gif", ExportOptions(overwrite=True), lambda _: None)
    assert (footage / "05.mp4").read_bytes() == before
    assert files_in(tmp_path) == {"made-1.gif"}
