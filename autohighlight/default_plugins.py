"""The built-in backbones, clip samplers, scorers, policies, exporters, executors: registered as a third party's are.

Each is imported when it is first used, so that registering costs nothing.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.config import GIF_DEFAULTS
from autohighlight.discovery import PluginSources, find_plugins
from autohighlight.errors import OptionError
from autohighlight.hookspecs import hookimpl
from autohighlight.plugins import (
    BackboneFactory,
    ClipSampler,
    ExecutorFactory,
    Exporter,
    Faults,
    Plugins,
    Register,
    Scorer,
    SelectionPolicy,
)

if TYPE_CHECKING:
    from autohighlight.config import (
        BatchOptions,
        ExportOptions,
        ExtractOptions,
        SampleOptions,
        ScoreOptions,
        SelectOptions,
    )
    from autohighlight.executors.protocol import Executor
    from autohighlight.plugins import TimelineWriter
    from autohighlight.timeline.model import Timeline
    from autohighlight.types import (
        Backbone,
        Clip,
        FeatureTrack,
        MediaInfo,
        ProgressCallback,
        ScoreTrack,
        Selection,
    )


def load_plugins(sources: PluginSources | None = None, *, installed: bool = True) -> Plugins:
    """The built-in plugins and those that are found; `Plugins.errors` says which were left out, and why.

    Args:
        sources: where to look; where plugins usually are if None.
        installed: if False, the built-in ones alone.
    """
    chosen = (sources or PluginSources.usual()) if installed else PluginSources.none()
    return find_plugins(chosen, [sys.modules[__name__]])


def _efficientnet_lite0(options: ExtractOptions) -> Backbone:
    from autohighlight.backbones.efficientnet_lite import load_efficientnet_lite0

    _refuse_checkpoint(options)
    return load_efficientnet_lite0(options.device)


def _random_efficientnet_lite0(options: ExtractOptions) -> Backbone:
    from autohighlight.backbones.efficientnet_lite import load_random_efficientnet_lite0

    _refuse_checkpoint(options)
    return load_random_efficientnet_lite0(options.device)


def _refuse_checkpoint(options: ExtractOptions) -> None:
    if options.checkpoint is not None:
        raise OptionError(
            f"the backbone {options.backbone} takes no checkpoint",
            f"leave --checkpoint out, or name a --backbone that takes one: {', '.join(_WITH_CHECKPOINT)}",
        )


def _resnet3d(options: ExtractOptions, *, depth: int) -> Backbone:
    from autohighlight.backbones.checkpoints import find_checkpoint

    checkpoint = find_checkpoint(f"resnet3d-{depth}", options.checkpoint)  # said before torch is imported
    from autohighlight.backbones.resnet3d import load_resnet3d

    return load_resnet3d(depth, checkpoint, options.device)


def _c3d(options: ExtractOptions) -> Backbone:
    from autohighlight.backbones.checkpoints import find_checkpoint

    checkpoint = find_checkpoint("c3d", options.checkpoint)
    from autohighlight.backbones.c3d import load_c3d

    return load_c3d(checkpoint, options.device)


_WITH_CHECKPOINT: dict[str, BackboneFactory] = {
    **{f"resnet3d-{depth}": functools.partial(_resnet3d, depth=depth) for depth in (18, 34, 50)},
    "c3d": _c3d,
}
"""The backbones whose weights are not in a package."""


@hookimpl
def autohighlight_register_backbones(register: Register[BackboneFactory]) -> None:
    """EfficientNet-Lite0, for those who ask for it by name with random weights; the networks of the paper."""
    register("efficientnet-lite0", _efficientnet_lite0)
    register("efficientnet-lite0-random", _random_efficientnet_lite0)
    for name, factory in _WITH_CHECKPOINT.items():
        register(name, factory)


def _fixed(media: MediaInfo, options: SampleOptions) -> tuple[Clip, ...]:
    from autohighlight.clips.fixed import fixed_clips

    return fixed_clips(media, options.clip_length)


@hookimpl
def autohighlight_register_clip_samplers(register: Register[ClipSampler]) -> None:
    """Windows of one length, as in the paper."""
    register("fixed", _fixed)


def _builtin_scorer(features: FeatureTrack, options: ScoreOptions, *, name: str) -> ScoreTrack:
    from autohighlight import scorers

    return scorers.BUILTIN[name](features, options)


@hookimpl
def autohighlight_register_scorers(register: Register[Scorer]) -> None:
    """The default, the paper's, and the floors that they are measured against."""
    for name in ("fusion", "contrastive", "movement", "spread", "movement+spread", "centre", "random"):
        register(name, functools.partial(_builtin_scorer, name=name))


def _budget(
    media: MediaInfo, scores: ScoreTrack, shot_boundaries: Sequence[Fraction], options: SelectOptions
) -> Selection:
    from autohighlight.selection.budget import select_within_budget

    return select_within_budget(media, scores, shot_boundaries, options)


@hookimpl
def autohighlight_register_selection_policies(register: Register[SelectionPolicy]) -> None:
    """The best total score within a budget of seconds."""
    register("budget", _budget)


def _reel(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.reel import write_reel

    return write_reel(timeline, path, options, progress)


def _reel_duration(timeline: Timeline, options: ExportOptions) -> Fraction:
    from autohighlight.export.reel import reel_duration

    return reel_duration(timeline, options)


def _edl(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.edl import write_edl

    return write_edl(timeline, path, options, progress)


def _fcp7xml(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.fcp7xml import write_fcp7xml

    return write_fcp7xml(timeline, path, options, progress)


def _fcpxml(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.fcpxml import write_fcpxml

    return write_fcpxml(timeline, path, options, progress)


def _otio(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.otio import write_otio

    return write_otio(timeline, path, options, progress)


def _mlt(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.mlt import write_mlt

    return write_mlt(timeline, path, options, progress)


def _aaf(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.aaf import write_aaf

    return write_aaf(timeline, path, options, progress)


def _csv(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.tables import write_csv

    return write_csv(timeline, path, options, progress)


def _json(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.tables import write_json

    return write_json(timeline, path, options, progress)


def _chapters(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.chapters import write_chapters

    return write_chapters(timeline, path, options, progress)


def _ffmetadata(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.chapters import write_ffmetadata

    return write_ffmetadata(timeline, path, options, progress)


def _youtube(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    from autohighlight.export.chapters import write_youtube

    return write_youtube(timeline, path, options, progress)


def _animation(
    timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback, *, form: str
) -> list[Path]:
    from autohighlight.export.animation import write_animations

    return [made.path for made in write_animations(timeline, path, form, options, progress)]


def _faults(path: Path, timeline: Timeline) -> Faults:
    from autohighlight.export.verify import verify_file

    findings = verify_file(path, timeline)
    by_severity = {
        severity: tuple(str(f) for f in findings if f.severity == severity) for severity in ("error", "warning")
    }
    return Faults(by_severity["error"], by_severity["warning"])


def _timeline(write: TimelineWriter, suffixes: tuple[str, ...], summary: str, *options: str) -> Exporter:
    """A form that points into the sources, and reads `options` of `ExportOptions`."""
    return Exporter(write, suffixes, summary, verify=_faults, options=frozenset(options))


def _moving(form: str, name: str, *options: str) -> Exporter:
    """A form of moving picture, one a highlight, that reads `options` of `ExportOptions` beside those of all."""
    return Exporter(
        functools.partial(_animation, form=form),
        (f".{form}",),
        f"one {name} a highlight, for messages and pages",
        renders=True,
        defaults=GIF_DEFAULTS,
        options=frozenset({"width", "ffmpeg", "fps", "max_bytes", "loop", *options}),
    )


_CHAPTERS = ("chapters_of", "transition")

_EXPORTERS = {
    "reel": Exporter(
        _reel,
        (".mp4", ".mov", ".mkv"),
        "one film of all highlights",
        renders=True,
        duration=_reel_duration,
        options=frozenset({"background", "codec", "crf", "ffmpeg", "preset", "transition"}),
    ),
    "edl": _timeline(_edl, (".edl",), "edit decision list, CMX 3600: Avid, Resolve, Premiere", "markers"),
    "fcp7xml": _timeline(_fcp7xml, (".xml",), "Final Cut Pro 7 XML: Premiere, Resolve", "markers"),
    "fcpxml": _timeline(
        _fcpxml, (".fcpxml",), "Final Cut Pro XML: Final Cut Pro, Resolve", "markers", "fcpxml_version"
    ),
    "otio": _timeline(_otio, (".otio",), "OpenTimelineIO: Resolve, Premiere, tools", "markers"),
    "mlt": _timeline(_mlt, (".mlt",), "MLT XML: Shotcut, Kdenlive, melt", "markers"),
    "aaf": _timeline(
        _aaf, (".aaf",), 'Advanced Authoring Format: Avid; needs pip install "autohighlight[aaf]"', "markers"
    ),
    "csv": _timeline(_csv, (".csv",), "a row for each part: spreadsheets, scripts"),
    "json": _timeline(_json, (".json",), "sequence, sources with their scores, parts: scripts"),
    "chapters": _timeline(_chapters, (".vtt",), "WebVTT chapters: players, browsers", *_CHAPTERS),
    "ffmetadata": _timeline(
        _ffmetadata, (".ffmeta", ".ffmetadata"), "chapters that FFmpeg puts into a file", *_CHAPTERS
    ),
    "youtube": _timeline(_youtube, (".txt",), "chapters for the description of a video on YouTube", *_CHAPTERS),
    "gif": _moving("gif", "GIF", "dither"),
    "webp": _moving("webp", "animated WebP"),
    "avif": _moving("avif", "animated AVIF"),
}


@hookimpl
def autohighlight_register_exporters(register: Register[Exporter]) -> None:
    """The reel, timelines for editing software, and GIFs and their like."""
    for name, exporter in _EXPORTERS.items():
        register(name, exporter)


def _local(options: BatchOptions) -> Executor:
    from autohighlight.executors.local import create_local_executor

    return create_local_executor(options)


@hookimpl
def autohighlight_register_executors(register: Register[ExecutorFactory]) -> None:
    """Processes on this computer."""
    register("local", _local)
