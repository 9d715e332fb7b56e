"""Interlaced video: which of a frame's two fields comes first, and whole frames made of them.

An interlaced frame holds two fields, the even and the odd lines, taken half a frame apart. Shown as one picture, what
moves has combs. FFmpeg's decoders mark such frames, whether the codec stores a frame as one picture or as two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import av.error
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from autohighlight.types import FieldOrder, MediaInfo

NUM_FRAMES_TRIED = 8
"""Frames that are looked at where a codec may mix progressive and interlaced ones."""

_MARKS_FRAMES = frozenset({"h264", "mpeg2video", "mpeg4", "vc1", "wmv3", "dvvideo", "prores", "dnxhd", "hevc"})
"""Codecs that mark each interlaced frame themselves. Their word counts for more than the container's."""

_PROGRESSIVE = 1  # AV_FIELD_PROGRESSIVE
_ORDERS: dict[int, FieldOrder] = {2: "top", 3: "bottom", 4: "top", 5: "bottom"}
"""AVFieldOrder: TT, BB, TB, BT. The last two stand for the values 9 and 14 of QuickTime's ``fiel`` atom: by the
QuickTime headers, and by what FFmpeg's encoders and decoders do, they name the field of the earlier lines."""


def may_be_interlaced(context: VideoCodecContext, frame: VideoFrame) -> bool:
    """Whether later frames may be interlaced though the first, `frame`, is not."""
    is_said = context.field_order != _PROGRESSIVE
    return is_said and not frame.interlaced_frame and context.codec.canonical_name in _MARKS_FRAMES


def field_order(context: VideoCodecContext, frames: Sequence[VideoFrame]) -> FieldOrder:
    """The order of the fields of a stream.

    Args:
        context: its decoder, with what the container says.
        frames: the first ones, one or more.
    """
    for frame in frames:
        if frame.interlaced_frame:
            return "top" if _is_top_first(frame) else "bottom"
    if context.codec.canonical_name in _MARKS_FRAMES:
        return "progressive"
    return _ORDERS.get(context.field_order, "progressive")


def _is_top_first(frame: VideoFrame) -> bool:
    """By the frame's own mark, which PyAV does not give: FFmpeg's ``select`` filter can tell it."""
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    chosen = graph.add("select", r"eq(interlace_type\,TOPFIRST)")
    source.link_to(chosen)
    chosen.link_to(graph.add("buffersink"))
    graph.configure()
    graph.push(frame)
    graph.push(None)
    try:
        graph.pull()
    except (av.error.BlockingIOError, av.error.EOFError):
        return False
    return True


def deinterlaced(frames: Iterable[VideoFrame], media: MediaInfo) -> Iterator[VideoFrame]:
    """The frames of a video, those that are interlaced made whole; as many as there were, with the same `pts`.

    The lines of the later field are made anew, from the earlier one and the frames before and after (FFmpeg's
    ``bwdif``). Progressive frames stay as they are.

    Args:
        frames: in order of presentation.
        media: theirs.
    """
    is_marked = media.field_order == "progressive" or media.codec in _MARKS_FRAMES
    options = "mode=send_frame:" + (
        "parity=auto:deint=interlaced" if is_marked else f"parity={media.field_order[0]}ff:deint=all"
    )
    graph, described = None, (0, 0, "")
    for frame in frames:
        if graph is None and is_marked and not frame.interlaced_frame:
            yield frame
            continue
        if graph is None or described != (frame.width, frame.height, frame.format.name):
            if graph is not None:
                graph.push(None)
                yield from _pulled(graph, media)
            graph, described = _graph_of(frame, media, options), (frame.width, frame.height, frame.format.name)
        graph.push(frame)
        yield from _pulled(graph, media)
    if graph is not None:
        graph.push(None)
        yield from _pulled(graph, media)


def _graph_of(frame: VideoFrame, media: MediaInfo, options: str) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=media.time_base)
    deinterlacer = graph.add("bwdif", options)
    source.link_to(deinterlacer)
    deinterlacer.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _pulled(graph: Graph, media: MediaInfo) -> Iterator[VideoFrame]:
    """What is ready; the filter counts time in half ticks."""
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, VideoFrame)  # noqa: S101 -- for the type checker: the graph ends in video
        if frame.pts is not None and frame.time_base is not None:
            frame.pts = round(frame.pts * frame.time_base / media.time_base)
        yield frame
