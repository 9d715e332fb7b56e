"""``autohighlight demo``: makes a sample video and runs the main job on it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session

SAMPLE_NAME = "demo.mp4"


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "demo",
        help="make a short sample video and its highlight reel",
        description=f"Makes a short sample video, {SAMPLE_NAME}: a quiet evening with three bursts of fireworks. "
        "Then finds its highlights and writes them to demo.highlights.mp4, as 'autohighlight reel' would.",
        epilog=examples(
            ("demo", "make both files in this folder"), ("demo -o videos", "make them in the folder videos")
        ),
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        type=Path,
        default=Path(),
        help="where to make them (default: this folder)",
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.cli.commands.reel import default_output, make_reel
    from autohighlight.cli.timelines import warn_of_idle_options
    from autohighlight.errors import printable
    from autohighlight.files import check_destination, written_whole
    from autohighlight.media.demo import MOMENTS, write_demo_video
    from autohighlight.times import format_clock

    layered = layered_options(arguments)
    warn_of_idle_options(arguments, ["reel"], session)
    video = arguments.output / SAMPLE_NAME
    overwrite = layered.options.export.overwrite
    for path in (video, default_output(video)):
        check_destination(path, overwrite=overwrite)
    with session.progress() as progress, written_whole(video, overwrite=overwrite) as unfinished:
        write_demo_video(unfinished, progress, program=layered.options.export.ffmpeg)
    session.written.append(video)
    moments = ", ".join(format_clock(moment.start, decimals=0) for moment in MOMENTS)
    session.print(f"made {printable(video)}: a quiet evening, with fireworks at {moments}\n")
    make_reel(video, None, layered, session)
