"""``autohighlight gif`` and ``autohighlight webp``: each highlight as a moving picture."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_option, add_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.config import GIF_DEFAULTS, option_fields
from autohighlight.errors import OptionError, printable

if TYPE_CHECKING:
    from fractions import Fraction

    from autohighlight.cli.session import Session
    from autohighlight.config import Options
    from autohighlight.export.animation import Animation
    from autohighlight.pipeline import Analysis
    from autohighlight.types import Selection

PICTURE_OPTIONS = ("width", "fps", "dither", "max_bytes", "loop")
"""Of those of a result, the ones that only a moving picture has a use for."""

FORMATS = ("gif", "webp", "avif")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes both commands."""
    _describe(subparsers, "gif", "GIF", "a GIF with a palette of its own")
    _describe(subparsers, "webp", "animated WebP", "an animated WebP")


def _describe(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], name: str, noun: str, what: str) -> None:
    parser = subparsers.add_parser(
        name,
        help=f"write the best highlights as {noun}, one file each",
        description=f"Finds the highlights of a video, prints them, and writes each as {what}: "
        f"VIDEO.highlight-1.{name} and so on beside the video, in the folder that -o names, or the best alone as the "
        "file that -o names. The video itself is only read.",
        epilog=examples(
            (f"{name} video.mp4", f"write video.highlight-1.{name}, ..."),
            (f"{name} video.mp4 --max-bytes 8MB", "none of them larger than 8 MB"),
            (f"{name} video.mp4 -o best.{name} --width 320", "the best alone, 320 pixels wide"),
            (f"{name} video.mp4 --contact-sheet sheet.png", "and one picture of them all"),
        ),
    )
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video")
    parser.add_argument("-o", "--output", metavar="FILE|FOLDER", type=Path, help="where to write")
    parser.add_argument(
        "--format", choices=FORMATS, help=f"what to write (default: what the suffix of -o says, else {name})"
    )
    parser.add_argument(
        "--contact-sheet", metavar="FILE.png", type=Path, help="also write a sheet with a picture of each highlight"
    )
    parser.add_argument("--dry-run", action="store_true", help="choose and print, but write nothing")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else")
    add_options(
        parser,
        ("sample", "extract", "sound", "score", "select"),
        only=(*PICTURE_OPTIONS, "overwrite"),
        without=tuple(GIF_DEFAULTS),
    )
    group = parser.add_argument_group("Defaults that differ from those of a reel")
    for _, spec in option_fields():
        if spec.name in GIF_DEFAULTS:
            add_option(group, spec, depends=GIF_DEFAULTS[spec.name])
    parser.set_defaults(run=functools.partial(run, usual_format=name))


def run(arguments: argparse.Namespace, session: Session, *, usual_format: str) -> None:
    """Runs the command."""
    from autohighlight import pipeline
    from autohighlight.cli.commands.reel import print_highlights, remark_losses, remark_selector
    from autohighlight.cli.timelines import warn_of_idle_options

    video, sheet = arguments.video, arguments.contact_sheet
    form = chosen_format(arguments.format, arguments.output, usual_format)
    warn_of_idle_options(arguments, [form], session)
    options = chosen_options(arguments, session.plugins.exporters[form].defaults)
    if not arguments.dry_run and video.exists():  # a video that is not there is said so by the probe
        check_places(video, arguments.output, sheet, form, options)
    with session.progress() as progress:
        analysis = pipeline.analyse(video, options, plugins=session.plugins, progress=progress)
    selection = pipeline.select(analysis, options, plugins=session.plugins)
    remark_losses(analysis, session)
    remark_selector(options, session)
    if not arguments.json:
        print_highlights(analysis, selection, session, options=options)
    made: list[Animation] = []
    if not arguments.dry_run:
        made = _write(selection, place(video, arguments.output, form, len(selection)), form, options, session)
        if sheet is not None:
            _draw_sheet(analysis, selection, sheet, session, overwrite=options.export.overwrite)
    if arguments.json:
        _emit(analysis, selection, made, sheet, session)
    else:
        _print_written(made, sheet, session)


def chosen_format(form: str | None, output: Path | None, usual: str) -> str:
    """What to write: as asked for, else by the suffix of a file, else the usual.

    Raises:
        OptionError: the file's suffix says nothing, or not what was asked for.
    """
    if output is None or output.is_dir():
        return form or usual
    said = output.suffix.lower().removeprefix(".")
    if said not in FORMATS:
        raise OptionError(
            f"{printable(output)} is no folder that is there, and its suffix does not say what to write",
            "make the folder, or end the name in .gif, .webp or .avif",
        )
    if form not in (None, said):
        raise OptionError(f"--format {form} is not what {printable(output.name)} says", f"end its name in .{form}")
    return said


def chosen_options(arguments: argparse.Namespace, defaults: Mapping[str, str]) -> Options:
    """The options of the run: a file that is named holds one highlight.

    Args:
        arguments: of the command line.
        defaults: of the exporter.

    Raises:
        OptionError: one file is named for several highlights.
    """
    layered = layered_options(arguments)
    options = layered.with_defaults(defaults)
    output = arguments.output
    if output is None or output.is_dir():
        return options
    if layered.sources.get("count") == "command line" and options.select.count != 1:
        raise OptionError(
            f"{options.select.count} highlights cannot be one file", f"name a folder with -o, not {printable(output)}"
        )
    return options.replace(count=1)


def place(video: Path, output: Path | None, form: str, count: int) -> Path:
    """The path to hand to the exporter, which numbers several itself: ``video.highlight-1.gif`` is the first's name."""
    if output is not None and not output.is_dir():
        return output
    stem = (output or video.parent) / f"{video.stem}.highlight"
    return Path(f"{stem}-1.{form}" if count == 1 else f"{stem}.{form}")


def check_places(video: Path, output: Path | None, sheet: Path | None, form: str, options: Options) -> None:
    """Makes sure, before any work is done, that everything that may come can be written where it goes.

    Raises:
        OptionError: the sheet's suffix is no picture's.
        OutputError: a file is there, or cannot be written there.
    """
    from autohighlight.export.animation import animation_paths
    from autohighlight.files import check_destination

    count = options.select.count or 1
    places = animation_paths(place(video, output, form, count), count)
    if sheet is not None:
        if sheet.suffix.lower() != ".png":
            raise OptionError(f"a contact sheet cannot be written as {printable(sheet.name)}", "end its name in .png")
        places.append(sheet)
    for path in places:
        check_destination(path, source=video, overwrite=options.export.overwrite)


def _write(selection: Selection, path: Path, form: str, options: Options, session: Session) -> list[Animation]:
    from autohighlight import pipeline
    from autohighlight.export.animation import write_animations

    timeline = pipeline.build(selection, plugins=session.plugins)
    with session.progress() as progress:
        made = write_animations(timeline, path, form, options.export, progress)
    session.written += [animation.path for animation in made]
    return made


def _draw_sheet(analysis: Analysis, selection: Selection, sheet: Path, session: Session, *, overwrite: bool) -> None:
    from autohighlight.cli.tables import highlights_summary, made_by
    from autohighlight.export.contact_sheet import draw_contact_sheet, thumbnail_height, thumbnail_instants
    from autohighlight.files import written_whole
    from autohighlight.media.thumbnails import read_thumbnails

    media = selection.media
    height = 2 * thumbnail_height(media, len(selection))
    thumbnails = read_thumbnails(media, thumbnail_instants(selection), min(height, media.display_size[1]))
    subtitle = f"{highlights_summary(selection)}, {made_by(analysis)}"
    image = draw_contact_sheet(selection, thumbnails, title=media.path.name, subtitle=subtitle)
    with written_whole(sheet, overwrite=overwrite) as unfinished:
        image.save(unfinished, format="PNG", optimize=True)
    session.written.append(sheet)


def _print_written(made: list[Animation], sheet: Path | None, session: Session) -> None:
    from autohighlight.cli.tables import format_size

    if not made:
        session.print("nothing written (--dry-run)")
        return
    for animation in made:
        shown = _in_words(animation.size, animation.frame_rate)
        said = f"{shown}, {float(animation.duration):.1f} s, {format_size(animation.num_bytes)}"
        if animation.is_reduced:
            said += f"; without --max-bytes {_in_words(*animation.wanted)}"
        session.print(f"wrote {printable(animation.path)} ({said})")
    if sheet is not None:
        session.print(f"wrote {printable(sheet)} ({format_size(sheet.stat().st_size)})")


def _in_words(size: tuple[int, int], frame_rate: Fraction) -> str:
    return f"{size[0]}x{size[1]}, {float(frame_rate):.4g} frames/s"


def _emit(
    analysis: Analysis, selection: Selection, made: list[Animation], sheet: Path | None, session: Session
) -> None:
    """The document of a reel without its film, and what was written in place of it."""
    from autohighlight.documents import highlights_document, to_json

    document = highlights_document(analysis, selection, None)
    document["animations"] = [
        {
            "path": str(animation.path),
            "width": animation.size[0],
            "height": animation.size[1],
            "frame_rate": str(animation.frame_rate),
            "num_frames": animation.num_frames,
            "duration": float(animation.duration),
            "bytes": animation.num_bytes,
        }
        for animation in made
    ]
    document["contact_sheet"] = str(sheet) if made and sheet is not None else None
    session.emit(to_json(document))
