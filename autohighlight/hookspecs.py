"""The hooks that a plugin may implement (entry-point group ``autohighlight``); names, signatures, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from autohighlight.plugins import (
        BackboneFactory,
        ClipSampler,
        ExecutorFactory,
        Exporter,
        Register,
        Scorer,
        SelectionPolicy,
    )
    from autohighlight.timeline.model import Timeline
    from autohighlight.types import Selection

hookspec_version = "1.0"
"""Of the hooks and of what passes through them. The number before the dot is raised where a plugin that worked may not
work any more, the one behind it where something is added. A plugin says what it needs as ``autohighlight_requires``."""

hookspec = pluggy.HookspecMarker("autohighlight")
hookimpl = pluggy.HookimplMarker("autohighlight")
"""Marks a function of a plugin as the implementation of the hook of its name: ``@autohighlight.hookimpl``."""


@hookspec
def autohighlight_register_backbones(register: Register[BackboneFactory]) -> None:
    """Register networks: ``register(name, factory)``, ``factory(options: ExtractOptions) -> Backbone``."""


@hookspec
def autohighlight_register_clip_samplers(register: Register[ClipSampler]) -> None:
    """Register clip samplers: ``sampler(media: MediaInfo, options: SampleOptions) -> tuple[Clip, ...]``."""


@hookspec
def autohighlight_register_scorers(register: Register[Scorer]) -> None:
    """Register scorers: ``scorer(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack``."""


@hookspec
def autohighlight_register_selection_policies(register: Register[SelectionPolicy]) -> None:
    """Register policies: ``policy(media, scores, shot_boundaries, options: SelectOptions) -> Selection``."""


@hookspec
def autohighlight_register_exporters(register: Register[Exporter]) -> None:
    """Register exporters: ``register(name, Exporter(write, suffixes, summary))``; see `plugins.Exporter`."""


@hookspec
def autohighlight_register_executors(register: Register[ExecutorFactory]) -> None:
    """Register ways to run a batch: ``register(name, factory)``, ``factory(options: BatchOptions) -> Executor``."""


@hookspec
def autohighlight_timeline_built(timeline: Timeline, selections: Sequence[Selection]) -> Timeline | None:
    """Change or annotate a timeline before it is written: give one made of it, or None to leave it as it is."""


@hookspec
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add commands: ``subparsers.add_parser(...).set_defaults(run=function)``, ``function(arguments, session)``."""
