"""FCPXML as Final Cut Pro and Resolve write it: what can be read is checked, what cannot is said."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from autohighlight.export.verify import Finding, verify_file
from tests.timeline_matrix import NUM_FRAMES, Matrix
from tests.unit.export.verify.breaking import words

START_25 = Fraction(((9 * 60 + 59) * 60 + 59) * 25 + 10, 25)
START_24 = Fraction(((10 * 60 + 11) * 60 + 12) * 24 + 13, 24)
TC_START = 3600

Verified = Callable[..., list[Finding]]


def seconds(time: Fraction | int) -> str:
    return f"{Fraction(time)}s"


def document(matrix: Matrix, spine: str, duration: Fraction | int) -> str:
    """A sequence of 25 frames/s; r2 is a video of that rate, r4 one of 24, r5 a compound clip of 2 s."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.10"><resources>
<format id="r1" frameDuration="1/25s" width="96" height="64"/>
<format id="r3" frameDuration="1/24s" width="96" height="64"/>
<asset id="r2" start="{seconds(START_25)}" duration="{NUM_FRAMES}/25s" hasVideo="1" hasAudio="1" format="r1"
 audioSources="1" audioChannels="2" audioRate="48000">
<media-rep kind="original-media" src="{matrix.path("25").as_uri()}"/></asset>
<asset id="r4" start="{seconds(START_24)}" duration="{NUM_FRAMES}/24s" hasVideo="1" hasAudio="1" format="r3"
 audioSources="1" audioChannels="2" audioRate="48000">
<media-rep kind="original-media" src="{matrix.path("24").as_uri()}"/></asset>
<media id="r5"><sequence format="r1" duration="2s"><spine/></sequence></media>
</resources><library><event><project><sequence format="r1" tcStart="{TC_START}s" duration="{seconds(duration)}">
<spine>{spine}</spine></sequence></project></event></library></fcpxml>"""


def clip(frame: int, length: int, inner: str = "", *, at: int | None = None, **others: str) -> str:
    """Frames of the video of 25 frames/s; with `at` in frames of the sequence."""
    start = START_25 + Fraction(frame, 25)
    offset = {} if at is None else {"offset": seconds(TC_START + Fraction(at, 25))}
    words_ = {"ref": "r2", "start": seconds(start), "duration": f"{length}/25s", **offset, **others}
    return f"<asset-clip {' '.join(f'{k}={chr(34)}{v}{chr(34)}' for k, v in words_.items())}>{inner}</asset-clip>"


USE_BOTH = (
    clip(0, 5) + '<asset-clip ref="r4" duration="1/5s"><conform-rate srcFrameRate="24" scaleEnabled="0"/></asset-clip>'
)
"""Ten frames that show each file."""


@pytest.fixture
def verified(matrix: Matrix, tmp_path: Path) -> Verified:
    """What is found in a spine, before which each file is shown once."""

    def verify(spine: str, length: Fraction | int) -> list[Finding]:
        path = tmp_path / "x.fcpxml"
        path.write_text(document(matrix, USE_BOTH + spine, Fraction(length + 10, 25)))
        return verify_file(path)

    return verify


def graver_than_notes(findings: list[Finding]) -> str:
    return words([finding for finding in findings if finding.severity != "note"])


def test_offsets_may_be_left_out(verified: Verified) -> None:
    assert verified(clip(3, 12) + '<gap duration="1/5s"/>' + clip(20, 10), 12 + 5 + 10) == []


@pytest.mark.parametrize(
    ("element", "length", "note"),
    [
        (f'<audition>{clip(3, 12)}{clip(20, 9)}</audition>', 12, "it is the pick of an audition"),
        ('<sync-clip duration="12/25s"><spine><gap duration="12/25s"/></spine></sync-clip>', 12, "was not checked"),
        ('<mc-clip ref="r9" duration="12/25s"><mc-source angleID="a"/></mc-clip>', 12, "was not checked"),
        ('<ref-clip ref="r5"/>', 50, "was not checked"),
        ('<clip duration="12/25s"><video ref="r2" duration="12/25s"/></clip>', 12, "was not checked"),
        ('<title duration="12/25s" start="3600s"/>', 12, "was not checked"),
        (clip(3, 6) + '<transition duration="4/25s" offset="3600s"/>' + clip(20, 6), 12, "transitions were not"),
        (clip(3, 12, '<timeMap><timept time="0s" value="0s"/></timeMap>'), 12, "its speed is changed"),
        ('<asset-clip ref="r4" duration="12/25s"><conform-rate srcFrameRate="24"/></asset-clip>', 12, "to fit"),
    ],
)  # fmt: skip
def test_what_fills_a_stretch_counts(element: str, length: int, note: str, verified: Verified) -> None:
    found = verified(element + clip(30, 5), length + 5)
    assert graver_than_notes(found) == ""
    assert note in words(found)
    assert "it is said to be" not in graver_than_notes(verified(element + clip(30, 5), length + 6))
    assert "its parts fill" in graver_than_notes(verified(element + clip(30, 5), length + 6))


def test_the_pick_of_an_audition_is_checked(verified: Verified) -> None:
    found = verified(f"<audition>{clip(40, 12)}{clip(3, 12)}</audition>", 12)
    assert "which has 1.920 s" in graver_than_notes(found)


class TestConnectedClips:
    @staticmethod
    def connected(frame: int, length: int, at: int, inner: str = "", **others: str) -> str:
        """Connected to the clip from frame 3 on, `at` frames after that."""
        offset = seconds(START_25 + Fraction(3 + at, 25))
        return clip(frame, length, inner, **{"lane": "1", "offset": offset, **others})

    def test_they_take_no_room(self, verified: Verified) -> None:
        assert verified(clip(3, 12, self.connected(30, 6, 2)) + clip(20, 10), 22) == []

    def test_they_are_checked(self, verified: Verified) -> None:
        found = verified(clip(3, 12, self.connected(44, 6, 2)), 12)
        assert "it ends 2.000 s after the first frame of source.mov" in graver_than_notes(found)

    def test_sound_that_was_taken_off_a_clip_is_heard(self, verified: Verified) -> None:
        sound = self.connected(3, 12, 0, lane="-1", srcEnable="audio")
        assert verified(clip(3, 12, sound, srcEnable="video"), 12) == []
        assert "no track has sound channel 1, 2" in graver_than_notes(verified(clip(3, 12, srcEnable="video"), 12))

    def test_to_a_gap_and_to_one_another(self, verified: Verified) -> None:
        inner = clip(20, 4, lane="2", offset=seconds(START_25 + Fraction(31, 25)))
        outer = clip(30, 6, inner, lane="1", offset="3600s")
        assert verified(f'<gap start="3600s" duration="12/25s">{outer}</gap>', 12) == []
        inner = clip(46, 4, lane="2", offset=seconds(START_25 + Fraction(31, 25)))
        outer = clip(30, 6, inner, lane="1", offset="3600s")
        assert "which has 1.920 s" in graver_than_notes(
            verified(f'<gap start="3600s" duration="12/25s">{outer}</gap>', 12)
        )

    def test_a_second_storyline(self, verified: Verified) -> None:
        offset = seconds(START_25 + Fraction(4, 25))
        gap = '<gap offset="3/25s" duration="2/25s"/>'
        second = f'<spine lane="1" offset="{offset}">{clip(20, 3)}{gap}{clip(30, 4)}</spine>'
        assert verified(clip(3, 12, second), 12) == []
        second = f'<spine lane="1" offset="{offset}">{clip(20, 3)}{clip(46, 4)}</spine>'
        assert "which has 1.920 s" in graver_than_notes(verified(clip(3, 12, second), 12))

    def test_they_may_go_on_after_the_end(self, verified: Verified) -> None:
        assert verified(clip(3, 12, self.connected(20, 20, 2, lane="-1", srcEnable="audio")), 12) == []


class TestConformedClips:
    @staticmethod
    def conformed(start: Fraction, length: int = 12) -> str:
        inner = '<conform-rate srcFrameRate="24" scaleEnabled="0"/>'
        return f'<asset-clip ref="r4" start="{seconds(start)}" duration="{length}/25s">{inner}</asset-clip>'

    def test_they_may_begin_between_two_frames_of_their_file(self, verified: Verified) -> None:
        assert verified(self.conformed(START_24 + Fraction(7, 25)), 12) == []

    def test_they_must_lie_in_their_file(self, verified: Verified) -> None:
        found = verified(self.conformed(START_24 + Fraction(40, 25)), 12)
        assert "which has 2.000 s" in graver_than_notes(found)

    def test_others_begin_on_a_frame(self, verified: Verified) -> None:
        between = seconds(START_25 + Fraction(7, 50))
        found = verified(f'<asset-clip ref="r2" start="{between}" duration="12/25s"/>', 12)
        assert "it begins between two frames of its file, at 3.500" in graver_than_notes(found)


TAGS = ("asset-clip", "clip", "ref-clip", "sync-clip", "mc-clip", "video", "audio", "title", "gap", "audition", "spine",
        "transition", "marker", "conform-rate", "timeMap", "caption")  # fmt: skip
TIMES = st.sampled_from(["0s", "-1s", "1/25s", "3600s", "1001/30000s", "7/0s", "9" * 30 + "s", "", "x", "1"])
VALUES = st.one_of(TIMES, st.sampled_from(["r1", "r2", "r4", "r5", "r9", "1", "-1", "audio", "video", "23.98", "0"]))
NAMES = st.sampled_from(
    ["offset", "start", "duration", "lane", "ref", "format", "srcEnable", "tcFormat", "srcFrameRate", "scaleEnabled"]
)


def elements() -> st.SearchStrategy[etree._Element]:
    def make(tag: str, attributes: dict[str, str], children: list[etree._Element]) -> etree._Element:
        element = etree.Element(tag, attributes)
        element.extend([etree.fromstring(etree.tostring(child)) for child in children])
        return element

    attributes = st.dictionaries(NAMES, VALUES, max_size=5)
    leaves = st.builds(make, st.sampled_from(TAGS), attributes, st.just([]))
    return st.recursive(
        leaves,
        lambda inner: st.builds(make, st.sampled_from(TAGS), attributes, st.lists(inner, max_size=3)),
        max_leaves=8,
    )


@settings(max_examples=60)
@given(spine=st.lists(elements(), max_size=4))
def test_no_shape_ends_the_check(
    spine: list[etree._Element], matrix: Matrix, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("shape") / "x.fcpxml"
    path.write_text(document(matrix, "".join(etree.tostring(element, encoding="unicode") for element in spine), 1))
    assert all(finding.problem for finding in verify_file(path))
