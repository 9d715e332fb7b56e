"""A timeline of films on a drive or a server of Windows names them so that its own check finds them again."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from autohighlight.export import otio, verify
from autohighlight.export.verify import urls, verify_file
from autohighlight.file_urls import file_of_url
from autohighlight.timecode import Timecode
from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.model import Timeline
from autohighlight.times import TimeRange
from autohighlight.types import Highlight, Selection
from tests.factories import make_audio, make_media, make_scores
from tests.unit.export.verify.breaking import EXPORTERS, write


class FileOnWindows(PureWindowsPath):
    """A path as `pathlib.WindowsPath` has it, of a file that is there."""

    def absolute(self) -> FileOnWindows:
        return self if self.is_absolute() else FileOnWindows("C:\\") / self

    def is_file(self) -> bool:
        return True

    def exists(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _paths_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in pkgutil.iter_modules(verify.__path__, f"{verify.__name__}."):
        monkeypatch.setattr(importlib.import_module(module.name), "Path", FileOnWindows, raising=False)
    monkeypatch.setattr(urls, "file_of_url", functools.partial(file_of_url, system=FileOnWindows))
    monkeypatch.setattr(otio, "has_stream_timecode", lambda _media: True)  # there is no file to look into


def _timeline(path: str, **fields: Any) -> Timeline:
    media = dataclasses.replace(make_media(**fields), path=FileOnWindows(path))
    spans = (TimeRange(Fraction(2), Fraction(4)), TimeRange(Fraction(20), Fraction(35)))
    highlights = tuple(Highlight(span, 0.875, "loud") for span in spans)
    return build_timeline(Selection(media, highlights, make_scores([0.5])))


@pytest.mark.parametrize("name", sorted(EXPORTERS))
@pytest.mark.parametrize(
    "path",
    [
        r"C:\Films\match.mp4",
        "D:\\zażółć 100%\\映画 & co's #1.mov",
        r"\\server\share name\match.mp4",
        r"\\?\C:\Films\match.mp4",
    ],
)
def test_every_form_names_a_file_of_windows(name: str, path: str, tmp_path: Path) -> None:
    label = Timecode.parse("10:00:00:00", Fraction(25))
    timeline = _timeline(path, audio=[make_audio(1)], start_timecode=label, reel_name="A001")
    written = write(name, timeline, tmp_path)
    assert [str(finding) for finding in verify_file(written, timeline) if finding.severity != "note"] == []


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_half_a_surrogate_pair_in_a_name_stops_nothing(name: str, tmp_path: Path) -> None:
    assert write(name, _timeline("C:\\half \ud83d.mp4"), tmp_path).stat().st_size


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fcpxml", b'src="file:///C:/Films/a%20b.mp4"'),
        ("fcp7xml", b"<pathurl>file://localhost/C:/Films/a%20b.mp4</pathurl>"),
        ("otio", b'"file:///C:/Films/a%20b.mp4"'),
        ("mlt", b'<property name="resource">C:/Films/a b.mp4</property>'),
    ],
)
def test_a_drive_is_written_as_the_editors_do(name: str, expected: bytes, tmp_path: Path) -> None:
    timeline = _timeline(r"C:\Films\a b.mp4")
    assert expected in write(name, timeline, tmp_path).read_bytes()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fcpxml", b'src="file://server/share/a.mp4"'),
        ("fcp7xml", b"<pathurl>file://server/share/a.mp4</pathurl>"),
        ("otio", b'"file://server/share/a.mp4"'),
        ("mlt", b'<property name="resource">//server/share/a.mp4</property>'),
    ],
)
def test_a_server_is_written_as_the_editors_do(name: str, expected: bytes, tmp_path: Path) -> None:
    timeline = _timeline(r"\\server\share\a.mp4")
    assert expected in write(name, timeline, tmp_path).read_bytes()
