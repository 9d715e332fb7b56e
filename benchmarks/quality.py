"""How well scorers find highlights: mean average precision on four sets of labelled videos, beside the floors.

    python benchmarks/quality.py [--shared ../shared] [--speed balanced] [--ablation]

rated, footage: clips of 2 s rated by eye. action: fights spliced into idle CCTV footage, a proxy for highlights that
only shows whether a scorer finds anything; control: idle footage spliced into idle footage in the same way, where
there is nothing to find, so that a scorer that finds the splices is found out. The spliced sets are built once for
each seed and kept, as features are, in the cache folder, so that a second run is quick.

Prints one table a speed and, for the default scorer, whether the targets are met; the exit code is 1 if one is not.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import importlib.metadata
import itertools
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autohighlight.config import Options, user_cache_dir
from autohighlight.default_plugins import load_plugins
from autohighlight.evaluation.labels import read_labels
from autohighlight.evaluation.metrics import bootstrap_interval
from autohighlight.evaluation.report import CHANCE, ORACLE, references
from autohighlight.evaluation.videos import MeasuredVideo, load_videos
from autohighlight.plugins import Plugins
from autohighlight.scorers import FLOORS
from autohighlight.scorers.fusion import combine, measure_parts
from autohighlight.types import Progress

REPOSITORY = Path(__file__).resolve().parents[1]
SETS = ("rated", "footage", "action", "control")
SPLICED = ("action", "control")
DISTRIBUTIONS = ("autohighlight", "torch", "numpy", "av", "imageio-ffmpeg")

MARGIN = 0.06
"""How far above the best of the floors the default scorer is to be, on rated and on footage."""
PUBLISHED_FLOORS = {"rated": 0.700, "footage": 0.607}
"""The best floor that came with the labels; a floor measured lower here makes the target no easier."""
ACTION_TARGET = 0.60
CONTROL_TARGET = 0.05
"""How far from chance the default scorer may be where there is nothing to find."""

Measures = list[dict[str, float]]
"""For each video: scorer -> its measure; NaN where the video has nothing to find."""


@dataclass(frozen=True)
class Table:
    """All measures of one run.

    Args:
        scorers: the rows, in order.
        measures: set -> seed (0 where seeds do not matter) -> the measures of its videos.
    """

    scorers: tuple[str, ...]
    measures: dict[str, dict[int, Measures]]

    def values(self, scorer: str, name: str) -> np.ndarray:
        """The measures on the set's videos of all seeds, without those that have nothing to find."""
        return measured(scorer, [video for videos in self.measures[name].values() for video in videos])

    def mean(self, scorer: str, name: str) -> float:
        """mAP on a set, over the videos of all seeds."""
        return float(self.values(scorer, name).mean())

    def best_floor(self, name: str) -> str:
        """The floor, or chance, that does best on a set."""
        return max((CHANCE, *FLOORS), key=lambda scorer: self.mean(scorer, name))


def measured(scorer: str, videos: Measures) -> np.ndarray:
    """One scorer's measures, without those that are not there."""
    values = np.array([video.get(scorer, np.nan) for video in videos])
    known: np.ndarray = values[~np.isnan(values)]
    return known


def main() -> int:
    arguments = parse_arguments()
    print_provenance()
    plugins, met = load_plugins(), True
    for speed in arguments.speed:
        options = Options.of(speed=speed, device=arguments.device)
        table = measure(arguments, options, plugins)
        print(f"\nspeed {speed}\n")
        print_table(table)
        met &= print_targets(table, options.score.scorer_name)
    return 0 if met else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=REPOSITORY.parent / "shared", help="folder of media and labels")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="seeds of the spliced sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, help="measure these sets alone")
    parser.add_argument("--speed", nargs="+", choices=("fast", "balanced", "exact"), default=["balanced"])
    parser.add_argument("--device", default="auto", help="where the network runs")
    parser.add_argument(
        "--ablation", action="store_true", help="rows for each part of the default scorer, alone and left out"
    )
    arguments = parser.parse_args()
    if not (arguments.shared / "annotations").is_dir():
        parser.error(f"{arguments.shared} holds no annotations; name the folder that does with --shared")
    return arguments


def print_provenance() -> None:
    print("$", shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]]))
    versions = [f"{name} {importlib.metadata.version(name)}" for name in DISTRIBUTIONS]
    print(", ".join([f"Python {platform.python_version()}", *versions, platform.machine(), f"{os.cpu_count()} cores"]))


def measure(arguments: argparse.Namespace, options: Options, plugins: Plugins) -> Table:
    measures: dict[str, dict[int, Measures]] = {}
    for name in arguments.sets:
        measures[name] = {}
        for seed in arguments.seeds if name in SPLICED else [0]:
            labels = spliced_labels(arguments.shared, name, seed) if name in SPLICED else None
            labels = labels or arguments.shared / "annotations" / name / "labels.jsonl"
            reporter = Reporter(f"{name} {seed}" if name in SPLICED else name)
            videos = load_videos(read_labels(labels), options, plugins, reporter)
            measures[name][seed] = [
                dict(measure_video(video, options, plugins, arguments.ablation)) for video in videos
            ]
    every = itertools.chain.from_iterable(videos for by_seed in measures.values() for videos in by_seed.values())
    scorers = dict.fromkeys(itertools.chain.from_iterable(every))
    return Table(tuple(scorers), measures)


def measure_video(
    video: MeasuredVideo, options: Options, plugins: Plugins, ablation: bool
) -> Iterator[tuple[str, float]]:
    """Each row of the table with its measure on one video."""
    default = options.score.scorer_name
    for name in (default, "contrastive"):
        scores = plugins.scorers[name](video.features, dataclasses.replace(options.score, scorer=name))
        yield name, video.measure(scores.values)
        if name == default and ablation:
            parts = measure_parts(video.features)
            for part, values in parts.items():
                yield f"  {part} alone", video.measure(values)
                others = {other: values for other, values in parts.items() if other != part}
                yield f"  without {part}", video.measure(combine(others))
    for name in FLOORS:
        yield name, video.measure(plugins.scorers[name](video.features, options.score).values)
    labels_alone = references(video.protocol, video.targets)
    yield CHANCE, labels_alone[CHANCE]
    yield ORACLE, labels_alone[ORACLE]


def spliced_labels(shared: Path, name: str, seed: int) -> Path:
    """The labels of one spliced set, built if it is not there yet."""
    tool = shared / "tools" / "build_spliced.py"
    key = hashlib.sha256(tool.read_bytes()).hexdigest()[:12]
    folder = user_cache_dir() / "benchmarks" / f"spliced-{key}-{seed}"
    if not folder.is_dir():
        print(f"building the spliced sets of seed {seed}", file=sys.stderr)
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        try:
            actions = shared / "media" / "actions"
            subprocess.run([sys.executable, tool, actions, unfinished, "--seed", str(seed)], check=True)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return folder / name / "labels.jsonl"


class Reporter:
    """Tells on stderr how many videos of a set are done."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, progress: Progress) -> None:
        if progress.stage == "evaluate":
            print(f"{self.name}: {progress.done:.0f} of {progress.total:.0f} videos", file=sys.stderr)


def print_table(table: Table) -> None:
    """mAP of each scorer on each set with its interval, and for each seed where there are several."""
    header = ["scorer"]
    for name, by_seed in table.measures.items():
        header.append(f"{name} ({len(table.values(CHANCE, name))} videos)")
        header += [f"seed {seed}" for seed in by_seed] if len(by_seed) > 1 else []
    lines = [header, *(table_line(table, scorer) for scorer in table.scorers)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for number, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    left_out = {name: count_left_out(by_seed) for name, by_seed in table.measures.items()}
    print("\nmAP, 95 % bootstrap interval over videos; videos without a highlight left out:", end=" ")
    print(", ".join(f"{name} {count}" for name, count in left_out.items()))


def table_line(table: Table, scorer: str) -> list[str]:
    cells = [scorer]
    for by_seed in table.measures.values():
        pooled = [video for videos in by_seed.values() for video in videos]
        seeds = by_seed.values() if len(by_seed) > 1 else []
        cells += [interval_cell(measured(scorer, pooled))]
        cells += [f"{measured(scorer, videos).mean():.3f}" for videos in seeds]
    return cells


def interval_cell(values: np.ndarray) -> str:
    return f"{values.mean():.3f} {bootstrap_interval(values)}"


def count_left_out(by_seed: dict[int, Measures]) -> int:
    return sum(np.isnan(video[CHANCE]) for videos in by_seed.values() for video in videos)


def print_targets(table: Table, default: str) -> bool:
    """A line for each target of the sets that were measured; whether all are met."""
    checks = {"rated": above_floor, "footage": above_floor, "action": finds_action, "control": finds_nothing}
    results = list[bool]()
    for name in table.measures:
        met, text = checks[name](table, default, name)
        print("PASS" if met else "FAIL", f"{default} on {name} {table.mean(default, name):.3f}: {text}")
        results.append(met)
    return all(results)


def above_floor(table: Table, default: str, name: str) -> tuple[bool, str]:
    floor = table.best_floor(name)
    here, published = table.mean(floor, name), PUBLISHED_FLOORS[name]
    target = max(here, published) + MARGIN
    difference = table.values(default, name) - table.values(floor, name)
    return table.mean(default, name) >= target, (
        f"at least {target:.3f}, which is {MARGIN} above the best floor (here {floor} {here:.3f}, published "
        f"{published:.3f}); video by video {interval_cell(difference)} above the floor here"
    )


def finds_action(table: Table, default: str, name: str) -> tuple[bool, str]:
    return table.mean(default, name) >= ACTION_TARGET, f"at least {ACTION_TARGET:.3f}"


def finds_nothing(table: Table, default: str, name: str) -> tuple[bool, str]:
    difference = table.values(default, name) - table.values(CHANCE, name)
    chance = table.mean(CHANCE, name)
    return abs(difference.mean()) <= CONTROL_TARGET, (
        f"within {CONTROL_TARGET} of chance {chance:.3f}; video by video {interval_cell(difference)} above it"
    )


if __name__ == "__main__":
    sys.exit(main())
