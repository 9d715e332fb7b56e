"""What ``--adapt`` brings and costs: a selector fitted to one long video, beside the one in the package.

    python benchmarks/adapt.py [--shared ../shared] [--groups 8]

Long videos with labels are not at hand, so they are made: the features of 2, 4, 8 and 12 videos of ``footage``, drawn
at random, one after the other, with their ratings. That is a long video of unlike scenes, as a day's footage is. Mean
average precision over the long videos of a length, by the protocol of rated clips, and the difference to the selector
in the package with its standard error over those videos.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from autohighlight.config import Options, ScoreOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.evaluation import metrics
from autohighlight.evaluation.labels import RATINGS, read_labels
from autohighlight.evaluation.videos import MeasuredVideo, load_videos
from autohighlight.scorers import BUILTIN
from autohighlight.times import TimeRange
from autohighlight.training.adapt import FEWEST_CLIPS
from autohighlight.types import Clip, FeatureTrack

LENGTHS = (2, 4, 8, 12)
ROWS = {
    "random": ("random", ScoreOptions()),
    "contrastive, the selector in the package": ("contrastive", ScoreOptions()),
    "contrastive, --adapt": ("contrastive", ScoreOptions(adapt=True)),
    "fusion": ("fusion", ScoreOptions()),
}


def joined(videos: list[MeasuredVideo]) -> tuple[FeatureTrack, np.ndarray]:
    """The features of one long video, and which clips each rater calls a highlight in it."""
    tracks = [video.features for video in videos]
    lengths = [clip.time_range.duration for track in tracks for clip in track.clips]
    ends = np.cumsum([Fraction(0), *lengths])
    clips = tuple(Clip(i, TimeRange(ends[i], ends[i + 1])) for i in range(len(lengths)))
    track = dataclasses.replace(
        tracks[0],
        clips=clips,
        embeddings=np.concatenate([track.embeddings for track in tracks]),
        cues={name: np.concatenate([track.cues[name] for track in tracks]) for name in tracks[0].cues},
        shot_boundaries=(),
    )
    ratings = np.concatenate([video.targets.ratings for video in videos], axis=1)
    return track, metrics.upper_quartile_positives(ratings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--groups", type=int, default=8, help="long videos of each length")
    arguments = parser.parse_args()
    labels = read_labels(arguments.shared / "annotations" / "footage" / "labels.jsonl")
    videos = list(load_videos(labels, Options(), load_plugins(installed=False)))
    rng = np.random.default_rng(0)
    for number in LENGTHS:
        measures: dict[str, list[float]] = {name: [] for name in ROWS}
        clips, seconds = [], []
        while len(clips) < arguments.groups:
            track, positives = joined([videos[i] for i in rng.choice(len(videos), number, replace=False)])
            if len(track) < FEWEST_CLIPS:
                continue
            clips.append(len(track))
            for name, (scorer, options) in ROWS.items():
                begin = time.perf_counter()
                scores = BUILTIN[scorer](track, options).values
                if options.adapt:
                    seconds.append(time.perf_counter() - begin)
                measures[name].append(metrics.mean_over_raters(RATINGS.metric, positives, scores))
        print(f"\n{number} videos joined, {arguments.groups} times: {min(clips)} to {max(clips)} clips; "
              f"--adapt takes {np.mean(seconds):.1f} s")  # fmt: skip
        shipped = np.array(measures["contrastive, the selector in the package"])
        for name, values in measures.items():
            error = np.std(values - shipped, ddof=1) / np.sqrt(len(values))
            print(f"  {name:<42} {np.mean(values):.3f}  {np.mean(values - shipped):+.3f} +/- {error:.3f}")


if __name__ == "__main__":
    main()
