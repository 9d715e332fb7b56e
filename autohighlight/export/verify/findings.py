"""What a check finds: values, which people read as lines and programs as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]
"""``error``: an editor refuses, misplaces or loses something. ``warning``: it may, or it is not what was meant.
``note``: nothing is known to be wrong; something could not be checked."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The gravest first."""


@dataclass(frozen=True)
class Place:
    """Where in a file something stands.

    Args:
        line: from 1 on; 0 where the format has no lines, or the file as a whole is meant.
        element: what it is called there, as ``<clipitem id="clipitem-3">`` or ``event 003``.
    """

    line: int
    element: str


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a timeline file, or that could not be checked.

    Args:
        severity: how grave it is.
        line: in the file, from 1 on; 0 where the format has no lines, or the file as a whole is meant.
        element: what it is about, by its name in the file.
        problem: what is wrong, one line.
        remedy: what to do about it, one line; empty where nothing can be said.
    """

    severity: Severity
    line: int
    element: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, {self.element}" if self.line else self.element
        return f"{self.severity}: {where}: {self.problem}" + (f" ({self.remedy})" if self.remedy else "")

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Findings are told in the order of the file, the gravest of a line first."""
        return self.line, SEVERITIES.index(self.severity), self.element, self.problem
