"""Everything else that the example gives keeps to the contract of its kind, and works together on a video."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autohighlight import FeatureTrack, Options, pipeline
from autohighlight.config import SampleOptions
from autohighlight.errors import OptionError
from autohighlight.plugins import ClipSampler, Exporter, Scorer, SelectionPolicy
from autohighlight.testing import ClipSamplerContract, ExporterContract, ScorerContract, SelectionPolicyContract
from autohighlight.testing.examples import example_features, write_example_video
from autohighlight.testing.registered import registered, run_command
from autohighlight.times import Length
from autohighlight_example import colourful, colours, keyframes, peaks, shotlist, starred

ALL = (colours, colourful, keyframes, peaks, shotlist, starred)


class TestColourful(ScorerContract):
    def factory(self) -> Scorer:
        return colourful.score

    @pytest.fixture
    def features(self) -> FeatureTrack:
        example = example_features()
        embeddings = np.random.default_rng(0).random((len(example), 288)).astype(np.float32)
        return dataclasses.replace(example, embeddings=embeddings, backbone="colours")


class TestKeyframes(ClipSamplerContract):
    def factory(self) -> ClipSampler:
        return keyframes.sample


class TestPeaks(SelectionPolicyContract):
    def factory(self) -> SelectionPolicy:
        return peaks.select


class TestShotlist(ExporterContract):
    def factory(self) -> Exporter:
        return registered(shotlist).exporters["shotlist"]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_example_video(tmp_path_factory.mktemp("source") / "video.mp4")


def test_other_features_are_refused(video: Path) -> None:
    with pytest.raises(OptionError, match="give --backbone colours with it"):
        colourful.score(example_features(), Options().score)


def test_clips_begin_at_key_frames(video: Path) -> None:
    media = pipeline.probe(video)
    clips = keyframes.sample(media, SampleOptions(clip_length=Length.parse("1s")))
    assert {clip.time_range.start for clip in clips[1:]} <= set(keyframes.key_times(media))


def test_the_best_highlight_is_starred_and_nothing_else_changes(video: Path) -> None:
    names = {"backbone": "colours", "scorer": "colourful", "policy": "peaks", "clip_sampler": "keyframes"}
    options = Options.of(**names, clip_length="1s", min_length="0.5s", duration="50%", device="cpu")
    plugins = registered(*ALL)
    analysis = pipeline.analyse(video, options, plugins=plugins)
    selection = pipeline.select(analysis, options, plugins=plugins)
    timeline, plain = (pipeline.build(selection, plugins=given) for given in (plugins, registered()))
    stars = [part.score for part in timeline.parts if part.markers[0].name.startswith("★ ")]
    assert stars == [max(part.score for part in timeline.parts)]
    unmarked = [tuple(dataclasses.replace(part, markers=()) for part in one.parts) for one in (timeline, plain)]
    assert unmarked[0] == unmarked[1]


def test_everything_is_there_by_name(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "list.md"
    names = ["--backbone", "colours", "--scorer", "colourful", "--policy", "peaks", "--clip-sampler", "keyframes"]
    words = [
        "export",
        str(video),
        "--to",
        "shotlist",
        "-o",
        str(output),
        *names,
        "--device",
        "cpu",
        "--duration",
        "50%",
    ]
    assert run_command(words, *ALL) == 0
    first, _, *lines = output.read_text("utf-8").splitlines()
    assert first == "# video"
    assert lines[0].startswith("1. 00:00:0")
    assert "of video.mp4: number" in lines[0]
    capsys.readouterr()
    assert run_command(["keyframes", str(video)], *ALL) == 0
    assert capsys.readouterr().out.splitlines()[0] == "0.000"


def test_being_registered_costs_nothing() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from autohighlight_example import colourful, colours, keyframes, peaks, shotlist, starred\n"
        "from autohighlight import default_plugins\n"
        "from autohighlight.discovery import PluginSources, find_plugins\n"
        "plugins = [default_plugins, colours, colourful, keyframes, peaks, shotlist, starred]\n"
        "assert not find_plugins(PluginSources.none(), plugins).errors\n"
        "print([name for name in ('torch', 'av', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
