"""An exporter called ``shotlist``: a list in Markdown of what is shown, for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight import hookimpl
from autohighlight.plugins import Exporter
from autohighlight.types import Progress

if TYPE_CHECKING:
    from autohighlight.config import ExportOptions
    from autohighlight.plugins import Register
    from autohighlight.timeline.model import Timeline
    from autohighlight.types import ProgressCallback


def write(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """One line a part: its labels in the file, its name, and why it was chosen."""
    from autohighlight.export.documents import one_line, write_documents
    from autohighlight.timeline.events import events

    lines = [f"# {one_line(timeline.name)}", ""]
    for event in events(timeline):  # frames, labels and seconds of each part, worked out once for every format
        shown = f"{event.source.timecode_in} to {event.source.timecode_out}"
        lines.append(f"{event.number}. {shown} of {one_line(event.part.media.path.name)}: {event.part.reason}")
    text = "\n".join([*lines, ""]).encode()
    written = write_documents(timeline, {path: text}, overwrite=options.overwrite)  # whole, and never over a source
    progress(Progress("export", 1, 1, "files"))
    return written


@hookimpl
def autohighlight_register_exporters(register: Register[Exporter]) -> None:
    """For ``autohighlight export VIDEO --to shotlist``, and for files that end in .md."""
    register("shotlist", Exporter(write, (".md",), "what is shown, as a list in Markdown: people"))
