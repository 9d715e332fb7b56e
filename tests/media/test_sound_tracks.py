"""Files of several sound tracks: which of them are heard in a reel, and where."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autohighlight.config import AudioTracks
from autohighlight.errors import InputError
from autohighlight.media.probe import probe
from autohighlight.media.sound_tracks import describe_sound, with_sound
from tests.media.reels import make_reel
from tests.media_factory import make_video, run_ffmpeg
from tests.sound_tracks import NUM_FRAMES, TONES, Track, make_tracks, mono, sine, stereo, tones


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("picture") / "picture.mp4", NUM_FRAMES, 25, (64, 48))


def heard_in_reel(path: Path, wanted: str | None = None) -> dict[int, set[str]]:
    reel, _, _ = make_reel(path, [(0, 40)], audio_tracks=wanted)
    return {} if reel.sound is None else tones(reel.sound, reel.sample_rate)


BOTH = {"L", "R"}


@pytest.mark.parametrize(
    ("suffix", "encoder"),
    [("mp4", "aac"), ("mov", "pcm_s16le"), ("mkv", "libopus"), ("ts", "aac"), ("avi", "pcm_s16le")],
)
def test_the_tracks_of_a_screen_recorder_are_mixed(suffix: str, encoder: str, picture: Path, tmp_path: Path) -> None:
    tracks = [stereo(number, encoder=encoder) for number in (1, 2, 3)]
    source = make_tracks(picture, tmp_path / f"game.{suffix}", *tracks)
    assert describe_sound(probe(source)) == "tracks 1, 2 and 3 mixed"
    assert heard_in_reel(source) == {1: BOTH, 2: BOTH, 3: BOTH}


@pytest.mark.parametrize(
    ("num_tracks", "suffix"), [(2, "mov"), (2, "ts"), (2, "mkv"), (4, "mxf"), (4, "avi"), (8, "mxf"), (8, "mov")]
)
def test_mono_tracks_are_left_and_right_in_turn(num_tracks: int, suffix: str, picture: Path, tmp_path: Path) -> None:
    encoder = "aac" if suffix == "ts" else "pcm_s16le"
    tracks = [mono(number, encoder=encoder) for number in range(1, num_tracks + 1)]
    source = make_tracks(picture, tmp_path / f"camera.{suffix}", *tracks)
    expected = {number: {"L"} if number % 2 else {"R"} for number in range(1, num_tracks + 1)}
    assert heard_in_reel(source) == expected


def test_four_mono_tracks_are_described_by_side(picture: Path, tmp_path: Path) -> None:
    tracks = [mono(number, encoder="pcm_s24le") for number in (1, 2, 3, 4)]
    media = probe(make_tracks(picture, tmp_path / "camera.mov", *tracks))
    assert describe_sound(media) == "tracks 1 and 3 as left, tracks 2 and 4 as right"
    assert describe_sound(with_sound(media, AudioTracks.parse("1,2"))) == "tracks 1 and 2 as left and right of 4"


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ((stereo(2, language="fra"), stereo(3, language="deu")), "languages differ"),
        ((stereo(2, title="Commentary by the crew"), stereo(3, disposition="comment")), "marked as commentary"),
        ((stereo(2, disposition="visual_impaired"), stereo(3, disposition="dub")), "marked as commentary"),
        ((stereo(2, encoder="ac3"), stereo(3, encoder="libopus")), "codecs differ"),
        ((Track((sine(TONES[1]),) * 6), stereo(3)), "only some are surround sound"),
    ],
)
def test_versions_of_a_film_are_not_mixed(
    others: Sequence[Track], reason: str, picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = stereo(1, language="eng" if others[0].language else "", disposition="default")
    source = make_tracks(picture, tmp_path / "film.mkv", first, *others)
    with caplog.at_level(logging.WARNING):
        assert heard_in_reel(source) == {1: BOTH}
    (line,) = caplog.messages
    assert line.startswith("film.mkv: the reel uses sound track 1; tracks 2 and 3 are left out (")
    assert reason in line
    assert line.endswith("; --audio-tracks chooses")


def test_broadcasts_and_films_with_subtitles_are_not_mixed(picture: Path, tmp_path: Path) -> None:
    broadcast = make_tracks(picture, tmp_path / "tv.ts", stereo(1, encoder="mp2"), stereo(2, encoder="mp2"))
    assert heard_in_reel(broadcast) == {1: BOTH}
    (words := tmp_path / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    recording = make_tracks(picture, tmp_path / "recording.mkv", stereo(1), stereo(2))
    film = tmp_path / "film.mkv"
    run_ffmpeg("-i", recording, "-i", words, "-map", 0, "-map", "1:s", "-c:v", "copy", "-c:a", "copy", film)
    assert heard_in_reel(film) == {1: BOTH}


def test_a_commentary_beside_game_and_microphone_is_left_out_alone(
    picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_tracks(picture, tmp_path / "game.mkv", stereo(1), stereo(2), stereo(3, disposition="comment"))
    with caplog.at_level(logging.WARNING):
        assert heard_in_reel(source) == {1: BOTH, 2: BOTH}
    assert "uses sound tracks 1 and 2; track 3 is left out" in caplog.text


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("1", {1: BOTH}),
        ("3", {3: BOTH}),
        ("1,3", {1: BOTH, 3: BOTH}),
        ("all", {1: BOTH, 2: BOTH, 3: BOTH}),
        ("default", {2: BOTH}),
        ("auto", {2: BOTH}),
        ("none", {}),
    ],
)
def test_tracks_are_chosen_by_number_and_word(
    wanted: str, expected: dict[int, set[str]], picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    languages = ("eng", "fra", "deu")
    tracks = [stereo(n, language=language) for n, language in enumerate(languages, start=1)]
    source = make_tracks(
        picture,
        tmp_path / "film.mkv",
        *(replace(tracks[1], disposition="default") if t is tracks[1] else t for t in tracks),
    )
    with caplog.at_level(logging.WARNING):
        assert heard_in_reel(source, wanted) == expected
    assert bool(caplog.messages) == (wanted == "auto")  # of what was chosen, nothing needs to be said


def test_two_mono_tracks_are_mixed_where_that_is_asked_for(picture: Path, tmp_path: Path) -> None:
    source = make_tracks(picture, tmp_path / "lapels.mov", mono(1, encoder="pcm_s16le"), mono(2, encoder="pcm_s16le"))
    assert heard_in_reel(source, "1,2") == {1: {"L"}, 2: {"R"}}
    assert heard_in_reel(source, "1+2") == {1: {"M"}, 2: {"M"}}
    assert heard_in_reel(source, "2") == {2: {"M"}}


def test_tracks_that_a_file_lacks_are_an_error_that_names_it(picture: Path, tmp_path: Path) -> None:
    source = make_tracks(picture, tmp_path / "two.mkv", stereo(1), stereo(2))
    with pytest.raises(InputError, match=r"two\.mkv: --audio-tracks asks for sound track 3, and the file has 2"):
        probe(source, audio_tracks=AudioTracks.parse("1,3"))
    assert probe(picture, audio_tracks=AudioTracks.parse("3")).audio == ()  # a silent file stays silent


def test_a_mix_is_recorded_beside_its_parts(picture: Path, tmp_path: Path) -> None:
    game, voice = sine(TONES[0], 0.4), f"{sine(TONES[1], 0.1)}*gt(sin(2*PI*t)\\,0)"
    both = Track((f"{game}+{voice}",) * 2, encoder="aac")
    parts = [Track((each,) * 2) for each in (game, voice)]
    source = make_tracks(picture, tmp_path / "obs.mp4", both, *parts)
    assert describe_sound(probe(source)) == "track 1 of 3; the sound of tracks 2 and 3 is in it already"
    shuffled = make_tracks(picture, tmp_path / "other.mp4", parts[0], parts[1], both)
    assert describe_sound(probe(shuffled)) == "track 3 of 3; the sound of tracks 1 and 2 is in it already"
    apart = make_tracks(picture, tmp_path / "shadowplay.mp4", *parts)
    assert describe_sound(probe(apart)) == "tracks 1 and 2 mixed"


def test_copies_of_a_pair_are_heard_once_and_empty_pairs_change_nothing(picture: Path, tmp_path: Path) -> None:
    pair = [mono(number, encoder="pcm_s16le") for number in (1, 2)]
    quiet = [Track((sine(TONES[number - 1], 0.05),), encoder="pcm_s16le") for number in (1, 2)]
    copied = make_tracks(picture, tmp_path / "copied.mov", *pair, *quiet)
    assert (
        describe_sound(probe(copied))
        == "tracks 1 and 2 as left and right of 4; the sound of tracks 3 and 4 is in them already"
    )
    empty = make_tracks(picture, tmp_path / "empty.mov", *pair, *[Track(("0",), encoder="pcm_s16le")] * 2)
    reel, _, _ = make_reel(empty, [(0, 40)])
    assert reel.sound is not None
    assert tones(reel.sound, reel.sample_rate) == {1: {"L"}, 2: {"R"}}
    assert np.abs(reel.sound[:, 4_800:-4_800]).max() == pytest.approx(0.2, abs=0.05)  # no quieter for it


def test_a_loud_mix_does_not_clip_and_keeps_its_balance(picture: Path, tmp_path: Path) -> None:
    loud = [Track((sine(TONES[number - 1], level),) * 2, encoder="pcm_s16le") for number, level in [(1, 0.9), (2, 0.6)]]
    source = make_tracks(picture, tmp_path / "loud.mov", *loud)
    reel, _, _ = make_reel(source, [(0, 20), (25, 20)])
    assert reel.sound is not None
    middle = reel.sound[0, 4_800:28_800]
    assert np.abs(middle).max() == pytest.approx(1, abs=0.06)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) * 4 / len(middle)
    assert spectrum[TONES[0] // 2] / spectrum[TONES[1] // 2] == pytest.approx(1.5, rel=0.05)
    assert spectrum[[3 * TONES[0] // 2, 2 * TONES[0] // 2]].max() < 0.01  # what a clipped wave would add
    assert spectrum[TONES[0] // 2] == pytest.approx(0.6, rel=0.08)  # AAC takes 5 % off two tones at full scale


def test_tracks_of_other_rates_beginnings_and_lengths_stay_in_their_places(picture: Path, tmp_path: Path) -> None:
    tracks = [stereo(1), stereo(2, rate=44_100, start=1.0, seconds=0.6), mono(3, seconds=0.5)]
    source = make_tracks(picture, tmp_path / "odd.mkv", *tracks)
    reel, _, _ = make_reel(source, [(0, 50)])
    assert reel.sound is not None
    assert reel.sample_rate == 48_000
    assert [set(tones(reel.sound, 48_000, start)) for start in (0, 0.5, 1.05)] == [{1, 3}, {1}, {1, 2}]


def test_a_track_that_cannot_be_decoded_is_named_and_the_others_are_heard(
    picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_tracks(picture, tmp_path / "odd.mkv", stereo(1, encoder="flac"), stereo(2), stereo(3))
    source.write_bytes(source.read_bytes().replace(b"A_FLAC", b"A_OURS", 1))
    media = probe(source)
    assert [media.track_number(track) for track in media.audio] == [2, 3]
    assert describe_sound(media) == "tracks 2 and 3 mixed of 3"
    with caplog.at_level(logging.WARNING):
        assert heard_in_reel(source) == {2: BOTH, 3: BOTH}
    assert "odd.mkv: 1 sound track is in a codec that cannot be decoded here" in caplog.text
    with pytest.raises(InputError, match="its sound track 1 is in a codec that cannot be decoded here"):
        probe(source, audio_tracks=AudioTracks.parse("1,2"))


def test_damage_in_one_of_the_tracks_is_named_and_the_others_are_heard(
    picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = make_tracks(picture, tmp_path / "good.mkv", stereo(1, encoder="flac"), stereo(2, encoder="flac"))
    source = tmp_path / "damaged.mkv"
    run_ffmpeg("-i", good, "-map", 0, "-c", "copy", "-bsf:a:1", "noise=amount=1", source)
    with caplog.at_level(logging.WARNING):
        assert 1 in heard_in_reel(source)
    assert "damaged.mkv: damage in sound track 2: " in caplog.text


def test_one_track_of_two_channels_without_a_layout_stays_stereo(picture: Path, tmp_path: Path) -> None:
    source = make_tracks(picture, tmp_path / "dual.mov", Track((sine(400), sine(700)), encoder="pcm_s16le"))
    assert describe_sound(probe(source)) == ""
    assert heard_in_reel(source) == {1: {"L"}, 2: {"R"}}


def test_sound_without_a_picture_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cover = make_video(tmp_path / "cover.mp4", 1, 25, (64, 48))
    source = make_tracks(cover, tmp_path / "song.mp4", stereo(1, seconds=8))
    with caplog.at_level(logging.WARNING):
        make_reel(source, [(0, 1)])
    line = "song.mp4: its sound goes on for 8 s after its last picture, where the reel has none of it"
    assert caplog.messages == [line]


def test_the_sound_of_a_p2_card_is_named(picture: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("VIDEO", "AUDIO"):
        (tmp_path / "CONTENTS" / name).mkdir(parents=True)
    source = make_tracks(picture, tmp_path / "CONTENTS" / "VIDEO" / "0001AB.mxf")
    with caplog.at_level(logging.WARNING):
        make_reel(source, [(0, 5)])
    assert caplog.messages == []
    (tmp_path / "CONTENTS" / "AUDIO" / "0001AB00.mxf").touch()
    with caplog.at_level(logging.WARNING):
        make_reel(source, [(0, 5)])
    (line,) = caplog.messages
    folder = tmp_path / "CONTENTS" / "AUDIO"
    assert line == f"0001AB.mxf: its sound is in files of its own in {folder}, which are not read; the reel is silent"
