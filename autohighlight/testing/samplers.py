"""What a clip sampler has to keep to: see `autohighlight.plugins.ClipSampler`."""

from __future__ import annotations

import itertools
import pickle
from fractions import Fraction

import pytest

from autohighlight.config import SampleOptions
from autohighlight.errors import AutohighlightError
from autohighlight.plugins import ClipSampler
from autohighlight.testing.examples import example_media
from autohighlight.testing.state import Contract, assert_says_why, process_left_alone
from autohighlight.times import Length
from autohighlight.types import Clip, MediaInfo

_NTSC = Fraction(30000, 1001)

MEDIA = {
    "a minute": example_media(),
    "starting late": example_media(start=Fraction(7, 3)),
    "starting before 0": example_media(start=Fraction(-1, 25)),
    "NTSC": example_media(2000 / _NTSC, _NTSC),
    "short": example_media(Fraction(3, 5)),
    "one frame": example_media(Fraction(1, 25)),
    "two hours": example_media(7200),
}
"""Videos of all kinds, by what is special about them; described, not there."""


class ClipSamplerContract(Contract):
    """Tests of a clip sampler; a subclass says in `factory` which.

    One that reads the file itself overrides the fixture `media`. It may refuse what it cannot divide, with an
    `AutohighlightError` that says why.
    """

    def factory(self) -> ClipSampler:
        """What the plugin registers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to test: define factory()")

    @pytest.fixture(params=list(MEDIA.values()), ids=list(MEDIA))
    def media(self, request: pytest.FixtureRequest) -> MediaInfo:
        """A video to be divided."""
        return request.param  # type: ignore[no-any-return]

    def test_clips_cover_the_video_in_time_order(self, media: MediaInfo) -> None:
        self._check(media, self.factory()(media, SampleOptions()))

    @pytest.mark.parametrize("length", ["0.5s", "10s", "100f", "10%"])
    def test_clips_of_another_length_cover_it_as_well(self, media: MediaInfo, length: str) -> None:
        try:
            clips = self.factory()(media, SampleOptions(clip_length=Length.parse(length)))
        except AutohighlightError as error:
            assert_says_why(error)
        else:
            self._check(media, clips)

    def test_the_same_video_has_the_same_clips(self, media: MediaInfo) -> None:
        assert self.factory()(media, SampleOptions()) == self.factory()(media, SampleOptions())

    def test_it_changes_nothing_for_the_rest_of_the_program(self, media: MediaInfo) -> None:
        with process_left_alone():
            self.factory()(media, SampleOptions())

    def test_it_can_be_sent_to_a_worker(self, media: MediaInfo) -> None:
        sampler = pickle.loads(pickle.dumps(self.factory()))  # noqa: S301 -- our own bytes
        assert sampler(media, SampleOptions()) == self.factory()(media, SampleOptions())

    @staticmethod
    def _check(media: MediaInfo, clips: tuple[Clip, ...]) -> None:
        assert isinstance(clips, tuple), f"clips are a tuple, not a {type(clips).__name__}"
        assert clips, "there is no clip"
        assert [clip.index for clip in clips] == list(range(len(clips))), "clips are numbered from 0 on"
        assert clips[0].time_range.start == media.time_range.start, "the first clip does not begin with the video"
        assert clips[-1].time_range.end == media.time_range.end, "the last clip does not end with the video"
        for before, after in itertools.pairwise(clips):
            assert before.time_range.end == after.time_range.start, f"clip {after.index} does not follow the one before"
        assert all(clip.time_range.duration > 0 for clip in clips), "a clip is empty"
