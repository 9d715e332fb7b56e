"""A rerun with --overwrite keeps the earlier result until the new one is whole: killed, failing, or out of space."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autohighlight import files
from autohighlight.media import encode
from tests.media_factory import make_video, tone
from tests.whole_runs import QUICKLY, Command, files_in

EARLIER = b"an earlier result"


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video, and features to train on."""
    folder = tmp_path_factory.mktemp("footage")
    make_video(folder / "video.mp4", 100, 25, (64, 48), sound=tone(4))
    (folder / "features").mkdir()
    for number in range(4):
        rows = np.random.default_rng(number).random((20, 512)).astype(np.float32)
        np.save(folder / "features" / f"{number}.npy", rows)
    return folder


COMMANDS: dict[str, tuple[str, ...]] = {
    "reel.mp4": ("reel", *QUICKLY, "video.mp4"),
    "reel.mkv": ("reel", *QUICKLY, "--transition", "crossfade", "video.mp4"),
    "x.gif": ("gif", "--scorer", "movement", "--count", "1", "video.mp4"),
    "x.webp": ("webp", "--scorer", "movement", "--count", "1", "video.mp4"),
    "cut.fcpxml": ("export", "--scorer", "movement", "video.mp4"),
    "cut.aaf": ("export", "--scorer", "movement", "video.mp4"),
    "scores.csv": ("score", "--scorer", "movement", "video.mp4"),
    "scores.png": ("score", "--scorer", "movement", "video.mp4"),
    "new.safetensors": ("train", "features", "--epochs", "1", "--features-of", "small"),
}
ENCODED = ("reel.mp4", "reel.mkv", "x.gif", "x.webp")


def words_of(name: str, footage: Path, output: Path) -> list[str]:
    """The command line that makes a result, from inputs by their whole paths."""
    named = (str(footage / word) if (footage / word).exists() else word for word in COMMANDS[name])
    return [*named, "-o", str(output), "--overwrite"]


@pytest.fixture
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An earlier result, at the place that the test's ``name`` says."""
    path = tmp_path / "out" / request.getfixturevalue("name")
    path.parent.mkdir()
    path.write_bytes(EARLIER)
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_in_the_end_it_is_replaced(name: str, output: Path, footage: Path, command: Command) -> None:
    outcome = command(*words_of(name, footage, output))
    assert outcome.code == 0, outcome.err
    assert output.read_bytes() != EARLIER
    assert files_in(output.parent) == {name}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_the_last_moment_leaves_the_earlier_one(
    number: int, name: str, output: Path, footage: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(files, "wait_for_disk", failing)
    outcome = (
        command(*words_of(name, footage, output), "--no-cache")
        if name != "new.safetensors"
        else command(*words_of(name, footage, output))
    )
    assert outcome.code == 3, outcome.err
    assert output.read_bytes() == EARLIER
    assert files_in(output.parent) == {name}


@pytest.mark.parametrize("name", ENCODED)
@pytest.mark.parametrize("script", ["exit 1", "head -c 1000 >/dev/null; exit 1", "cat >/dev/null; exit 1"])
def test_an_encoder_that_fails_leaves_the_earlier_one(
    script: str, name: str, output: Path, footage: Path, command: Command, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from dataclasses import replace

    from autohighlight.media import animate
    from autohighlight.media.ffmpeg import find_ffmpeg

    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    broken = replace(find_ffmpeg(), path=str(program))
    for room in (encode, animate):
        monkeypatch.setattr(room, "find_ffmpeg", lambda _chosen: broken)
    outcome = command(*words_of(name, footage, output))
    assert outcome.code == 3, outcome.err
    assert output.read_bytes() == EARLIER
    assert files_in(output.parent) == {name}


_PROGRAM = """
import os, signal, sys
from autohighlight import default_plugins
from tests.batches import InlineExecutor
from tests.whole_runs import SmallBackbone
def killed(function):
    def call(*arguments, **others):
        if {after}: function(*arguments, **others)
        os.kill(os.getpid(), signal.SIGKILL)
    return call
{patches}
default_plugins._efficientnet_lite0 = lambda _options: SmallBackbone()
default_plugins._local = lambda options: InlineExecutor(1)
from autohighlight.__main__ import main
sys.exit(main())
"""
MOMENTS = {
    "when it begins to write": ("files", "hidden_folder"),
    "when it is whole": ("files", "wait_for_disk"),
    "while it is encoded": ("media.encode", "_feed"),
}
"""Where a run is killed: before the function, and after it where there is something to do before."""


def run_killed(moment: str, words: list[str], folder: Path) -> int:
    """Runs a command line that is killed, by SIGKILL, at a moment; gives its exit code."""
    room, function = MOMENTS[moment]
    patch = f"import autohighlight.{room} as room; room.{function} = killed(room.{function})"
    program = _PROGRAM.format(patches=patch, after=function != "hidden_folder")
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "AUTOHIGHLIGHT_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=False, env=environment)
    return done.returncode


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        *(("when it begins to write", name) for name in ("reel.mp4", "cut.fcpxml", "new.safetensors")),
        *(("when it is whole", name) for name in COMMANDS),
        *(("while it is encoded", name) for name in ENCODED),
    ],
)
def test_a_run_that_is_killed_leaves_the_earlier_one(moment: str, name: str, output: Path, footage: Path) -> None:
    code = run_killed(moment, words_of(name, footage, output), output.parent.parent)
    assert code == -signal.SIGKILL
    assert output.read_bytes() == EARLIER
    assert {each for each in files_in(output.parent) if not each.startswith(".")} == {name}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_batch_that_is_killed_leaves_the_earlier_films(moment: str, footage: Path, tmp_path: Path) -> None:
    videos, results = tmp_path / "videos", tmp_path / "results"
    videos.mkdir()
    (videos / "a.mp4").write_bytes((footage / "video.mp4").read_bytes())
    words = ["batch", str(videos), "-o", str(results), *QUICKLY, "--jobs", "1", "--overwrite", "--reel", "--gif"]
    words += ["--combined", str(results / "best.mp4")]
    program = _PROGRAM.format(patches="", after=False)
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    first = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=False, env=environment)
    assert first.returncode == 0, first.stderr.decode()
    before = {path: path.read_bytes() for path in results.glob("*.*") if path.suffix in {".mp4", ".gif"}}
    assert len(before) >= 3
    assert run_killed(moment, [*words, "--duration", "1s", "--min-length", "1s"], tmp_path) == -signal.SIGKILL
    assert {path: path.read_bytes() for path in before} == before
