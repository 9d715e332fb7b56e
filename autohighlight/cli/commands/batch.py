"""``autohighlight batch``: folders and archives of videos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import ALL_STAGES, add_options, given_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.errors import InputError, OptionError, printable

if TYPE_CHECKING:
    from autohighlight.batch.complete import Ending, Show
    from autohighlight.batch.database import Database
    from autohighlight.batch.inputs import FoundInputs, Input
    from autohighlight.batch.request import Plan, Request
    from autohighlight.cli.session import Session
    from autohighlight.executors.protocol import Executor

SOME_FAILED = 4
"""Exit code: the batch has ended, and some results are missing."""

DEFAULT_OUTPUT = Path("highlights")
"""Where results go where nobody says otherwise: a folder in the working folder."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "batch",
        help="do the same for many videos: folders, archives, clusters",
        description="Finds the highlights of all videos in folders and writes them into one output folder that "
        "mirrors these: reels unless something else is asked for, and of every video what was decided, as JSON. A "
        "video that fails does not stop the others. The same command given again does only what is left, what has "
        "changed, and what is asked for now and was not before. The videos are only read.",
        epilog=examples(
            ("batch footage/", "a reel of every video in and below the folder, into highlights/"),
            ("batch footage/ -o cut/ --gif --export edl", "GIFs and timelines instead"),
            ("batch footage/ --combined best.mp4", "one montage of the best of all videos"),
            ("batch footage/ --train-first", "fit the selector to this footage first"),
            ("batch 'cards/*/DCIM/**/*.MP4' --dry-run", "only show what would be done"),
            ("batch - < list.txt", "the videos that a list names, one a line"),
            ("batch inbox/ --watch", "take up new videos as they come, until interrupted"),
        )
        + "\n\nThe exit code is 0 if there is all that was asked for, and 4 if a video failed or lacks a form.",
    )
    parser.add_argument(
        "places",
        metavar="PATH",
        nargs="+",
        help="videos, folders, patterns in quotes, addresses as s3://bucket/folder, or - for a list on standard input",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=Path,
        default=DEFAULT_OUTPUT,
        help=f"the output folder (default: {DEFAULT_OUTPUT})",
    )
    _add_wishes(parser)
    parser.add_argument(
        "--ext",
        action="append",
        default=[],
        metavar="SUFFIX[,...]",
        help="take files in folders that end in one of these for videos (default: the usual suffixes)",
    )
    parser.add_argument("--retry-failed", action="store_true", help="try those again that failed before")
    parser.add_argument("--watch", action="store_true", help="go on with new videos when they have stopped growing")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--json", action="store_true", help="print what happens as JSON, an object a line")
    add_options(parser, ALL_STAGES)
    parser.set_defaults(run=run)


def _add_wishes(parser: argparse.ArgumentParser) -> None:
    wishes = parser.add_argument_group("What to write")
    wishes.add_argument("--reel", action="store_true", help="a reel of each video (default: yes, if nothing is named)")
    wishes.add_argument("--gif", action="store_true", help="the best highlights of each video as GIFs")
    wishes.add_argument(
        "--export",
        action="append",
        default=[],
        metavar="FORMAT[,...]",
        help="each video's highlights in these forms, as edl or fcpxml; see 'export'",
    )
    wishes.add_argument(
        "--combined",
        action="append",
        default=[],
        metavar="FILE",
        type=Path,
        help="one montage of the best of all videos: a reel, or a timeline if the suffix is one of a timeline; may be "
        "given several times",
    )
    wishes.add_argument(
        "--train-first", action="store_true", help="fit the highlight selector to all these videos, and score by it"
    )


def run(arguments: argparse.Namespace, session: Session) -> int:
    """Runs the command; gives the exit code.

    Raises:
        InputError: there is no video.
    """
    from autohighlight.cli.timelines import warn_of_idle_options

    request = _request(arguments, session)
    request.check(session.plugins)
    warn_of_idle_options(arguments, [*request.forms, *request.montages], session)
    if "video_order" in given_options(arguments) and not request.montages:
        session.warn("--video-order has no effect here: it is for --combined")
    found = request.find()
    _tell_what_is_skipped(found, session, as_json=arguments.json)
    if not (found.inputs or arguments.watch):
        raise InputError(
            Path(arguments.places[0]), "no videos found", "name the files, or give their suffix with --ext"
        )
    if arguments.dry_run:
        _print_plan(request, found, session, as_json=arguments.json)
        return 0
    from autohighlight.batch.database import Database
    from autohighlight.batch.run import recover

    options = request.options
    make_executor = session.plugins.executors[options.batch.executor]
    with Database.open(request.output) as database, closing(make_executor(options.batch)) as executor:
        session.what_stays = f"what was done stays in {printable(request.output)}"
        session.interruption_hint = "give the same command again to go on"
        recover(database, request.output, overwrite=options.export.overwrite)
        if arguments.watch:
            return _watch(request, database, executor, session, as_json=arguments.json)
        ending = _complete(request, found.inputs, database, executor, session, as_json=arguments.json)
    if not arguments.json:
        _print_ending(ending, session)
    return SOME_FAILED if not all(record.is_complete for record in ending.records) else 0


def _request(arguments: argparse.Namespace, session: Session) -> Request:
    from autohighlight.batch.inputs import read_list
    from autohighlight.batch.request import Request
    from autohighlight.cli.timelines import asked_for, by_suffix

    exporters = session.plugins.exporters
    forms = asked_for(arguments.export, exporters)
    forms += [form for form, is_wanted in (("reel", arguments.reel), ("gif", arguments.gif)) if is_wanted]
    if not forms and not arguments.combined:
        forms = ["reel"]
    montages = {by_suffix(path, exporters): path.absolute() for path in arguments.combined}
    if len(montages) < len(arguments.combined):
        raise OptionError("two files for --combined are of the same form", "name one of each form")
    if arguments.watch and (montages or arguments.train_first):
        raise OptionError("--watch has no end, so nothing can be done of all videos", "leave out one of the two")
    places: list[str] = []
    for place in arguments.places:
        places += read_list(sys.stdin.buffer) if place == "-" else [place]
    return Request(
        tuple(places),
        arguments.output.absolute(),
        tuple(dict.fromkeys(forms)),
        layered_options(arguments),
        session.sources,
        tuple(suffix for word in arguments.ext for suffix in word.split(",") if suffix) or None,
        montages,
        arguments.train_first,
        arguments.retry_failed,
    )


def _complete(
    request: Request,
    inputs: Sequence[Input],
    database: Database,
    executor: Executor,
    session: Session,
    *,
    as_json: bool,
) -> Ending:
    from autohighlight.batch.complete import Audience, complete
    from autohighlight.cli.batch_view import show_batch

    def show(plan: Plan) -> AbstractContextManager[Show]:
        return show_batch(session, {step.job.key: step for step in plan.steps}, as_json=as_json)

    audience = Audience(show, session.progress, session.warn)
    return complete(request, inputs, database, executor, session.plugins, audience)


def _watch(request: Request, database: Database, executor: Executor, session: Session, *, as_json: bool) -> int:
    """Takes up videos as they come, until interrupted."""
    from autohighlight.batch.watch import settled

    seen: dict[str, Input] = {}  # all of them, so that names and summary are of all
    for inputs in settled(
        request.places, suffixes=request.suffixes, exclude=request.output, joins_chapters=request.joins_chapters
    ):
        seen |= {each.source: each for each in inputs}
        for chapter in {source for each in inputs for source in each.chapters}:
            seen.pop(chapter, None)  # it came before the file that the recording begins with
        _complete(request, list(seen.values()), database, executor, session, as_json=as_json)
    return 0


def _print_plan(request: Request, found: FoundInputs, session: Session, *, as_json: bool) -> None:
    """Shows what would be done, and changes nothing."""
    from autohighlight.batch.complete import SELECTOR_NOTE, known_selector
    from autohighlight.batch.database import Database
    from autohighlight.batch.plan import places
    from autohighlight.batch.remote import shown
    from autohighlight.batch.request import make_plan
    from autohighlight.cli.tables import plain_table
    from autohighlight.documents import to_json

    exporters = session.plugins.exporters
    if request.train_first:
        selector = known_selector(request, found.inputs, Database.read_note(request.output, SELECTOR_NOTE))
        request = replace(request, layered=request.layered.replace(selector=selector))
    plan = make_plan(request, found.inputs, Database.read(request.output), exporters)
    if as_json:
        steps = [
            {
                "video": shown(step.job.source),
                "task": step.task,
                "reason": step.reason,
                "results": [str(path) for path in places(step.job, exporters)],
            }
            for step in plan.steps
        ]
        session.emit(to_json({"output": str(request.output), "videos": steps}))
        return
    rows = [(shown(step.job.source), _WORDS[step.task], step.reason, str(step.job.stem)) for step in plan.steps]
    session.print(plain_table(("video", "what to do", "why", "results begin with"), rows))
    number = sum(step.task != "nothing" for step in plan.steps)
    session.print(f"{number} of {_videos(len(plan.steps))} to do; results go to {request.output}")
    session.print("nothing done (--dry-run)")


_WORDS = {"work": "find highlights", "compare": "look whether it has changed", "nothing": "nothing"}


def _videos(number: int) -> str:
    return f"{number} video{'' if number == 1 else 's'}"


def _tell_what_is_skipped(found: FoundInputs, session: Session, *, as_json: bool) -> None:
    from autohighlight.batch.remote import shown

    for each in found.passed_over:
        session.warn(f"skipped {each.place}: {each.reason}")
    for kind, sources in found.companions.items():
        others = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
        session.warn(f"skipped {shown(sources[0])}{others}: {kind} of a video that is here too")
    if as_json:
        return
    for video in found.inputs:
        if video.chapters:
            session.remark(f"{shown(video.source)}: {len(video.sources)} chapters of one recording, taken as one video")
    if found.others:
        number = sum(found.others.values())
        what = "file that is not a video by its name" if number == 1 else "files that are not videos by their names"
        suffixes = ", ".join(f"{suffix or 'no suffix'}: {count}" for suffix, count in sorted(found.others.items()))
        session.remark(f"skipped {number} {what} ({suffixes})")
    if found.num_results:
        session.remark(f"skipped {found.num_results} result{'' if found.num_results == 1 else 's'} of this program")


def _print_ending(ending: Ending, session: Session) -> None:
    """All videos, those that failed last, as a table where there is room, and what it all came to."""
    from autohighlight.batch.summary import SUMMARY_NAME, Totals
    from autohighlight.cli.batch_view import NARROW, name_of, summary_line, summary_row
    from autohighlight.cli.commands.reel import print_written
    from autohighlight.cli.tables import plain_table
    from autohighlight.times import format_clock

    videos = [(name_of(step), record) for step, record in zip(ending.plan.steps, ending.records, strict=True)]
    videos.sort(key=lambda video: video[1].status == "failed")
    if session.output.width < NARROW:
        for name, record in videos:
            session.print(f"{name}: {summary_line(record)}")
    else:
        head = ("video", "", "length", "highlights", "shown", "took", "remarks")
        session.print(plain_table(head, [summary_row(*video) for video in videos], right=head[2:6]))
    totals = Totals.of(ending.records)
    failed = f", {totals.num_failed} failed" if totals.num_failed else ""
    lacking = f", {totals.num_incomplete} without a form that cannot express it" if totals.num_incomplete else ""
    session.print(
        f"{totals.num_done} of {_videos(totals.num_videos)} done{failed}{lacking}; {totals.num_highlights} highlights, "
        f"{format_clock(totals.highlight_seconds)} of {format_clock(totals.duration_seconds)}"
    )
    if ending.montages:
        print_written(list(ending.montages), session)
    output = ending.plan.output
    session.print(f"results are in {printable(output)}; {SUMMARY_NAME} there lists them")
    if totals.num_failed:
        session.remark("--retry-failed tries those again that failed; a video that has changed is tried in any case")
