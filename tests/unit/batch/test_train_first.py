from __future__ import annotations

import math
from pathlib import Path

import pytest

from autohighlight.batch.train_first import train_on_folder
from autohighlight.config import Options
from autohighlight.errors import InputError, OptionError
from autohighlight.footage import fit as fitting
from autohighlight.media import decode
from autohighlight.pipeline import analyse
from autohighlight.selector.checkpoint import load_selector
from autohighlight.training.recipes import FOOTAGE
from autohighlight.types import Progress
from tests.media_factory import make_video
from tests.whole_runs import files_in, use_small_backbone

RECIPE = FOOTAGE.replace(d=8, steps=4)
OPTIONS = Options.of(device="cpu")


@pytest.fixture(autouse=True)
def _small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_backbone(monkeypatch)


@pytest.fixture
def videos(tmp_path: Path) -> list[Path]:
    return [make_video(tmp_path / f"{n}.mp4", 150 + 50 * n, size=(64, 48)) for n in range(3)]


class _Killed(BaseException):
    """Ends a training at once, as Ctrl-C does."""


def train(videos: list[Path], folder: Path, options: Options = OPTIONS, kill_at: float = math.inf) -> Path:
    def told(progress: Progress) -> None:
        if progress.stage == "train" and progress.done >= kill_at:
            raise _Killed

    folder.mkdir(exist_ok=True)
    return train_on_folder(videos, folder, options, recipe=RECIPE, progress=told)


def test_the_same_videos_give_the_same_bytes(videos: list[Path], tmp_path: Path) -> None:
    one, two = train(videos, tmp_path / "one"), train(videos, tmp_path / "two")
    assert one.name == two.name
    assert one.name.startswith("selector-")
    assert one.suffix == ".safetensors"
    assert one.read_bytes() == two.read_bytes()
    assert files_in(one.parent) == {one.name}
    _, info = load_selector(one)
    assert (info.num_videos, info.recipe["recipe"], info.recipe["speed"]) == (3, "footage", "balanced")
    assert analyse(videos[0], OPTIONS.replace(selector=one)).scores.scorer == "contrastive"


def test_other_videos_or_options_have_a_file_of_their_own(videos: list[Path], tmp_path: Path) -> None:
    names = {train(videos, tmp_path).name, train(videos[:2], tmp_path).name}
    names.add(train(videos, tmp_path, OPTIONS.replace(clip_length="1s")).name)
    assert len(names) == 3
    assert names <= files_in(tmp_path)


def test_what_is_there_is_not_done_again(videos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = train(videos, tmp_path)
    before = made.stat()

    def decoded(*_: object, **__: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(decode.VideoReader, "frames", decoded)
    assert train(videos, tmp_path, kill_at=0) == made
    assert made.stat() == before


def test_a_training_that_was_stopped_goes_on_to_the_same_bytes(
    videos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "STATE_SECONDS", 0.0)
    whole = train(videos, tmp_path / "whole")
    with pytest.raises(_Killed):
        train(videos, tmp_path / "halves", kill_at=3)
    assert any(name.endswith(fitting.STATE_SUFFIX) for name in files_in(tmp_path / "halves"))
    halves = train(videos, tmp_path / "halves")
    assert halves.read_bytes() == whole.read_bytes()
    assert files_in(tmp_path / "halves") == {whole.name}


def test_it_takes_two_that_can_be_read(videos: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    left_out: list[InputError] = []
    with pytest.raises(OptionError, match=r"--train-first .* takes two to train, and there is one video"):
        train_on_folder([videos[0], broken], tmp_path, OPTIONS, recipe=RECIPE, on_left_out=left_out.append)
    assert [error.path for error in left_out] == [broken]
    with pytest.raises(OptionError, match="takes two"):
        train([videos[0]], tmp_path)
    with pytest.raises(InputError):
        train([broken, broken], tmp_path)
