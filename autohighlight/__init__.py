"""Finds the highlights of a video, unsupervised, and cuts them out.

    import autohighlight

    selection = autohighlight.highlight("video.mp4", duration=30)
    for moment in selection:
        print(float(moment.time_range.start), moment.score, moment.reason)
    autohighlight.write(selection, "video.highlights.mp4")

Each stage is a function of its own: `probe`, `extract`, `analyse`, `select`, `build`, `write`. Importing the package
imports neither torch nor PyAV.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autohighlight.config import Options
    from autohighlight.errors import AutohighlightError
    from autohighlight.hookspecs import hookimpl, hookspec_version
    from autohighlight.pipeline import Analysis, analyse, build, extract, highlight, probe, score, select, write
    from autohighlight.times import Length, TimeRange
    from autohighlight.types import Clip, FeatureTrack, Highlight, MediaInfo, ScoreTrack, Selection

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "AutohighlightError",
    "Clip",
    "FeatureTrack",
    "Highlight",
    "Length",
    "MediaInfo",
    "Options",
    "ScoreTrack",
    "Selection",
    "TimeRange",
    "analyse",
    "build",
    "extract",
    "highlight",
    "hookimpl",
    "hookspec_version",
    "probe",
    "score",
    "select",
    "write",
]

_HOMES = (
    {"Options": "config", "AutohighlightError": "errors", "hookimpl": "hookspecs"}
    | {"hookspec_version": "hookspecs"}
    | dict.fromkeys(["Length", "TimeRange"], "times")
    | dict.fromkeys(["Clip", "FeatureTrack", "Highlight", "MediaInfo", "ScoreTrack", "Selection"], "types")
    | dict.fromkeys(
        ["Analysis", "analyse", "build", "extract", "highlight", "probe", "score", "select", "write"], "pipeline"
    )
)


def __getattr__(name: str) -> object:
    """Imports a public name when it is first asked for, so that start-up stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'autohighlight' has no attribute {name!r}")
    return getattr(importlib.import_module(f"autohighlight.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
