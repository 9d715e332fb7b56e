"""The choice of sound tracks holds in every command that writes sound, and again in the next run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autohighlight.config import Options
from autohighlight.pipeline import highlight, write
from tests.media_factory import make_video
from tests.sound_tracks import NUM_FRAMES, heard_in, make_tracks, mono, stereo
from tests.whole_runs import QUICKLY, Command

BOTH = {"L", "R"}


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """Game and microphone."""
    picture = make_video(tmp_path / "picture.mp4", NUM_FRAMES, 25, (64, 48))
    (tmp_path / "footage").mkdir()
    return make_tracks(picture, tmp_path / "footage" / "game.mkv", stereo(1), stereo(2))


@pytest.fixture
def camera(game: Path) -> Path:
    """Left and right."""
    picture = game.parent.with_name("picture.mp4")
    tracks = [mono(number, encoder="pcm_s16le") for number in (3, 4)]
    return make_tracks(picture, game.with_name("camera.mov"), *tracks)


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        ((), {1: BOTH, 2: BOTH}, "sound: tracks 1 and 2 mixed"),
        (("--audio-tracks", "2"), {2: BOTH}, "sound: track 2 of 2"),
        (("--audio-tracks", "none"), {}, "sound: none of 2 tracks"),
        (("--config", "settings.toml"), {1: BOTH}, "sound: track 1 of 2"),
        (("--config", "settings.toml", "--audio-tracks", "all"), {1: BOTH, 2: BOTH}, "sound: tracks 1 and 2 mixed"),
    ],
)
def test_reel(
    words: tuple[str, ...], expected: dict[int, set[str]], said: str, game: Path, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "settings.toml").write_text("audio-tracks = 1\n")
    outcome = command("reel", *QUICKLY, "--max-length", "2s", *words, game, "-o", "reel.mp4")
    assert outcome.code == 0, outcome.err
    assert said in outcome.err.splitlines()
    assert heard_in(tmp_path / "reel.mp4") == expected
    document = json.loads(command("reel", *QUICKLY, *words, game, "--dry-run", "--json").out)
    assert [track["number"] for track in document["sound"]["tracks"] if track["used"]] == list(expected)


@pytest.mark.parametrize("wanted", ["3", "x", "0", "1,1", "1,2+3"])
def test_tracks_that_cannot_be_are_refused(wanted: str, game: Path, command: Command) -> None:
    outcome = command("reel", *QUICKLY, "--audio-tracks", wanted, game)
    assert outcome.code == (3 if wanted == "3" else 2)
    assert ("game.mkv: --audio-tracks asks for sound track 3, and the file has 2" in outcome.err) == (wanted == "3")
    assert not list(game.parent.glob("*.mp4"))


def test_a_batch_makes_results_again_where_other_tracks_are_asked_for(
    game: Path, camera: Path, tmp_path: Path, command: Command
) -> None:
    def worked_on(*words: str) -> list[bool]:
        outcome = command("batch", "footage", *QUICKLY, "--jobs", "1", *words, "--json")
        assert outcome.code == 0, outcome.out + outcome.err
        events = [json.loads(line) for line in outcome.out.splitlines()]
        return [event["worked_on"] for event in events if "worked_on" in event]

    def heard() -> list[dict[int, set[str]]]:
        names = (path.stem for path in (camera, game))
        return [heard_in(tmp_path / "highlights" / f"{name}.highlights.mp4") for name in names]

    assert worked_on() == [True, True]
    assert heard() == [{3: {"L"}, 4: {"R"}}, {1: BOTH, 2: BOTH}]
    assert worked_on() == [False, False]
    assert worked_on("--audio-tracks", "2") == [True, True]
    assert heard() == [{4: {"M"}}, {2: BOTH}]
    assert worked_on("--audio-tracks", "2") == [False, False]
    decided = json.loads((tmp_path / "highlights" / "game.highlights.json").read_text())
    assert [track["used"] for track in decided["sound"]["tracks"]] == [False, True]


def test_a_batch_names_the_videos_that_lack_a_track(game: Path, tmp_path: Path, command: Command) -> None:
    make_tracks(tmp_path / "picture.mp4", game.with_name("one.mp4"), stereo(1))
    outcome = command("batch", "footage", *QUICKLY, "--jobs", "1", "--audio-tracks", "1,2")
    assert outcome.code == 4
    assert "--audio-tracks asks for sound track 2, and the file has 1" in " ".join((outcome.out + outcome.err).split())
    assert heard_in(tmp_path / "highlights" / "game.highlights.mp4") == {1: BOTH, 2: BOTH}


def test_a_montage_joins_the_tracks_of_each_source_and_is_made_again_for_others(
    game: Path, camera: Path, tmp_path: Path, command: Command
) -> None:
    words = ("batch", "footage", *QUICKLY, "--jobs", "1", "--export", "csv", "--combined", "all.mp4")
    lengths = ("--duration", "100%", "--max-length", "2s", "--min-length", "2s")
    for wanted, expected in [
        ((), [{3: {"L"}, 4: {"R"}}, {1: BOTH, 2: BOTH}]),
        (("--audio-tracks", "1"), [{3: BOTH}, {1: BOTH}]),
    ]:
        outcome = command(*words, *lengths, *wanted)
        assert outcome.code == 0, outcome.out + outcome.err
        film = tmp_path / "all.mp4"
        assert [heard_in(film, start=start) for start in (0.5, 2.5)] == expected


def test_python_chooses_when_it_looks_and_when_it_writes(game: Path, tmp_path: Path, command: Command) -> None:
    chosen = highlight(game, scorer="movement", audio_tracks="1", max_length="2s")
    quickly = {"preset": "ultrafast", "overwrite": True}
    for options, expected in [
        ({}, {1: BOTH}),
        ({"audio_tracks": "2"}, {2: BOTH}),
        ({"audio_tracks": "auto"}, {1: BOTH, 2: BOTH}),
    ]:
        write(chosen, tmp_path / "reel.mp4", options=Options.of(**quickly, **options))
        assert heard_in(tmp_path / "reel.mp4") == expected
