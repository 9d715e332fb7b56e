"""A video that vanishes, grows, is cut short or replaced while it is read is noticed: never a wrong result."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.files import Snapshot
from autohighlight.media.decode import VideoReader
from autohighlight.media.seeking import find_seeking
from tests.media_factory import coded_picture, make_video, run_ffmpeg, tone
from tests.whole_runs import QUICKLY, Command, files_in

_ENCODER = ("-c:v", "libx264", "-preset", "ultrafast", "-g", 25)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    return make_video(tmp_path / "videos" / "video.mp4", 200, 25, (64, 48), encoder=_ENCODER, sound=tone(8))


def vanish(path: Path) -> None:
    path.unlink()


def become_text(path: Path) -> None:
    path.write_text("a shopping list\n" * 50, "utf-8")


def lose_its_pictures(path: Path) -> None:
    sound = path.with_name("sound.mp4")
    run_ffmpeg("-i", path, "-vn", "-c", "copy", sound)
    sound.replace(path)


def be_replaced(path: Path) -> None:
    """By another film of the same length and form."""
    other = path.with_name("other.mp4")
    make_video(other, 200, 25, (64, 48), encoder=_ENCODER, sound=tone(8), picture=_inverse)
    other.replace(path)


def _inverse(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    return 255 - coded_picture(number, size)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0\0\0\x08free")


def be_cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def be_written_over(path: Path) -> None:
    """In its place, its size being what it was, and its time stamp put back."""
    status = path.stat()
    with path.open("r+b") as file:
        file.write(b"\0" * 64)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


MOMENTS = ["before decoding", "while decoding", "after decoding", "before rendering", "rendering"]
CHANGES = [vanish, become_text, lose_its_pictures, be_replaced, grow, be_cut_short, be_written_over]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "when", ["before decoding", "while decoding", "after decoding", "before rendering", "rendering"]
)
def test_it_is_noticed_and_nothing_is_written(
    change: Callable[[Path], None], when: str, command: Command, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_at(when, lambda: change(video), monkeypatch)
    outcome = command("reel", *QUICKLY, "--preset", "ultrafast", video, "-o", video.parent.parent / "reel.mp4")
    assert outcome.code == 3, (outcome.out, outcome.err)
    problem = "there is no such file" if change is vanish else "has changed while it was being read"
    assert f"error: {video}: {problem}" in outcome.err
    assert files_in(video.parent) <= {"video.mp4"}
    assert files_in(video.parent.parent) == {"videos"}


def change_at(when: str, change: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the change happen once, at a moment of the run."""
    from autohighlight import pipeline
    from autohighlight.export import animation, reel
    from autohighlight.features import extract

    place, name = {
        "before decoding": (pipeline, "extract"),
        "while decoding": (VideoReader, "_feed"),
        "after decoding": (extract, "_assemble"),
        "before rendering": (pipeline, "write_timeline"),
        "before animating": (animation, "write_animations"),
        "rendering": (reel, "encode"),
    }[when]
    whole = getattr(place, name)
    calls = []

    def changed(*arguments: object, **others: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            change()
        return whole(*arguments, **others)

    monkeypatch.setattr(place, name, changed)


@pytest.mark.parametrize("words", [("gif",), ("export", "--to", "edl")])
def test_it_is_noticed_by_other_forms(
    words: tuple[str, ...], command: Command, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = "before animating" if words == ("gif",) else "before rendering"
    change_at(moment, lambda: be_replaced(video), monkeypatch)
    outcome = command(*words, "--scorer", "movement", video, "-o", video.parent.parent / f"x.{words[-1]}")
    assert outcome.code == 3, (outcome.out, outcome.err)
    assert "has changed while it was being read" in outcome.err
    assert files_in(video.parent.parent) == {"videos"}


def test_features_of_a_film_that_changed_are_not_kept(
    command: Command, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        change_at("while decoding", lambda: be_replaced(video), patched)
        assert command("score", video).code == 3
    cache = Path(os.environ["AUTOHIGHLIGHT_CACHE_DIR"]) / "features"
    assert not cache.exists() or files_in(cache) == set()


def test_where_a_film_may_be_entered_is_found_anew_when_it_has_changed(video: Path) -> None:
    from autohighlight.media.probe import probe

    before = probe(video)
    find_seeking(before)
    be_replaced(video)
    after = probe(video)
    assert after != before
    assert find_seeking(after) is not find_seeking(before)


def test_what_is_no_change_of_the_content_is_none(
    command: Command, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename_and_copy_back() -> None:
        content, status = video.read_bytes(), video.stat()
        video.with_name("again.mp4").write_bytes(content)
        video.with_name("again.mp4").replace(video)
        os.utime(video, ns=(status.st_atime_ns, status.st_mtime_ns))
        video.chmod(0o600)

    before = Snapshot.of(video)
    change_at("before rendering", rename_and_copy_back, monkeypatch)
    assert command("reel", *QUICKLY, video).code == 0
    assert Snapshot.of(video).state != before.state
    assert before.still_holds(video)
