"""Made files of many kinds, all with 60 frames that carry their numbers unless told otherwise."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.media_factory import make_video, patch, run_ffmpeg

NUM_FRAMES = 60


def x264(parameters: str) -> tuple[str, ...]:
    """libx264, quick, with B-frames where `parameters` do not say otherwise."""
    return ("-c:v", "libx264", "-preset", "veryfast", "-x264-params", f"scenecut=0:{parameters}")


_CLOSED = x264("keyint=12:bframes=2")
_OPEN = x264("keyint=12:min-keyint=12:bframes=3:open-gop=1:b-adapt=0")
_X265_OPEN = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
              "log-level=error:keyint=12:min-keyint=12:open-gop=1:bframes=3:scenecut=0")  # fmt: skip
_MPEG2 = ("-c:v", "mpeg2video", "-g", 12, "-bf", 2, "-q:v", 4)
_MPEG4 = ("-c:v", "mpeg4", "-g", 12, "-q:v", 2)
_VP9 = ("-c:v", "libvpx-vp9", "-g", 12, "-deadline", "realtime", "-cpu-used", 8, "-auto-alt-ref", 1,
        "-lag-in-frames", 10)  # fmt: skip
_VP8 = ("-c:v", "libvpx", "-g", 12, "-deadline", "realtime", "-auto-alt-ref", 1, "-lag-in-frames", 10)
DROPPED = (*range(2, 60, 7), *range(30, 45))
"""Frames that are not in the files of variable rate: every seventh, and a stretch."""
_VARIABLE = ("-vf", r"select='not(eq(mod(n\,7)\,2))*not(between(n\,30\,44))'", "-fps_mode", "vfr")

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "closed groups": ("mp4", {"encoder": _CLOSED}),
    "open groups": ("mp4", {"encoder": _OPEN}),
    "open groups in Matroska": ("mkv", {"encoder": _OPEN}),
    "open groups in a transport stream": ("ts", {"encoder": _OPEN}),
    "intra refresh": ("mp4", {"encoder": x264("keyint=12:intra-refresh=1:bframes=0")}),
    "intra refresh in a transport stream": ("ts", {"encoder": x264("keyint=12:intra-refresh=1:bframes=0")}),
    "MPEG-2 in a transport stream": ("ts", {"encoder": _MPEG2}),
    "MPEG-2 in a program stream": ("mpg", {"encoder": _MPEG2, "size": (352, 288)}),
    "MPEG-2 in MXF": ("mxf", {"encoder": _MPEG2, "size": (720, 576)}),
    "VP9 with hidden frames": ("webm", {"encoder": _VP9}),
    "VP8 with hidden frames": ("webm", {"encoder": _VP8}),
    "AV1": ("mkv", {"encoder": ("-c:v", "libaom-av1", "-g", 12, "-cpu-used", 8, "-usage", "realtime")}),
    "HEVC with open groups": ("mp4", {"encoder": _X265_OPEN}),
    "HEVC in a transport stream": ("ts", {"encoder": _X265_OPEN}),
    "ProRes": ("mov", {"encoder": ("-c:v", "prores_ks"), "pixel_format": "yuv422p10le"}),
    "Motion JPEG": ("avi", {"encoder": ("-c:v", "mjpeg", "-q:v", 2), "pixel_format": "yuvj420p"}),
    "MPEG-4 in AVI": ("avi", {"encoder": _MPEG4}),
    "MPEG-4 with B-frames in AVI": ("avi", {"encoder": (*_MPEG4, "-bf", 2)}),
    "H.264 in AVI, which has no times": ("avi", {"encoder": x264("keyint=12:bframes=3")}),
    "H.264 in FLV": ("flv", {"encoder": x264("keyint=12:bframes=3")}),
    "H.264 without a container": ("h264", {"encoder": x264("keyint=12:bframes=3")}),
    "GIF": ("gif", {"encoder": (), "pixel_format": "pal8"}),
    "interlaced": ("mp4", {"encoder": x264("keyint=12:bframes=3:tff=1")}),
    "NTSC": ("mp4", {"encoder": _CLOSED, "rate": "30000/1001"}),
    "NTSC in Matroska": ("mkv", {"encoder": _CLOSED, "rate": "60000/1001"}),
    "120 frames/s": ("mp4", {"encoder": _CLOSED, "rate": 120}),
    "variable rate": ("mp4", {"encoder": _CLOSED, "options": _VARIABLE}),
    "variable rate in Matroska": ("mkv", {"encoder": _CLOSED, "options": _VARIABLE}),
    "late start": ("mp4", {"encoder": _OPEN, "options": ("-output_ts_offset", "5.3")}),
    "late start in a transport stream": ("ts", {"encoder": _OPEN, "options": ("-output_ts_offset", "1000.3")}),
    "4:4:4 RGB": ("mp4", {"encoder": ("-c:v", "libx264rgb", "-preset", "ultrafast", "-g", 12),
                          "pixel_format": "rgb24"}),
    "10 bits": ("mp4", {"encoder": _CLOSED, "pixel_format": "yuv420p10le"}),
}  # fmt: skip


def make_kind(name: str, folder: Path) -> Path:
    """The file of that kind, with `NUM_FRAMES` frames before any are dropped."""
    suffix, values = KINDS[name]
    return make_video(folder / f"made.{suffix}", NUM_FRAMES, **values)


def shown_numbers(kind: str) -> list[int]:
    """The number of the frame on the screen at each instant of a made file."""
    there = [n for n in range(NUM_FRAMES) if not (kind.startswith("variable") and n in DROPPED)]
    return [max(n for n in there if n <= instant) for instant in range(NUM_FRAMES)]


def _all_marked_as_key(folder: Path, encoder: tuple[object, ...]) -> Path:
    path = make_video(folder / "made.mp4", NUM_FRAMES, encoder=encoder)
    patch(path, b"stss", b"free")  # without the table of sync samples every sample counts as one
    return path


def _marks_displaced(folder: Path, encoder: tuple[object, ...], after: int) -> Path:
    """Every sync sample but the first few is said to be five samples later than it is."""
    path = make_video(folder / "made.mp4", NUM_FRAMES, encoder=encoder)
    content = path.read_bytes()
    table = content.index(b"stss") + 12
    (count,) = struct.unpack(">I", content[table - 4 : table])
    numbers = struct.unpack(f">{count}I", content[table : table + 4 * count])
    displaced = [number + 5 * (place > after) for place, number in enumerate(numbers)]
    path.write_bytes(content[:table] + struct.pack(f">{count}I", *displaced) + content[table + 4 * count :])
    return path


def _copied(folder: Path, kind: str, suffix: str, before: tuple[object, ...], after: tuple[object, ...] = ()) -> Path:
    source = make_kind(kind, folder)
    path = folder / f"copied.{suffix}"
    run_ffmpeg(*before, "-i", source, "-c", "copy", *after, path)
    return path


def _from_the_middle(folder: Path, kind: str) -> Path:
    source = make_kind(kind, folder)
    content = source.read_bytes()
    path = folder / f"middle{source.suffix}"
    path.write_bytes(content[int(len(content) * 0.37) // 188 * 188 :])
    return path


def _damaged(folder: Path, kind: str) -> Path:
    path = make_kind(kind, folder)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    path.write_bytes(content)
    return path


def _cut_short(folder: Path) -> Path:
    source = _copied(folder, "closed groups", "mp4", (), ("-movflags", "+faststart"))
    path = folder / "short.mp4"
    path.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    return path


ALTERED: dict[str, Callable[[Path], Path]] = {
    "H.264, all marked as key frames": lambda folder: _all_marked_as_key(folder, x264("keyint=24:bframes=3")),
    "H.264 of one group, all marked as key frames": lambda folder: _all_marked_as_key(folder, x264("keyint=500")),
    "MPEG-4, all marked as key frames": lambda folder: _all_marked_as_key(folder, _MPEG4),
    "HEVC, all marked as key frames": lambda folder: _all_marked_as_key(folder, _X265_OPEN),
    "H.264 with displaced key marks": lambda folder: _marks_displaced(folder, _CLOSED, 0),
    "MPEG-4 with displaced key marks": lambda folder: _marks_displaced(folder, _MPEG4, 0),
    "MPEG-4 with displaced later key marks": lambda folder: _marks_displaced(folder, _MPEG4, 2),
    "HEVC with displaced later key marks": lambda folder: _marks_displaced(folder, _X265_OPEN, 2),
    "edit list that hides frames": lambda folder: _copied(folder, "closed groups", "mp4", ("-ss", 0.7)),
    "edit list in open groups": lambda folder: _copied(folder, "open groups", "mov", ("-ss", 1.1)),
    "edit list that shifts": lambda folder: _copied(folder, "closed groups", "mp4", ("-itsoffset", "-0.3")),
    "fragments": lambda folder: _copied(folder, "closed groups", "mp4", (), ("-movflags", "frag_keyframe+empty_moov")),
    "transport stream from its middle": lambda f: _from_the_middle(f, "open groups in a transport stream"),
    "MPEG-2 from its middle": lambda folder: _from_the_middle(folder, "MPEG-2 in a transport stream"),
    "HEVC from its middle": lambda folder: _from_the_middle(folder, "HEVC in a transport stream"),
    "damaged in the middle": lambda folder: _damaged(folder, "closed groups"),
    "open groups damaged in the middle": lambda folder: _damaged(folder, "open groups in a transport stream"),
    "cut short": _cut_short,
    "negative times in Matroska": lambda folder: shutil.copy(
        _copied(folder, "closed groups", "mkv", ("-itsoffset", "-0.5"), ("-avoid_negative_ts", "disabled")),
        folder / "negative.mkv",
    ),
}
"""Name -> makes the file in a folder: files whose packets are not what their container says, or not all there."""
