"""A disk that is full, a folder that may not be written to, a cache that cannot be kept: on real small disks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media_factory import make_video, tone
from tests.whole_runs import QUICKLY, Command, files_in


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 256 kB; where none can be made, an ordinary folder and files of at most that size."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        yield from _small_files(place)
        return
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def _small_files(place: Path) -> Iterator[Path]:
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (256_000, before[1]))
    yield place
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", 25)
    folder = tmp_path_factory.mktemp("videos")
    return make_video(folder / "video.mp4", 200, 25, (320, 240), encoder=encoder, sound=tone(8))


def fill(disk: Path, left: int = 0) -> None:
    """Leaves so many bytes."""
    with (disk / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        if left:
            file.truncate(max(0, file.tell() - left))


OUTPUTS = {
    "reel.mp4": ("reel", *QUICKLY, "--crf", "1"),
    "x.gif": ("gif", "--scorer", "movement"),
    "cut.otio": ("export", "--scorer", "movement", "--to", "otio"),
    "cut.edl": ("export", "--scorer", "movement", "--to", "edl"),
    "cut.aaf": ("export", "--scorer", "movement", "--to", "aaf"),
    "scores.csv": ("score", "--scorer", "movement"),
    "scores.png": ("score", "--scorer", "movement"),
}


@pytest.mark.parametrize("left", [0, 8192])
@pytest.mark.parametrize("name", OUTPUTS)
def test_a_full_disk_is_said_and_nothing_half_is_left(
    name: str, left: int, disk: Path, video: Path, command: Command
) -> None:
    before = video.read_bytes()
    fill(disk, left)
    outcome = command(*OUTPUTS[name], video, "-o", disk / name)
    assert "Traceback" not in outcome.err
    if outcome.code == 0:
        assert left, "it cannot have been written"
        assert (disk / name).stat().st_size > 0
    else:
        assert outcome.code == 3, outcome.err
        assert "the disk is full" in outcome.err or "File too large" in outcome.err
        assert files_in(disk) == {"filling"}
    assert video.read_bytes() == before


def test_a_cache_on_a_full_disk_is_done_without(
    disk: Path, video: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(disk)
    monkeypatch.setenv("AUTOHIGHLIGHT_CACHE_DIR", str(disk / "cache"))
    with_cache = command("score", "--format", "csv", video)
    without = command("score", "--format", "csv", "--no-cache", video)
    assert (with_cache.code, with_cache.out) == (without.code, without.out) == (0, without.out)
    assert not [path for path in disk.rglob("*") if path.is_file() and path.name != "filling"]


def test_a_selector_on_a_full_disk_is_said(disk: Path, command: Command, tmp_path: Path) -> None:
    import numpy as np

    features = tmp_path / "features"
    features.mkdir()
    for number in range(4):
        np.save(features / f"{number}.npy", np.random.default_rng(number).random((20, 512)).astype(np.float32))
    fill(disk)
    outcome = command("train", features, "-o", disk / "new.safetensors", "--epochs", "1")
    assert outcome.code == 3, outcome.err
    assert "the disk is full" in outcome.err or "File too large" in outcome.err
    assert files_in(disk) == {"filling"}


def test_a_disk_that_may_only_be_read_is_said_before_any_work(disk: Path, video: Path, command: Command) -> None:
    if subprocess.run(["mount", "-o", "remount,ro", str(disk)], capture_output=True, check=False).returncode != 0:
        disk.chmod(0o500)
    outcome = command("reel", *QUICKLY, video, "-o", disk / "reel.mp4")
    assert (outcome.code, outcome.out) == (3, ""), outcome.err
    assert "cannot be written" in outcome.err
    assert files_in(disk) == set()


_PROGRAM = """
import sys
from autohighlight import default_plugins
from autohighlight.__main__ import main
from tests.whole_runs import SmallBackbone
default_plugins._efficientnet_lite0 = lambda _options: SmallBackbone()
sys.exit(main())
"""


def _without_rights(*words: object) -> subprocess.CompletedProcess[str]:
    """Runs a command line so that permissions bind it; those who run tests as root are bound by none otherwise."""
    drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    command = [*drop, sys.executable, "-c", _PROGRAM, *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_permission_denied_is_said_before_any_work(video: Path, tmp_path: Path) -> None:
    closed, secret = tmp_path / "closed", tmp_path / "secret.mp4"
    closed.mkdir(0o555)
    secret.write_bytes(video.read_bytes())
    secret.chmod(0o000)
    refused = _without_rights("reel", *QUICKLY, "--no-cache", secret, "-o", tmp_path / "x.mp4")
    assert (refused.returncode, refused.stdout) == (3, ""), refused.stderr
    assert f"error: {secret}: may not be read" in refused.stderr
    refused = _without_rights("reel", *QUICKLY, "--no-cache", video, "-o", closed / "x.mp4")
    assert (refused.returncode, refused.stdout) == (3, ""), refused.stderr
    assert "cannot be written to" in refused.stderr
    assert files_in(closed) == set()
    assert files_in(tmp_path) == {"closed", "secret.mp4"}
