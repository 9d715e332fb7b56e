"""``autohighlight train``: fits a highlight selector to a person's own footage."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autohighlight.cli.arguments import add_option, add_options, given_options, layered_options
from autohighlight.cli.parser import examples
from autohighlight.config import option_flag
from autohighlight.errors import InputError, OptionError, OutputError
from autohighlight.selector.config import SelectorConfig
from autohighlight.training.options import TrainingOptions
from autohighlight.training.recipes import FEATURE_KINDS, FOOTAGE, PAPER, RECIPES, Recipe, recipe_fields

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.config import Options
    from autohighlight.footage.find import Found
    from autohighlight.footage.rows import Footage
    from autohighlight.training.history import StepRecord

SUFFIX = ".safetensors"
"""Of a selector's file."""

UNKNOWN_BACKBONE = "unknown"
"""Of features of which nobody says what made them."""

_SHARED = frozenset({"device"})
"""Options of the training that are options of the features too, and mean the same there."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "train",
        help="fit a highlight selector to footage of your own",
        description="Fits a highlight selector to unlabelled footage and writes it as a file for --selector. FOOTAGE "
        "is videos, folders of videos, or features that are ready: .npy or .npz files with one array (clips, columns) "
        "each, or folders of these. Training takes seconds to minutes; measuring the videos, once, takes most of the "
        "time. A run that was stopped goes on when the same command is given again.",
        epilog=examples(
            ("train footage/ -o my.safetensors", "learn from all videos in a folder and below"),
            ("reel video.mp4 --selector my.safetensors", "then cut a reel by what was learned"),
            ("train footage/ -o my.safetensors --curve curve.png --log steps.jsonl", "see how it went"),
            ("train footage/ -o my.safetensors --labels labels.jsonl", "with some highlights named, as for 'evaluate'"),
            ("train match.mp4 -o my.safetensors --pieces 10", "one long video, cut into pieces of 10 clips"),
            ("train features/ -o my.safetensors --features-of c3d", "the paper's recipe on features of your own"),
        ),
    )
    parser.add_argument("footage", metavar="FOOTAGE", nargs="+", type=Path, help="videos, features, or folders of them")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help=f"the selector to write (required); ends in {SUFFIX}",
    )
    names = "; ".join(f"{recipe.name}: {recipe.text}" for recipe in RECIPES.values())
    parser.add_argument(
        "--recipe",
        metavar="{" + ",".join(RECIPES) + "}",
        choices=tuple(RECIPES),
        help=f"how to train; the options below change it. {names} "
        f"(default: {FOOTAGE.name} for videos, {PAPER.name} for ready features)",
    )
    parser.add_argument(
        "--feature-kind",
        metavar="{" + ",".join(FEATURE_KINDS) + "}",
        choices=FEATURE_KINDS,
        help="what a clip's feature is made of: the mean of the backbone's features over the clip, the mean of the "
        f"steps from each to the next, or both (default: {_by_recipe(lambda recipe: recipe.feature_kind)})",
    )
    parser.add_argument(
        "--features-of",
        metavar="NAME",
        default=None,
        help="the backbone that made features that are ready; the selector fits features of that name alone "
        "(default: unknown)",
    )
    parser.add_argument(
        "--labels", metavar="LABELS.jsonl", type=Path, help="highlights that are known, in the forms of 'evaluate'"
    )
    parser.add_argument(
        "--second-seed",
        action="store_true",
        help="train once more with the next seed, and say how far both prefer the same clips; what they do not agree "
        "on is chance",
    )
    parser.add_argument(
        "--log", metavar="FILE.jsonl", type=Path, help="write what each step showed, a JSON object a line"
    )
    parser.add_argument("--curve", metavar="FILE.png", type=Path, help="draw the learning curve")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else")
    for owner, title in ((TrainingOptions, "How the selector is trained"), (SelectorConfig, "What it is made of")):
        group = parser.add_argument_group(title)
        for belongs, spec in recipe_fields():
            if belongs is owner and spec.name not in _SHARED:
                add_option(group, spec, depends=_dependence(spec))
    add_options(parser, ("sample", "extract"), only=["overwrite"])
    parser.set_defaults(run=run)


def _dependence(spec: dataclasses.Field[Any]) -> str:
    """What the option's default is by recipe; empty where it is the same in all."""
    return _by_recipe(lambda recipe: _in_words(spec, recipe.get(spec.name)))


def _by_recipe(value: Callable[[Recipe], str]) -> str:
    values = {recipe.name: value(recipe) for recipe in RECIPES.values()}
    return ", ".join(f"{name} {words}" for name, words in values.items()) if len(set(values.values())) > 1 else ""


def _in_words(spec: dataclasses.Field[Any], value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        _, _, unset = spec.metadata["text"].partition("(default: ")
        return unset.removesuffix(")") or "none"
    return str(value)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.cli.training import StepLog, draw_curve, print_result, remark_footage, show_step
    from autohighlight.files import written_whole
    from autohighlight.footage.find import find_footage
    from autohighlight.footage.fit import compare_seeds, fit, forget, how_measured, prepare

    options = layered_options(arguments).options
    output, overwrite = arguments.output, options.export.overwrite
    _check_outputs(arguments, overwrite=overwrite)
    found = find_footage(arguments.footage)
    _check_sources(arguments, found)
    recipe = _recipe(arguments, found, options)
    footage = _measured(arguments, found, recipe, options, session)
    prepared = prepare(footage, recipe, output)
    remark_footage(prepared, found, session)
    log = StepLog(arguments.log, session) if arguments.log else None
    with session.progress() as progress, log or nullcontext(), _stopped_kindly(prepared.state, session):

        def told(record: StepRecord) -> None:
            show_step(record, progress)
            if log is not None:
                log.add(record)

        fitted = fit(prepared, told, {} if found.are_features else how_measured(options))
        if arguments.second_seed:
            fitted = compare_seeds(prepared, fitted, lambda record: show_step(record, progress, "compare"))
    if log is not None:
        log.complete(fitted.history)
    with written_whole(output, overwrite=overwrite) as unfinished:
        fitted.save(unfinished)
    session.written.append(output)
    if arguments.curve:
        draw_curve(prepared, fitted, arguments.curve, output.name, overwrite=overwrite)
        session.written.append(arguments.curve)
    forget(output)
    print_result(prepared, fitted, output, session, as_json=arguments.json)


def _check_outputs(arguments: argparse.Namespace, *, overwrite: bool) -> None:
    """Refuses, before any work, what cannot be written.

    The log of a training that goes on may be there: it is from before it was stopped.
    """
    from autohighlight.cli.training import is_step_log
    from autohighlight.files import check_destination
    from autohighlight.footage.fit import unfinished

    wanted = [(arguments.output, SUFFIX), (arguments.curve, ".png"), (arguments.log, "")]
    for path, suffix in wanted:
        if path is not None and suffix and path.suffix.lower() != suffix:
            what = "a selector" if path is arguments.output else "a picture"
            raise OptionError(f"{what} cannot be written as {path.name}", f"end its name in {suffix}")
    paths = [path for path, _ in wanted if path is not None]
    if len({path.absolute() for path in paths}) < len(paths):
        raise OptionError("-o, --curve and --log name the same file")
    check_destination(arguments.output, overwrite=overwrite)
    goes_on = bool(unfinished(arguments.output))
    for path in paths[1:]:
        is_ours = goes_on and path is arguments.log and is_step_log(path)
        check_destination(path, overwrite=overwrite or is_ours)


def _check_sources(arguments: argparse.Namespace, found: Found) -> None:
    """Refuses to replace what is trained on, even where the outputs may replace files."""
    sources = [*found.paths, *([arguments.labels] if arguments.labels else [])]
    for path in (arguments.output, arguments.curve, arguments.log):
        if path is not None and path.exists() and any(path.samefile(source) for source in sources if source.exists()):
            raise OutputError(path, "is one of the files to train on", "name another file")


def _recipe(arguments: argparse.Namespace, found: Found, options: Options) -> Recipe:
    """The recipe that was asked for, or the one that suits, with the options that were given.

    Raises:
        OptionError: an option that says nothing of what there is, or does not suit the recipe.
    """
    given = {spec.name: getattr(arguments, spec.name) for _, spec in recipe_fields() if spec.name in vars(arguments)}
    if arguments.feature_kind is not None:
        given["feature_kind"] = arguments.feature_kind
    if not found.are_features:
        if arguments.features_of is not None:
            raise OptionError("--features-of is for features that are ready, and these are videos", "use --backbone")
        return RECIPES[arguments.recipe or FOOTAGE.name].replace(**given | {"device": options.extract.device})
    for name in given_options(arguments):
        if name not in _SHARED and name != "overwrite":
            raise OptionError(f"{option_flag(name)} says nothing of features that are ready", "leave it out")
    if arguments.recipe == FOOTAGE.name and arguments.feature_kind is None:
        raise OptionError(
            f"the recipe {FOOTAGE.name} learns from {FOOTAGE.feature_kind}s, by how much each column changes in a clip",
            f"say with --feature-kind {FOOTAGE.feature_kind} that the features are that, or give --recipe {PAPER.name}",
        )
    return RECIPES[arguments.recipe or PAPER.name].replace(**given | {"device": options.extract.device})


def _measured(
    arguments: argparse.Namespace, found: Found, recipe: Recipe, options: Options, session: Session
) -> Footage:
    """What the selector is given of each video."""
    from autohighlight.evaluation.labels import read_labels
    from autohighlight.footage.labels import lines_by_path
    from autohighlight.footage.measure import measure_videos, read_features

    labelled = lines_by_path(read_labels(arguments.labels), found.paths) if arguments.labels else {}
    folder = arguments.output.parent

    def left_out(error: InputError) -> None:
        session.warn(f"{error.path} is left out: {error.problem}")

    with session.progress() as progress:
        if found.are_features:
            name = arguments.features_of or UNKNOWN_BACKBONE
            return read_features(
                found.paths, recipe.feature_kind, name, folder,
                labelled=labelled, progress=progress, on_left_out=left_out,
            )  # fmt: skip
        return measure_videos(
            found.paths, recipe.feature_kind, options, session.plugins, folder,
            labelled=labelled, progress=progress, on_left_out=left_out,
        )  # fmt: skip


@contextmanager
def _stopped_kindly(state: Path, session: Session) -> Iterator[None]:
    """Ctrl-C says how the training can go on."""
    try:
        yield
    except KeyboardInterrupt:
        if state.exists():
            session.interruption_hint = "the same command goes on from the last steps that were kept"
        raise
