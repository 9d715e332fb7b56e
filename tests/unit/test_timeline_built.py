"""Plugins may change a timeline between building and writing it; what is written is checked against their change."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from autohighlight import pipeline
from autohighlight.config import Options
from autohighlight.discovery import PluginSources, find_plugins
from autohighlight.errors import OptionError, PluginError
from autohighlight.hookspecs import hookimpl
from autohighlight.plugins import Exporter, Faults, Plugins
from autohighlight.timeline.model import Timeline
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, Selection
from tests.factories import make_media, make_scores

Change = Callable[[Timeline], Any]


class Changing:
    """Changes every timeline in one way."""

    def __init__(self, name: str, change: Change) -> None:
        self.__name__ = name
        self.change = change
        self.selections: Any = None

    @hookimpl
    def autohighlight_timeline_built(self, timeline: Timeline, selections: Any) -> Any:
        self.selections = selections
        return self.change(timeline)


def plugins_of(*changes: Change) -> tuple[Plugins, list[Changing]]:
    given = [Changing(f"plugin-{number}", change) for number, change in enumerate(changes, start=1)]
    return find_plugins(PluginSources.none(), given), given


def selection(*starts: int) -> Selection:
    highlights = [Highlight(TimeRange(Fraction(start), Fraction(start + 2)), 0.5, "why") for start in starts]
    return Selection(make_media(), tuple(highlights), make_scores([0.5]))


def renamed(suffix: str) -> Change:
    return lambda timeline: dataclasses.replace(timeline, name=timeline.name + suffix)


def test_plugins_are_asked_one_after_the_other() -> None:
    plugins, given = plugins_of(renamed("-a"), lambda _timeline: None, renamed("-b"))
    assert pipeline.build(selection(5), plugins=plugins).name == "video-a-b"
    assert given[0].selections == (selection(5),)


def test_handles_are_there_when_plugins_are_asked() -> None:
    seen: list[int] = []
    plugins, _ = plugins_of(lambda timeline: seen.append(timeline.parts[0].head_handle))
    pipeline.build(selection(5), handles=Length.parse("1s"), plugins=plugins)
    assert seen == [25]


def test_what_is_written_is_what_plugins_have_made_of_it(tmp_path: Path) -> None:
    written: list[Timeline] = []
    verified: list[Timeline] = []

    def write(timeline: Timeline, path: Path, _options: Any, _progress: Any) -> list[Path]:
        written.append(timeline)
        path.write_text("timeline")
        return [path]

    def verify(_path: Path, timeline: Timeline) -> Faults:
        verified.append(timeline)
        return Faults()

    plugins, _ = plugins_of(lambda timeline: dataclasses.replace(timeline, parts=timeline.parts[1:]))
    plugins.exporters.add("sample", Exporter(write, (".sample",), "for tests", verify=verify), "tests")
    pipeline.write(selection(5, 20), tmp_path / "a.sample", "sample", options=Options(), plugins=plugins)
    assert [part.start for part in written[0].parts] == [20]
    assert verified == written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _timeline: 1 / 0, "the plugin plugin-1 fails in autohighlight_timeline_built: ZeroDivisionError"),
        (lambda _timeline: [], r"the plugin plugin-1 gives \[\] in autohighlight_timeline_built, which is no timeline"),
        (lambda t: dataclasses.replace(t, parts=()), "fails in .*a timeline has at least one part"),
    ],
)
def test_a_plugin_that_fails_is_named(change: Change, message: str) -> None:
    plugins, _ = plugins_of(change)
    with pytest.raises(PluginError, match=message) as caught:
        pipeline.build(selection(5), plugins=plugins)
    assert "--no-plugins" in caught.value.hint


def test_what_a_plugin_says_on_purpose_is_said_as_it_is() -> None:
    def refuse(_timeline: Timeline) -> None:
        raise OptionError("too dull", "film something else")

    plugins, _ = plugins_of(refuse)
    with pytest.raises(OptionError, match="too dull"):
        pipeline.build(selection(5), plugins=plugins)
