"""Files as phones and cameras write them: stills beside the video, pictures stored turned or mirrored."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from tests.media_factory import decode, make_video, run_ffmpeg
from tests.whole_runs import QUICKLY, Command


def test_a_motion_photo_gives_the_film_in_every_form(command: Command, tmp_path: Path) -> None:
    film = make_video(tmp_path / "film.mp4", 90, 30, (64, 48))
    stills = make_video(tmp_path / "stills.mp4", 2, 1, (128, 96))
    source = tmp_path / "made.mp4"
    both = ("-disposition:v:0", "default", "-disposition:v:1", "default")
    run_ffmpeg("-i", stills, "-i", film, "-map", 0, "-map", 1, "-c", "copy", *both, source)
    reel = tmp_path / "reel.mp4"
    done = command("reel", *QUICKLY, "--duration", "2s", "-o", reel, "--export", "mlt", source)
    assert done.code == 0
    assert "track" not in done.err
    numbers = decode(reel).numbers
    assert numbers == list(range(numbers[0], numbers[0] + 60))
    (project,) = tmp_path.glob("*.mlt")
    said = {item.text for item in etree.parse(project).iter("property") if item.get("name") == "video_index"}
    assert said <= {"1", "-1"}
    assert "1" in said
