"""The analyses from the command line on, on made videos, with a backbone that costs next to nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from autohighlight.selector.checkpoint import SelectorInfo, save_selector
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from tests.media_factory import make_video
from tests.whole_runs import Command, SmallBackbone, command_of, use_small_backbone

NUM_VIDEOS, SECONDS = 3, 8
SPANS = {"a.mp4": [[2, 6]], "b.mp4": [[0, 2], [4, 6]], "c.mp4": [[6, 8]]}


@pytest.fixture(autouse=True)
def _small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_backbone(monkeypatch)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return command_of(capsys)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos with labels of their highlights, and a selector for the small backbone."""
    folder = tmp_path_factory.mktemp("labelled")
    for number, name in enumerate(SPANS):

        def picture(frame: int, size: tuple[int, int], number: int = number) -> np.ndarray:
            columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
            wave = columns * (number + 1) + rows * (frame // 10 % 7) + 5 * frame
            return (wave % 256).astype(np.uint8)

        make_video(folder / name, 10 * SECONDS, 10, picture=picture)
    lines = [{"video": name, "duration": SECONDS, "highlights": spans} for name, spans in SPANS.items()]
    write_labels(folder / "labels.jsonl", *lines)
    torch.manual_seed(0)
    selector = HighlightSelector(SelectorConfig(d_in=SmallBackbone.dim, d=16))
    save_selector(folder / "small.safetensors", selector, SelectorInfo("small", feature_kind="mean"))
    return folder


def write_labels(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_clusters_prints_the_table_and_says_which_way_it_goes(command: Command, folder: Path) -> None:
    outcome = command("analyse", "clusters", folder / "labels.jsonl", "--selector", folder / "small.safetensors")
    assert outcome.code == 0, outcome.err
    rows = [line.split() for line in outcome.out.splitlines()]
    for state in ("trained", "untrained"):
        for labelling in ("given", "shifted"):
            for kind in ("non-highlight", "highlight"):
                assert any(row[:3] == [state, labelling, kind] and row.count("±") == 2 for row in rows)
            assert f"{state}, labels {labelling}: highlight clips " in outcome.out
    assert outcome.out.count("form better clusters: ") == 4
    for number in ("0.0954", "0.2325", "0.0888", "0.2597", "0.8284"):  # the paper's
        assert number in outcome.out
    assert "3 videos, 5 clips of either kind, 20 runs with dropout 0.1, 5 seeds" in outcome.out


def test_clusters_as_json_hold_every_seed_and_video(command: Command, folder: Path) -> None:
    words = ("--selector", folder / "small.safetensors", "--json", "--seeds", 2, "--runs", 3, "--clips", 1)
    outcome = command("analyse", "clusters", folder / "labels.jsonl", *words)
    report = json.loads(outcome.out)
    assert [Path(video).name for video in report["videos"]] == list(SPANS)
    assert (report["runs"], report["seeds"], report["num_clips_of_either_kind"]) == (3, [0, 1], 3)
    assert len(report["comparisons"]) == 4
    for comparison in report["comparisons"]:
        for kind in ("highlight", "non-highlight"):
            intra = comparison["clusters"][kind]["intra"]
            assert len(intra["by_seed"]) == 2
            assert len(intra["by_video"]) == 3
            assert np.mean(intra["by_video"]) == pytest.approx(intra["mean"])
        difference = comparison["highlight_minus_non_highlight"]["inter"]
        by_kind = [comparison["clusters"][kind]["inter"]["mean"] for kind in ("highlight", "non-highlight")]
        assert difference["mean"] == pytest.approx(by_kind[0] - by_kind[1])
    again = command("analyse", "clusters", folder / "labels.jsonl", *words)
    assert again.out == outcome.out


def test_dropout_trains_with_and_without(command: Command, folder: Path) -> None:
    outcome = command("analyse", "dropout", folder / "labels.jsonl", "--seeds", 2)
    assert outcome.code == 0, outcome.err
    for row in ("without dropout", "with dropout", "untrained", "random (expected)", "oracle"):
        assert row in outcome.out
    for number in ("0.6287", "0.6539", "0.4887", "0.5276", "0.5606", "0.6090"):  # the paper's
        assert number in outcome.out
    assert "training with dropout " in outcome.out
    assert "3 videos, trained on without their labels; recipe paper, dropout 0.1, 2 seeds" in outcome.out


def test_dropout_as_json(command: Command, folder: Path) -> None:
    words = ("--seeds", 2, "--json", "--steps", 3, "--dropout", 0.3)
    report = json.loads(command("analyse", "dropout", folder / "labels.jsonl", *words).out)
    assert (report["recipe"]["learning_rate"], report["recipe"]["steps"], report["dropout"]) == (1e-5, 3, 0.3)
    assert report["recipe"]["feature_kind"] == "mean"
    assert report["map"]["oracle"]["mean"] == 1
    means = report["map"]["with dropout"]["mean"], report["map"]["without dropout"]["mean"]
    assert report["gain"]["mean"] == pytest.approx(means[0] - means[1])
    assert len(report["map"]["with dropout"]["by_seed"]) == 2
    assert len(report["map"]["with dropout"]["by_video"]) == 3


FEW = ("--runs", 3, "--clips", 2)


def test_embedding_draws_a_picture(command: Command, folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "clusters.png"
    words = ("analyse", "embedding", folder / "labels.jsonl", "--selector", folder / "small.safetensors", *FEW)
    outcome = command(*words, "-o", picture)
    assert outcome.code == 0, outcome.err
    assert f"wrote {picture}" in outcome.err
    with Image.open(picture) as image:
        assert image.width == 1600
        shown = {colour for _, colour in image.getcolors(2**24) or []}
    assert {(0xD5, 0x5E, 0), (0, 0x72, 0xB2), (0, 0x9E, 0x73)} <= shown  # one for each video
    before = picture.read_bytes()
    assert command(*words, "-o", picture).code == 3  # it is there already
    assert command(*words, "-o", picture, "--overwrite").code == 0
    assert picture.read_bytes() == before


def test_embedding_as_json_begins_with_the_video_that_is_named(command: Command, folder: Path) -> None:
    words = ("--selector", folder / "small.safetensors", *FEW, "--video", "b", "--neighbours", 1, "--json")
    report = json.loads(command("analyse", "embedding", folder / "labels.jsonl", *words).out)
    assert Path(report["videos"][0]["video"]).name == "b.mp4"
    assert len(report["videos"]) == 2
    for video in report["videos"]:
        shapes = {kind: np.shape(points) for kind, points in video["points"].items()}
        assert shapes["highlight"] == shapes["non-highlight"]
    assert np.shape(report["videos"][0]["points"]["highlight"]) == (3 * 2, 2)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["clusters", "{}", "--seeds", "0"], "--seeds is at least 1, not 0"),
        (["clusters", "{}", "--runs", "0"], "at least one run"),
        (["clusters", "{}", "--clips", "0"], "one clip of either kind"),
        (["dropout", "{}", "--seeds", "0"], "--seeds is at least 1, not 0"),
        (["dropout", "{}", "--recipe", "papre"], "--recipe cannot be 'papre'"),
        (["dropout", "{}", "--dropout", "0"], "compared with a --dropout above 0"),
        (["dropout", "{}", "--features", ".", "--recipe", "footage"], "is for features of the kind 'step'"),
        (["embedding", "{}"], "there is nothing to make"),
        (["embedding", "{}", "-o", "x.jpg"], "a picture cannot be written as x.jpg"),
        (["embedding", "{}", "-o", "x.png", "--neighbours", "8"], "--neighbours lies from 1 to 7, not at 8"),
        (
            ["embedding", "{}", "--json", "--video", "z.mp4"],
            "no labelled video with clips of both kinds is called z.mp4",
        ),
    ],
)
def test_what_cannot_be_meant_is_said(command: Command, folder: Path, words: list[str], problem: str) -> None:
    selector = [] if words[0] == "dropout" else ["--selector", folder / "small.safetensors"]
    outcome = command("analyse", *(word.format(folder / "labels.jsonl") for word in words), *selector)
    assert (outcome.code, outcome.out) == (2, "")
    assert problem in outcome.err


@pytest.mark.parametrize("analysis", [["clusters"], ["embedding", "--json"]])
@pytest.mark.parametrize(
    ("highlights", "problem"),
    [
        ({"a.mp4": [], "b.mp4": [[0, 8]]}, "no video has both highlight and non-highlight clips"),
        ({"a.mp4": [[0, 2]], "b.mp4": []}, "only one video has both highlight and non-highlight clips"),
        ({"a.mp4": [[0, 2]]}, "only one video has both highlight and non-highlight clips"),
    ],
)
def test_labels_that_leave_nothing_to_compare_are_refused(
    command: Command, folder: Path, tmp_path: Path, analysis: list[str], highlights: dict[str, object], problem: str
) -> None:
    lines = [{"video": name, "duration": SECONDS, "highlights": spans} for name, spans in highlights.items()]
    labels = write_labels(tmp_path / "labels.jsonl", *lines)
    words = ("--videos", folder, "--selector", folder / "small.safetensors")
    outcome = command("analyse", analysis[0], labels, *words, *analysis[1:])
    assert (outcome.code, outcome.out) == (3, "")
    assert f"{labels}: {problem}" in outcome.err


def test_dropout_needs_something_to_find_and_two_videos(command: Command, folder: Path, tmp_path: Path) -> None:
    nothing = [{"video": name, "duration": SECONDS, "highlights": []} for name in SPANS]
    outcome = command("analyse", "dropout", write_labels(tmp_path / "none.jsonl", *nothing), "--videos", folder)
    assert outcome.code == 3
    assert "no rater calls a clip of any video a highlight" in outcome.err
    one = {"video": "a.mp4", "duration": SECONDS, "highlights": [[0, 2]]}
    outcome = command("analyse", "dropout", write_labels(tmp_path / "one.jsonl", one), "--videos", folder)
    assert outcome.code == 3
    assert "only one video is labelled" in outcome.err


def test_a_selector_for_other_features_is_refused(command: Command, folder: Path) -> None:
    outcome = command("analyse", "clusters", folder / "labels.jsonl")  # the one in the package
    assert outcome.code == 1
    assert "was trained on features of 'efficientnet-lite0', not of 'small'" in outcome.err


def test_videos_of_one_kind_are_counted(command: Command, folder: Path, tmp_path: Path) -> None:
    lines = [{"video": name, "duration": SECONDS, "highlights": spans} for name, spans in SPANS.items()]
    lines[0]["highlights"] = []
    labels = write_labels(tmp_path / "labels.jsonl", *lines)
    words = ("--videos", folder, "--selector", folder / "small.safetensors", "--seeds", 1, "--runs", 1)
    outcome = command("analyse", "clusters", labels, *words)
    assert "2 videos, 3 clips of either kind, 1 runs" in outcome.out
    assert "which count nowhere: 1" in outcome.out


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """Features of the labelled videos, a row for each clip of two seconds."""
    random, folder = np.random.default_rng(0), tmp_path / "features"
    folder.mkdir()
    for name in SPANS:
        rows = random.standard_normal((SECONDS // 2, SmallBackbone.dim)).astype(np.float32)
        np.save(folder / f"{Path(name).stem}.npy", rows)
    return folder


@pytest.fixture
def labels_alone(tmp_path: Path) -> Path:
    """The same labels where no video is."""
    lines = [{"video": name, "duration": SECONDS, "highlights": spans} for name, spans in SPANS.items()]
    (tmp_path / "alone").mkdir()
    return write_labels(tmp_path / "alone" / "labels.jsonl", *lines)


@pytest.mark.parametrize(
    "analysis", [["clusters", "--runs", 2], ["embedding", *FEW], ["dropout", "--seeds", 1]], ids=lambda words: words[0]
)
def test_ready_features_need_no_video(
    command: Command, folder: Path, features: Path, labels_alone: Path, analysis: list[str]
) -> None:
    selector = [] if analysis[0] == "dropout" else ["--selector", folder / "small.safetensors"]
    words = (*analysis[1:], "--features", features, "--json", *selector)
    outcome = command("analyse", analysis[0], labels_alone, *words)
    assert outcome.code == 0, outcome.err
    assert len(json.loads(outcome.out)["videos"]) == NUM_VIDEOS


@pytest.mark.parametrize(
    ("change", "code", "problem"),
    [
        ("missing", 3, "line 2 names b.mp4: "),
        ("shorter", 3, "holds 3 features for 4 clips of line 2"),
        ("wider", 3, "holds features of 13 columns, the ones before of 12"),
        ("windows", 3, "holds features of windows of frames"),
        ("all wider", 1, "was trained on features of 12 columns, not of 13"),
        ("folder", 2, "the folder of features"),
        ("videos", 2, "--videos and --features exclude each other"),
        ("frames", 2, "clips of labels without a video are measured in seconds"),
    ],
)
def test_features_that_do_not_fit_are_refused(
    command: Command, folder: Path, features: Path, labels_alone: Path, change: str, code: int, problem: str
) -> None:
    words: list[object] = ["--features", features, "--selector", folder / "small.safetensors"]
    b = features / "b.npy"
    rows = np.load(b)
    match change:
        case "missing":
            b.unlink()
        case "shorter":
            np.save(b, rows[:3])
        case "wider":
            np.save(b, np.hstack([rows, rows[:, :1]]))
        case "windows":
            b.unlink()
            np.savez(features / "b.npz", features=rows, stride=16)
        case "all wider":
            for path in features.iterdir():
                np.save(path, np.ones((4, 13), np.float32))
        case "folder":
            words[1] = features / "nowhere"
        case "videos":
            words += ["--videos", folder]
        case "frames":
            words += ["--clip-length", "50f"]
    outcome = command("analyse", "clusters", labels_alone, *words)
    assert (outcome.code, outcome.out) == (code, "")
    assert problem in outcome.err
