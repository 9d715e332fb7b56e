"""Makes the highlight selector in the package: trains it, without a label, on the footage that the project was given.

    python benchmarks/train_selector.py [--shared ../shared] [--out FILE] [--seed 0]

The footage: ``media/real``, ``media/footage``, and twelve videos spliced from ``media/actions`` with a seed that no
benchmark uses. The recipe is that of ``autohighlight train``, `autohighlight.training.recipes.FOOTAGE`, and every frame
is decoded. The same command gives the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.footage.measure import measure_videos
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.scorers.contrastive import SHIPPED_SELECTOR
from autohighlight.selector.checkpoint import save_selector
from autohighlight.training.dataset import measure
from autohighlight.training.history import describe
from autohighlight.training.loop import train_on
from autohighlight.training.recipes import FOOTAGE
from autohighlight.types import Progress

SPLICE_SEED = 100


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


def print_video(progress: Progress) -> None:
    if progress.stage == "probe":
        print(progress.note, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=SHIPPED_SELECTOR)
    parser.add_argument("--seed", type=int, default=FOOTAGE.options.seed)
    arguments = parser.parse_args()
    recipe = FOOTAGE.replace(seed=arguments.seed, device="cpu")
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        tracks = measure_videos(
            footage(arguments.shared, Path(scratch)),
            recipe.feature_kind,
            Options.of(speed="exact"),
            load_plugins(installed=False),
            arguments.out.parent,
            progress=print_video,
        )
    videos = measure(tracks)
    selector, history = train_on(videos, recipe.selector_config(videos.d_in), recipe.options)
    for record in history:
        print(f"step {record.step:2}  loss {record.loss:.4f}  similarity of a video with itself "
              f"{record.positive_similarity:.3f}, with others {record.negative_similarity:.3f}")  # fmt: skip
    info = describe(
        videos,
        recipe.options,
        history,
        backbone=tracks.backbone,
        backbone_fingerprint=tracks.fingerprint,
        feature_kind=tracks.feature_kind,
        recipe={"recipe": recipe.name},
    )
    save_selector(arguments.out, selector, info, half=True)
    print(f"{videos.num_videos} videos, {videos.num_clips} clips; "
          f"wrote {arguments.out} ({arguments.out.stat().st_size / 1e6:.1f} MB)")  # fmt: skip


if __name__ == "__main__":
    main()
