from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight.batch.combined import build_combined, select_over_all
from autohighlight.batch.scored import ScoredVideo
from autohighlight.config import Options
from autohighlight.errors import InputError, OptionError
from autohighlight.pipeline import Analysis, select
from autohighlight.scorers import BUILTIN
from autohighlight.times import TimeRange
from autohighlight.types import MediaInfo
from tests.factories import make_features, make_media, make_scores, media_of


def scored(values: list[float], name: str = "a", rate: int | str = 25, scorer: str = "test") -> ScoredVideo:
    track = make_scores(values, scorer=scorer)
    media = media_of(track, rate, path=f"{name}.mp4")
    return ScoredVideo(media.path, media.time_range, media.frame_rate, track, ())


def probed(*videos: ScoredVideo) -> dict[Path, MediaInfo]:
    return {
        video.path: make_media(video.duration, video.frame_rate, start=video.time_range.start, path=video.path)
        for video in videos
    }


def opened(*videos: ScoredVideo) -> Callable[[Path, Options], MediaInfo]:
    media = probed(*videos)
    return lambda path, _options: media[path]


def choose(videos: list[ScoredVideo], **options: object) -> list[tuple[str, list[float]]]:
    selections = select_over_all(videos, Options.of(**options), probe=opened(*videos))
    return [(s.media.path.stem, [float(h.time_range.start) for h in s]) for s in selections]


def test_what_is_kept_of_a_video_comes_back_to_the_last_bit() -> None:
    features = make_features(7, shot_boundaries=(Fraction(1001, 30000), Fraction(10, 3)))
    cues = dict(features.cues)
    cues["living"] = np.array([0.1, math.nan, *([1 / 3] * 5)], np.float32)
    features = dataclasses.replace(features, cues=cues)
    media = make_media(14, "30000/1001", start="7/5", path="föl der/\udc80.mp4")
    media = dataclasses.replace(media, gaps=(TimeRange(Fraction(1, 3), Fraction(3)),))
    video = ScoredVideo.of(Analysis(media, features, BUILTIN["fusion"](features, Options().score)))
    document = json.loads(json.dumps(video.to_json(), allow_nan=False))
    again = ScoredVideo.from_json(document)
    assert again.to_json() == video.to_json()
    assert (again.path, again.time_range, again.frame_rate) == (media.path, media.time_range, media.frame_rate)
    assert again.gaps == media.gaps
    assert (again.scores.clips, again.shot_boundaries) == (video.scores.clips, video.shot_boundaries)
    assert again.scores.values.tobytes() == video.scores.values.tobytes()
    for name, values in video.measures.items():
        assert again.measures[name].tobytes() == values.tobytes()
    assert set(again.measures) >= {"movement", "living"}
    assert np.isnan(again.measures["living"][1])


def test_clips_with_gaps_come_back_too() -> None:
    video = scored([0.1, 0.2, 0.3])
    clips = (video.scores.clips[0], video.scores.clips[2])
    gap = dataclasses.replace(video, scores=dataclasses.replace(video.scores, clips=clips, values=np.array([0.1, 0.3])))
    ranges = [clip.time_range for clip in ScoredVideo.from_json(gap.to_json()).scores.clips]
    assert ranges == [TimeRange(Fraction(0), Fraction(2)), TimeRange(Fraction(4), Fraction(6))]


@pytest.mark.parametrize(
    "change",
    [{"format_version": 2}, {"scores": [0.1]}, {"scores": [2, 0, 0]}, {"frame_rate": "1/0"}, {"edges": 1}, {"path": 3}],
)
def test_damaged_scores_are_told_from_others(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        ScoredVideo.from_json(scored([0.1, 0.2, 0.3]).to_json() | change)
    with pytest.raises(ValueError, match="no scores"):
        ScoredVideo.from_json({"format_version": 1})


def test_the_best_of_all_files_are_chosen_in_the_order_of_the_files() -> None:
    dull = scored([0.4, 0.41, 0.4, 0.39, 0.4, 0.4], "b")
    lively = scored([0.0, 1.0, 0.0, 0.0, 0.9, 0.0], "a")
    assert choose([dull, lively], duration="4s") == [("b", [2.0]), ("a", [2.0])]
    assert choose([lively, dull], duration="4s") == [("a", [2.0]), ("b", [2.0])]


def test_in_the_order_of_scores_videos_take_turns() -> None:
    one = scored([0.0, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0, 0.8, 0.0], "a")
    two = scored([0.0, 0.1, 0.0, 0.0, 0.9, 0.0, 0.0, 0.9, 0.0], "b")
    order = choose([one, two], duration="8s", max_length="2s", order="score")
    assert order == [("a", [8.0]), ("b", [8.0]), ("b", [14.0]), ("a", [14.0])]
    selections = select_over_all(
        [one, two], Options.of(duration="8s", max_length="2s", order="score"), probe=opened(one, two)
    )
    timeline = build_combined(selections)
    assert [part.media.path.stem for part in timeline.parts] == ["a", "b", "b", "a"]
    assert [source.id for source in timeline.sources] == ["source-1", "source-2"]
    assert [part.score for part in timeline.parts] == sorted((part.score for part in timeline.parts), reverse=True)


def test_one_video_is_chosen_from_as_by_itself() -> None:
    features = make_features(30)
    media = make_media(60)
    analysis = Analysis(media, features, BUILTIN["fusion"](features, Options().score))
    (alone,) = select_over_all([ScoredVideo.of(analysis)], probe=lambda *_: media)
    assert alone == select(analysis)
    assert alone.scores is analysis.scores


def test_only_files_that_are_shown_are_opened() -> None:
    videos = [scored([0.5] * 4 + [0.6], "a"), scored([0.1, 0.1, 0.1, 1.0, 0.1], "b")]
    opened = []

    def probe(path: Path, _options: Options) -> MediaInfo:
        opened.append(path.stem)
        return probed(*videos)[path]

    assert len(select_over_all(videos, Options.of(duration="2s", count=1), probe=probe)) == 1
    assert len(opened) == 1


def test_a_file_that_has_changed_is_refused() -> None:
    video = scored([0.1, 0.9], "a")
    other = make_media(99, 25, path=video.path)
    with pytest.raises(InputError, match="has changed since it was scored"):
        select_over_all([video], probe=lambda *_: other)


def test_what_cannot_be_compared_or_chosen_is_refused() -> None:
    with pytest.raises(OptionError, match="no video"):
        select_over_all([])
    with pytest.raises(OptionError, match="different scorers"):
        select_over_all([scored([0.1]), scored([0.1], scorer="other")])
    with pytest.raises(OptionError, match="--policy budget"):
        select_over_all([scored([0.1])], Options.of(policy="mine"))


def test_no_highlight_of_a_montage_lies_in_a_gap_of_its_video() -> None:
    gap = TimeRange(Fraction(3), Fraction(8))
    one = dataclasses.replace(scored([0.2, 0.9, 1.0, 1.0, 0.1, 0.3], "one"), gaps=(gap,))
    other = scored([0.1] * 6, "other")
    (_, starts), _ = choose([one, other], duration="19s", min_length="2s")
    assert starts == [0, 10]  # what follows the gap scores 0
    (selection, *_) = select_over_all([one, other], Options.of(duration="19s"), probe=opened(one, other))
    assert selection.media.gaps == (gap,)
