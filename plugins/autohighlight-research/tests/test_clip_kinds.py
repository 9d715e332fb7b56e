from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight.evaluation.labels import RATINGS, Targets
from autohighlight.evaluation.videos import MeasuredVideo
from autohighlight.times import TimeRange
from autohighlight_research.clip_kinds import SortedVideo, sort_clips, votes, votes_on_clips
from tests.factories import make_clips, make_features

START = 3


def video_of(*raters: str, clip_lengths: tuple[int, ...] = (2, 2, 2, 2)) -> MeasuredVideo:
    """Four labelled clips of 2 s: of each rater four characters, ``+`` for a highlight."""
    positives = np.array([[mark == "+" for mark in rater] for rater in raters])
    ranges = tuple(TimeRange(Fraction(2 * n), Fraction(2 * n + 2)) for n in range(positives.shape[1]))
    clips = make_clips(clip_lengths, START)
    features = make_features(len(clips), clips=clips)
    return MeasuredVideo(Path("a.mp4"), RATINGS, Targets(ranges, positives, positives * 1.0), features, Fraction(START))


@pytest.mark.parametrize(
    ("raters", "parts"),
    [
        (("+--+",), [1, 0, 0, 1]),
        (("+--+", "++--"), [1, 0.5, 0, 0.5]),
        (("+--+", "++--", "+---"), [1, 1 / 3, 0, 1 / 3]),
        (("+--+", "----"), [1, 0, 0, 1]),  # who calls nothing a highlight has not told the clips apart
        (("----",), [0, 0, 0, 0]),
    ],
)
def test_votes_are_the_part_of_the_raters_who_tell_clips_apart(raters: tuple[str, ...], parts: list[float]) -> None:
    video = video_of(*raters)
    assert votes(video.targets.positives) == pytest.approx(parts)
    assert votes_on_clips(video) == pytest.approx(parts)


def test_labels_are_matched_to_clips_by_time() -> None:
    video = video_of("+-++", clip_lengths=(4, 2, 2, 2))  # the first clip shows two labels, the last none
    assert votes_on_clips(video) == pytest.approx([0.5, 1, 1, np.nan], nan_ok=True)


def sorted_video(video: MeasuredVideo) -> SortedVideo:
    return sort_clips(video.path, video.features.embeddings.astype(np.float32), votes_on_clips(video))


def test_a_clip_that_divides_the_raters_or_has_no_label_is_of_neither_kind() -> None:
    video = sorted_video(video_of("++--", "+-+-", clip_lengths=(2, 2, 2, 2, 2)))
    assert video.kinds["highlight"].tolist() == [True, False, False, False, False]
    assert video.kinds["non-highlight"].tolist() == [False, False, False, True, False]
    assert video.num_pairs == 1
    assert video.features.shape == (5, 4)


@pytest.mark.parametrize("raters", ["----", "++++"])
def test_a_video_with_clips_of_one_kind_has_no_pairs(raters: str) -> None:
    assert sorted_video(video_of(raters)).num_pairs == 0
