"""Right files, broken by a small edit, and what is found in them then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autohighlight.config import ExportOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.export.verify import Finding, verify_file
from autohighlight.timeline.model import Timeline

EXPORTERS = {name: exporter for name, exporter in load_plugins().exporters.items() if not exporter.renders}
"""Name -> exporter, of the forms that name frames and render nothing."""


def write(name: str, timeline: Timeline, folder: Path, **options: object) -> Path:
    """The timeline in a form, with markers."""
    path = folder / f"right{EXPORTERS[name].suffixes[0]}"
    chosen = ExportOptions(**{"markers": True, "overwrite": True, **options})  # type: ignore[arg-type]
    (written,) = EXPORTERS[name].write(timeline, path, chosen, lambda _: None)
    return written


@dataclass(frozen=True)
class Broken:
    """A file after an edit.

    Args:
        path: of it.
        line: on which it was edited.
    """

    path: Path
    line: int

    def findings(self, timeline: Timeline | None = None) -> list[Finding]:
        return verify_file(self.path, timeline)

    def assert_found(self, words: str, timeline: Timeline | None = None, *, line: int | None = None) -> Finding:
        """The gravest finding with these words stands on the edited line, or on the one that is given."""
        findings = self.findings(timeline)
        at = self.line if line is None else line
        fitting = [finding for finding in findings if words in str(finding) and finding.line == at]
        assert fitting, f"nothing with {words!r} on line {at} in:\n" + "\n".join(map(str, findings))
        assert all(finding.remedy for finding in fitting)
        return fitting[0]


def edit(path: Path, pattern: str, new: str, *, which: int = 0) -> Broken:
    """The file with one match of a pattern replaced, the first unless another is asked for."""
    text = path.read_bytes().decode()
    match = list(re.finditer(pattern, text))[which]
    broken = path.with_stem("broken")
    broken.write_bytes((text[: match.start()] + match.expand(new) + text[match.end() :]).encode())
    return Broken(broken, text.count("\n", 0, match.start()) + 1)


def line_of(path: Path, pattern: str, *, which: int = 0) -> int:
    """The line on which a match of a pattern begins."""
    text = path.read_bytes().decode()
    return text.count("\n", 0, list(re.finditer(pattern, text))[which].start()) + 1


def words(findings: Sequence[Finding]) -> str:
    return "\n".join(map(str, findings))
