"""``autohighlight train``: from files to a selector that ``reel`` uses, and what is said on the way."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open

from autohighlight.footage import fit
from autohighlight.selector.checkpoint import load_selector
from autohighlight.training import loop
from tests.cli.conftest import Outcome
from tests.media_factory import make_video
from tests.whole_runs import files_in, use_small_backbone

Command = Callable[..., Outcome]

SMALL = ("--d", 8, "--steps", 4, "--batch-size", 4, "--learning-rate", 1e-3, "--device", "cpu")
"""Options for tests that are not about how well a selector learns."""


def make_rows(seed: int, num_clips: int = 6, d_in: int = 5) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((num_clips, d_in)).astype(np.float32)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """A folder of the features of six videos."""
    folder = tmp_path / "features"
    folder.mkdir()
    for number in range(6):
        np.save(folder / f"v{number}.npy", make_rows(number))
    return folder


@pytest.fixture
def footage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of four short videos."""
    use_small_backbone(monkeypatch)
    folder = tmp_path / "footage"
    folder.mkdir()
    for number in range(4):
        make_video(folder / f"v{number}.mp4", 100 + 50 * number, size=(64, 48))
    return folder


def content_of(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """All that a selector's file holds; the order in it may differ from run to run."""
    with safe_open(path, "np") as file:
        return file.metadata(), {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "my.safetensors"


def test_a_folder_of_videos_becomes_a_selector_that_makes_a_reel(command: Command, footage: Path, output: Path) -> None:
    outcome = command("train", footage, "-o", output, *SMALL)
    assert outcome.code == 0
    assert files_in(output.parent) == {"my.safetensors"}
    assert "4 videos, 14 clips" in outcome.out
    assert "step of small" in outcome.out
    assert f"autohighlight reel VIDEO --selector {output} --backbone small" in outcome.out
    _, info = load_selector(output)
    assert (info.backbone, info.feature_kind) == ("small", "step")
    assert info.recipe["recipe"] == "footage"
    assert info.recipe["clip_length"] == "2s"
    made = command("reel", footage / "v3.mp4", "--selector", output, "--preset", "ultrafast")
    assert made.code == 0
    assert "scored by contrastive on small" in made.out
    assert (footage / "v3.highlights.mp4").is_file()


@pytest.mark.parametrize("kind", ["mean", "step", "mean+step"])
def test_features_of_any_kind(command: Command, footage: Path, output: Path, kind: str) -> None:
    assert command("train", footage, "-o", output, "--recipe", "paper", "--feature-kind", kind, *SMALL).code == 0
    assert load_selector(output)[1].feature_kind == kind
    assert command("score", footage / "v0.mp4", "--selector", output).code == 0


def test_features_of_another_backbone_are_refused_in_use(command: Command, features: Path, output: Path) -> None:
    assert command("train", features, "-o", output, "--features-of", "c3d", *SMALL).code == 0
    video = make_video(features.parent / "video.mp4", 60)
    outcome = command("score", video, "--selector", output, "--backbone", "efficientnet-lite0-random")
    assert outcome.code == 1
    assert "was trained on features of 'c3d', not of 'efficientnet-lite0-random'" in outcome.err


def test_ready_features_take_the_papers_recipe_and_fit_themselves_alone(
    command: Command, features: Path, output: Path
) -> None:
    outcome = command("train", features, "-o", output, "--epochs", 3, "--d", 8, "--json")
    document = json.loads(outcome.out)
    assert (document["recipe"], document["backbone"], document["feature_kind"]) == ("paper", "unknown", "mean")
    assert (document["videos"], document["clips"], document["last"]["step"]) == (6, 36, 3)
    assert document["chance"] == math.log(6)
    assert document["outlook"]["kind"] in ("hardly-trained", "too-easy", "learned")
    assert load_selector(output)[1].recipe["learning_rate"] == 1e-5
    human = command("train", features, "-o", output, "--overwrite", *SMALL)
    assert "load_selector" in human.out
    assert "reel VIDEO" not in human.out


def test_log_and_curve(command: Command, features: Path, output: Path) -> None:
    log, curve = output.with_name("steps.jsonl"), output.with_name("curve.png")
    assert command("train", features, "-o", output, "--log", log, "--curve", curve, *SMALL).code == 0
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    assert [step["step"] for step in steps] == [1, 2, 3, 4]
    assert all(math.isfinite(step["loss"]) and -1 <= step["negative_similarity"] <= 1 for step in steps)
    with Image.open(curve) as image:
        assert image.format == "PNG"
    assert files_in(output.parent) == {"my.safetensors", "steps.jsonl", "curve.png"}


def test_a_log_that_is_somebody_elses_is_kept_though_a_training_goes_on(
    command: Command, features: Path, output: Path
) -> None:
    unfinished = output.with_name(f".{output.name}.{'0' * 12}.training")
    unfinished.touch()
    mine, empty, ours = (output.with_name(name) for name in ("notes.txt", "empty.jsonl", "steps.jsonl"))
    mine.write_text("mine\n")
    empty.touch()
    assert command("train", features, "-o", output, "--log", mine, *SMALL).code == 3
    assert mine.read_text() == "mine\n"
    assert command("train", features, "-o", output, "--log", empty, *SMALL).code == 0
    output.unlink()
    unfinished.touch()
    empty.rename(ours)
    assert command("train", features, "-o", output, "--log", ours, *SMALL).code == 0


def test_hidden_files_of_others_that_are_called_alike_stay(command: Command, features: Path, output: Path) -> None:
    names = {f".{output.name}.mine.training", f".{output.name}.{'0' * 11}.training", f".{output.name}.training"}
    for name in names:
        output.with_name(name).write_text("mine")
    assert command("train", features, "-o", output, *SMALL).code == 0
    assert names < files_in(output.parent)


@pytest.mark.parametrize("which", ["features", "labels"])
def test_what_is_trained_on_is_never_replaced(which: str, command: Command, features: Path, output: Path) -> None:
    labels = output.with_name("labels.jsonl")
    labels.write_text('{"video": "x.mp4", "duration": 1, "highlights": []}\n')
    source = next(path for path in sorted(features.iterdir()) if path.is_file()) if which == "features" else labels
    before = source.read_bytes()
    outcome = command("train", features, "-o", output, "--labels", labels, "--log", source, "--overwrite", *SMALL)
    assert outcome.code == 3
    assert "is one of the files to train on" in outcome.err
    assert source.read_bytes() == before


def test_labels_pull_attention_to_what_is_labelled(command: Command, features: Path, output: Path) -> None:
    labels = output.with_name("labels.jsonl")
    rows = [{"video": f"v{n}.mp4", "duration": 12, "highlights": [[0, 4]]} for n in range(5)]
    labels.write_text("\n".join(map(json.dumps, rows)))
    words = ("train", features, "-o", output, "--labels", labels, "--label-weight", 5, *SMALL, "--json")
    document = json.loads(command(*words).out)
    assert document["labelled"] == 5
    assert document["last"]["label_loss"] > 0
    labels.write_text(json.dumps({"video": "other.mp4", "duration": 12, "highlights": []}))
    refused = command(*words, "--overwrite")
    assert (refused.code, "speaks of no file of the footage" in refused.err) == (2, True)


def test_another_seed_says_how_far_to_trust_it(command: Command, features: Path, output: Path) -> None:
    words = ("train", features, "-o", output, "--second-seed", *SMALL)
    document = json.loads(command(*words, "--json").out)
    assert -1 <= document["agreement"] <= 1
    one = content_of(output)
    assert f"same clips to {document['agreement']:.2f}" in command(*words, "--overwrite").out
    assert content_of(output) == one
    alone = command("train", features, "-o", output, "--overwrite", *SMALL, "--json")
    assert json.loads(alone.out)["agreement"] is None
    assert content_of(output) == one


def test_the_same_seed_gives_the_same_file(command: Command, features: Path, output: Path) -> None:
    contents = []
    for seed in (1, 1, 2):
        assert command("train", features, "-o", output, "--overwrite", "--seed", seed, *SMALL).code == 0
        contents.append(content_of(output))
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


# What is unlike what one would expect, and what is said of it.


def test_fewer_videos_than_a_batch_are_one_batch(command: Command, features: Path, output: Path) -> None:
    outcome = command("train", features, "-o", output, *SMALL, "--batch-size", 32)
    assert outcome.code == 0
    assert "6 videos are fewer than the 32 of a batch: each is told from 5 others only" in outcome.err
    assert "4 steps of 6 at a time" in outcome.out


def test_one_video_is_too_few_unless_it_is_cut(command: Command, features: Path, output: Path) -> None:
    np.save(features / "long.npy", make_rows(9, 40))
    words = ("train", features / "long.npy", "-o", output, *SMALL)
    outcome = command(*words)
    assert outcome.code == 2
    assert "there is one video, and a video is told from others" in outcome.err
    assert "--pieces 10" in outcome.err
    assert "autohighlight reel VIDEO --adapt" in outcome.err
    cut = command(*words, "--pieces", 10)
    assert cut.code == 0
    assert "1 video, 40 clips, 4 pieces" in cut.out


def test_videos_of_one_clip_only_serve_as_others(command: Command, features: Path, output: Path) -> None:
    np.save(features / "v0.npy", make_rows(0, 1))
    outcome = command("train", features, "-o", output, *SMALL)
    assert "1 of 6 videos have one clip: they only serve as others" in outcome.err
    for number in range(6):
        np.save(features / f"v{number}.npy", make_rows(number, 1))
    refused = command("train", features, "-o", output, "--overwrite", *SMALL)
    assert (refused.code, "no video has more than one clip" in refused.err) == (2, True)


def test_copies_are_left_out_and_named(command: Command, features: Path, output: Path) -> None:
    np.save(features / "w.npy", make_rows(0))
    np.save(features / "x.npy", make_rows(1))
    outcome = command("train", features, "-o", output, *SMALL)
    assert "left out, since all of their features are those of others: w.npy, x.npy" in outcome.err
    assert "6 videos, 36 clips" in outcome.out


def test_what_cannot_be_read_is_named_counted_and_left_out(command: Command, footage: Path, output: Path) -> None:
    (footage / "bad.mp4").write_bytes(b"no video" * 99)
    (footage / "empty.mov").touch()
    (footage / "notes.txt").touch()
    outcome = command("train", footage, "-o", output, *SMALL)
    assert outcome.code == 0
    assert "bad.mp4 is left out: is not a video" in outcome.err
    assert "empty.mov is left out: is empty" in outcome.err
    assert "2 files of 6 could not be read" in outcome.err
    assert "1 file passed over" in outcome.err
    assert "4 videos" in outcome.out


@pytest.mark.parametrize(
    ("name", "array", "problem"),
    [
        ("v3.npy", np.ones((4, 3), np.float32), "has features of 3 columns, where v2.npy has 5"),
        ("v3.npy", np.full((4, 5), np.nan, np.float32), "has features that are not finite, first in clip 0"),
        ("v3.npy", np.ones(5, np.float32), "holds an array of the shape (5,), not (clips, columns)"),
    ],
)
def test_features_that_are_wrong_are_an_error_that_names_them(
    command: Command, features: Path, output: Path, name: str, array: NDArray[np.float32], problem: str
) -> None:
    np.save(features / name, array)
    outcome = command("train", features, "-o", output, *SMALL)
    assert (outcome.code, outcome.out) == (3, "")
    assert f"{name}: {problem}" in outcome.err
    assert files_in(output.parent) == set()


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["-o", "x.pt"], 2, "a selector cannot be written as x.pt"),
        (["-o", "none/x.safetensors"], 3, "the folder none is not there"),
        (["-o", "there.safetensors"], 3, "is there already"),
        (["-o", "x.safetensors", "--log", "there.safetensors"], 3, "is there already"),
        (["-o", "x.safetensors", "--curve", "c.jpg"], 2, "a picture cannot be written as c.jpg"),
        (["-o", "x.safetensors", "--log", "x.safetensors"], 2, "name the same file"),
        (["-o", "x.safetensors", "--recipe", "footage"], 2, "the recipe footage learns from steps"),
        (["-o", "x.safetensors", "--backbone", "b"], 2, "--backbone says nothing of features that are ready"),
        (["-o", "x.safetensors", "--no-cache"], 2, "--cache says nothing of features that are ready"),
        (["-o", "x.safetensors", "--batch-size", "1"], 2, "--batch-size is at least 2"),
        (["-o", "x.safetensors", "--steps", "some"], 2, "--steps cannot be 'some'"),
        (["-o", "x.safetensors", "--encoding", "stillness"], 2, "the encoding stillness is one of steps"),
        (["-o", "x.safetensors", "--labels", "none.jsonl"], 3, "the labels cannot be read"),
        (["nowhere", "-o", "x.safetensors"], 3, "there is no such file or folder"),
        ([], 2, "the following arguments are required: -o/--output"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(
    command: Command,
    features: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    problem: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.safetensors").write_bytes(b"mine")
    monkeypatch.delattr(loop, "train_on")
    outcome = command("train", features, *words)
    assert (outcome.code, outcome.out) == (code, "")
    assert problem in outcome.err
    assert Path("there.safetensors").read_bytes() == b"mine"
    assert files_in(tmp_path) == {"features", "there.safetensors"}


def test_videos_are_asked_for_their_backbone_by_its_own_option(command: Command, footage: Path, output: Path) -> None:
    outcome = command("train", footage, "-o", output, "--features-of", "c3d")
    assert (outcome.code, "use --backbone" in outcome.err) == (2, True)


def test_an_output_is_replaced_when_that_is_asked_for(command: Command, features: Path, output: Path) -> None:
    output.write_bytes(b"old")
    assert command("train", features, "-o", output, *SMALL).code == 3
    assert output.read_bytes() == b"old"
    assert command("train", features, "-o", output, "--overwrite", *SMALL).code == 0
    load_selector(output)


# A run that is stopped.


def test_ctrl_c_keeps_what_was_done_and_says_so(
    command: Command, features: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "STATE_SECONDS", 0.0)
    log = output.with_name("steps.jsonl")
    words = ("train", features, "-o", output, "--log", log, *SMALL)
    assert command(*words).code == 0
    whole, lines = content_of(output), log.read_text()
    output.unlink()
    log.unlink()

    from autohighlight.cli import training

    with monkeypatch.context() as patch:
        patch.setattr(training.StepLog, "add", _interrupt_at(3, training.StepLog.add))
        stopped = command(*words)
    assert stopped.code == 130
    assert "the same command goes on from the last steps that were kept" in stopped.err
    assert not output.exists()
    assert len(log.read_text().splitlines()) == 2
    again = command(*words)
    assert again.code == 0
    assert "goes on with the training that was stopped" in again.err
    assert content_of(output) == whole
    assert log.read_text() == lines
    assert files_in(output.parent) == {"my.safetensors", "steps.jsonl"}


def _interrupt_at(step: int, add: Callable[..., None]) -> Callable[..., None]:
    def interrupting(log: object, record: loop.StepRecord) -> None:
        if record.step == step:
            raise KeyboardInterrupt
        add(log, record)

    return interrupting


def test_other_options_begin_anew_and_say_so(
    command: Command, features: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (output.parent / f".{output.name}.0123456789ab{fit.STATE_SUFFIX}").write_bytes(b"of other options")
    outcome = command("train", features, "-o", output, *SMALL)
    assert outcome.code == 0
    assert "begins anew" in outcome.err
    assert files_in(output.parent) == {"my.safetensors"}


_PROGRAM = """
import sys
from autohighlight.footage import fit
fit.STATE_SECONDS = 0.1
from autohighlight.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_signal_leaves_what_the_next_run_goes_on_from(
    command: Command, features: Path, output: Path, sent: signal.Signals, code: int
) -> None:
    words = [str(word) for word in ("train", features, "-o", output, *SMALL, "--steps", 100_000)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *words], stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not fit.unfinished(output) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(sent)
        assert process.stderr is not None
        errors = process.stderr.read()
        process.wait(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in errors
    assert ("the same command goes on" in errors) == (sent == signal.SIGINT)
    (state,) = fit.unfinished(output)
    assert files_in(output.parent) == {state.name}
