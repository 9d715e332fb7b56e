"""A highlight selector fitted to the videos of a batch before any of them is scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import InputError, OptionError
from autohighlight.files import written_whole
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.training.recipes import FOOTAGE, Recipe
from autohighlight.types import Progress, ProgressCallback

if TYPE_CHECKING:
    from autohighlight.training.history import StepRecord


SUFFIX = ".safetensors"
"""Of a selector's file."""


def train_on_folder(
    videos: Sequence[Path],
    folder: Path,
    options: Options | None = None,
    *,
    recipe: Recipe = FOOTAGE,
    plugins: Plugins | None = None,
    progress: ProgressCallback = no_progress,
    on_left_out: Callable[[InputError], None] = lambda _: None,
) -> Path:
    """Fits a highlight selector to unlabelled videos, as ``autohighlight train`` does, and gives its file.

    The file is ``selector-<digest>.safetensors`` in `folder`; the digest is one of what the training depends on, so a
    file that is there is used as it is, and one of other videos or options has another name. The same videos and
    options give the same bytes. Features come from the cache and go there, so nothing is decoded twice, unless the
    options do without a cache. A training that was stopped goes on from the last steps that were kept.

    Args:
        videos: at least two that can be read.
        folder: where the file goes, and what is kept of an unfinished training; it is there.
        options: how videos are divided and measured; the defaults if None.
        recipe: how the selector is trained.
        plugins: the built-in and installed ones if None.
        progress: is told how far measuring and training have come.
        on_left_out: is told of each video that cannot be read.

    Raises:
        OptionError: fewer than two videos can be trained on.
        InputError: not one of the videos can be read.
        WeightsError, DependencyError: the backbone or the device is not there.
        OutputError: the file cannot be written.
    """
    from autohighlight.footage.fit import fit, how_measured, prepare  # noqa: PLC0415 -- brings torch
    from autohighlight.footage.measure import measure_videos  # noqa: PLC0415

    options, plugins = options or Options(), plugins or load_plugins()
    if len(videos) < 2:
        raise _too_few(len(videos))
    recipe = recipe.replace(device=options.extract.device)
    footage = measure_videos(
        videos, recipe.feature_kind, options, plugins, folder, progress=progress, on_left_out=on_left_out
    )
    if len(footage) < 2:
        raise _too_few(len(footage))
    prepared = prepare(footage, recipe, folder / f"selector{SUFFIX}")
    output = folder / f"selector-{prepared.digest}{SUFFIX}"
    if output.exists():
        return output

    def told(record: StepRecord) -> None:
        progress(Progress("train", record.step, record.num_steps, "steps"))

    fitted = fit(prepared, told, how_measured(options))
    with written_whole(output, overwrite=True) as unfinished:
        fitted.save(unfinished)
    prepared.state.unlink(missing_ok=True)
    return output


def _too_few(number: int) -> OptionError:
    have = "there is one video" if number == 1 else "there is no video"
    return OptionError(
        f"--train-first tells videos from each other, so it takes two to train, and {have} that can be read",
        "add videos, or leave --train-first out",
    )
