"""``autohighlight export``: the highlights as a timeline for editing software."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.commands import gif
from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.pipeline import Analysis

OPTIONS = ("overwrite", "handles", "markers", "fcpxml_version", "chapters_of", "verify", *gif.PICTURE_OPTIONS)
"""Of those of a result, the ones that a timeline or a GIF has a use for."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "export",
        help="write the highlights as a timeline for editing software",
        description="Finds the highlights of a video and writes them as a timeline that opens in editing software, "
        "cut from the video itself: VIDEO.highlights.edl and so on beside the video unless -o names a file or a "
        "folder. Of several videos it makes one timeline. 'autohighlight plugins' lists the forms; docs/formats.md "
        "says what each carries. The videos are only read.",
        epilog=examples(
            ("export video.mp4 --to edl", "write video.highlights.edl"),
            ("export video.mp4 --to fcpxml,otio --handles 1s --markers", "two forms, with handles and markers"),
            ("export video.mp4 -o cut.fcpxml", "the suffix says which form"),
            ("export a.mov b.mov --to fcp7xml -o cuts/", "one timeline of two videos, into the folder cuts"),
        ),
    )
    parser.add_argument("videos", metavar="VIDEO", nargs="+", type=Path, help="the videos")
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="FORMAT[,...]",
        help="which forms to write (default: what the suffix of -o says)",
    )
    parser.add_argument("-o", "--output", metavar="FILE|FOLDER", type=Path, help="where to write")
    add_options(parser, ("sample", "extract", "sound", "score", "select"), only=OPTIONS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight import pipeline
    from autohighlight.cli.commands.reel import print_written, remark_losses, remark_selector
    from autohighlight.cli.timelines import (
        Choices,
        asked_for,
        check_options,
        check_places,
        destinations,
        warn_of_idle_options,
        write_all,
    )

    layered, videos = layered_options(arguments), arguments.videos
    options = layered.options
    exporters = session.plugins.exporters
    places = destinations(asked_for(arguments.to, exporters), arguments.output, videos[0], exporters)
    present = [video for video in videos if video.exists()]  # one that is not there is said so by the probe
    check_options(layered, list(places), session)
    warn_of_idle_options(arguments, list(places), session)
    check_places(places, present, overwrite=options.export.overwrite)
    analyses: list[Analysis] = []
    for video in videos:
        with session.progress() as progress:
            analyses.append(pipeline.analyse(video, options, plugins=session.plugins, progress=progress))
        remark_losses(analyses[-1], session)
    remark_selector(options, session)
    choices = Choices(analyses, session, options, pipeline.film_among(places, session.plugins))
    written = write_all(choices, places, layered, session)
    if written.files:
        print_written(written.files, session)
    written.check()
