"""Labelled videos for the analyses, made of numbers alone."""

from __future__ import annotations

from pathlib import Path

from autohighlight_research.clip_kinds import SortedVideo
from tests.unit.training.planted import planted


def identified_videos(seed: int, num_videos: int = 8) -> list[SortedVideo]:
    """Videos whose highlight clips say which video it is; the others are of kinds that all videos share."""
    features, identifying = planted(seed, num_videos)
    return [
        SortedVideo(Path(f"{number}.mp4"), rows, {"non-highlight": ~own, "highlight": own})
        for number, (rows, own) in enumerate(zip(features, identifying, strict=True))
    ]
