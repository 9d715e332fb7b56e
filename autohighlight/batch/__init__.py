"""Folders and archives of videos: found, worked through whatever happens, taken up where they were stopped.

places -> inputs -> plan -> tasks on an executor -> staged results -> published results -> montage, summary
          inputs    plan    perform                                   publish              montage, summary
                    outputs                                           run                  complete
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autohighlight.batch.database import Record


def run_batch(
    places: Sequence[str | Path], output: Path | str, *, forms: Sequence[str] = ("reel",), **options: Any
) -> tuple[Record, ...]:
    """Works through videos as ``autohighlight batch`` does, and says how each of them stands.

    Args:
        places: files, folders, patterns, addresses.
        output: the folder for results.
        forms: names of exporters for each video, as ``reel`` or ``edl``; what was decided is written in any case.
        options: as on the command line, with underscores: ``duration=30``, ``jobs=4``, ``overwrite=True``.

    Returns:
        In the order of the videos; ``status`` is ``done`` or ``failed``, and ``problem`` says why.

    Raises:
        OptionError: an option that cannot be meant.
        InputError: a place is not there.
        OutputError: another batch is at work in the folder, or it cannot be written to.
    """
    from autohighlight.batch.complete import Audience, complete  # noqa: PLC0415 -- a batch is rare, and costs imports
    from autohighlight.batch.database import Database  # noqa: PLC0415
    from autohighlight.batch.request import Request  # noqa: PLC0415
    from autohighlight.batch.run import recover  # noqa: PLC0415
    from autohighlight.config import Layered, Options  # noqa: PLC0415
    from autohighlight.default_plugins import load_plugins  # noqa: PLC0415
    from autohighlight.pipeline import no_progress  # noqa: PLC0415

    chosen, plugins = Options.of(**options), load_plugins()
    layered = Layered(chosen, dict.fromkeys(options, "caller"))
    request = Request(tuple(map(str, places)), Path(output).absolute(), tuple(forms), layered)
    request.check(plugins)
    audience = Audience(lambda _: nullcontext(lambda _: None), lambda: nullcontext(no_progress), lambda _: None)
    inputs = request.find().inputs
    with (
        Database.open(request.output) as database,
        closing(plugins.executors[chosen.batch.executor](chosen.batch)) as executor,
    ):
        recover(database, request.output, overwrite=chosen.export.overwrite)
        return complete(request, inputs, database, executor, plugins, audience).records
