"""Chains of FFmpeg's filters in this process, for filters that give one frame for each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from av.filter import Graph
from av.video.frame import VideoFrame


class FilterChain:
    """Sends frames through a chain of filters, which is made anew when the frames or the filters change.

    Args:
        time_base: seconds per tick of the frames' time stamps.
    """

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._graph: Graph | None = None
        self._made_for: object = None

    def __call__(self, frame: VideoFrame, filters: Sequence[tuple[str, str]]) -> VideoFrame:
        """What becomes of a frame.

        Args:
            frame: any.
            filters: each with its argument, in FFmpeg's words.
        """
        made_for = (frame.width, frame.height, frame.format.name, tuple(filters))
        if self._graph is None or self._made_for != made_for:
            self._graph, self._made_for = self._build(frame, filters), made_for
        self._graph.push(frame)
        filtered = self._graph.pull()
        assert isinstance(filtered, VideoFrame)  # noqa: S101 -- for the type checker: the graph ends in video
        return filtered

    def _build(self, frame: VideoFrame, filters: Sequence[tuple[str, str]]) -> Graph:
        graph = Graph()
        node = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=self._time_base)
        for name, argument in filters:
            following = graph.add(name, argument)
            node.link_to(following)
            node = following
        node.link_to(graph.add("buffersink"))
        graph.configure()
        return graph
