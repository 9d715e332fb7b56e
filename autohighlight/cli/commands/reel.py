"""``autohighlight reel``: the main job."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.config import DEFAULT_SCORER, REEL_SUFFIX

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.config import Layered, Options
    from autohighlight.pipeline import Analysis
    from autohighlight.types import Selection


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "reel",
        help="find the highlights of a video and write them as one file",
        description="Finds the highlights of a video, prints them, and writes them as one file: VIDEO.highlights.mp4 "
        "beside the video unless -o names another. The video itself is only read.",
        epilog=examples(
            ("reel video.mp4", "write video.highlights.mp4"),
            ("reel video.mp4 --duration 1:30 -o best.mp4", "at most 90 seconds, into best.mp4"),
            ("reel video.mp4 --count 5 --order score", "the five best, the best one first"),
            ("reel video.mp4 --export edl,fcpxml", "and two timelines for editing software"),
            ("reel video.mp4 --selector my.safetensors", "by a selector of one's own; 'train' makes one"),
            ("reel match.mp4 --adapt", "fit a selector to this one long video, then choose by it"),
            ("reel video.mp4 --dry-run --json", "choose and print as JSON, write nothing"),
            ("reel -- -name.mp4", "a file whose name begins with a dash"),
        ),
    )
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to write the reel")
    parser.add_argument(
        "--export",
        action="append",
        default=[],
        metavar="FORMAT[,...]",
        help="also write a timeline that is cut from the video, as edl or fcpxml, beside the reel; see 'export'",
    )
    parser.add_argument("--dry-run", action="store_true", help="choose and print, but write nothing")
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON (see 'autohighlight schema'), and nothing else"
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.cli.timelines import asked_for, warn_of_idle_options

    exports = asked_for(arguments.export, session.plugins.exporters)
    warn_of_idle_options(arguments, ["reel", *exports], session)
    make_reel(
        arguments.video,
        arguments.output,
        layered_options(arguments),
        session,
        exports=exports,
        dry_run=arguments.dry_run,
        as_json=arguments.json,
    )


def default_output(video: Path) -> Path:
    """``video.highlights.mp4`` beside the video."""
    return video.parent / f"{video.stem}{REEL_SUFFIX}"  # not with_name, which refuses a folder's "."


def make_reel(
    video: Path,
    output: Path | None,
    layered: Layered,
    session: Session,
    *,
    exports: Sequence[str] = (),
    dry_run: bool = False,
    as_json: bool = False,
) -> Selection:
    """The main job: analyses a video, prints its highlights and writes them.

    Args:
        video: the file.
        output: where the reel goes; beside the video if None.
        layered: the options of the run.
        session: where to print.
        exports: names of exporters, of the forms to write as well.
        dry_run: write nothing.
        as_json: print JSON on standard output, and nothing else there.

    Raises:
        AutohighlightError: see `autohighlight.errors`.
    """
    from autohighlight import pipeline
    from autohighlight.cli.timelines import Choices, Written, check_options, check_places, destinations, write_all
    from autohighlight.documents import highlights_document, to_json
    from autohighlight.errors import OptionError
    from autohighlight.export.reel import SUFFIXES
    from autohighlight.files import check_destination

    options, output = layered.options, output or default_output(video)
    if output.suffix.lower() not in SUFFIXES:
        raise OptionError(f"a reel cannot be written as {output.name}", f"end its name in {', '.join(SUFFIXES)}")
    exporters = session.plugins.exporters
    check_options(layered, ["reel", *exports], session)
    places = destinations(exports, output.parent, video, exporters) if exports else {}
    if not dry_run and video.exists():  # a video that is not there is said so by the probe, not by its folder
        check_destination(output, source=video, overwrite=options.export.overwrite)
        check_places(places, [video], overwrite=options.export.overwrite)
    with session.progress() as progress:
        analysis = pipeline.analyse(video, options, plugins=session.plugins, progress=progress)
    remark_losses(analysis, session)
    remark_selector(options, session)
    choices = Choices([analysis], session, options, "reel", is_silent=as_json)
    (selection,) = choices.of(options)
    written, timelines = list[Path](), Written()
    if not dry_run:
        with session.progress() as progress:
            written = pipeline.write(selection, output, options=options, plugins=session.plugins, progress=progress)
        session.written += written
        timelines = write_all(choices, places, layered, session)
        written += timelines.files
    if as_json:
        shown = pipeline.shown_as("reel", [selection], options, session.plugins)
        session.emit(to_json(highlights_document(analysis, selection, written[0] if written else None, shown)))
    else:
        print_written(written, session)
    timelines.check()
    return selection


def print_highlights(
    analysis: Analysis, selection: Selection, session: Session, *, film: str | None = None, options: Options
) -> None:
    """Prints the table of highlights and a line below it.

    Args:
        analysis: of the video.
        selection: what was chosen.
        session: where to print.
        film: the form that it is for; its length is then the one that is printed.
        options: that it is written with.
    """
    from autohighlight import pipeline
    from autohighlight.cli.tables import highlights_summary, highlights_table, made_by
    from autohighlight.media.sound_tracks import describe_sound

    shown = None if film is None else pipeline.shown_as(film, [selection], options, session.plugins)
    if selection:
        session.print(highlights_table(selection))
    session.print(f"{highlights_summary(selection, shown)}, {made_by(analysis)}")
    if film is not None and (sound := describe_sound(analysis.media)):
        session.remark(f"sound: {sound}")
    start = analysis.media.time_range.start
    if start != 0:
        session.remark(f"times are on the file's own clock, which begins at {float(start):.3f} s")


def print_written(written: list[Path], session: Session) -> None:
    """Says what was written and how large it is."""
    from autohighlight.cli.tables import format_size
    from autohighlight.errors import printable

    if not written:
        session.print("nothing written (--dry-run)")
    for path in written:
        session.print(f"wrote {printable(path)} ({format_size(path.stat().st_size)})")


def remark_losses(analysis: Analysis, session: Session) -> None:
    """Says so if part of the video could not be decoded, or has nothing to show."""
    lost = analysis.features.num_frames_lost
    if lost:
        frames = "1 frame is" if lost == 1 else f"{lost:,} frames are"
        session.warn(f"{analysis.media.path.name}: {frames} damaged or missing; the highlights come from the rest")
    if gaps := analysis.media.gap_warning:
        session.warn(f"{analysis.media.path.name}: {gaps}")


def remark_selector(options: Options, session: Session) -> None:
    """Says so if a selector changed the scorer, though none was named."""
    score = options.score
    if score.scorer is None and score.scorer_name != DEFAULT_SCORER:
        whose = "a selector fitted to this video" if score.selector is None else str(score.selector)
        session.remark(f"scored by {score.scorer_name} with {whose}, in place of the default, {DEFAULT_SCORER}")
