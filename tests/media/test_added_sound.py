"""With ffmpeg programs before 6.0 the sound of a reel is put beside the picture by the libraries inside PyAV."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight.config import ExportOptions
from autohighlight.errors import NoSpaceError
from autohighlight.export.reel import write_reel
from autohighlight.media import added_sound, encode
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.probe import probe
from autohighlight.media.sound import open_sound
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.types import ColourInfo
from tests.media.reels import click_delays, make_flashes
from tests.media_factory import Sound, decode, make_video, tone
from tests.whole_runs import files_in

SUFFIXES = (".mp4", ".mov", ".mkv")


@pytest.fixture(autouse=True)
def _old_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program at hand, taken for one that is no newer than 5.1."""
    program = find_ffmpeg()
    old = replace(program, libavutil=min(program.libavutil, (57, 28)))
    monkeypatch.setattr(encode, "find_ffmpeg", lambda _chosen: old)


def make_old_reel(
    source: Path, cuts: list[tuple[int, int]], suffix: str = ".mkv", **options: object
) -> tuple[Timeline, Path]:
    media = probe(source)
    parts = tuple(Part(Source(media), first, count, 0.5, "") for first, count in cuts)
    timeline = Timeline("reel", media.frame_rate, media.display_size, parts)
    output = source.with_name(f"reel{suffix}")
    values = {"preset": "ultrafast", **options}
    assert write_reel(timeline, output, ExportOptions(**values), lambda _: None) == [output]  # type: ignore[arg-type]
    return timeline, output


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize(("rate", "sample_rate"), [("25", 48_000), ("30000/1001", 44_100), ("60", 8_000)])
def test_picture_and_sound_begin_at_0_and_stay_together(
    rate: str, sample_rate: int, codec: str, suffix: str, tmp_path: Path
) -> None:
    frame_rate = Fraction(rate)
    period = round(frame_rate)
    source = make_flashes(tmp_path / "made.mp4", 8, frame_rate, ("-c:a", "aac"), sample_rate)
    timeline, output = make_old_reel(source, [(k * period + 5, 17) for k in (5, 1, 3, 0)], suffix, codec=codec)
    reel = decode(output)
    assert (reel.times[0], reel.sound_start) == (0, 0)
    assert len(reel.lumas) == timeline.num_frames
    assert np.abs(click_delays(reel)).max() < 0.002
    assert reel.sound is not None
    length = reel.sound.shape[1] / reel.sample_rate
    assert length == pytest.approx(float(timeline.duration), abs=1024 / sample_rate + 0.001)
    made = probe(output)
    assert (made.codec, made.frame_rate, made.audio[0].sample_rate) == (codec, frame_rate, sample_rate)


@pytest.mark.parametrize(("num_channels", "layout"), [(1, "mono"), (6, "5.1"), (8, "7.1")])
def test_each_channel_keeps_its_own_sound(num_channels: int, layout: str, tmp_path: Path) -> None:
    sound = tone(4, num_channels=num_channels)
    steps = np.linspace(1, 0.2, num_channels, dtype=np.float32)
    made = Sound(sound.samples * steps, encoder=("-c:a", "flac"))
    source = make_video(tmp_path / "made.mkv", 100, sound=made)
    _, output = make_old_reel(source, [(10, 60)])
    media = probe(output)
    assert [track.layout for track in media.audio] == [layout]
    reader = open_sound(media)
    assert reader is not None
    samples = np.concatenate([chunk.samples for chunk in reader.chunks()], axis=1)
    loudness = np.sqrt(np.square(samples[:, 4800:48000]).mean(axis=1))
    low_frequencies = 3  # of a subwoofer an AAC encoder keeps only the lowest
    kept = [channel for channel in range(num_channels) if channel != low_frequencies]
    assert loudness[kept] == pytest.approx(0.5 / np.sqrt(2) * steps[kept], rel=0.05)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_colours_keep_their_names(suffix: str, tmp_path: Path) -> None:
    names = "color_primaries=smpte170m:color_trc=smpte170m:colorspace=smpte170m:range=tv"
    source = make_video(tmp_path / "made.mp4", 40, options=("-vf", f"setparams={names}"), sound=tone(1.6))
    _, output = make_old_reel(source, [(3, 20)], suffix)
    assert probe(output).colour == ColourInfo("smpte170m", "smpte170m", "smpte170m", "tv")


def test_memory_does_not_grow_with_the_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets are written in the order of their times: the muxer would hold back those that come too early."""
    source = make_video(tmp_path / "made.mp4", 250, 25, (64, 48), sound=tone(10))
    written: list[tuple[str, Fraction]] = []
    ordered = added_sound._decoding_time

    def noted(packet: added_sound.Packet) -> Fraction:
        time = ordered(packet)
        written.append((packet.stream.type, time))
        return time

    monkeypatch.setattr(added_sound, "_decoding_time", noted)
    make_old_reel(source, [(0, 240)])
    reached = {"video": Fraction(0), "audio": Fraction(0)}
    for kind, time in written:
        reached[kind] = time
        assert abs(reached["video"] - reached["audio"]) < 2


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_video(tmp_path / "made.mp4", 40, sound=tone(1.6))

    def full(*_arguments: object, **_others: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(encode, "add_sound", full)
    with pytest.raises(NoSpaceError, match=r"reel\.mkv: the disk is full"):
        make_old_reel(source, [(3, 20)])
    assert files_in(tmp_path) == {"made.mp4"}


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_it_is_laid_out_for_the_web_and_tagged_for_apple(suffix: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mp4", 40, sound=tone(1.6))
    _, output = make_old_reel(source, [(3, 20)], suffix, codec="hevc")
    content = output.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert b"hvc1" in content
    assert b"hev1" not in content
