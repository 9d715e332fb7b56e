from __future__ import annotations

import json
import math
import tarfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight.errors import InputError
from autohighlight.evaluation.report import CHANCE, ORACLE
from autohighlight_research.benchmark import CENTRE, references
from autohighlight_research.datasets.dataset import ClipGrid, Dataset, DatasetVideo
from autohighlight_research.datasets.youtube_highlights import (
    ARCHIVE,
    CATEGORIES,
    GATHERED_FILE,
    YOUTUBE_HIGHLIGHTS,
    load,
    read_gathered,
)
from tests.benchmark_files import (
    CLIP_COUNT,
    YOUTUBE_SPLITS,
    add_member,
    names,
    write_splits,
    write_youtube_archive,
    write_youtube_folders,
    write_youtube_gathered,
    youtube_label,
)

PUBLISHED_RANDOM = {
    "dog": 0.543,
    "gymnastics": 0.545,
    "parkour": 0.605,
    "skating": 0.336,
    "skiing": 0.546,
    "surfing": 0.510,
}
"""Over all videos of the gathered file, of any split."""


@pytest.fixture
def real(shared: Path | None, tmp_path: Path) -> Path:
    """The dataset's own labels; a stand-in where they are absent."""
    if shared is not None:
        return shared / "annotations" / "youtube_highlights"
    write_youtube_archive(tmp_path / ARCHIVE)
    write_youtube_gathered(tmp_path / GATHERED_FILE)
    write_splits(tmp_path, YOUTUBE_SPLITS)
    return tmp_path


def _same(first: Dataset, second: Dataset) -> None:
    assert [video.name for video in first.videos] == [video.name for video in second.videos]
    for video, other in zip(first.videos, second.videos, strict=True):
        assert (video.category, video.split) == (other.category, other.split)
        np.testing.assert_array_equal(video.grid.edges, other.grid.edges)
        np.testing.assert_array_equal(video.positives, other.positives)


def test_clips_of_a_hundred_frames_that_overlap(tmp_path: Path) -> None:
    write_youtube_archive(tmp_path / ARCHIVE)
    write_splits(tmp_path, YOUTUBE_SPLITS)
    dataset = load(tmp_path)
    assert [video.name for video in dataset.videos] == names(YOUTUBE_SPLITS)
    for number, video in enumerate(dataset.videos):
        assert (video.grid.unit, len(video.grid), video.grid.frame_rate) == ("frames", CLIP_COUNT, None)
        assert video.grid.edges[:2].tolist() == [[0, 100], [50, 150]]
        assert video.grid.overlaps
        np.testing.assert_array_equal(video.ratings, [youtube_label(number)[1]])
        np.testing.assert_array_equal(video.positives, video.ratings == 1)


def test_the_archive_the_folders_and_the_gathered_file_say_the_same(tmp_path: Path) -> None:
    roots = [tmp_path / name for name in ("archive", "folders", "clone", "gathered")]
    for root in roots:
        root.mkdir()
        write_splits(root, YOUTUBE_SPLITS)
    write_youtube_archive(roots[0] / ARCHIVE)
    write_youtube_folders(roots[1])
    write_youtube_folders(roots[2] / "DomainSpecificHighlight")
    write_youtube_gathered(roots[3] / GATHERED_FILE)
    first, *others = map(load, roots)
    for other in others:
        _same(first, other)
    assert {video.grid.frame_rate for video in others[-1].videos} == {25}


def test_frame_rates_are_those_of_the_gathered_file(tmp_path: Path) -> None:
    write_youtube_archive(tmp_path / ARCHIVE)
    write_youtube_gathered(tmp_path / GATHERED_FILE, fps=29.97002997002997)
    write_splits(tmp_path, YOUTUBE_SPLITS)
    assert {video.grid.frame_rate for video in load(tmp_path).videos} == {Fraction(30000, 1001)}


def test_the_real_labels_are_those_of_the_gathered_file(real: Path) -> None:
    gathered = read_gathered(real / GATHERED_FILE)
    dataset = load(real)
    both = [video for video in dataset.videos if video.name in gathered]
    assert len(both) > 0.9 * len(dataset.videos)
    for video in both:
        (_, (ranges, labels), rate) = gathered[video.name]
        np.testing.assert_array_equal(video.grid.edges, ranges)
        np.testing.assert_array_equal(video.ratings, [labels])
        assert video.grid.frame_rate == rate


def test_the_canonical_split_is_labelled_and_complete(shared: Path | None, real: Path) -> None:
    dataset = load(real)
    assert dataset.unlabelled == ()
    assert all(video.positives.any() for video in dataset.videos)
    assert YOUTUBE_HIGHLIGHTS.is_complete(dataset.videos) is (shared is not None)
    assert {video.category for video in dataset.videos} <= set(CATEGORIES)


def test_the_published_floor(shared: Path | None, real: Path, tmp_path: Path) -> None:
    """It is of all gathered videos, whatever their split."""
    table = json.loads((real / GATHERED_FILE).read_text("utf-8"))
    everything = tmp_path / "everything"
    everything.mkdir()
    by_category: dict[str, list[str]] = {}
    for name, row in table.items():
        by_category.setdefault(row["domain"], []).append(name)
    write_splits(everything, {category: {"val": videos} for category, videos in by_category.items()})
    (everything / GATHERED_FILE).write_bytes((real / GATHERED_FILE).read_bytes())
    videos = load(everything).videos
    chance = references(YOUTUBE_HIGHLIGHTS.protocol, videos)[CHANCE]
    means = {
        category: float(np.mean([v for v, video in zip(chance, videos, strict=True) if video.category == category]))
        for category in by_category
    }
    if shared is None:
        assert all(0 < mean < 1 for mean in means.values())
        return
    assert means == pytest.approx(PUBLISHED_RANDOM, abs=0.01)
    assert float(np.mean(list(means.values()))) == pytest.approx(0.514, abs=0.01)


def test_the_labels_themselves_find_everything(real: Path) -> None:
    measured = references(YOUTUBE_HIGHLIGHTS.protocol, load(real).of("test"))
    assert measured[ORACLE].min() == measured[ORACLE].max() == 1
    assert (measured[CHANCE] < 1).all()
    assert (measured[CENTRE] > 0).all()


def test_a_video_without_a_highlight_counts_nowhere() -> None:
    grid = ClipGrid("frames", np.array([[0, 100], [50, 150]]))
    ratings = np.array([[-1.0, 0.0]])
    video = DatasetVideo("a", "dog", "test", grid, ratings, ratings == 1)
    assert all(math.isnan(values[0]) for values in references(YOUTUBE_HIGHLIGHTS.protocol, [video]).values())


def test_videos_that_no_label_names_are_told(tmp_path: Path) -> None:
    write_youtube_archive(tmp_path / ARCHIVE)
    write_splits(tmp_path, {"dog": {"train": ["dog-1", "gone"], "val": ["dog-3"]}})
    dataset = load(tmp_path)
    assert [video.name for video in dataset.videos] == ["dog-1", "dog-3"]
    assert dataset.unlabelled == ("gone",)


def test_what_is_missing_is_said_with_where_it_is_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no splits_by_domain.json .*aliensunmin"):
        load(tmp_path)
    write_splits(tmp_path, YOUTUBE_SPLITS)
    with pytest.raises(InputError, match=r"holds no labels: neither match_label.json files, nor Domain.*aliensunmin"):
        load(tmp_path)


def test_nothing_of_an_archive_is_written_and_odd_members_are_passed_over(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    write_splits(root, {"dog": {"train": ["dog-1"], "val": ["link", "device", "escape"]}})
    label = json.dumps(youtube_label(0)).encode()
    with tarfile.open(root / ARCHIVE, "w:gz") as archive:
        add_member(archive, "../../dog/escape/match_label.json", label)
        add_member(archive, "/tmp/dog/dog-1/match_label.json", label)  # noqa: S108 -- a name inside the archive
        for name, kind in (("link", tarfile.SYMTYPE), ("device", tarfile.CHRTYPE)):
            member = tarfile.TarInfo(f"dog/{name}/match_label.json")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    before = sorted(tmp_path.rglob("*"))
    dataset = load(root)
    assert sorted(tmp_path.rglob("*")) == before
    assert {video.name for video in dataset.videos} == {"dog-1", "escape"}  # only their names were compared
    assert set(dataset.unlabelled) == {"link", "device"}


def test_an_archive_of_huge_labels_is_refused(tmp_path: Path) -> None:
    write_splits(tmp_path, YOUTUBE_SPLITS)
    with tarfile.open(tmp_path / ARCHIVE, "w:gz") as archive:
        add_member(archive, "dog/dog-1/match_label.json", b" " * 5_000_000)
    with pytest.raises(InputError, match="no label is so large"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"text", b"\x1f\x8b\x08\x00cut short", b""])
def test_a_damaged_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    write_splits(tmp_path, YOUTUBE_SPLITS)
    (tmp_path / ARCHIVE).write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as a tar archive"):
        load(tmp_path)


def test_an_archive_that_ends_early_is_refused(tmp_path: Path) -> None:
    write_splits(tmp_path, YOUTUBE_SPLITS)
    write_youtube_archive(tmp_path / ARCHIVE)
    content = (tmp_path / ARCHIVE).read_bytes()
    (tmp_path / ARCHIVE).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cannot be read as a tar archive"):
        load(tmp_path)


@pytest.mark.parametrize(
    "label",
    [
        {},
        [],
        [[[0, 100]]],
        [[[0, 100]], [1, 1]],
        [[[0, 100]], [2]],
        [[[0, 100]], [0.5]],
        [[[0, 100]], ["1"]],
        [[[0, 100.5]], [1]],
        [[[0, "100"]], [1]],
        [[[0]], [1]],
        [[[100, 100]], [1]],
        [[[-1, 100]], [1]],
        [[[50, 150], [0, 100]], [1, 0]],
        [[[0, 1e12]], [1]],
        [[[0, math.inf]], [1]],
        [[[0, math.nan]], [1]],
        [[], []],
    ],
)
def test_labels_of_another_form_are_refused(tmp_path: Path, label: Any) -> None:
    folder = tmp_path / "dog" / "dog-1"
    folder.mkdir(parents=True)
    (folder / "match_label.json").write_text(json.dumps(label), "utf-8")
    write_splits(tmp_path, YOUTUBE_SPLITS)
    with pytest.raises(InputError, match="does not label the video dog-1") as caught:
        load(tmp_path)
    assert caught.value.path == folder / "match_label.json"


@pytest.mark.parametrize("table", [[], {"a": 1}, {"a": {"fps": 25}}, {"a": {"fps": 0, "clip": [], "match": []}}])
def test_a_gathered_file_of_another_form_is_refused(tmp_path: Path, table: Any) -> None:
    write_splits(tmp_path, YOUTUBE_SPLITS)
    (tmp_path / GATHERED_FILE).write_text(json.dumps(table), "utf-8")
    with pytest.raises(InputError, match=r"is not a youtube_anno.json"):
        load(tmp_path)


@pytest.mark.parametrize(
    "table",
    [
        [],
        {"dog": []},
        {"dog": {"train": [1]}},
        {"dog": {"middle": ["a"]}},
        {"dog": {"train": ["a"], "val": ["a"]}},
        {"dog": {"train": 3}},
    ],
)
def test_splits_of_another_form_are_refused(tmp_path: Path, table: Any) -> None:
    write_splits(tmp_path, table)
    with pytest.raises(InputError, match="does not divide videos into splits"):
        load(tmp_path)


def _not_json(path: Path) -> None:
    path.write_text("{", "utf-8")


def _a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [_not_json, _a_folder])
def test_splits_that_cannot_be_read_are_said(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(tmp_path / "splits_by_domain.json")
    with pytest.raises(InputError, match=r"is not JSON|holds no splits_by_domain.json"):
        load(tmp_path)
