"""Ctrl-C at any moment ends the run within about a second, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.media_factory import make_video, tone
from tests.processes import children_of, is_running
from tests.whole_runs import QUICKLY, files_in

_PROGRAM = """
import sys, threading, time
from autohighlight import default_plugins
from tests.whole_runs import SmallBackbone
{patches}
default_plugins._efficientnet_lite0 = lambda _options: SmallBackbone()
from autohighlight.__main__ import main
sys.exit(main())
"""
_ANNOUNCE = """
def announced(function):
    def call(*arguments, **others):
        print("now", flush=True)
        return function(*arguments, **others)
    return call
"""
_MOMENTS = {
    "probing": "from autohighlight import pipeline; pipeline.probe = announced(pipeline.probe)",
    "preparing": "from autohighlight.features import extract; extract.find_seeking = announced(extract.find_seeking)",
    "embedding": "SmallBackbone.embed = announced(SmallBackbone.embed)",
    "writing sound": "from autohighlight.export import reel; reel.write_sound = announced(reel.write_sound)",
    "encoding": "from autohighlight.media import encode; encode._feed = announced(encode._feed)",
}
_LONGEST_SECONDS = 4.0
"""A second is what is wanted; a loaded machine takes longer to do the same."""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", 50)
    return make_video(folder / "video.mp4", 1500, 25, (320, 240), encoder=encoder, sound=tone(60))


def start(video: Path, output: Path, patches: str, cache: Path, *options: str) -> subprocess.Popen[bytes]:
    """Begins a run that says ``now`` at its moment."""
    quality = ["--preset", "veryslow", "--speed", "exact", "--duration", "60s"]
    words = ["reel", *QUICKLY, *(options or quality), str(video), "-o"]
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(patches=_ANNOUNCE + patches), *words, str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={"AUTOHIGHLIGHT_CACHE_DIR": str(cache), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())},
    )


@pytest.mark.parametrize("moment", _MOMENTS)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_at_once_and_leaves_nothing(
    moment: str, sent: signal.Signals, code: int, video: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    with start(video, tmp_path / "out" / "reel.mp4", _MOMENTS[moment], tmp_path / "cache") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"now\n" in iter(process.stdout.readline, b"")  # the table of highlights may come before
        time.sleep(0.1)
        children = children_of(process.pid)
        assert len(children) == (moment == "encoding")
        # A terminal's Ctrl-C reaches the encoder too; a service manager ends the program alone.
        os.killpg(process.pid, sent) if sent == signal.SIGINT else process.send_signal(sent)
        begin = time.monotonic()
        process.wait(timeout=20)
        took = time.monotonic() - begin
        errors = process.stderr.read().decode()
    assert process.returncode == code, errors
    assert took < _LONGEST_SECONDS
    assert ("interrupted; nothing was written" in errors) == (sent == signal.SIGINT)
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    assert files_in(tmp_path / "out") == set()
    assert not [child for child in children if is_running(child)]
    left = files_in(tmp_path / "cache" / "features") if (tmp_path / "cache" / "features").is_dir() else set()
    assert not [name for name in left if name.startswith(".")]


_LOST = """
import os, signal, weakref
class Ends:
    def __del__(self): os.kill(os.getpid(), signal.{name}); [None for _ in range(100)]
def suspended():
    try: yield
    finally: os.kill(os.getpid(), signal.{name}); [None for _ in range(100)]
class Anything: pass
def lose(place):
    if place == "destructor": Ends()
    if place == "generator": next(suspended())
    if place == "weak reference":
        anything = Anything()
        reference = weakref.ref(anything, lambda _: (os.kill(os.getpid(), signal.{name}), [None for _ in range(100)]))
        del anything
def losing(function, place):
    def call(*arguments, **others):
        lose(place)
        return function(*arguments, **others)
    return call
"""
"""Sends the signal where Python drops the exception that its handler raises; it goes on as if nothing had been."""

_LATE_MOMENTS = {
    "writing sound": "from autohighlight.export import reel; reel.write_sound = losing(reel.write_sound, place)",
    "encoding": "from autohighlight.media import encode; encode._feed = losing(encode._feed, place)",
    "at the end": "from autohighlight import files; files.wait_for_disk = losing(files.wait_for_disk, place)",
}


@pytest.mark.parametrize("place", ["destructor", "generator", "weak reference"])
@pytest.mark.parametrize("moment", _LATE_MOMENTS)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_whose_exception_python_drops_is_heard_all_the_same(
    moment: str, place: str, sent: signal.Signals, code: int, video: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out" / "reel.mp4"
    output.parent.mkdir()
    output.write_bytes(b"an earlier reel")
    patches = _LOST.replace("{name}", sent.name) + f"place = {place!r}\n{_LATE_MOMENTS[moment]}"
    with start(video, output, patches, tmp_path / "cache", "--overwrite", "--duration", "4s") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors.decode()
    assert b"Exception ignored" in errors  # it was dropped, or this test tests nothing
    assert output.read_bytes() == b"an earlier reel"
    assert files_in(output.parent) == {"reel.mp4"}
