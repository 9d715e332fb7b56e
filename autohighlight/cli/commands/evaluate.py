"""``autohighlight evaluate``: how well scorers do on videos with labels."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.evaluation.report import EvaluationReport


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure scorers on videos with labels",
        description="Measures scorers on labelled videos, beside chance, simple floors, and how far the raters "
        "agree. LABELS.jsonl holds one JSON object a line and video, in one of three forms:\n\n"
        '  {"video": "a.mp4", "duration": 60.0, "highlights": [[12.0, 17.5]]}\n'
        '  {"video": "a.mp4", "clip_seconds": 2, "scores": [[3, 1, 5], [2, 1, 4]]}\n'
        "  the lines of TVSum's labels, as QVHighlights publishes them",
        epilog=examples(
            ("evaluate labels.jsonl", "the default scorer"),
            ("evaluate labels.jsonl --scorer fusion --scorer contrastive", "two side by side"),
            ("evaluate labels.jsonl --scorer fusion --scorer fusion+contrastive:0.3", "whether another one helps it"),
            ("evaluate labels.jsonl --selector my.safetensors", "a selector of one's own"),
            ("evaluate tvsum_val.jsonl --videos tvsum/", "labels that name videos of another folder"),
        ),
    )
    parser.add_argument("labels", metavar="LABELS.jsonl", type=Path, help="the labels")
    parser.add_argument(
        "--scorer",
        action="append",
        dest="scorers",
        metavar="NAME[:WEIGHT][+...]",
        help="a scorer to measure, or several that count together; may be given several times "
        "(default: the one that reel would use)",
    )
    parser.add_argument("--videos", metavar="FOLDER", type=Path, help="look for the videos in this folder first")
    parser.add_argument("--json", action="store_true", help="print JSON, with the measure of every video")
    add_options(parser, ("sample", "extract", "sound", "score"), without=["scorer"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.documents import to_json
    from autohighlight.evaluation.report import evaluate
    from autohighlight.scorers import check_selector, may_use_selector

    options = layered_options(arguments).options
    scorers = arguments.scorers or [options.score.scorer_name]
    if not any(may_use_selector(name) for name in scorers):
        check_selector(dataclasses.replace(options.score, scorer=scorers[0]))
    with session.progress() as progress:
        report = evaluate(arguments.labels, scorers, options, session.plugins, progress, videos=arguments.videos)
    if arguments.json:
        session.emit(to_json(report.as_dict()))
    else:
        _print_report(report, session)


def _print_report(report: EvaluationReport, session: Session) -> None:
    from rich.text import Text

    from autohighlight.cli.tables import plain_table

    rows = []
    for row in report.rows:
        style = "bold" if row.kind == "scorer" else "dim"
        interval = f"{row.interval.low:.3f} to {row.interval.high:.3f}" if row.interval else "-"
        mean = f"{row.mean:.3f}" if row.num_videos else "-"
        cells = (row.scorer, row.kind, mean, interval, str(row.num_videos))
        rows.append([Text(cell, style=style) for cell in cells])
    session.print(plain_table(("scorer", "kind", "mAP", "95% interval", "videos"), rows, right=("mAP", "videos")))
    session.print(report.protocol.description)
    if report.num_left_out:
        session.print(f"{report.num_left_out} videos count nowhere: no rater calls a clip of them a highlight")
