"""Changes a timeline before it is written: the marker of its best highlight gets a star."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from autohighlight import hookimpl

if TYPE_CHECKING:
    from autohighlight.timeline.model import Timeline


@hookimpl
def autohighlight_timeline_built(timeline: Timeline) -> Timeline:
    """Timelines are never changed in place: a new one is made of the old one. Seen with ``--markers``."""
    best = max(timeline.parts, key=lambda part: part.score)
    markers = tuple(dataclasses.replace(marker, name=f"★ {marker.name}") for marker in best.markers)
    starred = dataclasses.replace(best, markers=markers)
    return dataclasses.replace(timeline, parts=tuple(starred if part is best else part for part in timeline.parts))
