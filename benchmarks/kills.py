"""Programs that are killed at random moments, and what they leave: see ``benchmarks/faults.py --kills``."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
import imageio_ffmpeg
import numpy as np

_REPOSITORY = Path(__file__).resolve().parents[1]
_OPTIONS = ("--backbone", "small", "--scorer", "movement", "--no-cache")
_SMALL_BACKBONE = """
import autohighlight

class Small:
    name, dim, window_length, frame_rate, resize, input_size = "small", 3, 1, None, (32, 32), (32, 32)
    fingerprint, device = "small-1", "none"

    def embed(self, frames):
        return (frames.mean(axis=(1, 2, 3)) / 255).astype("float32")

@autohighlight.hookimpl
def autohighlight_register_backbones(register):
    register("small", lambda options: Small())
"""
"""A plugin, so that a run takes a second: torch is not even imported. It is what runs in all processes."""

_LONGEST_WAIT = 300.0
_LIFE_OF = {"ffmpeg": 0.3, "worker": 3.0}
"""About how many seconds these live where the computer has nothing else to do."""


@dataclass(frozen=True)
class Subject:
    """A command that is to be killed.

    Args:
        name: of it.
        words: its command line; ``{in}`` and ``{out}`` stand for the folders of sources and results.
        targets: whom to kill: ``parent``, ``ffmpeg``, ``worker``.
        num_videos: how many sources it needs.
    """

    name: str
    words: tuple[str, ...]
    targets: tuple[str, ...]
    num_videos: int = 1


_QUICK = ("--preset", "veryfast")
SUBJECTS = {
    "reel": Subject("reel", ("reel", *_OPTIONS, *_QUICK, "{in}/0.mp4", "-o", "{out}/reel.mp4"), ("parent", "ffmpeg")),
    "export": Subject(
        "export", ("export", *_OPTIONS, "--to", "otio", "{in}/0.mp4", "-o", "{out}/cut.otio"), ("parent",)
    ),
    "batch": Subject(
        "batch",
        ("batch", *_OPTIONS, *_QUICK, "{in}", "-o", "{out}", "--reel", "--export", "otio", "--jobs", "2", "-q"),
        ("parent", "worker", "ffmpeg"),
        6,
    ),
}


def make_sources(folder: Path, number: int) -> None:
    """Writes small films with sound, each of other pictures."""
    for video in range(number):
        picture = f"testsrc2=size=320x180:rate=25:duration={8 + video}"
        words = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=frequency={300 + 50 * video}", "-shortest"]
        words += ["-vf", f"hue=h={60 * video}", "-c:v", "libx264", "-preset", "veryfast", "-g", "25"]
        program = imageio_ffmpeg.get_ffmpeg_exe()
        subprocess.run([program, "-v", "error", "-y", *words, str(folder / f"{video}.mp4")], check=True)


def digests(folder: Path) -> dict[str, str]:
    """What every ordinary file below a folder holds, those of hidden folders left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            found[name.as_posix()] = _film(path) if path.suffix == ".mp4" else _bytes(path)
    return found


def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _film(path: Path) -> str:
    """Of the sound and of the times of all pictures, each of which must decode.

    Not of the file's bytes: x264 with several threads does not write the same ones each time.
    """
    times, digest = [], hashlib.sha256()
    try:
        with av.open(str(path)) as container:
            times = [frame.pts for frame in container.decode(video=0)]
        with av.open(str(path)) as container:
            for packet in container.demux(audio=0):
                digest.update(f"{packet.pts} ".encode() + bytes(packet))
    except av.error.FFmpegError as error:
        return f"no film: {error}"
    return f"{len(times)} {hash(tuple(times))} {digest.hexdigest()}"


@dataclass
class Kill:
    """What one kill did.

    Attributes:
        target: who was killed.
        after: seconds from the start.
        was_running: whether it was there to be killed.
        faults: what must not be.
    """

    target: str
    after: float
    was_running: bool = False
    faults: tuple[str, ...] = ()


def kill_at_random(subject: Subject, folder: Path, number: int, seed: int) -> list[Kill]:
    """Runs a command once in peace, then kills it so many times, each time starting it again to the end.

    After each kill: no result is half, and none is there that differs from that of the peaceful run. After the next
    run: all results are there and the same to the last byte, nothing else is, and the sources are what they were.

    Args:
        subject: what to run.
        folder: an empty one.
        number: of kills.
        seed: of the moments.
    """
    (folder / "in").mkdir()
    make_sources(folder / "in", subject.num_videos)
    (folder / "plugins").mkdir()
    (folder / "plugins" / "small.py").write_text(_SMALL_BACKBONE, "utf-8")
    os.environ["AUTOHIGHLIGHT_PLUGINS_DIR"] = str(folder / "plugins")
    sources = digests(folder / "in")
    whole, seconds = _in_peace(subject, folder)
    random = np.random.default_rng(seed)
    kills = []
    for count in range(number):
        out = folder / f"out{count}"
        out.mkdir()
        target, part = subject.targets[count % len(subject.targets)], float(random.uniform(0, 1.0))
        kill = Kill(target, part * (seconds if target == "parent" else _LIFE_OF[target]))
        is_over = _start_and_kill(subject, folder / "in", out, kill)
        found = _comparable(digests(out))
        faults = [f"{name} is half or another" for name, digest in found.items() if whole.get(name) != digest]
        before = {name: (out / name).stat().st_mtime_ns for name in digests(out)}
        if is_over:
            again = ("--retry-failed",) if subject.num_videos > 1 else ()
            faults += _after(subject, out, whole, before, *_run(subject, folder / "in", out, *again))
        faults += [f"{name} is missing" for name in whole if not (out / name).is_file()]
        faults += [f"{path.name} is left" for path in out.iterdir() if path.name.startswith(".autohighlight-")]
        if digests(folder / "in") != sources:
            faults.append("a source was changed")
        kill.faults += tuple(faults)
        kills.append(kill)
    return kills


def _in_peace(subject: Subject, folder: Path) -> tuple[dict[str, str], float]:
    (folder / "whole").mkdir()
    began = time.monotonic()
    code, said = _run(subject, folder / "in", folder / "whole")
    if code != 0:
        raise RuntimeError(f"{subject.name} fails in peace: {said}")
    return _comparable(digests(folder / "whole")), time.monotonic() - began


def _after(
    subject: Subject, out: Path, whole: dict[str, str], before: dict[str, int], code: int, said: str
) -> list[str]:
    """What is wrong once the command has been run again to its end."""
    if subject.num_videos == 1 and before:  # what was whole is not written again: the command says so
        faults = [] if code == 3 and "is there already" in said else [f"it was written again: {said}"]
    else:
        faults = [] if code == 0 else [f"it fails after that: {code} {said}"]
    found = _comparable(digests(out))
    faults += [f"{name} is another" for name in whole if name in found and found[name] != whole[name]]
    faults += [f"{name} is too much" for name in found if name not in whole]
    again = [name for name, when in before.items() if name in whole and (out / name).stat().st_mtime_ns != when]
    return faults + [f"{name} was written twice" for name in again]


def _comparable(found: dict[str, str]) -> dict[str, str]:
    """Without what tells of the run itself: when, how long, by whom."""
    return {name: digest for name, digest in found.items() if name != "summary.json"}


def _command(subject: Subject, sources: Path, out: Path) -> list[str]:
    words = [word.replace("{in}", str(sources)).replace("{out}", str(out)) for word in subject.words]
    return [sys.executable, "-m", "autohighlight", *words]


def _run(subject: Subject, sources: Path, out: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run(
        [*_command(subject, sources, out), *more], capture_output=True, text=True, check=False, cwd=_REPOSITORY,
        timeout=_LONGEST_WAIT,
    )  # fmt: skip
    return done.returncode, " ".join(done.stderr.split())[:300]


def _start_and_kill(subject: Subject, sources: Path, out: Path, kill: Kill) -> bool:
    """Whether the program has ended without its results: it was killed itself, or could not bear what was."""
    with subprocess.Popen(
        _command(subject, sources, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=_REPOSITORY,
        start_new_session=True,
    ) as process:  # fmt: skip
        _wait_for(process, kill)
        for victim in _victims(process.pid, kill.target)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                kill.was_running = True
        below = _below(process.pid)
        code = process.wait(_LONGEST_WAIT)
    deadline = time.monotonic() + 10
    while (left := [pid for pid in below if _is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    if left:
        kill.faults = (*kill.faults, "a process that it had started outlives it by 10 s")
    return code != 0


def _wait_for(process: subprocess.Popen[bytes], kill: Kill) -> None:
    """Waits for the moment; what is not there from the beginning is waited for before, at most so long."""
    if kill.target != "parent":
        while process.poll() is None and not _victims(process.pid, kill.target):
            time.sleep(0.005)
    time.sleep(kill.after)


def _victims(pid: int, target: str) -> Sequence[int]:
    if target == "parent":
        return [pid] if _is_running(pid) else []
    word = "ffmpeg" if target == "ffmpeg" else "executors.worker"
    return [child for child in _below(pid) if word in _words_of(child)]


def _words_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""


def _status(pid: int) -> tuple[str, int]:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return fields[0], int(fields[1])
    return "X", 0


def _is_running(pid: int) -> bool:
    return _status(pid)[0] not in {"X", "Z"}


def _below(pid: int) -> list[int]:
    """The processes that one has started, and those that these have."""
    parents = {int(path.name): _status(int(path.name))[1] for path in Path("/proc").glob("[0-9]*")}
    found, waiting = list[int](), [pid]
    while waiting:
        above = waiting.pop()
        children = [child for child, parent in parents.items() if parent == above]
        found += children
        waiting += children
    return found


def as_json(kills: Sequence[Kill]) -> str:
    """For the record, a line each."""
    return "\n".join(json.dumps(vars(kill)) for kill in kills)
