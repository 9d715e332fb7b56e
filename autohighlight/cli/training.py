"""What ``autohighlight train`` tells: remarks before, each step, the result, the learning curve."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from autohighlight.cli.quoting import quoted
from autohighlight.cli.tables import format_size
from autohighlight.config import ExtractOptions
from autohighlight.documents import to_json
from autohighlight.errors import OutputError, printable
from autohighlight.files import written_whole
from autohighlight.types import Progress, ProgressCallback

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.footage.find import Found
    from autohighlight.footage.fit import Fitted, Prepared
    from autohighlight.training.history import StepRecord

_MOST_NAMES = 5  # of files in a remark


class StepLog:
    """A file of JSON lines, one a step, that grows as training goes; at its end it is written anew, each step once.

    Args:
        path: the file.
        session: is told that it is there.
    """

    def __init__(self, path: Path, session: Session) -> None:
        self._path = path
        self._session = session
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, record: StepRecord) -> None:
        """Adds a step; the first step of all begins the file anew, that of a training taken up again goes on in it.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            if self._file is None:
                self._file = self._path.open("w" if record.step == 1 else "a", encoding="utf-8", buffering=1)
                self._session.written.append(self._path)
            self._file.write(_line(record))
        except OSError as error:
            raise OutputError(self._path, f"cannot be written: {error.strerror or error}") from error

    def complete(self, history: Sequence[StepRecord]) -> None:
        """Writes all steps, also those before the training was taken up again."""
        with written_whole(self._path, overwrite=True) as unfinished:
            unfinished.write_text("".join(map(_line, history)), "utf-8", newline="\n")


def is_step_log(path: Path) -> bool:
    """Whether a file begins as a `StepLog` does, or is empty, as one may be that was just begun."""
    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline(10_000)
        return not first or {"step", "num_steps", "loss"} <= set(json.loads(first))
    except (OSError, ValueError, TypeError):
        return False


def _line(record: StepRecord) -> str:
    return json.dumps(dataclasses.asdict(record)) + "\n"


def show_step(record: StepRecord, progress: ProgressCallback, stage: str = "train") -> None:
    """Tells how far the training is, and how well it goes."""
    note = (
        f"loss {record.loss:.3f}, a video is like itself {record.positive_similarity:.2f}, "
        f"like others {record.negative_similarity:.2f}"
    )
    progress(Progress(stage, record.step, record.num_steps, "steps", note))


def remark_footage(prepared: Prepared, found: Found, session: Session) -> None:
    """Says, before training, what of the footage is not what one would expect, and whether a training goes on."""
    footage, videos, options = prepared.footage, prepared.videos, prepared.recipe.options
    what = "videos" if options.pieces is None else "pieces"
    if found.num_passed_over:
        session.remark(f"{_counted(found.num_passed_over, 'file')} passed over: by their names no footage")
    if footage.left_out:
        session.warn(f"{_counted(len(footage.left_out), 'file')} of {len(found.paths):,} could not be read")
    if prepared.copies:
        session.warn(f"left out, since all of their features are those of others: {_names(prepared.copies)}")
    if prepared.num_single:
        session.remark(f"{prepared.num_single:,} of {len(videos):,} {what} have one clip: they only serve as others")
    if len(videos) < options.batch_size:
        session.warn(
            f"{len(videos):,} {what} are fewer than the {options.batch_size} of a batch: each is told from "
            f"{len(videos) - 1:,} others only"
        )
    if prepared.goes_on:
        session.remark("goes on with the training that was stopped")
    elif prepared.has_other_state:
        session.remark("begins anew: a training that was stopped had other options or other footage")


def print_result(prepared: Prepared, fitted: Fitted, output: Path, session: Session, *, as_json: bool) -> None:
    """The result for people, or as JSON."""
    if as_json:
        session.emit(to_json(result_document(prepared, fitted, output)))
        return
    first, last = fitted.history[0], fitted.history[-1]
    rows = [
        ("selector", f"{printable(output)} ({format_size(output.stat().st_size)})"),
        ("footage", _footage(prepared)),
        ("features", f"{prepared.footage.feature_kind} of {printable(fitted.info.backbone)}"),
        ("recipe", f"{prepared.recipe.name}, {_counted(last.step, 'step')} of {prepared.batch_size} at a time"),
        ("loss", f"{first.loss:.3f} at first, {last.loss:.3f} at last; guessing has {prepared.chance:.3f}"),
        ("use it", how_to_use(fitted, output)),
    ]
    if fitted.agreement is not None:
        rows.insert(-1, ("seeds", f"another prefers the same clips to {fitted.agreement:.2f} (rank correlation)"))
    for name, words in rows:
        session.print(f"{name:<9} {words}")
    if fitted.outlook.is_warning:
        session.warn(fitted.outlook.sentence)
    else:
        session.remark(fitted.outlook.sentence)


def how_to_use(fitted: Fitted, output: Path) -> str:
    """The command that uses the selector; where no backbone gives its features, what it takes."""
    info = fitted.info
    if not info.backbone_fingerprint:
        return f"where features of {printable(info.backbone)} are: autohighlight.selector.checkpoint.load_selector"
    backbone = "" if info.backbone == ExtractOptions().backbone else f" --backbone {info.backbone}"
    return f"autohighlight reel VIDEO --selector {quoted(str(output))}{backbone}"


def result_document(prepared: Prepared, fitted: Fitted, output: Path) -> dict[str, Any]:
    """What ``--json`` prints."""
    footage, videos, last = prepared.footage, prepared.videos, fitted.history[-1]
    return {
        "output": str(output),
        "videos": videos.num_videos,
        "clips": videos.num_clips,
        "pieces": None if videos.pieces is None else len(videos),
        "labelled": videos.num_labelled,
        "left_out": [{"path": str(error.path), "reason": error.problem} for error in footage.left_out],
        "copies": [str(path) for path in prepared.copies],
        "backbone": fitted.info.backbone,
        "feature_kind": footage.feature_kind,
        "recipe": prepared.recipe.name,
        "chance": prepared.chance,
        "first": dataclasses.asdict(fitted.history[0]),
        "last": dataclasses.asdict(last),
        "agreement": fitted.agreement,
        "outlook": {"kind": fitted.outlook.kind, "measure": fitted.outlook.measure, "words": fitted.outlook.sentence},
    }


def draw_curve(prepared: Prepared, fitted: Fitted, path: Path, title: str, *, overwrite: bool) -> None:
    """Draws the learning curve into a file."""
    from autohighlight.export.curve import draw_learning_curve

    history = fitted.history
    image = draw_learning_curve(
        [record.loss for record in history],
        [record.positive_similarity for record in history],
        [record.negative_similarity for record in history],
        title=title,
        subtitle=f"{_footage(prepared)}, features of {fitted.info.backbone}, recipe {prepared.recipe.name}",
        chance=prepared.chance,
    )
    with written_whole(path, overwrite=overwrite) as unfinished:
        image.save(unfinished, format="PNG", optimize=True)


def _footage(prepared: Prepared) -> str:
    videos = prepared.videos
    parts = [_counted(videos.num_videos, "video"), _counted(videos.num_clips, "clip")]
    if videos.pieces is not None:
        parts.append(_counted(len(videos), "piece"))
    if videos.num_labelled:
        parts.append(f"{videos.num_labelled:,} with labels")
    return ", ".join(parts)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _names(paths: Sequence[Path]) -> str:
    shown = ", ".join(path.name for path in paths[:_MOST_NAMES])
    return shown if len(paths) <= _MOST_NAMES else f"{shown} and {len(paths) - _MOST_NAMES:,} more"
