"""Damaged videos by number: real small clips in many containers, each changed in one of many ways with a fixed seed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from autohighlight.types import Progress, ProgressCallback

_SMALL = ("-t", "1.6", "-vf", "scale=192:-2,fps=25", "-g", "12")
_SOUND = ("-c:a", "aac", "-b:a", "64k", "-ar", "44100")
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "27", "-pix_fmt", "yuv420p")

CONTAINERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # name: suffix, real clip, what ffmpeg makes of it
    "mp4 h264": ("mp4", "applause_10s", (*_X264, *_SOUND)),
    "mp4 faststart": ("mp4", "dance_portrait_15s", (*_X264, *_SOUND, "-movflags", "+faststart")),
    "mp4 fragments": ("mp4", "talk_42s_720p", (*_X264, *_SOUND, "-movflags", "+frag_keyframe+empty_moov")),
    "mp4 hevc": ("mp4", "yoga_10s", ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "30", "-tag:v", "hvc1")),
    "mov prores": ("mov", "bikes_25fps", ("-c:v", "prores_ks", "-profile:v", "0", "-c:a", "pcm_s16le")),
    "3gp": ("3gp", "chaplin_25fps", ("-c:v", "h263", "-s", "176x144", "-b:v", "300k", *_SOUND)),
    "mkv h264": ("mkv", "pancake_opus", (*_X264, "-c:a", "libopus")),
    "mkv av1": ("mkv", "baseball_10s", ("-c:v", "libsvtav1", "-preset", "12", "-crf", "45")),
    "webm vp9": ("webm", "bunny_30s_vp8", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus")),
    "webm vp8": ("webm", "birthday_17s", ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "400k")),
    "avi mpeg4": ("avi", "applause_10s", ("-c:v", "mpeg4", "-q:v", "6", "-c:a", "libmp3lame")),
    "avi mjpeg": ("avi", "juggle_720p_24fps", ("-c:v", "mjpeg", "-q:v", "9", "-c:a", "pcm_s16le")),
    "ts": ("ts", "blocks_720p", (*_X264, *_SOUND)),
    "mpg": ("mpg", "action_10s_256p", ("-c:v", "mpeg2video", "-q:v", "6", "-c:a", "mp2")),
    "flv": ("flv", "talk_42s_720p", (*_X264, *_SOUND)),
    "wmv": ("wmv", "chaplin_25fps", ("-c:v", "wmv2", "-q:v", "6", "-c:a", "wmav2")),
    "mxf": ("mxf", "armwrestling_28fps", ("-c:v", "mpeg2video", "-q:v", "6", "-an")),
    "gif": ("gif", "dog_720p_30fps", ()),
    "ogv": ("ogv", "handwork_39s_portrait", ("-c:v", "libtheora", "-q:v", "4", "-c:a", "libvorbis")),
    "h264 raw": ("h264", "shots_24s_2997", (*_X264, "-an")),
}


def make_seeds(folder: Path, media: Path) -> None:
    """Writes the clips that are changed; where the real ones are absent, of a test picture and a tone.

    Args:
        folder: for them.
        media: the folder of real clips.
    """
    for name, (_, clip, options) in CONTAINERS.items():
        real = media / f"{clip}.mp4"
        real = next((media / f"{clip}{s}" for s in (".mp4", ".mkv", ".webm") if (media / f"{clip}{s}").is_file()), real)
        made = ["-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=44100"]
        source = ["-ss", "2", "-i", str(real)] if real.is_file() else made
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *source, *_SMALL, *options]
        subprocess.run([*command, str(seed_path(folder, name))], check=True, env=os.environ | {"SVT_LOG": "0"})


def seed_path(folder: Path, name: str) -> Path:
    """Where the clip of a container is."""
    return folder / f"{name.replace(' ', '-')}.{CONTAINERS[name][0]}"


Random = np.random.Generator


def _bits(content: bytes, random: Random, _other: bytes) -> bytes:
    changed = np.frombuffer(content, np.uint8).copy()
    places = random.integers(0, len(changed), int(random.choice([1, 8, 64, 512])))
    np.bitwise_xor.at(changed, places, (1 << random.integers(0, 8, len(places))).astype(np.uint8))
    return changed.tobytes()


def _bits_of_headers(content: bytes, random: Random, other: bytes) -> bytes:
    begin, end = _headers(content, random)
    return content[:begin] + _bits(content[begin:end], random, other) + content[end:]


def _cut_short(content: bytes, random: Random, _other: bytes) -> bytes:
    return content[: int(random.integers(1, len(content)))]


def _beginning_lost(content: bytes, random: Random, _other: bytes) -> bytes:
    return content[int(random.integers(1, len(content) // 2)) :]


def _wild_numbers(content: bytes, random: Random, _other: bytes) -> bytes:
    """Sizes, counts, durations and rates in headers become extreme."""
    changed = bytearray(content)
    begin, end = _headers(content, random)
    for _ in range(int(random.choice([1, 1, 2, 4, 16]))):
        form = str(random.choice([">H", "<H", ">I", "<I", ">Q", "<Q"]))
        most = (1 << 8 * struct.calcsize(form)) - 1
        value = [0, 1, most, most >> 1, (most >> 1) + 1, min(most, 10**9), 30_000][int(random.integers(7))]
        place = int(random.integers(begin, max(begin + 1, end - 8)))
        changed[place : place + struct.calcsize(form)] = struct.pack(form, value)
    return bytes(changed)


def _wild_fields(content: bytes, random: Random, _other: bytes) -> bytes:
    """One field right after a box's or chunk's name becomes extreme: its version, a count, a time scale."""
    names = [m.end() for m in re.finditer(rb"[a-zA-Z][a-zA-Z0-9 ]{3}", content[:1_000_000]) if _is_name(m.group())]
    if not names:
        return _wild_numbers(content, random, _other)
    place = names[int(random.integers(len(names)))] + 4 * int(random.integers(0, 8))
    value = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 10**9, 30_000 << 16][int(random.integers(7))]
    form = ">I" if random.random() < 0.5 else "<I"
    return content[:place] + struct.pack(form, value) + content[place + 4 :]


_NAMES = (
    b"mvhd tkhd mdhd hdlr stsd stts stss ctts stsc stsz stco co64 elst trun tfhd tfdt mfhd trex sidx avih strh strf "
    b"idx1 vmhd smhd avcC hvcC esds dOps av1C d263 LIST movi onMe"
).split()


def _is_name(name: bytes) -> bool:
    return name in _NAMES


def _swapped(content: bytes, random: Random, _other: bytes) -> bytes:
    """Two boxes of an MP4 change places, or two blocks of another file."""
    boxes = _boxes(content)
    if len(boxes) < 2:
        size = len(content) // 16
        boxes = [(place * size, (place + 1) * size) for place in range(16)]
    first, second = sorted(random.choice(len(boxes), 2, replace=False))
    (a, b), (c, d) = boxes[first], boxes[second]
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _zeroed(content: bytes, random: Random, _other: bytes) -> bytes:
    begin, end = _stretch(content, random)
    return content[:begin] + bytes(end - begin) + content[end:]


def _noise(content: bytes, random: Random, _other: bytes) -> bytes:
    begin, end = _stretch(content, random)
    return content[:begin] + random.bytes(end - begin) + content[end:]


def _spliced(content: bytes, random: Random, other: bytes) -> bytes:
    """The first part of one file and the last of another, often of another container."""
    return content[: int(len(content) * random.random())] + other[int(len(other) * random.random()) :]


def _repeated(content: bytes, random: Random, _other: bytes) -> bytes:
    begin, end = _stretch(content, random)
    place = int(random.integers(0, len(content)))
    return content[:place] + content[begin:end] * int(random.integers(1, 5)) + content[place:]


def _removed(content: bytes, random: Random, _other: bytes) -> bytes:
    begin, end = _stretch(content, random)
    return content[:begin] + content[end:]


MUTATIONS: dict[str, Callable[[bytes, Random, bytes], bytes]] = {
    "bits": _bits,
    "bits of headers": _bits_of_headers,
    "cut short": _cut_short,
    "beginning lost": _beginning_lost,
    "wild numbers": _wild_numbers,
    "wild fields": _wild_fields,
    "swapped": _swapped,
    "zeroed": _zeroed,
    "noise": _noise,
    "spliced": _spliced,
    "repeated": _repeated,
    "removed": _removed,
}


def _stretch(content: bytes, random: Random) -> tuple[int, int]:
    begin = int(random.integers(0, len(content) - 1))
    return begin, min(len(content), begin + int(2 ** random.uniform(2, np.log2(len(content) / 3))))


def _headers(content: bytes, random: Random) -> tuple[int, int]:
    """A stretch where headers are: the tables of an MP4, or the beginning; now and then the end, where indices are."""
    if b"moov" in content:
        begin = content.index(b"moov")
        return begin, min(len(content), begin + 4096)
    return (max(0, len(content) - 1024), len(content)) if random.random() < 0.2 else (0, min(len(content), 1024))


_OF_BOXES = frozenset(b"moov trak mdia minf stbl moof traf".split())


def _boxes(content: bytes, begin: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where each box of an MP4 begins and ends; nothing where that makes no sense, as in other files."""
    end, found, place = len(content) if end is None else end, list[tuple[int, int]](), begin
    while place + 8 <= end:
        size, kind = struct.unpack_from(">I4s", content, place)
        if size < 8 or place + size > end or not kind.isalnum():
            return found if begin else []
        found.append((place, place + size))
        if kind in _OF_BOXES:
            found = [*found[:-1], *_boxes(content, place + 8, place + size)] or found
        place += size
    return found


@dataclass(frozen=True)
class Case:
    """One damaged file.

    Args:
        number: counts from 0; says all of it, together with the seed.
        seed: of the whole run.
    """

    number: int
    seed: int

    @property
    def container(self) -> str:
        """Which clip is changed."""
        return list(CONTAINERS)[self.number % len(CONTAINERS)]

    @property
    def mutation(self) -> str:
        """How."""
        return list(MUTATIONS)[self.number // len(CONTAINERS) % len(MUTATIONS)]

    def content(self, seeds: Path) -> bytes:
        """The bytes of the file."""
        random = np.random.default_rng([self.seed, self.number])
        other = list(CONTAINERS)[int(random.integers(len(CONTAINERS)))]
        whole = seed_path(seeds, self.container).read_bytes()
        return MUTATIONS[self.mutation](whole, random, seed_path(seeds, other).read_bytes())


@dataclass(frozen=True)
class Verdict:
    """What a command did with a file.

    Args:
        codes: exit code of each command.
        fault: what it did that it must not; empty if nothing.
        seconds: for all commands.
        peak_kb: largest memory of the process meanwhile.
        said: the first line of the last error.
    """

    codes: tuple[int, ...]
    fault: str
    seconds: float
    peak_kb: int
    said: str


def attempt(argument: tuple[Case, Path, Path], progress: ProgressCallback) -> Verdict:
    """Makes the file of a case and has it scored, and every fifth cut into a reel; the work of an executor's worker.

    Args:
        argument: the case, the folder of the clips, and a folder for what is made, with ``in`` and ``out`` in it.
        progress: is told once.
    """
    case, seeds, folder = argument
    progress(Progress("score", case.number, None))
    video = folder / "in" / f"{case.number:05d}.{CONTAINERS[case.container][0]}"
    video.write_bytes(case.content(seeds))
    verdict = judge(video, folder / "out", with_reel=case.number % 5 == 0)
    if not verdict.fault:
        video.unlink()
    return verdict


def judge(video: Path, output: Path, *, with_reel: bool) -> Verdict:
    """Scores a file in this process, with a backbone that costs next to nothing, and looks for what must not be.

    Args:
        video: the file; nobody else writes into its folder.
        output: a folder for a reel.
        with_reel: whether one is made, too.
    """
    from autohighlight import default_plugins
    from tests.whole_runs import QUICKLY, SmallBackbone

    default_plugins._efficientnet_lite0 = lambda _options: SmallBackbone()
    before, reel = hashlib.sha256(video.read_bytes()).digest(), output / f"{video.name}.reel.mp4"
    commands: list[Sequence[object]] = [("score", "--format", "csv", "--scorer", "movement", "--no-cache", video)]
    if with_reel:
        commands.append(("reel", *QUICKLY, "--no-cache", "-o", reel, video))
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    began, results = time.monotonic(), [_run(words) for words in commands]
    seconds = time.monotonic() - began
    faults = [fault for code, text in results if (fault := _fault(code, text))]
    if hashlib.sha256(video.read_bytes()).digest() != before:
        faults.append("the source was changed")
    if with_reel and results[-1][0] != 0 and reel.exists():
        faults.append("a reel is there though it failed")
    reel.unlink(missing_ok=True)
    said = next((text.splitlines()[0] for code, text in reversed(results) if code and text), "")
    return Verdict(tuple(code for code, _ in results), "; ".join(faults), seconds, _peak_kb(), said)


def _run(words: Sequence[object]) -> tuple[int, str]:
    from autohighlight.cli.main import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(word) for word in words])
    return code, err.getvalue()


def _fault(code: int, text: str) -> str:
    if "Traceback" in text:
        return "a traceback is shown"
    if code == 2 and "is less than one frame" in text:
        return ""  # frames so far apart that no clip of 2 s holds one
    if code not in (0, 3):
        return f"exit code {code}: {' '.join(text.split())[:300]}"
    return ""


def _peak_kb() -> int:
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text("ascii", "replace")
        if match := re.search(r"VmHWM:\s+(\d+) kB", status):
            return int(match[1])
    return 0
