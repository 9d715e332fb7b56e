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


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_sound_stays_in_time_where_frames_are_lost_one_by_one(suffix: str, tmp_path: Path) -> None:
    whole, lossy = make_video(tmp_path / "whole.mp4", 150, sound=tone(6)), tmp_path / f"lossy.{suffix}"
    with av.open(str(whole)) as source, av.open(str(lossy), "w") as target:
        streams = [target.add_stream_from_template(stream) for stream in source.streams]
        number = 0
        for packet in source.demux():
            number += packet.stream.type == "audio"
            if packet.dts is not None and not (packet.stream.type == "audio" and number % 10 == 9):
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    reader = open_sound(media := probe(lossy))
    assert reader is not None
    chunks = list(reader.chunks())
    end = chunks[-1].start + Fraction(chunks[-1].samples.shape[1], reader.sample_rate)
    assert sum(chunk.samples.shape[1] for chunk in chunks) < 5.5 * reader.sample_rate
    assert end - media.time_range.start == pytest.approx(6, abs=0.05)
