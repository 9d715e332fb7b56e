"""The former place of `autohighlight.files`."""

from __future__ import annotations

from autohighlight.files import check_destination, written_whole

__all__ = ["check_destination", "written_whole"]
