"""Features of videos, or features that are ready, as footage to train on: one after the other, in bounded memory."""

from __future__ import annotations

import dataclasses
import functools
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.errors import InputError
from autohighlight.footage.labels import mark_clips, mark_equal_clips
from autohighlight.footage.rows import Footage, Marks, RowFile, Rows, check_rows
from autohighlight.pipeline import extract, no_progress, probe
from autohighlight.plugins import BackboneFactory, Plugins, Registry
from autohighlight.scorers.contrastive import selector_input
from autohighlight.types import FeatureTrack, Progress, ProgressCallback

if TYPE_CHECKING:
    from autohighlight.evaluation.labels import LabelledVideo

_NOTHING_LABELLED: Mapping[Path, LabelledVideo] = {}


def measure_videos(
    paths: Sequence[Path],
    feature_kind: str,
    options: Options,
    plugins: Plugins,
    folder: Path,
    *,
    labelled: Mapping[Path, LabelledVideo] = _NOTHING_LABELLED,
    progress: ProgressCallback = no_progress,
    on_left_out: Callable[[InputError], None] = lambda _: None,
) -> Footage:
    """The features of videos, from the cache where they are kept, else by decoding each once.

    Args:
        paths: of the videos.
        feature_kind: what a clip's feature is made of: one of `training.recipes.FEATURE_KINDS`.
        options: how videos are divided and measured.
        plugins: where the backbone comes from; it is made once.
        folder: on the disk that is to hold the features meanwhile.
        labelled: what somebody has said of some of the videos.
        progress: is told how far each video has come.
        on_left_out: is told of each video that cannot be read.

    Raises:
        InputError: not one of the videos can be read.
        WeightsError, DependencyError: the backbone or the device is not there.
        OutputError: the features cannot be kept in `folder`.
    """
    plugins = _with_backbone_made_once(plugins, options.extract.backbone)
    last: list[FeatureTrack] = []

    def read(number: int) -> tuple[Rows, Marks | None]:
        def noted(step: Progress) -> None:
            progress(dataclasses.replace(step, note=_note(number, paths)))

        noted(Progress("probe", 0, None))
        track = extract(probe(paths[number], options), options, plugins=plugins, progress=noted)
        last[:] = [track]
        line = labelled.get(paths[number])
        return selector_input(track, feature_kind), mark_clips(line, track.clips) if line else None

    footage = _measure(paths, read, feature_kind, folder, on_left_out)
    return dataclasses.replace(footage, backbone=last[0].backbone, fingerprint=last[0].fingerprint)


def read_features(
    paths: Sequence[Path],
    feature_kind: str,
    backbone: str,
    folder: Path,
    *,
    labelled: Mapping[Path, LabelledVideo] = _NOTHING_LABELLED,
    progress: ProgressCallback = no_progress,
    on_left_out: Callable[[InputError], None] = lambda _: None,
) -> Footage:
    """Features that are ready: one array (N, d_in) a file, .npy or .npz.

    Args:
        paths: of the files.
        feature_kind: what they are, of `training.recipes.FEATURE_KINDS`; they are taken as they are.
        backbone: what made them: a selector is used with features of that name alone.
        folder, labelled, progress, on_left_out: as in `measure_videos`.

    Raises:
        InputError: not one of the files can be read; one holds something else than finite numbers of the shape (N,
            d_in), or of another d_in than those before.
        OutputError: the features cannot be kept in `folder`.
    """

    def read(number: int) -> tuple[Rows, Marks | None]:
        progress(Progress("read", number, len(paths), "files", _note(number, paths)))
        rows = _array_in(paths[number])
        line = labelled.get(paths[number])
        return rows, mark_equal_clips(line, len(rows), paths[number]) if line and rows.ndim == 2 else None

    return dataclasses.replace(_measure(paths, read, feature_kind, folder, on_left_out), backbone=backbone)


def _measure(
    paths: Sequence[Path],
    read: Callable[[int], tuple[Rows, Marks | None]],
    feature_kind: str,
    folder: Path,
    on_left_out: Callable[[InputError], None],
) -> Footage:
    kept, marks, left_out = list[Path](), list[Marks | None](), list[InputError]()
    with RowFile(folder) as file:
        for number, path in enumerate(paths):
            try:
                rows, marked = read(number)
            except InputError as error:
                left_out.append(error)
                on_left_out(error)
                continue
            check_rows(path, rows, kept, file.width)
            file.add(rows)
            kept.append(path)
            marks.append(marked)
        if not kept:
            raise _nothing_left(left_out)
        return Footage(tuple(kept), file.read(), tuple(file.edges), tuple(marks), feature_kind, "", "", tuple(left_out))


def _nothing_left(left_out: Sequence[InputError]) -> InputError:
    first = left_out[0]
    if len(left_out) == 1:
        return first
    return InputError(first.path, f"{first.problem}; of {len(left_out):,} files not one can be read", first.hint)


def _note(number: int, paths: Sequence[Path]) -> str:
    return f"{number + 1:,} of {len(paths):,}: {paths[number].name}"


def _with_backbone_made_once(plugins: Plugins, name: str) -> Plugins:
    """The same plugins; the network of that name is loaded for the first video and kept for the others."""
    backbones: Registry[BackboneFactory] = Registry(plugins.backbones.kind)
    backbones.add(name, functools.cache(plugins.backbones[name]), plugins.backbones.owner(name))
    return dataclasses.replace(plugins, backbones=backbones)


def _array_in(path: Path) -> Rows:
    """The only array of a file of numpy's.

    Raises:
        InputError: the file cannot be read, or holds none, several, or no numbers.
    """
    try:
        with path.open("rb") as file:  # which numpy would leave open if it were damaged
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return _as_float32(path, loaded)
            if len(loaded.files) != 1:
                names = ", ".join(loaded.files) or "none"
                raise InputError(path, f"holds {len(loaded.files)} arrays, not one: {names}")
            return _as_float32(path, loaded[loaded.files[0]])
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "it is damaged, or holds no plain array"
        raise InputError(path, f"cannot be read: {reason}") from error


def _as_float32(path: Path, array: NDArray[np.generic]) -> Rows:
    if array.dtype.kind not in "fiu":
        raise InputError(path, f"holds {array.dtype}, not numbers")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is then refused by name
        return array.astype(np.float32)
