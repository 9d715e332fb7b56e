"""``autohighlight benchmark``: the paper's Tables 1, 3, 4 and 5, and made-up videos on which the truth is known."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_option, add_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.cli.recipes import add_recipe_options, check_ready_features, given_recipe
from autohighlight.config import option_fields
from autohighlight.errors import OptionError

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.config import Options
    from autohighlight.training.recipes import Recipe
    from autohighlight_research.datasets.dataset import Benchmark
    from autohighlight_research.datasets.features import FeatureSource

_DESCRIPTIONS = {
    "tvsum": ("Tables 3 and 4: TVSum", "resnet3d-34"),
    "youtube-highlights": ("Table 1: YouTube Highlights", "resnet3d-34"),
    "vtw": ("Table 5: Video Titles in the Wild", "c3d"),
}
"""What each stands for, and the paper's backbone: told here too, so that help imports no numpy; a test compares."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its subcommands, one a benchmark."""
    parser = subparsers.add_parser(
        "benchmark",
        help="train and measure on the paper's benchmarks",
        description="Trains selectors on a benchmark's training videos, without a label, and measures them on its "
        "test videos, with several seeds, beside random scores, the oracle and the numbers that the paper prints. "
        "Videos and labels are not part of this package; docs/reproducing.md says where they are to be had.",
        epilog=examples(
            ("benchmark planted", "made-up videos: nothing to download, a minute"),
            ("benchmark tvsum --root tvsum/", "Tables 3 and 4"),
            ("benchmark youtube-highlights --root DomainSpecificHighlight/", "Table 1"),
        ),
    )
    inner = parser.add_subparsers(title="benchmarks", metavar="BENCHMARK", dest="subcommand", required=True)
    for name, (title, backbone) in _DESCRIPTIONS.items():
        _add_benchmark(inner, name, title, backbone)
    _add_planted(inner)


def _add_benchmark(
    inner: argparse._SubParsersAction[argparse.ArgumentParser], name: str, title: str, backbone: str
) -> None:
    parser = inner.add_parser(
        name,
        help=title,
        description=f"{title}. Looks in the folder --root for labels, split and videos, says what is missing before "
        "any work, and trains as the paper does (section 4.1) unless told otherwise. docs/reproducing.md says what has "
        "to be in that folder.",
        epilog=examples(
            (f"benchmark {name} --root data/", f"from the videos, with {backbone}"),
            (f"benchmark {name} --root data/ --features features/", "from features of clips: <video>.npy or .npz"),
            (f"benchmark {name} --root data/ --features features/ --feature-stride 1", "from features of frames"),
            (f"benchmark {name} --root data/ --partial --json", "whatever videos are there; every number"),
            (f"benchmark {name} --root data/ --labels-only", "what the labels alone say: floors and ceiling"),
        ),
    )
    parser.add_argument("--root", metavar="FOLDER", type=Path, required=True, help="the benchmark's files")
    parser.add_argument("--videos", metavar="FOLDER", type=Path, help="look for the videos in this folder first")
    parser.add_argument(
        "--features", metavar="FOLDER", type=Path, help="take features from <video>.npy or .npz in this folder"
    )
    parser.add_argument(
        "--feature-stride",
        metavar="N",
        type=int,
        help="these are of windows of 16 frames, each N frames after the one before (default: of clips)",
    )
    parser.add_argument(
        "--labels-only",
        action="store_true",
        help="measure random scores, centre first and the oracle, for which labels are enough; trains nothing",
    )
    parser.add_argument("--partial", action="store_true", help="go on where videos are missing; gives no result")
    _add_seeds(parser, "each trains one selector")
    parser.add_argument("--json", action="store_true", help="print JSON, with every number by seed and video")
    add_recipe_options(parser)
    spec = next(spec for _, spec in option_fields() if spec.name == "backbone")
    add_option(parser.add_argument_group("What features are made by"), spec, depends=f"{backbone}, as in the paper")
    add_options(parser, ("extract",), without=["backbone"])
    parser.set_defaults(run=run)


def _add_seeds(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument(
        "--seeds", metavar="N", type=int, default=5, help=f"how many seeds, from 0 on: {meaning} (default: 5)"
    )


def _add_planted(inner: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = inner.add_parser(
        "planted",
        help="made-up videos in which it is known which clips identify them",
        description="Trains on made-up features: a fifth of the clips of each video are its own, the rest are of kinds "
        "that all videos share. Telling videos apart has to move the attention onto the clips that are a video's own. "
        "Prints how well it does with a quick recipe and with the paper's settings, which ten steps on 32 videos are "
        "too few for, beside the untrained networks and chance. Takes a minute or so on two cores.",
        epilog=examples(("benchmark planted", "five seeds"), ("benchmark planted --seeds 1 --json", "one, as JSON")),
    )
    _add_seeds(parser, "each makes videos, weights and dropouts anew")
    parser.add_argument("--json", action="store_true", help="print JSON, with every number by seed")
    parser.set_defaults(run=run_planted)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the subcommand of one of the paper's benchmarks."""
    from autohighlight.documents import to_json
    from autohighlight_research.benchmark import measure_labels, run_benchmark
    from autohighlight_research.commands.print_benchmarks import print_labels, print_report
    from autohighlight_research.datasets import BENCHMARKS

    benchmark = BENCHMARKS[arguments.subcommand]
    _check_folders(arguments)
    if arguments.labels_only:
        labels = measure_labels(benchmark, arguments.root)
        if arguments.json:
            session.emit(to_json(labels.as_dict()))
        else:
            print_labels(labels, session)
        return
    layered = layered_options(arguments)
    options = layered.options
    if "backbone" not in layered.sources:
        options = options.replace(backbone=benchmark.backbone)
    recipe = given_recipe(arguments, options)
    source = _source(arguments, benchmark, recipe, options, session)
    with session.progress() as progress:
        report = run_benchmark(
            benchmark,
            arguments.root,
            source,
            recipe,
            progress,
            num_seeds=arguments.seeds,
            partial=arguments.partial,
        )
    if not report.is_complete:
        session.warn(report.heading)
    if arguments.json:
        session.emit(to_json(report.as_dict()))
    else:
        print_report(report, session)


def _source(
    arguments: argparse.Namespace, benchmark: Benchmark, recipe: Recipe, options: Options, session: Session
) -> FeatureSource:
    from autohighlight_research.datasets.features import ExtractedFeatures, ReadyFeatures

    if arguments.features is None:
        if arguments.feature_stride is not None:
            raise OptionError("--feature-stride is of features that are ready", "give --features FOLDER")
        session.plugins.backbones[options.extract.backbone]  # a wrong name is said before any work
        return ExtractedFeatures(
            benchmark, arguments.root, options.extract, recipe.feature_kind, session.plugins, arguments.videos
        )
    if arguments.videos is not None:
        raise OptionError("--videos and --features exclude each other", "features that are ready need no videos")
    if arguments.feature_stride is not None and arguments.feature_stride < 1:
        raise OptionError(f"--feature-stride is at least 1, not {arguments.feature_stride}")
    check_ready_features(recipe, arguments)
    return ReadyFeatures(arguments.features, arguments.feature_stride)


def _check_folders(arguments: argparse.Namespace) -> None:
    for name in ("root", "videos", "features"):
        folder = getattr(arguments, name)
        if folder is not None and not folder.is_dir():
            raise OptionError(f"--{name}: the folder {folder} is not there")


def run_planted(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``benchmark planted``."""
    from autohighlight.documents import to_json
    from autohighlight_research import planted
    from autohighlight_research.commands.print_benchmarks import print_planted

    with session.progress() as progress:
        report = planted.run_planted(arguments.seeds, progress)
    if arguments.json:
        session.emit(to_json(report.as_dict()))
    else:
        print_planted(report, session)
