"""``autohighlight analyse``: why the selector works, as the paper looks at it: its Tables 6 and 7 and its Figure 1."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.cli.recipes import add_recipe_options, check_ready_features, given_recipe
from autohighlight.errors import OptionError

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight_research.clip_kinds import LabelSource
    from autohighlight_research.embedding import EmbeddingReport

_LABELS = "LABELS.jsonl says which clips are highlights; 'autohighlight evaluate --help' shows its forms."


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its three subcommands."""
    parser = subparsers.add_parser(
        "analyse",
        help="look at why a selector works, on videos with labels",
        description="The analyses of sections 4.3 and 4.4 of the paper, on one's own labelled videos. They ask "
        "whether highlight clips tell their video better than others do, and what dropout in training brings.",
        epilog=examples(
            ("analyse clusters labels.jsonl", "Table 6: do highlight clips form better clusters?"),
            ("analyse dropout labels.jsonl", "Table 7: what does dropout in training bring?"),
            ("analyse embedding labels.jsonl -o clusters.png", "Figure 1: the clusters as a picture"),
        ),
    )
    inner = parser.add_subparsers(title="analyses", metavar="ANALYSIS", dest="subcommand", required=True)
    _add_clusters(inner)
    _add_dropout(inner)
    _add_embedding(inner)


def _add_clusters(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "clusters",
        help="Table 6: how compact and how far apart the clusters of highlight and other clips are",
        description="Section 4.3 and Table 6: the same number of highlight and of other clips of each video is run "
        "many times under dropout; how compact are the clusters of a video's clips at the output of the first "
        "attention layer, and how far apart those of different videos? Beside the trained selector stands an untrained "
        f"one, and beside the labels the same shifted in time, which mean nothing. {_LABELS}",
        epilog=examples(
            ("analyse clusters labels.jsonl", "with the selector in the package"),
            ("analyse clusters labels.jsonl --selector my.safetensors", "with one of one's own"),
            ("analyse clusters labels.jsonl --json", "every number, by seed and by video"),
        ),
    )
    _add_labels(parser)
    _add_runs(parser)
    parser.add_argument("--clips", metavar="N", type=int, help="take at most N clips of either kind of a video")
    _add_seeds(parser, "each chooses clips and dropouts, and the untrained weights, anew")
    parser.add_argument("--json", action="store_true", help="print JSON, with the distances by seed and by video")
    add_options(parser, ("sample", "extract"), only=["selector"])
    parser.set_defaults(run=run_clusters)


def _add_dropout(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "dropout",
        help="Table 7: highlights found by selectors trained with and without dropout",
        description="Section 4.4 and Table 7: trains selectors with and without dropout on the labelled videos, "
        f"without looking at the labels, and measures what they find by them. {_LABELS}",
        epilog=examples(
            ("analyse dropout labels.jsonl", "trained as in the paper"),
            ("analyse dropout labels.jsonl --recipe footage", "trained as the selector in the package was"),
            ("analyse dropout labels.jsonl --dropout 0.3 --epochs 50", "with more of it, and for longer"),
        ),
    )
    _add_labels(parser)
    _add_seeds(parser, "each trains one selector with dropout and one without")
    parser.add_argument("--json", action="store_true", help="print JSON, with the measures by seed and by video")
    add_recipe_options(parser)
    add_options(parser, ("sample", "extract"))
    parser.set_defaults(run=run_dropout)


def _add_embedding(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "embedding",
        help="Figure 1: a video and its nearest neighbours by their highlight and by their other clips",
        description="Figure 1: the clips of a video and of its nearest neighbours under dropout, laid on a plane by "
        "t-SNE, the non-highlight clips on the left and as many highlight clips on the right; one colour a video. "
        f"{_LABELS}",
        epilog=examples(
            ("analyse embedding labels.jsonl -o clusters.png", "the first video and its five nearest"),
            ("analyse embedding labels.jsonl --video match.mp4 -o match.png", "another video"),
            ("analyse embedding labels.jsonl --json > clusters.json", "the places, to draw them otherwise"),
        ),
    )
    _add_labels(parser)
    parser.add_argument("-o", "--output", metavar="FILE.png", type=Path, help="draw the picture into this file")
    parser.add_argument("--video", metavar="NAME", help="the video to begin with (default: the first)")
    parser.add_argument(
        "--neighbours", metavar="N", type=int, default=5, help="how many others to show, at most 7 (default: 5)"
    )
    _add_runs(parser)
    parser.add_argument(
        "--clips",
        metavar="N",
        type=int,
        default=10,
        help="take at most N clips of either kind of a video (default: 10)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of the choice of clips, the dropouts and t-SNE (default: 0)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with the place of every point")
    add_options(parser, ("sample", "extract"), only=["selector", "overwrite"])
    parser.set_defaults(run=run_embedding)


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("labels", metavar="LABELS.jsonl", type=Path, help="the labels")
    parser.add_argument("--videos", metavar="FOLDER", type=Path, help="look for the videos in this folder first")
    parser.add_argument(
        "--features",
        metavar="FOLDER",
        type=Path,
        help="take features from <video>.npy or .npz in this folder, a row for each labelled clip; no video is needed",
    )


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs", metavar="N", type=int, default=20, help="times that each clip is run under dropout (default: 20)"
    )


def _add_seeds(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument(
        "--seeds", metavar="N", type=int, default=5, help=f"how many seeds, from 0 on: {meaning} (default: 5)"
    )


def _source(arguments: argparse.Namespace) -> LabelSource:
    from autohighlight_research.clip_kinds import LabelSource

    return LabelSource(arguments.labels, arguments.videos, arguments.features)


def run_clusters(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``analyse clusters``."""
    from autohighlight.documents import to_json
    from autohighlight_research.clusters import analyse_clusters
    from autohighlight_research.commands.print_analyses import print_clusters
    from autohighlight_research.dropout_runs import DropoutRuns

    options, runs = layered_options(arguments).options, DropoutRuns(arguments.runs, arguments.clips)
    with session.progress() as progress:
        report = analyse_clusters(
            _source(arguments),
            options,
            session.plugins,
            progress,
            runs=runs,
            num_seeds=arguments.seeds,
        )
    if arguments.json:
        session.emit(to_json(report.as_dict()))
    else:
        print_clusters(report, session)


def run_dropout(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``analyse dropout``."""
    from autohighlight.documents import to_json
    from autohighlight_research.commands.print_analyses import print_dropout
    from autohighlight_research.dropout import analyse_dropout

    options = layered_options(arguments).options
    recipe = given_recipe(arguments, options)
    if arguments.features is not None:
        check_ready_features(recipe, arguments)
    with session.progress() as progress:
        report = analyse_dropout(
            _source(arguments),
            options,
            session.plugins,
            progress,
            recipe=recipe,
            num_seeds=arguments.seeds,
        )
    if arguments.json:
        session.emit(to_json(report.as_dict()))
    else:
        print_dropout(report, session)


def run_embedding(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``analyse embedding``.

    Raises:
        OptionError: nothing was asked for, or a picture that is no PNG.
    """
    from autohighlight.documents import to_json
    from autohighlight.files import check_destination
    from autohighlight_research.commands.print_analyses import print_left_out
    from autohighlight_research.dropout_runs import DropoutRuns
    from autohighlight_research.embedding import analyse_embedding
    from autohighlight_research.scatter import MAX_GROUPS

    options, output = layered_options(arguments).options, arguments.output
    if output is None and not arguments.json:
        raise OptionError("there is nothing to make", "name a picture with -o FILE.png, or give --json")
    if output is not None and output.suffix.lower() != ".png":
        raise OptionError(f"a picture cannot be written as {output.name}", "end its name in .png")
    if not 1 <= arguments.neighbours < MAX_GROUPS:
        raise OptionError(f"--neighbours lies from 1 to {MAX_GROUPS - 1}, not at {arguments.neighbours}")
    if output is not None:
        check_destination(output, source=arguments.labels, overwrite=options.export.overwrite)
    with session.progress() as progress:
        report = analyse_embedding(
            _source(arguments),
            options,
            session.plugins,
            progress,
            video=arguments.video,
            num_neighbours=arguments.neighbours,
            runs=DropoutRuns(arguments.runs, arguments.clips),
            seed=arguments.seed,
        )
    if output is not None:
        _draw_embedding(report, output, session, overwrite=options.export.overwrite)
    if arguments.json:
        session.emit(to_json(report.as_dict()))
    else:
        print_left_out(report.num_left_out, session)


def _draw_embedding(report: EmbeddingReport, output: Path, session: Session, *, overwrite: bool) -> None:
    from autohighlight.files import written_whole
    from autohighlight_research.scatter import Panel, draw_clusters

    left, right = (
        Panel(f"{kind} clips", [video.points[kind] for video in report.videos])
        for kind in ("non-highlight", "highlight")
    )
    num_clips = sum(len(points) for points in left.groups) // report.runs.runs
    image = draw_clusters(
        left,
        right,
        [video.path.name for video in report.videos],
        title=f"{report.videos[0].path.name} and its nearest neighbours",
        subtitle=f"{num_clips} clips of either kind, each under {report.runs.runs} dropouts; t-SNE with perplexity "
        f"{report.perplexity:.0f}; selector {report.selector.name}",
    )
    with written_whole(output, overwrite=overwrite) as unfinished:
        image.save(unfinished, format="PNG", optimize=True)
    session.written.append(output)
    session.remark(f"wrote {output}")
