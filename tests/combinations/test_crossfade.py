"""A crossfade takes no length from a reel, and what is said of its length is true, in every command."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.media_factory import make_video, tone
from tests.whole_runs import QUICKLY, Command

SECONDS = 60


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "video.mp4"
    return make_video(path, SECONDS * 10, 10, (64, 48), sound=tone(SECONDS))


def length_of(path: Path) -> Fraction:
    """The length of a film's picture in seconds, which is that of its sound too."""
    with av.open(str(path)) as container:
        lengths = {stream.duration * stream.time_base for stream in container.streams}  # type: ignore[operator]
    (length,) = lengths
    return length


def printed(text: str) -> Fraction:
    """The length that a line of words says highlights have."""
    match = re.search(r"highlights?(?:, fading into each other)?, ([\d.]+) s of", text)
    assert match is not None, text
    return Fraction(match[1])


@pytest.mark.parametrize("duration", ["10s", "12.5s"])
@pytest.mark.parametrize("order", ["time", "score"])
def test_a_reel_is_as_long_as_asked_for_and_as_it_says(
    duration: str, order: str, video: Path, tmp_path: Path, command: Command
) -> None:
    words = ("reel", *QUICKLY, "--order", order, "--duration", duration, "--min-length", "1s", "--max-length", "4s")
    outcome = command(*words, "--transition", "crossfade", video, "-o", tmp_path / "reel.mp4")
    assert outcome.code == 0, outcome.err
    assert length_of(tmp_path / "reel.mp4") == printed(outcome.out) == Fraction(duration[:-1])
    assert "fading into each other" in outcome.out
    again = command(*words, "--transition", "crossfade", "--json", "--dry-run", video)
    assert json.loads(again.out)["reel_duration"] == float(duration[:-1])


def test_a_reel_of_cuts_says_its_length_too(video: Path, tmp_path: Path, command: Command) -> None:
    words = ("reel", *QUICKLY, "--duration", "10s", video)
    assert json.loads(command(*words, "--json", "--dry-run").out)["reel_duration"] == 10
    outcome = command(*words, "-o", tmp_path / "reel.mp4")
    assert length_of(tmp_path / "reel.mp4") == printed(outcome.out) == 10
    assert "fading" not in outcome.out


def test_a_timeline_beside_it_holds_the_same_highlights(video: Path, tmp_path: Path, command: Command) -> None:
    words = ("--duration", "10s", "--max-length", "4s", "--transition", "crossfade")
    outcome = command("reel", *QUICKLY, *words, "--export", "csv", video, "-o", tmp_path / "reel.mp4")
    assert outcome.code == 0, outcome.err
    (table,) = tmp_path.glob("*.csv")
    num_highlights = int(re.findall(r"(\d+) highlights?,", outcome.out)[0])
    assert len(table.read_text("utf-8").splitlines()) == num_highlights + 1
    assert outcome.out.count("highlights,") == 1


def test_a_timeline_alone_has_no_crossfades_and_is_no_longer(video: Path, tmp_path: Path, command: Command) -> None:
    (tmp_path / "autohighlight.toml").write_text('transition = "crossfade"\n')
    words = ("--scorer", "movement", "--duration", "10s", "--max-length", "4s")
    outcome = command("export", *words, "--to", "csv", video, "-o", tmp_path / "cuts.csv")
    assert outcome.code == 0, outcome.err
    assert printed(outcome.out) == 10
    assert "fading" not in outcome.out


def test_a_batch_says_what_its_films_are_and_a_second_run_has_nothing_to_do(
    video: Path, tmp_path: Path, command: Command
) -> None:
    footage, output = tmp_path / "footage", tmp_path / "out"
    footage.mkdir()
    for name in ("a.mp4", "b.mp4"):
        (footage / name).write_bytes(video.read_bytes())
    words = ("batch", footage, "-o", output, *QUICKLY, "--jobs", "1", "--transition", "crossfade")
    wishes = ("--duration", "10s", "--min-length", "1s", "--max-length", "4s", "--reel", "--export", "csv")
    outcome = command(*words, *wishes, "--combined", tmp_path / "best.mp4")
    assert outcome.code == 0, outcome.err
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    for row in summary["videos"]:
        film = next(output / name for name in row["results"] if name.endswith(".mp4"))
        decisions = next(output / name for name in row["results"] if name.endswith(".json"))
        assert length_of(film) == row["highlight_seconds"] == 10
        assert json.loads(decisions.read_text("utf-8"))["reel_duration"] == 10
    assert summary["totals"]["highlight_seconds"] == 20
    assert length_of(tmp_path / "best.mp4") == 10
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "best.mp4", *output.glob("*.mp4"))}
    again = command(*words, *wishes, "--combined", tmp_path / "best.mp4")
    assert again.code == 0, again.err
    assert {path: path.stat().st_mtime_ns for path in before} == before
