"""What MLT plays wrongly or does not find, told from what is known of the files.

Found by rendering with melt 7.12, the version of Debian 12, and by reading MLT's source (``producer_avformat.c``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from autohighlight.errors import printable
from autohighlight.timeline.model import Source, Timeline

_MPEG_STREAMS = ("mpegts", "mpeg")
"""Containers without an index: FFmpeg may enter them at any frame, and MLT does not look for a key frame before."""


def mlt_warnings(timeline: Timeline, project: Path) -> Iterator[str]:
    """What people should know before they open a project in Shotcut, Kdenlive or melt, a line each.

    Args:
        timeline: what is in it.
        project: the path of the MLT file.
    """
    if "?" in str(project.absolute()):
        yield f"{printable(project)}: Shotcut and melt cannot open a project with '?' in its path; rename it"
    for source in timeline.sources:
        name = printable(source.name)
        if "\\?" in str(source.path):
            yield f"{name}: MLT takes what follows '\\?' in a path for options, and does not find the file; rename it"
        if source.media.container in _MPEG_STREAMS and not _is_all_key(source):
            copy = "make a copy first: ffmpeg -i FILE -c copy COPY.mkv"
            yield f"{name}: Shotcut and melt may show wrong frames after a cut of an MPEG stream; {copy}"
        if source.media.is_mirrored:
            cure = "Mirror" if source.media.is_on_its_side else "Flip"
            yield f"{name}: Shotcut, Kdenlive and melt turn its picture, but do not mirror it; add the filter {cure}"
        if abs(_sound_delay(source)) > 1 / source.rate:
            late = f"{float(source.media.time_range.start):.2f} s"
            yield f"{name}: its picture begins at {late}, and MLT before 7.14 plays its sound out of step"


def _is_all_key(source: Source) -> bool:
    packets = source.media.packets
    return packets is not None and bool(packets.is_key.all())


def _sound_delay(source: Source) -> Fraction:
    """How late MLT before 7.14 plays the sound, in seconds.

    It takes the first time stamp of the picture, in ticks of the picture, for ticks of the sound (issue 835 of
    mltframework/mlt). These differ in MP4 and QuickTime files, where a tick of sound is a sample.
    """
    media = source.media
    if media.main_audio is None or "mov" not in media.container.split(","):
        return Fraction(0)
    start = media.time_range.start
    return start - start / media.time_base / media.main_audio.sample_rate
