"""``autohighlight score``: the curve only, as a table, JSON, CSV or a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.errors import OptionError
from autohighlight.times import TimeRange

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.pipeline import Analysis
    from autohighlight.types import ProgressCallback, Selection

FORMATS = ("table", "json", "csv", "png")
STAGES = ("sample", "extract", "sound", "score", "select")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "score",
        help="print or draw the score of every clip of a video",
        description="Scores every clip of a video: the curve that highlights are chosen by. Prints a table, JSON or "
        "CSV, or writes a file whose suffix says what it holds: .json, .csv, or .png for a picture of the curve "
        "with thumbnails and the chosen highlights shaded.",
        epilog=examples(
            ("score video.mp4", "print a table"),
            ("score video.mp4 -o video.png", "draw the curve"),
            ("score video.mp4 --format csv > video.csv", "one line a clip, for a spreadsheet or pandas"),
            ("score video.mp4 --scorer contrastive --plot paper.png", "the paper's score alone, printed and drawn"),
            ("score video.mp4 --plot video.png --labels labels.jsonl", "with what people call its highlights in green"),
        ),
    )
    parser.add_argument("video", metavar="VIDEO", type=Path, help="the video")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write this file in place of printing")
    parser.add_argument(
        "--format",
        metavar="{" + ",".join(FORMATS) + "}",
        choices=FORMATS,
        help="what to print or write (default: by the suffix of -o, else table); png needs -o",
    )
    parser.add_argument("--plot", metavar="FILE.png", type=Path, help="draw the curve into this file as well")
    parser.add_argument(
        "--labels",
        metavar="LABELS.jsonl",
        type=Path,
        help="mark in the picture, in green, what these labels call highlights; their forms are those of 'evaluate'",
    )
    add_options(parser, STAGES, only=["overwrite"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command.

    Raises:
        OptionError: two results of one name, or a picture that is no PNG.
    """
    from autohighlight import pipeline
    from autohighlight.cli.commands.reel import remark_losses, remark_selector
    from autohighlight.files import check_destination

    video, output, plot = arguments.video, arguments.output, arguments.plot
    form = chosen_format(arguments.format, output)
    options = layered_options(arguments).options
    outputs = [path for path in (output, plot) if path is not None]
    if len(outputs) == 2 and output.absolute() == plot.absolute():
        raise OptionError("-o and --plot name the same file")
    if plot is not None and plot.suffix.lower() != ".png":
        raise OptionError(f"a picture cannot be written as {plot.name}", "end its name in .png")
    overwrite = options.export.overwrite
    pictures = [path for path in outputs if path == plot or form == "png"]
    for path in outputs:
        check_destination(path, source=video, overwrite=overwrite)
    labelled = _labelled(arguments.labels, video, pictures)
    with session.progress() as progress:
        analysis = pipeline.analyse(video, options, plugins=session.plugins, progress=progress)
        selection = pipeline.select(analysis, options, plugins=session.plugins)
    remark_losses(analysis, session)
    remark_selector(options, session)
    if form != "png":
        _print_or_write(form, analysis, selection, output, session, overwrite=overwrite)
    if pictures:
        with session.progress() as progress:
            _draw(analysis, selection, labelled, pictures, session, progress, overwrite=overwrite)
    for path in outputs:
        session.remark(f"wrote {path}")


def _labelled(labels: Path | None, video: Path, pictures: list[Path]) -> tuple[TimeRange, ...] | None:
    """What the labels call highlights, in seconds from the first frame shown; None without labels."""
    from autohighlight.evaluation.ground_truth import labelled_highlights
    from autohighlight.evaluation.labels import read_labels

    if labels is None:
        return None
    if not pictures:
        raise OptionError("--labels is for a picture", "give --plot FILE.png with it")
    return labelled_highlights(read_labels(labels), video)


def chosen_format(form: str | None, output: Path | None) -> str:
    """What to print or write: as asked for, else by the suffix, else a table.

    Raises:
        OptionError: a suffix that says nothing, a picture for the terminal, or a table for a file.
    """
    if form is None and output is not None:
        form = output.suffix.lower().removeprefix(".")
        if form not in FORMATS[1:]:
            raise OptionError(
                f"the suffix of {output.name} does not say what to write",
                "end it in .json, .csv or .png, or give --format",
            )
    if form == "png" and output is None:
        raise OptionError("a picture cannot be printed", "name a file: -o FILE.png")
    return form or "table"


def _print_or_write(
    form: str, analysis: Analysis, selection: Selection, output: Path | None, session: Session, *, overwrite: bool
) -> None:
    from autohighlight.documents import highlights_document, scores_csv, to_json
    from autohighlight.files import written_whole

    if form == "table" and output is None:
        _print_table(analysis, selection, session)
        return
    if form == "table":
        text = _table_text(analysis, selection)
    else:
        document = highlights_document(analysis, selection, None)
        text = scores_csv(document) if form == "csv" else to_json(document) + "\n"
    if output is None:
        session.emit(text)
    else:
        with written_whole(output, overwrite=overwrite) as unfinished:
            unfinished.write_text(text, "utf-8", newline="\n")
        session.written.append(output)


def _print_table(analysis: Analysis, selection: Selection, session: Session) -> None:
    from autohighlight.cli.tables import made_by, scores_table

    session.print(scores_table(analysis, selection, session.output))
    session.print(f"{len(analysis.scores)} clips, {made_by(analysis)}; *: mostly part of a highlight")


def _table_text(analysis: Analysis, selection: Selection) -> str:
    import io

    from rich.console import Console

    from autohighlight.cli.session import PIPED_WIDTH
    from autohighlight.cli.tables import made_by, scores_table

    text = io.StringIO()
    console = Console(file=text, width=PIPED_WIDTH)
    console.print(scores_table(analysis, selection, console))
    console.print(made_by(analysis), markup=False, highlight=False)
    return text.getvalue()


def _draw(
    analysis: Analysis,
    selection: Selection,
    labelled: tuple[TimeRange, ...] | None,
    outputs: list[Path],
    session: Session,
    progress: ProgressCallback,
    *,
    overwrite: bool,
) -> None:
    from autohighlight.cli.tables import highlights_summary, made_by
    from autohighlight.export.plot import THUMBNAIL_HEIGHT, draw_scores, thumbnail_times
    from autohighlight.files import written_whole
    from autohighlight.media.thumbnails import read_thumbnails
    from autohighlight.types import Progress

    progress(Progress("export", 0, None, "thumbnails"))
    media = analysis.media
    thumbnails = read_thumbnails(media, thumbnail_times(selection), THUMBNAIL_HEIGHT)
    start = media.time_range.start  # labels count from there
    image = draw_scores(
        analysis.scores,
        selection,
        thumbnails,
        title=media.path.name,
        subtitle=f"{highlights_summary(selection)}, {made_by(analysis)}",
        labelled=None if labelled is None else [TimeRange(start + s.start, start + s.end) for s in labelled],
    )
    for output in outputs:
        with written_whole(output, overwrite=overwrite) as unfinished:
            image.save(unfinished, format="PNG", optimize=True)
        session.written.append(output)
