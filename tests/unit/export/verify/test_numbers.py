"""Any one number of a frame that is changed in a right file is found, where the timeline is at hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Timeline
from tests.timeline_files import case_timeline
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import write


def _whole(text: str, by: int, _rate: Fraction) -> str:
    return str(max(0, int(text) + by))


def _decimal(text: str, by: int, _rate: Fraction) -> str:
    return f"{max(0.0, float(text) + by)}"


def _seconds(text: str, by: int, rate: Fraction) -> str:
    return f"{max(Fraction(0), Fraction(text.removesuffix('s')) + by / rate)}s"


def _label(text: str, by: int, _rate: Fraction) -> str:
    """Another number in the field of frames, also one that there is no frame of."""
    return f"{text[:-2]}{(int(text[-2:]) + by) % 100:02d}"


def _clock(text: str, by: int, rate: Fraction) -> str:
    hours, minutes, seconds = text.split(":")
    time = max(Fraction(0), int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds) + by / rate)
    return f"{int(time // 3600):02d}:{int(time // 60 % 60):02d}:{float(time % 60):06.3f}"


NUMBERS: Mapping[str, tuple[str, Callable[[str, int, Fraction], str]]] = {
    "edl": (r"\d\d:\d\d:\d\d[:;]\d\d", _label),
    "fcp7xml": (r"(?<=<in>)\d+|(?<=<(?:out|end)>)\d+|(?<=<(?:start|frame)>)\d+|(?<=<duration>)\d+", _whole),
    "fcpxml": (r'(?<= offset=")[\d/]+s|(?<= start=")[\d/]+s|(?<= duration=")[\d/]+s', _seconds),
    "otio": (r'(?<="value": )[\d.]+', _decimal),
    "mlt": (r'(?<=<entry producer="source-1" in=")\d+|(?<= out=")\d+|(?<=name="length">)\d+', _whole),
    "csv": (r"(?<=,)\d+(?=,\d+,\d\d:)|(?<=,)\d+(?=,\d\d:)", _whole),
    "json": (r'(?<=_frame": )\d+|(?<=frames": )\d+', _whole),
    "chapters": (r"\d\d:\d\d:\d\d\.\d\d\d", _clock),
    "ffmetadata": (r"(?<=START=)\d+|(?<=END=)\d+", _whole),
}
"""Form -> where numbers of frames stand in it, and how one is moved by so many frames."""


@pytest.fixture(scope="module", params=["29.97 DF", "several"])
def timeline(request: pytest.FixtureRequest, matrix: Matrix) -> Timeline:
    """One of a single source, and one of sources that have other rates than the sequence."""
    return case_timeline(request.param, matrix, handles="2f")


@pytest.fixture(scope="module")
def right(timeline: Timeline, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The timeline in each form."""
    return {name: write(name, timeline, tmp_path_factory.mktemp(name)) for name in NUMBERS}


@pytest.mark.parametrize("name", NUMBERS)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_number_that_is_changed_is_found(
    name: str, data: st.DataObject, timeline: Timeline, right: Mapping[str, Path]
) -> None:
    pattern, moved = NUMBERS[name]
    text = right[name].read_bytes().decode()
    numbers = list(re.finditer(pattern, text))
    assert len(numbers) >= 4
    number = data.draw(st.sampled_from(numbers), label="number")
    by = data.draw(st.integers(-50, 50).filter(bool), label="by")
    new = moved(number[0], by, timeline.frame_rate)
    if new != number[0]:
        broken = right[name].with_stem("broken")
        broken.write_bytes((text[: number.start()] + new + text[number.end() :]).encode())
        findings = verify_file(broken, timeline)
        assert any(finding.severity == "error" for finding in findings), (number, new)
