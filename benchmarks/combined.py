"""Which rule makes the scores of different videos comparable, as a montage over a whole folder needs it.

    python benchmarks/combined.py [--shared ../shared] [--scorer fusion contrastive] [--resamples 200]

The clips of all videos of a set are put into one order by each rule, and measured against what somebody said of them:
average precision of the whole order, and the share of highlights in its best 60 s. A clip of a rated video is one
if its mean rating is at least 4 of 5; of a spliced one, if it is a fight. Some sets are made of lively and dull videos
together: to the fights and to the rated footage, videos of idle CCTV are added in which there is nothing to find.

The floors are chance, and an equal share: the best clip of each video, then the second of each, and so on, whatever the
scores are. Differences are from the rule in use, with 95 % bootstrap intervals over videos.

    python benchmarks/combined.py --hours 1000

measures instead how much processor time, and memory, it takes to choose from so many made-up videos of an hour.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import quality
from numpy.typing import NDArray

from autohighlight.batch.scored import ScoredVideo
from autohighlight.config import Options, option_flag
from autohighlight.default_plugins import load_plugins
from autohighlight.evaluation.labels import SPANS, read_labels
from autohighlight.evaluation.metrics import average_precision
from autohighlight.evaluation.videos import MeasuredVideo, load_videos, scores_on_labels
from autohighlight.scorers.across import comparable
from autohighlight.scorers.fusion import measures_of, totals_across
from autohighlight.scorers.ranks import ranks, scaled_to_unit, z_scores
from autohighlight.selection.budget import Material, choose_within_budget
from autohighlight.times import TimeRange
from autohighlight.types import Clip, ScoreTrack

Values = NDArray[np.float64]
Rule = Callable[[Sequence[MeasuredVideo], Sequence[Values]], list[Values]]

SETS: dict[str, tuple[str, ...]] = {
    "rated": ("rated",),
    "footage": ("footage",),
    "rated, footage": ("rated", "footage"),
    "action": ("action 0", "action 1", "action 2"),
    "action, dull": ("action 0", "action 1", "action 2", "control 0", "control 1", "control 2"),
    "footage, dull": ("footage", "control 0"),
    "rated, dull": ("rated", "control 0"),
    "all": ("rated", "footage", "action 0", "control 0"),
}
"""Name -> the collections that it is made of, with the seed of spliced ones."""

HIGHLIGHT_RATING = 4.0
BUDGET_SECONDS = 60.0


@dataclass(frozen=True, eq=False)
class Video:
    """A labelled video, and what each rule makes of it.

    Args:
        positives: bool (N,): which labelled clips are highlights.
        seconds: length of one.
        orders: rule -> (N,): what they are put into order by.
    """

    positives: NDArray[np.bool_]
    seconds: float
    orders: dict[str, Values]


def robust(values: Values) -> Values:
    """Distance from the median in median absolute deviations."""
    distance = values - np.median(values)
    spread = np.median(np.abs(distance))
    return distance / spread if spread > 0 else np.zeros_like(values)


def each(function: Callable[[Values], Values]) -> Rule:
    """A rule that looks at one video at a time."""
    return lambda _, scores: [function(values) for values in scores]


def by_shares(own_share: float) -> Rule:
    """Told by what is usual in its own video, and in all."""
    return lambda videos, _: totals_across([measures_of(video.features) for video in videos], own_share)


RULES: dict[str, Rule] = {
    "scores as they are": each(lambda values: values),
    "ranks": each(ranks),
    "median and its deviation": each(robust),
    "mean and deviation": each(z_scores),
}
FUSION_RULES: dict[str, Rule] = {
    "parts by the own video": by_shares(1.0),
    "half by the own, half by all": by_shares(0.5),
    "parts by all videos": by_shares(0.0),
}
EQUAL_SHARE = "equal share"
IN_USE = {"fusion": "half by the own, half by all"}
IN_USE_ELSE = "mean and deviation"


def main() -> int:
    arguments = parse_arguments()
    quality.print_provenance()
    if arguments.hours:
        print_times([made_up(number) for number in range(arguments.hours)])
        return 0
    collections = load(arguments.shared)
    for scorer in arguments.scorer:
        print(f"\n{scorer}\n")
        for name, members in SETS.items():
            videos = [video for member in members for video in collections[member]]
            print_set(name, ordered(videos, scorer), IN_USE.get(scorer, IN_USE_ELSE), arguments.resamples)
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = quality.REPOSITORY.parent / "shared"
    parser.add_argument("--shared", type=Path, default=shared, help="folder of media and labels")
    parser.add_argument("--scorer", nargs="+", default=["fusion", "contrastive"], help="whose scores")
    parser.add_argument("--resamples", type=int, default=200, help="of the bootstrap")
    parser.add_argument("--hours", type=int, metavar="N", help="choose from N made-up videos of an hour instead")
    arguments = parser.parse_args()
    if not arguments.hours and not (arguments.shared / "annotations").is_dir():
        parser.error(f"{arguments.shared} holds no annotations; name the folder that does with --shared")
    return arguments


def load(shared: Path) -> dict[str, list[MeasuredVideo]]:
    """The videos of every collection, measured."""
    options, plugins, loaded = Options(), load_plugins(installed=False), {}
    for member in dict.fromkeys(member for members in SETS.values() for member in members):
        name, _, seed = member.partition(" ")
        labels = shared / "annotations" / name / "labels.jsonl"
        if seed:
            labels = quality.spliced_labels(shared, name, int(seed))
        print(f"reading {member}", file=sys.stderr)
        loaded[member] = list(load_videos(read_labels(labels), options, plugins))
    return loaded


def ordered(videos: Sequence[MeasuredVideo], scorer: str) -> list[Video]:
    """What each rule makes of the clips that are labelled."""
    score = load_plugins(installed=False).scorers[scorer]
    options = dataclasses.replace(Options().score, scorer=scorer)
    scores = [np.asarray(score(video.features, options).values, np.float64) for video in videos]
    rules = RULES | (FUSION_RULES if scorer == "fusion" else {})
    by_rule = {name: rule(videos, scores) for name, rule in rules.items()}
    by_rule[EQUAL_SHARE] = [-np.argsort(np.argsort(-values, kind="stable")).astype(np.float64) for values in scores]
    made = []
    for number, video in enumerate(videos):
        labelled = video.targets.clips
        on_labels = {
            name: scores_on_labels(values[number], video.features.clips, labelled, video.start)
            for name, values in by_rule.items()
        }
        is_spliced = video.protocol is SPANS
        positives = video.targets.positives[0] if is_spliced else video.targets.oracle >= HIGHLIGHT_RATING
        made.append(Video(positives, float(labelled[0].duration), on_labels))
    return made


def measure(videos: Sequence[Video], rule: str) -> tuple[float, float]:
    """Average precision of all clips in one order, and the share of highlights in the best `BUDGET_SECONDS`."""
    positives = np.concatenate([video.positives for video in videos])
    order = np.concatenate([video.orders[rule] for video in videos])
    if not positives.any():
        return np.nan, np.nan
    best = np.argsort(-order, kind="stable")[: round(BUDGET_SECONDS / videos[0].seconds)]
    return average_precision(positives, order), float(positives[best].mean())


def print_set(name: str, videos: Sequence[Video], in_use: str, resamples: int) -> None:
    """A table of one set."""
    clips = sum(len(video.positives) for video in videos)
    chance = float(np.concatenate([video.positives for video in videos]).mean())
    print(f"{name}: {len(videos)} videos, {clips} clips\n")
    print("| rule | AP | difference | best 60 s | difference |")
    print("|---|---|---|---|---|")
    random = np.random.default_rng(0)
    drawn = [[videos[i] for i in random.integers(len(videos), size=len(videos))] for _ in range(resamples)]
    usual = np.array([measure(those, in_use) for those in drawn])
    for rule in videos[0].orders:
        precision, share = measure(videos, rule)
        low, high = np.nanquantile(np.array([measure(those, rule) for those in drawn]) - usual, [0.025, 0.975], axis=0)
        cells = ["in use"] * 2 if rule == in_use else [f"[{a:+.3f}, {b:+.3f}]" for a, b in zip(low, high, strict=True)]
        print(f"| {rule} | {precision:.3f} | {cells[0]} | {share:.3f} | {cells[1]} |")
    print(f"| chance | {chance:.3f} | | {chance:.3f} | |\n")


def made_up(number: int) -> ScoredVideo:
    """An hour in clips of 2 s, the last of an odd length, whose scores rise and fall as in footage."""
    random = np.random.default_rng(number)
    edges = [*(Fraction(2 * clip) for clip in range(1800)), Fraction(3600) + Fraction(int(random.integers(25)), 25)]
    clips = tuple(Clip(index, TimeRange(*edge)) for index, edge in enumerate(itertools.pairwise(edges)))
    values = scaled_to_unit(np.convolve(random.random(len(clips) + 4), np.ones(5), "valid"))
    scores = ScoreTrack(clips, values, "made up")
    return ScoredVideo(Path(f"{number}.mp4"), TimeRange(edges[0], edges[-1]), Fraction(25), scores, ())


def print_times(videos: Sequence[ScoredVideo]) -> None:
    """What choosing takes under various limits."""
    wishes: list[dict[str, object]] = [
        {},
        {"count": 10},
        {"min_length": "6s", "max_length": "10s"},
        {"duration": "10m"},
        {"duration": "1%"},
    ]
    print("\n| options | processor s | highlights | seconds | score times seconds |\n|---|---|---|---|---|")
    for wish in wishes:
        began = time.process_time()
        tracks = comparable([video.scores for video in videos], [video.measures for video in videos])
        materials = [Material(video, track, ()) for video, track in zip(videos, tracks, strict=True)]
        chosen = list(itertools.chain.from_iterable(choose_within_budget(materials, Options.of(**wish).select)))
        took = time.process_time() - began
        seconds = sum(float(highlight.time_range.duration) for highlight in chosen)
        worth = sum(float(highlight.time_range.duration) * highlight.score for highlight in chosen)
        words = " ".join(f"{option_flag(name)} {value}" for name, value in wish.items()) or "the defaults"
        print(f"| {words} | {took:.1f} | {len(chosen)} | {seconds:.2f} | {worth:.2f} |", flush=True)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    sys.exit(main())
