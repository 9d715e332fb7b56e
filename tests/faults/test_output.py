"""A reel is written whole or not at all, and what is there already is kept until it is."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autohighlight.errors import NoSpaceError, OutputError
from autohighlight.files import written_whole
from autohighlight.media import encode as encode_room
from autohighlight.media.ffmpeg import find_ffmpeg
from tests.media_factory import decode, make_video, tone
from tests.whole_runs import QUICKLY, Command, files_in


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    return make_video(folder / "video.mp4", 200, 25, (64, 48), sound=tone(8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_an_output_that_exists_is_kept(made: Path, folder: Path, command: Command) -> None:
    output = folder / "reel.mp4"
    output.write_bytes(b"mine")
    outcome = command("reel", *QUICKLY, made, "-o", output)
    assert (outcome.code, outcome.out) == (3, "")
    assert "is there already" in outcome.err
    assert output.read_bytes() == b"mine"


def test_with_overwrite_it_is_replaced_at_the_end_only(made: Path, folder: Path, command: Command) -> None:
    output = folder / "reel.mp4"
    output.write_bytes(b"mine")
    assert command("reel", *QUICKLY, "--overwrite", made, "-o", output).code == 0
    assert decode(output).lumas
    assert files_in(folder) == {"reel.mp4"}


def test_an_output_that_appears_meanwhile_is_kept(
    made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autohighlight.export import reel

    true_encode = reel.encode

    def encode_and_be_late(*arguments: object, **others: object) -> None:
        true_encode(*arguments, **others)  # type: ignore[arg-type]
        (folder / "reel.mp4").write_bytes(b"another's")

    monkeypatch.setattr(reel, "encode", encode_and_be_late)
    outcome = command("reel", *QUICKLY, made, "-o", folder / "reel.mp4")
    assert outcome.code == 3
    assert "is there already" in outcome.err
    assert (folder / "reel.mp4").read_bytes() == b"another's"
    assert files_in(folder) == {"reel.mp4"}


def test_a_missing_folder_is_said_and_not_made(made: Path, folder: Path, command: Command) -> None:
    outcome = command("reel", *QUICKLY, made, "-o", folder / "no" / "reel.mp4")
    assert (outcome.code, outcome.out) == (3, "")
    assert "is not there" in outcome.err
    assert files_in(folder) == set()


def fail_with(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said(
    number: int, made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autohighlight.export import reel

    def full(*_arguments: object, **_others: object) -> None:
        raise fail_with(number)

    monkeypatch.setattr(reel, "encode", full)
    outcome = command("reel", *QUICKLY, made, "-o", folder / "reel.mp4")
    assert outcome.code == 3
    assert f"error: {folder / 'reel.mp4'}: the disk is full" in outcome.err
    assert files_in(folder) == set()


def test_a_disk_that_fills_up_while_encoding_is_said(
    made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder's own words are what tells: here a program that says them."""
    program = folder.parent / "ffmpeg"
    program.write_text(
        "#!/bin/sh\nhead -c 100000 >/dev/null\necho 'av_write_frame(): No space left on device' >&2\nexit 228\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    fake = replace(find_ffmpeg(), path=str(program))
    monkeypatch.setattr(encode_room, "find_ffmpeg", lambda _chosen: fake)
    outcome = command("reel", *QUICKLY, made, "-o", folder / "reel.mp4")
    assert outcome.code == 3
    assert f"error: {folder / 'reel.mp4'}: the disk is full" in outcome.err
    assert files_in(folder) == set()


def test_an_encoder_that_fails_is_said_with_its_own_words(
    made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = folder.parent / "ffmpeg"
    program.write_text("#!/bin/sh\nread -r x\necho 'first line' >&2\necho 'x264 broke' >&2\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    fake = replace(find_ffmpeg(), path=str(program))
    monkeypatch.setattr(encode_room, "find_ffmpeg", lambda _chosen: fake)
    outcome = command("reel", *QUICKLY, made, "-o", folder / "reel.mp4")
    assert outcome.code == 3
    assert f"error: {folder / 'reel.mp4'}: ffmpeg could not encode it: x264 broke" in outcome.err
    assert files_in(folder) == set()
    assert "first line" in command("reel", "-v", *QUICKLY, made, "-o", folder / "reel.mp4").err


def test_an_encoder_that_is_not_there_is_said(
    made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = replace(find_ffmpeg(), encoders=frozenset({"mpeg4"}))
    monkeypatch.setattr(encode_room, "find_ffmpeg", lambda _chosen: fake)
    outcome = command("reel", *QUICKLY, made, "-o", folder / "reel.mp4")
    assert outcome.code == 1
    assert "has no encoder libx264" in outcome.err
    assert files_in(folder) == set()


def test_a_sound_that_does_not_fit_on_the_disk_is_said(
    made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        outcome = command("reel", "--no-cache", *QUICKLY, made, "-o", folder / "reel.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert outcome.code == 3
    assert f"error: {folder / 'reel.mp4'}: " in outcome.err
    assert files_in(folder) == set()


def test_a_disk_that_fills_up_under_the_sound_is_said(
    made: Path, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autohighlight.export import reel

    write_sound = reel.write_sound
    monkeypatch.setattr(reel, "write_sound", lambda places, rate, _path: write_sound(places, rate, Path("/dev/full")))
    outcome = command("reel", *QUICKLY, made, "-o", folder / "reel.mp4")
    assert outcome.code == 3
    assert f"error: {folder / 'reel.mp4'}: the disk is full" in outcome.err
    assert files_in(folder) == set()


def test_a_failure_leaves_nothing_and_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"

    def write_half(fail: Callable[[Path], BaseException]) -> None:
        with written_whole(path, overwrite=False) as unfinished:
            unfinished.write_bytes(b"half")
            unfinished.with_name("sound").write_bytes(b"half")
            raise fail(unfinished)

    with pytest.raises(NoSpaceError) as caught:
        write_half(lambda _: fail_with(errno.ENOSPC))
    assert caught.value.path == path
    with pytest.raises(OutputError) as other:
        write_half(lambda unfinished: OutputError(unfinished, "broke"))
    assert other.value.path == path
    with pytest.raises(KeyboardInterrupt):
        write_half(lambda _: KeyboardInterrupt())
    assert files_in(tmp_path) == set()


def test_of_several_files_at_once_none_is_left_and_the_one_that_failed_is_named(tmp_path: Path) -> None:
    one, other = tmp_path / "1.gif", tmp_path / "2.gif"

    def write_both() -> None:
        with written_whole(one, overwrite=False) as first, written_whole(other, overwrite=False) as second:
            first.write_bytes(b"whole")
            raise OutputError(second, "broke")

    with pytest.raises(OutputError) as caught:
        write_both()
    assert caught.value.path == other
    assert files_in(tmp_path) == set()


def test_permissions_of_the_reel_are_the_usual_ones(made: Path, folder: Path, command: Command) -> None:
    assert command("reel", *QUICKLY, made, "-o", folder / "reel.mp4").code == 0
    plain = folder / "plain"
    plain.touch()
    assert (folder / "reel.mp4").stat().st_mode == plain.stat().st_mode


def test_what_a_killed_program_has_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from autohighlight.files import written_whole\n"
        "with written_whole(Path(sys.argv[1]), overwrite=False) as unfinished:\n"
        "    unfinished.write_bytes(b'half'); print('now', flush=True); time.sleep(60)\n"
    )
    with (
        subprocess.Popen([sys.executable, "-c", program, tmp_path / "1"], stdout=subprocess.PIPE) as killed,
        subprocess.Popen([sys.executable, "-c", program, tmp_path / "2"], stdout=subprocess.PIPE) as living,
    ):
        assert killed.stdout is not None
        assert living.stdout is not None
        assert (killed.stdout.readline(), living.stdout.readline()) == (b"now\n", b"now\n")
        killed.kill()
        killed.wait()
        assert len(files_in(tmp_path)) == 2
        with written_whole(tmp_path / "3", overwrite=False) as unfinished:
            unfinished.write_bytes(b"whole")
        assert len(files_in(tmp_path)) == 2
        living.send_signal(signal.SIGINT)
        living.wait()
    assert files_in(tmp_path) == {"3"}


def test_folders_of_others_that_are_called_alike_stay(tmp_path: Path) -> None:
    names = {".autohighlight", ".autohighlight-", ".autohighlight-00000000-abcdefgh", ".autohighlight-mine"}
    for name in names:
        (tmp_path / name).mkdir()
    with written_whole(tmp_path / "x", overwrite=False) as unfinished:
        ours = unfinished.parent.name
        unfinished.write_bytes(b"whole")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    (tmp_path / ours).symlink_to(tmp_path / "elsewhere")
    with written_whole(tmp_path / "y", overwrite=False) as unfinished:
        unfinished.write_bytes(b"whole")
    assert files_in(tmp_path) == names | {"x", "y", "elsewhere", ours}
    assert files_in(tmp_path / "elsewhere") == {"file"}
