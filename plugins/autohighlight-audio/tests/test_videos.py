"""What is heard in a clip speaks for that clip, whatever the file is like."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

import autohighlight_audio
from autohighlight.config import AudioTracks, Options, ScoreOptions
from autohighlight.errors import InputError, OptionError
from autohighlight.media.audio import AudioReader, SoundChunk
from autohighlight.media.probe import probe
from autohighlight.media.sound_tracks import with_sound
from autohighlight.pipeline import analyse, select
from autohighlight.plugins import Scorer
from autohighlight.scorers.combined import find_scorer
from autohighlight.selection.reasons import reason_for
from autohighlight.testing.examples import example_features
from autohighlight.testing.registered import registered
from autohighlight_audio import audio
from autohighlight_audio.scoring import measures

from .sounds import Samples, Track, clicks, features_of, make_video, noise, silence, speech, tone

Measured = Callable[..., dict[str, np.ndarray]]


@pytest.fixture
def heard(tmp_path: Path) -> Measured:
    """What is measured of each 2 s of a video with these tracks."""

    def _heard(*tracks: Track | Samples, seconds: float = 12, suffix: str = ".mkv") -> dict[str, np.ndarray]:
        whole = [track if isinstance(track, Track) else Track(track) for track in tracks]
        features = features_of(make_video(tmp_path / f"video{suffix}", seconds, *whole))
        return dict(measures(features, features.media))

    return _heard


def scorer(name: str) -> Scorer:
    return find_scorer(name, registered(autohighlight_audio).scorers)


def in_clip(number: int, sound: Samples, otherwise: Samples, rate: int = 48_000) -> Samples:
    """One sound for 12 s, but for another in the clip of that number."""
    samples = np.resize(otherwise, 12 * rate).copy()
    samples[number * 2 * rate :][: len(sound)] = sound
    return samples


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov"])
def test_a_loud_burst_is_where_it_is_heard(heard: Measured, suffix: str) -> None:
    burst = np.concatenate([silence(0.6), tone(0.8, -10), silence(0.6)])
    found = heard(in_clip(3, burst, tone(2, -40)), suffix=suffix)["loudness"]
    assert np.argmax(found) == 3
    assert found[3] == pytest.approx(-13, abs=0.3)  # one channel of two that a player would play: 3 LU less
    np.testing.assert_allclose(np.delete(found, 3), -43, atol=0.3)


def test_clicks_are_sudden_sounds(heard: Measured) -> None:
    found = heard(in_clip(4, clicks(2, 8), noise(2, -40)))["sudden_sounds"]
    assert np.argmax(found) == 4
    assert found[4] > 1.5 * np.delete(found, 4).max()


def test_a_change_of_timbre_is_one_though_it_is_no_louder(heard: Measured) -> None:
    found = heard(np.concatenate([tone(7, frequency=300), tone(5, frequency=3000)]))
    assert np.argmax(found["change_of_sound"]) == 3
    assert found["change_of_sound"][3] > 3 * np.delete(found["change_of_sound"], 3).max()


def test_voices_are_where_somebody_speaks(heard: Measured) -> None:
    found = heard(np.concatenate([noise(4, -40), speech(4), tone(4)]))["voices"]
    assert found[2:4].min() >= 0.3
    assert np.delete(found, [2, 3]).max() <= 0.1


def test_sound_that_starts_late_and_ends_early_says_nothing_of_the_rest(heard: Measured) -> None:
    found = heard(Track(in_clip(1, tone(1, -10), tone(2, -40))[: 6 * 48_000], start=2.6))
    assert np.argmax(np.nan_to_num(found["loudness"], nan=-99)) == 2  # 2.6 + 2 = 4.6 s
    for part, values in found.items():
        assert np.isnan(values[[0, 5]]).all(), part
        assert np.isfinite(values[1:4]).all(), part


def test_silence_is_heard_and_is_quiet(heard: Measured) -> None:
    found = heard(np.concatenate([silence(6), tone(6)]))
    np.testing.assert_allclose(found["loudness"][:2], -70)
    assert found["voices"].tolist() == [0] * 6
    alone = heard(silence(12))
    assert all(len(set(values.tolist())) == 1 for name, values in alone.items() if name != "change_of_sound")


def test_of_several_languages_the_one_that_a_player_would_play_counts(heard: Measured) -> None:
    one, other = in_clip(1, tone(1), silence(1)), in_clip(4, tone(1), silence(1))
    languages = {"language": "deu"}, {"language": "fra"}
    assert np.argmax(heard(Track(one, **languages[0]), Track(other, is_default=True, **languages[1]))["loudness"]) == 4
    assert np.argmax(heard(Track(one, is_default=True, **languages[0]), Track(other, **languages[1]))["loudness"]) == 1


def test_tracks_that_were_recorded_together_are_heard_together(heard: Measured) -> None:
    game, microphone = in_clip(1, tone(1), silence(1)), in_clip(4, tone(1), silence(1))
    tracks = [np.stack([samples, samples], axis=1) for samples in (game, microphone)]
    for found in (heard(game, microphone), heard(*tracks, suffix=".mp4")):
        assert set(np.flatnonzero(found["loudness"] > -60)) == {1, 4}


def test_other_tracks_are_heard_where_they_are_asked_for(tmp_path: Path) -> None:
    game, microphone = in_clip(1, tone(1), silence(1)), in_clip(4, tone(1), silence(1))
    path = make_video(tmp_path / "game.mkv", 12, Track(game), Track(microphone))
    for wanted, expected in [("1", {1}), ("2", {4}), ("all", {1, 4}), ("1+2", {1, 4}), ("none", set())]:
        media = with_sound(probe(path), AudioTracks.parse(wanted))
        found = measures(features_of(path), media)["loudness"]
        assert set(np.flatnonzero(np.nan_to_num(found, nan=-99) > -60)) == expected


def test_five_channels_and_one_of_low_frequencies(heard: Measured) -> None:
    rumble, quiet = tone(12, -3, 50), tone(12, -40)
    front, behind = in_clip(2, tone(1, -20), quiet), in_clip(4, tone(1, -20), quiet)
    found = heard(Track(np.stack([quiet, quiet, front, rumble, behind, quiet], axis=1), encoder="flac"))["loudness"]
    assert np.argsort(found)[-2:].tolist() == [2, 4]  # those behind count 1.5 dB more
    assert found[4] - found[2] == pytest.approx(1.5, abs=0.2)
    assert np.delete(found, [2, 4]).max() < -30


def test_eight_thousand_samples_a_second(heard: Measured) -> None:
    samples = in_clip(4, tone(1, -10, rate=8000), tone(2, -40, rate=8000), rate=8000)
    found = heard(Track(samples, rate=8000, encoder="pcm_s16le"))
    assert np.argmax(found["loudness"]) == 4
    assert np.isfinite(found["voices"]).all()


def test_a_gap_is_no_sound(heard: Measured, tmp_path: Path) -> None:
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
    whole = make_video(tmp_path / "whole.mkv", 12, Track(tone(12)))
    gap = tmp_path / "gap.mkv"
    drop = ["-bsf:a", "noise=drop='between(pts*tb,4,8)'"]
    subprocess.run([*ffmpeg, "-i", str(whole), "-c", "copy", *drop, str(gap)], check=True)
    features = features_of(gap)
    found = measures(features, features.media)
    assert np.isnan(found["loudness"][2:4]).all()
    assert np.isfinite(np.delete(found["loudness"], [2, 3])).all()


def test_a_video_without_sound_leaves_the_order_of_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    features = features_of(make_video(tmp_path / "silent.mp4", 12))
    with caplog.at_level(logging.WARNING):
        scores = scorer("audio+audio-voice")(features, ScoreOptions())
    assert scores.values.tolist() == [0.5] * 6
    assert all(part.tolist() == [0.5] * 6 for part in scores.parts.values())
    assert [record.getMessage() for record in caplog.records] == [
        "silent.mp4 has no sound: it says nothing of any moment"
    ]
    alone, combined = (scorer(name)(features, ScoreOptions()) for name in ("movement", "movement+audio:2"))
    np.testing.assert_array_equal(np.argsort(alone.values), np.argsort(combined.values))


def test_sound_that_cannot_be_decoded_says_nothing_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def nothing(reader: AudioReader, *_: object) -> Iterator[SoundChunk]:
        reader.num_lost = 7
        return iter(())

    features = features_of(make_video(tmp_path / "video.mkv", 4, Track(noise(4))))
    monkeypatch.setattr(AudioReader, "chunks", nothing)
    with caplog.at_level(logging.WARNING):
        assert audio(features, ScoreOptions()).values.tolist() == [0.5, 0.5]
    assert "damage in the sound of video.mkv: 7 packets cannot be decoded" in caplog.text


def test_several_scorers_listen_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times, chunks = [], AudioReader.chunks
    monkeypatch.setattr(AudioReader, "chunks", lambda self, *span: times.append(1) or chunks(self, *span))
    features = features_of(make_video(tmp_path / "video.mkv", 12, Track(in_clip(2, speech(2), noise(2, -40)))))
    combined = scorer("movement+audio:0.3+audio-voice:0.5+audio-loudness")(features, ScoreOptions())
    assert len(times) == 1
    assert {"movement", "sudden_sounds", "change_of_sound"} < combined.parts.keys()
    again = features_of(features.media.path)  # the same file, measured anew
    np.testing.assert_array_equal(audio(again, ScoreOptions()).values, audio(features, ScoreOptions()).values)
    assert len(times) == 2


def test_features_without_a_video_are_refused() -> None:
    with pytest.raises(OptionError, match="the scorer audio listens to the video, and these features come without one"):
        audio(example_features(), ScoreOptions())


def test_a_file_that_changed_is_refused(tmp_path: Path) -> None:
    features = features_of(make_video(tmp_path / "video.mkv", 4, Track(noise(4))))
    make_video(tmp_path / "video.mkv", 6, Track(tone(6)))
    with pytest.raises(InputError, match="has changed"):
        audio(features, ScoreOptions())


@pytest.mark.parametrize("seconds", ["0.05", "0.3"])
def test_clips_shorter_than_what_is_measured_have_what_is_nearest(tmp_path: Path, seconds: str) -> None:
    features = features_of(make_video(tmp_path / "video.mkv", 6, Track(noise(6))), Fraction(seconds))
    found = measures(features, features.media)
    for part in ("loudness", "sudden_sounds", "voices"):
        assert np.isfinite(found[part][2:-4]).all(), part


def test_reasons_are_words(tmp_path: Path) -> None:
    features = features_of(make_video(tmp_path / "video.mkv", 12, Track(in_clip(4, noise(2, -6), noise(2, -50)))))
    scores = audio(features, ScoreOptions())
    assert reason_for(scores.clips[4].time_range, scores) == "change of sound in the top 17%, loudness in the top 17%"


@pytest.mark.slow
def test_a_whole_run_finds_what_is_loud(tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mkv", 12, Track(in_clip(4, noise(2, -6), noise(2, -50))))
    options, plugins = (
        Options.of(scorer="fusion+audio:3", duration=2, device="cpu"),
        registered(autohighlight_audio),
    )
    (highlight,) = select(analyse(path, options, plugins=plugins), options, plugins=plugins)
    assert "loudness in the top" in highlight.reason
    assert 7.5 <= highlight.time_range.start <= 8.5


def test_being_registered_costs_nothing() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; import autohighlight_audio as plugin\n"
        "from autohighlight import default_plugins\n"
        "from autohighlight.discovery import PluginSources, find_plugins\n"
        "assert not find_plugins(PluginSources.none(), [default_plugins, plugin]).errors\n"
        "print([name for name in ('numpy', 'scipy', 'onnxruntime', 'torch', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
