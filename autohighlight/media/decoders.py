"""Which decoder a video stream is given to, and how."""

from __future__ import annotations

from typing import cast

import av.error
from av.codec import CodecContext, codecs_available
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from autohighlight.config import Limits
from autohighlight.media.limits import decoder_options

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Codecs whose transparency is beside the picture (WebM's *AlphaMode*), where FFmpeg's own decoders leave it."""


def decoder_of(stream: VideoStream, limits: Limits) -> VideoCodecContext:
    """The decoder of a stream: FFmpeg's own one, unless only another one sees what is transparent.

    Args:
        stream: of an open file.
        limits: what a picture may have at most.
    """
    name = _WITH_ALPHA.get(stream.codec_context.codec.canonical_name)
    if stream.metadata.get("alpha_mode") != "1" or name is None or name not in codecs_available:
        return stream.codec_context
    decoder = cast(VideoCodecContext, CodecContext.create(name, "r"))
    decoder.options = decoder_options(limits)
    return decoder


def feed(decoder: VideoCodecContext, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
    """The frames that a packet completes; of None, the rest.

    After damage, FFmpeg's decoders of VP8 and VP9 may keep packets that they do not get rid of, and refuse all others.
    Such a decoder begins anew.

    Raises:
        av.error.FFmpegError: the packet cannot be decoded.
    """
    try:
        return decoder.decode(packet)
    except av.error.BlockingIOError:
        decoder.flush_buffers()
        return decoder.decode(packet)
