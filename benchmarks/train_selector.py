"""Makes the highlight selector in the package: trains it, without a label, on the footage that the project was given.

    python benchmarks/train_selector.py [--shared ../shared] [--out FILE] [--seed 0]

The footage: ``media/real``, ``media/footage``, and twelve videos spliced from ``media/actions`` with a seed that no
benchmark uses. The recipe departs from the paper's where that found nothing (``docs/scoring.md``): the features tell
by how much each channel of the network changes from picture to picture, the attention is scaled, the steps are few
and larger. The same command gives the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
import tempfile
from pathlib import Path

from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.pipeline import extract, probe
from autohighlight.scorers.contrastive import SHIPPED_SELECTOR, selector_input
from autohighlight.selector.checkpoint import SelectorInfo, save_selector
from autohighlight.selector.config import SelectorConfig
from autohighlight.training.dataset import measure
from autohighlight.training.loop import train_on
from autohighlight.training.options import TrainingOptions
from autohighlight.types import FeatureTrack

FEATURE_KIND = "step"
SPLICE_SEED = 100
RECIPE = TrainingOptions(steps=20, batch_size=16, learning_rate=1e-4, crop=20, device="cpu")


def footage(shared: Path, scratch: Path) -> list[Path]:
    """The videos to train on, in a fixed order."""
    spliced = scratch / "spliced"
    tool = shared / "tools" / "build_spliced.py"
    subprocess.run(
        [sys.executable, tool, shared / "media" / "actions", spliced, "--seed", str(SPLICE_SEED),
         "--ffmpeg", find_ffmpeg().path],
        check=True,
    )  # fmt: skip
    real = [path for path in sorted((shared / "media" / "real").iterdir()) if path.is_file()]
    return [*real, *sorted((shared / "media" / "footage").glob("*.mp4")), *sorted(spliced.glob("action/*.mp4"))]


def features_of(videos: list[Path]) -> list[FeatureTrack]:
    """Features of each video, every frame of it decoded."""
    options, plugins = Options.of(speed="exact"), load_plugins(installed=False)
    tracks = []
    for number, video in enumerate(videos, 1):
        print(f"{number}/{len(videos)} {video.name}", file=sys.stderr)
        tracks.append(extract(probe(video), options, plugins=plugins))
    return tracks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=SHIPPED_SELECTOR)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        tracks = features_of(footage(arguments.shared, Path(scratch)))
    rows = [selector_input(track, FEATURE_KIND) for track in tracks if len(track) > 1]
    videos = measure(rows)
    config = SelectorConfig(d_in=rows[0].shape[1], scaled=True, feed_forward_residual=True, encoding="stillness")
    options = dataclasses.replace(RECIPE, seed=arguments.seed)
    selector, history = train_on(videos, config, options)
    for record in history:
        print(f"step {record.step:2}  loss {record.loss:.4f}  similarity of a video with itself "
              f"{record.positive_similarity:.3f}, with others {record.negative_similarity:.3f}")  # fmt: skip
    info = SelectorInfo(
        backbone=tracks[0].backbone,
        backbone_fingerprint=tracks[0].fingerprint,
        feature_kind=FEATURE_KIND,
        recipe=dataclasses.asdict(options),
        data_fingerprint=videos.fingerprint,
    )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    save_selector(arguments.out, selector, info, half=True)
    print(f"{len(videos)} videos, {sum(map(len, rows))} clips; "
          f"wrote {arguments.out} ({arguments.out.stat().st_size / 1e6:.1f} MB)")  # fmt: skip


if __name__ == "__main__":
    main()
