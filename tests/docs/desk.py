"""A folder that holds what the pages' commands name, made small, so that they can be run as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from autohighlight.media.demo import write_demo_video
from autohighlight.pipeline import no_progress
from tests.media_factory import run_ffmpeg

LONG, SHORT = 62, 12
"""Seconds: enough for ``--adapt``, and enough for a few highlights."""

VIDEOS = {
    "video.mp4": SHORT,
    "VIDEO": SHORT,
    "upright.mp4": SHORT,
    "match.mp4": LONG,
    "video.mov": SHORT,
    "first.mov": SHORT,
    "second.mov": SHORT,
    "game.mkv": SHORT,
    **{f"footage/{name}.mp4": SHORT for name in ("one", "two", "three")},
}
"""File -> seconds."""


def lay_out(folder: Path) -> None:
    """Makes the files: videos of noise that comes and goes, the demo's, labels, features, a folder for timelines."""
    write_demo_video(folder / "demo.mp4", no_progress)
    for number, (name, seconds) in enumerate(VIDEOS.items()):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        _make_video(path, seconds, seed=number)
    (folder / "cuts").mkdir()
    (folder / "labels.jsonl").write_text("".join(map(_labels, sorted((folder / "footage").iterdir()))), "utf-8")
    (folder / "features").mkdir()
    for number in range(3):
        features = np.random.default_rng(number).normal(size=(8, 16)).astype(np.float32)
        np.save(folder / "features" / f"{number}.npy", features)


def _make_video(path: Path, seconds: int, *, seed: int) -> None:
    """25 frames/s, 160 x 90, with sound; every ten seconds, elsewhere in each video, two seconds of noise.

    A Matroska file has three sound tracks, as screen recorders write them.
    """
    picture = f"testsrc2=size=160x90:rate=25:duration={seconds}"
    noise = f"noise=alls=60:allf=t:enable='lt(mod(t+{seed % 8},10),2)'"
    sound = f"sine=frequency={300 + 20 * seed}:sample_rate=48000:duration={seconds}"
    encoders = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest")
    container = {".mov": "mov", ".mkv": "matroska"}.get(path.suffix, "mp4")
    maps = ["-map", 0, "-map", 1, *(["-map", 1, "-map", 1] if container == "matroska" else [])]
    inputs = ["-f", "lavfi", "-i", f"{picture},{noise}", "-f", "lavfi", "-i", sound]
    run_ffmpeg(*inputs, *maps, *encoders, "-f", container, path)


def _labels(video: Path) -> str:
    """The line of one video: the first third of it is a highlight."""
    return json.dumps({"video": f"footage/{video.name}", "duration": SHORT, "highlights": [[0, SHORT / 3]]}) + "\n"
