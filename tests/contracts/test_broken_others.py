"""The contracts of what is no network find what they are there to find."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight import pipeline
from autohighlight.clips.fixed import fixed_clips
from autohighlight.config import BatchOptions, ExportOptions, SampleOptions, ScoreOptions, SelectOptions
from autohighlight.executors.protocol import Failed, Returned, Started
from autohighlight.export.edl import write_edl
from autohighlight.files import written_whole
from autohighlight.plugins import Exporter, Faults
from autohighlight.selection.budget import select_within_budget
from autohighlight.testing import (
    ClipSamplerContract,
    ExecutorContract,
    ExporterContract,
    ScorerContract,
    SelectionPolicyContract,
)
from autohighlight.testing.examples import example_features, example_scores, example_timeline, write_example_video
from autohighlight.testing.policies import CURVES
from autohighlight.testing.samplers import MEDIA
from autohighlight.times import TimeRange
from autohighlight.types import Clip, ScoreTrack, Selection
from tests.contracts.failures import assert_caught, failures


def saying(contract: type, thing: object) -> Any:
    """The contract, about something."""
    return type("Contract", (contract,), {"factory": lambda _self: thing})()


# Scorers


def bright(features: Any, _options: Any, values: Any = None, **others: Any) -> ScoreTrack:
    """Right, unless told to be otherwise."""
    if values is None:
        values = np.argsort(np.argsort(features.embeddings[:, 0])) / max(1, len(features) - 1)
    return dataclasses.replace(ScoreTrack(features.clips, values, "bright"), **others)


def other_clips(features: Any, options: Any) -> ScoreTrack:
    return example_scores([0.5] * (len(features) + 1))


def plain_array(features: Any, options: Any) -> Any:
    return np.zeros(len(features))


def nameless(features: Any, options: Any) -> ScoreTrack:
    return bright(features, options, scorer="")


def part_beyond_1(features: Any, options: Any) -> ScoreTrack:
    return bright(features, options, parts={"loud": np.full(len(features), 7.0)})


def all_alike(features: Any, options: Any) -> ScoreTrack:
    return bright(features, options, values=np.full(len(features), 0.5))


def by_chance(features: Any, options: Any) -> ScoreTrack:
    return bright(features, options, values=np.random.default_rng().random(len(features)))


def by_global_chance(features: Any, options: Any) -> ScoreTrack:
    random.random()  # noqa: S311
    return bright(features, options)


def divides_by_spread(features: Any, options: Any) -> ScoreTrack:
    values = features.embeddings[:, 0].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return bright(features, options, values=(values - values.min()) / np.ptp(values))


def divides_by_brightest(features: Any, options: Any) -> ScoreTrack:
    values = features.embeddings[:, 0].astype(np.float64)
    with np.errstate(invalid="ignore"):
        return bright(features, options, values=values / values.max())


def trusts_cues(features: Any, options: Any) -> ScoreTrack:
    return bright(features, options, values=features.cues["movement"].astype(np.float64))


def compares_neighbours(features: Any, options: Any) -> ScoreTrack:
    steps = np.abs(np.diff(features.embeddings[:, 0])).astype(np.float64)
    return bright(features, options, values=np.append(steps, steps[-1]) / (1 + steps.max()))


def needs_the_file(features: Any, options: Any) -> ScoreTrack:
    return bright(features, options, scorer=features.media.path.name)


SCORERS = [
    (other_clips, "test_each_clip_has_a_score"),
    (plain_array, "test_each_clip_has_a_score"),
    (nameless, "test_it_says_its_name_and_what_the_score_is_made_of"),
    (part_beyond_1, "test_it_says_its_name_and_what_the_score_is_made_of"),
    (all_alike, "test_scores_differ_where_features_do"),
    (by_chance, "test_the_same_features_have_the_same_scores"),
    (compares_neighbours, "test_a_video_of_one_clip_is_scored_or_refused"),
    (divides_by_spread, "test_a_video_in_which_nothing_changes_is_scored_or_refused"),
    (divides_by_brightest, "test_a_black_video_is_scored_or_refused"),
    (trusts_cues, "test_cues_that_were_not_measured_do_no_harm"),
    (needs_the_file, "test_features_without_a_video_are_scored_or_refused"),
    (by_global_chance, "test_it_changes_nothing_for_the_rest_of_the_program"),
    (lambda features, options: bright(features, options), "test_it_can_be_sent_to_a_worker"),  # noqa: PLW0108
]
FEATURES: dict[str, Callable[[], Any]] = {"features": example_features, "options": ScoreOptions}


def test_a_scorer_that_is_right_passes() -> None:
    assert failures(saying(ScorerContract, bright), **FEATURES) == set()


@pytest.mark.parametrize(("broken", "test"), SCORERS)
def test_a_broken_scorer_is_found(broken: Any, test: str) -> None:
    assert_caught(broken, test, saying(ScorerContract, broken), FEATURES)


# Clip samplers


def fixed(media: Any, options: Any) -> tuple[Clip, ...]:
    return fixed_clips(media, options.clip_length)


def listed(media: Any, options: Any) -> Any:
    return list(fixed(media, options))


def without_the_end(media: Any, options: Any) -> tuple[Clip, ...]:
    return fixed(media, options)[:-1]


def numbered_from_1(media: Any, options: Any) -> tuple[Clip, ...]:
    return tuple(Clip(clip.index + 1, clip.time_range) for clip in fixed(media, options))


def with_gaps(media: Any, options: Any) -> tuple[Clip, ...]:
    clips = fixed(media, options)
    last = clips[-1].time_range
    gap = last.duration / 2
    return (*clips[:-1], Clip(clips[-1].index, TimeRange(last.start + gap, last.end)))


def counting_from_0(media: Any, options: Any) -> tuple[Clip, ...]:
    return tuple(
        Clip(clip.index, TimeRange(clip.time_range.start - media.time_range.start, clip.time_range.end))
        for clip in fixed(media, options)
    )


@pytest.mark.parametrize("broken", [listed, without_the_end, numbered_from_1, with_gaps, counting_from_0])
def test_a_broken_clip_sampler_is_found(broken: Any) -> None:
    contract = saying(ClipSamplerContract, broken)
    found = [failures(contract, media=lambda media=media: media) for media in MEDIA.values()]
    assert any("test_clips_cover_the_video_in_time_order" in each for each in found)


def test_a_clip_sampler_that_is_right_passes() -> None:
    contract = saying(ClipSamplerContract, fixed)
    assert failures(contract, media=lambda: MEDIA["NTSC"], length=lambda: "100f") == set()
    assert fixed(MEDIA["NTSC"], SampleOptions())


# Selection policies


def nothing(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
    return Selection(media, (), scores)


def everything(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
    (first, *_) = select_within_budget(media, scores, cuts, SelectOptions())
    return Selection(media, (dataclasses.replace(first, time_range=media.time_range),), scores)


def regardless(**changes: Any) -> Any:
    def policy(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
        return select_within_budget(media, scores, cuts, dataclasses.replace(options, **changes))

    return policy


def backwards(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
    selection = select_within_budget(media, scores, cuts, options)
    return Selection(media, selection.highlights[::-1], scores)


def beside_the_video(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
    selection = select_within_budget(media, scores, cuts, options)
    moved = [
        dataclasses.replace(each, time_range=TimeRange(each.time_range.start + 999, each.time_range.end + 999))
        for each in selection
    ]
    return Selection(media, tuple(moved), scores)


def without_reason(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
    selection = select_within_budget(media, scores, cuts, options)
    return Selection(media, tuple(dataclasses.replace(each, reason="") for each in selection), scores)


def other_scores(media: Any, scores: Any, cuts: Any, options: Any) -> Selection:
    selection = select_within_budget(media, scores, cuts, options)
    return Selection(media, selection.highlights, dataclasses.replace(scores))


POLICIES = [
    (nothing, "test_something_is_chosen_of_any_curve"),
    (without_reason, "test_something_is_chosen_of_any_curve"),
    (other_scores, "test_something_is_chosen_of_any_curve"),
    (beside_the_video, "test_highlights_lie_in_the_video"),
    (everything, "test_the_duration_is_not_passed"),
    (everything, "test_no_highlight_is_longer_than_the_longest_allowed"),
    (regardless(count=None), "test_the_number_of_highlights_is_not_passed"),
    (regardless(order="score"), "test_they_come_in_the_order_asked_for"),
    (backwards, "test_they_come_in_the_order_asked_for"),
    (regardless(), "test_it_can_be_sent_to_a_worker"),
]


def of_curve(values: Any) -> dict[str, Callable[[], Any]]:
    return {"scores": lambda: example_scores(values), "duration": lambda: "20s"}


def test_a_policy_that_is_right_passes() -> None:
    for values in CURVES.values():
        assert failures(saying(SelectionPolicyContract, select_within_budget), **of_curve(values)) == set()


@pytest.mark.parametrize(("broken", "test"), POLICIES)
def test_a_broken_policy_is_found(broken: Any, test: str) -> None:
    assert_caught(broken, test, saying(SelectionPolicyContract, broken), of_curve(CURVES["random"]))


# Exporters


def exporter(write: Any = write_edl, suffixes: Any = (".edl",), summary: str = "a list", **others: Any) -> Exporter:
    return Exporter(write, suffixes, summary, **others)


def says_nothing(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    write_edl(timeline, path, options, progress)
    return []


def leaves_another(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    path.with_name("notes.tmp").write_text("left")
    return write_edl(timeline, path, options, progress)


def replaces(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    return write_edl(timeline, path, dataclasses.replace(options, overwrite=True), progress)


def never_replaces(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    return write_edl(timeline, path, dataclasses.replace(options, overwrite=False), progress)


def makes_folders(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_edl(timeline, path, options, progress)


def touches_the_source(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    (timeline.parts[0].media.path.parent / "beside.txt").write_text("beside")
    return write_edl(timeline, path, options, progress)


def writes_chance(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    with written_whole(path, overwrite=options.overwrite) as unfinished:
        unfinished.write_text(str(random.SystemRandom().random()))
    return [path]


def tells_numbers(timeline: Any, path: Path, options: Any, progress: Any) -> list[Path]:
    progress(0.5)
    return write_edl(timeline, path, options, progress)


EXPORTERS = [
    (exporter(suffixes=()), "test_it_says_what_it_is"),
    (exporter(suffixes=("edl",)), "test_it_says_what_it_is"),
    (exporter(suffixes=(".EDL",)), "test_it_says_what_it_is"),
    (exporter(summary=""), "test_it_says_what_it_is"),
    (exporter(defaults={"crf": "20"}), "test_its_defaults_are_of_selection_options"),
    (exporter(defaults={"count": "many"}), "test_its_defaults_are_of_selection_options"),
    (exporter(options=frozenset()), "test_it_reads_the_options_that_it_names"),
    (exporter(options=frozenset({"markers", "colour"})), "test_it_reads_the_options_that_it_names"),
    (exporter(says_nothing), "test_it_writes_just_the_files_that_it_names"),
    (exporter(leaves_another), "test_it_writes_just_the_files_that_it_names"),
    (exporter(tells_numbers), "test_it_writes_just_the_files_that_it_names"),
    (exporter(suffixes=(".cut",), write=lambda t, p, o, c: write_edl(t, p.with_suffix(".edl"), o, c)),
     "test_it_writes_just_the_files_that_it_names"),
    (exporter(verify=lambda _path, _timeline: Faults(("wrong",))), "test_its_verifier_finds_nothing_wrong"),
    (exporter(verify=lambda _path, _timeline: Faults()), "test_its_verifier_finds_a_file_that_is_empty"),
    (exporter(writes_chance), "test_the_same_timeline_gives_the_same_files"),
    (exporter(replaces), "test_a_file_that_is_there_is_not_replaced"),
    (exporter(never_replaces), "test_a_file_that_is_there_is_replaced_on_request"),
    (exporter(makes_folders), "test_a_folder_that_is_not_there_is_said"),
    (exporter(touches_the_source), "test_the_sources_are_only_read"),
    (exporter(lambda *words: write_edl(*words)), "test_it_can_be_sent_to_a_worker"),  # noqa: PLW0108
]  # fmt: skip


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_example_video(tmp_path_factory.mktemp("source") / "video.mp4")


@pytest.fixture
def written(video: Path, tmp_path: Path) -> dict[str, Callable[[], Any]]:
    """What each test of the contract of exporters is given: a new folder each time."""
    numbers = iter(range(1000))

    def destination() -> Path:
        folder = tmp_path / str(next(numbers)) / "here"
        folder.mkdir(parents=True)
        return folder / "cut.edl"

    timeline = example_timeline(pipeline.probe(video))
    (video.parent / "beside.txt").unlink(missing_ok=True)
    return {
        "video": lambda: video,
        "timeline": lambda: timeline,
        "options": ExportOptions,
        "destination": destination,
    }


def test_an_exporter_that_is_right_passes(written: dict[str, Callable[[], Any]]) -> None:
    assert failures(saying(ExporterContract, exporter()), **written) == set()


@pytest.mark.parametrize(("broken", "test"), EXPORTERS)
def test_a_broken_exporter_is_found(broken: Exporter, test: str, written: dict[str, Callable[[], Any]]) -> None:
    assert_caught(broken, test, saying(ExporterContract, broken), written)


# Executors


class Inline:
    """Runs tasks one after the other, here: right but for workers that die, which it has none of."""

    num_workers = 1

    def __init__(self, _options: Any):
        pass

    def run(self, work: Any, tasks: Any) -> Any:
        for task in tasks:
            yield Started(task.key, "1")
            try:
                yield Returned(task.key, self.value(work, task))
            except ValueError as error:
                yield Failed(task.key, "raised", str(error))

    def value(self, work: Any, task: Any) -> Any:
        return work(task.argument, lambda _progress: None)

    def close(self) -> None:
        pass


class Silent(Inline):
    def run(self, work: Any, tasks: Any) -> Any:
        for event in super().run(work, tasks):
            if not isinstance(event, Started):
                yield event


class Losing(Inline):
    def run(self, work: Any, tasks: Any) -> Any:
        yield from super().run(work, list(tasks)[1:])


class Raising(Inline):
    def run(self, work: Any, tasks: Any) -> Any:
        for task in tasks:
            yield Started(task.key, "1")
            yield Returned(task.key, self.value(work, task))


class Wrong(Inline):
    def value(self, _work: Any, task: Any) -> Any:
        return task.argument


class Once(Inline):
    is_used = False

    def run(self, work: Any, tasks: Any) -> Any:
        if self.is_used:
            raise RuntimeError("used up")
        self.is_used = True
        yield from super().run(work, tasks)


class Twice(Inline):
    def run(self, work: Any, tasks: Any) -> Any:
        for event in super().run(work, tasks):
            yield event
            if isinstance(event, Returned):
                yield event


DEADLY = {
    "test_a_worker_that_dies_fails_its_task_alone",
    "test_leaving_early_stops_what_is_under_way",
    "test_tasks_are_taken_as_workers_become_free",
}
"""Tests that end this process, or wait for long, where tasks are run in it."""


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (Silent, "test_every_task_ends_once_with_its_value"),
        (Losing, "test_every_task_ends_once_with_its_value"),
        (Wrong, "test_every_task_ends_once_with_its_value"),
        (Twice, "test_every_task_ends_once_with_its_value"),
        (Raising, "test_an_error_of_the_work_fails_its_task_alone"),
        (Once, "test_it_may_run_twice_and_be_closed_twice"),
    ],
)
def test_a_broken_executor_is_found(broken: Any, test: str) -> None:
    contract = saying(ExecutorContract, broken)
    with pytest.raises((AssertionError, ValueError, RuntimeError)):
        getattr(contract, test)(BatchOptions())


def test_an_executor_that_is_right_passes() -> None:
    contract = saying(ExecutorContract, Inline)
    names = {name for name in dir(contract) if name.startswith("test_")} - DEADLY
    assert len(names) >= 4
    for name in names:
        getattr(contract, name)(BatchOptions())
    assert Fraction(Inline(None).num_workers) == 1
