"""A clip sampler called ``keyframes``, and a command of that name.

Encoders put a key frame where the picture changes, so clips that begin at one seldom straddle two shots.
"""

from __future__ import annotations

import argparse
import itertools
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight import Clip, TimeRange, hookimpl

if TYPE_CHECKING:
    from autohighlight import MediaInfo
    from autohighlight.cli.session import Session
    from autohighlight.config import SampleOptions
    from autohighlight.plugins import ClipSampler, Register


def key_times(media: MediaInfo) -> list[Fraction]:
    """When key frames are shown, in seconds, ascending."""
    if media.packets is None:
        return []
    return [int(pts) * media.time_base for pts in sorted(media.packets.pts[media.packets.is_key])]


def sample(media: MediaInfo, options: SampleOptions) -> tuple[Clip, ...]:
    """Clips that begin at key frames and last at least ``--clip-length``; together they cover the video."""
    length = options.clip_length.seconds(whole=media.duration, frame_rate=media.frame_rate)
    start, end = media.time_range.start, media.time_range.end
    edges = [start]
    for time in key_times(media):
        if time - edges[-1] >= length and end - time >= length:
            edges.append(time)
    return tuple(Clip(number, TimeRange(*edge)) for number, edge in enumerate(itertools.pairwise([*edges, end])))


@hookimpl
def autohighlight_register_clip_samplers(register: Register[ClipSampler]) -> None:
    """For ``--clip-sampler keyframes``."""
    register("keyframes", sample)


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``autohighlight keyframes VIDEO``."""
    from autohighlight.cli.arguments import add_options

    about = "print when the key frames of a video are shown"
    parser = subparsers.add_parser("keyframes", help=about, description=f"{about.capitalize()}.")
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video")
    add_options(parser, (), only=("limits",))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command; what goes wrong is raised as an `AutohighlightError`, and printed as a line."""
    from autohighlight import probe
    from autohighlight.cli.arguments import layered_options

    media = probe(arguments.video, layered_options(arguments).options)
    for time in key_times(media):
        session.print(f"{float(time):.3f}")
