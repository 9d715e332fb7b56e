"""Changes real small files so that their headers say what they should not."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.media_factory import make_video

OF_BOXES = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf", b"mvex", b"dinf"})
"""Boxes of an MP4 that hold others."""


def box(kind: bytes, content: bytes) -> bytes:
    """One box of an MP4."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def rewritten(content: bytes, kind: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """An MP4 in which `change` has made something else of every box of a kind, from its content to whole boxes."""
    done, place = b"", 0
    while place + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, place)
        if size < 8:
            break
        inner = content[place + 8 : place + size]
        if name == kind:
            done += change(inner)
        else:
            done += box(name, rewritten(inner, kind, change)) if name in OF_BOXES else content[place : place + size]
        place += size
    return done + content[place:]


def small(path: Path, num_frames: int = 20, rate: int | str = 25, **others: object) -> Path:
    """A small film to craft with; in an MP4 its tables come last, so that they may grow."""
    return make_video(path, num_frames, rate, (64, 48), **others)  # type: ignore[arg-type]


def change_box(path: Path, kind: bytes, change: Callable[[bytes], bytes]) -> Path:
    """Changes the boxes of a kind in a file; see `rewritten`."""
    before = path.read_bytes()
    after = rewritten(before, kind, change)
    assert after != before
    path.write_bytes(after)
    return path


def with_number(content: bytes, place: int, value: int, form: str = ">I") -> bytes:
    """Bytes in which a number has another value."""
    end = place + struct.calcsize(form)
    return content[:place] + struct.pack(form, value) + content[end:]


def huge_gif(path: Path) -> Path:
    """A GIF whose screen is 30,000 x 30,000."""
    small(path, encoder=("-c:v", "gif"), pixel_format="rgb8")
    content = path.read_bytes()
    path.write_bytes(with_number(with_number(content, 6, 30_000, "<H"), 8, 30_000, "<H"))
    return path


def huge_mjpeg(path: Path, first: int = 0) -> Path:
    """An MJPEG in AVI, whose pictures from number `first` on say that they are 30,000 x 30,000."""
    small(path, encoder=("-c:v", "mjpeg"), pixel_format="yuvj420p")
    content, place = path.read_bytes(), -1
    for number in range(20):
        place = content.index(b"\xff\xc0\x00\x11\x08", place + 1)
        if number >= first:
            content = with_number(content, place + 5, 30_000, ">H")
            content = with_number(content, place + 7, 30_000, ">H")
    path.write_bytes(content)
    return path


def huge_raw(path: Path) -> Path:
    """Uncompressed pictures in AVI, said to be 30,000 x 30,000."""
    small(path, encoder=("-c:v", "rawvideo"), pixel_format="bgr24")
    content = path.read_bytes()
    place = content.index(b"strf") + 8
    path.write_bytes(with_number(with_number(content, place + 4, 30_000, "<I"), place + 8, 30_000, "<I"))
    return path


def many_samples(path: Path, count: int = 10**9) -> Path:
    """An MP4 that announces so many frames of one size, in as many bytes as before."""
    small(path)
    change_box(path, b"stts", lambda _: box(b"stts", struct.pack(">IIII", 0, 1, count, 512)))
    change_box(path, b"stsc", lambda _: box(b"stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)))
    return change_box(path, b"stsz", lambda _: box(b"stsz", struct.pack(">III", 0, 1, count)))


def many_compressed_samples(path: Path) -> Path:
    """The same with its tables compressed, as QuickTime has had it."""
    many_samples(path)

    def compress(tables: bytes) -> bytes:
        whole = box(b"moov", tables)
        packed = box(b"cmvd", struct.pack(">I", len(whole)) + zlib.compress(whole))
        return box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + packed))

    return change_box(path, b"moov", compress)


def many_in_a_fragment(path: Path) -> Path:
    """An MP4 of fragments, one of which announces 10^9 frames like the first."""
    small(path, options=("-movflags", "+frag_keyframe+empty_moov+default_base_moof"))
    return change_box(path, b"trun", lambda _: box(b"trun", struct.pack(">II", 0, 10**9)))


def many_in_avi(path: Path) -> Path:
    """An AVI whose headers say that it has 10^9 frames."""
    small(path, encoder=("-c:v", "mpeg4"))
    content = path.read_bytes()
    content = with_number(content, content.index(b"avih") + 8 + 16, 10**9, "<I")
    path.write_bytes(with_number(content, content.index(b"strh") + 8 + 32, 10**9, "<I"))
    return path


def many_tracks(path: Path, count: int = 1000) -> Path:
    """An MP4 of so many tracks, all of the same pictures."""
    return change_box(small(path), b"trak", lambda inner: box(b"trak", inner) * count)


def with_clock(path: Path, ticks_a_second: int, ticks_a_frame: int | None = None, num_frames: int = 20) -> Path:
    """An MP4 of another clock."""
    small(path, num_frames, encoder=("-c:v", "mjpeg"), pixel_format="yuvj420p")
    if ticks_a_frame is not None:
        change_box(path, b"stts", lambda _: box(b"stts", struct.pack(">IIII", 0, 1, num_frames, ticks_a_frame)))
    change_box(path, b"edts", lambda _: b"")
    return change_box(path, b"mdhd", lambda inner: box(b"mdhd", with_number(inner, 12, ticks_a_second)))


def years_of_header(path: Path) -> Path:
    """An MP4 whose headers say that it plays for years; its frames say two thirds of a second."""
    small(path)
    change_box(path, b"mvhd", lambda inner: box(b"mvhd", with_number(inner, 16, 2**32 - 2)))
    change_box(path, b"tkhd", lambda inner: box(b"tkhd", with_number(inner, 20, 2**32 - 2)))
    return change_box(path, b"mdhd", lambda inner: box(b"mdhd", with_number(inner, 16, 2**32 - 2)))


def far_clock(path: Path) -> Path:
    """An MP4 of fragments that begin 2**62 ticks after zero."""
    small(path, options=("-movflags", "+frag_keyframe+empty_moov+default_base_moof"))
    return change_box(path, b"tfdt", lambda _: box(b"tfdt", struct.pack(">IQ", 1 << 24, 2**62 + 12_345)))
