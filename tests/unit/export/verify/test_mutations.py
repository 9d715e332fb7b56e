"""Timelines of every shape: well-formed documents that some program may write, and however odd, are read to the end."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from autohighlight.errors import InputError
from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Timeline
from tests.timeline_files import timeline_of
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import write

ODD = (
    "",
    "0",
    "-1",
    "1",
    "25",
    "abc",
    "9" * 40,
    "1/0s",
    "-5/25s",
    "0s",
    "3600s",
    "nan",
    "1e400",
    "TRUE",
    "video",
    "x y",
)
XML, JSON, TEXT = ("fcp7xml", "fcpxml", "mlt"), ("otio", "json"), ("edl", "csv", "chapters", "ffmetadata", "youtube")


@pytest.fixture(scope="module")
def timeline(matrix: Matrix) -> Timeline:
    return timeline_of([matrix.path("29.97 DF"), matrix.path("25")])


@pytest.fixture(scope="module")
def right(timeline: Timeline, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return {name: _written(name, timeline, tmp_path_factory.mktemp(name)) for name in (*XML, *JSON, *TEXT)}


def _written(name: str, timeline: Timeline, folder: Path) -> Path:
    options = {"chapters_of": "reel"} if name in ("chapters", "ffmetadata", "youtube") else {}
    return write(name, timeline, folder, **options)


def assert_is_read(path: Path, content: bytes, timeline: Timeline) -> None:
    """Whether the timeline is known or not, there are findings, or it is refused in words."""
    odd = path.with_stem("odd")
    odd.write_bytes(content)
    for known in (None, timeline):
        with contextlib.suppress(InputError):
            assert all(finding.problem for finding in verify_file(odd, known))


def _change_xml(data: st.DataObject, root: etree._Element) -> None:
    elements = [element for element in root.iter() if element is not root]
    if not elements:
        return
    element, other = (data.draw(st.sampled_from(elements)) for _ in range(2))
    parent = element.getparent()
    change = data.draw(st.sampled_from(["remove", "repeat", "move", "rename", "text", "attribute", "drop"]))
    if change == "remove":
        parent.remove(element)
    elif change == "repeat":
        parent.append(copy.deepcopy(element))
    elif change == "move" and other not in element.iter():
        other.append(copy.deepcopy(element))
    elif change == "rename":
        element.tag = other.tag
    elif change == "text":
        element.text = data.draw(st.sampled_from(ODD))
    elif element.attrib:
        name = data.draw(st.sampled_from(sorted(element.attrib)))
        element.attrib.pop(name)
        if change == "attribute":
            element.set(name, data.draw(st.sampled_from(ODD)))


@pytest.mark.parametrize("name", XML)
@settings(max_examples=25)
@given(data=st.data())
def test_xml(name: str, data: st.DataObject, timeline: Timeline, right: Mapping[str, Path]) -> None:
    tree = etree.parse(str(right[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        _change_xml(data, tree.getroot())
    content = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", doctype=tree.docinfo.doctype)
    assert_is_read(right[name], content, timeline)


def _containers(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return ([value] if isinstance(value, dict | list) else []) + [
        found for each in inner for found in _containers(each)
    ]


VALUES = st.sampled_from([None, True, 0, -1, 25, 1e300, 0.5, "", "Clip.1", "Stack.1", "Transition.1", [], {}, [3], "x"])


@pytest.mark.parametrize("name", JSON)
@settings(max_examples=25)
@given(data=st.data())
def test_json(name: str, data: st.DataObject, timeline: Timeline, right: Mapping[str, Path]) -> None:
    root = json.loads(right[name].read_text())
    for _ in range(data.draw(st.integers(1, 4))):
        container = data.draw(st.sampled_from([found for found in _containers(root) if found] or [{"x": 1}]))
        key = data.draw(
            st.sampled_from(sorted(container) if isinstance(container, dict) else list(range(len(container))))
        )
        if data.draw(st.booleans()):
            container[key] = data.draw(VALUES)
        else:
            container.pop(key)
    assert_is_read(right[name], json.dumps(root).encode(), timeline)


def _drop(lines: list[bytes], at: int, other: int) -> None:
    lines.pop(at)


def _repeat(lines: list[bytes], at: int, other: int) -> None:
    lines.insert(other, lines[at])


def _shift(lines: list[bytes], at: int, other: int) -> None:
    lines[at] = lines[at][other:] or b"x"


def _blank(lines: list[bytes], at: int, other: int) -> None:
    words = lines[at].split(b" ")
    words[other % len(words)] = (b"", b"M2", b"BL", b"D", b"99:99:99:99", b"-1", b"*")[other % 7]
    lines[at] = b" ".join(words)


@pytest.mark.parametrize("name", TEXT)
@settings(max_examples=25)
@given(data=st.data())
def test_text(name: str, data: st.DataObject, timeline: Timeline, right: Mapping[str, Path]) -> None:
    lines = right[name].read_bytes().split(b"\n")
    changes: list[Callable[[list[bytes], int, int], None]] = [_drop, _repeat, _shift, _blank]
    for _ in range(data.draw(st.integers(1, 4))):
        at, other = (data.draw(st.integers(0, max(0, len(lines) - 1))) for _ in range(2))
        if lines:
            data.draw(st.sampled_from(changes))(lines, at, other)
    assert_is_read(right[name], b"\n".join(lines), timeline)
