"""Files that are damaged, or meant to harm, are refused in words or read as far as they go; nothing else happens."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autohighlight.errors import InputError
from autohighlight.export.verify import check, verify_file, xml_elements
from autohighlight.timeline.model import Timeline
from tests.timeline_files import timeline_of
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import EXPORTERS, write

BILLION_LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE xmeml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<xmeml version="5"><sequence><name>&c;</name></sequence></xmeml>
"""
EXTERNAL_ENTITY = """<?xml version="1.0"?>
<!DOCTYPE fcpxml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<fcpxml version="1.10"><resources>&x;</resources></fcpxml>
"""
UNKNOWN_ENTITY = """<?xml version="1.0"?>
<!DOCTYPE xmeml SYSTEM "http://example.com/xmeml.dtd">
<xmeml version="5"><sequence><name>&x;</name></sequence></xmeml>
"""
ATTRIBUTES_BY_DEFAULT = """<?xml version="1.0"?>
<!DOCTYPE mlt [<!ATTLIST entry in CDATA "0">]>
<mlt><entry/></mlt>
"""


def refusal(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        verify_file(path)
    assert caught.value.hint
    return caught.value.problem


@pytest.mark.parametrize(
    "document", [BILLION_LAUGHS, EXTERNAL_ENTITY, UNKNOWN_ENTITY, ATTRIBUTES_BY_DEFAULT], ids=lambda text: text[30:60]
)
def test_xml_that_declares_entities_is_refused(document: str, tmp_path: Path) -> None:
    assert "entities" in refusal(tmp_path / "x.xml", document)


def test_xml_without_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "larger or deeper" in refusal(tmp_path / "x.xml", "<xmeml>" + "<a>" * 300)
    monkeypatch.setattr(xml_elements, "MAX_ELEMENTS", 10)
    assert "larger or deeper" in refusal(tmp_path / "x.xml", "<xmeml>" + "<a/>" * 20 + "</xmeml>")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MAX_BYTES", 1 << 20)
    assert "is larger than 1 MiB" in refusal(tmp_path / "x.edl", b"TITLE: x\n" + b" " * (1 << 20))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("Dear editor,\n", "in no format that is known"),
        ("<html><body></body></html>", "<html> is no timeline that is known"),
        ("<", "is no XML: line 1"),
        ("<?xml version='1.0' encoding='klingon'?><xmeml/>", "XML"),
        ("{", "is no JSON"),
        ("{}", "is JSON, but no timeline"),
        ('{"a": NaN}', "is no JSON: NaN is no number"),
        ('{"a": 1, "a": 2}', "an object has a name twice"),
        ('{"a": ' * 100_000, "is nested more deeply"),
        (b"\x00\x01\x02\x03" * 100, "in no format that is known"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), "cannot be read as AAF"),
    ],
    ids=range(12),
)
def test_what_is_no_timeline_is_refused(content: str | bytes, problem: str, tmp_path: Path) -> None:
    assert problem in refusal(tmp_path / "x.xml", content)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        verify_file(tmp_path / "absent.edl")
    with pytest.raises(InputError, match="is a folder"):
        verify_file(tmp_path)


def test_names_that_no_file_has_are_findings(tmp_path: Path) -> None:
    path = tmp_path / "x.edl"
    path.write_bytes(
        b"TITLE: x\nFCM: NON-DROP FRAME\n001  A        V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\n"
        b"* SOURCE FILE: /a\0b.mov\n"
    )
    assert any("/a\\x00b.mov" in finding.problem for finding in verify_file(path))
    clip = {
        "OTIO_SCHEMA": "Clip.1",
        "source_range": {
            "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": 1e999, "value": 1},
            "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": 25, "value": 1e300},
        },
        "media_reference": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "\ud800"},
    }
    track = {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": [clip, 3, None, {}]}
    text = json.dumps({"OTIO_SCHEMA": "Timeline.1", "tracks": {"children": [track, 7]}})
    (tmp_path / "x.otio").write_text(text.replace("Infinity", "1e999"))
    assert verify_file(tmp_path / "x.otio")


@pytest.fixture(scope="module")
def timeline(matrix: Matrix) -> Timeline:
    return timeline_of([matrix.path("29.97 DF")])


@pytest.fixture(scope="module")
def right(timeline: Timeline, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The timeline in each form."""
    return {name: write(name, timeline, tmp_path_factory.mktemp(name)) for name in EXPORTERS}


@pytest.mark.parametrize("name", EXPORTERS)
@settings(max_examples=15)
@given(data=st.data())
def test_damage_is_refused_or_reported(
    name: str, data: st.DataObject, timeline: Timeline, right: Mapping[str, Path]
) -> None:
    content = right[name].read_bytes()
    first = data.draw(st.integers(0, len(content) - 1), label="first")
    end = data.draw(st.integers(first, min(len(content), first + 60)), label="end")
    filling = data.draw(
        st.sampled_from([b"", b"0", b"-1", b"9" * 30, b"\xff", b'"', b"<a/>", b"null", b"{}"]), label="filling"
    )
    broken = right[name].with_stem("damaged")
    broken.write_bytes(content[:first] + filling + content[end:])
    for known in (None, timeline):
        with contextlib.suppress(InputError):
            findings = verify_file(broken, known)
            assert findings == sorted(findings, key=lambda finding: finding.order)
