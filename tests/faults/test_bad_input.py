"""What is no video that can be read ends in exit code 3 and one line that names it; nothing is written."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from autohighlight.media.source import check_readable
from tests.media_factory import decode, make_video, tone
from tests.whole_runs import QUICKLY, Command, Outcome, files_in


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Eight seconds with sound, a key frame each second."""
    folder = tmp_path / "videos"
    folder.mkdir()
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", 25)
    return make_video(folder / "video.mp4", 200, 25, (64, 48), encoder=encoder, sound=tone(8))


def assert_refused(outcome: Outcome, path: Path, problem: str) -> None:
    assert outcome.code == 3, outcome.err
    assert outcome.out == ""
    lines = outcome.err.splitlines()
    assert lines[0].startswith("error: ")
    assert problem in lines[0]
    assert path.name.encode("unicode_escape").decode() in lines[0] or path.name in lines[0]
    assert len(lines) <= 2
    assert "Traceback" not in outcome.err


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("a shopping list\n" * 50, "utf-8")


def noise(path: Path) -> None:
    path.write_bytes(os.urandom(50_000))


def sound_only(path: Path) -> None:
    source = make_video(path.with_name("with sound.mp4"), 25, sound=tone(1))
    from tests.media_factory import run_ffmpeg

    run_ffmpeg("-i", source, "-vn", "-c", "copy", path)
    source.unlink()


def cover_only(path: Path) -> None:
    from tests.media_factory import run_ffmpeg

    source = make_video(path.with_name("with sound.mp4"), 25, sound=tone(1))
    cover = make_video(path.with_name("cover.png"), 1, encoder=("-c:v", "png"), pixel_format="rgb24")
    run_ffmpeg("-i", source, "-i", cover, "-map", "0:a", "-map", "1:v", "-c", "copy",
               "-disposition:v:0", "attached_pic", path)  # fmt: skip
    source.unlink()
    cover.unlink()


def before_the_first_frame(path: Path) -> None:
    source = make_video(path.with_name("whole.mp4"), 50, options=("-movflags", "+faststart"))
    content = source.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 8])
    source.unlink()


def without_index(path: Path) -> None:
    source = make_video(path.with_name("whole.mp4"), 50)  # its index is at the end
    path.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    source.unlink()


def undecodable(path: Path) -> None:
    source = make_video(path.with_name("whole.mp4"), 20)
    content = bytearray(source.read_bytes())
    begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    source.unlink()


def folder(path: Path) -> None:
    path.mkdir()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def broken_link(path: Path) -> None:
    path.symlink_to(path.with_name("gone.mp4"))


def loop(path: Path) -> None:
    path.symlink_to(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def nothing(path: Path) -> None:
    assert not path.exists()


def under_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (empty, "is empty"),
        (text, "is not a video that can be read"),
        (noise, "is not a video that can be read"),
        (sound_only, "contains no picture"),
        (cover_only, "contains no picture"),
        (before_the_first_frame, "not one frame of it can be decoded"),
        (without_index, "is not a video that can be read"),
        (undecodable, "not one frame of it can be decoded"),
        (folder, "is a folder"),
        (fifo, "is not a regular file"),
        (device, "is not a regular file"),
        (broken_link, "there is no such file"),
        (loop, "cannot be read"),
        (unix_socket, "is not a regular file"),
        (nothing, "there is no such file"),
        (under_a_file, "cannot be read"),
    ],
)
def test_it_is_refused(make: Callable[[Path], None], problem: str, command: Command, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "x.mp4"
    make(path)
    (tmp_path / "out").mkdir()
    before = files_in(tmp_path / "in") if path.parent.is_dir() else set()
    assert_refused(command("reel", *QUICKLY, path, "-o", tmp_path / "out" / "reel.mp4"), path, problem)
    assert files_in(tmp_path / "out") == set()
    assert_refused(command("score", path), path, problem)
    assert (files_in(tmp_path / "in") if path.parent.is_dir() else set()) == before


def test_a_file_that_may_not_be_read_is_refused(
    video: Path, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    true_open = Path.open

    def refuse(self: Path, *arguments: object, **others: object) -> object:
        if self == video:
            raise PermissionError(13, "Permission denied", str(self))
        return true_open(self, *arguments, **others)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert_refused(command("reel", *QUICKLY, video), video, "may not be read")
    assert files_in(video.parent) == {"video.mp4"}


def test_a_name_with_a_nul_is_refused() -> None:
    from autohighlight.errors import InputError

    with pytest.raises(InputError, match="cannot be read"):
        check_readable(Path("a\0b.mp4"))


def test_one_damaged_file_with_v_shows_the_traceback(command: Command, tmp_path: Path) -> None:
    empty(tmp_path / "x.mp4")
    outcome = command("reel", "-v", tmp_path / "x.mp4")
    assert outcome.code == 3
    assert "Traceback" in outcome.err


NAMES = [
    "-name.mp4",
    "--overwrite.mp4",
    'it\'s "it" `x` $(x).mp4',
    "[0-9]{a,b}*?.mp4",
    "%d %03d %%.mp4",
    "line\nfeed\ttab.mp4",
    "été 東京 🎬.mp4",
    "http:x.mp4",
    "concat:a|b.mp4",
    "file:x.mp4",
    "pipe:0.mp4",
    "a,b;c=d:e\\.mp4",
    " space .mp4",
    "v" * 230 + ".mp4",
    "no suffix",
    ".hidden.mp4",
    os.fsdecode(b"\xff\xfe.mp4"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_only_a_name(name: str, command: Command, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(video.parent)
    path = video.rename(video.with_name(name))
    outcome = command("reel", *QUICKLY, "--", name)
    assert outcome.code == 0, outcome.err
    reel = Path(f"{path.stem}.highlights.mp4")
    assert files_in(video.parent) == {name, reel.name}
    assert decode(reel).lumas
    output = f"out {name}"[:200] + ".mp4"
    assert command("reel", *QUICKLY, "-o", output, "--", name).code == 0
    assert files_in(video.parent) == {name, reel.name, output}


def test_a_name_too_long_for_its_reel_is_refused_before_any_work(command: Command, video: Path) -> None:
    path = video.rename(video.with_name("v" * 250 + ".mp4"))
    outcome = command("reel", *QUICKLY, path)
    assert outcome.code == 3
    assert "cannot be written: File name too long" in outcome.err
    assert files_in(path.parent) == {path.name}


@pytest.mark.parametrize("speed", ["balanced", "exact"])
def test_damage_in_the_middle_is_counted_and_gone_around(speed: str, command: Command, video: Path) -> None:
    content = bytearray(video.read_bytes())
    with av.open(str(video)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    for position, size in packets[75:85]:
        content[position + 5 : position + size] = bytes(size - 5)
    video.write_bytes(content)
    outcome = command("reel", *QUICKLY, "--json", "--speed", speed, "--duration", "100%", video)
    assert outcome.code == 0
    fewest = 24 if speed == "exact" else 12  # the rest of the group, or of the part of it that is decoded
    match = re.search(r"(\d+) frames are damaged or missing; the highlights come from the rest", outcome.err)
    assert match
    assert fewest <= int(match[1]) <= 25
    highlights = json.loads(outcome.out)["highlights"]
    asked = [n for h in highlights for n in range(round(h["start"] * 25), round(h["end"] * 25))]
    reel = decode(video.with_name("video.highlights.mp4"))
    assert len(reel.lumas) == len(asked) > 100
    intact = [(a, b) for a, b in zip(asked, reel.numbers, strict=True) if not 75 <= a < 100]
    assert all(a == b for a, b in intact)


def test_a_file_cut_short_says_how_much_is_missing(command: Command, tmp_path: Path) -> None:
    source = make_video(tmp_path / "whole.mp4", 200, options=("-movflags", "+faststart", "-g", "25"))
    path = tmp_path / "short.mp4"
    path.write_bytes(source.read_bytes()[: int(source.stat().st_size * 0.6)])
    outcome = command("reel", *QUICKLY, path)
    assert outcome.code == 0
    assert "frames are damaged or missing" in outcome.err
    assert decode(tmp_path / "short.highlights.mp4").lumas


def test_the_input_is_never_written_to(command: Command, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (video.read_bytes(), video.stat().st_mtime_ns)
    assert command("reel", *QUICKLY, video).code == 0
    assert (video.read_bytes(), video.stat().st_mtime_ns) == before


def test_no_file_is_left_open(command: Command, video: Path) -> None:
    assert command("reel", *QUICKLY, video).code == 0
    left = {str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
    assert left
    assert not [path for path in left if path.startswith(str(video.parent))]
