"""Stages joined without a video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight import pipeline
from autohighlight.errors import OptionError
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, Selection
from tests.factories import make_media, make_scores

SCORES = make_scores([0.5])


def select(name: str, *starts: int) -> Selection:
    highlights = [Highlight(TimeRange(Fraction(start), Fraction(start + 2)), 0.5, "why") for start in starts]
    return Selection(make_media(path=name), tuple(highlights), SCORES)


def test_selections_of_several_videos_become_one_timeline() -> None:
    timeline = pipeline.build(select("a.mp4", 5), select("b.mp4"), select("c.mp4", 9, 1), handles=Length.parse("1s"))
    assert [(part.media.path.name, part.start) for part in timeline.parts] == [("a.mp4", 4), ("c.mp4", 8), ("c.mp4", 0)]
    assert pipeline.build(select("a.mp4", 5), name="best").name == "best"


def test_what_is_wrong_with_a_plugin_is_logged_where_nobody_hands_any_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir(mode=0o755)
    (folder / "broken.py").write_text("1 / 0")
    (folder / "broken.py").chmod(0o644)
    monkeypatch.setenv("AUTOHIGHLIGHT_PLUGINS_DIR", str(folder))
    assert pipeline.build(select("a.mp4", 5)).parts
    assert "the plugin 'broken' in" in caplog.text


def test_nothing_chosen_is_said_with_the_videos_names() -> None:
    with pytest.raises(OptionError, match=r"nothing was chosen from a\.mp4, b\.mp4"):
        pipeline.build(select("a.mp4"), select("b.mp4"))
