"""Reads written timelines again, by readers of its own, and checks them against the media that they name.

`verify_file` is all that others need. A reader (`edl`, `fcp7xml`, `fcpxml`, ...) turns a file into the values of
`contents` and reports what its format forbids; `media`, `sequence` and `comparison` check what is true of all formats.
"""

from autohighlight.export.verify.check import verify_file
from autohighlight.export.verify.findings import SEVERITIES, Finding, Severity

__all__ = ["SEVERITIES", "Finding", "Severity", "verify_file"]
