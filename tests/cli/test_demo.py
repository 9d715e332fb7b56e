from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from autohighlight.media.demo import DURATION, FRAME_RATE, HEIGHT, MOMENTS, WIDTH
from autohighlight.media.probe import probe
from autohighlight.times import TimeRange
from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]


def test_the_highlights_of_the_sample_video_are_its_moments(command: Command, tmp_path: Path) -> None:
    outcome = command("demo", "-o", tmp_path, "--preset", "ultrafast", "--speed", "exact")
    assert outcome.code == 0, outcome.err
    assert f"made {tmp_path / 'demo.mp4'}: a quiet evening, with fireworks at 0:08, 0:20, 0:32" in outcome.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.highlights.mp4", "demo.mp4"]

    media, reel = probe(tmp_path / "demo.mp4"), probe(tmp_path / "demo.highlights.mp4")
    assert (media.width, media.height, media.frame_rate, media.duration) == (WIDTH, HEIGHT, FRAME_RATE, DURATION)
    assert media.main_audio is not None
    assert media.main_audio.num_channels == 2
    assert reel.duration == 6

    document = json.loads(command("reel", tmp_path / "demo.mp4", "--dry-run", "--json", "--speed", "exact").out)
    chosen = [TimeRange(Fraction(h["start"]), Fraction(h["end"])) for h in document["highlights"]]
    assert len(chosen) == len(MOMENTS)
    for found, moment in zip(chosen, MOMENTS, strict=True):
        assert found.overlap(moment) >= moment.duration * Fraction(9, 10)


def test_nothing_is_replaced(command: Command, tmp_path: Path) -> None:
    (tmp_path / "demo.highlights.mp4").write_bytes(b"mine")
    outcome = command("demo", "-o", tmp_path)
    assert outcome.code == 3
    assert "is there already" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["demo.highlights.mp4"]
