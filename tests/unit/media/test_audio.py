"""Sound that is read up to a place, and no further."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av.container
import pytest

from autohighlight.media import audio
from autohighlight.media.probe import probe
from autohighlight.media.sound import open_sound
from autohighlight.types import MediaInfo
from tests.media_factory import make_video, tone


def test_an_interruption_while_the_file_is_closed_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 100, sound=tone(4)))
    opened = audio.open_probed

    @contextlib.contextmanager
    def interrupted(media: MediaInfo) -> Iterator[av.container.InputContainer]:
        with opened(media) as container:
            try:
                yield container
            finally:
                raise KeyboardInterrupt

    monkeypatch.setattr(audio, "open_probed", interrupted)
    reader = open_sound(media)
    assert reader is not None
    with pytest.raises(KeyboardInterrupt):
        list(reader.chunks(Fraction(0), Fraction(1)))
