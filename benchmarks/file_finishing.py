"""What is done to files once they are encoded: cut, join, turn, patch. Each function makes one file of another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import av

from benchmarks.file_codecs import VIDEO
from benchmarks.full_decode import run_program

Finish = Callable[[Path, Path], None]
_HALF_SECONDS = 1.44  # of 3: three groups of 12 frames
_CUT = 0.37  # of the bytes


def copied(before: Sequence[object], after: Sequence[object] = ()) -> Finish:
    """Puts the same packets into a new file, with options before and after the input's name."""

    def finish(made: Path, path: Path) -> None:
        run_program([*before, "-i", made, "-map", "0", "-c", "copy", *after, path])

    return finish


def turned(degrees: int, *, is_mirrored: bool) -> Finish:
    """Has the file say that its picture is to be turned (anticlockwise) and mirrored."""
    mirror = ("-display_hflip",) if is_mirrored else ()
    return copied(("-display_rotation", degrees, *mirror))


def renamed(made: Path, path: Path) -> None:
    """The same file under another suffix."""
    shutil.copy(made, path)


def from_the_middle(made: Path, path: Path) -> None:
    """A recording of which the first part is not there, cut between packets."""
    content = made.read_bytes()
    unit = {".ts": 188, ".m2ts": 192}.get(made.suffix, 2048)
    path.write_bytes(content[int(len(content) * _CUT) // unit * unit :])


def change_size(made: Path, path: Path) -> None:
    """The second half is twice as wide and high."""
    with av.open(str(made)) as container:
        name = container.streams.video[0].codec_context.codec.canonical_name
    codec = VIDEO[{"mpeg2video": "mpeg2"}.get(name, name)]
    suffix = made.suffix if made.suffix in (".webm", ".h264") else ".ts"
    small, large, joined = (made.with_name(f"{part}{suffix}") for part in ("small", "large", "joined"))
    encoder = [*codec.options, "-pix_fmt", codec.pixel_format]
    offset = ["-output_ts_offset", _HALF_SECONDS] if suffix == ".ts" else []
    first, second = "trim=end_frame=36", "trim=start_frame=36,setpts=PTS-STARTPTS,scale=192:128:flags=neighbor"
    run_program(["-i", made, "-vf", first, *encoder, small])
    run_program(["-i", made, "-vf", second, *encoder, *offset, large])
    if suffix == ".webm":
        made.with_name("list.txt").write_text(f"file {small.name}\nfile {large.name}\n", "utf-8")
        run_program(["-f", "concat", "-i", made.with_name("list.txt"), "-map", "0", "-c", "copy", path])
        return
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    if path.suffix == suffix:
        joined.replace(path)
    else:
        run_program(["-i", joined, "-map", "0", "-c", "copy", path])


def add_cover(made: Path, path: Path) -> None:
    """A picture of the sleeve beside the film."""
    cover = made.with_name("cover.jpg")
    run_program(["-f", "lavfi", "-i", "color=red:s=320x320", "-frames:v", 1, cover])
    tags = ("-metadata:s:v:1", "mimetype=image/jpeg", "-metadata:s:v:1", "filename=cover.jpg")
    maps = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:1", "attached_pic")
    run_program(["-i", made, "-i", cover, *maps, *tags, path])


def add_still(*, is_first: bool) -> Finish:
    """A second video track that is larger and shows the same picture all the time, a frame a second."""
    maps = ("-map", "1:v", "-map", "0") if is_first else ("-map", "0", "-map", "1:v")
    number = 0 if is_first else 1

    def finish(made: Path, path: Path) -> None:
        still = ("-f", "lavfi", "-i", "color=gray:s=192x128:d=3:r=1")
        encoder = (f"-c:v:{number}", "libx264", f"-preset:v:{number}", "ultrafast", f"-pix_fmt:v:{number}", "yuv420p")
        run_program(["-i", made, *still, *maps, "-c", "copy", *encoder, path])

    return finish


def add_subtitles(made: Path, path: Path) -> None:
    """Words and chapters beside the film."""
    words, chapters = made.with_name("words.srt"), made.with_name("chapters.txt")
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nżółć\n", "utf-8")
    chapters.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=one\n", "utf-8")
    kind = "mov_text" if path.suffix == ".mp4" else "srt"
    run_program([
        "-i", made, "-i", words, "-i", chapters, "-map", "0", "-map", "1", "-map_chapters", 2, "-c", "copy",
        "-c:s", kind, path,
    ])  # fmt: skip


def code_fields(_made: Path, path: Path) -> None:
    """The same numbers in H.264 that stores each field by itself, which no encoder here does."""
    from tests.media.field_coded import make_field_coded

    make_field_coded(path.with_name(f"fields{path.suffix}"), range(75)).replace(path)


def pull_down(made: Path, path: Path) -> None:
    """Film in MPEG-2 whose frames are shown for three and two fields in turn (ISO/IEC 13818-2, section 6.3.10)."""
    stream = made.with_name("film.m2v")
    run_program(["-i", made, "-map", "0:v", "-c", "copy", stream])
    content = bytearray(stream.read_bytes())
    for match in re.finditer(b"\0\0\1\xb3", content):
        content[match.start() + 7] = content[match.start() + 7] & 0xF0 | 4  # frame_rate_code: 30000/1001
    extensions = [match.start() for match in re.finditer(b"\0\0\1\xb5", content)]
    for place in extensions:
        if content[place + 4] >> 4 == 1:
            content[place + 5] &= ~0x08  # progressive_sequence
    pictures = [place for place in extensions if content[place + 4] >> 4 == 8]
    for number, place in enumerate(pictures):
        top_first, repeats = number % 4 in (0, 3), number % 2 == 0
        content[place + 7] = content[place + 7] & ~0x82 | top_first << 7 | repeats << 1
    stream.write_bytes(content)
    run_program(["-fflags", "+genpts", "-i", stream, "-i", made, "-map", "0:v", "-map", "1:a", "-c", "copy", path])


_NOT_CODED = b"\0\0\1\xb6" + int("0101000011011111", 2).to_bytes(2)  # a P-VOP that says that nothing has changed


def pack_b_frames(made: Path, path: Path) -> None:
    """MPEG-4 as DivX put it into AVI: a B-frame in the packet of the frame before it, and then a packet of nothing."""
    with av.open(str(made)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [bytes(packet) for packet in source.demux(video=0) if packet.size]
        packed = list[bytes]()
        for content in packets:
            if _is_b_frame(content):
                packed[-1] += content
                packed.append(_NOT_CODED)
            else:
                packed.append(content)
        packed[0] = packed[0].replace(b"\0\0\1\xb6", b"\0\0\1\xb2DivX503b1393p\0\0\1\xb6", 1)
        for number, content in enumerate(packed):
            packet = av.Packet(content)
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.time_base = 1 / (source.streams.video[0].average_rate or 25)
            packet.is_keyframe = content[content.index(b"\0\0\1\xb6") + 4] >> 6 == 0
            target.mux(packet)


def _is_b_frame(content: bytes) -> bool:
    return content[content.index(b"\0\0\1\xb6") + 4] >> 6 == 2
