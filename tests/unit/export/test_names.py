"""Names of files that formats trip over: each form can be written, and finds the file again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Timeline
from tests.media_factory import decode, make_video
from tests.melt import melt_picture
from tests.timeline_files import timeline_of
from tests.unit.export.verify.breaking import EXPORTERS, write

NAMES = (
    "who?", "?", "100% real", "%41", "a%03d", "#1", "a*b", "a[b]c", "a:b", "c:", "a\\b", "a=b", "a@b", "+a+", "a & b",
    "it's", 'a"b', "<a>", "&amp;", "]]>", "-x", " lead", "a;b", "a,b", "a|b", "~", "$HOME", "`x`", "{x}",
    "żółć 映画", "e\u0301", "\u202ex", "a\u2028b", "a\u00a0b", "a\x7fb", "a\x85b", "a\tb", "a\nb", "a\rb", "\n",
)  # fmt: skip
"""Before the suffix."""

LOST = ("a\x01b", "\udcff")
"""XML has no such characters, so MLT cannot name the file; a URL can."""

ENDS = ("x ", "x\n", "x\r")
"""Whole names that end in what readers strip."""


IN_AAF_TOO = ("who?.mp4", "\n.mp4", "\udcff.mp4")
"""AAF takes seconds to write."""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "made.mp4", 30, size=(64, 48))


def copied(video: Path, place: Path) -> bool:
    """Whether the file system has such a name."""
    try:
        shutil.copy(video, place)
    except (OSError, UnicodeError):
        return False
    return True


def named(name: str, video: Path, folder: Path) -> Timeline:
    path = folder / name
    if not copied(video, path):
        pytest.skip("this file system has no such name")
    return timeline_of([path], [(3, 13), (20, 25)])


@pytest.mark.parametrize("name", [*(f"{name}.mp4" for name in (*NAMES, *LOST, "a\\?b")), *ENDS], ids=ascii)
def test_each_form_finds_the_file_again(name: str, video: Path, tmp_path: Path) -> None:
    timeline = named(name, video, tmp_path)
    is_lost = any(lost in name for lost in LOST)
    for form in EXPORTERS if name in IN_AAF_TOO else [form for form in EXPORTERS if form != "aaf"]:
        findings = [str(finding) for finding in verify_file(write(form, timeline, tmp_path), timeline)]
        if form == "mlt" and is_lost:
            assert all(line.startswith("warning") and "rename the file" in line for line in findings), findings
        else:
            assert findings == []


def test_melt_finds_each_file(video: Path, tmp_path: Path) -> None:
    places = [tmp_path / name for name in (*(f"{name}.mp4" for name in NAMES), *ENDS)]
    there = [place for place in places if copied(video, place)]
    assert len(there) > len(places) / 2
    document = write("mlt", timeline_of(there, [(3, 6)]), tmp_path)
    assert melt_picture(document, tmp_path / "rendered.mkv") == []
    assert decode(tmp_path / "rendered.mkv").numbers == [3, 4, 5] * len(there)


def test_melt_says_that_it_does_not_find_a_file_whose_name_is_lost(video: Path, tmp_path: Path) -> None:
    timeline = named(os.fsdecode(b"\xff.mp4"), video, tmp_path)
    complaints = melt_picture(write("mlt", timeline, tmp_path), tmp_path / "rendered.mkv")
    assert any("failed to load" in line for line in complaints)
