from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest

from autohighlight.errors import InputError
from autohighlight.evaluation.report import CHANCE, ORACLE
from autohighlight_research.benchmark import CENTRE, references
from autohighlight_research.datasets.dataset import Dataset
from autohighlight_research.datasets.tvsum import TVSUM, load, read_jsonl, read_mat
from tests.benchmark_files import (
    CLIP_COUNT,
    TVSUM_SPLITS,
    names,
    tvsum_ratings,
    write_splits,
    write_tvsum_jsonl,
    write_tvsum_mat,
)


@pytest.fixture
def real(shared: Path | None, tmp_path: Path) -> Path:
    """The dataset's own labels; a stand-in where they are absent."""
    if shared is not None:
        return shared / "annotations" / "tvsum"
    write_tvsum_mat(tmp_path / "ydata-tvsum50.mat")
    write_tvsum_jsonl(tmp_path)
    write_splits(tmp_path, TVSUM_SPLITS)
    return tmp_path


def test_the_labels_of_frames_are_those_of_clips(real: Path) -> None:
    by_frame = read_mat(real / "ydata-tvsum50.mat")
    by_clip = read_jsonl(real / "tvsum_train.jsonl") | read_jsonl(real / "tvsum_val.jsonl")
    assert by_frame.keys() == by_clip.keys()
    for name, video in by_frame.items():
        np.testing.assert_array_equal(video.ratings, by_clip[name].ratings)
        assert video.category == by_clip[name].category
        assert video.frame_rate is not None
        assert 23 < video.frame_rate < 31


def test_both_forms_give_the_same_dataset(real: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for split in ("train", "val"):
        (plain / f"tvsum_{split}.jsonl").write_bytes((real / f"tvsum_{split}.jsonl").read_bytes())
    first, second = ({video.name: video for video in load(root).videos} for root in (real, plain))
    assert first.keys() == second.keys()
    for name, video in first.items():
        assert (video.category, video.split) == (second[name].category, second[name].split)
        np.testing.assert_array_equal(video.positives, second[name].positives)
        np.testing.assert_array_equal(video.grid.edges, second[name].grid.edges)


def test_the_published_floors_and_ceilings(shared: Path | None, real: Path) -> None:
    dataset = load(real)
    means = {name: float(values.mean()) for name, values in references(TVSUM.protocol, dataset.videos).items()}
    if shared is None:
        assert 0 < means[CHANCE] < means[ORACLE] < 1
        return
    assert TVSUM.is_complete(dataset.videos)
    assert means[CHANCE] == pytest.approx(0.415, abs=0.01)
    assert round(means[CENTRE], 3) == 0.472
    assert round(means[ORACLE], 3) == 0.809


def test_each_category_has_four_videos_to_train_on_and_one_to_measure_on(shared: Path | None, real: Path) -> None:
    dataset = load(real)
    count = {(video.category, video.split): 0 for video in dataset.videos}
    for video in dataset.videos:
        count[video.category, video.split] += 1
    training = 2 if shared is None else 4
    assert set(count.values()) == {training, 1}
    assert all(number == (training if split == "train" else 1) for (_, split), number in count.items())


def test_clips_of_two_seconds_rated_by_the_frame_at_their_middle(tmp_path: Path) -> None:
    write_tvsum_mat(tmp_path / "matlab" / "ydata-tvsum50.mat")
    write_splits(tmp_path, TVSUM_SPLITS)
    dataset = load(tmp_path)
    assert [video.name for video in dataset.videos] == names(TVSUM_SPLITS)
    for number, video in enumerate(dataset.videos):
        np.testing.assert_array_equal(video.ratings, tvsum_ratings(number))
        assert (video.grid.unit, len(video.grid)) == ("seconds", CLIP_COUNT)
        assert video.grid.edges[:2].tolist() == [[0, 2], [2, 4]]
        assert video.grid.frame_rate == Fraction(760) / Fraction("25.353")
        assert not video.grid.overlaps
        medians = np.median(video.ratings, axis=1, keepdims=True)
        np.testing.assert_array_equal(video.positives, video.ratings > medians)
    assert dataset.unlabelled == ()


def test_categories_are_those_of_the_table_of_videos(tmp_path: Path) -> None:
    write_tvsum_mat(tmp_path / "ydata-tvsum50.mat")
    write_splits(tmp_path, TVSUM_SPLITS)
    table = "category\tvideo_id\ttitle\turl\tlength\n" + "".join(
        f'{category}\t{name}\t"a title, with a quote\thttps://x\t1:00\n'
        for category, videos in (("BK", names(TVSUM_SPLITS)[:3]), ("FM", names(TVSUM_SPLITS)[3:]))
        for name in videos
    )
    (tmp_path / "ydata-tvsum50-info.tsv").write_text(table, "utf-8")
    assert [video.category for video in load(tmp_path).videos] == ["BK"] * 3 + ["FM"] * 3
    (tmp_path / "ydata-tvsum50-info.tsv").write_text("category\tname\nBK\tx\n", "utf-8")
    with pytest.raises(InputError, match=r"is not TVSum's ydata-tvsum50-info.tsv: 'video_id'"):
        load(tmp_path)


def test_videos_without_labels_are_named(tmp_path: Path) -> None:
    write_tvsum_mat(tmp_path / "ydata-tvsum50.mat")
    write_splits(tmp_path, {"VT": {"train": ["vt-1", "other"], "test": ["vt-3"]}})
    dataset = load(tmp_path)
    assert [(video.name, video.split) for video in dataset.videos] == [("vt-1", "train"), ("vt-3", "test")]
    assert dataset.unlabelled == ("other",)
    assert not TVSUM.is_complete(dataset.videos)


def test_what_is_missing_is_said_with_where_it_is_to_be_had(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds neither ydata-tvsum50.mat nor tvsum_train.jsonl .*csail.mit.edu"):
        load(tmp_path)
    write_tvsum_mat(tmp_path / "ydata-tvsum50.mat")
    with pytest.raises(InputError, match=r"holds neither splits_by_domain.json nor tvsum_train.jsonl"):
        load(tmp_path)


def _as_text(path: Path) -> None:
    path.write_text("text", "utf-8")


def _as_other_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["other"] = 1


def _without_ratings(path: Path) -> None:
    write_tvsum_mat(path)
    with h5py.File(path, "a") as file:
        del file["tvsum50/user_anno"]


def _of_no_length(path: Path) -> None:
    write_tvsum_mat(path, seconds=0.0)


@pytest.mark.filterwarnings("ignore:invalid value")  # 0 seconds
@pytest.mark.parametrize("write", [_as_text, _as_other_hdf5, _without_ratings, _of_no_length])
def test_another_file_of_that_name_is_refused(tmp_path: Path, write: object) -> None:
    write(tmp_path / "ydata-tvsum50.mat")  # type: ignore[operator]
    write_splits(tmp_path, TVSUM_SPLITS)
    with pytest.raises(InputError, match=r"is not TVSum's ydata-tvsum50.mat"):
        load(tmp_path)


def test_lines_of_another_form_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tvsum_train.jsonl").write_text('{"video": "a.mp4", "duration": 3, "highlights": []}\n', "utf-8")
    with pytest.raises(InputError, match="holds spans, not the ratings of TVSum"):
        load(tmp_path)


def test_a_dataset_is_divided(real: Path) -> None:
    dataset: Dataset = load(real)
    assert len(dataset.of("train")) + len(dataset.of("test")) == len(dataset.videos)
